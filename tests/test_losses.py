import numpy as np
import pytest

from course_lib.gradients import check_gradients
from course_lib.losses import mse, softmax, softmax_cross_entropy
from course_lib.metrics import accuracy

rng = np.random.default_rng(41)

N, C, M = 7, 11, 3


def test_mse_by_hand():
    # errors 1 and -3: (1 + 9) / 2 = 5; gradient 2 * error / 2 = error
    loss, dpredictions = mse(np.array([3.0, 2.0]), np.array([2.0, 5.0]))
    assert loss == 5.0
    assert type(loss) is float
    np.testing.assert_array_equal(dpredictions, [1.0, -3.0])


def test_mse_adds_up_an_examples_outputs_by_hand():
    # example 1: 1 + 4 = 5, example 2: 9 + 0 = 9; mean 7; gradient error * 2 / 2
    error = np.array([[1.0, 2.0], [3.0, 0.0]])
    loss, dpredictions = mse(error + 10.0, np.full((2, 2), 10.0))
    assert loss == 7.0
    np.testing.assert_array_equal(dpredictions, error)


@pytest.mark.parametrize("shape", [(N,), (1,), (N, M), (N, 1)])
def test_mse_agrees_with_the_numerical_gradient(shape):
    predictions, targets = rng.normal(size=shape), rng.normal(size=shape) + 5
    check_gradients(
        lambda p: mse(p["predictions"], targets)[0],
        {"predictions": predictions},
        {"predictions": mse(predictions, targets)[1]},
        tolerance=1e-8,
    )


@pytest.mark.parametrize("factor", [0.5, N, -1.0])
def test_a_wrong_factor_in_the_gradient_of_mse_is_refused(factor):
    predictions, targets = rng.normal(size=N), rng.normal(size=N) + 5
    with pytest.raises(AssertionError, match=r"dpredictions\[\d\]: yours"):
        check_gradients(
            lambda p: mse(p["predictions"], targets)[0],
            {"predictions": predictions},
            {"predictions": factor * mse(predictions, targets)[1]},
        )


@pytest.mark.parametrize(
    ("predictions", "targets"),
    [((N, 1), (N,)), ((N,), (N, 1)), ((N,), (1,)), ((N, M), (N,)), ((1, N), (N,))],
)
def test_mse_refuses_shapes_that_would_broadcast(predictions, targets):
    with pytest.raises(ValueError, match="expected the same shape") as error:
        mse(np.ones(predictions), np.ones(targets))
    assert str(predictions) in str(error.value)
    assert str(targets) in str(error.value)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3)])
def test_mse_refuses_to_take_a_mean_of_nothing(shape):
    with pytest.raises(ValueError, match="at least one example"):
        mse(np.ones(shape), np.ones(shape))


def test_softmax_by_hand():
    # e^(ln 1), e^(ln 3), e^(ln 4) = 1, 3, 4 of 8
    probs = softmax(np.log([[1.0, 3.0, 4.0], [5.0, 5.0, 5.0]]))
    np.testing.assert_allclose(probs, [[1 / 8, 3 / 8, 4 / 8], [1 / 3] * 3], rtol=1e-15)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0, 1e300])
