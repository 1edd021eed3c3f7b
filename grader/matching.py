"""Find out which cell of a submission belongs to which cell of the lesson.

By ``grade_id`` first, then by the function defined, then by likeness. A claim made in
a submission only ever decides where its text goes, never what it is worth.
"""

import re
from collections import Counter

from grader.definitions import LONGEST_READ, defined_names, likely_names

ALIKE = 0.6  # share of words in common from which a cell counts as the lesson's, edited
MOST_CLOSELY_READ = 50  # cells; more is somebody keeping the grader busy
_WORDS = re.compile(r"\w+|[^\w\s]")


def graded_id(cell, role):
    """Return the grade_id of a course cell that has the role, or "".

    Parameters
    ----------
    cell : dict
    role : {"solution", "grade"}
    """
    marks = cell.get("metadata", {}).get("nbgrader", {})
    return marks.get("grade_id", "") if marks.get(role) else ""


def is_in_words(cell):
    """Return whether a course cell is an answer in words, which people grade."""
    return bool(graded_id(cell, "solution")) and cell["cell_type"] == "markdown"


class Match:
    """Which piece of a submission belongs to which cell of the course.

    Parameters
    ----------
    cells : list of dict
        The lesson's cells, as released.
    pieces : list of Piece

    Attributes
    ----------
    place : dict
        Index of a piece to index of the course's cell.
    dropped : set of int
        Pieces that are not run: copies of checks, and copies of an answer cell that
        would undo the answer above them.
    merged : dict
        Exercise to the exercise in whose cell its answer stands.
    by_name : list of str
        Exercises found by their function's name only.
    remarks : list of str
        What was odd on the way, in words for the learner.
    """

    def __init__(self, cells, pieces):
        self.cells, self.pieces = cells, pieces
        self.place, self.dropped, self.merged = {}, set(), {}
        self.by_name, self.guessed, self.remarks = [], [], []
        self.solutions = {graded_id(c, "solution"): k for k, c in enumerate(cells)}
        self.checks = {
            graded_id(c, "grade"): k
            for k, c in enumerate(cells)
            if not graded_id(c, "solution")
        }
        self.solutions.pop("", None)
        self.checks.pop("", None)
        self._defines = self._read_definitions()
        self._words = {}
        if pieces:
            self._match_checks()
            self._match_answers()
            self._match_ordinary()
            self._match_words()
            self._leave_out_gone()

    def missing(self):
        """Return the exercises without an answer."""
        found = set(self.place.values())
        return [
            exercise
            for exercise, index in self.solutions.items()
            if index not in found and exercise not in self.merged
        ]

    def ordinary(self):
        """Return the course's cells that are neither answer nor check, with index."""
        graded = {*self.solutions.values(), *self.checks.values()}
        return [(k, cell) for k, cell in enumerate(self.cells) if k not in graded]

    def is_foreign(self):
        """Return whether nothing speaks for this being the lesson's notebook."""
        guessed = {self.solutions[exercise] for exercise in self.guessed}
        found = set(self.place.values()) - guessed
        graded = {*self.solutions.values(), *self.checks.values()}
        if self.merged or found & graded:
            return False
        return len(found) * 4 < len(self.cells)

    def _read_definitions(self):
        """Return for each piece the exercises it defines."""
        found, closely_read = [], 0
        for piece in self.pieces:
            names = likely_names(piece.source) if piece.kind == "code" else set()
            names &= self.solutions.keys()
            if names and closely_read < MOST_CLOSELY_READ:
                names &= defined_names(piece.source)
                closely_read += 1
            found.append(names)
        return found

    def _match_checks(self):
        for grade_id, index in self.checks.items():
            text = self.cells[index]["source"].strip()
            exercise = grade_id.removesuffix("_check")
            found = [
                k
                for k, piece in self._free()
                if grade_id in (piece.grade_id, piece.cell_id)
                or piece.source.strip() == text
            ]
            if not found:
                self._say(f"The check cell of {exercise} was missing; it was put back.")
                continue
            self.place[found[0]] = index
            self.dropped.update(found[1:])
            if len(found) > 1:
                self._say(
                    f"The check cell of {exercise} is there {len(found)} times. It "
                    "counts once; the copies were not run."
                )
            if any(self.pieces[k].source.strip() != text for k in found):
                self._say(
                    f"The check cell of {exercise} was changed. The lesson's own check "
                    "was used; code of yours belongs in a cell of its own."
                )

    def _match_answers(self):
        for exercise, index in self.solutions.items():
            stub = self.cells[index]["source"]
            claimed, defined = self._candidates(exercise)
            chosen = self._choose(claimed, exercise, stub)
            if chosen is None or self._rank(chosen, exercise, stub) < (True, True):
                moved = self._choose(defined, exercise, stub)
                if moved is not None and (
                    chosen is None or not self._bare(moved, stub)
                ):
                    self.by_name.append(exercise)
                    chosen = moved
            if chosen is not None:
                self._take(chosen, exercise, [*claimed, *defined])
        self._find_merged()
        self._find_alike()

    def _candidates(self, exercise):
        """Return the pieces that claim an exercise, and the others that define it."""
        claimed, defined = [], []
        for k, piece in self._free():
            if exercise in (piece.grade_id, piece.cell_id):
                claimed.append(k)
            elif exercise in self._defines[k]:
                claims = {piece.grade_id, piece.cell_id} & self.solutions.keys()
                if not claims & self._defines[k]:  # what it claims it does not define
                    defined.append(k)
        return claimed, defined

    def _bare(self, k, stub):
        """Return whether a piece is still the lesson's blank."""
        source = self.pieces[k].source
        return source.strip() in ("", stub.strip()) or (
            "raise NotImplementedError" in source
        )

    def _rank(self, k, exercise, stub):
        return exercise in self._defines[k], not self._bare(k, stub)

    def _choose(self, candidates, exercise, stub):
        """Return the last candidate that was written, those that define it first."""
        return max(
            candidates,
            key=lambda k: (*self._rank(k, exercise, stub), k),
            default=None,
        )

    def _take(self, chosen, exercise, rivals):
        index, piece = self.solutions[exercise], self.pieces[chosen]
        stub = self.cells[index]["source"]
        self.place[chosen] = index
        words = is_in_words(self.cells[index])
        answers = [
            k for k in rivals if words or k == chosen or exercise in self._defines[k]
        ]
        # A blank copy, wherever it stands, must not undo the answer that counts.
        self.dropped.update(k for k in answers if k != chosen and self._bare(k, stub))
        if len(answers) > 1:
            self._say(
                f"There are {len(answers)} answers to {exercise}. The last one that "
                f"you wrote counts: cell {piece.number} of your file."
            )
        kind = self.cells[index]["cell_type"]
        if piece.kind != kind:
            self._say(
                f"The answer cell of {exercise} had become a {piece.kind} cell. It was "
                f"{'run as code' if kind == 'code' else 'read as text'}."
            )

    def _find_merged(self):
        """Find answers that stand in the cell of another exercise."""
        for exercise in self.missing():
            for k, index in self.place.items():
                owner = graded_id(self.cells[index], "solution")
                if owner and exercise in self._defines[k]:
                    self.merged[exercise] = owner
                    self._say(
                        f"The answer to {exercise} was found in the cell of {owner}."
                    )
                    break

    def _find_alike(self):
        """Give what is left to the pieces most like the lesson's own cells."""
        for exercise in self.missing():
            index = self.solutions[exercise]
            if is_in_words(self.cells[index]):
                continue  # what people write is not like the blank
            best = self._most_alike(self.cells[index])
            if best is None:
                self._say(f"The answer cell of {exercise} is missing.")
                continue
            self.place[best] = index
            self.guessed.append(exercise)
            self._say(
                f"Cell {self.pieces[best].number} of your file was taken as the answer "
                f"to {exercise}, because it is most like the lesson's cell."
            )

    def _match_ordinary(self):
        """Give the lesson's other cells their pieces: by text, by id, by likeness."""
        texts, ids = {}, {}
        for index, cell in self.ordinary():
            texts.setdefault(cell["source"].strip(), []).append(index)
            ids[cell["id"]] = index
        for k, piece in self._free():
            if indices := texts.get(piece.source.strip()):
                self.place[k] = indices.pop(0)
        found = set(self.place.values())
        for k, piece in self._free():
            index = ids.get(piece.cell_id)
            if index is not None and index not in found:
                self.place[k] = index
                found.add(index)
        for index, cell in self.ordinary():
            if index not in found and (best := self._most_alike(cell)) is not None:
                self.place[best] = index

    def _match_words(self):
        """Find answers in words whose own cell is missing or blank: by their place.

        The text that follows the rubric, up to the lesson's next cell, is the answer.
        """
        pieces = {index: k for k, index in self.place.items()}
        for exercise, index in self.solutions.items():
            if not is_in_words(self.cells[index]):
                continue
            own, stub = pieces.get(index), self.cells[index]["source"]
            if own is not None and not self._bare(own, stub):
                continue
            above = own if own is not None else pieces.get(index - 1)
            beside = [] if above is None else self._text_below(above)
            if beside:
                self.place.pop(own, None)
                self.dropped.update([] if own is None else [own])
                self.place[beside[0]] = index
                self._say(
                    f"Cell {self.pieces[beside[0]].number} of your file was taken as "
                    f"the answer to {exercise}, because it stands in its place."
                )
            elif own is None:
                self._say(f"The answer cell of {exercise} is missing.")

    def _leave_out_gone(self):
        """Find answers and checks of exercises that the lesson no longer has."""
        graded = self.solutions.keys() | self.checks.keys()
        for k, piece in self._free():
            if not piece.grade_id or piece.grade_id in graded:
                continue
            is_answer = piece.claims.get("solution")
            if is_answer and not self._bare(k, ""):
                self._say(
                    f"The lesson does not ask for {piece.grade_id[:80]}, or no longer. "
                    "Your cell was run in its place, and earns nothing."
                )
            elif is_answer or piece.claims.get("grade"):
                self.dropped.add(k)

    def _text_below(self, k):
        """Return the free text pieces that follow a piece, up to any other piece."""
        found, free = [], {k for k, piece in self._free() if piece.source.strip()}
        while (k := k + 1) in free and self.pieces[k].kind == "markdown":
            found.append(k)
        return found

    def _free(self):
        taken = self.place.keys() | self.dropped
        return [(k, piece) for k, piece in enumerate(self.pieces) if k not in taken]

    def _most_alike(self, cell):
        """Return the free piece that shares most words with a course cell, or None."""
        words = _count_words(cell["source"])
        best, best_share = None, ALIKE
        for k, piece in self._free():
            length, own = len(piece.source), len(cell["source"])
            if piece.kind != cell["cell_type"] or piece.grade_id:
                continue
            if not own / 4 <= length <= 4 * own:
                continue
            if k not in self._words:
                self._words[k] = _count_words(piece.source)
            share = _likeness(words, self._words[k])
            if share > best_share:
                best, best_share = k, share
        return best

    def _say(self, remark):
        if remark not in self.remarks:
            self.remarks.append(remark)


def _count_words(source):
    return Counter(_WORDS.findall(source[:LONGEST_READ]))


def _likeness(words, others):
    total = words.total() + others.total()
    return 2 * (words & others).total() / total if total else 0.0
