"""Thirty faults and nine instruments: the table, measured."""

import numpy as np
import pytest

from course_lib import fault_rig
from course_lib.explorers.instruments_picture import MEASURED
from course_lib.faults import FAULTS, HEALTHY, SILENT, SOUND_DROPOUT
from course_lib.instrument_functions import relative_error
from course_lib.instruments import INSTRUMENTS, read

CHEAP = ("first loss", "gradient check", "shapes", "call twice", "double batch")
CHEAP += ("huge logits",)
every_fault = pytest.mark.parametrize("name", FAULTS)


def column(name):
    return list(INSTRUMENTS).index(name)


def test_there_are_thirty_faults_each_with_a_sentence_of_its_own():
    assert len(FAULTS) == 30
    assert len({fault.sentence for fault in FAULTS.values()}) == 30
    assert all(fault.sentence.endswith(".") for fault in FAULTS.values())


def test_the_table_has_a_row_for_each_fault_and_a_column_for_each_instrument():
    assert list(MEASURED) == list(FAULTS)
    assert {len(row) for row in MEASURED.values()} == {len(INSTRUMENTS)} == {9}


@every_fault
def test_the_cheap_instruments_read_what_the_table_says(name):
    for instrument in CHEAP:
        reading = read(instrument, FAULTS[name])
        assert reading.tripped == MEASURED[name][column(instrument)], instrument


@pytest.mark.full
@every_fault
def test_the_expensive_instruments_read_what_the_table_says(name):
    for instrument in set(INSTRUMENTS) - set(CHEAP):
        reading = read(instrument, FAULTS[name])
        assert reading.tripped == MEASURED[name][column(instrument)], instrument


@pytest.mark.parametrize("name", ["z for dW2", "label off by one", "sorted batches"])
def test_a_sample_of_the_expensive_readings_is_what_the_table_says(name):
    reading = read("validation", FAULTS[name])
    assert reading.tripped == MEASURED[name][column("validation")]
    assert reading.number == pytest.approx(
        {"z for dW2": 0.967, "label off by one": 0.003, "sorted batches": 0.858}[name],
        abs=0.02,
    )


@pytest.mark.parametrize("fault", [HEALTHY, SOUND_DROPOUT], ids=lambda f: f.name)
@pytest.mark.parametrize("seed", range(5))
def test_no_instrument_trips_on_a_healthy_run(fault, seed):
    for instrument in INSTRUMENTS:
        assert not read(instrument, fault, seed=seed).tripped, instrument


@every_fault
def test_a_fault_is_planted_anew_in_each_run(name):
    parts, again = FAULTS[name].parts(), FAULTS[name].parts()
    first = fault_rig.run(parts, n_steps=5).losses
    np.testing.assert_array_equal(fault_rig.run(again, n_steps=5).losses, first)


@every_fault
def test_each_fault_replaces_what_it_names_and_leaves_the_rest(name):
    planted = FAULTS[name].plant()
    assert len(planted) == (2 if name == "inputs not scaled" else 1)
    parts, healthy = FAULTS[name].parts(), HEALTHY.parts()
    for field in vars(healthy):
        if field not in planted:
            assert getattr(parts, field) is getattr(healthy, field) or getattr(
                parts, field
            ) == getattr(healthy, field)


def test_a_reading_carries_its_number_and_its_minutes():
    reading = read("gradient check", FAULTS["db2 is zero"])
    assert (reading.tripped, reading.minutes) == (True, 10)
    assert reading.number == pytest.approx(1.0)
    assert reading.text == "1.0e+00 at db2"


def test_a_learner_s_function_is_the_one_that_is_read():
    deaf = {"gradient_check": lambda loss, params, grads, n, rng: {"W1": 0.0}}
    assert not read("gradient check", FAULTS["y - p"], deaf).tripped
    assert read("gradient check", FAULTS["y - p"]).tripped


def test_an_error_of_nan_trips():
    nan = {"double_batch_check": lambda gradient, x, labels: float("nan")}
    assert read("double batch", HEALTHY, nan).tripped


@pytest.mark.parametrize("name", [*SILENT, "dropout left on"])
def test_what_the_layers_get_shows_the_faults_that_no_instrument_hears(name):
    def summary(fault):
        train_x, use_x, train_h, use_h = fault_rig.recorded(fault.parts(), n_steps=60)
        growth = np.abs(use_h).mean() / np.abs(train_h).mean()
        return train_x.max(), use_x.max(), growth, np.mean(use_h == 0)

    for fault in (HEALTHY, SOUND_DROPOUT):
        low, high, growth, zeros = summary(fault)
        assert max(low, high) <= 1 and 0.8 < growth < 1.25 and zeros == 0
    low, high, growth, zeros = summary(FAULTS[name])
    assert max(low, high) == 16 or not 0.6 < growth < 1.7 or zeros > 0.3


def test_the_relative_error_has_its_limits_at_0_and_1_and_lets_nan_through():
    assert relative_error(np.array([3.0, -1]), np.array([3.0, 1])) == 2 / 6
    assert relative_error(np.zeros(2), np.zeros(2)) == 0.0
    assert relative_error(np.zeros(2), np.ones(2)) == 1.0
    assert np.isnan(relative_error(np.array([np.nan]), np.ones(1)))
