"""What lesson 5 claims, measured: which fault is heard, and which is not."""

import re
from functools import cache

import numpy as np
import pytest

from course_lib import fault_rig
from course_lib.data import load_digits
from course_lib.explorers.instruments_picture import MEASURED
from course_lib.faults import FAULTS, HEALTHY
from course_lib.instruments import INSTRUMENTS, read, trained
from grader.exercises import SOLUTIONS, load_lesson

LESSON = "05_instruments"
SEEDS = range(5)
every_seed = pytest.mark.parametrize("seed", SEEDS)
GRADIENT_CHECK_ONLY = (
    "z for dW2",
    "no tanh derivative",
    "db2 is zero",
    "db2 is one number",
    "W2 moved too early",
)
UNHEARD = ("scaled only in training", "dropout left on", "dropout not scaled")

# Another network's table, from the course's plan: first loss, gradient check, shapes,
# call twice, double batch, huge logits, overfit ten, training curve, validation.
PLANNED = {
    "no 1/N": ".X..X.XXX",
    "1/N twice": ".X..X.XXX",
    "y - p": ".X....XXX",
    "plus in the update": "......XXX",
    "z for dW2": ".X.......",
    "1 - z²": ".X....XXX",
    "1 - h": ".X.....XX",
    "no tanh derivative": ".X.......",
    "db2 is zero": ".X.......",
    "db2 is one number": ".X.......",
    "db2 is a mean": ".X..X....",
    "db2 of shape (1, C)": "..X......",
    "first layer frozen": ".X.....X.",
    "gradients add up": "...X...XX",
    "cache overwritten": "...X.....",
    "input changed": "...X.....",
    "softmax over the batch": "XX..X.XXX",
    "no shift in softmax": ".....X...",
    "label off by one": "........X",
    "labels shuffled": ".......XX",
    "sorted batches": ".......XX",
    "zero start": "......XXX",
    "start ten times too wide": "X........",
    "rate × 100": "......XXX",
    "rate / 1000": "......XXX",
    "dropout left on": "......X..",
    "inputs not scaled": ".........",
    "scaled only in training": ".........",
    "dropout not scaled": ".........",
}
# Where this course reads otherwise, and why.
OTHERWISE = {
    # 0.892 here, 0.903 there: both sides of 0.9, see the test over seeds.
    ("first layer frozen", "validation"),
    # Read on the run's own inputs of 0 to 16, not on scaled ones.
    ("inputs not scaled", "overfit ten"),
    # Chance: one drawing in forty leaves a loss above 0.05.
    ("dropout left on", "overfit ten"),
}


@cache
def lesson_text():
    return (SOLUTIONS / LESSON / f"{LESSON}.py").read_text(encoding="utf-8")


def test_the_table_is_the_planned_one_but_for_three_explained_readings():
    differing = {
        (fault, instrument)
        for fault, marks in PLANNED.items()
        for instrument, mark, now in zip(
            INSTRUMENTS, marks, MEASURED[fault], strict=True
        )
        if (mark == "X") != now
    }
    assert differing == OTHERWISE
    assert set(MEASURED) - set(PLANNED) == {"W2 moved too early"}


def test_five_faults_are_heard_by_the_gradient_check_alone():
    alone = tuple(i == "gradient check" for i in INSTRUMENTS)
    found = [name for name, row in MEASURED.items() if row == alone]
    assert sorted(found) == sorted(GRADIENT_CHECK_ONLY)


@pytest.mark.full
@every_seed
@pytest.mark.parametrize("name", GRADIENT_CHECK_ONLY)
def test_what_only_the_gradient_check_hears_still_reads_the_digits(name, seed):
    assert trained(FAULTS[name], seed).accuracy > 0.95
    assert read("gradient check", FAULTS[name], seed=seed).tripped


