"""Compare what came back with what was expected: form before numbers.

Broadcasting must never rescue a shape, NaN must never pass for a number, and an
empty array never for a full one; so types and shapes are compared first.
"""

import numpy as np

from course_lib.values import Opaque


def entries(value):
    """Return a value's numbers by name, or None where it holds anything else.

    A number or an array is one entry named ``""``; a dict or a list of them has one
    entry for each key or index, such as ``["W"]`` or ``[2]``.
    """
    if isinstance(value, dict):
        return _join((f'["{key}"]', item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return _join((f"[{k}]", item) for k, item in enumerate(value))
    if isinstance(value, np.ndarray | np.generic | bool | int | float):
        return {"": np.asarray(value)}
    return None


def _join(items):
    found = {}
    for name, item in items:
        inner = entries(item)
        if inner is None:
            return None
        found.update({name + key: array for key, array in inner.items()})
    return found


def largest(array):
    """Return the largest finite absolute entry, at least 1e-3: the scale of errors."""
    finite = np.abs(np.asarray(array, dtype=float))
    finite = finite[np.isfinite(finite)]
    return max(float(finite.max(initial=0.0)), 1e-3)


def agree(value, expected, tolerance):
    """Return whether two results hold the same numbers under the same names.

    The order of a dict's names does not matter.
    Text is compared as text. NaN agrees with NaN and infinity with infinity.
    """
    if isinstance(expected, str) or expected is None:
        return type(value) is type(expected) and value == expected
    if isinstance(expected, list | tuple) and any(type(v) is str for v in expected):
        return isinstance(value, list | tuple) and list(value) == list(expected)
    yours, theirs = entries(value), entries(expected)
    if yours is None or theirs is None or set(yours) != set(theirs):
        return False
    return all(close(yours[key], theirs[key], tolerance) for key in theirs)


def close(yours, expected, tolerance):
    """Return whether two arrays have one shape and agree within the tolerance."""
    if yours.shape != expected.shape or yours.dtype.kind not in "biuf":
        return False
    return bool(np.all(close_entries(yours, expected, tolerance)))


def close_entries(yours, expected, tolerance):
    """Return entry by entry whether two arrays of one shape agree."""
    yours, expected = np.asarray(yours, float), np.asarray(expected, float)
    with np.errstate(invalid="ignore"):
        near = np.abs(yours - expected) <= tolerance * largest(expected)
    return near | (yours == expected) | (np.isnan(yours) & np.isnan(expected))


def alike(value, wanted, tolerance):
    """Return whether two results agree and hold numbers of the same kind."""
    if not agree(value, wanted, tolerance):
        return False
    seen, expected = entries(value), entries(wanted)
    if seen is None or expected is None:
        return True
    pairs = ((seen[key], expected[key]) for key in expected)
    return all(a.dtype.kind == b.dtype.kind or not a.ndim for a, b in pairs)


def fault(yours, expected, tolerance):
    """Return the first kind of fault of a result, or "" if it is right.

    One of ``"type"``, ``"keys"``, ``"shape"``, ``"dtype"``, ``"not_finite"`` and
    ``"value"``, looked for in that order.
    """
    wanted, seen = entries(expected), entries(yours)
    if wanted is None:
        return "" if agree(yours, expected, 0) else "value"
    if seen is None or type(yours) is Opaque or not _same_form(yours, expected):
        return "type"
    if set(seen) != set(wanted):
        return "keys"
    for key, array in wanted.items():
        found = array_fault(seen[key], array, tolerance)
        if found:
            return found
    return ""


def _same_form(yours, expected):
    for kinds in (dict, (list, tuple), np.ndarray):
        if isinstance(expected, kinds) or isinstance(yours, kinds):
            zero = isinstance(yours, np.ndarray) and yours.ndim == 0
            return zero or isinstance(expected, kinds) == isinstance(yours, kinds)
    return True


def array_fault(yours, expected, tolerance):
    """Return the first kind of fault of one array, or "" if it is right."""
    if yours.shape != expected.shape:
        return "shape"
    if yours.dtype.kind not in "biuf":
        return "type"
    if expected.dtype.kind == "f" and expected.ndim and yours.dtype != expected.dtype:
        return "dtype"
    if yours.dtype == expected.dtype and yours.tobytes() == expected.tobytes():
        return ""  # most right answers: worth a look before the arithmetic
    if np.all(np.isfinite(expected)) and not np.all(np.isfinite(yours)):
        return "not_finite"
    return "" if np.all(close_entries(yours, expected, tolerance)) else "value"


def first_entry_at_fault(yours, expected, tolerance):
    """Return the key, your array and the expected one of the first faulty entry."""
    seen = entries(yours)
    for key, wanted in entries(expected).items():
        if array_fault(seen[key], wanted, tolerance):
            return key, seen[key], wanted
    return "", np.asarray(0.0), np.asarray(0.0)
