"""Signals forward and back, dead units, and what Euler says of a ReLU network."""

import numpy as np
import pytest

from course_lib import signals
from course_lib.gradients import numerical_gradient
from course_lib.layers import linear_backward, linear_forward, relu_forward
from course_lib.losses import mse, softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer, Network


def stack(rng, sizes=(5, 13, 17, 11), std=0.6):
    return [
        rng.normal(0, std, size=pair) for pair in zip(sizes, sizes[1:], strict=False)
    ]


# ---- decibels


@pytest.mark.parametrize(
    ("ratio", "expected"), [(1, 0), (10, 20), (0.1, -20), (0.5, -6.0206), (1e-3, -60)]
)
def test_decibels_by_hand(ratio, expected):
    assert signals.decibels(ratio) == pytest.approx(expected, abs=1e-4)


def test_no_signal_is_minus_infinity_and_warns_nobody():
    assert signals.decibels(0.0) == -np.inf


# ---- activations


def test_activation_stds_by_hand():
    # x [[1], [3]], W 2: h = [2, 6], mean 4, std 2; then W -1: relu gives 0, std 0
    weights = [np.array([[2.0]]), np.array([[-1.0]])]
    stds = signals.activation_stds(np.array([[1.0], [3.0]]), weights, "relu")
    np.testing.assert_array_equal(stds, [2, 0])


@pytest.mark.parametrize("activation", signals.PAIRS)
def test_activation_stds_are_taken_over_examples_and_units_together(activation, rng):
    x, weights = rng.normal(size=(13, 5)), stack(rng)
    stds = signals.activation_stds(x, weights, activation)
    h = x
    for W, std in zip(weights, stds, strict=True):
        h, _ = signals.PAIRS[activation][0](h @ W)
        assert std == np.std(h.ravel())


# ---- gradients at the pre-activations


def test_delta_norms_by_hand():
    # x 1, W 2 and 3: z = 2 and 6, relu is on; dz2 = dy = 5, dz1 = 5 * 3 = 15
    weights = [np.array([[2.0]]), np.array([[3.0]])]
    norms = signals.delta_norms(np.ones((1, 1)), weights, "relu", np.array([[5.0]]))
    np.testing.assert_array_equal(norms, [15, 5])


@pytest.mark.parametrize("activation", signals.PAIRS)
def test_delta_norms_meet_the_probe(activation, rng):
    x, weights = rng.normal(size=(7, 5)), stack(rng)
    dy = rng.normal(size=(7, 11))
    norms = signals.delta_norms(x, weights, activation, dy)
    forward, _ = signals.PAIRS[activation]
    for layer, norm in enumerate(norms):
        h = x
        for W in weights[:layer]:
            h, _ = forward(h @ W)

        def loss(z, layer=layer):
            h, _ = forward(z)
            for W in weights[layer + 1 :]:
                h, _ = forward(h @ W)
            return float(np.sum(dy * h))

        probed = numerical_gradient(loss, h @ weights[layer])
        assert np.linalg.norm(probed) == pytest.approx(norm, rel=1e-6)


@pytest.mark.parametrize("activation", signals.PAIRS)
def test_the_norms_of_dW_meet_the_probe(activation, rng):
    x, weights = rng.normal(size=(7, 5)), stack(rng)
    dy = rng.normal(size=(7, 11))
    norms = signals.weight_gradient_norms(x, weights, activation, dy)
    forward, _ = signals.PAIRS[activation]
    for layer, norm in enumerate(norms):

        def loss(W, layer=layer):
            h = x
            for V in [*weights[:layer], W, *weights[layer + 1 :]]:
                h, _ = forward(h @ V)
            return float(np.sum(dy * h))

        probed = numerical_gradient(loss, weights[layer])
        assert np.linalg.norm(probed) == pytest.approx(norm, rel=1e-6)


