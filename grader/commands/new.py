"""`new`: begins a lesson."""

import click

from grader.console import tell


@click.command()
@click.argument("name", metavar="NN_NAME")
@click.pass_obj
def new(settings, name):
    """Begin a lesson: a folder in solutions/ that builds and audits as it is."""
    from grader.new_lesson import new_lesson

    try:
        files = new_lesson(name)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for file in files:
        tell(str(file.relative_to(settings.root)), "written", "green")
    click.echo(f"Edit them, then: build {name}, solutions {name}, audit {name}")
