"""What grades were before a lesson changed, kept beside what they are.

Written in the transaction that overwrites a grade, so that a run killed anywhere and
started again still names everybody whose grade is another, though nothing new was
handed in. Kept until a later change, once somebody was told.
"""

import json
from dataclasses import asdict

from sqlalchemy import Boolean, Column, Index, Table, Text, bindparam, select

from grader import kept_book
from grader.changes import Aftermath, Change, Points, Standing
from grader.database import OWN_TABLES

CHANGES = Table(
    "course_changes",
    OWN_TABLES,
    Column("lesson", Text, primary_key=True),
    Column("learner", Text, primary_key=True),
    Column("submission", Text, nullable=False),  # what was graded last
    Column("was", Text),  # the grade before, if it is to be compared
    Column("became", Text),  # the grade since; none: it is to be made yet
    Column("told", Boolean, nullable=False),
    Index("course_changes_told", "lesson", "told"),  # each new change asks for it
)


def note_all(session, lesson):
    """Note everybody's grade of a lesson before its cells change."""
    _clear_told(session, lesson)
    found = session.execute(CHANGES.select().where(CHANGES.c.lesson == lesson))
    rows = {row.learner: row for row in found}
    known, new = [], []
    for learner, standing in _standings(session, lesson).items():
        row = rows.get(learner)
        was = row.was if row and row.was else _text(standing, _submission(row))
        values = {"submission": _submission(row), "was": was, "became": None}
        about = {"lesson": lesson, "learner": learner, "told": False}
        if row is None:
            new.append(about | values)
        else:
            known.append({"of_learner": learner, "of_lesson": lesson, **values})
    here = CHANGES.c.lesson == bindparam("of_lesson")
    update = CHANGES.update().where(here, CHANGES.c.learner == bindparam("of_learner"))
    if known:
        session.connection().execute(update, known)
    if new:
        session.execute(CHANGES.insert(), new)


def begin(session, lesson, learner, submission):
    """Note a learner's grade before another overwrites it.

    Parameters
    ----------
    session : sqlalchemy.orm.Session
    lesson, learner : str
    submission : str
        A digest of what is graded now. Where that is other work than was graded last,
        nothing is to be compared.
    """
    row = _row(session, lesson, learner)
    if row is None or _is_open(row) or row.submission != submission:
        return
    standing = _standings(session, lesson, learner).get(learner)
    if standing is not None:
        _clear_told(session, lesson)
        was = _text(standing, row.submission)
        values = {"was": was, "became": None, "told": False}
        _write(session, lesson, learner, row, **values)


def end(session, lesson, learner, submission):
    """Note what a learner's grade has become."""
    row, values = _row(session, lesson, learner), {"submission": submission}
    if row is not None and _is_open(row):
        was = _read(row.was)
        became = _standings(session, lesson, learner)[learner]
        if became.earned() == was.earned():
            values |= {"was": None, "became": None}
        else:
            values |= {"became": _text(became, submission)}
    _write(session, lesson, learner, row, **values)


def aftermath(session, lesson):
    """Return what a lesson's last change left behind: an `Aftermath`."""
    there = (CHANGES.c.lesson == lesson) & CHANGES.c.was.is_not(None)
    rows = CHANGES.select().where(there).order_by(CHANGES.c.learner)
    found = session.execute(rows).all()
    return Aftermath(
        [
            Change(lesson, row.learner, _read(row.was), _read(row.became), row.told)
            for row in found
            if row.became is not None
        ],
        [row.learner for row in found if row.became is None],
        kept_book.read(session, lesson),
        _above(session, lesson),
    )


def note_told(session, lesson, changes):
    """Note that somebody was told of changes."""
    for change in changes:
        key = (CHANGES.c.lesson == lesson) & (CHANGES.c.learner == change.learner)
        session.execute(CHANGES.update().where(key).values(told=True))


def _is_open(row):
    return row.was is not None and not row.told


def _clear_told(session, lesson):
    """Forget what somebody was told of: another change is compared from here on."""
    over = (CHANGES.c.lesson == lesson) & CHANGES.c.told
    values = {"was": None, "became": None, "told": False}
    session.execute(CHANGES.update().where(over).values(**values))


def _submission(row):
    return row.submission if row else ""


def _row(session, lesson, learner):
    key = (CHANGES.c.lesson == lesson) & (CHANGES.c.learner == learner)
    return session.execute(CHANGES.select().where(key)).one_or_none()


def _write(session, lesson, learner, row, **values):
    if row is None:
        about = {"lesson": lesson, "learner": learner}
        values = {"submission": "", "told": False, **about, **values}
        session.execute(CHANGES.insert().values(**values))
        return
    key = (CHANGES.c.lesson == lesson) & (CHANGES.c.learner == learner)
    session.execute(CHANGES.update().where(key).values(**values))


def _standings(session, lesson, learner=None):
    """Return grades as the gradebook has them now, by learner."""
    from nbgrader import api

    found = {}
    query = _grades(lesson)
    if learner is not None:
        query = query.where(api.SubmittedAssignment.student_id == learner)
    for who, penalty, cell, score, most, manual in session.execute(query):
        standing = found.setdefault(who, Standing({}, round(penalty or 0.0, 4)))
        points = Points(round(score, 4), round(most, 4), manual is not None)
        standing.exercises[cell.removesuffix("_check")] = points
    return found


def _grades(lesson):
    """Return the question for everybody's grades of a lesson."""
    from nbgrader import api

    submitted, notebook = api.SubmittedAssignment, api.SubmittedNotebook
    columns = (
        *(submitted.student_id, notebook.late_submission_penalty),
        *(api.GradeCell.name, api.Grade.score, api.GradeCell.max_score),
        api.Grade.manual_score,
    )
    return (
        select(*columns)
        .join(api.Assignment, api.Assignment.id == submitted.assignment_id)
        .join(notebook, notebook.assignment_id == submitted.id)
        .join(api.Grade, api.Grade.notebook_id == notebook.id)
        .join(api.GradeCell, api.GradeCell.id == api.Grade.cell_id)
        .where(api.Assignment.name == lesson)
        .order_by(submitted.student_id, api.GradeCell.name)
    )


def _above(session, lesson):
    """Return scores given by hand that are above what the exercise is worth."""
    from nbgrader.api import Grade, GradeCell

    found = _grades(lesson).where(Grade.manual_score > GradeCell.max_score)
    return [
        (
            row.student_id,
            row.name.removesuffix("_check"),
            row.manual_score,
            row.max_score,
        )
        for row in session.execute(found)
    ]


def _text(standing, submission=""):
    return json.dumps({**asdict(standing), "submission": submission})


def _read(text):
    stored = json.loads(text)
    exercises = {name: Points(**each) for name, each in stored["exercises"].items()}
    return Standing(exercises, stored["penalty"], stored["submission"])
