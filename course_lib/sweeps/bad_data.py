"""Lesson 10's experiments: duplicates on both sides of a split, and a starved class."""

from functools import partial

import numpy as np

from course_lib.data import load_digits
from course_lib.data_quality import balanced_weights, weighted_cross_entropy
from course_lib.losses import softmax_cross_entropy
from course_lib.metrics import accuracy, confusion_matrix, per_class_recall
from course_lib.models import mlp
from course_lib.optimizers import adam
from course_lib.sweeps.sweep import Sweep
from course_lib.training import train

RARE = 8
REMEDIES = ("nothing", "oversampling", "weights")


def silent(*_):
    """Take the place of a progress line."""


def near_copies(n_copies, seed):
    """Train on pictures with random labels, some of which come again slightly changed.

    Parameters
    ----------
    n_copies : int
        How often each of 200 pictures comes again.
    seed : int

    Returns
    -------
    dict
        ``train`` and ``validation``: the fraction right after a division by rows.
    """
    rng = np.random.default_rng(seed)
    digits = load_digits().all
    pictures = digits.x[rng.choice(len(digits.x), 200, replace=False)]
    labels = np.tile(rng.integers(10, size=200), n_copies + 1)
    x = np.concatenate(
        [pictures + rng.normal(0, 0.02, pictures.shape) for _ in range(n_copies + 1)]
    )
    rows = rng.permutation(len(x))
    training, validation = np.split(rows, [3 * len(x) // 4])
    network = mlp([64, 128, 10], rng, activation="relu")
    train(
        network,
        x[training],
        labels[training],
        learning_rate=0.003,
        rng=rng,
        n_steps=1500,
        optimizer=adam,
        progress=silent,
    )
    return {
        "train": accuracy(network.predict(x[training]), labels[training]),
        "validation": accuracy(network.predict(x[validation]), labels[validation]),
    }


def starved(kept, remedy, seed):
    """Train with only a few eights, and with one of the remedies.

    Parameters
    ----------
    kept : int
        How many of the training eights are left.
    remedy : {"nothing", "oversampling", "weights"}
    seed : int

    Returns
    -------
    dict
        ``recall`` of shape (10,) and ``accuracy``, on the validation digits.
    """
    rng = np.random.default_rng(seed)
    x, labels = load_digits().train
    eights = rng.choice(np.flatnonzero(labels == RARE), kept, replace=False)
    rows = np.concatenate([np.flatnonzero(labels != RARE), eights])
    loss = softmax_cross_entropy
    if remedy == "oversampling":
        rows = np.concatenate([rows, rng.choice(eights, 108 - kept)])
    if remedy == "weights":
        weights = balanced_weights(labels[rows], 10)
        loss = partial(weighted_cross_entropy, weights=weights)
    network = mlp([64, 32, 10], rng)
    train(
        network,
        x[rows],
        labels[rows],
        learning_rate=0.1,
        rng=rng,
        epochs=30,
        loss=loss,
        progress=silent,
    )
    unseen, truth = load_digits().validation
    logits = network.predict(unseen)
    return {
        "recall": per_class_recall(confusion_matrix(logits, truth)),
        "accuracy": accuracy(logits, truth),
    }


NEAR_COPIES = Sweep(
    "near_copies", near_copies, axes={"n_copies": (0, 1, 2, 3, 5)}, tolerance=0.06
)
STARVED_CLASS = Sweep(
    "starved_class",
    starved,
    axes={"kept": (5, 10, 20, 40, 80), "remedy": REMEDIES},
    tolerance=0.06,  # two of the 35 eights
)
