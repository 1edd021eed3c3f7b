"""A learner's submission in nbgrader's tables: its rows, and the scores in them."""

from grader import words_book
from grader.reports import NOT_GRADED
from grader.words import BY_HAND

UNJUDGED = ("timeout", "crashed")


def submissions(session, lesson, learner=None):
    """Return the query for submitted notebooks of a lesson, of all or one learner."""
    from nbgrader import api

    query = (
        session.query(api.SubmittedNotebook)
        .join(api.SubmittedAssignment)
        .join(api.Assignment)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .filter(api.Assignment.name == lesson, api.Notebook.name == lesson)
    )
    if learner is None:
        return query
    return query.filter(api.SubmittedAssignment.student_id == learner)


def find_submission(session, lesson, learner):
    """Return a learner's submitted notebook, made with its rows if it is not there."""
    from nbgrader import api

    found = submissions(session, lesson, learner).one_or_none()
    if found is not None:
        return found
    assignment = session.query(api.Assignment).filter_by(name=lesson).one()
    student = session.get(api.Student, learner)
    if student is None:
        student = api.Student(id=learner)
        session.add(student)
    submission = (
        session.query(api.SubmittedAssignment)
        .filter_by(assignment_id=assignment.id, student_id=learner)
        .one_or_none()
    )
    if submission is None:
        submission = api.SubmittedAssignment(assignment=assignment, student=student)
        session.add(submission)
    for book in assignment.notebooks:
        notebook = api.SubmittedNotebook(notebook=book, assignment=submission)
        session.add(notebook)
        for cell in book.grade_cells + book.task_cells:
            session.add(api.Grade(cell=cell, notebook=notebook, manual_score=None))
        for cell in book.solution_cells + book.task_cells:
            session.add(api.Comment(cell=cell, notebook=notebook))
        found = notebook if book.name == lesson else found
    session.flush()
    return found


def cells(session, submitted):
    """Return all cells of a notebook, for as long as its grades are looked at.

    One question; without it each grade asks for its own cell. The session knows them
    only as long as somebody holds them.
    """
    from nbgrader import api
    from sqlalchemy.orm import with_polymorphic

    every = with_polymorphic(api.BaseCell, "*")
    return session.query(every).filter_by(notebook_id=submitted.notebook_id).all()


def write_scores(session, submitted, report):
    """Write a report's scores, and what is said of each answer, into a submission."""
    held = cells(session, submitted)
    verdicts = {verdict.exercise: verdict for verdict in report.exercises}
    for grade in submitted.grades:
        verdict = verdicts.get(grade.name.removesuffix("_check"))
        if verdict is None:
            continue  # graded by hand, or no longer part of the lesson
        unsure = report.status == NOT_GRADED or verdict.status in UNJUDGED
        if grade.cell.cell_type == "markdown":
            words_book.write(session, grade, verdict, report.words[grade.name])
            continue
        grade.auto_score = verdict.points
        grade.needs_manual_grade = unsure or grade.manual_score is not None
    for comment in submitted.comments:
        verdict = verdicts.get(comment.name)
        if verdict is not None:
            blank = verdict.status == "not_written"
            if verdict.status == BY_HAND:  # what is said of it is a person's to say
                comment.auto_comment = None
                continue
            said = " ".join(filter(None, [verdict.message, verdict.next_step]))
            comment.auto_comment = "No response." if blank else said or None
    del held
