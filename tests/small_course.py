"""A course of one small lesson, in the real source format, for tests of grading."""

import json

import pytest

NAME = "01_small"
SOURCE = '''\
# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---
# %% [markdown]
# # 1. A small lesson
# Three functions, and a loss that falls.

# %%
import numpy as np

rng = np.random.default_rng(1)

# %% [markdown]
# ## The loss
# `predictions` and `targets` are (N,).

# %% solution="mse"
def mse(predictions, targets):
    """Return the mean squared error of predictions and targets, both (N,)."""
    ### BEGIN SOLUTION
    return np.mean((predictions - targets) ** 2)
    ### END SOLUTION

# %% check="mse"

# %% [markdown]
# ## Its gradient
# `dy` is (N,): the upstream gradient.

# %% solution="line_backward"
def line_backward(dy, x):
    """Send dy back through y = w x + b; return dw and db."""
    ### BEGIN SOLUTION
    return np.sum(dy * x), np.sum(dy)
    ### END SOLUTION

# %% check="line_backward"

# %% [markdown]
# ## Centering

# %% solution="center"
def center(x):
    """Return x minus its mean."""
    ### BEGIN SOLUTION
    return x - x.mean()
    ### END SOLUTION

# %% check="center"

# %% [markdown]
# ## Use it

# %%
print("centered:", center(np.array([1.0, 2.0, 3.0])))

# %% submit=true
'''
CHECKS = """\
import numpy as np

from grader.exercises import Case, Exercise, Mistake


def mse(predictions, targets):
    return np.mean((predictions - targets) ** 2)


def summed(predictions, targets):
    return np.sum((predictions - targets) ** 2)


def mse_cases(rng):
    for n in (7, 3, 1):
        yield Case(
            f"{n} readings", predictions=rng.normal(size=n), targets=rng.normal(size=n)
        )


def line_backward(dy, x):
    return np.sum(dy * x), np.sum(dy)


def averaged(dy, x):
    return np.sum(dy * x), np.mean(dy)


def line_cases(rng):
    for n in (5, 2, 1):
        yield Case(f"{n} examples", dy=rng.normal(size=n), x=rng.normal(size=n))


def center_cases(rng):
    yield Case("five numbers", x=rng.normal(size=5) + 3)
    yield Case("one number", x=rng.normal(size=1))


EXERCISES = [
    Exercise(
        "mse(predictions, targets) -> loss",
        points=2,
        reference=mse,
        cases=mse_cases,
        mistakes=[Mistake("sum", summed, "It is a sum, not a mean.", "divide by N.")],
    ),
    Exercise(
        "line_backward(dy, x) -> dw, db",
        points=4,
        reference=line_backward,
        cases=line_cases,
        mistakes=[
            Mistake("mean", averaged, "You averaged over the batch.", "use N = 1.")
        ],
    ),
    Exercise(
        "center(x) -> z", points=1, reference=lambda x: x - x.mean(), cases=center_cases
    ),
]
"""
ANSWERS = {
    "mse": (
        "def mse(predictions, targets):\n"
        "    return np.mean((predictions - targets) ** 2)"
    ),
    "line_backward": (
        "def line_backward(dy, x):\n    return np.sum(dy * x), np.sum(dy)"
    ),
    "center": "def center(x):\n    return x - x.mean()",
}
POINTS = {"mse": 2.0, "line_backward": 4.0, "center": 1.0}


def write_course(root):
    """Write the course's sources below `root` and return its solutions folder."""
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.py").write_text(SOURCE)
    (folder / "checks.py").write_text(CHECKS)
    (root / "course.toml").write_text('[course]\nid = "small"\n')
    return root / "solutions"


def answered(course, answers=ANSWERS):
    """Return a copy of the released notebook with answers filled in."""
    notebook = json.loads(json.dumps(course))
    for exercise, source in answers.items():
        cell_of(notebook, exercise)["source"] = source
    return notebook


def cell_of(notebook, grade_id):
    """Return the cell with that id."""
    return next(cell for cell in notebook["cells"] if cell["id"] == grade_id)


def code(source, **metadata):
    """Return a code cell as JupyterLab would save it."""
    return {
        "id": "abcd1234",
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def as_bytes(notebook):
    """Return a notebook as the bytes of its file."""
    return json.dumps(notebook, indent=1).encode()


def skip_without_walls():
    """Skip the test where submissions cannot be shut in."""
    from grader.grade import shared_worker
    from grader.worker import WallsMissing

    try:
        shared_worker().run([], {})
    except WallsMissing as error:
        pytest.skip(str(error))
