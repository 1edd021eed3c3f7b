"""A course of one's own in a JupyterLab in a browser, for tests and benchmarks."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NO_CHROMIUM = "needs Chromium: apt-get install chromium"
PATIENCE = 60_000  # milliseconds for anything a kernel has to do first
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--enable-precise-memory-info", "--js-flags=--expose-gc"),
)
CELLS = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell"
WINDOW = {"width": 1300, "height": 950}


def copy_for_learner(folder):
    """Copy this course's files to `folder`, and nothing that was done in it.

    Raises
    ------
    OSError
        Git does not say here which files belong to the course.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        raise OSError("needs a git checkout, to know which files belong to the course")
    for name in filter(lambda n: (ROOT / n).is_file(), listed.stdout.splitlines()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


@contextmanager
def running_lab(course, **environment):
    """Run `course.py lab` on a course; give its address and token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    environment = {**os.environ, "COURSE_PYTHON": sys.executable, **environment}
    environment |= {"JUPYTER_TOKEN": token, "PYTHONUNBUFFERED": "1"}
    # Not this user's settings, and none that stay.
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(course.parent / "settings")
    log = course.parent / "lab.log"
    with open(log, "w") as output:
        server = subprocess.Popen(
            [sys.executable, "course.py", "lab", "--no-browser", "--port", str(port)],
            cwd=course,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 120
        while "Ctrl+C stops it" not in log.read_text():
            late = server.poll() is not None or time.monotonic() > deadline
            assert not late, log.read_text()
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


@contextmanager
def running_chromium():
    """Run a Chromium that no screen shows; give playwright's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


def open_notebook(browser, lab, path):
    """Open a notebook of the course in a page of its own; wait for its kernel."""
    address, token = lab
    page = browser.new_context(viewport=WINDOW).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/lab/tree/{path}?token={token}&reset", timeout=2 * PATIENCE)
    page.locator(CELLS).first.wait_for(timeout=2 * PATIENCE)
    wait_until_idle(page)
    return page


def open_next(page, path):
    """Close the notebook of a page and its kernel, and open another one."""
    page.evaluate(
        """async path => {
          const {commands, shell} = window.jupyterapp, old = shell.currentWidget;
          await old.context.save();
          await old.sessionContext.shutdown();
          old.dispose();
          await commands.execute('docmanager:open', {path});
        }""",
        path,
    )
    page.locator(CELLS).first.wait_for()
    wait_until_idle(page)


def write_notebook(path, sources):
    """Write a notebook with these code cells."""
    cells = [
        {"cell_type": "code", "id": f"cell-{k}", "metadata": {}, "source": source}
        | {"execution_count": None, "outputs": []}
        for k, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}}
    notebook |= {"nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


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


def commit_card(cell):
    """Answer the prediction card in a cell, if there is one that waits."""
    commit = cell.get_by_role("button", name="Commit", exact=True)
    if not commit.count():
        return
    radios = cell.locator("input[type=radio]")
    entry = cell.locator("input[type=text], textarea")
    if radios.count():
        radios.first.check()
    else:
        entry.first.fill("1")
        entry.first.press("Tab")
    commit.first.click()
    if cell.locator(".course-controls").count():
        cell.locator("figure img").first.wait_for(timeout=PATIENCE)


def wait_until_idle(page):
    """Wait until the kernel has done all it was asked for, and its answers are here."""
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext"
        "?.kernelDisplayStatus === 'idle'",
        timeout=PATIENCE,
    )
    page.wait_for_timeout(100)


def violations(cell):
    """Return what axe-core holds against the outputs of a cell: rules and elements."""
    import axe_playwright_python

    page, script = cell.page, Path(axe_playwright_python.__file__)
    if not page.evaluate("() => Boolean(window.axe)"):
        page.add_script_tag(path=script.with_name("axe.min.js"))
        # JupyterLab's body has no height of its own and hides what leaves it: all of
        # the page, axe believes, and would look at nothing that has to be seen.
        page.add_style_tag(content="body { overflow: visible !important }")
    found = cell.evaluate(
        "cell => window.axe.run([...cell.querySelectorAll('.jp-OutputArea-output')])"
        ".then(result => result.violations)"
    )
    nameless = cell.locator("img[alt=Image]").count()  # JupyterLab's word, not ours
    return ["an image without words of its own"] * nameless + [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]
