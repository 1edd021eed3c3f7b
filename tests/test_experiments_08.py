"""What lesson 8 claims, measured again on five seeds, and quoted as it is."""

import importlib.util
import json
import re
from functools import cache

import numpy as np
import pytest

from course_lib.data import load
from course_lib.explorers import normalization_ticket
from course_lib.gradients import gradient_check
from course_lib.judging import judge
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.normalization import init_batchnorm
from course_lib.settings import ROOT
from course_lib.sweeps.normalization_rescue import RESCUE
from course_lib.training import train
from grader.exercises import SOLUTIONS, load_lesson, run

five_seeds = pytest.mark.parametrize("seed", range(5))
NAME = "08_normalization"
BACKWARD = ["batchnorm_backward", "batchnorm_backward_compact", "layernorm_backward"]


def _answers():
    """Return the functions that the lesson's source gives as solutions, by name."""
    if importlib.util.find_spec("jupytext") is None:
        pytest.skip("jupytext is missing: pip install -r requirements.txt")
    import jupytext

    names = {"np": np}
    for cell in jupytext.read(SOLUTIONS / NAME / f"{NAME}.py").cells:
        if "solution" in cell.metadata:
            exec(cell.source, names)
    return names


ANSWERS = _answers()
batchnorm_forward = ANSWERS["batchnorm_forward"]
layernorm_forward = ANSWERS["layernorm_forward"]


@pytest.fixture(scope="module")
def lesson():
    return load_lesson(NAME)


@pytest.fixture(scope="module")
def kept():
    return RESCUE.load()


def prose():
    """Return the built lesson's text on one line, without the signs of a quotation."""
    path = ROOT / "lessons" / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return " ".join(text.replace("\n> ", " ").split())


# ---- the gradients


def some_batch(seed, n=7, d=5):
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(3, 2, size=(n, d)), rng.normal(size=(n, d))
    gamma, beta = rng.normal(1, 0.5, size=d), rng.normal(size=d)
    return x, dy, gamma, beta


def forward_of(name):
    """Return the forward pass that belongs to a backward pass, in training."""
    if name.startswith("layer"):
        return layernorm_forward

    def forward(x, gamma, beta):
        running = init_batchnorm(x.shape[1])["running"]
        return batchnorm_forward(x, gamma, beta, running, True)[:2]

    return forward


@five_seeds
@pytest.mark.parametrize("name", BACKWARD)
def test_each_backward_pass_meets_the_probe_for_a_random_upstream(name, seed):
    x, dy, gamma, beta = some_batch(seed)
    forward = forward_of(name)
    params = {"x": x, "gamma": gamma, "beta": beta}
    found = ANSWERS[name](dy, forward(**params)[1])
    errors = gradient_check(
        lambda w: float(np.sum(dy * forward(**w)[0])),
        params,
        dict(zip(params, found, strict=True)),
    )
    assert max(worst.error for worst in errors.values()) <= 1e-7


@five_seeds
@pytest.mark.parametrize("name", BACKWARD)
def test_the_blame_of_what_shares_a_mean_sums_to_zero(name, seed):
    x, dy, gamma, beta = some_batch(seed)
    dx, _, _ = ANSWERS[name](dy, forward_of(name)(x, gamma, beta)[1])
    axis = 1 if name.startswith("layer") else 0
    np.testing.assert_allclose(dx.sum(axis=axis), 0, atol=1e-13)
    # ... and the other sums do not, so it is evidence
    assert np.abs(dx.sum(axis=1 - axis)).max() > 0.01


# ---- the paths at fault are named

PATHS = {
    "the path through the mean is missing": (1, 0, 1),
    "the path through the variance is missing": (1, 1, 0),
    "the direct path is missing": (0, 1, 1),
    "the path through the variance has the opposite sign": (1, 1, -1),
    "the path through the mean has the opposite sign": (1, -1, 1),
}


def with_paths(exercise, weights):
    """Return the exercise's answer with its three paths weighted.

    A weight is a number, or a function of the size of the axis that shares a mean.
    """
    axis = 1 if exercise.name.startswith("layer") else 0
    right = exercise.reference[exercise.name]

    def wrong(dy, cache):
        std, normalized, gamma = cache[-3:]
        d, size = dy * gamma, dy.shape[axis]
        mean = d.mean(axis=axis, keepdims=True)
        along = (d * normalized).mean(axis=axis, keepdims=True)
        paths = d / std, -mean / std, -normalized * along / std
        sized = [w(size) if callable(w) else w for w in weights]
        dx = sum(w * path for w, path in zip(sized, paths, strict=True))
        return dx, *right(dy, cache)[1:]

    return wrong


