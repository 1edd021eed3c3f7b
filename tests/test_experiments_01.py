"""What lessons 0 and 1 claim, measured again on five seeds, and quoted as it is."""

import json
import re

import numpy as np
import pytest

from course_lib import probes
from course_lib.data import load
from course_lib.explorers import loss as explorers
from course_lib.explorers import loss_readings, loss_scale
from course_lib.judging import judge
from course_lib.layers import linear_backward, linear_forward
from course_lib.losses import mse, softmax, softmax_cross_entropy
from course_lib.metrics import accuracy
from course_lib.network import Layer, Network
from course_lib.settings import ROOT
from course_lib.training import train
from grader.exercises import load_lesson

SEEDS = range(5)
CHANCE = np.log(10)
five_seeds = pytest.mark.parametrize("seed", SEEDS)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def text_of(name):
    """Return the text of a built lesson's cells, each line after the other."""
    notebook = json.loads(
        (ROOT / "lessons" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    )
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


def prose_of(name):
    """Return the same text on one line, without the signs of a quotation."""
    return " ".join(text_of(name).replace("\n> ", " ").split())


def first_loss(examples, seed, size=0.05):
    W = np.random.default_rng(seed).normal(0, size, (64, 10))
    return softmax_cross_entropy(examples.x @ W, examples.targets)[0]


def trained(digits, seed, epochs):
    """Return the readings of lesson 1's run, and its logits on unseen digits."""
    rng = np.random.default_rng(seed)
    W = rng.normal(0, 0.05, (64, 10))
    network = Network([Layer(linear_forward, linear_backward, W=W, b=np.zeros(10))])
    unseen, truth = digits.validation
    readings = []
    for _ in range(epochs + 1):
        logits = network.predict(unseen)
        loss = softmax_cross_entropy(logits, truth)[0]
        readings.append((loss, accuracy(logits, truth)))
        train(network, *digits.train, learning_rate=0.1, epochs=1, rng=rng)
    return readings, logits, truth


# ---- the first reading


@five_seeds
def test_an_untrained_network_scores_about_the_log_of_the_number_of_classes(
    digits, seed
):
    assert CHANCE - 0.01 < first_loss(digits.train, seed) < CHANCE + 0.05


@five_seeds
def test_inputs_sixteen_times_too_large_raise_the_first_loss(digits, seed):
    raw = load("digits", scaled=False).train
    assert first_loss(raw, seed) > first_loss(digits.train, seed) + 1.5


@five_seeds
def test_weights_ten_times_too_large_raise_the_first_loss(digits, seed):
    healthy = first_loss(digits.train, seed)
    assert first_loss(digits.train, seed, size=0.5) > healthy + 0.8
    assert abs(first_loss(digits.train, seed, size=0.01) - CHANCE) < 0.01


@five_seeds
def test_shuffled_labels_leave_the_first_loss_near_chance(digits, seed):
    # The ticket's wrong answers are wrong for a reason that can be measured.
    x, labels = digits.train
    shuffled = np.random.default_rng(seed + 100).permutation(labels)
    W = np.random.default_rng(seed).normal(0, 0.05, (64, 10))
    assert abs(softmax_cross_entropy(x @ W, shuffled)[0] - CHANCE) < 0.1


def test_the_first_losses_that_the_lesson_prints_are_the_ones_measured(digits):
    # The lesson's own draw, default_rng(1), is what its text calls "a little above".
    assert 0 < first_loss(digits.train, seed=1) - CHANCE < 0.05


# ---- loss is not accuracy


@five_seeds
def test_scaled_logits_move_the_loss_down_and_up_and_accuracy_not_at_all(digits, seed):
    _, logits, truth = trained(digits, seed, epochs=12)
    scales = np.geomspace(0.1, 50, 60)
    losses = [softmax_cross_entropy(s * logits, truth)[0] for s in scales]
    lowest = int(np.argmin(losses))
    assert len({accuracy(s * logits, truth) for s in scales}) == 1
    assert 0 < lowest < len(scales) - 1
    assert np.all(np.diff(losses[: lowest + 1]) < 0)
    assert np.all(np.diff(losses[lowest:]) > 0)


@five_seeds
def test_the_loss_goes_on_falling_when_accuracy_has_all_but_stopped(digits, seed):
    readings, _, _ = trained(digits, seed, epochs=12)
    (early, early_share), (late, late_share) = readings[4], readings[12]
    assert abs(late_share - early_share) < 0.03
    assert late < 0.55 * early


def test_the_numbers_under_the_logit_scale_are_those_in_the_text():
    explorer = loss_scale._logit_scale()
    runs = [explorer.numbers(scale=scale) for scale in (0.1, 2.4, 20.0)]
    assert [f"{run['loss']:.2f}" for run in runs] == ["1.96", "0.21", "1.13"]
    assert {f"{run['accuracy']:.3f}" for run in runs} == {"0.936"}
    prose = prose_of("01_loss")
    assert "0.936" in prose
    assert "from 1.96 to 0.21 near scale 2.4, then climbs to 1.13" in prose


def test_the_readings_of_the_lesson_are_those_in_its_text(digits):
    readings, _, _ = trained(digits, seed=1, epochs=12)
    assert [f"{loss:.2f}" for loss, _ in (readings[4], readings[12])] == [
        "0.94",
        "0.47",
    ]
    assert f"{readings[4][1]:.3f}" == "0.931"
    assert "at 0.931" in prose_of("01_loss")
    assert "from 0.94 to 0.47" in prose_of("01_loss")


# ---- by hand


def test_the_lessons_worked_examples():
    # errors -1, 4, 0: squares 1, 16, 0; mean 17/3
    predictions, targets = np.array([-71.0, -60, -55]), np.array([-70.0, -64, -55])
    assert mse(predictions, targets)[0] == pytest.approx(17 / 3)
    # e^2 + e^0 + e^1 = 11.107; 7.389 / 11.107 = 0.665
    logits = np.array([[2.0, 0, 1], [0, 3, 0]])
    np.testing.assert_allclose(
        softmax(logits), [[0.665, 0.090, 0.245], [0.045, 0.909, 0.045]], atol=6e-4
    )
    # -ln 0.665 = 0.408 and -ln 0.045 = 3.095; mean 1.751
    loss = softmax_cross_entropy(logits, np.array([0, 2]))[0]
    assert loss == pytest.approx(1.751, abs=5e-4)


def test_a_column_of_predictions_gives_a_table_and_another_number():
    predictions, targets = np.array([-71.0, -60, -55]), np.array([-70.0, -64, -55])
    table = predictions[:, np.newaxis] - targets
    assert table.shape == (3, 3)
    assert np.mean(table**2) > 10 * mse(predictions, targets)[0]


@five_seeds
def test_a_batch_repeated_has_the_same_mean_and_twice_the_sum(seed):
    rng = np.random.default_rng(seed)
    predictions, targets = rng.normal(size=(2, 7))
    twice = np.tile(predictions, 2), np.tile(targets, 2)
    assert mse(*twice)[0] == pytest.approx(mse(predictions, targets)[0])
    assert np.sum((twice[0] - twice[1]) ** 2) == pytest.approx(
        2 * np.sum((predictions - targets) ** 2)
    )


def test_cross_entropy_charges_a_confident_error_without_limit():
    explorer = explorers._confident_error()
    charges = {p: explorer.numbers(probability=p) for p in (0.001, 0.1)}
    # (1 - 0.001)^2 = 0.998, (1 - 0.1)^2 = 0.81; -ln 0.001 = 6.908, -ln 0.1 = 2.303
    assert charges[0.001]["squared"] == pytest.approx(0.998, abs=5e-4)
    assert charges[0.1]["squared"] == pytest.approx(0.81)
    assert charges[0.001]["surprise"] == pytest.approx(6.908, abs=5e-4)
    assert charges[0.1]["surprise"] == pytest.approx(2.303, abs=5e-4)


def test_a_power_of_e_stops_fitting_into_a_float_above_709():
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(709.0))
        assert np.isinf(np.exp(710.0))
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0]])), [[0.5, 0.5]])


