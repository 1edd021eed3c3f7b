import functools

import numpy as np
import pytest

from course_lib.gradients import check_gradients
from course_lib.layers import (
    linear_backward,
    linear_forward,
    relu_backward,
    relu_forward,
    tanh_backward,
    tanh_forward,
)
from course_lib.losses import softmax_cross_entropy
from course_lib.network import Layer, Network

rng = np.random.default_rng(43)

N, D, H, C = 7, 5, 3, 11


def linear(n_inputs, n_outputs):
    W, b = rng.normal(size=(n_inputs, n_outputs)), rng.normal(size=n_outputs)
    return Layer(linear_forward, linear_backward, W=W, b=b)


def tanh():
    return Layer(tanh_forward, tanh_backward)


def flat(params):
    return {f"{i}.{name}": w for i, p in enumerate(params) for name, w in p.items()}


def check_all_gradients(network, x, dy, dx, grads):
    """Compare with the numerical gradient at every parameter and at the input."""

    def loss(changed):
        network.params = [
            {name: changed[f"{i}.{name}"] for name in layer.params}
            for i, layer in enumerate(network.layers)
        ]
        return np.sum(network.predict(changed["x"]) * dy)

    params = {"x": x, **flat(network.params)}
    check_gradients(loss, params, {"x": dx, **flat(grads)}, tolerance=1e-8)


def test_a_network_by_hand():
    # x = 2, first layer 3x + 1 = 7, relu 7, second layer -1 * 7 + 0 = -7.
    # dy = 10: dW2 = 7 * 10, db2 = 10, into relu -10, dW1 = 2 * -10, db1 = -10,
    # dx = 3 * -10
    network = Network(
        [
            Layer(linear_forward, linear_backward, W=[[3.0]], b=[1.0]),
            Layer(relu_forward, relu_backward),
            Layer(linear_forward, linear_backward, W=[[-1.0]], b=[0.0]),
        ]
    )
    y, caches = network.forward(np.array([[2.0]]))
    dx, grads = network.backward(np.array([[10.0]]), caches)
    assert y == [[-7.0]]
    assert dx == [[-30.0]]
    assert grads == [{"W": [[-20.0]], "b": [-10.0]}, {}, {"W": [[70.0]], "b": [10.0]}]


def test_a_network_agrees_with_the_numerical_gradient_at_every_parameter():
    network = Network([linear(D, H), tanh(), linear(H, H), tanh(), linear(H, C)])
    x, dy = rng.normal(size=(N, D)), rng.normal(size=(N, C))
    _, caches = network.forward(x)
    check_all_gradients(network, x, dy, *network.backward(dy, caches))


def test_a_network_and_a_loss_agree_with_the_numerical_gradient():
    layer = linear(D, C)
    network, x, labels = Network([layer]), rng.normal(size=(N, D)), np.arange(N)
    logits, caches = network.forward(x)
    _, grads = network.backward(softmax_cross_entropy(logits, labels)[1], caches)
    check_gradients(
        lambda p: softmax_cross_entropy(linear_forward(x, **p)[0], labels)[0],
        layer.params,
        grads[0],
        tolerance=1e-8,
    )


def test_a_layer_used_twice_keeps_both_caches():
    shared = linear(D, D)
    network = Network([shared, tanh(), shared, tanh()])
    x, dy = rng.normal(size=(N, D)), rng.normal(size=(N, D))
    _, caches = network.forward(x)
    dx, grads = network.backward(dy, caches)
    # Both uses move together, so the gradient of the shared array is the sum.
    check_gradients(
        lambda p: np.sum(
            np.tanh(np.tanh(p["x"] @ p["W"] + p["b"]) @ p["W"] + p["b"]) * dy
        ),
        {"x": x, **shared.params},
        {"x": dx, **{name: grads[0][name] + grads[2][name] for name in ("W", "b")}},
        tolerance=1e-8,
    )


def test_a_second_forward_before_the_backward_changes_nothing():
    network = Network([linear(D, H), tanh(), linear(H, C)])
    x, dy = rng.normal(size=(N, D)), rng.normal(size=(N, C))
    _, caches = network.forward(x)
    expected = network.backward(dy, caches)
    _, caches = network.forward(x)
    network.forward(rng.normal(size=(2, D)))
    dx, grads = network.backward(dy, caches)
    np.testing.assert_array_equal(dx, expected[0])
    for name, dw in flat(grads).items():
        np.testing.assert_array_equal(dw, flat(expected[1])[name])


def test_leaving_out_the_gradient_at_the_data_changes_no_other_gradient():
    shared = linear(D, D)  # first, and again where its dx is needed
    network = Network([shared, tanh(), shared, tanh(), linear(D, C)])
    x, dy = rng.normal(size=(N, D)), rng.normal(size=(N, C))
    _, caches = network.forward(x)
    _, expected = network.backward(dy, caches)
    dx, grads = network.backward(dy, caches, needs_dx=False)
    assert dx is None
    for name, dw in flat(grads).items():
        np.testing.assert_array_equal(dw, flat(expected)[name])


def test_a_pair_that_knows_nothing_of_needs_dx_is_not_told():
    network = Network([tanh(), linear(D, C)])
    _, caches = network.forward(rng.normal(size=(N, D)))
    dx, _ = network.backward(rng.normal(size=(N, C)), caches, needs_dx=False)
    assert dx.shape == (N, D)


def test_as_many_caches_are_needed_as_there_are_layers():
    network = Network([linear(D, H), tanh()])
    _, caches = network.forward(rng.normal(size=(N, D)))
    with pytest.raises(ValueError, match="longer"):
        network.backward(rng.normal(size=(N, H)), [*caches, None])


