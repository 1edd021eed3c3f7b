"""The ticket of lesson 8: good in training, bad in use."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.data import load
from course_lib.explorers.explorer import ticket
from course_lib.metrics import accuracy
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.normalization import (
    batchnorm_backward,
    batchnorm_forward,
    init_batchnorm,
)
from course_lib.predictions import Card
from course_lib.training import train

EPOCHS = 10
HIDDEN = 5


def forgets_running(x, gamma, beta, running, training):
    """Normalize as it should, and hand the running statistics back as they came."""
    y, cache, _ = batchnorm_forward(x, gamma, beta, running, training)
    return y, cache, running


@lru_cache(maxsize=16)
def run_of(keeps_running, seed=8):
    """Train a deep ReLU network with batch normalization on the digits.

    Parameters
    ----------
    keeps_running : bool
        Whether the running statistics are updated.
    seed : int, default=8

    Returns
    -------
    dict
        ``batch_losses``, one a step; ``losses`` over the training digits in
        evaluation, after each epoch; ``in_training``, ``in_evaluation``: the share of
        the validation digits read right in one batch, in either mode;
        ``running_means``, ``running_variances`` of the first normalization.
    """
    rng = np.random.default_rng(seed)
    forward = batchnorm_forward if keeps_running else forgets_running
    network = mlp(
        [64, *[32] * HIDDEN, 10],
        rng,
        activation="relu",
        before_activation=lambda M: Layer(
            forward, batchnorm_backward, **init_batchnorm(M)
        ),
    )
    digits = load("digits")
    history = train(network, *digits.train, learning_rate=0.3, epochs=EPOCHS, rng=rng)
    unseen, truth = digits.validation
    together, _ = network.forward(unseen, training=True)
    running = network.layers[1].running
    return {
        "batch_losses": np.array(history.losses),
        "losses": np.array(history.train_losses),
        "in_training": accuracy(together, truth),
        "in_evaluation": accuracy(network.predict(unseen), truth),
        "running_means": running["mean"],
        "running_variances": running["variance"],
    }


def good_and_bad():
    """Show a run whose batches say one thing and its evaluation another."""
    ticket(
        Card(
            "good_and_bad",
            "The loss of the batches falls, and the loss over the same digits, "
            "measured after each epoch, does not follow. What is wrong with this run?",
            [
                "it memorizes: overfitting",
                "the learning rate is too high",
                "the running statistics are never updated",
                "the path through the mean is missing in dx",
                "the batches are too small",
            ],
            truth="the running statistics are never updated",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(False),
        _read,
        "On the left the loss over 10 epochs: of the batches in training, which "
        "falls, and over all training digits in evaluation, which stays far above. On "
        "the right the share of unseen digits read right by the same weights, in one "
        "batch in training mode and in evaluation.",
    )


def _diagnosis():
    healthy = run_of(True)["in_evaluation"]
    return (
        "Both curves are of the training digits, so it is no overfitting. The weights "
        "are good: in training mode they read unseen digits well. The running means "
        "are all 0 and the variances all 1, as on the first day, and evaluation "
        f"believes them. Retest, with the statistics kept: {healthy:.3f} in "
        "evaluation."
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
    broken = run_of(False)
    top = 1.15 * broken["losses"].max()
    ends = (-0.2, EPOCHS + 0.2)
    plots.style_axes(left, "epoch", "loss (nats)", "Training digits", ends, (0, top))
    losses = broken["batch_losses"]
    per_epoch = len(losses) // EPOCHS
    by_epoch = losses.reshape(EPOCHS, per_epoch).mean(axis=1)
    plots.draw_line(
        left, np.arange(EPOCHS) + 0.5, by_epoch, series=0, marker="o", markersize=6
    )
    epochs = np.arange(EPOCHS + 1)
    plots.draw_line(left, epochs, broken["losses"], series=1, marker="s", markersize=6)
    plots.draw_label(left, 2.5, by_epoch[2], "batches, while training", 0, (4, 14))
    plots.draw_label(left, 4, 3.25, "all of them, in evaluation", 1, (0, 0))
    plots.style_axes(right, "", "fraction right", "Unseen digits", None, (0, 1.12))
    heights = [broken["in_training"], broken["in_evaluation"]]
    plots.draw_bars(right, heights, ["in training\nmode", "in\nevaluation"], [0, 1])
    for place, value in enumerate(heights):
        right.text(place, value + 0.02, f"{value:.2f}", ha="center", va="bottom")
    return [], lambda numbers: None


def _read(numbers):
    return {
        "last batches": f"{numbers['batch_losses'][-34:].mean():.2f} nats",
        "the same digits in evaluation": f"{numbers['losses'][-1]:.2f} nats",
        "unseen, in training mode": f"{numbers['in_training']:.3f}",
        "unseen, in evaluation": f"{numbers['in_evaluation']:.3f}",
        "running means": _range(numbers["running_means"]),
        "running variances": _range(numbers["running_variances"]),
    }


def _range(values):
    return f"{values.min():.2f} to {values.max():.2f}"
