"""The processes that run submissions, seen from the grader: start, interrupt, end.

Two kinds with the same five methods: one forked from a warm parent, behind walls
(Linux), and a plain one that starts from nothing (everywhere).
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.channel import Channel

_ROOT = Path(__file__).resolve().parents[1]
_KEPT_VARIABLES = ("PATH", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "MPLCONFIGDIR")
_START_SECONDS = 60.0
_PATIENCE = 10.0  # seconds for the grader's own processes to answer
_SECONDS_TO_DIE = 0.05  # by itself, before it is killed
_SHORT_MESSAGE = 1 << 16


class WorkerError(RuntimeError):
    """The grader's own processes do not work; no submission is to blame."""


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    Attributes
    ----------
    code : int or None
        Exit code, or minus the number of a signal; None if it was alive until it was
        killed.
    memory : int
        The most it held, in bytes.
    failed : str or None
        Why it did not get behind its walls, if it did not.
    lost : bool
        Nobody saw it end: the grader's own guard over it is gone.
    """

    code: int | None = None
    memory: int = 0
    failed: str | None = None
    lost: bool = False


class WarmParent:
    """A process that has imported all that lessons use, and forks for each submission.

    It may be used from several threads; once it is ready also from processes that were
    forked from the one that started it.
    """

    def __init__(self):
        self._owner, self._gone = os.getpid(), False
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock = ours
        self._lock = threading.Lock()
        self._process = _start_python(
            "from grader.warm import serve; serve(socket.socket(fileno=handle))", theirs
        )
        theirs.close()
        self._ready = False

    def await_ready(self):
        """Wait until everything is imported; raise `WorkerError` if that fails."""
        with self._lock:
            if self._ready:
                return
            self._sock.settimeout(_START_SECONDS)
            try:
                message = self._sock.recv(_SHORT_MESSAGE)
            except TimeoutError:
                message = b"It did not get ready in a minute."
            if message != b"ready":
                text = message.decode(errors="replace") or "It died."
                raise WorkerError(f"The warm parent did not start.\n{text}")
            self._ready = True

    def is_alive(self):
        """Return whether the process still runs, as far as anybody noticed."""
        if self._owner != os.getpid():  # only who started it can ask
            return not self._gone
        return self._process.poll() is None

    def fork(self, limits, *, namespaces):
        """Start a process for one submission; raise `WorkerError` if that fails."""
        self.await_ready()
        control, theirs = socket.socketpair()
        lifeline, guards = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        scratch = None if namespaces else tempfile.mkdtemp(prefix="submission-")
        request = {
            "limits": asdict(limits),
            "namespaces": namespaces,
            "scratch": scratch,
        }
        try:
            with self._lock:
                files = [theirs.fileno(), guards.fileno()]
                socket.send_fds(self._sock, [json.dumps(request).encode()], files)
        except OSError as error:
            self._gone = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)  # so that `is_alive` knows
            if scratch is not None:
                _remove(scratch)
            raise WorkerError(f"The warm parent is gone: {error}.") from error
        finally:
            theirs.close()
            guards.close()
        return ForkedProcess(Channel(control, limits.message_bytes), lifeline, scratch)

    def close(self):
        """End the process; or no longer use it, where somebody else started it."""
        self._sock.close()
        if self._owner == os.getpid():
            _reap(self._process, patience=_PATIENCE if self._ready else 0)


class ForkedProcess:
    """A submission's process, with a guard outside its walls that obeys the grader."""

    def __init__(self, channel, lifeline, scratch):
        self.channel = channel
        self._lifeline = lifeline
        self._scratch = scratch
        self._ending = None
        lifeline.settimeout(_PATIENCE)

    def interrupt(self):
        """Interrupt what runs; return whether that was possible."""
        try:
            self._lifeline.send(b"interrupt")
            return self._lifeline.recv(_SHORT_MESSAGE) == b"done"
        except OSError:
            return False

    def expect_fork(self):
        """Let the process fork once: a probe is due."""
        with contextlib.suppress(OSError):
            self._lifeline.send(b"fork")

    def close(self):
        """Kill the process and all it started; return its `Ending`."""
        if self._ending is not None:
            return self._ending
        self.channel.close()
        message = b""
        with contextlib.suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_WR)
            while (message := self._lifeline.recv(_SHORT_MESSAGE)) == b"done":
                continue
        self._lifeline.close()
        if self._scratch is not None:
            _remove(self._scratch)
        self._ending = Ending(**json.loads(message)) if message else Ending(lost=True)
        return self._ending


