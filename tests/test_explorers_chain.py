import numpy as np
import pytest

from course_lib import explorers, page, workbench
from course_lib.explorers import chain_fan_out, chain_nodes, chain_paths, chain_ticket
from course_lib.tape import Value, backward

MAKERS = [chain_nodes._chain, chain_fan_out._fan_out, chain_paths._paths]


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


def test_every_explorer_of_the_lesson_can_be_called_by_its_name():
    for name in ("chain", "fan_out", "paths", "broken_tape", "five_questions"):
        assert callable(getattr(explorers.chain_rule, name))


@pytest.mark.full
@pytest.mark.parametrize("make", MAKERS)
def test_each_picture_holds_at_both_ends_of_every_slider(make):
    explorer = make()
    for control in explorer.controls:
        ends = (
            [control.low, control.high]
            if hasattr(control, "low")
            else list(
                control.options.values()
                if isinstance(control.options, dict)
                else control.options
            )
        )
        for value in ends:
            assert "<img" in explorer.html(**{control.name: value})


@pytest.mark.parametrize("make", MAKERS)
def test_each_explorer_asks_before_it_shows_and_its_answer_is_a_choice(make):
    card = make().card
    assert card.truth() in card.choices


# ---- the chain


def test_values_appear_one_by_one_and_blame_after_them():
    explorer = chain_nodes._chain()
    for step in range(9):
        numbers = explorer.numbers(step=step)
        assert list(numbers["values"]) == list(chain_nodes.NODES[:step])
        assert not numbers["blame"]
    assert set(explorer.numbers(step=9)["blame"]) == {"loss"}
    assert explorer.numbers(step=16)["blame"].keys() >= {"x", "w", "b", "v"}


def test_stepping_stops_at_both_ends():
    explorer = chain_nodes._chain()
    on, back = chain_nodes.step_by(1), chain_nodes.step_by(-1)
    back(explorer)
    assert explorer.values["step"] == 0
    for _ in range(20):
        on(explorer)
    assert explorer.values["step"] == 16


def test_the_sign_is_told_only_when_the_way_back_has_been_walked(monkeypatch):
    monkeypatch.setattr(page, "is_headless", lambda: False)
    explorer = chain_nodes._chain()
    explorer.card.commit(explorer.card.choices[0])
    assert "Step to the end" in explorer.html()
    explorer.values["step"] = 16
    assert "past the crest" in explorer.html()
    explorer.values["step"] = 3
    assert "past the crest" in explorer.html()


def test_local_derivatives_multiply_to_the_blame_of_x():
    numbers = chain_nodes._chain().numbers(step=16, x=0.7, v=-1.3)
    assert np.prod(numbers["local"]) == pytest.approx(numbers["blame"]["x"])


def test_the_chain_runs_the_learners_functions_once_they_passed():
    def backward_of_mine(values, params):
        return {**chain_nodes.chain_backward(values, params), "dw": 123.0}

    workbench.adopt("chain_backward", backward_of_mine)
    explorer = chain_nodes._chain()
    assert explorer.numbers(step=16)["blame"]["w"] == 123.0
    assert "your" in explorer.html(step=16)


# ---- fan-out and paths


@pytest.mark.parametrize("uses", [1, 2, 3, 4])
def test_blame_grows_with_each_use_unless_it_is_overwritten(uses):
    explorer = chain_fan_out._fan_out()
    numbers = explorer.numbers(uses=uses)
    assert numbers["blame"] == pytest.approx(0.5 * uses)
    assert numbers["measured"] == pytest.approx(0.5 * uses)
    assert explorer.numbers(uses=uses, overwrite=True)["blame"] == 0.5


@pytest.mark.parametrize("x", [-2.0, 0.0, 1.3])
def test_the_products_of_all_paths_add_up_to_the_blame(x):
    numbers = chain_paths._paths().numbers(x=x, w=0.7)
    assert sum(numbers["products"].values()) == pytest.approx(numbers["blame"])


def test_the_fit_of_the_bars_holds_the_largest_sum_of_all():
    explorer = chain_paths._paths()
    for x in (-2.0, 2.0):
        for w in (-1.5, 1.5):
            explorer.html(x=x, w=w)


def test_the_ticket_shows_two_bars_for_each_knob():
    by_tape, measured = chain_ticket.readings(Value, backward)
    text = chain_ticket._read_broken_tape((by_tape, measured))
    assert list(text) == ["dw", "db", "dv", "dk"]
