"""An exercise as its lesson's ``checks.py`` declares it, made into check data.

One declaration is used three times: `build` stores what it gives on public inputs in
the lesson's ``checks.npz``, grading runs it on secret inputs, and `audit` holds its
own mistakes and alternatives against it.

A ``checks.py`` reads so::

    def mse_cases(rng):
        yield Case("seven readings", predictions=rng.normal(size=7), targets=...)

    EXERCISES = [
        Exercise(
            "mse(predictions, targets) -> loss",
            points=2,
            reference=mse,
            cases=mse_cases,
            axes={"predictions": "N", "targets": "N"},
            mistakes=[Mistake("sum", summed, "It is a sum ...", "Compare ...")],
            alternatives=[mse_with_a_loop],
        ),
    ]
"""

import importlib.util
import inspect
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np

from course_lib import probes
from course_lib.check_data import CaseData, CheckData, axis_sizes
from course_lib.comparisons import alike
from course_lib.judging import RAISED
from course_lib.settings import ROOT
from grader.errors import SourceError

SOLUTIONS = ROOT / "solutions"
PUBLIC_SEED = 20
SECRET_ROUNDS = 3
OWN_WORK = {"course_lib.*": "that is the course's own answer."}
_one_at_a_time = threading.RLock()
_SIGNATURE = re.compile(r"(\w+)\((.*)\)\s*->\s*(.+)")


