from functools import partial

import numpy as np
import pytest

from course_lib.gradients import check_gradients
from course_lib.initializers import init_he
from course_lib.layers import linear_backward, linear_forward
from course_lib.network import Layer, Network
from course_lib.optimizers import sgd
from course_lib.regularization import (
    dropout_backward,
    dropout_forward,
    early_stopping,
    generalization_gap,
    l2_penalty,
    sgd_with_l2,
)

rng = np.random.default_rng(90)


class Draws:
    """Stands in for a generator whose numbers are known."""

    def __init__(self, numbers):
        self.numbers = np.array(numbers)

    def random(self, shape):
        return self.numbers.reshape(shape)


def test_dropout_by_hand():
    # p = 0.2: the draw 0.1 drops, 0.5 and 0.2 keep; what is kept counts 1 / 0.8 = 1.25
    y, cache = dropout_forward(
        np.array([[4.0, 8.0, 12.0]]), 0.2, Draws([0.5, 0.1, 0.2]), True
    )
    np.testing.assert_allclose(y, [[5, 0, 15]])
    np.testing.assert_allclose(
        dropout_backward(np.array([[1.0, 1.0, 2.0]]), cache), [[1.25, 0, 2.5]]
    )


@pytest.mark.parametrize("n_examples", [1, 7])
def test_dropout_meets_the_probe_when_its_mask_is_held_still(n_examples):
    x, dy = rng.normal(size=(n_examples, 5)), rng.normal(size=(n_examples, 5))

    def loss(params):
        y, _ = dropout_forward(params["x"], 0.4, np.random.default_rng(3), True)
        return float(np.sum(dy * y))

    _, cache = dropout_forward(x, 0.4, np.random.default_rng(3), True)
    check_gradients(loss, {"x": x}, {"x": dropout_backward(dy, cache)})


@pytest.mark.parametrize("p_drop", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_mean_and_drops_its_share(p_drop):
    x = rng.uniform(1, 2, size=(400, 100))
    before = x.copy()
    y, _ = dropout_forward(x, p_drop, rng, True)
    assert np.mean(y == 0) == pytest.approx(p_drop, abs=0.02)
    assert y.mean() == pytest.approx(x.mean(), rel=0.05)
    np.testing.assert_array_equal(x, before)


def test_dropout_in_use_changes_nothing_and_needs_no_chance():
    x, dy = rng.normal(size=(7, 5)), rng.normal(size=(7, 5))
    y, cache = dropout_forward(x, 0.5)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(dropout_backward(dy, cache), dy)


@pytest.mark.parametrize("p_drop", [-0.1, 1.0, 50])
def test_a_share_that_is_none_is_refused(p_drop):
    with pytest.raises(ValueError, match="share that is dropped"):
        dropout_forward(np.ones((2, 2)), p_drop, rng, True)


def test_dropout_works_in_a_network_and_rests_in_predictions():
    layer = Layer(partial(dropout_forward, p_drop=0.5), dropout_backward)
    W = init_he(5, 7, rng)
    network = Network(
        [Layer(linear_forward, linear_backward, W=W, b=np.ones(7)), layer]
    )
    x = rng.normal(size=(3, 5))
    y, caches = network.forward(x, training=True, rng=np.random.default_rng(0))
    dx, _ = network.backward(np.ones(y.shape), caches)
    assert 0 < np.sum(y == 0) < y.size
    assert dx.shape == x.shape
    np.testing.assert_allclose(network.predict(x), x @ W + 1)


def test_l2_by_hand():
    # 0.1 / 2 * 9 = 0.45; 0.1 * 3 = 0.3; the bias is free
    loss, grads = l2_penalty({"W": np.array([[3.0]]), "b": np.array([5.0])}, 0.1)
    assert loss == pytest.approx(0.45)
    np.testing.assert_allclose(grads["W"], [[0.3]])
    np.testing.assert_array_equal(grads["b"], [0.0])


def test_l2_meets_the_probe():
    weights = {"W1": rng.normal(size=(5, 3)), "b1": rng.normal(size=3)}
    weights |= {"W2": rng.normal(size=(3, 11))}
    loss, grads = l2_penalty(weights, 0.7)
    check_gradients(lambda w: l2_penalty(w, 0.7)[0], weights, grads)
    assert loss > 0


def test_a_step_with_l2_shrinks_weights_and_leaves_biases():
    # W - 0.5 * (0 + 0.2 * W) = 0.9 W
    params = {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
    zeros = {name: 0 * w for name, w in params.items()}
    new, state = sgd_with_l2(params, zeros, None, 0.5, strength=0.2)
    np.testing.assert_allclose(new["W"], 0.9 * params["W"])
    np.testing.assert_array_equal(new["b"], params["b"])
    assert state is None


def test_a_step_with_no_strength_is_a_plain_step():
    params = {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
    grads = {name: rng.normal(size=w.shape) for name, w in params.items()}
    with_l2, _ = sgd_with_l2(params, grads, None, 0.1, strength=0.0)
    plain, _ = sgd(params, grads, None, 0.1)
    for name in params:
        np.testing.assert_array_equal(with_l2[name], plain[name])


@pytest.mark.parametrize(("patience", "best"), [(1, 2), (2, 2), (3, 5), (9, 5)])
def test_early_stopping_does_not_see_ahead(patience, best):
    assert early_stopping([1.0, 0.7, 0.5, 0.6, 0.55, 0.4], patience) == best


def test_early_stopping_forgives_bumps_and_a_loss_that_is_no_number():
    assert early_stopping([1.0, 0.9, 0.95, 0.8, 0.85, 0.7], 2) == 5
    assert early_stopping([1.0, 0.9, np.nan, np.nan, np.nan, 0.1], 3) == 1
    assert early_stopping([0.4], 5) == 0


def test_early_stopping_wants_at_least_one_measurement():
    with pytest.raises(ValueError, match="validation="):
        early_stopping([], 3)


def test_the_gap_is_positive_where_unseen_examples_are_worse():
    assert generalization_gap(0.2, 0.5) == pytest.approx(0.3)
    assert generalization_gap(0.5, 0.2) == pytest.approx(-0.3)
