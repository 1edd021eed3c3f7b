"""Submissions come in, answers go out: the folders in between, and nothing graded.

inbound      what learners handed in, by nbgrader or by `course_lib.hand_in`
attempts     a copy of each submission, one folder each, never changed afterwards
submitted    the newest attempt of each learner, where nbgrader expects it
returned     pages and answers, named by a secret that only learner and grader have

Everything appears complete, by one renaming, so this can be killed at any moment.
"""

import json
import os
import re
import secrets
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.hand_in import feedback_name
from grader.arrival_time import correct_time
from grader.handed_in import SECRET, TIMESTAMP, read_folder, read_secret, read_time
from grader.plain_files import copy_plain_files

SETTLED_SECONDS = 30.0  # a submission that does not change for so long is whole
SECRET_LENGTH = 128  # hexadecimal digits in nbgrader's submission_secret.txt
FIRST = (TIMESTAMP, SECRET, "*.ipynb")
OURSELVES, THE_LEARNER, ANOTHER = "ourselves", "the learner", "another"
_NAME = re.compile(r"(?P<learner>.+)\+(?P<lesson>[^+]+)\+(?P<timestamp>[^+]+)\+[^+]*")
_NAME_PLAIN = re.compile(r"(?P<learner>[^+]+)\+(?P<lesson>[^+]+)\+(?P<timestamp>[^+]+)")


@dataclass(frozen=True)
class Attempt:
    """One submission of one learner, as it was collected.

    Attributes
    ----------
    name, learner, lesson, timestamp : str
        The folder's name in the exchange, and its parts.
    folder : Path
        Its own folder among the attempts.
    """

    name: str
    learner: str
    lesson: str
    timestamp: str
    folder: Path

    @property
    def files(self):
        """The folder with what was handed in."""
        return self.folder / "submission"

    @property
    def graded(self):
        """The graded notebook, once there is one."""
        return self.folder / "graded.ipynb"

    @property
    def answer(self):
        """What went back to the learner, once it did. Written last of all."""
        return self.folder / "answer.json"

    @property
    def secret(self):
        """What the names of its feedback are made from, or nothing."""
        return read_secret(self.files)

    @property
    def notes(self):
        """What its learner should know of how it arrived: a list of str."""
        return self._arrival()["notes"]

    @property
    def sender(self):
        """Which user of this computer put it there.

        `OURSELVES`: this process's user or root; that is how a learner's own computer
        grades, and how an instructor hands in for somebody. `THE_LEARNER` it names, or
        `ANOTHER`, whose claim to be that learner nobody should believe.
        """
        return self._arrival()["sender"]

    def _arrival(self):
        return json.loads((self.folder / "arrival.json").read_text("utf-8"))

    def handed_in(self, largest):
        """Return what was handed in: see `grader.handed_in.read_folder`."""
        about = self.learner, self.lesson, largest, self.notes
        read = read_folder(self.files, *about)
        return replace(read, timestamp=read.timestamp or self.timestamp)

    def notebooks(self):
        """Return the notebooks handed in, the lesson's own first."""
        found = sorted(self.files.glob("*.ipynb"))
        return sorted(found, key=lambda path: path.stem != self.lesson)


def parse_name(name, folder=Path()):
    """Return the attempt that a folder's name speaks of, or None if it is no such name.

    A learner's name may hold plus signs; one that would lead out of a folder is none,
    and neither is one with control characters.
    """
    match = _NAME.fullmatch(name) or _NAME_PLAIN.fullmatch(name)
    if not match or any(part.startswith(".") for part in match.groups()):
        return None
    if not name.isprintable():  # it is going to be shown on a terminal
        return None
    return Attempt(name, **match.groupdict(), folder=folder / name)


