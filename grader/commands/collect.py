"""`collect`: takes in what a learning platform hands out."""

from pathlib import Path

import click

from grader.commands import LESSON

COLOURS = {"collected": "green", "dated": "green", "refused": "red", "kept": "yellow"}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("lesson", type=LESSON)
@click.argument("archive", type=FILE)
@click.option(
    "--from",
    "layout",
    type=click.Choice(["auto", "canvas", "moodle"]),
    default="auto",
    help="Whose archive it is; by default its names tell.",
)
@click.option(
    "--times",
    type=FILE,
    help="When what was handed in: Moodle's grading worksheet, or a table of your own.",
)
@click.option(
    "--roster",
    type=FILE,
    help="Who is in the class. Default: roster.csv in the class folder.",
)
@click.pass_obj
def collect(settings, lesson, archive, layout, times, roster):
    """Take in the submissions of LESSON from an ARCHIVE of Canvas or Moodle.

    The archive is the zip file as it was downloaded; zip files of `course.py submit
    --zip` may be inside. The newest submission of everybody counts. Says for each
    file what became of it, and exits 1 when something could not be assigned.
    """
    from grader.archives import BadArchive
    from grader.collecting import collect as take_all
    from grader.lms_times import Times, read_times
    from grader.roster import read_roster

    layout = None if layout == "auto" else layout
    try:
        people = read_roster(roster or settings.class_folder / "roster.csv")
        known = read_times(times, settings.timetable.zone) if times else Times()
        outcomes = []
        for outcome in take_all(lesson, archive, settings, people, layout, known):
            _say(outcome)
            outcomes.append(outcome)
    except BadArchive as error:
        raise click.ClickException(f"{archive}: {error}") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    _enter(people, settings)
    return _sum_up(lesson, outcomes)


def _enter(roster, settings):
    """Enter the class into the gradebook, so that who is absent is named."""
    from grader.gradebook import Book

    if roster:
        with Book(settings.gradebook_url, settings.course_id) as book:
            book.enter(roster.people)


def _say(outcome):
    from grader.console import printable, tell

    who = printable(outcome.learner or "nobody")
    message = printable(f"{outcome.entry}  {outcome.message}".strip())
    tell(who, outcome.state, COLOURS.get(outcome.state, "dim"), message)


def _sum_up(lesson, outcomes):
    from collections import Counter

    counts = Counter(outcome.state for outcome in outcomes)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    click.echo(f"\n{lesson}: {told or 'the archive is empty'}.")
    if counts["refused"]:
        click.echo("Set right what is said of those refused, and collect once more.")
        return 1
    click.echo(f"Next: python -m grader autograde {lesson}")
    return 0
