"""What lesson 9 claims, measured again on five seeds, and quoted as it is."""

import importlib.util
import json
import re
from functools import partial

import numpy as np
import pytest

from course_lib import probes
from course_lib.data import load_digits
from course_lib.explorers import overfitting_curves, overfitting_deck
from course_lib.explorers import overfitting_remedies as remedies
from course_lib.explorers import overfitting_ticket as ticket
from course_lib.judging import judge
from course_lib.models import mlp
from course_lib.regularization import early_stopping, sgd_with_l2
from course_lib.settings import ROOT
from course_lib.sweeps import curve_deck
from course_lib.sweeps.overfitting import dropout_layer, some_digits
from course_lib.training import train
from grader.exercises import SOLUTIONS, load_lesson, run

five_seeds = pytest.mark.parametrize("seed", range(5))
NAME = "09_overfitting"
SECRET = SOLUTIONS / NAME / "curves.npz"


def _answers():
    """Return the functions that the lesson's source gives as solutions, by name."""
    if importlib.util.find_spec("jupytext") is None:
        pytest.skip("jupytext is missing: pip install -r requirements.txt")
    import jupytext

    names = {"np": np}
    for cell in jupytext.read(SOLUTIONS / NAME / f"{NAME}.py").cells:
        if "solution" in cell.metadata:
            exec(cell.source, names)
    return names


ANSWERS = _answers()


def prose():
    """Return the built lesson's text on one line, without the signs of a quotation."""
    path = ROOT / "lessons" / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return " ".join(text.replace("\n> ", " ").split())


def curves(data, l2=0.0, p_drop=0.0):
    table = remedies.table()
    point = {"data": data, "l2": l2, "p_drop": p_drop}
    return {name: table.at(name, **point) for name in table.values}


# ---- a validation loss that turns


@five_seeds
def test_300_noisy_digits_are_learned_by_heart_and_the_validation_loss_turns(seed):
    seen = {name: each[seed] for name, each in curves("300 noisy").items()}
    unseen = seen["validation_losses"]
    assert seen["train_accuracies"][-1] >= 0.99
    assert 150 <= 25 * unseen.argmin() <= 500
    assert unseen[-1] > unseen.min() + 0.15
    assert seen["train_losses"][-1] < 0.1


def test_the_card_about_the_turn_is_measured_on_the_picture():
    assert overfitting_curves.turn() == 300


def test_what_the_lesson_says_of_the_other_data_and_the_narrow_network():
    turn, run_of = overfitting_curves.turn, overfitting_curves.run
    start = overfitting_curves.START

    def rise(**point):
        losses = run_of(**start | point)["validation_losses"]
        return losses[-1] - losses.min()

    assert turn(n=100) < turn()
    assert run_of(**start | {"n": 100})["validation_losses"].min() > (
        run_of(**start)["validation_losses"].min() + 0.1
    )
    assert rise(n=1077, noise=0.0) < 0.03
    narrow = run_of(**start | {"width": 16})
    assert turn(width=16) > turn()
    assert rise(width=16) > 0.1
    assert narrow["train_accuracies"][-1] > 0.9


@pytest.mark.full
@five_seeds
def test_wrong_labels_are_repeated_unless_the_network_is_held_back(seed):
    repeated = []
    for l2, p_drop in ((0.0, 0.0), (0.01, 0.5)):
        rng = np.random.default_rng(seed)
        x, labels, is_wrong = some_digits(300, 0.2, rng)
        network = mlp(
            [64, 128, 128, 10],
            rng,
            activation="relu",
            after_activation=dropout_layer(p_drop),
        )
        train(
            network,
            x,
            labels,
            learning_rate=0.1,
            n_steps=1500,
            batch_size=64,
            rng=rng,
            optimizer=partial(sgd_with_l2, strength=l2),
            measure_every=1500,
            progress=lambda *_: None,
        )
        said = network.predict(x[is_wrong]).argmax(axis=1)
        repeated.append(np.mean(said == labels[is_wrong]))
    assert repeated[0] > 0.98
    assert repeated[1] < 0.6


def test_some_digits_are_noisy_as_asked_and_the_rest_is_true():
    x, labels, is_wrong = some_digits(1077, 0.2, np.random.default_rng(1))
    digits = load_digits().train
    truth = {image.tobytes(): label for image, label in zip(*digits, strict=True)}
    right = np.array([truth[image.tobytes()] for image in x])
    np.testing.assert_array_equal(labels != right, is_wrong)
    assert is_wrong.mean() == pytest.approx(0.2, abs=0.04)


# ---- the remedies


