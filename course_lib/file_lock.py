"""One holder at a time, across processes, on every system."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def file_lock(path, wait=True, on_wait=lambda: None):
    """Hold the lock that the file `path` stands for.

    The operating system gives the lock back when its holder ends, however it
    ends, so a killed program leaves nothing to clean up. The file stays.

    Parameters
    ----------
    path : path-like
        A file in an existing folder; made if it is not there.
    wait : bool, default=True
        Wait until the lock is free. Otherwise do not hold it.
    on_wait : callable, default: nothing
        Called once before waiting begins.

    Yields
    ------
    bool
        Whether the lock is held. Always true if `wait` is.
    """
    descriptor = os.open(Path(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        held = _try(descriptor)
        if not held and wait:
            on_wait()
            _wait(descriptor)
            held = True
        yield held
    finally:
        os.close(descriptor)  # gives the lock back


def _try(descriptor):
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _wait(descriptor):
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    while True:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # tries for ten seconds
            return
        except OSError:
            continue
