"""Remember which lessons were built from what, so that a build redoes only changes.

A lesson is fresh when nothing that goes into it has changed since it was found to be
what its source gives: its folder in ``solutions/``, every module of the course, the
versions of what those import, and the built files themselves.
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import course_lib
import grader
from grader.files import write_file

PACKAGES = ("numpy", "nbformat", "nbgrader", "jupytext")
RECORD = "built.json"


class Freshness:
    """What is known of one course's lessons.

    Parameters
    ----------
    settings : Settings
        The record lies in the class's folder. One that is missing or unreadable only
        costs time.
    """

    def __init__(self, settings):
        self._settings = settings
        self._path = settings.class_folder / RECORD
        self._programs = None

    def holds(self, lesson):
        """Return whether `lesson` is as it was when it was last found up to date."""
        return self._record().get(lesson) == self.key(lesson)

    def note(self, lesson):
        """Record that `lesson` is what its source gives."""
        record = self._record() | {lesson: self.key(lesson)}
        text = json.dumps(record, indent=1, sort_keys=True)
        write_file(self._path, text.encode())

    def key(self, lesson):
        """Return the SHA-256 of everything that decides what the lesson is."""
        if self._programs is None:
            versions = [f"{name} {version(name)}" for name in PACKAGES]
            self._programs = "\n".join([*versions, *_programs()])
        source = self._settings.solutions / lesson
        built = self._settings.lesson_folder(lesson)
        files = [path for path in sorted(source.glob("*")) if path.suffix != ".ipynb"]
        files += [built / f"{lesson}.ipynb", built / "checks.npz"]
        lines = [f"{path.name} {_digest(path)}" for path in files]
        return hashlib.sha256("\n".join([self._programs, *lines]).encode()).hexdigest()

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
