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
