"""Processes that grade, each with its own judge, all on one warm parent.

    with Crew(2, settings) as crew:
        for job, report, trouble in crew.work(jobs):
            ...

One that dies, hangs or fails costs nobody else anything: its job goes to a new one,
and after a second failure comes back with the reason in place of a report. All of them
die with the process that started them.
"""

import collections
import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import wait

from grader.marking import mark, write_files
from grader.worker import WallsMissing, Worker

LONGEST_SECONDS = 600.0  # several times what the limits of a submission add up to
TRIES = 2
_LINUX = sys.platform == "linux"


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    Attributes
    ----------
    handed_in : HandedIn
    marks : Marks or None
        What people added in the gradebook, for the page.
    secret : str
        By which nbgrader returns the page.
    """

    handed_in: object
    marks: object = None
    secret: str = ""


@dataclass
class _Hand:
    """One process of the crew, as the crew sees it."""

    process: object
    pipe: object
    job: Job | None = None
    since: float = 0.0


class Hopeless(str):
    """What went wrong, where a second try would go no better."""


class Team:
    """What all who grade have in common: who gets which job, and when once more.

    Of a kind of team come `_has_room`, `_is_idle`, `_give` and `_returns`.
    """

    def work(self, jobs):
        """Grade; yield each job as it is done, with its report or what went wrong.

        Parameters
        ----------
        jobs : iterable of Job
            Taken from one at a time, when there is somebody to do it.

        Yields
        ------
        job : Job
        report : Report or None
            Without its notebook, which is in its place among the graded ones.
        trouble : str
            Why there is no report, or "".

        Raises
        ------
        WallsMissing
            Walls are required, and where it was to be graded there are none.
        """
        waiting, again = iter(jobs), collections.deque()
        tries = collections.Counter()
        while True:
            while self._has_room():
                job = again.popleft() if again else next(waiting, None)
                if job is None:
                    break
                self._give(job)
            if self._is_idle():
                return
            for job, report, trouble in self._returns():
                tries[id(job)] += 1
                hopeless = isinstance(trouble, Hopeless)
                if trouble and not hopeless and tries[id(job)] < TRIES:
                    again.append(job)
                    continue
                del tries[id(job)]
                yield job, report, trouble


class Crew(Team):
    """Grades in several processes at once. Use it as a context manager.

    Make it before threads exist: its processes are forked where that is possible.

    Parameters
    ----------
    count : int
        How many submissions are graded at the same time.
    settings : Settings
    walls : {"required", "if possible"}
    worker : Worker, optional
        One whose warm parent they may share, where they are forked.
    """

    def __init__(self, count, settings, walls="required", worker=None):
        self._settings, self._walls = settings, walls
        self._worker = worker if _LINUX else None
        self._context = multiprocessing.get_context("fork" if _LINUX else "spawn")
        self._hands = []
        for _ in range(count):
            self._hands.append(self._hire())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for hand in self._hands:
            self._dismiss(hand)

    def _has_room(self):
        return any(hand.job is None for hand in self._hands)

    def _is_idle(self):
        return not any(hand.job for hand in self._hands)

    def _returns(self):
        """Wait; yield what became of a job for each hand that is done with one."""
        for hand in self._ready():
            yield self._take(hand)

    def _give(self, job):
        hand = next(hand for hand in self._hands if hand.job is None)
        hand.job, hand.since = job, time.monotonic()
        with contextlib.suppress(OSError):  # it died: `_take` will find out
            hand.pipe.send(job)

    def _ready(self):
        """Wait; return the hands that are done, dead, or too long at it."""
        busy = {hand.pipe: hand for hand in self._hands if hand.job}
        ready = [busy[pipe] for pipe in wait(list(busy), timeout=1.0)]
        late = time.monotonic() - LONGEST_SECONDS
        return ready or [hand for hand in busy.values() if hand.since < late]

    def _take(self, hand):
        """Return what a hand made of its job; replace one that is dead or late."""
        job, hand.job = hand.job, None
        try:
            if hand.pipe.poll():
                report, error = hand.pipe.recv()
                if isinstance(error, WallsMissing):
                    raise error
                return job, report, error and say(error)
            trouble = f"It was not graded within {LONGEST_SECONDS:g} s."
        except (EOFError, OSError):
            trouble = "The process that graded it died."
        hand.process.kill()
        self._dismiss(hand)
        self._hands[self._hands.index(hand)] = self._hire()
        return job, None, trouble

    def _hire(self):
        ours, theirs = self._context.Pipe()
        others = [hand.pipe for hand in self._hands] + [ours] if _LINUX else []
        process = self._context.Process(
            target=_serve,
            args=(
                theirs,
                self._settings,
                self._walls,
                self._worker,
                others,
                os.getpid(),
            ),
            daemon=False,
        )
        process.start()
        theirs.close()
        return _Hand(process, ours)

    def _dismiss(self, hand):
        hand.pipe.close()
        if hand.job is not None:
            hand.process.kill()
        hand.process.join(5.0)
        if hand.process.is_alive():
            hand.process.kill()
            hand.process.join()


def _serve(pipe, settings, walls, worker, others, parent):
    """Grade what comes through the pipe until it is closed; the life of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started this
    if _LINUX:
        from grader import linux

        linux.die_with_parent()
        if os.getppid() != parent:  # it died before that
            os._exit(1)
    gc.freeze()  # what was here before needs no look, nor a copy of its pages
    for other in others:  # copies that the fork made; they would keep pipes open
        other.close()
    with worker or Worker(walls) as worker, contextlib.suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            pipe.send(_do(job, settings, worker))


def _do(job, settings, worker):
    """Return a report without its notebook, or what went wrong."""
    try:
        report = mark(job.handed_in, settings, worker)
        write_files(job.handed_in, report, settings, job.marks, job.secret)
        report.notebook = {}
        return report, None
    except Exception as error:
        return None, _portable(error)


def _portable(error):
    """Return an exception that another process can read."""
    if isinstance(error, WallsMissing):
        return WallsMissing(str(error))
    return RuntimeError(say(error))


def say(error):
    """Return an error in a line, for the summary."""
    text = str(error).strip()
    kind = type(error).__name__
    return text if isinstance(error, RuntimeError) and text else f"{kind}: {text}"
