"""The network builder: sizes, activations, hooks."""

import numpy as np
import pytest

from course_lib.initializers import init_he, init_xavier
from course_lib.layers import relu_backward, relu_forward
from course_lib.models import mlp
from course_lib.network import Layer


def names(network):
    return [repr(layer) for layer in network.layers]


def test_linear_layers_alternate_with_activations_and_end_linear(rng):
    assert names(mlp([5, 3, 2], rng)) == [
        "Layer(linear_forward, W[5, 3], b[3])",
        "Layer(tanh_forward)",
        "Layer(linear_forward, W[3, 2], b[2])",
    ]


def test_two_sizes_make_one_linear_layer(rng):
    assert names(mlp([5, 2], rng)) == ["Layer(linear_forward, W[5, 2], b[2])"]


@pytest.mark.parametrize(
    ("activation", "usual"),
    [("tanh", init_xavier), ("sigmoid", init_xavier), ("relu", init_he)],
)
def test_each_activation_has_the_weights_that_suit_it(activation, usual):
    built = mlp([50, 40, 10], np.random.default_rng(3), activation=activation)
    drawn = usual(50, 40, np.random.default_rng(3))
    np.testing.assert_array_equal(built.layers[0].params["W"], drawn)


def test_the_hooks_place_a_layer_around_every_activation_but_the_output(rng):
    def relu(width):
        assert width in (7, 3)
        return Layer(relu_forward, relu_backward)

    built = mlp([5, 7, 3, 2], rng, before_activation=relu, after_activation=relu)
    row = ["linear", "relu", "tanh", "relu"]
    order = [name.split("(")[1].split("_")[0] for name in names(built)]
    assert order == [*row, *row, "linear"]


def test_one_size_is_refused(rng):
    with pytest.raises(ValueError, match="at least two"):
        mlp([5], rng)


def test_an_unknown_activation_is_refused_with_the_known_ones(rng):
    with pytest.raises(ValueError, match="tanh, sigmoid, relu"):
        mlp([5, 3, 2], rng, activation="softplus")
