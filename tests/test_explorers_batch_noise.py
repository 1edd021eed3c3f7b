import numpy as np
import pytest

from course_lib import explorers, workbench
from course_lib.explorers import batch_noise_arrows as arrows
from course_lib.explorers import batch_noise_budget as budget
from course_lib.explorers import batch_noise_rates as rates
from course_lib.explorers import batch_noise_ticket as ticket
from course_lib.predictions import Card

EXPLORERS = arrows._arrows, budget._budget, rates._rates


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- arrows


@pytest.mark.parametrize("size", [1.0, 16.0, 512.0])
def test_arrows_have_their_true_length_and_angle(size):
    numbers = arrows._arrows().numbers(batch_size=size)
    length = np.hypot(numbers["along"], numbers["across"])
    np.testing.assert_allclose(numbers["along"] / length, numbers["cosines"])
    off = np.hypot(numbers["along"] - 1, numbers["across"]) * numbers["length"]
    assert np.sqrt(np.mean(off**2)) == pytest.approx(numbers["noise"])


def test_every_arrow_stays_inside_the_picture():
    numbers = arrows._arrows().numbers(batch_size=1.0)
    assert np.abs(numbers["across"]).max() < arrows.ACROSS
    assert numbers["along"].min() > arrows.LOWEST
    assert numbers["along"].max() < arrows.HIGHEST


def test_the_dashed_line_goes_through_what_is_measured():
    for size in (1.0, 8.0, 64.0, 512.0):
        noise = arrows._arrows().numbers(batch_size=size)["noise"]
        assert noise == pytest.approx(arrows.law([size])[0], rel=0.12)


def test_another_draw_gives_other_arrows_and_rewind_the_first():
    explorer = arrows._arrows()
    first = explorer.numbers()["along"]
    explorer._draw_again(1)
    assert not np.array_equal(explorer.numbers()["along"], first)
    explorer._draw_again(None)
    np.testing.assert_array_equal(explorer.numbers()["along"], first)


# ---- budgets


def test_a_budget_counts_what_it_says():
    by_steps, by_epochs = budget.runs("steps"), budget.runs("epochs")
    assert by_steps["steps"] == [600] * 5
    assert by_steps["seen"] == [600, 4800, 19200, 76800, 307200]
    assert by_epochs["seen"] == [20 * 1077] * 5
    assert by_epochs["steps"] == [21540, 2700, 680, 180, 60]


def test_the_end_of_each_curve_lies_between_its_worst_and_best_seed():
    for kind in ("steps", "epochs"):
        numbers = budget.runs(kind)
        worst, best = numbers["ends"].T
        assert np.all(worst <= numbers["accuracies"][:, -1])
        assert np.all(numbers["accuracies"][:, -1] <= best)


def test_what_is_read_off_at_the_same_loss_has_an_entry_for_each_size():
    assert list(budget.same_loss()) == [8, 32, 128, 512]


# ---- rates


def test_a_point_between_cells_reads_the_nearest_one():
    near, exact = rates.at(8.4, 0.11), rates.at(8, 0.1)
    assert (near["row"], near["column"]) == (exact["row"], exact["column"]) == (0, 2)
    assert rates.at(512, 3.2)["row"] == 6 and rates.at(512, 3.2)["column"] == 7
    assert exact["steps"] == 2700


def test_the_card_offers_the_linear_rule_and_it_is_the_one_that_fits():
    wanted = rates.at(8, 0.1)["loss"]
    by_rate = {
        rate: rates.at(64, float(rate))["loss"] for rate in ("0.1", "0.2", "0.8")
    }
    nearest = min(by_rate, key=lambda rate: abs(by_rate[rate] - wanted))
    assert nearest == rates._rates().card.truth()


# ---- the pictures


ENDS = [
    (arrows._arrows, {"batch_size": 1.0}, {"batch_size": 512.0}),
    (budget._budget, {"budget": "steps"}, {"budget": "epochs"}),
    (rates._rates, {"batch_size": 8.0}, {"batch_size": 512.0}),
    (rates._rates, {"learning_rate": 0.025}, {"learning_rate": 3.2}),
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


def test_the_arrows_are_computed_with_the_functions_of_the_lesson():
    explorer = arrows._arrows()
    assert "Computed by the course's" in explorer.html()
    for name, function in explorer.uses.items():
        workbench.adopt(name, function)
    assert "Computed by your" in explorer.html()


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_card_knows_its_truth(make):
    card = make().card
    assert isinstance(card, Card) and card.because
    assert card.truth() in card.choices if card.choices else card.truth() == 0.16


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    for show in (
        explorers.batch_noise.arrows,
        explorers.batch_noise.budget,
        explorers.batch_noise.rates,
        explorers.batch_noise.waves,
        explorers.batch_noise.five_questions,
    ):
        assert show() is None


def test_the_ticket_reads_what_was_measured():
    readings = ticket._read(ticket.run_of(False))
    assert readings["steps in an epoch"] == "34"
    assert readings["right, unseen"] == "0.131"
