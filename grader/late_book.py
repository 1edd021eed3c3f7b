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


def settle(session, assignment, submitted, timetable):
    """Bring a lesson's deadline, and all that follows from it, up to date.

    Parameters
    ----------
    session : sqlalchemy.orm.Session
    assignment : nbgrader.api.Assignment
    submitted : iterable of nbgrader.api.SubmittedNotebook
        All of the lesson.
    timetable : Timetable

    Returns
    -------
    list of str
        Learners whose penalty changed.
    """
    if not _set_due(session, assignment, timetable):
        return []
    changed = []
    for notebook in submitted:
        before = notebook.late_submission_penalty or 0.0
        _charge(session, notebook, assignment.name, timetable)
        if abs((notebook.late_submission_penalty or 0.0) - before) > 1e-9:
            changed.append(notebook.student.id)
    return changed


def charge(session, notebook, timetable):
    """Write what follows from the deadline for one `nbgrader.api.SubmittedNotebook`."""
    assignment = notebook.assignment.assignment
    if _set_due(session, assignment, timetable):
        _charge(session, notebook, assignment.name, timetable)


def _set_due(session, assignment, timetable):
    """Write a lesson's deadline; return whether it has one, or had one till now."""
    due = timetable.due(assignment.name)
    had_one = _set_granted(session, assignment.name, "", due is not None)
    if due is not None:
        assignment.duedate = due.astimezone(UTC).replace(tzinfo=None)
    elif had_one:
        assignment.duedate = None
    return due is not None or had_one


def _charge(session, notebook, lesson, timetable):
    """Write one submission's extension and penalty, from its time and its score."""
    submission, learner = notebook.assignment, notebook.student.id
    own = timetable.extension(lesson, learner)
    had_one = _set_granted(session, lesson, learner, own is not None)
    if own is not None:
        submission.extension = own
    elif had_one:
        submission.extension = None
    session.flush()
    time = submission.timestamp
    late = lateness_of(
        timetable,
        lesson,
        learner,
        time and time.replace(tzinfo=UTC),
        submission.extension,
    )
    session.refresh(notebook, ["score"])
    notebook.late_submission_penalty = late.penalty(notebook.score) or None


def _set_granted(session, lesson, learner, is_so):
    """Note whether something comes from course.toml; return whether it did before."""
    key = (GRANTED.c.lesson == lesson) & (GRANTED.c.learner == learner)
    before = session.execute(GRANTED.select().where(key)).first() is not None
    if is_so and not before:
        session.execute(GRANTED.insert().values(lesson=lesson, learner=learner))
    elif before and not is_so:
        session.execute(GRANTED.delete().where(key))
    return before