# ---- what the lessons quote


def test_lesson_1_quotes_the_check_as_it_speaks():
    mistakes = load_lesson("01_loss").exercises["mse"].mistakes
    (message,) = [m.message for m in mistakes if m.id == "broadcast"]
    assert message in prose_of("01_loss")


def test_lesson_0_quotes_the_verdict_on_its_mistake_on_purpose():
    exercise = load_lesson("00_start_here").exercises["add_bias"]
    check = exercise.public_checks()
    data = probes.answer(check.probe(), {"add_bias": lambda x, b: x - b})
    verdict = judge(check, probes.read_reports(data, len(check.cases))).as_text()
    quoted = re.search(r"```\n(.*?)\.\.\.\n```", text_of("00_start_here"), re.DOTALL)
    assert verdict.startswith(quoted[1])


def test_the_start_page_links_to_every_lesson_there_is_and_to_no_other():
    links = set(re.findall(r"\.\./(\w+)/\1\.ipynb", text_of("00_start_here")))
    built = {path.parent.name for path in (ROOT / "lessons").glob("*/*.ipynb")}
    assert links == built - {"00_start_here"}


@pytest.mark.parametrize("name", ["00_start_here", "01_loss"])
def test_no_cell_shows_the_answer_of_a_card_above_the_card(name):
    assert not re.search(r"^(ask|ticket|Card)\(", text_of(name), re.MULTILINE)


def test_the_two_meters_are_drawn_with_their_key_numbers_as_text(capsys):
    readings = [(2.3, 0.1), (1.7, 0.7), (1.4, 0.8), (1.1, 0.9), (0.9, 0.93), (0.8, 0.9)]
    loss_readings.two_meters(readings)
    loss, share = np.array(readings).T
    assert loss_readings.read_out(loss, share) == {
        "before training": "2.300 nats, 0.100",
        "after 4 epochs": "0.900 nats, 0.930",
        "after 5 epochs": "0.800 nats, 0.900",
    }
