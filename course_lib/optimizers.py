"""How parameters change, given their gradients.

An optimizer is a function ``(params, grads, state, learning_rate) -> (params,
state)``. It changes nothing in place. `params` and `grads` are dicts with equal
keys; `state` is whatever the optimizer wants to be handed back at its next step,
and None at the first. Settings are bound with ``functools.partial``:

    train(network, x, labels, learning_rate=0.1, optimizer=partial(momentum, beta=0.8))

What happens to one array is in `course_lib.update_rules`; here it happens to all.
"""

import numpy as np

from course_lib.update_rules import adam_step, adamw_step, momentum_step, rmsprop_step


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
    # The product first: NumPy then adds w into its memory and needs no more.
    return {name: -learning_rate * grads[name] + w for name, w in params.items()}


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


def momentum(params, grads, state, learning_rate, beta=0.9):
    """Take one step of gradient descent with momentum, for every parameter.

    Parameters
    ----------
    params, grads, learning_rate
        As for `gradient_step`.
    state : dict of str to list of ndarray, or None
        Each parameter's velocity.
    beta : float, default=0.9
        As for `momentum_step`.

    Returns
    -------
    params : dict of str to ndarray
    state : dict of str to list of ndarray

    Raises
    ------
    ValueError
        As for `gradient_step`.
    """
    return _step_each(
        lambda *arrays: momentum_step(*arrays, learning_rate, beta),
        params,
        grads,
        state or _zeros(params, 1),
    )


def rmsprop(params, grads, state, learning_rate, beta=0.9, epsilon=1e-8):
    """Take one step of RMSProp, for every parameter.

    Parameters
    ----------
    params, grads
        As for `gradient_step`.
    state : dict of str to list of ndarray, or None
        Each parameter's running mean of squared gradients.
    learning_rate, beta, epsilon : float
        As for `rmsprop_step`.

    Returns
    -------
    params : dict of str to ndarray
    state : dict of str to list of ndarray

    Raises
    ------
    ValueError
        As for `gradient_step`.
    """
    return _step_each(
        lambda *arrays: rmsprop_step(*arrays, learning_rate, beta, epsilon),
        params,
        grads,
        state or _zeros(params, 1),
    )


def adam(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Take one step of Adam, for every parameter: `adamw` without decay.

    Parameters
    ----------
    params, grads
        As for `gradient_step`.
    state : tuple of (int, dict of str to list of ndarray), or None
        The number of steps taken, and each parameter's two running means.
    learning_rate, beta1, beta2, epsilon : float
        As for `adam_step`.

    Returns
    -------
    params : dict of str to ndarray
    state : tuple of (int, dict of str to list of ndarray)

    Raises
    ------
    ValueError
        As for `gradient_step`.
    """
    steps, means = state or (0, _zeros(params, 2))
    params, means = _step_each(
        lambda *arrays: adam_step(
            *arrays, steps + 1, learning_rate, beta1, beta2, epsilon
        ),
        params,
        grads,
        means,
    )
    return params, (steps + 1, means)


def adamw(
    params,
    grads,
    state,
    learning_rate,
    weight_decay=0.01,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
):
    """Take one step of Adam with decoupled decay, for every parameter.

    Parameters
    ----------
    params, grads, state, learning_rate, beta1, beta2, epsilon
        As for `adam`.
    weight_decay : float, default=0.01
        As for `adamw_step`. Arrays with fewer than two axes, such as a bias, do not
        decay: they do not make a function steep.

    Returns
    -------
    params : dict of str to ndarray
    state : tuple of (int, dict of str to list of ndarray)

    Raises
    ------
    ValueError
        As for `gradient_step`.
    """

    def step(w, *arrays):
        decay = weight_decay if np.ndim(w) > 1 else 0.0
        return adamw_step(
            w, *arrays, steps + 1, learning_rate, decay, beta1, beta2, epsilon
        )

    steps, means = state or (0, _zeros(params, 2))
    params, means = _step_each(step, params, grads, means)
    return params, (steps + 1, means)


def _zeros(params, n):
    """Return `n` arrays of zeros for each parameter, of its shape."""
    return {name: [np.zeros_like(w)] * n for name, w in params.items()}


def _step_each(step, params, grads, memory):
    """Return ``step(w, dw, *remembered)`` of each parameter: new arrays, new memory."""
    _check_grads(params, grads)
    moved, kept = {}, {}
    for name, w in params.items():
        moved[name], *kept[name] = step(w, grads[name], *memory[name])
    return moved, kept


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
