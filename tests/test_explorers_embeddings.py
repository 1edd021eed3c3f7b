"""The explorers of lesson 12, without a browser."""

import numpy as np
import pytest

from course_lib.data import TICKET_WORDS
from course_lib.embedding import nearest
from course_lib.explorers import (
    embeddings,
    embeddings_map,
    embeddings_repeats,
    embeddings_ticket,
)


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what is displayed from now on."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda *o, **_: found.extend(o))
    return found


@pytest.mark.full
@pytest.mark.parametrize("name", embeddings.__all__)
def test_everything_is_shown_without_widgets(name, shown):
    getattr(embeddings, name)()
    assert shown


def test_training_moves_a_word_to_its_own_kind():
    explorer = embeddings_map._neighbours()
    first, last = (explorer.numbers(epoch=epoch) for epoch in (0, 20))
    kinds = embeddings_map.GROUPS
    assert {kinds[j] for j in last["near"]} == {"power"}
    assert {kinds[j] for j in first["near"]} != {"power"}
    assert np.linalg.norm(last["places"], axis=1).max() == pytest.approx(1)


def test_the_button_trains_one_epoch_and_stops_at_the_last():
    explorer = embeddings_map._neighbours()
    train_on = explorer.actions["Train on ▶"]
    for expected in (1, 2):
        train_on(explorer)
        assert explorer.values["epoch"] == expected
    explorer.values["epoch"] = 20
    train_on(explorer)
    assert explorer.values["epoch"] == 20


def test_the_neighbours_are_those_of_the_function_in_use():
    def farthest(E, i, k):
        return nearest(E, i, len(E) - 1)[::-1][:k]

    near = embeddings_map.near_words(20, "fuse", nearest)["near"]
    far = embeddings_map.near_words(20, "fuse", farthest)["near"]
    assert not set(near) & set(far)


@pytest.mark.parametrize("times", [1, 4, 6])
def test_blame_of_repeated_words_adds_up_and_by_index_is_lost(times):
    numbers = embeddings_repeats._repeats().numbers(times=times)
    assert numbers["right"][0] == times
    assert numbers["lost"][0] == 1
    assert list(numbers["right"][1:]) == list(numbers["lost"][1:]) == [1] * 6


def test_pictures_differ_and_are_described():
    explorer = embeddings_map._neighbours()
    assert explorer.html(epoch=0) != explorer.html(epoch=20)
    assert 'alt="Left, 32 words' in explorer.html()
    words = explorer.controls[1].options
    assert words == list(TICKET_WORDS)


def test_the_ticket_shows_readings_that_lead_to_its_diagnosis(shown):
    embeddings_ticket.every_neighbour_right()
    text = "".join(getattr(item, "data", "") or "" for item in shown)
    assert "nearest is of its kind" in text
    assert "0.50" in embeddings_ticket._diagnosis()
