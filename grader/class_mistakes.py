"""How often a class made each mistake, as its newest graded notebooks say."""

from collections import Counter

from grader.class_work import read_report


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
        report = read_report(path)
        if report is None:  # nbgrader's own, or half written: it is graded again
            continue
        learners += 1
        counts.update((v.exercise, v.mistake) for v in report.exercises if v.mistake)
    return counts, learners
