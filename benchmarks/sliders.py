"""How quickly does each picture of the course answer to its slider?

    python benchmarks/sliders.py                        every explorer, in JupyterLab
    python benchmarks/sliders.py 01_loss 04_layers      those of some lessons
    python benchmarks/sliders.py --kernel               CPU time a move, no browser

In a real JupyterLab in headless Chromium: from the press of a key to the painted
picture, then thirty presses in a second. Beside each, in the same run: the same model
and picture by `ipywidgets.interact` with an inline figure, and a slider with a line of
text, which is the floor. The Python that runs it needs what the tests need.
"""

import argparse
import contextlib
import io
import os
import re
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / part) for part in (".", "benchmarks", "tests")]

import browsing  # noqa: E402
import slider_page  # noqa: E402
from slider_rivals import main_control  # noqa: E402

from course_lib.contact_sheet import shown_by  # noqa: E402
from course_lib.explorers.controls import Choice  # noqa: E402
from course_lib.network import Network  # noqa: E402
from course_lib.quick_network import QuickNetwork  # noqa: E402

REDRAW, TRAINING = 100, 300  # milliseconds at most, 95 of 100 times
LAG = 150  # milliseconds at most from the last of thirty moves to its picture
TRAINED = 20  # backward passes for one move: a network is being trained
FIRST_CELL = """import sys
sys.path.insert(0, "../../benchmarks")
from slider_rivals import by_interact, only_text
from course_lib import explorers
only_text()"""
HEAD = f"{'':44}{'p50':>6}{'p95':>6}{'/s':>5}{'lag':>6}"


class Subject(NamedTuple):
    """An explorer of a lesson, and the control that is moved."""

    lesson: str
    module: str
    function: str
    explorer: object
    control: object

    @property
    def title(self):
        """Its name in the table."""
        return f"{self.module}.{self.function}: {self.control.name}"

    @property
    def places(self):
        """How many places the control has, and the one it starts at."""
        return places(self.control)


def subjects(lessons):
    """Return the explorers that lessons show, in their order."""
    found = []
    with contextlib.redirect_stdout(io.StringIO()):  # some train, and say how far
        for lesson in lessons:
            found += _of_lesson(lesson)
    return found


def _of_lesson(lesson):
    source = (ROOT / "solutions" / lesson / f"{lesson}.py").read_text("utf-8")
    for names in re.findall(r"^explorers\.(\w+)\.(\w+)\(\)", source, re.MULTILINE):
        for explorer in shown_by(*names):
            if explorer.controls:
                control = main_control(explorer)
                yield Subject(lesson, *names, explorer, control)


def places(control):
    """Return how many places a control has, and the one it starts at."""
    if hasattr(control, "options"):
        options = values(control)
        return len(options), options.index(control.start)
    import ipywidgets

    slider = control.widget(ipywidgets)
    value = np.log10(slider.value) if control.log else slider.value
    count = int((slider.max - slider.min) / slider.step + 1.5)
    return count, round((value - slider.min) / slider.step)


def values(control):
    """Return values of a control from end to end, all of a list."""
    if hasattr(control, "options"):
        return control.sample(len(control.options))
    return control.sample(17)


def limit_of(explorer, control):
    """Return the milliseconds that a move may take: more where a network is trained."""
    calls = []

    def counting(backward):
        return lambda *given, **rest: calls.append(1) or backward(*given, **rest)

    with contextlib.ExitStack() as stack:
        for network in (Network, QuickNetwork):
            counted = counting(network.backward)
            stack.enter_context(mock.patch.object(network, "backward", counted))
        value = values(control)[-1]
        explorer.numbers(**{control.name: value})
    return TRAINING if len(calls) >= TRAINED else REDRAW


def in_kernel(chosen):
    """Print the CPU time of a move of every control: model, and altogether."""
    print(f"{'CPU ms a move':44}{'model':>6}{'p50':>6}{'p95':>6}{'first':>7}")
    for subject in chosen:
        first = cpu(subject.explorer.html)
        for control in subject.explorer.controls:
            title = subject._replace(control=control).title
            print(title.ljust(44), end="")
            model, whole = moves_in_kernel(subject.explorer, control)
            numbers = statistics.median(model), *np.percentile(whole, [50, 95]), first
            print("{:6.1f}{:6.1f}{:6.1f}{:7.0f}".format(*numbers), flush=True)
    return 0


def moves_in_kernel(explorer, control):
    """Return the CPU time of each move of a control: the model's, and all of it."""
    found = [{control.name: value} for value in values(control)]
    model = [cpu(partial(explorer.numbers, **value)) for value in found]
    return model, [cpu(partial(explorer.html, **v)) for v in found + found[::-1]]


def cpu(function):
    """Return the milliseconds of processor time that a call takes."""
    start = time.process_time()
    function()
    return 1000 * (time.process_time() - start)


