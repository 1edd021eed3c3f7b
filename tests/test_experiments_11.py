"""What lesson 11 claims, measured again on five seeds, and quoted as it is."""

import importlib.util
import json
import re

import numpy as np
import pytest

from course_lib.data import load
from course_lib.explorers import descent_phase as phase
from course_lib.explorers import descent_race as race
from course_lib.explorers import descent_schedule as schedule
from course_lib.explorers import descent_ticket as ticket
from course_lib.judging import judge
from course_lib.models import mlp
from course_lib.settings import ROOT
from course_lib.sweeps.optimizer_race import OPTIMIZER_RACE, steps_to_goal
from course_lib.training import train
from grader.exercises import SOLUTIONS, load_lesson, run

five_seeds = pytest.mark.parametrize("seed", range(5))
NAME = "11_gradient_descent"


def _answers():
    """Return the functions that the lesson's source gives as solutions, by name."""
    if importlib.util.find_spec("jupytext") is None:
        pytest.skip("jupytext is missing: pip install -r requirements.txt")
    import jupytext

    names = {"np": np}
    for cell in jupytext.read(SOLUTIONS / NAME / f"{NAME}.py").cells:
        if "solution" in cell.metadata or cell.source.startswith("def my_adamw"):
            exec(cell.source, names)
    return names


ANSWERS = _answers()
momentum_step, adam_step = ANSWERS["momentum_step"], ANSWERS["adam_step"]


def prose():
    """Return the built lesson's text on one line, without the signs of a quotation."""
    path = ROOT / "lessons" / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return " ".join(text.replace("\n> ", " ").split())


# ---- the bowl


def settle(kappa, rate, beta, start, patience=20_000):
    """Return the steps until the loss is a millionth, or None where it grows."""
    curvature = np.array([1.0, kappa])
    w, velocity = np.array(start, float), np.zeros(2)
    for step in range(patience):
        loss = np.sum(curvature * w**2) / 2
        if loss < 1e-6:
            return step
        if loss > 1e12:
            return None
        w, velocity = momentum_step(w, curvature * w, velocity, rate, beta)
    return patience


@pytest.mark.parametrize(
    ("kappa", "plain", "polyak"), [(100, 444, 69), (1000, 5008, 257)]
)
def test_the_steps_of_gradient_descent_and_of_the_heavy_ball(kappa, plain, polyak):
    assert settle(kappa, 2 / (1 + kappa), 0, (1, 1)) == plain
    assert settle(kappa, *phase.best_settings(kappa), (1, 1)) == polyak
    assert f"{plain}" in prose() and f"{polyak}" in prose()


@five_seeds
@pytest.mark.parametrize("kappa", [100, 1000])
def test_from_any_start_momentum_needs_about_the_root_of_the_steps(kappa, seed):
    angle = np.random.default_rng(seed).uniform(0.2, 1.3)
    start = np.sqrt(2) * np.cos(angle), np.sqrt(2) * np.sin(angle)
    plain = settle(kappa, 2 / (1 + kappa), 0, start)
    rolling = settle(kappa, *phase.best_settings(kappa), start)
    assert 3 * kappa < plain < 6 * kappa
    assert 5 * np.sqrt(kappa) < rolling < 10 * np.sqrt(kappa)


@five_seeds
def test_one_percent_above_the_edge_diverges_and_one_below_settles(seed):
    start = np.random.default_rng(seed).uniform(0.5, 2, size=2)
    assert settle(100, 1.01 * 2 / 100, 0, start) is None
    assert settle(100, 0.99 * 2 / 100, 0, start) < 600


@pytest.mark.parametrize("kappa", [1.0, 10.0, 100.0])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_momentum_breaks_at_one_plus_beta_whatever_the_condition_number(beta, kappa):
    curvature = np.array([1.0, kappa])

    def end(share):
        w, velocity = np.ones(2), np.zeros(2)
        for _ in range(2000):
            rate = share * 2 / kappa
            w, velocity = momentum_step(w, curvature * w, velocity, rate, beta)
        return np.abs(w).max()

    assert end(1.01 * (1 + beta)) > 1
    assert end(0.99 * (1 + beta)) < 0.1


def test_a_constant_gradient_makes_the_velocity_ten_times_as_long():
    velocity = np.zeros(1)
    for _ in range(200):
        _, velocity = momentum_step(np.zeros(1), np.ones(1), velocity, 0.1, 0.9)
    assert velocity[0] == pytest.approx(10)


# ---- the race


@five_seeds
def test_at_one_rate_whoever_likes_it_wins(seed):
    table = OPTIMIZER_RACE.load()
    low, high = (
        {
            name: steps_to_goal(
                table.at("accuracies", optimizer=name, learning_rate=rate)[seed]
            )
            for name in race.RUNNERS
        }
        for rate in (0.01, 1)
    )
    assert low["gradient descent"] == np.inf and low["Adam"] <= 70
    assert high["gradient descent"] <= 60
    assert min(high["momentum"], high["RMSProp"], high["Adam"]) == np.inf


