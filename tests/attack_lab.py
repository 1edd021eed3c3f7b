"""The attack lab: what a hostile or broken submission is, and what must become of it.

Each case says what it tries and what must happen. After each of them the lab looks for
what no submission may leave: a process, a file outside its scratch folder, a trace in
the next submission that the same warm worker grades.
"""

import copy
import time
from dataclasses import dataclass, field, replace

import pytest
from process_tree import descendants
from small_course import (
    ANSWERS,
    NAME,
    answered,
    as_bytes,
    cell_of,
    code,
    write_course,
)

from grader.grade import grade
from grader.judge import judge_exercise
from grader.limits import Limits
from grader.prepared import prepare
from grader.worker import Cell, Worker

SECRET = b"for tests"
LIMITS = Limits(
    cell_seconds=10.0,
    probe_seconds=10.0,
    submission_seconds=40.0,
    cpu_seconds=10,
    memory_bytes=1 << 30,
    scratch_bytes=16 << 20,
    file_bytes=8 << 20,
    output_bytes=200_000,
)
HASTY = replace(LIMITS, cell_seconds=1.0, probe_seconds=1.0, submission_seconds=12.0)
STUCK = "did not end"
LATE = "stopped after 1 s"
WRONG = {
    "mse": "def mse(predictions, targets):\n    return 1.0",
    "line_backward": "def line_backward(dy, x):\n    return 1.0, 1.0",
    "center": "def center(x):\n    return 0 * x",
}
EVERY = 5  # attacks; then a whole honest submission, else one exercise of it
LONGEST_REASON = 1500  # characters; nobody reads more


@dataclass(frozen=True)
class Attack:
    """One hostile or broken submission.

    Attributes
    ----------
    tries : str
        What it is after, in words.
    cell : str
        A cell added before the lesson's first answer.
    answers : dict
        Source of answer cells by exercise. Exercises without one are left blank.
    edit : callable, optional
        ``edit(notebook)`` changes the notebook; or ``edit(notebook) -> bytes`` makes
        the file.
    earns : float
        The score it must have.
    says : dict
        Words that the verdict of an exercise must have; under ``"file"``, words that
        stand among the file's deviations.
    limits : Limits
    """

    tries: str
    cell: str = ""
    answers: dict = field(default_factory=dict)
    edit: object = None
    earns: float = 0.0
    says: dict = field(default_factory=dict)
    limits: Limits = LIMITS


def forging(tries, cell="", answers=None, **options):
    """Return an attack that answers everything wrong and must earn nothing."""
    return Attack(tries, cell, {**WRONG, **(answers or {})}, **options)


def breaking(tries, mse, says, **options):
    """Return an attack in the answer to `mse`; both other answers are right.

    Only what must be stopped by a clock has a short one; a slow machine has time for
    everything else.
    """
    limits = HASTY if says in (STUCK, LATE) else LIMITS
    options = {"earns": 5.0, "limits": limits, **options}
    return Attack(tries, answers={**ANSWERS, "mse": mse}, says={"mse": says}, **options)


def beside(tries, cell, **options):
    """Return an attack in an added cell; every answer is right, and must count."""
    return Attack(tries, cell, ANSWERS, **{"earns": 7.0, **options})


