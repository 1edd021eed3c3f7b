"""The solved course as pages: they stand alone, and a symptom leads to its mistake."""

import json
import re
import shutil
from collections import Counter

import nbformat
import pytest
from small_course import ANSWERS, NAME, answered

from course_lib.settings import load_settings
from course_lib.verdicts import Verdict
from grader import book
from grader.book_text import text_html
from grader.class_mistakes import class_mistakes
from grader.reports import Report
from grader.source import read_lesson


@pytest.fixture
def solved(course):
    """Return a course whose solution stands there as if it had been run."""
    shutil.rmtree(course / "class", ignore_errors=True)
    folder = course / "solutions" / NAME
    notebook = read_lesson(folder / f"{NAME}.py").notebook
    notebook.cells[-2].outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="centered: <-1> 0 1\n")
    ]
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    return course


def grade(course, learner, mistakes):
    """Put a graded notebook into the class, as grading leaves it."""
    settings = load_settings(course)
    lesson = settings.lesson_notebook(NAME)
    notebook = answered(json.loads(lesson.read_text("utf-8")), ANSWERS)
    verdicts = [Verdict(name, 0, 2, "wrong", mistake) for name, mistake in mistakes]
    Report(NAME, f"{NAME}.ipynb", "graded", [], verdicts).into(notebook)
    path = settings.autograded / learner / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook))


def pages(course, out):
    index = book.write_book(out, root=course, workers=1)
    return index.read_text("utf-8"), (out / f"{NAME}.html").read_text("utf-8")


def test_a_lesson_shows_solution_output_and_each_wrong_version(solved, tmp_path):
    _, page = pages(solved, tmp_path / "book")
    assert "centered: &lt;-1&gt; 0 1" in page
    assert page.index("Solution") < page.index('id="mse-wrong"')
    article = page[page.index('id="mse-sum"') :]
    assert "It is a sum, not a mean." in article
    assert "summed" in article and "in 2 of 3 cases" in article  # not for N = 1
    assert "### BEGIN SOLUTION" in page and "submit(" not in page


def test_pages_load_nothing_and_every_link_leads_somewhere(solved, tmp_path):
    index, page = pages(solved, tmp_path / "book")
    anchors = set(re.findall(r'id="([^"]+)"', page))
    for text in (index, page):
        assert not re.search(r'(src|href)="(https?:)?//', text)
        assert "default-src 'none'" in text
        for link in re.findall(r'href="([^"]+)"', text):
            file, _, anchor = link.partition("#")
            assert not file or (tmp_path / "book" / file).exists()
            if anchor and (file == f"{NAME}.html" or text is page):
                assert anchor in anchors, link


def test_a_symptom_is_among_what_the_index_searches(solved, tmp_path):
    index, _ = pages(solved, tmp_path / "book")
    texts = re.findall(r'data-text="([^"]+)"', index)
    (hit,) = [text for text in texts if "mse sum" in text]
    for words in ("off by up to 6 times", "np.sum((predictions", "divide by n."):
        assert words in hit


def test_what_the_class_made_most_often_comes_first(solved, tmp_path):
    checks = solved / "solutions" / NAME / "checks.py"
    first = 'mistakes=[Mistake("sum"'
    other = 'Mistake("zero", lambda predictions, targets: 0.0, "It is 0."), '
    text = checks.read_text("utf-8").replace(first, f"mistakes=[{other}{first[10:]}")
    checks.write_text(text)
    _, page = pages(solved, tmp_path / "before")
    assert page.index("#mse-zero") < page.index("#mse-sum")
    grade(solved, "ada", [("mse", "sum")])
    grade(solved, "emmy", [("mse", "sum"), ("line_backward", None)])
    assert class_mistakes(load_settings(solved), NAME) == (
        Counter({("mse", "sum"): 2}),
        2,
    )
    _, page = pages(solved, tmp_path / "after")
    assert page.index("#mse-sum") < page.index("#mse-zero")
    assert "2 of 2 learners" in page


def test_effects_are_measured_again_when_something_changed(solved, tmp_path):
    assert len(book.unmeasured([NAME], solved)) == 3
    pages(solved, tmp_path / "book")
    assert book.unmeasured([NAME], solved) == []
    checks = solved / "solutions" / NAME / "checks.py"
    checks.write_text(checks.read_text("utf-8").replace("points=2", "points=3"))
    assert len(book.unmeasured([NAME], solved)) == 3


def test_a_solution_that_was_not_run_is_refused_with_the_way_on(course, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"Run: solutions {NAME}"):
        book.write_book(tmp_path / "book", root=course)
    assert not (tmp_path / "book").exists()


def test_formulas_are_drawn_without_a_script():
    html = text_html(r"It is $\frac{1}{N}$ and $$w \leftarrow w - dw$$")
    assert "<mfrac>" in html and html.count("<math") == 2
    assert "$" not in html and "\\" not in html
    assert html.count('<math tabindex="0"') == 1  # of its own line, which may scroll


def test_a_formula_that_cannot_be_drawn_stays_as_it_was_written():
    assert "<code>\\left( x</code>" in text_html(r"$\left( x$")


def test_links_to_other_lessons_lead_to_their_pages():
    html = text_html("[before](../00_start_here/00_start_here.ipynb)")
    assert 'href="00_start_here.html"' in html
