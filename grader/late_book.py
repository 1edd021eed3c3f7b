"""Deadlines, extensions and penalties, where nbgrader keeps them.

``Assignment.duedate``, ``SubmittedAssignment.extension`` and
``SubmittedNotebook.late_submission_penalty``. What this course did not write there
(an extension granted by nbgrader's own command) stays, and counts.
"""

from datetime import UTC

from sqlalchemy import Column, Table, Text

from grader.database import OWN_TABLES
from grader.lateness import lateness_of

# What of it came from course.toml: the deadline under no name, extensions by learner.
GRANTED = Table(
    "course_granted",
    OWN_TABLES,
    Column("lesson", Text, primary_key=True),
    Column("learner", Text, primary_key=True),
)


def settle(session, assignment, timetable, learner=None):
    """Bring a lesson's deadline, and all that follows from it, up to date.

    Parameters
    ----------
    session : sqlalchemy.orm.Session
    assignment : nbgrader.api.Assignment
    timetable : Timetable
    learner : str, optional
        Only what follows for this one.

    Returns
    -------
    list of str
        Learners whose penalty changed.
    """
    lesson, due = assignment.name, timetable.due(assignment.name)
    had_one = bool(_granted(session, lesson, [""]))
    if due is None and not had_one:
        return []
    if had_one != (due is not None):
        _note_granted(session, lesson, *([[""], []] if had_one else [[], [""]]))
    assignment.duedate = due and due.astimezone(UTC).replace(tzinfo=None)
    rows = list(_rows(session, assignment, learner))
    learners = [row.student_id for row in rows]
    before = _granted(session, lesson, learners)
    now = {name for name in learners if timetable.extension(lesson, name) is not None}
    _note_granted(session, lesson, before - now, now - before)
    return [
        row.student_id
        for row in rows
        if _charge(session, row, lesson, timetable, row.student_id in before)
    ]


def _rows(session, assignment, learner):
    """Return what penalties depend on: one question, however many have handed in.

    Scores are added up in one go: nbgrader's own `SubmittedNotebook.score` looks
    through all grades anew for each submission.
    """
    from nbgrader import api
    from sqlalchemy import func

    notebook, submission = api.SubmittedNotebook, api.SubmittedAssignment
    query = (
        session.query(
            notebook.id,
            func.coalesce(func.sum(api.Grade.score), 0.0).label("score"),
            notebook.late_submission_penalty,
            submission.id.label("submission_id"),
            submission.student_id,
            submission.timestamp,
            submission.extension,
        )
        .join(submission, submission.id == notebook.assignment_id)
        .outerjoin(api.Grade, api.Grade.notebook_id == notebook.id)
        .filter(submission.assignment_id == assignment.id)
        .group_by(
            notebook.id,
            notebook.late_submission_penalty,
            submission.id,
            submission.student_id,
            submission.timestamp,
            submission.extension,
        )
    )
    if learner is None:
        return query
    return query.filter(submission.student_id == learner)


def _charge(session, row, lesson, timetable, had_extension):
    """Write one submission's extension and penalty; return if the penalty changed."""
    from nbgrader import api

    own = timetable.extension(lesson, row.student_id)
    extension = own if own is not None or had_extension else row.extension
    if extension != row.extension:
        _update(
            session, api.SubmittedAssignment, row.submission_id, extension=extension
        )
    time = row.timestamp and row.timestamp.replace(tzinfo=UTC)
    late = lateness_of(timetable, lesson, row.student_id, time, extension)
    penalty, before = late.penalty(row.score), row.late_submission_penalty or 0.0
    if abs(penalty - before) < 1e-9:
        return False
    changed = {"late_submission_penalty": penalty or None}
    _update(session, api.SubmittedNotebook, row.id, **changed)
    return True


def _update(session, table, key, **values):
    query = session.query(table).filter_by(id=key)
    query.update(values, synchronize_session="evaluate")


def _granted(session, lesson, learners):
    """Return for which of some learners something came from course.toml before."""
    found = session.execute(GRANTED.select().where(GRANTED.c.lesson == lesson))
    return {row.learner for row in found} & set(learners)


def _note_granted(session, lesson, gone, new):
    """Note what no longer comes from course.toml, and then what does."""
    here = GRANTED.c.lesson == lesson
    if gone:
        session.execute(GRANTED.delete().where(here & GRANTED.c.learner.in_(gone)))
    if new:
        rows = [{"lesson": lesson, "learner": learner} for learner in new]
        session.execute(GRANTED.insert(), rows)
