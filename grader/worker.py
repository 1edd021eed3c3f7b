"""Run a submission's cells and answer its probes, in a process that is not trusted.

The one entrance is `Worker.run`: cells and packed probes in, outputs and packed answers
out. Whatever the submission does (crash, hang, flood, lie), the result is a `Run`.
"""

import os
import sys
import threading
import time

from grader.attempts import Submission
from grader.channel import ChannelClosed
from grader.limits import Limits
from grader.outputs import read_message
from grader.processes import PlainProcess, WarmParent, WorkerError
from grader.runs import Cell, CellRun, ProbeRun, Run

__all__ = [
    "Cell",
    "CellRun",
    "Limits",
    "ProbeRun",
    "Run",
    "WallsMissing",
    "Worker",
    "WorkerError",
]

_RESTARTS = 5
_SHORT_MESSAGE = 1 << 16
_SECONDS_TO_FORK = 20.0


class WallsMissing(WorkerError):
    """This machine has no walls, and they were required."""


class Worker:
    """Runs submissions, each in a process of its own. Use it as a context manager.

    It starts when first used, may be used from several threads, and starts its warm
    parent anew when that has died.

    Parameters
    ----------
    walls : {"required", "if possible"}
        Whether to refuse to run anything where namespaces are missing.
    """

    def __init__(self, walls="required"):
        if walls not in ("required", "if possible"):
            raise ValueError(
                f'walls is {walls!r}; expected "required" or "if possible".'
            )
        self._required = walls == "required"
        self._namespaces = True
        self._parent = None
        self._owner = os.getpid()
        self._shared = False
        self._lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, wait=True):
        """Start the warm parent now, and wait until it has imported everything."""
        if _can_fork_safely():
            parent = self._warm_parent()
            if wait:
                parent.await_ready()

    def share(self):
        """Start the warm parent, for processes too that are forked from this one.

        They use it as they find it; it ends with the last process that does. Until
        they exist, no other thread may use this worker.
        """
        self.start()
        self._shared = True

    def close(self):
        """End the warm parent."""
        with self._lock:
            if self._parent is not None and (self._shared or self._is_own()):
                self._parent.close()
            self._parent = None

    def warning(self):
        """Return what people have to know before they grade here, or "".

        Raises `WallsMissing` as `run` does.
        """
        walls = self.run([], {}).walls
        if walls.startswith("namespaces"):
            return ""
        return (
            f"what is graded here is not shut in ({walls}). It can read and change all "
            "that you can. Grade only what you trust, or grade on Linux with user "
            "namespaces enabled."
        )

    def run(self, cells, probes, limits=None, files=None):
        """Run the cells in order, and answer a probe at each check cell.

        A cell that takes the process with it is noted, and the submission runs again
        from the start without it, so that everything else still gets its result.

        Parameters
        ----------
        cells : sequence of Cell
        probes : mapping of str to bytes
            What `course_lib.probes.answer` gets, by exercise.
        limits : Limits, optional
        files : mapping of str to bytes, optional
            What lies in the folder the cells run in, by name.

        Returns
        -------
        Run

        Raises
        ------
        WallsMissing
            Walls are required and this machine has none.
        WorkerError
            The grader's own processes fail.
        """
        submission = Submission(list(cells), dict(probes), limits or Limits())
        walls = "no walls"
        for _ in range(_RESTARTS + 1):
            process, walls = self._open(submission.limits)
            try:
                submission.attempt(process, files or {})
            finally:
                process.close()
            if submission.is_settled():
                break
        return submission.result(walls)

    def _open(self, limits):
        """Return a process that waits for commands, and which walls hold around it."""
        if not _can_fork_safely():
            if self._required:
                raise _walls_missing(f"there are none for {sys.platform}")
            return PlainProcess(limits), "no walls"
        for patience in (True, False):
            try:
                return self._fork(limits)
            except WorkerError as error:
                if isinstance(error, WallsMissing) or not patience:
                    raise  # else the warm parent died: once more with a new one
        raise AssertionError("unreachable")

    def _fork(self, limits):
        process = self._warm_parent().fork(limits, namespaces=self._namespaces)
        deadline = time.monotonic() + _SECONDS_TO_FORK
        try:
            token = process.channel.send({"do": "hello"}, deadline=deadline)
            _, payload = process.channel.receive(
                token, limit=_SHORT_MESSAGE, deadline=deadline
            )
        except (ChannelClosed, TimeoutError) as error:
            reason = process.close().failed
            if reason is None or not self._namespaces:
                raise WorkerError(f"No process for a submission: {reason}.") from error
            if self._required:
                raise _walls_missing(reason) from error
            self._namespaces = False
            return self._fork(limits)
        held = read_message(payload).get("held", [])
        return process, "+".join(held) if self._namespaces else _name_walls(held)

    def _warm_parent(self):
        with self._lock:
            if not self._is_own():  # a fork of the grader: not its parent
                self._parent = self._parent if self._shared else None
                self._owner = os.getpid()
            if self._parent is None or not self._parent.is_alive():
                self._parent = WarmParent()
            return self._parent

    def _is_own(self):
        return self._owner == os.getpid()


def _can_fork_safely():
    """Return whether a warm process can be forked; elsewhere libraries object."""
    return sys.platform == "linux"


def _name_walls(held):
    return f"no namespaces, only {'+'.join(held)}" if held else "no walls"


def _walls_missing(reason):
    return WallsMissing(
        f"This machine cannot wall off a submission: {reason}.\n"
        "Walls are expected, because a submission may hold any code. Grade on Linux "
        "with user namespaces enabled, or, for notebooks that you trust, add "
        "--unsafe-no-sandbox."
    )
