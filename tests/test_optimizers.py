import numpy as np
import pytest

from course_lib.optimizers import (
    clip_by_global_norm,
    clip_layers,
    gradient_step,
    sgd,
)


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
