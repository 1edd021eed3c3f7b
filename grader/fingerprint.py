"""What a grade depends on, as one number: equal numbers, equal grades.

The gradebook keeps it beside each grade. A submission whose number is there needs no
grading; one whose answers, checks, environment or grader changed has another.
"""

import hashlib
import importlib.metadata
import platform
from functools import lru_cache
from pathlib import Path

import course_lib

# Modules that carry submissions and grades about, and decide no grade. A new module
# counts as deciding until it is named here.
CARRIERS = {
    "__init__",
    "__main__",
    "archives",
    "arrival_time",
    "audit",
    "batch",
    "book",
    "book_page",
    "book_text",
    "bundle",
    "change_book",
    "changes",
    "class_mistakes",
    "class_page",
    "class_pictures",
    "class_report",
    "class_text",
    "class_work",
    "code_lines",
    "collecting",
    "console",
    "cluster",
    "crew",
    "csv_cells",
    "database",
    "doctor",
    "earlier_attempts",
    "effects",
    "exchange",
    "explained",
    "export",
    "feedback",
    "files",
    "formgrader",
    "freshness",
    "giving_back",
    "grade_table",
    "gradebook",
    "heartbeat",
    "intake",
    "kept_book",
    "lab_sources",
    "late_book",
    "lateness",
    "lesson_cells",
    "likeness",
    "lms",
    "lms_times",
    "marks",
    "misconceptions",
    "mistake_code",
    "mistakes_picture",
    "nbgrader_steps",
    "new_lesson",
    "plain_files",
    "provenance",
    "replies",
    "rigs",
    "roster",
    "secret",
    "settling",
    "solutions",
    "students",
    "summary",
    "surprise",
    "teams",
    "symptoms",
    "together",
    "watch",
}
_LIBRARIES = ("numpy", "matplotlib", "ipython", "ipywidgets")
_SKIPPED = {".ipynb", ".pyc"}  # in a lesson's folder: executed copies, caches


def fingerprint(handed_in, secret, solutions, limits=None):
    """Return the fingerprint of the report that grading a submission gives.

    Parameters
    ----------
    handed_in : HandedIn
    secret : bytes
        The course's secret; with the learner's name it decides the graded inputs.
    solutions : Path
        The folder of all lessons' sources.
    limits : dict of str to number, optional
        What the course sets of a submission's limits.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return combined(made_from(handed_in, secret, solutions, limits))


def made_from(handed_in, secret, solutions, limits=None):
    """Return what goes into a fingerprint, by name: to say what differs.

    Parameters
    ----------
    handed_in, secret, solutions, limits
        As of `fingerprint`.

    Returns
    -------
    dict of str to str
        Versions as they are, of all else a digest.
    """
    name = handed_in.learner.encode(errors="replace")
    return {
        "answers": answers_of(handed_in),
        "learner": _digest([handed_in.lesson.encode(), name]),
        "checks": checks_of(Path(solutions) / handed_in.lesson),
        "secret": _digest([secret]),
        # A loop that did not end may do so with more time.
        "limits": repr(sorted((limits or {}).items())),
        **environment(),
    }


def answers_of(handed_in):
    """Return the digest of what was handed in.

    Not when and how it arrived: that changes a page's remarks, and no grade.
    """
    return _digest([handed_in.file.encode(errors="replace"), handed_in.content])


def combined(parts):
    """Return the fingerprint of what `made_from` gave."""
    return _digest(text.encode() for pair in sorted(parts.items()) for text in pair)


@lru_cache(maxsize=1)
def environment():
    """Return what grades, by name: Python, libraries, course_lib, grader."""
    course = Path(course_lib.__file__).parent
    own = Path(__file__).parent
    judging = [path for path in own.glob("*") if path.stem not in CARRIERS]
    return {
        "python": f"{platform.python_version()} {platform.machine()}",
        **{name: _version(name) for name in _LIBRARIES},
        "course_lib": _digest(
            _contents([*course.rglob("*.py"), *course.rglob("*.npz")])
        ),
        "grader": _digest(_contents(judging)),
    }


def checks_of(folder):
    """Return the fingerprint of a lesson's source and checks."""
    return _digest(_contents(sources_of(folder)))


def sources_of(folder):
    """Return the files that a lesson's source and checks consist of."""
    return [path for path in folder.rglob("*") if path.suffix not in _SKIPPED]


def _contents(files):
    """Yield the names and contents of files, in an order that is always the same."""
    for path in sorted(path for path in files if path.is_file()):
        yield path.name.encode()
        yield path.read_bytes()


def _digest(parts):
    """Hash parts so that no two lists of parts are alike."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _version(library):
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "none"
