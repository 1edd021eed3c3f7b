import functools

import numpy as np
import pytest

from course_lib.data import load
from course_lib.gradients import check_gradients
from course_lib.layers import linear_backward, linear_forward
from course_lib.losses import softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer, Network
from course_lib.normalization import (
    batchnorm_backward,
    batchnorm_backward_compact,
    batchnorm_forward,
    init_batchnorm,
    init_layernorm,
    layernorm_backward,
    layernorm_forward,
)
from course_lib.training import evaluate, train

rng = np.random.default_rng(81)

N, D, C = 7, 5, 3
EXACT = 1e-12  # an epsilon that leaves whole numbers whole


def some_running(d=D):
    return {"mean": rng.normal(size=d), "variance": rng.uniform(0.5, 2, size=d)}


def batch(n=N, d=D):
    x, dy = rng.normal(3, 2, size=(n, d)), rng.normal(size=(n, d))
    gamma, beta = rng.normal(1, 0.5, size=d), rng.normal(size=d)
    return x, gamma, beta, dy


def batchnorm_layer(m):
    return Layer(batchnorm_forward, batchnorm_backward, **init_batchnorm(m))


def layernorm_layer(m):
    return Layer(layernorm_forward, layernorm_backward, **init_layernorm(m))


# ---- by hand


def test_batchnorm_forward_by_hand():
    # mean 2, variance 1: normalized -1 and 1, times 2, plus 10.
    # running: 0.9 * 5 + 0.1 * 2 = 4.7 and 0.9 * 4 + 0.1 * 1 = 3.7
    x, running = np.array([[1.0], [3.0]]), {"mean": [5.0], "variance": [4.0]}
    running = {name: np.array(value) for name, value in running.items()}
    y, _, after = batchnorm_forward(
        x, np.array([2.0]), np.array([10.0]), running, True, epsilon=EXACT
    )
    np.testing.assert_allclose(y, [[8], [12]])
    np.testing.assert_allclose([after["mean"], after["variance"]], [[4.7], [3.7]])
    assert running == {"mean": [5.0], "variance": [4.0]}


def test_batchnorm_in_evaluation_by_hand():
    # (1 - 5) / 2 = -2 and (3 - 5) / 2 = -1, times 2, plus 10
    running = {"mean": np.array([5.0]), "variance": np.array([4.0])}
    parameters = np.array([2.0]), np.array([10.0])
    x = np.array([[1.0], [3.0]])
    y, cache, after = batchnorm_forward(x, *parameters, running, False, epsilon=EXACT)
    np.testing.assert_allclose(y, [[6], [8]])
    assert after is running
    dx, dgamma, dbeta = batchnorm_backward(np.array([[1.0], [10.0]]), cache)
    # one path: dy * gamma / std = dy * 2 / 2
    np.testing.assert_allclose(dx, [[1], [10]])
    assert (dgamma, dbeta) == (pytest.approx([-12]), pytest.approx([11]))


@pytest.mark.parametrize("backward", [batchnorm_backward, batchnorm_backward_compact])
def test_batchnorm_backward_by_hand(backward):
    # mean 3, std 2, normalized -1 -1 1 1; dnormalized 8 0 0 0
    # direct 4 0 0 0, through the mean -1 each, through the std -1 -1 1 1
    x, dy = np.array([[1.0, 1, 5, 5]]).T, np.array([[4.0, 0, 0, 0]]).T
    running = init_batchnorm(1)["running"]
    parameters = np.array([2.0]), np.zeros(1)
    _, cache, _ = batchnorm_forward(x, *parameters, running, True, epsilon=EXACT)
    dx, dgamma, dbeta = backward(dy, cache)
    np.testing.assert_allclose(dx[:, 0], [2, -2, 0, 0], atol=1e-10)
    np.testing.assert_allclose([dgamma, dbeta], [[-4], [4]])


def test_layernorm_by_hand():
    # The same four numbers in a row, with a gamma for each.
    x, dy = np.array([[1.0, 1, 5, 5]]), np.array([[4.0, 0, 0, 0]])
    gamma, beta = np.array([2.0, 1, 1, 3]), np.array([0.0, 0, 10, 0])
    y, cache = layernorm_forward(x, gamma, beta, epsilon=EXACT)
    np.testing.assert_allclose(y, [[-2, -1, 11, 3]])
    dx, dgamma, dbeta = layernorm_backward(dy, cache)
    np.testing.assert_allclose(dx, [[2, -2, 0, 0]], atol=1e-10)
    np.testing.assert_allclose(dgamma, [-4, 0, 0, 0])
    np.testing.assert_allclose(dbeta, [4, 0, 0, 0])


# ---- against the definition


