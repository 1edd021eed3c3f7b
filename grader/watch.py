"""Collect, grade and answer submissions as they arrive, until told to stop.

    watch(load_settings())

One process watches a course; another one waits until it is needed. Every step leaves
files that say how far it got, so this may be killed at any moment and started again:
nothing is lost, and what has been answered is not graded again.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from course_lib.file_lock import file_lock
from course_lib.hand_in import open_exchange
from course_lib.settings import load_settings
from grader import exchange
from grader.heartbeat import heartbeat
from grader.marking import fingerprint_of, mark, write_files
from grader.replies import answer_of, refusal
from grader.reports import from_notebook

LAST_SECONDS = 5.0  # for what is being graded when it is told to stop
RETRY_SECONDS = (1, 5, 30, 60)  # after the gradebook could not be written


def watch(settings, poll_seconds=None, stop=None, tell=print, walls=None):
    """Grade what arrives until `stop` is set.

    Parameters
    ----------
    settings : Settings
    poll_seconds : float, default=the course's
        How long to wait between two looks at the exchange.
    stop : threading.Event, optional
        Ends it. What is not finished within seconds is graded at the next start.
    tell : callable, default=print
        Gets a line of text for each thing that happens.
    walls : {"required", "if possible"}, optional
        Whether to grade where submissions cannot be shut in. By default what this
        computer's own user handed in is graded all the same, and nothing else is.
    """
    stop = stop or threading.Event()
    poll_seconds = poll_seconds or settings.poll_seconds
    settings.class_folder.mkdir(parents=True, exist_ok=True)
    waiting = False
    while not stop.is_set():
        lock = settings.class_folder / "watch.lock"
        with file_lock(lock, wait=False) as held:
            if held:
                open_exchange(settings)
                tell(f"Watching for submissions in {settings.inbound}")
                with Watcher(settings, tell, walls) as watcher, heartbeat(settings):
                    watcher.run(stop, poll_seconds)
                return
        if not waiting:
            tell("Another grader watches this course. Standing by.")
            waiting = True
        stop.wait(poll_seconds)


class Watcher:
    """What `watch` keeps between two looks at the exchange.

    Parameters
    ----------
    settings : Settings
    tell : callable
    walls : {"required", "if possible"}, optional
    keep : callable, optional
        ``keep(attempt, report) -> page``: writes the gradebook; returns the page for
        the learner. By default this course's gradebook.
    """

    def __init__(self, settings, tell=print, walls=None, keep=None):
        self.settings = settings
        self.tell = tell
        self.walls = walls
        self._keep = keep or self._write_down
        self._book = None
        self._workers = {}
        self._pool = ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)))
        self._known = set()  # names in inbound that need no second look
        self._jobs = {}  # what is being graded: future to attempt
        self._unkept = []  # (when, tries, attempt, report): the book was closed
        self._complaints = set()  # each is said once

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers.values():
            worker.close()
        if self._book is not None:
            self._book.close()

    def run(self, stop, poll_seconds):
        """Look at the exchange again and again until `stop` is set."""
        self._warm_up()
        for attempt in exchange.attempts(self.settings):
            self._known.add(attempt.name)
            if not attempt.answer.exists():
                self._grade(attempt)
        while not stop.is_set():
            self.look()
            if self._jobs:
                wait(self._jobs, poll_seconds, FIRST_COMPLETED)
            else:
                stop.wait(poll_seconds)
        wait(self._jobs, LAST_SECONDS)
        self._finish()

    def look(self):
        """Collect what arrived, have it graded, answer what is graded."""
        for folder in self._arrivals():
            try:
                attempt = exchange.collect(folder, self.settings)
            except OSError as error:  # a full disk, a folder that nobody may read
                self._complain(f"{folder.name} cannot be collected yet: {error}")
                continue
            self._known.add(attempt.name)
            if not attempt.answer.exists():
                self._grade(attempt)
        self._finish()

    def _arrivals(self):
        try:
            return exchange.arrivals(self.settings, self._known)
        except OSError as error:  # an exchange on a network that is away
            self._complain(f"the exchange cannot be read: {error}")
            return []

    def _complain(self, text):
        if text not in self._complaints:
            self._complaints.add(text)
            self.tell(f"error: {text}")

    def _grade(self, attempt):
        self._jobs[self._pool.submit(self._report, attempt)] = attempt

    def _report(self, attempt):
        """Return the report on an attempt, graded now or before this was killed."""
        if attempt.sender == exchange.ANOTHER:
            return refusal(attempt, f"It was not {attempt.learner} who sent this.")
        handed_in = attempt.handed_in(self.settings.largest_submission)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            report = from_notebook(json.loads(attempt.graded.read_text("utf-8")))
            if report.fingerprint == fingerprint_of(handed_in, self.settings):
                return report
        report = mark(handed_in, self.settings, self._worker(attempt))
        exchange.write_whole(attempt.graded, report.notebook_text())
        return report

    def _finish(self):
        """Write down and return what is graded."""
        now = time.monotonic()
        due = [entry for entry in self._unkept if entry[0] <= now]
        self._unkept = [entry for entry in self._unkept if entry[0] > now]
        for _, tries, attempt, report in due:
            self._answer(attempt, report, tries)
        for job in [job for job in self._jobs if job.done()]:
            attempt = self._jobs.pop(job)
            error = job.exception()
            if error is not None:
                if self._is_for_later(attempt, error):
                    continue
                report = refusal(attempt, _say(error))
                self.tell("".join(traceback.format_exception(error)))
            else:
                report = job.result()
            self._answer(attempt, report)

    def _is_for_later(self, attempt, error):
        """Whether the grader's computer, not the submission, is what is amiss."""
        from grader.worker import WorkerError

        if not isinstance(error, WorkerError):
            return False
        self.tell(f"error: {attempt.name} was not graded: {error}")
        return True

    def _answer(self, attempt, report, tries=0):
        """Put a report into the gradebook, and return it to its learner."""
        try:
            page = self._keep(attempt, report)
        except Exception as error:  # a locked database, a full disk
            pause = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
            self.tell(
                f"error: {attempt.name} is graded but could not be written into the "
                f"gradebook: {_say(error)}. Trying again in {pause} s."
            )
            later = time.monotonic() + pause
            self._unkept.append((later, tries + 1, attempt, report))
            return
        exchange.give_back(attempt, page, answer_of(report), self.settings)
        score = f"{report.score:g} of {report.max_score:g}"
        self.tell(
            f"{time.strftime('%H:%M:%S')}  {attempt.learner}  {attempt.lesson}  "
            f"{score if report.notebook else report.status}  {report.seconds:.2f} s"
        )

    def _write_down(self, attempt, report):
        """Write a report into the gradebook; return the page for the learner."""
        counts = report.notebook and attempt.sender != exchange.ANOTHER
        if not counts or not exchange.is_newest(attempt, self.settings):
            return report.as_html()
        if self._book is None:
            self._book = self._open_book()
        exchange.place(attempt, self.settings)
        marks = self._book.marks(attempt.lesson, attempt.learner)
        handed_in = attempt.handed_in(self.settings.largest_submission)
        page = write_files(handed_in, report, self.settings, marks, attempt.secret)
        self._book.record(
            report, attempt.learner, handed_in.timestamp, self.settings.timetable
        )
        return page

    def _open_book(self):
        from grader.gradebook import Book

        return Book(self.settings.gradebook_url, self.settings.course_id)

    def _worker(self, attempt):
        own = attempt.sender == exchange.OURSELVES
        return self._worker_with(self.walls or ("if possible" if own else "required"))

    def _worker_with(self, walls):
        from grader.worker import Worker

        return self._workers.setdefault(walls, Worker(walls))

    def _warm_up(self):
        """Import and prepare everything before the first submission comes."""
        worker = self._worker_with(self.walls or "if possible")

        def prepare_all():
            from grader.prepared import prepare

            # What goes amiss here is said by the first submission that needs it.
            with contextlib.suppress(Exception):
                if warning := worker.warning():
                    self.tell(f"warning: {warning}")
            for lesson in self.settings.lesson_names():
                with contextlib.suppress(Exception):
                    prepare(lesson, self.settings.solutions)
            with contextlib.suppress(Exception):
                self._open_book().close()

        threading.Thread(target=prepare_all, daemon=True).start()


def _say(error):
    return str(error).strip() or type(error).__name__


def main(settings=None, **options):
    """Watch until Ctrl+C or SIGTERM; what `python -m grader watch` does."""
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    options.setdefault("tell", lambda line: print(line, flush=True))
    watch(settings or load_settings(), stop=stop, **options)
    sys.stdout.flush()
    os._exit(0)  # without waiting for a submission that does not end


if __name__ == "__main__":
    sys.exit(main())
