"""Forward and backward passes of single layers, as pairs of pure functions.

Every ``something_forward`` returns its output and a cache; ``something_backward``
takes the upstream gradient and that cache, and returns ``dx`` followed by one
gradient for each parameter. Nothing is remembered anywhere else, and no input is
changed. All gradients are in loss per unit of the quantity they belong to.
"""

import numpy as np


def linear_forward(x, W, b):
    """Apply a weighted sum to every example: ``y = x W + b``.

    Parameters
    ----------
    x : ndarray of shape (N, D)
        One example a row.
    W : ndarray of shape (D, M)
        Weights, in units of `y` per unit of `x`.
    b : ndarray of shape (M,)
        Bias, in units of `y`.

    Returns
    -------
    y : ndarray of shape (N, M)
    cache : tuple
        ``(x, W)``, what `linear_backward` needs.
    """
    return x @ W + b, (x, W)


def linear_backward(dy, cache, needs_dx=True):
    """Send the gradient of the loss back through ``y = x W + b``.

    Parameters
    ----------
    dy : ndarray of shape (N, M)
        Upstream gradient, in loss per unit of `y`.
    cache : tuple
        The cache of `linear_forward`: ``(x, W)``.
    needs_dx : bool, default=True
        If False, `dx` is None: below the first layer is only the data.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dW : ndarray of shape (D, M)
    db : ndarray of shape (M,)
        Each in loss per unit of its own quantity.

    Notes
    -----
    ``W[j, k]`` reaches the loss through ``y[n, k]`` for every example n, so its
    gradient is ``sum over n of x[n, j] * dy[n, k]``. Lesson 4 derives all three.
    """
    x, W = cache
    dx = dy @ W.T if needs_dx else None
    return dx, x.T @ dy, dy.sum(axis=0)


def sigmoid_forward(x):
    """Squash every entry into (0, 1): ``y = 1 / (1 + exp(-x))``.

    Parameters
    ----------
    x : ndarray of any shape

    Returns
    -------
    y : ndarray of the shape of `x`
        In [0, 1]: the ends are reached by rounding, above about 37 and below
        about -745.
    cache : ndarray
        `y` itself.

    Notes
    -----
    ``exp(-x)`` overflows for x below -709, ``exp(-|x|)`` never does. For negative x
    the fraction is therefore extended by ``exp(x)``.
    """
    small = np.exp(-np.abs(x))
    y = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return y, y


def sigmoid_backward(dy, cache):
    """Send the gradient of the loss back through the sigmoid.

    Parameters
    ----------
    dy : ndarray
        Upstream gradient, in loss per unit of `y`.
    cache : ndarray of the shape of `dy`
        The cache of `sigmoid_forward`: its output `y`.

    Returns
    -------
    dx : ndarray of the shape of `dy`
        In loss per unit of `x`.

    Notes
    -----
    The local derivative is ``y (1 - y)``, at most 1/4. Lesson 4 derives it, and
    lesson 7 shows what a product of many quarters does.
    """
    y = cache
    return dy * y * (1.0 - y)


def tanh_forward(x):
    """Squash every entry into (-1, 1): ``y = tanh(x)``.

    Parameters
    ----------
    x : ndarray of any shape

    Returns
    -------
    y : ndarray of the shape of `x`
        In [-1, 1]: the ends are reached by rounding, beyond about 19.
    cache : ndarray
        `y` itself.
    """
    y = np.tanh(x)
    return y, y


def tanh_backward(dy, cache):
    """Send the gradient of the loss back through the hyperbolic tangent.

    Parameters
    ----------
    dy : ndarray
        Upstream gradient, in loss per unit of `y`.
    cache : ndarray of the shape of `dy`
        The cache of `tanh_forward`: its output `y`.

    Returns
    -------
    dx : ndarray of the shape of `dy`
        In loss per unit of `x`.

    Notes
    -----
    The local derivative is ``1 - y^2``, at most 1. Lesson 4 derives it.
    """
    y = cache
    return dy * (1.0 - y * y)


def relu_forward(x):
    """Keep what is positive: ``y = max(x, 0)``.

    Parameters
    ----------
    x : ndarray of any shape

    Returns
    -------
    y : ndarray of the shape of `x`
        In the units of `x`.
    cache : ndarray
        `x` itself.
    """
    return np.maximum(x, 0), x


def relu_backward(dy, cache):
    """Let the gradient of the loss through where the input was positive.

    Parameters
    ----------
    dy : ndarray
        Upstream gradient, in loss per unit of `y`.
    cache : ndarray of the shape of `dy`
        The cache of `relu_forward`: its input `x`.

    Returns
    -------
    dx : ndarray of the shape of `dy`
        In loss per unit of `x`.

    Notes
    -----
    At exactly 0 there is no derivative; 0 is used, as everywhere in practice.
    Lesson 4 derives the rest, lesson 7 counts the units that never let anything
    through.
    """
    x = cache
    return dy * (x > 0)
