"""A lesson's source, read as a complete nbgrader notebook with its solutions.

A source is py:percent text, written by hand and never written by a program. Its
markers say only what a reader needs: ``solution="mse"`` on an answer cell,
``check="mse"`` on the empty cell that shows the verdict, ``submit=true`` on the
empty cell that hands the lesson in. An answer in words is a text cell marked
``answer="stakeholder"``, which holds a model answer, below an empty one marked
``rubric="stakeholder"``; people grade it. Everything else comes from here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from jupytext.cell_reader import DoublePercentScriptCellReader
from nbformat.v4 import new_notebook

from grader.errors import SourceError
from grader.exercises import load_lesson
from grader.rubrics import Rubric
from grader.source_cells import check_id, code_cell, text_cell
from grader.source_rules import Written, cell_problems, lesson_problems

HEADER = """\
# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---
"""
KERNELSPEC = yaml.safe_load(HEADER.splitlines()[2][2:])["kernelspec"]
FORMAT = {"extension": ".py", "format_name": "percent"}
LAYOUT = ("lines_to_next_cell", "lines_to_end_of_cell_marker")  # jupytext's own notes
LESSON_NAME = re.compile(r"\d\d_[a-z0-9_]+")


@dataclass(frozen=True)
class Source:
    """One lesson as its author wrote it, made complete.

    Attributes
    ----------
    name : str
        The lesson: its folder, its notebook and nbgrader's assignment.
    path : Path
        The file it was read from.
    notebook : NotebookNode
        The notebook with solutions and nbgrader's metadata, without outputs.
    points : dict
        What each exercise is worth, by name, in the order of the notebook.
    rubrics : dict
        The rubrics of what people grade, by name, in the order of the notebook.
    lines : tuple of int
        For each cell, the line of its marker in the source.
    """

    name: str
    path: Path
    notebook: nbformat.NotebookNode
    points: dict
    rubrics: dict
    lines: tuple

    def cell(self, grade_id):
        """Return the graded cell of that id: an exercise's name, or its check's."""
        return next(cell for cell in self.notebook.cells if cell.id == grade_id)


def read_lesson(path, points=None, rubrics=None):
    """Read a lesson's source as a complete notebook with solutions.

    Parameters
    ----------
    path : path-like
        ``solutions/01_loss/01_loss.py``.
    points : mapping, optional
        What each exercise is worth, by name. By default what the lesson's
        ``checks.py`` declares.
    rubrics : mapping, optional
        The rubrics by name; with `points` given, none by default.

    Returns
    -------
    Source

    Raises
    ------
    SourceError
        The file departs from the form above; the message says where and how to
        go on.
    """
    path = Path(path)
    name = _lesson_name(path)
    written = _split(path, path.read_text(encoding="utf-8"))
    for cell in written:
        _refuse_first(path, cell_problems(cell))
    if points is None:
        points, rubrics = _declared(path)
    rubrics = rubrics or {}
    _refuse_first(path, lesson_problems(written, points, rubrics))
    order = [cell.marks["check"] for cell in written if "check" in cell.marks]
    _refuse_missing(path, order, points)
    by_hand = [cell.marks["answer"] for cell in written if "answer" in cell.marks]
    _refuse_missing(path, by_hand, rubrics)
    return Source(
        name=name,
        path=path,
        notebook=_notebook(name, written, points, rubrics),
        points={exercise: points[exercise] for exercise in order},
        rubrics={answer: rubrics[answer] for answer in by_hand},
        lines=tuple(cell.line for cell in written),
    )


def line_of(path, name):
    """Return the first line in which a declaration names an exercise, or 1."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(rf"[\"']{name}\b", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _lesson_name(path):
    name = path.parent.resolve().name
    if not LESSON_NAME.fullmatch(name):
        raise SourceError(
            path,
            1,
            f"the folder is called {name!r}, expected two digits, an underscore and "
            "small letters, as in '01_loss'. Rename the folder and its files.",
        )
    if path.name != f"{name}.py":
        raise SourceError(
            path,
            1,
            f"the file is called {path.name!r}, expected '{name}.py': folder, notebook "
            "and lesson share one name. Rename the file or the folder.",
        )
    return name


def _refuse_first(path, problems):
    for line, problem in problems:
        raise SourceError(path, line, problem)


def _refuse_missing(path, order, declared):
    """Refuse a declared exercise or rubric that has no cells, at its declaration."""
    for name, what in declared.items():
        if name in order:
            continue
        file = path.with_name("checks.py")
        cells = (
            f'one marked # %% [markdown] answer="{name}" below an empty one marked '
            f'# %% [markdown] rubric="{name}"'
            if isinstance(what, Rubric)
            else f'a cell marked # %% solution="{name}" and an empty one marked '
            f'# %% check="{name}"'
        )
        kind = "rubric" if isinstance(what, Rubric) else "exercise"
        raise SourceError(
            file,
            line_of(file, name),
            f"the {kind} {name!r} has no cells in {path.name}. Add {cells}, or remove "
            "the declaration.",
        )


def _declared(path):
    """Return the points and the rubrics that a lesson's ``checks.py`` declares."""
    folder = path.parent.resolve()
    lesson = load_lesson(folder.name, folder.parent)
    points = {name: exercise.points for name, exercise in lesson.exercises.items()}
    return points, lesson.rubrics


def _split(path, text):
    """Return the cells as written, each with the line of its marker."""
    lines = text.splitlines()
    start = _after_header(path, lines)
    cells = []
    while start < len(lines):
        reader = DoublePercentScriptCellReader(FORMAT)
        cell, used = reader.read(lines[start:])
        marks = {key: cell.metadata[key] for key in cell.metadata if key not in LAYOUT}
        body = cell.source.strip("\n")
        cells.append(Written(start + 1, cell.cell_type, body, marks))
        start += used
    if not cells:
        raise SourceError(path, 1, "no cells. Begin the first one with '# %%'.")
    return cells


def _after_header(path, lines):
    """Return the index of the first cell's marker, the header being good."""
    end = lines.index("# ---", 1) if "# ---" in lines[1:] else 0
    try:
        header = yaml.safe_load("\n".join(line[2:] for line in lines[1:end]))
        kernel = header["jupyter"].pop("kernelspec")
        good = lines[0] == "# ---" and header == {"jupyter": {}}
        good = good and kernel["name"] == KERNELSPEC["name"]
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        good = False
    if not good:
        raise SourceError(
            path,
            1,
            "the header is not that of a lesson, which names the kernel and nothing "
            f"else. Begin the file with these four lines:\n{HEADER.rstrip()}",
        )
    start = end + 1
    while start < len(lines) and not lines[start].strip():
        start += 1
    if start < len(lines) and not re.match(r"# ?%%(\s|$)", lines[start]):
        raise SourceError(
            path,
            start + 1,
            "text before the first cell. Put '# %%' or '# %% [markdown]' above it.",
        )
    return start


def _notebook(name, written, points, rubrics):
    """Return the notebook of these cells, validated."""
    taken = {check_id(exercise) for exercise in points} | set(points) | set(rubrics)
    cells = [
        text_cell(cell, rubrics, taken)
        if cell.kind == "markdown"
        else code_cell(name, cell, points, taken)
        for cell in written
    ]
    metadata = {
        "kernelspec": dict(KERNELSPEC),
        "language_info": {"name": "python"},
        "course": {"lesson": name, "source": f"solutions/{name}/{name}.py"},
    }
    notebook = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook
