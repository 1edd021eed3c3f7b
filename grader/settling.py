"""A deadline that changed: penalties, pages and answers follow, and nothing is graded.

What a submission earned stands in its graded notebook; only what being late takes off
is computed anew.
"""

import contextlib
import json

from grader import exchange
from grader.handed_in import read_folder, read_secret
from grader.marking import write_files
from grader.reports import from_notebook


def settle(lesson, settings, book):
    """Bring a lesson's late penalties up to date, and what learners read of them.

    Parameters
    ----------
    lesson : str
        One that is in the gradebook.
    settings : Settings
    book : Book

    Returns
    -------
    list of str
        Learners whose penalty changed. Their answers go back at the next giving back.
    """
    changed = book.settle(lesson, settings.timetable)
    for learner in changed:
        with contextlib.suppress(OSError, ValueError):  # then it is graded again anyway
            renew(lesson, learner, settings, book)
    if changed:
        _take_back(lesson, set(changed), settings)
    return sorted(changed)


def renew(lesson, learner, settings, book):
    """Write somebody's page anew, from the graded notebook and the gradebook.

    Returns
    -------
    page : str
        An HTML document.
    report : Report

    Raises
    ------
    OSError, ValueError
        There is no graded notebook, or this course did not grade it.
    """
    folder = settings.submitted / learner / lesson
    graded = settings.autograded / learner / lesson / f"{lesson}.ipynb"
    report = from_notebook(json.loads(graded.read_text("utf-8")))
    handed_in = read_folder(folder, learner, lesson, settings.largest_submission)
    marks, secret = book.marks(lesson, learner), read_secret(folder)
    return write_files(handed_in, report, settings, marks, secret), report


def _take_back(lesson, learners, settings):
    """Have answers given once more: the page's name stays, and what it says changes."""
    for attempt in exchange.attempts(settings):
        if attempt.lesson != lesson or attempt.learner not in learners:
            continue
        folder = settings.submitted / attempt.learner / lesson
        if attempt.secret == read_secret(folder):
            attempt.answer.unlink(missing_ok=True)
