"""The quick passes of training give the very numbers of the plain ones."""

from functools import partial

import numpy as np
import pytest

from course_lib import training
from course_lib.layers import linear_backward, linear_forward, tanh_backward
from course_lib.losses import mse, softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer, Network
from course_lib.optimizers import momentum, sgd
from course_lib.quick_network import QuickNetwork, quick_passes

rng = np.random.default_rng(71)

N, D, C = 53, 7, 5  # 53 in batches of 8 leaves one of 5
X, LABELS = rng.normal(size=(N, D)), rng.integers(C, size=N)


def network_in(dtype, activation="tanh", sizes=(D, 16, 9, C)):
    network = mlp(sizes, np.random.default_rng(3), activation=activation)
    network.params = [
        {name: w.astype(dtype) for name, w in params.items()}
        for params in network.params
    ]
    return network


def passes_of(network, x=X, targets=LABELS, loss=softmax_cross_entropy, optimizer=sgd):
    return quick_passes(network, x, targets, loss, optimizer)


def trained(network, x, targets, monkeypatch=None, **settings):
    """Return a network's history and parameters, by plain passes if patched."""
    if monkeypatch is not None:
        monkeypatch.setattr(training, "quick_passes", lambda network, *rest: network)
    usual = {"learning_rate": 0.3, "epochs": 4, "batch_size": 8}
    draws = np.random.default_rng(5)
    history = training.train(network, x, targets, rng=draws, **usual | settings)
    return history, network.params


def assert_same(first, second):
    assert first[0] == second[0]
    for ours, theirs in zip(first[1], second[1], strict=True):
        assert list(ours) == list(theirs)
        for name, w in ours.items():
            assert w.dtype == theirs[name].dtype
            np.testing.assert_array_equal(w, theirs[name])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("settings", [{}, {"clip_norm": 0.1}, {"loss": mse}])
def test_training_gives_the_same_bits_as_plain_passes(
    dtype, activation, settings, monkeypatch
):
    x = X.astype(dtype)
    targets = x[:, :C] if "loss" in settings else LABELS
    assert isinstance(
        passes_of(network_in(dtype), x, targets, settings.get("loss", mse))
        if "loss" in settings
        else passes_of(network_in(dtype), x),
        QuickNetwork,
    )
    quick = trained(network_in(dtype, activation), x, targets, **settings)
    plain = trained(network_in(dtype, activation), x, targets, monkeypatch, **settings)
    assert_same(quick, plain)


@pytest.mark.parametrize("sizes", [(2, 16, 16, 1), (64, 32, 10), (3, 1), (64,) * 6])
def test_every_shape_of_a_lesson_gives_the_same_bits(sizes, monkeypatch):
    x, targets = rng.normal(size=(70, sizes[0])), rng.normal(size=(70, sizes[-1]))
    settings = {"loss": mse, "learning_rate": 0.01, "batch_size": 32}
    quick = trained(network_in("float64", sizes=sizes), x, targets, **settings)
    plain = network_in("float64", sizes=sizes)
    assert_same(quick, trained(plain, x, targets, monkeypatch, **settings))


def test_parameters_seen_on_the_way_keep_their_values():
    network, seen, copies = network_in("float64"), [], []

    def look(step, n_steps, loss):
        seen.append(network.params)
        copies.append([{n: w.copy() for n, w in p.items()} for p in network.params])

    trained(network, X, LABELS, progress=look)
    assert len(seen) == 28
    for kept, copied in zip(seen, copies, strict=True):
        assert_same((0, kept), (0, copied))


def test_parameters_changed_on_the_way_are_the_ones_that_move_on(monkeypatch):
    def run(patch=None):
        network = network_in("float64")

        def shrink(step, n_steps, loss):
            network.layers[0].params["W"] = network.layers[0].params["W"] * 0.5

        return trained(network, X, LABELS, patch, progress=shrink)

    assert_same(run(), run(monkeypatch))


def used_twice(network):
    return Network([network.layers[0], *network.layers])


def with_a_part_of_ones_own(network):
    params = network.layers[0].params
    own = Layer(lambda x, W, b: linear_forward(x, W, b), linear_backward, **params)
    return Network([own, *network.layers[1:]])


def with_a_wrong_backward(network):
    wrong = Layer(np.tanh, tanh_backward)
    return Network([network.layers[0], wrong, *network.layers[2:]])


def listened_to(network):
    network.forward = network.forward
    return network


@pytest.mark.parametrize(
    "change", [used_twice, with_a_part_of_ones_own, with_a_wrong_backward, listened_to]
)
def test_a_network_with_anything_unknown_keeps_its_own_passes(change):
    network = change(network_in("float64"))
    assert passes_of(network) is network


@pytest.mark.parametrize(
    "given",
    [
        {"optimizer": momentum},
        {"optimizer": partial(sgd)},
        {"loss": lambda y, targets: mse(y, targets)},
        {"x": X.astype("float32")},
        {"x": X.tolist()},
        {"loss": mse, "targets": X[:, :C].astype("float32")},
    ],
)
def test_an_unknown_loss_optimizer_or_type_keeps_the_plain_passes(given):
    network = network_in("float64")
    assert passes_of(network, **given) is network
    assert isinstance(passes_of(network), QuickNetwork)


def test_sigmoid_stays_with_the_plain_passes():
    network = network_in("float64", "sigmoid")
    assert passes_of(network) is network


def test_layers_in_any_order_give_the_same_bits(monkeypatch):
    def stacked():
        first, tanh, second, relu, last = [
            *network_in("float64", sizes=(D, D, D, C)).layers[:3],
            network_in("float64", "relu").layers[1],
            network_in("float64", sizes=(D, C)).layers[0],
        ]
        again = Layer(tanh._forward, tanh._backward)
        return Network([tanh, first, second, relu, again, last])

    assert isinstance(passes_of(stacked()), QuickNetwork)
    quick = trained(stacked(), X, LABELS)
    assert_same(quick, trained(stacked(), X, LABELS, monkeypatch))
