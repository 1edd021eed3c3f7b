import contextlib
import copy
import json
import random

import pytest
from small_course import (
    ANSWERS,
    NAME,
    answered,
    as_bytes,
    cell_of,
    code,
    write_course,
)

from grader.answers import WrongLesson, read_answers
from grader.definitions import defined_names
from grader.prepared import prepare
from grader.release import release
from grader.salvage import LARGEST_FILE, Unreadable, read_pieces
from grader.source import read_lesson


@pytest.fixture(scope="module")
def solutions(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def course(solutions):
    return prepare(NAME, solutions).notebook


def read(course, notebook, file=f"{NAME}.ipynb"):
    data = notebook if isinstance(notebook, bytes) else as_bytes(notebook)
    return read_answers(course, data, NAME, file)


def sources(answers):
    return [cell["source"] for cell in answers.notebook["cells"]]


def strip(notebook):
    """Return the notebook as an editor leaves it that knows only text."""
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}
    return notebook


def said(answers, *words):
    return any(all(w in remark for w in words) for remark in answers.deviations)


def test_the_prepared_notebook_is_the_released_one(course, solutions):
    released = release(read_lesson(solutions / NAME / f"{NAME}.py"))
    for cell, twin in zip(course["cells"], released["cells"], strict=True):
        assert (cell["id"], cell["source"]) == (twin["id"], twin["source"])


def test_an_honest_submission_has_its_answers_and_no_deviation(course):
    answers = read(course, answered(course))
    assert answers.deviations == [] and answers.missing == [] and answers.complete
    for exercise, source in ANSWERS.items():
        assert cell_of(answers.notebook, exercise)["source"] == source


def test_the_course_notebook_is_never_changed(course):
    before = copy.deepcopy(course)
    read(course, answered(course))
    assert course == before


def test_nothing_but_text_is_taken_from_a_submission(course):
    notebook = answered(course)
    notebook["metadata"]["kernelspec"] = {"name": "evil"}
    for cell in notebook["cells"]:
        cell["metadata"].setdefault("tags", []).append("skip-execution")
        cell["metadata"].setdefault("nbgrader", {})["points"] = 100
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "error"}]
    answers = read(course, notebook)
    assert said(answers, "Tags", "skip-execution")
    assert said(answers, "grading marks", "mse_check")
    for cell, own in zip(answers.notebook["cells"], course["cells"], strict=True):
        assert cell["metadata"] == own["metadata"]
        assert cell.get("outputs", []) == []
    assert answers.notebook["metadata"] == course["metadata"]


def test_added_cells_follow_the_cell_they_followed(course):
    notebook = answered(course)
    notebook["cells"].insert(0, code("first = 1"))
    after = notebook["cells"].index(cell_of(notebook, "mse"))
    notebook["cells"].insert(after + 1, code("helper = 2"))
    answers = read(course, notebook)
    texts = sources(answers)
    assert texts[0] == "first = 1"
    assert texts[texts.index(ANSWERS["mse"]) + 1] == "helper = 2"
    assert answers.deviations == []


def test_stripped_metadata_is_matched_by_the_functions_defined(course):
    answers = read(course, strip(answered(course)))
    assert answers.missing == []
    assert said(answers, "lost their grading marks")
    assert sources(answers) == sources(read(course, answered(course)))


def test_an_answer_in_another_cell_counts_when_its_own_cell_is_blank(course):
    notebook = answered(course, {k: v for k, v in ANSWERS.items() if k != "center"})
    notebook["cells"].append(code(ANSWERS["center"]))
    answers = read(course, notebook)
    assert cell_of(answers.notebook, "center")["source"] == ANSWERS["center"]
    assert said(answers, "function's name", "center")


def test_of_two_answers_the_last_written_one_counts(course):
    notebook = answered(course)
    mine = cell_of(notebook, "mse")
    place = notebook["cells"].index(mine)
    second = copy.deepcopy(mine) | {"source": "def mse(p, t):\n    return 5.0"}
    blank = copy.deepcopy(cell_of(course, "mse"))
    notebook["cells"][place + 1 : place + 1] = [second, blank]
    answers = read(course, notebook)
    assert cell_of(answers.notebook, "mse")["source"] == second["source"]
    assert said(answers, "3 answers to mse", "last one")
    assert sum("raise NotImplementedError" in text for text in sources(answers)) == 0


