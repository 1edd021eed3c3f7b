"""Answers in words: what the machine says of them, and how a change of them is seen."""

import hashlib

from course_lib.verdicts import Verdict
from grader.blank import TEXT_STUB

BY_HAND = "by_hand"


def words_verdict(rubric, text):
    """Return the verdict on an answer that a person is to grade.

    Parameters
    ----------
    rubric : Rubric
    text : str
        What the learner wrote, or the blank.

    Returns
    -------
    Verdict
        `not_written` for the blank, which earns 0; otherwise `by_hand`, with no points
        until a person gives some.
    """
    written = is_written(text)
    return Verdict(
        exercise=rubric.name,
        points=0.0,
        max_points=float(rubric.points),
        status=BY_HAND if written else "not_written",
        mistake=None,
        message="To be graded by hand, against the rubric above it." if written else "",
        next_step="" if written else "write it below its rubric, and hand in again.",
    )


def is_written(text):
    """Return whether an answer's text is more than the blank."""
    return bool(text.replace(TEXT_STUB, "").strip())


def fingerprint(text):
    """Return a digest of an answer's words: white space makes no difference."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
