"""What lesson 3 claims, measured: blame through a chain, fan-out, and its cost."""

from functools import cache

import numpy as np
import pytest

from course_lib.explorers.chain_cost import (
    count_operations,
    nudge_all,
    probe_knobs,
    small_network,
)
from course_lib.explorers.chain_nodes import START, chain_backward, chain_forward
from course_lib.explorers.chain_overwriting import OverwritingValue
from course_lib.explorers.chain_ticket import USES, readings
from course_lib.tape import Value, backward
from grader.exercises import SOLUTIONS
from grader.source import read_lesson

LESSON = "03_chain_rule"
SEEDS = range(5)
every_seed = pytest.mark.parametrize("seed", SEEDS)


@cache
def lesson_text():
    return (SOLUTIONS / LESSON / f"{LESSON}.py").read_text(encoding="utf-8")


# ---- the chain


@every_seed
def test_blame_through_the_chain_is_the_measured_slope(seed):
    rng = np.random.default_rng(seed)
    names = ["x", "w", "b", "v"]
    numbers, target = rng.uniform(0.3, 1.2, 4), 2.0

    def values(numbers):
        named = dict(zip(names, numbers, strict=True))
        x = named.pop("x")
        return chain_forward(x, named | {"target": target})

    params = dict(zip(names[1:], numbers[1:], strict=True)) | {"target": target}
    blame = chain_backward(values(numbers), params)
    measured = probe_knobs(lambda moved: values(moved)["loss"], numbers)
    found = [blame[f"d{name}"] for name in names]
    np.testing.assert_allclose(found, measured, rtol=1e-7)


def test_the_chain_by_hand_is_that_of_the_text():
    # w x = 6, z = 0, s = 0, u = 0, e = 1, r = 1 - 4, loss = 9; back: see the table
    params = {"w": 3.0, "b": -6.0, "v": 5.0, "target": 4.0}
    values = chain_forward(2.0, params)
    assert list(values.values()) == [2, 6, 0, 0, 0, 1, -3, 9]
    blame = chain_backward(values, params)
    assert [blame[name] for name in ("dr", "de", "du", "dv")] == [-6, -6, -6, 0]
    assert [blame[name] for name in ("ds", "dz", "dw", "dx")] == [-30, -30, -60, -90]
    assert "`dw` is −60 and `dx` is −90" in lesson_text()


def test_the_card_about_the_sign_of_dw_is_right():
    params = {name: START[name] for name in ("w", "b", "v", "target")}
    values = chain_forward(START["x"], params)
    assert values["z"] == 2.0 and f"{values['e']:.2f}" == "2.48"
    assert chain_backward(values, params)["dw"] < 0


# ---- the tape


@every_seed
@pytest.mark.parametrize("n_hidden", [1, 8])
def test_the_tapes_gradient_is_the_measured_one_to_nine_digits(seed, n_hidden):
    loss, knobs = small_network(Value, n_hidden, seed)
    backward(loss)
    slopes, _ = nudge_all(Value, n_hidden, seed)
    found = np.array([knob.grad for knob in knobs])
    assert np.abs(found - slopes).max() < 1e-9 * max(1, np.abs(slopes).max())


@every_seed
def test_overwriting_gives_exactly_half_of_the_blame_on_a_plus_a(seed):
    number = float(np.random.default_rng(seed).normal())
    right, wrong = Value(number), OverwritingValue(number)
    backward((right + right).tanh())
    backward((wrong + wrong).tanh())
    assert wrong.grad == right.grad / 2


@every_seed
def test_a_knob_used_k_times_alike_has_k_times_the_blame(seed):
    rng = np.random.default_rng(seed)
    number, factor = rng.normal(size=2)
    blames = []
    for uses in range(1, 5):
        knob, times = Value(number), Value(factor)
        total = knob * times
        for _ in range(uses - 1):
            total = total + knob * times
        backward(total)
        blames.append(knob.grad)
    np.testing.assert_allclose(blames, factor * np.arange(1, 5))


# ---- what it costs


@every_seed
@pytest.mark.parametrize("n_hidden", [2, 8])
def test_nudging_takes_twice_as_many_operations_for_each_knob(seed, n_hidden):
    loss, knobs = small_network(Value, n_hidden, seed)
    _, operations = nudge_all(Value, n_hidden, seed)
    assert operations == 2 * len(knobs) * count_operations(loss)


@every_seed
def test_a_sweep_back_visits_every_operation_once(seed):
    visits = 0

    class Counting(Value):
        def pass_back(self):
            nonlocal visits
            visits += len(self.inputs) > 0
            super().pass_back()

    loss, _ = small_network(Counting, 8, seed)
    backward(loss)
    assert visits == count_operations(loss)


def test_the_counts_are_those_of_the_text():
    assert len(small_network(Value, 8)[1]) == 33 and "33 knobs" in lesson_text()
    assert len(small_network(Value, 32)[1]) == 129
    assert "With 129 knobs it is a factor of 258" in lesson_text()
    assert "cost.reveal(66," in lesson_text()


# ---- the ticket


@every_seed
def test_the_broken_tape_is_right_for_knobs_used_once_and_too_low_for_others(seed):
    by_tape, measured = readings(OverwritingValue, backward, seed)
    for count, found, slope in zip(USES.values(), by_tape, measured, strict=True):
        assert slope > 0
        if count == 1:
            assert found == pytest.approx(slope, rel=1e-8)
        else:
            assert found < 0.9 * slope


@every_seed
def test_the_retest_agrees_for_all_four(seed):
    np.testing.assert_allclose(*readings(Value, backward, seed), rtol=1e-8)


# ---- use it


@every_seed
def test_the_lessons_own_cells_train_the_moons(seed):
    cells = read_lesson(SOLUTIONS / LESSON / f"{LESSON}.py").notebook.cells
    graded = ("Value", "topological_order", "backward", "unbroadcast")
    wanted = [c.source for c in cells if c.id in graded]
    wanted += [c.source for c in cells if c.source.startswith("def put")]
    wanted += [c.source for c in cells if c.source.startswith("x, labels")]
    assert len(wanted) == 6
    from course_lib.data import make_moons

    names = {"np": np, "make_moons": make_moons, "rng": np.random.default_rng(seed)}
    for source in wanted:
        exec(source, names)
    params = names["params"]
    for _ in range(501):
        loss, y, knobs = names["forward_pass"](params)
        names["backward"](loss)
        params = [w - 0.1 * k.grad for w, k in zip(params, knobs, strict=True)]
    assert loss.data < 0.25
    assert np.mean((y[:, 0] > 0) == names["labels"]) > 0.93
