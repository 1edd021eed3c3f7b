"""Drivers for functions that draw batches: what came of them, in words.

There are many right ways to shuffle, and each gives other batches. So these call a
learner's function several times and judge what holds for every right one. They know
no answer to an exercise.
"""

from itertools import combinations

import numpy as np

N_TRIED, SIZE_TRIED = 23, 4  # in order by chance once in 23! epochs
EPOCHS = 16
SEEDS = range(4)
IN_ORDER = "one after each batch, each example once"


def deal_batches(minibatches, n_examples, batch_size, seed):
    """Say in words how a learner's function divides epochs into batches.

    Parameters
    ----------
    minibatches : callable
        ``minibatches(n_examples, batch_size, rng)``.
    n_examples, batch_size : int
        For `sizes` and `examples`; `order` is judged on 23 examples, four a batch.
    seed : int

    Returns
    -------
    sizes, examples, order : str
        How many in each batch; whether each example comes once; what is shuffled.

    Raises
    ------
    ValueError
        If what comes back is no list of arrays of whole numbers.
    """
    rng = np.random.default_rng(seed)
    epochs = [_batches(minibatches, n_examples, batch_size, rng) for _ in range(3)]
    sizes = list(dict.fromkeys(", ".join(str(len(b)) for b in e) for e in epochs))
    said = {_examples(epoch, n_examples) for epoch in epochs}
    found = [words for words in _EXAMPLES if words in said]
    return " or ".join(sizes), found[0], _order(minibatches, seed)


_EXAMPLES = (
    "numbers that are no row",
    "some twice in one batch",
    "some twice, some never",
    "some twice",
    "some never",
    "each once",
)


def _batches(minibatches, n_examples, batch_size, rng):
    """Return a learner's batches as lists of integers."""
    batches = minibatches(n_examples, batch_size, rng)
    if batches is None:
        raise ValueError("minibatches returned nothing (None), expected a list")
    if not isinstance(batches, list | tuple):
        kind = type(batches).__name__
        raise ValueError(
            f"minibatches returned a value of type {kind}, expected a list"
        )
    arrays = [np.asarray(batch) for batch in batches]
    for array in arrays:
        if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
            text = f"an array of shape {array.shape} and type {array.dtype}"
            raise ValueError(f"a batch is {text}, expected whole numbers, shape (B,)")
    return [array.tolist() for array in arrays]


def _examples(batches, n_examples):
    rows = [row for batch in batches for row in batch]
    if not set(rows) <= set(range(n_examples)):
        return "numbers that are no row"
    if any(len(set(batch)) < len(batch) for batch in batches):
        return "some twice in one batch"
    twice, never = len(set(rows)) < len(rows), len(set(rows)) < n_examples
    if twice and never:
        return "some twice, some never"
    return "some twice" if twice else "some never" if never else "each once"


def _order(minibatches, seed):
    def epochs(seed, n=EPOCHS):
        rng = np.random.default_rng(seed)
        return [_batches(minibatches, N_TRIED, SIZE_TRIED, rng) for _ in range(n)]

    seen = epochs(seed)
    if epochs(seed, 1) != seen[:1]:
        return "another one for the same rng"
    if all(epoch == seen[0] for epoch in seen):
        rows = sum(seen[0], [])
        return "as they come" if rows == sorted(rows) else "the same in every epoch"
    if all(epochs(other, 1) == seen[:1] for other in SEEDS):
        return "the same for every rng"
    together = {frozenset(batch) for epoch in seen for batch in epoch}
    if len(together) <= len(seen[0]):
        firsts = {frozenset(epoch[0]) for epoch in seen}
        return "within each batch only" if len(firsts) == 1 else "whole batches only"
    pairs = {pair for batch in together for pair in combinations(sorted(batch), 2)}
    all_pairs = N_TRIED * (N_TRIED - 1) / 2
    if len(pairs) < 0.6 * all_pairs:  # a right one meets 89 % of them
        return "neighbours stay together"
    return "shuffled anew"


