"""How often a class made each mistake, as its newest graded notebooks say."""

import json
from collections import Counter

from grader.reports import from_notebook


def class_mistakes(settings, lesson):
    """Count the learners whose newest answer has each named mistake.

    Parameters
    ----------
    settings : Settings
    lesson : str

    Returns
    -------
    counts : Counter of (exercise, mistake id)
    learners : int
        How many have graded work on the lesson.
    """
    counts, learners = Counter(), 0
    for path in sorted(settings.autograded.glob(f"*/{lesson}/{lesson}.ipynb")):
        try:
            report = from_notebook(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # nbgrader's own, or half written: it is graded again
        learners += 1
        counts.update((v.exercise, v.mistake) for v in report.exercises if v.mistake)
    return counts, learners
