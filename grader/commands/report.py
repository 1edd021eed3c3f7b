"""`report`: what an instructor should know of a class."""

from pathlib import Path

import click

from grader.commands import LESSON, UNSAFE
from grader.console import complain, progress


@click.command()
@click.argument("lesson", type=LESSON)
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report into this file, with pictures.",
)
@click.option(
    "--grade-attempts",
    "earlier",
    is_flag=True,
    help="Grade the attempts that nobody graded; changes no grade.",
)
@UNSAFE
@click.pass_obj
def report(settings, lesson, page, earlier, unsafe):
    """Show how the class does in LESSON: scores, mistakes, attempts, likeness.

    Mistakes are told attempt by attempt, as far as attempts are graded: `watch` grades
    each, `autograde` the newest of everybody. Exits 1 when nobody is graded yet.
    """
    from datetime import datetime

    from grader.class_report import author_texts, class_report
    from grader.prepared import prepare

    prepared = prepare(lesson, settings.solutions)
    if earlier:
        _grade_attempts(lesson, settings, "if possible" if unsafe else "required")
    work = _read(lesson, settings)
    if not work.learners:
        complain(_nobody(lesson, len(work.waiting)))
        return 1
    author = author_texts(lesson, settings.solutions)
    made = class_report(work, prepared, author, settings.timetable)
    if page is None:
        from grader.class_text import show

        show(made)
        return 0
    from grader.class_page import render
    from grader.files import write_file

    html = render(made, datetime.now().astimezone(), settings.timetable.zone)
    write_file(page, html.encode())
    click.echo(f"{page}: written.")
    return 0


def _read(lesson, settings):
    from grader.class_work import handed_in_by, read_class
    from grader.gradebook import Book

    total = len(handed_in_by(lesson, settings))
    with (
        Book(settings.gradebook_url, settings.course_id) as book,
        progress(lesson, total) as advance,
    ):
        return read_class(lesson, settings, book, advance)


def _grade_attempts(lesson, settings, walls):
    from grader.earlier_attempts import grade_attempts, ungraded
    from grader.worker import Worker

    attempts = ungraded(lesson, settings)
    with (
        Worker(walls) as worker,
        progress(f"{lesson}, attempts", len(attempts)) as advance,
    ):
        grade_attempts(attempts, settings, worker, advance)


def _nobody(lesson, waiting):
    if not waiting:
        return (
            f"Nobody has handed in {lesson}, so there is nothing to report.\n"
            f"Once somebody has: python -m grader autograde {lesson}"
        )
    some = f"{waiting} learners have" if waiting > 1 else "1 learner has"
    return (
        f"Nobody is graded in {lesson} yet; {some} handed in.\n"
        f"First: python -m grader autograde {lesson}"
    )