@five_seeds
def test_each_at_its_best_they_are_close(seed):
    table = OPTIMIZER_RACE.load()
    for name in race.RUNNERS:
        curve = table.at(
            "accuracies", optimizer=name, learning_rate=race.best_rate(name)
        )
        assert steps_to_goal(curve[seed]) <= 70


def test_the_lesson_quotes_the_medians_of_the_race():
    best = {name: steps.min() for name, steps in race.steps_of().items()}
    wanted = "{:.0f} for gradient descent, {:.0f} for momentum, {:.0f} for Adam and "
    wanted += "{:.0f} for RMSProp"
    order = "gradient descent", "momentum", "Adam", "RMSProp"
    assert wanted.format(*(best[name] for name in order)) in prose()
    assert best["gradient descent"] < 2 * min(best.values())
    assert (race.best_rate("gradient descent"), race.best_rate("momentum")) == (
        0.5,
        0.2,
    )
    assert (race.best_rate("RMSProp"), race.best_rate("Adam")) == (0.02, 0.05)


def test_the_card_of_the_race_tells_what_the_sweep_measured():
    steps = race.race_at(0.01, race.SAME)["steps"]
    question = race._race().card.question
    assert f"after {steps['Adam']:.0f} steps" in question
    assert steps["gradient descent"] == np.inf


# ---- the noise floor


@pytest.mark.full
@five_seeds
def test_shorter_steps_towards_the_end_lower_the_noise_floor(seed):
    last = {
        (shape, warmup): schedule.run(
            1.0, warmup, shape, np.random.default_rng(seed), **schedule.COURSE
        )
        for shape, warmup in [("constant", 0.0), ("cosine", 0.0), ("cosine", 0.1)]
    }
    floor = last["constant", 0.0]["losses"][-5:].mean()
    assert last["cosine", 0.0]["losses"][-1] < floor / 2.5
    assert last["cosine", 0.1]["losses"][-1] < floor / 4
    assert last["cosine", 0.1]["accuracy"] > last["constant", 0.0]["accuracy"]


@pytest.mark.full
def test_the_lesson_quotes_the_last_losses_of_the_schedules():
    constant, cosine, warm = (
        schedule.last_loss(*of) for of in (("constant",), ("cosine",), ("cosine", 0.1))
    )
    text = prose()
    assert f"{constant:.3f} with a constant rate, {cosine:.3f} with a cosine" in text
    assert f"and {warm:.3f} with a warm-up" in text
    slow = schedule.last_loss("constant", peak=0.3)
    slower = schedule.last_loss("cosine", peak=0.3)
    assert f"{slow:.3f} constant, {slower:.3f} with a cosine" in text


# ---- the ticket


@pytest.mark.full
@five_seeds
def test_momentum_that_forgets_its_velocity_is_gradient_descent(seed):
    losses = {ticket.run_of(False, beta, seed)["loss"] for beta in (0.0, 0.9)}
    assert len(losses) == 1
    forgets, keeps = ticket.run_of(False, 0.9, seed), ticket.run_of(True, 0.9, seed)
    assert forgets["stretch"] == pytest.approx(1)
    assert keeps["stretch"] > 2
    assert keeps["accuracies"][-1] > 0.93
    assert keeps["accuracies"][-1] > forgets["accuracies"][-1] + 0.04


# ---- your optimizer


@pytest.mark.full
@five_seeds
def test_the_learners_optimizer_and_schedule_read_digits(seed):
    digits, rng = load("digits"), np.random.default_rng(seed)
    history = train(
        mlp([64, 32, 10], rng),
        *digits.train,
        learning_rate=lambda step: 0.03 * ANSWERS["warmup_cosine"](step, 34, 340),
        optimizer=ANSWERS["my_adamw"],
        epochs=10,
        measure_every=340,
        validation=digits.validation,
        rng=rng,
    )
    assert len(history.losses) == 340
    assert history.validation_accuracies[-1] >= 0.95


# ---- by hand


def test_the_tables_of_momentum_and_rmsprop():
    w, velocity = momentum_step(
        np.array([1.0, 2]), np.array([4.0, -1]), np.array([2.0, 3]), 0.1, 0.5
    )
    np.testing.assert_allclose(w, [0.5, 1.95])
    np.testing.assert_allclose(velocity, [5, 0.5])
    w, v = ANSWERS["rmsprop_step"](
        np.ones(2), np.array([6, 0.5]), np.array([4.0, 0]), 0.1, 0.75
    )
    np.testing.assert_allclose(v, [12, 0.0625])
    np.testing.assert_allclose(w, [0.827, 0.8], atol=5e-4)


def test_the_tables_of_adam_and_adamw():
    given = [np.array([x]) for x in (1.0, 3.0, 1.0, 4.0)]
    w, m, v = adam_step(*given, 2, 0.3, 0.5, 0.75)
    assert (m[0], v[0]) == (2, 5.25)
    assert w[0] == pytest.approx(0.769, abs=5e-4)
    decayed = ANSWERS["adamw_step"](*given, 2, 0.3, 0.1, 0.5, 0.75)[0]
    assert decayed[0] == pytest.approx(0.739, abs=5e-4)


