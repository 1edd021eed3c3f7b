"""From a submission's folder into the gradebook: what `watch` and `autograde` share.

    handed_in = read_folder(...)
    report = mark(handed_in, settings, worker)     # anywhere, on many at once
    write_files(handed_in, report, settings)       # the page, the graded notebook
    book.record(report, learner, timestamp)        # last: now it counts as done

Files come first and the gradebook last. Whoever is killed in between leaves a report
whose fingerprint is not in the book: it is made again, and gives the same.
"""

from grader.exchange import place_secret
from grader.feedback import write_feedback
from grader.fingerprint import combined, made_from
from grader.handed_in import parse_time
from grader.lateness import lateness_of, note_lateness
from grader.limits import limits_from
from grader.marks import Marks
from grader.safe_outputs import clean_line
from grader.secret import course_secret


def fingerprint_of(handed_in, settings):
    """Return the fingerprint of the report that `mark` would make now."""
    return combined(made_from_of(handed_in, settings))


def made_from_of(handed_in, settings):
    """Return what that report would be made from: see `grader.fingerprint`."""
    about = course_secret(settings), settings.solutions, settings.limits
    return made_from(handed_in, *about)


def mark(handed_in, settings, worker):
    """Grade one submission.

    Parameters
    ----------
    handed_in : HandedIn
    settings : Settings
    worker : Worker

    Returns
    -------
    Report
        With its fingerprint, and with the remarks on how it arrived.

    Raises
    ------
    SourceError, WorkerError
        As `grader.grade.grade` has them: no submission is to blame.
    """
    from grader.grade import grade

    # Before grading: a lesson that changes meanwhile has another afterwards.
    parts = made_from_of(handed_in, settings)
    report = grade(
        handed_in.lesson,
        handed_in.content,
        learner=handed_in.learner,
        secret=course_secret(settings),
        worker=worker,
        solutions=settings.solutions,
        file=handed_in.file,
        limits=limits_from(settings.limits),
    )
    report.deviations += map(clean_line, handed_in.remarks)
    report.made_from, report.fingerprint = parts, combined(parts)
    report.into(report.notebook)
    return report


def write_files(handed_in, report, settings, marks=None, secret=""):
    """Write the graded notebook and the page where nbgrader looks for them.

    Parameters
    ----------
    handed_in : HandedIn
    report : Report
    settings : Settings
    marks : Marks, optional
        What people added in the gradebook.
    secret : str
        By which nbgrader returns the page to its learner.

    Returns
    -------
    str
        The page, an HTML document.
    """
    if settings.due(handed_in.lesson) or report.late:
        marks = marks or Marks()
        late = lateness_of(
            settings.timetable,
            handed_in.lesson,
            handed_in.learner,
            parse_time(handed_in.timestamp),
            marks.extension,
        )
        marks = note_lateness(report, late, marks)
    page = write_feedback(
        report, handed_in.learner, settings, marks, handed_in.timestamp
    )
    place_secret(handed_in.learner, handed_in.lesson, secret, settings)
    return page
