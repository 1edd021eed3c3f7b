"""Lesson 7's long experiments: deep networks trained, and steps too large for ReLU.

Both read handwritten digits in batches of 32.
"""

import contextlib
import io
import math
from functools import partial

import numpy as np

from course_lib.data import load_digits
from course_lib.initializers import init_he, init_normal, init_xavier
from course_lib.models import mlp
from course_lib.signals import pre_activations
from course_lib.sweeps.sweep import Sweep
from course_lib.training import evaluate, train

WIDTH = 64
INITIALIZERS = {
    "tiny, std 0.01": partial(init_normal, std=0.01),
    "xavier": init_xavier,
    "he": init_he,
    "large, std 0.3": partial(init_normal, std=0.3),
}
DEPTH, DEEP_RATE = 10, 0.1
SHALLOW = 3
STEPS = 680  # twenty epochs
MEAN_OVER = 10  # steps, for a curve of losses


def deep_training(activation, weights, seed):
    """Train ten hidden layers of 64 units for twenty epochs.

    Returns
    -------
    dict
        ``losses`` of shape (68,), means over ten steps; ``steps``, how many were
        made before a loss was not finite; ``train_loss`` and ``accuracy`` on unseen
        digits at the end, both NaN where there was no end.
    """
    rng = np.random.default_rng(seed)
    network = mlp(
        [64, *[WIDTH] * DEPTH, 10],
        rng,
        activation=activation,
        initializer=INITIALIZERS[weights],
    )
    return _trained(network, rng, DEEP_RATE)


def dying_units(learning_rate, seed):
    """Train three hidden layers of 64 ReLU units for twenty epochs.

    Returns
    -------
    dict
        As `deep_training` returns, and ``largest_z`` of shape (3, 64): what each unit
        got at most, over all training digits.
    """
    rng = np.random.default_rng(seed)
    network = mlp([64, *[WIDTH] * SHALLOW, 10], rng, activation="relu")
    found = _trained(network, rng, learning_rate)
    with np.errstate(over="ignore", invalid="ignore"):
        z = pre_activations(network, load_digits().train.x)
    largest_z = np.array([layer.max(axis=0) for layer in z], np.float32)
    return found | {"largest_z": largest_z}


def _trained(network, rng, learning_rate):
    digits = load_digits()
    with contextlib.redirect_stdout(io.StringIO()):  # a note, where it stops early
        history = train(
            network,
            *digits.train,
            learning_rate=learning_rate,
            rng=rng,
            n_steps=STEPS,
            batch_size=32,
            measure_every=STEPS,
        )
    losses = np.full(STEPS, np.nan)
    losses[: len(history.losses)] = history.losses
    finished = math.isfinite(history.losses[-1])
    train_loss, accuracy = history.train_losses[-1], math.nan
    if finished:
        accuracy = evaluate(network, *digits.validation)[1]
    return {
        "losses": losses.reshape(-1, MEAN_OVER).mean(axis=1).astype(np.float32),
        "first_loss": history.losses[0],
        "steps": float(len(history.losses) - (not finished)),
        "train_loss": train_loss if finished else math.nan,
        "accuracy": accuracy,
    }


DEEP_TRAINING = Sweep(
    "deep_training",
    deep_training,
    axes={
        "activation": ("sigmoid", "tanh", "relu"),
        "weights": tuple(INITIALIZERS),
    },
)
DYING_UNITS = Sweep(
    "dying_units",
    dying_units,
    axes={
        "learning_rate": (
            *(0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0),
            *(1.5, 2.0, 3.0, 5.0, 10.0),
        )
    },
)
