"""What lesson 12 claims, measured over several seeds."""

import numpy as np
import pytest

from course_lib import embedding
from course_lib.data import (
    LETTERS,
    SUBSYSTEMS,
    TICKET_WORDS,
    load,
    load_tickets,
    subsystem_of,
)
from course_lib.explorers.embeddings_map import frames, shares
from course_lib.explorers.embeddings_repeats import kept_last
from course_lib.explorers.embeddings_ticket import run_of
from course_lib.settings import ROOT
from course_lib.training import minibatches
from course_lib.word_model import (
    GROUPS,
    first_params,
    loss_and_grads,
    share_at_home,
    train_words,
)

SEEDS = range(6)
SOURCE = ROOT / "solutions" / "12_embeddings" / "12_embeddings.py"


@pytest.fixture(scope="module")
def prose():
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    return " ".join(line.removeprefix("#").strip() for line in lines)


def test_a_ticket_is_about_one_subsystem_and_every_word_has_one():
    assert len(TICKET_WORDS) == len(set(TICKET_WORDS)) == 32
    assert all(len(words.split()) == 8 for words in SUBSYSTEMS.values())
    contexts, targets = load("tickets").all
    for words in np.column_stack([contexts, targets]):
        assert len({subsystem_of(TICKET_WORDS[token]) for token in words}) == 1


def test_tokens_that_follow_each_other_have_nothing_in_common(prose):
    assert "`relay` is 22" in prose
    assert TICKET_WORDS[22:24] == ("relay", "roller")
    assert subsystem_of("relay") != subsystem_of("roller")


def test_the_network_of_words_has_the_numerical_gradient():
    ids, targets = load_tickets().train
    params = first_params(3, np.random.default_rng(0))
    _, grads = loss_and_grads(params, ids[:7], targets[:7])
    for name, w in params.items():
        place = np.unravel_index(np.abs(grads[name]).argmax(), w.shape)
        losses = []
        for step in (1e-5, -1e-5):
            moved = w.copy()
            moved[place] += step
            losses.append(loss_and_grads(params | {name: moved}, ids[:7], targets[:7]))
        slope = (losses[0][0] - losses[1][0]) / 2e-5
        assert slope == pytest.approx(grads[name][place], rel=1e-6)


@pytest.fixture(scope="module")
def by_width():
    """Return shares before and after 15 epochs and the last loss, for each D."""
    tickets = load_tickets().train
    found = {}
    for D in range(2, 9):
        runs = [list(train_words(D, 15, seed)) for seed in SEEDS]
        found[D] = {
            "before": [share_at_home(run[0]["E"]) for run in runs],
            "after": [share_at_home(run[-1]["E"]) for run in runs],
            "loss": [loss_and_grads(run[-1], *tickets)[0] for run in runs],
        }
    return found


@pytest.mark.parametrize("D", range(3, 9))
def test_every_word_finds_its_own_kind(by_width, D):
    assert max(by_width[D]["before"]) < 0.5
    assert min(by_width[D]["after"]) == 1.0


