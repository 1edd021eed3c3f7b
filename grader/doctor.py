"""Prove each limit on a submission by trying to break it.

Every trial is a small hostile notebook that runs as a submission would. A limit counts
as held when the attack got nothing and the innocent cell after it still ran.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from course_lib.values import pack
from grader.limits import Limits
from grader.worker import Cell, WallsMissing, Worker

_ROOT = Path(__file__).resolve().parents[1]
_LIMITS = Limits(
    submission_seconds=30.0,
    memory_bytes=1 << 30,
    scratch_bytes=16 << 20,
    file_bytes=8 << 20,
    output_bytes=100_000,
    processes=32,
    open_files=128,
)
_HERE = ("127.0.0.1", 0)
_SHORT = 1.0  # seconds, for attacks that only a clock can end
_CANARY = "GRADER_DOCTOR_CANARY"
_TRACE = "grader-doctor"
_INNOCENT = Cell("print('innocent')")
_CHECK = Cell("", exercise="answer")
_ANSWERING = "def answer():"
_QUESTION = pack(
    {
        "calls": [{"function": "answer", "arguments": [], "results": ["y"]}],
        "outputs": ["y"],
        "cases": [{}],
    }
)


class Row(NamedTuple):
    """One line of the doctor's table.

    Attributes
    ----------
    tried : str
    held : bool
    seconds : float
    note : str
        What came through, or what the limit did.
    """

    tried: str
    held: bool
    seconds: float
    note: str


@dataclass(frozen=True)
class _Trial:
    """An attack, and how to see on its cell that it got nothing.

    An attack prints what it got. By default, anything printed is a breach.
    """

    tried: str
    source: str
    held: Callable = lambda cell: not _printed(cell)
    seconds: float = 10.0
    limits: dict = field(default_factory=dict)


def doctor():
    """Try to break every limit on this machine.

    Yields
    ------
    Row
        The first is about the walls as a whole, the second about an innocent notebook.
    """
    os.environ[_CANARY] = "seen"
    try:
        with Worker("if possible") as worker, socket.create_server(_HERE) as server:
            yield _walls_row()
            yield _innocent_row(worker)
            for trial in _trials(port=server.getsockname()[1]):
                yield _run(trial, worker)
    finally:
        del os.environ[_CANARY]


def _walls_row():
    started = time.monotonic()
    try:
        with Worker("required") as worker:
            walls = worker.run([Cell("")], {}, _LIMITS).walls
    except WallsMissing as error:
        return Row("raise walls", False, time.monotonic() - started, str(error))
    return Row("raise walls", True, time.monotonic() - started, walls)


def _innocent_row(worker):
    """Run what a lesson may use: a library out of reach would cost a right answer."""
    started = time.monotonic()
    (cell,) = worker.run([Cell(_LESSON)], {}).cells
    held = cell.status == "ok" and "image/png" in cell.outputs[-1].get("data", {})
    note = "" if held else _note(cell)
    return Row("run an innocent notebook", held, time.monotonic() - started, note)


def _run(trial, worker):
    started = time.monotonic()
    limits = replace(_LIMITS, cell_seconds=trial.seconds, **trial.limits)
    cells = [Cell(trial.source), _CHECK, _INNOCENT]
    run = worker.run(cells, {_CHECK.exercise: _QUESTION}, limits)
    attack, check, innocent = run.cells
    attack = check if _ANSWERING in trial.source else attack
    survived = "innocent" in _printed(innocent) or "submission_seconds" in trial.limits
    note = _note(attack) if survived else "the cell after it did not run"
    held = survived and trial.held(attack)
    return Row(trial.tried, held, time.monotonic() - started, note)


def _printed(cell):
    return "".join(o["text"] for o in cell.outputs if o.get("name") == "stdout").strip()


def _note(cell):
    errors = [o for o in cell.outputs if o["output_type"] == "error"]
    last = f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
    return (_printed(cell) or last)[:100]


def _stopped(cell):
    return cell.status in ("timeout", "crashed")


def _failed(cell):
    return cell.status in ("error", "crashed")


def _trials(port):
    """Return the attacks, each against one limit."""
    hidden = [_ROOT / name for name in ("solutions", "lessons", "grader", "class")]
    hidden += [Path.home(), Path("/etc/passwd"), Path("/home"), Path("/root")]
    outside = [_ROOT, _ROOT / "course_lib", Path.home(), Path("/"), Path("/usr/lib")]
    return [
        _Trial("read solutions, checks, the class, home", _reading(hidden)),
        _Trial("read the grader's environment", _ENVIRONMENT),
        _Trial("see other processes", _PROCESSES),
        _Trial("write outside the scratch folder", _writing(outside),
               lambda _: not _written(outside)),
        _Trial("use the network", _reaching(port)),
        _Trial("start programs and processes", _PROGRAMS),
        _Trial("signal the grader", _attempt(f"os.kill({os.getpid()}, 0)")),
        _Trial("trace another process", _TRACING),
        _Trial("make new namespaces", _NAMESPACES),
        _Trial("outlive whoever watches", _OUTLIVING),
        _Trial("reach seldom used parts of the kernel", _SELDOM),
        _Trial("use 4 GB of memory", _MEMORY),
        _Trial("write 100 MB to disk", _DISK, _failed),
        _Trial("write one file of 10 MB", _FILE, _failed),
        _Trial("make 10,000 files", _FILES, _failed),
        _Trial("open 500 files", "files = [open(__import__('os').devnull) "
               "for _ in range(500)]", _failed),
        _Trial("start 200 threads", _THREADS, _failed),
        _Trial("loop for ever", "while True: pass", _stopped, _SHORT),
        _Trial("loop for ever, deaf to interrupts", _DEAF, _stopped, _SHORT),
        _Trial("loop for ever in a check", f"{_ANSWERING}\n    while True: pass",
               _stopped, limits={"probe_seconds": _SHORT}),
        _Trial("compute longer than a process may", _DEAF, _stopped,
               limits={"cpu_seconds": 1}),
        _Trial("take more time than a notebook may", "while True: pass", _stopped,
               limits={"submission_seconds": _SHORT}),
        _Trial("end the process", "import os\nos._exit(0)", _stopped),
        _Trial("crash in C code", "import ctypes\nctypes.string_at(0)", _stopped),
        _Trial("answer a check with 20 MB",
               f"import numpy\n{_ANSWERING} return numpy.ones(2_500_000)", _stopped,
               limits={"message_bytes": 1 << 20}),
        _Trial("print without end", "while True: print('x' * 1000)", _is_short, _SHORT),
        _Trial("write on the grader's channel", _CHANNEL, _is_ok),
    ]  # fmt: skip


def _is_short(cell):
    return len(_printed(cell)) <= _LIMITS.output_bytes


def _is_ok(cell):
    return cell.status == "ok"


def _attempt(*statements):
    """Return a cell that tries each statement and prints those that went through."""
    lines = ["import ctypes, os, socket, subprocess"]
    for statement in statements:
        lines += [
            "try:",
            f"    {statement}",
            f"    print({statement!r})",
            "except (OSError, ProcessLookupError): pass",
        ]
    return "\n".join(lines)


def _reading(paths):
    return _attempt(
        *(
            f"os.listdir({str(path)!r}) and os.scandir({str(path)!r}).__next__()"
            if path.is_dir()
            else f"open({str(path)!r}).read()"
            for path in paths
            if path.exists()
        )
    )


def _writing(folders):
    paths = [str(folder / _TRACE) for folder in folders]
    return _attempt(*(f"open({path!r}, 'w').close()" for path in paths))


def _written(folders):
    """Remove what a cell wrote into these folders, and return it.

    Looked at from outside: behind the walls a path below /tmp leads to the scratch.
    """
    traces = [folder / _TRACE for folder in folders if (folder / _TRACE).exists()]
    for trace in traces:
        trace.unlink()
    return traces


def _reaching(port):
    address = ("127.0.0.1", port)
    return _attempt(
        f"socket.create_connection({address}, timeout=0.3)",
        f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', {address})",
        "socket.socket(socket.AF_UNIX).bind('\\0grader-doctor')",
        "socket.create_server(('127.0.0.1', 0))",
    )


_ENVIRONMENT = f"""
import os
places = [str(dict(os.environ))]
for name in ("/proc/self/environ", "/proc/1/environ"):
    try: places.append(open(name).read())
    except OSError: pass
