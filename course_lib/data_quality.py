"""What to measure on data before one blames a network: lesson 10's instruments."""

import numpy as np

from course_lib.losses import softmax_cross_entropy


def example_losses(logits, labels):
    """Return the cross-entropy of each example alone.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
    labels : ndarray of shape (N,), of integers

    Returns
    -------
    ndarray of shape (N,)
        In nats.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(labels)), labels]
    return np.log(np.exp(shifted).sum(axis=1)) - right


def highest_losses(logits, labels, k):
    """Return the examples that a network finds hardest to believe.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
    labels : ndarray of shape (N,), of integers
    k : int

    Returns
    -------
    ndarray of shape (k,), of integers
        Rows, the highest loss first.
    """
    return np.argsort(-example_losses(logits, labels), kind="stable")[:k]


def near_duplicates(a, b, tolerance):
    """Return the pairs of a row of `a` and a row of `b` that are nearly equal.

    Parameters
    ----------
    a : ndarray of shape (N, D)
    b : ndarray of shape (M, D)
    tolerance : float
        The largest Euclidean distance of a pair.

    Returns
    -------
    ndarray of shape (P, 2), of integers
        A row of `a` and a row of `b` each, in the order of `a`, then of `b`.

    Notes
    -----
    One row of `a` at a time, so that memory grows with M D and not with N M D.
    """
    pairs = [
        (i, j)
        for i, row in enumerate(a)
        for j in np.flatnonzero(np.sqrt(((b - row) ** 2).sum(axis=1)) <= tolerance)
    ]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def group_split(groups, fraction, rng):
    """Divide rows so that no group has rows on both sides.

    Parameters
    ----------
    groups : ndarray of shape (N,)
        Who or what each row comes from.
    fraction : float
        The share of the groups that goes to validation, in (0, 1).
    rng : Generator

    Returns
    -------
    train_indices, validation_indices : ndarray of integers
        Row numbers.
    """
    names = rng.permutation(np.unique(groups))
    held_out = names[: round(fraction * len(names))]
    is_held_out = np.isin(groups, held_out)
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def balanced_weights(labels, n_classes):
    """Return a weight for each class that makes rare ones count as much as common ones.

    Parameters
    ----------
    labels : ndarray of shape (N,), of integers
    n_classes : int

    Returns
    -------
    ndarray of shape (n_classes,)
        ``N / (n_classes * count)``: 1 where all classes are equally common. A class
        without examples has 0.
    """
    counts = np.bincount(labels, minlength=n_classes)
    return len(labels) / (n_classes * np.maximum(counts, 1)) * (counts > 0)


def weighted_cross_entropy(logits, labels, weights):
    """Return the cross-entropy averaged with a weight for each class, and its gradient.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
    labels : ndarray of shape (N,), of integers
    weights : ndarray of shape (C,)
        Above 0 for at least one of the labels.

    Returns
    -------
    loss : float
        In nats.
    dlogits : ndarray of shape (N, C)

    Notes
    -----
    Divided by the sum of the examples' weights, so that weights twice as large are the
    same weights.
    """
    own = weights[labels]
    loss = float(own @ example_losses(logits, labels) / own.sum())
    plain = softmax_cross_entropy(logits, labels)[1]
    return loss, plain * (len(labels) * own / own.sum())[:, None]