@pytest.mark.parametrize("n", [1, 2, N])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("constant", [False, True])
def test_batchnorm_agrees_with_the_numerical_gradient(n, training, constant):
    x, gamma, beta, dy = batch(n)
    x[:, 0] = 2.0 if constant else x[:, 0]
    running = some_running()

    def loss(p):
        forward = batchnorm_forward(p["x"], p["gamma"], p["beta"], running, training)
        return np.sum(forward[0] * dy)

    _, cache, _ = batchnorm_forward(x, gamma, beta, running, training)
    grads = batchnorm_backward(dy, cache)
    check_gradients(
        loss,
        {"x": x, "gamma": gamma, "beta": beta},
        dict(zip(("x", "gamma", "beta"), grads, strict=True)),
        # A constant feature is divided by sqrt(epsilon): a very steep place.
        tolerance=1e-4 if constant else 1e-7,
    )


@pytest.mark.parametrize("n", [1, N])
def test_layernorm_agrees_with_the_numerical_gradient(n):
    x, gamma, beta, dy = batch(n)
    _, cache = layernorm_forward(x, gamma, beta)
    grads = layernorm_backward(dy, cache)
    check_gradients(
        lambda p: np.sum(layernorm_forward(**p)[0] * dy),
        {"x": x, "gamma": gamma, "beta": beta},
        dict(zip(("x", "gamma", "beta"), grads, strict=True)),
        tolerance=1e-7,
    )


@pytest.mark.parametrize("n", [1, 2, N])
def test_the_compact_line_gives_what_the_graph_gives(n):
    x, gamma, beta, dy = batch(n)
    _, cache, _ = batchnorm_forward(x, gamma, beta, some_running(), True)
    graph, compact = (
        batchnorm_backward(dy, cache),
        batchnorm_backward_compact(dy, cache),
    )
    for one, other in zip(graph, compact, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


# ---- what normalization promises


def test_each_feature_gets_mean_beta_and_deviation_gamma_and_each_row_for_layers():
    x, gamma, beta, _ = batch(53)
    y, _, _ = batchnorm_forward(x, gamma, beta, some_running(), True)
    np.testing.assert_allclose(y.mean(axis=0), beta, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), abs(gamma), rtol=1e-4)
    rows, _ = layernorm_forward(x, np.ones(D), np.zeros(D))
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(rows.std(axis=1), 1, rtol=1e-3)


def test_columns_or_rows_of_dx_sum_to_zero():
    x, gamma, beta, dy = batch()
    _, cache, _ = batchnorm_forward(x, gamma, beta, some_running(), True)
    dx, _, _ = batchnorm_backward(dy, cache)
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-13)
    assert np.abs(dx.sum(axis=1)).max() > 0.01
    _, cache = layernorm_forward(x, gamma, beta)
    dx, _, _ = layernorm_backward(dy, cache)
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-13)
    assert np.abs(dx.sum(axis=0)).max() > 0.01


def test_a_constant_feature_comes_out_as_beta_and_gets_no_infinite_blame():
    x, gamma, beta, dy = batch()
    x[:, 2] = 0.0
    y, cache, _ = batchnorm_forward(x, gamma, beta, some_running(), True)
    np.testing.assert_array_equal(y[:, 2], beta[2])
    assert np.all(np.isfinite(batchnorm_backward(dy, cache)[0]))


