"""What a check knows, as data: inputs, expected outputs, what each mistake gives.

`CheckData` is made from an exercise's declaration, once on public inputs (stored as
arrays in a lesson's ``checks.npz``) and again on secret ones for grading. It holds
no code, so it ships no solution.
"""

import json
from dataclasses import dataclass, field, replace

import numpy as np

from course_lib.values import decode, encode, pack

AXIS_WORDS = {
    "N": "your batch size",
    "D": "the number of inputs",
    "M": "the number of outputs",
    "C": "the number of classes",
    "K": "the number of steps",
}


@dataclass
class CaseData:
    """One set of inputs.

    Attributes
    ----------
    note : str
        What is particular about it, to finish the sentence "it fails for ...".
    inputs : dict of name to value
    expected : dict of output name to value
    mistaken : dict of mistake id to dict of output name to value
        What each named mistake gives, where that differs from `expected`.
    sizes : dict of axis letter to int
    terms : dict of output name to dict of term name to ndarray
        Arrays that add up to the expected one, where the exercise names them.
    conventional : dict of convention id to dict of output name to value
        What is expected of an answer that follows another convention.
    """

    note: str
    inputs: dict
    expected: dict
    mistaken: dict = field(default_factory=dict)
    sizes: dict = field(default_factory=dict)
    terms: dict = field(default_factory=dict)
    conventional: dict = field(default_factory=dict)


@dataclass
class CheckData:
    """Everything needed to judge one exercise.

    Attributes
    ----------
    exercise : str
    max_points : float
    calls : list of dict
        ``{"function": ..., "arguments": [...], "results": [...]}``, in order.
    outputs : list of str
        The judged results; those of the last call share the points.
    scored : list of str
        The last call's results.
    cases : list of CaseData
    messages : dict of mistake id to ``[cause, next step]``
    tolerance : float
        Largest accepted error, relative to an output's largest expected entry.
    forbids : dict of function name to why an answer may not call it
    public : bool
        Whether a verdict may show inputs and expected values.
    conventions : dict of convention id to note
        Ways in which a right answer may differ, and what to say of each.
    formulas : list of str
        Outputs that a formula gives to the last digits, and an estimate does not.
    """

    exercise: str
    max_points: float
    calls: list
    outputs: list
    scored: list
    cases: list
    messages: dict
    tolerance: float = 1e-8
    forbids: dict = field(default_factory=dict)
    public: bool = True
    conventions: dict = field(default_factory=dict)
    formulas: list = field(default_factory=list)

    def probe(self):
        """Return the packed probe: what the learner's process is told, no answer."""
        return pack(self.questions())

    def questions(self):
        """Return what `course_lib.probes.run` asks."""
        cases = [case.inputs for case in self.cases]
        return {"calls": self.calls, "outputs": self.outputs, "cases": cases}

    def taken(self):
        """Return the names that each call takes from the learner, its function first.

        Returns
        -------
        list of list of str
        """
        known, found = set(self.cases[0].inputs), []
        for call in self.calls:
            own = [name for name in call["arguments"] if name not in known]
            found.append([call["function"], *own])
            known.update(call["results"])
        return found

    def under(self, convention):
        """Return the check that expects what another convention gives."""
        cases = [
            replace(case, expected=case.conventional[convention]) for case in self.cases
        ]
        return replace(self, cases=cases)


def axis_sizes(inputs, axes):
    """Return the size of each axis letter, read off the inputs' shapes.

    Parameters
    ----------
    inputs : dict of name to value
    axes : dict of input name to letters, such as ``{"x": "ND"}``

    Raises
    ------
    ValueError
        If an input has another number of axes, or two sizes claim one letter.
    """
    sizes = {}
    for name, letters in axes.items():
        shape = np.shape(inputs[name])
        if len(shape) != len(letters):
            raise ValueError(f"{name} has shape {shape}, but its axes are {letters!r}")
        for letter, size in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ValueError(f"axis {letter} is {sizes[letter]} and {size} at once")
    return sizes


def save_checks(path, checks):
    """Write a lesson's checks as arrays; the same checks give the same bytes.

    Parameters
    ----------
    path : path of the .npz file
    checks : iterable of CheckData
    """
    content = {}
    for check in checks:
        # Not `asdict`, which would turn a `Given` among the inputs into a dict.
        cases = [_fields(case) for case in check.cases]
        header, arrays = encode({**_fields(check), "cases": cases})
        content[check.exercise] = np.array(json.dumps(header))
        content.update({f"{check.exercise}.{k}": a for k, a in enumerate(arrays)})
    np.savez(path, **content)


def _fields(data):
    """Return the fields to store, without those that most exercises leave empty."""
    optional = ("conventions", "conventional", "formulas")
    return {k: v for k, v in vars(data).items() if v or k not in optional}


def load_checks(path, name):
    """Return one exercise's `CheckData` from a ``checks.npz``, or None if not there."""
    with np.load(path, allow_pickle=False) as content:
        if name not in content.files:
            return None
        count = sum(key.startswith(f"{name}.") for key in content.files)
        arrays = [content[f"{name}.{k}"] for k in range(count)]
        fields = decode(json.loads(str(content[name])), arrays)
    cases = [CaseData(**case) for case in fields.pop("cases")]
    return CheckData(cases=cases, **fields)


def exercise_names(path):
    """Return the names of the exercises in a ``checks.npz``."""
    with np.load(path, allow_pickle=False) as content:
        return [name for name in content.files if "." not in name]
