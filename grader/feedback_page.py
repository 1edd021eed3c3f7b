"""The page a learner gets back: offline, without scripts, every text escaped."""

import re
from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path

from grader.matching import graded_id, is_in_words

TEMPLATE = Path(__file__).with_name("feedback_page.html")
LONGEST_COLOURED = 20_000  # characters; longer code is shown plain
BY_PEOPLE = ("by_hand", "given")
_CODE = re.compile(r"`([^`]+)`")
SYMBOLS = {
    "right": "✓",
    "partial": "◐",
    "wrong": "✗",
    "not_written": "○",
    "error": "!",
    "timeout": "⧖",
    "crashed": "!",
    "by_hand": "✎",
    "given": "✎",
}
WORDS = {
    "right": "right",
    "partial": "partly right",
    "wrong": "not right yet",
    "not_written": "not written yet",
    "error": "stopped with an error",
    "timeout": "did not end",
    "crashed": "broke off",
    "by_hand": "to be graded by hand",
    "given": "graded by hand",
}


def render(report, marks=None):
    """Return a report's page.

    Parameters
    ----------
    report : Report
    marks : Marks, optional
        What people added in the gradebook.
    """
    cells = report.notebook.get("cells", [])
    answers = {graded_id(cell, "solution"): cell for cell in cells}
    verdicts = [_with_manual_points(verdict, marks) for verdict in report.exercises]
    added = [c for c in cells if c["metadata"].get("course", {}).get("added")]
    return _template().render(
        report=report,
        marks=marks,
        title=title_of(report.notebook, report.lesson),
        exercises=[(verdict, answers.get(verdict.exercise)) for verdict in verdicts],
        rubrics=_rubrics(cells),
        still_open=sum(v.max_points for v in verdicts if v.status == "by_hand"),
        checked=sum(v.status not in BY_PEOPLE for v in verdicts),
        to_do=_to_do(verdicts),
        added=[cell for cell in added if cell["source"].strip()],
        right=sum(verdict.is_right for verdict in report.exercises),
        total=_total(report, marks),
    )


def _with_manual_points(verdict, marks):
    """Return the verdict on an answer in words with the points a person gave it."""
    if verdict.status != "by_hand" or not marks or verdict.exercise not in marks.manual:
        return verdict
    points = marks.manual[verdict.exercise]
    return replace(verdict, status="given", points=points, message="")


def _to_do(verdicts):
    """Return the names of the exercises that can still earn more, set as code."""
    left = [v for v in verdicts if v.status not in BY_PEOPLE and not v.is_right]
    return [prose(f"`{verdict.exercise}`") for verdict in left]


def _rubrics(cells):
    """Return the text above each answer in words, by the answer's name."""
    return {
        graded_id(cell, "solution"): cells[k - 1]["source"]
        for k, cell in enumerate(cells)
        if k and is_in_words(cell)
    }


def title_of(notebook, lesson):
    """Return a lesson's own heading, or its name."""
    for cell in notebook.get("cells", []):
        first, _, _ = cell["source"].partition("\n")
        if cell["cell_type"] == "markdown" and first.startswith("# "):
            return first[2:]
    return lesson


def _total(report, marks):
    """Return the score with what people changed in the gradebook."""
    if marks is None:
        return report.score
    return max(round(marks.earned(report.exercises) - marks.late_penalty, 4), 0.0)


def warm_up():
    """Make what every page needs now: it takes a third of a second."""
    _template()
    coloured("pass")


@cache
def _template():
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "points": "{:g}".format,
        "coloured": coloured,
        "prose": prose,
    }
    environment.globals |= {"symbols": SYMBOLS, "words": WORDS, "css": colours_of_code}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def prose(text):
    """Return text as escaped HTML, what stands between backticks as code."""
    from markupsafe import Markup

    return Markup(_CODE.sub(r"<code>\1</code>", escape(text)))


def coloured(source):
    """Return Python code as escaped HTML with colours."""
    from markupsafe import Markup

    if len(source) > LONGEST_COLOURED:
        return Markup(escape(source))
    from pygments import highlight

    return Markup(highlight(source, *_colours()))


@cache
def _colours():
    """Return what reads code and what colours it."""
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return PythonLexer(), HtmlFormatter(nowrap=True)


def colours_of_code():
    """Return the colours of code: a few, each dark enough to read on the page."""
    colours = {
        "k, .kn, .kc, .ow": "#8a2b6d",
        "s, .s1, .s2, .sd, .sa, .si": "#1f6b45",
        "c, .c1": "#6b6359; font-style: italic",
        "mi, .mf": "#8f4a00",
        "nf, .nc": "#1d4f91",
    }
    return "\n".join(f".{names} {{ color: {c} }}" for names, c in colours.items())
