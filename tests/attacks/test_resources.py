"""Resources: who takes all there is loses one exercise, and nobody else loses any."""

import json
import os
import resource
import shutil
import tempfile
from dataclasses import replace

import pytest
from attack_lab import HASTY, LATE, LIMITS, STUCK, Attack, beside, breaking, every
from small_course import ANSWERS, as_bytes, code

import grader.worker
from grader.worker import Cell, Limits, Worker

GONE = "ended its whole process"
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"


def answering(body, before=""):
    """Return an answer to `mse` that does something when it is called."""
    return f"{before}def mse(predictions, targets):\n    {body}"


ATTACKS = {
    # --- time
    "an endless cell": breaking("never end", "while True: pass", STUCK),
    "an endless cell, deaf": breaking(
        "never end, with interrupts ignored", f"{DEAF}while True: pass", STUCK
    ),
    "an endless cell that catches": breaking(
        "never end, and catch whatever comes",
        "while True:\n    try:\n        while True: pass\n"
        "    except BaseException: pass",
        STUCK,
    ),
    "an endless function": breaking(
        "never end when it is called", answering("while True: pass"), LATE
    ),
    "an endless function, deaf": breaking(
        "never end when it is called, with interrupts ignored",
        answering("while True: pass", before=DEAF),
        LATE,
    ),
    "a blocking call in C": breaking(
        "wait in C code that no interrupt reaches",
        "import ctypes\nctypes.PyDLL(None).sleep(60)",
        STUCK,
    ),
    "a long computation in C": breaking(
        "compute in C code that looks at no signal",
        answering("return (3 ** 60_000_000) % 7"),
        LATE,
    ),
    "a regular expression": breaking(
        "have a regular expression go back for ever",
        "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
        STUCK,
    ),
    "a deadlock": breaking(
        "wait for a lock that it holds",
        "import threading\nlock = threading.Lock()\nlock.acquire(); lock.acquire()",
        STUCK,
    ),
    "an endless equality": breaking(
        "keep busy whoever compares",
        "class Slow(float):\n    def __float__(self):\n        while True: pass\n"
        "    __eq__ = __sub__ = __repr__ = __array__ = __float__\n"
        + answering("return Slow(1.0)"),
        "of type Slow",
        limits=HASTY,
    ),
    "an endless picture of a value": breaking(
        "never end when a value is shown",
        "class Shy:\n    def __repr__(self):\n        while True: pass\nShy()",
        STUCK,
    ),
    "many slow cells": Attack(
        "spend every second there is, cell by cell",
        answers=ANSWERS,
        edit=lambda notebook: notebook["cells"].__setitem__(
            slice(2, 2), [code(f"{DEAF}while True: pass")] * 12
        ),
        says={"mse": "Not reached"},
        limits=replace(LIMITS, cell_seconds=0.3, submission_seconds=3.0),
    ),
    # --- memory
    "a memory bomb": breaking(
        "take all memory",
        "hoard = []\nwhile True: hoard.append(bytearray(1 << 26))",
        "ran out of memory",
    ),
    "a memory bomb in a function": breaking(
        "take all memory when it is called",
        answering("return np.ones((1 << 20, 1 << 20))", "import numpy as np\n"),
        "raised",
    ),
    "small objects": breaking(
        "take all memory in small pieces",
        answering("return [object() for _ in iter(int, 1)]"),
        "mse",
        limits=replace(LIMITS, memory_bytes=1 << 30, probe_seconds=4.0),
    ),
    "shared memory": breaking(
        "take memory that nobody counts",
        "import mmap\nkept = [mmap.mmap(-1, 1 << 28) for _ in range(99)]",
        "stopped before the function existed",
    ),
    "a number without end": breaking(
        "print a number of a hundred million digits",
        "import sys\nsys.set_int_max_str_digits(0)\nprint(10 ** 100_000_000)",
        STUCK,
    ),
    # --- processes
    "a fork bomb": breaking(
        "fork until nothing moves",
        "import os\nwhile True: os.fork()",
        "PermissionError",
    ),
    "a fork bomb in a function": breaking(
        "fork when it is called",
        answering("[os.fork() for _ in iter(int, 1)]", "import os\n"),
        "PermissionError",
    ),
    "a thread bomb": breaking(
        "start threads until nothing moves",
        "import threading, time\nfor _ in range(9999):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "can't start new thread",
    ),
    "ten thousand files": breaking(
        "open every file descriptor there is",
        "kept = [open('/dev/null') for _ in range(9999)]",
        "Too many open files",
    ),
    # --- crashes
    "unlimited recursion": breaking(
        "call itself for ever", answering("return mse(predictions, targets)"), "raised"
    ),
    "unlimited recursion in C": breaking(
        "call itself for ever with no limit",
        "import sys\nsys.setrecursionlimit(1 << 30)\n"
        "class A:\n    def __getattr__(self, name): return getattr(A(), name)\nA().x",
        GONE,
    ),
    "a segmentation fault": breaking(
        "crash", "import ctypes\nctypes.string_at(0)", GONE
    ),
    "a crash in a function": breaking(
        "crash when it is called",
        answering("return ctypes.string_at(0)", "import ctypes\n"),
        "crashed in C code",
    ),
    "an abort": breaking("abort", "import os\nos.abort()", GONE),
    "an exit": breaking("leave with success", "import os\nos._exit(0)", GONE),
    "an exit in a function": breaking(
        "leave when it is called", answering("os._exit(0)", "import os\n"), "gone"
    ),
    "a system exit": breaking(
        "raise SystemExit", "import sys\nsys.exit(0)", "SystemExit"
    ),
    "a compiler crash": breaking(
        "crash Python's own reader with nested brackets",
        "x = " + "(" * 30_000 + ")" * 30_000,
        "stopped before the function existed",
    ),
    # --- output
    "many lines": beside(
        "print 300,000 lines",
        "for k in range(300_000): print('line', k)",
    ),
    "one long line": beside("print 30 MB in one line", "print('x' * 30_000_000)"),
    "a long line past Python": beside(
        "write 30 MB on file descriptor 1",
        "import os\nfor _ in range(30): os.write(1, b'x' * 1_000_000)",
        limits=replace(LIMITS, file_bytes=64 << 20),
    ),
    "a large page": beside(
        "show 30 MB of HTML",
        "from IPython.display import HTML\nHTML('<b>x</b>' * 4_000_000)",
    ),
    "a thousand figures": beside(
        "draw a thousand figures",
        "import matplotlib.pyplot as plt\n"
        "for _ in range(1000): plt.figure(figsize=(0.5, 0.5))",
        limits=replace(LIMITS, cell_seconds=3.0, submission_seconds=20.0),
    ),
    "an enormous figure": beside(
        "draw a figure of a hundred thousand inches",
        "import matplotlib.pyplot as plt\n"
        "plt.figure(figsize=(1e5, 1e5)); plt.plot([1])",
    ),
    "a thousand outputs": beside(
        "show a hundred thousand small things",
        "for k in range(100_000): display(k)",
        limits=replace(LIMITS, cell_seconds=3.0),
    ),
    "outputs under odd names": beside(
        "show what has names that no message can hold",
        "display({1: 2, None: 3, (1, 2): 4, b'x': {5}, 'text/plain': 'x'}, raw=True)",
    ),
    "a screen that is cleared": beside(
        "print and clear without end",
        "from IPython.display import clear_output\n"
        "for k in range(3000): print('x' * 1000); clear_output()",
    ),
    "many cells that print": Attack(
        "fill the grader's memory cell by cell",
        answers=ANSWERS,
        edit=lambda notebook: notebook["cells"].extend(
            code("print('x' * 190_000)") for _ in range(60)
        ),
        earns=7.0,
        limits=replace(LIMITS, shown_bytes=1 << 20),
    ),
    # --- the file
    "a notebook of 100 MB": Attack(
        "hand in 100 MB",
        edit=lambda notebook: (
            as_bytes(notebook)[:-1] + b', "pad": "' + b"x" * 100_000_000 + b'"}'
        ),
        says={"file": "50 MB is the most"},
    ),
    "a hundred thousand cells": Attack(
        "hand in cells without end",
        answers=ANSWERS,
        edit=lambda notebook: notebook["cells"].extend(
            {"cell_type": "markdown", "metadata": {}, "source": "x"}
            for _ in range(100_000)
        ),
        earns=7.0,
        says={"file": "the first 2000 were read"},
    ),
    "nested lists": Attack(
        "send the reader of JSON round in circles",
        edit=lambda _: b"[" * 900_000,
        says={"file": "not a notebook"},
    ),
    "millions of lists": Attack(
        "fill the memory of the reader of JSON",
        edit=lambda _: b'{"cells": [' + b"[]," * 2_000_000 + b"[]]}",
        says={"file": "more brackets"},
    ),
}
QUICK = [
    "an endless function",
    "a memory bomb",
    "a fork bomb",
    "an exit",
    "a segmentation fault",
    "one long line",
    "unlimited recursion",
    "a notebook of 100 MB",
    "nested lists",
]


@every(ATTACKS, QUICK)
def test_it_costs_one_exercise_and_ends(lab, attack):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = lab.must_fail(attack)
    size = len(json.dumps(report.notebook))
    assert size < 4_000_000, f"the graded notebook has {size} bytes"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 600_000, f"the grader grew by {grown} kB"


@pytest.mark.full
def test_a_scratch_folder_too_deep_for_rmtree_is_removed(monkeypatch, tmp_path):
    """Where there are no walls the scratch is a folder of the machine."""
    monkeypatch.setattr(grader.worker, "_can_fork_safely", lambda: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    deep = "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')"
    try:
        run = Worker("if possible").run([Cell(deep)], {}, Limits(cell_seconds=10.0))
        assert run.cells[0].status == "ok"
        assert os.listdir(tmp_path) == []
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)
