"""Tell a formula from an estimate: by the digits that are right.

A formula in float64 is right to about fifteen digits, however it is written. A
difference of two losses divided by a step has the error of the step, or the rounding
of the losses divided by it, in every entry: ten digits at best. Lesson 2 measures both.
"""

import numpy as np

from course_lib.comparisons import entries, largest

ROUNDING = 1e-13  # of the largest entry; right answers written otherwise: 1e-14
FEWEST_CASES = 3  # on one or two inputs, luck would do


def estimated(check, wrong, reports):
    """Return the first output that is right and yet exact in fewer cases than not.

    Not in all: where a function is flat, a difference of two losses is exact too; and
    where a variance is zero, rounding may be far from small.

    Parameters
    ----------
    check : CheckData
        Its `formulas` names the outputs that a formula gives.
    wrong : list of str
        Outputs that are not right.
    reports : list of dict
        What the answer gave, one a case.

    Returns
    -------
    tuple of str and float, or None
        The output's name, and the middle one of its errors in all cases, each
        relative to the largest entry there.
    """
    for name in check.formulas:
        if name in wrong:
            continue
        errors = [
            _error(report["outputs"][name], case.expected[name])
            for case, report in zip(check.cases, reports, strict=True)
            if _has_size(case.expected[name])
        ]
        if len(errors) >= FEWEST_CASES and np.median(errors) > ROUNDING:
            return name, float(np.median(errors))
    return None


def _has_size(expected):
    return any(np.any(array) for array in entries(expected).values())


def _error(yours, expected):
    """Return the largest error of an output, relative to its largest entry.

    A dict is one output: its largest entry is that of all its arrays.
    """
    yours, expected = entries(yours), entries(expected)
    size = max(largest(array) for array in expected.values())
    differences = [np.abs(yours[key] - array) for key, array in expected.items()]
    return max(float(np.max(each, initial=0.0)) for each in differences) / size