def test_a_split_answer_cell_keeps_both_halves(course):
    notebook = answered(course)
    mine = cell_of(notebook, "mse")
    place = notebook["cells"].index(mine)
    half = copy.deepcopy(mine) | {"source": "offset = 0"}
    notebook["cells"].insert(place, half)
    answers = read(course, notebook)
    assert cell_of(answers.notebook, "mse")["source"] == ANSWERS["mse"]
    texts = sources(answers)
    assert texts.index("offset = 0") == texts.index(ANSWERS["mse"]) - 1


def test_two_answers_in_one_cell_are_both_found(course):
    notebook = answered(course)
    cell_of(notebook, "center")["source"] += "\n\n\n" + ANSWERS["mse"]
    notebook["cells"].remove(cell_of(notebook, "mse"))
    answers = read(course, notebook)
    assert answers.missing == []
    assert "def center" in cell_of(answers.notebook, "mse")["source"]
    assert "def" not in cell_of(answers.notebook, "center")["source"]
    assert said(answers, "answer to mse", "cell of center")


def test_a_deleted_answer_cell_is_named(course):
    notebook = answered(course)
    notebook["cells"].remove(cell_of(notebook, "center"))
    answers = read(course, notebook)
    assert answers.missing == ["center"]
    assert said(answers, "answer cell of center is missing")


def test_copied_deleted_and_changed_check_cells_are_listed_and_the_lessons_used(course):
    notebook = answered(course)
    copied = cell_of(notebook, "mse_check")
    notebook["cells"].append(copy.deepcopy(copied))
    notebook["cells"].remove(cell_of(notebook, "line_backward_check"))
    cell_of(notebook, "center_check")["source"] = "4"
    answers = read(course, notebook)
    assert said(answers, "check cell of mse is there 2 times")
    assert said(answers, "check cell of line_backward was missing")
    assert said(answers, "check cell of center was changed")
    assert sources(answers) == sources(read(course, answered(course)))


def test_changed_missing_and_reordered_cells_of_the_lesson_are_listed(course):
    notebook = answered(course)
    notebook["cells"][1]["source"] = "import numpy as np\n\nrng = None"
    del notebook["cells"][-2]
    notebook["cells"].insert(2, notebook["cells"].pop(9))
    answers = read(course, notebook)
    assert said(answers, "code of the lesson that is not an answer", "cell 2")
    assert said(answers, "missing and were put back: 1")
    assert said(answers, "another order")
    assert sources(answers) == sources(read(course, answered(course)))


def test_of_an_exercise_that_is_gone_the_answer_is_run_and_check_and_blank_are_not(
    course,
):
    notebook = answered(course, {"center": ANSWERS["center"]})
    shorter = copy.deepcopy(course)
    for exercise in ("mse", "center"):
        for name in (exercise, f"{exercise}_check"):
            shorter["cells"].remove(cell_of(shorter, name))
    answers = read(shorter, notebook)
    assert ANSWERS["center"] in sources(answers)
    assert said(answers, "does not ask for center", "earns nothing")
    assert not said(answers, "mse")
    assert not any("def mse" in text for text in sources(answers))
    assert len(sources(answers)) == len(shorter["cells"]) + 1


def test_an_answer_cell_turned_into_text_is_run_as_code(course):
    notebook = answered(course)
    cell_of(notebook, "mse")["cell_type"] = "markdown"
    answers = read(course, notebook)
    assert cell_of(answers.notebook, "mse")["cell_type"] == "code"
    assert said(answers, "mse", "markdown cell")


def test_a_renamed_file_is_listed(course):
    assert said(read(course, answered(course), "Untitled1.ipynb"), "Untitled1.ipynb")


def test_another_lessons_notebook_is_not_graded(course):
    other = {
        "nbformat": 4,
        "cells": [
            code("def relu(x):\n    return x * (x > 0)", nbgrader={}) for _ in "ab"
        ],
    }
    with pytest.raises(WrongLesson, match=f"not the lesson {NAME}"):
        read(course, other)


def test_half_a_file_gives_the_cells_that_are_whole(course):
    data = as_bytes(answered(course))
    half = data[: data.index(b'"center"')]
    answers = read(course, half)
    assert not answers.complete
    assert answers.missing == ["center"]
    assert cell_of(answers.notebook, "mse")["source"] == ANSWERS["mse"]
    assert said(answers, "damaged", "submit it again")


def test_merge_conflict_markers_leave_one_whole_version(course):
    lines = as_bytes(answered(course)).decode().split("\n")
    place = next(k for k, line in enumerate(lines) if "targets) ** 2" in line)
    mine = lines[place]
    lines[place : place + 1] = [
        "<<<<<<< HEAD",
        mine,
        "=======",
        mine.replace("** 2", "** 4"),
        ">>>>>>> theirs",
    ]
    answers = read(course, "\n".join(lines).encode())
    assert cell_of(answers.notebook, "mse")["source"] == ANSWERS["mse"]
    assert said(answers, "merge-conflict", "above")