class Lab:
    """A small course, one warm worker, and a folder that nobody may touch."""

    def __init__(self, root):
        self.solutions = write_course(root)
        self.course = prepare(NAME, self.solutions).notebook
        self.canary = root / "canary"
        self.canary.mkdir(mode=0o777)
        self.canary.chmod(0o777)
        (self.canary / "grades.csv").write_text("ada,0\n")
        (self.canary / "grades.csv").chmod(0o666)
        self.worker = Worker("required")
        self.worker.start()
        self._before = self._state()
        self._held = 0

    def grade(self, data, limits=LIMITS, **options):
        """Return the report on a file, and how long grading took, in seconds."""
        started = time.monotonic()
        options = {"learner": "eve", "secret": SECRET, **options}
        report = grade(
            NAME,
            data if isinstance(data, bytes) else as_bytes(data),
            solutions=self.solutions,
            worker=self.worker,
            limits=limits,
            **options,
        )
        return report, time.monotonic() - started

    def submission(self, attack):
        """Return the bytes of an attack's file."""
        notebook = answered(self.course, attack.answers)
        if attack.cell:
            source = attack.cell.replace("CANARY", str(self.canary))
            notebook["cells"].insert(2, code(source))
        made = attack.edit(notebook) if attack.edit else None
        return made if isinstance(made, bytes) else as_bytes(notebook)

    def must_fail(self, attack):
        """Grade an attack and hold everything that the lab promises."""
        report, _ = self.grade(self.submission(attack), attack.limits)
        assert report.score == attack.earns, report.as_json()
        assert report.max_score == 7.0 and len(report.exercises) == 3
        told = {v.exercise: f"{v.headline()} {v.message}" for v in report.exercises}
        told["file"] = "\n".join(report.deviations)
        for name, words in attack.says.items():
            assert words in told[name], told[name]
        for verdict in report.exercises:
            assert verdict.is_right or verdict.message
            assert len(verdict.message) < LONGEST_REASON, len(verdict.message)
            assert verdict.message.isprintable(), verdict.message
        self.must_be_untouched()
        return report

    def verdict(self, exercise, source):
        """Return the verdict on the answer to one exercise of a real lesson."""
        check = exercise.secret_checks(1, with_mistakes=False)
        asked = Cell("", exercise.name, check.taken())
        probes = {exercise.name: check.probe()}
        run = self.worker.run([Cell(source), asked], probes, LIMITS)
        return judge_exercise(exercise, 1, run.probes[exercise.name])

    def must_be_untouched(self):
        """Hold that nothing runs, nothing was written, and the next one is graded."""
        deadline = time.monotonic() + 3.0
        while (left := descendants(self._parent())) and time.monotonic() < deadline:
            time.sleep(0.005)
        assert left == []
        assert self._state() == self._before
        exercise = prepare(NAME, self.solutions).exercises["center"]
        assert self.verdict(
            exercise, f"import numpy as np\n{ANSWERS['center']}"
        ).is_right
        self._held += 1
        if self._held % EVERY == 1:
            report, seconds = self.grade(answered(self.course), LIMITS, learner="ada")
            assert report.score == 7.0, report.as_json()
            assert report.deviations == [] and seconds < 10.0

    def _parent(self):
        return self.worker._parent._process.pid

    def _state(self):
        """Return what a submission must not change."""
        places = [self.canary, self.solutions.parent]
        return {
            path: path.read_bytes() if path.is_file() else None
            for place in places
            for path in sorted(place.rglob("*"))
            if "__pycache__" not in path.parts
        }


def edited(change):
    """Return an `edit` that applies `change` to each cell of a notebook."""

    def edit(notebook):
        for cell in notebook["cells"]:
            change(cell)

    return edit


def moved(notebook, grade_id, place):
    """Move a cell of a notebook."""
    cell = cell_of(notebook, grade_id)
    notebook["cells"].remove(cell)
    notebook["cells"].insert(place, cell)


def doubled(notebook, grade_id):
    """Append a copy of a cell to a notebook."""
    notebook["cells"].append(copy.deepcopy(cell_of(notebook, grade_id)))


def every(attacks, quick=()):
    """Return the decorator that runs a test on each attack, most only in full runs.

    Parameters
    ----------
    attacks : dict of name to Attack
    quick : collection of str
        Names of those that the quick suite runs too.
    """
    assert set(quick) <= set(attacks)
    cases = [
        pytest.param(attack, id=name, marks=() if name in quick else pytest.mark.full)
        for name, attack in attacks.items()
    ]
    return pytest.mark.parametrize("attack", cases)
