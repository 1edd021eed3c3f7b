"""The class report in a terminal."""

import numpy as np
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from grader.class_pictures import score_edges
from grader.console import printable
from grader.mistakes_picture import MOST_ROWS, first_sentence, ordinal

MOST_NAMES = 12
MOST_GROUPS = 12
BAR = 24  # columns of the longest bar
STATES = {
    "right": "green",
    "partial": "yellow",
    "wrong": "red",
    "error": "red",
    "timeout": "red",
    "crashed": "red",
    "not_written": "dim",
    "given": "blue",
    "by_hand": "blue",
}


def show(report, console=None):
    """Print a class report.

    Parameters
    ----------
    report : ClassReport
    console : rich.console.Console, optional
    """
    console = console or Console(highlight=False)
    console.print(_head(report))
    console.print(_scores(report))
    console.print(_exercises(report))
    for row in report.exercises:
        if row.misconceptions:
            console.print(_mistakes(row, len(report.learners)))
    console.print(_alike(report))


def _head(report):
    low, high = report.middle
    attempts = report.attempts.values()
    lines = [
        Text(f"\n{report.title}", style="bold"),
        Text(
            f"{_learners(len(report.learners))} graded, median {report.median:g} of "
            f"{report.max_score:g} points, middle half {low:g} to {high:g}, "
            f"{report.full_marks} with full marks"
        ),
        Text(
            f"{sum(attempts)} attempts, {sum(attempts) / len(attempts):.1f} each"
            + (f", {_learners(len(report.late))} late" if report.due else "")
        ),
        *(Text(line, style="yellow") for line in _left_out(report)),
    ]
    if report.foremost:
        lines.append(Text("\nWorth a word in class", style="bold"))
    for name, one in report.foremost:
        lines.append(Text(f"{len(one.now):5}  {name}: {first_sentence(one.words)}"))
    return Group(*lines)


def _left_out(report):
    """Yield what is not in the numbers."""
    work = report.work
    if work.waiting:
        yield f"Handed in and not graded: {names(work.waiting)}"
    if report.outdated:
        yield f"Newer work waits to be graded: {names(report.outdated)}"
    if report.ungraded:
        yield (
            f"Attempts that nobody graded, and of which nothing is said: "
            f"{report.ungraded} (--grade-attempts grades them, and changes no grade)"
        )
    if work.absent:
        yield f"Handed in nothing: {names(work.absent)}"


def _scores(report):
    values = list(report.scores.values())
    edges = score_edges(report.max_score, values)
    counts, _ = np.histogram(values, edges)
    table = _table("\nScores", ("points", "right"), ("learners", "right"), ("", "left"))
    step = edges[1] - edges[0]
    for count, left in zip(counts[::-1], edges[-2::-1], strict=True):
        if not count:
            continue
        table.add_row(f"{left + step / 2:g}", str(count), _bar(count, counts.max()))
    return table


def _exercises(report):
    states = [
        status for status in STATES if any(r.statuses[status] for r in report.exercises)
    ]
    heads = [(status.replace("_", " "), "right") for status in states]
    table = _table("\nExercises", ("", "left"), ("points", "right"), *heads)
    for row in report.exercises:
        cells = [Text(str(row.statuses[s] or "–"), style=STATES[s]) for s in states]
        table.add_row(Text(row.name), f"{row.max_points:g}", *cells)
    return table


def _mistakes(row, learners):
    columns = len(row.graded) if len(row.graded) > 1 else 0
    title = f"\n{row.name}: {row.statuses['right']} of {learners} right"
    table = _table(title, ("now", "right"), ("", "left"), ("before", "right"))
    table.add_column("", ratio=1)
    if columns:
        heads = [ordinal(k, columns) for k in range(columns)]
        table.add_column("attempts:\n" + _in_columns(heads), no_wrap=True)
    longest = max(len(one.now) for one in row.misconceptions)
    for one in row.misconceptions[:MOST_ROWS]:
        words = Text(first_sentence(one.words), "italic" if one.is_unfinished else "")
        bar = _bar(len(one.now), longest, "red", 8)
        cells = [_in_columns([str(n or "·") for n in one.columns])] if columns else []
        table.add_row(str(len(one.now)), bar, str(len(one.before)), words, *cells)
    return table


def _in_columns(words):
    return " ".join(f"{word:>4}" for word in words)


def _alike(report):
    groups = [(e, group) for e, found in report.groups.items() for group in found]
    if not groups:
        return Text("\nNo answers are unusually alike.")
    table = _table(
        "\nAnswers alike enough to look at; that is no proof of anything",
        ("exercise", "left"),
        ("learners", "left"),
        ("unusual lines in common", "right"),
    )
    groups.sort(key=lambda each: -each[1].bits)
    for exercise, group in groups[:MOST_GROUPS]:
        table.add_row(Text(exercise), Text(names(group.learners)), str(group.lines))
    if len(groups) > MOST_GROUPS:
        table.add_row("", f"and {len(groups) - MOST_GROUPS} more, less alike", "")
    return table


def names(learners):
    """Return names for a line, the first of many, harmless to a terminal."""
    shown = printable(", ".join(learners[:MOST_NAMES]))
    more = len(learners) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _table(title, *heads):
    from rich.box import SIMPLE_HEAD

    table = Table(
        title=Text(title, style="bold"), title_justify="left", box=SIMPLE_HEAD
    )
    for head, justify in heads:
        table.add_column(head, justify=justify)
    return table


def _bar(count, most, style="blue", longest=BAR):
    length = round(longest * count / max(most, 1))
    return Text("█" * length or "▏" * bool(count), style)


def _learners(count):
    return f"{count} learner{'s' if count != 1 else ''}"
