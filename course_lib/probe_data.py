"""Drivers for lesson 10: drawn divisions, pairs and their memory, a list of places.

There are many right divisions, so the first calls a learner's function several times
and says what holds for every right one. They know no answer to an exercise.
"""

import tracemalloc

import numpy as np

PLACES = 20
ROW = PLACES // 2  # pictures in a row of the sheet
DRAWS = 24  # so many that a name drawn twice shows
STRETCH = 31, 29, 64  # rows of a, rows of b, entries: large enough to weigh
COPY = [3, 5]  # a row of a and a row of b that are equal


def divide_groups(group_split, groups, fraction, seed):
    """Say in words how a learner's function divides rows that belong to groups.

    Parameters
    ----------
    group_split : callable
        ``group_split(groups, fraction, rng)``.
    groups : ndarray of shape (N,)
    fraction : float
    seed : int

    Returns
    -------
    rows, sides, share, chance : str
        Whether each row comes once, whether a group is on both sides, how many groups
        go to validation, and whether `rng` decides which.

    Raises
    ------
    ValueError
        If what comes back is no pair of arrays of whole numbers.
    """
    divided = _divisions(group_split, groups, fraction, seed)
    again = _divisions(group_split, groups, fraction, seed)
    rows = {_rows(pair, len(groups)) for pair in divided}
    sides = {_sides(pair, groups) for pair in divided}
    shares = {len(np.unique(_named(v, groups))) for _, v in divided}
    return (
        " or ".join(sorted(rows)),
        " or ".join(sorted(sides)),
        "not always as many" if len(shares) > 1 else f"{shares.pop()} groups",
        _chance(_held_out(divided, groups), _held_out(again, groups)),
    )


def find_pairs(near_duplicates, a, b, tolerance):
    """Return a learner's pairs, and in words what the search keeps at one time.

    Parameters
    ----------
    near_duplicates : callable
        ``near_duplicates(a, b, tolerance)``.
    a : ndarray of shape (N, D)
    b : ndarray of shape (M, D)
    tolerance : float

    Returns
    -------
    pairs : object
        What comes back.
    memory : str
        Measured on larger arrays: the peak in bytes, against half of what N M D
        numbers need. A search that misses an exact copy there saves nothing.
    """
    pairs = near_duplicates(a, b, tolerance)
    if isinstance(pairs, np.ndarray) and pairs.shape == (0,):
        pairs = np.zeros((0, 2), dtype=int)  # np.array([]), and no pair to be at fault
    n, m, d = STRETCH
    left, right = np.random.default_rng(0).normal(size=(2, max(n, m), d))
    left, right = left[:n], right[:m]
    right[COPY[1]] = left[COPY[0]]
    found, taken = _weighed(lambda: near_duplicates(left, right, tolerance))
    if not isinstance(found, np.ndarray | list) or COPY not in np.array(found).tolist():
        return pairs, "an exact copy is not found"
    whole = taken > n * m * d * left.itemsize / 2
    return pairs, "every difference at once" if whole else "a part at a time"


def weigh_look_up(embedding_forward, ids, E):
    """Return a learner's look-up, and in words what it keeps on the way.

    Parameters
    ----------
    embedding_forward : callable
        ``embedding_forward(ids, E)``.
    ids : ndarray of shape (N, K), of int
    E : ndarray of shape (V, D)

    Returns
    -------
    y : object
        The first of the two things that come back.
    memory : str
        Measured on a table of 1000 words: the peak in bytes, against half of what
        one row of V numbers takes for each place. A look-up that does not bring the
        first word's row there saves nothing.

    Raises
    ------
    ValueError
        If what comes back is no pair.
    """
    found = embedding_forward(ids, E)
    if not isinstance(found, tuple) or len(found) != 2:
        raise ValueError(
            f"embedding_forward returned {_kind(found)}, expected y, cache"
        )
    many = np.arange(24).reshape(3, 8) % 5
    table = np.arange(8000.0).reshape(1000, 8)
    wanted = table[many[0, 0]] + 0
    (y, _), taken = _weighed(lambda: embedding_forward(many, table))
    if np.shape(y) != (*many.shape, 8) or not np.array_equal(y[0, 0], wanted):
        return found[0], "the first word's row is not in its place"
    one_hot = taken > many.size * len(table) * table.itemsize / 2  # copies of E pass
    return found[0], "a row of V numbers for each word" if one_hot else "the rows alone"


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    return f"{len(value)} values" if isinstance(value, tuple) else type(value).__name__


def mark_places(function):
    """Return a learner's list of places as marks, True where it names a picture.

    Returns
    -------
    upper_row, lower_row : ndarray of shape (10,), of bool
        Places 0 to 9, and 10 to 19.

    Raises
    ------
    ValueError
        If it is no list of whole numbers from 0 to 19.
    """
    places = function()
    if isinstance(places, np.ndarray):
        places = places.tolist()
    if not isinstance(places, list | tuple | set):
        raise ValueError(
            f"{type(places).__name__} returned, expected a list such as [3, 17]"
        )
    for place in places:
        if isinstance(place, bool) or not isinstance(place, int | np.integer):
            raise ValueError(f"{place!r} is in the list, expected numbers 0 to 19")
        if not 0 <= place < PLACES:
            raise ValueError(f"{place} is in the list, expected numbers 0 to 19")
    marks = np.isin(np.arange(PLACES), list(places))
    return marks[:ROW], marks[ROW:]


def _weighed(call):
    """Return what a call returns, and the bytes it took at its peak."""
    began = not tracemalloc.is_tracing()
    if began:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = call()
        return result, tracemalloc.get_traced_memory()[1] - before
    finally:
        if began:
            tracemalloc.stop()


def _divisions(group_split, groups, fraction, seed):
    rng = np.random.default_rng(seed)
    return [_pair(group_split(groups.copy(), fraction, rng)) for _ in range(DRAWS)]


def _held_out(divided, groups):
    return [tuple(np.unique(_named(rows, groups))) for _, rows in divided]


def _chance(choices, again):
    if choices != again:
        return "not by rng"
    return "drawn anew" if len(set(choices)) > 1 else "always the same"


def _pair(result):
    if not isinstance(result, list | tuple) or len(result) != 2:
        raise ValueError("expected two arrays: train_indices, validation_indices")
    arrays = [np.asarray(part) for part in result]
    for array in arrays:
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise ValueError(
                f"an array of shape {array.shape} and type {array.dtype} returned, "
                "expected row numbers, whole numbers in one axis"
            )
    return arrays


def _rows(pair, n):
    every = np.concatenate(pair)
    if any(len(part) == 0 for part in pair):
        return "a side without rows"  # dividing nothing keeps every row, too
    if len(every) and (every.min() < 0 or every.max() >= n):
        return "numbers that are no row"
    if len(np.unique(every)) < len(every):
        return "some twice"
    return "each once" if len(every) == n else "some never"


def _named(rows, groups):
    return groups[rows[(rows >= 0) & (rows < len(groups))].astype(int)]


def _sides(pair, groups):
    if any(len(part) == 0 for part in pair):
        return "a side without rows"
    shared = np.intersect1d(*(_named(part, groups) for part in pair))
    return "a group on both sides" if len(shared) else "no group on both sides"
