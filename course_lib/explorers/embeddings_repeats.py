"""Lesson 12: one word said several times in a batch, and what blame it gets."""

import numpy as np

from course_lib import embedding, plots
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.predictions import Card

WORDS = ("fuse", "relay", "socket", "charger", "inverter", "battery", "voltage")
MOST = 6


def repeats():
    """Say one word up to six times in a batch; compare two backward passes."""
    _repeats().show()


def kept_last(dy, cache):
    """Return a table in which of several uses of a token only the last is left."""
    ids, shape = cache
    dE = np.zeros(shape)
    dE[ids] += dy
    return dE


def blame_of_words(times, embedding_backward):
    """Return the blame of seven words when the first is said several times.

    Parameters
    ----------
    times : int
        From 1 to 6. Every use of any word has a blame of 1.
    embedding_backward : callable
        As written in lesson 12.

    Returns
    -------
    dict
        ``right`` and ``lost``, each of shape (7,), and ``times``.
    """
    ids = np.array([[0] * times + list(range(1, len(WORDS)))])
    dy = np.ones((*ids.shape, 1))
    cache = ids, (len(WORDS), 1)
    return {
        "right": np.ravel(embedding_backward(dy, cache)),
        "lost": np.ravel(kept_last(dy, cache)),
        "times": times,
    }


def cached_backward(dy, cache):
    """Send blame back as `embedding_backward` does. The learner's cache may differ."""
    return embedding.embedding_backward(dy, cache)


def _repeats():
    return Explorer(
        "A word that is said again",
        blame_of_words,
        _build,
        _read,
        "Seven words with two bars each: the blame that all uses of the word add up "
        "to, and what is left of it when the table is written by index.",
        [Slider("times", "times that fuse is said", 1, MOST, 1)],
        extra={"embedding_backward": cached_backward},
        card=Card(
            "repeats",
            "A batch says the word fuse four times, and each use has a blame of 1. "
            "After `dE[ids] += dy`, its row holds...",
            ["4", "1", "a quarter", "an error is raised"],
            truth="1",
            because="NumPy reads the four rows, adds, and writes four times to one "
            "place. `np.add.at(dE, ids, dy)` adds one after the other.",
        ),
        size=(8.6, 3.4),
    )


def _build(figure):
    axes = figure.subplots()
    plots.style_axes(axes, "", "blame (loss per unit)", "", None, (0, MOST + 0.6))
    places = np.arange(len(WORDS))
    sides = []
    for series, shift, name in (
        (0, -0.2, "all uses added"),
        (1, 0.2, "dE[ids] += dy"),
    ):
        bars = plots.draw_bars(
            axes, np.zeros(len(WORDS)), WORDS, series, width=0.36, label=name
        )
        for bar, place in zip(bars, places, strict=True):
            bar.set_x(place + shift - 0.18)
        sides.append(bars)
    axes.set_xlim(-0.6, len(WORDS) - 0.4)
    axes.legend(loc="upper right")

    def update(numbers):
        for bars, name in zip(sides, ("right", "lost"), strict=True):
            for bar, height in zip(bars, numbers[name], strict=True):
                bar.set_height(height)

    return [bar for bars in sides for bar in bars], update


def _read(numbers):
    return {
        "fuse, all uses added": f"{numbers['right'][0]:.0f}",
        "fuse, written by index": f"{numbers['lost'][0]:.0f}",
        "blame lost": f"{numbers['right'].sum() - numbers['lost'].sum():.0f} of "
        f"{numbers['right'].sum():.0f}",
    }