def in_browser(chosen, moves, with_rival):
    """Time the subjects in JupyterLab, print the table; return those that are late."""
    late = []
    with tempfile.TemporaryDirectory() as folder:
        course = browsing.copy_for_learner(Path(folder) / "course")
        with (
            browsing.running_lab(course) as lab,
            browsing.running_chromium() as browser,
        ):
            print(HEAD + "   interact" + HEAD[50:], flush=True)
            for lesson in dict.fromkeys(subject.lesson for subject in chosen):
                of_lesson = [s for s in chosen if s.lesson == lesson]
                page = _open(browser, lab, course, lesson, of_lesson, with_rival)
                late += _time_lesson(page, lesson, of_lesson, moves, with_rival)
                page.close()
    return late


def _open(browser, lab, course, lesson, of_lesson, with_rival):
    sources = [FIRST_CELL]
    for subject in of_lesson:
        sources.append(f"explorers.{subject.module}.{subject.function}()")
        if with_rival:
            sources.append(f"by_interact{subject.module, subject.function}")
    path = f"lessons/{lesson}/sliders.ipynb"
    browsing.write_notebook(course / path, sources)
    return browsing.open_notebook(browser, lab, path)


def _time_lesson(page, lesson, of_lesson, moves, with_rival):
    floor = _time_cell(page, 0, None, moves)
    print(f"{lesson + ', the floor':44}{_row(floor)}", flush=True)
    late = []
    for number, subject in enumerate(of_lesson):
        cell = 1 + number * (2 if with_rival else 1)
        ours = _time_cell(page, cell, subject, moves)
        rival = _time_cell(page, cell + 1, subject, moves) if with_rival else None
        limit = limit_of(subject.explorer, subject.control)
        faults = _faults(ours, limit)
        row = f"{subject.title:44}{_row(ours)}"
        row += f"   {'':8}{_row(rival)}" if rival else ""
        print(f"{row}  {', '.join(faults)}".rstrip(), flush=True)
        late += [subject.title] if faults else []
    return late


def _time_cell(page, number, subject, moves):
    """Run a cell, give its control the focus, and time it."""
    cell = page.locator(browsing.CELLS).nth(number)
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    is_slider = subject is None or not isinstance(subject.control, Choice)
    start = cell.locator("[role=slider], select, .jupyter-button").first
    start.wait_for(state="attached", timeout=browsing.PATIENCE)
    browsing.commit_card(cell)
    picture = cell.locator("figure, .jp-RenderedImage img").first
    picture.wait_for(timeout=browsing.PATIENCE)
    page.wait_for_timeout(800)
    control = cell.locator("[role=slider]" if is_slider else "select").first
    control.scroll_into_view_if_needed()
    control.focus()
    keys = ("ArrowLeft", "ArrowRight") if is_slider else ("ArrowUp", "ArrowDown")
    count, place = (101, 0) if subject is None else subject.places
    return slider_page.measure(page, cell, keys, count, place, moves)


def _row(timing):
    if np.isnan(timing.p50):  # JupyterLab takes the arrow keys of a bare dropdown
        return f"{'does not move by keys':>23}"
    return f"{timing.p50:6.0f}{timing.p95:6.0f}{timing.rate:5.0f}{timing.lag:6.0f}"


def _faults(timing, limit):
    """Say what is slower than it should be, or not right at all."""
    faults = [f"p95 over {limit}"] if not timing.p95 <= limit else []
    # What trains may finish the move it is at, and then make the last one.
    if not timing.lag <= LAG + 2 * (limit - REDRAW):
        faults.append(f"lag over {LAG + 2 * (limit - REDRAW)}")
    faults += [] if timing.is_right else ["ends on another picture"]
    faults += [f"{timing.gone} times no picture"] if timing.gone else []
    return faults + ([f"jumps by {timing.jump:.0f} px"] if timing.jump else [])


def main(arguments=None):
    """Print the tables; return 1 where something is slower than it should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = sorted(path.name for path in (ROOT / "solutions").glob("[0-9]*"))
    parser.add_argument("lessons", nargs="*", help="their names; all by default")
    parser.add_argument("--only", default="", help="explorers with this in their names")
    parser.add_argument("--moves", type=int, default=30, help="timed one by one")
    parser.add_argument("--kernel", action="store_true", help="no browser: CPU time")
    parser.add_argument("--ours", action="store_true", help="without `interact`")
    options = parser.parse_args(arguments)
    if unknown := set(options.lessons) - set(known):
        parser.error(f"no lesson {', '.join(unknown)}; known: {', '.join(known)}")
    chosen = [s for s in subjects(options.lessons or known) if options.only in s.title]
    if options.kernel:
        return in_kernel(chosen)
    load, cores = os.getloadavg()[0], os.cpu_count()
    if load > cores / 2:
        print(f"{load:.1f} programs wait for {cores} cores: trust the ratios only.")
    late = in_browser(chosen, options.moves, not options.ours)
    print(f"\n{len(chosen) - len(late)} of {len(chosen)} explorers are quick enough.")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
