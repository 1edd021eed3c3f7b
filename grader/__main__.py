"""The command line: ``python -m grader COMMAND``. Each command is one call."""

import sys
from pathlib import Path

import click

from course_lib.settings import load_settings
from grader.source_rules import suggest

MARKS = {"written": "green", "unchanged": "dim", "kept": "yellow", "refused": "red"}


class Commands(click.Group):
    """A group that answers an unknown command with the nearest known one."""

    def resolve_command(self, ctx, args):
        """Look a command up; click calls this with what follows the options."""
        if args and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            ctx.fail(f"no command {args[0]!r}. {suggest(args[0], known)}")
        return super().resolve_command(ctx, args)


class LessonName(click.ParamType):
    """A lesson by its name or its number, or by a path to one of its files."""

    name = "lesson"

    def convert(self, value, param, ctx):
        """Return the lesson's name; click calls this for each argument."""
        known = sorted(
            path.stem
            for path in load_settings().solutions.glob("*/*.py")
            if path.stem == path.parent.name
        )
        wanted = Path(value).stem
        for name in known:
            number = name.partition("_")[0]
            if wanted == name or wanted.isdigit() and int(wanted) == int(number):
                return name
        return self.fail(f"no lesson {value!r}. {suggest(wanted, known)}", param, ctx)


LESSON = LessonName()
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli():
    """Build the lessons of this course, and grade what learners hand in.

    LESSON is a lesson's name or number: 01_loss or 1. Without one, a command takes
    all of them.
    """


@cli.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a lesson is stale.")
@click.option("--force", is_flag=True, help="Overwrite worked-on lessons; keep a copy.")
def build(lessons, check, force):
    """Write lessons and their checks from the sources in solutions/."""
    from grader.exercises import lesson_names
    from grader.release import build as build_lessons
    from grader.source import SourceError

    good = ("unchanged",) if check else ("written", "unchanged", "kept")
    failed = False
    for name in lessons or lesson_names():
        try:
            (built,) = build_lessons([name], force=force, write=not check)
        except SourceError as error:
            complain(error)
            failed = True
            continue
        state = "stale" if check and built.state == "written" else built.state
        tell(f"{name:32}", state, MARKS.get(state, "red"), built.message)
        failed |= built.state not in good
    return int(failed)


def tell(name, state, style, message=""):
    """Print one line about one thing."""
    from rich.console import Console
    from rich.text import Text

    line = Text.assemble(name, (f"{state:10}", style), message)
    Console().print(line, soft_wrap=True)


def complain(problem):
    """Print what is amiss on stderr, in the house's form."""
    click.echo(f"error: {problem}", err=True)


def main(arguments=None):
    """Run a command and return its exit code: 0, 1 did not pass, 2 misuse."""
    try:
        return cli.main(arguments, prog_name="python -m grader", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        complain("stopped.")
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        complain(error.format_message())
        return 2
    except (ValueError, OSError) as error:
        complain(error)
        return 1 if type(error).__name__ == "SourceError" else 2


if __name__ == "__main__":
    sys.exit(main())
