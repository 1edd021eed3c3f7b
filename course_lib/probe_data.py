"""Drivers for lesson 10: a division drawn by chance, and a list of places.

There are many right divisions, so the first calls a learner's function several times
and says what holds for every right one. They know no answer to an exercise.
"""

import numpy as np

PLACES = 20


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
        go to validation, and whether chance decides which.

    Raises
    ------
    ValueError
        If what comes back is no pair of arrays of whole numbers.
    """
    rng = np.random.default_rng(seed)
    divided = [_pair(group_split(groups.copy(), fraction, rng)) for _ in range(8)]
    rows = {_rows(pair, len(groups)) for pair in divided}
    sides = {_sides(pair, groups) for pair in divided}
    shares = sorted({len(np.unique(_named(v, groups))) for _, v in divided})
    choices = {tuple(np.unique(_named(v, groups))) for _, v in divided}
    return (
        " or ".join(sorted(rows)),
        " or ".join(sorted(sides)),
        " or ".join(f"{n} groups" for n in shares),
        "drawn anew" if len(choices) > 1 else "always the same",
    )


def mark_places(function):
    """Return a learner's list of places as twenty marks, True where it names one.

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
    return np.isin(np.arange(PLACES), list(places))


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
    if len(every) and (every.min() < 0 or every.max() >= n):
        return "numbers that are no row"
    if len(np.unique(every)) < len(every):
        return "some twice"
    return "each once" if len(every) == n else "some never"


def _named(rows, groups):
    return groups[rows[(rows >= 0) & (rows < len(groups))].astype(int)]


def _sides(pair, groups):
    shared = np.intersect1d(*(_named(part, groups) for part in pair))
    return "a group on both sides" if len(shared) else "no group on both sides"