def test_nothing_that_is_given_is_changed(rng):
    x, weights, dy = rng.normal(size=(7, 5)), stack(rng), rng.normal(size=(7, 11))
    before = [array.copy() for array in (x, dy, *weights)]
    signals.delta_norms(x, weights, "tanh", dy)
    signals.weight_gradient_norms(x, weights, "tanh", dy)
    for now, then in zip((x, dy, *weights), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_an_unknown_activation_is_refused_with_those_that_are_known(rng):
    with pytest.raises(ValueError, match="'swish', expected one of sigmoid, tanh"):
        signals.activation_stds(np.ones((1, 5)), stack(rng), "swish")


# ---- dead units


def test_a_unit_is_dead_that_is_off_for_every_example():
    # columns: always off, once on, off at exactly 0, always on
    z = np.array([[-1.0, -1.0, 0.0, 2.0], [-3.0, 0.5, 0.0, 1.0]])
    assert signals.dead_fraction(z) == 0.5


def test_of_many_zeros_in_different_columns_none_makes_a_dead_unit():
    z = 2 * np.eye(5) - 1  # four in five activations are 0, every unit is on once
    assert np.mean(relu_forward(z)[0] == 0) == 0.8
    assert signals.dead_fraction(z) == 0


def test_pre_activations_are_what_each_activation_gets(rng):
    network, x = mlp([5, 7, 3, 2], rng, activation="relu"), rng.normal(size=(4, 5))
    first, second = signals.pre_activations(network, x)
    one, _, two, _, three = network.layers
    np.testing.assert_array_equal(first, one.forward(x)[0])
    np.testing.assert_array_equal(second, two.forward(np.maximum(first, 0))[0])
    np.testing.assert_array_equal(
        network.predict(x), three.forward(np.maximum(second, 0))[0]
    )


# ---- Euler


def blame_of(network, x, targets, loss):
    y, caches = network.forward(x)
    _, dy = loss(y, targets)
    _, grads = network.backward(dy, caches)
    return signals.weight_blame(network.params, grads), float(np.sum(y * dy))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("depth", [1, 4, 20])
def test_in_a_relu_network_without_biases_every_layer_has_the_same_blame(depth, seed):
    rng = np.random.default_rng(seed)
    network = mlp([5, *[13] * depth, 3], rng, activation="relu")
    x, labels = rng.normal(size=(7, 5)), rng.integers(0, 3, size=7)
    for loss, targets in (
        (softmax_cross_entropy, labels),
        (mse, rng.normal(size=(7, 3))),
    ):
        blame, at_the_top = blame_of(network, x, targets, loss)
        assert len(blame) == depth + 1
        np.testing.assert_allclose(blame, at_the_top, rtol=1e-10)


def test_with_tanh_or_biases_the_blame_differs_from_layer_to_layer(rng):
    x, labels = rng.normal(size=(7, 5)), rng.integers(0, 3, size=7)
    blame, _ = blame_of(mlp([5, 13, 13, 3], rng), x, labels, softmax_cross_entropy)
    assert np.ptp(blame) > 0.01
    network = mlp([5, 13, 13, 3], rng, activation="relu")
    for layer in network.layers:
        if layer.params:
            layer.params = layer.params | {"b": np.ones_like(layer.params["b"])}
    blame, _ = blame_of(network, x, labels, softmax_cross_entropy)
    assert np.ptp(blame) > 0.01


def without_mask(dy, cache):
    return dy


def untransposed(dy, cache):
    x, W = cache
    return dy @ W, x.T @ dy, dy.sum(axis=0)


def halved(dy, cache):
    dx, dW, db = linear_backward(dy, cache)
    return dx, dW / 2, db


@pytest.mark.parametrize("fault", ["mask", "transpose", "half"])
def test_a_fault_in_one_layer_breaks_the_equality(fault, rng):
    sizes = [(5, 13), (13, 13), (13, 13), (13, 3)]
    relu = {"mask": (relu_forward, without_mask)}.get(fault, signals.PAIRS["relu"])
    pair = {"transpose": untransposed, "half": halved}.get(fault, linear_backward)
    stack = []
    for k, (D, M) in enumerate(sizes):
        back = pair if k == 2 else linear_backward
        W = rng.normal(0, np.sqrt(2 / D), (D, M))
        stack.append(Layer(linear_forward, back, W=W, b=np.zeros(M)))
        if k < 3:
            stack.append(Layer(*(relu if k == 1 else signals.PAIRS["relu"])))
    x, labels = rng.normal(size=(7, 5)), rng.integers(0, 3, size=7)
    blame, _ = blame_of(Network(stack), x, labels, softmax_cross_entropy)
    assert np.ptp(blame) > 0.01 * np.abs(blame).max()
