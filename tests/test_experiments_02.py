"""What lesson 2 claims, measured: the gradient's direction, cost, and step sizes."""

import re
from functools import cache

import numpy as np
import pytest

from course_lib.data import load_digits
from course_lib.explorers import gradient_learning_rate as rates
from course_lib.explorers.gradient_knobs import mse, patients
from course_lib.explorers.gradient_random_steps import compare_steps, mse_gradient
from course_lib.explorers.gradient_step_size import (
    SmallNetwork,
    error_curves,
    forward_difference,
    gradient_error,
    probed,
)
from course_lib.explorers.gradient_ticket import run_of
from course_lib.gradients import numerical_gradient
from grader.exercises import SOLUTIONS, load_lesson

LESSON = "02_gradient_and_learning_rate"
SEEDS = range(5)
every_seed = pytest.mark.parametrize("seed", SEEDS)


@cache
def lesson_text():
    return (SOLUTIONS / LESSON / f"{LESSON}.py").read_text(encoding="utf-8")


@cache
def centred_digits():
    x, labels = load_digits().train
    return x - x.mean(axis=0), np.eye(10)[labels]


def descend(x, targets, learning_rate, n_steps):
    """Return the losses of a linear layer without bias, from zero weights."""
    W, losses = np.zeros((x.shape[1], targets.shape[1])), []
    with np.errstate(all="ignore"):
        for _ in range(n_steps):
            error = x @ W - targets
            losses.append(float(np.sum(error**2) / len(x)))
            if not np.isfinite(losses[-1]):
                break
            W -= learning_rate * 2 * x.T @ error / len(x)
    return losses


# ---- which way


@every_seed
@pytest.mark.parametrize("length", [0.3, 0.5, 1.0, 2.0])
def test_no_random_step_beats_the_gradient_step_of_the_same_length(seed, length):
    rng = np.random.default_rng(seed)
    assert compare_steps(length, mse, mse_gradient, rng)["n_better"] == 0


@every_seed
def test_about_half_of_the_short_random_steps_go_down(seed):
    rng = np.random.default_rng(seed)
    share = compare_steps(0.3, mse, mse_gradient, rng)["share_lower"]
    assert 0.35 < share < 0.6


def test_the_slopes_at_the_start_are_those_the_text_names():
    x, targets = patients()
    dw, db = mse_gradient(x, targets, np.array([-1.5]), 1.25)
    assert f"{-dw[0]:.2f}" == "4.17" and "−4.17" in lesson_text()
    assert f"{db:.2f}" == "2.50" and "`db` = 2.50" in lesson_text()


# ---- how small a step


@every_seed
def test_a_step_in_the_middle_measures_better_than_a_smaller_and_a_larger_one(seed):
    curves = error_curves("float64", numerical_gradient, seed)
    best = curves["two_sided"].argmin()
    assert 1e-6 < curves["steps"][best] < 1e-3
    assert curves["two_sided"][best] < 1e-8
    assert curves["two_sided"][0] > 1e-2  # rounding
    assert curves["two_sided"][-1] > 5e-4  # the bend


@every_seed
def test_both_sides_are_a_thousand_times_closer_than_one_side_at_1e_5(seed):
    loss, w, exact = probed("float64", seed)
    both = gradient_error(numerical_gradient(loss, w, 1e-5), exact)
    one = gradient_error(forward_difference(loss, w, 1e-5), exact)
    assert both < 5e-9
    assert 1e-6 < one < 1e-5
    assert one > 1000 * both


@every_seed
def test_32_bits_never_measure_better_than_one_in_ten_thousand(seed):
    curves = error_curves("float32", numerical_gradient, seed)
    assert 1e-4 < curves["two_sided"].min() < 1e-3


def test_probing_asks_for_the_loss_twice_for_every_weight_and_a_sweep_once():
    network = SmallNetwork()
    assert network.weights.size == 2410
    measured = numerical_gradient(network.loss, network.weights)
    assert network.forward_passes == 2 * 2410
    swept = network.gradient()
    assert network.forward_passes == 2 * 2410 + 1
    np.testing.assert_allclose(measured, swept, atol=1e-8)


# ---- how far


def test_the_critical_rate_of_the_digits_is_two_over_the_largest_curvature():
    x, _ = centred_digits()
    assert 2 / rates.largest_curvature(x) == pytest.approx(1.4126, abs=5e-5)


def test_just_below_the_critical_rate_the_digits_converge():
    x, targets = centred_digits()
    losses = descend(x, targets, 0.99 * 2 / rates.largest_curvature(x), 3000)
    assert losses[0] == pytest.approx(1.0)
    assert losses[-1] == pytest.approx(0.40, abs=0.005)


def test_just_above_the_critical_rate_the_digits_reach_huge_numbers():
    x, targets = centred_digits()
    losses = descend(x, targets, 1.01 * 2 / rates.largest_curvature(x), 3000)
    assert 1e49 < losses[-1] < 1e52


def test_at_twice_the_critical_rate_the_loss_overflows_in_some_322_steps():
    x, targets = centred_digits()
    losses = descend(x, targets, 2 * 2 / rates.largest_curvature(x), 3000)
    assert not np.isfinite(losses[-1])
    assert 315 <= len(losses) <= 330


@every_seed
def test_the_edge_holds_on_other_examples_too(seed):
    x, targets = centred_digits()
    rows = np.random.default_rng(seed).choice(len(x), size=300, replace=False)
    x, targets = x[rows], targets[rows]
    edge = 2 / rates.largest_curvature(x)
    assert descend(x, targets, 0.97 * edge, 600)[-1] < 0.5
    assert descend(x, targets, 1.03 * edge, 600)[-1] > 1e6


def test_in_the_valley_the_last_loss_tops_the_first_right_above_the_edge():
    first = rates.walk(0.1, rates.train)[1][0]
    assert rates.walk(0.99 * rates.edge(), rates.train)[1][-1] < first
    assert rates.walk(1.01 * rates.edge(), rates.train)[1][-1] > first


def test_the_valley_s_losses_are_those_the_text_names():
    named = {0.005: "1.64", 0.5: "0.954"}
    for rate, words in named.items():
        assert f"{rates.walk(rate, rates.train)[1][-1]:.3g}" == words
        assert words in lesson_text()
    assert rates.walk(0.6, rates.train)[1][-1] == pytest.approx(7e8, rel=0.05)
    assert f"{rates.edge():.3f}" == "0.527"


# ---- the ticket


@every_seed
def test_a_rate_of_3_leaves_the_network_guessing(seed):
    history = run_of(3.0, seed)
    assert 2.25 < history.train_losses[-1] < 2.45
    assert history.train_accuracies[-1] < 0.15
    assert max(history.losses[1:4]) > history.losses[0] + 0.5


@every_seed
def test_a_tenth_of_it_learns(seed):
    assert run_of(0.3, seed).train_losses[-1] < 0.08


@every_seed
def test_a_rate_of_a_ten_thousandth_hardly_moves(seed):
    history = run_of(0.0001, seed)
    first, last = history.train_losses[0], history.train_losses[-1]
    assert 0 < first - last < 0.2
    assert last > 2.2


# ---- what the text quotes


def test_the_quoted_message_is_what_the_check_says():
    quoted = re.findall(r"(?:^# > .*\n)+", lesson_text(), flags=re.MULTILINE)
    (exercise, mistake) = "numerical_gradient", "forward_difference"
    messages = {
        m.id: m.message for m in load_lesson(LESSON).exercises[exercise].mistakes
    }
    words = " ".join(line.removeprefix("# > ") for line in quoted[0].splitlines())
    assert words == messages[mistake]
