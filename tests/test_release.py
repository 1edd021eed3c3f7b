"""Lessons are built from sources, always the same, and nobody's work is lost."""

from copy import deepcopy

import nbformat
import numpy as np
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from course_lib.check_data import load_checks, save_checks
from grader.blank import STUB, blank
from grader.errors import SourceError
from grader.release import build, digest, is_worked_on, release
from grader.source import HEADER, read_lesson

LESSON = (
    HEADER
    + '''
# %% [markdown]
# # 1. Twice

# %% solution="twice"
def twice(x):
    """Return 2 x."""
    ### BEGIN SOLUTION
    doubled = x + x
    return doubled
    ### END SOLUTION

# %% check="twice"

# %% submit=true
'''
)
CHECKS = """
from grader.exercises import Case, Exercise, Mistake

def twice(x):
    return x * 2

def cases(rng):
    yield Case("three numbers", x=rng.normal(size=3))

EXERCISES = [
    Exercise("twice(x) -> y", 2, twice, cases, [Mistake("same", lambda x: x, "Same.")])
]
"""


@pytest.fixture
def course(tmp_path):
    """Return the folder of a course with one lesson, not built yet."""
    (tmp_path / "course.toml").write_text('[course]\nid = "test"\n')
    folder = tmp_path / "solutions" / "01_twice"
    folder.mkdir(parents=True)
    (folder / "01_twice.py").write_text(LESSON)
    (folder / "checks.py").write_text(CHECKS)
    return tmp_path


def built(course, **options):
    """Build the one lesson and return what became of it."""
    (result,) = build(root=course, **options)
    return result


def files(course):
    """Return the bytes of everything in the lesson's folder, by name."""
    return {path.name: path.read_bytes() for path in lesson(course).parent.iterdir()}


def lesson(course):
    return course / "lessons" / "01_twice" / "01_twice.ipynb"


def change_source(course, old="Return 2 x", new="Return twice x"):
    path = course / "solutions" / "01_twice" / "01_twice.py"
    path.write_text(path.read_text().replace(old, new))


def edit(course, change):
    """Change the built lesson as somebody who opened it would."""
    notebook = nbformat.read(lesson(course), as_version=4)
    change(notebook)
    nbformat.write(notebook, lesson(course))


def answer(notebook):
    notebook.cells[1].source = "def twice(x):\n    return 2 * x"


def run_cells(notebook):
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="hello")]


def open_and_save(notebook):
    """Change what JupyterLab changes by opening and saving."""
    notebook.metadata.language_info = {"name": "python", "version": "3.13.1"}
    notebook.cells[1].metadata["scrolled"] = True


def test_a_lesson_has_the_stub_where_the_solution_was(course):
    source = read_lesson(course / "solutions/01_twice/01_twice.py")
    cell = release(source).cells[1]
    assert cell.source == f'def twice(x):\n    """Return 2 x."""\n    {STUB}'
    assert "doubled" in source.notebook.cells[1].source


def test_a_lesson_holds_no_line_of_a_solution(course):
    built(course)
    for data in files(course).values():
        assert b"doubled" not in data
        assert b"SOLUTION" not in data


