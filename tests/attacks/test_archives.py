"""Archives of a class, and the tables that go back: nothing leaves its place."""

import csv
import io
import stat
import struct
import tracemalloc
import zipfile

import pytest

from grader.archives import ArchiveLimits, BadArchive, Entry, read_archive
from grader.csv_cells import safe_cell, write_rows

SMALL = ArchiveLimits(
    archive_bytes=1 << 20, files=50, file_bytes=3 << 20, total_bytes=6 << 20
)


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    """Return an archive of (name or ZipInfo, data) as an open file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return made


def read(archive, limits=SMALL):
    """Return what was read by name, and the problems by name."""
    entries = list(read_archive(archive, limits))
    good = {entry.name: entry.data for entry in entries if entry.data is not None}
    return good, {entry.name: entry.problem for entry in entries if entry.problem}


def special(name, kind):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def test_files_come_one_by_one_and_folders_are_passed_over():
    archive = zipped(("ada/", b""), ("ada/01.ipynb", b"{}"), ("./ünal/01.ipynb", b"1"))
    assert read(archive) == ({"ada/01.ipynb": b"{}", "ünal/01.ipynb": b"1"}, {})


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "words"),
    {
        "/etc/cron.d/evil": "root of a disk",
        "../../class/gradebook.db": "leads out",
        "a/../../b": "leads out",
        "..\\..\\evil": "leads out",
        "\\\\server\\share": "root of a disk",
        "C:/evil": "root of a disk",
        "c:evil": "root of a disk",
        "a\nb\x1b[31m": "cannot be shown",
        "a\u202eb": "cannot be shown",
        "x" * 300: "too long",
        "evil. ": "space or a dot",
        ".": "empty or too long",
    }.items(),
)
def test_a_name_that_leads_elsewhere_is_refused_and_the_others_are_read(name, words):
    good, problems = read(zipped((name, b"evil"), ("good.ipynb", b"{}")))
    assert good == {"good.ipynb": b"{}"}
    ((shown, problem),) = problems.items()
    assert words in problem and shown.isprintable()  # fmt: skip


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFSOCK]
)
def test_links_and_devices_are_refused(kind):
    good, problems = read(zipped((special("way", kind), b"/etc"), ("a", b"1")))
    assert good == {"a": b"1"} and "It is" in problems["way"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_of_one_name_the_first_counts():
    archive = zipped(("a/x", b"1"), ("a/x", b"2"), ("A/X", b"3"), ("a//x", b"4"))
    good, problems = read(archive)
    assert good == {"a/x": b"1"} and set(problems) == {"a/x", "A/X", "a//x"}
    assert "twice" in problems["a/x"]


def test_a_bomb_is_stopped_while_it_unfolds():
    bomb = zipped(("bomb", bytes(60 << 20)), ("good", b"1"))
    tracemalloc.start()
    good, problems = read(bomb, ArchiveLimits())
    assert tracemalloc.get_traced_memory()[1] < 30 << 20
    tracemalloc.stop()
    assert good == {"good": b"1"}
    assert "times its size" in problems["bomb"]


def test_a_bomb_that_lies_about_its_size_is_stopped_too():
    data = bytearray(zipped(("bomb", bytes(50 << 20))).getvalue())
    for place in (data.find(b"PK\1\2") + 24, 22):  # its size in both of its headers
        struct.pack_into("<L", data, place, 10)
    good, problems = read(io.BytesIO(data))
    assert problems or len(good["bomb"]) <= 10


def test_a_large_file_and_many_of_them_are_refused():
    noise = bytes(range(256)) * 4096 * 2  # two megabytes
    stored = [(f"f{k}", noise) for k in range(5)]
    archive = zipped(*stored, method=zipfile.ZIP_STORED)
    limits = ArchiveLimits(file_bytes=3 << 20, total_bytes=5 << 20)
    good, problems = read(archive, limits)
    assert sum(map(len, good.values())) <= 5 << 20
    assert "MB unpacked" in problems["f4"]
    with pytest.raises(BadArchive, match="in parts"):
        read(archive, SMALL)


def test_an_archive_of_too_many_files_is_not_even_listed():
    archive = zipped(*((f"f{k}", b"") for k in range(60)))
    with pytest.raises(BadArchive, match="more than 50 files"):
        read(archive)
    data = bytearray(archive.getvalue())
    struct.pack_into("<HH", data, len(data) - 14, 1, 1)  # it says: one
    limits = ArchiveLimits(files=2)
    with pytest.raises(BadArchive, match="more than 2 files"):
        read(io.BytesIO(data), limits)


def test_a_list_of_contents_in_the_long_format_is_refused():
    data = zipped(("a", b"1")).getvalue()
    end = data.rfind(b"PK\5\6")
    forged = data[:end] + b"PK\6\7" + bytes(16) + data[end:]
    with pytest.raises(BadArchive, match="more than it can hold"):
        read(io.BytesIO(forged))


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\5\6", b"{}" * 99, bytes(70_000)])
def test_what_is_no_archive_is_refused_in_words(data):
    with pytest.raises(BadArchive, match="no zip archive"):
        read(io.BytesIO(data))


def test_a_damaged_file_costs_only_itself():
    archive = zipped(("a", b"first" * 99), ("b", b"second"))
    data = bytearray(archive.getvalue())
    data[35:40] = b"\xff" * 5
    good, problems = read(io.BytesIO(data))
    assert good == {"b": b"second"} and "damaged" in problems["a"]


def test_locked_and_oddly_packed_files_are_refused():
    locked = bytearray(zipped(("a", b"1")).getvalue())
    locked[locked.find(b"PK\1\2") + 8] |= 1
    assert "password" in read(io.BytesIO(locked))[1]["a"]
    odd = zipped(("a", b"1"), method=zipfile.ZIP_LZMA)
    assert "compressed" in read(odd)[1]["a"]


def test_no_damage_to_an_archive_raises_anything_else():
    data = zipped(*((f"folder/f{k}", b"text" * k) for k in range(5))).getvalue()
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        try:
            entries = list(read_archive(io.BytesIO(broken), SMALL))
        except BadArchive:
            continue
        assert all(isinstance(entry, Entry) for entry in entries)


# --- tables


FORMULAS = [
    "=1+1", "=HYPERLINK(\"http://evil\",\"A\")", "+1", "-1+1", "@SUM(A1)", "\t=1",
    "\r=1", " =1", "\n=1", "'=1", '"=1', "|cmd", "%0A", "＝1+1", "\ufeff=1", "\u200b=1",
    "=cmd|'/C calc'!A0", "-2+3+cmd|' /C calc'!A0", "\0=1",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_becomes_a_formula(text):
    cell = safe_cell(text)
    assert cell.startswith("'") and cell.isprintable()


@pytest.mark.parametrize("value", [0, -1, 2.5, -0.5, "ada", "a-b", "1=1", "Ünal, Ada"])
def test_what_is_no_formula_stays_as_it_is(value):
    assert safe_cell(value) == value


def test_a_table_comes_back_cell_by_cell():
    rows = [["learner", "score"], ['a,"b"\n;c', -1.5], ["=1", None], ["", 7]]
    file = io.StringIO(newline="")
    write_rows(file, rows)
    assert file.getvalue().startswith('"learner","score"\r\n')
    back = list(csv.reader(io.StringIO(file.getvalue(), newline="")))
    assert back == [
        ["learner", "score"], ['a,"b" ;c', "-1.5"], ["'=1", ""], ["", "7"]
    ]  # fmt: skip
