"""Give everybody's feedback back: through the exchange, and as a platform takes it.

    for given in give_back("01_loss", settings, Path("feedback.zip")):
        print(given.learner, given.name or given.problem)

A page is written anew from the graded notebook and from what the gradebook holds now:
scores given by hand, comments, penalties.
"""

import contextlib
import os
import secrets
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from grader import exchange
from grader.handed_in import read_secret
from grader.intake import read_origin
from grader.lms import CANVAS, LAYOUTS, MOODLE
from grader.replies import answer_of
from grader.settling import renew, settle

PLAIN = "plain"
_TIME = (1980, 1, 1, 0, 0, 0)  # the same pages make the same archive


@dataclass(frozen=True)
class Given:
    """What became of one learner's feedback.

    Attributes
    ----------
    learner : str
    name : str
        Where it is in the archive; "" if there is none, or it is not in it.
    problem : str
        Why it was not given, or "".
    """

    learner: str
    name: str = ""
    problem: str = ""


def give_back(lesson, settings, out=None, layout=None):
    """Give back what was graded of a lesson.

    Parameters
    ----------
    lesson : str
    settings : Settings
    out : Path, optional
        A zip file to write for a platform; an earlier one is replaced when the new
        one is complete.
    layout : {"canvas", "moodle", "plain"}, optional
        How pages are named in it. By default as most submissions were named when they
        were collected.

    Yields
    ------
    Given
        For everybody who has handed in.

    Raises
    ------
    OSError
        The archive cannot be written.
    """
    from grader.gradebook import Book
    from grader.prepared import prepare

    learners = _learners(lesson, settings)
    origins = {who: read_origin(who, lesson, settings) for who in learners}
    layout = layout or usual_layout(origins.values())
    newest = _newest_attempts(lesson, settings)
    with (
        Book(settings.gradebook_url, settings.course_id) as book,
        _archive(out) as put,
    ):
        book.register(lesson, prepare(lesson, settings.solutions).notebook)
        settle(lesson, settings, book)
        for learner in learners:
            try:
                page, report = renew(lesson, learner, settings, book)
            except (OSError, ValueError):
                problem = f"It is not graded: python -m grader autograde {lesson}"
                yield Given(learner, problem=problem)
                continue
            _return(newest.get(learner), page, report, settings)
            name = _name(lesson, learner, origins[learner], layout)
            if out and name:
                put(name, page)
            missing = out and not name
            problem = f"It did not come from {LAYOUTS.get(layout)}." if missing else ""
            yield Given(learner, name if out else "", problem)


def usual_layout(origins):
    """Return the platform that most submissions came from, or "plain"."""
    counts = Counter(origin.get("layout") for origin in origins)
    usual = max((CANVAS, MOODLE), key=lambda layout: counts[layout])
    return usual if counts[usual] else PLAIN


def _name(lesson, learner, origin, layout):
    """Return the page's name in the archive, or "" where the platform knows none."""
    if layout == PLAIN:
        return f"{learner}/{lesson}.html"
    if origin.get("layout") != layout:
        return ""
    return f"{origin['prefix']}{lesson}.html"


def _learners(lesson, settings):
    folders = settings.submitted.glob(f"*/{lesson}")
    names = {folder.parent.name for folder in folders if folder.is_dir()}
    return sorted(name for name in names if not name.startswith("."))


def _newest_attempts(lesson, settings):
    """Return by learner the attempt that lies where nbgrader expects it."""
    found = {}
    for attempt in exchange.attempts(settings):
        if attempt.lesson == lesson and attempt.sender != exchange.ANOTHER:
            folder = settings.submitted / attempt.learner / lesson
            if attempt.secret == read_secret(folder):
                found[attempt.learner] = attempt
    return found


def _return(attempt, page, report, settings):
    if attempt is not None and attempt.secret:
        exchange.give_back(attempt, page, answer_of(report), settings)


@contextlib.contextmanager
def _archive(out):
    """Yield what puts a page into a zip file, which appears when it is complete."""
    if out is None:
        yield None
        return
    out = Path(out)
    new = out.with_name(f".{secrets.token_hex(8)}.new")
    try:
        with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:

            def put(name, page):
                entry = zipfile.ZipInfo(name, _TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, page)

            yield put
        os.replace(new, out)
    finally:
        new.unlink(missing_ok=True)