@cache
def check_of(name, seed):
    """Return an exercise's checks, the public ones without a seed."""
    exercise = load_lesson(NAME).exercises[name]
    return exercise.public_checks() if seed is None else exercise.secret_checks(seed)


def verdict_on(exercise, answer, seed=None):
    check = check_of(exercise.name, seed)
    return judge(check, run(check, exercise.namespace(answer)))


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("name", BACKWARD)
@pytest.mark.parametrize("words, weights", PATHS.items())
def test_a_path_at_fault_is_named_with_certainty(lesson, name, words, weights, seed):
    exercise = lesson.exercises[name]
    verdict = verdict_on(exercise, with_paths(exercise, weights), seed)
    assert verdict.mistake in ("missing_term", "term_sign")
    assert verdict.message == f"dx: {words}. Everything else in it is right."
    assert verdict.points == pytest.approx(exercise.points * 2 / 3, abs=1e-3)


@pytest.mark.parametrize("name", BACKWARD)
@pytest.mark.parametrize("place, path", [(1, "mean"), (2, "variance")])
def test_a_sum_in_the_place_of_a_mean_is_named(lesson, name, place, path):
    exercise = lesson.exercises[name]
    weights = [1, 1, 1]
    weights[place] = lambda size: size
    verdict = verdict_on(exercise, with_paths(exercise, weights), seed=1)
    assert verdict.mistake == "term_scale"
    assert f"the path through the {path} is" in verdict.message
    assert "times too large" in verdict.message
    assert "a sum stands where a mean over" in verdict.next_step


@pytest.mark.parametrize("name", BACKWARD)
@pytest.mark.parametrize("weights", [(1, 0.7, 1), (1, lambda n: n**2, 1)])
def test_a_weight_without_a_meaning_is_not_named(lesson, name, weights):
    exercise = lesson.exercises[name]
    assert verdict_on(exercise, with_paths(exercise, weights), 1).mistake is None


def test_the_lesson_quotes_the_check_as_it_speaks(lesson):
    def without_mean(dy, cache):
        std, _, gamma = cache[-3:]
        dx, dgamma, dbeta = ANSWERS["batchnorm_backward"](dy, cache)
        return dx + dy.mean(axis=0) * gamma / std, dgamma, dbeta

    exercise = lesson.exercises["batchnorm_backward"]
    for seed in (None, 1):
        assert verdict_on(exercise, without_mean, seed).message in prose()


# ---- the constant pixels


def test_five_pixels_of_the_training_digits_and_three_of_all_are_constant():
    digits = load("digits")
    x = digits.train.x
    assert list(np.flatnonzero(x.std(axis=0) == 0)) == [0, 24, 32, 39, 56]
    everything = np.concatenate([digits.train.x, digits.validation.x, digits.test.x])
    assert list(np.flatnonzero(everything.std(axis=0) == 0)) == [0, 32, 39]


def test_epsilon_keeps_a_faint_pixel_below_a_spread_of_one():
    x = load("digits").train.x
    spreads = (x / np.sqrt(x.var(axis=0) + 1e-5)).std(axis=0)
    faint = np.min(spreads[spreads > 0])
    assert f"{faint:.2f}" == "0.52"
    pixel = x[:, np.flatnonzero(spreads == faint)[0]]
    assert np.count_nonzero(pixel) == 1 and pixel.max() == 1 / 16


# ---- by hand


def test_the_tables_of_the_lesson_are_right():
    running = {"mean": np.array([5.0]), "variance": np.array([4.0])}
    x, gamma, beta = np.array([[1.0], [3.0]]), np.array([2.0]), np.array([10.0])
    y, _, after = batchnorm_forward(x, gamma, beta, running, True)
    np.testing.assert_allclose(y[:, 0], [8, 12], atol=1e-4)
    np.testing.assert_allclose([after["mean"][0], after["variance"][0]], [4.7, 3.7])
    y, _, _ = batchnorm_forward(x, gamma, beta, running, False)
    np.testing.assert_allclose(y[:, 0], [6, 8], atol=1e-4)


