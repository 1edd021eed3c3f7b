"""`doctor`: tries the walls."""

import click

from grader.console import tell


@click.command()
def doctor():
    """Try to break every limit on submissions on this machine."""
    from grader.doctor import doctor as examine

    rows = examine()
    for row in rows:
        state, style = ("held", "green") if row.held else ("broken", "red")
        tell(row.tried, state, style, f"{row.seconds:5.1f} s  {row.note}")
    return int(not all(row.held for row in rows))
