"""An author edits a lesson's source as a notebook, in a real JupyterLab and browser."""

import os
import shutil
import time

import pytest
from browsing import PATIENCE, ROOT, WINDOW, running_lab
from conftest import copy_course, course_environment

ARTEFACTS = ROOT / "tests" / "artefacts"
NAME = "01_loss"
OPEN = """async path => {  // as the file browser's "Open With" does
  await window.jupyterapp.restored;
  const how = {path, factory: "Jupytext Notebook"};
  await window.jupyterapp.commands.execute("docmanager:open", how);
}"""

pytestmark = pytest.mark.full


@pytest.fixture
def lab(tmp_path):
    """Yield a course of one lesson and the address of JupyterLab on it."""
    root = copy_course(tmp_path / "course")
    shutil.copytree(ROOT / "lessons" / NAME, root / "lessons" / NAME)
    source = root / "solutions" / NAME
    executed = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "solutions" / NAME, source, ignore=executed)
    with running_lab(root, **course_environment(root)) as (address, token):
        yield root, f"{address}/lab", token


def test_a_source_opens_as_a_notebook_and_is_saved_in_the_house_s_form(lab, chromium):
    root, address, token = lab
    file = root / "solutions" / NAME / f"{NAME}.py"
    before = file.read_text("utf-8")
    ARTEFACTS.mkdir(exist_ok=True)
    page = chromium.new_page(viewport=WINDOW)
    page.goto(f"{address}?token={token}")
    page.wait_for_function("window.jupyterapp?.restored", timeout=PATIENCE)
    page.evaluate(OPEN, file.relative_to(root).as_posix())
    cell = page.locator(".jp-Notebook .jp-MarkdownCell").first
    cell.wait_for(timeout=PATIENCE)
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=PATIENCE)
    cell.dblclick()
    cell.locator(".cm-content[contenteditable=true]").click(timeout=PATIENCE)
    page.wait_for_timeout(500)
    page.keyboard.press("Control+End")
    page.keyboard.type("\nA line from the browser.")
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + 30
    while file.read_text("utf-8") == before and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)
    deadline = time.monotonic() + 60
    page.keyboard.type(" And one more.")
    page.keyboard.press("Control+s")  # no "changed on disk" comes in between
    while "more" not in file.read_text("utf-8") and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    page.screenshot(path=ARTEFACTS / "author.png")
    page.close()
    after = file.read_text("utf-8").splitlines()
    assert [line for line in after if line not in before.splitlines()] == [
        "# A line from the browser. And one more."
    ]
    assert len(after) == len(before.splitlines()) + 1
    assert os.listdir(file.parent).count(f"{NAME}.ipynb") == 0
