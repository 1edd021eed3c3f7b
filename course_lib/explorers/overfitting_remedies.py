"""Lesson 9: the remedies measured, alone and together, on five seeds."""

from functools import lru_cache

import numpy as np

from course_lib import plots, regularization
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.explorers.overfitting_curves import PATIENCE
from course_lib.predictions import Card
from course_lib.sweeps.overfitting import REMEDIES

ARMS = {
    "nothing": (0.0, 0.0, False),
    "stop early": (0.0, 0.0, True),
    "L2": (0.01, 0.0, False),
    "dropout": (0.0, 0.5, False),
    "L2 and\ndropout": (0.01, 0.5, False),
}
DATA = {
    "300 digits, one label in five wrong": "300 noisy",
    "1077 digits, one label in five wrong": "1077 noisy",
    "100 digits, all labels right": "100 clean",
}


def remedies():
    """Compare the remedies on sick data, on more of it, and on healthy data."""
    _remedies().show()


@lru_cache(maxsize=1)
def table():
    """Return the kept runs, loaded once."""
    return REMEDIES.load()


def read_right(data, arm, early_stopping=regularization.early_stopping):
    """Return the share of test digits read right, one number a seed.

    Parameters
    ----------
    data : {"300 noisy", "1077 noisy", "100 clean"}
    arm : str
        One of `ARMS`.
    early_stopping : callable
        As written in lesson 9.
    """
    l2, p_drop, stops = ARMS[arm]
    shares = table().at("test_accuracies", data=data, l2=l2, p_drop=p_drop)
    losses = table().at("validation_losses", data=data, l2=l2, p_drop=p_drop)
    last = len(shares[0]) - 1
    steps = [early_stopping(each, PATIENCE) if stops else last for each in losses]
    return np.array([row[step] for row, step in zip(shares, steps, strict=True)])


def compare(data, early_stopping):
    """Return what each arm reads right, of shape (arms, seeds)."""
    return {"shares": np.array([read_right(data, arm, early_stopping) for arm in ARMS])}


def _remedies():
    return Explorer(
        "Four remedies",
        compare,
        _build,
        _read,
        "Five bars, one for each remedy: the share of 360 test digits that is read "
        "right after 1500 steps, with a dot for each of five seeds.",
        [Choice("data", "learned from", DATA, "300 noisy")],
        uses={"early_stopping": regularization.early_stopping},
        card=Card(
            "best_alone",
            "300 digits, one label in five wrong; without a remedy 0.762 of the test "
            "digits are read right. Which remedy alone helps most?",
            [
                "stopping early",
                "L2 of 0.01",
                "dropout of a half",
                "1077 digits, as noisy",
            ],
            truth="1077 digits, as noisy",
            because="0.909. The others take 0.837 to 0.863.",
        ),
        size=(8.6, 3.8),
    )


def _build(figure):
    axes = figure.subplots()
    plots.style_axes(
        axes, "", "fraction right, from 0.6", "Test digits", None, (0.6, 1.0)
    )
    bars = plots.draw_bars(axes, [0.7] * len(ARMS), list(ARMS), series=range(len(ARMS)))
    places = np.repeat(np.arange(len(ARMS)), 5) + np.tile(np.linspace(-0.2, 0.2, 5), 5)
    dots = axes.plot(
        places, places, "o", color=plots.INK, markeredgecolor=plots.PAPER, markersize=6
    )[0]
    words = [axes.text(k, 0.61, "", ha="center", color=plots.INK) for k in range(5)]
    for text in words:
        text.set_bbox({"facecolor": plots.PAPER, "edgecolor": "none", "pad": 2})

    def update(numbers):
        dots.set_ydata(numbers["shares"].ravel())
        for k, share in enumerate(numbers["shares"].mean(axis=1)):
            bars[k].set_height(share)
            words[k].set_text(f"{share:.3f}")

    return [*bars, dots, *words], update


def _read(numbers):
    means = numbers["shares"].mean(axis=1)
    return {
        arm.replace("\n", " "): f"{share:.3f}"
        for arm, share in zip(ARMS, means, strict=True)
    }