def run_epoch(sgd_epoch, params, x, labels, learning_rate, batch_size, others, seed):
    """Run a learner's epoch, and say in words which examples its steps saw.

    Parameters
    ----------
    sgd_epoch : callable
        ``sgd_epoch(params, x, labels, learning_rate, batch_size, rng)``.
    params : dict of str to ndarray
    x, labels : ndarray
        Examples for which the order is of no consequence: all alike, or one batch.
    learning_rate : float
    batch_size : int
    others : dict or None
        ``x`` and ``labels`` of five examples that differ, for `steps`; None where it
        is not judged.
    seed : int

    Returns
    -------
    params, losses
        What came back; a list of losses as an array.
    steps : str
        Whether there is an order of batches that leads where the epoch led. What
        each batch does is learned from the learner's own function.
    """

    def epoch(data, rate, size, seed, start=params):
        rng, start = np.random.default_rng(seed), {k: v + 0.0 for k, v in start.items()}
        return sgd_epoch(start, data["x"], data["labels"], rate, size, rng)

    after = sgd_epoch(
        params, x, labels, learning_rate, batch_size, np.random.default_rng(seed)
    )
    if not isinstance(after, tuple) or len(after) != 2:
        raise ValueError(f"sgd_epoch returned {_kind(after)}, expected params, losses")
    if not isinstance(after[0], dict):
        text = f"params as a value of type {type(after[0]).__name__}"
        raise ValueError(f"sgd_epoch returned {text}, expected a dict")
    losses = np.asarray(after[1], float) if isinstance(after[1], list) else after[1]
    steps = "" if others is None else _steps(epoch, others, learning_rate, seed)
    return after[0], losses, steps


def _kind(value):
    many = isinstance(value, tuple)
    return f"{len(value)} values" if many else f"one {type(value).__name__}"


def _pick(data, rows):
    return {name: values[list(rows)] for name, values in data.items()}


def _steps(epoch, others, rate, seed):
    n = len(others["x"])
    # Without learning, the losses of batches of one say which examples were seen.
    alone = [_losses(epoch(_pick(others, [k]), 0.0, 1, seed)) for k in range(n)]
    if np.ndim(epoch(others, 0.0, 1, seed)[1]) == 0:
        return _way(epoch, others, rate, seed)
    seen = [_losses(epoch(others, 0.0, 1, seed + k)) for k in SEEDS]
    if _losses(epoch(others, 0.0, 1, seed)) != seen[0]:
        return "other batches for the same rng"
    if any(len(losses) != n for losses in seen):
        return f"losses of {len(seen[0])} batches, where there are {n}"
    if all(np.ptp(losses) < 1e-12 for losses in seen):
        right = _way(epoch, others, rate, seed) == IN_ORDER
        return f"{IN_ORDER}; losses of all the examples" if right else "each sees all"
    alone = np.sort(np.concatenate(alone))
    near = [np.abs(np.subtract.outer(losses, alone)).min(axis=1) for losses in seen]
    if np.max(near) > 1e-9:
        return "inputs with labels of other examples"
    if not all(np.allclose(np.sort(losses), alone, 0, 1e-9) for losses in seen):
        return "some examples twice or never"
    if all(losses == seen[0] for losses in seen):
        return "the same batches for every rng"
    return _way(epoch, others, rate, seed)


def _way(epoch, others, rate, seed):
    """Look for an order of batches, four and then one, that leads where it led."""
    rows = range(len(others["x"]))
    end = _vector(epoch(others, rate, 4, seed)[0])
    for first in combinations(rows, 4):
        rest = [row for row in rows if row not in first]
        params = epoch(_pick(others, first), rate, 4, seed)[0]
        params = epoch(_pick(others, rest), rate, 4, seed, params)[0]
        if np.allclose(end, _vector(params), 1e-9, 1e-12):
            return IN_ORDER
    return "no order of the batches leads there"


def _losses(returned):
    return np.asarray(returned[1], float).ravel().tolist()


def _vector(params):
    return np.concatenate([np.ravel(params[name]) for name in sorted(params)])
