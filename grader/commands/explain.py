"""`explain`: where a grade comes from, and whether it comes out the same again."""

import json
import re
from difflib import get_close_matches

import click

from grader.commands import LESSON, UNSAFE
from grader.console import complain, printable
from grader.source_rules import suggest

_ANSWER = re.compile(r'^# %%.*\b(?:solution|answer)="(\w+)"', re.MULTILINE)


class ExerciseName(click.ParamType):
    """An exercise by its name, or as LESSON/EXERCISE where two lessons have it."""

    name = "exercise"

    def convert(self, value, param, ctx):
        """Return lesson and exercise; click calls this with the argument."""
        lesson, slash, exercise = value.rpartition("/")
        only = LESSON.convert(lesson, param, ctx) if slash else None
        lessons = _lessons_by_exercise(ctx.obj, only)
        if exercise not in lessons:
            known = sorted(lessons)
            where = f" in {only}" if only else ""
            hint = suggest(exercise, known) if only else _near(exercise, known)
            self.fail(f"no exercise {exercise!r}{where}. {hint}", param, ctx)
        if len(lessons[exercise]) > 1:
            places = " or ".join(f"{each}/{exercise}" for each in lessons[exercise])
            self.fail(
                f"{exercise!r} is in several lessons. Write {places}.", param, ctx
            )
        return lessons[exercise][0], exercise


@click.command()
@click.argument("learner")
@click.argument("exercise", type=ExerciseName(), metavar="[LESSON/]EXERCISE")
@click.option("--inputs", is_flag=True, help="Show graded inputs and expected values.")
@click.option("--stored", is_flag=True, help="Grade nothing: show what is stored.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@UNSAFE
@click.pass_obj
def explain(settings, learner, exercise, inputs, stored, as_json, unsafe):
    """Show where LEARNER's grade of EXERCISE comes from, and grade it again.

    Which code, which checks, which environment and seed, and what people added. Exits
    1 when grading again gives another verdict; it is said what changed since.
    """
    from grader import explained
    from grader.gradebook import Book
    from grader.provenance import NotGraded, NotHandedIn, trace

    lesson, exercise = exercise
    with Book(settings.gradebook_url, settings.course_id) as book:
        try:
            found = trace(learner, lesson, exercise, settings, book)
        except NotHandedIn as error:
            raise click.UsageError(_nobody(error, learner, lesson, settings)) from None
        except NotGraded as error:
            complain(printable_lines(str(error)))
            return 1
    again = None if stored else _again(found, settings, unsafe)
    if as_json:
        told = explained.as_dict(found, again, inputs)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        explained.show(found, again, inputs)
    return int(again is not None and not again.is_same)


def printable_lines(text):
    """Return lines that can do nothing to a terminal."""
    return "\n".join(map(printable, text.splitlines()))


def _again(found, settings, unsafe):
    from grader.provenance import grade_again
    from grader.worker import Worker

    with Worker("if possible" if unsafe else "required") as worker:
        return grade_again(found, settings, worker)


def _lessons_by_exercise(settings, only=None):
    """Return the lessons that have each exercise, as their sources say."""
    found = {}
    for path in sorted(settings.solutions.glob(f"{only or '*'}/*.py")):
        if path.stem == path.parent.name:
            for exercise in _ANSWER.findall(path.read_text("utf-8")):
                found.setdefault(exercise, []).append(path.stem)
    return found


def _near(name, known):
    near = get_close_matches(name, known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return "Each lesson's source in solutions/ names its own."


def _nobody(error, learner, lesson, settings):
    from grader.class_work import handed_in_by

    near = get_close_matches(learner, handed_in_by(lesson, settings), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"See: report {lesson}."
    return printable(f"{error} {hint}")
