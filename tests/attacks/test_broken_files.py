"""Broken files: whatever state a notebook arrives in, everybody gets a result."""

import copy
import json

import pytest
from attack_lab import Attack, doubled, edited, every, moved
from small_course import ANSWERS, answered, as_bytes, cell_of, code
from test_cli import said

from grader.plain_files import read_plain_file


def broken(tries, edit, says="", earns=7.0, **options):
    """Return a submission with right answers, damaged by `edit`."""
    says = {"file": says} if says else {}
    return Attack(tries, answers=ANSWERS, edit=edit, earns=earns, says=says, **options)


def with_bytes(change):
    """Return an `edit` that changes the file's bytes."""
    return lambda notebook: change(as_bytes(notebook))


def with_cells(change):
    """Return an `edit` that changes the list of cells."""
    return lambda notebook: change(notebook["cells"])


def strip(notebook):
    """Take away all that another editor does not know."""
    notebook["metadata"] = {}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {}
        cell["id"] = f"cell{number}"


def old_format(notebook):
    """Return the notebook as format 3 has it."""
    cells = [
        {"cell_type": "code", "input": cell["source"], "language": "python",
         "metadata": cell["metadata"], "outputs": []}
        if cell["cell_type"] == "code" else cell
        for cell in notebook["cells"]
    ]  # fmt: skip
    return as_bytes({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]})


def split(notebook):
    """Cut the answer to `line_backward` into two cells."""
    cell = cell_of(notebook, "line_backward")
    place = notebook["cells"].index(cell)
    notebook["cells"].insert(place, code("def helper(dy, x):\n    return np.sum(dy)"))
    cell["source"] = (
        "def line_backward(dy, x):\n    return np.sum(dy * x), helper(dy, x)"
    )


def conflict(data):
    """Return a file in which a merge left both versions of an answer."""
    line = next(x for x in data.decode().splitlines() if "np.mean(" in x)
    theirs = line.replace("np.mean", "np.sum")
    both = f"<<<<<<< HEAD\n{line}\n=======\n{theirs}\n>>>>>>> theirs"
    return data.decode().replace(line, both).encode()


def drop(*ids):
    def edit(notebook):
        notebook["cells"] = [c for c in notebook["cells"] if c["id"] not in ids]

    return edit


def merge(notebook):
    """Put every answer into one cell."""
    cell_of(notebook, "mse")["source"] = "\n".join(ANSWERS.values())
    drop("line_backward", "center")(notebook)


def swap(notebook):
    """Have two answers claim to be each other."""
    mse, center = (cell_of(notebook, name) for name in ("mse", "center"))
    mse["metadata"]["nbgrader"]["grade_id"] = "center"
    center["metadata"]["nbgrader"]["grade_id"] = "mse"
    for cell in notebook["cells"]:
        del cell["id"]


def odd_metadata(cell):
    cell["metadata"] = {"nbgrader": [1], "tags": {"a": None}, "course": "x", "id": 5}
    cell["execution_count"] = "first"
    cell["outputs"] = {"text": 1}


def as_lists(cell):
    cell["source"] = cell["source"].splitlines(keepends=True)


def with_windows_ends(cell):
    cell["source"] = cell["source"].replace("\n", "\r\n")


def other_types(cell):
    cell["metadata"] = None
    cell["cell_type"] = {"code": "code"}.get(cell["cell_type"], 5)


