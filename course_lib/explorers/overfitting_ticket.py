"""The ticket of lesson 9: a network that seems better on what it has never seen."""

from functools import lru_cache, partial

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.predictions import Card
from course_lib.regularization import dropout_backward, dropout_forward
from course_lib.training import train

N_STEPS, EVERY = 600, 20


@lru_cache(maxsize=8)
def run_of(seed=9):
    """Train a 64-128-10 network with dropout on the digits.

    Returns
    -------
    dict of str to ndarray
        ``steps``; ``batch``, the loss of the training batches as training saw it,
        mean over 20 steps; ``unseen``, on the validation digits; ``again``, on the
        training digits, measured as in use.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    half = partial(dropout_forward, p_drop=0.5)
    network = mlp(
        [64, 128, 10],
        rng,
        activation="relu",
        after_activation=lambda M: Layer(half, dropout_backward),
    )
    history = train(
        network,
        *digits.train,
        learning_rate=0.2,
        rng=rng,
        n_steps=N_STEPS,
        validation=digits.validation,
        measure_every=EVERY,
        progress=lambda *_: None,
    )
    return {
        "steps": np.array(history.steps[1:]),
        "batch": np.array(history.losses).reshape(-1, EVERY).mean(axis=1),
        "unseen": np.array(history.validation_losses[1:]),
        "again": np.array(history.train_losses[1:]),
    }


def better_on_the_unseen():
    """Show a run whose validation loss lies below its training loss."""
    ticket(
        Card(
            "better_on_the_unseen",
            "The loss on unseen digits is below the training loss nearly all the way, "
            "on every seed. Why?",
            [
                "the unseen digits leaked into training",
                "the unseen digits are easier",
                "dropout is on for the training loss, and off for the other",
                "the network is too stiff",
                "the labels for training are wrong",
            ],
            truth="dropout is on for the training loss, and off for the other",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(),
        _read,
        "Two losses over 600 steps: that of the training batches stays above that of "
        "unseen digits all the way.",
    )


def _diagnosis():
    last = {name: values[-1] for name, values in run_of().items()}
    return (
        "The training loss comes from the steps themselves, where half of the hidden "
        "values are missing. Retest: the same training digits, measured as in use, "
        f"give {last['again']:.3f} nats; the unseen ones {last['unseen']:.3f}. Compare "
        "only what was measured in the same mode. A leak would bring the two "
        "together, not turn them round."
    )


def _build(figure):
    axes = figure.subplots()
    seen = run_of()
    plots.style_axes(
        axes, "step", "loss (nats)", "Two losses", (0, N_STEPS + 15), (0, 1.4)
    )
    for series, (name, label) in enumerate(
        (("batch", "training, as read at each step"), ("unseen", "unseen digits"))
    ):
        plots.draw_line(axes, seen["steps"], seen[name], label, series)
    axes.legend()
    return [], lambda numbers: None


def _read(numbers):
    return {
        "training loss, last 20 steps": f"{numbers['batch'][-1]:.3f} nats",
        "on unseen digits": f"{numbers['unseen'][-1]:.3f} nats",
        "dropout": "a half, after the hidden layer",
    }
