"""Judge what a learner's functions returned: compare, then name the cause.

The order: did it run, did it return, types, shapes before values (broadcasting must
never rescue a shape), finite, inputs unmodified, the same answer twice, values, and
only then the cause. A mistake declared by the exercise is tried before a general one.
"""

import numpy as np

from course_lib import causes
from course_lib.causes import Cause
from course_lib.comparisons import alike
from course_lib.evidence import (
    call_to_try,
    first_faulty_key,
    is_right,
    worst_entry,
)
from course_lib.first_wrong import with_what_is_right
from course_lib.naming import general_cause
from course_lib.probe_functions import DRIVERS
from course_lib.rounding import estimated
from course_lib.verdicts import Finding, Verdict

RAISED = "!raised"
HIDING = {"sys.setprofile": "the check could no longer see what else it calls."}


@np.errstate(all="ignore")  # an answer may hold anything, and no warning helps
def judge(check, reports):
    """Return the verdict on one exercise.

    Parameters
    ----------
    check : CheckData
    reports : list of dict
        What `probes.answer` reported, one a case; `probes.read_reports` reads them.

    Returns
    -------
    Verdict
    """
    failure = next((r["failure"] for r in reports if r["failure"]), None)
    if failure is not None:
        return _judge_failure(check, reports, failure)
    convention = _convention(check, reports)
    if convention is not None:
        check = check.under(convention)
    wrong = _wrong(check, reports)
    conduct = _conduct(check, reports) or _estimate(check, wrong, reports)
    if conduct is not None and (not wrong or conduct.id == "numerical_inside"):
        return _verdict(check, "wrong", 0.0, [conduct])
    named = _name_causes(check, reports, wrong, conduct)
    # A wrong result of an earlier call makes the later ones no evidence of anything.
    later = set(wrong) <= set(check.scored)
    earned = [name for name in check.scored if name not in wrong and later]
    points = check.max_points * len(earned) / len(check.scored)
    status = "partial" if earned else "wrong"
    verdict = _verdict(check, status if wrong else "right", points, named.values())
    verdict.findings = [
        _finding(check, name, reports, named.get(name))
        for name in check.outputs
        if name in check.scored or name in named
    ]
    verdict.reproduce = call_to_try(check, reports) if wrong else ""
    if convention is not None:
        verdict.convention, verdict.message = convention, check.conventions[convention]
    return verdict


def _wrong(check, reports):
    """Return the names of the outputs that are not right in every case."""
    return [name for name in check.outputs if not is_right(check, name, reports)]


def _convention(check, reports):
    """Return the id of another convention under which all is right, or None."""
    if not _wrong(check, reports):
        return None
    for convention in check.conventions:
        if not _wrong(check.under(convention), reports):
            return convention
    return None


def _verdict(check, status, points, found):
    found = list(dict.fromkeys(found))  # one cause may explain several outputs
    return Verdict(
        exercise=check.exercise,
        points=round(float(points), 4),
        max_points=check.max_points,
        status=status,
        mistake=found[0].id or None if found else None,
        message=" ".join(cause.message for cause in found if cause.message),
        next_step=found[0].next_step if found else "",
    )


def _finding(check, name, reports, cause):
    if cause is None:
        return Finding(name, True)
    text = cause.text or "differs"
    return Finding(name, False, text, worst_entry(check, name, reports))


# ---- it did not get as far as a result


def _judge_failure(check, reports, failure):
    declared = _declared_cause(check, reports, check.outputs)
    if declared is not None:
        return _verdict(check, "wrong", 0.0, [declared])
    kind = str(failure.get("kind"))
    name = str(failure.get("function", check.exercise))[:80]
    name = check.exercise if name in DRIVERS else name
    if kind == "raised":
        return _verdict(check, "error", 0.0, [_raised(check, reports, failure, name)])
    status, cause = _no_result(check, failure, kind, name)
    return _verdict(check, status, 0.0, [cause])


def _no_result(check, failure, kind, name):
    if kind == "not_written":
        inside = str(failure.get("inside", name))[:80]
        where = (
            "its placeholder"
            if inside in (name, "")
            else f"the placeholder in {inside}"
        )
        return "not_written", Cause(
            "not_written",
            f"{name} is not written yet: {where} is still there.",
            "replace the line that raises, run the cell, then check again.",
        )
    if kind == "returned_none":
        return "wrong", Cause(
            "returned_none",
            f"{name} returned nothing (None).",
            "end it with `return` and the result.",
        )
    if kind == "results":
        names = [c["results"] for c in check.calls if c["function"] == name]
        wanted = ", ".join(names[0] if names else check.scored)
        return "wrong", Cause(
            "wrong_type",
            f"{name} returned {str(failure.get('text'))[:80]}, expected {wanted}.",
            "return all of them, separated by commas, in that order.",
        )
    return "error", Cause(
        "missing",
        f"There is no {'class' if name[:1].isupper() else 'function'} called {name}.",
        "run the cell that defines it; its name is part of the exercise.",
    )


