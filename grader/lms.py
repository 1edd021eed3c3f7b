"""The names that files have in archives from Canvas and from Moodle.

Canvas     lovelaceada_LATE_340934_208490284_01_loss-2.ipynb
Moodle     Ada Lovelace_4711_assignsubmission_file_/01_loss.ipynb, or all in one name
ours       01_loss_ada_2026-03-01_12-00-00.zip, as ``course.py submit --zip`` writes it

A name says who handed in, and the same name carries the answer back.
"""

import re
from collections import Counter
from dataclasses import dataclass

CANVAS, MOODLE, OURS = "canvas", "moodle", "ours"
LAYOUTS = {CANVAS: "Canvas", MOODLE: "Moodle", OURS: "this course"}
_CANVAS = re.compile(
    r"(?P<prefix>(?P<who>[^\W_]\w*?)_(?P<late>LATE_)?(?P<number>\d+)_"
    r"(?:(?P<file_id>\d+)_|(?=(?:text|link)\.html$)))(?P<file>.+)"
)
_CANVAS_HIDDEN = re.compile(
    r"(?P<prefix>(?P<late>LATE_)?(?P<who>anon)_(?P<number>[^\W_]+)_"
    r"(?P<file_id>\d+)_)(?P<file>.+)"
)
# Moodle 4.1 left out the last underscore of folders.
_MOODLE = re.compile(
    r"(?P<prefix>(?P<who>[^_/]*)_(?P<number>\d+)_assignsubmission_[a-z]+"
    r"(?:_?/|_))(?P<file>.+)"
)
_OURS = re.compile(
    r"(?P<lesson>.+?)_(?P<time>\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(?: ?\(\d+\))?\.zip"
)
_COPY = re.compile(r"(?P<stem>.+?)(?:-(?P<version>\d+)| ?\((?P<copy>\d+)\))?")


@dataclass(frozen=True)
class Handed:
    """One file in an archive, and what its name says.

    Attributes
    ----------
    entry : str
        Its whole name in the archive.
    layout : {"canvas", "moodle", "ours"}
    who : str
        The person, as the platform writes names there.
    number : str
        The platform's number: of a user in Canvas, of a participant of this one
        assignment in Moodle.
    file : str
        The name that the file was handed in by.
    prefix : str
        What a file that is given back begins with.
    file_id : int
        Canvas's number of the file; later ones are larger.
    late : bool
        Whether the platform marks it as late. Only Canvas does.
    """

    entry: str
    layout: str
    who: str
    number: str = ""
    file: str = ""
    prefix: str = ""
    file_id: int = 0
    late: bool = False

    @property
    def is_hidden(self):
        """Whether the platform keeps secret who it was."""
        return (self.layout, self.who.casefold()) in HIDDEN

    @property
    def stem(self):
        """The file's name without its ending, and without a count of copies.

        ``01_loss-2.ipynb`` is the third version of ``01_loss.ipynb``.
        """
        return self._copy["stem"]

    @property
    def version(self):
        """How often the name was handed in before, as far as it says so."""
        return int(self._copy["version"] or self._copy["copy"] or 0)

    @property
    def ending(self):
        """The ending of the file's name, in small letters and with its dot."""
        return "." + self.file.rpartition(".")[2].casefold()

    @property
    def _copy(self):
        name = self.file.rpartition("/")[2]
        return _COPY.fullmatch(name.rpartition(".")[0] or name)


HIDDEN = {(CANVAS, "anon"), (MOODLE, "participant")}


def read_names(names, lessons=(), layout=None):
    """Read the names of an archive's files.

    Parameters
    ----------
    names : iterable of str
    lessons : iterable of str
        The names of the course's lessons; they begin the names of our own zip files.
    layout : {"canvas", "moodle"}, optional
        Whose archive it is; by default the one that most names fit.

    Returns
    -------
    layout : str or None
        None if no name fits any.
    handed : dict of str to Handed
        By name in the archive; names that do not fit the layout are left out. One
        layout holds for the whole archive: a learner chooses part of a name, and could
        otherwise speak for somebody else in the words of another platform.
    """
    names = list(names)
    lessons = sorted(lessons, key=len, reverse=True)
    found = {
        kind: {name: read for name in names if (read := _read(name, kind, lessons))}
        for kind in ([layout] if layout else LAYOUTS)
    }
    counts = Counter({kind: len(read) for kind, read in found.items()})
    layout, count = counts.most_common(1)[0]
    return (layout if count else None), found[layout]


def _read(name, layout, lessons):
    if layout == MOODLE:
        return _moodle(name)
    base = name.rpartition("/")[2]
    if layout == CANVAS:
        match = _CANVAS_HIDDEN.fullmatch(base) or _CANVAS.fullmatch(base)
        return match and _handed(name, CANVAS, match)
    return _ours(name, base, lessons)


def _moodle(name):
    """Read a name of Moodle's; it may lie in further folders."""
    parts = name.split("/")
    for k in range(len(parts)):
        match = _MOODLE.fullmatch("/".join(parts[k:]))
        if match:
            return _handed(name, MOODLE, match)
    return None


def _handed(name, layout, match):
    parts = match.groupdict()
    return Handed(
        name,
        layout,
        parts["who"],
        parts["number"],
        parts["file"],
        parts["prefix"],
        int(parts.get("file_id") or 0),
        bool(parts.get("late")),
    )


def _ours(name, base, lessons):
    match = _OURS.fullmatch(base)
    if not match:
        return None
    for lesson in lessons:
        learner = match["lesson"].removeprefix(f"{lesson}_")
        if learner != match["lesson"]:
            file = f"{lesson}.zip"
            return Handed(name, OURS, learner, file=file, prefix=f"{base[:-4]}_")
    return None
