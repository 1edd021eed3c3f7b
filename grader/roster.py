"""Who is in the class: ``class/roster.csv``, and whose a file from a platform is.

    learner,name,email,lms id
    ada,Ada Lovelace,ada@example.org,340934

`learner` is the name that the course knows somebody by: a folder, and nbgrader's id.
"""

import csv
import difflib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from grader.lms import CANVAS, LAYOUTS, MOODLE, OURS

COLUMNS = {"learner": "learner", "name": "name", "email": "email", "lmsid": "number"}
_FORBIDDEN = set('/\\:*?"<>|')
_LONGEST = 128  # nbgrader's, of a student's id


class Unassigned(ValueError):
    """Why a file belongs to nobody for certain, and how to go on."""


@dataclass(frozen=True)
class Person:
    """One row of the roster."""

    learner: str
    name: str = ""
    email: str = ""
    number: str = ""

    @property
    def first_and_last(self):
        """First and last name: ``Lovelace, Ada`` or ``Ada Lovelace``."""
        last, comma, first = self.name.partition(",")
        if not comma:
            first, _, last = self.name.strip().rpartition(" ")
        return first.strip(), last.strip()


class Roster:
    """The class, to be asked whose a file is.

    Parameters
    ----------
    people : iterable of Person
    file : path-like
        For messages.
    """

    def __init__(self, people=(), file="class/roster.csv"):
        self.people = list(people)
        self.file = file
        self._numbers = {p.number: p for p in self.people if p.number}
        self._names = {}
        for person in self.people:
            for spelling in _spellings(person):
                self._names.setdefault(spelling, []).append(person)

    def __bool__(self):
        return bool(self.people)

    def find(self, handed, email=""):
        """Return the learner that handed a file in.

        Parameters
        ----------
        handed : Handed
        email : str, optional
            What the platform says elsewhere of who that is.

        Raises
        ------
        Unassigned
            Nobody, or more than one, answers to it.

        Notes
        -----
        Canvas's number of a user decides where the roster has one; Moodle's counts
        anew in every assignment and decides nothing, an email address does. Else it is
        the name, in any order of its words, if one person only has it.
        """
        if handed.is_hidden:
            raise Unassigned(
                "The platform hides who it was. Let it show names, and download again."
            )
        known = not self or any(p.learner == handed.who for p in self.people)
        if handed.layout == OURS and known:
            return check_learner(handed.who)
        if not self:
            return _named_by_platform(handed)
        if handed.layout == CANVAS and handed.number in self._numbers:
            return self._numbers[handed.number].learner
        if email:
            return self._by_email(email)
        return self._by_name(handed).learner

    def _by_email(self, email):
        found = [p for p in self.people if p.email.casefold() == email.casefold()]
        if len(found) != 1:
            raise Unassigned(f"{len(found) or 'no'} rows of {self.file} have {email}.")
        return found[0].learner

    def _by_name(self, handed):
        found = self._names.get(letters(handed.who), [])
        if not found:
            raise Unassigned(
                f"Nobody in {self.file} is called {handed.who!r}. {self._near(handed)}"
            )
        if len(found) > 1:
            names = " and ".join(person.learner for person in found)
            way = (
                f"write Canvas's number {handed.number} as the lms id of one of them"
                if handed.layout == CANVAS
                else "give --times with the grading worksheet, which has emails"
            )
            raise Unassigned(f"It may be of {names}: {way}.")
        person = found[0]
        if handed.layout == CANVAS and person.number:
            raise Unassigned(
                f"{person.learner} has that name, and lms id {person.number} in "
                f"{self.file}, but the file says {handed.number}. Which one is right?"
            )
        return person

    def _near(self, handed):
        number = f" and lms id {handed.number}" if handed.layout == CANVAS else ""
        way = f"add a row with that name{number}."
        near = difflib.get_close_matches(letters(handed.who), self._names, 1, 0.8)
        if near:
            person = self._names[near[0]][0]
            return f"Did you mean {person.learner}, {person.name}? Else {way}"
        return way[0].upper() + way[1:]


def read_roster(file):
    """Read the roster, or an empty one where there is no such file.

    Parameters
    ----------
    file : path-like
        CSV with a head: ``learner``, and any of ``name``, ``email``, ``lms id``.

    Returns
    -------
    Roster

    Raises
    ------
    ValueError
        It cannot be understood; the message names the line.
    """
    rows, people, taken = read_table(file, missing=[]), [], {}
    for line, row in rows:
        row = {COLUMNS[key]: value for key, value in row.items() if key in COLUMNS}
        if not any(row.values()):
            continue
        if "learner" not in row:
            raise ValueError(
                f"{file}:1: there is no column 'learner', expected a head such as "
                "learner,name,email,lms id."
            )
        person = Person(**row)
        try:
            check_learner(person.learner)
        except Unassigned as error:
            raise ValueError(f"{file}:{line}: {error}") from None
        for what in (f"learner {person.learner!r}", f"lms id {person.number!r}"):
            if what in taken and what != "lms id ''":
                raise ValueError(
                    f"{file}:{line}: {what} stands in line {taken[what]} already, "
                    "expected once."
                )
            taken[what] = line
        people.append(person)
    return Roster(people, Path(file).name)


def read_table(file, missing=None):
    """Return the rows of a CSV file with a head: pairs of line and dict.

    The keys are the head's words without spaces, in small letters. Commas, semicolons
    and tabs are understood, as spreadsheets write them.

    Raises
    ------
    ValueError
        It is no text in UTF-8.
    FileNotFoundError
        There is none, and `missing` does not say what to return then.
    """
    try:
        text = Path(file).read_text("utf-8-sig")
    except FileNotFoundError:
        if missing is None:
            raise
        return missing
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: not text in UTF-8: {error}. Save it as CSV UTF-8."
        ) from None
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    keys = [letters(word) for word in next(reader, [])]
    return [
        (reader.line_num, dict(zip(keys, (cell.strip() for cell in row), strict=False)))
        for row in reader
    ]


def check_learner(learner):
    """Return the name of a learner, or raise `Unassigned` if it can name no folder."""
    bad = not learner or learner.startswith(".") or set(learner) & _FORBIDDEN
    if bad or not learner.isprintable() or len(learner) > _LONGEST:
        raise Unassigned(
            f"The learner is {learner!r}, expected a name for a folder: without "
            "slashes, quotes or a dot in front."
        )
    return learner


def letters(text):
    """Return what is left of a name in any spelling: letters and digits."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in text if c.isalnum())


def _spellings(person):
    """Return a person's name with its words in every order that platforms use."""
    words = person.name.replace(",", " ").split()
    turned = [words[k:] + words[:k] for k in range(len(words))]
    return {letters("".join(order)) for order in turned} - {""}


def _named_by_platform(handed):
    """Return what to call somebody where there is no roster."""
    words = "_".join("".join(c if c.isalnum() else " " for c in handed.who).split())
    if not words:
        platform = LAYOUTS[handed.layout]
        raise Unassigned(f"{platform} gives no name. Write a roster: class/roster.csv.")
    return f"{words}_{handed.number}" if handed.layout == CANVAS else words.casefold()


def twice(handed):
    """Return those people of an archive that its names cannot tell apart.

    Parameters
    ----------
    handed : iterable of Handed

    Returns
    -------
    set of str
        Names that more than one number has. In Canvas the number tells them apart.
    """
    pairs = {(h.who, h.number) for h in handed if h.layout == MOODLE}
    counts = Counter(letters(who) for who, _ in pairs)
    return {who for who, _ in pairs if counts[letters(who)] > 1}
