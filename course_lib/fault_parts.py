"""Broken parts for a training run, each ready to be planted by `faults`."""

import numpy as np

from course_lib import fault_rig
from course_lib.losses import softmax_cross_entropy

# ---- the loss and its gradient


def in_the_loss(change):
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


def softmax_over_the_batch(logits, labels):
    """Return the loss and gradient of a softmax down the columns."""
    powers = np.exp(logits - logits.max(axis=0))
    return _from_probs(np.maximum(powers / powers.sum(axis=0), 1e-300), labels)


def softmax_unshifted(logits, labels):
    """Return the loss and gradient of a softmax without its shift."""
    powers = np.exp(logits)
    return _from_probs(powers / powers.sum(axis=1, keepdims=True), labels)


def next_label(logits, labels):
    """Return the loss and gradient for the digit after the right one."""
    return softmax_cross_entropy(logits, (labels + 1) % 10)


# ---- backward


def in_the_grads(change):
    """Plant ``change(grads, dlogits, cache)``, which says what is different."""

    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        return grads | change(grads, dlogits, cache)

    return lambda: {"backward": backward}


def in_the_derivative(derivative, second_weights=None):
    """Plant ``derivative(z, h)`` in the place of 1 - h²."""

    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        W2 = params["W2"] if second_weights is None else second_weights(params, grads)
        dz = dlogits @ W2.T * derivative(cache["z"], cache["h"])
        return grads | {"W1": cache["x"].T @ dz, "b1": dz.sum(axis=0)}

    return lambda: {"backward": backward}


def accumulating():
    """Plant gradients that hold those of all earlier calls."""
    total = {}

    def backward(params, dlogits, cache):
        for name, dw in fault_rig.backward(params, dlogits, cache).items():
            total[name] = total.get(name, 0) + dw
        return dict(total)

    return {"backward": backward}


def overwriting():
    """Plant a backward that clears the stored h when it is done."""

    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        _, _, (h, _) = cache["layers"]
        h[...] = 0
        return grads

    return {"backward": backward}


def writing_to_x():
    """Plant a backward that shrinks its x in place."""

    def backward(params, dlogits, cache):
        grads = fault_rig.backward(params, dlogits, cache)
        cache["x"][...] *= 0.999
        return grads

    return {"backward": backward}


# ---- start, step, data, dropout


def at_the_start(factor):
    """Plant first weights that are `factor` times as wide."""

    def init(sizes, rng):
        params = fault_rig.init(sizes, rng)
        scaled = ("W1", "W2") if factor else params
        return params | {name: factor * params[name] for name in scaled}

    return lambda: {"init": init}


def uphill(params, grads, learning_rate):
    """Return parameters moved with their gradients."""
    return {name: w + learning_rate * grads[name] for name, w in params.items()}


def shuffled(labels, rng):
    """Return the labels in an order of their own."""
    return rng.permutation(labels)


def sorted_batches(labels, rng):
    """Yield batches of examples sorted by label, without end."""
    order, k = np.argsort(labels, kind="stable"), 0
    while True:
        yield order[np.arange(k, k + fault_rig.BATCH_SIZE) % len(labels)]
        k += fault_rig.BATCH_SIZE


def in_dropout(keeps_scale, in_use):
    """Plant dropout of half the units, with a fault in its scale or its switch."""

    def mask_of(shape, training, rng):
        if not training and not in_use:
            return np.ones(())
        return (rng.random(shape) > 0.5) * (2.0 if keeps_scale else 1.0)

    def forward(params, x, training, rng):
        return fault_rig.forward_with(mask_of, params, x, training, rng)

    return lambda: {"forward": forward}
