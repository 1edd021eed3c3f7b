"""Read a zip archive of submissions, trusting nothing that it says of itself.

    with open("submissions.zip", "rb") as file:
        for entry in read_archive(file):
            ...

Entries come one after another, each held in memory alone. Nothing is written: where a
file belongs is for the caller to decide, by a name that cannot lead out of a folder.
"""

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, field

_END = struct.Struct("<4s4H2LH")
_END_MARK, _ZIP64_MARK = b"PK\5\6", b"PK\6\7"
_ZIP64_BYTES = 20
_LONGEST_COMMENT = 1 << 16
_DIRECTORY_BYTES = 1000  # of an archive's list of contents, for each file
_CHUNK = 1 << 16
_SMALL = 1 << 20  # bytes; a file no larger may be compressed as much as it will
_LONGEST_PART, _LONGEST_NAME = 255, 1000  # characters
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others take gigabytes to read
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError,
            RuntimeError, ValueError, struct.error)  # fmt: skip


class BadArchive(ValueError):
    """Nothing can be read from the archive; the message says why and how to go on."""


@dataclass(frozen=True)
class ArchiveLimits:
    """How much an archive may hold.

    Attributes
    ----------
    archive_bytes : int
        The archive itself.
    files : int
        Entries, folders included.
    file_bytes, total_bytes : int
        One file, and all of them, unpacked. Counted while reading: what the archive
        says of itself is not believed.
    ratio : float
        Unpacked over packed, of a file larger than a megabyte. Notebooks full of
        pictures are below 10, and repeated text below 100.
    """

    archive_bytes: int = 2 << 30
    files: int = 20_000
    file_bytes: int = 64 << 20
    total_bytes: int = 4 << 30
    ratio: float = 200.0


@dataclass(frozen=True)
class Entry:
    """One file of an archive.

    Attributes
    ----------
    name : str
        Its path with ``/`` between folders: relative, and free of ``..`` and of
        characters that no name needs. Where there is a problem, printable only.
    data : bytes or None
        None where there is a problem.
    problem : str
        Why it was not read, in words; else empty.
    written : tuple of int
        Year, month, day, hour, minute, second, as the archive says. Platforms put
        there when the archive was made, by a clock of their own.
    """

    name: str
    data: bytes | None
    problem: str = ""
    written: tuple = field(default=(), compare=False)


class _Refused(Exception):
    """Carries the reason why an entry is not read."""


def read_archive(file, limits=None):
    """Yield the files of a zip archive, one after another.

    Parameters
    ----------
    file : binary file
        Open for reading; it can be sought in.
    limits : ArchiveLimits, optional

    Yields
    ------
    Entry
        For every file, read or not. Folders are passed over.

    Raises
    ------
    BadArchive
        It is no zip archive, or too large as a whole. Raised at the first entry; one
        entry that is damaged or refused is no reason to lose the others.
    """
    limits = limits or ArchiveLimits()
    _look_at_the_end(file, limits)
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED as error:
        raise BadArchive(f"The archive cannot be opened: {error}.") from None
    seen, left = set(), limits.total_bytes
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            try:
                name = _safe_name(info.filename)
                _refuse_second(name, seen)
                data = _read(archive, info, limits, left)
            except _Refused as refused:
                yield Entry(_shown(info.filename), None, str(refused))
                continue
            left -= len(data)
            yield Entry(name, data, written=info.date_time)


def _look_at_the_end(file, limits):
    """Refuse an archive before its list of contents is read into memory."""
    size = file.seek(0, os.SEEK_END)
    if size > limits.archive_bytes:
        raise BadArchive(
            f"The archive has {size / 1e6:.0f} MB, and {limits.archive_bytes / 1e6:.0f}"
            " MB is the most that is read. Download the submissions in parts."
        )
    start = file.seek(max(0, size - _LONGEST_COMMENT - _END.size - _ZIP64_BYTES))
    tail = file.read()
    place = tail.rfind(_END_MARK)
    if tail[-_END.size :][:4] == _END_MARK and tail.endswith(b"\0\0"):
        place = len(tail) - _END.size  # where zipfile looks first, too
    if place < 0 or len(tail) - place < _END.size:
        raise BadArchive(
            f"The file is no zip archive: its {size} bytes have no end of a list of "
            "contents. Was the download cut off?"
        )
    _, _, _, _, count, directory, _, _ = _END.unpack_from(tail, place)
    zip64 = tail[max(0, place - _ZIP64_BYTES) :].startswith(_ZIP64_MARK)
    many = count > limits.files or directory > limits.files * _DIRECTORY_BYTES
    if many or zip64 or directory > start + place:
        raise BadArchive(
            f"The archive lists more than {limits.files} files, or more than it can "
            "hold. Download the submissions in parts."
        )


def _safe_name(name):
    """Return a path that stays inside a folder, or refuse it."""
    name = unicodedata.normalize("NFC", name)
    if not name.isprintable():
        raise _Refused("Its name holds characters that cannot be shown.")
    parts = name.replace("\\", "/").split("/")
    if name[:1] in ("/", "\\") or _DRIVE.match(name):
        raise _Refused("Its name begins at the root of a disk.")
    if ".." in parts:
        raise _Refused('Its name leads out of the folder ("..").')
    parts = [part for part in parts if part not in ("", ".")]
    if not parts or max(map(len, parts)) > _LONGEST_PART or len(name) > _LONGEST_NAME:
        raise _Refused("Its name is empty or too long.")
    if any(part != part.strip(" ") or part.endswith(".") for part in parts):
        raise _Refused("Its name ends with a space or a dot.")
    return "/".join(parts)


def _refuse_second(name, seen):
    """Refuse a name that is there already; some disks take two cases for one."""
    key = name.casefold()
    if key in seen:
        raise _Refused("The archive holds this name twice; the first one counts.")
    seen.add(key)


def _read(archive, info, limits, left):
    """Return the bytes of one entry, or refuse it before they are too many."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        what = "a link" if kind == stat.S_IFLNK else "neither file nor folder"
        raise _Refused(f"It is {what}.")
    if info.flag_bits & _ENCRYPTED:
        raise _Refused("It is locked with a password.")
    if info.compress_type not in _METHODS:
        raise _Refused("It is compressed in a way that is not read.")
    most = min(limits.file_bytes, left)
    data = bytearray()
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                data += chunk
                if len(data) > most:
                    raise _Refused(f"It has more than {most / 1e6:.0f} MB unpacked.")
                if len(data) > max(_SMALL, limits.ratio * info.compress_size):
                    raise _Refused(
                        f"It unpacks to more than {limits.ratio:g} times its size."
                    )
    except _DAMAGED as error:
        raise _Refused(f"It is damaged: {str(error)[:100]}.") from None
    return bytes(data)


def _shown(name):
    return "".join(c if c.isprintable() else "?" for c in name)[:_LONGEST_PART]
