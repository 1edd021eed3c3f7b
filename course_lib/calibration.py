"""How good were the predictions? Read from the logs that the lessons' cards kept.

    found = calibration()
    found.by_lesson["01_loss"].right, found.by_lesson["01_loss"].judged
    found.numbers                       # (predicted, measured) pairs

What counts is the first answer committed to a question: the second one knows more.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.prediction_log import LOG
from course_lib.settings import load_settings

NEAR = 0.1  # a number within a tenth of what was measured counts as right
LARGEST_LOG = 5_000_000  # bytes; a card writes some two hundred


@dataclass
class Tally:
    """The predictions of one lesson.

    Attributes
    ----------
    committed : int
        Questions with an answer.
    judged : int
        Those of which it is known what came out.
    right : int
    numbers : list of (float, float)
        Predicted and measured, where both are numbers.
    """

    committed: int = 0
    judged: int = 0
    right: int = 0
    numbers: list = field(default_factory=list)


@dataclass
class Calibration:
    """All predictions of a course.

    Attributes
    ----------
    by_lesson : dict of str to Tally
        In the order of the lessons; only those with a prediction.
    unreadable : int
        Lines of the logs that hold no prediction.
    """

    by_lesson: dict = field(default_factory=dict)
    unreadable: int = 0

    @property
    def committed(self):
        """How many questions were answered."""
        return sum(tally.committed for tally in self.by_lesson.values())

    @property
    def judged(self):
        """How many of them can be compared with what came out."""
        return sum(tally.judged for tally in self.by_lesson.values())

    @property
    def right(self):
        """How many of those were right."""
        return sum(tally.right for tally in self.by_lesson.values())

    @property
    def numbers(self):
        """All pairs of a predicted and a measured number."""
        return [pair for tally in self.by_lesson.values() for pair in tally.numbers]

    @property
    def typical_factor(self):
        """The median factor by which numbers were off, at least 1; None without any.

        Only numbers of one sign have a factor; 2 is off by 2, and so is 0.5.
        """
        factors = sorted(
            max(said / seen, seen / said)
            for said, seen in self.numbers
            if said * seen > 0 and math.isfinite(said / seen)
        )
        return factors[len(factors) // 2] if factors else None


def calibration(folder=None):
    """Return how good all predictions were that were made in the lessons.

    Parameters
    ----------
    folder : path-like, default=the course's lessons
        Holds one folder a lesson, each with its log or without one.

    Returns
    -------
    Calibration

    Notes
    -----
    Logs lie beside learners' notebooks and may be missing, cut off, merged or edited.
    Whatever cannot be read is counted and passed over.
    """
    folder = Path(folder) if folder else load_settings().lessons
    found = Calibration()
    for log in sorted(folder.glob(f"*/{LOG}")):
        entries, unreadable = _entries(log)
        found.unreadable += unreadable
        if entries:
            found.by_lesson[log.parent.name] = _tally(entries)
    return found


def is_right(choice, truth):
    """Return whether a prediction is what came out; numbers within a tenth."""
    if _is_number(choice) and _is_number(truth):
        return abs(choice - truth) <= NEAR * abs(truth)
    return choice == truth


def _tally(entries):
    """Return the tally of one log's entries, in the order they were written."""
    first, truths = {}, {}
    for entry in entries:
        name = entry["question"]
        first.setdefault(name, entry["choice"])
        if entry.get("truth") is not None:
            truths[name] = entry["truth"]
    tally = Tally(committed=len(first))
    for name, truth in truths.items():
        choice = first[name]
        tally.judged += 1
        tally.right += is_right(choice, truth)
        if _is_number(choice) and _is_number(truth):
            tally.numbers.append((float(choice), float(truth)))
    return tally


def _entries(log):
    """Return the predictions that a log holds, and how many lines hold none."""
    try:
        if log.stat().st_size > LARGEST_LOG:
            return [], 1
        lines = log.read_text("utf-8", "replace").splitlines()
    except OSError:
        return [], 1
    entries = [_entry(line) for line in lines if line.strip()]
    good = [entry for entry in entries if entry is not None]
    return good, len(entries) - len(good)


def _entry(line):
    """Return the prediction that a line holds, or None."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get("question"), str):
        return None
    plain = _is_number(entry.get("choice")) or isinstance(entry.get("choice"), str)
    truth = entry.get("truth")
    known = truth is None or _is_number(truth) or isinstance(truth, str)
    return entry if plain and known else None


def _is_number(value):
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < 1e300  # neither NaN nor infinite
