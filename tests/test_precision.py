"""A network in float32 stays in float32, whatever it is made of and trained by."""

from functools import partial

import numpy as np
import pytest

from course_lib.losses import mse, softmax_cross_entropy
from course_lib.models import ACTIVATIONS, mlp
from course_lib.network import Layer
from course_lib.normalization import (
    batchnorm_backward,
    batchnorm_forward,
    init_batchnorm,
    init_layernorm,
    layernorm_backward,
    layernorm_forward,
)
from course_lib.optimizers import adam, adamw, momentum, rmsprop, sgd
from course_lib.regularization import dropout_backward, dropout_forward
from course_lib.training import train

N, D, H, C = 23, 7, 5, 3


def batchnorm_layer(M):
    return Layer(batchnorm_forward, batchnorm_backward, **init_batchnorm(M))


def layernorm_layer(M):
    return Layer(layernorm_forward, layernorm_backward, **init_layernorm(M))


def dropout_layer(M):
    return Layer(partial(dropout_forward, p_drop=0.3), dropout_backward)


def in_float32(values):
    if isinstance(values, dict):
        return {name: in_float32(value) for name, value in values.items()}
    return values.astype(np.float32)


def kinds(values):
    """Return the types of all arrays in nested dicts."""
    if isinstance(values, dict):
        return set().union(*map(kinds, values.values()))
    return {values.dtype}


def trained_kinds(rng, optimizer=sgd, learning_rate=0.01, loss=None, **parts):
    """Train for three steps in float32, and return the types of all that came out."""
    network = mlp([D, H, H, C], rng, **parts)
    network.params = [in_float32(params) for params in network.params]
    x = rng.normal(size=(N, D)).astype(np.float32)
    targets = rng.integers(C, size=N) if loss is None else x[:, :C]
    train(
        network,
        x,
        targets,
        rng=rng,
        n_steps=3,
        optimizer=optimizer,
        learning_rate=learning_rate,
        clip_norm=0.1,
        loss=loss or softmax_cross_entropy,
    )
    found = {network.predict(x).dtype}
    return found.union(*map(kinds, network.params))


PARTS = [
    *({"activation": name} for name in ACTIVATIONS),
    {"before_activation": batchnorm_layer},
    {"before_activation": layernorm_layer},
    {"after_activation": dropout_layer},
    {"loss": mse},
]


@pytest.mark.parametrize("parts", PARTS)
def test_no_layer_or_loss_leaves_float32(parts, rng):
    assert trained_kinds(rng, **parts) == {np.dtype("float32")}


@pytest.mark.parametrize("optimizer", [sgd, momentum, rmsprop, adam, adamw])
def test_no_optimizer_leaves_float32(optimizer, rng):
    assert trained_kinds(rng, optimizer) == {np.dtype("float32")}


def test_a_learning_rate_of_numpys_own_type_does_not_leave_float32(rng):
    kinds = trained_kinds(rng, learning_rate=lambda step: np.float64(0.01))
    assert kinds == {np.dtype("float32")}
