"""Lesson 7: ten hidden layers trained, by activation and by first weights."""

import math

import numpy as np

from course_lib import plots
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.predictions import Card
from course_lib.sweeps.signal_strength import DEEP_TRAINING, MEAN_OVER

TOP = 3.2  # nats; what is above it leaves the picture


def ten_layers():
    """Choose activation and first weights; see whether ten layers learn."""
    _ten_layers().show()


def outcome(activation, weights, seed=0):
    """Return the kept run of a ten-layer network.

    Returns
    -------
    dict
        ``losses`` of shape (68,) in nats, means over ten steps; ``steps``,
        ``accuracy``, ``train_loss`` and ``first_loss`` of this run; ``accuracies``
        of shape (5,), of all seeds.
    """
    table = DEEP_TRAINING.load()
    point = {"activation": activation, "weights": weights}
    kept = {name: table.at(name, **point)[seed] for name in table.values}
    return kept | {"accuracies": table.at("accuracy", **point)}


def _ten_layers():
    return Explorer(
        "Ten hidden layers, trained",
        outcome,
        _build,
        _read,
        "The loss over 680 steps of training, beside a line at ln 10, the price of "
        "guessing.",
        [
            Choice("activation", "activation", ["sigmoid", "tanh", "relu"], "sigmoid"),
            Choice(
                "weights", "first weights", list(DEEP_TRAINING.axes["weights"]), "he"
            ),
        ],
        card=Card(
            "ten_layers",
            "Ten hidden layers, sigmoid, Xavier: in each hop back nearly 13 dB are "
            "lost. After 20 epochs, how many unseen digits does it read right?",
            ["0.10, as by guessing", "about 0.50", "about 0.90, it takes longer"],
            truth="0.10, as by guessing",
            because="The first layer hears a few millionths of what the last one "
            "hears. It stays as it was drawn, and so do its neighbours.",
        ),
        size=(8.6, 3.6),
    )


def _build(figure):
    axes = figure.subplots()
    steps = MEAN_OVER * (np.arange(68) + 0.5)
    plots.style_axes(axes, "step", "loss (nats)", "Training", (-8, 690), (0, TOP))
    axes.set_yticks([0, 1, 2, math.log(10), 3], ["0", "1", "2", "ln 10", "3"])
    plots.draw_reference(axes, math.log(10))
    line = plots.draw_line(axes, steps, 0 * steps)
    words = axes.text(340, TOP / 2, "", ha="center", color=plots.VERMILION)

    def update(numbers):
        line.set_ydata(numbers["losses"])
        stopped = numbers["steps"] < 680
        words.set_text(
            f"first loss {numbers['first_loss']:.0f} nats, "
            f"not a number after {numbers['steps']:.0f} updates"
            if stopped
            else ""
        )

    return [line, words], update


def _read(numbers):
    if math.isnan(numbers["accuracy"]):
        return {"updates before NaN": f"{numbers['steps']:.0f}", "unseen digits": "—"}
    low, high = numbers["accuracies"].min(), numbers["accuracies"].max()
    return {
        "training loss": f"{numbers['train_loss']:.3f} nats",
        "right, unseen digits": f"{numbers['accuracy']:.3f}",
        "five runs": f"{low:.2f} to {high:.2f}",
    }
