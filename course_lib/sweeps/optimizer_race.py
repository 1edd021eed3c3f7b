"""Four optimizers on the digits, each at every learning rate. Lesson 11 reads it."""

import numpy as np

from course_lib.data import load_digits
from course_lib.models import mlp
from course_lib.optimizers import adam, momentum, rmsprop, sgd
from course_lib.sweeps import Sweep
from course_lib.training import train

RUNNERS = {
    "gradient descent": sgd,
    "momentum": momentum,
    "RMSProp": rmsprop,
    "Adam": adam,
}
RATES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
N_STEPS, EVERY = 400, 5
GOAL = 0.93


def run(optimizer, learning_rate, seed):
    """Train a 64-32-10 tanh network on the digits, in batches of 32.

    Parameters
    ----------
    optimizer : str
        One of `RUNNERS`, with its usual settings.
    learning_rate : float
    seed : int
        Of the first weights and the batches, the same for every optimizer.

    Returns
    -------
    dict
        ``accuracies`` on the validation digits, of shape (81,): before training and
        after every fifth of 400 steps.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    network = mlp([64, 32, 10], rng)
    history = train(
        network,
        *digits.train,
        learning_rate=learning_rate,
        optimizer=RUNNERS[optimizer],
        n_steps=N_STEPS,
        measure_every=EVERY,
        validation=digits.validation,
        rng=rng,
        progress=lambda *_: None,
    )
    return {"accuracies": np.array(history.validation_accuracies)}


def steps_to_goal(accuracies):
    """Return the first measured step with 93 % right, or infinity.

    Parameters
    ----------
    accuracies : ndarray of shape (..., 81)

    Returns
    -------
    ndarray of shape (...)
    """
    reached = accuracies >= GOAL
    return np.where(reached.any(axis=-1), EVERY * reached.argmax(axis=-1), np.inf)


OPTIMIZER_RACE = Sweep(
    "optimizer_race",
    run,
    axes={"optimizer": tuple(RUNNERS), "learning_rate": RATES},
    tolerance=0.05,  # a digit or two: where a rate is too high, rounding is magnified
)