def test_the_text_tells_how_many_numbers_a_word_needs(prose, by_width):
    assert "With two it is 98 in a hundred." in prose
    assert np.mean(by_width[2]["after"]) == pytest.approx(0.98, abs=0.01)
    assert "Untrained, it is 16 to 31 in a hundred." in prose
    before = [np.mean(found["before"]) for found in by_width.values()]
    assert min(before) == pytest.approx(0.16, abs=0.01)
    assert max(before) == pytest.approx(0.31, abs=0.01)
    assert "2.15 nats on the training tickets with two a word, 2.02 with" in prose
    assert np.mean(by_width[2]["loss"]) == pytest.approx(2.15, abs=0.01)
    assert np.mean(by_width[8]["loss"]) == pytest.approx(2.02, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_numbers_a_word_are_nearly_enough(seed):
    *_, params = train_words(2, 20, seed)
    assert share_at_home(params["E"]) >= 0.9


def test_the_picture_begins_with_chance_and_ends_with_all_at_home():
    found = shares(embedding.nearest)
    assert found[0] < 0.45
    assert found[-1] == 1.0
    assert len(frames()) == len(found) == 21


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_begins_at_ln_32_and_ends_at_the_floor_of_ln_8(prose, seed):
    assert "ln 32 = 3.47" in prose
    unseen = load_tickets().validation
    epochs = list(train_words(8, 15, seed))
    assert loss_and_grads(epochs[0], *unseen)[0] == pytest.approx(3.47, abs=0.05)
    assert 2.05 < loss_and_grads(epochs[-1], *unseen)[0] < 2.16


@pytest.mark.parametrize("seed", SEEDS)
def test_lost_repeats_find_every_neighbour_all_the_same(seed):
    ill, healthy = run_of(True, seed), run_of(False, seed)
    assert ill["home"] == healthy["home"] == 1.0
    assert healthy["losses"][-1] < 2.2 < 2.7 < ill["losses"][-1] < 3.0


@pytest.mark.parametrize("seed", SEEDS)
def test_only_a_batch_put_in_twice_tells_the_two_apart(seed):
    assert run_of(False, seed)["doubled"]["E"] == pytest.approx(1.0)
    assert run_of(True, seed)["doubled"]["E"] == pytest.approx(0.5)
    for name in ("W", "b"):
        assert run_of(True, seed)["doubled"][name] == pytest.approx(1.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_words_drawn_without_replacement_do_not_become_neighbours(seed):
    # The caution in `make_tickets`: who is never said twice is told from its company.
    rng = np.random.default_rng(seed)
    tables = [np.flatnonzero(name == GROUPS) for name in SUBSYSTEMS]
    drawn = [rng.permutation(tables[g])[:5] for g in rng.integers(4, size=540)]
    ids, targets = np.array(drawn)[:, [0, 1, 3, 4]], np.array(drawn)[:, 2]
    params = first_params(8, rng)
    for _ in range(60):
        for rows in np.split(rng.permutation(540), 18):
            _, grads = loss_and_grads(params, ids[rows], targets[rows])
            params = {name: w - 1.0 * grads[name] for name, w in params.items()}
    assert share_at_home(params["E"]) < 0.8


@pytest.fixture(scope="module", params=SEEDS)
def letters_learned(request):
    """Return two numbers for each letter, and the loss on text that was not seen."""
    rng = np.random.default_rng(request.param)
    around, letters = load("letters").train
    params = {
        "E": rng.normal(0, 0.1, (27, 2)),
        "W": rng.normal(0, np.sqrt(1 / 2), (2, 27)),
        "b": np.zeros(27),
    }
    for _ in range(5):
        for rows in minibatches(len(around), 64, rng):
            _, grads = loss_and_grads(params, around[rows], letters[rows])
            params = {name: w - 2.0 * grads[name] for name, w in params.items()}
    return params["E"], loss_and_grads(params, *load("letters").validation)[0]


def test_vowels_end_in_one_direction_and_consonants_in_another(prose, letters_learned):
    E, loss = letters_learned
    assert "Between a vowel and a consonant it will be about −0.6." in prose
    assert "ln 27 = 3.30 nats; this network pays 2.56" in prose
    directions = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = directions @ directions.T
    vowels = [LETTERS.index(letter) for letter in "aeiou"]
    said = np.bincount(load("letters").train.targets, minlength=27) > 150
    consonants = [k for k in range(1, 27) if said[k] and k not in vowels]
    assert len(consonants) > 14
    assert (cosines[np.ix_(vowels, vowels)].sum() - 5) / 20 > 0.85
    between = cosines[np.ix_(vowels, consonants)].mean()
    assert between == pytest.approx(-0.6, abs=0.08)
    assert loss == pytest.approx(2.56, abs=0.02)


def test_one_hot_rows_take_51_megabytes_of_numbers():
    assert np.zeros((32, 4, 50), dtype=float).nbytes * 1000 == 51_200_000


def test_what_is_kept_of_repeats_is_the_last():
    dy = np.array([[[1.0], [2.0], [4.0]]])
    ids = np.array([[0, 0, 1]])
    np.testing.assert_array_equal(kept_last(dy, (ids, (2, 1))), [[2], [4]])
