"""A lesson's cells in nbgrader's tables: those of the course, and no others."""

import json

from grader import change_book, kept_book


def cells_of(notebook):
    """Return what the gradebook keeps of a lesson's cells, by id."""
    from nbgrader.utils import is_grade, is_locked, is_solution

    found = {}
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("grade_id") and not cell["metadata"].get("course", {}).get(
            "added"
        ):
            node = _Node(cell)
            found[marks["grade_id"]] = {
                "grade": is_grade(node),
                "solution": is_solution(node),
                "locked": is_locked(node),
                "points": float(marks.get("points", 0.0)),
                "cell_type": cell["cell_type"],
                "source": None if is_solution(node) else cell["source"],
            }
    return found


class _Node(dict):
    """A cell whose entries are attributes too, as nbgrader reads them."""

    __getattr__ = dict.__getitem__


def register(session, course_id, lesson, notebook):
    """Make a lesson's cells in the gradebook those of `notebook`."""
    from nbgrader import api

    assignment = session.query(api.Assignment).filter_by(name=lesson).one_or_none()
    if assignment is None:
        assignment = api.Assignment(name=lesson, course_id=course_id)
        session.add(assignment)
    book = next((each for each in assignment.notebooks if each.name == lesson), None)
    if book is None:
        kernel = json.dumps(notebook["metadata"].get("kernelspec", {}))
        book = api.Notebook(name=lesson, assignment=assignment, kernelspec=kernel)
        session.add(book)
        for submission in assignment.submissions:
            session.add(api.SubmittedNotebook(notebook=book, assignment=submission))
    session.flush()
    wanted = cells_of(notebook)
    if _grades_change(session, book, wanted):
        change_book.note_all(session, lesson)
    _set_source_cells(session, book, wanted)
    for kind, role in ((api.GradeCell, "grade"), (api.SolutionCell, "solution")):
        cells = {name: cell for name, cell in wanted.items() if cell[role]}
        _set_cells(session, book, kind, cells)


def _grades_change(session, book, wanted):
    """Return whether there are grades, and these cells would change them."""
    from nbgrader.api import GradeCell

    known = session.query(GradeCell).filter_by(notebook_id=book.id)
    there = {cell.name: cell.max_score for cell in known}
    new = {name: cell["points"] for name, cell in wanted.items() if cell["grade"]}
    return bool(there) and there != new


def _set_source_cells(session, book, wanted):
    from nbgrader.api import SourceCell

    known = {cell.name: cell for cell in book.source_cells}
    for name in known.keys() - wanted.keys():
        session.delete(known[name])
    for name, cell in wanted.items():
        row = known.get(name) or SourceCell(name=name, notebook=book)
        row.cell_type, row.locked = cell["cell_type"], cell["locked"]
        if cell["source"] is not None:
            row.source = cell["source"]
        session.add(row)


def _set_cells(session, book, kind, wanted):
    """Make the cells of one kind those wanted, each with a row in every submission."""
    from nbgrader import api

    graded = kind is api.GradeCell
    known = {
        cell.name: cell for cell in session.query(kind).filter_by(notebook_id=book.id)
    }
    for name in known.keys() - wanted.keys():
        for row in [*known[name].grades, *known[name].comments]:
            kept_book.keep(session, book.name, row)
            session.delete(row)
        session.delete(known[name])
    for name, cell in wanted.items():
        points = {"max_score": cell["points"], "cell_type": cell["cell_type"]}
        if name in known:
            if graded and known[name].max_score != cell["points"]:
                known[name].max_score = cell["points"]
                _ask_for_a_look(session, known[name])
            continue
        row = kind(name=name, notebook=book, **(points if graded else {}))
        session.add(row)
        session.flush()
        entry = api.Grade if graded else api.Comment
        made = [entry(cell_id=row.id, notebook=each) for each in book.submissions]
        session.add_all(made)
        kept_book.put_back(session, book.name, name, made)


def _ask_for_a_look(session, cell):
    """Have people look again at what they gave when other points were to be had."""
    from nbgrader.api import Grade

    given = session.query(Grade).filter_by(cell_id=cell.id)
    given = given.filter(Grade.manual_score.is_not(None))
    given.update({"needs_manual_grade": True}, synchronize_session=False)
