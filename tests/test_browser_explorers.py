"""Every explorer of every lesson, in a real JupyterLab, by keyboard alone.

What the course puts on the page is looked at by axe-core in the light and in the dark
theme; then each control is reached with Tab, and answers to its keys.
"""

import re
from pathlib import Path

import pytest
import slider_page
from browsing import (
    CELLS,
    PATIENCE,
    ROOT,
    WINDOW,
    command,
    commit_card,
    open_next,
    open_notebook,
    violations,
    wait_until_idle,
    write_notebook,
)

LESSONS = sorted(path.name for path in (ROOT / "solutions").glob("[0-9]*"))
ARTEFACTS = ROOT / "tests" / "artefacts"
MOVES = 500
PINS = ("Pin this picture", "Take the pin out")
ALWAYS = ("Reset", "Rewind", "Another draw")
CONTROLS = "[role=slider], select, .course-controls button"
MEGABYTE = 2**20

pytestmark = pytest.mark.full


def calls(lesson):
    """Return what the lesson shows by `explorers`, as lines of code."""
    source = (ROOT / "solutions" / lesson / f"{lesson}.py").read_text("utf-8")
    return re.findall(r"^explorers\.\w+\.\w+\(\)", source, re.MULTILINE)


@pytest.fixture(scope="module")
def page(chromium, own_lab, own_course):
    """A page of JupyterLab, in which one notebook after the other is opened."""
    ARTEFACTS.mkdir(exist_ok=True)
    write_notebook(own_course / "lessons" / "empty.ipynb", ["0"])
    page = open_notebook(chromium, own_lab, "lessons/empty.ipynb")
    yield page
    page.close()


def show(page, course, path, sources):
    """Open a notebook of these cells, run them all, commit its cards; return cells."""
    write_notebook(course / path, sources)
    open_next(page, path)
    command(page, "notebook:run-all-cells")
    cells = [page.locator(CELLS).nth(number) for number in range(len(sources))]
    for number, cell in enumerate(cells, 1):
        cell.get_by_text(f"[{number}]:").first.wait_for(timeout=2 * PATIENCE)
        cell.scroll_into_view_if_needed()
        wait_until_idle(page)
        commit_card(cell)
    return cells


@pytest.fixture(scope="module", params=LESSONS)
def cells(request, page, own_course):
    """The cells of a notebook that shows what a lesson shows, all of them run."""
    shown = calls(request.param)
    assert shown
    path = f"lessons/{request.param}/explorers.ipynb"
    sources = ["from course_lib import explorers", *shown]
    return show(page, own_course, path, sources)[1:]


def wear(page, theme):
    """Let JupyterLab wear a theme: Light or Dark."""
    theme = f"JupyterLab {theme}"
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        theme,
    )
    page.wait_for_function(
        "theme => document.body.dataset.jpThemeName === theme", arg=theme
    )


def test_axe_finds_nothing_in_either_theme(cells, request):
    page, found = cells[0].page, []
    for theme in ("Dark", "Light"):
        wear(page, theme)
        for number, cell in enumerate(cells):
            cell.scroll_into_view_if_needed()
            found += [f"{theme}: {what}" for what in violations(cell)]
            lesson = request.node.callspec.params["cells"]
            name = f"{lesson}_{number}_{theme.lower()}.png"
            page.screenshot(path=ARTEFACTS / name)
    assert found == []


def test_nothing_is_cut_off_in_a_narrow_window(cells):
    page, cut = cells[0].page, []
    page.set_viewport_size({"width": 900, "height": 800})
    for cell in cells:
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        cut += cell.evaluate(
            """(cell, parts) => [...cell.querySelectorAll(parts)]
              .filter(e => e.scrollWidth > e.clientWidth + 1)
              .map(e => e.className + ': ' + e.textContent.slice(0, 80))""",
            ".widget-label, button, .jp-OutputArea-output, figure, figcaption *",
        )
    page.set_viewport_size(WINDOW)
    assert cut == []


def test_axe_finds_what_is_planted(page, own_course):
    planted = """from IPython.display import HTML, display
pale = '<p style="color:#bbb;background:#fff">pale</p><button></button>'
display(HTML('<img src="data:,">' + pale))"""
    (cell,) = show(page, own_course, "lessons/planted.ipynb", [planted])
    rules = {what.partition(":")[0] for what in violations(cell)}
    words = "an image without words of its own"
    assert rules == {words, "color-contrast", "button-name"}


