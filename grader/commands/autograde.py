"""`autograde`: grades a class."""

import click

from grader.commands import LESSON, UNSAFE
from grader.console import progress, show_summary


@click.command()
@click.argument("lesson", type=LESSON)
@click.option("--workers", type=click.IntRange(min=1), help="How many at once.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Grade on a Dask cluster: tcp://host:8786."
)
@click.option("--learner", "learners", multiple=True, help="Only theirs; repeatable.")
@click.option("--again", is_flag=True, help="Grade what is graded and unchanged too.")
@UNSAFE
@click.pass_obj
def autograde(settings, lesson, workers, scheduler, learners, again, unsafe):
    """Grade everybody's submissions of LESSON into the gradebook.

    Collects what arrived, grades what is new or changed, writes grades and feedback
    pages. Exits 1 when somebody has no full result, and says why.
    """
    from grader.batch import autograde as grade_all
    from grader.errors import NothingHandedIn

    if workers and scheduler:
        raise click.UsageError(
            "--workers is for this machine, and --scheduler for a cluster, whose "
            "workers are counted there. Give one of them."
        )
    try:
        summary = grade_all(
            lesson,
            settings,
            workers=workers,
            scheduler=scheduler,
            learners=learners,
            again=again,
            walls="if possible" if unsafe else "required",
            progress=lambda total: progress(lesson, total),
            tell=lambda line: click.echo(line, err=True),
        )
    except NothingHandedIn as error:
        raise click.UsageError(str(error)) from None
    show_summary(summary)
    return int(bool(summary.shortfalls))
