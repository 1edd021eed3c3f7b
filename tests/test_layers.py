import numpy as np
import pytest

from course_lib.gradients import check_gradients
from course_lib.layers import (
    linear_backward,
    linear_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)

rng = np.random.default_rng(40)

N, D, M = 7, 5, 3  # prime and all different: no transpose can hide
STEP = 1e-5

ACTIVATIONS = {
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "relu": (relu_forward, relu_backward),
}
activations = pytest.mark.parametrize("name", ACTIVATIONS)


def linear_case(n_examples=N):
    params = {
        "x": rng.normal(size=(n_examples, D)),
        "W": rng.normal(size=(D, M)),
        "b": rng.normal(size=M),
    }
    dy = rng.normal(size=(n_examples, M))
    return params, dy, lambda p: np.sum(linear_forward(**p)[0] * dy)


def activation_case(name, shape=(N, D)):
    forward, _ = ACTIVATIONS[name]
    x = rng.normal(size=shape)
    x += np.sign(x) * 10 * STEP  # away from the kink of ReLU
    dy = rng.normal(size=shape)
    return x, dy, lambda p: np.sum(forward(p["x"])[0] * dy)


def test_linear_forward_by_hand():
    # [1 2] [3 4]T + 5 = 3 + 8 + 5 = 16
    x, W = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    y, cache = linear_forward(x, W, np.array([5.0]))
    np.testing.assert_array_equal(y, [[16.0]])
    assert cache[0] is x
    assert cache[1] is W


def test_linear_backward_by_hand():
    # x = [1 2], W = [3 4]T, dy = [10]:
    #   dW = xT dy = [10 20]T     db = 10     dx = dy WT = [30 40]
    x, W = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    _, cache = linear_forward(x, W, np.zeros(1))
    dx, dW, db = linear_backward(np.array([[10.0]]), cache)
    np.testing.assert_array_equal(dx, [[30.0, 40.0]])
    np.testing.assert_array_equal(dW, [[10.0], [20.0]])
    np.testing.assert_array_equal(db, [10.0])


def test_linear_backward_adds_up_over_the_batch_by_hand():
    # Two examples x = 1 and 2, dy = 10 and 100: dW = 1*10 + 2*100, db = 10 + 100
    _, cache = linear_forward(np.array([[1.0], [2.0]]), np.array([[3.0]]), np.zeros(1))
    dx, dW, db = linear_backward(np.array([[10.0], [100.0]]), cache)
    np.testing.assert_array_equal(dx, [[30.0], [300.0]])
    np.testing.assert_array_equal(dW, [[210.0]])
    np.testing.assert_array_equal(db, [110.0])


@pytest.mark.parametrize("n_examples", [1, 2, N])
def test_linear_backward_agrees_with_the_numerical_gradient(n_examples):
    params, dy, loss = linear_case(n_examples)
    _, cache = linear_forward(**params)
    grads = dict(zip(params, linear_backward(dy, cache), strict=True))
    check_gradients(loss, params, grads, tolerance=1e-8)


@pytest.mark.parametrize(
    ("at_fault", "mistake"),
    [
        ("db", lambda dx, dW, db: (dx, dW, db / N)),
        ("dW", lambda dx, dW, db: (dx, dW / N, db)),
        ("dx", lambda dx, dW, db: (-dx, dW, db)),
        ("dW", lambda dx, dW, db: (dx, np.roll(dW, 1, axis=0), db)),
        ("db", lambda dx, dW, db: (dx, dW, np.zeros_like(db))),
    ],
)
def test_a_mistake_in_linear_backward_is_refused_and_placed(at_fault, mistake):
    params, dy, loss = linear_case()
    _, cache = linear_forward(**params)
    grads = dict(zip(params, mistake(*linear_backward(dy, cache)), strict=True))
    with pytest.raises(
        AssertionError, match=rf"{at_fault}\[[0-9, ]+\]: yours"
    ) as error:
        check_gradients(loss, params, grads)
    right = {"dx", "dW", "db"} - {at_fault}
    assert all(f"{name} agrees" in str(error.value) for name in right)


def test_a_transposed_dW_is_refused_by_its_shape():
    params, dy, loss = linear_case()
    dx, dW, db = linear_backward(dy, linear_forward(**params)[1])
    with pytest.raises(ValueError, match=r"dW has shape \(3, 5\), expected \(5, 3\)"):
        check_gradients(loss, params, {"x": dx, "W": dW.T, "b": db})


