"""The command line: ``python -m grader COMMAND``. Each command is one call."""

import sys
from pathlib import Path

import click

from course_lib.settings import load_settings
from grader.console import complain, progress, show_report, show_summary, tell
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


# By name: importing takes a second.
EXPECTED = {"SourceError": 1, "GradebookClosed": 1, "WallsMissing": 2}
LESSON = LessonName()
UNSAFE = click.option(
    "--unsafe-no-sandbox",
    "unsafe",
    is_flag=True,
    help="Run submissions even where this machine cannot shut them in.",
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli():
    """Build the lessons of this course, and grade what learners hand in.

    LESSON is a lesson's name or number: 01_loss or 1. Without one, a command takes
    all of them.
    """
    try:
        load_settings()
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.argument("name", metavar="NN_NAME")
def new(name):
    """Begin a lesson: a folder in solutions/ that builds and audits as it is."""
    from grader.new_lesson import new_lesson

    try:
        files = new_lesson(name)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for file in files:
        tell(str(file.relative_to(load_settings().root)), "written", "green")
    click.echo(f"Edit them, then: build {name}, solutions {name}, audit {name}")


@cli.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a lesson is stale.")
@click.option("--force", is_flag=True, help="Overwrite worked-on lessons; keep a copy.")
def build(lessons, check, force):
    """Write lessons and their checks from the sources in solutions/."""
    from grader.errors import SourceError
    from grader.exercises import lesson_names
    from grader.release import build as build_lessons

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
        tell(name, state, MARKS.get(state, "red"), built.message)
        failed |= built.state not in good
    return int(failed)


@cli.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--workers", type=click.IntRange(min=1), help="How many run at once.")
def solutions(lessons, workers):
    """Run solution notebooks in fresh kernels; each has to earn full marks."""
    from grader.exercises import lesson_names
    from grader.solutions import code_cells
    from grader.solutions import solutions as solve

    names = lessons or lesson_names()
    with progress("Running solutions", code_cells(names)) as advance:
        results = solve(names, workers, progress=advance)
    for result in results:
        state, style = ("passed", "green") if result.passed else ("failed", "red")
        marks = f"{result.score:g} of {result.max_score:g} points"
        tell(result.lesson, state, style, f"{marks}, {result.seconds:.1f} s")
        for problem in result.problems:
            complain(f"{result.lesson}: {problem}")
    return int(not all(result.passed for result in results))


@cli.command()
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("-v", "--verbose", is_flag=True, help="Show what holds as well.")
def audit(lessons, verbose):
    """Prove that the checks accept what is right and name each mistake."""
    from grader.audit import audit_lesson
    from grader.exercises import lesson_names

    names = lessons or lesson_names()
    with progress("Auditing", len(names)) as advance:
        tables = {}
        for name in names:
            tables[name] = audit_lesson(name)
            advance(name)
    for name, rows in tables.items():
        holding = sum(row.holds for row in rows)
        style = "green" if holding == len(rows) else "red"
        tell(name, f"{holding} of {len(rows)} hold", style)
        for row in rows:
            if verbose or not row.holds:
                state, style = ("holds", "dim") if row.holds else ("fails", "red")
                tell(f"  {row.exercise}, {row.tried}", state, style, row.seen)
    return int(not all(row.holds for rows in tables.values() for row in rows))


@cli.command()
@click.argument("lesson", type=LESSON)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a submission.")
@click.option("--learner", default="", help="Whose it is; decides the graded inputs.")
@UNSAFE
def grade(lesson, files, as_json, learner, unsafe):
    """Grade submitted notebooks of one LESSON and print a report on each FILE.

    Exits 0 when every file has a report, whatever its score.
    """
    from grader.grade import grade as grade_one
    from grader.plain_files import read_plain_file
    from grader.secret import course_secret
    from grader.worker import Worker

    about = {"learner": learner, "secret": course_secret(load_settings())}
    unread = 0
    with Worker("if possible" if unsafe else "required") as worker:
        if unsafe and (warning := worker.warning()):
            click.echo(f"warning: {warning}", err=True)
        for file in files:
            try:
                submission = read_plain_file(file)
            except OSError as error:
                complain(f"{file}: {error.strerror}. Give a notebook's file.")
                unread = 2
                continue
            report = grade_one(
                lesson, submission, worker=worker, file=file.name, **about
            )
            if as_json:
                click.echo(report.as_json())
            else:
                show_report(file, report)
            sys.stdout.flush()
    return unread


@cli.command()
@click.argument("lesson", type=LESSON)
@click.option("--workers", type=click.IntRange(min=1), help="How many at once.")
@click.option("--learner", "learners", multiple=True, help="Only theirs; repeatable.")
@click.option("--again", is_flag=True, help="Grade what is graded and unchanged too.")
@UNSAFE
def autograde(lesson, workers, learners, again, unsafe):
    """Grade everybody's submissions of LESSON into the gradebook.

    Collects what arrived, grades what is new or changed, writes grades and feedback
    pages. Exits 1 when somebody has no full result, and says why.
    """
    from grader.batch import autograde as grade_all
    from grader.errors import NothingHandedIn

    try:
        summary = grade_all(
            lesson,
            load_settings(),
            workers=workers,
            learners=learners,
            again=again,
            walls="if possible" if unsafe else "required",
            progress=lambda total: progress(lesson, total),
            tell=lambda line: click.echo(line, err=True),
        )
    except NothingHandedIn as error:
        raise click.UsageError(str(error)) from None
    show_summary(summary)
    return int(bool(summary.shortfalls))


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def submit(arguments):
    """Hand in your notebook of a lesson."""
    from course_lib.submit import main as hand_in

    try:
        return hand_in(arguments)
    except SystemExit as stop:  # argparse, after --help or misuse
        return stop.code


@cli.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def bundle(out):
    """Write the students' archive OUT.zip: no solutions, no grader, no secrets."""
    from grader.bundle import NotReady
    from grader.bundle import bundle as write

    try:
        names = write(out)
    except NotReady as error:
        complain(error)
        return 1
    lessons = sum(name.endswith(".ipynb") for name in names)
    tell(str(out), "written", "green", f"{lessons} lessons, {len(names)} files")
    return 0


@cli.command()
@UNSAFE
def watch(unsafe):
    """Collect, grade and answer submissions as they arrive, until Ctrl+C."""
    from grader.watch import main as watch_until_stopped

    watch_until_stopped(**({"walls": "if possible"} if unsafe else {}))


@cli.command()
def doctor():
    """Try to break every limit on submissions on this machine."""
    from grader.doctor import doctor as examine

    rows = examine()
    for row in rows:
        state, style = ("held", "green") if row.held else ("broken", "red")
        tell(row.tried, state, style, f"{row.seconds:5.1f} s  {row.note}")
    return int(not all(row.held for row in rows))


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
    sys.exit(main())
