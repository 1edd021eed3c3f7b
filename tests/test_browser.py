"""A learner's evening with lesson 1, in a real JupyterLab in a real browser.

Run all, predict, move a slider, write a wrong answer and read its mistake, write the
right one, submit, read the score and the feedback page. Each station leaves a picture
in ``artefacts``. The pictures of the README are made here too, into ``docs``:

    COURSE_PICTURES=1 python3 course.py test tests/test_browser.py
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARTEFACTS = ROOT / "tests" / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LESSON = "01_loss"
WRONG = """def mse(predictions, targets):
    return np.sum((predictions - targets) ** 2)
"""
RIGHT = WRONG.replace("np.sum", "np.mean")
PATIENCE = 60_000  # milliseconds for anything a kernel has to do first

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        CHROMIUM is None, reason="needs Chromium: apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of one's own: the files of this one, and nothing that was done in it."""
    folder = tmp_path_factory.mktemp("learner") / "course"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("needs a git checkout, to know which files belong to the course")
    for name in filter(lambda n: (ROOT / n).is_file(), listed.stdout.splitlines()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def lab(course):
    """The address and token of `course.py lab` on that course."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    environment = {**os.environ, "COURSE_PYTHON": sys.executable}
    environment |= {"JUPYTER_TOKEN": token, "PYTHONUNBUFFERED": "1"}
    log = course.parent / "lab.log"
    with open(log, "w") as output:
        server = subprocess.Popen(
            [sys.executable, "course.py", "lab", "--no-browser", "--port", str(port)],
            cwd=course,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 120
    while "Ctrl+C stops it" not in log.read_text():
        assert server.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    address = f"http://127.0.0.1:{port}"
    yield address, token
    server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{address}/api", timeout=2)


@pytest.fixture(scope="module")
def page(lab):
    playwright = pytest.importorskip("playwright.sync_api")
    address, token = lab
    ARTEFACTS.mkdir(exist_ok=True)
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    arguments += ["--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(viewport={"width": 1300, "height": 950})
        page = context.new_page()
        page.goto(f"{address}/lab/tree/lessons/{LESSON}/{LESSON}.ipynb?token={token}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=PATIENCE)
        page.get_by_text("(ipykernel) | Idle").wait_for(timeout=PATIENCE)
        yield page
        browser.close()


def command(page, name):
    """Run a JupyterLab command, as its menu would."""
    page.evaluate("name => void window.jupyterapp.commands.execute(name)", name)


def go_to(page, find):
    """Scroll the lesson down until `find` gives something, and return it."""
    page.locator(".jp-WindowedPanel-outer").first.evaluate("e => e.scrollTo(0, 0)")
    for _ in range(80):
        found = find()
        if found.count():
            found.first.scroll_into_view_if_needed()
            return found.first
        page.locator(".jp-WindowedPanel-outer").first.evaluate(
            "e => e.scrollBy(0, 400)"
        )
        page.wait_for_timeout(100)
    raise AssertionError("not found from the top of the lesson to its end")


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


def test_a_prediction_is_committed_before_the_picture_appears(page, course):
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
    log = course / "lessons" / LESSON / "predictions.jsonl"
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


def test_a_submission_comes_back_with_its_score(page, course):
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
    kept = list((course / "class").rglob(f"*{LESSON}*/{LESSON}.ipynb"))
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
