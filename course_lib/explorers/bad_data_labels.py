"""Lesson 10: wrong labels rise to the top of the losses, and twenty to be looked at."""

from functools import lru_cache

import numpy as np

from course_lib import data_quality, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.models import mlp
from course_lib.plots import tables
from course_lib.predictions import Card
from course_lib.sweeps.bad_data import silent
from course_lib.training import train

SHOWN, SEED = 20, 10
# Pictures with the labels that somebody typed. Some of them were typed wrong.
ROWS = (323, 1306, 1585, 1413, 1512, 815, 1339, 691, 603, 1076)
ROWS += (614, 1353, 1557, 163, 1589, 148, 591, 1373, 78, 1705)
TYPED = (6, 9, 4, 0, 4, 5, 7, 3, 4, 4, 3, 6, 2, 5, 7, 8, 2, 7, 5, 8)
NOTHING = "nobody"


def suspects():
    """Plant wrong labels, train, and look at the twenty highest losses."""
    _suspects().show()


def twenty():
    """Show twenty pictures with the labels that somebody typed."""
    _twenty().show()


@lru_cache(maxsize=32)
def trained(percent, seed=SEED):
    """Train for ten epochs on digits of which some have a wrong label.

    Parameters
    ----------
    percent : int
        Wrong labels, in percent of all.
    seed : int

    Returns
    -------
    logits : ndarray of shape (1077, 10)
    labels : ndarray of shape (1077,), of integers
        As the network got them.
    is_wrong : ndarray of shape (1077,), of bool
    """
    rng = np.random.default_rng(seed)
    x, truth = load_digits().train
    planted = rng.choice(len(x), round(percent / 100 * len(x)), replace=False)
    labels = truth.copy()
    labels[planted] = (truth[planted] + rng.integers(1, 10, len(planted))) % 10
    network = mlp([64, 32, 10], rng)
    train(network, x, labels, learning_rate=0.3, rng=rng, epochs=10, progress=silent)
    return network.predict(x), labels, labels != truth


def most_suspect(percent, flag, highest_losses):
    """Return the twenty examples with the highest losses, and which are wrong.

    Parameters
    ----------
    percent : int
    flag : str
        The place in the sheet that the learner calls wrong, or "nobody".
    highest_losses : callable
        As written in lesson 10.

    Returns
    -------
    dict
        ``rows``, ``labels`` and ``is_wrong``, each of shape (20,); ``flag``;
        ``planted``: how many wrong labels there are in all; ``found``: how many of
        them are among as many highest losses.
    """
    logits, labels, is_wrong = trained(percent)
    planted = int(is_wrong.sum())
    rows = np.ravel(highest_losses(logits, labels, SHOWN)).astype(int)
    further = np.ravel(highest_losses(logits, labels, planted)).astype(int)
    return {
        "rows": rows,
        "labels": labels[rows],
        "is_wrong": is_wrong[rows],
        "flag": flag,
        "planted": planted,
        "found": int(is_wrong[further].sum()),
    }


def _suspects():
    places = [NOTHING, *(str(place) for place in range(SHOWN))]
    return Explorer(
        "The twenty highest losses",
        most_suspect,
        _build_suspects,
        _read_suspects,
        "Twenty digits in two rows, each with the label it came with; the number of "
        "its place is above it.",
        [
            Slider("percent", "wrong labels (%)", 2, 40, 10),
            Choice("flag", "I call wrong: place", places, NOTHING),
        ],
        uses={"highest_losses": data_quality.highest_losses},
        card=Card(
            "suspects",
            "One label in ten is wrong, and the network trains on all of them. Of the "
            "twenty examples with the highest loss, how many have a wrong label?",
            ["2, as everywhere", "about 10", "nearly all"],
            truth="nearly all",
            because="Nine honest examples of each kind outvote one wrong one. Where "
            "the network is sure and the label differs, it is the label.",
        ),
        size=(8.6, 3.0),
    )


class Sheet:
    """Twenty digits in two rows, numbered below, with a label above each."""

    def __init__(self, figure):
        axes = figure.subplots()
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        self.corners = [(10 * (k % 10), 15 * (k // 10)) for k in range(SHOWN)]
        # One mesh of all, because twenty images are slow; what is NaN stays clear.
        self.ink = np.full((23, 98), np.nan)
        self.cells = axes.pcolormesh(
            self.ink, cmap="gray_r", vmin=0, vmax=1, shading="nearest"
        )
        axes.set(xlim=(-1, 98), ylim=(25.5, -4))
        above = [(x + 3.5, y - 2) for x, y in self.corners]
        self.labels = tables.Numbers(axes, above, fontsize=10.5)
        self.mark = axes.text(0, 0, "✗", color=plots.VERMILION, va="center")
        for place, (x, y) in enumerate(self.corners):
            look = {"ha": "center", "va": "top", "fontsize": 8.5, "color": plots.QUIET}
            axes.text(x + 3.5, y + 8, place, **look)
        self.artists = [self.cells, self.labels, self.mark]

    def show(self, pictures, labels, flag=None):
        """Take the pictures, of shape (20, 64), their labels and a marked place."""
        for (x, y), picture in zip(self.corners, pictures, strict=True):
            self.ink[y : y + 8, x : x + 8] = np.reshape(picture, (8, 8))
        self.cells.set_array(self.ink)
        colors = [plots.VERMILION if k == flag else plots.INK for k in range(SHOWN)]
        self.labels.show(map(str, labels), colors)
        self.mark.set_visible(flag is not None)
        if flag is not None:
            x, y = self.corners[flag]
            self.mark.set_position((x + 5, y - 2))


def _build_suspects(figure):
    sheet = Sheet(figure)

    def update(numbers):
        flag = None if numbers["flag"] == NOTHING else int(numbers["flag"])
        pictures = load_digits().train.x[numbers["rows"]]
        sheet.show(pictures, numbers["labels"], flag)

    return sheet.artists, update


def _read_suspects(numbers):
    found = {
        "planted": f"{numbers['planted']} of 1077",
        "wrong among these": f"{numbers['is_wrong'].sum()} of {SHOWN}",
        "and among as many as planted": f"{numbers['found']} of {numbers['planted']}",
    }
    if numbers["flag"] != NOTHING:
        hit = numbers["is_wrong"][int(numbers["flag"])]
        found[f"place {numbers['flag']}"] = "a wrong label" if hit else "its own label"
    return found


def _twenty():
    return Explorer(
        "Twenty labels, by eye",
        lambda: {"typed": TYPED},
        _build_twenty,
        lambda numbers: {"pictures": str(SHOWN)},
        "Twenty handwritten digits in two rows, numbered 0 to 19, each with the label "
        "that somebody typed above it: " + ", ".join(map(str, TYPED)) + ".",
        size=(8.6, 3.0),
    )


def _build_twenty(figure):
    sheet = Sheet(figure)
    sheet.show(load_digits().all.x[list(ROWS)], TYPED)
    return sheet.artists, lambda numbers: None
