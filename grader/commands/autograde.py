"""`autograde`: grades a class."""

import io
from pathlib import Path

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
@click.option(
    "--changes",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the grades that the lesson's last change changed into this CSV file.",
)
@UNSAFE
@click.pass_obj
def autograde(settings, lesson, workers, scheduler, learners, again, changes, unsafe):
    """Grade everybody's submissions of LESSON into the gradebook.

    Collects what arrived, grades what is new or changed, writes grades and feedback
    pages. Exits 1 when somebody has no full result, and says why. Where the lesson has
    changed, everybody is graded anew, and each grade that is another is shown as it
    was and as it is.
    """
    from grader.batch import autograde as grade_all
    from grader.batch import note_told
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
    if changes:
        _write_changes(changes, summary.aftermath.changes)
    if not learners:
        note_told(summary, settings)
    return int(bool(summary.shortfalls))


def _write_changes(path, changes):
    from grader.changes import CSV_HEAD
    from grader.csv_cells import write_rows
    from grader.files import write_file

    text = io.StringIO(newline="")
    rows = [row for change in changes for row in change.csv_rows()]
    write_rows(text, [CSV_HEAD, *rows])
    try:
        write_file(path, text.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error}") from None
    click.echo(f"{len(changes)} grades before and after in {path}.")
