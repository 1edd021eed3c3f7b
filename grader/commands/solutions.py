"""`solutions`: proves that solutions earn full marks."""

import click

from grader.commands import LESSON
from grader.console import complain, progress, tell


@click.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--workers", type=click.IntRange(min=1), help="How many run at once.")
def solutions(lessons, workers):
    """Run solution notebooks in fresh kernels; each has to earn full marks."""
    from grader.exercises import lesson_names
    from grader.solutions import code_cells
    from grader.solutions import solutions as solve

    names = lessons or lesson_names()
    with progress("Running solutions", code_cells(names)) as advance:
        results = solve(names, workers, progress=advance)
    for result in results:
        state, style = ("passed", "green") if result.passed else ("failed", "red")
        marks = f"{result.score:g} of {result.max_score:g} points"
        tell(result.lesson, state, style, f"{marks}, {result.seconds:.1f} s")
        for problem in result.problems:
            complain(f"{result.lesson}: {problem}")
    return int(not all(result.passed for result in results))
