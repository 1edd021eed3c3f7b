"""A learner's evening with lesson 1, in a real JupyterLab in a real browser.

Run all, predict, move a slider, write a wrong answer and read its mistake, write the
right one, submit, read the score and the feedback page. Each station leaves a picture
in ``artefacts``. The pictures of the README are made here too, into ``docs``:

    COURSE_PICTURES=1 python3 course.py test tests/test_browser.py
"""

import os
import re

import pytest
from browsing import (
    PATIENCE,
    ROOT,
    command,
    go_to,
    open_notebook,
    violations,
)

ARTEFACTS = ROOT / "tests" / "artefacts"
LESSON = "01_loss"
WRONG = """def mse(predictions, targets):
    return np.sum((predictions - targets) ** 2)
"""
RIGHT = WRONG.replace("np.sum", "np.mean")

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def page(chromium, own_lab):
    ARTEFACTS.mkdir(exist_ok=True)
    page = open_notebook(chromium, own_lab, f"lessons/{LESSON}/{LESSON}.ipynb")
    yield page
    page.close()


def write(page, answer, text):
    """Replace a cell's text by keyboard, and run it."""
    answer.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")


def picture(page, name):
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def for_the_readme(target, name):
    """Put a picture of a page or a part of one into ``docs``, if that was asked for."""
    if os.environ.get("COURSE_PICTURES"):
        from PIL import Image

        file = ROOT / "docs" / f"{name}.png"
        target.screenshot(path=file)
        few_colours = Image.open(file).convert("RGB").quantize(128, dither=0)
        few_colours.save(file, optimize=True)
        assert file.stat().st_size < 200_000


def answer_cell(page):
    return go_to(page, lambda: page.locator(".jp-CodeCell", has_text="def mse("))


def check_cell(page):
    return go_to(page, lambda: page.locator(".jp-CodeCell", has_text="check(mse)"))


def test_run_all_stops_at_the_first_answer_that_is_not_written(page):
    command(page, "notebook:run-all-cells")
    cell = check_cell(page)
    cell.get_by_text("mse is not written yet").wait_for(timeout=PATIENCE)
    picture(page, "1_run_all")
    text = cell.inner_text()
    assert "Traceback" not in text


def test_a_wrong_answer_is_told_its_mistake(page):
    write(page, answer_cell(page), WRONG)
    cell = check_cell(page)
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cell.get_by_text("not averaged").wait_for(timeout=PATIENCE)
    picture(page, "2_named_mistake")
    assert "0 of 2 points" in cell.inner_text()
    assert "loss: yours 17, expected 5.66667" in cell.inner_text()
    for_the_readme(cell.locator(".jp-OutputArea").first, "verdict")


def test_the_right_answer_passes(page):
    write(page, answer_cell(page), RIGHT)
    cell = check_cell(page)
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cell.get_by_text("2 of 2 points").wait_for(timeout=PATIENCE)
    picture(page, "3_right")


def test_a_prediction_is_committed_before_the_picture_appears(page, own_course):
    cell = go_to(page, lambda: page.locator(".jp-CodeCell", has_text="confident_error"))
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    commit = cell.get_by_role("button", name="Commit")
    commit.wait_for(timeout=PATIENCE)
    assert cell.locator("img").count() == 0
    cell.locator("input[type=radio]").first.check()
    picture(page, "4_prediction")
    commit.click()
    cell.locator("img").first.wait_for(timeout=PATIENCE)
    log = own_course / "lessons" / LESSON / "predictions.jsonl"
    assert "confident" in log.read_text(encoding="utf-8")


def test_a_slider_changes_the_picture(page):
    from playwright.sync_api import expect

    cell = go_to(page, lambda: page.locator(".jp-CodeCell", has_text="confident_error"))
    before, words = cell.locator("img").first.get_attribute("src"), cell.inner_text()
    cell.get_by_role("slider").first.focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    # The update may replace the element: ask for it anew until it is another picture.
    image = cell.locator("img").first
    expect(image).not_to_have_attribute("src", before, timeout=PATIENCE)
    page.wait_for_timeout(500)
    picture(page, "5_slider")
    assert cell.inner_text() != words  # the read-out moved with the picture
    for_the_readme(page, "lesson")


def test_a_submission_comes_back_with_its_score(page, own_course):
    cell = go_to(page, lambda: page.locator(".jp-CodeCell", has_text="submit("))
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    button = cell.get_by_role("button", name=re.compile("Submit"))
    button.wait_for(timeout=PATIENCE)
    button.click()
    cell.get_by_text(re.compile(r"2 (of|/) 10")).first.wait_for(timeout=PATIENCE)
    cell.scroll_into_view_if_needed()
    picture(page, "6_answer")
    text = cell.inner_text()
    assert "mse" in text and "softmax is not written yet" in text
    kept = list((own_course / "class").rglob(f"*{LESSON}*/{LESSON}.ipynb"))
    assert any("np.mean" in file.read_text(encoding="utf-8") for file in kept)


def test_the_feedback_page_says_what_to_do_next(page):
    cell = go_to(page, lambda: page.locator(".jp-CodeCell", has_text="submit("))
    link = cell.get_by_role("link", name="feedback page")
    feedback = page.context.new_page()
    feedback.set_viewport_size({"width": 900, "height": 760})
    feedback.goto(link.get_attribute("href"))
    assert "in the lesson, change softmax" in feedback.locator("main").inner_text()
    feedback.screenshot(path=ARTEFACTS / "7_feedback.png")
    for_the_readme(feedback, "feedback")
    feedback.close()


def test_axe_finds_nothing_in_what_the_lesson_shows(page):
    for words in ("confident_error", "check(mse)", "submit("):
        cell = go_to(page, lambda w=words: page.locator(".jp-CodeCell", has_text=w))
        assert violations(cell) == [], words
