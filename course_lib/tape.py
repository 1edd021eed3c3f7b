"""A tape: values that remember what they were made of, so blame finds its way back.

Lesson 3 derives all of it, and its learners write it.
"""

import numpy as np


class Value:
    """A number or an array on the tape.

    Parameters
    ----------
    data : float or ndarray
    inputs : tuple of Value
        What it was computed from; empty for a leaf.
    shares : callable
        ``shares(dy) -> tuple``: one gradient for each input, like the backward half
        of a pair.

    Attributes
    ----------
    grad : float or ndarray
        Loss per unit of `data`; 0.0 until `backward` has run.
    """

    def __init__(self, data, inputs=(), shares=lambda dy: ()):
        self.data, self.inputs, self.shares, self.grad = data, inputs, shares, 0.0

    def pass_back(self):
        """Add to each input's `grad` its share of the blame. Called by `backward`."""
        for each, share in zip(self.inputs, self.shares(self.grad), strict=True):
            each.grad += share

    def __add__(self, other):
        """Add two values of one shape."""
        return type(self)(self.data + other.data, (self, other), lambda dy: (dy, dy))

    def __mul__(self, other):
        """Multiply two values of one shape."""
        a, b = self.data, other.data
        return type(self)(a * b, (self, other), lambda dy: (dy * b, dy * a))

    def tanh(self):
        """Return the hyperbolic tangent."""
        y = np.tanh(self.data)
        return type(self)(y, (self,), lambda dy: (dy * (1 - y**2),))

    def exp(self):
        """Return e to this power."""
        y = np.exp(self.data)
        return type(self)(y, (self,), lambda dy: (dy * y,))


def topological_order(value):
    """Return all values that `value` was made of, each once, after its inputs.

    Parameters
    ----------
    value : Value

    Returns
    -------
    list of Value
        The last one is `value`.
    """
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for each in node.inputs:
                visit(each)
            order.append(node)

    visit(value)
    return order


def backward(value):
    """Set the `grad` of everything that `value` was made of; its own becomes 1.

    Gradients of an earlier sweep are forgotten.
    """
    order = topological_order(value)
    for node in order:
        node.grad = 0.0
    value.grad = 1.0
    for node in reversed(order):
        node.pass_back()


def unbroadcast(gradient, shape):
    """Return a gradient in the shape its array had before it was broadcast.

    Parameters
    ----------
    gradient : ndarray
        In loss per unit of the broadcast array.
    shape : tuple of int
        Of the array, which broadcasts to the shape of `gradient`.

    Notes
    -----
    One entry was used in many places, so its blame is the sum over them.
    """
    extra = gradient.ndim - len(shape)
    summed = gradient.sum(axis=tuple(range(extra)))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1)
    return summed.sum(axis=stretched, keepdims=True)
