"""What people ask for: measures of a prediction that have no useful gradient."""

import numpy as np


def accuracy(logits, labels):
    """Return the share of examples whose largest logit is the right class.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
        Scores or probabilities: softmax does not change which one is largest.
    labels : ndarray of shape (N,), of integers
        The right classes, from 0 to C - 1.

    Returns
    -------
    float
        A fraction from 0 to 1. Between equal logits the first class counts.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no example.

    Notes
    -----
    A small change of a weight changes no accuracy at all until an example tips over:
    its slope is 0 almost everywhere. Lesson 1 shows why we train on a loss instead.
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or 0 in logits.shape:
        raise ValueError(
            f"accuracy: logits have shape {logits.shape} and labels {labels.shape}, "
            "expected (N, C) and (N,).\nGive one class number for each row of logits."
        )
    return float(np.mean(logits.argmax(axis=1) == labels))


def confusion_matrix(logits, labels):
    """Count which class was taken for which.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
    labels : ndarray of shape (N,), of integers

    Returns
    -------
    ndarray of shape (C, C), of integers
        Row: the right class; column: the class with the largest logit.
    """
    n_classes = logits.shape[1]
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts


def per_class_recall(confusion):
    """Return the share of each class's examples that were recognized.

    Parameters
    ----------
    confusion : ndarray of shape (C, C)
        As from `confusion_matrix`.

    Returns
    -------
    ndarray of shape (C,)
        Fractions from 0 to 1. A class without examples has 0.
    """
    return np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)
