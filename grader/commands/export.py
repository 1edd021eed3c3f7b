"""`export`: writes grades for a spreadsheet or a learning platform."""

from pathlib import Path

import click

from grader.commands import LESSON


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "canvas", "moodle"]),
    default="csv",
    show_default=True,
    help="By exercise, or as a platform's gradebook takes it.",
)
@click.option("--lesson", "lessons", type=LESSON, multiple=True, help="Only these.")
@click.option("--learner", "learners", multiple=True, help="Only theirs; repeatable.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="LESSON=NAME",
    help='What the platform calls a lesson: "01_loss=Loss (8123)".',
)
@click.pass_obj
def export(settings, out, kind, lessons, learners, columns):
    """Write the grades of the class to the file OUT.

    Late penalties are taken off. A learner who handed in nothing has an empty cell.
    Names, addresses and numbers come from roster.csv in the class folder.
    """
    from grader.export import export as write

    named = {}
    for column in columns:
        lesson, equals, name = column.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--column is {column!r}, expected LESSON=NAME.")
        named[LESSON.convert(lesson, None, click.get_current_context())] = name
    write(settings, kind, out, lessons, learners, named)
    click.echo(f"{out}: written.")
    return 0
