"""Lesson 4: the blame of every logit of eight digits, as a table of signs."""

import numpy as np

from course_lib import losses, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.explorers.loss_scale import trained_logits
from course_lib.plots import tables
from course_lib.predictions import Card

SMALLEST, LARGEST = 0.1, 20.0


def blame():
    """Scale the logits of eight digits; see which logit is blamed for what."""
    _blame().show()


def eight_digits():
    """Return the logits (8, 10), labels (8,) and pixels (8, 64) of eight digits.

    One of them, the last, is misread; the others are right.
    """
    logits, labels, misread = trained_logits()
    right = np.flatnonzero(logits.argmax(axis=1) == labels)
    rows = [right[labels[right] == digit][0] for digit in (0, 1, 2, 3, 4, 5, 6)]
    rows = np.array([*rows, misread])
    return logits[rows], labels[rows], load_digits().validation.x[rows]


def blames(scale, softmax_cross_entropy):
    """Return each example's own blame, ``probs - onehot``, at a scale of the logits.

    Returns
    -------
    dict
        ``blame`` of shape (8, 10), in nats per unit of a logit, ``labels`` of shape
        (8,), ``loss`` in nats.
    """
    logits, labels, _ = eight_digits()
    loss, dlogits = softmax_cross_entropy(scale * logits, labels)
    return {"blame": dlogits * len(labels), "labels": labels, "loss": float(loss)}


def _blame():
    return Explorer(
        "Where does blame go?",
        blames,
        _build,
        _read,
        "A table with one row for each of eight digits and one column for each class. "
        "In every row the class that is right is below 0, and the others are not.",
        [Slider("scale", "logit scale", SMALLEST, LARGEST, 1.0, log=True)],
        uses={"softmax_cross_entropy": losses.softmax_cross_entropy},
        card=Card(
            "negative_cell",
            "In each row of blame, which cell is below 0, and what does the row sum "
            "to?",
            [
                "the largest logit, and -1",
                "the right class, and 0",
                "the right class, and -1",
                "every wrong class, and 0",
            ],
            truth="the right class, and 0",
            because="A step against the blame raises the right logit, and lowers the "
            "others by as much altogether.",
        ),
        size=(8.6, 4.6),
    )


def _build(figure):
    grid = figure.add_gridspec(8, 2, width_ratios=[1, 11])
    _, labels, pixels = eight_digits()
    for row in range(8):
        plots.draw_digit(figure.add_subplot(grid[row, 0]), pixels[row])
    axes = figure.add_subplot(grid[:, 1])
    table = tables.Table(axes, 8, 10, most=1)
    axes.set_yticks(range(8), [f"label {label}" for label in labels])
    axes.set_xticks([*range(10), 10.2], [*map(str, range(10)), "sum"])
    plots.style_axes(axes, "class", "", "Blame of each logit (nats per unit)")
    axes.set_xlim(-0.5, 10.8)
    frames = [
        axes.plot(
            label + np.array([-0.5, 0.5, 0.5, -0.5, -0.5]),
            row + np.array([-0.5, -0.5, 0.5, 0.5, -0.5]),
            color=plots.INK,
            linewidth=1.6,
        )[0]
        for row, label in enumerate(labels)
    ]
    sums = tables.Numbers(axes, [(10.2, row) for row in range(8)])

    def update(numbers):
        table.show(numbers["blame"])
        sums.show([tables.short(row.sum()) for row in numbers["blame"]])

    return [*table.artists, *frames, sums], update


def _read(numbers):
    blame, labels = numbers["blame"], numbers["labels"]
    misread = blame[-1, labels[-1]]
    return {
        "cells below 0": f"{int((blame < 0).sum())} of 80",
        "largest row sum": f"{abs(blame.sum(axis=1)).max():.0e}",
        "the misread digit's label": f"{misread:+.3f}",
        "the first digit's label": f"{blame[0, labels[0]]:+.3f}",
        "loss": f"{numbers['loss']:.3f} nats",
    }