def test_a_lesson_is_a_complete_nbgrader_notebook(course):
    built(course)
    notebook = nbformat.read(lesson(course), as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    answer_cell, check_cell = notebook.cells[1:3]
    assert not answer_cell.metadata.deletable
    assert "editable" not in answer_cell.metadata
    assert not check_cell.metadata.editable
    assert len(check_cell.metadata.nbgrader.checksum) == 32
    assert notebook.metadata.course.source == "solutions/01_twice/01_twice.py"


def test_building_twice_gives_the_same_bytes(course):
    assert built(course).state == "written"
    first = files(course)
    assert built(course).state == "unchanged"
    assert files(course) == first
    for path in list(lesson(course).parent.iterdir()):
        path.unlink()
    assert built(course).state == "written"
    assert files(course) == first


def test_a_build_leaves_nothing_beside_the_lesson_and_its_checks(course):
    built(course)
    assert sorted(files(course)) == ["01_twice.ipynb", "checks.npz"]


def test_the_checks_of_a_lesson_can_be_read_back(course):
    built(course)
    check = load_checks(lesson(course).with_name("checks.npz"), "twice")
    (case,) = check.cases
    np.testing.assert_array_equal(case.expected["y"], 2 * case.inputs["x"])
    np.testing.assert_array_equal(case.mistaken["same"]["y"], case.inputs["x"])


def test_without_writing_a_build_says_what_it_would_do(course):
    assert built(course, write=False).state == "written"
    assert not lesson(course).parent.exists()
    built(course)
    before = files(course)
    change_source(course)
    assert built(course, write=False).state == "written"
    assert files(course) == before


def test_a_changed_source_is_built_over_an_untouched_lesson(course):
    built(course)
    change_source(course)
    assert built(course).state == "written"
    assert b"Return twice x" in lesson(course).read_bytes()


def test_opening_and_saving_a_lesson_is_no_work(course):
    built(course)
    original = files(course)
    edit(course, open_and_save)
    assert built(course).state == "written"
    assert files(course) == original


@pytest.mark.parametrize("work", [answer, run_cells])
def test_a_lesson_that_somebody_worked_on_is_not_overwritten(course, work):
    built(course)
    edit(course, work)
    mine = files(course)
    change_source(course)
    result = built(course)
    assert result.state == "refused"
    assert "--force" in result.message
    assert files(course) == mine


def test_work_on_a_lesson_of_the_present_source_is_kept_without_complaint(course):
    built(course)
    edit(course, answer)
    mine = lesson(course).read_bytes()
    assert built(course).state == "kept"
    assert lesson(course).read_bytes() == mine


def test_changed_points_are_a_changed_source_too(course):
    built(course)
    edit(course, answer)
    checks = course / "solutions/01_twice/checks.py"
    checks.write_text(CHECKS.replace('-> y", 2', '-> y", 3'))
    assert built(course).state == "refused"


def test_force_keeps_every_copy_beside_the_lesson(course):
    for number in (1, 2):
        built(course, force=True)
        edit(course, answer)
        mine = lesson(course).read_bytes()
        result = built(course, force=True)
        copy = lesson(course).with_name(f"01_twice.kept-{number}.ipynb")
        assert copy.name in result.message
        assert copy.read_bytes() == mine
        assert STUB.encode() not in mine
        assert b"NotImplementedError" in lesson(course).read_bytes()


@pytest.mark.parametrize("data", [b"", b"<<<<<<< HEAD\n{", b'{"cells": []}', b"\xff"])
def test_a_file_that_no_build_wrote_is_not_overwritten(course, data):
    lesson(course).parent.mkdir(parents=True)
    lesson(course).write_bytes(data)
    assert built(course).state == "refused"
    assert lesson(course).read_bytes() == data


def test_another_machines_rounding_leaves_the_checks_as_they_are(course):
    built(course)
    path = lesson(course).with_name("checks.npz")
    check = load_checks(path, "twice")
    check.cases[0].expected["y"] *= 1 + 3e-16
    save_checks(path, [check])
    theirs = path.read_bytes()
    assert built(course).state == "unchanged"
    assert path.read_bytes() == theirs


@pytest.mark.parametrize("factor", [1 + 1e-9, np.nan, np.inf, -1])
def test_another_number_in_the_checks_is_replaced(course, factor):
    built(course)
    path = lesson(course).with_name("checks.npz")
    right = path.read_bytes()
    check = load_checks(path, "twice")
    check.cases[0].expected["y"][1] *= factor
    save_checks(path, [check])
    assert built(course).state == "written"
    assert path.read_bytes() == right


def test_checks_that_cannot_be_read_are_replaced(course):
    built(course)
    path = lesson(course).with_name("checks.npz")
    right = path.read_bytes()
    path.write_bytes(b"not an archive")
    assert built(course).state == "written"
    assert path.read_bytes() == right


def test_a_source_with_a_mistake_writes_nothing(course):
    change_source(course, "    ### END SOLUTION\n", "")
    with pytest.raises(SourceError):
        built(course)
    assert not lesson(course).exists()


def test_a_stub_that_would_not_parse_is_refused_at_its_cell(course):
    change_source(course, "    ### BEGIN SOLUTION", "### BEGIN SOLUTION")
    with pytest.raises(SourceError, match="Indent '### BEGIN SOLUTION'") as caught:
        built(course)
    assert caught.value.line == 9


def test_a_reference_that_fails_is_shown_where_it_is_declared(course):
    checks = course / "solutions/01_twice/checks.py"
    checks.write_text(CHECKS.replace("return x * 2", "return x.twice"))
    with pytest.raises(SourceError, match="three numbers") as caught:
        built(course)
    assert caught.value.path.name == "checks.py"
    assert '"twice(x) -> y"' in CHECKS.splitlines()[caught.value.line - 1]


def test_the_digest_sees_text_outputs_and_points_and_not_the_editors_marks(course):
    built(course)
    original = nbformat.read(lesson(course), as_version=4)
    assert not is_worked_on(original)
    for change, differs in [(answer, True), (run_cells, True), (open_and_save, False)]:
        notebook = nbformat.read(lesson(course), as_version=4)
        change(notebook)
        assert (digest(notebook) != digest(original)) is differs
        assert is_worked_on(notebook) is differs


def test_a_blank_is_what_nbgrader_makes_of_a_solution(course):
    from nbgrader.preprocessors import ClearSolutions

    source = read_lesson(course / "solutions" / "01_twice" / "01_twice.py").notebook
    theirs, _ = ClearSolutions(code_stub={"python": STUB}).preprocess(
        deepcopy(source), {}
    )
    assert [c.source for c in blank(source).cells] == [c.source for c in theirs.cells]
