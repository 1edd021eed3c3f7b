"""Batch and layer normalization, as pairs of pure functions.

Both subtract a mean and divide by a standard deviation, then scale and shift by
learned numbers: batch normalization feature by feature over the batch, layer
normalization example by example over the features. What batch normalization remembers
for evaluation, its running statistics, comes in as an argument and goes out as a
result; ``Layer(batchnorm_forward, batchnorm_backward, **init_batchnorm(32))`` and
`Network.keep_running` carry it. Lesson 8 derives everything here.
"""

import numpy as np


def init_batchnorm(D):
    """Return the first parameters and running statistics of batch normalization.

    Parameters
    ----------
    D : int
        Number of features.

    Returns
    -------
    dict
        ``gamma`` of ones and ``beta`` of zeros, each of shape (D,), and ``running``,
        a dict with a ``mean`` of zeros and a ``variance`` of ones, of shape (D,).
    """
    running = {"mean": np.zeros(D), "variance": np.ones(D)}
    return {**init_layernorm(D), "running": running}


def init_layernorm(D):
    """Return the first parameters of layer normalization.

    Parameters
    ----------
    D : int
        Number of features.

    Returns
    -------
    dict
        ``gamma`` of ones and ``beta`` of zeros, each of shape (D,).
    """
    return {"gamma": np.ones(D), "beta": np.zeros(D)}


def batchnorm_forward(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    """Give every feature mean `beta` and standard deviation `gamma` over the batch.

    Parameters
    ----------
    x : ndarray of shape (N, D)
    gamma, beta : ndarray of shape (D,)
        Standard deviation and mean of each feature of `y`, in its units.
    running : dict
        ``mean`` and ``variance``, each of shape (D,): moving averages over the
        batches seen in training. Not changed.
    training : bool
        Whether to normalize with the batch's own statistics. In evaluation those of
        `running` are used, so that an example's output is its own affair.
    momentum : float, default=0.9
        Share of the old running statistics that is kept at each batch, in [0, 1].
    epsilon : float, default=1e-5
        Added to the variance, in units of `x` squared; above 0, or a feature that
        never changes is divided by 0.

    Returns
    -------
    y : ndarray of shape (N, D)
    cache : tuple
        ``(centred, std, normalized, gamma)``. In evaluation `centred` is None: the
        statistics are constants then, and blame has one path in place of three.
    running : dict
        The next running statistics; in evaluation those that came in.

    Notes
    -----
    The variance is the mean square, divided by N and not N - 1, here and in
    `running`. In training a batch of one is all mean: its output is `beta`.

    References
    ----------
    S. Ioffe and C. Szegedy (2015), Batch normalization, algorithm 1.
    """
    if not training:
        std = np.sqrt(running["variance"] + epsilon)
        normalized = (x - running["mean"]) / std
        return gamma * normalized + beta, (None, std, normalized, gamma), running
    mean, variance = x.mean(axis=0), x.var(axis=0)
    centred, std = x - mean, np.sqrt(variance + epsilon)
    normalized = centred / std
    running = {
        "mean": momentum * running["mean"] + (1 - momentum) * mean,
        "variance": momentum * running["variance"] + (1 - momentum) * variance,
    }
    cache = centred, std, normalized, gamma
    return gamma * normalized + beta, cache, running


def batchnorm_backward(dy, cache):
    """Send the gradient of the loss back through batch normalization.

    Parameters
    ----------
    dy : ndarray of shape (N, D)
        Upstream gradient, in loss per unit of `y`.
    cache : tuple
        The cache of `batchnorm_forward`: ``(centred, std, normalized, gamma)``.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dgamma : ndarray of shape (D,)
    dbeta : ndarray of shape (D,)
        Each in loss per unit of its own quantity.

    Notes
    -----
    Every example is used three times: for itself, for the mean, and for the standard
    deviation. Line by line that is lesson 8's graph; `batchnorm_backward_compact` is
    what it collapses to. After training-mode forward each column of `dx` sums to 0:
    a shift of the whole feature changes nothing.
    """
    centred, std, normalized, gamma = cache
    dbeta = dy.sum(axis=0)
    dgamma = (dy * normalized).sum(axis=0)
    dnormalized = dy * gamma
    if centred is None:
        return dnormalized / std, dgamma, dbeta
    dstd = -(dnormalized * centred).sum(axis=0) / std**2
    dvariance = dstd / (2 * std)
    dcentred = dnormalized / std + 2 * centred * dvariance / len(dy)
    dmean = -dcentred.sum(axis=0)
    return dcentred + dmean / len(dy), dgamma, dbeta


def batchnorm_backward_compact(dy, cache):
    """Do what `batchnorm_backward` does, after a training-mode forward, in one line.

    Parameters
    ----------
    dy : ndarray of shape (N, D)
        Upstream gradient, in loss per unit of `y`.
    cache : tuple
        The cache of `batchnorm_forward` in training.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dgamma, dbeta : ndarray of shape (D,)

    Notes
    -----
    ``dx = gamma / std * (dy - dbeta / N - normalized * dgamma / N)``: the direct path,
    the one through the mean, and the one through the standard deviation.
    """
    _, std, normalized, gamma = cache
    dbeta, dgamma = dy.sum(axis=0), (dy * normalized).sum(axis=0)
    dx = gamma / std * (dy - (dbeta + normalized * dgamma) / len(dy))
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, epsilon=1e-5):
    """Give every example mean 0 and standard deviation 1, then scale and shift.

    Parameters
    ----------
    x : ndarray of shape (N, D)
    gamma, beta : ndarray of shape (D,)
        Scale and shift of each feature, in units of `y`.
    epsilon : float, default=1e-5
        Added to the variance, in units of `x` squared; above 0.

    Returns
    -------
    y : ndarray of shape (N, D)
    cache : tuple
        ``(std, normalized, gamma)``, with `std` of shape (N, 1).

    Notes
    -----
    No example knows of another, so there is no training mode, nothing to remember,
    and a batch of one is as good as any.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton (2016), Layer normalization, section 3.
    """
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    normalized = (x - mean) / std
    return gamma * normalized + beta, (std, normalized, gamma)


def layernorm_backward(dy, cache):
    """Send the gradient of the loss back through layer normalization.

    Parameters
    ----------
    dy : ndarray of shape (N, D)
        Upstream gradient, in loss per unit of `y`.
    cache : tuple
        The cache of `layernorm_forward`: ``(std, normalized, gamma)``.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dgamma, dbeta : ndarray of shape (D,)
        Each in loss per unit of its own quantity.

    Notes
    -----
    The three paths of batch normalization, along a row; so each row of `dx` sums to
    0. But `gamma` and `beta` are shared by the examples, and sum over those.
    """
    std, normalized, gamma = cache
    dnormalized = dy * gamma
    through_mean = dnormalized.mean(axis=1, keepdims=True)
    through_std = normalized * (dnormalized * normalized).mean(axis=1, keepdims=True)
    dx = (dnormalized - through_mean - through_std) / std
    return dx, (dy * normalized).sum(axis=0), dy.sum(axis=0)
