"""Remember what was done with which lessons, so that only changes are done again.

A lesson is fresh when nothing that goes into it has changed since it was found to be
as it has to be: its folder in ``solutions/``, every module of the course, the versions
of what those import, and the files that were made from it.
"""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import course_lib
import grader
from course_lib.file_lock import file_lock
from grader.files import write_file

PACKAGES = ("numpy", "nbformat", "nbgrader", "jupytext")
RUNNING = ("matplotlib", "ipython", "ipykernel", "ipywidgets")
RECORD = "built.json"
AUDITED, SOLVED = "audited.json", "solved.json"


class Freshness:
    """What is known of one course's lessons.

    Parameters
    ----------
    settings : Settings
        The record lies in the class's folder. One that is missing or unreadable only
        costs time.
    record : {RECORD, AUDITED, SOLVED}
        What was done: lessons built, exercises audited, solutions run.
    """

    def __init__(self, settings, record=RECORD):
        self._settings = settings
        self._path = settings.class_folder / record
        self._programs = None

    def holds(self, lesson):
        """Return whether `lesson` is as it was when it was last found up to date."""
        return self._record().get(lesson) == self.key(lesson)

    def note(self, lesson, key=None):
        """Record that `lesson` is as it has to be, or was when it had that key."""
        noted = {lesson: key or self.key(lesson)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(self._path.with_suffix(".lock")):  # others note theirs
            text = json.dumps(self._record() | noted, indent=1, sort_keys=True)
            write_file(self._path, text.encode())

    def key(self, lesson):
        """Return the SHA-256 of everything that decides what the lesson is."""
        if self._programs is None:
            versions = [f"{name} {version(name)}" for name in self._packages()]
            versions += [platform.python_version(), platform.machine()]
            self._programs = "\n".join([*versions, *_programs()])
        source = self._settings.solutions / lesson
        files = [path for path in sorted(source.glob("*")) if path.suffix != ".ipynb"]
        files += self._made(lesson)
        lines = [f"{path.name} {_digest(path)}" for path in files]
        return hashlib.sha256("\n".join([self._programs, *lines]).encode()).hexdigest()

    def _packages(self):
        return PACKAGES if self._path.name == RECORD else PACKAGES + RUNNING

    def _made(self, lesson):
        """Return the files that are made from a lesson's source, and have to be so."""
        built = self._settings.lesson_folder(lesson)
        lesson_files = [built / f"{lesson}.ipynb", built / "checks.npz"]
        executed = self._settings.solutions / lesson / f"{lesson}.ipynb"
        return {AUDITED: [], SOLVED: [*lesson_files, executed]}.get(
            self._path.name, lesson_files
        )

    def _record(self):
        try:
            record = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}


def _programs():
    """Yield a line for each file of the two packages that builds use."""
    for package in (course_lib, grader):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix in (".py", ".npz", ".txt"):
                yield f"{path.relative_to(root.parent).as_posix()} {_digest(path)}"


def _digest(path):
    """Return the SHA-256 of a file, empty when there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
