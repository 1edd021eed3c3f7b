from functools import partial

import numpy as np
import pytest

from course_lib.data import load
from course_lib.models import mlp
from course_lib.optimizers import (
    adam,
    adamw,
    clip_by_global_norm,
    clip_layers,
    gradient_step,
    momentum,
    rmsprop,
    sgd,
)
from course_lib.training import train
from course_lib.update_rules import (
    adam_step,
    adamw_step,
    momentum_step,
    rmsprop_step,
)

rng = np.random.default_rng(11)
REMEMBERING = momentum, rmsprop, adam, adamw


def test_gradient_step_by_hand():
    # 5 - 0.5 * 4 = 3, and 1 - 0.5 * -2 = 2: against the gradient
    params = {"w": np.array([5.0]), "b": np.array([1.0])}
    stepped = gradient_step(params, {"w": np.array([4.0]), "b": np.array([-2.0])}, 0.5)
    assert stepped == {"w": [3.0], "b": [2.0]}
    assert list(stepped) == ["w", "b"]


def test_gradient_step_changes_nothing_in_place():
    params, grads = {"w": np.array([5.0])}, {"w": np.array([4.0])}
    stepped = gradient_step(params, grads, 0.1)
    assert params == {"w": [5.0]}
    assert grads == {"w": [4.0]}
    assert not np.shares_memory(stepped["w"], params["w"])


def test_gradient_step_takes_plain_numbers():
    assert gradient_step({"b": 1.0}, {"b": np.float64(2.0)}, 0.25) == {"b": 0.5}


def test_a_small_step_lowers_the_loss_by_the_squared_gradient():
    # f = w^2 at 3: gradient 6, so a step of 1e-6 lowers f by about 36e-6
    w = gradient_step({"w": np.array(3.0)}, {"w": np.array(6.0)}, 1e-6)["w"]
    assert 9.0 - w**2 == pytest.approx(36e-6, rel=1e-5)


@pytest.mark.parametrize("grads", [{}, {"W": np.zeros(3)}, {"w": 0, "b": 0}])
def test_a_missing_or_additional_gradient_is_named(grads):
    with pytest.raises(ValueError, match=r"expected \['w'\]"):
        gradient_step({"w": np.zeros(3)}, grads, 0.1)


@pytest.mark.parametrize("shape", [(1, 3), (), (3, 1), (1,)])
def test_a_gradient_that_would_broadcast_is_refused(shape):
    with pytest.raises(ValueError, match=r"db has shape .* expected \(3,\)"):
        gradient_step({"b": np.zeros(3)}, {"b": np.ones(shape)}, 0.1)


def test_sgd_is_a_gradient_step_without_memory():
    params, grads = {"w": np.array([5.0])}, {"w": np.array([4.0])}
    stepped, state = sgd(params, grads, None, 0.5)
    assert stepped == gradient_step(params, grads, 0.5)
    assert state is None


# ---- clipping


def test_clip_by_global_norm_by_hand():
    # sqrt(3^2 + 4^2) = 5, and 1 is allowed: everything times 1/5
    grads = {"W": np.array([[3.0]]), "b": np.array([4.0])}
    clipped, norm = clip_by_global_norm(grads, 1.0)
    assert norm == 5
    np.testing.assert_allclose([clipped["W"][0, 0], clipped["b"][0]], [0.6, 0.8])


def test_gradients_below_the_limit_pass_unchanged_and_zeros_stay_zeros():
    grads = {"W": np.array([3.0]), "b": np.array([4.0])}
    clipped, norm = clip_by_global_norm(grads, 6.0)
    assert (clipped, norm) == (grads, 5)
    clipped, norm = clip_by_global_norm({"W": np.zeros(3)}, 1.0)
    assert norm == 0
    np.testing.assert_array_equal(clipped["W"], 0)


