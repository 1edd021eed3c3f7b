"""Lesson 3, what blame costs: a small network of Values, and its operations counted."""

import numpy as np

from course_lib import tape


def small_network(Value, n_hidden, seed=3):
    """Return the squared error of a small network, computed with Values.

    Parameters
    ----------
    Value : callable
        As written in lesson 3.
    n_hidden : int
        Hidden tanh units; two inputs lead to each, and one output from all.
    seed : int, default=3
        Of knobs and inputs.

    Returns
    -------
    loss : Value
    knobs : list of Value
        ``4 * n_hidden + 1`` weights and biases.
    """
    numbers, inputs = _draw(n_hidden, seed)
    knobs = [Value(float(number)) for number in numbers]
    return loss_of(Value, knobs, inputs), knobs


def _draw(n_hidden, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.7, 4 * n_hidden + 1), rng.normal(0, 1, 2)


def loss_of(Value, knobs, x):
    """Return ``(output - target)**2`` of the network with these knobs, as a Value."""
    inputs, minus_target = [Value(float(each)) for each in x], Value(-0.5)
    output = knobs[-1]
    for k in range(len(knobs) // 4):
        w1, w2, b, v = knobs[4 * k : 4 * k + 4]
        hidden = (w1 * inputs[0] + w2 * inputs[1] + b).tanh()
        output = output + v * hidden
    error = output + minus_target
    return error * error


def count_operations(loss, topological_order=tape.topological_order):
    """Return how many operations made a value: one for each node with inputs."""
    return sum(len(node.inputs) > 0 for node in topological_order(loss))


def nudge_all(Value, n_hidden, seed=3):
    """Return the slopes of `small_network` found by nudging, and what that took.

    Returns
    -------
    slopes : ndarray of shape (P,)
    operations : int
        Counted in every forward pass.
    """
    numbers, inputs = _draw(n_hidden, seed)
    operations = 0

    def loss(numbers):
        nonlocal operations
        found = loss_of(Value, [Value(float(each)) for each in numbers], inputs)
        operations += count_operations(found)
        return found.data

    return probe_knobs(loss, numbers), operations


def probe_knobs(loss, knobs, step=1e-5):
    """Return every knob's slope, by nudging it to both sides.

    Parameters
    ----------
    loss : callable
        ``loss(numbers) -> float``.
    knobs : ndarray of shape (P,)
    step : float, default=1e-5

    Returns
    -------
    slopes : ndarray of shape (P,)
    """
    slopes = np.zeros(len(knobs))
    for k in range(len(knobs)):
        shift = np.zeros(len(knobs))
        shift[k] = step
        slopes[k] = (loss(knobs + shift) - loss(knobs - shift)) / (2 * step)
    return slopes