def test_the_table_of_remedies_in_the_lesson_is_the_one_measured():
    text = prose()
    words = {
        "300 noisy": "300 digits, 1 in 5 wrong",
        "100 clean": "100 digits, all right",
    }
    words["1077 noisy"] = "1077 digits, 1 in 5 wrong"
    for data, name in words.items():
        row = [f"{remedies.read_right(data, arm).mean():.3f}" for arm in remedies.ARMS]
        assert f"| {name} | {' | '.join(row)} |" in text


def test_each_remedy_alone_helps_the_sick_network_and_more_data_most():
    nothing = remedies.read_right("300 noisy", "nothing")
    alone = {arm: remedies.read_right("300 noisy", arm) for arm in remedies.ARMS}
    alone["more data"] = remedies.read_right("1077 noisy", "nothing")
    for arm in ("stop early", "L2", "dropout", "L2 and\ndropout", "more data"):
        assert np.all(alone[arm] > nothing), arm
    best = max(
        ("stop early", "L2", "dropout", "more data"), key=lambda a: alone[a].mean()
    )
    assert best == "more data"
    both, together = alone["L2 and\ndropout"], "L2 and\ndropout"
    assert both.mean() > max(alone["L2"].mean(), alone["dropout"].mean())
    assert remedies.read_right("1077 noisy", together).mean() > both.mean() + 0.03
    card = remedies._remedies().card
    assert card.truth() == "1077 digits, as noisy"
    for arm in ("L2", "dropout", "more data"):
        assert f"{alone[arm].mean():.3f}" in card.because


def test_where_there_is_no_disease_there_is_no_cure():
    nothing = remedies.read_right("100 clean", "nothing")
    for arm in remedies.ARMS:
        assert abs(remedies.read_right("100 clean", arm).mean() - nothing.mean()) < 0.02
    seen = curves("100 clean")
    gap = seen["validation_losses"][:, -1] - seen["train_losses"][:, -1]
    assert f"{gap.mean():.2f}" == "0.45"
    assert np.all(seen["train_accuracies"][:, -1] == 1)


@five_seeds
def test_early_stopping_goes_back_to_a_better_network(seed):
    seen = {name: each[seed] for name, each in curves("300 noisy").items()}
    kept = early_stopping(seen["validation_losses"], remedies.PATIENCE)
    assert seen["test_accuracies"][kept] > seen["test_accuracies"][-1] + 0.02
    answer = ANSWERS["early_stopping"](seen["validation_losses"], remedies.PATIENCE)
    assert answer == kept


# ---- the deck


def planted(path):
    return {
        (kind, seed): (curve_deck.KINDS[kind].cause, run)
        for (kind, seed), run in curve_deck.load_curves(path).items()
    }


def test_the_deck_shows_twelve_runs_two_of_each_cause():
    causes = [cause for cause, _ in planted(curve_deck.DECK).values()]
    assert len(causes) == 12
    assert {causes.count(cause) for cause in overfitting_deck.CAUSES} == {2}
    assert sorted(overfitting_deck.ORDER) == sorted(curve_deck.KINDS)


def test_no_run_of_the_deck_is_among_those_of_the_checks():
    shown = curve_deck.load_curves()
    kept = curve_deck.load_curves(SECRET)
    assert not {seed for _, seed in shown} & {seed for _, seed in kept}
    for a in shown.values():
        for b in kept.values():
            assert not np.array_equal(a["train_losses"], b["train_losses"])


RULES = ("reference", "rules_from_accuracies", "rules_from_slopes", "rules_as_a_score")


@pytest.mark.parametrize("name", RULES)
def test_four_sets_of_rules_name_every_run_by_what_was_planted(name):
    exercise = load_lesson(NAME).exercises["diagnose_curves"]
    rules = {f.__name__: f for f in exercise.alternatives}
    rules["reference"] = exercise.reference
    for path in (curve_deck.DECK, SECRET):
        for kind, (cause, curves) in planted(path).items():
            said, action = rules[name](**curves)
            assert said.lower() == cause, kind
            assert action in overfitting_deck.ACTIONS[cause], kind


@pytest.mark.parametrize("by", [0.75, 1.0, 1.35])
def test_limits_may_lie_where_you_like(by):
    for path in (curve_deck.DECK, SECRET):
        for kind, (cause, c) in planted(path).items():
            t, v = c["train_losses"], c["validation_losses"]
            ta, va = c["train_accuracies"], c["validation_accuracies"]
            asked = {
                "bad labels": ta[-1] > 0.6 * by and va[-1] < 0.3 * by,
                "rate too high": t.max() > 2 * by * t[0],
                "overfitting": v[-1] - v.min() > 0.1 * by,
                "rate too low": t[-11] - t[-1] > 0.1 * by,
                "too stiff": t[-1] > 0.5 * by,
            }
            said = next((name for name, yes in asked.items() if yes), "healthy")
            assert said == cause, kind


