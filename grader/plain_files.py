"""Read what a stranger wrote: plain files and folders, so much and no more."""

import errno
import fnmatch
import os
import stat
from pathlib import Path

MOST_FILES = 1000
LARGEST_FILE = 200_000_000  # bytes that are read of a file before it is judged
DEEPEST = 8  # folders in folders
# Not through a link, and without waiting at a pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
_FLAGS |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_plain_file(path):
    """Return the bytes of a file that somebody handed in.

    Raises
    ------
    OSError
        It is a link, which may lead anywhere; it is no file (a pipe would keep the
        reader waiting, a device has no end); or it cannot be read.
    """
    if os.path.islink(path):
        raise OSError(errno.ELOOP, "It is a link, expected the file itself", str(path))
    descriptor = os.open(path, _FLAGS)
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        what = "a folder" if stat.S_ISDIR(kind) else "neither file nor folder"
        raise OSError(errno.EINVAL, f"It is {what}, expected a file", str(path))
    with open(descriptor, "rb") as stream:
        return stream.read(LARGEST_FILE)


def copy_plain_files(source, target, most_bytes, first=()):
    """Copy the folder `source` to the new folder `target`.

    Links are not followed. What is neither file nor folder is left out, and so is a
    file for which no room is left, or that is a second name of somebody else's file.

    Parameters
    ----------
    source, target : Path
    most_bytes : int
        What all files together may have, in bytes.
    first : sequence of str
        Patterns of names that are copied before the rest, in this order.

    Returns
    -------
    list of str
        The names of what was left out.

    Raises
    ------
    OSError
        `source` cannot be listed, or `target` not written.
    """
    copier = _Copier(most_bytes, first, os.stat(source).st_uid)
    copier.copy(source, target, DEEPEST)
    return copier.left_out


class _Copier:
    def __init__(self, most_bytes, first, owner):
        self.first = first
        self.owner = owner
        self.bytes_left = most_bytes
        self.files_left = MOST_FILES
        self.left_out = []

    def copy(self, source, target, depth):
        target.mkdir(parents=True)
        for entry in sorted(os.scandir(source), key=self._rank):
            if entry.is_dir(follow_symlinks=False) and depth and self.files_left:
                self.copy(Path(entry.path), target / entry.name, depth - 1)
                continue
            data = self._read(entry.path)
            if data is None:
                self.left_out.append(entry.name)
            else:
                (target / entry.name).write_bytes(data)
                self.bytes_left -= len(data)
                self.files_left -= 1

    def _rank(self, entry):
        for place, pattern in enumerate(self.first):
            if fnmatch.fnmatchcase(entry.name, pattern):
                return place, entry.name
        return len(self.first), entry.name

    def _read(self, path):
        """Return a plain file's bytes, or None if it is none or does not fit."""
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError:
            return None
        with open(descriptor, "rb") as stream:
            about = os.fstat(descriptor)
            if not self.files_left or not stat.S_ISREG(about.st_mode):
                return None
            if about.st_nlink > 1 and about.st_uid != self.owner:
                return None  # a second name for somebody else's file
            data = stream.read(self.bytes_left + 1)
        return data if len(data) <= self.bytes_left else None