def test_softmax_does_not_change_when_a_row_is_shifted(shift):
    logits = np.array([[0.0, 1.0], [2.0, 0.0]])
    # Adding 1e300 rounds the differences away, so subtract it first.
    expected = softmax((logits + shift) - shift)
    np.testing.assert_allclose(softmax(logits + shift), expected, rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_softmax_takes_the_largest_of_each_row_not_of_all():
    probs = softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    np.testing.assert_array_equal(probs, [[0.5, 0.5], [1.0, 0.0]])


def test_cross_entropy_by_hand():
    # rows 1:3 and 1:1; labels 1 and 0: -(ln 3/4 + ln 1/2) / 2 = ln(8/3) / 2
    logits = np.log([[1.0, 3.0], [2.0, 2.0]])
    loss, dlogits = softmax_cross_entropy(logits, np.array([1, 0]))
    assert loss == pytest.approx(np.log(8 / 3) / 2, rel=1e-15)
    # (probs - onehot) / 2
    np.testing.assert_allclose(dlogits, [[1 / 8, -1 / 8], [-1 / 4, 1 / 4]], rtol=1e-14)


def test_cross_entropy_of_equal_logits_is_the_logarithm_of_the_classes():
    loss, _ = softmax_cross_entropy(np.full((N, C), 3.0), rng.integers(0, C, N))
    assert loss == pytest.approx(np.log(C), rel=1e-15)


@pytest.mark.parametrize("n_examples", [1, N])
def test_cross_entropy_agrees_with_the_numerical_gradient(n_examples):
    logits, labels = rng.normal(size=(n_examples, C)), rng.integers(0, C, n_examples)
    check_gradients(
        lambda p: softmax_cross_entropy(p["logits"], labels)[0],
        {"logits": logits},
        {"logits": softmax_cross_entropy(logits, labels)[1]},
        tolerance=1e-8,
    )


@pytest.mark.parametrize(
    "mistake",
    [
        lambda p, onehot: p - onehot,
        lambda p, onehot: (p - onehot) / C,
        lambda p, onehot: (onehot - p) / N,
        lambda p, onehot: p / N,
        lambda p, onehot: p * (1 - p) / N,
        lambda p, onehot: (p - np.roll(onehot, 1, axis=1)) / N,
    ],
)
def test_a_mistake_in_the_gradient_of_cross_entropy_is_refused(mistake):
    logits, labels = rng.normal(size=(N, C)), rng.integers(0, C, N)
    dlogits = mistake(softmax(logits), np.eye(C)[labels])
    with pytest.raises(AssertionError, match=r"dlogits\[\d+, \d+\]: yours"):
        check_gradients(
            lambda p: softmax_cross_entropy(p["logits"], labels)[0],
            {"logits": logits},
            {"logits": dlogits},
        )


@pytest.mark.filterwarnings("error")
def test_cross_entropy_of_a_confident_error_is_large_and_finite():
    # probability e^-2000 of the right class: 2000 nats
    loss, dlogits = softmax_cross_entropy(np.array([[1000.0, -1000.0]]), np.array([1]))
    assert loss == 2000.0
    np.testing.assert_array_equal(dlogits, [[1.0, -1.0]])


def test_cross_entropy_is_the_textbook_formula_to_the_last_bit():
    logits, labels = rng.normal(size=(53, 7)), rng.integers(7, size=53)
    shifted = logits - logits.max(axis=1, keepdims=True)
    probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(53)
    expected = np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, labels])
    probs[rows, labels] -= 1.0
    loss, dlogits = softmax_cross_entropy(logits, labels)
    assert loss == expected
    np.testing.assert_array_equal(dlogits, probs / 53)


@pytest.mark.parametrize("kind", ["uint8", "int16", "int64"])
def test_labels_may_be_integers_of_any_kind(kind):
    logits, labels = rng.normal(size=(5, 3)), np.array([0, 1, 2, 1, 0])
    loss, _ = softmax_cross_entropy(logits, labels.astype(kind))
    assert loss == softmax_cross_entropy(logits, labels)[0]


def test_losses_leave_their_inputs_alone():
    logits, labels = rng.normal(size=(N, C)), rng.integers(0, C, N)
    before = logits.copy()
    softmax(logits)
    softmax_cross_entropy(logits, labels)
    predictions, targets = rng.normal(size=N), rng.normal(size=N)
    copies = predictions.copy(), targets.copy()
    mse(predictions, targets)
    np.testing.assert_array_equal(logits, before)
    np.testing.assert_array_equal(predictions, copies[0])
    np.testing.assert_array_equal(targets, copies[1])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 1, 3]), r"labels\[2\] is 3, expected 0 to 2"),
        (np.array([0, -1, 2]), r"labels\[1\] is -1, expected 0 to 2"),
        (np.array([[0], [1], [2]]), r"labels have shape \(3, 1\), expected \(3,\)"),
        (np.eye(3), r"labels have shape \(3, 3\), expected \(3,\)"),
        (np.array([0, 1]), r"labels have shape \(2,\), expected \(3,\)"),
        (np.array([0.0, 1.0, 2.0]), "of type float64, expected integers"),
        (np.array([True, False, True]), "of type bool, expected integers"),
    ],
)
def test_cross_entropy_says_what_does_not_fit_about_the_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        softmax_cross_entropy(np.zeros((3, 3)), labels)


@pytest.mark.parametrize("shape", [(3,), (0, 3), (3, 0), (2, 3, 4)])
def test_softmax_refuses_anything_but_rows_of_logits(shape):
    with pytest.raises(ValueError, match=r"expected \(N, C\)"):
        softmax(np.zeros(shape))
    with pytest.raises(ValueError, match=r"expected \(N, C\)"):
        softmax_cross_entropy(np.zeros(shape), np.zeros(3, dtype=int))


def test_accuracy_by_hand():
    logits = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert accuracy(logits, np.array([1, 0, 0])) == pytest.approx(2 / 3)


def test_accuracy_refuses_a_column_of_labels():
    with pytest.raises(ValueError, match=r"\(3, 2\) and labels \(3, 1\)"):
        accuracy(np.zeros((3, 2)), np.zeros((3, 1), dtype=int))
