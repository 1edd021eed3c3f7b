"""The pages of the solved course: lessons with their wrong versions, and the index."""

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from grader import symptoms
from grader.book_text import code_html, output_html, slug, text_html
from grader.mistake_code import code_of

HEADS = {
    "outputs": "what the check sees",
    "gradient": "gradient check",
    "training": "network trained with it",
    "misheard": "as an instrument",
    "message": "what it is",
}
CHIPS = (
    ("trains all the same", "it trains all the same"),
    ("gradient check agrees", "the gradient check agrees"),
    ("silent no instrument", "nothing hears it"),
    ("opposite sign", "opposite sign"),
    ("shape", "shape"),
    ("transposed", "transposed"),
    ("loss is nan", "NaN"),
    ("stops error", "stops with an error"),
    ("times the expected", "a constant factor"),
    ("changed on the way", "changes its input"),
)
_HEADING = re.compile(r"^(#{1,2}) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Chapter:
    """One lesson, with all that its page tells.

    Attributes
    ----------
    lesson : Lesson
    notebook : NotebookNode
        Executed.
    effects : dict
        What `effects.effects_of` gives, by exercise.
    counts : Counter
        By exercise and mistake, how many learners made it.
    learners : int
    """

    lesson: object
    notebook: object
    effects: dict
    counts: dict = field(default_factory=dict)
    learners: int = 0

    @property
    def title(self):
        """The lesson's own heading, or its name."""
        for cell in self.notebook.cells:
            found = _HEADING.match(cell.source)
            if cell.cell_type == "markdown" and found:
                return found[2]
        return self.lesson.name

    def mistakes(self, exercise):
        """Return an exercise's mistakes: what the class made most often comes first."""
        return sorted(
            exercise.mistakes, key=lambda m: -self.counts.get((exercise.name, m.id), 0)
        )


def lesson_page(chapter, around=()):
    """Return a lesson's page.

    Parameters
    ----------
    chapter : Chapter
    around : sequence of (lesson name, words)
        Links to other pages.
    """
    cells = [_cell(chapter, cell) for cell in chapter.notebook.cells]
    return _template("book_lesson.html").render(
        name=chapter.lesson.name,
        title=chapter.title,
        cells=[cell for cell in cells if cell],
        contents=list(_contents(chapter)),
        learners=chapter.learners,
        around=around,
    )


def index_page(title, chapters):
    """Return the index: all lessons, and every mistake to be found by its symptom."""
    hits = [
        _hit(chapter, exercise, mistake)
        for chapter in chapters
        for exercise in chapter.lesson.exercises.values()
        for mistake in chapter.mistakes(exercise)
    ]
    lessons = [
        {
            "name": chapter.lesson.name,
            "title": chapter.title,
            "exercises": [
                (e.name, len(e.mistakes), _anchor(e))
                for e in chapter.lesson.exercises.values()
            ],
        }
        for chapter in chapters
    ]
    return _template("book_index.html").render(
        title=title, hits=hits, lessons=lessons, chips=CHIPS
    )


@cache
def _template(name):
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.globals |= {"css": _asset("book.css"), "js": _asset("book.js")}
    return environment.from_string(_asset(name))


def _asset(name):
    return Markup(files("grader").joinpath("templates", name).read_text("utf-8"))


def _contents(chapter):
    """Yield the entries of a page's own contents: sections and exercises, in order."""
    exercises = chapter.lesson.exercises
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown":
            for level, text in _HEADING.findall(cell.source):
                shown = text_html(f"{level} {text}").striptags()
                anchor = slug(shown)
                yield {"text": shown, "anchor": anchor, "exercise": False}
        elif (name := cell.id.removesuffix("_check")) != cell.id and name in exercises:
            count = len(exercises[name].mistakes)
            anchor = _anchor(exercises[name])
            yield {"text": name, "anchor": anchor, "exercise": True, "count": count}


def _anchor(exercise):
    """Return where an exercise's wrong versions are, or its solution without any."""
    return f"{exercise.name}-wrong" if exercise.mistakes else exercise.name


def _cell(chapter, cell):
    """Return what the page shows of a cell, or None."""
    marks = cell.metadata.get("nbgrader", {})
    if cell.cell_type == "markdown":
        label = "Model answer" if marks.get("solution") else ""
        text = {"kind": "text", "html": text_html(cell.source), "label": label}
        return text | {"wrong": None}
    shown = {"kind": "code", "label": "", "anchor": "", "wrong": None}
    shown["outputs"] = [output_html(output) for output in cell.get("outputs", [])]
    shown["html"] = code_html(cell.source)
    if "submit(" in cell.source and cell.metadata.get("deletable") is False:
        return None
    if marks.get("solution"):
        return shown | {"label": "Solution", "anchor": cell.id}
    exercise = chapter.lesson.exercises.get(cell.id.removesuffix("_check"))
    if marks.get("grade") and exercise and exercise.mistakes:
        return shown | {"html": "", "wrong": _wrong(chapter, exercise)}
    return shown


def _wrong(chapter, exercise):
    """Return what the page tells of an exercise's wrong versions."""
    effects = chapter.effects[exercise.name]
    mistakes = [_mistake(chapter, exercise, m) for m in chapter.mistakes(exercise)]
    used = [h for h in HEADS.values() if any(m["cells"].get(h) for m in mistakes)]
    if len(used) == 1:  # there is room for what a learner is told
        used.append(HEADS["message"])
    made = any(m["count"] for m in mistakes)
    healthy = effects["healthy"]
    return {
        "exercise": exercise.name,
        "mistakes": mistakes,
        "heads": used,
        "order": "What the class made most often comes first."
        if made
        else "In the order in which they are declared: no graded work holds one.",
        "healthy": healthy
        and f"{healthy['validation'][1]}, {healthy['training curve'][1][8:]}",
    }


def _mistake(chapter, exercise, mistake):
    effects = chapter.effects[exercise.name]
    effect, healthy = effects["mistakes"][mistake.id], effects["healthy"]
    code = code_of(chapter.lesson.source.with_name("checks.py"), exercise, mistake)
    cells = _in_short(effect, healthy)
    verdict = effect["verdict"]
    does = [
        ("The check", f"{cells[HEADS['outputs']]}; {symptoms.cases_text(effect)}"),
        *(("Worst entry", f[3]) for f in verdict["findings"] if f[3]),
        ("Gradient check", cells[HEADS["gradient"]]),
        ("Network", cells[HEADS["training"]]),
        ("Instruments", symptoms.heard_text(effect)),
        ("As an instrument", cells[HEADS["misheard"]]),
    ]
    readings = effect["readings"] or {}
    return {
        "id": mistake.id,
        "anchor": f"{exercise.name}-{mistake.id}",
        "count": chapter.counts.get((exercise.name, mistake.id), 0),
        "points": f"earns {verdict['points']:.3g} of {exercise.points:g} points",
        "message": mistake.message,
        "next": mistake.next_step,
        "code": code_html(code.text),
        "is_pair": code.text.startswith("{"),
        "around": code_html(code.around) if code.around else "",
        "cells": cells | {HEADS["message"]: mistake.message},
        "silent": {head: _is_silent(cells.get(head, "")) for head in HEADS.values()},
        "does": [(head, text) for head, text in does if text],
        "verdict": verdict["text"],
        "readings": [(n, *readings[n], healthy[n][1]) for n in readings],
    }


def _in_short(effect, healthy):
    return {
        HEADS["outputs"]: symptoms.outputs_text(effect),
        HEADS["gradient"]: symptoms.gradient_text(effect),
        HEADS["training"]: symptoms.training_text(effect, healthy),
        HEADS["misheard"]: symptoms.misheard_text(effect),
    }


def _is_silent(text):
    """Return whether words say that an instrument hears nothing."""
    return text.startswith(("agrees", "trains as if", "trains all", "misses"))


def _hit(chapter, exercise, mistake):
    effects = chapter.effects[exercise.name]
    effect, healthy = effects["mistakes"][mistake.id], effects["healthy"]
    code = code_of(chapter.lesson.source.with_name("checks.py"), exercise, mistake)
    name = chapter.lesson.name
    short = _in_short(effect, healthy)
    does = [f"{head}: {text}" for head, text in short.items() if text]
    return {
        "lesson": name,
        "number": int(name[:2]),
        "exercise": exercise.name,
        "id": mistake.id,
        "anchor": f"{exercise.name}-{mistake.id}",
        "message": mistake.message,
        "does": ". ".join(does) + ".",
        "text": symptoms.search_text(
            name, exercise.name, mistake, effect, healthy, code
        ),
    }
