import numpy as np
import pytest

from course_lib import explorers, workbench
from course_lib.explorers import descent_phase as phase
from course_lib.explorers import descent_race as race
from course_lib.explorers import descent_schedule as schedule
from course_lib.explorers import descent_ticket as ticket
from course_lib.explorers.explorer import REVEAL_AFTER

EXPLORERS = phase._phase_map, race._race, schedule._schedule


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- the map of momentum


@pytest.mark.parametrize("kappa", [1.0, 10.0, 100.0])
def test_the_map_holds_the_steps_that_a_walk_needs(kappa):
    rng, steps = np.random.default_rng(3), phase.map_of(kappa)
    for _ in range(5):
        row, column = rng.integers(steps.shape[0]), rng.integers(steps.shape[1])
        numbers = phase._phase_map().numbers(
            share=phase.SHARES[column], beta=phase.BETAS[row], kappa=kappa
        )
        walked = np.inf if numbers["steps"] is None else numbers["steps"]
        if numbers["diverges"]:
            walked = np.inf
        assert steps[row, column] == pytest.approx(walked, abs=1)


def test_the_map_is_blank_beyond_the_edge_and_only_there_near_it():
    steps, edge = phase.map_of(10.0), 1 + phase.BETAS[:, np.newaxis]
    beyond = np.broadcast_to(phase.SHARES, steps.shape) - edge
    assert np.all(np.isinf(steps[beyond > 0.02]))
    assert np.all(np.isfinite(steps[(beyond < -0.1) & (edge < 1.9)]))


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_the_edge_that_is_measured_is_one_plus_beta(beta):
    assert phase.edge_of(beta, 100.0) == pytest.approx(1 + beta, abs=0.02)


def test_polyaks_settings_are_on_the_edges_good_side_and_counted():
    for kappa, steps in ((100.0, 69), (1000.0, 257)):
        rate, beta = phase.best_settings(kappa)
        assert rate * kappa / 2 < 1 + beta
        assert phase._phase_map().numbers(kappa=kappa)["polyak"] == steps


def test_a_walk_that_diverges_says_so():
    explorer = phase._phase_map()
    read = phase._read(explorer.numbers(share=1.9, beta=0.5))
    assert read["to a loss of 1e-6"] == "it diverges"
    assert explorer.numbers(share=1.9, beta=0.96)["diverges"] is False


def test_a_round_bowl_takes_one_step_at_half_the_edge():
    numbers = phase._phase_map().numbers(share=0.5, beta=0.0, kappa=1.0)
    assert phase._read(numbers)["to a loss of 1e-6"] == "1 step"


# ---- the race


def test_the_race_at_one_rate_runs_all_four_at_it():
    numbers = race.race_at(0.011, race.SAME)
    assert set(numbers["rates"].values()) == {0.01}
    assert race._read(numbers)["gradient descent, steps"] == "over 400 at 0.01"


def test_the_fair_race_gives_each_its_fewest_steps():
    numbers = race.race_at(0.011, race.BEST)
    for name, steps in race.steps_of().items():
        assert numbers["steps"][name] == steps.min()
        assert np.argmax(numbers["curves"][name] > 0.9) > 0


# ---- the schedule


@pytest.mark.parametrize("shape", schedule.SHAPES)
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.4])
def test_every_schedule_peaks_at_one_and_climbs_as_long_as_asked(shape, warmup):
    factors = schedule.factors(shape, warmup, **schedule.COURSE)
    climb = round(warmup * schedule.N_STEPS)
    assert factors.shape == (schedule.N_STEPS,)
    assert factors.max() == 1
    np.testing.assert_allclose(np.diff(factors[:climb]), 1 / max(climb, 1))
    assert np.all(np.diff(factors[climb:]) <= 0)


def test_the_stairs_go_down_and_the_constant_stays():
    heights = np.unique(schedule.factors("stairs", 0.0, **schedule.COURSE).round(6))
    np.testing.assert_allclose(heights, [0.09, 0.3, 1])
    assert set(schedule.factors("constant", 0.0, **schedule.COURSE)) == {1}


@pytest.mark.full
def test_another_draw_is_another_run_and_the_same_draw_the_same():
    explorer = schedule._schedule()
    first, again = (explorer.numbers(peak=0.3)["losses"] for _ in range(2))
    explorer._draw_again(1)
    np.testing.assert_array_equal(first, again)
    assert np.any(explorer.numbers(peak=0.3)["losses"] != first)


# ---- the pictures

ENDS = [
    (phase._phase_map, {"share": 0.02}, {"share": 2.0, "beta": 0.98}),
    (phase._phase_map, {"kappa": 1.0}, {"kappa": 10.0}),
    (race._race, {"learning_rate": 1e-4}, {"learning_rate": 5.0}),
    (race._race, {"rule": race.SAME}, {"rule": race.BEST}),
    (schedule._schedule, {"peak": 0.1}, {"peak": 2.0, "shape": "cosine"}),
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


@pytest.mark.parametrize("make", [phase._phase_map, schedule._schedule])
def test_an_explorer_computes_with_the_functions_of_its_lesson(make):
    explorer = make()
    assert "Computed by the course's" in explorer.html()
    for name, function in explorer.uses.items():
        workbench.adopt(name, function)
    assert "Computed by your" in explorer.html()


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_card_knows_its_truth_and_the_first_picture_does_not_tell(make):
    explorer = make()
    assert explorer.card.because
    assert explorer.card.truth() in explorer.card.choices
    seen = [control.share([control.start]) for control in explorer.controls]
    assert max(seen) < REVEAL_AFTER


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    shown = explorers.gradient_descent
    for show in (
        shown.phase_map,
        shown.race,
        shown.schedule,
        shown.no_faster,
        shown.five_questions,
    ):
        assert show() is None


def test_the_ticket_reads_what_was_measured():
    numbers = {
        "this": ticket.run_of(False),
        "plain": ticket.run_of(False, 0.0),
        "other": ticket.run_of(False, 0.5),
    }
    readings = ticket._read(numbers)
    assert readings["beta 0.9"] == readings["last loss, beta 0"] == readings["beta 0.5"]
    assert readings["step / (rate x gradient)"] == "1.00"
