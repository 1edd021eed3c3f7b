"""How parameters change, given their gradients.

An optimizer is a function ``(params, grads, state, learning_rate) -> (params,
state)``. It changes nothing in place. `params` and `grads` are dicts with equal
keys; `state` is whatever the optimizer wants to be handed back at its next step,
and None at the first. Settings are bound with ``functools.partial``.
"""

import numpy as np


def gradient_step(params, grads, learning_rate):
    """Move every parameter against its gradient: ``w - learning_rate * dw``.

    Parameters
    ----------
    params : dict of str to ndarray
    grads : dict of str to ndarray
        In loss per unit of the parameter of that name.
    learning_rate : float
        In squared units of the parameter per unit of loss. Above 0 goes downhill.

    Returns
    -------
    dict of str to ndarray
        New arrays; those given are not changed.

    Raises
    ------
    ValueError
        If the names differ, or a gradient does not have its parameter's shape.

    Notes
    -----
    Lesson 2 derives how large a step may be.
    """
    _check_grads(params, grads)
    return {name: w - learning_rate * grads[name] for name, w in params.items()}


def sgd(params, grads, state, learning_rate):
    """Take one step of stochastic gradient descent: `gradient_step`, no memory.

    Parameters
    ----------
    params, grads, learning_rate
        As for `gradient_step`; `grads` of one batch.
    state : None
        Handed back as it came.

    Returns
    -------
    params : dict of str to ndarray
    state : None
    """
    return gradient_step(params, grads, learning_rate), state


def clip_by_global_norm(grads, max_norm):
    """Shrink all gradients by one factor where their common norm is too large.

    Parameters
    ----------
    grads : dict of str to ndarray
        In loss per unit of the parameter of that name.
    max_norm : float
        Above 0: the largest norm that passes unchanged.

    Returns
    -------
    grads : dict of str to ndarray
        New arrays of the same direction, with a common norm of at most `max_norm`.
    norm : float
        The norm that came in: the root of the sum of all squares.

    Notes
    -----
    One factor for all keeps the direction of the step; a factor for each array, or a
    limit for each entry, would turn it. Lesson 7 writes it.
    """
    norm = float(np.sqrt(sum(np.sum(np.square(dw)) for dw in grads.values())))
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: factor * dw for name, dw in grads.items()}, norm


def clip_layers(grads, max_norm):
    """Clip the gradients of several layers by their common norm.

    Parameters
    ----------
    grads : dict of key to dict of str to ndarray
        For each layer its gradients by name.
    max_norm : float
        As for `clip_by_global_norm`.

    Returns
    -------
    dict of key to dict of str to ndarray
        New arrays.
    """
    flat = {(key, n): dw for key, layer in grads.items() for n, dw in layer.items()}
    clipped, _ = clip_by_global_norm(flat, max_norm)
    return {
        key: {name: clipped[key, name] for name in layer}
        for key, layer in grads.items()
    }


def _check_grads(params, grads):
    if params.keys() != grads.keys():
        raise ValueError(
            f"gradient_step: gradients for {sorted(grads)}, expected {sorted(params)}."
            "\nGive one gradient for each parameter, under the parameter's name."
        )
    for name, w in params.items():
        if (shape := getattr(grads[name], "shape", ())) != getattr(w, "shape", ()):
            raise ValueError(
                f"gradient_step: d{name} has shape {shape}, expected {w.shape}.\nA "
                "gradient has the shape of the array it belongs to. Sum over the axis "
                "along which that array was broadcast."
            )
