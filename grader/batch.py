"""Grade everybody's submissions of a lesson: many at once, none twice, none lost.

    summary = autograde("01_loss", load_settings())

A team grades and sees to the pages: a `Crew` of this machine's processes, or a
`Cluster`. This process alone writes the gradebook, one transaction a submission. Killed
anywhere and started again, it grades what is not in the book and ends with the same
grades.
"""

import contextlib
import difflib
import json
import time

from grader import exchange
from grader.errors import GradebookClosed, NothingHandedIn
from grader.handed_in import read_folder, read_secret
from grader.marking import fingerprint_of
from grader.replies import answer_of
from grader.reports import from_notebook
from grader.settling import settle
from grader.summary import Summary

RETRY_SECONDS = (1.0, 5.0, 30.0)  # after the gradebook could not be written


def autograde(
    lesson,
    settings,
    *,
    workers=None,
    scheduler=None,
    learners=(),
    again=False,
    walls="required",
    worker=None,
    progress=None,
    tell=print,
):
    """Grade what was handed in for a lesson and is not graded yet.

    Parameters
    ----------
    lesson : str
    settings : Settings
    workers : int, default=the number of cores
        How many submissions are graded at the same time.
    scheduler : str, optional
        The address of a Dask cluster that grades in place of this machine's cores.
    learners : collection of str
        Grade these learners only; by default everybody.
    again : bool
        Grade what is graded and unchanged too.
    walls : {"required", "if possible"}
    worker : Worker, optional
        One that was shared (`Worker.share`); by default one of this run's own.
    progress : callable, optional
        ``progress(total)`` returns a context manager that yields ``advance(learner)``.
    tell : callable, default=print
        Gets a line of text for what goes amiss on the way.

    Returns
    -------
    Summary

    Raises
    ------
    SourceError
        The lesson's source is faulty.
    WallsMissing
        Walls are required and this machine has none.
    GradebookClosed
        The gradebook cannot be written, not even after a while.
    NothingHandedIn
        Somebody in `learners` has handed in nothing.
    ClusterRefused, ClusterGone
        There is no such cluster, or none any more.
    """
    from grader import teams

    started = time.monotonic()
    team = (
        teams.crew(lesson, settings, workers, walls, worker)
        if scheduler is None
        else teams.cluster(scheduler, settings, walls, tell)
    )
    with team as team:
        from grader.prepared import prepare

        notebook = prepare(lesson, settings.solutions).notebook
        with _gradebook(settings) as book:
            book.register(lesson, notebook)
            late = settle(lesson, settings, book)
            batch = _Batch(lesson, settings, book, tell)
            batch.find(learners, again)
            with (progress or _unseen)(len(batch.todo)) as advance:
                batch.grade(team, advance)
            graded = batch.summary.graded
            batch.summary.settled = [each for each in late if each not in graded]
            batch.summary.aftermath = book.aftermath(lesson)
    batch.summary.seconds = time.monotonic() - started
    return batch.summary


def note_told(summary, settings):
    """Note that somebody has seen a run's summary, with the grades that changed.

    Until then they are in the summary of each run, also of one that was started again.
    """
    from grader.gradebook import Book

    news = [change for change in summary.aftermath.changes if not change.told]
    if news:
        with Book(settings.gradebook_url, settings.course_id) as book:
            book.note_told(summary.lesson, news)


@contextlib.contextmanager
def _gradebook(settings):
    """Yield the gradebook; say so if it is closed, at whatever is asked of it."""
    from sqlalchemy.exc import OperationalError

    from grader.gradebook import Book

    try:
        with Book(settings.gradebook_url, settings.course_id) as book:
            yield book
    except OperationalError as error:
        raise GradebookClosed(_closed(error)) from error


