"""Lesson 9's experiments: a network that learns its digits by heart, and four cures."""

from functools import partial

import numpy as np

from course_lib.data import load_digits
from course_lib.metrics import accuracy
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.regularization import dropout_backward, dropout_forward, sgd_with_l2
from course_lib.sweeps.sweep import Sweep
from course_lib.training import train

N_STEPS, EVERY = 1500, 25
DATA = {"300 noisy": (300, 0.2), "1077 noisy": (1077, 0.2), "100 clean": (100, 0.0)}


def some_digits(n, noise, rng):
    """Draw training digits, and give a share of them another label.

    Parameters
    ----------
    n : int
        How many, at most 1077.
    noise : float
        The share of labels that are replaced by a wrong one, in [0, 1].
    rng : Generator

    Returns
    -------
    x : ndarray of shape (n, 64)
    labels : ndarray of shape (n,), of integers
        As the network gets them.
    is_wrong : ndarray of shape (n,), of bool
    """
    digits = load_digits().train
    rows = rng.choice(len(digits.x), n, replace=False)
    is_wrong = rng.random(n) < noise
    shift = np.where(is_wrong, rng.integers(1, 10, n), 0)
    return digits.x[rows], (digits.targets[rows] + shift) % 10, is_wrong


def dropout_layer(p_drop):
    """Return ``make(M) -> Layer`` for `mlp`, or None where nothing is dropped."""
    if not p_drop:
        return None
    forward = partial(dropout_forward, p_drop=p_drop)
    return lambda M: Layer(forward, dropout_backward)


def learn_digits(n, noise, width, l2, p_drop, seed, n_steps=N_STEPS, every=EVERY):
    """Train a 64-width-width-10 ReLU network on some of the digits.

    Parameters
    ----------
    n, noise
        As in `some_digits`.
    width : int
    l2 : float
        Strength of the penalty on the weights.
    p_drop : float
        Of the dropout after both hidden layers.
    seed : int
    n_steps, every : int
        Steps of 64 examples with a learning rate of 0.1, and how many lie between
        two measurements.

    Returns
    -------
    history : History
    test_accuracies : list of float
        On 360 other digits, at the same steps.
    """
    rng, digits = np.random.default_rng(seed), load_digits()
    x, labels, _ = some_digits(n, noise, rng)
    network = mlp(
        [64, width, width, 10],
        rng,
        activation="relu",
        after_activation=dropout_layer(p_drop),
    )
    test = digits.test
    seen = [accuracy(network.predict(test.x), test.targets)]

    def look(step, *_):
        if step % every == 0:
            seen.append(accuracy(network.predict(test.x), test.targets))

    history = train(
        network,
        x,
        labels,
        learning_rate=0.1,
        rng=rng,
        n_steps=n_steps,
        batch_size=64,
        optimizer=partial(sgd_with_l2, strength=l2),
        validation=digits.validation,
        measure_every=every,
        progress=look,
    )
    return history, seen


def _curves(history):
    names = "train_losses", "validation_losses"
    names += "train_accuracies", "validation_accuracies"
    return {name: np.array(getattr(history, name), np.float32) for name in names}


def measure_remedy(data, l2, p_drop, seed):
    """Return the curves of one run with or without each cure."""
    history, test = learn_digits(*DATA[data], 128, l2, p_drop, seed)
    return _curves(history) | {"test_accuracies": np.array(test, np.float32)}


def measure_map(n, noise, width, l2, p_drop, seed):
    """Return the curves of one run, for lesson 9's first explorer."""
    return _curves(learn_digits(n, noise, width, l2, p_drop, seed)[0])


REMEDIES = Sweep(
    "remedies",
    measure_remedy,
    axes={"data": tuple(DATA), "l2": (0.0, 0.01), "p_drop": (0.0, 0.5)},
    tolerance=6e-3,  # an accuracy may tip by one of 300 or two of 360 digits
)
OVERFITTING_MAP = Sweep(
    "overfitting_map",
    measure_map,
    axes={
        "n": (100, 300, 1077),
        "noise": (0.0, 0.2, 0.4),
        "width": (16, 128),
        "l2": (0.0, 0.01),
        "p_drop": (0.0, 0.5),
    },
    seeds=(0,),
    tolerance=6e-3,
)
