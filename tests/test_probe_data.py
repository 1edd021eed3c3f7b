"""The drivers of lesson 10 say what holds, whichever right way was taken."""

import numpy as np
import pytest

from course_lib import data_quality
from course_lib.probe_data import (
    divide_groups,
    find_pairs,
    mark_places,
    weigh_look_up,
)
from grader.exercises import load_lesson

GROUPS = np.arange(10).repeat(5) * 7 + 100
RIGHT = ("each once", "no group on both sides", "3 groups", "drawn anew")


def facts(group_split):
    return divide_groups(group_split, GROUPS, 0.3, seed=3)


def rows_of(held_out):
    """Return the two sides of a division, by a mask of the rows held out."""
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def with_choice(groups, fraction, rng):
    names = np.unique(groups)
    drawn = rng.choice(names, round(fraction * len(names)), replace=False)
    return rows_of(np.isin(groups, drawn))


def repeated_names(groups, fraction, rng):
    names = np.unique(groups)
    drawn = rng.choice(names, round(fraction * len(names)))
    return rows_of(np.isin(groups, drawn))


def without_the_seed(groups, fraction, rng):
    return with_choice(groups, fraction, np.random.default_rng())


def test_two_right_ways_that_draw_other_groups_read_the_same():
    assert facts(data_quality.group_split) == facts(with_choice) == RIGHT


def test_a_division_that_ignores_the_generator_is_told_from_one_that_never_changes():
    def first(groups, fraction, rng):
        return rows_of(groups < 121)

    assert facts(first)[3] == "always the same"
    assert facts(without_the_seed)[3] == "not by rng"


@pytest.mark.parametrize("seed", range(5))
def test_a_name_drawn_twice_shows_in_the_number_of_groups(seed):
    found = divide_groups(repeated_names, GROUPS, 0.3, seed)
    assert found[2] == "not always as many"


def test_a_side_without_rows_is_no_division():
    def nothing(groups, fraction, rng):
        return np.arange(len(groups)), np.zeros(0, dtype=int)

    assert facts(nothing)[1:3] == ("a side without rows", "0 groups")


def test_a_search_that_keeps_every_difference_is_told_from_one_by_rows():
    def at_once(a, b, tolerance):
        return np.argwhere(np.linalg.norm(a[:, None] - b, axis=2) <= tolerance)

    a, b = np.zeros((2, 3)), np.ones((3, 3))
    assert find_pairs(at_once, a, b, 0.5)[1] == "every difference at once"
    by_rows = find_pairs(data_quality.near_duplicates, a, b, 0.5)
    assert by_rows[1] == "a part at a time"


def test_no_pair_at_all_may_be_an_empty_array_of_any_making():
    far = np.zeros((2, 3)), np.ones((3, 3)) * 9
    pairs, _ = find_pairs(lambda a, b, t: np.array([]), *far, 0.5)
    assert pairs.shape == (0, 2)
    one = find_pairs(lambda a, b, t: np.array([1]), *far, 0.5)[0]
    assert one.shape == (1,)  # what is not empty is left as it is


IDS, E = np.array([[1, 1], [0, 2]]), np.arange(9.0).reshape(3, 3)


def test_a_look_up_by_one_hot_rows_is_told_from_one_by_index():
    by_index = weigh_look_up(lambda ids, E: (E[ids], ids), IDS, E)
    one_hot = weigh_look_up(lambda ids, E: (np.eye(len(E))[ids] @ E, ids), IDS, E)
    np.testing.assert_array_equal(by_index[0], one_hot[0])
    assert by_index[1] == "the rows alone"
    assert one_hot[1] == "a row of V numbers for each word"


@pytest.mark.parametrize("wrong", [lambda y: y + 1, lambda y: y[0], lambda y: None])
def test_a_look_up_that_brings_other_rows_saves_no_memory(wrong):
    found = weigh_look_up(lambda ids, E: (wrong(E[ids]), ids), IDS, E)
    assert found[1] == "the first word's row is not in its place"


def test_a_look_up_without_its_cache_is_refused():
    with pytest.raises(ValueError, match="one array of shape .*, expected y, cache"):
        weigh_look_up(lambda ids, E: E[ids], IDS, E)


@pytest.mark.parametrize("nothing", [None, 3, np.zeros((0, 2)), np.array([[1, 0]])])
def test_whoever_finds_nothing_saves_no_memory(nothing):
    found = find_pairs(lambda a, b, t: nothing, np.zeros((2, 3)), np.ones((3, 3)), 0.5)
    assert found[1] == "an exact copy is not found"


@pytest.mark.parametrize("places", [[2, 14], (14, 2), {2, 14}, np.array([14, 2, 2])])
def test_places_are_marked_in_whatever_order_they_come(places):
    upper, lower = mark_places(lambda: places)
    assert np.flatnonzero(upper).tolist() == [2]
    assert np.flatnonzero(lower).tolist() == [4]


@pytest.mark.parametrize("places", [None, "2", [20], [-1], [True], [2.0]])
def test_what_is_no_list_of_places_is_refused(places):
    with pytest.raises(ValueError, match="expected"):
        mark_places(lambda: places)


def test_no_driver_says_which_labels_are_wrong():
    check = load_lesson("10_bad_data").exercises["wrong_labels"].public_checks()
    assert not check.public