ANOTHER_LESSON = {
    "nbformat": 4, "nbformat_minor": 5, "metadata": {},
    "cells": [code("def relu(x):\n    return x * (x > 0)"), code("relu(3)")],
}  # fmt: skip
FILES = {
    # --- the file
    "truncated": broken(
        "be cut off in the middle", with_bytes(lambda data: data[: len(data) // 2]),
        "The file is damaged", earns=2.0,
    ),
    "cut off by one": broken(
        "be cut off at the very end", with_bytes(lambda data: data.rstrip()[:-1]),
        "The file is damaged",
    ),
    "UTF-16": broken(
        "be saved as UTF-16", with_bytes(lambda data: data.decode().encode("utf-16")),
        "UTF-16",
    ),
    "a byte order mark": broken(
        "begin with a mark", with_bytes(lambda data: b"\xef\xbb\xbf" + data)
    ),
    "Windows-1252": broken(
        "be saved as Windows-1252",
        lambda notebook: json.dumps(
            notebook["cells"].append(code("# é")) or notebook, ensure_ascii=False
        ).encode("cp1252"),
        "not UTF-8",
    ),
    "broken bytes": broken(
        "hold bytes that are no text",
        with_bytes(lambda data: data.replace(b"Three functions", b"\xff\xfe\x00\x81")),
        "not UTF-8",
    ),
    "merge conflict": broken(
        "hold both sides of a merge", with_bytes(conflict), "merge-conflict"
    ),
    "empty": broken("be empty", lambda _: b"", "is empty", earns=0.0),
    "zeros": broken("be full of zeros", lambda _: bytes(9999), "is empty", earns=0.0),
    "a picture": broken(
        "be a picture", lambda _: b"\x89PNG\r\n\x1a\n" + bytes(99), earns=0.0
    ),
    "a web page": broken(
        "be a page that the browser saved", lambda _: b"<!DOCTYPE html><html>",
        "not a notebook", earns=0.0,
    ),
    "plain Python": broken(
        "be a program", lambda _: "\n".join(ANSWERS.values()).encode(),
        "not a notebook", earns=0.0,
    ),
    "a number": broken("be a number", lambda _: b"7", "JSON int", earns=0.0),
    "no cells": broken("have no cells", lambda _: b'{"cells": []}', earns=0.0),
    "cells of no kind": broken(
        "have cells that are none", lambda _: b'{"cells": [1, null, "a", []]}',
        "No cell", earns=0.0,
    ),
    "NaN": broken(
        "hold numbers that JSON does not know",
        with_bytes(lambda data: data[:-1] + b', "x": NaN, "y": 1e999}'),
    ),
    "keys that come twice": broken(
        "say two things under one key",
        with_bytes(lambda data: data[:-1] + b', "nbformat": 4, "metadata": []}'),
    ),
    # --- the format
    "format 3": broken("be of an old format", old_format, "old format 3"),
    "format 5": broken(
        "be of a format that does not exist",
        lambda notebook: notebook.update(nbformat=5), "format 5",
    ),
    "a format of words": broken(
        "name its format in words",
        lambda notebook: notebook.update(nbformat=["4"] * 999), "expected 4",
    ),
    "metadata of odd types": broken(
        "hold metadata of other types", edited(odd_metadata), "lost their grading marks"
    ),
    "cells of odd types": broken(
        "hold cells of other types", edited(other_types), "lost their grading marks"
    ),
    "sources as lists": broken("hold lists of lines", edited(as_lists)),
    "line ends of Windows": broken("hold CRLF", edited(with_windows_ends)),
    "everything stripped": broken(
        "come from an editor that keeps text only", strip, "lost their grading marks"
    ),
    # --- the cells
    "no checks": broken(
        "lack the check cells", drop("mse_check", "line_backward_check"), "put back"
    ),
    "no answer": broken(
        "lack an answer cell", drop("line_backward"), "is missing", earns=3.0
    ),
    "no first cell": broken(
        "lack the cell that imports NumPy",
        lambda notebook: notebook.update(
            cells=[c for c in notebook["cells"] if "import numpy" not in c["source"]]
        ),
        "put back",
    ),
    "a check twice": broken(
        "hold a check twice", lambda n: doubled(n, "mse_check"), "is there 2 times"
    ),
    "an answer twice": broken(
        "hold an answer twice", lambda n: doubled(n, "mse"), "There are 2 answers"
    ),
    "everything twice": broken(
        "hold every cell twice",
        with_cells(lambda cells: cells.extend(copy.deepcopy(cells))),
        "is there 2 times",
    ),
    "reordered": broken(
        "have the answers at the end", lambda n: moved(n, "mse", 99), "another order"
    ),
    "backwards": broken(
        "run from the end to the start", with_cells(list.reverse), "another order"
    ),
    "split": broken("have an answer in two cells", split),
    "merged": broken(
        "have all answers in one cell",
        merge,
        "was found in the cell of mse",
    ),
    "answers as text": broken(
        "have an answer in a text cell",
        lambda n: cell_of(n, "mse").update(cell_type="markdown"), "run as code",
    ),
    "ids that come twice": broken(
        "have one id for all", edited(lambda cell: cell.update(id="same"))
    ),
    "ids of the grader's": broken(
        "have ids that the grader gives itself",
        edited(lambda cell: cell.update(id="added-1")),
    ),
    "swapped marks": broken(
        "claim that one answer is another",
        swap,
    ),
    "another lesson": broken(
        "be of another lesson", lambda _: as_bytes(ANOTHER_LESSON),
        "not the lesson 01_small", earns=0.0,
    ),
    "a syntax error": Attack(
        "hold an answer that Python cannot read",
        answers={**ANSWERS, "mse": "def mse(predictions, targets:\n    return 0"},
        earns=5.0, says={"mse": "SyntaxError"},
    ),
    "a cell of another language": Attack(
        "hold an answer in another language",
        answers={**ANSWERS, "mse": "%%R\nmse <- function(p, t) mean((p - t)^2)"},
        earns=5.0, says={"mse": "no function called mse"},
    ),
    "magics of another editor": Attack(
        "begin an answer with magics that exist elsewhere",
        answers={**ANSWERS, "mse": "%autosave 60\n%load_ext gradient_lens\n%cd ..\n"
                 "%reload_everything\n" + ANSWERS["mse"]},
        earns=7.0,
    ),
    "an error of letters nobody sees": Attack(
        "raise an error that turns text around and hides in it",
        answers={**ANSWERS, "mse": "def mse(predictions, targets):\n"
                 "    raise ValueError('"
                 "\\u200f\\u061c\\u200b\\U000e0041\\ue000\\u2028\\x9b2Jseen')"},
        earns=5.0, says={"mse": "raised ValueError: 2Jseen"},
    ),
    "text of every kind": Attack(
        "hold characters that break files and terminals",
        answers={**ANSWERS, "mse": "# \ud800 \x00 \x1b]0;owned\x07 \u202e é 💥\n"
                 + ANSWERS["mse"]},
        earns=7.0,
    ),
}  # fmt: skip
QUICK = [
    "truncated",
    "merge conflict",
    "empty",
    "everything stripped",
    "everything twice",
    "backwards",
    "format 3",
    "metadata of odd types",
    "swapped marks",
    "another lesson",
    "magics of another editor",
]


@every(FILES, QUICK)
def test_everybody_gets_a_result(lab, attack):
    report = lab.must_fail(attack)
    assert report.status in ("graded", "partly_graded", "not_graded")
    assert json.loads(report.as_json())["max_score"] == 7.0
    assert report.as_html().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["../../other.ipynb", "a\nb\x1b[31m.ipynb", "ü 2"])
def test_a_renamed_file_is_graded_and_named_in_one_line(lab, name):
    report, _ = lab.grade(answered(lab.course), file=name)
    assert report.score == 7.0
    assert all(remark.isprintable() for remark in report.deviations)
    assert "The name makes no difference" in report.deviations[0]


def test_a_folder_and_a_missing_file_do_not_stop_the_files_after_them(
    tmp_path, capsys, lab
):
    (tmp_path / "folder.ipynb").mkdir()
    with pytest.raises(OSError, match="a folder"):
        read_plain_file(tmp_path / "folder.ipynb")
    empty = tmp_path / "empty.ipynb"
    empty.write_bytes(b"")
    files = [tmp_path / "folder.ipynb", tmp_path / "nowhere.ipynb", empty]
    code, errors = said(capsys, "grade", "1", *map(str, files))
    assert code == 2
    assert "It is a folder, expected a file" in errors and "nowhere" in errors