def test_the_old_notebook_format_is_read(course):
    cells = [
        {"cell_type": "code", "input": source, "outputs": [], "metadata": {}}
        for source in ANSWERS.values()
    ]
    answers = read(course, {"nbformat": 3, "worksheets": [{"cells": cells}]})
    assert answers.missing == []
    assert said(answers, "format 3")


def test_a_format_from_the_future_is_read_as_far_as_it_can_be(course):
    answers = read(course, answered(course) | {"nbformat": 5})
    assert answers.missing == [] and said(answers, "format 5")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_another_encoding_is_read(course, encoding):
    notebook = answered(course)
    cell_of(notebook, "mse")["source"] += "  # größer"
    data = json.dumps(notebook, ensure_ascii=False).encode(encoding)
    answers = read(course, data)
    assert "# größer" in cell_of(answers.notebook, "mse")["source"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\0\0\0\0", "empty"),
        (b"<!DOCTYPE html><html>", "not a notebook"),
        (b"PK\x03\x04 a zip", "not a notebook"),
        (b"[1, 2]", "JSON list"),
        (b'{"a": 1}', "no cells"),
        (b'{"cells": [], "nbformat": 4}', "no cells"),
        (b'{"cells": [1, null, {"source": 3}], "nbformat": 4}', "No cell"),
        (b"[" * 200_000, "not a notebook"),
        (b"[" * 2_000_000, "brackets"),
        (b" " * LARGEST_FILE + b"{}", "MB"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_what_holds_no_cells_is_refused_with_a_way_out(data, words):
    with pytest.raises(Unreadable, match=words) as caught:
        read_pieces(data)
    assert "submit" in str(caught.value)


@pytest.mark.parametrize("junk", [None, 5, "text", [], {"a": []}, True])
def test_values_of_other_types_cost_nothing_but_themselves(course, junk):
    notebook = answered(course)
    notebook["metadata"] = junk
    first = notebook["cells"][0]
    first["metadata"] = junk
    notebook["cells"][1]["metadata"] = {"nbgrader": junk, "tags": junk}
    notebook["cells"][2] |= {"id": junk, "cell_type": junk}
    notebook["cells"] += [junk, {"cell_type": "code", "source": junk}]
    answers = read(course, notebook)
    assert answers.missing == []


def test_text_that_no_file_can_hold_is_made_harmless(course):
    notebook = answered(course)
    cell_of(notebook, "mse")["source"] += "\n# \ud800 \0 end"
    answers = read(course, notebook)
    assert cell_of(answers.notebook, "mse")["source"].encode().endswith(b"end")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    def g(): ...\n    return x", {"f"}),
        ("async def f(): ...\nclass A: ...", {"f", "A"}),
        ('text = """\ndef f(): ..."""', set()),
        ("%matplotlib inline\ndef f(x: return", {"f"}),
        ("x = (1,\ndef f(): ...", {"f"}),
        ("if True:\n    def f(): ...", set()),
    ],
)
def test_functions_are_found_without_running_or_compiling(source, names):
    assert defined_names(source) == names


def test_a_large_hostile_notebook_is_read_in_seconds(course):
    cells = [code("def mse(x): return 1\n" * 300 + str(k)) for k in range(2500)]
    notebook = answered(course)
    notebook["cells"] += cells
    assert read(course, notebook).missing == []


def test_no_damage_to_a_file_raises_anything_else(course):
    rng = random.Random(5)
    whole = as_bytes(answered(course))
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            start = rng.randrange(len(data))
            junk = rng.choice(
                [b"", b"[", b"}", b'"', b"\xff", b"null", b"\\", b"\n<<<<<<<\n"]
            )
            data[start : start + rng.choice([0, 1, 40, 2000])] = junk
        with contextlib.suppress(Unreadable, WrongLesson):
            read(course, bytes(data))


def test_no_value_of_another_type_raises_anything_else(course):
    rng = random.Random(6)
    junk = [None, 3, 2.5, True, "text", [], {}, [[]], {"a": {}}, "\ud800", ["a", 3]]

    def spoil(value):
        if rng.random() < 0.02:
            return rng.choice(junk)
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        return [spoil(item) for item in value] if isinstance(value, list) else value

    for _ in range(150):
        with contextlib.suppress(Unreadable, WrongLesson):
            read(course, spoil(answered(course)))
