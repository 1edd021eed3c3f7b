"""The instruments of lesson 5, as a learner writes them.

`instruments` reads them on a run with a fault in it.
"""

import copy

import numpy as np

FIT_STEPS, FIT_LOSS = 400, 0.05


def relative_error(a, b):
    """Return the largest difference of two arrays, as a share of their sizes.

    Parameters
    ----------
    a, b : ndarray of one shape

    Returns
    -------
    float
        ``max|a - b| / (max|a| + max|b|)``: 0 where they are equal, also where both
        are all zero; 1 where one is zero or they have opposite signs; NaN where
        there is one among the entries.
    """
    size = np.abs(a).max() + np.abs(b).max()
    return float(np.abs(a - b).max() / size) if size != 0 else 0.0


def slope_at(loss, params, name, place, step=1e-5):
    """Measure the slope of ``loss(params)`` at one entry of one parameter.

    Parameters
    ----------
    loss : callable
    params : dict of str to ndarray
    name : str
    place : int
        The entry's number in ``params[name].ravel()``.
    step : float, default=1e-5
        To each side, in the units of the parameter.
    """
    sides = []
    for shift in (step, -step):
        moved = params[name].copy()
        moved.flat[place] += shift
        sides.append(loss({**params, name: moved}))
    return (sides[0] - sides[1]) / (2 * step)


def gradient_check(loss, params, grads, n_samples, rng):
    """Return the relative error of each parameter's gradient, at sampled entries.

    Parameters
    ----------
    loss : callable
        ``loss(params) -> float``.
    params, grads : dict of str to ndarray
    n_samples : int
        How many entries of each parameter are measured, or all if it has fewer.
    rng : Generator

    Returns
    -------
    dict of str to float
    """
    errors = {}
    for name, w in params.items():
        picks = rng.choice(w.size, min(n_samples, w.size), replace=False)
        measured = np.array([slope_at(loss, params, name, pick) for pick in picks])
        errors[name] = relative_error(grads[name].ravel()[picks], measured)
    return errors


def initial_loss_check(loss, n_classes):
    """Tell whether a first loss lies within a quarter of ``ln n_classes``."""
    return bool(abs(loss - np.log(n_classes)) <= 0.25 * np.log(n_classes))


def overfits_tiny_batch(train_step, x, labels):
    """Tell whether 400 steps on the first ten examples bring their loss below 0.05.

    Parameters
    ----------
    train_step : callable
        ``train_step(x, labels) -> loss`` before the step it takes.
    x : ndarray of shape (N, D)
    labels : ndarray of shape (N,)
    """
    for _ in range(FIT_STEPS):
        loss = train_step(x[:10], labels[:10])
    return bool(loss < FIT_LOSS)


def is_pure(function, *args):
    """Tell whether two calls give the same and leave their arguments alone."""
    first_args, second_args = copy.deepcopy(args), copy.deepcopy(args)
    first = copy.deepcopy(function(*first_args))
    return same(first_args, args) and same(first, function(*second_args))


def same(a, b):
    """Return whether two results hold the same numbers, entry by entry."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b)


def double_batch_check(gradient, x, labels):
    """Return how far a gradient changes when each example is there twice.

    Parameters
    ----------
    gradient : callable
        ``gradient(x, labels) -> ndarray``, of a mean loss.
    x : ndarray of shape (N, D)
    labels : ndarray of shape (N,)
    """
    twice = gradient(np.concatenate([x, x]), np.concatenate([labels, labels]))
    return relative_error(gradient(x, labels), twice)


FUNCTIONS = {
    f.__name__: f
    for f in (
        gradient_check,
        initial_loss_check,
        overfits_tiny_batch,
        is_pure,
        double_batch_check,
    )
}
