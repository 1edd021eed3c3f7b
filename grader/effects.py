"""What a wrong answer does: to the check, to the gradient check, to a training run.

Everything is measured, on the inputs that every learner gets. A page tells it to
people who have a symptom in front of them, and look for the mistake.
"""

import copy
import math
import re
from dataclasses import replace

import numpy as np

from course_lib import gradients, probes
from course_lib.comparisons import entries, fault
from course_lib.judging import judge
from grader import rigs

TOLERANCE = 1e-6  # of a gradient check, as in lesson 5
_LOSS_AND_GRADIENT = re.compile(r"loss (grads|d[a-zA-Z]\w*)")


def effects_of(exercise):
    """Measure what each mistake of an exercise does.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    dict
        ``healthy``: what instruments read with the right answer, or None;
        ``mistakes``: by id a dict of ``verdict``, ``cases``, ``seen``, ``gradient``,
        ``readings`` and ``misheard``. All of it is plain data.
    """
    check = exercise.public_checks()
    right = exercise.namespace()
    with np.errstate(all="ignore"):
        return {
            "healthy": _readings(exercise, "right", right),
            "checkable": _gradient(exercise, check, right) is not None,
            "mistakes": {m.id: _effect(exercise, check, m) for m in exercise.mistakes},
        }


def _effect(exercise, check, mistake):
    functions = exercise.namespace(mistake.wrong)
    reports = _reports(check, functions)
    verdict = judge(check, reports)
    return {
        "verdict": {
            "status": verdict.status,
            "points": verdict.points,
            "text": verdict.as_text(),
            "findings": [
                [f.output, f.right, f.text, f.evidence] for f in verdict.findings
            ],
        },
        "cases": _cases(check, reports),
        "seen": _seen(check, reports),
        "gradient": _gradient(exercise, check, functions),
        "readings": _readings(exercise, mistake.id, functions),
        "misheard": rigs.misheard(functions),
    }


def _reports(check, functions):
    """Return what a probe says, the engine being allowed: mistakes borrow from it."""
    answer = probes.answer(check.probe(), functions)
    reports = probes.read_reports(answer, len(check.cases))
    for report in reports:
        report["used"] = [n for n in report["used"] if not n.startswith("course_lib.")]
    return reports


def _cases(check, reports):
    """Return in which of the cases an answer shows that it is wrong, by their notes."""
    shows = [
        bool(report["failure"])
        or any(
            fault(report["outputs"].get(name), case.expected[name], check.tolerance)
            for name in check.outputs
        )
        for case, report in zip(check.cases, reports, strict=True)
    ]
    notes = [c.note for c, shown in zip(check.cases, shows, strict=True) if shown]
    return {"of": len(shows), "shown": notes}


def _seen(check, reports):
    """Return what shows before anybody names the mistake: how each output is wrong.

    Returns
    -------
    dict
        ``outputs``: name, in words how it differs, and by how much at most, as a share
        of the largest expected entry (None where that says nothing); ``message``: what
        a check says that does not know the mistake.
    """
    cases = [replace(case, mistaken={}) for case in check.cases]
    verdict = judge(replace(check, messages={}, cases=cases), reports)
    wrong = [f for f in verdict.findings if not f.right]
    outputs = [[f.output, f.text, _off_by(check, f.output, reports)] for f in wrong]
    return {"outputs": outputs, "message": verdict.message}


def _off_by(check, name, reports):
    """Return an output's largest error over all cases, None where shapes differ."""
    worst = 0.0
    for case, report in zip(check.cases, reports, strict=True):
        yours = entries(report["outputs"].get(name))
        wanted = entries(case.expected[name])
        if not wanted or not yours or yours.keys() != wanted.keys():
            return None
        for key, want in wanted.items():
            off = _share_off(np.asarray(yours[key]), np.asarray(want))
            if off is None:
                return None
            worst = max(worst, off)
    return worst


def _share_off(yours, want):
    numbers = "fiub"
    if yours.shape != want.shape or yours.dtype.kind not in numbers or not want.size:
        return 0.0 if yours.shape == want.shape and not want.size else None
    if want.dtype.kind not in numbers or not np.isfinite(yours).all():
        return None
    largest = float(np.abs(want.astype(float)).max()) or 1.0
    return float(np.abs(yours.astype(float) - want.astype(float)).max()) / largest


def _readings(exercise, label, functions):
    planted = rigs.fault_of(f"{exercise.name}: {label}", functions)
    return planted and rigs.readings(planted)


# ---- the numerical gradient


