"""The pictures of a class report: numbers onto figures, figures into pages."""

import base64
import io
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from course_lib import plots

WIDTH = 9.6  # inches; 100 of a page's pixels each
# From right to blank: colour, hatch, and what the legend says.
STATES = {
    "right": (plots.GREEN, "", "right"),
    "partial": (plots.ORANGE, "///", "partly right"),
    "wrong": (plots.VERMILION, "xx", "not right"),
    "unfinished": (plots.PURPLE, "..", "stopped or did not end"),
    "not_written": ("#d5d9de", "", "not written"),
    "given": (plots.BLUE, "--", "graded by hand"),
    "by_hand": (plots.SKY, "\\\\", "waits for a person"),
}
_PAPER = {"facecolor": plots.PAPER, "edgecolor": "none", "pad": 1.6, "alpha": 0.92}
_SAME = {"error": "unfinished", "timeout": "unfinished", "crashed": "unfinished"}


@dataclass(frozen=True)
class Picture:
    """A picture as a page holds it.

    Attributes
    ----------
    source : str
        The address of its data, an SVG.
    alt : str
        What it shows, in words and numbers.
    width, height : int
        In pixels of the page.
    """

    source: str
    alt: str
    width: int
    height: int


def picture(draw, alt, height, layout="constrained"):
    """Return what ``draw(figure)`` draws, as high as `height` says, in inches."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    words = {"svg.fonttype": "path", "svg.hashsalt": "class report"}
    with rc_context(plots.HOUSE | words):
        figure = Figure(figsize=(WIDTH, height), layout=layout)
        FigureCanvasSVG(figure)
        draw(figure)
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    data = base64.b64encode(stream.getvalue()).decode()
    size = int(100 * WIDTH), int(100 * height)
    return Picture(f"data:image/svg+xml;base64,{data}", alt, *size)


def scores_picture(report):
    """Return the scores of a class as a histogram."""
    values = list(report.scores.values())
    edges = score_edges(report.max_score, values)
    low, high = report.middle
    alt = (
        f"Histogram of {len(values)} scores from 0 to {report.max_score:g} points. "
        f"Half of the class has {report.median:g} points or more; the middle half lies "
        f"between {low:g} and {high:g}."
    )

    def draw(figure):
        axes = figure.subplots()
        counts, _ = np.histogram(values, edges)
        plots.draw_histogram(axes, values, edges)
        step = edges[1] - edges[0]
        limits = (edges[0], edges[-1] + 0.1 * step), (0, 1.22 * max(counts.max(), 1))
        plots.style_axes(axes, "points", "learners", "", *limits)
        axes.grid(visible=False, axis="x")
        for count, left, right in zip(counts, edges, edges[1:], strict=False):
            if count:
                spot = (left + right) / 2, count
                look = {"offset": (0, 8), "ha": "center", "bbox": _PAPER}
                plots.draw_label(axes, *spot, str(count), **look)
        word = f"median {report.median:g}"
        plots.draw_reference(axes, report.median, word, vertical=True)
        axes.yaxis.get_major_locator().set_params(integer=True)

    return picture(draw, alt, 2.7)


def score_edges(max_score, values):
    """Return the edges between which scores are counted: at most twenty bins."""
    top = max([max_score, *values, 1e-9])
    whole = all(value == int(value) for value in values)
    steps = (1, 2, 5, 10, 20, 50, top) if whole else (0.5, 1, 2, 5, 10, 20, 50, top)
    step = next(s for s in steps if top / s <= 20)
    bins = int(np.ceil(top / step - 1e-9)) + 1  # the full score has its own
    return step * (np.arange(bins + 1) - 0.5)


def exercises_picture(report):
    """Return how the class did in each exercise, as bars."""
    rows = report.exercises
    counts = {name: [_states(row)[name] for row in rows] for name in STATES}
    counts = {name: row for name, row in counts.items() if any(row)}
    alt = "One bar an exercise. " + " ".join(
        f"{row.name}: "
        + ", ".join(f"{n} {STATES[s][2]}" for s, n in _states(row).items() if n)
        + "."
        for row in rows
    )

    def draw(figure):
        axes = figure.subplots()
        left = np.zeros(len(rows))
        for name, row in counts.items():
            color, hatch, label = STATES[name]
            look = {"color": color, "hatch": hatch, "edgecolor": plots.PAPER}
            axes.barh(range(len(rows)), row, 0.7, left, label=label, lw=0.8, **look)
            for y, (start, count) in enumerate(zip(left, row, strict=True)):
                if count >= 0.03 * max(len(report.scores), 1):
                    _write_on(axes, start + count / 2, y, str(count))
            left += row
        axes.set_yticks(range(len(rows)), [row.name for row in rows])
        axes.tick_params(axis="y", labelsize=10.5, length=0)
        axes.invert_yaxis()
        plots.style_axes(axes, "learners", xlim=(0, max(left.max(), 1)))
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=len(counts), fontsize=9.5)

    return picture(draw, alt, 1.1 + 0.36 * len(rows))


def _write_on(axes, x, y, text):
    axes.text(x, y, text, ha="center", va="center", fontsize=9, bbox=_PAPER)


def _states(row):
    found = dict.fromkeys(STATES, 0)
    for status, count in row.statuses.items():
        found[_SAME.get(status, status)] += count
    return found


def attempts_picture(report, zone=None):
    """Return how often and when the class handed in.

    Parameters
    ----------
    report : ClassReport
    zone : tzinfo, optional
        Of the times shown; by default this computer's.
    """
    counts = np.bincount(list(report.attempts.values()))[1:]
    times = [_local(time, zone) for time in report.times]
    due = report.due and _local(report.due, zone)
    alt = "Attempts a learner: " + ", ".join(
        f"{count} with {k}" for k, count in enumerate(counts, 1) if count
    )
    if times:
        alt += f". Handed in from {times[0]:%Y-%m-%d %H:%M} to "
        alt += f"{times[-1]:%Y-%m-%d %H:%M}"
    if due:
        alt += f", due {due:%Y-%m-%d %H:%M}"

    def draw(figure):
        left, right = figure.subplots(1, 2, width_ratios=(2, 3))
        _draw_counts(left, counts)
        _draw_arrivals(right, times, due)

    return picture(draw, alt + ".", 2.6)


def _local(time, zone):
    return time.astimezone(zone).replace(tzinfo=None)


def _draw_counts(axes, counts):
    """Draw how many learners made how many attempts; ten and more share a bar."""
    shown, more = counts[:9].tolist(), int(counts[9:].sum())
    labels = [str(k) for k in range(1, len(shown) + 1)]
    if more:
        shown, labels = [*shown, more], [*labels, "10+"]
    plots.draw_bars(axes, shown, labels)
    axes.bar_label(axes.containers[0], fontsize=9.5, padding=2)
    plots.style_axes(axes, "attempts", "learners", ylim=(0, 1.18 * max(shown)))
    axes.yaxis.get_major_locator().set_params(integer=True)


def _draw_arrivals(axes, times, due):
    """Draw how many attempts had arrived by when, and the deadline."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    if not times:
        axes.set_axis_off()
        return
    axes.step(times, range(1, len(times) + 1), where="post", color=plots.BLUE)
    limits = (0, 1.15 * len(times))
    plots.style_axes(axes, "", "attempts handed in", ylim=limits)
    marks = [*times, due] if due else times
    room = max((max(marks) - min(marks)) / 25, timedelta(hours=1))
    axes.set_xlim(min(marks) - room, max(marks) + room)
    locator = AutoDateLocator(maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.yaxis.get_major_locator().set_params(integer=True)
    if due:
        plots.draw_reference(axes, date2num(due), "due", vertical=True)
