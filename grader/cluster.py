"""A Dask cluster that grades: other machines' processes in place of a `Crew`'s.

    with Cluster("tcp://scheduler:8786", settings) as cluster:
        for job, report, trouble in cluster.work(jobs):
            ...

Submissions go there and graded notebooks come back, a few at a time however many there
are; pages and notebooks are written here and nowhere else. What was on a worker that
died goes to another one. Dask cannot tell which of a worker's submissions it died of,
so that whoever lost several workers is graded once more at the end, with nobody beside.
"""

import contextlib
import logging
import queue
import time
from dataclasses import dataclass

from grader.crew import LONGEST_SECONDS, Hopeless, Job, Team, say
from grader.errands import assess, course_of, differences, errand_of, report_of
from grader.errors import ClusterGone, ClusterRefused
from grader.fingerprint import environment
from grader.judge import learner_key
from grader.marking import complete, made_from_of, write_files
from grader.secret import course_secret
from grader.worker import WallsMissing

CONNECT_SECONDS = 10.0
WORKERS_SECONDS = 30.0  # until somebody is there to work, at first
LONELY_SECONDS = 300.0  # and in the middle of it, when all are gone
WAITING_EACH = 2  # submissions for each that a worker can grade at the same time


@dataclass
class _Away:
    """A job that is away, and since when; what its report will be made from."""

    job: Job
    made_from: dict
    since: float


