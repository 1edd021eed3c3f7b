"""Begin a new lesson: a small one that builds, audits and can be solved."""

from importlib.resources import files
from string import Template

from course_lib.settings import load_settings
from grader.source import LESSON_NAME


def new_lesson(name, settings=None):
    """Write the first version of a lesson's source and of its checks.

    Parameters
    ----------
    name : str
        ``NN_topic``: two digits, then lower-case words joined by underscores. The
        number decides where the lesson stands.
    settings : Settings, default=the course's

    Returns
    -------
    list of Path
        The source and the checks, both ready for `build` and `audit`.

    Raises
    ------
    ValueError
        `name` is no name for a lesson, or there is one of that name or number.
        Nothing has been written then.
    """
    settings = settings or load_settings()
    folder = settings.solutions / name
    _check_name(name, settings)
    number, _, topic = name.partition("_")
    words = {
        "name": name,
        "number": int(number),
        "title": topic.replace("_", " ").capitalize(),
        "function": f"{topic}_centered",
    }
    written = {f"{name}.py": "lesson.txt", "checks.py": "checks.txt"}
    folder.mkdir(parents=True)
    for file, template in written.items():
        text = files("grader").joinpath("templates", template).read_text("utf-8")
        path = folder / file
        path.write_text(Template(text).substitute(words), "utf-8", newline="\n")
    return [folder / file for file in written]


def _check_name(name, settings):
    if not LESSON_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a lesson. Expected two digits and lower-case "
            "words, such as 14_convolutions."
        )
    number = name[:2]
    taken = sorted(path.name for path in settings.solutions.glob(f"{number}_*"))
    if taken:
        raise ValueError(
            f"there is a lesson {taken[0]} already. Take another number than {number}, "
            "or edit that one."
        )
