"""Put a submission's answers into the course's own notebook.

Of a submission only text is used: that of its answer cells, and the learner's own
added cells, each after the lesson's cell it followed. Everything else (checks, order,
metadata, tags, ids, outputs) comes from the course. Whatever departs from the lesson
is listed in words for the learner.
"""

import json
import re
from dataclasses import dataclass, field

from grader.matching import Match, graded_id
from grader.salvage import read_pieces

ELSEWHERE = "# Your answer is in the cell of {}."
MARKS = ("grade", "solution", "locked", "task", "points")


@dataclass
class Answers:
    """A submission as it will be run.

    Attributes
    ----------
    notebook : dict
        nbformat 4, without outputs: the course's cells with the learner's answers
        and added cells; these carry ``{"course": {"added": True}}``.
    deviations : list of str
        How the submission departs from the lesson, in words for its author.
    missing : list of str
        Exercises whose answer was not found.
    complete : bool
        Whether the whole file could be read.
    """

    notebook: dict
    deviations: list
    missing: list = field(default_factory=list)
    complete: bool = True

    def written(self):
        """Return all code that the learner wrote, as one text."""
        return "\0".join(
            cell["source"]
            for cell in self.notebook["cells"]
            if cell["cell_type"] == "code"
            and (cell["metadata"].get("course") or graded_id(cell, "solution"))
        )


class WrongLesson(ValueError):
    """The submission is a notebook, but not of this lesson."""


def read_answers(course, submission, lesson, file=""):
    """Rebuild a submission from the course's notebook.

    Parameters
    ----------
    course : dict
        The lesson as released: nbformat 4, with nbgrader's metadata.
    submission : bytes
    lesson : str
        The lesson's name, for messages.
    file : str, optional
        The submitted file's name, for messages.

    Returns
    -------
    Answers

    Raises
    ------
    Unreadable, WrongLesson
        Nothing in the submission can be graded; the message is for the learner.
    """
    salvage = read_pieces(submission)
    match = Match(course["cells"], salvage.pieces)
    if match.is_foreign():
        raise WrongLesson(
            f"This notebook is not the lesson {lesson}: it holds none of its answer "
            f"cells and nearly none of its text. Open lessons/{lesson}/{lesson}.ipynb, "
            "write your answers there, and submit that file."
        )
    return Answers(
        notebook=_rebuild(course, match),
        deviations=[*_name_remark(lesson, file), *salvage.remarks, *_remarks(match)],
        missing=match.missing(),
        complete=salvage.complete,
    )


def no_answers(course, reason):
    """Return the untouched lesson, for a submission of which nothing can be graded.

    Parameters
    ----------
    course : dict
        The lesson as released.
    reason : str
        Why, in words for the learner.
    """
    match = Match(course["cells"], [])
    return Answers(_rebuild(course, match), [reason], match.missing(), complete=False)


def _rebuild(course, match):
    """Return the course's notebook with the answers and the added cells in place."""
    result = json.loads(json.dumps(course))  # a copy, ten times as fast as deepcopy's
    cells = result["cells"]
    added, last = {}, -1
    for k, piece in enumerate(match.pieces):
        index = match.place.get(k)
        if index is not None:
            last = index
            if graded_id(cells[index], "solution"):
                cells[index]["source"] = piece.source
        elif k not in match.dropped:
            added.setdefault(last, []).append(_added_cell(piece))
    for owner in set(match.merged.values()):
        _share_cell(cells, match, owner)
    result["cells"] = added.get(-1, [])
    for index, cell in enumerate(cells):
        result["cells"] += [cell, *added.get(index, [])]
    for cell in result["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return result


def _share_cell(cells, match, owner):
    """Put a text that answers several exercises into the first of their cells."""
    sharing = [owner, *(e for e, other in match.merged.items() if other == owner)]
    text = cells[match.solutions[owner]]["source"]
    first, *others = sorted(match.solutions[exercise] for exercise in sharing)
    cells[first]["source"] = text
    for index in others:
        cells[index]["source"] = ELSEWHERE.format(graded_id(cells[first], "solution"))


def _added_cell(piece):
    return {
        "id": f"added-{piece.number}",
        "cell_type": piece.kind,
        "metadata": {"course": {"added": True}},
        "source": piece.source,
    }


def _remarks(match):
    """Return everything that departs from the lesson, in words."""
    found = []
    if not any(piece.claims.get("grade_id") for piece in match.pieces):
        found.append(
            "The cells had lost their grading marks, as happens in other editors. Your "
            "answers were found by the functions they define."
        )
    elif match.by_name:
        found.append(
            "Found by the function's name, outside the lesson's answer cell: "
            f"{', '.join(match.by_name)}."
        )
    return [
        *found,
        *match.remarks,
        *_changed_code(match),
        *_claim_remarks(match),
        *_order_remark(match),
    ]


def _changed_code(match):
    changed, lost = [], 0
    taken = {index: k for k, index in match.place.items()}
    for index, cell in match.ordinary():
        if cell["cell_type"] != "code":
            continue
        if index not in taken:
            lost += 1
        elif match.pieces[taken[index]].source.strip() != cell["source"].strip():
            changed.append(str(match.pieces[taken[index]].number))
    if changed:
        yield (
            "You changed code of the lesson that is not an answer (cell "
            f"{', '.join(changed)} of your file). The lesson's own code was run."
        )
    if lost:
        yield f"Code cells of the lesson that were missing and were put back: {lost}."


def _claim_remarks(match):
    """Yield what tags and grading marks tried to say."""
    tags, marks = set(), []
    for k, index in match.place.items():
        piece, own = match.pieces[k], match.cells[index]["metadata"]
        tags.update(set(piece.tags) - set(own.get("tags", [])))
        own = own.get("nbgrader", {})
        if any(m in piece.claims and piece.claims[m] != own.get(m) for m in MARKS):
            marks.append(own.get("grade_id") or f"cell {piece.number}")
    if tags:
        names = ", ".join(sorted(tag[:40] for tag in tags)[:10])
        yield f"Tags on cells have no effect on grading: {names}."
    if marks:
        yield (
            f"The grading marks of {', '.join(marks)} were changed. The course's own "
            "were used."
        )


def _order_remark(match):
    order = [match.place[k] for k in sorted(match.place)]
    if order != sorted(order):
        yield "The cells were in another order. They were run in the lesson's order."


def _name_remark(lesson, file):
    name = re.split(r"[/\\]", file)[-1]
    if name and name != f"{lesson}.ipynb":
        yield (
            f'The file is called "{name}", the lesson\'s own is "{lesson}.ipynb". The '
            "name makes no difference to the grade."
        )
