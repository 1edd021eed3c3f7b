"""How wrong the predictions are: one number, and its gradient.

Every loss returns ``(loss, gradient)`` and is a mean over the batch, so a loss does
not grow with the number of examples. Shapes are never stretched to fit: (N, 1)
against (N,) would broadcast to an N by N table of differences without complaint.
"""

import numpy as np


def mse(predictions, targets):
    """Return the mean squared error, and its gradient.

    Parameters
    ----------
    predictions, targets : ndarray of shape (N,) or (N, M)
        In the units of what is predicted; both of the same shape.

    Returns
    -------
    loss : float
        In squared units of `targets`, per example: squared errors are summed over
        an example's M outputs and averaged over the N examples.
    dpredictions : ndarray of the shape of `predictions`
        In loss per unit of `predictions`.

    Raises
    ------
    ValueError
        If the shapes differ, or there is no example.

    Notes
    -----
    ``d/dp of (p - t)^2 / N`` is ``2 (p - t) / N``. Lesson 2 derives it. Dividing by M
    as well would make the best learning rate depend on the number of outputs.
    """
    predictions, targets = np.asarray(predictions), np.asarray(targets)
    if predictions.shape != targets.shape:
        raise ValueError(
            f"mse: predictions have shape {predictions.shape}, targets "
            f"{targets.shape}, expected the same shape.\n"
            "One prediction belongs to one target. Reshape the one that has an axis "
            "too many or too few."
        )
    if predictions.ndim == 0 or len(predictions) == 0:
        raise ValueError(
            f"mse: predictions have shape {predictions.shape}, expected (N,) or "
            "(N, M) with N at least 1.\nA mean needs at least one example."
        )
    error = predictions - targets
    n_examples = len(error)
    return float((error * error).sum() / n_examples), 2.0 * error / n_examples


def softmax(logits):
    """Turn each row of scores into probabilities: ``exp(z) / sum of exp(z)``.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
        Any finite numbers.

    Returns
    -------
    probs : ndarray of shape (N, C)
        In [0, 1]; each row sums to 1.

    Raises
    ------
    ValueError
        If `logits` is not of shape (N, C) with C at least 1.

    Notes
    -----
    Subtracting a row's largest logit changes nothing, since it cancels in the
    fraction, and keeps ``exp`` from overflowing. Lesson 1 tries it without.
    """
    powers = np.exp(_shifted("softmax", logits))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_cross_entropy(logits, labels):
    """Return the mean surprise at the right classes, and its gradient.

    Parameters
    ----------
    logits : ndarray of shape (N, C)
        Scores before softmax.
    labels : ndarray of shape (N,), of integers
        The right class of each example, from 0 to C - 1.

    Returns
    -------
    loss : float
        In nats per example: the mean of ``-log(probs[n, labels[n]])``.
    dlogits : ndarray of shape (N, C)
        In loss per unit of `logits`; each row sums to 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no example, or a label is not an integer
        from 0 to C - 1.

    Notes
    -----
    The gradient of both steps together is ``(probs - onehot) / N``, which lesson 4
    derives. ``log`` of a softmax would be ``log(0)`` for a confident error; the
    logarithm of the sum, taken first, stays finite for every finite logit.
    """
    shifted = _shifted("softmax_cross_entropy", logits)
    n_examples, n_classes = shifted.shape
    onehot = _onehot(np.asarray(labels), n_examples, n_classes)
    powers = np.exp(shifted)
    totals = powers.sum(axis=1, keepdims=True)
    surprise = np.log(totals[:, 0]) - shifted[onehot]
    return float(surprise.sum() / n_examples), (powers / totals - onehot) / n_examples


def _shifted(name, logits):
    """Return the logits less each row's largest, after looking at their shape."""
    logits = np.asarray(logits)
    if logits.ndim != 2 or 0 in logits.shape:
        raise ValueError(
            f"{name}: logits have shape {logits.shape}, expected (N, C) with at least "
            "one example and one class.\nKeep one row an example: logits[None] makes "
            "a batch of one."
        )
    # NumPy is quick along long rows: an example a column, the maximum is had sooner.
    largest = np.ascontiguousarray(logits.T).max(axis=0)
    return logits - largest[:, None]


def _onehot(labels, n_examples, n_classes):
    """Return an (N, C) array that is True at each row's label, after a look at them."""
    if labels.shape != (n_examples,):
        raise ValueError(
            f"softmax_cross_entropy: labels have shape {labels.shape}, expected "
            f"({n_examples},).\nGive one class number for each of the {n_examples} "
            "rows of logits, not a column and not one-hot rows."
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"softmax_cross_entropy: labels are of type {labels.dtype}, expected "
            "integers.\nA label is a column number: labels.astype(int)."
        )
    onehot = labels[:, None] == np.arange(n_classes)
    if np.count_nonzero(onehot) != n_examples:  # a row without its label
        first = onehot.any(axis=1).argmin()
        raise ValueError(
            f"softmax_cross_entropy: labels[{first}] is {labels[first]}, expected 0 to "
            f"{n_classes - 1}.\nThe logits have {n_classes} columns, one a class; "
            "counting starts at 0."
        )
    return onehot