def test_every_control_is_reached_with_tab_and_answers_to_its_keys(cells):
    tried = 0
    for cell in cells:
        cell.scroll_into_view_if_needed()
        controls = cell.locator(CONTROLS)
        count = controls.count() if cell.locator(".course-controls").count() else 0
        if not count:  # a card, or a picture that nothing moves
            continue
        tried += 1
        reached = walk(cell, controls.first, count)
        assert reached == list(range(count)), cell.inner_text()
        for number in range(count):
            answers_to_its_keys(controls.nth(number), cell)
    assert tried


def walk(cell, first, count):
    """Press Tab from the first control on; return which controls came, in order."""
    page, reached = cell.page, []
    first.focus()
    for _ in range(3 * count):
        number = cell.evaluate(
            "(cell, controls) => [...cell.querySelectorAll(controls)]"
            ".indexOf(document.activeElement)",
            CONTROLS,
        )
        if number >= 0 and number not in reached:
            reached.append(number)
        page.keyboard.press("Tab")
    return reached


def answers_to_its_keys(control, cell):
    """Check that what a control is for happens by its keys, to the read-out too."""
    page = cell.page
    kind = control.evaluate("e => e.getAttribute('role') || e.tagName.toLowerCase()")
    name = control.inner_text() if kind == "button" else kind
    if name in ("Reset", "Rewind"):  # with nothing to take back, nothing happens
        return
    if name == "Another draw":  # chance may play no part where the dropdowns are now
        cell.get_by_role("button", name="Reset").press("Space")
        page.wait_for_timeout(300)
        wait_until_idle(page)
    read = reader(cell, control, name)
    before = read()
    keys = {"slider": ("ArrowRight", "ArrowLeft"), "select": ("ArrowDown", "ArrowUp")}
    for key in keys.get(kind, ("Space", "Enter")):
        control.focus()
        page.keyboard.press(key)
        if changes(page, read, before):
            return
    raise AssertionError(f"{name} did not answer to its keys:\n{before[-900:]}")


def reader(cell, control, name):
    """Return what reads whether something happened: in the picture and its words.

    A pin changes its button. What a dropdown says may wait for an action's button.
    """
    if name in PINS:
        return cell.locator(".course-controls").inner_text
    buttons = set(cell.locator(".course-controls button").all_inner_texts())
    if name == "select" and buttons - {*PINS, *ALWAYS}:
        return control.input_value
    return cell.locator("figure").first.inner_html


def changes(page, read, before):
    """Wait for a while; return whether what is shown has changed."""
    for _ in range(40):
        if read() != before:
            wait_until_idle(page)
            return True
        page.wait_for_timeout(100)
    return False


@pytest.fixture(scope="module")
def slider(page, own_course):
    """A cell with an explorer whose slider has the focus, and its kernel's number."""
    explorer = "from course_lib import explorers\nexplorers.loss.confident_error()"
    sources = ["import os; print(os.getpid())", explorer]
    numbers, cell = show(page, own_course, "lessons/01_loss/slider.ipynb", sources)
    cell.locator("[role=slider]").focus()
    return cell, int(numbers.locator(".jp-OutputArea-output").inner_text())


def test_thirty_moves_in_a_second_end_on_the_right_picture(slider):
    cell, _ = slider
    keys = ("ArrowLeft", "ArrowRight")
    timing = slider_page.measure(cell.page, cell, keys, 999, 599, moves=3)
    assert timing.is_right
    assert timing.gone == 0, "the picture flickered"
    assert timing.jump == 0, "the page jumped"


def test_five_hundred_moves_leave_no_memory_behind(slider):
    cell, kernel = slider
    move(cell.page, 100)
    before = memory(cell.page, kernel)
    move(cell.page, MOVES)
    after = memory(cell.page, kernel)
    grown = {name: after[name] - before[name] for name in before}
    assert grown["kernel"] < 8 * MEGABYTE, grown
    assert grown["heap"] < 8 * MEGABYTE, grown
    assert grown["nodes"] < 100, grown
    assert grown["listeners"] < MOVES / 2, grown


def move(page, count):
    """Move the slider to and fro as fast as it answers."""
    for number in range(count):
        page.keyboard.press("ArrowLeft" if number // 50 % 2 else "ArrowRight")
        page.wait_for_timeout(20)
    wait_until_idle(page)


def memory(page, kernel):
    """Return the bytes that kernel and page hold, and the nodes of the page."""
    status = Path(f"/proc/{kernel}/status")
    if not status.exists():
        pytest.skip("needs /proc")
    resident = int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) * 1024
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    values = {metric["name"]: metric["value"] for metric in metrics}
    session.detach()
    return {
        "kernel": resident,
        "heap": values["JSHeapUsedSize"],
        "nodes": values["Nodes"],
        "listeners": values["JSEventListeners"],
    }