class Case:
    """One set of inputs: a note that finishes "it fails for ...", then the inputs."""

    def __init__(self, note, /, **inputs):
        self.note = note
        self.inputs = inputs


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners give, and what to tell them.

    Parameters
    ----------
    id : str
        Its name in reports, such as ``"sum"``.
    wrong : callable or mapping
        The exercise's function written wrong; or several functions by name, when
        the mistake lies in an earlier call of the probe.
    message : str
        The cause, in one sentence.
    next_step : str
        The next thing to measure or to try.
    """

    id: str
    wrong: Callable | Mapping
    message: str
    next_step: str = ""


@dataclass(frozen=True)
class Convention:
    """Another way to be right, as a book or a library has it: full marks, and a note.

    Parameters
    ----------
    id : str
        Its name in reports, such as ``"average"``.
    right : callable or mapping
        The exercise's function written so; as in `Mistake`.
    note : str
        What is different, and when that matters.
    """

    id: str
    right: Callable | Mapping
    note: str


@dataclass(frozen=True)
class Exercise:
    """What one exercise is, and how its answers are told apart.

    Parameters
    ----------
    signature : str
        ``"linear_backward(dy, cache) -> dx, dW, db"``: the learner's function, the
        inputs of a case it is called with, the names of its results. A result
        called ``cache`` is passed on and not judged.
    points : float
        Shared equally by the results.
    reference : callable or mapping
        The right answer, with those of `before` by name when there are any.
    cases : callable
        ``cases(rng)`` yields `Case`; the first is the plainest.
    mistakes : sequence of Mistake
    alternatives : sequence of callable or mapping
        Right answers written differently; each has to pass.
    conventions : sequence of Convention
        Right answers that give other numbers. An answer has to follow one of them in
        every case.
    before : sequence of str
        Signatures of learner functions called first; their results may be
        arguments. Judged too, but they earn nothing here.
    axes : dict
        Letters for the axes of inputs, ``{"x": "ND"}``: a factor is then named.
    tolerance : float
        Largest accepted error, relative to the largest entry.
    forbids : dict of name to reason
        Functions an answer may not call, besides the course's own. Where these are
        meant to be called, ``{"course_lib.*": ""}`` lets all of them pass that are
        not named with a reason.
    terms : dict of output name to callable
        For a gradient that is a sum: a function of inputs and earlier results, by
        their names, that returns the summands as a dict of name to array. Names
        finish the sentence "... is missing".
    shows_expected : bool
        Whether the lesson's own check may show expected values. Not where the
        expected value is the answer itself.
    name : str
        What the learner writes, which is the `grade_id` of its cell. By default the
        function of `signature`; to be given where that is one of the course's
        drivers, as in ``"use_values(Value, program, numbers) -> values, blame"``.
    formulas : sequence of str
        Results that are gradients, to be computed by a formula: an answer that is
        right, and exact in fewer cases than not, estimates them by differences.
    """

    signature: str
    points: float
    reference: Callable | Mapping
    cases: Callable
    mistakes: Sequence[Mistake] = ()
    alternatives: Sequence = ()
    before: Sequence[str] = ()
    axes: dict = field(default_factory=dict)
    tolerance: float = 1e-8
    forbids: dict = field(default_factory=dict)
    shows_expected: bool = True
    name: str = ""
    terms: dict = field(default_factory=dict)
    conventions: Sequence[Convention] = ()
    formulas: Sequence[str] = ()

    def __post_init__(self):
        object.__setattr__(self, "name", self.name or self.calls[-1]["function"])

    @property
    def calls(self):
        """The probe's calls, read from the signatures."""
        return [_read_signature(text) for text in (*self.before, self.signature)]

    def namespace(self, functions=None):
        """Return the reference's functions by name, with `functions` in their place.

        Parameters
        ----------
        functions : callable or mapping, optional
            A callable stands for the exercise's own function.
        """
        return {**self._by_name(self.reference), **self._by_name(functions or {})}

    def _by_name(self, functions):
        return functions if isinstance(functions, Mapping) else {self.name: functions}

    def public_checks(self):
        """Return the check data on the inputs that every learner gets."""
        return self._checks(np.random.default_rng(PUBLIC_SEED), rounds=1, public=True)

    def secret_checks(self, seed, with_mistakes=True):
        """Return check data on other inputs of the same kind, for grading.

        Parameters
        ----------
        seed : int
            The same seed gives the same inputs.
        with_mistakes : bool
            Whether to run every mistake too. Only an answer that is not right needs
            them, and they take most of the time.
        """
        rng = np.random.default_rng(seed)
        return self._checks(rng, SECRET_ROUNDS, False, with_mistakes)

    def _checks(self, rng, rounds, public, with_mistakes=True):
        cases = [case for _ in range(rounds) for case in self.cases(rng)]
        outputs = [
            name
            for c in self.calls
            for name in c["results"]
            if not name.endswith("cache")
        ]
        check = CheckData(
            exercise=self.name,
            max_points=float(self.points),
            calls=self.calls,
            outputs=outputs,
            scored=[name for name in self.calls[-1]["results"] if name in outputs],
            cases=[
                CaseData(c.note, c.inputs, {}, {}, axis_sizes(c.inputs, self.axes))
                for c in cases
            ],
            messages={m.id: [m.message, m.next_step] for m in self.mistakes},
            tolerance=self.tolerance,
            forbids={**OWN_WORK, **self.forbids},
            public=public and self.shows_expected,
            conventions={c.id: c.note for c in self.conventions},
            formulas=list(self.formulas),
        )
        self._fill_in(check, self.mistakes if with_mistakes else ())
        return check

    def _terms_of(self, case):
        """Return the summands of each output that has them, as float arrays."""
        values = {**case.expected, **case.inputs}
        return {
            output: {
                name: np.array(term, dtype=float)
                for name, term in _call_by_name(find, values).items()
            }
            for output, find in self.terms.items()
        }

    def _fill_in(self, check, mistakes):
        """Run the reference and the mistakes on the cases."""
        for case, outputs in self._right(check, "the reference", self.namespace()):
            case.expected = outputs
            case.terms = self._terms_of(case)
        for other in self.conventions:
            namespace = self.namespace(other.right)
            for case, outputs in self._right(check, other.id, namespace):
                case.conventional[other.id] = outputs
        self.run_mistakes(check, mistakes)

    def run_mistakes(self, check, mistakes):
        """Note on each of a check's cases what some of the mistakes give there."""
        for mistake in mistakes:
            reports = run(check, self.namespace(mistake.wrong), repeat=False)
            for case, report in zip(check.cases, reports, strict=True):
                differing = _differing(case, report, check.tolerance)
                if differing:
                    case.mistaken[mistake.id] = differing

    def _right(self, check, label, namespace):
        """Yield each case with the outputs of an answer that has to be right."""
        reports = run(check, namespace, repeat=False)
        for case, report in zip(check.cases, reports, strict=True):
            if report["failure"]:
                raise ValueError(
                    f"{self.name}: {label} fails for {case.note}: {report['failure']}"
                )
            yield case, report["outputs"]


