"""What goes back to a learner besides the page."""

from grader.reports import NOT_GRADED, Report


def answer_of(report):
    """Return what `course_lib.submission` shows of a report."""
    return {
        "report": report.as_dict(),
        "text": [verdict.as_text() for verdict in report.exercises],
        "html": [verdict.as_html() for verdict in report.exercises],
    }


def refusal(attempt, reason):
    """Return the report on an attempt that cannot be graded."""
    return Report(
        lesson=attempt.lesson,
        file=attempt.name,
        status=NOT_GRADED,
        deviations=[
            f"Not graded: {reason} What you handed in is kept. Ask your instructor, or "
            "submit again."
        ],
        exercises=[],
        notebook={},
    )