def _raised(check, reports, failure, name):
    text = f"{failure.get('type')}: {failure.get('text')}"[:300].rstrip(". ")
    if _is_refused_by_a_driver(failure):
        told = text.removeprefix("ValueError: ")
        told = told if name in told else f"{name}: {told}"
        step = "call it by hand, and look at what it returns."
        return Cause("wrong_type", f"{told}.", step)
    where = ""
    code = failure.get("code")
    if isinstance(code, str) and code:
        line, code = str(failure.get("line"))[:9], code[:120]
        where = f" That was line {line} of its cell: `{code}`."
    notes = [
        case.note
        for case, report in zip(check.cases, reports, strict=True)
        if report["failure"]
    ]
    only = len(notes) < len(reports)
    here = f" It happens for {notes[0]}, not for every input." if only else ""
    return Cause(
        "",
        f"{name} raised {text}.{where}{here}",
        "call it by hand on that input, and print the shapes before that line.",
    )


def _is_refused_by_a_driver(failure):
    """Return whether no line of the learner's raised, but a driver: at the result."""
    refused = failure.get("type") == "ValueError" and failure.get("line") == 0
    return refused and failure.get("function") in DRIVERS


# ---- how it was done


def _conduct(check, reports):
    """Return the cause if the function borrows, changes inputs, or keeps state."""
    found = {str(used) for report in reports for used in report["used"]}
    for name in sorted(found, key=lambda name: (_plain(name).startswith("_"), name)):
        reason = _forbidden(check, name)
        if reason:
            return _declared(check, "numerical_inside") or Cause(
                "numerical_inside",
                f"{check.exercise} calls {_plain(name)}: {reason}",
                "write the formula yourself; keep the other one to check it with.",
            )
    changed = sorted({str(name) for report in reports for name in report["changed"]})
    if changed:
        return _declared(check, "mutates_input") or Cause(
            "mutates_input",
            f"{check.exercise} changed its input {', '.join(changed)[:80]}: whoever "
            "called it now holds other numbers.",
            "make a new array in place of `+=` and `x[...] =`, or work on a copy.",
        )
    if not all(report["repeats"] for report in reports):
        return _declared(check, "has_state") or Cause(
            "has_state",
            f"{check.exercise} gives another answer when it is called again with the "
            "same inputs: it remembers something.",
            "keep every value inside the function; nothing global, nothing unseeded.",
        )
    return None


def _estimate(check, wrong, reports):
    """Return the cause if a gradient is right, and no formula gave it."""
    found = estimated(check, wrong, reports)
    if found is None:
        return None
    name, error = found
    return _declared(check, "numerical_inside") or Cause(
        "numerical_inside",
        f"{name} is right, but not exact: its errors are about {error:.0e} of its "
        "largest entry. A formula is exact to about 1e-15; this is how close a "
        "difference of two losses comes, divided by a step.",
        "derive the formula; keep the difference, to check it with.",
    )


def _forbidden(check, name):
    """Return why an answer may not call what a probe noted, or None."""
    plain, engines = _plain(name), name.startswith("course_lib.")
    if name in {f"repeated.{call['function']}" for call in check.calls[:-1]}:
        return check.forbids.get("numerical_gradient")
    if name in check.forbids:  # by its full name: "" allows one of the engine's
        return check.forbids[name]
    of_the_engine = check.forbids.get("course_lib.*") if engines else None
    return check.forbids.get(plain) or HIDING.get(name) or of_the_engine


def _plain(name):
    if name.startswith("repeated."):
        return f"{name.removeprefix('repeated.')} again and again"
    return name.removeprefix("course_lib.")


# ---- which mistake it was


def _name_causes(check, reports, wrong, conduct):
    """Return a `Cause` for each wrong output, in the order they are returned."""
    if not wrong:
        return {}
    shared = (
        _declared_cause(check, reports, check.outputs)
        or conduct
        or causes.wrong_order(check, reports)
    )
    if shared is not None:
        key = first_faulty_key(check, wrong[0], reports) if len(wrong) == 1 else None
        if key is not None:
            shared = with_what_is_right(shared, check, wrong[0], key)
        return dict.fromkeys(wrong, shared)
    return {name: _own_cause(check, reports, name, wrong) for name in wrong}


def _own_cause(check, reports, name, wrong):
    """Return the `Cause` of one wrong output, when no mistake explains them all.

    What a driver says in words is little evidence: many mistakes lead to the same
    words. Behind another wrong output, one is named only if it explains both.
    """
    before = wrong[: wrong.index(name)]
    in_words = all(isinstance(case.expected[name], str) for case in check.cases)
    declared = _declared_cause(check, reports, [*before, name] if in_words else [name])
    if declared is None and in_words and before:
        return Cause("", "", "", "differs")
    return declared or general_cause(check, name, reports)


def _declared(check, mistake):
    if mistake not in check.messages:
        return None
    return Cause(mistake, *check.messages[mistake])


def _declared_cause(check, reports, outputs):
    """Return the declared mistake that gives exactly these outputs in every case."""
    for mistake in check.messages:
        if _explains(check, mistake, reports, outputs):
            return _declared(check, mistake)
    return None


def _explains(check, mistake, reports, outputs):
    differs = False
    for case, report in zip(check.cases, reports, strict=True):
        mistaken, failure = case.mistaken.get(mistake, {}), report["failure"]
        if RAISED in mistaken or failure:
            if not _raises(failure, mistaken.get(RAISED)):
                return False
            differs = True
            continue
        for name in outputs:
            wanted = mistaken.get(name, case.expected[name])
            if not alike(report["outputs"].get(name), wanted, check.tolerance):
                return False
            differs = differs or name in mistaken
    return differs


def _raises(failure, error_type):
    raised = failure is not None and str(failure.get("kind")) == "raised"
    return raised and str(failure.get("type")) == error_type
