"""The graders graded: right answers pass, each mistake is refused under its own name.

An exercise whose checks cannot tell a mistake from the right answer, or that refuse a
right answer written differently, is itself at fault; here that is found.
"""

import atexit
import inspect
import json
from dataclasses import dataclass
from functools import partial

import numpy as np

from course_lib import probes
from course_lib.comparisons import close, largest
from course_lib.judging import judge
from course_lib.settings import load_settings
from grader.exercises import SOLUTIONS, lesson_names, load_lesson
from grader.freshness import AUDITED, Freshness
from grader.grade import grade
from grader.release import release
from grader.source import read_lesson
from grader.together import in_processes
from grader.words import BY_HAND
from grader.worker import Worker

SECRET_SEEDS = (1, 2, 3)
WHOLE = "whole notebook"
_here = {"worker": None}  # of this process and those forked from it


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


def audit(names=None, root=None, everything=False, workers=None, done=None):
    """Audit lessons, exercise by exercise on all cores; those that changed only.

    A lesson is left out while nothing has changed of what decides the outcome since
    every row of it held: its folder, the course's modules, Python and the libraries.

    Parameters
    ----------
    names : iterable of str, optional
        The lessons; by default all of them.
    root : path-like, optional
        The course's folder.
    everything : bool, default=False
        Leave nothing out.
    workers : int, optional
        How many processes; by default one for each core.
    done : callable, optional
        ``done(lesson)``, called whenever one of its `parts_of` is done.

    Returns
    -------
    dict of str to list of Row or None
        By lesson, in the order of `names`; None for one that held and has not changed.
    """
    settings = load_settings(root) if root else load_settings()
    names = list(lesson_names(settings.solutions) if names is None else names)
    due, fresh = due_lessons(names, root, everything), Freshness(settings, AUDITED)
    keys = {name: fresh.key(name) for name in due}  # before: files may change
    parts = [part for name in due for part in parts_of(name, settings.solutions)]
    do = partial(_audit_part, settings.solutions)
    tell = done and (lambda part: done(part[0]))
    if parts:
        _worker().share()
    found = in_processes(do, parts, workers, tell)
    tables = {name: [] if name in due else None for name in names}
    for (name, _), rows in zip(parts, found, strict=True):
        tables[name] += rows
    for name in due:
        if all(row.holds for row in tables[name]):
            fresh.note(name, keys[name])
    return tables


def due_lessons(names, root=None, everything=False):
    """Return those of the lessons that `audit` would not leave out."""
    fresh = Freshness(load_settings(root) if root else load_settings(), AUDITED)
    return [name for name in names if everything or not fresh.holds(name)]


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
    parts = parts_of(name, solutions)
    return [row for part in parts for row in _audit_part(solutions, part)]


def audit_declaration(lesson):
    """Return the audit's rows for a lesson's exercises, without its notebook."""
    return [row for e in lesson.exercises.values() for row in audit_exercise(e)]


def parts_of(name, solutions=SOLUTIONS):
    """Return what of a lesson is audited by itself: each exercise, and the notebook."""
    return [(name, e) for e in (*load_lesson(name, solutions).exercises, WHOLE)]


def _worker():
    """Return this process's worker, or the one it was forked with."""
    if _here["worker"] is None:
        _here["worker"] = Worker("if possible")  # our own code needs no walls
        atexit.register(_here["worker"].close)
    return _here["worker"]


def _audit_part(solutions, part):
    """Return the rows of one exercise, or of the whole notebook."""
    name, exercise = part
    lesson = load_lesson(name, solutions)
    if exercise != WHOLE:
        return audit_exercise(lesson.exercises[exercise])
    source = read_lesson(lesson.source)
    solved = grade(lesson, _as_bytes(source.notebook), worker=_worker())
    blank = grade(lesson, _as_bytes(release(source)), worker=_worker())
    return [
        *_notebook_rows(solved, "solution", "right", 1.0),
        *_notebook_rows(blank, "blank", "not_written", 0.0),
    ]


def _as_bytes(notebook):
    return json.dumps(notebook).encode()


def _notebook_rows(report, label, status, share):
    rows = [
        Row(
            verdict.exercise,
            label,
            verdict.status == status
            and verdict.points == share * verdict.max_points
            or (verdict.status == BY_HAND and status == "right"),
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
