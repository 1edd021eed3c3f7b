"""The process that runs a submission: cells in an IPython shell, probes in its forks.

Everything here runs beside the learner's code and may be changed by it. Nothing that
comes out is trusted as more than pictures for the feedback and numbers for the judge.
"""

import builtins
import contextlib
import importlib
import io
import json
import os
import pkgutil
import random
import signal
import socket
import sys
import time
import warnings

from grader import endings
from grader.capture import (
    RawCapture,
    Recorder,
    Stream,
    open_capture_files,
)
from grader.channel import read_command, reply

__all__ = ["ENVIRONMENT", "open_capture_files", "prepare", "serve"]

ENVIRONMENT = {
    "COURSE_GRADING": "1",
    "COURSE_HEADLESS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # the order of sets is the same in every run
    "LANG": "C.UTF-8",
}
_PROGRAMS = (".__main__", ".contact_sheet", ".lab")  # no lesson imports these
_SEED = 0
_LONGEST_PAUSE = 0.01

_shell = None
_lacking = None  # modules, not imported before the environment is right
_probes = None
_snapshots = None


def prepare():
    """Import all that lessons use and make the shell, for every fork to find."""
    global _shell, _lacking, _probes, _snapshots
    os.environ.update(ENVIRONMENT)
    import course_lib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.walk_packages(course_lib.__path__, "course_lib."):
            if module.name.endswith(_PROGRAMS):
                continue
            with contextlib.suppress(Exception):  # a lesson that needs it will tell
                importlib.import_module(module.name)
        _draw_once()
    from course_lib import lacking, probes
    from grader import snapshots
    from grader.cells import CellShell

    _lacking, _probes, _snapshots = lacking, probes, snapshots
    _shell = CellShell.instance()
    _shell.warm_up()


def serve(control, limits, captured, walls, *, forks=True):
    """Obey the grader's commands until it closes the channel.

    Parameters
    ----------
    control : socket.socket
    limits : Limits
    captured : list of int
        What `open_capture_files` returned.
    walls : dict
        What to answer when asked which walls hold.
    forks : bool, default=True
        Whether a fork answers each probe, or this process itself.
    """
    session = _Session(control, limits, captured, walls, forks)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            try:
                session.obey(*read_command(control))
            except KeyboardInterrupt:  # one that came as its cell ended
                continue
    os._exit(endings.CUT_OFF)


class _Session:
    """One submission, from its first command to its last."""

    def __init__(self, control, limits, captured, walls, forks):
        self._control, self._limits, self._walls = control, limits, walls
        self._forks, self._own_pid = forks, os.getpid()
        self._noted = {}
        _enter_fresh_environment()
        self._recorder = Recorder(limits.output_bytes)
        self._raw = RawCapture(captured)
        sys.stdout = Stream(self._recorder, "stdout", 1)
        sys.stderr = Stream(self._recorder, "stderr", 2)
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        _shell.record_with(self._recorder)

    def obey(self, command, body):
        """Carry out one command and reply."""
        do = getattr(self, "_do_" + command["do"], None)
        if do is not None:  # else the question of a probe that died before reading it
            do(command, body)

    def _do_hello(self, command, _):
        self._reply(command, self._walls)

    def _do_files(self, command, body):
        for name, size in command["files"]:
            with open(name, "wb") as file:
                file.write(body[:size])
            body = body[size:]
        self._reply(command, {})

    def _do_cell(self, command, _):
        self._recorder.begin(command["cell"])
        status = _shell.run(command["source"])
        if os.getpid() != self._own_pid:
            os._exit(0)  # a process that the cell forked has come this far: no farther
        self._raw.drain(self._recorder, self._limits.output_bytes)
        outputs, updates = self._recorder.finish()
        count = _shell.last_count
        self._reply(
            command,
            {"status": status, "outputs": outputs, "updates": updates, "count": count},
        )

    def _do_note(self, command, _):
        """Say what an answer lacks, or else whether it can wait for others."""
        lacking = _lacking.lacking(command["taken"][0], _shell.user_ns)
        noted = None
        if lacking is None and self._forks:
            names = [name for call in command["taken"] for name in call]
            noted = _snapshots.note(names, _shell.user_ns)
        if noted is not None:
            self._noted[command["exercise"]] = noted
        self._reply(command, {"lacking": lacking, "waits": noted is not None})

    def _do_probe(self, command, _):
        """Fork; the fork answers probes, and this process says how it ended."""
        if not self._forks:
            self._answer_probes(command)
            return self._reply(command, {"code": 0})
        try:
            child = os.fork()
        except OSError as problem:
            return self._reply(command, {"code": None, "problem": str(problem)})
        if child == 0:
            try:
                self._answer_probes(command)
            finally:
                os._exit(0)
        code, late = _await_exit(child, self._limits.probe_seconds)
        return self._reply(command, {"code": code, "late": late})

    def _answer_probes(self, command):
        """Ask for each question only now: the process that forked never sees it."""
        reply(self._control, command, b"ready")
        for exercise in command["exercises"]:
            question, packed = read_command(self._control)
            _snapshots.put_back(self._noted.get(exercise, {}), _shell.user_ns)
            data = _probes.answer(packed, _shell.user_ns)
            if len(data) > self._limits.message_bytes:
                os._exit(endings.ANSWER_TOO_LONG)
            reply(self._control, question, data)

    def _reply(self, command, message):
        payload = json.dumps(message, default=str, ensure_ascii=False)
        reply(self._control, command, payload.encode(errors="replace"))


def _await_exit(child, seconds):
    """Wait for a fork; kill it when it is late. Return its exit code, and whether."""
    deadline = time.monotonic() + seconds
    pause = 0.0002
    late = False
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), late
        if time.monotonic() > deadline:
            late = True
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            return os.waitstatus_to_exitcode(status), late
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _enter_fresh_environment():
    """Forget the grader's environment; make the working folder the learner's home."""
    import numpy as np

    home = os.getcwd()
    own = {"HOME": home, "TMPDIR": home, "PATH": os.defpath}
    own |= {"MPLCONFIGDIR": home, "IPYTHONDIR": home}
    os.environ.clear()
    os.environ.update(ENVIRONMENT | own)
    sys.path[:] = [place for place in sys.path if place not in ("", ".", home)] + [home]
    sys.argv = [""]
    sys.stdin = io.StringIO()
    builtins.input = _nobody_to_answer
    np.random.seed(_SEED)
    random.seed(_SEED)


def _nobody_to_answer(prompt="", /):
    raise RuntimeError(
        "input() waits for somebody to type, and nobody sits here when a notebook is "
        "graded. Give the value in the code."
    )


def _draw_once():
    """Load fonts and the writers of pictures, by drawing."""
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], label="a")
    axes.scatter([0], [1], c=[0.0])
    axes.set(title="a", xlabel="$x$", ylabel="b")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    font_manager._get_font.cache_clear()  # each fork does, and would copy its pages


def main(handle):
    """Run as a process of its own, without walls: where nothing can be forked."""
    control = socket.socket(fileno=handle)
    from grader.limits import Limits, set_resource_limits

    prepare()
    command, _ = read_command(control)
    limits = Limits(**command["limits"])
    set_resource_limits(limits, count_processes=False)
    reply(control, command, b"")
    captured = open_capture_files()
    serve(control, limits, captured, {"held": [], "missing": {}}, forks=False)
