"""The ticket of lesson 2: a run whose loss is stuck, and what its first steps say."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.initializers import init_he
from course_lib.layers import (
    linear_backward,
    linear_forward,
    relu_backward,
    relu_forward,
)
from course_lib.network import Layer, Network
from course_lib.predictions import Card
from course_lib.training import train

SEED = 2
BROKEN = 3.0


@lru_cache(maxsize=8)
def run_of(learning_rate, seed=SEED):
    """Train a ReLU network on the digits for 600 steps of 32; return its history.

    Parameters
    ----------
    learning_rate : float
    seed : int, default=2
        Of the first weights and of the batches.

    Returns
    -------
    History
    """
    rng = np.random.default_rng(seed)
    network = Network(
        [
            Layer(
                linear_forward,
                linear_backward,
                W=init_he(64, 32, rng),
                b=np.zeros(32),
            ),
            Layer(relu_forward, relu_backward),
            Layer(
                linear_forward,
                linear_backward,
                W=init_he(32, 10, rng),
                b=np.zeros(10),
            ),
        ]
    )
    x, labels = load_digits().train
    return train(network, x, labels, learning_rate=learning_rate, rng=rng, n_steps=600)


def stuck_run():
    """Show a run that does not learn; ask for the cause."""
    ticket(
        Card(
            "stuck_run",
            "The first loss is as it should be. What is wrong with this run?",
            [
                "the learning rate is too high",
                "the learning rate is too low",
                "the pixels were not divided by 16",
                "the network is too small for ten digits",
                "nothing: it needs more steps",
            ],
            truth="the learning rate is too high",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build_stuck_run,
        run_of(BROKEN),
        _read_stuck_run,
        "Two curves of the loss, step by step. In the first twelve steps it jumps up; "
        "over all 600 it stays level near 2.3, the loss of pure guessing.",
    )


def _diagnosis():
    first, second = run_of(BROKEN).losses[:2]
    return (
        f"The very first update raised the loss from {first:.2f} to {second:.2f}: the "
        "step went past the valley, to where most ReLU units never fire again. A rate "
        "that is too low moves the loss too little, never up in a jump. Pixels of 16 "
        "would show before the first step. Retest: divide the rate by ten."
    )


def _build_stuck_run(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.5])
    losses = run_of(BROKEN).losses
    for axes, n_steps, title in (
        (left, 13, "The first steps"),
        (right, 600, "All 600 steps"),
    ):
        ends = (-0.03 * n_steps, 1.03 * n_steps)
        plots.style_axes(axes, "step", "loss (nats)", title, ends, (0, 5))
        marks = {"marker": "o", "markersize": 5} if n_steps < 50 else {"linewidth": 1}
        plots.draw_line(axes, np.arange(n_steps), losses[:n_steps], **marks)
    plots.draw_reference(left, np.log(10))
    plots.draw_reference(right, np.log(10), "ln 10: pure guessing", below=True)
    return [], lambda numbers: None


def _read_stuck_run(history):
    return {
        "loss of the first batch": f"{history.losses[0]:.2f} nats",
        "of the second": f"{history.losses[1]:.2f} nats",
        "all digits, after 600 steps": f"{history.train_losses[-1]:.2f} nats",
        "accuracy then": f"{history.train_accuracies[-1]:.2f}",
    }
