"""The facts of this course that more than one program needs: names and places."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.course_toml import FREE, read_values
from course_lib.timetable import Timetable, read_timetable
from course_lib.toml_errors import TomlFile

ROOT = Path(__file__).resolve().parent.parent
# nbgrader's own format has colons, which no Windows folder may have in its name.
TIMESTAMP_FORMAT = "%Y-%m-%d %Hh%Mm%S.%fs %Z"


@dataclass(frozen=True)
class Settings:
    """Names and places of one course. Every path is absolute.

    Attributes
    ----------
    root : Path
        The folder of ``course.toml``; nbgrader's course directory.
    course_id, title, start : str
        The id used in the exchange and the gradebook, the name for people, and
        the lesson that opens first.
    lessons, solutions : Path
        What learners open, and what it is built from.
    class_folder, exchange : Path
        Everything that comes into being while a course runs, and the folder
        through which submissions and feedback pass (nbgrader's exchange root).
    gradebook_url : str
        Where nbgrader's database lives, as SQLAlchemy names it.
    poll_seconds : float
        How often `grader.watch` looks for submissions, in seconds.
    largest_submission : int
        What all files of one submission may have together, in bytes.
    timetable : Timetable
        Deadlines, extensions, and what being late costs.
    limits : dict of str to number
        What one submission may use, as ``[limits]`` gives it; what it does not give
        is the grader's to say.
    """

    root: Path
    course_id: str
    title: str
    start: str
    lessons: Path
    solutions: Path
    class_folder: Path
    exchange: Path
    gradebook_url: str
    poll_seconds: float = 0.5
    largest_submission: int = 50_000_000
    timetable: Timetable = Timetable()
    limits: dict = field(default_factory=dict)

    @property
    def inbound(self):
        """Where submissions arrive."""
        return self.exchange / self.course_id / "inbound"

    @property
    def outbound(self):
        """Where nbgrader's Assignment List looks for released lessons."""
        return self.exchange / self.course_id / "outbound"

    @property
    def returned(self):
        """Where feedback waits for learners."""
        return self.exchange / self.course_id / "feedback"

    @property
    def cache(self):
        """What this computer's user handed in: nbgrader's cache of submissions."""
        return self.class_folder / "cache"

    @property
    def heartbeat(self):
        """A file that a running grader keeps fresh, so that learners know of it."""
        return self.returned / "grader.json"

    @property
    def attempts(self):
        """Every submission ever collected, one folder each, never changed."""
        return self.class_folder / "attempts"

    @property
    def submitted(self):
        """The newest attempt of each learner, where nbgrader expects it."""
        return self.class_folder / "submitted"

    @property
    def autograded(self):
        """The graded notebooks, where nbgrader expects them."""
        return self.class_folder / "autograded"

    @property
    def feedback(self):
        """The feedback pages, where nbgrader expects them."""
        return self.class_folder / "feedback"

    @property
    def secret_file(self):
        """The course's secret, from which graded inputs are drawn."""
        return self.class_folder / "secret"

    def due(self, lesson, learner=""):
        """Return when a lesson is due for a learner: a datetime, or None."""
        return self.timetable.due(lesson, learner)

    def lesson_folder(self, lesson):
        """Return the folder that a learner opens for `lesson`."""
        return self.lessons / lesson

    def lesson_notebook(self, lesson):
        """Return the notebook that a learner opens for `lesson`."""
        return self.lessons / lesson / f"{lesson}.ipynb"

    def lesson_names(self):
        """Return the names of all built lessons, in order."""
        notebooks = self.lessons.glob("*/*.ipynb")
        return sorted(path.stem for path in notebooks if path.stem == path.parent.name)


def load_settings(root=ROOT):
    """Read ``course.toml`` in `root`.

    Parameters
    ----------
    root : path-like, default=the project
        The folder of ``course.toml``.

    Returns
    -------
    Settings

    Raises
    ------
    FileNotFoundError
        There is no ``course.toml`` in `root`.
    ValueError
        The file is not TOML, has an unknown key, or a value of another type.
    """
    root = Path(root).resolve()
    file = root / "course.toml"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{root} has no course.toml, so it is not a course's folder. "
            "Expected: the folder that holds course.py and course.toml."
        ) from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: byte {error.start} is not UTF-8, expected text in UTF-8. Save it "
            "in that encoding."
        ) from None
    file = TomlFile(file, text)
    return _settings(root, file, read_values(file))


def has_grader():
    """Tell whether this copy can grade; a learner's copy from `bundle` cannot."""
    return (ROOT / "grader").is_dir()


def _settings(root, file, values):
    course, places, grading = values["course"], values["places"], values["grading"]
    lessons, solutions = root / places["lessons"], root / places["solutions"]
    class_folder = root / places["class"]
    exchange = os.environ.get("COURSE_EXCHANGE") or places["exchange"]
    exchange = root / exchange if exchange else class_folder / "exchange"
    return Settings(
        root=root,
        course_id=course["id"],
        title=course["title"] or course["id"],
        start=course["start"],
        lessons=lessons,
        solutions=solutions,
        class_folder=class_folder,
        exchange=exchange,
        gradebook_url=_gradebook_url(file, grading["gradebook"], class_folder),
        poll_seconds=float(grading["poll_seconds"]),
        largest_submission=int(grading["largest_submission_mb"] * 1e6),
        timetable=_timetable(file, values, (lessons, solutions)),
        limits=values["limits"],
    )


def _gradebook_url(file, given, class_folder):
    if given and "://" not in given:
        expected = 'an address such as "postgresql://name@host/database"'
        file.expect("grading", "gradebook", given, expected)
    return given or f"sqlite:///{(class_folder / 'gradebook.db').as_posix()}"


def _timetable(file, values, folders):
    """Return the course's timetable; a lesson is a folder of lessons or solutions."""
    zone, name = None, values["course"]["timezone"]
    if name:
        from zoneinfo import ZoneInfo

        try:
            zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            expected = 'a name such as "Europe/Berlin" that this computer knows'
            file.expect("course", "timezone", name, expected)
    lessons = ()
    if any(values.get(section) for section in FREE):
        found = (path.name for folder in folders for path in folder.glob("[0-9]*"))
        lessons = sorted(set(found))
    return read_timetable(file, values, lessons, zone)
