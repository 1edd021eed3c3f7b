"""What a mistake does is measured, and told in words."""

from dataclasses import replace

import pytest

from grader import rigs, symptoms
from grader.effects import effects_of
from grader.exercises import load_lesson

pytestmark = pytest.mark.full  # networks are trained


def effects(lesson, exercise, *mistakes):
    """Return the effects of some mistakes of one exercise, and of no others."""
    declared = load_lesson(lesson).exercises[exercise]
    kept = [m for m in declared.mistakes if m.id in mistakes]
    assert [m.id for m in kept] == list(mistakes)
    return effects_of(replace(declared, mistakes=kept))


@pytest.fixture(scope="module")
def linear():
    return effects(
        "04_layers", "linear_backward", "no_bias", "db_mean", "db_keepdims", "sign"
    )


def words(found, mistake):
    effect = found["mistakes"][mistake]
    return (
        symptoms.outputs_text(effect),
        symptoms.gradient_text(effect),
        symptoms.training_text(effect, found["healthy"]),
        symptoms.heard_text(effect),
    )


def test_the_right_answer_trips_nothing(linear):
    assert linear["checkable"]
    assert [name for name, (trips, _) in linear["healthy"].items() if trips] == []


def test_a_pair_wrong_on_both_sides_is_seen_by_the_check_alone(linear):
    # Without b forward, db = 0 backward is the gradient of what forward computes.
    outputs, gradient, training, heard = words(linear, "no_bias")
    assert outputs.endswith("db 0 everywhere")
    assert gradient == "agrees: it does not see this mistake"
    assert training.startswith("trains ")
    assert heard == "silent: no instrument hears it"


def test_a_mean_in_place_of_a_sum_trips_the_gradient_check_and_trains(linear):
    outputs, gradient, training, heard = words(linear, "db_mean")
    assert outputs == "db 0.5 times the expected values"  # two examples by hand
    assert gradient.startswith("trips in 5 of 6 cases: db error")  # not for N = 1
    assert training.startswith("trains all the same")
    assert heard == "heard by gradient check, double batch"


def test_a_shape_is_named_before_any_number(linear):
    outputs, gradient, _, heard = words(linear, "db_keepdims")
    assert outputs == "db shape (1, 1), expected (1,)"
    assert gradient == "trips: db shape (1, 1), not (1,)"
    assert heard == "heard by shapes"


def test_the_opposite_sign_does_not_train(linear):
    assert "opposite sign" in words(linear, "sign")[0]
    assert words(linear, "sign")[2].startswith("hardly trains")


def test_a_loss_and_its_gradient_are_asked_about_each_other():
    found = effects("10_bad_data", "weighted_cross_entropy", "no_weights")
    # Loss and gradient forget the weights alike.
    assert symptoms.gradient_text(found["mistakes"]["no_weights"]).startswith("agrees")


def test_a_wrong_instrument_is_told_what_it_misses():
    found = effects("05_instruments", "initial_loss_check", "log10")
    text = symptoms.misheard_text(found["mistakes"]["log10"])
    assert text.endswith("; trips on a healthy run")


def test_a_function_without_a_place_in_a_network_has_no_readings():
    assert rigs.fault_of("mse", {"mse": lambda predictions, targets: 0.0}) is None


def test_batch_normalization_leaves_no_bias_to_be_measured():
    found = effects("08_normalization", "batchnorm_backward", "no_half")
    assert not any(trips for trips, _ in found["healthy"].values())
    heard = symptoms.heard_text(found["mistakes"]["no_half"])
    assert heard == "heard by gradient check"


def test_an_optimizer_that_climbs_does_not_train():
    found = effects("11_gradient_descent", "momentum_step", "uphill")
    text = symptoms.training_text(found["mistakes"]["uphill"], found["healthy"])
    assert text.startswith("hardly trains")