@pytest.mark.full
@pytest.mark.parametrize("name", GRADIENT_CHECK_ONLY)
def test_they_reach_96_percent_on_average(name):
    reached = [trained(FAULTS[name], seed).accuracy for seed in SEEDS]
    healthy = [trained(HEALTHY, seed).accuracy for seed in SEEDS]
    assert np.mean(reached) >= 0.96
    assert abs(np.mean(reached) - np.mean(healthy)) < 0.006


@pytest.mark.full
@every_seed
@pytest.mark.parametrize("name", UNHEARD)
def test_three_faults_leave_all_nine_instruments_quiet(name, seed):
    for instrument in INSTRUMENTS:
        assert not read(instrument, FAULTS[name], seed=seed).tripped, instrument


@every_seed
def test_inputs_that_are_never_scaled_are_heard_by_overfitting_ten(seed):
    assert read("overfit ten", FAULTS["inputs not scaled"], seed=seed).tripped


@every_seed
def test_dropout_left_on_fails_to_fit_ten_in_few_drawings_only(seed):
    parts, rng = FAULTS["dropout left on"].parts(), np.random.default_rng(seed)
    x, labels = (a[:10] for a in load_digits().train)
    params = parts.init(fault_rig.SIZES, rng)
    for _ in range(400):
        params, _ = parts.step(params, x, labels, 0.5, rng)
    draws = []
    for _ in range(100):
        logits, _ = parts.forward(params, x, False, rng)
        draws.append(parts.loss(logits, labels)[0])
    assert np.mean(np.array(draws) > 0.05) < 0.12


@every_seed
def test_a_frozen_first_layer_ends_near_nine_tenths(seed):
    outcome = trained(FAULTS["first layer frozen"], seed)
    assert 0.87 < outcome.accuracy < 0.93
    assert outcome.train_loss > 0.25


@every_seed
def test_a_plus_in_the_update_leaves_the_gradient_check_quiet(seed):
    fault = FAULTS["plus in the update"]
    assert not read("gradient check", fault, seed=seed).tripped
    assert read("overfit ten", fault, seed=seed).tripped


@every_seed
def test_shifted_labels_end_far_below_chance_with_a_low_training_loss(seed):
    outcome = trained(FAULTS["label off by one"], seed)
    assert outcome.accuracy < 0.02
    assert outcome.train_loss < 0.1


@every_seed
def test_a_tenth_of_a_high_rate_calms_the_run(seed):
    def jumps(learning_rate):
        outcome = fault_rig.run(HEALTHY.parts(), seed, learning_rate=learning_rate)
        return np.abs(np.diff(outcome.losses[-100:])).mean()

    assert jumps(0.3) < 0.5 * jumps(3.0)


def test_half_of_the_faults_leave_the_accuracy_above_nine_tenths():
    assert sum(row[-1] for row in MEASURED.values()) == 15
    assert sum(row[-2] for row in MEASURED.values()) == 14  # the training curve
    assert "fourteen faults" in lesson_text()


def test_the_numbers_of_the_text_are_those_of_the_runs():
    for name in ("z for dW2", "db2 is zero"):
        assert trained(FAULTS[name]).accuracy > 0.96
    assert f"{trained(HEALTHY).accuracy:.3f}" == "0.967"
    shifted = trained(FAULTS["label off by one"])
    assert f"{shifted.train_loss:.3f}" == "0.056" and "0.056" in lesson_text()
    assert f"{shifted.accuracy:.3f}" == "0.003" and "0.003" in lesson_text()
    assert trained(HEALTHY).by_class.argmin() == 8


def test_no_image_stands_in_two_parts():
    digits = load_digits()
    seen = {image.tobytes() for image in digits.train.x}
    assert not any(image.tobytes() in seen for image in digits.validation.x)


def test_the_quoted_message_is_what_the_check_says():
    quoted = re.findall(r"(?:^# > .*\n)+", lesson_text(), flags=re.MULTILINE)
    exercise = load_lesson(LESSON).exercises["gradient_check"]
    messages = {m.id: m.message for m in exercise.mistakes}
    words = " ".join(line.removeprefix("# > ") for line in quoted[0].splitlines())
    assert words == messages["one_scale"]
