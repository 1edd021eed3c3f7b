"""Turn solution notebooks into lessons: what learners open, and nothing else."""

import ast
import hashlib
import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat

from course_lib.check_data import exercise_names, load_checks, save_checks
from course_lib.settings import load_settings
from course_lib.values import same
from grader.blank import blank
from grader.errors import SourceError
from grader.exercises import lesson_names, load_lesson
from grader.files import write_file
from grader.freshness import Freshness
from grader.source import line_of, read_lesson
from grader.together import in_processes

ROUNDING = 1e-12  # what two machines may differ by, relative to an array's largest


@dataclass(frozen=True)
class Built:
    """What a build did with one lesson, or would do.

    Attributes
    ----------
    lesson : str
    state : {"written", "unchanged", "kept", "refused"}
        `kept`: somebody worked on it, and it is what the source gives. `refused`:
        somebody worked on it, and the source has changed since.
    message : str
        What to know about it, and how to go on; empty when there is nothing.
    """

    lesson: str
    state: str
    message: str = ""


def release(source):
    """Return the lesson of a source: solutions replaced by the stub, cells locked.

    Parameters
    ----------
    source : Source

    Returns
    -------
    NotebookNode
        Its metadata names the source and holds the digest of its cells.

    Raises
    ------
    SourceError
        An answer cell without its solution is not Python any more.
    """
    notebook, resources = blank(source.notebook), {}
    for step in _steps():
        notebook, resources = step.preprocess(notebook, resources)
    for cell, line in zip(notebook.cells, source.lines, strict=True):
        _check_stub(source.path, cell, line)
    notebook.metadata["course"]["built"] = digest(notebook)
    return notebook


def build(names=None, force=False, write=True, root=None):
    """Bring lessons and their checks up to date with their sources.

    Parameters
    ----------
    names : iterable of str, optional
        The lessons; by default all of them.
    force : bool, default=False
        Overwrite lessons that somebody worked on, keeping a copy beside each.
    write : bool, default=True
        Without it nothing is written and `Built` says what would be.
    root : path-like, optional
        The course's folder.

    Yields
    ------
    Built
        One for each lesson, when it is done.

    Raises
    ------
    SourceError
        A source cannot be built. Nothing of that lesson has been written then.
    """
    settings = load_settings(root) if root else load_settings()
    freshness = Freshness(settings)
    for name in lesson_names(settings.solutions) if names is None else names:
        if not force and freshness.holds(name):
            yield Built(name, "unchanged")
            continue
        source = read_lesson(settings.solutions / name / f"{name}.py")
        checks = _public_checks(name, settings.solutions)
        folder = settings.lesson_folder(name)
        built = _place_lesson(folder, release(source), force, write)
        if built.state != "refused" and _place_checks(folder, checks, write):
            built = Built(
                name, "written" if built.state == "unchanged" else built.state
            )
        if write and built.state in ("written", "unchanged"):
            freshness.note(name)
        yield built


def build_together(names=None, force=False, write=True, root=None, done=None):
    """Build several lessons at once, a process for each core.

    Parameters
    ----------
    names, force, write, root
        As for `build`.
    done : callable, optional
        Called with a lesson's name when it is built.

    Returns
    -------
    list of Built or SourceError
        In the order of `names`; the error where a source cannot be built.
    """
    settings = load_settings(root) if root else load_settings()
    names = list(lesson_names(settings.solutions) if names is None else names)
    freshness = Freshness(settings)
    stale = [name for name in names if force or not freshness.holds(name)]
    if len(stale) > 1:
        _steps()  # imported here, the processes need not
    for name in names:
        if done and name not in stale:
            done(name)
    one = partial(_build_one, force, write, settings.root)
    built = dict(zip(stale, in_processes(one, stale, done=done), strict=True))
    return [built.get(name, Built(name, "unchanged")) for name in names]


def _build_one(force, write, root, name):
    try:
        return next(build([name], force, write, root))
    except SourceError as error:
        return error


def digest(notebook):
    """Return the SHA-256 of what a learner can change: text, outputs, grading marks.

    Ids, execution counts and editor metadata are left out: opening and saving a
    lesson changes them.
    """
    content = [
        [
            cell["cell_type"],
            cell["source"],
            cell.get("outputs", []),
            cell["metadata"].get("nbgrader"),
        ]
        for cell in notebook["cells"]
    ]
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_worked_on(notebook):
    """Return whether a lesson differs from what the build that wrote it wrote."""
    recorded = notebook["metadata"].get("course", {}).get("built")
    return recorded != digest(notebook)


