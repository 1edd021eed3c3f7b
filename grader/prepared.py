"""A lesson made ready for grading, once in a process."""

import io
from dataclasses import dataclass
from functools import lru_cache

from course_lib.check_data import save_checks
from grader.blank import blank
from grader.exercises import SOLUTIONS, Lesson, load_lesson
from grader.source import read_lesson


@dataclass(frozen=True)
class Prepared:
    """What grading one lesson needs.

    Attributes
    ----------
    name : str
    exercises : dict of name to Exercise
        In the order of the notebook.
    rubrics : dict of name to Rubric
        Of the answers that people grade.
    notebook : dict
        The lesson as learners get it; never changed.
    checks_file : bytes
        The lesson's ``checks.npz``, as learners have it beside the notebook.
    """

    name: str
    exercises: dict
    rubrics: dict
    notebook: dict
    checks_file: bytes

    @property
    def max_score(self):
        """What a right answer to every exercise earns."""
        graded = [*self.exercises.values(), *self.rubrics.values()]
        return float(sum(each.points for each in graded))


def prepare(lesson, solutions=None):
    """Return a lesson ready for grading; made again only when its files changed.

    Parameters
    ----------
    lesson : str or Lesson
    solutions : path, optional
        The folder of all lessons' sources; by default this course's.

    Raises
    ------
    SourceError
        If there is no such lesson, or its source is faulty.
    """
    if isinstance(lesson, Lesson):
        solutions, lesson = lesson.source.parent.parent, lesson.name
    folder = (solutions or SOLUTIONS) / lesson
    files = [folder / f"{lesson}.py", folder / "checks.py"]
    stamps = tuple(f.stat().st_mtime_ns if f.exists() else 0 for f in files)
    return _prepare(lesson, folder.parent, stamps)


@lru_cache(maxsize=64)
def _prepare(name, solutions, _stamps):
    lesson = load_lesson(name, solutions)
    points = {name: exercise.points for name, exercise in lesson.exercises.items()}
    source = read_lesson(lesson.source, points, lesson.rubrics)
    file = io.BytesIO()
    save_checks(file, [e.public_checks() for e in lesson.exercises.values()])
    return Prepared(
        name=name,
        exercises={exercise: lesson.exercises[exercise] for exercise in source.points},
        rubrics=source.rubrics,
        notebook=blank(source.notebook),
        checks_file=file.getvalue(),
    )
