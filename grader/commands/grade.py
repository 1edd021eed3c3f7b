"""`grade`: grades files."""

import sys
from pathlib import Path

import click

from grader.commands import LESSON, UNSAFE
from grader.console import complain, show_report


@click.command()
@click.argument("lesson", type=LESSON)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a submission.")
@click.option("--learner", default="", help="Whose it is; decides the graded inputs.")
@UNSAFE
@click.pass_obj
def grade(settings, lesson, files, as_json, learner, unsafe):
    """Grade submitted notebooks of one LESSON and print a report on each FILE.

    Exits 0 when every file has a report, whatever its score.
    """
    from grader.grade import grade as grade_one
    from grader.limits import limits_from
    from grader.plain_files import read_plain_file
    from grader.secret import course_secret
    from grader.worker import Worker

    about = {"learner": learner, "secret": course_secret(settings)}
    about["limits"] = limits_from(settings.limits)
    unread = 0
    with Worker("if possible" if unsafe else "required") as worker:
        if unsafe and (warning := worker.warning()):
            click.echo(f"warning: {warning}", err=True)
        for file in files:
            try:
                submission = read_plain_file(file)
            except OSError as error:
                complain(f"{file}: {error.strerror}. Give a notebook's file.")
                unread = 2
                continue
            report = grade_one(
                lesson, submission, worker=worker, file=file.name, **about
            )
            if as_json:
                click.echo(report.as_json())
            else:
                show_report(file, report)
            sys.stdout.flush()
    return unread