if any({_CANARY!r} in place for place in places): print("the environment")
"""
_PROCESSES = """
import os
try: names = [name for name in os.listdir("/proc") if name.isdigit()]
except OSError: names = []
if len(names) > 1: print(len(names), "processes")
"""
_LESSON = """
import importlib, pkgutil
import numpy as np, matplotlib.pyplot as plt
import course_lib
for module in pkgutil.iter_modules(course_lib.__path__, "course_lib."):
    importlib.import_module(module.name)
plt.plot(np.linalg.eigh(np.eye(3))[0])
plt.title(r"$\\alpha$");
"""
_PROGRAMS = _attempt(
    "os.fork() or os._exit(0)",
    "subprocess.run(['/bin/true'])",
    "os.posix_spawn('/bin/true', ['true'], {})",
)
_TRACING = """
import ctypes
libc = ctypes.CDLL(None)
if libc.ptrace(16, 1, 0, 0) == 0: print("ptrace")
"""
_NAMESPACES = """
import ctypes
libc = ctypes.CDLL(None)
if libc.unshare(0x10000000) == 0: print("a user namespace")
"""
_MEMORY = """
import mmap
blocks = []
try:
    for _ in range(16):
        blocks.append(mmap.mmap(-1, 1 << 28))
except (OSError, MemoryError): pass
else: print("4 GB")
"""
_DISK = """
for k in range(25):
    with open(f"file{k}", "wb") as file: file.write(bytes(1 << 22))
"""
_FILE = "with open('file', 'wb') as file: file.write(bytes(10 << 20))"
_FILES = "for k in range(10_000): open(f'{k}', 'w').close()"
_OUTLIVING = """
import ctypes
if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0: print("no longer dies with its guard")
"""
_SELDOM = """
import ctypes, platform
libc = ctypes.CDLL(None)
calls = {"io_uring": 425, "open_tree": 428, "fsopen": 430, "pidfd_getfd": 438}
if platform.machine() == "x86_64":
    calls |= {"keyctl": 250, "userfaultfd": 323, "bpf": 321, "memfd_create": 319}
for name, number in calls.items():
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0: print(name)
"""
_THREADS = """
import threading, time
for _ in range(200): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
"""
_DEAF = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True: pass
"""
_CHANNEL = """
import os
for file in range(3, 32):
    try: os.write(file, b'{"status": "ok"}' * 100)
    except OSError: pass
"""
