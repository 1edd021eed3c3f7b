"""First values of a layer's weights, drawn from an `rng`.

Those for one layer take ``(D, M, rng)``, so one can stand in for another.
"""

import numpy as np


def init_zeros(D, M, rng=None):
    """Return weights that are all 0.

    Parameters
    ----------
    D, M : int
        Inputs and outputs of the layer.
    rng : Generator, optional
        Not used: zeros need no chance.

    Returns
    -------
    W : ndarray of shape (D, M)

    Notes
    -----
    Right for a bias and for a single linear layer. In a hidden layer all units
    would stay equal for ever; lesson 7 shows it.
    """
    return np.zeros((D, M))


def init_normal(D, M, rng, std=0.01):
    """Draw weights from a normal distribution of mean 0.

    Parameters
    ----------
    D, M : int
        Inputs and outputs of the layer.
    rng : Generator
        Source of chance; the same state gives the same weights.
    std : float, default=0.01
        Standard deviation, at least 0, in units of output per unit of input.

    Returns
    -------
    W : ndarray of shape (D, M)
    """
    return rng.normal(0.0, std, size=(D, M))


def init_xavier(D, M, rng):
    """Draw weights with standard deviation ``sqrt(2 / (D + M))``.

    Parameters
    ----------
    D, M : int
        Inputs and outputs of the layer.
    rng : Generator
        Source of chance; the same state gives the same weights.

    Returns
    -------
    W : ndarray of shape (D, M)

    Notes
    -----
    A variance of 1/D keeps the size of a signal going forward through a linear
    layer, 1/M keeps the size of a gradient going back; this is the compromise, and
    it suits tanh. Lesson 7 measures it over twenty layers.

    References
    ----------
    X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep
    feedforward neural networks, equation 12.
    """
    return init_normal(D, M, rng, std=np.sqrt(2.0 / (D + M)))


def init_he(D, M, rng):
    """Draw weights with standard deviation ``sqrt(2 / D)``.

    Parameters
    ----------
    D, M : int
        Inputs and outputs of the layer.
    rng : Generator
        Source of chance; the same state gives the same weights.

    Returns
    -------
    W : ndarray of shape (D, M)

    Notes
    -----
    ReLU silences half of a signal's square, and the 2 makes up for it. Lesson 7
    measures it over twenty layers.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun (2015), Delving deep into rectifiers,
    equation 10.
    """
    return init_normal(D, M, rng, std=np.sqrt(2.0 / D))


SCHEMES = {"zeros": init_zeros, "xavier": init_xavier, "he": init_he}


def init_weights(sizes, scheme, rng):
    """Draw the weights of several layers by one scheme.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, the inputs first.
    scheme : {"zeros", "xavier", "he"}
    rng : Generator
        Source of chance; the same state gives the same weights.

    Returns
    -------
    list of ndarray of shape (D, M)
        One for each two neighbours in `sizes`.

    Raises
    ------
    ValueError
        If there is no scheme of that name.

    Notes
    -----
    Lesson 7 writes it.
    """
    if scheme not in SCHEMES:
        raise ValueError(
            f"init_weights: scheme is {scheme!r}, expected one of {', '.join(SCHEMES)}."
        )
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return [SCHEMES[scheme](D, M, rng) for D, M in pairs]
