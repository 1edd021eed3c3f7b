"""`build`: writes lessons from their sources."""

import click

from grader.commands import LESSON, MARKS
from grader.console import complain, progress, tell


@click.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a lesson is stale.")
@click.option("--force", is_flag=True, help="Overwrite worked-on lessons; keep a copy.")
def build(lessons, check, force):
    """Write lessons and their checks from the sources in solutions/."""
    from grader.errors import SourceError
    from grader.exercises import lesson_names
    from grader.release import build_together

    good = ("unchanged",) if check else ("written", "unchanged", "kept")
    names, failed = lessons or lesson_names(), False
    with progress("Building", len(names)) as advance:
        results = build_together(names, force, write=not check, done=advance)
    for name, built in zip(names, results, strict=True):
        if isinstance(built, SourceError):
            complain(built)
            failed = True
            continue
        state = "stale" if check and built.state == "written" else built.state
        tell(name, state, MARKS.get(state, "red"), built.message)
        failed |= built.state not in good
    return int(failed)
