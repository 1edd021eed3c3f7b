"""The command line: ``python -m grader COMMAND``. Each command is one call."""

import gc
import importlib
import pkgutil
import sys

import click

from course_lib.settings import load_settings
from grader import commands
from grader.console import complain
from grader.deferred import defer
from grader.source_rules import suggest

for _package in ("jupytext", "nbgrader", "requests"):
    defer(_package)


class Commands(click.Group):
    """The commands of `grader.commands`, each imported when it is asked for.

    An unknown command is answered with the nearest known one.
    """

    def list_commands(self, ctx):
        """Return the names of all commands."""
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx, cmd_name):
        """Return a command by its name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return getattr(importlib.import_module(f"grader.commands.{cmd_name}"), cmd_name)

    def resolve_command(self, ctx, args):
        """Look a command up; click calls this with what follows the options."""
        if args and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            ctx.fail(f"no command {args[0]!r}. {suggest(args[0], known)}")
        return super().resolve_command(ctx, args)


# By name: importing takes a second.
EXPECTED = {
    "ClusterGone": 1,
    "ClusterRefused": 2,
    "GradebookClosed": 1,
    "NoGradebook": 2,
    "ProcessDied": 1,
    "SourceError": 1,
    "WallsMissing": 2,
}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(ctx):
    """Build the lessons of this course, and grade what learners hand in.

    LESSON is a lesson's name or number: 01_loss or 1. Without one, a command takes
    all of them.
    """
    try:
        ctx.obj = load_settings()
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None


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
    except OSError as error:
        complain(error)
        return 2
    except (ValueError, RuntimeError) as error:
        code = EXPECTED.get(type(error).__name__)
        if code is None:  # our own fault, and to be seen whole
            raise
        complain(error)
        return code


if __name__ == "__main__":
    code = main()
    gc.freeze()  # else the end looks at each of a million objects: a third of a second
    sys.exit(code)
