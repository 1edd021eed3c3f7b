"""Run a module so that it ends when the process that started it ends.

``python -m course_lib.lifeline MODULE ARGUMENTS`` runs MODULE as ``python -m`` does.
Its standard input is the lifeline: a pipe that nothing is ever written to. When the
other end closes, because the parent closed it, ended or was killed, the module gets
SIGTERM, and what is still alive some seconds later is ended without asking. A pipe
does that on every system; signals and process groups do not.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 8.0


def hold(descriptor, grace_seconds=GRACE_SECONDS):
    """End this process when the other end of the pipe `descriptor` closes."""

    def wait_for_the_end():
        while _read(descriptor):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(1)

    threading.Thread(target=wait_for_the_end, daemon=True, name="lifeline").start()


def _read(descriptor):
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def main(arguments):
    """Run the module `arguments[0]` with the rest as its arguments."""
    module, *rest = arguments
    pipe = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # nobody below reads from the lifeline by accident
    os.close(null)
    hold(pipe)
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