def test_the_tables_of_the_schedules():
    cosine, warm = ANSWERS["cosine"], ANSWERS["warmup_cosine"]
    factors = [cosine(step, 100) for step in (0, 25, 50, 100, 130)]
    np.testing.assert_allclose(factors, [1, 0.854, 0.5, 0, 0], atol=5e-4)
    stairs = [ANSWERS["step_decay"](step, 10, 0.5) for step in (0, 9, 10, 20, 25)]
    assert stairs == [1, 1, 0.5, 0.25, 0.25]
    factors = [warm(step, 4, 14) for step in (0, 1, 3, 4, 9, 14)]
    np.testing.assert_allclose(factors, [0.25, 0.5, 1, 1, 0.5, 0], atol=1e-12)


@five_seeds
def test_a_penalty_in_the_gradient_does_not_move_adams_first_step(seed):
    dw = np.random.default_rng(seed).uniform(0.01, 100, size=3)
    w, zeros = np.ones(3), np.zeros(3)
    plain = adam_step(w, dw, zeros, zeros, 1, 0.1)[0]
    inside = adam_step(w, dw + 0.5 * w, zeros, zeros, 1, 0.1)[0]
    beside = ANSWERS["adamw_step"](w, dw, zeros, zeros, 1, 0.1, 0.5)[0]
    assert np.abs(plain - inside).max() < 1e-6
    np.testing.assert_allclose(plain - beside, 0.05)


# ---- what the lesson quotes


EXERCISES = load_lesson(NAME).exercises


def verdict_on(name, mistake):
    exercise = EXERCISES[name]
    (wrong,) = [m.wrong for m in exercise.mistakes if m.id == mistake]
    check = exercise.public_checks()
    return judge(check, run(check, exercise.namespace(wrong)))


def test_the_lesson_quotes_what_is_said_of_a_missing_correction():
    verdict = verdict_on("adam_step", "no_correction")
    assert verdict.mistake == "no_correction"
    assert verdict.message in prose()
    assert 0.1 / np.sqrt(0.001) == pytest.approx(3.16, abs=0.005)
    assert verdict_on("adam_step", "m_only").message.count("31.6") == 1


def test_epsilon_inside_the_root_shows_only_where_gradients_are_near_zero():
    exercise = EXERCISES["adam_step"]
    check = exercise.public_checks()
    off = {
        case.note: np.abs(
            case.mistaken["epsilon_inside"]["w"] - case.expected["w"]
        ).max()
        for case in check.cases
        if "w" in case.mistaken.get("epsilon_inside", {})
    }
    assert off["gradients near 0"] > 0.01
    assert off.get("a table of weights, step 7", 0) < 1e-6
    assert off.get("step 1000", 0) < 1e-6


CONVENTIONS = {
    "momentum_step": {"average", "rate_inside", "a_step", "downhill"},
    "rmsprop_step": {"epsilon_inside"},
    "adam_step": {"epsilon_hat"},
    "adamw_step": {"decayed_after", "epsilon_hat"},
    "warmup_cosine": {"from_zero", "one_more_part"},
}


@pytest.mark.parametrize(("name", "known"), CONVENTIONS.items())
def test_conventions_of_books_and_libraries_earn_full_marks_and_a_note(name, known):
    exercise = EXERCISES[name]
    assert {other.id for other in exercise.conventions} == known
    check = exercise.secret_checks(7, with_mistakes=False)
    for other in exercise.conventions:
        verdict = judge(check, run(check, exercise.namespace(other.right)))
        assert verdict.points == exercise.points
        assert verdict.message == other.note


@five_seeds
@pytest.mark.parametrize("convention", ["rate_inside", "a_step", "downhill"])
def test_from_rest_the_other_signs_of_the_velocity_take_the_same_path(convention, seed):
    exercise = EXERCISES["momentum_step"]
    (other,) = [c.right for c in exercise.conventions if c.id == convention]
    gradients = np.random.default_rng(seed).normal(size=(20, 3))
    ours = theirs = np.ones(3)
    velocity = another = np.zeros(3)
    for dw in gradients:
        ours, velocity = momentum_step(ours, dw, velocity, 0.1, 0.9)
        theirs, another = other(theirs, dw, another, 0.1, 0.9)
    np.testing.assert_allclose(ours, theirs)


@five_seeds
def test_a_mean_as_velocity_takes_the_same_path_at_ten_times_the_rate(seed):
    exercise = EXERCISES["momentum_step"]
    (other,) = [c.right for c in exercise.conventions if c.id == "average"]
    gradients = np.random.default_rng(seed).normal(size=(20, 3))
    ours = theirs = np.ones(3)
    velocity = another = np.zeros(3)
    for dw in gradients:
        ours, velocity = momentum_step(ours, dw, velocity, 0.1, 0.9)
        theirs, another = other(theirs, dw, another, 1.0, 0.9)
    np.testing.assert_allclose(ours, theirs)


def test_no_cell_shows_the_answer_of_a_card_above_the_card():
    assert not re.search(r"\b(ask|ticket|Card)\(", prose())
