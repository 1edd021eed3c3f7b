"""Run only those mistakes that may explain an answer: most are ruled out by one case.

A mistake explains an answer only if it gives the same in every case. Running all of a
lesson's mistakes on all cases took most of the time of grading a wrong answer.
"""

from dataclasses import replace

from course_lib.comparisons import alike, fault
from grader.exercises import run


def add_mistakes(exercise, check, reports):
    """Run on a check's cases the mistakes that may explain an answer.

    Parameters
    ----------
    exercise : Exercise
    check : CheckData
        From `Exercise.secret_checks`, without mistakes; gets those not ruled out.
    reports : list of dict
        What the answer gave, one a case.
    """
    failures = [report["failure"] for report in reports if report["failure"]]
    if any(failure.get("kind") != "raised" for failure in failures):
        return  # no mistake does that
    evidence = _evidence(check, reports)
    suspects = [
        mistake
        for mistake in exercise.mistakes
        if any(_gives(exercise, mistake, check, *what) for what in evidence)
    ]
    exercise.run_mistakes(check, suspects)


def _evidence(check, reports):
    """Return where an answer is at fault: a case's index, an output, the report.

    The first case of each output that is at fault; or the first that raised.
    """
    raised = [k for k, report in enumerate(reports) if report["failure"]]
    if raised:
        return [(raised[0], check.outputs[0], reports[raised[0]])]
    found = {}
    for k, (case, report) in enumerate(zip(check.cases, reports, strict=True)):
        for name in check.outputs:
            seen = report["outputs"].get(name)
            if name not in found and fault(seen, case.expected[name], check.tolerance):
                found[name] = (k, name, report)
    return list(found.values())


def _gives(exercise, mistake, check, index, name, report):
    """Return whether a mistake gives one output of one case as a report has it."""
    case = check.cases[index]
    alone = replace(check, cases=[case])
    (given,) = run(alone, exercise.namespace(mistake.wrong), repeat=False)
    if given["failure"] or report["failure"]:
        return bool(given["failure"] and report["failure"])
    if isinstance(case.expected[name], dict | list | tuple):
        return True  # it may explain one entry
    seen = report["outputs"].get(name)
    known = given["outputs"].get(name), case.expected[name]
    return any(alike(seen, value, check.tolerance) for value in known)
