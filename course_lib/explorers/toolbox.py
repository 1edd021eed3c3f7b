"""Lesson 0: one slider to practise on, and a report on where the course runs."""

import html
import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from course_lib import page, plots
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.explorers.shape_quiz import the_trap, two_shapes
from course_lib.hand_in import grader_is_running
from course_lib.live_picture import STEADY
from course_lib.predictions import Card
from course_lib.settings import ROOT, load_settings

__all__ = ["environment_report", "first_slider", "the_trap", "two_shapes"]

OLDEST_PYTHON = (3, 11)
SHOWN_PACKAGES = ("numpy", "matplotlib", "jupyterlab", "ipywidgets", "nbgrader")
# Seven examples of two features: numbers with no pattern to lean on.
POINTS = np.array(
    [[-2.1, 0.4], [-1.3, -1.2], [-0.6, 1.5], [0.2, -0.3], [0.9, 0.8], [1.4, -1.6]]
    + [[2.2, 0.1]]
)


def add_bias(x, b):
    """Return `x` of shape (N, D) with `b` of shape (D,) added to each row."""
    return x + b


def first_slider():
    """Move two biases, and seven points with them."""
    _first_slider().show()


def shifted_points(b0, b1, add_bias):
    """Return seven points before and after a bias is added to each.

    Parameters
    ----------
    b0, b1 : float
        What is added to the first and to the second feature.
    add_bias : callable
        As written in lesson 0.

    Returns
    -------
    dict of str to ndarray of shape (7, 2), and the two biases
    """
    return {"b": (b0, b1), "x": POINTS, "y": add_bias(POINTS, np.array([b0, b1]))}


def _first_slider():
    return Explorer(
        "One bias for all examples",
        shifted_points,
        _build_first_slider,
        _read_first_slider,
        "Seven points in a plane, hollow before and filled after a bias is added. "
        "All move by the same way.",
        [
            Slider("b0", "b[0], feature 0", -2.0, 2.0, 0.0, step=0.1, digits=".1f"),
            Slider("b1", "b[1], feature 1", -2.0, 2.0, 0.0, step=0.1, digits=".1f"),
        ],
        uses={"add_bias": add_bias},
        card=Card(
            "first_slider",
            "Seven examples lie in a plane, one axis for each feature. We make `b[0]` "
            "larger. What moves?",
            ["one point", "all points, to the right", "all points, upwards"],
            truth="all points, to the right",
            because="`b` has one number for each feature, and each of the seven rows "
            "gets the same.",
        ),
        size=(5.6, 4.2),
    )


def _build_first_slider(figure):
    axes = figure.subplots()
    plots.style_axes(axes, "feature 0", "feature 1", "", (-4.6, 4.6), (-3.9, 3.9))
    axes.set_aspect("equal")
    ways = axes.plot(
        *np.zeros((2, 2, len(POINTS))), color=plots.QUIET, linewidth=1, gid=STEADY
    )
    plots.draw_marker(
        axes, *POINTS.T, markerfacecolor="none", markeredgecolor=plots.QUIET
    )
    after = plots.draw_marker(axes, *POINTS.T)
    plots.draw_label(axes, *POINTS[0], "x", offset=(-16, 0))
    moved = axes.text(0, 0, "x + b", color=plots.BLUE, ha="left", va="bottom")

    def update(numbers):
        after.set_data(*numbers["y"].T)
        moved.set_position(numbers["y"][0] + 0.12)
        for way, start, end in zip(ways, numbers["x"], numbers["y"], strict=True):
            way.set_data(*np.transpose([start, end]))

    return [*ways, after, moved], update


def _read_first_slider(numbers):
    b0, b1 = numbers["b"]
    return {
        "b": f"[{b0:.1f}, {b1:.1f}]",
        "first row of x": _row(numbers["x"][0]),
        "first row of x + b": _row(numbers["y"][0]),
        "shape": str(numbers["y"].shape).replace(",", " ×").strip("()"),
    }


def _row(row):
    return "[" + ", ".join(f"{value:.1f}" for value in row) + "]"


# ---- where the course runs


class EnvironmentReport:
    """What was found, line by line: subject, finding, and a step where one is due."""

    def __init__(self, lines):
        self.lines = lines

    @property
    def is_well(self):
        """Whether no line asks for a step."""
        return not any(step for _, _, step in self.lines)

    def __repr__(self):
        return "\n".join(
            f"{'look' if step else 'ok':4}  {subject}: {finding}"
            + (f"\n      {step}" if step else "")
            for subject, finding, step in self.lines
        )

    def _repr_html_(self):
        """Called by IPython to show this."""
        left = 'style="text-align:left"'
        rows = "".join(
            f'<tr><th scope="row" {left}>{subject}</th>'
            f"<td {left}>{html.escape(finding)}</td>"
            f"<td {left}>{'→ ' + page.rich(step) if step else '✓ ok'}</td></tr>"
            for subject, finding, step in self.lines
        )
        return f'<table style="{page.INK};font-size:13px">{rows}</table>'


def environment_report():
    """Return in plain words what the course runs on, and what to do where it is off.

    Returns
    -------
    EnvironmentReport
    """
    lines = [_python_line(), *_package_lines(), _threads_line(), _folder_line()]
    return EnvironmentReport([*lines, _grader_line()])


def _python_line():
    found = f"{platform.python_version()} on {platform.system() or 'this computer'}"
    oldest = ".".join(map(str, OLDEST_PYTHON))
    step = "" if sys.version_info >= OLDEST_PYTHON else f"Install Python {oldest}."
    return "Python", found, step


def _package_lines():
    wanted = _tested_versions()
    for name in SHOWN_PACKAGES:
        tested = wanted.get(name, "")
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        off = found == "not installed" or (tested and found != tested)
        step = f"Tested with {tested or 'another'}. {INSTALL}" if off else ""
        yield name, found, step


INSTALL = "Stop JupyterLab; `python3 course.py lab` installs what is needed."


def _tested_versions():
    """Return the versions that `requirements.txt` fixes, by name."""
    try:
        text = (ROOT / "requirements.txt").read_text("utf-8")
    except OSError:
        return {}
    return dict(re.findall(r"^([\w-]+)==([\w.]+)$", text, re.MULTILINE))


def _threads_line():
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    threads = max((pool["num_threads"] for pool in pools), default=1)
    found = f"linear algebra on {threads} of {os.cpu_count()} cores"
    step = "One is quicker here: import `course_lib` first." if threads > 1 else ""
    return "Threads", found, step


def _folder_line():
    if os.access(".", os.W_OK):
        return "Lesson's folder", "can be written", ""
    step = "Copy the course to a folder of your own: your work cannot be saved here."
    return "Lesson's folder", "cannot be written", step


def _grader_line():
    try:
        running = grader_is_running(load_settings())
    except (OSError, ValueError) as error:
        return "Grader", f"not found: {error}", "Ask your instructor about course.toml."
    if running:
        return "Grader", "running: an answer takes seconds", ""
    step = (
        "Start the course with `python3 course.py lab`, which starts the grader too. "
        "Until then, what you submit waits, and is not lost."
    )
    return "Grader", "not running", step
