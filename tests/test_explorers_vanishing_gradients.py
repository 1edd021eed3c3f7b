import math

import numpy as np
import pytest

from course_lib import explorers, workbench
from course_lib.explorers import vanishing_gradients_chain as chain
from course_lib.explorers import vanishing_gradients_dying as dying
from course_lib.explorers import vanishing_gradients_meter as meter
from course_lib.explorers import vanishing_gradients_ticket as ticket
from course_lib.explorers import vanishing_gradients_training as training

EXPLORERS = chain._chain, meter._meter, training._ten_layers, dying._dying


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- the budget


def test_the_budget_has_a_bar_for_each_layer_and_starts_from_0_at_the_last():
    numbers = chain._chain().numbers(depth=11)
    assert numbers["forward"].shape == numbers["backward"].shape == (11,)
    assert numbers["backward"][-1] == 0


def test_decibels_and_factor_tell_the_same():
    numbers = chain._chain().numbers(depth=20)
    factor = numbers["norms"][0] / numbers["norms"][-1]
    assert 10 ** (numbers["backward"][0] / 20) == pytest.approx(factor)
    assert numbers["per_hop"] * 19 == pytest.approx(numbers["backward"][0])


def test_the_same_draw_comes_back_and_another_one_differs():
    explorer = chain._chain()
    first = explorer.numbers()["norms"]
    np.testing.assert_array_equal(first, explorer.numbers()["norms"])
    explorer.draw = 1
    assert not np.array_equal(first, explorer.numbers()["norms"])


@pytest.mark.parametrize("weights", chain.WEIGHTS)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_every_bar_is_finite_and_fits_the_picture(activation, weights):
    numbers = chain._chain().numbers(depth=30, activation=activation, weights=weights)
    for values in (numbers["forward"], numbers["backward"]):
        assert np.all(np.isfinite(values))
        assert np.abs(values).max() <= chain.SCALES[-1]


def test_the_scale_holds_everything_and_always_0():
    class Side:
        limits = (0, 0)

        def get_ylim(self):
            return self.limits

        def set_ylim(self, low, high):
            self.limits = low, high

    for values in ([-239.0, 0.0], [428.0, 0.0], [-5.0, 61.0], [0.0, 0.0]):
        side = Side()
        chain.fit([side], np.array(values))
        low, high = side.limits
        assert low < min(0, *values) and max(0, *values) < high


# ---- the two meters


def test_dW_is_about_inputs_times_blame():
    numbers = meter._meter().numbers(network="relu, xavier")
    product = numbers["inputs"] + numbers["blame"]  # decibels add
    assert np.abs(product - numbers["dW"]).max() < 6


def test_the_meter_shows_what_is_chosen():
    explorer = meter._meter()
    for name in ("blame", "dW"):
        numbers = explorer.numbers(meter=name)
        np.testing.assert_array_equal(numbers["shown"], numbers[name])


# ---- kept runs


def test_the_nearest_kept_learning_rate_is_taken():
    assert dying._dying().numbers(learning_rate=0.97)["learning_rate"] == 1.0
    assert dying._dying().numbers(learning_rate=0.011)["learning_rate"] == 0.01


def test_the_dead_units_drawn_are_those_that_are_counted():
    numbers = dying._dying().numbers(learning_rate=1.0, run=2)
    np.testing.assert_allclose(numbers["is_dead"].mean(axis=1), numbers["dead"])


def test_a_run_that_was_not_finite_says_so():
    explorer = training._ten_layers()
    said = training._read(explorer.numbers(activation="relu", weights="large, std 0.3"))
    assert said == {"updates before NaN": "3", "unseen digits": "—"}


def test_the_loss_is_at_ln_10_where_nothing_is_learned():
    numbers = training._ten_layers().numbers(activation="sigmoid", weights="xavier")
    assert abs(numbers["losses"][-1] - math.log(10)) < 0.05


# ---- the pictures


ENDS = [
    (chain._chain, {"depth": 2}, {"depth": 30}),
    (chain._chain, {"weights": "tiny, std 0.01"}, {"weights": "huge, std 1"}),
    (meter._meter, {"meter": "blame"}, {"meter": "dW"}),
    (meter._meter, {"depth": 2}, {"depth": 20}),
    (training._ten_layers, {"activation": "sigmoid"}, {"activation": "relu"}),
    (dying._dying, {"learning_rate": 0.01}, {"learning_rate": 10.0}),
]


@pytest.mark.full
@pytest.mark.parametrize(("make", "low", "high"), ENDS)
def test_every_explorer_paints_both_ends_and_they_differ(make, low, high):
    explorer = make()
    pages = [explorer.html(**low), explorer.html(**high)]
    assert pages[0] != pages[1]
    for page in pages:
        words = page.split("base64,")[1].split('"', 1)[1]
        assert 'alt="' in words and "nan" not in words


@pytest.mark.parametrize("make", [chain._chain, meter._meter, dying._dying])
def test_every_explorer_computes_with_the_functions_of_its_lesson(make):
    explorer = make()
    assert "Computed by the course's" in explorer.html()
    for name, function in explorer.uses.items():
        workbench.adopt(name, function)
    assert "Computed by your" in explorer.html()


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_card_knows_its_truth(make):
    card = make().card
    truth = card.truth() if callable(card.truth) else card.truth
    assert card.because
    assert truth in card.choices if card.choices else truth == -239


SLOW = {"calm_and_deaf"}  # it trains its network, and a healthy one
SHOWN = [
    pytest.param(name, marks=[pytest.mark.full] if name in SLOW else [])
    for name in explorers.vanishing_gradients.__all__
]


@pytest.mark.full
@pytest.mark.parametrize("name", SHOWN)
def test_everything_is_shown_without_widgets(name, monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    assert getattr(explorers.vanishing_gradients, name)() is None


@pytest.mark.full
def test_the_ticket_reads_what_was_measured():
    readings = ticket._read(ticket.run_of(False))
    assert readings["first loss"] == readings["last loss"] == "2.303 nats"
    assert readings["right, unseen digits"] == "0.100"
