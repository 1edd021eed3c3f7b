"""Causes that fit any exercise: a factor, a sign, a swapped axis, a constant.

A cause is named only if it explains every entry in every case. Each function here
takes the output's name, its pairs (case, yours, expected; arrays of one shape) and
returns a `Cause`, or None where it does not explain what came back.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from course_lib.check_data import AXIS_WORDS
from course_lib.comparisons import agree, close
from course_lib.values import pack


@dataclass(frozen=True)
class Cause:
    """A mistake with a name: `id`, what to say, what to try, and a few words."""

    id: str
    message: str
    next_step: str = ""
    text: str = ""


def all_zero(output, pairs, tolerance):
    """Every entry is 0, in every case."""
    if any(np.any(yours) for _, yours, _ in pairs):
        return None
    return Cause(
        "zero",
        f"Every entry of {output} is 0, whatever goes in.",
        f"print {output} before the return: where does it become 0?",
        "0 everywhere",
    )


def constant(output, pairs, tolerance):
    """The same comes back whatever goes in."""
    if len({pack(yours) for _, yours, _ in pairs}) > 1 or len(pairs) < 2:
        return None
    if len({pack(expected) for _, _, expected in pairs}) == 1:
        return None  # so it should be
    return Cause(
        "hard_coded",
        f"{output} is the same for every input.",
        "compute it from the arguments, then call it with two different ones.",
        "the same for every input",
    )


def ignores_upstream(output, pairs, tolerance):
    """Cases that differ in `dy` alone give the same."""
    groups = {}
    for case, yours, expected in pairs:
        if "dy" not in case.inputs:
            return None
        rest = {name: v for name, v in case.inputs.items() if name != "dy"}
        groups.setdefault(pack(rest), []).append((yours, expected))
    for group in groups.values():
        wanted = {pack(expected) for _, expected in group}
        if len(wanted) > 1 and len({pack(yours) for yours, _ in group}) == 1:
            return Cause(
                "ignores_upstream",
                f"{output} does not change when dy changes: "
                "the blame from above never reaches it.",
                f"multiply the local derivative by dy on the way to {output}.",
                "does not depend on dy",
            )
    return None


def factor(output, pairs, tolerance):
    """Every entry is the same multiple of what it should be."""
    found = [(case, _ratio(yours, want, tolerance)) for case, yours, want in pairs]
    ratios = [(case, ratio) for case, ratio in found if ratio is not None]
    if not ratios or any(np.isnan(ratio) for _, ratio in ratios):
        return None
    # One number is always a multiple of another: only several of them are evidence.
    if all(want.size == 1 for _, _, want in pairs) and len(ratios) < 3:
        return None
    values = np.array([ratio for _, ratio in ratios])
    if np.allclose(values, 1, rtol=1e-3):  # too near to be a factor somebody forgot
        return None
    many = any(want.size > 1 for _, _, want in pairs)
    subject = f"Every entry of {output}" if many else output
    if np.allclose(values, values[0], rtol=1e-6):
        return _constant_factor(output, subject, float(values[0]))
    return _axis_factor(output, subject, ratios)


def _ratio(yours, expected, tolerance):
    """Return yours / expected; None if expected is all 0, NaN if it is no multiple."""
    power = float(np.sum(expected * expected))
    if power == 0:
        return None
    ratio = float(np.sum(yours * expected)) / power
    return ratio if close(yours, ratio * expected, max(tolerance, 1e-7)) else np.nan


def _constant_factor(output, subject, ratio):
    if abs(ratio + 1) < 1e-6:
        return Cause(
            "sign",
            f"{output} has the right size and the opposite sign.",
            "write down which way the difference is taken, and check it on one number.",
            "the opposite sign",
        )
    return Cause(
        "scale",
        f"{subject} is {_fraction(ratio)} what it should be.",
        "look for a factor that is missing, or there twice.",
        f"{ratio:.4g} times the expected values",
    )


def _fraction(ratio):
    for bottom in (2, 3, 4, 5, 10):
        if abs(ratio * bottom - 1) < 1e-6:
            return f"1/{bottom} of"
    return f"{ratio:.4g} times"


def _axis_factor(output, subject, ratios):
    letters = sorted(set.intersection(*(set(case.sizes) for case, _ in ratios)))
    for letter in sorted(letters, key="NDMCK".find):
        sizes = np.array([case.sizes[letter] for case, _ in ratios])
        size = next((n for n in sizes if n != 1), 1)  # 1 would be no evidence
        values = np.array([ratio for _, ratio in ratios])
        for sign, words in ((1, ""), (-1, ", with the opposite sign")):
            if np.allclose(values, sign * sizes, rtol=1e-6):
                return _times(output, subject, letter, size, words)
            if np.allclose(values, sign / sizes, rtol=1e-6):
                return _divided(output, subject, letter, size, words)
    return None


def _times(output, subject, letter, size, words):
    meaning = AXIS_WORDS.get(letter, f"the size of axis {letter}")
    return Cause(
        "scale",
        f"{subject} is {size} times too large{words}, and {size} is "
        f"{meaning}: a sum stands where a mean over {letter} belongs.",
        f"compare {output} for {letter} = 1 and {letter} = 2.",
        f"{size} times the expected values",
    )


def _divided(output, subject, letter, size, words):
    meaning = AXIS_WORDS.get(letter, f"the size of axis {letter}")
    return Cause(
        "scale",
        f"{subject} is 1/{size} of what it should be{words}, and {size} "
        f"is {meaning}: it was divided by {letter} once too often.",
        f"compare {output} for {letter} = 1 and {letter} = 2.",
        f"{1 / size:.4g} times the expected values",
    )


VALUE_CAUSES = (all_zero, constant, ignores_upstream, factor)


def shape_cause(output, shapes):
    """Return what shapes tell that are not the expected ones.

    Parameters
    ----------
    output : str
    shapes : list of (CaseData, tuple, tuple)
        Of every case at fault: your shape, and the expected one.
    """
    _, seen, wanted = shapes[0]
    text = f"shape {seen}, expected {wanted}"
    for find in (_table, _transposed, _other_axis):
        found = find(output, shapes)
        if found is not None:
            return Cause(*found, text)
    law = " A gradient has the shape of the array it belongs to."
    return Cause(
        "shape",
        f"{output} has {text}.{law if output.startswith('d') else ''}",
        f"print the shape of {output} line by line until it is not what you expect.",
        text,
    )


def _table(output, shapes):
    """A column met a row, and every pair of entries became one."""
    if any(
        len(want) > 1 or len(seen) != 2 or len({*seen}) > 1 for _, seen, want in shapes
    ):
        return None
    n = max(seen[0] for _, seen, _ in shapes)
    return (
        "broadcast",
        f"{output} became a {n} by {n} table: a column of shape ({n}, 1) met a row of "
        f"shape ({n},).",
        "print both shapes before you subtract; bring them to one shape.",
    )


def _transposed(output, shapes):
    if any(seen != want[::-1] for _, seen, want in shapes):
        return None
    _, seen, wanted = shapes[0]
    return (
        "shape",
        f"{output} has shape {seen}, expected {wanted}: yours looks transposed.",
        "write the shapes under the product; the inner ones meet and vanish.",
    )


def _other_axis(output, shapes):
    """One axis is left where another belongs, the same one in every case."""
    if any(len(seen) != 1 or len(wanted) != 1 for _, seen, wanted in shapes):
        return None
    case, seen, wanted = shapes[0]
    for letter in case.sizes:
        if all(other.sizes.get(letter) == shape[0] for other, shape, _ in shapes):
            meaning = AXIS_WORDS.get(letter, f"the size of axis {letter}")
            return (
                "axis",
                f"{output} has shape {seen}, expected {wanted}, and {seen[0]} is "
                f"{meaning}: the sum ran over the other axis.",
                "axis 0 is the batch; say which axis should disappear.",
            )
    return None


def wrong_order(check, reports):
    """The right results came back in another order."""
    names = check.scored
    if not 2 <= len(names) <= 4:
        return None
    for order in permutations(names):
        if list(order) != names and all(
            agree(report["outputs"].get(name), case.expected[other], check.tolerance)
            for case, report in zip(check.cases, reports, strict=True)
            for name, other in zip(names, order, strict=True)
        ):
            return Cause(
                "order",
                f"The results are right, in another order: you return "
                f"({', '.join(order)}), expected ({', '.join(names)}).",
                "put them in the order of the signature.",
            )
    return None
