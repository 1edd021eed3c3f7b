"""What a verdict shows for its cause: the worst entry, and a call to try.

Nothing here is shown for secret inputs.
"""

import numpy as np

from course_lib.comparisons import entries, fault, first_entry_at_fault, largest
from course_lib.values import Opaque

LONGEST_CALL = 110


def first_case_at_fault(check, name, reports):
    """Return the first (case, yours, expected) where an output is at fault."""
    for case, report in zip(check.cases, reports, strict=True):
        yours, expected = report["outputs"].get(name), case.expected[name]
        if fault(yours, expected, check.tolerance):
            return case, yours, expected
    raise ValueError(f"{name} is right in every case")


def is_right(check, name, reports):
    """Return whether an output is right in every case."""
    return not any(
        fault(report["outputs"].get(name), case.expected[name], check.tolerance)
        for case, report in zip(check.cases, reports, strict=True)
    )


def worst_entry(check, name, reports):
    """Return the worst entry of an output as text: its place, yours and expected."""
    if not check.public:
        return ""
    _, yours, expected = first_case_at_fault(check, name, reports)
    if entries(expected) is None:
        return f"{name}: yours {_short(yours)}, expected {_short(expected)}"
    if fault(yours, expected, check.tolerance) not in ("value", "not_finite"):
        return ""
    key, seen, wanted = first_entry_at_fault(yours, expected, check.tolerance)
    with np.errstate(all="ignore"):
        error = np.abs(seen.astype(float) - wanted) / largest(wanted)
    error = np.where(np.isnan(error), np.inf, error)
    at = tuple(map(int, np.unravel_index(np.argmax(error), error.shape)))
    place = f"[{', '.join(map(str, at))}]" if at else ""
    return f"{name}{key}{place}: yours {seen[at]:.6g}, expected {wanted[at]:.6g}"


def _short(value):
    text = repr(value) if not isinstance(value, Opaque) else value.type_name
    return text if len(text) <= 60 else text[:57] + "..."


def call_to_try(check, reports):
    """Return the first short call that shows a difference, or "" if none is."""
    if not check.public or len(check.calls) > 1:
        return ""
    call = check.calls[0]
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
