"""What a verdict shows for its cause: the worst entry, and a call to try.

Nothing here is shown for secret inputs.
"""

import numpy as np

from course_lib.comparisons import (
    array_fault,
    entries,
    fault,
    first_entry_at_fault,
    largest,
)
from course_lib.probe_functions import DRIVERS
from course_lib.values import Opaque

LONGEST_CALL = 110


def first_case_at_fault(check, name, reports, key=None):
    """Return the first (case, yours, expected) where an output is at fault.

    With a `key`, where that entry of it is.
    """
    for case, report in zip(check.cases, reports, strict=True):
        yours, expected = report["outputs"].get(name), case.expected[name]
        if key is not None:
            pair = entries(yours)[key], entries(expected)[key]
            found = array_fault(*pair, check.tolerance)
        else:
            found = fault(yours, expected, check.tolerance)
        if found:
            return case, yours, expected
    raise ValueError(f"{name} is right in every case")


def is_right(check, name, reports):
    """Return whether an output is right in every case."""
    return not any(
        fault(report["outputs"].get(name), case.expected[name], check.tolerance)
        for case, report in zip(check.cases, reports, strict=True)
    )


def first_faulty_key(check, name, reports):
    """Return the first entry of a dict that is at fault in any case, or None.

    Entries are those of `comparisons.entries`, in the order of the expected dict: what
    comes later may be at fault only because an earlier one is. None where the output
    is no dict, where names are missing, or where cases have names of their own.
    """
    if not isinstance(check.cases[0].expected[name], dict):
        return None
    pairs = [
        (entries(report["outputs"].get(name)), entries(case.expected[name]))
        for case, report in zip(check.cases, reports, strict=True)
    ]
    order = list(pairs[0][1])
    if any(
        list(wanted) != order or set(seen or ()) != set(order) for seen, wanted in pairs
    ):
        return None
    for key in order:
        if any(array_fault(s[key], w[key], check.tolerance) for s, w in pairs):
            return key
    return None


def worst_entry(check, name, reports):
    """Return the worst entry of an output as text: its place, yours and expected."""
    if not check.public:
        return ""
    first = first_faulty_key(check, name, reports)
    _, yours, expected = first_case_at_fault(check, name, reports, first)
    if entries(expected) is None:
        return f"{name}: yours {_short(yours)}, expected {_short(expected)}"
    if fault(yours, expected, check.tolerance) not in ("value", "not_finite"):
        return ""
    key, seen, wanted = first_entry_at_fault(yours, expected, check.tolerance)
    label = key[2:-2] if first is not None else name + key
    with np.errstate(all="ignore"):
        error = np.abs(seen.astype(float) - wanted) / largest(wanted)
    error = np.where(np.isnan(error), np.inf, error)
    at = tuple(map(int, np.unravel_index(np.argmax(error), error.shape)))
    place = f"[{', '.join(map(str, at))}]" if at else ""
    return f"{label}{place}: yours {seen[at]:.6g}, expected {wanted[at]:.6g}"


def _short(value):
    text = repr(value) if not isinstance(value, Opaque) else value.type_name
    return text if len(text) <= 60 else text[:57] + "..."


def call_to_try(check, reports):
    """Return the first short call that shows a difference, or "" if none is."""
    call = check.calls[0]
    if not check.public or len(check.calls) > 1 or call["function"] in DRIVERS:
        return ""
    for case, report in zip(check.cases, reports, strict=True):
        if any(
            fault(report["outputs"].get(name), case.expected[name], check.tolerance)
            for name in check.outputs
        ):
            values = [_literal(case.inputs[name]) for name in call["arguments"]]
            text = f"{call['function']}({', '.join(values)})"
            if all(values) and len(text) <= LONGEST_CALL:
                return text
    return ""


def _literal(value):
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "iuf":
        return f"np.array({value.tolist()})"
    if isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, dict):
        items = {key: _literal(item) for key, item in value.items()}
        if all(items.values()):
            return "{" + ", ".join(f'"{k}": {v}' for k, v in items.items()) + "}"
    return ""