def test_the_learners_rules_are_the_lessons_rules():
    for path in (curve_deck.DECK, SECRET):
        for cause, curves in planted(path).values():
            assert ANSWERS["diagnose_curves"](**curves)[0] == cause


CALM = ("healthy", "crawling", "strong penalty", "shifted labels")


@pytest.mark.full
@pytest.mark.parametrize("kind", CALM)
def test_a_calm_run_of_the_deck_comes_out_the_same_again(kind):
    for path, seed in ((curve_deck.DECK, 0), (SECRET, 5)):
        kept = curve_deck.load_curves(path)[kind, seed]
        for name, again in curve_deck.curves_of(kind, seed).items():
            np.testing.assert_allclose(again, kept[name], atol=0.01)


@pytest.mark.full
def test_every_kind_is_ill_again_with_a_seed_that_nobody_kept():
    for kind, k in curve_deck.KINDS.items():
        curves = curve_deck.curves_of(kind, 2026)
        assert ANSWERS["diagnose_curves"](**curves)[0] == k.cause, kind


def test_the_worked_example_is_a_real_run():
    seen = curve_deck.load_curves(SECRET)["noisy labels", 1]
    t, v = seen["train_losses"], seen["validation_losses"]
    text = (
        f"training loss {t[0]:.1f} to {t[-1]:.2f}, validation loss lowest "
        f"{v.min():.2f}, at last {v[-1]:.2f}, right {seen['train_accuracies'][-1]:.2f} "
        f"and {seen['validation_accuracies'][-1]:.2f}"
    )
    assert text in prose()


# ---- the ticket


@pytest.mark.full
@five_seeds
def test_with_dropout_on_the_unseen_digits_seem_to_be_read_better(seed):
    seen = ticket.run_of(seed)
    # means over three readings: one batch mean alone may dip
    smooth = seen["batch"].reshape(-1, 3).mean(axis=1)
    assert np.all(smooth > seen["unseen"].reshape(-1, 3).mean(axis=1))
    assert seen["again"][-1] < seen["unseen"][-1]


# ---- how dropout is judged


def test_any_right_way_of_drawing_a_mask_earns_full_points():
    exercise = load_lesson(NAME).exercises["dropout_forward"]

    def shuffled(x, p_drop, rng, training):
        kept, y = np.ones(x.shape, bool), np.zeros(x.shape)
        if training:
            draws = rng.permutation(rng.random(x.size)).reshape(x.shape)
            kept = draws > p_drop
        y[kept] = x[kept] / (1 - p_drop if training else 1)
        return y, kept

    def by_columns(x, p_drop, rng, training):
        if not training:
            return x + 0, None
        columns = [rng.uniform(size=len(x)) < 1 - p_drop for _ in x.T]
        return x / (1 - p_drop) * np.array(columns).T, columns

    for seed in range(10):
        check = exercise.secret_checks(seed, with_mistakes=False)
        for way in (shuffled, by_columns):
            assert judge(check, run(check, {"dropout_forward": way})).is_right


def test_the_verdict_on_dropout_is_the_same_for_every_draw():
    exercise = load_lesson(NAME).exercises["dropout_forward"]
    flipped = {m.id: m.wrong for m in exercise.mistakes}["keep_and_drop"]
    check = exercise.secret_checks(11)
    verdict = judge(check, run(check, {"dropout_forward": flipped}))
    assert verdict.mistake == "keep_and_drop"


def test_a_diagnosis_in_other_words_is_refused_with_the_words_that_count():
    check = load_lesson(NAME).exercises["diagnose_curves"].public_checks()
    said = {"diagnose_curves": lambda *curves: ("overfitting", "pray")}
    verdict = judge(check, probes.read_reports(probes.answer(check.probe(), said), 12))
    assert verdict.status == "error"
    assert "stop earlier" in verdict.message


# ---- what the lesson quotes


def test_the_lesson_quotes_the_checks_as_they_speak():
    mistakes = load_lesson(NAME).exercises["dropout_forward"].mistakes
    (message,) = [m.message for m in mistakes if m.id == "no_scaling"]
    assert message in prose()


def test_no_cell_shows_the_answer_of_a_card_above_the_card():
    assert not re.search(r"\b(ask|ticket|Card)\(", prose())
