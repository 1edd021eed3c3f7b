"""A driver for functions that draw at random: it judges what all right draws share."""

import numpy as np


def draw_weights(init_weights, sizes, scheme, rng, other):
    """Let a learner's function draw weights, and say what came, whatever was drawn.

    Every right way to draw gives other numbers, but the same statistics: with ten
    thousand weights a layer they are sharp to less than a percent. What is a share or
    a likeness is rounded to halves, so that chance never shows in it.

    Returns
    -------
    dict of str to float or ndarray
        For each layer its ``shape`` and ``std``; then the largest of the layers'
        ``mean`` as a share of their size, and how alike the ``units`` of a layer,
        the ``layers`` of a network and two ``draws`` from different generators are:
        0 for not at all, 1 for the same.
    """
    n_layers, given = len(sizes) - 1, list(sizes)
    first = _drawn(init_weights(given, scheme, rng), n_layers)
    second = _drawn(init_weights(list(sizes), scheme, other), n_layers)
    sizes[:] = given  # if it was changed, the probe is to see that
    names = [f"W{k + 1}" for k in range(len(first))]
    said = {
        f"{name} shape": np.array(W.shape) for name, W in zip(names, first, strict=True)
    }
    said |= {f"{n} std": float(W.std()) for n, W in zip(names, first, strict=True)}
    neighbours = [
        pair for W in first for pair in ((W[1:], W[:-1]), (W[:, 1:], W[:, :-1]))
    ]
    return said | {
        "mean": max(_in_halves(W.mean(), np.sqrt(np.mean(W * W))) for W in first),
        "units alike": max(_likeness(*pair) for pair in neighbours),
        "layers alike": max(map(_likeness, first[1:], first[:-1]), default=0.0),
        "draws alike": max(map(_likeness, first, second)),
    }


def _drawn(weights, wanted):
    """Return what init_weights gave as float arrays, if it is a list of tables."""
    if not isinstance(weights, list | tuple):
        kind = type(weights).__name__
        raise ValueError(f"init_weights returned a {kind}, expected a list of arrays")
    if len(weights) != wanted:
        raise ValueError(
            f"init_weights returned {len(weights)} arrays for {wanted + 1} sizes: "
            "between two neighbours lies one"
        )
    for k, W in enumerate(weights):
        if not (isinstance(W, np.ndarray) and W.ndim == 2 and W.dtype.kind in "fi"):
            raise ValueError(
                f"entry {k} of what init_weights returned is no array with two axes "
                "of numbers"
            )
        if W.size == 0 or not np.all(np.isfinite(W)):
            raise ValueError(
                f"entry {k} of what init_weights returned is empty or not finite"
            )
    return [np.asarray(W, float) for W in weights]


def _in_halves(part, whole):
    return float(round(2 * abs(float(part)) / float(whole)) / 2) if whole else 0.0


def _likeness(a, b):
    """Return how alike two arrays are, entry by entry, in halves."""
    n = min(a.size, b.size)
    a, b = (v.ravel()[:n] - v.ravel()[:n].mean() for v in (a, b))
    return _in_halves(np.dot(a, b), np.sqrt(np.dot(a, a) * np.dot(b, b)))