def notebook_bytes(notebook):
    """Return a notebook as the bytes of its file, as JupyterLab would write them."""
    return (nbformat.writes(notebook) + "\n").encode()


def _steps():
    # Here and not above: nbgrader takes seconds to import, and grading needs none.
    from nbgrader.preprocessors import CheckCellMetadata, ComputeChecksums, LockCells

    return [LockCells(), ComputeChecksums(), CheckCellMetadata()]


def _check_stub(path, cell, line):
    """Refuse an answer cell whose stub does not stand in its function."""
    solution = cell.metadata.get("nbgrader", {}).get("solution")
    if not solution or cell.cell_type != "code":
        return
    try:
        problem = _raises(ast.parse(cell.source)) and "fails outside any function"
    except SyntaxError as error:
        problem = f"is not Python ({error.msg})"
    if problem:
        raise SourceError(
            path,
            line,
            f"without its solution the answer cell of {cell.id!r} {problem}. Indent "
            "'### BEGIN SOLUTION' like the function's body.",
        )


def _raises(tree):
    """Return whether the stub stands where it runs before anybody calls it."""
    return any(
        isinstance(node, ast.Raise) or isinstance(node, ast.ClassDef) and _raises(node)
        for node in tree.body
    )


def _public_checks(name, folder):
    """Return the check data of every exercise that a lesson declares."""
    checks = []
    for exercise in load_lesson(name, folder).exercises.values():
        try:
            checks.append(exercise.public_checks())
        except (ValueError, TypeError, KeyError) as error:
            path = folder / name / "checks.py"
            raise SourceError(path, line_of(path, exercise.name), str(error)) from error
    return checks


def _place_lesson(folder, notebook, force, write):
    """Write a lesson, unless that would lose somebody's work."""
    path = folder / f"{folder.name}.ipynb"
    data = notebook_bytes(notebook)
    old = path.read_bytes() if path.exists() else None
    if old == data:
        return Built(folder.name, "unchanged")
    message = ""
    if old is not None:
        worked_on, current = _compare(old, notebook)
        if worked_on and not force:
            return _spared(folder.name, current)
        if worked_on and write:
            copy = _free_name(path)
            write_file(copy, old)
            message = f"the copy somebody worked on is now {copy.name}"
    if write:
        write_file(path, data)
    return Built(folder.name, "written", message)


def _compare(old, notebook):
    """Return whether the file was worked on, and whether it is of this source."""
    try:
        lesson = nbformat.reads(old.decode(), as_version=4)
        recorded = lesson.metadata.get("course", {}).get("built")
        return is_worked_on(lesson), recorded == notebook.metadata.course.built
    except Exception:  # whatever it is, no build wrote it
        return True, False


def _spared(name, current):
    if current:
        return Built(name, "kept", "somebody worked on it; it is up to date")
    return Built(
        name,
        "refused",
        f"lessons/{name}/{name}.ipynb was not overwritten: somebody worked on it, and "
        "its source has changed since. Move it away, or build with --force, which "
        "keeps a copy beside it.",
    )


def _free_name(path):
    """Return the first name beside `path` that no kept copy has."""
    number = 1
    while (copy := path.with_name(f"{path.stem}.kept-{number}.ipynb")).exists():
        number += 1
    return copy


def _place_checks(folder, checks, write):
    """Write a lesson's checks if they say something new; return whether they do."""
    path = folder / "checks.npz"
    if path.exists() and _same_checks(path, checks):
        return False
    if write:
        with tempfile.TemporaryDirectory(prefix="checks-") as scratch:
            file = Path(scratch, "checks.npz")
            save_checks(file, checks)
            write_file(path, file.read_bytes())
    return True


def _same_checks(path, checks):
    """Return whether a file holds these checks, up to rounding."""
    try:
        names = exercise_names(path)
        old = [load_checks(path, name) for name in names]
    except Exception:  # an older layout, or no such file at all
        return False
    return same([_as_value(c) for c in old], [_as_value(c) for c in checks], ROUNDING)


def _as_value(check):
    return {**vars(check), "cases": [vars(case) for case in check.cases]}
