"""What lesson 10 claims, measured over several seeds."""

import numpy as np
import pytest

from course_lib.data import load_digits
from course_lib.data_quality import (
    balanced_weights,
    highest_losses,
    near_duplicates,
    weighted_cross_entropy,
)
from course_lib.explorers.bad_data_labels import ROWS, TYPED, trained
from course_lib.explorers.bad_data_ticket import run_of
from course_lib.losses import softmax_cross_entropy
from course_lib.metrics import accuracy
from course_lib.models import mlp
from course_lib.settings import ROOT
from course_lib.sweeps.bad_data import NEAR_COPIES, RARE, STARVED_CLASS, silent
from course_lib.training import train
from grader.exercises import load_lesson

SEEDS = range(5)
SOURCE = ROOT / "solutions" / "10_bad_data" / "10_bad_data.py"


@pytest.fixture(scope="module")
def prose():
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    return " ".join(line.removeprefix("#").strip() for line in lines)


def test_five_of_the_twenty_typed_labels_are_wrong_and_the_exercise_knows_which():
    truth = load_digits().all.targets[list(ROWS)]
    wrong = np.flatnonzero(truth != np.array(TYPED)).tolist()
    reference = load_lesson("10_bad_data").exercises["wrong_labels"].reference
    assert len(wrong) == 5
    assert reference() == wrong


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("percent", [5, 10, 20, 40])
def test_nearly_all_of_the_highest_losses_have_wrong_labels(prose, percent, seed):
    assert "19 or 20 of 20" in prose
    logits, labels, is_wrong = trained(percent, 100 + seed)
    assert is_wrong[highest_losses(logits, labels, 20)].sum() >= 18


@pytest.mark.parametrize("percent", [5, 10, 20, 40])
def test_it_is_nineteen_or_twenty_on_average(percent):
    found = []
    for seed in SEEDS:
        logits, labels, is_wrong = trained(percent, 100 + seed)
        found.append(is_wrong[highest_losses(logits, labels, 20)].sum())
    assert np.mean(found) >= 19


@pytest.mark.parametrize("percent", [5, 10, 20, 40])
def test_of_as_many_suspects_as_wrong_labels_nine_in_ten_are_wrong(prose, percent):
    assert "90 to 95 % of them are" in prose
    shares = []
    for seed in SEEDS:
        logits, labels, is_wrong = trained(percent, 100 + seed)
        planted = is_wrong.sum()
        shares.append(is_wrong[highest_losses(logits, labels, planted)].mean())
    assert 0.895 < np.mean(shares) < 0.955
    assert min(shares) > 0.8


def test_duplicates_make_memory_look_like_skill(prose):
    means = NEAR_COPIES.load().mean("validation")
    assert "Without copies 0.12, with one 0.72, with three 0.97" in prose
    np.testing.assert_allclose(means[[0, 1, 3]], [0.12, 0.72, 0.97], atol=0.006)
    assert NEAR_COPIES.load().at("validation", n_copies=3).min() > 0.9
    assert NEAR_COPIES.load().at("train").min() > 0.99


def test_a_starved_class_hides_behind_the_average(prose):
    table = STARVED_CLASS.load()

    def reads(quantity, kept, remedy="nothing"):
        found = table.mean(quantity, kept=kept, remedy=remedy)
        return found[RARE] if quantity == "recall" else found

    assert "is still 0.89, and of the eights 0.14" in prose
    assert reads("accuracy", 10) == pytest.approx(0.89, abs=0.006)
    assert reads("recall", 10) == pytest.approx(0.14, abs=0.006)
    assert "recall 0.75" in prose and "0.78)" in prose
    assert reads("recall", 10, "oversampling") == pytest.approx(0.75, abs=0.006)
    assert reads("recall", 10, "weights") == pytest.approx(0.78, abs=0.006)
    assert "with 80 real ones it is 0.89" in prose
    assert reads("recall", 80) == pytest.approx(0.89, abs=0.006)


def test_every_run_with_a_remedy_recognizes_more_eights_than_without():
    table = STARVED_CLASS.load()
    plain = table.at("recall", kept=10, remedy="nothing")[:, RARE]
    for remedy in ("oversampling", "weights"):
        assert (table.at("recall", kept=10, remedy=remedy)[:, RARE] > plain + 0.2).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_weights_that_are_not_in_the_gradient_change_no_training(prose, seed):
    assert "recognizes 0.14 of them, as if there were no weights" in prose
    x, labels = load_digits().train
    rows = np.flatnonzero(labels != RARE)[:200]
    weights = balanced_weights(labels[rows], 10)

    def deaf(logits, labels):
        loss = weighted_cross_entropy(logits, labels, weights)[0]
        return loss, softmax_cross_entropy(logits, labels)[1]

    trained_on = []
    for loss in (deaf, softmax_cross_entropy):
        rng = np.random.default_rng(seed)
        network = mlp([64, 8, 10], rng)
        how = {"learning_rate": 0.1, "rng": rng, "epochs": 2, "progress": silent}
        train(network, x[rows], labels[rows], loss=loss, **how)
        trained_on.append(network.params[0]["W"])
    np.testing.assert_array_equal(*trained_on)


@pytest.mark.parametrize("seed", SEEDS)
def test_new_writers_are_read_worse_than_rows_held_out_by_chance(seed):
    rng = np.random.default_rng(seed)
    x, labels = load_digits().all
    cut, found = 4 * len(x) // 5, []
    for rows in (rng.permutation(len(x)), np.arange(len(x))):
        network = mlp([64, 32, 10], rng)
        learn, hold = rows[:cut], rows[cut:]
        how = {"learning_rate": 0.3, "rng": rng, "epochs": 20, "progress": silent}
        train(network, x[learn], labels[learn], **how)
        found.append(accuracy(network.predict(x[hold]), labels[hold]))
    by_chance, by_writer = found
    assert by_chance > 0.95
    assert 0.87 < by_writer < by_chance - 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_that_says_the_label_is_too_good_and_then_worse(seed):
    ill, healthy = run_of(True, seed), run_of(False, seed)
    assert ill["validation"] > 0.99 > healthy["validation"]
    assert ill["in_use"] < healthy["in_use"]
    assert ill["weights"] > 1.8


def test_the_digits_hardly_hold_near_duplicates_across_the_split():
    digits = load_digits()
    pairs = near_duplicates(digits.train.x, digits.validation.x, 0.5)
    assert len(pairs) <= 3
