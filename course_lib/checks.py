"""`check(function)`: compare a learner's function with the lesson's stored checks.

Works offline, from arrays in ``checks.npz``: inputs, expected outputs, and what each
named mistake gives. No solution is in there.
"""

import difflib
import os
import sys
from pathlib import Path

from course_lib import probes, workbench
from course_lib.check_data import exercise_names, load_checks
from course_lib.judging import judge
from course_lib.missing_names import explain_missing_names
from course_lib.settings import ROOT

LESSONS = ROOT / "lessons"

explain_missing_names()  # a check cell imports this before it names the answer


class CheckFailed(AssertionError):
    """An answer does not pass yet; IPython shows the verdict and no traceback."""

    def __init__(self, verdict):
        super().__init__(f"{verdict.headline()}. {verdict.message}".strip())
        self.verdict = verdict

    def _render_traceback_(self):
        """Return the lines to show; IPython calls this in place of a traceback."""
        return self.verdict.as_text().splitlines()


def check(function):
    """Show the verdict on a function you wrote.

    Parameters
    ----------
    function : callable
        Your answer, a function or a class; its name says which exercise it answers.

    Raises
    ------
    CheckFailed
        If it does not earn every point yet. The message is the verdict.
    TypeError
        If `function` is not a function.
    ValueError
        If no exercise has the function's name.
    """
    from IPython.display import display

    verdict = verdict_on(function)
    if not verdict.is_right:
        raise CheckFailed(verdict)
    if verdict.convention is None:  # the pictures count in the lesson's own units
        for name, passed in _called(function).items():
            workbench.adopt(name, passed)
    data = {"text/plain": verdict.as_text(), "text/html": verdict.as_html()}
    display(data, raw=True)


def verdict_on(function, namespace=None):
    """Return the verdict on a function, without showing it.

    Parameters
    ----------
    function : callable
    namespace : dict, optional
        Where the learner's other functions are found; by default where `function`
        was defined.
    """
    name = getattr(function, "__name__", None)
    if not callable(function) or name is None:
        raise TypeError(
            f"check() got a value of type {type(function).__name__}, expected a "
            "function. Give its name without brackets: check(mse)."
        )
    data = find_checks(name)
    names = {**_surroundings(function), **(namespace or {})}
    reports = probes.answer(data.probe(), {**names, name: function})
    return judge(data, probes.read_reports(reports, len(data.cases)))


def _surroundings(function):
    """Return the names around a function or class: those of its module."""
    if isinstance(function, type):
        return vars(sys.modules.get(function.__module__, function))
    return getattr(function, "__globals__", {})


def _called(function):
    """Return an answer and the learner's functions that its probe called, by name.

    A backward pass reads the cache of its own forward pass, so both are adopted. An
    answer that a driver called is no call of the probe itself, and is one of them.
    """
    name = function.__name__
    names = {**_surroundings(function), name: function}
    calls = [name, *(call["function"] for call in find_checks(name).calls)]
    return {called: names[called] for called in calls if called in names}


def find_checks(name, folder=None):
    """Return the check data of an exercise, from this lesson or any other.

    Parameters
    ----------
    name : str
    folder : path, optional
        The lesson's folder; by default where the notebook runs.

    Raises
    ------
    ValueError
        If no exercise of the course is called `name`.
    """
    known = []
    for path in _check_files(Path(folder or os.getcwd())):
        data = load_checks(path, name)
        if data is not None:
            return data
        known += exercise_names(path)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(
        f"check() knows no exercise called {name!r}; a function answers the exercise "
        f"whose name it has.{hint}"
    )


def _check_files(folder):
    here = folder / "checks.npz"
    others = [path for path in sorted(LESSONS.glob("*/checks.npz")) if path != here]
    return ([here] if here.is_file() else []) + others
