"""What commands print: lines, reports, progress, complaints."""

import time
from contextlib import contextmanager

import click

PLAIN_SECONDS = 5.0  # between two lines of progress where there is no terminal


@contextmanager
def progress(title, total):
    """Show on stderr how far a command is, how fast, and how long it will take.

    Yields
    ------
    callable
        ``advance(name)``: one more is done. On a terminal it moves a bar; elsewhere it
        writes a line every few seconds.
    """
    from rich.console import Console

    console = Console(stderr=True)
    with (_bar if console.is_terminal else _lines)(title, total, console) as advance:
        yield advance


@contextmanager
def _bar(title, total, console):
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeElapsedColumn(),
        bars.TimeRemainingColumn(),
    )
    started = time.monotonic()
    # Without a thread of its own: processes are forked while it is shown.
    shown = bars.Progress(*columns, console=console, transient=True, auto_refresh=False)
    with shown as bar:
        task, done = bar.add_task(title, total=total, rate=""), 0

        def advance(name):
            nonlocal done
            done += 1
            rate = _rate(done, started)
            bar.update(task, advance=1, description=f"{title}: {name}", rate=rate)
            bar.refresh()

        bar.refresh()
        yield advance


@contextmanager
def _lines(title, total, console):
    started = last = time.monotonic()
    done = 0

    def advance(name):
        nonlocal last, done
        done += 1
        now = time.monotonic()
        if now - last >= PLAIN_SECONDS:
            last = now
            left = round((now - started) / done * (total - done))
            console.print(
                f"{title}: {done} of {total}, {_rate(done, started)}, "
                f"{left // 60}:{left % 60:02} left",
                highlight=False,
                soft_wrap=True,
            )

    yield advance


def _rate(done, started):
    minutes = max(time.monotonic() - started, 1e-3) / 60
    return f"{done / minutes:.0f} a minute"


def show_report(file, report):
    """Print one report for a person."""
    score = f"{report.score:g} of {report.max_score:g} points"
    if report.open_points:
        score += f", {report.open_points:g} more can be given by hand"
    whole = report.status == "graded"
    tell(str(file), report.status, "green" if whole else "yellow", score)
    for verdict in report.exercises:
        click.echo()
        click.echo(verdict.as_text())
    if report.deviations:
        click.echo()
    for deviation in report.deviations:
        click.echo(f"Note: {deviation}")


def show_summary(summary):
    """Print what became of a class's submissions, naming who has no full result."""
    counts = f"{len(summary.graded)} graded, {len(summary.unchanged)} unchanged"
    rate = ""
    if summary.graded and summary.seconds > 0:
        rate = f", {60 * len(summary.graded) / summary.seconds:.0f} a minute"
    whole = not summary.shortfalls
    state = "done" if whole else f"{len(summary.shortfalls)} not full"
    style = "green" if whole else "yellow"
    tell(summary.lesson, state, style, f"{counts}, {summary.seconds:.1f} s{rate}")
    for learner, reason in sorted(summary.shortfalls.items()):
        tell(f"  {printable(learner)}", "", style, printable(" ".join(reason.split())))
    if summary.settled:
        names = printable(", ".join(summary.settled))
        click.echo(f"  Other late penalties ({len(summary.settled)}): {names}")
    _show_aftermath(summary.aftermath)
    if summary.absent:
        names = printable(", ".join(summary.absent))
        click.echo(f"  Handed in nothing ({len(summary.absent)}): {names}")


def _show_aftermath(aftermath):
    """Print what a changed lesson did to grades, and what people should look at."""
    news = [change for change in aftermath.changes if not change.told]
    if news:
        click.echo(f"\n  Other grades, though nothing new was handed in ({len(news)}):")
        for change in news:
            before, after = change.before, change.after
            totals = f"{before.total:g} of {before.most:g} -> {after.total:g}"
            message = f"{totals} of {after.most:g}: {change.line()}"
            tell(f"  {printable(change.learner)}", "", "", printable(message))
    above = [
        f"{who} {exercise} {given:g} of {most:g}"
        for who, exercise, given, most in aftermath.above
    ]
    kept = [" ".join(each) for each in aftermath.kept]
    for words, found in (
        ("Still graded as before the change", aftermath.waiting),
        ("Given by hand for exercises that are gone, and kept", kept),
        ("Given by hand, and more than the exercise is worth", above),
    ):
        if found:
            click.echo(f"  {words} ({len(found)}): {printable(', '.join(found))}")


def printable(text):
    """Return a text that can do nothing to a terminal: some of it is a stranger's."""
    return "".join(c if c.isprintable() else "?" for c in text)


def tell(name, state, style, message=""):
    """Print one line about one thing."""
    from rich.console import Console
    from rich.text import Text

    line = Text.assemble(f"{name:32}", "  ", (f"{state:10}", style), "  ", message)
    line.rstrip()
    Console().print(line, soft_wrap=True)


def complain(problem):
    """Print what is amiss on stderr, in the house's form."""
    click.echo(f"error: {problem}", err=True)
