"""What batch size and learning rate do to a run on the digits, kept for lesson 6.

Every run is a 64-32-10 tanh network trained by plain gradient steps.
"""

import math

import numpy as np

from course_lib.data import load
from course_lib.models import mlp
from course_lib.sweeps.sweep import Sweep
from course_lib.training import train

N_STEPS, N_EPOCHS = 600, 20
N_READINGS = 20
SAME_LOSS = 0.1  # nats, at which runs of different batch size are compared


def by_budget(batch_size, budget, seed):
    """Train at a learning rate of 0.1 for 600 steps, or for 20 epochs.

    Parameters
    ----------
    batch_size : int
    budget : {"steps", "epochs"}
    seed : int

    Returns
    -------
    dict
        ``accuracy`` and ``loss``, each of shape (21,): on the validation digits and,
        in nats, on the training digits, at equal shares of the budget from 0 to 1.
    """
    digits = load("digits")
    epoch = math.ceil(len(digits.train.x) / batch_size)
    n_steps = N_STEPS if budget == "steps" else N_EPOCHS * epoch
    history = _run(batch_size, 0.1, seed, n_steps, n_steps // N_READINGS)
    return {
        "accuracy": np.array(history.validation_accuracies),
        "loss": np.array(history.train_losses),
    }


def after_twenty_epochs(batch_size, learning_rate, seed):
    """Train for 20 epochs, whatever the number of steps.

    Returns
    -------
    dict
        ``accuracy`` on the validation digits and ``loss`` in nats on the training
        digits, at the end.
    """
    n_steps = N_EPOCHS * math.ceil(len(load("digits").train.x) / batch_size)
    history = _run(batch_size, learning_rate, seed, n_steps, n_steps)
    return {
        "accuracy": history.validation_accuracies[-1],
        "loss": history.train_losses[-1],
    }


def at_the_same_loss(batch_size, seed):
    """Train at a rate of 0.3 until the training loss is 0.1, and look at new digits.

    Returns
    -------
    dict
        ``accuracy`` and ``loss`` on the validation digits at that moment, and
        ``steps``, how many it took; looked for every ten steps.
    """
    history = _run(batch_size, 0.3, seed, 500, 10)
    first = int(np.argmax(np.array(history.train_losses) <= SAME_LOSS))
    return {
        "accuracy": history.validation_accuracies[first],
        "loss": history.validation_losses[first],
        "steps": history.steps[first],
    }


def _run(batch_size, learning_rate, seed, n_steps, measure_every):
    digits, rng = load("digits"), np.random.default_rng(seed)
    return train(
        mlp([64, 32, 10], rng),
        *digits.train,
        learning_rate=learning_rate,
        rng=rng,
        n_steps=n_steps,
        batch_size=batch_size,
        validation=digits.validation,
        measure_every=measure_every,
        progress=lambda step, n_steps, loss: None,
    )


BY_BUDGET = Sweep(
    "batch_by_budget",
    by_budget,
    axes={"batch_size": (1, 8, 32, 128, 512), "budget": ("steps", "epochs")},
)

RATE_BY_BATCH = Sweep(
    "rate_by_batch",
    after_twenty_epochs,
    axes={
        "batch_size": (8, 16, 32, 64, 128, 256, 512),
        "learning_rate": (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2),
    },
    seeds=(0, 1, 2),
)

AT_THE_SAME_LOSS = Sweep(
    "batch_at_the_same_loss",
    at_the_same_loss,
    axes={"batch_size": (8, 32, 128, 512)},
    seeds=tuple(range(10)),
)