def test_the_way_back_in_whole_numbers():
    x, dy = np.array([[1.0, 1, 5, 5]]).T, np.array([[4.0, 0, 0, 0]]).T
    running = init_batchnorm(1)["running"]
    _, cache, _ = batchnorm_forward(x, np.array([2.0]), np.zeros(1), running, True)
    for name in BACKWARD[:2]:
        dx, dgamma, dbeta = ANSWERS[name](dy, cache)
        np.testing.assert_allclose(dx[:, 0], [2, -2, 0, 0], atol=1e-4)
        np.testing.assert_allclose([dgamma[0], dbeta[0]], [-4, 4], atol=1e-4)
    gamma, beta = np.array([2.0, 1, 1, 3]), np.array([0.0, 0, 10, 0])
    y, cache = layernorm_forward(x.T, gamma, beta)
    np.testing.assert_allclose(y, [[-2, -1, 11, 3]], atol=1e-4)
    dx, dgamma, _ = ANSWERS["layernorm_backward"](dy.T, cache)
    np.testing.assert_allclose(dx, [[2, -2, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(dgamma, [-4, 0, 0, 0], atol=1e-4)


# ---- what it rescues

SMALL, XAVIER, RELU = RESCUE.axes["patient"]
NONE, BATCH, LAYER = RESCUE.axes["treatment"]


def last(kept, patient, treatment):
    return kept.at("losses", patient=patient, treatment=treatment)[:, -1]


@pytest.mark.parametrize("patient", [SMALL, XAVIER])
def test_ten_sigmoid_layers_stay_at_ln_10_without_and_with_layer_normalization(
    kept, patient
):
    for treatment in (NONE, LAYER):
        np.testing.assert_allclose(last(kept, patient, treatment), 2.30, atol=0.01)
        share = kept.at("accuracies", patient=patient, treatment=treatment)[:, -1]
        assert np.all(share < 0.12)


def test_batch_normalization_gets_both_sigmoid_networks_to_learn(kept):
    small, xavier = last(kept, SMALL, BATCH), last(kept, XAVIER, BATCH)
    assert f"{small.min():.2f} to {small.max():.2f}" == "0.73 to 1.98"
    assert f"{xavier.min():.2f} to {xavier.max():.2f}" in prose()
    assert np.all(kept.at("accuracies", patient=XAVIER, treatment=BATCH)[:, -1] > 0.94)


def test_large_relu_weights_are_rescued_by_both_but_not_as_calmly(kept):
    assert np.isnan(last(kept, RELU, NONE)).sum() == 4
    batch, layer = last(kept, RELU, BATCH), np.sort(last(kept, RELU, LAYER))
    assert f"{batch.min():.2f} to {batch.max():.2f}" in prose()
    assert f"{layer[0]:.2f} to {layer[3]:.2f} in 4 of 5" in prose()
    assert f"{layer[4]:.2f}" == "3.44"
    jumped = kept.at("losses", patient=RELU, treatment=LAYER)[0]
    assert jumped[-3] < 0.1  # it had learned


# ---- use it


@pytest.mark.full
@pytest.mark.parametrize("seed", range(5))
def test_ten_sigmoid_layers_read_nine_of_ten_with_the_learners_pair(seed):
    rng, digits = np.random.default_rng(seed), load("digits")
    backward = ANSWERS["batchnorm_backward_compact"]
    deep = mlp(
        [64, *[32] * 9, 10],
        rng,
        activation="sigmoid",
        before_activation=lambda M: Layer(
            batchnorm_forward, backward, **init_batchnorm(M)
        ),
    )
    history = train(
        deep,
        *digits.train,
        learning_rate=0.1,
        epochs=20,
        rng=rng,
        validation=digits.validation,
    )
    assert history.validation_accuracies[-1] > 0.93
    logits, caches = deep.forward(digits.train.x[:32], training=True)
    _, grads = deep.backward(rng.normal(size=logits.shape), caches)
    assert np.abs(grads[0]["b"]).max() < 1e-11
    assert np.abs(grads[1]["beta"]).max() > 0.1


# ---- the ticket


@pytest.mark.full
@five_seeds
def test_statistics_that_are_never_kept_spoil_evaluation_alone(seed):
    broken, healthy = (
        normalization_ticket.run_of(False, seed),
        normalization_ticket.run_of(True, seed),
    )
    np.testing.assert_array_equal(broken["batch_losses"], healthy["batch_losses"])
    assert broken["in_training"] == healthy["in_training"] > 0.95
    assert broken["in_evaluation"] < 0.6
    assert healthy["in_evaluation"] > 0.93
    assert broken["losses"][-1] > 10 * healthy["losses"][-1]


def test_no_cell_shows_the_answer_of_a_card_above_the_card():
    assert not re.search(r"\b(ask|ticket|Card)\(", prose())
