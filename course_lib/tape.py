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

    Attributes
    ----------
    grad : float or ndarray
        Loss per unit of `data`; 0.0 until `backward` has run.
    pass_back : callable
        Adds to each input's `grad` its local derivative times this `grad`. Called by
        `backward`.
    """

    def __init__(self, data, inputs=()):
        self.data = data
        self.inputs = inputs
        self.grad = 0.0
        self.pass_back = lambda: None

    def __add__(self, other):
        """Add two values of one shape."""
        out = Value(self.data + other.data, (self, other))

        def pass_back():
            self.grad += out.grad
            other.grad += out.grad

        out.pass_back = pass_back
        return out

    def __mul__(self, other):
        """Multiply two values of one shape."""
        out = Value(self.data * other.data, (self, other))

        def pass_back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pass_back = pass_back
        return out

    def tanh(self):
        """Return the hyperbolic tangent."""
        out = Value(np.tanh(self.data), (self,))

        def pass_back():
            self.grad += (1 - out.data**2) * out.grad

        out.pass_back = pass_back
        return out

    def exp(self):
        """Return e to this power."""
        out = Value(np.exp(self.data), (self,))

        def pass_back():
            self.grad += out.data * out.grad

        out.pass_back = pass_back
        return out


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
