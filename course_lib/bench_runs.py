"""Training runs on a bench: set up, trained once, and read with every instrument.

    setup = Setup(learning_rate=3.0, activation="relu")
    readings = read_run(setup, seed=0)
    readings["training loss"][-1]                       # 2.31, and it does not fall
    again = read_run(CHANGES["a tenth of the learning rate"](setup), seed=0)

The bench exam draws its sealed runs from here, and `diagnosis` is tested on them.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from course_lib import layers
from course_lib.data import load_digits
from course_lib.initializers import init_normal
from course_lib.losses import softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.training import train

N_CLASSES = 10
MEASUREMENTS = 10  # after the first one, spread evenly over the run


@dataclass(frozen=True)
class Setup:
    """One training run: what is trained, on what, and how.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    activation : {"tanh", "sigmoid", "relu"}
    start : float or None
        Standard deviation of all first weights; None for the activation's own.
    learning_rate : float
    batch_size, n_steps, n_train : int
    wrong_labels : float
        Share of the training labels that are drawn by chance.
    pixel_noise : float
        Standard deviation of what is added to each pixel; pixels go from 0 to 1.
    starved : int or None
        A class of which only `n_starved` training examples are left.
    n_starved : int
    oversampled : bool
        Whether examples of rare classes are shown as often as the others.
    seen : float
        Share of the validation images that are among the training images as well.
    wrong_backward : bool
        Whether blame passes every activation as if it were not there.
    """

    hidden: tuple = (32,)
    activation: str = "tanh"
    start: float | None = None
    learning_rate: float = 0.3
    batch_size: int = 32
    n_steps: int = 600
    n_train: int = 800
    wrong_labels: float = 0.0
    pixel_noise: float = 0.0
    starved: int | None = None
    n_starved: int = 4
    oversampled: bool = False
    seen: float = 0.0
    wrong_backward: bool = False


CHANGES = {
    "a tenth of the learning rate": lambda s: replace(
        s, learning_rate=s.learning_rate / 10
    ),
    "ten times the learning rate": lambda s: replace(
        s, learning_rate=s.learning_rate * 10
    ),
    "tanh and its own start": lambda s: replace(s, activation="tanh", start=None),
    "the start that fits": lambda s: replace(s, start=None),
    "ten times the data": lambda s: replace(s, n_train=10 * s.n_train),
    "labels read again by eye": lambda s: replace(s, wrong_labels=0.0),
    "the rare class as often": lambda s: replace(s, oversampled=True),
    "backward written again": lambda s: replace(s, wrong_backward=False),
}
NOTHING = "nothing"


@np.errstate(all="ignore")  # a sick run may overflow; its readings say so
def read_run(setup, seed):
    """Train once and read every instrument.

    Parameters
    ----------
    setup : Setup
    seed : int
        Of the data, the first weights and the batches.

    Returns
    -------
    dict of str to float or ndarray
        "steps", "training loss", "validation loss", "training accuracy" and
        "validation accuracy", each of shape (T,), NaN from where training broke off;
        "gradient check", the largest relative error; "first blame", the norm of the
        blame at the first hidden layer as a share of that at the last one, before
        training; "wrong of 20", how many of twenty training labels are wrong;
        "by class", the share of validation examples read right, of shape (10,).
    """
    return readings_of(setup, seed, *run_setup(setup, seed))


@np.errstate(all="ignore")
def readings_of(setup, seed, history, network, data):
    """Return what `read_run` returns, of a run that `run_setup` has made."""
    fresh, _ = _network(setup, np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    unseen, truth = data["validation"]
    right = network.predict(unseen).argmax(axis=1) == truth
    picks = rng.choice(len(data["labels"]), 20, replace=False)
    wrong = data["labels"] != data["true labels"]
    return {
        **_curves(history, setup.n_steps),
        "gradient check": _gradient_error(fresh, data, rng),
        "first blame": first_blame(fresh, data["x"][:64], data["labels"][:64]),
        "wrong of 20": float(wrong[picks].sum()),
        "by class": np.array([right[truth == c].mean() for c in range(N_CLASSES)]),
    }


@np.errstate(all="ignore")
def run_setup(setup, seed):
    """Train once; return the `History`, the network and what it was trained on."""
    data = _data(setup, np.random.default_rng([seed, 7]))
    network, rng = _network(setup, np.random.default_rng(seed))
    history = train(
        network,
        data["x"],
        data["labels"],
        learning_rate=setup.learning_rate,
        rng=rng,
        n_steps=setup.n_steps,
        batch_size=setup.batch_size,
        validation=data["validation"],
        measure_every=max(1, setup.n_steps // MEASUREMENTS),
        progress=lambda *_: None,
    )
    return history, network, data


def first_blame(network, x, labels):
    """Return the blame at the first hidden layer, as a share of that at the last."""
    logits, caches = network.forward(x)
    _, dy = softmax_cross_entropy(logits, labels)
    norms = []
    for layer, cache in zip(reversed(network.layers), reversed(caches), strict=True):
        dy, grads = layer.backward(dy, cache)
        if grads:
            norms.append(float(np.linalg.norm(dy)))
    arriving = norms[:-1]  # the last one is what arrives at the inputs
    share = arriving[-1] / arriving[0] if arriving[0] else 0.0
    return float(share) if np.isfinite(share) else float("nan")


def _data(setup, rng):
    """Return the training and validation examples of a run, as a dict."""
    digits = load_digits()
    (x, labels), (unseen, truth) = digits.train, digits.validation
    order = rng.permutation(len(x))
    if setup.starved is not None:
        rare = order[labels[order] == setup.starved][setup.n_starved :]
        order = order[~np.isin(order, rare)]
    rows = order[: setup.n_train]
    if setup.oversampled:
        rows = _evened(rows, labels, rng)
    x, true_labels = x[rows], labels[rows]
    if setup.seen:
        known = rng.choice(len(unseen), round(setup.seen * len(unseen)), replace=False)
        x = np.concatenate([x, unseen[known]])
        true_labels = np.concatenate([true_labels, truth[known]])
    x = x + setup.pixel_noise * rng.normal(size=x.shape)
    noisy = unseen + setup.pixel_noise * rng.normal(size=unseen.shape)
    given = true_labels.copy()
    wrong = rng.random(len(given)) < setup.wrong_labels
    given[wrong] = rng.integers(0, N_CLASSES, wrong.sum())
    return {
        "x": x,
        "labels": given,
        "true labels": true_labels,
        "validation": (noisy, truth),
    }


def _evened(rows, labels, rng):
    """Return rows in which every class stands as often as the most frequent one."""
    kinds = [rows[labels[rows] == c] for c in range(N_CLASSES)]
    most = max(len(kind) for kind in kinds)
    return np.concatenate(
        [
            np.concatenate([kind, rng.choice(kind, most - len(kind))])
            for kind in kinds
            if len(kind)
        ]
    )


def _network(setup, rng):
    """Return the untrained network, and the generator that goes on from there."""
    draw = None if setup.start is None else partial(init_normal, std=setup.start)
    sizes = (64, *setup.hidden, N_CLASSES)
    network = mlp(sizes, rng, activation=setup.activation, initializer=draw)
    if setup.wrong_backward:
        forward = getattr(layers, f"{setup.activation}_forward")
        network.layers = [
            layer if layer.params else Layer(forward, lambda dy, cache: dy)
            for layer in network.layers
        ]
    return network, rng


def _gradient_error(network, data, rng, n_samples=4, n_examples=5, step=1e-5):
    """Return the largest relative error of sampled slopes, over all parameters."""
    x, labels = data["x"][:n_examples], data["labels"][:n_examples]

    def loss():
        return softmax_cross_entropy(network.predict(x), labels)[0]

    logits, caches = network.forward(x)
    _, grads = network.backward(softmax_cross_entropy(logits, labels)[1], caches)
    worst = 0.0
    for layer, dparams in zip(network.layers, grads, strict=True):
        for name, dw in dparams.items():
            w = layer.params[name]
            picks = rng.choice(w.size, min(n_samples, w.size), replace=False)
            measured = np.array([_slope(loss, w, pick, step) for pick in picks])
            analytic = dw.ravel()[picks]
            size = np.abs(measured).max() + np.abs(analytic).max()
            if size > 1e-4 and np.isfinite(size):  # below, the slope is rounding
                worst = max(worst, np.abs(measured - analytic).max() / size)
    return float(worst)


def _slope(loss, w, pick, step):
    """Measure one slope; the weight comes back as it was."""
    kept, sides = w.flat[pick], []
    for shift in (step, -step):
        w.flat[pick] = kept + shift
        sides.append(loss())
    w.flat[pick] = kept
    return (sides[0] - sides[1]) / (2 * step)


def _curves(history, n_steps):
    """Return the measurements as arrays of one length, NaN where there is none."""
    every = max(1, n_steps // MEASUREMENTS)
    steps = np.append(np.arange(0, n_steps, every), n_steps)
    curves = {
        "training loss": history.train_losses,
        "validation loss": history.validation_losses,
        "training accuracy": history.train_accuracies,
        "validation accuracy": history.validation_accuracies,
    }
    padded = {name: np.full(len(steps), np.nan) for name in curves}
    for name, values in curves.items():
        padded[name][: len(values)] = values
    return {"steps": steps.astype(float), **padded}