def _gradient(exercise, check, functions):
    """Compare an answer's gradients with numerical ones, in every case.

    Returns
    -------
    dict or None
        ``{"trips": cases, "of": cases, "worst": {name: error or text}}``; None where
        the exercise has no gradient that a loss of its own could be asked about.
    """
    found = [_one_case(exercise, functions, case.inputs) for case in check.cases]
    found = [errors for errors in found if errors]
    if not found:
        return None
    trips = sum(any(_trips(e) for e in errors.values()) for errors in found)
    worst = {}
    for errors in found:
        for name, error in errors.items():
            worst[name] = _worse(worst.get(name, 0.0), error)
    return {"trips": trips, "of": len(found), "worst": worst}


def _trips(error):
    return isinstance(error, str) or not error <= TOLERANCE


def _worse(a, b):
    """Return the worse of two errors; words are worse than any number."""
    if isinstance(a, str) or isinstance(b, str):
        return a if isinstance(a, str) else b
    return a if a >= b else b


def _one_case(exercise, functions, inputs):
    """Return the error of each gradient in one case, or what kept it from it."""
    given = copy.deepcopy(inputs)
    pair = _pair(exercise)
    try:
        if pair is None:
            return None
        loss, params, grads = pair(functions, given)
    except Exception as error:
        return {"it": f"stops: {type(error).__name__}"}
    errors = {}
    for name, w in params.items():
        if np.shape(grads.get(name)) != w.shape:
            errors[f"d{name}"] = f"shape {np.shape(grads.get(name))}, not {w.shape}"
            continue
        errors |= _error(loss, params, name, grads[name])
    return errors


def _error(loss, params, name, grad):
    try:
        alone = {name: np.array(params[name], dtype=float)}
        others = {k: w for k, w in params.items() if k != name}
        found = gradients.gradient_check(
            lambda changed: loss(others | changed), alone, {name: grad}
        )
        error = float(found[name].error)
    except Exception as stop:
        return {f"d{name}": f"stops: {type(stop).__name__}"}
    return {f"d{name}": error if math.isfinite(error) else "not finite"}


def _pair(exercise):
    """Return how to ask an exercise's gradients about its loss, or None."""
    calls = exercise.calls
    if len(calls) == 2 and calls[1]["function"].rpartition("_backward")[1]:
        return lambda functions, given: _forward_backward(calls, functions, given)
    results = calls[-1]["results"]
    if len(calls) == 1 and _LOSS_AND_GRADIENT.fullmatch(" ".join(results)):
        return lambda functions, given: _loss_and_gradient(calls[0], functions, given)
    if exercise.name == "mse_gradient":
        return _line
    return None


def _forward_backward(calls, functions, given):
    """Ask a pair: the loss is the sum of y times the upstream gradient."""
    forward, backward = calls
    upstream = given[backward["arguments"][0]]

    def run(values):
        arguments = (values[name] for name in forward["arguments"])
        return functions[forward["function"]](*arguments)

    def loss(params):
        return float(np.sum(run(_with(given, params))[0] * upstream))

    cache = run(given)[forward["results"].index("cache")]
    grads = functions[backward["function"]](upstream.copy(), cache)
    return loss, *_named(backward["results"], grads, given)


def _loss_and_gradient(call, functions, given):
    """Ask a function that returns a loss and its gradient."""
    function, names = functions[call["function"]], call["arguments"]

    def loss(params):
        values = _with(given, params)
        return float(function(*(values[a] for a in names))[0])

    grads = function(*(given[a] for a in names))[1]
    return loss, *_named(call["results"][1:], (grads,), given)


def _line(functions, given):
    """Ask the gradient of the mean squared error of a line, by the error itself."""
    x, targets = given["x"], given["targets"]

    def loss(params):
        return float(np.mean((x @ params["w"] + params["b"] - targets) ** 2))

    params = {"w": given["w"], "b": np.array(given["b"], dtype=float)}
    dw, db = functions["mse_gradient"](x, targets, given["w"], given["b"])
    return loss, params, {"w": dw, "b": np.asarray(db)}


def _named(results, grads, given):
    """Return the arrays that have a gradient, and the gradients, by the same names."""
    grads = grads if isinstance(grads, tuple) else (grads,)
    if results == ["grads"]:
        params = given["params"] if "params" in given else given["weights"]
        return params, grads[0]
    named = {n[1:]: g for n, g in zip(results, grads, strict=True) if n[1:] in given}
    params = {name: np.asarray(given[name], dtype=float) for name in named}
    return params, named


def _with(given, params):
    """Return the inputs with changed parameters, wherever they stand."""
    for name in ("params", "weights"):
        if isinstance(given.get(name), dict) and params.keys() <= given[name].keys():
            return given | {name: given[name] | params}
    return given | params
