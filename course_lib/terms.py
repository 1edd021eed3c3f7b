"""Find which term of a gradient went wrong, where the gradient is a sum of terms.

The gradient of batch normalization is a sum of three paths, that of the softmax
cross-entropy of two arrays. What came back is fitted on them by least squares, case
by case. Coefficients (1, 0, 1) with nothing left over say with certainty that the
second path is missing; anything less clear says nothing.
"""

import numpy as np

from course_lib.causes import Cause
from course_lib.check_data import AXIS_WORDS
from course_lib.comparisons import close, largest

NEAR = 1e-6  # how close a fitted coefficient has to be to the one it is taken for
RANK = 1e-6  # below this share of the largest, a direction counts as none
LETTERS = "NDMCK"


def term_cause(output, pairs, tolerance):
    """Return the `Cause` that names the terms at fault, or None.

    Parameters
    ----------
    output : str
    pairs : list of (CaseData, ndarray, ndarray)
        Of every case: yours, and the expected array of the same shape.
    tolerance : float
        Largest error that may be left over, relative to the largest entry.

    Notes
    -----
    A coefficient is 0, 1, -1, or plus or minus an axis size or one over it; and the
    same kind of coefficient has to hold in every case, for otherwise N = 7 and a
    factor of 7 might meet by chance.
    """
    if any(output not in case.terms for case, _, _ in pairs):
        return None
    names = list(pairs[0][0].terms[output])
    fits = [_fit(case, output, yours) for case, yours, _ in pairs]
    told = [(case, fit) for (case, _, _), fit in zip(pairs, fits, strict=True)]
    told = [(case, fit) for case, fit in told if fit is not None]
    if len(told) < 2:
        return None
    kinds = [
        _kind([(case.sizes, float(fit[k])) for case, fit in told])
        for k in range(len(names))
    ]
    if None in kinds or all(kind == ONE for kind in kinds):
        return None
    if not all(_explains(kinds, *pair, output, tolerance) for pair in pairs):
        return None
    first = told[0][0].sizes
    faults = [(n, k) for n, k in zip(names, kinds, strict=True) if k != ONE]
    return _cause(output, faults, len(names), first)


ONE = (1, "", 0)  # sign, axis letter, power: sign * size ** power


def _fit(case, output, yours):
    """Return the coefficients of the terms; None where this case leaves them open."""
    table = np.stack([term.ravel() for term in case.terms[output].values()], axis=1)
    if not np.all(np.isfinite(yours)):
        return None
    scale = np.linalg.norm(table, axis=0)
    if table.shape[0] < table.shape[1] or not np.all(scale > 1e-12):
        return None
    fit, _, rank, _ = np.linalg.lstsq(table / scale, yours.ravel(), rcond=RANK)
    return fit / scale if rank == table.shape[1] else None


def _kind(seen):
    """Return (sign, axis letter, power) that gives the coefficient in all cases."""
    letters = set.intersection(*(set(sizes) for sizes, _ in seen))
    letters = sorted(letters, key=LETTERS.find)
    kinds = [ONE, (0, "", 0), (-1, "", 0)]
    kinds += [(s, a, power) for s in (1, -1) for a in letters for power in (1, -1)]
    for kind in kinds:
        wanted = [_coefficient(kind, sizes) for sizes, _ in seen]
        found = [value for _, value in seen]
        if np.allclose(found, wanted, rtol=NEAR, atol=NEAR):
            return kind
    return None


def _coefficient(kind, sizes):
    sign, letter, power = kind
    return sign * (float(sizes[letter]) ** power if letter else 1.0)


def _explains(kinds, case, yours, expected, output, tolerance):
    terms = case.terms[output].values()
    parts = [
        _coefficient(kind, case.sizes) * term
        for kind, term in zip(kinds, terms, strict=True)
    ]
    # Terms that cancel leave more rounding than their small sum would allow.
    slack = max(largest(part) for part in parts) / largest(expected)
    return close(yours, np.sum(parts, axis=0), tolerance * max(1.0, slack))


def _cause(output, faults, n_terms, sizes):
    words = [_words(name, kind, sizes) for name, kind in faults]
    right = " Everything else in it is right." if len(faults) < n_terms else ""
    _, (sign, letter, _) = faults[0]
    ids = {0: "missing_term", -1: "term_sign"}
    return Cause(
        "term_scale" if letter else ids[sign],
        f"{output}: {', and '.join(words)}.{right}",
        _next_step(output, faults[0], sizes),
        words[0],
    )


def _words(name, kind, sizes):
    sign, letter, power = kind
    if sign == 0:
        return f"{name} is missing"
    turned = "has the opposite sign"
    if not letter:
        return f"{name} {turned}"
    size = sizes[letter]
    meaning = AXIS_WORDS.get(letter, f"the size of axis {letter}")
    times = f"{size} times" if power > 0 else f"1/{size} of"
    too = "too large" if power > 0 else "what it should be"
    text = f"{name} is {times} {too}, and {size} is {meaning}"
    return f"{text}; it {turned} too" if sign < 0 else text


def _next_step(output, fault, sizes):
    name, (sign, letter, power) = fault
    if sign == 0:
        return f"find the line that should add {name} to {output}."
    if not letter:
        return f"work the sign of {name} out on a single number."
    if power > 0:
        return (
            f"a sum stands where a mean over {letter} is needed: which line divides "
            f"by {letter}, and does it reach {name}?"
        )
    return f"count how often {name} is divided by {letter}."
