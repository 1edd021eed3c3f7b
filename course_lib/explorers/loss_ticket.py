"""The ticket of lesson 1: a run that is ill before its first step."""

import numpy as np

from course_lib import losses, metrics, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.initializers import init_xavier
from course_lib.predictions import Card


def broken_start():
    """Show a run whose first loss is far too high; ask for the cause."""
    ticket(
        Card(
            "broken_start",
            "No step of training has been taken. What is wrong with this run?",
            [
                "the learning rate is too high",
                "the weights start ten times too large",
                "the pixels were not divided by 16",
                "the labels were shuffled",
                "nothing: before training a loss is high",
            ],
            truth="the pixels were not divided by 16",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build_broken_start,
        first_measurements(scaled=False),
        _read_broken_start,
        "Two histograms of the largest probability per example, before training. "
        "The healthy run stays near 0.2; the broken one is almost always near 1.",
    )


def first_measurements(scaled, seed=1):
    """Measure a linear layer on the digits before its first step.

    Parameters
    ----------
    scaled : bool
        Whether pixels are divided by 16, as they should be.
    seed : int, default=1
        Of the first weights.

    Returns
    -------
    dict of str to float or ndarray
        ``loss`` in nats, ``largest_input``, ``weight_std``, ``accuracy``, and
        ``surest`` of shape (1077,): the largest probability of each example.
    """
    x, labels = load_digits(scaled).train
    W = init_xavier(64, 10, np.random.default_rng(seed))
    logits = x @ W
    return {
        "loss": losses.softmax_cross_entropy(logits, labels)[0],
        "accuracy": metrics.accuracy(logits, labels),
        "largest_input": float(x.max()),
        "weight_std": float(W.std()),
        "surest": losses.softmax(logits).max(axis=1),
    }


def _diagnosis():
    healthy = first_measurements(scaled=True)
    return (
        "A learning rate does nothing before the first step, and shuffled labels leave "
        "a careful start near ln 10 = 2.303. The weights spread as in the healthy run. "
        "The largest input is 16, so all logits are 16 times too large. Retest, with "
        f"the pixels divided by 16: the first loss is {healthy['loss']:.2f} nats."
    )


def _build_broken_start(figure):
    axes = figure.subplots()
    edges = np.linspace(0, 1, 26)
    plots.draw_histogram(axes, first_measurements(True)["surest"], edges, series=0)
    plots.draw_histogram(axes, first_measurements(False)["surest"], edges, series=1)
    plots.style_axes(
        axes,
        "largest probability given to any class",
        "examples",
        "How sure two networks are before training",
        (0, 1),
    )
    plots.draw_label(axes, 0.25, 320, "a healthy run", 0)
    plots.draw_label(axes, 0.955, 600, "this run", 1, (-8, 0), ha="right")
    return [], lambda numbers: None


def _read_broken_start(numbers):
    healthy = first_measurements(scaled=True)
    return {
        "first loss": f"{numbers['loss']:.2f} nats",
        "healthy run's": f"{healthy['loss']:.2f} nats",
        "accuracy": f"{numbers['accuracy']:.2f}",
        "largest input": f"{numbers['largest_input']:.0f}",
        "spread of the weights": f"{numbers['weight_std']:.2f}",
        "healthy run's spread": f"{healthy['weight_std']:.2f}",
    }
