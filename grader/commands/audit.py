"""`audit`: proves the checks."""

import click

from grader.commands import LESSON
from grader.console import progress, tell


@click.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("-v", "--verbose", is_flag=True, help="Show what holds as well.")
@click.option("--all", "everything", is_flag=True, help="Also what has not changed.")
@click.option("--workers", type=click.IntRange(min=1), help="How many run at once.")
def audit(lessons, verbose, everything, workers):
    """Prove that the checks accept what is right and name each mistake.

    A lesson that held is audited again when it, the course's modules or the libraries
    have changed; with --all in any case.
    """
    from grader.audit import audit as audit_all
    from grader.audit import due_lessons, parts_of
    from grader.exercises import lesson_names

    names = lessons or lesson_names()
    due = due_lessons(names, everything=everything)
    with progress("Auditing", sum(len(parts_of(name)) for name in due)) as advance:
        tables = audit_all(names, None, everything, workers, advance)
    for name, rows in tables.items():
        if rows is None:
            tell(name, "held", "dim", "and nothing has changed since")
            continue
        holding = sum(row.holds for row in rows)
        style = "green" if holding == len(rows) else "red"
        tell(name, f"{holding} of {len(rows)} hold", style)
        for row in rows:
            if verbose or not row.holds:
                state, style = ("holds", "dim") if row.holds else ("fails", "red")
                tell(f"  {row.exercise}, {row.tried}", state, style, row.seen)
    return int(not all(row.holds for rows in tables.values() for row in rows or ()))
