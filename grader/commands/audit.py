"""`audit`: proves the checks."""

import click

from grader.commands import LESSON
from grader.console import progress, tell


@click.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("-v", "--verbose", is_flag=True, help="Show what holds as well.")
def audit(lessons, verbose):
    """Prove that the checks accept what is right and name each mistake."""
    from grader.audit import audit_lesson
    from grader.exercises import lesson_names

    names = lessons or lesson_names()
    with progress("Auditing", len(names)) as advance:
        tables = {}
        for name in names:
            tables[name] = audit_lesson(name)
            advance(name)
    for name, rows in tables.items():
        holding = sum(row.holds for row in rows)
        style = "green" if holding == len(rows) else "red"
        tell(name, f"{holding} of {len(rows)} hold", style)
        for row in rows:
            if verbose or not row.holds:
                state, style = ("holds", "dim") if row.holds else ("fails", "red")
                tell(f"  {row.exercise}, {row.tried}", state, style, row.seen)
    return int(not all(row.holds for rows in tables.values() for row in rows))
