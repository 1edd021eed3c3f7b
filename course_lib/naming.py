"""Name the cause of one output's fault, when the exercise declares none for it.

A cause that does not explain every entry is not named: then the verdict says for
which inputs the output is right, or which share of its entries.
"""

import numpy as np

from course_lib import causes
from course_lib.causes import Cause
from course_lib.comparisons import (
    close_entries,
    entries,
    fault,
    first_entry_at_fault,
)
from course_lib.evidence import first_case_at_fault, first_faulty_key
from course_lib.first_wrong import first_wrong_cause
from course_lib.terms import term_cause
from course_lib.values import Opaque

CONTAINERS = dict | list | tuple


def general_cause(check, name, reports):
    """Return the `Cause` of an output that is at fault.

    Parameters
    ----------
    check : CheckData
    name : str
        The output.
    reports : list of dict
        One a case, none of them a failure.
    """
    case, yours, expected = _first_of_another_type(
        check, name, reports
    ) or first_case_at_fault(check, name, reports)
    kind = fault(yours, expected, check.tolerance)
    first = first_faulty_key(check, name, reports)
    if first is not None:
        return first_wrong_cause(check, name, first, reports)
    if kind == "type":
        return _type_cause(name, yours, expected, _where(check, case))
    if kind == "keys":
        return _keys_cause(name, yours, expected)
    if entries(expected) is None:
        return _unnamed(check, name, reports)
    key, seen, wanted = first_entry_at_fault(yours, expected, check.tolerance)
    if kind == "shape":
        return causes.shape_cause(name + key, _shapes(check, name, key, reports))
    if kind == "dtype":
        return _dtype_cause(name + key, seen, wanted)
    if kind == "not_finite":
        return _not_finite_cause(name + key, case, seen)
    return _value_cause(check, name, reports)


def _first_of_another_type(check, name, reports):
    """Return the first (case, yours, expected) that is of another type, or None."""
    for case, report in zip(check.cases, reports, strict=True):
        pair = report["outputs"].get(name), case.expected[name]
        if fault(*pair, check.tolerance) == "type":
            return case, *pair
    return None


def _where(check, case):
    """Say for which input something happens, if it does not for the first one."""
    return "" if case is check.cases[0] else f" for {case.note}"


def _shapes(check, name, key, reports):
    """Return (case, your shape, expected shape) of one entry where the two differ."""
    found = []
    for case, report in zip(check.cases, reports, strict=True):
        seen = (entries(report["outputs"].get(name)) or {}).get(key)
        wanted = entries(case.expected[name]).get(key)
        if seen is not None and wanted is not None and seen.shape != wanted.shape:
            found.append((case, seen.shape, wanted.shape))
    return found


def _type_cause(name, yours, expected, where=""):
    one_number = np.ndim(expected) == 0 and not isinstance(expected, CONTAINERS)
    if isinstance(yours, np.ndarray) and one_number:
        text = f"an array of shape {yours.shape}, expected one number"
        step = "which axis is still there? Sum or average over it."
    elif isinstance(yours, np.ndarray) and isinstance(expected, np.ndarray):
        text = f"an array of {yours.dtype}, expected one of {expected.dtype}"
        step = f"look at `{name}.dtype` before the return."
    else:
        wanted = "one number" if one_number else _type_name(expected)
        text = f"a value of type {_type_name(yours)}, expected {wanted}"
        step = f"look at `type({name})` before the return."
    return Cause("wrong_type", f"{name} is {text}{where}.", step, text)


def _type_name(value):
    if type(value) is Opaque:
        return value.type_name
    return "array" if isinstance(value, np.ndarray) else type(value).__name__


def _keys_cause(name, yours, expected):
    seen, wanted = entries(yours), entries(expected)
    parts = (
        ("is without", [key for key in wanted if key not in seen]),
        ("has beside it", [key for key in seen if key not in wanted]),
    )
    text = " and ".join(
        f"{words} {', '.join(keys)[:120]}" for words, keys in parts if keys
    )
    step = "go through all the keys, or all the indices, of what came in."
    return Cause("missing_entry", f"{name} {text}.", step, text)


def _dtype_cause(label, seen, wanted):
    text = f"{seen.dtype}, expected {wanted.dtype}"
    step = "make the array with `np.zeros(shape)`, or from floats."
    message = f"{label} holds {text}: digits are lost."
    return Cause("dtype", message, step, text)


def _not_finite_cause(label, case, seen):
    found = "NaN" if np.any(np.isnan(seen)) else "infinity"
    return Cause(
        "not_finite",
        f"{label} holds {found} for {case.note}.",
        "find the first line whose result is not finite: "
        "what does it divide by, take the log of, or raise e to?",
        f"holds {found}",
    )


def _value_cause(check, name, reports):
    paired = [
        (case, report["outputs"][name], case.expected[name])
        for case, report in zip(check.cases, reports, strict=True)
    ]
    if not any(isinstance(expected, CONTAINERS) for _, _, expected in paired):
        pairs = [(c, np.asarray(y, float), np.asarray(e, float)) for c, y, e in paired]
        if all(yours.shape == expected.shape for _, yours, expected in pairs):
            for find in (*causes.VALUE_CAUSES, term_cause):
                cause = find(name, pairs, check.tolerance)
                if cause is not None:
                    return cause
    return _unnamed(check, name, reports)


def _unnamed(check, name, reports):
    good, bad = [], []
    for case, report in zip(check.cases, reports, strict=True):
        yours, expected = report["outputs"].get(name), case.expected[name]
        (bad if fault(yours, expected, check.tolerance) else good).append(case.note)
    if good:
        message = f"{name} is right for {_listed(good)}, and not for {_listed(bad)}."
    elif right := _right_keys(check, name, reports):
        message = f"{name} is right at {', '.join(right)}, and differs elsewhere."
    else:
        message = f"{name} differs from what is expected{_share(check, name, reports)}."
    step = "work the smallest input by hand, and print each line's result beside it."
    if not any(case.inputs for case in check.cases):
        step = "go through it once more, one at a time."
    return Cause("", message, step, "differs")


def _right_keys(check, name, reports):
    """Return the keys of a dict or list that are right in every case."""
    right = None
    for case, report in zip(check.cases, reports, strict=True):
        expected, yours = case.expected[name], report["outputs"].get(name)
        if not isinstance(expected, CONTAINERS) or not isinstance(yours, CONTAINERS):
            return []
        wanted, seen = entries(expected) or {}, entries(yours) or {}
        same = [
            key
            for key in wanted
            if key in seen and not fault(seen[key], wanted[key], check.tolerance)
        ]
        right = same if right is None else [key for key in right if key in same]
    return right or []


def _listed(notes):
    unique = list(dict.fromkeys(notes))
    return "; ".join(unique[:3]) + (" and others" if len(unique) > 3 else "")


def _share(check, name, reports):
    _, yours, expected = first_case_at_fault(check, name, reports)
    if entries(expected) is None or np.size(expected) < 2:
        return ", for every input"
    _, seen, wanted = first_entry_at_fault(yours, expected, check.tolerance)
    if seen.dtype == wanted.dtype == bool:
        return _marks(seen, wanted)
    right = int(np.sum(close_entries(seen, wanted, check.tolerance)))
    return f": {right} of the first input's {wanted.size} entries are right"


def _marks(seen, wanted):
    """Say how many True entries were found: a share would count what is False too."""
    found, besides = int(np.sum(seen & wanted)), int(np.sum(seen & ~wanted))
    more = f"{besides} besides" if besides else "nothing else"
    return f": yours finds {found} of {int(wanted.sum())}, and {more}"
