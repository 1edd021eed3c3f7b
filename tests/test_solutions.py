"""Solution notebooks run in fresh kernels; whatever is amiss is said by name."""

from types import SimpleNamespace

import nbformat
import pytest

from grader import solutions as module
from grader.release import build
from grader.solutions import code_cells, solutions
from grader.source import HEADER

LESSON = (
    HEADER
    + '''
# %% [markdown]
# # 1. Twice

# %% solution="twice"
def twice(x):
    """Return 2 x."""
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION

# %% check="twice"

# %%
import os

os.environ["COURSE_HEADLESS"], os.environ["OMP_NUM_THREADS"]
'''
)
CHECKS = """
from grader.exercises import Case, Exercise

def twice(x):
    return x * 2

def cases(rng):
    yield Case("three numbers", x=rng.normal(size=3))

EXERCISES = [Exercise("twice(x) -> y", 2, twice, cases)]
"""


def full_marks(lesson, data):
    return SimpleNamespace(score=2.0, max_score=2.0, exercises=[], deviations=[])


def half_marks(lesson, data):
    verdict = SimpleNamespace(
        exercise="twice", points=1.0, max_points=2.0, message="Half.", status="partial"
    )
    return SimpleNamespace(
        score=1.0, max_score=2.0, exercises=[verdict], deviations=["Renamed."]
    )


@pytest.fixture
def course(tmp_path):
    """Return the folder of a course without lessons."""
    (tmp_path / "course.toml").write_text('[course]\nid = "test"\n')
    (tmp_path / "solutions").mkdir()
    return tmp_path


def add_lesson(course, name="01_twice", more="", built=True):
    folder = course / "solutions" / name
    folder.mkdir()
    (folder / f"{name}.py").write_text(LESSON + more)
    (folder / "checks.py").write_text(CHECKS)
    if built:
        list(build([name], root=course))
    return folder / f"{name}.ipynb"


def solved(course, mark=full_marks, **options):
    (result,) = solutions(root=course, mark=mark, **options)
    return result


def test_a_solution_is_run_and_written_with_its_outputs(course):
    path = add_lesson(course)
    cells = []
    result = solved(course, progress=cells.append)
    assert result.passed
    assert (result.score, result.max_score) == (2.0, 2.0)
    notebook = nbformat.read(path, as_version=4)
    assert "2 of 2" in str(notebook.cells[2].outputs)
    assert "('1', '1')" in str(notebook.cells[3].outputs)
    assert cells == ["01_twice"] * code_cells(["01_twice"], course)


def test_a_run_leaves_nothing_else_behind(course):
    path = add_lesson(course)
    solved(course)
    names = {p.name for p in path.parent.iterdir()} - {"__pycache__"}
    assert names == {"01_twice.py", "checks.py", "01_twice.ipynb"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", "cell 5 raised ZeroDivisionError: division by zero"),
        ("import warnings\n\nwarnings.warn('careful')", "cell 5 wrote to stderr"),
        (
            "import os\n\nos.write(2, b'so long')\nos._exit(1)",
            "died while a cell ran. so long",
        ),
    ],
)
def test_a_cell_that_goes_wrong_is_named(course, code, words):
    add_lesson(course, more=f"\n# %%\n{code}\n")
    result = solved(course)
    assert not result.passed
    assert words in "\n".join(result.problems)


def test_a_cell_may_raise_where_the_lesson_says_so_and_then_has_to(course):
    tagged = '\n# %% tags=["raises-exception"]\n'
    add_lesson(course, more=f"{tagged}1 / 0\n{tagged}1 / 1\n")
    assert solved(course).problems == [
        "cell 6 is tagged raises-exception, and did not."
    ]


def test_less_than_full_marks_fails_with_the_exercise_and_the_reason(course):
    add_lesson(course)
    assert solved(course, half_marks).problems == [
        "twice earned 1 of 2: Half.",
        "graded with a deviation: Renamed.",
    ]


def test_a_lesson_that_is_not_built_is_not_run(course):
    path = add_lesson(course, built=False)
    assert "Run: build 01_twice" in solved(course).problems[0]
    assert not path.exists()


def test_a_mistake_in_one_source_does_not_stop_the_others(course):
    add_lesson(course, "01_twice")
    broken = add_lesson(course, "02_twice").with_suffix(".py")
    broken.write_text(broken.read_text().replace("# ---", "", 1))
    first, second = solutions(root=course, mark=full_marks, workers=2)
    assert first.passed
    assert "02_twice.py:1: the header" in second.problems[0]


def test_a_cell_that_does_not_end_is_stopped_and_said(course, monkeypatch):
    monkeypatch.setattr("grader.solutions.CELL_SECONDS", 1)
    add_lesson(course, more="\n# %%\nwhile True:\n    pass\n")
    assert "a cell ran longer than 1 s." in solved(course).problems


def test_what_passed_runs_again_only_when_something_changed(course, monkeypatch):
    ran, run = [], module.solutions

    def noted(names, workers, root, mark, progress):
        ran.append(names)
        return run(names, workers, root, full_marks, progress)

    monkeypatch.setattr(module, "solutions", noted)
    executed = add_lesson(course)
    (first,) = module.solve_due(["01_twice"], root=course)
    (second,) = module.solve_due(["01_twice"], root=course)
    assert (first.fresh, second.fresh, second.passed) == (False, True, True)
    executed.unlink()
    (third,) = module.solve_due(["01_twice"], root=course)
    assert not third.fresh
    assert ran == [["01_twice"], [], ["01_twice"]]
