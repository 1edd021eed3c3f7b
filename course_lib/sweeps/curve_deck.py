"""Runs whose illness is known because it was planted: curves to practise on.

A run with too high a rate is chaos: on another processor it ends elsewhere. So these
are no sweep that has to come out the same; what is kept is what lessons and checks
show. ``python -m course_lib.sweeps.curve_deck PATH SEED...`` makes another set.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from course_lib.data import load_digits
from course_lib.models import mlp
from course_lib.regularization import sgd_with_l2
from course_lib.sweeps.overfitting import dropout_layer, some_digits
from course_lib.training import train

DECK = Path(__file__).with_name("curve_deck.npz")
N_MEASURED = 41
CURVES = (
    "train_losses",
    "validation_losses",
    "train_accuracies",
    "validation_accuracies",
)


@dataclass(frozen=True)
class Kind:
    """How a run is set up, and what is the matter with it.

    Attributes
    ----------
    cause : str
        One of the six words of the lesson.
    because : str
        What was planted, in a sentence.
    n, noise, l2, p_drop
        As in `course_lib.sweeps.overfitting.learn_digits`.
    hidden : tuple of int
        Width of each hidden layer.
    rate : float
        Learning rate.
    labels : {"", "shuffled", "shifted"}
        What was done to the labels: those for training shuffled, or those for
        validation one too high.
    """

    cause: str
    because: str
    n: int = 1077
    noise: float = 0.0
    l2: float = 0.0
    p_drop: float = 0.0
    hidden: tuple = (64, 64)
    activation: str = "relu"
    rate: float = 0.1
    n_steps: int = 800
    labels: str = ""


KINDS = {
    "healthy": Kind("healthy", "1077 right labels, 64 units, a rate of 0.1."),
    "healthy with dropout": Kind(
        "healthy", "1077 right labels, dropout of 0.3, a rate of 0.2.", p_drop=0.3
    ),
    "noisy labels": Kind(
        "overfitting",
        "300 digits, a fifth of the labels wrong, 128 units: learned by heart.",
        n=300,
        noise=0.2,
        hidden=(128, 128),
        rate=0.15,
    ),
    "few and noisy": Kind(
        "overfitting",
        "200 digits, three in ten labels wrong, 128 units: learned by heart.",
        n=200,
        noise=0.3,
        hidden=(128, 128),
        rate=0.06,
        n_steps=1200,
    ),
    "bouncing": Kind(
        "rate too high",
        "tanh and a rate near 2: each step overshoots.",
        hidden=(64,),
        activation="tanh",
        rate=2.0,
    ),
    "exploding": Kind(
        "rate too high",
        "two layers of tanh and a rate near 1.2: the weights ran away.",
        activation="tanh",
        rate=1.2,
    ),
    "crawling": Kind("rate too low", "A rate near 0.002.", rate=0.002),
    "slow": Kind("rate too low", "A rate near 0.004.", rate=0.004),
    "two units": Kind(
        "too stiff",
        "Two hidden units for ten digits.",
        hidden=(2,),
        activation="tanh",
        rate=0.15,
        n_steps=1200,
    ),
    "strong penalty": Kind("too stiff", "An L2 strength near 0.1.", l2=0.1),
    "shuffled labels": Kind(
        "bad labels",
        "Labels for training were shuffled: there is nothing to learn but the list.",
        n=200,
        hidden=(128, 128),
        labels="shuffled",
    ),
    "shifted labels": Kind(
        "bad labels",
        "Labels for validation are one too high: what is right counts as wrong.",
        labels="shifted",
    ),
}


def curves_of(kind, seed):
    """Train one run of a kind and return its curves.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    seed : int
        Also varies the rate and the number of examples by up to a tenth.

    Returns
    -------
    dict of str to ndarray of shape (41,)
        The four of `CURVES`: losses in nats, accuracies as fractions.
    """
    k, rng, digits = KINDS[kind], np.random.default_rng(seed), load_digits()
    n = min(int(k.n * rng.uniform(0.9, 1.1)), len(digits.train.x))
    rate = k.rate * rng.uniform(0.9, 1.1)
    x, labels, _ = some_digits(n, k.noise, rng)
    unseen, truth = digits.validation
    if k.labels == "shuffled":
        labels = rng.permutation(labels)
    if k.labels == "shifted":
        truth = (truth + 1) % 10
    network = mlp(
        [64, *k.hidden, 10],
        rng,
        activation=k.activation,
        after_activation=dropout_layer(k.p_drop),
    )
    history = train(
        network,
        x,
        labels,
        learning_rate=rate,
        rng=rng,
        n_steps=k.n_steps,
        batch_size=64,
        optimizer=partial(sgd_with_l2, strength=k.l2),
        validation=(unseen, truth),
        measure_every=k.n_steps // (N_MEASURED - 1),
        progress=lambda *_: None,
    )
    return {name: np.array(getattr(history, name)) for name in CURVES}


def save_curves(path, seeds):
    """Train every kind with every seed and keep the curves as one array.

    Parameters
    ----------
    path : path of the .npz file
    seeds : sequence of int
    """
    runs = [[curves_of(kind, seed) for seed in seeds] for kind in KINDS]
    kept = {
        name: np.array([[run[name] for run in row] for row in runs], np.float32)
        for name in CURVES
    }
    np.savez_compressed(path, kinds=list(KINDS), seeds=list(seeds), **kept)


def load_curves(path=DECK):
    """Return kept curves: a dict of the four, by (kind, seed).

    Parameters
    ----------
    path : path of the .npz file
        By default the twelve runs that lesson 9 shows.
    """
    with np.load(path, allow_pickle=False) as kept:
        arrays = {name: kept[name].astype(float) for name in CURVES}
        kinds, seeds = kept["kinds"].tolist(), kept["seeds"].tolist()
    return {
        (kind, seed): {name: arrays[name][i, k] for name in CURVES}
        for i, kind in enumerate(kinds)
        for k, seed in enumerate(seeds)
    }


if __name__ == "__main__":
    save_curves(sys.argv[1], [int(seed) for seed in sys.argv[2:]])
