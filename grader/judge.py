"""What a worker brought back, as a verdict. Learner code never runs here."""

import hashlib
import hmac

from course_lib.judging import judge
from course_lib.lacking import failed
from course_lib.probes import read_reports
from course_lib.verdicts import Verdict
from grader.suspects import add_mistakes

# What values that nobody expects may cause; grading goes on.
_ODD = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


def secret_seed(secret, learner, exercise, written=""):
    """Return the seed of a learner's graded inputs for one exercise.

    Parameters
    ----------
    secret : bytes
        The course's secret.
    learner, exercise : str
    written : str
        All code that the learner wrote. The same submission meets the same inputs,
        and another one meets others: a submission can find out its own inputs and
        show them, but a table of answers to them comes too late.
    """
    return seed_of(learner_key(secret, learner), exercise, written)


def learner_key(secret, learner):
    """Return what decides one learner's graded inputs, and tells of nobody else's."""
    return _hmac(secret, learner)


def seed_of(key, exercise, written):
    """Return `secret_seed` of the learner whose `learner_key` this is."""
    return int.from_bytes(_hmac(key, f"{exercise}\n{written}")[:16])


def _hmac(key, text):
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).digest()


def judge_exercise(exercise, seed, probe, check=None):
    """Return the verdict on what a probe brought back.

    Parameters
    ----------
    exercise : Exercise
    seed : int
        `secret_seed` of the learner; the probe was made from the same.
    probe : ProbeRun
        Its `data` came from the learner's process and is trusted to be bytes only.
    check : CheckData, optional
        What the probe was made from, if it is still at hand: `secret_checks` of the
        seed, without mistakes.
    """
    check = check or exercise.secret_checks(seed, with_mistakes=False)
    if probe.status != "answered":
        return _unanswered(check, probe.status, probe.message)
    if probe.lacking:
        return judge(check, failed(probe.lacking, len(check.cases)))
    try:
        reports = read_reports(probe.data, len(check.cases))
        verdict = judge(check, reports)
        if not verdict.is_right:  # only now it matters what each mistake gives
            add_mistakes(exercise, check, reports)
            verdict = judge(check, reports)
        return verdict
    except _ODD:
        message = "What your function's process sent back could not be read."
        return _unanswered(check, "crashed", message)


def _unanswered(check, status, message):
    status = "timeout" if status == "timeout" else "crashed"
    steps = {
        "timeout": "run the check in the notebook: which loop does not end?",
        "crashed": "restart the kernel, run all cells from the top, and check again.",
    }
    return Verdict(
        exercise=check.exercise,
        points=0.0,
        max_points=check.max_points,
        status=status,
        mistake=None,
        message=message,
        next_step=steps[status],
    )
