"""Name the first wrong entry of a dict, and its cause: the later ones follow from it.

Values along a chain are computed one from another. Once one is wrong, all that come
after it are, so only the first is evidence of a mistake.
"""

from dataclasses import replace

import numpy as np

from course_lib import causes
from course_lib.causes import Cause
from course_lib.comparisons import close, entries


def first_wrong_cause(check, name, key, reports):
    """Return the `Cause` of the first entry at fault.

    A mistake that the exercise declares is tried before a general cause. Of either
    only this entry is asked: a second mistake, further on, does not hide the first.

    Parameters
    ----------
    check : CheckData
    name : str
        The output, a dict.
    key : str
        The entry, as `comparisons.entries` names it.
    reports : list of dict
        One a case, none of them a failure.
    """
    pairs = [
        (case, entries(report["outputs"][name])[key], entries(case.expected[name])[key])
        for case, report in zip(check.cases, reports, strict=True)
    ]
    cause = _declared(check, name, key, pairs)
    cause = cause or _general(check, key[2:-2], pairs)
    later = _right_after(check, name, key, reports)
    if later and not cause.id:  # then it is no chain, and they are worth a word
        said = f"{', '.join(later)} {'are' if len(later) > 1 else 'is'} right."
        cause = replace(cause, message=f"{cause.message} {said}")
    return with_what_is_right(cause, check, name, key)


def with_what_is_right(cause, check, name, key):
    """Return a cause that first says which entries before `key` are right."""
    order = list(entries(check.cases[0].expected[name]))
    *before, last = [k[2:-2] for k in order[: order.index(key) + 1]]
    if not before:
        return cause
    *first, nearest = before
    if not first:
        intro = f"{nearest} is right"
    elif len(first) > 2:
        intro = f"Everything from {first[0]} to {nearest} is right"
    else:
        intro = f"{', '.join(first)} and {nearest} are right"
    intro += f", {last} is the first that differs."
    return replace(cause, message=f"{intro} {cause.message}".strip())


def _declared(check, name, key, pairs):
    """Return the declared mistake that begins here, and gives this in every case."""
    for mistake, told in check.messages.items():
        differs = False
        for case, seen, wanted in pairs:
            theirs = entries(case.mistaken.get(mistake, {}).get(name)) or {}
            right = entries(case.expected[name])
            gives = (right | theirs)[key]
            before = list(right)[: list(right).index(key)]
            begins = all(
                close((right | theirs)[k], right[k], check.tolerance) for k in before
            )
            if not begins or not close(seen, gives, check.tolerance):
                break
            differs = differs or not close(gives, wanted, check.tolerance)
        else:
            if differs:
                return Cause(mistake, *told, text=f"{key[2:-2]} differs first")
    return None


def _general(check, label, pairs):
    shapes = [(c, s.shape, w.shape) for c, s, w in pairs if s.shape != w.shape]
    if shapes:
        return causes.shape_cause(label, shapes)
    if any(seen.dtype.kind not in "biuf" for _, seen, _ in pairs):
        return Cause(
            "wrong_type", f"{label} is no number.", "", f"{label} is no number"
        )
    finite = [np.all(np.isfinite(seen)) for _, seen, _ in pairs]
    if not all(finite):
        note = pairs[finite.index(False)][0].note
        return Cause(
            "not_finite",
            f"It holds NaN or infinity for {note}.",
            "what does that line divide by, or raise e to?",
            f"{label} is not finite",
        )
    numbers = [(c, np.asarray(s, float), np.asarray(w, float)) for c, s, w in pairs]
    for find in causes.VALUE_CAUSES:
        cause = find(label, numbers, check.tolerance)
        if cause is not None:
            return replace(cause, text=f"{label}: {cause.text}")
    good = [c.note for c, s, w in numbers if close(s, w, check.tolerance)]
    only = f" for {pairs[0][0].note}"
    if good:
        only = f", but not for {'; '.join(good[:2])}"
    step = f"work {label} by hand on the smallest input; look at its line alone."
    return Cause("", f"{label} differs{only}.", step, f"{label} differs first")


def _right_after(check, name, key, reports):
    """Return the entries after `key` that are right in every case."""
    pairs = [
        (entries(report["outputs"][name]), entries(case.expected[name]))
        for case, report in zip(check.cases, reports, strict=True)
    ]
    order = list(pairs[0][1])
    return [
        later[2:-2]
        for later in order[order.index(key) + 1 :]
        if all(
            close(seen[later], wanted[later], check.tolerance) for seen, wanted in pairs
        )
    ]
