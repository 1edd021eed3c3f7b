"""`feedback`: gives everybody's page back."""

from pathlib import Path

import click

from grader.commands import LESSON


@click.command()
@click.argument("lesson", type=LESSON)
@click.option(
    "--archive",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the pages into this zip file, too.",
)
@click.option(
    "--layout",
    type=click.Choice(["canvas", "moodle", "plain"]),
    help="How they are named in it; by default as what was collected.",
)
@click.pass_obj
def feedback(settings, lesson, archive, layout):
    """Give back the feedback of LESSON, with what people added in the gradebook.

    Pages go to everybody who handed in through the exchange. With --archive they are
    put into a zip file as well, by the names that Moodle ("Upload multiple feedback
    files in a zip") and Canvas ("Upload submissions") assign to learners. Exits 1 when
    somebody's page could not be given.
    """
    from grader.console import printable, tell
    from grader.giving_back import give_back

    if layout and not archive:
        raise click.UsageError("--layout is for --archive: name the zip file.")
    given = list(give_back(lesson, settings, archive, layout))
    for one in given:
        if one.problem:
            tell(printable(one.learner), "not given", "red", one.problem)
    problems = sum(bool(one.problem) for one in given)
    where = f" in {archive}" if archive else ""
    click.echo(f"{lesson}: {len(given) - problems} pages{where}.")
    if any("_assignsubmission_" not in one.name and "/" not in one.name
           for one in given if one.name):  # fmt: skip
        click.echo(
            "Canvas shows a page by the name of the notebook that was handed in. Tell "
            "your learners to open it in a browser."
        )
    return int(bool(problems))