class _Batch:
    """One run over a lesson's submissions: what is to do, and what became of it."""

    def __init__(self, lesson, settings, book, tell):
        self.lesson, self.settings, self.book, self.tell = lesson, settings, book, tell
        self.summary = Summary(lesson)
        self.todo = []
        self._attempts = {}  # of each learner, the newest that is their own
        self._done = book.done(lesson)
        self._known = book.learners()

    def find(self, learners, again):
        """Find what was handed in and is not graded."""
        self._collect()
        folders = self.settings.submitted.glob(f"*/{self.lesson}")
        there = sorted(
            folder.parent.name
            for folder in folders
            if folder.is_dir() and not folder.parent.name.startswith(".")
        )
        for learner in learners:
            if learner not in there:
                raise NothingHandedIn(_nothing_from(learner, self.lesson, there))
        if not learners:
            absent = {*self._known} - {*there} - {*self.summary.shortfalls}
            self.summary.absent = sorted(absent)
        for learner in learners or there:
            handed_in = self._read(learner)
            if handed_in is None:
                continue
            if again or not self._is_done(handed_in):
                self.todo.append(learner)
                continue
            self.summary.unchanged.append(learner)
            self._note_shortfall(learner, self._done[learner].shortfall)
            self._give_back(learner)

    def grade(self, team, advance):
        """Have a team grade what is to do; write down what comes back."""
        while self.todo:
            learners, self.todo = self.todo, []
            for job, report, trouble in team.work(self._jobs(learners)):
                learner = job.handed_in.learner
                if report is None:
                    self._note_shortfall(learner, trouble)
                elif self._is_outdated(learner, report):
                    self.todo.append(learner)
                    continue
                elif self._write_down(job, report):
                    self.summary.graded.append(learner)
                    self._note_shortfall(learner, report.shortfall)
                    self._give_back(learner)
                advance(learner)

    def _collect(self):
        """Put what arrived through the exchange where nbgrader expects it."""
        for folder in exchange.arrivals(self.settings):
            try:
                exchange.collect(folder, self.settings)
            except OSError as error:
                self.tell(f"error: {folder.name} cannot be collected yet: {error}")
        for attempt in exchange.attempts(self.settings):  # oldest first
            if attempt.lesson != self.lesson:
                continue
            if attempt.sender != exchange.ANOTHER:
                self._attempts[attempt.learner] = attempt
            elif not (self._folder(attempt.learner)).exists():
                reason = f"It was not {attempt.learner} who sent this."
                self._note_shortfall(attempt.learner, reason)
        for learner, attempt in self._attempts.items():
            self.summary.shortfalls.pop(learner, None)
            if exchange.is_news(attempt, self.settings):
                exchange.place(attempt, self.settings)

    def _folder(self, learner):
        return self.settings.submitted / learner / self.lesson

    def _own_attempt(self, learner):
        """Return the attempt that lies where nbgrader expects submissions, or None."""
        attempt, folder = self._attempts.get(learner), self._folder(learner)
        if attempt and attempt.secret == read_secret(folder):
            return attempt
        return None

    def _read(self, learner):
        """Return what a learner handed in, or None if it cannot be read."""
        attempt = self._own_attempt(learner)
        try:
            return read_folder(
                self._folder(learner),
                learner,
                self.lesson,
                self.settings.largest_submission,
                attempt.notes if attempt else (),
            )
        except OSError as error:
            self._note_shortfall(learner, f"What was handed in is unreadable: {error}")
            return None

    def _is_done(self, handed_in):
        """Return whether the grade in the book is that of these answers and checks."""
        learner = handed_in.learner
        done = self._done.get(learner)
        return (
            done is not None
            and self._graded(learner).exists()
            and done.fingerprint == fingerprint_of(handed_in, self.settings)
        )

    def _is_outdated(self, learner, report):
        """Return whether something else was handed in, or checked, meanwhile."""
        handed_in = self._read(learner)
        return handed_in is not None and report.fingerprint != fingerprint_of(
            handed_in, self.settings
        )

    def _jobs(self, learners):
        from grader.crew import Job

        for learner in learners:
            handed_in = self._read(learner)
            if handed_in is not None:
                known = learner in self._known
                about = self.book.marks, self.lesson, learner
                marks = self._patiently(*about) if known else None
                yield Job(handed_in, marks, read_secret(self._folder(learner)))

    def _write_down(self, job, report):
        """Write a report into the gradebook; return whether that was possible."""
        from sqlalchemy.exc import StatementError

        about = report, job.handed_in.learner, job.handed_in.timestamp
        self._take_back(job.handed_in.learner)
        try:
            self._patiently(self.book.record, *about, self.settings.timetable)
            return True
        except (StatementError, ValueError) as error:
            self._note_shortfall(about[1], f"The gradebook refuses it: {error}")
            return False

    def _patiently(self, act, *about):
        """Do something with the gradebook, again after a while if it is closed."""
        from sqlalchemy.exc import OperationalError

        for pause in (*RETRY_SECONDS, None):
            try:
                return act(*about)
            except OperationalError as error:  # locked, or its disk is full, or away
                if pause is None:
                    raise GradebookClosed(_closed(error)) from error
                self.tell(f"The gradebook is closed: {error.orig}. Trying on.")
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _note_shortfall(self, learner, reason):
        if reason:
            self.summary.shortfalls[learner] = reason
        else:
            self.summary.shortfalls.pop(learner, None)

    def _graded(self, learner):
        folder = self.settings.autograded / learner / self.lesson
        return folder / f"{self.lesson}.ipynb"

    def _take_back(self, learner):
        """Have the answer given once more, also by the run after one that is killed."""
        attempt = self._own_attempt(learner)
        if attempt is not None:
            attempt.answer.unlink(missing_ok=True)

    def _give_back(self, learner):
        """Return page and answer, if nobody did, where they came by the exchange."""
        attempt = self._own_attempt(learner)
        if attempt is None or attempt.answer.exists():
            return
        page = self.settings.feedback / learner / self.lesson / f"{self.lesson}.html"
        try:
            report = from_notebook(json.loads(self._graded(learner).read_text("utf-8")))
            page, answer = page.read_text("utf-8"), answer_of(report)
            exchange.give_back(attempt, page, answer, self.settings)
        except OSError as error:
            self.tell(f"error: no answer went back to {learner} yet: {error}")


def _closed(error):
    return (
        f"The gradebook cannot be written: {error.orig}.\nWhat was graded before this "
        "is in it. Once it can be written, start again: only the rest is graded."
    )


def _nothing_from(learner, lesson, there):
    near = difflib.get_close_matches(learner, there, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Run it without --learner."
    return f"{learner!r} has handed in nothing for {lesson}. {hint}"


@contextlib.contextmanager
def _unseen(_total):
    yield lambda learner: None