class PlainProcess:
    """A submission's process without walls, started from nothing."""

    def __init__(self, limits):
        self._scratch = tempfile.mkdtemp(prefix="submission-")
        control, theirs = socket.socketpair()
        self.channel = Channel(control, limits.message_bytes)
        try:
            self._process = _start_python(
                "from grader.shell import main; main(handle)", theirs, self._scratch
            )
        except OSError as error:
            _remove(self._scratch)
            raise WorkerError(f"Python could not be started: {error}.") from error
        finally:
            theirs.close()
        self._ending = None
        deadline = time.monotonic() + _START_SECONDS
        token = self.channel.send({"limits": asdict(limits)}, deadline=deadline)
        try:
            self.channel.receive(token, limit=_SHORT_MESSAGE, deadline=deadline)
        except Exception as error:
            self.close()
            raise WorkerError("A process for the submission did not start.") from error

    def interrupt(self):
        """Interrupt what runs; return whether that was possible."""
        if os.name == "nt":  # nothing there interrupts one process alone
            return False
        self._process.send_signal(signal.SIGINT)
        return True

    def expect_fork(self):
        """Do nothing: forks are free here."""

    def close(self):
        """Kill the process and its group; return its `Ending`."""
        if self._ending is not None:
            return self._ending
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECONDS_TO_DIE)
        code = self._process.returncode
        if os.name != "nt":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        _reap(self._process, patience=0)
        _remove(self._scratch)
        self._ending = Ending(code=code)
        return self._ending


def _start_python(statement, sock, folder=None):
    """Start Python with a socket called `handle`, and next to no environment."""
    kept = {k: os.environ[k] for k in _KEPT_VARIABLES if k in os.environ}
    kept |= {"PYTHONHASHSEED": "0"}
    kept |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    windows = os.name == "nt"
    handle = (
        "socket.fromshare(sys.stdin.buffer.read()).detach()"
        if windows
        else str(sock.fileno())
    )
    code = f"import socket, sys; sys.path.insert(0, {str(_ROOT)!r}); handle = {handle}"
    process = subprocess.Popen(
        [sys.executable, "-s", "-P", "-c", f"{code}; {statement}"],
        stdin=subprocess.PIPE if windows else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=() if windows else (sock.fileno(),),
        env=kept,
        cwd=folder or os.path.abspath(os.sep),
        start_new_session=not windows,
    )
    if windows:
        process.stdin.write(sock.share(process.pid))
        process.stdin.close()
    return process


def _reap(process, patience=_PATIENCE):
    with contextlib.suppress(subprocess.TimeoutExpired):
        if patience:
            process.wait(patience)
    process.kill()
    process.wait()


def _remove(folder):
    """Remove a folder, whatever permissions a submission gave what is in it."""

    def open_and_retry(function, path, _):
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), stat.S_IRWXU)
            os.chmod(path, stat.S_IRWXU)
            function(path)

    with contextlib.suppress(OSError):
        _flatten(folder)
    shutil.rmtree(folder, onerror=open_and_retry)


def _flatten(folder):
    """Leave no folder more than one level deep: removing calls itself at each level."""
    number, waiting = 0, [folder]
    while waiting:
        parent = waiting.pop()
        os.chmod(parent, stat.S_IRWXU)
        for entry in list(os.scandir(parent)):
            if not entry.is_dir(follow_symlinks=False):
                continue
            os.chmod(entry.path, stat.S_IRWXU)
            number += 1
            path = os.path.join(folder, f"\uffff{number}")
            os.rename(entry.path, path)
            waiting.append(path)
