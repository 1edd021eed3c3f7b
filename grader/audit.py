"""The graders graded: right answers pass, each mistake is refused under its own name.

An exercise whose checks cannot tell a mistake from the right answer, or that refuse a
right answer written differently, is itself at fault; here that is found.
"""

import inspect
from dataclasses import dataclass

from course_lib import probes
from course_lib.judging import judge
from grader.exercises import load_lesson

SECRET_SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Row:
    """One line of the table: what was tried, and whether it came out as it has to.

    Attributes
    ----------
    exercise : str
    tried : str
        Such as ``"mistake sum"`` or ``"alternative mse_with_a_loop"``.
    holds : bool
    seen : str
        What the checks said.
    """

    exercise: str
    tried: str
    holds: bool
    seen: str


def audit_lesson(name, **where):
    """Return the audit's rows for one lesson's declared exercises.

    Parameters
    ----------
    name : str
    **where
        Passed to `load_lesson`.

    Returns
    -------
    list of Row
        The reference and the alternatives under public and secret inputs, each
        mistake likewise. Whole notebooks are graded in `audit_notebooks`.
    """
    lesson = load_lesson(name, **where)
    return [row for e in lesson.exercises.values() for row in audit_exercise(e)]


def audit_exercise(exercise):
    """Return the audit's rows for one exercise."""
    checks = [exercise.public_checks()]
    checks += [exercise.secret_checks(seed) for seed in SECRET_SEEDS]
    rows = [_accepted(exercise, checks, "reference", exercise.reference)]
    for k, alternative in enumerate(exercise.alternatives):
        label = f"alternative {_label(alternative, k)}"
        rows.append(_accepted(exercise, checks, label, alternative))
    return rows + [_refused(exercise, checks, mistake) for mistake in exercise.mistakes]


def _accepted(exercise, checks, label, functions):
    for check in checks:
        verdict = _verdict(check, exercise.namespace(functions), forgive=True)
        if not verdict.is_right:
            return Row(exercise.name, label, False, verdict.message or verdict.status)
    return Row(exercise.name, label, True, "right")


def _refused(exercise, checks, mistake):
    label = f"mistake {mistake.id}"
    for check in checks:
        forgive = mistake.id != "numerical_inside"
        verdict = _verdict(check, exercise.namespace(mistake.wrong), forgive)
        if verdict.mistake != mistake.id or verdict.is_right:
            seen = f"named {verdict.mistake or 'nothing'}: {verdict.message}"
            return Row(exercise.name, label, False, seen)
    return Row(exercise.name, label, True, f"named {mistake.id}")


def _verdict(check, namespace, forgive):
    reports = probes.read_reports(
        probes.answer(check.probe(), namespace), len(check.cases)
    )
    if forgive:  # a mistake's body may borrow from the engine; a learner's may not
        for report in reports:
            report["used"] = [n for n in report["used"] if n[:11] != "course_lib."]
    return judge(check, reports)


def _label(function, number):
    name = getattr(function, "__name__", "")
    return name if inspect.isfunction(function) and name != "<lambda>" else number + 1
