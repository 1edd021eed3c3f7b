"""Layers put together: a loop forward, the same loop backward.

A layer is a pair of functions and its parameters by name; any two functions that
keep the pair's promise will do, wherever they were written. Between the passes
nothing is remembered but the caches, which the caller holds. So a layer may be used
twice, and a second forward pass may come before the first one's backward pass.

Batch normalization alone has something to remember from batch to batch, its running
statistics. A forward pass does not store them either: it hands the next ones out with
the caches, and who trains keeps them, with `Network.keep_running`.
"""

import inspect
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

MODES = ("training", "rng")
RUNNING = "running"


class Remembered(NamedTuple):
    """The cache of a layer with running statistics, and the next ones of these."""

    cache: Any
    running: dict


class Layer:
    """A forward function, its backward function, and their parameters.

    Parameters
    ----------
    forward : callable
        ``forward(x, ...parameters) -> (y, cache)``. Where it also takes `training` or
        `rng`, it is given those of `Network.forward`. Where it takes `running`, it
        returns ``(y, cache, running)``.
    backward : callable
        ``backward(dy, cache) -> (dx, ...one gradient for each parameter)``, in the
        order in which `forward` takes the parameters; ``dx`` alone without any. Where
        it also takes `needs_dx`, it is told when nobody needs ``dx``.
    **params : ndarray
        The parameters, by the names that `forward` gives them. They are never
        changed in place. A setting that is not trained belongs into the function:
        ``functools.partial(dropout_forward, p_drop=0.5)``. The name `running` is for
        a dict of running statistics, which have no gradient.

    Attributes
    ----------
    params : dict of str to ndarray
        The current parameters, in the order in which `forward` takes them.
    running : dict of str to ndarray, or None
        The current running statistics, of a layer that has any.

    Raises
    ------
    TypeError
        If `forward` does not take one of `params`, or needs one that is not given.
    """

    def __init__(self, forward, backward, **params):
        arguments = _arguments_after_x(forward)
        _check_params(forward, arguments, params)
        self._forward, self._backward = forward, backward
        self._modes = tuple(name for name in MODES if name in arguments)
        self._can_skip_dx = "needs_dx" in _arguments_after_x(backward)
        running = params.pop(RUNNING, None)
        if running is not None:
            running = {name: np.asarray(running[name]) for name in running}
        self.running = running
        # A learner may list b before W; the gradients come back in forward's order.
        in_order = sorted(params, key=list(arguments).index)
        self.params = {name: np.asarray(params[name]) for name in in_order}

    def __repr__(self):
        shapes = [f"{name}{list(w.shape)}" for name, w in self.params.items()]
        return f"Layer({', '.join([_name(self._forward), *shapes])})"

    def forward(self, x, training=False, rng=None):
        """Return the output and the cache. `Network.forward` calls this.

        With running statistics the cache is `Remembered`: the next ones are in it.

        Raises
        ------
        TypeError
            If the layer's function returns anything but a tuple ``(y, cache)``, or
            ``(y, cache, running)`` where it takes `running`.
        """
        given = self.params
        if self._modes:
            modes = {"training": training, "rng": rng}
            given = given | {name: modes[name] for name in self._modes}
        result = self._forward(x, **given, **_running_of(self))
        n_expected = 2 if self.running is None else 3
        if not (isinstance(result, tuple) and len(result) == n_expected):
            wanted = ", ".join(["y", "cache", RUNNING][:n_expected])
            raise TypeError(
                f"{_name(self._forward)} returned {_described(result)}, expected a "
                f"tuple ({wanted}).\nAn array of as many rows would pass for one "
                f"unnoticed. End the function with: return {wanted}"
            )
        return result if self.running is None else (result[0], Remembered(*result[1:]))

    def backward(self, dy, cache, needs_dx=True):
        """Return ``dx`` and the gradients by name. `Network.backward` calls this.

        Raises
        ------
        TypeError
            If the layer's function returns more or fewer gradients than ``dx`` and
            one for each parameter.
        """
        if self.running is not None:
            cache = cache.cache
        if needs_dx or not self._can_skip_dx:
            result = self._backward(dy, cache)
        else:
            result = self._backward(dy, cache, needs_dx=False)
        gradients = result if isinstance(result, tuple) else (result,)
        if len(gradients) != 1 + len(self.params) or result is None:
            names = ", ".join(["dx", *("d" + name for name in self.params)])
            raise TypeError(
                f"{_name(self._backward)} returned {_described(result)}, expected "
                f"{names}.\nReturn the gradient of x first, then one for each "
                f"parameter in the order of {_name(self._forward)}."
            )
        return gradients[0], dict(zip(self.params, gradients[1:], strict=True))


