"""Nine things that are said of networks, each with a measurement that can settle it.

    larger, smaller = measure("it trains, so it is right")     # five seeds of each

Each myth claims that one number is larger than another; `measure` returns both, seed
by seed, so that the seed's own luck cancels in their difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from course_lib.bench_runs import Setup, run_setup
from course_lib.data import load_digits
from course_lib.initializers import init_xavier
from course_lib.layers import linear_backward, linear_forward
from course_lib.losses import softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.page import is_being_graded
from course_lib.training import evaluate, train

SEEDS = (0, 1, 2, 3, 4)
QUICK = {"n_steps": 400, "n_train": 600}


@dataclass(frozen=True)
class Myth:
    """Something that is said, as a claim that can be measured.

    Attributes
    ----------
    name : str
        As people say it.
    claim : str
        What it claims to be larger than what.
    measure : callable
        ``measure(seed, feedback) -> (larger, smaller)``, two floats.
    """

    name: str
    claim: str
    measure: Callable


def measure(name, feedback=None, seeds=SEEDS):
    """Return what a myth claims to be larger, and what smaller.

    Parameters
    ----------
    name : str
        A key of `MYTHS`.
    feedback : callable, optional
        ``feedback(dy, cache, matrix) -> (dx, dW, db)``, for the myth about W.T; by
        default the blame goes through `matrix` in the place of W.T.
    seeds : sequence of int

    Returns
    -------
    larger, smaller : ndarray of shape (seeds,)

    Raises
    ------
    ValueError
        If there is no such myth.
    """
    if name not in MYTHS:
        known = "; ".join(MYTHS)
        raise ValueError(f"measure: there is no myth {name!r}. There are: {known}")
    if is_being_graded():
        seeds = seeds[:2]  # what comes of it is looked at by nobody
    with np.errstate(all="ignore"):
        pairs = [MYTHS[name].measure(seed, feedback) for seed in seeds]
    larger, smaller = np.array(pairs, float).T
    return larger, smaller


def _thinks(seed, feedback):
    """Count the backward calls of fifty predictions."""
    rng, calls = np.random.default_rng(seed), []

    def counted(layer):
        def backward(dy, cache):
            calls.append(1)
            return layer.backward(dy, cache)

        return Layer(lambda x: layer.forward(x), backward)

    network = mlp([64, 32, 10], rng)
    network.layers = [counted(layer) for layer in network.layers]
    unseen = load_digits().validation.x
    for row in rng.choice(len(unseen), 50):
        network.predict(unseen[row : row + 1])
    return len(calls) / 50, 1.0


def _understands(seed, feedback):
    """Train on labels drawn by chance; read the training accuracy."""
    rng = np.random.default_rng(seed)
    x = load_digits().train.x[:150]
    labels = rng.integers(0, 10, len(x))
    network = mlp([64, 96, 10], rng)
    train(network, x, labels, learning_rate=0.5, rng=rng, n_steps=1200, batch_size=25)
    return 0.5, evaluate(network, x, labels)[1]


def train_with_feedback(seed, feedback=None, n_steps=500):
    """Train with a fixed random matrix in the place of each W.T.

    Returns
    -------
    float
        The accuracy on unseen digits.
    """
    rng = np.random.default_rng(seed)
    network = mlp([64, 32, 10], rng)
    for k, layer in enumerate(network.layers):
        if layer.params:
            D, M = layer.params["W"].shape
            backward = partial(feedback or _feedback, feedback=init_xavier(M, D, rng))
            network.layers[k] = Layer(
                linear_forward, _three_arguments(backward), **layer.params
            )
    digits = load_digits()
    train(network, *digits.train, learning_rate=0.3, rng=rng, n_steps=n_steps)
    return evaluate(network, *digits.validation)[1]


def _three_arguments(backward):
    """Return ``backward(dy, cache)`` of a function that a learner wrote."""
    return lambda dy, cache: backward(dy, cache)


def _feedback(dy, cache, feedback):
    _, dW, db = linear_backward(dy, cache)
    return dy @ feedback, dW, db


def _needs_transposes(seed, feedback):
    return 0.5, train_with_feedback(seed, feedback)


def fading(seed, depth=20):
    """Return over how many decades dW and the blame fade, from last to first layer."""
    rng = np.random.default_rng(seed)
    sizes = [64] + [64] * depth + [10]
    network = mlp(sizes, rng, activation="relu", initializer=init_xavier)
    x, labels = (part[:128] for part in load_digits().train)
    logits, caches = network.forward(x)
    _, dy = softmax_cross_entropy(logits, labels)
    blames, sizes_of_dW = [], []
    for layer, cache in zip(reversed(network.layers), reversed(caches), strict=True):
        if layer.params:
            blames.append(np.linalg.norm(dy))
        dy, grads = layer.backward(dy, cache)
        if grads:
            sizes_of_dW.append(np.linalg.norm(grads["W"]))
    last, first = 1, -1  # of the hidden layers, counted from the output
    return tuple(
        float(np.log10(norms[last] / norms[first])) for norms in (sizes_of_dW, blames)
    )


def _norm_shows(seed, feedback):
    return fading(seed)


def slope_error(step, seed):
    """Return the relative error of a measured slope of tanh, from both sides."""
    w = np.random.default_rng(seed).uniform(0.2, 0.8, 50)
    measured = (np.tanh(w + step) - np.tanh(w - step)) / (2 * step)
    right = 1 - np.tanh(w) ** 2
    return float(np.abs(measured / right - 1).max())


def _smaller_is_better(seed, feedback):
    return np.log10(slope_error(1e-5, seed)), np.log10(slope_error(1e-10, seed))


def _accuracy(setup, seed):
    return run_setup(setup, seed)[0].validation_accuracies[-1]


def _trains_so_right(seed, feedback):
    right = _accuracy(Setup(**QUICK), seed)
    return right - 0.05, _accuracy(Setup(**QUICK, wrong_backward=True), seed)


def _bigger_is_worse(seed, feedback):
    small = _accuracy(Setup(**QUICK, batch_size=16), seed)
    return small, _accuracy(Setup(**QUICK, batch_size=256), seed)


def _looks_like_nan(seed, feedback):
    setup = Setup(**QUICK, hidden=(32, 32), activation="relu", learning_rate=4.0)
    return float(bool(run_setup(setup, seed)[0].note)), 0.5


def _is_batch_norm(seed, feedback):
    """Move one example of eight; measure how far the others' outputs move."""
    x = np.random.default_rng(seed).normal(size=(8, 5))
    moved = x.copy()
    moved[0] += 3.0

    def change(axis):
        first, second = (
            (v - v.mean(axis, keepdims=True)) / v.std(axis, keepdims=True)
            for v in (x, moved)
        )
        return np.abs(second - first)[1:].mean()

    return change(1), change(0) / 2


