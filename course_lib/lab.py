"""Open the course in JupyterLab, with grading running beside it.

``python3 course.py lab`` becomes this program. It starts JupyterLab and
``python -m grader watch``, each on a lifeline (`course_lib.lifeline`): however this
program ends, even killed, so do they, and the kernels with them.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from urllib.parse import quote

from course_lib.hand_in import open_exchange
from course_lib.outbound import release
from course_lib.settings import ROOT, has_grader, load_settings

PURPOSE = "Open the course in JupyterLab, with grading running beside it."
FIRST_PORT = 8888
PORTS_TRIED = 100
START_SECONDS = 120.0
STOP_SECONDS = 12.0
RESTARTS = 5


def main(arguments=None):
    """Run JupyterLab and the grader until one asks to stop. Return the exit code."""
    options = parse(arguments)
    settings = load_settings()
    try:
        port = choose_port(options.port)
        open_exchange(settings)
        release(settings)
    except OSError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(24)
    url = f"http://127.0.0.1:{port}/lab/tree/{quote(start_page(settings))}"
    url += f"?token={token}"
    print("Starting JupyterLab, which takes some seconds ...", flush=True)
    with Stopper() as stopper:
        lab = start_lab(settings, port, token, options.for_jupyter)
        grader = start_grader(settings)
        try:
            known = None if options.for_jupyter else token  # they may bring another
            if not wait_until_up(port, known, lab, stopper):
                return stopper.code if stopper.asked else said_why(lab, settings)
            print(f"\nThe course is open at\n\n    {url}\n", flush=True)
            if not options.no_browser:
                print("Your browser shows it; if not, open that address.")
                webbrowser.open(url)
            print(f"Ctrl+C stops it{', grading included' * bool(grader)}.", flush=True)
            tend(lab, grader, stopper)
        finally:
            stop([lab, grader])
    return stopper.code if stopper.asked else lab.returncode


def parse(arguments):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser("course.py lab", description=PURPOSE)
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address"
    )
    parser.add_argument(
        "--port", type=int, help=f"default: the first free one from {FIRST_PORT} on"
    )
    parser.add_argument(
        "for_jupyter", nargs="*", help="after --: options for JupyterLab itself"
    )
    return parser.parse_args(arguments)


class Stopper:
    """While it is entered, signals that ask to stop are noted instead of obeyed.

    Attributes
    ----------
    asked : bool
    code : int
        The exit code for a program that was asked to stop: 128 plus the signal, as
        shells have it; 0 for Ctrl+C and SIGTERM, which are the ordinary ways.
    """

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

    def __init__(self):
        self.asked = False
        self.code = 0
        self._before = {}

    def __enter__(self):
        for name in self.names:
            number = getattr(signal, name, None)
            # What was ignored from the start, by `nohup` or a shell's &, stays so.
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, _):
        self.asked = True
        if number not in (signal.SIGINT, signal.SIGTERM):
            self.code = 128 + number


class Child:
    """A module of Python run on a lifeline."""

    def __init__(self, *arguments, **environment):
        self.arguments = arguments
        self.environment = {**os.environ, **environment}
        self.starts = 0
        self.start()

    def start(self):
        """Start it, or start it again."""
        self.starts += 1
        command = [sys.executable, "-P", "-m", "course_lib.lifeline", *self.arguments]
        # Its own process group: Ctrl+C reaches this program only, which stops all.
        apart = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, **apart
        )

    @property
    def returncode(self):
        """Its exit code, or None while it runs."""
        return self.process.poll()


def start_lab(settings, port, token, more=()):
    """Start JupyterLab on the course."""
    # *_config.py lie in the first, settings of JupyterLab in the second.
    config = [str(settings.root), str(Path(__file__).with_name("jupyter"))]
    config += filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])
    given = {option.partition("=")[0] for option in more}
    own = [
        f"--port={port}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port_retries=0",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--Application.log_level=ERROR",
        "--MappingKernelManager.transport_encryption=auto",
        f"--ServerApp.root_dir={settings.root}",
        "--LabApp.expose_app_in_browser=True",  # lets the Submit button save first
        # Tabs that were open when this course was left, not some other project's.
        f"--LabApp.workspaces_dir={settings.class_folder / 'workspaces'}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--FileContentsManager.delete_to_trash=False",
    ]
    return Child(
        "jupyterlab",
        *(option for option in own if option.partition("=")[0] not in given),
        *more,
        JUPYTER_TOKEN=token,
        JUPYTER_CONFIG_PATH=os.pathsep.join(config),
    )


def start_grader(settings):
    """Start grading beside the lab; None where it is not this user's to grade."""
    if not has_grader() or not os.access(settings.inbound, os.R_OK):
        print("Submissions are graded elsewhere: your instructor's grader answers.")
        return None
    return Child("grader.watch")


def start_page(settings):
    """Return what opens first, relative to the course: the start lesson."""
    page = settings.lesson_notebook(settings.start)
    if not page.is_file():
        page = settings.lessons if settings.lessons.is_dir() else settings.root
    return page.relative_to(settings.root).as_posix()


def choose_port(wanted=None):
    """Return the port to use: `wanted`, or the first free one.

    Raises
    ------
    OSError
        `wanted` is in use, or no port of a hundred is free.
    """
    if wanted is not None:
        if is_free(wanted):
            return wanted
        raise OSError(
            f"Port {wanted} is in use by another program, or not allowed.\n"
            "Expected: a free port. Leave --port away, and the first free one from "
            f"{FIRST_PORT} on is taken."
        )
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if is_free(port):
            return port
    raise OSError(
        f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} is free.\n"
        "Expected: one free port. Close other servers, or name a port with --port."
    )


def is_free(port):
    """Return whether nothing listens on `port` and this user may."""
    with socket.socket() as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # a port whose last server has just stopped is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def wait_until_up(port, token, lab, stopper):
    """Return whether JupyterLab answers, waiting for it to start.

    By its token it is known from another that took the same port a moment earlier.
    """
    deadline = time.monotonic() + START_SECONDS
    url = f"http://127.0.0.1:{port}/api" + ("/status" if token else "")
    ask = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    while lab.returncode is None and not stopper.asked:
        try:
            urllib.request.urlopen(ask, timeout=5).close()
            return True
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        if time.monotonic() > deadline:
            return False
    return False


def said_why(lab, settings):
    """Say that JupyterLab did not start; return the exit code."""
    if lab.returncode is None:
        happened = f"did not answer within {START_SECONDS:g} seconds"
    else:
        happened = f"ended with exit code {lab.returncode} while starting"
    sys.stderr.write(
        f"error: JupyterLab {happened}.\nWhat it said is above. If its packages are "
        f"broken, remove {settings.root / '.venv'} and start again.\n"
    )
    return 1


def tend(lab, grader, stopper):
    """Wait for JupyterLab to end or to be asked to stop; keep the grader running."""
    while lab.returncode is None and not stopper.asked:
        if grader is not None and grader.returncode is not None:
            grader = revive(grader)
        time.sleep(0.1)


def revive(grader):
    """Start a grader that has ended again; give up, returning None, at some point."""
    ended = f"The grader ended with exit code {grader.returncode}."
    if grader.starts > RESTARTS:
        sys.stderr.write(f"{ended} Not starting it again. See: course.py watch\n")
        return None
    sys.stderr.write(f"{ended} Starting it again.\n")
    grader.start()
    return grader


def stop(children):
    """End `children`: close their lifelines, then insist."""
    children = [child.process for child in children if child is not None]
    for process in children:
        process.stdin.close()
    deadline = time.monotonic() + STOP_SECONDS
    for process in children:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
