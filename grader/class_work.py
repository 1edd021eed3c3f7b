"""What a class did in a lesson: everybody's attempts, as far as they are graded.

    work = read_class("01_loss", settings, book)
    for learner in work.learners:
        print(learner.name, len(learner.tries), learner.counted.verdicts)

Three places tell it: the gradebook what counts, the graded notebooks which mistakes
were made, the attempts what was handed in before. `watch` grades every attempt,
`autograde` the newest of each learner only; what nobody graded has no verdicts here.
"""

import contextlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from grader import exchange
from grader.fingerprint import answers_of
from grader.handed_in import parse_time, read_folder
from grader.matching import graded_id
from grader.reports import from_notebook


@dataclass
class Try:
    """One attempt.

    Attributes
    ----------
    time : datetime or None
        When it was handed in.
    verdicts : dict of exercise to Verdict, or None
        None: nobody graded it.
    """

    time: datetime | None
    verdicts: dict | None = None


@dataclass
class Learner:
    """What one learner did.

    Attributes
    ----------
    name : str
    tries : list of Try
        Oldest first.
    verdicts : dict of exercise to Verdict
        Of the attempt that counts.
    answers : dict of exercise to str
        The code of the attempt that counts.
    seconds : float
        What grading it took.
    is_outdated : bool
        Whether something newer waits to be graded.
    """

    name: str
    tries: list
    verdicts: dict
    answers: dict
    seconds: float = 0.0
    is_outdated: bool = False

    @property
    def graded(self):
        """Pairs of an attempt's place, from 0, and its verdicts, where it has them."""
        return [(k, t.verdicts) for k, t in enumerate(self.tries) if t.verdicts]


@dataclass
class ClassWork:
    """What a class did in one lesson.

    Attributes
    ----------
    lesson : str
    learners : list of Learner
        Who is graded, in order of their names.
    waiting : list of str
        Who handed in and is not graded at all.
    absent : list of str
        Who is in the gradebook and handed in nothing.
    grades : LessonGrades or None
        Out of the gradebook.
    """

    lesson: str
    learners: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    absent: list = field(default_factory=list)
    grades: object = None


def read_class(lesson, settings, book, advance=lambda name: None):
    """Read what a class did in a lesson; nothing is changed.

    Parameters
    ----------
    lesson : str
    settings : Settings
    book : Book
    advance : callable, optional
        Called with each learner's name when they are read.

    Returns
    -------
    ClassWork
    """
    attempts = attempts_of(lesson, settings)
    work = ClassWork(lesson, grades=book.grades(lesson))
    names = {*attempts, *handed_in_by(lesson, settings)}
    for name in sorted(names):
        learner = _read_learner(name, lesson, settings, attempts[name])
        if learner is None:
            work.waiting.append(name)
        else:
            work.learners.append(learner)
        advance(name)
    work.absent = sorted({*book.learners()} - names)
    return work


def handed_in_by(lesson, settings):
    """Return the names of those whose work lies where nbgrader expects it."""
    folders = settings.submitted.glob(f"*/{lesson}")
    names = [folder.parent.name for folder in folders if folder.is_dir()]
    return sorted(name for name in names if not name.startswith("."))


def attempts_of(lesson, settings):
    """Return everybody's attempts at a lesson, oldest first, by learner."""
    found = defaultdict(list)
    for attempt in exchange.attempts(settings):
        if attempt.lesson == lesson and attempt.sender != exchange.ANOTHER:
            found[attempt.learner].append(attempt)
    return found


def graded_file(lesson, learner, settings):
    """Return where the graded notebook that counts is, once there is one."""
    return settings.autograded / learner / lesson / f"{lesson}.ipynb"


def read_report(path):
    """Return the report inside a graded notebook, or None if there is none."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return from_notebook(json.loads(path.read_text("utf-8")))


def _read_learner(name, lesson, settings, attempts):
    report = read_report(graded_file(lesson, name, settings))
    if report is None:
        return None
    most, graded = settings.largest_submission, report.made_from.get("answers")
    tries, counted = [], None
    for attempt in attempts:
        handed_in = attempt.handed_in(most)
        verdicts = _verdicts(read_report(attempt.graded))
        one = Try(parse_time(handed_in.timestamp), verdicts)
        if graded in (answers_of(handed_in), None):
            one.verdicts, counted = _verdicts(report), one
        tries.append(one)
    newest = _placed(name, lesson, settings)
    outdated = bool(graded and newest) and answers_of(newest) != graded
    if counted is None:  # it was put there by hand
        counted = Try(parse_time(newest.timestamp) if newest else None)
        tries.append(counted)
    counted.verdicts = _verdicts(report)
    return Learner(
        name, tries, counted.verdicts, _answers(report), report.seconds, outdated
    )


def _placed(name, lesson, settings):
    folder = settings.submitted / name / lesson
    with contextlib.suppress(OSError):
        return read_folder(folder, name, lesson, settings.largest_submission)


def _verdicts(report):
    return report and {verdict.exercise: verdict for verdict in report.exercises}


def _answers(report):
    """Return the code of each answer in a graded notebook."""
    return {
        graded_id(cell, "solution"): cell["source"]
        for cell in report.notebook["cells"]
        if cell["cell_type"] == "code" and graded_id(cell, "solution")
    }
