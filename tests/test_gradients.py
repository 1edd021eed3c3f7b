import numpy as np
import pytest

from course_lib.gradients import check_gradients, gradient_check, numerical_gradient

rng = np.random.default_rng(42)


def test_numerical_gradient_by_hand():
    # The central difference of a parabola is exact: ((w+h)^2 - (w-h)^2) / 2h = 2w
    dw = numerical_gradient(lambda w: np.sum(w**2), np.array([1.0, -3.0]), step=0.5)
    np.testing.assert_array_equal(dw, [2.0, -6.0])


@pytest.mark.parametrize("shape", [(), (1,), (5,), (5, 3), (2, 3, 5)])
def test_numerical_gradient_has_the_shape_of_w_and_leaves_w_exactly_as_it_was(shape):
    w = np.array(rng.normal(size=shape))
    before = w.copy()
    dw = numerical_gradient(lambda w: np.sum(np.sin(w)), w)
    assert dw.shape == w.shape
    np.testing.assert_array_equal(w, before)
    np.testing.assert_allclose(dw, np.cos(w), atol=1e-9)


def test_numerical_gradient_follows_a_function_that_looks_at_the_array_itself():
    w = rng.normal(size=(3, 2))
    np.testing.assert_allclose(
        numerical_gradient(lambda _: np.sum(w**3), w), 3 * w**2, atol=1e-8
    )


def test_numerical_gradient_works_on_a_transposed_view():
    w = rng.normal(size=(3, 2))
    dw = numerical_gradient(lambda v: np.sum(v[:, 0] ** 2), w.T)
    np.testing.assert_allclose(dw[:, 0], 2 * w[0], atol=1e-9)
    np.testing.assert_array_equal(dw[:, 1:], 0.0)


def test_w_is_restored_when_the_function_fails():
    w = np.array([1.0, 2.0])

    def fails(w):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        numerical_gradient(fails, w)
    np.testing.assert_array_equal(w, [1.0, 2.0])


def test_both_sides_are_used_so_the_bend_cancels():
    # One side only would be off by step * f''/2 = 5e-6 for exp at 0.
    dw = numerical_gradient(lambda w: float(np.exp(w[0])), np.zeros(1), step=1e-5)
    assert abs(dw[0] - 1.0) < 1e-9


@pytest.mark.parametrize("w", [np.array([1, 2]), [1.0, 2.0], 3.0])
def test_numerical_gradient_refuses_what_would_cut_the_step_off(w):
    with pytest.raises(TypeError, match="expected an array of floats"):
        numerical_gradient(lambda w: 0.0, w)


def test_numerical_gradient_refuses_a_loss_of_many_numbers():
    with pytest.raises(TypeError, match=r"array of shape \(2,\), expected one number"):
        numerical_gradient(lambda w: w**2, np.array([1.0, 2.0]))


def quadratic(params):
    return np.sum(params["u"] ** 2) + 1e-4 * np.sum(params["v"] ** 2)


def quadratic_case():
    params = {"u": rng.normal(size=(5, 3)) + 3, "v": rng.normal(size=7) + 3}
    return params, {"u": 2 * params["u"], "v": 2e-4 * params["v"]}


def test_gradient_check_accepts_the_right_gradients_and_changes_nothing():
    params, grads = quadratic_case()
    before = {name: w.copy() for name, w in params.items()}
    worst = gradient_check(quadratic, params, grads)
    assert list(worst) == ["u", "v"]
    assert max(entry.error for entry in worst.values()) < 1e-6
    for name, w in params.items():
        np.testing.assert_array_equal(w, before[name])


def test_gradient_check_shows_the_worst_entry_by_name():
    params, grads = quadratic_case()
    grads["u"][4, 1] *= 1.5
    worst = gradient_check(quadratic, params, grads)["u"]
    assert worst.index == (4, 1)
    assert worst.analytic == grads["u"][4, 1]
    assert worst.numerical == pytest.approx(grads["u"][4, 1] / 1.5)
    with pytest.raises(AssertionError, match=r"du\[4, 1\]: yours .*numerical") as error:
        check_gradients(quadratic, params, grads)
    assert "dv agrees" in str(error.value)


def test_a_small_gradient_is_not_drowned_by_a_large_one():
    params, grads = quadratic_case()
    grads["v"] = np.zeros(7)  # 1e-4 of the gradient of u
    with pytest.raises(AssertionError, match=r"dv\[\d\]: yours 0, numerical"):
        check_gradients(quadratic, params, grads)


def test_a_gradient_that_is_zero_everywhere_counts_as_right():
    params = {"x": np.zeros((3, 2)), "W": rng.normal(size=(2, 5))}
    # y = xW with x = 0: dW is 0 whatever W is, and the loss is far from 0.
    check_gradients(
        lambda p: 1.7 + np.sum(np.sin(p["x"] @ p["W"])),
        {"W": params["W"], "x": params["x"]},
        {"W": np.zeros((2, 5)), "x": np.tile(params["W"].sum(axis=1), (3, 1))},
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_refused(value):
    params, grads = quadratic_case()
    grads["v"][3] = value
    assert gradient_check(quadratic, params, grads)["v"].index == (3,)
    with pytest.raises(AssertionError, match=r"dv\[3\]: yours -?(nan|inf)"):
        check_gradients(quadratic, params, grads)


def test_gradient_check_looks_at_a_sample_when_asked():
    calls = []

    def counted(params):
        calls.append(1)
        return quadratic(params)

    params, grads = quadratic_case()
    worst = gradient_check(counted, params, grads, n_samples=4, rng=rng)
    # once for the size of the loss, then twice for each of 4 entries of 2 arrays
    assert len(calls) == 1 + 2 * 4 * 2
    assert max(entry.error for entry in worst.values()) < 1e-6


def test_gradient_check_says_which_gradient_is_missing():
    params, grads = quadratic_case()
    del grads["v"]
    with pytest.raises(
        ValueError, match=r"gradients for \['u'\], expected \['u', 'v'\]"
    ):
        gradient_check(quadratic, params, grads)


@pytest.mark.parametrize("shape", [(1, 7), (), (7, 1)])
def test_gradient_check_refuses_a_shape_that_would_broadcast(shape):
    params, grads = quadratic_case()
    grads["v"] = np.ones(shape)
    with pytest.raises(ValueError, match=r"dv has shape .* expected \(7,\)"):
        gradient_check(quadratic, params, grads)
