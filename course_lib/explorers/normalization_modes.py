"""Lesson 8: the batch's own statistics against the running ones."""

from functools import lru_cache

import numpy as np

from course_lib import layers, normalization, plots
from course_lib.data import load
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.losses import softmax
from course_lib.metrics import accuracy
from course_lib.models import mlp
from course_lib.predictions import Card
from course_lib.sweeps.normalization_rescue import batchnorm_layer
from course_lib.training import train

DIGIT = 42  # of the validation digits: read right, and not by much
LARGEST = 64
SIZES = (1, 2, 4, 8, 16, 32, 64)
BATCHES = 40
EDGES = np.linspace(0, 1, 26)


def whose_statistics():
    """Choose the statistics and the batch size; see one digit among others."""
    _whose_statistics().show()


@lru_cache(maxsize=8)
def trained_network(seed=8):
    """Return the layers of a 64-32-10 network with batch normalization, trained."""
    rng = np.random.default_rng(seed)
    network = mlp([64, 32, 10], rng, before_activation=batchnorm_layer)
    train(network, *load("digits").train, learning_rate=0.3, epochs=10, rng=rng)
    return network.layers


def logits_of(x, training, batchnorm_forward, seed=8):
    """Return the trained network's logits for a batch, in one of the two modes."""
    first, norm, _, last = trained_network(seed)
    z, _ = layers.linear_forward(x, **first.params)
    y, _, _ = batchnorm_forward(
        z, **norm.params, running=norm.running, training=training
    )
    return layers.linear_forward(np.tanh(y), **last.params)[0]


def share_right(batch_size, training, batchnorm_forward, seed=8):
    """Return the share of the validation digits read right, in batches of a size."""
    x, labels = load("digits").validation
    parts = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]
    logits = [logits_of(part, training, batchnorm_forward, seed) for part in parts]
    return accuracy(np.concatenate(logits), labels)


def company(batch_size, training, rng, batchnorm_forward):
    """Read one digit in the company of others, drawn again and again.

    Parameters
    ----------
    batch_size : int
        The digit itself included.
    training : bool
        Whether the batch's own statistics are used.
    rng : Generator
        Draws the others.
    batchnorm_forward : callable
        As written in lesson 8.

    Returns
    -------
    dict
        ``probs`` of shape (40,): the probability of the digit's class, a batch each;
        ``share``: of all validation digits read right in batches of that size.
    """
    x, labels = load("digits").validation
    rest = np.delete(np.arange(len(x)), DIGIT)
    probs = []
    for _ in range(BATCHES):
        others = rng.choice(rest, size=batch_size - 1, replace=False)
        logits = logits_of(x[[DIGIT, *others]], training, batchnorm_forward)
        probs.append(softmax(logits)[0, labels[DIGIT]])
    return {
        "batch_size": batch_size,
        "training": training,
        "probs": np.array(probs),
        "share": share_right(batch_size, training, batchnorm_forward),
    }


@lru_cache(maxsize=2)
def shares(training):
    """Return the share read right at each of `SIZES`, with the course's function."""
    forward = normalization.batchnorm_forward
    return np.array([share_right(size, training, forward) for size in SIZES])


def _whose_statistics():
    return Explorer(
        "Whose mean?",
        company,
        _build,
        _read,
        "On the left how probable one digit's class is, in 40 batches with other "
        "digits. On the right the share of 360 unseen digits read right, over the "
        "batch size, once with the batch's own statistics and once with the running "
        "ones.",
        [
            Choice(
                "training",
                "statistics",
                {"the batch's own (training)": True, "running (evaluation)": False},
                True,
            ),
            Slider("batch_size", "batch size", 1, LARGEST, 8),
        ],
        uses={"batchnorm_forward": normalization.batchnorm_forward},
        card=Card(
            "batch_of_one",
            "A trained network reads more than 96 of 100 unseen digits. Now it is "
            "left in training mode, and gets one digit at a time. What fraction does "
            "it read right?",
            truth=lambda: round(float(shares(True)[0]), 3),
            because="The mean of one example is the example: nothing is left of it, "
            "and every digit gives the same answer.",
        ),
        size=(8.8, 3.7),
        seed=8,
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    title = "One digit, in 40 batches"
    plots.style_axes(
        left, "probability of its class", "batches", title, (0, 1), (0, 42)
    )
    steps = left.stairs(
        np.zeros(len(EDGES) - 1),
        EDGES,
        fill=True,
        facecolor=plots.BLUE + "40",
        edgecolor=plots.BLUE,
        linewidth=1.8,
    )
    plots.style_axes(
        right, "batch size", "fraction right", "360 unseen digits", (0.9, 71), (0, 1.08)
    )
    right.set_xscale("log", base=2)
    right.set_xticks(SIZES, SIZES)
    plots.draw_line(right, SIZES, shares(True), series=0)
    plots.draw_line(right, SIZES, shares(False), series=1)
    plots.draw_label(right, 2, shares(True)[1], "the batch's own", 0, (12, -6))
    plots.draw_label(right, 1, 1.02, "running", 1, (2, 0))
    here = [plots.draw_marker(right, 1, 0, series) for series in range(2)]

    def update(numbers):
        steps.set_data(np.histogram(numbers["probs"], EDGES)[0])
        for series, marker in enumerate(here):
            marker.set_visible(numbers["training"] == (series == 0))
            marker.set_data([numbers["batch_size"]], [numbers["share"]])

    return [steps, *here], update


def _read(numbers):
    probs = numbers["probs"]
    return {
        "batch size": f"{numbers['batch_size']}",
        "probability, lowest": f"{probs.min():.3f}",
        "highest": f"{probs.max():.3f}",
        "unseen digits read right": f"{numbers['share']:.3f}",
    }