_LISTED = (
    Myth(
        "backpropagation is how it thinks",
        "backward runs at least once for each prediction",
        _thinks,
    ),
    Myth(
        "it understands what it learns",
        "of labels drawn by chance it learns less than half by heart",
        _understands,
    ),
    Myth(
        "without W.T there is no learning",
        "with random matrices going back it reads less than half right",
        _needs_transposes,
    ),
    Myth(
        "the norm of dW shows vanishing",
        "dW fades over more decades than the blame does",
        _norm_shows,
    ),
    Myth(
        "a smaller step measures better",
        "the error at 1e-5 is above that at 1e-10, in decades",
        _smaller_is_better,
    ),
    Myth(
        "it trains, so it is right",
        "a wrong backward costs more than five points of accuracy",
        _trains_so_right,
    ),
    Myth(
        "a bigger batch generalizes worse",
        "batches of 16 read more unseen digits than batches of 256",
        _bigger_is_worse,
    ),
    Myth(
        "NaN is how a high rate looks",
        "more than half of runs with too high a rate end in NaN",
        _looks_like_nan,
    ),
    Myth(
        "layer norm is batch norm",
        "moving one example moves the others at least half as far",
        _is_batch_norm,
    ),
)
MYTHS = {myth.name: myth for myth in _LISTED}
