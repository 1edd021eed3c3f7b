"""Every figure of the course on one page, at both ends of every control.

Made to be looked at: what is cut off, hard to read or alike is seen at once.
"""

import argparse
import base64
import html
import inspect
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from unittest import mock

from course_lib import page
from course_lib.explorers import MODULES
from course_lib.explorers.controls import Slider, Stops
from course_lib.explorers.explorer import Explorer
from course_lib.live_picture import LivePicture

MOST_CHOICES = 4  # of one dropdown
PURPOSE = "Write every figure of the course onto one page."
HEAD = """<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<title>Every figure of the course</title>
<style>body{font-family:sans-serif;margin:1em}figure{display:inline-block;margin:.5em;
width:46%;vertical-align:top}img{width:100%;height:auto}h2{clear:both}</style>"""


@dataclass(frozen=True)
class Figure:
    """One picture as it was painted.

    Attributes
    ----------
    module, function : str
        The explorer that showed it.
    setting : str
        The control that was moved, and to where; empty for the start.
    png : bytes
    alt : str
        What those who do not see it are told.
    """

    module: str
    function: str
    setting: str
    png: bytes
    alt: str


def figures(modules=None):
    """Paint the figures of explorers and tickets.

    Parameters
    ----------
    modules : iterable of str, optional
        Modules of `course_lib.explorers` that gather those of a lesson; by default
        all that have ``__all__``.

    Yields
    ------
    Figure
        Each at its start, then at both ends of each of its controls.
    """
    for module in modules or MODULES:
        names = getattr(import_module(f"course_lib.explorers.{module}"), "__all__", ())
        for name in names:
            yield from _figures_of(module, name)


def shown_by(module, name):
    """Return the explorers that a function shows, made and not shown.

    Parameters
    ----------
    module, name : str
        A function of a module of `course_lib.explorers`. None are shown by one that
        needs arguments.
    """
    function = getattr(import_module(f"course_lib.explorers.{module}"), name)
    if not callable(function) or _needs_arguments(function):
        return []
    shown = []
    with (
        mock.patch.object(Explorer, "show", lambda self: shown.append(self)),
        mock.patch("IPython.display.display", lambda *_, **__: None),
    ):
        function()
    return shown


def main(arguments=None):
    """Write the page; return the exit code."""
    parser = argparse.ArgumentParser("python -m course_lib.plots", description=PURPOSE)
    parser.add_argument("out", nargs="?", default="contact_sheet.html", type=Path)
    parser.add_argument("--only", action="append", help="one module of explorers")
    options = parser.parse_args(arguments)
    parts, count, module = [HEAD], 0, None
    for figure in figures(options.only):
        if figure.module != module:
            module = figure.module
            parts.append(f"<h2>{html.escape(module)}</h2>")
        parts.append(_as_html(figure))
        count += 1
    options.out.write_text("".join(parts), encoding="utf-8")
    print(f"{options.out}: {count} figures")
    return 0


def _figures_of(module, name):
    """Run one explorer's function without a screen and paint what it shows."""
    painted = []
    with mock.patch.object(LivePicture, "html", _recording(painted)):
        for explorer in shown_by(module, name):
            explorer.html()
            painted[-1].append("")
            for control in explorer.controls:
                for end in _ends(control):
                    explorer.html(**{control.name: end})
                    painted[-1].append(f"{control.label}: {end}")
    for png, alt, *setting in painted:
        yield Figure(module, name, "".join(setting), png, alt)


def _recording(painted):
    def record(picture, numbers, read_out, notes=()):
        alt = f"{picture.describes} {page.as_text(read_out)}".strip()
        painted.append([picture.paint(numbers), alt])
        return ""

    return record


def _ends(control):
    if isinstance(control, Slider):
        return control.low, control.high
    options = control.options
    if isinstance(control, Stops):
        return options[0], options[-1]
    values = options.values() if isinstance(options, dict) else options
    return [value for value in values if value != control.start][:MOST_CHOICES]


def _needs_arguments(function):
    needed = inspect.signature(function).parameters.values()
    return any(p.default is p.empty and p.kind < p.VAR_POSITIONAL for p in needed)


def _as_html(figure):
    source = base64.b64encode(figure.png).decode("ascii")
    title = html.escape(f"{figure.function}  {figure.setting}")
    return (
        f'<figure><figcaption>{title}</figcaption><img alt="{html.escape(figure.alt)}" '
        f'src="data:image/png;base64,{source}"></figure>\n'
    )
