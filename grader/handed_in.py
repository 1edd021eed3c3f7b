"""What one learner handed in for one lesson: read from a folder, trusting nothing."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC

TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
_LONGEST_LINE = 1000
_MOST_NAMES, _LONGEST_NAME = 10, 80


@dataclass(frozen=True)
class HandedIn:
    """One submission, as it will be graded.

    Attributes
    ----------
    learner, lesson : str
    file : str
        The notebook's name, or "" if there is none.
    content : bytes
        The notebook's, whatever is in it.
    timestamp : str or None
        When it was handed in.
    remarks : tuple of str
        What its learner should know of how it arrived.
    """

    learner: str
    lesson: str
    file: str = ""
    content: bytes = b""
    timestamp: str | None = None
    remarks: tuple = ()


def read_folder(folder, learner, lesson, largest, remarks=()):
    """Read a submission from its folder.

    Parameters
    ----------
    folder : Path
        In nbgrader's layout: a notebook, and perhaps ``timestamp.txt``.
    learner, lesson : str
    largest : int
        What a notebook may have, in bytes; a larger one is not read.
    remarks : iterable of str

    Returns
    -------
    HandedIn

    Raises
    ------
    OSError
        The folder or the notebook cannot be read.
    """
    remarks = list(remarks)
    # A link could lead to somebody else's work, and a pipe never ends.
    found = [entry for entry in os.scandir(folder) if entry.name.endswith(".ipynb")]
    plain = sorted(e.name for e in found if e.is_file(follow_symlinks=False))
    notebooks = sorted(plain, key=lambda name: name != f"{lesson}.ipynb")
    if odd := sorted({entry.name for entry in found} - set(plain)):
        remarks.append(f"Not read, because it is no plain file: {_listed(odd)}.")
    if others := notebooks[1:]:
        remarks.append(
            f"Only the lesson's notebook is graded. Ignored: {_listed(others)}."
        )
    content = _read(folder / notebooks[0], largest) if notebooks else b""
    if content is None:
        content = b""
        remarks.append(
            f"The notebook is larger than the {largest / 1e6:g} MB that a submission "
            "may have. Clear its outputs (Edit menu), save, and submit again."
        )
    timestamp = _line(folder / TIMESTAMP)
    if timestamp and parse_time(timestamp) is None:
        remarks.append(f"When it was handed in could not be read: {timestamp[:60]!r}.")
        timestamp = None
    name = notebooks[0] if notebooks else ""
    return HandedIn(learner, lesson, name, content, timestamp, tuple(remarks))


def read_secret(folder):
    """Return what the names of a submission's feedback are made from, or ""."""
    return _line(folder / SECRET) or ""


def _listed(names):
    """Return a stranger's names for files, fit to be shown."""
    shown = [
        "".join(c if c.isprintable() else "?" for c in name)[:_LONGEST_NAME]
        for name in names[:_MOST_NAMES]
    ]
    return ", ".join(shown)


def _read(path, largest):
    """Return a plain file's content, or None if it is too large."""
    # What is a link by now is not followed, and what is a pipe is not waited for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return b""
        content = stream.read(largest + 1)
    return content if len(content) <= largest else None


def _line(path):
    """Return the first line of a small text file, or None."""
    try:
        content = _read(path, _LONGEST_LINE)
    except OSError:
        return None
    text = (content or b"").decode("utf-8", "replace").strip()
    return text.splitlines()[0] if text else None


def read_time(folder):
    """Return when a submission was handed in: a datetime, or None if nobody knows."""
    return parse_time(_line(folder / TIMESTAMP))


def parse_time(text):
    """Return the time that a text speaks of, in UTC where it names no zone, or None."""
    from dateutil.parser import parse

    try:
        time = parse(text) if text else None
    except (ValueError, OverflowError):
        return None
    if time is not None and time.tzinfo is None:
        time = time.replace(tzinfo=UTC)  # as nbgrader reads it
    return time
