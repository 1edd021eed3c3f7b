"""What lesson 4 claims, measured again on five seeds, and quoted as it is."""

import importlib.util
import json
import re

import numpy as np
import pytest

from course_lib import layers, losses
from course_lib.data import load
from course_lib.explorers import layers_ticket
from course_lib.gradients import gradient_check
from course_lib.initializers import init_he
from course_lib.judging import judge
from course_lib.network import Layer, Network
from course_lib.settings import ROOT
from course_lib.training import minibatches, train
from grader.exercises import SOLUTIONS, load_lesson, run

five_seeds = pytest.mark.parametrize("seed", range(5))
NAME = "04_layers"


def _answers():
    """Return the functions that the lesson's source gives as solutions, by name."""
    spec = importlib.util.find_spec("jupytext")
    if spec is None:
        pytest.skip("jupytext is missing: pip install -r requirements.txt")
    import jupytext

    names = {"np": np}
    for cell in jupytext.read(SOLUTIONS / NAME / f"{NAME}.py").cells:
        if "solution" in cell.metadata:
            exec(cell.source, names)
    return names


ANSWERS = _answers()
mlp_forward, mlp_backward = ANSWERS["mlp_forward"], ANSWERS["mlp_backward"]
softmax_cross_entropy = ANSWERS["softmax_cross_entropy"]


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def prose():
    """Return the built lesson's text on one line, without the signs of a quotation."""
    path = ROOT / "lessons" / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return " ".join(text.replace("\n> ", " ").split())


def first_params(rng, sizes=(64, 32, 10)):
    d, hidden, c = sizes
    return {
        "W1": rng.normal(0, np.sqrt(1 / d), (d, hidden)),
        "b1": np.zeros(hidden),
        "W2": rng.normal(0, np.sqrt(1 / hidden), (hidden, c)),
        "b2": np.zeros(c),
    }


# ---- the network


@five_seeds
def test_the_hand_written_network_reads_96_percent_of_unseen_digits(digits, seed):
    rng = np.random.default_rng(seed)
    (x, labels), (unseen, truth) = digits.train, digits.validation
    params = first_params(rng)
    for _ in range(20):
        for rows in minibatches(len(x), 32, rng):
            logits, cache = mlp_forward(x[rows], params)
            _, dlogits = softmax_cross_entropy(logits, labels[rows])
            grads = mlp_backward(dlogits, cache)
            params = {name: params[name] - 0.5 * grads[name] for name in params}
    right = np.mean(mlp_forward(unseen, params)[0].argmax(axis=1) == truth)
    assert right >= 0.96


@five_seeds
def test_the_learners_pairs_fit_into_the_courses_network(digits, seed):
    rng = np.random.default_rng(seed)
    x, labels = digits.train
    unseen, truth = digits.validation
    pair = ANSWERS["linear_forward"], ANSWERS["linear_backward"]
    network = Network(
        [
            Layer(*pair, W=init_he(64, 32, rng), b=np.zeros(32)),
            Layer(ANSWERS["relu_forward"], ANSWERS["relu_backward"]),
            Layer(*pair, W=init_he(32, 10, rng), b=np.zeros(10)),
        ]
    )
    train(network, x, labels, learning_rate=0.3, epochs=20, batch_size=32, rng=rng)
    assert np.mean(network.predict(unseen).argmax(axis=1) == truth) >= 0.95


@five_seeds
def test_the_backward_pass_meets_the_probe_for_a_random_upstream(digits, seed):
    rng = np.random.default_rng(seed)
    params, x = first_params(rng), digits.train.x[:7]
    logits, cache = mlp_forward(x, params)
    dy = rng.normal(size=logits.shape)
    errors = gradient_check(
        lambda w: float(np.sum(dy * mlp_forward(x, w)[0])),
        params,
        mlp_backward(dy, cache),
        n_samples=40,
        rng=rng,
    )
    assert max(worst.error for worst in errors.values()) <= 1e-7


@five_seeds
@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "relu"])
def test_each_activation_meets_the_probe_for_a_random_upstream(kind, seed):
    rng = np.random.default_rng(seed)
    forward, backward = ANSWERS[f"{kind}_forward"], ANSWERS[f"{kind}_backward"]
    x = rng.uniform(0.1, 2, size=(7, 3)) * rng.choice([-1, 1], size=(7, 3))
    dy = rng.normal(size=x.shape)
    dx = backward(dy, forward(x)[1])
    errors = gradient_check(
        lambda w: float(np.sum(dy * forward(w["x"])[0])), {"x": x}, {"x": dx}
    )
    assert errors["x"].error <= 1e-7


@five_seeds
def test_softmax_cross_entropy_meets_the_probe_and_each_row_sums_to_zero(seed):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 2, size=(7, 11)), rng.integers(0, 11, size=7)
    _, dlogits = softmax_cross_entropy(logits, labels)
    errors = gradient_check(
        lambda w: softmax_cross_entropy(w["logits"], labels)[0],
        {"logits": logits},
        {"logits": dlogits},
    )
    assert errors["logits"].error <= 1e-7
    np.testing.assert_allclose(dlogits.sum(axis=1), 0, atol=1e-15)
    assert np.sum(dlogits < 0) == 7
    assert np.all(dlogits[np.arange(7), labels] < 0)


@five_seeds
def test_five_lines_back_give_the_same_as_one(seed):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 2, size=(7, 11)), rng.integers(0, 11, size=7)
    onehot, powers = np.eye(11)[labels], np.exp(logits)
    total = powers.sum(axis=1, keepdims=True)
    dprobs = -np.ones((7, 1)) / 7 * onehot / (powers / total)
    dtotal = -(dprobs * powers).sum(axis=1, keepdims=True) / total**2
    dlogits = (dprobs / total + dtotal) * powers
    _, one_line = softmax_cross_entropy(logits, labels)
    np.testing.assert_allclose(dlogits, one_line, atol=1e-15)


