"""The commands of ``python -m grader``, each in the module of its name.

The course's settings are the object of click's context: `click.pass_obj` hands them on.
"""

from pathlib import Path

import click

from grader.source_rules import suggest

MARKS = {"written": "green", "unchanged": "dim", "kept": "yellow", "refused": "red"}


class LessonName(click.ParamType):
    """A lesson by its name or its number, or by a path to one of its files."""

    name = "lesson"

    def convert(self, value, param, ctx):
        """Return the lesson's name; click calls this for each argument."""
        known = sorted(
            path.stem
            for path in ctx.obj.solutions.glob("*/*.py")
            if path.stem == path.parent.name
        )
        wanted = Path(value).stem
        for name in known:
            number = name.partition("_")[0]
            if wanted == name or wanted.isdigit() and int(wanted) == int(number):
                return name
        return self.fail(f"no lesson {value!r}. {suggest(wanted, known)}", param, ctx)


LESSON = LessonName()
UNSAFE = click.option(
    "--unsafe-no-sandbox",
    "unsafe",
    is_flag=True,
    help="Run submissions even where this machine cannot shut them in.",
)
