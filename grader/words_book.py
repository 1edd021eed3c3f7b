"""Answers in words in the gradebook: when a person has to look at one, and again.

nbgrader shows an answer to its graders while ``needs_manual_grade`` is set. A score
given by hand is never changed here; a digest of the words it was given for is kept
beside it, so that only other words ask for another look.
"""

from sqlalchemy import select

from grader.database import ANSWERS
from grader.words import BY_HAND


def write(session, grade, verdict, now):
    """Bring the grade of one answer up to date with what was handed in.

    Parameters
    ----------
    session : sqlalchemy.orm.Session
    grade : nbgrader.api.Grade
        Of a text cell.
    verdict : Verdict
    now : str
        A digest of the words that were handed in.

    Notes
    -----
    As nbgrader has it, a blank answer earns 0 by itself, and a written one has no
    automatic score at all.
    """
    changed = _exchange(session, grade.notebook_id, verdict.exercise, now) != now
    grade.auto_score = None if verdict.status == BY_HAND else 0.0
    if grade.manual_score is None:
        grade.needs_manual_grade = verdict.status == BY_HAND
    elif changed:
        grade.needs_manual_grade = True


def _exchange(session, notebook_id, name, new):
    """Keep a digest; return the one kept before, or None."""
    key = (ANSWERS.c.notebook_id == notebook_id) & (ANSWERS.c.name == name)
    before = session.execute(select(ANSWERS.c.fingerprint).where(key)).scalar()
    if before is None:
        row = {"notebook_id": notebook_id, "name": name, "fingerprint": new}
        session.execute(ANSWERS.insert().values(**row))
    else:
        session.execute(ANSWERS.update().where(key).values(fingerprint=new))
    return before
