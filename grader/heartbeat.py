"""A sign of life, by which learners know that a grader watches the exchange."""

import contextlib
import json
import os
import socket
import threading
import time

from grader.exchange import write_whole

EVERY = 2.0  # seconds; a fifth of what `course_lib.hand_in` takes for silence


@contextlib.contextmanager
def heartbeat(settings):
    """While it is entered, keep the file fresh by which learners know of a grader."""
    over = threading.Event()
    about = {"process": os.getpid(), "host": socket.gethostname(), "since": time.time()}

    def beat():
        while True:
            with contextlib.suppress(OSError):
                write_whole(settings.heartbeat, json.dumps(about), 0o644)
            if over.wait(EVERY):
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OSError):
            settings.heartbeat.unlink()