# ---- the ticket


@five_seeds
def test_a_frozen_first_layer_learns_nine_of_ten_and_stops_short(seed):
    broken, healthy = (
        layers_ticket.run_of(False, seed),
        layers_ticket.run_of(True, seed),
    )
    assert broken["first_loss"] == healthy["first_loss"]
    assert 0.85 < broken["accuracies"][-1] < healthy["accuracies"][-1] - 0.02
    assert healthy["accuracies"][-1] >= 0.96
    assert broken["moved"]["W1"] == broken["moved"]["b1"] == 0
    assert min(healthy["moved"].values()) > 0.1


# ---- by hand


def test_the_two_examples_of_the_linear_layer():
    # dW = [1*10 + 3*1, 2*10 + 5*1] = [13, 25]; db = 11; dx = [[30, 40], [3, 4]]
    x, W = np.array([[1.0, 2], [3, 5]]), np.array([[3.0], [4]])
    y, cache = layers.linear_forward(x, W, np.ones(1))
    dx, dW, db = layers.linear_backward(np.array([[10.0], [1]]), cache)
    assert y[0, 0] == 12
    np.testing.assert_array_equal(dx, [[30, 40], [3, 4]])
    np.testing.assert_array_equal(dW, [[13], [25]])
    np.testing.assert_array_equal(db, [11])


def test_the_blame_of_the_two_rows_of_logits():
    logits = np.array([[2.0, 0, 1], [0, 3, 0]])
    loss, dlogits = losses.softmax_cross_entropy(logits, np.array([0, 2]))
    assert loss == pytest.approx(1.751, abs=5e-4)
    wanted = [[-0.167, 0.045, 0.122], [0.023, 0.455, -0.477]]
    np.testing.assert_allclose(dlogits, wanted, atol=6e-4)
    alone = losses.softmax_cross_entropy(logits[:1], np.array([0]))[1]
    np.testing.assert_allclose(alone, [[-0.335, 0.090, 0.245]], atol=6e-4)


def test_the_network_of_one_of_everything():
    params = {
        "W1": np.array([[0.5]]),
        "b1": np.zeros(1),
        "W2": np.array([[2.0, -1.0]]),
        "b2": np.array([0.0, 1.0]),
    }
    _, cache = mlp_forward(np.ones((1, 1)), params)
    grads = mlp_backward(np.array([[0.3, -0.3]]), cache)
    # h = tanh 0.5 = 0.462; dz = 0.9 * (1 - 0.2136) = 0.708
    np.testing.assert_allclose(grads["W2"], [[0.139, -0.139]], atol=5e-4)
    np.testing.assert_allclose(grads["W1"], [[0.708]], atol=5e-4)
    np.testing.assert_allclose(grads["b1"], [0.708], atol=5e-4)


def test_how_much_each_activation_passes_is_as_the_lesson_says():
    one = np.ones(1)

    def passes(kind, z):
        _, cache = getattr(layers, f"{kind}_forward")(np.array([z]))
        return getattr(layers, f"{kind}_backward")(one, cache)[0]

    assert passes("sigmoid", 0.0) == 0.25
    assert 0.0024 < passes("sigmoid", 6.0) < 0.0025
    assert passes("tanh", 0.0) == 1
    assert f"{100 * passes('tanh', 2.0):.0f}" == "7"
    assert (passes("relu", -1.0), passes("relu", 1.0)) == (0, 1)


# ---- what the lesson quotes


def test_the_lesson_quotes_the_checks_as_they_speak():
    mistakes = load_lesson(NAME).exercises["linear_backward"].mistakes
    (message,) = [m.message for m in mistakes if m.id == "db_keepdims"]
    assert message in prose()


def half_divided(logits, labels):
    loss, dlogits = softmax_cross_entropy(logits, labels)
    onehot = np.eye(logits.shape[1])[labels]
    return loss, dlogits + onehot / len(labels) - onehot


def test_the_lesson_quotes_what_is_said_of_a_term_that_is_not_divided():
    exercise = load_lesson(NAME).exercises["softmax_cross_entropy"]
    for check in (exercise.public_checks(), exercise.secret_checks(3)):
        verdict = judge(check, run(check, exercise.namespace(half_divided)))
        assert verdict.mistake == "term_scale"
        assert verdict.message in prose()


@five_seeds
def test_rows_that_are_half_divided_do_not_sum_to_zero(seed):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 2, size=(2, 3)), rng.integers(0, 3, size=2)
    _, dlogits = half_divided(logits, labels)
    np.testing.assert_allclose(dlogits.sum(axis=1), -0.5)


TERMS = {
    "missing_term": (0, -1),
    "term_sign": (1, 1),
    "term_scale": (lambda n: n, -1),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mistake, weights", TERMS.items())
def test_a_term_of_the_softmax_gradient_at_fault_is_named(mistake, weights, seed):
    exercise = load_lesson(NAME).exercises["softmax_cross_entropy"]

    def wrong(logits, labels):
        n, onehot = len(labels), np.eye(logits.shape[1])[labels]
        loss, right = softmax_cross_entropy(logits, labels)
        p, o = (w(n) if callable(w) else w for w in weights)
        return loss, p * (right + onehot / n) + o * onehot / n

    check = exercise.secret_checks(seed)
    assert judge(check, run(check, exercise.namespace(wrong))).mistake == mistake


def test_no_cell_shows_the_answer_of_a_card_above_the_card():
    assert not re.search(r"\b(ask|ticket|Card)\(", prose())
