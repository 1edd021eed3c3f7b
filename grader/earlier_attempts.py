"""Grade the attempts that nobody graded, so that it is known how mistakes went away.

`autograde` grades the newest attempt of everybody, which is the one that counts. Here
the others are graded beside it; no grade, page or answer changes.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from grader.class_work import attempts_of, graded_file, read_report
from grader.exchange import write_whole
from grader.marking import fingerprint_of, mark


def ungraded(lesson, settings):
    """Return the attempts that are not graded as things are now, oldest first."""
    found = []
    for learner, attempts in attempts_of(lesson, settings).items():
        counted = read_report(graded_file(lesson, learner, settings))
        for attempt in attempts:
            wanted = fingerprint_of(_handed_in(attempt, settings), settings)
            reports = counted, read_report(attempt.graded)
            if not any(report and report.fingerprint == wanted for report in reports):
                found.append(attempt)
    return found


def grade_attempts(attempts, settings, worker, advance=lambda name: None):
    """Grade attempts; each graded notebook lies beside its attempt afterwards.

    Parameters
    ----------
    attempts : list of Attempt
    settings : Settings
    worker : Worker
    advance : callable, optional
        Called with the learner's name when one is done.
    """

    def grade(attempt):
        report = mark(_handed_in(attempt, settings), settings, worker)
        write_whole(attempt.graded, report.notebook_text())
        return attempt.learner

    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
        for learner in pool.map(grade, attempts):
            advance(learner)


def _handed_in(attempt, settings):
    return attempt.handed_in(settings.largest_submission)
