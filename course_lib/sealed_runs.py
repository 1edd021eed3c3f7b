"""The bench exam's runs: readings and retests, without a word about what is wrong.

    run = sealed(3)
    run.readings["training loss"]
    run.retest("a tenth of the learning rate")["training loss"]

Each run was made on `bench_runs` and stored as numbers: the run itself, and the run
made again with each of the changes.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")
N_RUNS = 8
N_MEASURED = 11
CURVES = (
    *("steps", "training loss", "validation loss"),
    *("training accuracy", "validation accuracy"),
)
NUMBERS = ("gradient check", "first blame", "wrong of 20")
CHANGES = (
    "a tenth of the learning rate",
    "ten times the learning rate",
    "tanh and its own start",
    "the start that fits",
    "ten times the data",
    "labels read again by eye",
    "the rare class as often",
    "backward written again",
)
N_RETESTS = 2


@dataclass
class SealedRun:
    """A run on the bench: its readings, and two retests.

    Attributes
    ----------
    readings : dict of str to float or ndarray
        As `course_lib.bench_runs.read_run` describes them.
    retests : dict of str to dict
        The same readings of the run made again, by what was changed.
    asked : list of str
        The retests made so far.
    """

    readings: dict
    retests: dict
    asked: list = field(default_factory=list)

    def retest(self, change):
        """Return the readings of the run made again with one thing changed.

        Parameters
        ----------
        change : str
            One of `CHANGES`.

        Raises
        ------
        ValueError
            If there is no such change, or the run has been made again twice before.
        """
        if change not in self.retests:
            raise ValueError(
                f"retest: {change!r} is no change of the bench. There are: "
                + "; ".join(self.retests)
            )
        if len(self.asked) == N_RETESTS:
            raise ValueError(
                f"retest: this run has been made again {N_RETESTS} times ("
                + "; ".join(self.asked)
                + "). More is guessing. Read the instruments first."
            )
        self.asked.append(change)
        return copied(self.retests[change])


def sealed(number):
    """Return one of the exam's runs, with its retests still to be made.

    Parameters
    ----------
    number : int
        From 1 to 8.

    Returns
    -------
    SealedRun

    Raises
    ------
    ValueError
        If there is no run of that number.
    """
    if number not in range(1, N_RUNS + 1):
        raise ValueError(f"sealed: there is no run {number!r}; they are 1 to {N_RUNS}.")
    rows = _stored()[number - 1]
    return SealedRun(readings_from(rows[0]), retests_from(rows[1:]))


def row_from(readings):
    """Return readings as one array of numbers, for a file."""
    curves = [readings[name] for name in CURVES]
    numbers = [readings[name] for name in NUMBERS]
    return np.concatenate([*curves, numbers, readings["by class"]]).astype(np.float32)


def readings_from(row):
    """Return the readings that a row of numbers holds."""
    row = np.asarray(row, float)
    curves = row[: len(CURVES) * N_MEASURED].reshape(len(CURVES), N_MEASURED)
    numbers = row[curves.size : curves.size + len(NUMBERS)]
    return {
        **{name: curve.copy() for name, curve in zip(CURVES, curves, strict=True)},
        **{name: float(value) for name, value in zip(NUMBERS, numbers, strict=True)},
        "by class": row[curves.size + len(NUMBERS) :].copy(),
    }


def retests_from(rows):
    """Return the readings of all retests by their change, from a row for each."""
    return {name: readings_from(row) for name, row in zip(CHANGES, rows, strict=True)}


def copied(readings):
    """Return readings with arrays of their own."""
    return {k: v.copy() if hasattr(v, "copy") else v for k, v in readings.items()}


@lru_cache(maxsize=1)
def _stored():
    """Return all rows: of shape (runs, 1 + changes, numbers of a row)."""
    with np.load(FILE) as file:
        return file["rows"]
