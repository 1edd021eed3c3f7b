"""The explorers of lesson 10, without a browser."""

import numpy as np
import pytest

from course_lib.data_quality import highest_losses
from course_lib.explorers import bad_data, bad_data_labels, bad_data_splits


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what is displayed from now on."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda *o, **_: found.extend(o))
    return found


@pytest.mark.full
@pytest.mark.parametrize("name", bad_data.__all__)
def test_everything_is_shown_without_widgets(name, shown):
    getattr(bad_data, name)()
    assert shown


def test_the_sheet_shows_what_the_function_in_use_finds():
    best = bad_data_labels.most_suspect(10, "nobody", highest_losses)
    worst = bad_data_labels.most_suspect(
        10, "nobody", lambda z, y, k: highest_losses(z, y, len(y))[::-1][:k]
    )
    assert best["is_wrong"].sum() > 17
    assert worst["is_wrong"].sum() == 0
    assert best["planted"] == 108
    assert worst["found"] == 0 < 90 < best["found"] <= 108


def test_calling_a_place_wrong_tells_whether_it_was():
    explorer = bad_data_labels._suspects()
    numbers = explorer.numbers()
    for place in (0, 19):
        said = explorer.read_out(numbers | {"flag": str(place)})[f"place {place}"]
        assert said == (
            "a wrong label" if numbers["is_wrong"][place] else "its own label"
        )
    assert len(explorer.read_out(numbers)) == 3


def test_the_twenty_pictures_do_not_say_which_labels_are_wrong(shown):
    bad_data.twenty()
    text = "".join(getattr(item, "data", "") or "" for item in shown)
    assert "wrong" not in text


def test_more_copies_read_better_and_mean_nothing():
    explorer = bad_data_splits._duplicates()
    read = [explorer.numbers(copies=n)["validation"].mean() for n in (0, 1, 3)]
    assert read == sorted(read)
    assert explorer.html(copies=0) != explorer.html(copies=5)


def test_the_bar_of_eight_falls_and_the_others_stay():
    explorer = bad_data_splits._starved()
    many, few = (explorer.numbers(kept=kept) for kept in (80, 10))
    drop = many["recall"] - few["recall"]
    assert drop[8] > 0.7
    assert np.delete(drop, 8).max() < 0.02
