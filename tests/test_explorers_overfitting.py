import numpy as np
import pytest

from course_lib import explorers, workbench
from course_lib.explorers import overfitting_curves as curves
from course_lib.explorers import overfitting_deck as deck
from course_lib.explorers import overfitting_dropout as dropout
from course_lib.explorers import overfitting_remedies as remedies
from course_lib.sweeps.curve_deck import KINDS

EXPLORERS = curves._memorizing, dropout._dropout, remedies._remedies


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


def test_the_marker_reads_the_curves_where_it_stands():
    explorer = curves._memorizing()
    seen = explorer.numbers(stop=300)
    assert seen["stop"] == 300
    gap = seen["validation_losses"][12] - seen["train_losses"][12]
    assert seen["gap"] == pytest.approx(gap)
    assert explorer.numbers(stop=1500)["gap"] > gap + 0.5


def test_dropout_in_the_picture_keeps_the_mean_and_rests_in_use():
    explorer = dropout._dropout()
    for p_drop in (0.0, 0.5, 0.8):
        seen = explorer.numbers(p_drop=p_drop)
        assert seen["zeros"] == pytest.approx(p_drop, abs=0.03)
        assert seen["factor"] == pytest.approx(1 / (1 - p_drop))
        assert seen["mean"] == pytest.approx(seen["first"], rel=0.06)
    assert explorer.numbers(p_drop=0.8, mode="use")["zeros"] == 0
    assert explorer.numbers(p_drop=0.8)["factor"] == pytest.approx(
        explorer.card.truth()
    )


# ---- the deck


def test_a_diagnosis_is_judged_once_it_is_committed_and_then_stands():
    explorer = deck._deck()
    number = 1 + deck.ORDER.index("two units")
    explorer.values |= {"number": number, "cause": "too stiff", "action": "less L2"}
    assert explorer.numbers()["words"] == "none yet"
    deck.commit(explorer)
    assert explorer.numbers()["words"].startswith("right. Two hidden units")
    assert (explorer.numbers()["done"], explorer.numbers()["right"]) == (1, 1)
    explorer.values |= {"cause": "healthy"}
    deck.commit(explorer)
    assert explorer.numbers()["right"] == 1


def test_a_right_cause_with_an_action_that_does_not_help_says_what_does():
    explorer = deck._deck()
    number = 1 + deck.ORDER.index("bouncing")
    explorer.values |= {"number": number, "cause": "rate too high", "action": "L2"}
    deck.commit(explorer)
    seen = explorer.numbers()
    assert "What helps: lower the rate" in seen["words"]
    assert (seen["done"], seen["right"]) == (1, 0)


def test_a_wrong_cause_is_told_the_planted_one():
    explorer = deck._deck()
    explorer.values |= {"number": 1, "cause": "healthy", "action": "keep it"}
    deck.commit(explorer)
    words = explorer.numbers()["words"]
    assert words.startswith(f"it is {KINDS[deck.ORDER[0]].cause}")


def test_rules_are_tried_on_all_twelve_and_counted(capsys):
    deck.try_rules(lambda **curves: ("healthy", "keep it"))
    out = capsys.readouterr().out
    assert out.count("no: the cause is another") == 10
    assert out.endswith("2 of 12\n")


def test_the_decks_words_are_those_of_the_checks():
    from course_lib.probe_regularization import CAUSES, REMEDIES

    assert deck.CAUSES == CAUSES
    assert {w for words in REMEDIES.values() for w in words} == set(deck.WORDS)
    kinds = [set(words) for words in REMEDIES.values()]
    assert all(set(words) in kinds for words in deck.ACTIONS.values())


def test_no_picture_of_the_deck_says_what_was_planted():
    explorer = deck._deck()
    for number in (1, 6, 12):
        page = explorer.html(number=number).split("<figcaption>")[1]
        assert not any(kind.because in page for kind in KINDS.values())


# ---- the pictures


ENDS = [
    (curves._memorizing, {"stop": 0}, {"stop": 1500}),
    (curves._memorizing, {"n": 100, "noise": 0.4}, {"n": 1077, "noise": 0.0}),
    (dropout._dropout, {"p_drop": 0.0}, {"p_drop": dropout.LARGEST}),
    (remedies._remedies, {"data": "300 noisy"}, {"data": "100 clean"}),
    (deck._deck, {"number": 1}, {"number": 12}),
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


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_explorer_computes_with_the_functions_of_its_lesson(make):
    explorer = make()
    assert "Computed by the course's" in explorer.html()
    for name, function in explorer.uses.items():
        workbench.adopt(name, function)
    assert "Computed by your" in explorer.html()


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_card_knows_its_truth(make):
    card = make().card
    assert card.because
    if card.choices:
        assert card.truth() in card.choices
    else:
        assert np.isfinite(card.truth())


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    for show in (
        explorers.overfitting.memorizing,
        explorers.overfitting.dropout,
        explorers.overfitting.remedies,
        explorers.overfitting.deck,
        explorers.overfitting.better_on_the_unseen,
        explorers.overfitting.five_questions,
        explorers.overfitting.say_the_loop_and_the_turn,
    ):
        assert show() is None
