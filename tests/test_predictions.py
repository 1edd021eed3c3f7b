import json
from pathlib import Path

import numpy as np
import pytest
from IPython import display as ipython_display

from course_lib import cards
from course_lib.prediction_log import LOG, committed_choice, log_choice
from course_lib.predictions import Card, ask, predict, say
from course_lib.spoken_card import SpokenCard, heard_in_order


@pytest.fixture(autouse=True)
def lesson(tmp_path, monkeypatch):
    folder = tmp_path / "01_loss"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shown(monkeypatch):
    things = []

    def display(thing, raw=False):
        things.append(thing["text/html"] if raw else thing.data)

    monkeypatch.setattr(ipython_display, "display", display)
    monkeypatch.setattr(cards, "is_headless", lambda: False)
    return things


def lines(folder="."):
    return [json.loads(line) for line in (Path(folder) / LOG).read_text().splitlines()]


def pieces(card):
    question, entry, commit, state = card._widget().children
    return entry, commit, state


def test_committing_is_logged_with_lesson_question_choice_and_truth():
    Card("pick", "Which?", ["a", "b"], truth="b").commit("a")
    (line,) = lines()
    time = line.pop("time")
    assert time[:2] == "20" and "T" in time
    assert line == {
        "lesson": "01_loss",
        "question": "pick",
        "choice": "a",
        "truth": "b",
    }


def test_a_log_that_cannot_be_written_stops_nothing(lesson):
    (lesson / LOG).mkdir()
    card = Card("pick", "Which?", ["a", "b"])
    card.commit("a")
    assert card.is_committed


def test_a_broken_log_is_read_past(lesson):
    log_choice("pick", "a")
    with open(LOG, "a") as log:
        log.write('not json\n[1, 2]\n{"question": "other", "choice": "x"}\n')
    assert committed_choice("pick") == "a"
    assert committed_choice("absent") is None


def test_numbers_of_numpy_are_logged_as_numbers():
    log_choice("number", np.float64(0.5), np.int64(2))
    assert lines()[0]["choice"] == 0.5 and lines()[0]["truth"] == 2


def test_a_card_committed_earlier_is_committed_when_the_lesson_is_reopened():
    Card("pick", "Which?", ["a", "b"]).commit("b")
    again = Card("pick", "Which?", ["a", "b"])
    assert again.choice == "b"
    entry, commit, state = pieces(again)
    assert entry.value == "b" and entry.disabled
    assert commit.description == "Predict again"
    assert "You predicted: <strong>b</strong>" in state.value


def test_an_answer_that_is_no_longer_among_the_choices_is_forgotten():
    Card("pick", "Which?", ["a", "b"]).commit("b")
    assert not Card("pick", "Which?", ["a", "c"]).is_committed
    assert not Card("pick", "How much?", unit="nats").is_committed


def test_commit_waits_for_a_choice_and_predict_again_frees_it():
    entry, commit, state = pieces(Card("pick", "Which?", ["a", "b"]))
    commit.click()
    assert "Choose one of them first." in state.value and not Path(LOG).exists()
    entry.value = "a"
    commit.click()
    assert entry.disabled and lines()[-1]["choice"] == "a"
    commit.click()
    assert not entry.disabled
    entry.value = "b"
    commit.click()
    assert [line["choice"] for line in lines()] == ["a", "b"]


def test_a_choice_that_reaches_a_busy_kernel_after_the_press_still_counts():
    card = Card("pick", "Which?", ["a", "b"])
    entry, commit, state = pieces(card)
    entry.value = "a"
    commit.click()
    entry.value = "b"  # the page shows b, and its button was pressed
    assert card.choice == "b" and "<strong>b</strong>" in state.value
    assert [line["choice"] for line in lines()] == ["a", "b"]


def test_a_number_card_takes_numbers_only():
    entry, commit, state = pieces(Card("loss", "How much?", unit="nats"))
    assert "(nats)" in entry.description
    for words in ("", "many", "nan", "inf"):
        entry.value = words
        commit.click()
        assert "Write a number first." in state.value
    entry.value = "2,5"
    commit.click()
    assert lines()[-1]["choice"] == 2.5
    assert "2.5 nats" in state.value


def test_a_recap_question_reveals_its_answer_on_commit(shown):
    card = ask("sum", "Which?", ["a", "b"], "b", because="So it is.")
    assert "So it is." not in shown[0]
    entry, commit, state = pieces(card)
    assert "So it is." not in state.value
    entry.value = "a"
    commit.click()
    assert "You answered: <strong>a</strong>" in state.value
    assert "The answer: <strong>b</strong>. So it is." in state.value


def test_a_prediction_is_compared_in_a_later_cell(shown):
    card = predict("loss", "How much?", unit="nats")
    card.reveal(2.31)
    assert "Commit one" in shown[-1] and "2.31" not in shown[-1]
    card.commit(5.0)
    card.reveal(2.31, "Ten classes.")
    assert "You predicted: <strong>5 nats</strong>" in shown[-1]
    assert "Measured: <strong>2.31 nats</strong>. Ten classes." in shown[-1]


def test_a_truth_outside_the_choices_is_refused():
    with pytest.raises(ValueError, match="'c' is not among the choices"):
        Card("pick", "Which?", ["a", "b"], truth="c")


def test_a_measure_that_fails_does_not_stop_the_commit():
    def truth():
        raise ArithmeticError

    card = Card("pick", "Which?", ["a", "b"], truth=truth)
    card.commit("a")
    assert lines()[0]["truth"] is None
    assert "Measured" not in card.verdict()


def test_without_widgets_the_card_is_text_with_its_answer(shown, monkeypatch):
    monkeypatch.setattr(cards, "is_headless", lambda: True)
    ask("sum", "Is `x` < y?", ["a", "b"], "b", because="So it is.")
    assert "<code>x</code> &lt; y?" in shown[0]
    assert "<li>a</li>" in shown[0] and "So it is." in shown[0]
    assert not Path(LOG).exists()


def test_the_loop_said_aloud_is_heard_in_order():
    words = ["forward", "loss", "backward"]
    assert heard_in_order("Forward gives a LOSS; then backward.", words) == 3
    assert heard_in_order("forward, backward, loss", words) == 2
    assert heard_in_order("backward", words) == 0


def test_a_spoken_card_says_which_step_it_listens_for(shown):
    say("loop", "Say it.", ["forward", "loss"])
    card = SpokenCard("loop", "Say it.", ["forward", "loss"])
    entry, commit, state = pieces(card)
    commit.click()
    assert "Write a sentence first." in state.value
    entry.value = "forward"
    commit.click()
    assert "listening for <strong>loss</strong>" in state.value
    card.commit("forward, then the loss")
    assert "All of it" in card.verdict()


def test_a_card_is_shown_once_when_it_is_also_a_cells_value(shown):
    card = predict("pick", "Which?", ["a", "b"])
    before = len(shown)
    card._ipython_display_()
    assert len(shown) == before


def test_what_a_later_cell_measures_is_logged_once():
    card = Card("later", "How much?", unit="nats")
    card.commit(2.0)
    card.reveal(np.float64(2.3), "So it is.")
    card.reveal(2.3)
    assert [(line["choice"], line["truth"]) for line in lines()] == [
        *((2.0, None), (2.0, 2.3)),
    ]
    assert committed_choice("later") == 2.0


def test_a_truth_without_a_prediction_is_not_logged():
    Card("never", "How much?").reveal(1.0)
    assert committed_choice("never") is None
