"""`solutions`: proves that solutions earn full marks, and makes them into a book."""

from pathlib import Path

import click

from grader.commands import LESSON
from grader.console import complain, progress, tell


@click.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--workers", type=click.IntRange(min=1), help="How many run at once.")
@click.option("--all", "everything", is_flag=True, help="Also what has not changed.")
@click.option(
    "--html",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the solved course to this folder, as pages to read and to search.",
)
def solutions(lessons, workers, everything, out):
    """Run solution notebooks in fresh kernels; each has to earn full marks.

    One that did is run again when it, the course's modules or the libraries have
    changed; with --all in any case. The pages of --html show each solution beside its
    wrong versions, with what every one of them does.
    """
    from grader.exercises import lesson_names
    from grader.solutions import code_cells, due_lessons, solve_due

    names = lessons or lesson_names()
    due = due_lessons(names, everything=everything)
    with progress("Running solutions", code_cells(due)) as advance:
        results = solve_due(names, workers, None, everything, advance)
    for result in results:
        _say(result)
    if not all(result.passed for result in results):
        return 1
    if out:
        _write(out, names, workers)
    return 0


def _say(result):
    if result.fresh:
        tell(result.lesson, "passed", "dim", "and nothing has changed since")
        return
    state, style = ("passed", "green") if result.passed else ("failed", "red")
    marks = f"{result.score:g} of {result.max_score:g} points"
    tell(result.lesson, state, style, f"{marks}, {result.seconds:.1f} s")
    for problem in result.problems:
        complain(f"{result.lesson}: {problem}")


def _write(out, names, workers):
    from grader.book import unmeasured, write_book

    with progress("Measuring mistakes", len(unmeasured(names))) as advance:
        index = write_book(out, names, None, workers, advance)
    tell(str(index), "written", "green", "open it in a browser")
