"""What the bench exam says, measured again: the sealed runs, the retests, the myths."""

import importlib.util
import json
from functools import cache

import numpy as np
import pytest

from course_lib import myths, sealed_runs
from course_lib.bench_runs import CHANGES, Setup, read_run, run_setup
from course_lib.diagnosis import Readings, diagnose
from course_lib.sealed_runs import N_RUNS, readings_from, sealed
from course_lib.settings import ROOT

NAME = "13_bench_exam"
SEEDS = (11, 12, 13, 14, 15)
TENTH = "a tenth of the learning rate"
HIGH = Setup(hidden=(32, 32), activation="relu", learning_rate=4.0)
FAINT = Setup(hidden=(24,) * 8, activation="sigmoid")


@cache
def private(name):
    """Return a module of the exam's own folder, which learners do not get."""
    path = ROOT / "solutions" / NAME / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"exam_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def protocol(rows):
    """Return what the model answer says of a run, given as rows of numbers."""
    run = sealed_runs.SealedRun(
        readings_from(rows[0]), sealed_runs.retests_from(rows[1:])
    )
    return private("checks").sign_off(run.readings, run.retest)


def test_the_model_answer_names_every_run_of_the_pool_and_cures_it():
    for illness, runs in private("checks").pool().items():
        for rows in runs:
            found, _, _, after = protocol(rows)
            assert found == illness
            assert after > 0.74


def test_the_eight_sealed_runs_have_eight_illnesses():
    with np.load(sealed_runs.FILE) as file:
        found = [protocol(rows)[0] for rows in file["rows"]]
    assert sorted(found) == sorted(private("make_runs").ILLNESSES)


def test_every_cure_makes_its_sealed_run_better():
    with np.load(sealed_runs.FILE) as file:
        for rows in file["rows"]:
            before = readings_from(rows[0])["validation accuracy"][-1]
            assert protocol(rows)[3] > np.nan_to_num(before)


def test_three_of_the_broken_runs_read_more_than_85_of_100():
    last = [sealed(k).readings["validation accuracy"][-1] for k in range(1, N_RUNS + 1)]
    assert sum(value > 0.85 for value in last) == 3


def test_no_illness_stands_beside_a_number_of_a_run():
    with np.load(sealed_runs.FILE) as file:
        assert file.files == ["rows"] and file["rows"].dtype == np.float32
    lesson = json.loads((ROOT / "lessons" / NAME / f"{NAME}.ipynb").read_text())
    text = "\n".join("".join(cell["source"]) for cell in lesson["cells"])
    for number in range(2, N_RUNS + 1):
        assert f"run {number}" not in text.casefold()
        assert f"sealed({number})" not in text


@pytest.mark.full
@pytest.mark.parametrize("illness", ["rate too high", "overfitting", "starved class"])
def test_the_pool_is_what_the_bench_gives(illness):
    again = private("make_runs").make(illness, 1)
    stored = private("checks").pool()[illness][1]
    np.testing.assert_allclose(again, stored, rtol=1e-2, atol=2e-3)


@pytest.mark.full
def test_two_flat_curves_and_only_one_is_cured_by_a_tenth_of_the_rate():
    for seed in SEEDS:
        for setup, cured in ((HIGH, True), (FAINT, False)):
            history, *_ = run_setup(setup, seed)
            lower, *_ = run_setup(CHANGES[TENTH](setup), seed)
            assert 2.2 < history.train_losses[-1] < 2.6
            assert (lower.train_losses[-1] < 0.2) == cured
            assert cured or lower.train_losses[-1] > 2.25


def test_the_blame_at_the_first_layer_tells_the_flat_curves_apart():
    assert read_run(HIGH, 13)["first blame"] > 0.3
    assert read_run(FAINT, 13)["first blame"] < 1e-3


def test_the_second_opinion_asks_for_the_retest_and_then_decides():
    history, *_ = run_setup(HIGH, 13)
    lower, *_ = run_setup(CHANGES[TENTH](HIGH), 13)
    assert diagnose(history, 10).first.name == "flat"
    decided = diagnose(history, 10, Readings(lower_rate=lower))
    assert decided.first.name == "rate too high"


def test_a_run_is_made_again_twice_at_most():
    run = sealed(1)
    run.retest(TENTH)
    run.retest("ten times the data")["training loss"][:] = 0  # a copy
    with pytest.raises(ValueError, match="More is guessing"):
        run.retest("the start that fits")
    assert sealed(1).retest("ten times the data")["training loss"][-1] > 0


@pytest.mark.parametrize("change", ["nothing", "a tenth", ""])
def test_another_change_is_refused_with_the_list(change):
    with pytest.raises(ValueError, match="ten times the data"):
        sealed(1).retest(change)
    with pytest.raises(ValueError, match="1 to 8"):
        sealed(9)


def test_a_row_gives_its_readings_back():
    readings = read_run(Setup(n_steps=20), 3)
    back = readings_from(sealed_runs.row_from(readings))
    assert back.keys() == readings.keys()
    for name, value in readings.items():
        np.testing.assert_allclose(back[name], value, rtol=1e-6)


# ---- the myths court

QUICK_VERDICTS = (
    "backpropagation is how it thinks",
    "the norm of dW shows vanishing",
    "a smaller step measures better",
    "layer norm is batch norm",
)
SLOW_VERDICTS = (
    "it understands what it learns",
    "without W.T there is no learning",
    "it trains, so it is right",
    "NaN is how a high rate looks",
)


def verdict(name, seeds=myths.SEEDS):
    return private("checks").court(*myths.measure(name, seeds=seeds))


@pytest.mark.parametrize("name", QUICK_VERDICTS)
def test_a_myth_is_struck_down_on_the_lessons_seeds_and_on_others(name):
    assert verdict(name)[1] == "struck down"
    assert verdict(name, SEEDS)[1] == "struck down"


@pytest.mark.full
@pytest.mark.parametrize("name", SLOW_VERDICTS)
def test_a_myth_that_needs_training_is_struck_down(name):
    assert verdict(name)[1] == "struck down"


@pytest.mark.full
def test_larger_batches_generalize_no_worse_after_equally_many_steps():
    difference, word = verdict("a bigger batch generalizes worse")
    assert word == "not shown" and abs(difference) < 0.02


@pytest.mark.full
def test_the_numbers_of_the_court_are_those_of_the_text():
    _, learned = myths.measure("it understands what it learns")
    assert learned.min() == 1.0
    _, right = myths.measure("without W.T there is no learning")
    assert 0.955 < right.mean() < 0.968
    cost = 0.05 + verdict("it trains, so it is right")[0]
    assert 0 < cost < 0.01


def test_the_blame_fades_by_three_decades_and_dw_does_not():
    dW, blame = np.mean([myths.fading(seed) for seed in SEEDS], axis=0)
    assert 2.6 < blame < 3.3 and -0.7 < dW < 0.3


def test_at_the_smaller_step_the_error_is_some_25000_times_as_large():
    larger, smaller = myths.measure("a smaller step measures better")
    assert 1.5e4 < 10 ** (smaller - larger).mean() < 4e4


def test_the_learners_own_function_is_measured():
    calls = []

    def feedback(dy, cache, feedback):
        calls.append(feedback.shape)
        x, _ = cache
        return dy @ feedback, x.T @ dy, dy.sum(axis=0)

    myths.train_with_feedback(0, feedback, n_steps=3)
    assert calls[0] == (10, 32)  # the last layer's W.T comes first


def test_an_unknown_myth_is_refused_with_the_list():
    with pytest.raises(ValueError, match="NaN is how"):
        myths.measure("it dreams")
