"""`watch`: answers submissions as they arrive."""

import click

from grader.commands import UNSAFE


@click.command()
@UNSAFE
def watch(unsafe):
    """Collect, grade and answer submissions as they arrive, until Ctrl+C."""
    from grader.watch import main as watch_until_stopped

    watch_until_stopped(**({"walls": "if possible"} if unsafe else {}))
