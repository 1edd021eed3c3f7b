"""Lesson 8: five examples share a mean, so one cannot move alone."""

import numpy as np

from course_lib import normalization, plots
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.live_picture import STEADY
from course_lib.plots.bar_row import BarRow
from course_lib.predictions import Card

NAMES = ("A", "B", "C", "D", "E")
OTHERS = (-1.0, 1.0, 2.5, 4.0)
LOWEST, HIGHEST = -6.0, 12.0
PATHS = ("direct", "through the mean", "through the variance")


def five_examples():
    """Move one of five examples; see the others move, and the blame it takes."""
    _five_examples().show()


def five(a, batchnorm_forward, batchnorm_backward):
    """Normalize five examples of one feature, and blame the output of the first.

    Parameters
    ----------
    a : float
        The first example's x; the others are `OTHERS`.
    batchnorm_forward, batchnorm_backward : callable
        As written in lesson 8.

    Returns
    -------
    dict
        ``x``, ``y`` and ``dx`` of shape (5,), for gamma 1, beta 0 and a `dy` of 1 at
        the first example; ``paths`` of shape (3, 5), which add up to dx; ``mean`` and
        ``std``.
    """
    x, dy = np.array([[a, *OTHERS]]).T, np.eye(5)[:, :1]
    running = normalization.init_batchnorm(1)["running"]
    y, cache, _ = batchnorm_forward(x, np.ones(1), np.zeros(1), running, True)
    dx, _, _ = batchnorm_backward(dy, cache)
    std = float(np.sqrt(x.var() + 1e-5))
    normalized = (x - x.mean()) / std
    along = (dy * normalized).mean()
    paths = [dy, np.full((5, 1), -dy.mean()), -normalized * along]
    return {
        "x": x[:, 0],
        "y": y[:, 0],
        "dx": dx[:, 0],
        "paths": np.array(paths)[:, :, 0] / std,
        "mean": float(x.mean()),
        "std": std,
    }


def _five_examples():
    return Explorer(
        "Can one example move alone?",
        five,
        _build,
        _read,
        "Five examples, A to E, one a row. On the left their inputs, in the middle "
        "their outputs after batch normalization. On the right the blame of each "
        "input when only the output of A is blamed: one bar for each of three paths, "
        "and a diamond for their sum.",
        [Slider("a", "input of A", LOWEST, HIGHEST, 3.0, step=0.1, digits=".1f")],
        uses={
            "batchnorm_forward": normalization.batchnorm_forward,
            "batchnorm_backward": normalization.batchnorm_backward,
        },
        card=Card(
            "one_of_five",
            "Five examples are normalized together. The input of A moves. Which "
            "outputs move?",
            ["A's alone", "A's, and the nearest one's", "all five"],
            truth="all five",
            because="A moves the mean and the standard deviation, and both are "
            "everybody's.",
        ),
        size=(8.8, 3.9),
    )


def _build(figure):
    left, middle, right = figure.subplots(1, 3, sharey=True, width_ratios=[1, 1, 1.5])
    rows = np.arange(5)
    plots.style_axes(left, "x", "", "Goes in", (LOWEST - 1, HIGHEST + 1))
    plots.style_axes(middle, "y", "", "Comes out", (-2.3, 2.3))
    plots.style_axes(right, "dx", "", "Blame, if y of A is blamed", (-0.4, 0.8))
    left.set(yticks=rows, yticklabels=NAMES, ylim=(6.3, -0.6))
    middle.axvline(0, color=plots.QUIET, linewidth=1)
    right.axvline(0, color=plots.QUIET, linewidth=1)
    shared = left.axvline(0, color=plots.QUIET, linestyle=":", gid=STEADY)
    ins, outs = _dots(left), _dots(middle)
    bars = [
        BarRow(right, rows + 0.24 * (path - 1), path, 0.22, lying=True, label=words)
        for path, words in enumerate(PATHS)
    ]
    sums = right.plot(np.zeros(5), rows, "D", color=plots.INK, markersize=6)[0]
    sums.set_label("their sum, dx")
    handles = [sums, *(row.patch for row in bars)]
    look = {"ncols": 2, "fontsize": 8.5, "frameon": True, "edgecolor": plots.PAPER}
    right.legend(handles=handles, loc="lower center", **look)

    def update(numbers):
        shared.set_xdata([numbers["mean"]] * 2)
        for dots, places in ((ins, numbers["x"]), (outs, numbers["y"])):
            dots[0].set_xdata(places[:1])
            dots[1].set_xdata(places[1:])
        for row, lengths in zip(bars, numbers["paths"], strict=True):
            row.set_lengths(lengths)
        sums.set_xdata(numbers["dx"])

    return [shared, *ins, *outs, *(row.patch for row in bars), sums], update


def _dots(axes):
    """Return a marker for A, and markers of another look for the others."""
    return [
        plots.draw_marker(axes, np.zeros(len(rows)), rows, series=series)
        for rows, series in ((np.arange(1), 1), (np.arange(1, 5), 0))
    ]


def _read(numbers):
    return {
        "mean": f"{numbers['mean']:.2f}",
        "std": f"{numbers['std']:.2f}",
        "y of A": _short(numbers["y"][0], 2),
        "y of B": _short(numbers["y"][1], 2),
        "dx of A": _short(numbers["dx"][0], 3),
        "dx of B": _short(numbers["dx"][1], 3),
        "sum of dx": f"{abs(numbers['dx'].sum()):.0e}",
    }


def _short(value, digits):
    """Return a number with so many digits, without a sign where it rounds to 0."""
    text = f"{value:.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"