def test_a_learners_own_pair_needs_no_registration():
    def my_double_forward(x, gain):
        return 2 * x * gain, (x, gain)

    def my_double_backward(dy, cache):
        x, gain = cache
        return 2 * dy * gain, np.sum(2 * dy * x, axis=0)

    layer = Layer(my_double_forward, my_double_backward, gain=rng.normal(size=H))
    network = Network([linear(D, H), layer])
    x, dy = rng.normal(size=(N, D)), rng.normal(size=(N, H))
    _, caches = network.forward(x)
    check_all_gradients(network, x, dy, *network.backward(dy, caches))


def test_gradients_get_their_names_by_the_order_of_forward_not_of_the_call():
    W, b = rng.normal(size=(D, H)), rng.normal(size=H)
    layer = Layer(linear_forward, linear_backward, b=b, W=W)
    assert list(layer.params) == ["W", "b"]
    _, cache = layer.forward(rng.normal(size=(N, D)))
    _, grads = layer.backward(rng.normal(size=(N, H)), cache)
    assert grads["W"].shape == (D, H)
    assert grads["b"].shape == (H,)


@pytest.mark.parametrize(
    ("result", "described"),
    [
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (None, "None"),
        ([1, 2], "a list"),
        ((1, 2, 3), "a tuple of 3"),
    ],
)
def test_forward_must_return_a_tuple_of_output_and_cache(result, described):
    def my_forward(x):
        return result

    with pytest.raises(TypeError) as error:
        Network([Layer(my_forward, tanh_backward)]).forward(np.zeros((2, 3)))
    message = str(error.value)
    assert message.startswith(f"my_forward returned {described}, expected a tuple")
    assert "return y, cache" in message


@pytest.mark.parametrize(
    ("result", "described"),
    [
        ((1.0, 2.0), "a tuple of 2"),
        ((1.0, 2.0, 3.0, 4.0), "a tuple of 4"),
        (np.zeros((3, 2)), "an array of shape (3, 2)"),
        (None, "None"),
    ],
)
def test_a_wrong_number_of_gradients_is_named(result, described):
    def my_backward(dy, cache):
        return result

    layer = Layer(linear_forward, my_backward, W=np.zeros((D, H)), b=np.zeros(H))
    with pytest.raises(TypeError) as error:
        Network([layer]).backward(np.zeros((N, H)), [None])
    message = str(error.value)
    assert message.startswith(f"my_backward returned {described}, expected dx, dW, db.")
    assert "order of linear_forward" in message


def test_a_pair_without_parameters_returns_dx_alone():
    def my_backward(dy, cache):
        return dy, dy

    with pytest.raises(TypeError, match=r"a tuple of 2, expected dx\."):
        Layer(tanh_forward, my_backward).backward(np.zeros(3), None)


def test_forgetting_to_return_dx_is_named():
    with pytest.raises(TypeError, match=r"returned None, expected dx\."):
        Layer(tanh_forward, lambda dy, cache: None).backward(np.zeros(3), None)


@pytest.mark.parametrize(
    "params",
    [{"W": np.zeros((D, H))}, {"w": np.zeros((D, H)), "b": np.zeros(H)}, {}],
)
def test_parameters_are_called_what_forward_calls_them(params):
    with pytest.raises(TypeError, match="linear_forward takes W, b, got"):
        Layer(linear_forward, linear_backward, **params)


def test_a_pair_without_parameters_refuses_one():
    with pytest.raises(TypeError, match="tanh_forward takes no parameters, got W"):
        Layer(tanh_forward, tanh_backward, W=np.zeros(2))


def noise_forward(x, scale, rng, training):
    if not training:
        return x, np.ones_like(x)
    mask = 1 + scale * rng.normal(size=x.shape)
    return x * mask, mask


def noise_backward(dy, cache):
    return dy * cache


def test_modes_reach_the_layers_that_take_them_and_only_those():
    noise = Layer(functools.partial(noise_forward, scale=0.5), noise_backward)
    network = Network([linear(D, H), noise, tanh()])
    x = rng.normal(size=(N, D))
    quiet = Network([network.layers[0], tanh()]).predict(x)
    np.testing.assert_array_equal(network.predict(x), quiet)
    first, _ = network.forward(x, training=True, rng=np.random.default_rng(1))
    again, _ = network.forward(x, training=True, rng=np.random.default_rng(1))
    assert not np.array_equal(first, quiet)
    np.testing.assert_array_equal(first, again)


def test_parameters_can_be_put_back():
    network = Network([linear(D, H), tanh(), linear(H, C)])
    x = rng.normal(size=(N, D))
    before, params = network.predict(x), network.params
    network.layers[0].params = {"W": np.zeros((D, H)), "b": np.zeros(H)}
    assert not np.array_equal(network.predict(x), before)
    network.params = params
    np.testing.assert_array_equal(network.predict(x), before)


def test_parameters_of_another_network_are_refused_and_nothing_is_changed():
    network = Network([linear(D, H), tanh()])
    params = network.params
    with pytest.raises(ValueError, match=r"got \['W'\], expected \[\]"):
        network.params = [{"W": np.zeros((D, H)), "b": np.zeros(H)}, {"W": 1}]
    assert network.layers[0].params["W"] is params[0]["W"]
    with pytest.raises(ValueError, match="shorter"):
        network.params = params[:1]


def test_a_layer_says_what_it_is():
    assert repr(linear(D, H)) == "Layer(linear_forward, W[5, 3], b[3])"
