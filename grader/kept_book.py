"""What people gave for exercises that a lesson no longer has: kept until they return.

nbgrader has no place for a score without its cell, and would forget it.
"""

from sqlalchemy import Column, Table, Text

from grader.database import OWN_TABLES

KEPT = Table(
    "course_kept",
    OWN_TABLES,
    Column("lesson", Text, primary_key=True),
    Column("learner", Text, primary_key=True),
    Column("cell", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # the attribute of nbgrader's row
    Column("value", Text, nullable=False),
)
GIVEN = {"manual_score": float, "extra_credit": float, "manual_comment": str}


def keep(session, lesson, row):
    """Keep what a person wrote into a grade or comment that is about to go."""
    given = {what: getattr(row, what, None) for what in GIVEN}
    for what, value in given.items():
        if value is not None:
            about = {"lesson": lesson, "learner": row.student.id, "cell": row.name}
            values = {**about, "what": what, "value": str(value)}
            session.execute(KEPT.insert().values(**values))


def put_back(session, lesson, cell, rows):
    """Write what was kept of a cell into its new rows, one of each learner."""
    here = (KEPT.c.lesson == lesson) & (KEPT.c.cell == cell)
    kept = session.execute(KEPT.select().where(here)).all()
    if not kept:
        return
    by_learner = {row.notebook.student.id: row for row in rows}
    for each in kept:
        row = by_learner.get(each.learner)
        if row is not None and hasattr(row, each.what):
            setattr(row, each.what, GIVEN[each.what](each.value))
            done = (KEPT.c.learner == each.learner) & (KEPT.c.what == each.what)
            session.execute(KEPT.delete().where(here & done))


def read(session, lesson):
    """Return whose scores and comments are kept: pairs of learner and exercise."""
    found = session.execute(KEPT.select().where(KEPT.c.lesson == lesson))
    return sorted({(row.learner, row.cell.removesuffix("_check")) for row in found})
