"""What holds for every lesson: built, solvable, gradable, and short enough to read."""

import os
import re
from collections import Counter
from functools import cache

import pytest

from grader.audit import audit_lesson
from grader.blank import STUB
from grader.exercises import SOLUTIONS, lesson_names
from grader.grade import grade
from grader.release import build, notebook_bytes, release
from grader.solutions import solutions
from grader.source import read_lesson

LESSONS = lesson_names()
CODE_LINES, TEXT_WORDS = 25, 120
SECONDS = 60.0  # of a processor: other work on the machine does not count
every_lesson = pytest.mark.parametrize("name", LESSONS)


@cache
def source(name):
    return read_lesson(SOLUTIONS / name / f"{name}.py")


def words(text):
    """Return how many words of a text cell a learner reads at once.

    Hints are folded away, and a formula is one word.
    """
    text = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "formula", text, flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’.-]*", re.sub(r"<[^>]+>", "", text)))


@every_lesson
def test_the_built_lesson_is_up_to_date(name):
    (built,) = build([name], write=False)
    if built.state == "kept":
        pytest.skip(f"somebody worked on lessons/{name}; build --force resets it")
    assert built.state == "unchanged", f"run: python3 course.py build {name}"


@pytest.mark.full
@every_lesson
def test_the_solution_runs_cleanly_within_a_minute_and_earns_full_marks(name):
    before = _seconds_of_kernels()
    (solved,) = solutions([name])
    assert solved.problems == []
    assert _seconds_of_kernels() - before < SECONDS


def _seconds_of_kernels():
    """Return the processor time of processes that this one started and saw end."""
    times = os.times()
    return times.children_user + times.children_system


@every_lesson
def test_the_untouched_lesson_earns_nothing_and_says_it_is_not_written(name):
    report = grade(name, notebook_bytes(release(source(name))), file=f"{name}.ipynb")
    assert report.status == "graded"
    assert report.deviations == []
    assert report.score == 0
    assert {verdict.status for verdict in report.exercises} <= {"not_written"}


@pytest.mark.full
@every_lesson
def test_every_named_mistake_is_named_and_every_right_answer_accepted(name):
    assert [row for row in audit_lesson(name) if not row.holds] == []


@every_lesson
def test_every_blank_raises_the_stub_and_nothing_else(name):
    lesson = release(source(name))
    for exercise in source(name).points:
        cell = next(cell for cell in lesson.cells if cell.id == exercise)
        assert cell.source.count(STUB) == cell.source.count("raise ")
        assert STUB in cell.source


@every_lesson
def test_no_cell_is_longer_than_its_limit(name):
    for cell, line in zip(source(name).notebook.cells, source(name).lines, strict=True):
        if cell.cell_type == "code":
            length = len([row for row in cell.source.splitlines() if row.strip()])
            assert length <= CODE_LINES, f"{name}.py:{line}"
        else:
            assert words(cell.source) <= TEXT_WORDS, f"{name}.py:{line}"


def test_no_grade_id_is_used_twice_in_the_course():
    ids = Counter(
        graded
        for name in LESSONS
        for graded in (*source(name).points, *source(name).rubrics)
    )
    assert [name for name, count in ids.items() if count > 1] == []
