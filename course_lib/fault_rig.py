"""A training run made of parts, so that one of them can be broken on purpose.

The network is 64-32-10 with tanh, on the digits. `faults` replaces one part at a time;
`instruments` reads what comes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from course_lib.data import load_digits
from course_lib.layers import (
    linear_backward,
    linear_forward,
    tanh_backward,
    tanh_forward,
)
from course_lib.losses import softmax_cross_entropy

SIZES = (64, 32, 10)
N_STEPS, BATCH_SIZE = 660, 32


def init(sizes, rng):
    """Return first parameters W1, b1, W2, b2, of a standard deviation that fits."""
    D, H, C = sizes
    return {
        "W1": rng.normal(0, np.sqrt(1 / D), (D, H)),
        "b1": rng.normal(0, 0.05, H),
        "W2": rng.normal(0, np.sqrt(1 / H), (H, C)),
        "b2": rng.normal(0, 0.05, C),
    }


def forward(params, x, training, rng):
    """Return the logits of shape (N, C) and what backward needs."""
    return forward_with(None, params, x, training, rng)


def forward_with(mask_of, params, x, training, rng):
    """Run forward with `mask_of(shape, training, rng)` times the hidden units."""
    z, to_hidden = linear_forward(x, params["W1"], params["b1"])
    h, to_tanh = tanh_forward(z)
    mask = np.ones(()) if mask_of is None else mask_of(h.shape, training, rng)
    logits, to_logits = linear_forward(h * mask, params["W2"], params["b2"])
    seen = {"x": x, "z": z, "h": h * mask, "mask": mask}
    return logits, seen | {"layers": (to_hidden, to_tanh, to_logits)}


def backward(params, dlogits, cache):
    """Return the gradients of all parameters, by name."""
    to_hidden, to_tanh, to_logits = cache["layers"]
    dh, dW2, db2 = linear_backward(dlogits, to_logits)
    dz = tanh_backward(dh * cache["mask"], to_tanh)
    _, dW1, db1 = linear_backward(dz, to_hidden)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def update(params, grads, learning_rate):
    """Return new parameters, moved against their gradients."""
    return {name: w - learning_rate * grads[name] for name, w in params.items()}


def keep_labels(labels, rng):
    """Return the labels to train on: as they are."""
    return labels


def draw_batches(labels, rng):
    """Yield the rows of one random batch after another, without end."""
    while True:
        yield rng.choice(len(labels), BATCH_SIZE, replace=False)


@dataclass(frozen=True)
class Parts:
    """What a run is made of. A fault replaces one of them.

    Attributes
    ----------
    init : callable
        ``init(sizes, rng) -> params``.
    training_scale, use_scale : float
        What pixels of 0 to 16 are multiplied by, in training and in use.
    relabel : callable
        ``relabel(labels, rng) -> labels`` to train on.
    batches : callable
        ``batches(labels, rng)`` yields row numbers without end.
    forward : callable
        ``forward(params, x, training, rng) -> (logits, cache)``.
    loss : callable
        ``loss(logits, labels) -> (loss, dlogits)``, in nats per example.
    backward : callable
        ``backward(params, dlogits, cache) -> grads``.
    update : callable
        ``update(params, grads, learning_rate) -> params``.
    rate : float
        What any learning rate is multiplied by; 1 where nothing is wrong.
    """

    init: Callable = init
    training_scale: float = 1 / 16
    use_scale: float = 1 / 16
    relabel: Callable = keep_labels
    batches: Callable = draw_batches
    forward: Callable = forward
    loss: Callable = softmax_cross_entropy
    backward: Callable = backward
    update: Callable = update
    rate: float = 1.0

    def gradient(self, params, x, labels, rng, training=True):
        """Return the loss of one batch, its gradients, and the cache."""
        logits, cache = self.forward(params, x, training, rng)
        loss, dlogits = self.loss(logits, labels)
        return loss, self.backward(params, dlogits, cache), cache

    def step(self, params, x, labels, learning_rate, rng):
        """Return the parameters after one step, and the loss before it."""
        loss, grads, _ = self.gradient(params, x, labels, rng)
        return self.update(params, grads, learning_rate * self.rate), loss


@lru_cache(maxsize=1)
def pixels():
    """Return the digits with pixels from 0 to 16."""
    return load_digits(scaled=False)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes
    ----------
    params : dict
    losses : ndarray of shape (n_steps,)
        Of each step's batch, before its update, in nats.
    train_loss : float
        Over all training examples at the end, in nats.
    accuracy : float
        On the validation examples at the end, from 0 to 1.
    by_class : ndarray of shape (10,)
        The same for each true digit.
    """

    params: dict
    losses: np.ndarray
    train_loss: float
    accuracy: float
    by_class: np.ndarray


@np.errstate(all="ignore")  # a broken run may overflow; its readings say so
def run(parts, seed=0, n_steps=N_STEPS, learning_rate=0.3):
    """Train once and return the `Outcome`.

    Parameters
    ----------
    parts : Parts
        Made anew for each run: some faults remember.
    seed : int
        Of the first weights, the batches and all other chance.
    n_steps : int
    learning_rate : float
    """
    rng = np.random.default_rng(seed)
    x, labels = pixels().train
    x, labels = x * parts.training_scale, parts.relabel(labels, rng)
    params, losses = parts.init(SIZES, rng), []
    batches = parts.batches(labels, rng)
    for _ in range(n_steps):
        rows = next(batches)
        params, loss = parts.step(params, x[rows], labels[rows], learning_rate, rng)
        losses.append(float(loss))
    logits, _ = parts.forward(params, x.copy(), False, rng)
    unseen, truth = pixels().validation
    found, _ = parts.forward(params, unseen * parts.use_scale, False, rng)
    right = found.argmax(axis=1) == truth
    return Outcome(
        params,
        np.array(losses),
        float(parts.loss(logits, labels)[0]),
        float(right.mean()),
        np.array([right[truth == digit].mean() for digit in range(10)]),
    )


@np.errstate(all="ignore")
def recorded(parts, seed=0, n_steps=N_STEPS, n_examples=40):
    """Train, and return what the layers get in training and in use.

    Returns
    -------
    train_x, use_x : ndarray of shape (n_examples, 64)
        What the first layer gets, of training and of validation examples.
    train_h, use_h : ndarray of shape (n_examples, 32)
        What the second layer gets, after dropout where there is any.
    """
    params, rng = run(parts, seed, n_steps).params, np.random.default_rng(seed + 1)
    seen = []
    for examples, scale, training in (
        (pixels().train, parts.training_scale, True),
        (pixels().validation, parts.use_scale, False),
    ):
        _, cache = parts.forward(params, examples.x[:n_examples] * scale, training, rng)
        seen.append((cache["x"], cache["h"]))
    (train_x, train_h), (use_x, use_h) = seen
    return train_x, use_x, train_h, use_h
