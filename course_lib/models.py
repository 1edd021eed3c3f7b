"""Networks that the lessons use more than once, built from layers."""

from course_lib import layers
from course_lib.initializers import init_he, init_xavier, init_zeros
from course_lib.network import Layer, Network

ACTIVATIONS = {
    "tanh": (layers.tanh_forward, layers.tanh_backward, init_xavier),
    "sigmoid": (layers.sigmoid_forward, layers.sigmoid_backward, init_xavier),
    "relu": (layers.relu_forward, layers.relu_backward, init_he),
}


def mlp(
    sizes,
    rng,
    *,
    activation="tanh",
    initializer=None,
    before_activation=None,
    after_activation=None,
):
    """Build a multilayer network: linear layers with an activation between them.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, the inputs first: ``[64, 32, 10]`` has one hidden layer.
    rng : Generator
        Draws the weights, layer by layer; the biases are 0.
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"
        After every linear layer but the last.
    initializer : callable, optional
        ``initializer(D, M, rng) -> W``, as in `course_lib.initializers`. By default
        Xavier's for tanh and sigmoid, He's for ReLU.
    before_activation, after_activation : callable, optional
        ``make(M) -> Layer``, called for each hidden layer of M units: what stands
        just before or just after its activation.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or no activation of that name.
    """
    _check(sizes, activation)
    forward, backward, usual = ACTIVATIONS[activation]
    draw = initializer or usual
    stack = []
    for D, M in zip(sizes[:-2], sizes[1:-1], strict=True):
        stack.append(_linear(D, M, draw, rng))
        if before_activation is not None:
            stack.append(before_activation(M))
        stack.append(Layer(forward, backward))
        if after_activation is not None:
            stack.append(after_activation(M))
    stack.append(_linear(sizes[-2], sizes[-1], draw, rng))
    return Network(stack)


def _linear(D, M, draw, rng):
    W, b = draw(D, M, rng), init_zeros(1, M)[0]
    return Layer(layers.linear_forward, layers.linear_backward, W=W, b=b)


def _check(sizes, activation):
    if len(sizes) < 2:
        raise ValueError(
            f"mlp: sizes is {list(sizes)}, expected at least two numbers.\nGive the "
            "inputs first and the outputs last: mlp([64, 32, 10], rng)"
        )
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"mlp: activation is {activation!r}, expected one of "
            f"{', '.join(ACTIVATIONS)}."
        )
