"""Gradients from the definition, to check the ones written by hand.

A numerical gradient asks the loss twice for every parameter: slow, and without any
derivation that could be mistaken. That makes it the judge of a backward pass.
"""

import math
from typing import NamedTuple

import numpy as np


def numerical_gradient(f, w, step=1e-5):
    """Return the gradient of `f` at `w`: ``(f(w + step) - f(w - step)) / (2 step)``.

    Parameters
    ----------
    f : callable
        ``f(w) -> float``. It may use its argument or the array `w` itself: they are
        the same.
    w : ndarray of any shape, of floats
        Changed one entry at a time during the call, and exactly as before after it,
        even if `f` fails.
    step : float, default=1e-5
        In the units of `w`. Larger sees the curve's bend, smaller sees rounding.

    Returns
    -------
    dw : ndarray of the shape of `w`
        In loss per unit of `w`.

    Raises
    ------
    TypeError
        If `w` is not an array of floats, or `f` does not return one number.

    Notes
    -----
    The error of a step forward only is proportional to `step`; forward and backward
    together leave an error proportional to ``step ** 2``. Lesson 2 measures both.
    """
    _check_is_float_array(w)
    dw = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        dw[index] = _slope(f, w, index, step)
    return dw


class WorstEntry(NamedTuple):
    """Where an analytic gradient is furthest from the numerical one.

    Attributes
    ----------
    error : float
        Their difference, as a share of the largest entry of either; infinite when
        one of them is not finite.
    index : tuple of int
    analytic, numerical : float
        Both gradients there, in loss per unit of the parameter.
    """

    error: float
    index: tuple
    analytic: float
    numerical: float


def gradient_check(loss, params, grads, step=1e-5, n_samples=None, rng=None):
    """Compare gradients with numerical ones, parameter by parameter.

    Parameters
    ----------
    loss : callable
        ``loss(params) -> float``.
    params : dict of str to ndarray
        Where the gradients were taken; not changed.
    grads : dict of str to ndarray
        What the backward pass returned.
    step : float, default=1e-5
        For the numerical gradient, in the units of the parameter.
    n_samples : int, optional
        Entries to compare in each parameter, drawn by `rng`; all when not given.
    rng : Generator, optional
        Needed with `n_samples`.

    Returns
    -------
    dict of str to WorstEntry
        By parameter. An error around 1e-9 is usual for a right gradient.

    Raises
    ------
    ValueError
        If the names differ, or a gradient does not have its parameter's shape.

    Notes
    -----
    A norm over all parameters together would drown a wrong ``db`` in a large ``dW``,
    so each parameter is measured against its own largest entry. A difference that
    rounding in `loss` explains counts as none. Lesson 5 takes this further.
    """
    _check_names_and_shapes(params, grads)
    noise = _rounding_noise(loss(params), step)
    result = {}
    for name, w in params.items():
        indices = _sampled(np.shape(w), n_samples, rng)
        analytic = np.array([grads[name][index] for index in indices], dtype=float)
        numerical = _slopes(loss, params, name, indices, step)
        result[name] = _worst(indices, analytic, numerical, noise)
    return result


def check_gradients(loss, params, grads, tolerance=1e-6, **settings):
    """Refuse gradients that the numerical ones contradict, and say where.

    Parameters
    ----------
    loss, params, grads
        As for `gradient_check`.
    tolerance : float, default=1e-6
        Largest error accepted, as a share of a parameter's largest gradient entry.
    **settings
        `step`, `n_samples` and `rng` of `gradient_check`.

    Raises
    ------
    AssertionError
        If an error is above the tolerance; the message shows the worst entry of
        every parameter.
    ValueError
        As `gradient_check`.
    """
    worst = gradient_check(loss, params, grads, **settings)
    if all(entry.error <= tolerance for entry in worst.values()):
        return
    lines = [_line(name, entry, tolerance) for name, entry in worst.items()]
    raise AssertionError(
        "The backward pass and the numerical gradient differ.\n" + "\n".join(lines)
    )


def _slope(f, w, index, step):
    """Return the central difference of `f` along one entry of `w`."""
    original = w[index]
    try:
        w[index] = original + step
        above = _number(f(w))
        w[index] = original - step
        below = _number(f(w))
    finally:
        w[index] = original
    return (above - below) / (2 * step)


def _slopes(loss, params, name, indices, step):
    """Return central differences along some entries of one parameter."""
    w = np.array(params[name], dtype=float)
    changed = {**params, name: w}
    return np.array([_slope(lambda _: loss(changed), w, i, step) for i in indices])


def _number(value):
    if np.size(value) != 1:
        raise TypeError(
            f"numerical_gradient: f returned an array of shape {np.shape(value)}, "
            "expected one number.\nA loss is one number: take the sum or the mean."
        )
    return float(np.reshape(value, ()))


def _sampled(shape, n_samples, rng):
    indices = list(np.ndindex(shape))
    if n_samples is None or n_samples >= len(indices):
        return indices
    chosen = rng.choice(len(indices), size=n_samples, replace=False)
    return [indices[i] for i in sorted(chosen)]


def _rounding_noise(loss, step):
    """Return the slope that a few rounding errors in the loss look like."""
    return 10 * np.finfo(float).eps * max(1.0, abs(_number(loss))) / step


def _worst(indices, analytic, numerical, noise):
    """Return the entry with the largest error."""
    if not indices:
        return WorstEntry(0.0, (), 0.0, 0.0)
    with np.errstate(invalid="ignore"):
        difference = np.abs(analytic - numerical)
    finite = np.isfinite(analytic) & np.isfinite(numerical)
    scale = max(np.abs([analytic[finite], numerical[finite]]).max(initial=0.0), noise)
    errors = np.where(difference <= noise, 0.0, difference / scale)
    errors = np.where(finite, errors, math.inf)
    place = int(errors.argmax())
    return WorstEntry(
        float(errors[place]),
        tuple(int(i) for i in indices[place]),
        float(analytic[place]),
        float(numerical[place]),
    )


def _line(name, entry, tolerance):
    if entry.error <= tolerance:
        return f"  d{name} agrees (error {entry.error:.1e})"
    where = f"[{', '.join(map(str, entry.index))}]" if entry.index else ""
    return (
        f"  d{name}{where}: yours {entry.analytic:.6g}, numerical "
        f"{entry.numerical:.6g} (error {entry.error:.1e}, tolerance {tolerance:.0e})"
    )


def _check_is_float_array(w):
    if not isinstance(w, np.ndarray) or w.dtype.kind != "f":
        kind = f"of {w.dtype}" if isinstance(w, np.ndarray) else type(w).__name__
        raise TypeError(
            f"numerical_gradient: w is {kind}, expected an array of floats.\nA small "
            "step would be cut off: np.array(w, dtype=float) keeps it."
        )


def _check_names_and_shapes(params, grads):
    if params.keys() != grads.keys():
        raise ValueError(
            f"gradient_check: gradients for {sorted(grads)}, expected "
            f"{sorted(params)}.\nGive one gradient for each parameter, by its name."
        )
    for name, w in params.items():
        if np.shape(grads[name]) != np.shape(w):
            raise ValueError(
                f"gradient_check: d{name} has shape {np.shape(grads[name])}, expected "
                f"{np.shape(w)}.\nA gradient has the shape of the array it belongs to. "
                "Sum over the axis along which that array was broadcast."
            )
