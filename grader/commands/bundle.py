"""`bundle`: writes the students' archive."""

from pathlib import Path

import click

from grader.console import complain, progress, tell


@click.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def bundle(settings, out):
    """Write the students' archive OUT.zip: no solutions, no grader, no secrets."""
    from grader.bundle import NotReady
    from grader.bundle import bundle as write

    try:
        with progress("Comparing", len(settings.lesson_names())) as advance:
            names = write(out, progress=advance)
    except NotReady as error:
        complain(error)
        return 1
    lessons = sum(name.endswith(".ipynb") for name in names)
    tell(str(out), "written", "green", f"{lessons} lessons, {len(names)} files")
    return 0
