"""Small data sets, always the same, with no need of a network.

``load("digits")`` returns a `Dataset`; its parts unpack into inputs and targets::

    digits = load("digits")
    x, labels = digits.train
    train(network, *digits.train, validation=digits.validation, ...)

``describe("digits")`` says where it comes from and under which licence.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.data.generated import (
    SUBSYSTEMS,
    TICKET_WORDS,
    make_moons,
    make_spirals,
    make_tickets,
    subsystem_of,
)
from course_lib.data.sources import SOURCES, Source, describe, find

__all__ = [
    "LETTERS",
    "SOURCES",
    "SUBSYSTEMS",
    "TICKET_WORDS",
    "Dataset",
    "Examples",
    "Source",
    "describe",
    "load",
    "load_diabetes",
    "load_digits",
    "load_letters",
    "load_moons",
    "load_spirals",
    "load_tickets",
    "make_moons",
    "make_spirals",
    "make_tickets",
    "subsystem_of",
]

FOLDER = Path(__file__).parent
LETTERS = " abcdefghijklmnopqrstuvwxyz"
AROUND = ("two before", "one before", "one after", "two after")


class Examples(NamedTuple):
    """Inputs of shape (N, D) and what belongs to them: labels or numbers, (N,)."""

    x: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """All the examples of a data set, and a fixed division into three parts.

    Attributes
    ----------
    name : str
    x : ndarray of shape (N, D), of float64
        Of integers, where they are token numbers.
    targets : ndarray of shape (N,)
        Class numbers from 0, or measured numbers.
    feature_names : tuple of str
        One for each of the D columns.
    rows : dict of str to ndarray of integers
        The rows of each part, by its name: train, validation, test.
    """

    name: str
    x: np.ndarray
    targets: np.ndarray
    feature_names: tuple
    rows: dict

    def __repr__(self):
        sizes = ", ".join(f"{len(rows)} {part}" for part, rows in self.rows.items())
        return f"Dataset({self.name}: x {self.x.shape}, {sizes})"

    def part(self, name):
        """Return the examples of one part, by its name."""
        rows = self.rows[name]
        return Examples(self.x[rows], self.targets[rows])

    @property
    def all(self):
        """Every example, in the original order."""
        return Examples(self.x, self.targets)

    @property
    def train(self):
        """The examples to learn from."""
        return self.part("train")

    @property
    def validation(self):
        """The examples to compare settings on."""
        return self.part("validation")

    @property
    def test(self):
        """The examples to look at once, at the end."""
        return self.part("test")


def load(name, **settings):
    """Load a data set by its name.

    Parameters
    ----------
    name : {"digits", "diabetes", "moons", "spirals", "letters", "tickets"}
    **settings
        Those of `load_digits` and so on.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If there is no data set of that name; the nearest name is offered.
    """
    return find(_LOADERS, name)(**settings)


def load_digits(scaled=True):
    """Load 1797 images of handwritten digits, 8 by 8 pixels each.

    Parameters
    ----------
    scaled : bool, default=True
        Pixels from 0 to 1; if False, the original counts from 0 to 16.

    Returns
    -------
    Dataset
        `x` of shape (1797, 64), rows of an image one after another; labels 0 to 9;
        1077, 360 and 360 examples with equal shares of each digit.

    Notes
    -----
    The original order is by writer: cut in that order, training and test examples
    come from different people. Lesson 10 uses it.
    """
    arrays = _read("digits")
    x = arrays["pixels"].astype(float)
    names = tuple(f"pixel {row},{column}" for row in range(8) for column in range(8))
    labels = arrays["labels"].astype(int)
    return Dataset("digits", x / 16.0 if scaled else x, labels, names, _rows(arrays))


def load_diabetes(scaled=True):
    """Load ten measurements of 442 patients, and how far the disease went.

    Parameters
    ----------
    scaled : bool, default=True
        Each column with mean 0 and a sum of squares of 1, as scikit-learn has it; if
        False, the units of `describe`.

    Returns
    -------
    Dataset
        `x` of shape (442, 10); targets from 25 to 346, never scaled; 266, 88 and 88
        examples.
    """
    arrays = _read("diabetes")
    x = arrays["scaled" if scaled else "measured"].copy()
    names = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    targets = arrays["targets"].copy()
    return Dataset("diabetes", x, targets, names, _rows(arrays))


def load_moons():
    """Make 300 points on two half circles that interlock, always the same.

    Returns
    -------
    Dataset
        `x` of shape (300, 2), labels 0 and 1; 180, 60 and 60 examples.
    """
    return _plane("moons", *make_moons(300, 0.15, np.random.default_rng(0)))


def load_spirals():
    """Make 300 points on three arms of a spiral, always the same.

    Returns
    -------
    Dataset
        `x` of shape (300, 2), labels 0 to 2; 180, 60 and 60 examples.
    """
    return _plane("spirals", *make_spirals(300, 0.03, np.random.default_rng(0)))


def load_letters():
    """Load an English text, letter by letter, each with those around it.

    Returns
    -------
    Dataset
        `x` of shape (N, 4): the characters around the middle one, as places in
        `LETTERS`; the targets are the middle ones, 0 to 26. The first eight tenths
        of the text are to learn from, and a tenth each for the other parts.
    """
    tokens = _read("letters")["tokens"].astype(int)
    fives = np.lib.stride_tricks.sliding_window_view(tokens, 5)
    cuts = [len(fives) * 8 // 10, len(fives) * 9 // 10]
    parts = np.split(np.arange(len(fives)), cuts)
    rows = dict(zip(("train", "validation", "test"), parts, strict=True))
    return Dataset("letters", fives[:, [0, 1, 3, 4]], fives[:, 2].copy(), AROUND, rows)


def load_tickets():
    """Make 900 technicians' tickets of five words, always the same.

    Returns
    -------
    Dataset
        `x` of shape (900, 4): the words around the middle one, as places in
        `TICKET_WORDS`; the targets are the middle words, 0 to 31; 540, 180 and 180
        examples.
    """
    tickets = make_tickets(900, np.random.default_rng(0))
    parts = np.split(np.arange(len(tickets)), [540, 720])
    rows = dict(zip(("train", "validation", "test"), parts, strict=True))
    return Dataset("tickets", tickets[:, [0, 1, 3, 4]], tickets[:, 2], AROUND, rows)


def _plane(name, x, labels):
    # The points are drawn in random order, so that cutting is a fair division.
    parts = np.split(np.arange(len(labels)), [180, 240])
    rows = dict(zip(("train", "validation", "test"), parts, strict=True))
    return Dataset(name, x, labels, ("x1", "x2"), rows)


@lru_cache(maxsize=4)
def _read(name):
    """Return a file's arrays, to be copied: they are kept, and everybody's."""
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def _rows(arrays):
    return {part: arrays[part].astype(int) for part in ("train", "validation", "test")}


_LOADERS = {
    "digits": load_digits,
    "diabetes": load_diabetes,
    "moons": load_moons,
    "spirals": load_spirals,
    "letters": load_letters,
    "tickets": load_tickets,
}
