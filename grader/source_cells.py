"""The cells of a lesson, made from what its source says of them."""

import hashlib

from nbformat.v4 import new_code_cell, new_markdown_cell


def check_id(exercise):
    """Return the grade_id of an exercise's check cell."""
    return f"{exercise}_check"


def code_cell(name, written, points, taken):
    """Return a code cell with its id, its metadata and, if generated, its text.

    Parameters
    ----------
    name : str
        The lesson.
    written : Written
    points : mapping of exercise to float
    taken : set of str
        Ids in use; the cell's own is added.
    """
    marks = written.marks
    if "solution" in marks:
        grade_id = marks["solution"]
        cell = new_code_cell(written.text, id=grade_id)
        cell.metadata["nbgrader"] = _nbgrader(grade_id, solution=True)
    elif "check" in marks:
        exercise = marks["check"]
        grade_id, worth = check_id(exercise), _plain(points[exercise])
        text = f"from course_lib.checks import check\n\ncheck({exercise})"
        cell = new_code_cell(text, id=grade_id)
        cell.metadata["nbgrader"] = _nbgrader(
            grade_id, grade=True, locked=True, points=worth
        )
    elif "submit" in marks:
        text = f'from course_lib.submission import submit\n\nsubmit("{name}")'
        cell = new_code_cell(text, id=_fresh_id(text, taken))
        cell.metadata.update(deletable=False, editable=False)
    else:
        cell = new_code_cell(written.text, id=_fresh_id(written.text, taken))
    if marks.get("tags"):
        cell.metadata["tags"] = list(marks["tags"])
    return cell


def text_cell(written, rubrics, taken):
    """Return a text cell: an answer that people grade, its rubric, or any other.

    Parameters
    ----------
    written : Written
    rubrics : mapping of name to Rubric
    taken : set of str
        Ids in use; the cell's own is added.
    """
    marks = written.marks
    if "answer" in marks:
        name = marks["answer"]
        cell = new_markdown_cell(written.text, id=name)
        cell.metadata["nbgrader"] = _nbgrader(
            name,
            cell_type="markdown",
            grade=True,
            solution=True,
            points=_plain(rubrics[name].points),
        )
        return cell
    is_rubric = "rubric" in marks
    text = rubrics[marks["rubric"]].as_markdown() if is_rubric else written.text
    cell = new_markdown_cell(text, id=_fresh_id(text, taken))
    if is_rubric:
        cell.metadata.update(deletable=False, editable=False)
    if marks.get("tags"):
        cell.metadata["tags"] = list(marks["tags"])
    return cell


def _plain(points):
    """Return whole points as an int: as browsers write them."""
    return int(points) if points == int(points) else points


def _nbgrader(grade_id, **flags):
    """Return nbgrader's metadata of a cell, schema version 3."""
    defaults = {"grade": False, "solution": False, "locked": False, "task": False}
    facts = {"grade_id": grade_id, "schema_version": 3, "cell_type": "code"}
    return defaults | facts | flags


def _fresh_id(text, taken):
    """Return the first eight digits of the text's SHA-256; a repetition counts on."""
    repetition, salted = 0, text
    while True:
        fresh = hashlib.sha256(salted.encode()).hexdigest()[:8]
        if fresh not in taken:
            taken.add(fresh)
            return fresh
        repetition += 1
        salted = f"{text}\n{repetition}"
