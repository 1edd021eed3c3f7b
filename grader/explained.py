"""The provenance of a grade, for a terminal and as JSON."""

from dataclasses import asdict

import click
import numpy as np

from grader.console import printable
from grader.provenance import PARTS

WIDTH = 14  # of the words on the left
DIGITS = 12  # of a digest; the JSON has them all


def show(found, again=None, with_inputs=False):
    """Print where a grade comes from, and the verdict made anew.

    Parameters
    ----------
    found : Provenance
    again : Again, optional
    with_inputs : bool
        Whether to show the graded inputs and what was expected.
    """
    report, verdict = found.report, found.verdict
    head = f"{found.exercise} of {found.lesson}, {found.learner}"
    click.secho(printable(head), bold=True)
    _say("Counts", _counted(found))
    _say("Handed in", _handed_in(found))
    _say("Checks", _checks(found))
    _say("Made by", ", ".join(_made_by(report.made_from)) or _UNKNOWN)
    _say("Took", f"{report.seconds:.2f} s for the whole notebook")
    for deviation in report.deviations:
        _say("Departs", deviation)
    for line in _by_hand(found):
        _say("By hand", line)
    click.echo("\nCode, as it was run")
    for line in found.code.splitlines() or [""]:
        click.echo(f"    {printable(line)}")
    click.echo("\nVerdict, as it is stored")
    _indent(verdict)
    if with_inputs:
        _show_inputs(found)
    if again is not None:
        _show_again(again)


_UNKNOWN = "unknown: nbgrader's own step graded it, and notes nothing"


def _say(name, text):
    click.echo(f"  {name:{WIDTH}}{printable(text)}")


def _indent(verdict):
    for line in verdict.as_text().splitlines():
        click.echo(f"    {printable(line)}")


def _counted(found):
    most = f"{found.verdict.max_points:g}"
    text = f"{found.counts:g} of {most} points"
    if found.marks.changes(found.exercise):
        text += f", {found.verdict.points:g} by the checks"
    if not found.is_recorded:
        text += "; the gradebook does not hold this report: autograde writes it"
    elif found.waiting:
        text += f"; {found.waiting}: autograde grades it anew"
    return text


def _handed_in(found):
    time = found.handed_in.timestamp or "at a time that nobody noted"
    which = ""
    if found.place:
        which = f", attempt {found.place} of {found.attempts}"
    return f"{time}{which}, as {found.handed_in.file or 'no file'}"


def _checks(found):
    digest = found.report.made_from.get("checks", "")[:DIGITS] or "unknown"
    if found.seed is None:
        return f"{digest}; no inputs were drawn"
    return f"{digest}; {len(found.cases)} cases from seed {found.seed:032x}"


def _made_by(parts):
    """Yield the versions, and digests of our own programs."""
    for name, value in parts.items():
        if name in ("answers", "learner", "checks", "secret"):
            continue
        if name == "limits":
            value = "" if value == "[]" else value
        if value:
            yield f"{name} {value[:DIGITS] if len(value) == 64 else value}"


def _by_hand(found):
    marks, name = found.marks, found.exercise
    if name in marks.manual:
        yield f"{marks.manual[name]:g} points in place of {found.verdict.points:g}"
    if name in marks.extra:
        yield f"{marks.extra[name]:g} points of extra credit"
    if comment := marks.comment(name):
        yield f"comment: {' '.join(comment.split())}"
    if marks.late_penalty:
        yield f"{marks.late_penalty:g} points off the whole lesson, for being late"
    if marks.extension:
        yield f"due later by {marks.extension}"


def _show_inputs(found):
    click.echo("\nGraded inputs and what was expected, of this submission only")
    for k, case in enumerate(found.cases, 1):
        click.echo(f"    {k}. {case.note}")
        for name, value in {**case.inputs, **case.expected}.items():
            text = " ".join(np.array2string(np.asarray(value), threshold=40).split())
            click.echo(f"       {name} = {text}")


def _show_again(again):
    click.echo(f"\nGraded again, in {again.seconds:.2f} s")
    if again.is_same:
        click.secho("    The same verdict.", fg="green")
    else:
        click.secho("    Another verdict:", fg="red")
        _indent(again.verdict)
    for line in _why(again):
        click.echo(f"    {printable(line)}")


def _why(again):
    """Yield what changed since, and what follows."""
    for name, (then, now) in again.changed.items():
        what = PARTS.get(name, name)
        if len(then) == 64 and len(now) == 64:
            yield f"Changed since: {what} ({then[:DIGITS]}, now {now[:DIGITS]})."
        else:
            yield f"Changed since: {what} ({then or 'none'}, now {now or 'none'})."
    if again.is_same:
        return
    if not again.is_traceable:
        yield "What the stored one was made from was not noted."
    elif not again.changed:
        yield (
            "Nothing that a grade is made from changed: the answer itself gives "
            "another result each time, or ends just within its time or just not."
        )


def as_dict(found, again=None, with_inputs=False):
    """Return the same as JSON holds it."""
    seed = None if found.seed is None else f"{found.seed:032x}"
    told = {
        "learner": found.learner,
        "lesson": found.lesson,
        "exercise": found.exercise,
        "counts": found.counts,
        "handed_in": found.handed_in.timestamp,
        "file": found.handed_in.file,
        "attempt": found.place or None,
        "attempts": found.attempts,
        "in_gradebook": found.is_recorded,
        "waiting": found.waiting,
        "code": found.code,
        "made_from": found.report.made_from,
        "fingerprint": found.report.fingerprint,
        "seed": seed,
        "cases": len(found.cases),
        "seconds": found.report.seconds,
        "deviations": found.report.deviations,
        "by_hand": list(_by_hand(found)),
        "verdict": asdict(found.verdict),
    }
    if with_inputs:
        told["inputs"] = [_case(case) for case in found.cases]
    if again is not None:
        told["again"] = {
            "same": again.is_same,
            "changed": {k: list(pair) for k, pair in again.changed.items()},
            "verdict": asdict(again.verdict),
        }
    return told


def _case(case):
    values = {**case.inputs, **case.expected}
    return {"note": case.note, **{k: repr(value) for k, value in values.items()}}
