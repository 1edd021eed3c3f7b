"""Lesson 8: batch and layer normalization as the axis along which a mean is taken."""

import numpy as np
from matplotlib.patches import Rectangle

from course_lib import normalization, plots
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.plots import tables
from course_lib.predictions import Card

N, D = 6, 4
ROW, COLUMN = 1, 2  # the example and the feature that the slider makes larger


def axes():
    """Make one example or one feature larger; see which of the two forgets it."""
    _axes().show()


def table():
    """Return the numbers of six examples with four features each."""
    return np.random.default_rng(80).normal(0, 1, size=(N, D)).round(1)


def one_made_larger(norm, larger, times, batchnorm_forward, layernorm_forward):
    """Make one example or feature larger, and normalize the table.

    Parameters
    ----------
    norm : {"batch", "layer"}
    larger : {"example", "feature"}
    times : float
        The factor of that row or column.
    batchnorm_forward, layernorm_forward : callable
        As written in lesson 8.

    Returns
    -------
    dict
        ``x`` and ``y`` of shape (6, 4), for gamma 1 and beta 0; ``moved``: how far
        the entries of y that were made larger are from where they are at a factor of
        1, at most; ``others``: likewise for all other entries.
    """

    def normalized(x):
        if norm == "layer":
            return layernorm_forward(x, np.ones(D), np.zeros(D))[0]
        start = normalization.init_batchnorm(D)
        return batchnorm_forward(x, **start, training=True)[0]

    touched = np.zeros((N, D), dtype=bool)
    touched[(ROW, slice(None)) if larger == "example" else (slice(None), COLUMN)] = True
    x = np.where(touched, times, 1.0) * table()
    y = normalized(x)
    by = np.abs(y - normalized(table()))
    return {
        "norm": norm,
        "larger": larger,
        "times": times,
        "x": x,
        "y": y,
        "moved": float(by[touched].max()),
        "others": float(by[~touched].max()),
    }


def _axes():
    return Explorer(
        "Along which axis?",
        one_made_larger,
        _build,
        _read,
        "Two tables of six examples by four features: what goes in, and what comes "
        "out. Frames surround the entries that share a mean: columns for batch "
        "normalization, rows for layer normalization. A second frame marks what the "
        "slider makes larger.",
        [
            Choice(
                "norm",
                "normalization",
                {"batch: a column shares": "batch", "layer: a row shares": "layer"},
                "batch",
            ),
            Choice("larger", "made larger", ["example", "feature"], "example"),
            Slider("times", "times", 0.2, 20.0, 1.0, log=True),
        ],
        uses={
            "batchnorm_forward": normalization.batchnorm_forward,
            "layernorm_forward": normalization.layernorm_forward,
        },
        card=Card(
            "brighter_example",
            "One example becomes ten times larger, as a photo with more light. Under "
            "which normalization does its output stay as it was?",
            ["batch normalization", "layer normalization", "both", "neither"],
            truth="layer normalization",
            because="Layer normalization divides an example by its own size. Batch "
            "normalization divides a feature by its own: that one forgets a feature's "
            "units.",
        ),
        size=(8.8, 4.2),
    )


def _build(figure):
    left, right = figure.subplots(1, 2)
    parts = [_draw_table(axes, title) for axes, title in _titles(left, right)]
    changed = [_frame(axes, plots.VERMILION, "--", 2.6) for axes in (left, right)]

    def update(numbers):
        for (table, groups), name in zip(parts, "xy", strict=True):
            table.show(numbers[name])
            for k, group in enumerate(groups):
                _surround(group, numbers["norm"] == "batch", k)
        for frame in changed:
            feature = numbers["larger"] == "feature"
            _surround(frame, feature, COLUMN if feature else ROW, 0.0)

    moving = [*changed]
    for table, groups in parts:
        moving += [*table.artists, *groups]
    return moving, update


def _titles(left, right):
    return (left, "x: goes in"), (right, "y: comes out")


def _draw_table(axes, title):
    table = tables.Table(axes, N, D, most=2.5, form=".1f")
    axes.set_xticks(range(D), [f"feature {d + 1}" for d in range(D)])
    axes.set_yticks(range(N), [f"example {n + 1}" for n in range(N)])
    plots.style_axes(axes, "", "", title, (-0.6, D - 0.4), (N - 0.4, -0.6))
    axes.spines[:].set_visible(False)
    return table, [_frame(axes, plots.INK, "-", 1.4) for _ in range(max(N, D))]


def _frame(axes, color, line, width):
    frame = Rectangle((0, 0), 1, 1, fill=False, edgecolor=color, linestyle=line)
    frame.set_linewidth(width)
    return axes.add_patch(frame)


def _surround(frame, is_column, k, gap=0.07):
    """Put a frame around column k, or row k; hide it where there is none."""
    frame.set_visible(k < (D if is_column else N))
    length = (N if is_column else D) - 2 * gap
    x, y = (k - 0.5 + gap, gap - 0.5) if is_column else (gap - 0.5, k - 0.5 + gap)
    width, height = (1 - 2 * gap, length) if is_column else (length, 1 - 2 * gap)
    frame.set_bounds(x, y, width, height)


def _read(numbers):
    what = "example 2" if numbers["larger"] == "example" else "feature 3"
    axis = 0 if numbers["norm"] == "batch" else 1
    shared = "column" if axis == 0 else "row"
    means, spreads = numbers["y"].mean(axis=axis), numbers["y"].std(axis=axis)
    return {
        f"{what} in": f"{numbers['times']:.2f} times",
        f"{what} out, moved by at most": f"{numbers['moved']:.2f}",
        "all others out, moved by at most": f"{numbers['others']:.2f}",
        f"largest {shared} mean of y": f"{np.abs(means).max():.0e}",
        f"{shared} spreads of y": f"{spreads.min():.2f} to {spreads.max():.2f}",
    }
