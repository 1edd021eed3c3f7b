"""Training passes in memory made once: what `Network` computes, sooner.

A small network's step consists of calls that take longer to start than to compute. What
`course_lib.layers` and `course_lib.network` say in clear words is repeated here with
fewer of them, for stacks of linear layers, tanh and ReLU that `train` takes down the
slope by `sgd`. It gives the same numbers to the last bit: whoever reads the other pages
has read what this one does, and `benchmarks/README.md` says what it is worth.
"""

import numpy as np

from course_lib import layers
from course_lib.losses import mse, softmax_cross_entropy
from course_lib.network import Layer, Network
from course_lib.optimizers import sgd

PRECISIONS = (np.dtype("float64"), np.dtype("float32"))


def quick_passes(network, x, targets, loss, optimizer):
    """Return what takes a network's place in training: where it can, a quick one.

    Parameters
    ----------
    network : Network
    x, targets : ndarray
        The examples that batches are taken from.
    loss, optimizer : callable
        As for `train`.

    Returns
    -------
    QuickNetwork or Network
        `network` itself, unless everything about it is known here: its layers, none of
        them used twice, the loss, the optimizer, and one precision for all numbers.
    """
    is_known = (
        type(network) is Network
        and vars(network).keys() == {"layers"}  # no function was put in between
        and all(
            type(layer) is Layer and _pair_of(layer) in PARTS
            for layer in network.layers
        )
        and len(set(network.layers)) == len(network.layers) > 0
        and all(
            p["W"].ndim == 2 and p["b"].shape == p["W"].shape[1:]
            for p in network.params
            if p
        )
        and optimizer is sgd
        and _have_one_precision(network, x, targets, loss)
    )
    return QuickNetwork(network) if is_known else network


class QuickNetwork:
    """The passes of a network in training, with `Network`'s names for them.

    What a pass returns holds until the next one, and a forward pass can be gone back
    through once. Parameters are always new arrays.

    Parameters
    ----------
    network : Network
        Its layers' current parameters are read at each pass.
    """

    def __init__(self, network):
        self._layers = network.layers
        self._stacks = {}  # for each batch size: an epoch's last batch is smaller

    def forward(self, x, training=True, rng=None):
        """Return the output, and the caches for `backward`."""
        stack = self._stacks.get(len(x))
        if stack is None:
            stack = self._stacks[len(x)] = _make_stack(self._layers, x)
        for part in stack:
            x = part.forward(x)
        return x, stack

    def backward(self, dy, caches, needs_dx=False):
        """Return None and the gradients by name: a list that is one vector as well."""
        size = sum(part.size for part in caches)
        grads = FlatGradients()
        grads.flat = np.empty(size, dy.dtype)
        lowest = caches[0]
        for part in reversed(caches):
            size -= part.size
            room = grads.flat[size : size + part.size]
            dy, layer_grads = part.backward(dy, room, part is not lowest)
            grads.append(layer_grads)
        grads.reverse()
        return None, grads

    def keep_running(self, caches):
        """Do nothing: none of these layers has running statistics."""


class FlatGradients(list):
    """For each layer its gradients by name: views of one vector, ``flat``."""

    def descend(self, stack, learning_rate):
        """Give the layers what `sgd` would: one product for all gradients."""
        moved, start = -learning_rate * self.flat, 0
        for layer, layer_grads in zip(stack, self, strict=True):
            if layer_grads:
                params = {}
                for name in layer_grads:
                    w = layer.params[name]
                    step = moved[start : start + w.size].reshape(w.shape)
                    params[name] = np.add(step, w, out=step)
                    start += w.size
                layer.params = params


class _Linear:
    """`layers.linear_forward` and `layers.linear_backward`."""

    def __init__(self, layer, y, dx):
        W = layer.params["W"]
        self.layer, self.y, self.dx, self.shape = layer, y, dx, W.shape
        self.n_weights, self.size = W.size, W.size + W.shape[1]

    def forward(self, x):
        params = self.layer.params
        self.x, self.W = x, params["W"]
        y = x.dot(self.W, out=self.y)
        return np.add(y, params["b"], out=y)

    def backward(self, dy, room, needs_dx):
        dW, db = room[: self.n_weights].reshape(self.shape), room[self.n_weights :]
        self.x.T.dot(dy, out=dW)
        np.add.reduce(dy, axis=0, out=db)
        dx = dy.dot(self.W.T, out=self.dx) if needs_dx else None
        return dx, {"W": dW, "b": db}


class _Activation:
    """What works in the memory of its own output, going back too.

    By then nobody reads the output any more: the layer above, which had it as its
    input, has been gone through.
    """

    size = 0

    def __init__(self, layer, y, dx):
        self.y, self.one, self.zero = y, np.ones((), y.dtype), np.zeros((), y.dtype)


class _Tanh(_Activation):
    """`layers.tanh_forward` and `layers.tanh_backward`."""

    def forward(self, x):
        return np.tanh(x, out=self.y)

    def backward(self, dy, room, needs_dx):
        slope = np.multiply(self.y, self.y, out=self.y)
        np.subtract(self.one, slope, out=slope)
        return np.multiply(dy, slope, out=slope), {}


class _Relu(_Activation):
    """`layers.relu_forward` and `layers.relu_backward`; y > 0 just where x > 0."""

    def forward(self, x):
        return np.maximum(x, self.zero, out=self.y)

    def backward(self, dy, room, needs_dx):
        return np.multiply(dy, self.y > self.zero, out=self.y), {}


PARTS = {
    (layers.linear_forward, layers.linear_backward): _Linear,
    (layers.tanh_forward, layers.tanh_backward): _Tanh,
    (layers.relu_forward, layers.relu_backward): _Relu,
}


def _make_stack(network_layers, x):
    """Return a part for each layer, with memory for as many examples as `x` has.

    As little of it as will do, so that it stays near the processor: an activation
    overwrites the weighted sums that it gets, and all `dx` of a width share two arrays.
    """
    stack, scratch, y, is_sum = [], {}, x, False
    for position, layer in enumerate(network_layers):
        dx = None
        if layer.params:
            place = x.shape[1], position % 2
            dx = scratch.setdefault(place, np.empty(x.shape, x.dtype))
            y = np.empty((len(x), layer.params["b"].size), x.dtype)
        elif not is_sum:
            y = np.empty(x.shape, x.dtype)
        stack.append(PARTS[_pair_of(layer)](layer, y, dx))
        x, is_sum = y, bool(layer.params)
    return stack


def _pair_of(layer):
    return layer._forward, layer._backward


def _have_one_precision(network, x, targets, loss):
    """Say whether x, parameters and the loss's gradient will be of one known type."""
    if not (type(x) is type(targets) is np.ndarray and x.ndim == 2):
        return False
    arrays = [x, *(w for layer in network.layers for w in layer.params.values())]
    if loss is mse:
        arrays.append(targets)
    elif loss is not softmax_cross_entropy:
        return False
    return x.dtype in PRECISIONS and {a.dtype for a in arrays} == {x.dtype}
