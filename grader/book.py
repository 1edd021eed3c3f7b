"""The solved course as pages to read and to search, for instructors.

    write_book("book")     # book/index.html, book/01_loss.html, ...

Needs the executed solutions, which `solutions` writes. What each mistake does is
measured, on all cores, and kept in the class's folder until something changes.
"""

import json
from functools import partial
from pathlib import Path

import nbformat

from course_lib.settings import load_settings
from grader.book_page import Chapter, index_page, lesson_page
from grader.class_mistakes import class_mistakes
from grader.effects import effects_of
from grader.exercises import lesson_names, load_lesson
from grader.files import write_file
from grader.freshness import AUDITED, Freshness
from grader.together import in_processes

FOLDER = "effects"


def write_book(out, names=None, root=None, workers=None, done=None):
    """Write the book.

    Parameters
    ----------
    out : path-like
        Its folder; made if it is not there.
    names : iterable of str, optional
        The lessons; by default all of them.
    root : path-like, optional
        The course's folder.
    workers : int, optional
        How many processes measure; by default one for each core.
    done : callable, optional
        ``done(lesson)``, called for each of `unmeasured` when it is measured.

    Returns
    -------
    Path
        The index.

    Raises
    ------
    FileNotFoundError
        A solution has not been run; nothing has been written then.
    """
    settings = load_settings(root) if root else load_settings()
    names = list(lesson_names(settings.solutions) if names is None else names)
    notebooks = {name: _notebook(settings, name) for name in names}
    _measure(settings, names, workers, done)
    chapters = [
        Chapter(
            load_lesson(name, settings.solutions),
            notebooks[name],
            _stored(settings, name)["exercises"],
            *class_mistakes(settings, name),
        )
        for name in names
    ]
    out = Path(out)
    for k, chapter in enumerate(chapters):
        around = [(names[k - 1], "Lesson before")] if k else []
        around += [(name, "Next lesson") for name in names[k + 1 : k + 2]]
        page = lesson_page(chapter, around)
        write_file(out / f"{chapter.lesson.name}.html", page.encode())
    write_file(out / "index.html", index_page(settings.title, chapters).encode())
    return out / "index.html"


def unmeasured(names, root=None):
    """Return (lesson, exercise) for each whose mistakes have to be measured first."""
    settings = load_settings(root) if root else load_settings()
    keys = Freshness(settings, AUDITED)
    return [
        (name, exercise)
        for name in names
        if _stored(settings, name).get("key") != keys.key(name)
        for exercise in load_lesson(name, settings.solutions).exercises
    ]


def _measure(settings, names, workers, done):
    """Bring the stored effects up to date."""
    keys = Freshness(settings, AUDITED)
    before = {name: keys.key(name) for name in names}
    parts = unmeasured(names, settings.root)
    tell = done and (lambda part: done(part[0]))
    measured = in_processes(partial(_effects, settings.solutions), parts, workers, tell)
    found = {}
    for (name, exercise), effects in zip(parts, measured, strict=True):
        found.setdefault(name, {})[exercise] = effects
    for name in names:
        if name in found or not _path(settings, name).exists():
            stored = {"key": before[name], "exercises": found.get(name, {})}
            write_file(_path(settings, name), json.dumps(stored).encode())


def _effects(solutions, part):
    name, exercise = part
    return effects_of(load_lesson(name, solutions).exercises[exercise])


def _path(settings, name):
    return settings.class_folder / FOLDER / f"{name}.json"


def _stored(settings, name):
    """Return what is stored of a lesson, nothing where it cannot be read."""
    try:
        stored = json.loads(_path(settings, name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _notebook(settings, name):
    path = settings.solutions / name / f"{name}.ipynb"
    if not path.exists():
        raise FileNotFoundError(
            f"{name}: its solution has not been run, expected {path.name} beside its "
            f"source. Run: solutions {name}"
        )
    return nbformat.read(path, as_version=4)
