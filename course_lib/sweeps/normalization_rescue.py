"""Lesson 8: three ill networks of ten layers, with and without normalization."""

import contextlib
import functools
import io

import numpy as np

from course_lib.data import load
from course_lib.initializers import init_normal
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.normalization import (
    batchnorm_backward,
    batchnorm_forward,
    init_batchnorm,
    init_layernorm,
    layernorm_backward,
    layernorm_forward,
)
from course_lib.sweeps.sweep import Sweep
from course_lib.training import train

EPOCHS = 20
SIZES = [64, *[32] * 9, 10]
PATIENTS = {
    "sigmoid, weights of 0.01": ("sigmoid", functools.partial(init_normal, std=0.01)),
    "sigmoid, Xavier's weights": ("sigmoid", None),
    "ReLU, weights of 0.5": ("relu", functools.partial(init_normal, std=0.5)),
}


def batchnorm_layer(M):
    """Return a fresh layer of batch normalization for M units."""
    return Layer(batchnorm_forward, batchnorm_backward, **init_batchnorm(M))


def layernorm_layer(M):
    """Return a fresh layer of layer normalization for M units."""
    return Layer(layernorm_forward, layernorm_backward, **init_layernorm(M))


TREATMENTS = {
    "none": None,
    "batch normalization": batchnorm_layer,
    "layer normalization": layernorm_layer,
}


def rescue(patient, treatment, seed):
    """Train a network of ten linear layers on the digits, and return its curves.

    Parameters
    ----------
    patient : str
        A key of `PATIENTS`: activation and first weights.
    treatment : str
        A key of `TREATMENTS`: what stands before each activation.
    seed : int

    Returns
    -------
    dict
        ``losses``, over the training digits in nats, and ``accuracies``, on the
        validation digits: of shape (21,), after every epoch and before the first.
        NaN from where the loss stopped being finite.
    """
    digits, rng = load("digits"), np.random.default_rng(seed)
    activation, initializer = PATIENTS[patient]
    network = mlp(
        SIZES,
        rng,
        activation=activation,
        initializer=initializer,
        before_activation=TREATMENTS[treatment],
    )
    with contextlib.redirect_stdout(io.StringIO()):
        history = train(
            network,
            *digits.train,
            learning_rate=0.1,
            rng=rng,
            epochs=EPOCHS,
            batch_size=32,
            validation=digits.validation,
        )
    return {
        "losses": _to_the_end(history.train_losses),
        "accuracies": _to_the_end(history.validation_accuracies),
    }


def _to_the_end(values):
    rest = [np.nan] * (EPOCHS + 1 - len(values))
    return np.array([*values, *rest])


# Other processors round differently, and 680 steps through ten layers magnify that.
RESCUE = Sweep(
    "normalization_rescue",
    rescue,
    axes={"patient": tuple(PATIENTS), "treatment": tuple(TREATMENTS)},
    tolerance=0.05,
)