@dataclass
class Network:
    """Layers applied one after another. The network itself remembers nothing."""

    layers: list

    def forward(self, x, training=False, rng=None):
        """Return the last layer's output, and every layer's cache.

        Parameters
        ----------
        x : ndarray of shape (N, D)
        training : bool, default=False
            Passed on to the layers whose function takes it.
        rng : Generator, optional
            Passed on likewise, to layers that need chance.

        Returns
        -------
        y : ndarray of shape (N, M)
        caches : list
            One a layer, for `backward`.
        """
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, training, rng)
            caches.append(cache)
        return x, caches

    def backward(self, dy, caches, needs_dx=True):
        """Return the gradient at the input, and every layer's gradients by name.

        Parameters
        ----------
        dy : ndarray of shape (N, M)
            Upstream gradient, in loss per unit of the network's output.
        caches : list
            What the `forward` of the same batch returned.
        needs_dx : bool, default=True
            If False, a first layer that can leave out its ``dx`` gives None. Training
            never uses it, and it is a third of a linear layer's work.

        Returns
        -------
        dx : ndarray of shape (N, D)
        grads : list of dict
            One a layer, from the first to the last, with the keys of its `params`.
        """
        grads = []
        used = list(zip(self.layers, caches, strict=True))
        for i, (layer, cache) in reversed(list(enumerate(used))):
            dy, layer_grads = layer.backward(dy, cache, needs_dx or i > 0)
            grads.append(layer_grads)
        return dy, grads[::-1]

    def predict(self, x):
        """Return the output alone, in the mode for use: not training.

        Parameters
        ----------
        x : ndarray of shape (N, D)

        Returns
        -------
        y : ndarray of shape (N, M)
        """
        return self.forward(x)[0]

    def keep_running(self, caches):
        """Give the layers the running statistics of a forward pass in training.

        `train` calls this at every step. A layer used twice keeps those of its last
        use. Without running statistics anywhere, nothing happens.

        Parameters
        ----------
        caches : list
            What `forward` returned.
        """
        for layer, cache in zip(self.layers, caches, strict=True):
            if layer.running is not None:
                layer.running = cache.running

    @property
    def params(self):
        """A list with every layer's parameters; assign one to go back to it.

        A layer with running statistics has them beside its parameters, as `running`:
        without them going back would not be exact. They have no gradient, and a list
        without them leaves them as they are. Training replaces arrays and never
        writes into them, so a list taken now still holds the present values later.
        """
        return [layer.params | _running_of(layer) for layer in self.layers]

    @params.setter
    def params(self, params):
        for layer, layer_params in zip(self.layers, params, strict=True):
            known = layer.params | _running_of(layer)
            if not layer.params.keys() <= layer_params.keys() <= known.keys():
                raise ValueError(
                    f"{layer}: got {sorted(layer_params)}, expected "
                    f"{sorted(layer.params)}.\nGive one dict a layer, in the order of "
                    "the layers."
                )
        for layer, layer_params in zip(self.layers, params, strict=True):
            layer.running = layer_params.get(RUNNING, layer.running)
            layer.params = {name: layer_params[name] for name in layer.params}


def _running_of(layer):
    return {} if layer.running is None else {RUNNING: layer.running}


def _arguments_after_x(function):
    """Return what a function takes after its first argument, by name."""
    arguments = list(inspect.signature(function).parameters.values())[1:]
    return {argument.name: argument for argument in arguments}


def _check_params(function, arguments, params):
    taken = [name for name in arguments if name not in MODES]
    unknown = [name for name in params if name not in taken]
    missing = [
        name
        for name in taken
        if name not in params and arguments[name].default is inspect.Parameter.empty
    ]
    if unknown or missing:
        raise TypeError(
            f"Layer: {_name(function)} takes {', '.join(taken) or 'no parameters'}, "
            f"got {', '.join(params) or 'none'}.\nName each parameter as the function "
            "does: Layer(linear_forward, linear_backward, W=W, b=b)"
        )


def _name(function):
    return getattr(function, "__name__", None) or repr(function)


def _described(result):
    """Say in a few words what a function returned."""
    if result is None:
        return "None"
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    if isinstance(result, np.ndarray):
        return f"an array of shape {result.shape}"
    return f"a {type(result).__name__}"