class Cluster(Team):
    """Grades on a cluster. Use it as a context manager.

    Parameters
    ----------
    address : str
        Of Dask's scheduler, such as ``tcp://10.0.0.5:8786``; ``tls://`` with what
        Dask's own configuration says of certificates.
    settings : Settings
    walls : {"required", "if possible"}
        Whether a worker without walls is refused.
    tell : callable, default=print
        Gets a line of text for what goes amiss on the way.

    Raises
    ------
    ClusterRefused
        It cannot be reached, has no workers, or one that would grade differently.
    """

    def __init__(self, address, settings, walls="required", tell=print):
        self._address, self._settings, self._walls = address, settings, walls
        self._tell = tell
        self._away = {}  # future -> _Away
        self._suspects, self._alone = [], False  # who lost workers; if one is tried now
        self._back = queue.SimpleQueue()
        self._sent = None, None  # the course that was sent last, and its future
        self._lonely_since = None
        self._client = _connect(address)
        try:
            self._room = 0
            self._await_workers()
            self._compare()
        except BaseException:
            self._client.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):  # it may be gone
            self._client.cancel([*self._away], force=True)
        self._sent = None, None
        self._away.clear()
        with contextlib.suppress(Exception):
            self._client.close(timeout=CONNECT_SECONDS)

    def _await_workers(self):
        with contextlib.suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        if not self._count():
            raise ClusterRefused(
                f"No worker came to {self._address} in {WORKERS_SECONDS:g} s, expected "
                "at least one.\nStart some, from a copy of this course: "
                f"dask worker {self._address} --nworkers auto --nthreads 1"
            )

    def _count(self):
        """Count how many submissions the workers there can grade at the same time."""
        threads = sum(self._client.nthreads().values())
        self._room, self._counted = WAITING_EACH * threads, time.monotonic()
        return threads

    def _compare(self):
        """Refuse workers that would give other grades than this process."""
        said = self._client.run(environment, on_error="return")
        for worker, theirs in said.items():
            if isinstance(theirs, OSError):
                continue  # gone meanwhile
            if isinstance(theirs, Exception):
                raise _refused(worker, f"it cannot load the grader: {say(theirs)}")
            if problem := differences(environment(), theirs):
                raise _refused(worker, problem)

    def _has_room(self):
        if time.monotonic() - self._counted > 5.0:
            with contextlib.suppress(Exception):  # it is noticed where we wait
                self._count()
        return not self._alone and len(self._away) < max(self._room, 1)

    def _is_idle(self):
        return not self._away and not self._suspects

    def _give(self, job):
        handed_in, settings = job.handed_in, self._settings
        made_from = made_from_of(handed_in, settings)
        key = learner_key(course_secret(settings), handed_in.learner)
        try:  # under a name that is drawn: nothing of a submission is in it
            about = self._course(handed_in.lesson), errand_of(handed_in, key)
            future = self._client.submit(assess, *about, pure=False)
        except Exception:
            self._check_connection()
            raise
        self._away[future] = _Away(job, made_from, time.monotonic())
        future.add_done_callback(self._back.put)

    def _course(self, lesson):
        """Return a future of the lesson as it is now; workers fetch it once each."""
        course, future = self._sent
        now = course_of(lesson, self._settings, self._walls)
        if now != course:
            future = self._client.submit(_same, now, pure=False)
            self._sent = now, future
        return future

    def _returns(self):
        """Wait; yield what became of the jobs that are back, or too long away."""
        if not self._away:
            self._alone = True
            self._give(self._suspects.pop())
        try:
            future = self._back.get(timeout=1.0)
        except queue.Empty:
            self._look_after_workers()
            late = time.monotonic() - LONGEST_SECONDS
            for future in [f for f, away in self._away.items() if away.since < late]:
                away = self._bring(future)
                future.cancel(force=True)
                trouble = f"It was not graded within {LONGEST_SECONDS:g} s."
                yield away.job, None, trouble
            return
        if future not in self._away:  # it was given up
            return
        alone = self._alone
        away = self._bring(future)
        report, trouble = self._take(future, away)
        if isinstance(trouble, Hopeless) and not alone:
            self._suspects.append(away.job)
        else:
            yield away.job, report, trouble

    def _bring(self, future):
        """Return what was away under a future, and now is not."""
        self._alone = False  # who was tried so is the only one away
        return self._away.pop(future)

    def _take(self, future, away):
        """Return the report that a job gave and "", or None and what went wrong."""
        outcome, trouble = self._outcome(future)
        if outcome is None:
            return None, trouble
        if outcome.walls_missing:
            raise WallsMissing(f"On a worker of {self._address}: {outcome.refused}")
        if outcome.refused:
            raise _refused(f"of {self._address}", outcome.refused)
        if outcome.trouble:
            return None, outcome.trouble
        job, settings = away.job, self._settings
        try:
            report = report_of(outcome.graded)
            complete(report, job.handed_in, away.made_from)
            write_files(job.handed_in, report, settings, job.marks, job.secret)
        except (OSError, ValueError) as error:
            return None, say(error)
        report.notebook = {}
        return report, ""

    def _outcome(self, future):
        """Return an errand's outcome and "", or None and why there is none."""
        from distributed import KilledWorker

        try:
            return future.result(timeout=CONNECT_SECONDS * 6), ""
        except KilledWorker as error:
            times = f"{error.allowed_failures + 1} times"
            return None, Hopeless(f"With nothing else to do, its worker died {times}.")
        except (ImportError, AttributeError) as error:  # the errand was not understood
            problem = f"it cannot load the grader: {say(error)}"
            raise _refused(f"of {self._address}", problem) from None
        except Exception as error:
            self._check_connection()
            return None, say(error)

    def _check_connection(self):
        if self._client.status != "running":
            raise ClusterGone(_gone(f"The scheduler at {self._address} is gone."))

    def _look_after_workers(self):
        """Notice when nobody works; nothing is too late that nobody could begin."""
        self._check_connection()
        try:
            there = self._count()
        except Exception:
            self._check_connection()
            return
        now = time.monotonic()
        if there:
            self._lonely_since = None
            return
        if self._lonely_since is None:
            self._lonely_since = now
            self._tell(f"No worker is left at {self._address}. Waiting for one.")
        for away in self._away.values():
            away.since = now
        if now - self._lonely_since > LONELY_SECONDS:
            text = f"No worker came back to {self._address} in {LONELY_SECONDS:g} s."
            raise ClusterGone(_gone(text))


def _connect(address):
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterRefused(
            f"A cluster needs Dask, which is not installed ({error}).\nExpected: "
            "what requirements-cluster.txt lists. Install it into this Python: "
            "python -m pip install -r requirements-cluster.txt"
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it is said here
    try:
        return Client(
            address, timeout=CONNECT_SECONDS, set_as_default=False, name="grader"
        )
    except (OSError, ValueError, TypeError) as error:
        raise ClusterRefused(
            f"There is no Dask scheduler at {address!r}: {say(error)}\nExpected an "
            "address such as tcp://10.0.0.5:8786, as `dask scheduler` prints it when "
            "it starts."
        ) from None


def _same(course):
    return course


def _refused(worker, problem):
    return ClusterRefused(
        f"The worker {worker} would not give the grades that this machine gives: "
        f"{problem}.\nExpected: the same copy of the course, and the same packages. "
        "Bring it up to date (requirements.txt, requirements-cluster.txt), start the "
        "worker again, and then this."
    )


def _gone(what):
    return (
        f"{what}\nWhat was graded before this is in the gradebook. Once the cluster is "
        "there again, start again: only the rest is graded."
    )
