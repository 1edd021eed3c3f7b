"""Lesson 6: the training loss over learning rate and batch size, as a kept sweep."""

import math

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.predictions import Card
from course_lib.sweeps.batch_noise import N_EPOCHS, RATE_BY_BATCH

SIZES = RATE_BY_BATCH.axes["batch_size"]
RATES = RATE_BY_BATCH.axes["learning_rate"]
LOW, HIGH = 0.001, 60.0  # of the colours and the curve, in nats
DOUBLE = float(np.log10(2))


def rates():
    """Move batch size and learning rate over a map of what twenty epochs reach."""
    _rates().show()


def at(batch_size, learning_rate):
    """Return what twenty epochs reach at the nearest point of the grid.

    Parameters
    ----------
    batch_size, learning_rate : float

    Returns
    -------
    dict
        ``row`` and ``column`` on the map, ``loss`` in nats on the training digits,
        ``accuracy`` on the validation digits, means over three seeds; ``losses`` of
        shape (8,) for all rates at this batch size; ``steps``.
    """
    table = RATE_BY_BATCH.load()
    row = int(np.argmin(np.abs(np.log(np.array(SIZES) / batch_size))))
    column = int(np.argmin(np.abs(np.log(np.array(RATES) / learning_rate))))
    point = {"batch_size": SIZES[row], "learning_rate": RATES[column]}
    epoch = math.ceil(len(load_digits().train.x) / SIZES[row])
    return {
        "row": row,
        "column": column,
        "loss": float(table.mean("loss", **point)),
        "accuracy": float(table.mean("accuracy", **point)),
        "losses": table.mean("loss", batch_size=SIZES[row]),
        "steps": N_EPOCHS * epoch,
    }


def scaled(batch_size, power, from_size=8, from_rate=0.1):
    """Return the rate that a rule gives: 1 for linear scaling, 0.5 for the root."""
    return from_rate * (batch_size / from_size) ** power


def _rates():
    return Explorer(
        "Which rate for which batch?",
        at,
        _build,
        _read,
        "On the left a map: the training loss after 20 epochs, a row for each batch "
        "size, a column for each learning rate; a line goes up and right, where the "
        "rate doubles with the batch. On the right one row of it as a curve.",
        [
            Slider(
                "batch_size",
                "batch size",
                8,
                512,
                8,
                step=DOUBLE,
                log=True,
                digits=".0f",
            ),
            Slider(
                "learning_rate",
                "learning rate",
                0.025,
                3.2,
                0.1,
                step=DOUBLE,
                log=True,
                digits=".3g",
            ),
        ],
        card=Card(
            "scaled_rate",
            "Batches of 8 at a rate of 0.1 reach a training loss of 0.041 in 20 "
            "epochs. Batches of 64 take an eighth of the steps. Which rate gets them "
            "to about the same loss?",
            ["0.1", "0.2", "0.8", "none"],
            truth="0.8",
            because="An eighth of the steps, each eight times as long.",
        ),
        size=(8.6, 3.6),
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.75, 1])
    cursor = _build_map(left)
    right.set(xscale="log", yscale="log")
    plots.style_axes(
        right,
        "learning rate",
        "training loss (nats)",
        "This batch size",
        (RATES[0] / 1.25, RATES[-1] * 1.25),
        (LOW / 1.5, HIGH * 1.5),
    )
    right.set_xticks([0.025, 0.1, 0.4, 1.6], ["0.025", "0.1", "0.4", "1.6"])
    right.set_yticks([0.001, 0.01, 0.1, 1, 10], ["0.001", "0.01", "0.1", "1", "10"])
    right.minorticks_off()
    plots.draw_reference(right, np.log(10), "guessing", left=True)
    curve = plots.draw_line(right, RATES, np.ones(len(RATES)), marker="o", markersize=4)
    here = plots.draw_marker(right, 1, 1, 1)

    def update(numbers):
        cursor.set_xy((numbers["column"] - 0.5, numbers["row"] - 0.5))
        curve.set_ydata(numbers["losses"])
        here.set_data([RATES[numbers["column"]]], [numbers["loss"]])

    return [cursor, curve, here], update


def _build_map(axes):
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    losses = RATE_BY_BATCH.load().mean("loss")
    axes.imshow(
        losses, cmap="cividis", norm=LogNorm(0.006, 3), origin="lower", aspect="auto"
    )
    for (row, column), loss in np.ndenumerate(losses):
        words = f"{loss:.0f}" if loss >= 10 else f"{loss:.1f}" if loss >= 1 else ""
        words = words or f"{loss:.3f}".lstrip("0")
        ink = plots.PAPER if loss < 0.13 else plots.INK
        axes.text(column, row, words, ha="center", va="center", color=ink, fontsize=9)
    plots.style_axes(
        axes, "learning rate", "batch size", f"Training loss after {N_EPOCHS} epochs"
    )
    axes.set_xticks(range(len(RATES)), [f"{rate:g}" for rate in RATES])
    axes.set_yticks(range(len(SIZES)), [str(size) for size in SIZES])
    axes.grid(visible=False)
    axes.plot([2.3, 6.7], [0.3, 4.7], color=plots.PAPER, linewidth=1, alpha=0.55)
    cursor = Rectangle((0, 0), 1, 1, fill=False, edgecolor=plots.VERMILION, linewidth=3)
    return axes.add_patch(cursor)


def _read(numbers):
    return {
        "batch size": str(SIZES[numbers["row"]]),
        "learning rate": f"{RATES[numbers['column']]:g}",
        "steps in 20 epochs": str(numbers["steps"]),
        "training loss": f"{numbers['loss']:.3g} nats",
        "right, unseen": f"{numbers['accuracy']:.3f}",
    }
