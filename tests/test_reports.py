import base64
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image
from small_course import NAME, write_course

from course_lib.settings import load_settings
from course_lib.verdicts import Finding, Verdict
from grader.feedback import write_feedback
from grader.gradebook import Marks
from grader.prepared import prepare
from grader.reports import Report, from_notebook
from grader.safe_outputs import LONGEST_TEXT, MOST_OUTPUTS, safe_outputs

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    return prepare(NAME, write_course(tmp_path_factory.mktemp("course"))).notebook


def picture(width=4):
    file = io.BytesIO()
    Image.new("RGB", (width, 4), "red").save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data):
    data = {key.replace("_", "/"): value for key, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def a_report(notebook, status="graded"):
    verdicts = [
        Verdict("mse", 2.0, 2.0, "right"),
        Verdict(
            "line_backward",
            2.0,
            4.0,
            "partial",
            "mean",
            f"You averaged. {EVIL}",
            "use `N = 1`.",
            [Finding("dw", True), Finding("db", False, "0.2 times too small")],
        ),
        Verdict("center", 0.0, 1.0, "error", None, "center raised <IndexError>."),
    ]
    made = Report(NAME, f"{EVIL}.ipynb", status, [f"Renamed {EVIL}"], verdicts)
    cells = [{**cell, "outputs": []} for cell in notebook["cells"]]
    evil = {"id": "added-1", "metadata": {"course": {"added": True}}}
    outputs = [
        stream(EVIL),
        stream(EVIL, "stderr"),
        shown(text_html=EVIL, text_plain=EVIL),
    ]
    cells.append({**evil, "cell_type": "code", "source": EVIL, "outputs": outputs})
    cells.append({**evil, "cell_type": "markdown", "source": EVIL})
    for cell in cells:
        cell["outputs"] = safe_outputs(cell.get("outputs", []))
    made.into({**notebook, "cells": cells, "metadata": {}})
    return made


class Page(HTMLParser):
    """Collects a page's tags and attributes, as a browser would see them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_shows_score_verdicts_causes_and_next_steps(notebook):
    page = a_report(notebook).as_html()
    for words in (
        "4 <small>of 7 points",
        "partly right",
        "0.2 times too small",
        "You averaged.",
        "<strong>Next:</strong> use <code>N = 1</code>.",
        "1 of 3 exercises right",
        "1. A small lesson",
    ):
        assert words in page


def test_the_page_says_how_to_go_on(notebook):
    report = a_report(notebook)
    left = [v for v in report.exercises if not v.is_right and v.status != "by_hand"]
    names = ", ".join(f"<code>{verdict.exercise}</code>" for verdict in left)
    page = report.as_html()
    assert f"in the lesson, change {names}, run each check, and submit again" in page
    report.exercises = [v for v in report.exercises if v.is_right]
    page = report.as_html()
    assert "everything is right" in page and "submit again" not in page
    report.status = "not_graded"
    assert "How to go on" not in report.as_html()


def test_the_page_runs_nothing_and_loads_nothing(notebook):
    page = Page(a_report(notebook).as_html())
    assert not {"script", "iframe", "link", "object", "embed", "form"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert value.startswith("data:image/png;base64,")
    assert page.tags.count("img") == 0
    assert page.open == []


def test_the_page_is_one_that_readers_for_the_blind_can_use(notebook):
    text = a_report(notebook).as_html()
    assert '<html lang="en">' in text and "<title>" in text and "<main>" in text
    assert len(re.findall("<h1>", text)) == 1
    for verdict_class, words in (("right", "✓ right"), ("error", "! stopped")):
        assert f"card {verdict_class}" in text and words in text
    assert 'scope="row"' in text


def test_what_people_added_is_on_the_page(notebook):
    marks = Marks({"center": 0.5}, {"mse": 0.25}, {"mse": f"Fine {EVIL}"}, 1.0)
    text = a_report(notebook).as_html(marks)
    assert "3.75 <small>of 7 points" in text  # 2.25 + 2 + 0.5 - 1
    assert "it counts 0.5 points" in text and "it counts 2.25 points" in text
    assert "1 points were taken off" in text
    assert "Fine &lt;script" in text


@pytest.mark.parametrize("status", ["partly_graded", "not_graded"])
def test_a_report_that_is_not_whole_says_so_first(notebook, status):
    text = a_report(notebook, status).as_html()
    assert text.index('role="status"') < text.index("<h2>Exercises")


def test_a_report_without_a_notebook_has_a_page_too():
    report = Report(NAME, "", "not_graded", ["Not graded: the disk is full."], [])
    assert "the disk is full" in report.as_html()
    assert report.as_dict()["max_score"] == 0


def test_a_report_comes_back_out_of_its_notebook(notebook):
    report = a_report(notebook)
    again = from_notebook(report.notebook)
    assert again.as_html() == report.as_html()
    with pytest.raises(ValueError, match="holds no report"):
        from_notebook({"metadata": {}, "cells": []})


def test_text_errors_and_pictures_are_kept():
    png = picture()
    error = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "no",
        "traceback": ["\x1b[31mValueError\x1b[0m: no"],
    }
    kept = safe_outputs([stream("a\n"), error, shown(image_png=png, text_plain="plot")])
    assert kept[0] == stream("a\n")
    assert kept[1]["traceback"] == ["ValueError: no"]
    assert kept[2]["data"] == {"text/plain": "plot", "image/png": png}


def test_other_kinds_of_output_become_text_or_vanish():
    kept = safe_outputs(
        [
            shown(text_html=EVIL, text_plain="table"),
            shown(text_html=EVIL),
            shown(**{"image_svg+xml": "<svg onload=alert(1)>"}),
            shown(application_javascript="alert(1)", text_plain="js"),
        ]
    )
    assert [output["data"] for output in kept] == [
        {"text/plain": "table"},
        {"text/plain": "js"},
    ]


def test_a_static_picture_inside_html_is_kept_with_its_description():
    png = picture()
    img = f'<img alt="loss &gt; 0" src="data:image/png;base64,{png}">'
    html = f'<p onclick="x()">Loss</p>{img}'
    (kept,) = safe_outputs([shown(text_html=html, text_plain="<Figure>")])
    assert kept["data"] == {"text/plain": "loss > 0", "image/png": png}


@pytest.mark.parametrize(
    "fake", ["not base64!", base64.b64encode(b"<svg>").decode(), 5]
)
def test_what_is_no_png_is_not_shown_as_one(fake):
    assert safe_outputs([shown(image_png=fake)]) == []


def test_outputs_are_cut_to_a_size_that_opens():
    kept = safe_outputs([stream("x" * 10**6)] * 200)
    assert len(kept) == MOST_OUTPUTS + 1
    assert len(kept[0]["text"]) < LONGEST_TEXT + 100
    assert safe_outputs([shown(image_png="A" * 10**7)]) == []


@pytest.mark.parametrize(
    "junk", [None, 5, [None], [{}], [{"output_type": 3}], [shown(text_plain=[1, "a"])]]
)
def test_junk_in_place_of_outputs_is_harmless(junk):
    assert len(safe_outputs(junk)) <= 1


def test_html_made_to_keep_a_parser_busy_is_passed_quickly():
    assert safe_outputs([shown(text_html="<img " * 400_000)]) == []


def test_feedback_lies_where_nbgrader_looks_for_it(notebook, tmp_path):
    (tmp_path / "course.toml").write_text('[course]\nid = "small"\n')
    settings = load_settings(tmp_path)
    report = a_report(notebook)
    for _ in "twice":
        page = write_feedback(report, "ada", settings, timestamp="2026-03-01 10:00 UTC")
    graded = settings.autograded / "ada" / NAME
    returned = settings.feedback / "ada" / NAME
    assert (returned / f"{NAME}.html").read_text("utf-8") == page
    stored = json.loads((graded / f"{NAME}.ipynb").read_text("utf-8"))
    assert from_notebook(stored).as_dict() == report.as_dict()
    assert sorted(p.name for p in graded.iterdir()) == [
        f"{NAME}.ipynb",
        "timestamp.txt",
    ]


@pytest.mark.parametrize("learner", ["", ".", "..", "../eve", "a/b"])
def test_a_learners_name_cannot_lead_out_of_the_class_folder(
    notebook, tmp_path, learner
):
    (tmp_path / "course.toml").write_text('[course]\nid = "small"\n')
    with pytest.raises(ValueError, match="expected a name for a folder"):
        write_feedback(a_report(notebook), learner, load_settings(tmp_path))
