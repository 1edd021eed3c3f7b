"""Everybody's grades, read out of the gradebook: a few questions for each lesson."""

from dataclasses import dataclass, field
from datetime import datetime

_DIGITS = 4  # more would be noise of adding up


@dataclass(frozen=True)
class Mark:
    """What one exercise counts for.

    Attributes
    ----------
    points : float
        As nbgrader adds it up: by hand before automatic, extra credit on top.
    by_hand : bool
        Whether a person gave it.
    is_open : bool
        Whether it waits for a person.
    """

    points: float
    by_hand: bool = False
    is_open: bool = False


@dataclass
class Submission:
    """One learner's grades of one lesson."""

    time: datetime | None = None
    seconds_late: float = 0.0
    penalty: float = 0.0
    marks: dict = field(default_factory=dict)

    @property
    def score(self):
        """The points earned, before anything is taken off."""
        return round(sum(mark.points for mark in self.marks.values()), _DIGITS)

    @property
    def total(self):
        """What counts: late penalty taken off, never below zero."""
        return max(round(self.score - self.penalty, _DIGITS), 0.0)


@dataclass
class LessonGrades:
    """The grades of one lesson.

    Attributes
    ----------
    name : str
    exercises : dict of str to float
        The most points of each, in the order of their names.
    submissions : dict of learner to Submission
        Of those who handed in.
    """

    name: str
    exercises: dict
    submissions: dict

    @property
    def max_score(self):
        """What right answers to every exercise earn."""
        return round(sum(self.exercises.values()), _DIGITS)


def read_grades(session, assignment):
    """Return the grades of a lesson.

    Parameters
    ----------
    session : sqlalchemy.orm.Session
    assignment : nbgrader.api.Assignment

    Returns
    -------
    LessonGrades
    """
    exercises = {
        _exercise(cell): round(float(cell.max_score), _DIGITS)
        for notebook in assignment.notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
    }
    submissions = {
        submitted.student_id: Submission(
            submitted.timestamp, float(submitted.total_seconds_late)
        )
        for submitted in assignment.submissions
    }
    for learner, penalty in _penalties(session, assignment):
        submissions[learner].penalty += round(penalty or 0.0, _DIGITS)
    for learner, cell, points, manual, is_open in _marks(session, assignment):
        mark = Mark(round(points or 0.0, _DIGITS), manual is not None, bool(is_open))
        submissions[learner].marks[_exercise(cell)] = mark
    return LessonGrades(assignment.name, dict(sorted(exercises.items())), submissions)


def _exercise(cell):
    return cell.name.removesuffix("_check")


def _penalties(session, assignment):
    from nbgrader import api

    columns = api.SubmittedAssignment.student_id
    query = session.query(columns, api.SubmittedNotebook.late_submission_penalty)
    query = query.join(
        api.SubmittedAssignment,
        api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
    )
    return query.filter(api.SubmittedAssignment.assignment_id == assignment.id)


def _marks(session, assignment):
    from nbgrader import api

    grade = api.Grade
    query = session.query(
        api.SubmittedAssignment.student_id,
        api.BaseCell,
        grade.score,
        grade.manual_score,
        grade.needs_manual_grade,
    )
    query = (
        query.select_from(grade)
        .join(api.BaseCell, api.BaseCell.id == grade.cell_id)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == grade.notebook_id)
        .join(
            api.SubmittedAssignment,
            api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
        )
    )
    return query.filter(api.SubmittedAssignment.assignment_id == assignment.id)
