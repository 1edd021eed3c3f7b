"""Where a grade comes from, and whether it comes out the same again.

found = trace("ada", "01_loss", "mse", settings, book)
again = grade_again(found, settings, worker)
again.is_same, again.changed
"""

from dataclasses import asdict, dataclass, field

from grader.answers import WrongLesson, read_answers
from grader.class_work import attempts_of, graded_file, handed_in_by, read_report
from grader.fingerprint import answers_of
from grader.handed_in import read_folder
from grader.judge import secret_seed
from grader.marking import fingerprint_of, mark
from grader.matching import graded_id
from grader.prepared import prepare
from grader.salvage import Unreadable
from grader.secret import course_secret

# What the parts of a fingerprint are, to people.
PARTS = {
    "answers": "the file that was handed in",
    "learner": "whose it is",
    "checks": "the lesson's source and checks",
    "secret": "the course's secret, from which inputs are drawn",
    "limits": "the limits of a submission in course.toml",
    "python": "Python",
    "course_lib": "course_lib",
    "grader": "the grader",
}


class NotHandedIn(ValueError):
    """There is nothing of that learner."""


class NotGraded(ValueError):
    """There is something, and it is not graded."""


@dataclass
class Provenance:
    """Where the grade of one exercise comes from.

    Attributes
    ----------
    learner, lesson, exercise : str
    handed_in : HandedIn
        What was graded; where that is gone, what lies there now.
    place, attempts : int
        Which attempt it was, from 1, of how many; 0 where it came by another way.
    code : str
        The answer as it was run.
    report : Report
        As it was stored.
    verdict : Verdict
    seed : int or None
        Of the graded inputs; None for an answer in words, and an unreadable file.
    cases : list of CaseData
        Those inputs, and what was expected.
    marks : Marks
        What people added.
    is_recorded : bool
        Whether the gradebook holds the scores of this very report.
    waiting : str
        Why it would be graded anew: something newer was handed in, or the course
        changed since; "" if it would not.
    """

    learner: str
    lesson: str
    exercise: str
    handed_in: object
    place: int
    attempts: int
    code: str
    report: object
    verdict: object
    seed: int | None
    cases: list
    marks: object
    is_recorded: bool
    waiting: str

    @property
    def counts(self):
        """The points that the exercise counts, by hand before automatic."""
        return self.marks.score(self.exercise, self.verdict.points)


@dataclass
class Again:
    """A verdict made anew.

    Attributes
    ----------
    verdict : Verdict
    seconds : float
    is_same : bool
        Whether it is the stored one, to the last word.
    changed : dict of str to (str, str)
        Of what grades are made from, what differs: then and now.
    is_traceable : bool
        Whether it was noted what the stored grade was made from.
    """

    verdict: object
    seconds: float
    is_same: bool
    changed: dict = field(default_factory=dict)
    is_traceable: bool = True


def trace(learner, lesson, exercise, settings, book):
    """Return where a grade comes from.

    Raises
    ------
    NotHandedIn, NotGraded
        There is no grade.
    """
    attempts = attempts_of(lesson, settings)[learner]
    if not attempts and learner not in handed_in_by(lesson, settings):
        raise NotHandedIn(f"{learner!r} has handed in nothing for {lesson}.")
    report = read_report(graded_file(lesson, learner, settings))
    verdicts = {v.exercise: v for v in report.exercises} if report else {}
    if exercise not in verdicts:
        raise NotGraded(
            f"{learner} has no grade in {exercise} yet, expected one in {lesson}.\n"
            f"First: python -m grader autograde {lesson} --learner {learner}"
        )
    handed_in, place = _graded(report, learner, lesson, attempts, settings)
    done = book.done(lesson).get(learner)
    seed, cases = _inputs(handed_in, exercise, settings)
    return Provenance(
        learner=learner,
        lesson=lesson,
        exercise=exercise,
        handed_in=handed_in,
        place=place,
        attempts=len(attempts),
        code=_code(report.notebook, exercise),
        report=report,
        verdict=verdicts[exercise],
        seed=seed,
        cases=cases,
        marks=book.marks(lesson, learner),
        is_recorded=bool(done) and done.fingerprint == report.fingerprint,
        waiting=_waiting(report, learner, lesson, settings),
    )


def grade_again(found, settings, worker):
    """Grade once more what was graded, and compare.

    Parameters
    ----------
    found : Provenance
    settings : Settings
    worker : Worker

    Returns
    -------
    Again
    """
    report = mark(found.handed_in, settings, worker)
    verdict = next(v for v in report.exercises if v.exercise == found.exercise)
    then, now = found.report.made_from, report.made_from
    changed = {
        name: (then.get(name, ""), now.get(name, ""))
        for name in sorted({*then, *now})
        if then and then.get(name) != now.get(name)
    }
    is_same = asdict(verdict) == asdict(found.verdict)
    return Again(verdict, report.seconds, is_same, changed, bool(then))


def _graded(report, learner, lesson, attempts, settings):
    """Return what a report was made from, and which of the attempts that is."""
    most, wanted = settings.largest_submission, report.made_from.get("answers")
    for place in range(len(attempts), 0, -1):
        handed_in = attempts[place - 1].handed_in(most)
        if wanted in (answers_of(handed_in), None):
            return handed_in, place
    folder = settings.submitted / learner / lesson
    return read_folder(folder, learner, lesson, most), 0


def _waiting(report, learner, lesson, settings):
    """Return why `autograde` would grade somebody anew, or ""."""
    folder = settings.submitted / learner / lesson
    newest = read_folder(folder, learner, lesson, settings.largest_submission)
    if report.fingerprint == fingerprint_of(newest, settings):
        return ""
    if report.made_from.get("answers") in (answers_of(newest), None):
        return "the course changed since"
    return "something newer was handed in"


def _inputs(handed_in, exercise, settings):
    """Return the seed of the graded inputs and the cases drawn from it."""
    prepared = prepare(handed_in.lesson, settings.solutions)
    if exercise not in prepared.exercises:
        return None, []
    about = handed_in.content, handed_in.lesson, handed_in.file
    try:
        written = read_answers(prepared.notebook, *about).written()
    except (Unreadable, WrongLesson):
        return None, []
    seed = secret_seed(course_secret(settings), handed_in.learner, exercise, written)
    check = prepared.exercises[exercise].secret_checks(seed, with_mistakes=False)
    return seed, check.cases


def _code(notebook, exercise):
    cells = (c for c in notebook["cells"] if graded_id(c, "solution") == exercise)
    return next((cell["source"] for cell in cells), "")
