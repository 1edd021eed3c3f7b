"""`submit`: hands in one's own notebook."""

import click


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def submit(arguments):
    """Hand in your notebook of a lesson."""
    from course_lib.submit import main as hand_in

    try:
        return hand_in(arguments)
    except SystemExit as stop:  # argparse, after --help or misuse
        return stop.code
