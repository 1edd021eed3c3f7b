"""The graders graded: right answers pass, each mistake is refused under its own name.

An exercise whose checks cannot tell a mistake from the right answer, or that refuse a
right answer written differently, is itself at fault; here that is found.
"""

import inspect
import json
from dataclasses import dataclass

import numpy as np

from course_lib import probes
from course_lib.comparisons import close, largest
from course_lib.judging import judge
from grader.exercises import SOLUTIONS, load_lesson
from grader.grade import grade
from grader.release import release
from grader.source import read_lesson

SECRET_SEEDS = (1, 2, 3)
WHOLE = "whole notebook"


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


def audit_lesson(name, solutions=SOLUTIONS):
    """Return the audit's rows for one lesson.

    Parameters
    ----------
    name : str
    solutions : path
        The folder of all lessons' sources.

    Returns
    -------
    list of Row
        For each exercise the reference, the alternatives and the mistakes, under
        public and secret inputs; then the whole notebook, solved and untouched,
        graded as a submission is.
    """
    lesson = load_lesson(name, solutions)
    rows = audit_declaration(lesson)
    source = read_lesson(lesson.source)
    solved = grade(lesson, _as_bytes(source.notebook))
    blank = grade(lesson, _as_bytes(release(source)))
    return (
        rows
        + _notebook_rows(solved, "solution", "right", 1.0)
        + _notebook_rows(blank, "blank", "not_written", 0.0)
    )


def audit_declaration(lesson):
    """Return the audit's rows for a lesson's exercises, without its notebook."""
    return [row for e in lesson.exercises.values() for row in audit_exercise(e)]


def _as_bytes(notebook):
    return json.dumps(notebook).encode()


def _notebook_rows(report, label, status, share):
    rows = [
        Row(
            verdict.exercise,
            label,
            verdict.status == status and verdict.points == share * verdict.max_points,
            f"{verdict.status}, {verdict.points:g} of {verdict.max_points:g} points",
        )
        for verdict in report.exercises
    ]
    seen = "; ".join(report.deviations) or "no deviation"
    return [*rows, Row(WHOLE, label, not report.deviations, seen)]


def audit_exercise(exercise):
    """Return the audit's rows for one exercise."""
    checks = [exercise.public_checks()]
    checks += [exercise.secret_checks(seed) for seed in SECRET_SEEDS]
    rows = [_accepted(exercise, checks, "reference", exercise.reference)]
    for k, alternative in enumerate(exercise.alternatives):
        label = f"alternative {_label(alternative, k)}"
        rows.append(_accepted(exercise, checks, label, alternative))
    rows += [_followed(exercise, checks, other) for other in exercise.conventions]
    rows += [_adds_up(exercise, checks, output) for output in exercise.terms]
    return rows + [_refused(exercise, checks, mistake) for mistake in exercise.mistakes]


def _adds_up(exercise, checks, output):
    """Return whether an output's terms add up to what is expected, in every case."""
    label = f"terms of {output}"
    for check in checks:
        for case in check.cases:
            terms = list(case.terms[output].values())
            want = np.asarray(case.expected[output])
            if any(term.shape != want.shape for term in terms):
                return Row(exercise.name, label, False, f"other shapes: {case.note}")
            scale = max(largest(term) for term in terms) / largest(want)
            if not close(sum(terms), want, check.tolerance * max(1.0, scale)):
                return Row(exercise.name, label, False, f"another sum: {case.note}")
    return Row(exercise.name, label, True, "add up")


def _accepted(exercise, checks, label, functions):
    for check in checks:
        verdict = _verdict(check, exercise.namespace(functions), forgive=True)
        if not verdict.is_right:
            return Row(exercise.name, label, False, verdict.message or verdict.status)
    return Row(exercise.name, label, True, "right")


def _followed(exercise, checks, other):
    """Return whether another convention earns every point, and its own note."""
    label = f"convention {other.id}"
    for check in checks:
        verdict = _verdict(check, exercise.namespace(other.right), forgive=True)
        if not verdict.is_right or verdict.convention != other.id:
            seen = f"{verdict.convention or verdict.status}: {verdict.message}"
            return Row(exercise.name, label, False, seen)
    return Row(exercise.name, label, True, f"right, noted {other.id}")


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