def arrivals(settings, known=()):
    """Return the folders in inbound that are whole and were not collected yet.

    Parameters
    ----------
    settings : Settings
    known : container of str
        Names that need no second look.
    """
    try:
        entries = sorted(os.scandir(settings.inbound), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    return [
        Path(entry.path)
        for entry in entries
        if entry.name not in known
        and parse_name(entry.name)
        and entry.is_dir(follow_symlinks=False)
        and not (settings.attempts / entry.name).exists()
        and _is_whole(Path(entry.path))
    ]


def collect(folder, settings):
    """Copy a submission among the attempts, if it is not there yet.

    Links are not followed, and what is neither file nor folder is left out; so is
    what goes beyond the largest size of a submission.

    Returns
    -------
    Attempt
    """
    attempt = parse_name(folder.name, settings.attempts)
    if attempt.folder.exists():
        return attempt
    settings.attempts.mkdir(parents=True, exist_ok=True)
    new = settings.attempts / f".{secrets.token_hex(8)}.new"
    left_out = copy_plain_files(
        folder, new / "submission", settings.largest_submission, first=FIRST
    )
    sender, notes = _sender(folder, attempt.learner), _notes(left_out)
    if sender != OURSELVES:
        notes += correct_time(folder, new / "submission")
    arrival = {"collected": time.time(), "notes": notes, "sender": sender}
    write_whole(new / "arrival.json", json.dumps(arrival, indent=1))
    try:
        os.rename(new, attempt.folder)
    except OSError:
        if not attempt.folder.exists():
            raise
        shutil.rmtree(new)  # another grader was quicker
    return attempt


def attempts(settings):
    """Return every collected attempt, oldest first."""
    if not settings.attempts.is_dir():
        return []
    found = (
        parse_name(name, settings.attempts) for name in os.listdir(settings.attempts)
    )
    return sorted(filter(None, found), key=lambda each: (each.timestamp, each.name))


def is_newest(attempt, settings):
    """Return whether the learner handed in nothing later for that lesson."""
    return not any(
        (other.learner, other.lesson) == (attempt.learner, attempt.lesson)
        and (other.timestamp, other.name) > (attempt.timestamp, attempt.name)
        for other in attempts(settings)
    )


def is_news(attempt, settings):
    """Return whether an attempt is newer than what lies where nbgrader expects it.

    Somebody may have put another file there by hand; it stays unless this is newer.
    """
    folder = settings.submitted / attempt.learner / attempt.lesson
    if not folder.is_dir():
        return True
    if read_secret(folder) == attempt.secret != "":
        return False
    there, here = read_time(folder), read_time(attempt.files)
    if there is None or here is None:
        return not attempt.answer.exists()
    return here > there


def place(attempt, settings):
    """Put an attempt where nbgrader looks for a learner's submission."""
    learner = settings.submitted / attempt.learner
    learner.mkdir(parents=True, exist_ok=True)
    new = learner / f".{secrets.token_hex(8)}.new"
    shutil.copytree(attempt.files, new)
    replace_folder(new, learner / attempt.lesson)


def place_secret(learner, lesson, secret, settings):
    """Put a secret beside what was graded; nbgrader returns pages by it."""
    if secret:
        for step in (settings.autograded, settings.feedback):
            if (folder := step / learner / lesson).is_dir():
                write_whole(folder / SECRET, secret)


def replace_folder(new, folder):
    """Put the folder `new` in the place of `folder`."""
    old = new.with_suffix(".old")
    if folder.exists():
        os.rename(folder, old)
    os.rename(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def give_back(attempt, page, answer, settings):
    """Return page and answer to the learner, and note that it was done.

    Parameters
    ----------
    attempt : Attempt
    page : str
        An HTML document.
    answer : dict
        What `course_lib.submission` shows.
    settings : Settings
    """
    text = json.dumps(answer, ensure_ascii=False)
    notebooks = [path.stem for path in attempt.notebooks()] or [attempt.lesson]
    if attempt.secret:
        settings.returned.mkdir(parents=True, exist_ok=True)
        for notebook in notebooks:
            name = feedback_name(attempt.secret, notebook)
            write_whole(settings.returned / f"{name}.html", page, 0o644)
            write_whole(settings.returned / f"{name}.json", text, 0o644)
    write_whole(attempt.answer, text)


def write_whole(path, text, mode=0o600):
    """Write a file that appears complete, or not at all."""
    new = path.with_name(f".{secrets.token_hex(8)}.new")
    with open(new, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(new, mode)
    os.replace(new, path)


def _is_whole(folder):
    """Return whether a submission is complete: nbgrader writes its secret last."""
    try:
        if (folder / SECRET).stat().st_size >= SECRET_LENGTH:
            return True
    except OSError:
        pass
    try:
        return time.time() - folder.stat().st_mtime > SETTLED_SECONDS
    except OSError:
        return False


def _sender(folder, learner):
    if sys.platform == "win32":
        return OURSELVES
    import pwd

    owner = folder.stat().st_uid
    if owner in (0, os.getuid()):
        return OURSELVES
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        return ANOTHER
    return THE_LEARNER if name == learner else ANOTHER


def _notes(left_out):
    if not left_out:
        return []
    names = ", ".join(left_out[:5])
    more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
    return [
        f"Left out of the submission: {names}{more}. Only plain files count, up to the "
        "size that the course allows; the lesson's notebook is all that is needed."
    ]
