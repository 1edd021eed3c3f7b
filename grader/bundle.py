"""What students get: one archive with the lessons and what they run on.

Solutions, the sources of the checks, the grader, the class's records and every
setting that could hold a password stay behind.
"""

import io
import re
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path
from string import Template

from course_lib.settings import load_settings
from grader.files import write_file
from grader.release import build

PROGRAMS = ("course.py", "requirements.txt", "nbgrader_config.py", "LICENSE")
PRIVATE_SETTINGS = ("gradebook",)
PRIVATE_SECTION = "extensions"  # who was given more time is nobody else's business
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "feedback"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content makes the same archive


class NotReady(ValueError):
    """Why there is no archive: what has to be done first."""


def bundle(out, root=None, progress=None):
    """Write the students' archive.

    Parameters
    ----------
    out : path-like
        The zip file. An earlier one is replaced when the new one is complete.
    root : path-like, optional
        The course's folder.
    progress : callable, optional
        Called with a lesson's name when it was compared with its source.

    Returns
    -------
    list of str
        The names in the archive.

    Raises
    ------
    NotReady
        A lesson is not what its source gives; nothing has been written.
    """
    settings = load_settings(root) if root else load_settings()
    stale = []
    for built in build(root=settings.root, write=False):
        if built.state != "unchanged":
            stale.append(built.lesson)
        if progress:
            progress(built.lesson)
    if stale:
        raise NotReady(
            f"{', '.join(stale)}: not what the source gives. Build it first, and keep "
            "your own answers out of lessons/: course.py build --force keeps a copy."
        )
    contents = dict(sorted(_contents(settings)))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(f"{settings.course_id}/{name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    write_file(Path(out), data.getvalue())
    return list(contents)


def public_settings(text):
    """Return ``course.toml`` without the settings that are the instructor's own."""
    names = "|".join(PRIVATE_SETTINGS)
    public = re.sub(rf"(?m)^[ \t]*({names})[ \t]*=.*\n", "", text)
    head = re.compile(rf"[ \t]*\[[ \t]*[\"']?{PRIVATE_SECTION}\b")
    sections = re.split(r"(?m)^(?=[ \t]*\[)", public)
    public = "".join(section for section in sections if not head.match(section))
    if PRIVATE_SECTION in tomllib.loads(public):
        raise NotReady(
            f"course.toml: {PRIVATE_SECTION} could not be left out. Expected: sections "
            f"of their own, [{PRIVATE_SECTION}.LEARNER], with one line for each lesson."
        )
    for name in PRIVATE_SETTINGS:  # written in a form that a line does not show
        if name in tomllib.loads(public).get("grading", {}):
            raise NotReady(
                f"course.toml: {name} could not be left out. Expected: one line of its "
                f"own, {name} = '...', under [grading]."
            )
    return public


def _contents(settings):
    """Yield the name and the bytes of everything in the archive."""
    root = settings.root
    for name in PROGRAMS:
        if (root / name).is_file():
            yield name, (root / name).read_bytes()
    toml = (root / "course.toml").read_text("utf-8")
    yield "course.toml", public_settings(toml).encode()
    project = (root / "pyproject.toml").read_text("utf-8")
    yield "pyproject.toml", _without_grader(project).encode()
    yield "README.md", _readme(settings).encode()
    for path in sorted((root / "course_lib").rglob("*")):
        if path.is_file() and not LEFT_OUT & set(path.parts):
            yield path.relative_to(root).as_posix(), path.read_bytes()
    for lesson in settings.lesson_names():
        for name in (f"{lesson}.ipynb", "checks.npz"):
            path = settings.lesson_folder(lesson) / name
            yield f"lessons/{lesson}/{name}", path.read_bytes()


def _without_grader(project):
    """Return ``pyproject.toml`` for a folder that has no grader and no tests."""
    project = re.sub(r'(?m)^ *"grader[.\w]*",\n', "", project)
    project = re.sub(r"(?m)^grader = .*\n", "", project)
    instructors = r"(?ms)^(#[^\n]*\n)?\[tool\.(pytest|ruff|jupytext).*?(?=^\[|\Z)"
    return re.sub(instructors, "", project)


def _readme(settings):
    text = files("grader").joinpath("templates", "students.txt").read_text("utf-8")
    rows = "\n".join(
        f"- [{name[:2]} {name[3:].replace('_', ' ')}](lessons/{name}/{name}.ipynb)"
        for name in settings.lesson_names()
    )
    return Template(text).substitute(title=settings.title, lessons=rows)
