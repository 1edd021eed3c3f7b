"""Thirty faults, each planted in a network that trains well without it.

parts = FAULTS["db2 is zero"].parts()
outcome = fault_rig.run(parts)          # validation accuracy 0.97 all the same
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from course_lib import fault_rig
from course_lib.fault_rig import Parts
from course_lib.losses import softmax_cross_entropy


@dataclass(frozen=True)
class Fault:
    """A fault by name.

    Attributes
    ----------
    name : str
    sentence : str
        What is wrong, in one sentence.
    plant : callable
        ``plant() -> dict`` of the parts it replaces, made anew for each run.
    """

    name: str
    sentence: str
    plant: Callable

    def parts(self):
        """Return the parts of a new run with this fault in it."""
        return replace(Parts(), **self.plant())


# ---- the loss and its gradient


def _loss(change):
    """Plant ``change(dlogits, N)`` in what the loss sends back."""

    def loss(logits, labels):
        value, dlogits = softmax_cross_entropy(logits, labels)
        return value, change(dlogits, len(labels))

    return lambda: {"loss": loss}


def _from_probs(probs, labels):
    rows = np.arange(len(labels))
    dlogits = probs.copy()
    dlogits[rows, labels] -= 1
    return -np.log(probs[rows, labels]).mean(), dlogits / len(labels)


def _softmax_over_the_batch(logits, labels):
    powers = np.exp(logits - logits.max(axis=0))
    return _from_probs(np.maximum(powers / powers.sum(axis=0), 1e-300), labels)


def _softmax_unshifted(logits, labels):
    powers = np.exp(logits)
    return _from_probs(powers / powers.sum(axis=1, keepdims=True), labels)


def _next_label(logits, labels):
    return softmax_cross_entropy(logits, (labels + 1) % 10)


# ---- backward


def _second_layer(change):
    """Plant ``change(grads, dlogits, cache)``, which says what is different."""

    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        return grads | change(grads, dlogits, cache)

    return lambda: {"backward": backward}


def _tanh_derivative(derivative, second_weights=None):
    """Plant ``derivative(z, h)`` in the place of 1 - h²."""

    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        W2 = params["W2"] if second_weights is None else second_weights(params, grads)
        dz = dlogits @ W2.T * derivative(cache["z"], cache["h"])
        return grads | {"W1": cache["x"].T @ dz, "b1": dz.sum(axis=0)}

    return lambda: {"backward": backward}


def _accumulating():
    total = {}

    def backward(params, dlogits, cache):
        for name, dw in fault_rig.backward(params, dlogits, cache).items():
            total[name] = total.get(name, 0) + dw
        return dict(total)

    return {"backward": backward}


def _overwriting():
    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        _, _, (h, _) = cache["layers"]
        h[...] = 0
        return grads

    return {"backward": backward}


def _writing_to_x():
    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        cache["x"][...] *= 0.999
        return grads

    return {"backward": backward}


# ---- start, step, data, dropout


def _init(factor):
    def init(sizes, rng):
        params = fault_rig.init(sizes, rng)
        scaled = ("W1", "W2") if factor else params
        return params | {name: factor * params[name] for name in scaled}

    return lambda: {"init": init}


def _uphill(params, grads, learning_rate):
    return {name: w + learning_rate * grads[name] for name, w in params.items()}


def _shuffled(labels, rng):
    return rng.permutation(labels)


def _sorted_batches(labels, rng):
    order, k = np.argsort(labels, kind="stable"), 0
    while True:
        yield order[np.arange(k, k + fault_rig.BATCH_SIZE) % len(labels)]
        k += fault_rig.BATCH_SIZE


def _dropout(keeps_scale, in_use):
    """Plant dropout of half the units, with a fault in its scale or its switch."""

    def mask_of(shape, training, rng):
        if not training and not in_use:
            return np.ones(())
        return (rng.random(shape) > 0.5) * (2.0 if keeps_scale else 1.0)

    def forward(params, x, training, rng):
        return fault_rig.forward_with(mask_of, params, x, training, rng)

    return lambda: {"forward": forward}


HEALTHY = Fault("healthy", "Nothing is planted here.", dict)
SOUND_DROPOUT = Fault(
    "sound dropout",
    "Half the units are dropped in training and doubled in scale, as it should be.",
    lambda: {
        "forward": lambda params, x, training, rng: fault_rig.forward_with(
            lambda shape, training, rng: (
                (rng.random(shape) > 0.5) * 2.0 if training else np.ones(())
            ),
            params,
            x,
            training,
            rng,
        )
    },
)

_LISTED = (
    Fault(
        "no 1/N",
        "The gradient is a sum over the batch, the loss a mean.",
        _loss(lambda d, N: d * N),
    ),
    Fault(
        "1/N twice",
        "The gradient is divided by the batch size a second time.",
        _loss(lambda d, N: d / N),
    ),
    Fault(
        "y - p",
        "Backward starts from onehot minus probs: every gradient points downhill.",
        _loss(lambda d, N: -d),
    ),
    Fault(
        "plus in the update",
        "The step goes with the gradient, uphill.",
        lambda: {"update": _uphill},
    ),
    Fault(
        "z for dW2",
        "dW2 is made from the pre-activation z in place of h.",
        _second_layer(lambda g, d, c: {"W2": c["z"].T @ d}),
    ),
    Fault(
        "1 - z²",
        "The derivative of tanh is taken from z in place of h.",
        _tanh_derivative(lambda z, h: 1 - z**2),
    ),
    Fault(
        "1 - h",
        "The derivative of tanh lost its square.",
        _tanh_derivative(lambda z, h: 1 - h),
    ),
    Fault(
        "no tanh derivative",
        "Blame passes tanh as if it were not there.",
        _tanh_derivative(lambda z, h: 1.0),
    ),
    Fault(
        "db2 is zero",
        "The second bias never gets any blame.",
        _second_layer(lambda g, d, c: {"b2": 0 * g["b2"]}),
    ),
    Fault(
        "db2 is a mean",
        "db2 is the mean over the batch of what already holds 1/N.",
        _second_layer(lambda g, d, c: {"b2": d.mean(axis=0)}),
    ),
    Fault(
        "db2 of shape (1, C)",
        "db2 kept an axis: it is a row of a table, not a list.",
        _second_layer(lambda g, d, c: {"b2": d.sum(axis=0, keepdims=True)}),
    ),
    Fault(
        "db2 is one number",
        "db2 is summed over the classes too, and the same everywhere.",
        _second_layer(lambda g, d, c: {"b2": np.full_like(g["b2"], d.sum())}),
    ),
    Fault(
        "first layer frozen",
        "dW1 and db1 are zero.",
        _second_layer(lambda g, d, c: {"W1": 0 * g["W1"], "b1": 0 * g["b1"]}),
    ),
    Fault(
        "W2 moved too early",
        "dh is made from W2 after its update, not from the W2 that forward used.",
        _tanh_derivative(lambda z, h: 1 - h**2, lambda p, g: p["W2"] - 0.3 * g["W2"]),
    ),
    Fault(
        "gradients add up",
        "Each backward adds to the gradients of all the steps before.",
        _accumulating,
    ),
    Fault(
        "cache overwritten",
        "Backward fills the stored h with zeros when it is done.",
        _overwriting,
    ),
    Fault(
        "input changed",
        "Backward multiplies its input x by 0.999, in place.",
        _writing_to_x,
    ),
    Fault(
        "softmax over the batch",
        "Softmax is taken down the columns: the examples share one probability.",
        lambda: {"loss": _softmax_over_the_batch},
    ),
    Fault(
        "no shift in softmax",
        "The largest logit is not subtracted before exp.",
        lambda: {"loss": _softmax_unshifted},
    ),
    Fault(
        "label off by one",
        "The loss reads each label as the next digit.",
        lambda: {"loss": _next_label},
    ),
    Fault(
        "labels shuffled",
        "Images and labels were shuffled apart.",
        lambda: {"relabel": _shuffled},
    ),
    Fault(
        "sorted batches",
        "The examples come sorted by digit.",
        lambda: {"batches": _sorted_batches},
    ),
    Fault(
        "inputs not scaled",
        "Pixels go from 0 to 16, in training and in use.",
        lambda: {"training_scale": 1.0, "use_scale": 1.0},
    ),
    Fault(
        "scaled only in training",
        "Pixels are divided by 16 in training, and not in use.",
        lambda: {"use_scale": 1.0},
    ),
    Fault(
        "dropout left on",
        "Half the hidden units are dropped in use too.",
        _dropout(keeps_scale=True, in_use=True),
    ),
    Fault(
        "dropout not scaled",
        "The units that stay are not doubled in training, so in use twice as much "
        "arrives.",
        _dropout(keeps_scale=False, in_use=False),
    ),
    Fault("zero start", "All weights and biases start at zero.", _init(0.0)),
    Fault(
        "start ten times too wide", "Both weights start ten times larger.", _init(10)
    ),
    Fault("rate × 100", "The learning rate is 30.", lambda: {"rate": 100.0}),
    Fault("rate / 1000", "The learning rate is 0.0003.", lambda: {"rate": 0.001}),
)

FAULTS = {fault.name: fault for fault in _LISTED}
SILENT = ("inputs not scaled", "scaled only in training", "dropout not scaled")