def test_running_statistics_approach_those_of_the_batches():
    x, gamma, beta, _ = batch()
    running = init_batchnorm(D)["running"]
    for _ in range(100):
        _, _, running = batchnorm_forward(x, gamma, beta, running, True)
    np.testing.assert_allclose(running["mean"], x.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(running["variance"], x.var(axis=0), rtol=1e-3)


# ---- in a network


def test_a_network_with_batchnorm_agrees_with_the_numerical_gradient_in_training():
    net = mlp([D, 6, C], np.random.default_rng(1), before_activation=batchnorm_layer)
    x, labels = rng.normal(size=(N, D)), rng.integers(0, C, N)
    y, caches = net.forward(x, training=True)
    _, grads = net.backward(softmax_cross_entropy(y, labels)[1], caches)
    flat = {f"{i}.{k}": w for i, p in enumerate(grads) for k, w in p.items()}

    def loss(changed):
        net.params = [
            {name: changed[f"{i}.{name}"] for name in layer.params}
            for i, layer in enumerate(net.layers)
        ]
        return softmax_cross_entropy(net.forward(x, training=True)[0], labels)[0]

    start = {
        f"{i}.{k}": w
        for i, layer in enumerate(net.layers)
        for k, w in layer.params.items()
    }
    # The first bias is taken out again by the mean: its gradient is 0.
    np.testing.assert_allclose(flat["0.b"], 0, atol=1e-15)
    check_gradients(loss, start, flat, tolerance=1e-6)


def test_a_forward_pass_in_training_changes_no_layer_until_it_is_told_to():
    layer = batchnorm_layer(D)
    net, before = Network([layer]), layer.running
    _, caches = net.forward(batch()[0], training=True)
    assert layer.running is before
    net.keep_running(caches)
    assert layer.running is not before
    assert np.all(before["mean"] == 0)
    assert np.all(layer.running["mean"] != 0)


def test_evaluation_changes_no_running_statistics_even_when_kept():
    layer = batchnorm_layer(D)
    net, before = Network([layer]), layer.running
    _, caches = net.forward(batch()[0])
    net.keep_running(caches)
    np.testing.assert_array_equal(layer.running["mean"], before["mean"])


@pytest.fixture(scope="module")
def trained():
    """A small network with batch normalization, after two epochs on the digits."""
    x, labels = load("digits").train
    net = mlp([64, 16, 10], np.random.default_rng(2), before_activation=batchnorm_layer)
    history = train(
        net, x, labels, learning_rate=0.5, epochs=2, rng=np.random.default_rng(3)
    )
    return net, history


def test_training_keeps_the_running_statistics_and_evaluation_uses_them(trained):
    net, history = trained
    x, labels = load("digits").validation
    assert np.all(net.layers[1].running["variance"] != 1)
    loss, share = evaluate(net, x, labels)
    assert share > 0.85
    assert abs(loss - history.train_losses[-1]) < 0.3


def test_one_example_is_evaluated_as_it_is_among_others(trained):
    net, _ = trained
    x = load("digits").validation.x
    together = net.predict(x[:20])
    for n in (0, 7):
        np.testing.assert_allclose(net.predict(x[n : n + 1])[0], together[n])
    # ... and not so in training, where a batch of one is all mean
    alone, _ = net.forward(x[:1], training=True)
    other, _ = net.forward(x[1:2], training=True)
    np.testing.assert_array_equal(alone, other)


def test_going_back_to_parameters_goes_back_to_their_running_statistics(trained):
    net, _ = trained
    x, labels = load("digits").train
    before, params = net.predict(x[:20]), net.params
    train(net, x, labels, learning_rate=0.5, n_steps=5, rng=np.random.default_rng(4))
    assert not np.allclose(net.predict(x[:20]), before)
    net.params = params
    np.testing.assert_array_equal(net.predict(x[:20]), before)


def test_parameters_without_running_statistics_leave_these_as_they_are():
    layer = batchnorm_layer(D)
    net, running = Network([layer]), layer.running
    net.params = [{"gamma": np.full(D, 2.0), "beta": np.ones(D)}]
    assert layer.running is running
    assert np.all(layer.params["gamma"] == 2)


def test_running_statistics_are_refused_by_a_layer_that_has_none():
    W, b = np.zeros((D, C)), np.zeros(C)
    net = Network([Layer(linear_forward, linear_backward, W=W, b=b)])
    with pytest.raises(ValueError, match="got .*running"):
        net.params = [{"W": W, "b": b, "running": {}}]
    with pytest.raises(TypeError, match="takes W, b, got"):
        Layer(linear_forward, linear_backward, W=W, b=b, running={})
    with pytest.raises(TypeError, match="batchnorm_forward takes gamma, beta, running"):
        Layer(batchnorm_forward, batchnorm_backward, **init_layernorm(D))


def test_forgetting_to_return_the_running_statistics_is_named():
    def my_batchnorm_forward(x, gamma, beta, running, training):
        return x, None

    layer = Layer(my_batchnorm_forward, batchnorm_backward, **init_batchnorm(D))
    with pytest.raises(
        TypeError, match=r"a tuple of 2, expected a tuple \(y, cache, r"
    ):
        Network([layer]).forward(np.zeros((N, D)), training=True)


def test_another_momentum_goes_into_the_function():
    slow = functools.partial(batchnorm_forward, momentum=0.5)
    layer = Layer(slow, batchnorm_backward, **init_batchnorm(D))
    x = batch()[0]
    net = Network([layer])
    net.keep_running(net.forward(x, training=True)[1])
    np.testing.assert_allclose(layer.running["mean"], 0.5 * x.mean(axis=0))


def test_a_network_with_layernorm_remembers_nothing():
    net = mlp([D, 6, C], np.random.default_rng(1), before_activation=layernorm_layer)
    x = rng.normal(size=(N, D))
    inside, caches = net.forward(x, training=True)
    net.keep_running(caches)
    np.testing.assert_array_equal(inside, net.predict(x))
