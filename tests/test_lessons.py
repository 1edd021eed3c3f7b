"""What holds for every lesson: built, solvable, gradable, and short enough to read."""

import os
import re
from collections import Counter
from functools import cache

import nbformat
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
WIDGET = re.compile(r"(VBox|HBox|Box|Output|Button|\w*Slider|Dropdown|HTML)\(")
VIEW = "application/vnd.jupyter.widget-view+json"
PICTURE = (
    '<img src="data:image/png;base64,AA" alt="Two bars, one of them twice as high">'
)
NUMBERS = '<div role="status"><div>loss</div></div>'
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


def what_dies_with_the_widgets(notebook):
    """Return what a page without a kernel would show nothing for, cell by cell."""
    found = []
    for number, cell in enumerate(notebook.cells):
        pages = [
            output.data.get("text/html", "")
            for output in cell.get("outputs", ())
            if output.output_type in ("display_data", "execute_result")
            if not set(output.data) <= {"text/plain"} or WIDGET.match(plain(output))
        ]
        for text in pages:
            if not re.sub(r"<script.*?</script>|<[^>]+>", "", text, flags=re.S).strip():
                found.append(f"cell {number}: a widget, and no text in its place")
            found += [f"cell {number}: {lack}" for lack in lacks_of_pictures(text)]
        explores = re.search(r"(?m)^explorers\.\w+\.\w+\(", cell.source)
        shown = "".join(pages)
        if explores and "Predict.</strong>" in shown and "<img" not in shown:
            found.append(f"cell {number}: an explorer without a picture")
    return found


def lacks_of_pictures(text):
    """Return what the pictures in a piece of HTML do not have and need."""
    lacks = []
    for image in re.findall(r"<img[^>]*>", text):
        alt = re.search(r'alt="([^"]*)"', image)
        if 'src="data:image/png;base64,' not in image:
            lacks.append("a picture that is not in the page")
        if alt is None or len(alt[1].split()) < 5:
            lacks.append("a picture without words for those who do not see it")
        if not re.search(r'role="status"[^>]*>.*?\w', text, flags=re.S):
            lacks.append("a picture without its key numbers as text")
    return lacks


def plain(output):
    return output.data.get("text/plain", "")


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
    notebook = nbformat.read(SOLUTIONS / name / f"{name}.ipynb", as_version=4)
    assert what_dies_with_the_widgets(notebook) == []


def _seconds_of_kernels():
    """Return the processor time of processes that this one started and saw end."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.parametrize(
    ("shown", "lack"),
    [
        ({"text/plain": "VBox(children=())"}, "no text in its place"),
        ({VIEW: {}, "text/html": "<script>x</script>"}, "no text in its place"),
        ({"text/html": "<strong>Predict.</strong> What?"}, "without a picture"),
        ({"text/html": f"{PICTURE}<p>1</p>"}, "key numbers"),
        ({"text/html": PICTURE.replace("alt", "title") + NUMBERS}, "do not see it"),
        ({"text/html": PICTURE.replace("data:", "x/") + NUMBERS}, "not in the page"),
        ({"text/html": PICTURE + NUMBERS}, None),
        ({VIEW: {}, "text/html": "Press the button.", "text/plain": ""}, None),
    ],
)
def test_what_would_be_dead_without_a_kernel_is_found(shown, lack):
    output = nbformat.v4.new_output("display_data", shown)
    cell = nbformat.v4.new_code_cell("explorers.a.b()", outputs=[output])
    found = what_dies_with_the_widgets(nbformat.v4.new_notebook(cells=[cell]))
    assert lack in found[0] if lack else found == []


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