def test_sigmoid_by_hand():
    # e = exp(ln 3) = 3: sigmoid(ln 3) = 3/4, sigmoid(-ln 3) = 1/4; y (1 - y) = 3/16
    x = np.array([0.0, np.log(3.0), -np.log(3.0)])
    y, cache = sigmoid_forward(x)
    np.testing.assert_allclose(y, [1 / 2, 3 / 4, 1 / 4], rtol=1e-15)
    dx = sigmoid_backward(np.array([16.0, 16.0, -16.0]), cache)
    np.testing.assert_allclose(dx, [4.0, 3.0, -3.0], rtol=1e-15)


@pytest.mark.filterwarnings("error")
def test_sigmoid_stays_finite_and_silent_at_800_either_way():
    x = np.array([-800.0, -40.0, 40.0, 800.0])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y, cache = sigmoid_forward(x)
        dx = sigmoid_backward(np.ones(4), cache)
    # Far left it is exp(x), not rounded to 0 until exp itself is.
    np.testing.assert_allclose(y, [0.0, np.exp(-40.0), 1.0, 1.0], rtol=1e-15)
    assert np.all(np.isfinite(dx))


def test_tanh_by_hand():
    # tanh(ln 2) = (2 - 1/2) / (2 + 1/2) = 3/5; 1 - 9/25 = 16/25
    y, cache = tanh_forward(np.array([0.0, np.log(2.0)]))
    np.testing.assert_allclose(y, [0.0, 3 / 5], rtol=1e-15)
    dx = tanh_backward(np.array([7.0, 25.0]), cache)
    np.testing.assert_allclose(dx, [7.0, 16.0], rtol=1e-15)


def test_relu_backward_blocks_the_gradient_where_x_was_negative():
    y, cache = relu_forward(np.array([-2.0, 0.0, 3.0]))
    np.testing.assert_array_equal(y, [0.0, 0.0, 3.0])
    dx = relu_backward(np.array([5.0, 6.0, -7.0]), cache)
    np.testing.assert_array_equal(dx, [0.0, 0.0, -7.0])


@activations
@pytest.mark.parametrize("shape", [(N, D), (1, M), (11,)])
def test_an_activation_agrees_with_the_numerical_gradient(name, shape):
    forward, backward = ACTIVATIONS[name]
    x, dy, loss = activation_case(name, shape)
    _, cache = forward(x)
    grads = {"x": backward(dy, cache)}
    check_gradients(loss, {"x": x}, grads, tolerance=1e-8, step=STEP)


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("sigmoid", lambda dy, x, y: dy * x * (1 - x)),
        ("sigmoid", lambda dy, x, y: dy * (1 - y)),
        ("tanh", lambda dy, x, y: dy * (1 - x * x)),
        ("tanh", lambda dy, x, y: 1 - y * y),
        ("relu", lambda dy, x, y: dy * (dy > 0)),
        ("relu", lambda dy, x, y: dy * np.where(x > 0, 1.0, 0.01)),
    ],
)
def test_a_mistake_in_an_activation_is_refused_and_placed(name, mistake):
    x, dy, loss = activation_case(name)
    y, _ = ACTIVATIONS[name][0](x)
    with pytest.raises(AssertionError, match=r"dx\[\d, \d\]: yours .* numerical"):
        check_gradients(loss, {"x": x}, {"x": mistake(dy, x, y)}, step=STEP)


def test_no_pair_changes_what_it_was_given():
    params, dy, _ = linear_case()
    before = [a.copy() for a in (*params.values(), dy)]
    linear_backward(dy, linear_forward(**params)[1])
    for array, original in zip((*params.values(), dy), before, strict=True):
        np.testing.assert_array_equal(array, original)
    for name, (forward, backward) in ACTIVATIONS.items():
        x, dy, _ = activation_case(name)
        x_before, dy_before = x.copy(), dy.copy()
        y, cache = forward(x)
        y_before = y.copy()
        backward(dy, cache)
        np.testing.assert_array_equal(x, x_before)
        np.testing.assert_array_equal(dy, dy_before)
        np.testing.assert_array_equal(y, y_before)


@activations
def test_an_activation_does_not_hand_out_its_input_as_its_output(name):
    forward, backward = ACTIVATIONS[name]
    x, dy, _ = activation_case(name)
    y, cache = forward(x)
    assert y is not x
    assert backward(dy, cache) is not dy
