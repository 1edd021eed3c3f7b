"""How strong a signal is on its way through a network, forward and back.

Forward the signal is an activation, measured by its standard deviation; back it is
the gradient at a pre-activation, measured by its norm. A network here is a list of
weights, one array a hidden layer, with one activation after each and no biases.
"""

import numpy as np

from course_lib import layers

PAIRS = {
    "sigmoid": (layers.sigmoid_forward, layers.sigmoid_backward),
    "tanh": (layers.tanh_forward, layers.tanh_backward),
    "relu": (layers.relu_forward, layers.relu_backward),
}


def decibels(ratio):
    """Return a ratio of two strengths in decibels, ``20 log10(ratio)``.

    Parameters
    ----------
    ratio : float or ndarray
        At least 0. A half is -6 dB, a tenth -20 dB, and 0 is minus infinity.

    Returns
    -------
    float or ndarray
    """
    with np.errstate(divide="ignore"):
        return 20.0 * np.log10(ratio)


def activation_stds(x, weights, activation):
    """Return the standard deviation of every hidden layer's activations.

    Parameters
    ----------
    x : ndarray of shape (N, D)
    weights : sequence of L ndarrays
        Layer l turns its inputs into ``activation(inputs @ weights[l])``.
    activation : {"sigmoid", "tanh", "relu"}

    Returns
    -------
    stds : ndarray of shape (L,)
        Over all examples and units together, in units of the activation.

    Raises
    ------
    ValueError
        If there is no activation of that name.

    Notes
    -----
    Lesson 7 writes it.
    """
    outputs, _ = _forward(x, weights, activation)
    return np.array([h.std() for h in outputs])


def delta_norms(x, weights, activation, dy):
    """Return the norm of the gradient at every hidden layer's pre-activation.

    Parameters
    ----------
    x, weights, activation
        As for `activation_stds`.
    dy : ndarray of shape (N, M)
        Upstream gradient at the last layer's output, in loss per unit of it.

    Returns
    -------
    norms : ndarray of shape (L,)
        The first layer's first: the root of the sum of squares of ``dz`` of shape
        (N, units), in loss per unit of the pre-activation.

    Raises
    ------
    ValueError
        If there is no activation of that name.

    Notes
    -----
    Lesson 7 writes it. The norm of dW is no substitute: ``dW = h.T @ dz`` is weak
    or strong for two reasons, which often cancel.
    """
    deltas, _ = _backward(x, weights, activation, dy)
    return np.array([np.linalg.norm(dz) for dz in deltas])


def weight_gradient_norms(x, weights, activation, dy):
    """Return the norm of every hidden layer's dW, the first layer's first.

    Parameters
    ----------
    x, weights, activation, dy
        As for `delta_norms`.

    Returns
    -------
    norms : ndarray of shape (L,)
        In loss per unit of a weight.

    Notes
    -----
    Lesson 7 shows what this meter does not show.
    """
    deltas, inputs = _backward(x, weights, activation, dy)
    return np.array(
        [np.linalg.norm(h.T @ dz) for h, dz in zip(inputs, deltas, strict=True)]
    )


def dead_fraction(pre_activations):
    """Return the fraction of ReLU units that are off for every example.

    Parameters
    ----------
    pre_activations : ndarray of shape (N, H)
        What the units get, one column a unit.

    Returns
    -------
    fraction : float
        From 0 to 1.

    Notes
    -----
    A unit that is off passes no gradient, so one that is off for every example
    never changes again by itself. Lesson 7 writes it.
    """
    return float(np.mean(np.all(np.asarray(pre_activations) <= 0, axis=0)))


def pre_activations(network, x):
    """Return what each of a network's activations gets, in their order.

    Parameters
    ----------
    network : Network
        A layer without parameters counts as an activation.
    x : ndarray of shape (N, D)

    Returns
    -------
    list of ndarray of shape (N, H)
    """
    found = []
    for layer in network.layers:
        if not layer.params:
            found.append(x)
        x, _ = layer.forward(x)
    return found


def weight_blame(params, grads):
    """Return ``sum(W * dW)`` for every layer that has weights W.

    Parameters
    ----------
    params, grads : list of dict of str to ndarray
        As `Network.params` and `Network.backward` give them.

    Returns
    -------
    blame : ndarray of shape (layers with a W,)
        In units of the loss.

    Notes
    -----
    Without biases, a ReLU network's output doubles when any one layer's weights are
    doubled. By Euler's theorem on such functions the number is then the same in
    every layer, namely ``sum(logits * dlogits)``, whatever the weights and the loss.
    Lesson 7 uses it as an instrument.
    """
    pairs = zip(params, grads, strict=True)
    return np.array([np.sum(p["W"] * g["W"]) for p, g in pairs if "W" in p])


def _pair(activation):
    if activation not in PAIRS:
        raise ValueError(
            f"activation is {activation!r}, expected one of {', '.join(PAIRS)}."
        )
    return PAIRS[activation]


def _forward(x, weights, activation):
    """Return every layer's output, and every activation's cache."""
    forward, _ = _pair(activation)
    outputs, caches = [], []
    for W in weights:
        x, cache = forward(x @ W)
        outputs.append(x)
        caches.append(cache)
    return outputs, caches


def _backward(x, weights, activation, dy):
    """Return every layer's dz and its input, the first layer's first."""
    outputs, caches = _forward(x, weights, activation)
    _, backward = _pair(activation)
    deltas = []
    for W, cache in zip(reversed(weights), reversed(caches), strict=True):
        dz = backward(dy, cache)
        deltas.append(dz)
        dy = dz @ W.T
    return deltas[::-1], [x, *outputs[:-1]]