def _call_by_name(function, values):
    names = inspect.signature(function).parameters
    return function(**{name: values[name] for name in names})


def run(check, namespace, repeat=True):
    """Return the reports of a check's probe on trusted functions."""
    with _one_at_a_time:  # a probe silences prints and warnings, for all threads
        return probes.run(check.questions(), namespace, repeat)


def _differing(case, report, tolerance):
    if report["failure"]:
        return {RAISED: str(report["failure"].get("type"))}
    return {
        name: value
        for name, value in report["outputs"].items()
        if not alike(value, case.expected[name], tolerance)
    }


def _read_signature(text):
    found = _SIGNATURE.fullmatch(text.strip())
    if not found:
        raise ValueError(
            f"{text!r} is no signature; expected 'name(argument, ...) -> result, ...'"
        )
    name, arguments, results = found.groups()
    return {
        "function": name,
        "arguments": [a.strip() for a in arguments.split(",") if a.strip()],
        "results": [r.strip() for r in results.split(",")],
    }


@dataclass(frozen=True)
class Lesson:
    """A lesson's declared exercises, by name, in order.

    Attributes
    ----------
    name : str
    source : Path
        The py:percent file.
    exercises : dict of name to Exercise
    rubrics : dict of name to Rubric
        Of the answers in words, which people grade.
    """

    name: str
    source: Path
    exercises: dict
    rubrics: dict = field(default_factory=dict)


def lesson_names(solutions=SOLUTIONS):
    """Return the names of all lessons: the folders that hold a source."""
    return sorted(
        p.parent.name for p in Path(solutions).glob("*/*.py") if _is_source(p)
    )


def _is_source(path):
    return path.stem == path.parent.name


def load_lesson(name, solutions=SOLUTIONS):
    """Load what a lesson's ``checks.py`` declares.

    Parameters
    ----------
    name : str
        Such as ``"01_loss"``.
    solutions : path
        The folder of all lessons' sources.

    Raises
    ------
    SourceError
        If the file is missing, cannot be run, or declares an exercise twice.
    """
    folder = Path(solutions) / name
    path = folder / "checks.py"
    module = _import(path)
    declared = getattr(module, "EXERCISES", None)
    if not isinstance(declared, list | tuple):
        raise SourceError(path, 1, "there is no list called EXERCISES. Declare it.")
    exercises = _by_name(path, declared)
    rubrics = _by_name(path, getattr(module, "RUBRICS", []), taken=exercises)
    return Lesson(name, folder / f"{name}.py", exercises, rubrics)


def _by_name(path, declared, taken=()):
    found = {}
    for each in declared:
        if each.name in found or each.name in taken:
            raise SourceError(
                path, 1, f"{each.name!r} is declared twice. Keep one of the two."
            )
        found[each.name] = each
    return found


def _import(path):
    if not path.is_file():
        raise SourceError(
            path, 1, "this file declares the lesson's exercises, and is missing."
        )
    name = f"checks_of_{path.parent.name}"
    spec = importlib.util.spec_from_loader(name, _Compiled(name, str(path)))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = _line_in(path, error)
        raise SourceError(path, line, f"{type(error).__name__}: {error}") from error
    return module


class _Compiled(SourceFileLoader):
    """Compiles a file each time: what Python keeps of it may be a second old."""

    def get_code(self, fullname):
        """Return the code of the file as it is now; the import system calls this."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _line_in(path, error):
    line = getattr(error, "lineno", None) or 1
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            line = step.tb_lineno
        step = step.tb_next
    return line
