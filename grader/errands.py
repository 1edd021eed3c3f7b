"""One submission graded on another machine: what goes there, and what comes back.

Neither the course's secret nor a learner's name travels. What does is shown by no
`repr`, because a cluster writes those of failed work into its logs.
"""

import atexit
import contextlib
import json
import tempfile
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from grader.fingerprint import environment, sources_of
from grader.grade import grade
from grader.limits import limits_from
from grader.reports import from_notebook
from grader.worker import WallsMissing, Worker


@dataclass(frozen=True)
class Course:
    """What all submissions of a lesson need, sent once.

    Attributes
    ----------
    lesson : str
    sources : tuple of (str, bytes)
        The lesson's source and checks, by their path in its folder.
    limits : tuple of (str, number)
        What the course sets of a submission's limits.
    walls : {"required", "if possible"}
    programs : tuple of (str, str)
        What grades where this comes from, as `grader.fingerprint.environment` has it.
    """

    lesson: str
    sources: tuple = field(repr=False)
    limits: tuple = ()
    walls: str = "required"
    programs: tuple = field(default=(), repr=False)


@dataclass(frozen=True, repr=False)
class Errand:
    """One submission.

    Attributes
    ----------
    content : bytes
        The submitted file, compressed.
    file : str
        Its name.
    key : bytes
        `grader.judge.learner_key`: decides the graded inputs.
    """

    content: bytes
    file: str
    key: bytes


@dataclass(frozen=True, repr=False)
class Outcome:
    """What became of an errand: one of three.

    Attributes
    ----------
    graded : bytes
        The graded notebook with its report, compressed.
    trouble : str
        Why it was not graded; it may be tried once more.
    refused : str
        Why nothing can be graded there.
    walls_missing : bool
        Whether it was refused for want of walls.
    """

    graded: bytes = b""
    trouble: str = ""
    refused: str = ""
    walls_missing: bool = False


def course_of(lesson, settings, walls):
    """Return what submissions of a lesson need, as its files are now."""
    folder = settings.solutions / lesson
    files = sorted(path for path in sources_of(folder) if path.is_file())
    return Course(
        lesson=lesson,
        sources=tuple(
            (f.relative_to(folder).as_posix(), f.read_bytes()) for f in files
        ),
        limits=tuple(settings.limits.items()),
        walls=walls,
        programs=tuple(environment().items()),
    )


def errand_of(handed_in, key):
    """Return one submission, ready to be sent."""
    return Errand(zlib.compress(handed_in.content, 1), handed_in.file, key)


def report_of(graded):
    """Return the report that an errand brought back."""
    return from_notebook(json.loads(zlib.decompress(graded)))


def assess(course, errand):
    """Grade one submission here; raise nothing. This is what a cluster's worker runs.

    Parameters
    ----------
    course : Course
    errand : Errand

    Returns
    -------
    Outcome
    """
    try:
        if problem := differences(course.programs, environment()):
            return Outcome(refused=problem)
        report = grade(
            course.lesson,
            zlib.decompress(errand.content),
            key=errand.key,
            worker=_worker(course.walls),
            solutions=_unpack(course),
            file=errand.file,
            limits=limits_from(dict(course.limits)),
        )
        return Outcome(graded=zlib.compress(json.dumps(report.notebook).encode(), 1))
    except WallsMissing as error:
        return Outcome(refused=str(error), walls_missing=True)
    except Exception as error:  # raised, it would be logged with what it was about
        return Outcome(trouble=f"{type(error).__name__}: {error}")


def differences(theirs, ours):
    """Return in words how two `environment`s differ; "" where they are the same."""
    theirs, ours = dict(theirs), dict(ours)
    return "; ".join(
        f"it has {_short(name, ours.get(name))}, expected {_short(name, value)}"
        for name, value in theirs.items()
        if ours.get(name) != value
    )


def _short(name, value):
    return f"{name} {str(value)[:12]}"


@lru_cache(maxsize=2)
def _worker(walls):
    """Return this process's own worker, which stays warm for the next errand."""
    worker = Worker(walls)
    atexit.register(worker.close)
    return worker


@lru_cache(maxsize=8)
def _unpack(course):
    """Write a lesson's sources to a folder of this process; return where they are."""
    folder = tempfile.TemporaryDirectory(prefix="course-")
    atexit.register(_remove, folder)
    for name, content in course.sources:
        path = Path(folder.name) / course.lesson / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Path(folder.name)


def _remove(folder):
    with contextlib.suppress(OSError):
        folder.cleanup()