def test_clipping_keeps_the_direction_and_the_arrays_it_was_given(rng):
    grads = {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
    before = {name: dw.copy() for name, dw in grads.items()}
    clipped, norm = clip_by_global_norm(grads, 0.1)
    for name, dw in before.items():
        np.testing.assert_array_equal(grads[name], dw)
        np.testing.assert_allclose(clipped[name] * norm / 0.1, dw)
    assert clip_by_global_norm(clipped, 1.0)[1] == pytest.approx(0.1)


def test_layers_are_clipped_together(rng):
    grads = {7: {"W": np.array([3.0])}, 8: {}, 9: {"W": np.array([0.0, 4.0])}}
    clipped = clip_layers(grads, 2.5)
    assert list(clipped) == [7, 8, 9] and clipped[8] == {}
    np.testing.assert_allclose(clipped[7]["W"], [1.5])
    np.testing.assert_allclose(clipped[9]["W"], [0.0, 2.0])


# ---- one array, by hand


def test_momentum_step_by_hand():
    # velocity = 0.5 * 2 + 4 = 5, w = 3 - 0.1 * 5 = 2.5
    w, velocity = momentum_step(
        np.array([3.0]), np.array([4.0]), np.array([2.0]), 0.1, 0.5
    )
    assert (w, velocity) == ([2.5], [5.0])


def test_rmsprop_step_by_hand():
    # v = 0.75 * 4 + 0.25 * 6**2 = 12, w = 1 - 0.2 * 6 / sqrt(12)
    w, v = rmsprop_step(np.array([1.0]), np.array([6.0]), np.array([4.0]), 0.2, 0.75)
    assert v == [12.0]
    assert w[0] == pytest.approx(1 - 1.2 / np.sqrt(12))


def test_adam_step_by_hand():
    # m = 0.5 * 1 + 0.5 * 3 = 2, v = 0.75 * 4 + 0.25 * 9 = 5.25; at t = 2 they are
    # divided by 1 - 0.25 = 0.75 and 1 - 0.5625 = 0.4375, which gives 8/3 and 12
    given = (np.array([x]) for x in (1.0, 3.0, 1.0, 4.0))
    w, m, v = adam_step(*given, t=2, learning_rate=0.3, beta1=0.5, beta2=0.75)
    assert (m, v) == ([2.0], [5.25])
    assert w[0] == pytest.approx(1 - 0.3 * (8 / 3) / np.sqrt(12))


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    dw, zeros = np.array([1e-3, -5.0, 200.0]), np.zeros(3)
    w, *_ = adam_step(zeros, dw, zeros, zeros, 1, 0.01)
    np.testing.assert_allclose(w, -0.01 * np.sign(dw), rtol=1e-4)


def test_adam_without_correction_would_start_three_times_too_long():
    # 0.1 dw / sqrt(0.001 dw**2) = 3.16
    m, v = adam_step(np.zeros(1), np.ones(1), np.zeros(1), np.zeros(1), 1, 0.01)[1:]
    assert m[0] / np.sqrt(v[0]) == pytest.approx(3.1623, abs=1e-4)


def test_adam_counts_its_steps_from_one():
    with pytest.raises(ValueError, match="t is 0, expected at least 1"):
        adam_step(*np.zeros((4, 3)), t=0, learning_rate=0.1)


def test_adamw_decays_beside_adams_step():
    w, dw, m, v = rng.normal(size=(4, 5, 3)) ** 2
    stepped, *_ = adam_step(w, dw, m, v, 3, 0.1)
    decayed, *_ = adamw_step(w, dw, m, v, 3, 0.1, 0.2)
    np.testing.assert_allclose(stepped - decayed, 0.1 * 0.2 * w)


def test_a_large_gradient_decays_as_much_as_a_small_one_only_beside_the_step():
    w, zeros, dw = np.ones(2), np.zeros(2), np.array([0.01, 100.0])
    plain, *_ = adam_step(w, dw, zeros, zeros, 1, 0.1)
    inside, *_ = adam_step(w, dw + 0.5 * w, zeros, zeros, 1, 0.1)
    beside, *_ = adamw_step(w, dw, zeros, zeros, 1, 0.1, 0.5)
    np.testing.assert_allclose(plain - beside, 0.05)
    np.testing.assert_allclose(plain - inside, 0, atol=1e-6)


# ---- against the published formulas, written as sums over all the steps


def published(gradients, beta):
    """Return the weighted sum of the gradients, the last one having weight 1."""
    ages = np.arange(len(gradients))[::-1]
    return np.tensordot(beta**ages, gradients, axes=1)


def walked(optimizer, gradients, **settings):
    """Return where an optimizer takes a parameter of zeros, step by step."""
    params, state, path = {"w": np.zeros(gradients[0].shape)}, None, []
    for dw in gradients:
        params, state = optimizer(params, {"w": dw}, state, **settings)
        path.append(params["w"])
    return np.array(path)


GRADIENTS = rng.normal(size=(9, 5, 3))


def test_momentum_is_the_sum_of_gradients_that_fade_with_age():
    path = walked(momentum, GRADIENTS, learning_rate=0.1, beta=0.8)
    steps = [-0.1 * published(GRADIENTS[: k + 1], 0.8) for k in range(9)]
    np.testing.assert_allclose(path, np.cumsum(steps, axis=0))


def test_rmsprop_divides_by_the_root_of_the_mean_square():
    path = walked(rmsprop, GRADIENTS, learning_rate=0.1, beta=0.8, epsilon=1e-3)
    squares = [0.2 * published(GRADIENTS[: k + 1] ** 2, 0.8) for k in range(9)]
    steps = -0.1 * GRADIENTS / (np.sqrt(squares) + 1e-3)
    np.testing.assert_allclose(path, np.cumsum(steps, axis=0))


def test_adam_is_the_mean_over_the_root_of_the_mean_square():
    path = walked(adam, GRADIENTS, learning_rate=0.1, beta1=0.7, beta2=0.8)
    steps = []
    for k in range(1, 10):
        # Divided by the sum of their weights, these are means in the usual sense.
        mean = published(GRADIENTS[:k], 0.7) / published(np.ones(k), 0.7)
        square = published(GRADIENTS[:k] ** 2, 0.8) / published(np.ones(k), 0.8)
        steps.append(-0.1 * mean / (np.sqrt(square) + 1e-8))
    np.testing.assert_allclose(path, np.cumsum(steps, axis=0))


def test_adamw_shrinks_the_weights_by_a_share_and_leaves_the_biases():
    params = {"W": np.full((2, 2), 3.0), "b": np.full(2, 3.0)}
    nothing = {name: 0 * w for name, w in params.items()}
    moved, _ = adamw(params, nothing, None, 0.5, weight_decay=0.1)
    np.testing.assert_allclose(moved["W"], 3 * (1 - 0.05))
    np.testing.assert_array_equal(moved["b"], params["b"])


# ---- what holds for all of them


@pytest.mark.parametrize("optimizer", REMEMBERING)
def test_an_optimizer_changes_neither_params_nor_grads_nor_state(optimizer):
    params = {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
    grads = {name: rng.normal(size=w.shape) for name, w in params.items()}
    before = {name: w.copy() for name, w in {**params, **grads}.items()}
    _, state = optimizer(params, grads, None, 0.1)
    once, first = optimizer(params, grads, state, 0.1)
    again, second = optimizer(params, grads, state, 0.1)
    assert repr((once, first)) == repr((again, second))
    assert all(np.array_equal(before[name], w) for name, w in grads.items())
    assert not any(np.shares_memory(once[name], params[name]) for name in params)


@pytest.mark.parametrize("optimizer", REMEMBERING)
def test_an_optimizer_refuses_a_gradient_that_would_broadcast(optimizer):
    with pytest.raises(ValueError, match=r"db has shape \(1, 3\), expected \(3,\)"):
        optimizer({"b": np.zeros(3)}, {"b": np.ones((1, 3))}, None, 0.1)


@pytest.mark.parametrize("optimizer", REMEMBERING)
def test_an_optimizer_leaves_alone_what_has_no_gradient(optimizer):
    params, nothing = {"b": np.array([1.0, -2.0])}, {"b": np.zeros(2)}
    state = None
    for _ in range(3):
        params, state = optimizer(params, nothing, state, 0.1)
    np.testing.assert_array_equal(params["b"], [1.0, -2.0])


@pytest.mark.parametrize(
    ("optimizer", "learning_rate"),
    [
        (partial(momentum, beta=0.9), 0.1),
        (rmsprop, 0.01),
        (adam, 0.01),
        (partial(adamw, weight_decay=0.01), 0.01),
    ],
)
def test_an_optimizer_trains_a_network_to_read_digits(optimizer, learning_rate):
    digits, draw = load("digits"), np.random.default_rng(0)
    network = mlp([64, 32, 10], draw)
    history = train(
        network,
        *digits.train,
        learning_rate=learning_rate,
        optimizer=optimizer,
        epochs=5,
        rng=draw,
        validation=digits.validation,
    )
    assert history.validation_accuracies[-1] > 0.93


def test_momentum_without_memory_is_gradient_descent():
    path = walked(momentum, GRADIENTS, learning_rate=0.1, beta=0.0)
    np.testing.assert_allclose(path, walked(sgd, GRADIENTS, learning_rate=0.1))
