"""Cells run and probes are answered, whatever a submission does to prevent it."""

import os
import socket
import sys
import tempfile
import threading
import time

import numpy as np
import pytest
from running import CHECK, DOUBLE, QUESTION, QUICK, answered, run, text

import grader.worker
from grader.attempts import Submission
from grader.channel import Channel
from grader.processes import Ending
from grader.worker import Cell, Limits, WallsMissing, Worker, WorkerError


@pytest.fixture(scope="module")
def worker():
    with Worker("if possible") as worker:
        yield worker


@pytest.fixture
def plain_worker(monkeypatch):
    """A worker as on a machine that can neither fork safely nor wall off."""
    monkeypatch.setattr(grader.worker, "_can_fork_safely", lambda: False)
    return Worker("if possible")


# --- probes


def test_a_probe_is_answered_by_what_the_cells_defined(worker):
    result = run(worker, DOUBLE, CHECK, probes={"double": QUESTION})
    np.testing.assert_array_equal(answered(result.probes["double"]), [2.0, 4.0])
    assert [c.status for c in result.cells] == ["ok", "ok"]


def test_a_probe_changes_nothing_for_the_cells_after_it(worker):
    source = (
        "calls = 0\ndef double(x):\n    global calls\n    calls += 1\n    return 2 * x"
    )
    result = run(worker, source, CHECK, "calls", probes={"double": QUESTION})
    assert result.cells[2].outputs[0]["data"]["text/plain"] == "0"


def test_the_source_of_a_check_cell_is_not_run(worker):
    check = Cell("print('ran')", exercise="double")
    result = run(worker, DOUBLE, check, probes={"double": QUESTION})
    assert result.cells[1].outputs == []


def test_a_probe_without_a_check_cell_says_so(worker):
    result = run(worker, DOUBLE, probes={"double": QUESTION})
    assert result.probes["double"].status == "not_run"
    assert "no check cell" in result.probes["double"].message


ENDS_IN_A_PROBE = {
    "exit": ("import os; os._exit(0)", "crashed", "ended it"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed", "C code"),
    "loop": ("while True: pass", "timeout", "0.6 s"),
    "deaf loop": (
        "import signal; signal.signal(2, signal.SIG_IGN)\n    while True: pass",
        "timeout",
        "0.6 s",
    ),
}


@pytest.mark.parametrize(
    "body, status, message", ENDS_IN_A_PROBE.values(), ids=ENDS_IN_A_PROBE
)
def test_a_function_that_ends_its_probe_costs_one_exercise(
    worker, body, status, message
):
    bad = f"def double(x):\n    {body}"
    probes = {"double": QUESTION, "other": QUESTION}
    cells = (bad, CHECK, DOUBLE, Cell("", exercise="other"))
    result = run(worker, *cells, probes=probes, limits=QUICK)
    assert result.probes["double"].status == status
    assert message in result.probes["double"].message
    np.testing.assert_array_equal(answered(result.probes["other"]), [2.0, 4.0])


def test_a_transformer_of_cells_cannot_reach_a_probe(worker):
    hostile = (
        "import ast\n"
        "class Always(ast.NodeTransformer):\n"
        "    def visit_Module(self, node): return ast.parse('4')\n"
        "shell = get_ipython()\n"
        "shell.ast_transformers.append(Always())\n"
        "shell.input_transformers_cleanup.append(lambda lines: ['4\\n'])"
    )
    result = run(worker, DOUBLE, hostile, CHECK, probes={"double": QUESTION})
    np.testing.assert_array_equal(answered(result.probes["double"]), [2.0, 4.0])


def test_forged_lines_on_every_file_change_no_result(worker):
    # A frame as the channel has them, but its token cannot be known in advance.
    forged = (
        "import os, struct\n"
        "def write_everywhere():\n"
        "    frame = bytes(16) + struct.pack('<Q', 5) + b'ready{\"code\": 0}\\n'\n"
        "    for file in range(3, 64):\n"
        "        try: os.write(file, frame * 50)\n"
        "        except OSError: pass\n"
        "write_everywhere()\n"
        "def double(x):\n    write_everywhere()\n    return 2 * x"
    )
    result = run(worker, forged, "1 / 0", CHECK, probes={"double": QUESTION})
    assert [c.status for c in result.cells] == ["ok", "error", "ok"]
    np.testing.assert_array_equal(answered(result.probes["double"]), [2.0, 4.0])


def test_the_process_that_forked_never_sees_the_question(worker):
    # A thread that reads what it can, while the fork is being asked.
    source = (
        "import gc, threading, time\n"
        "seen = []\n"
        "def look():\n"
        "    while True:\n"
        "        seen.extend(o for o in gc.get_objects() if type(o) is dict\n"
        "                    and o.get('do') == 'answer')\n"
        "        time.sleep(0.002)\n"
        "threading.Thread(target=look, daemon=True).start()\n"
        "def double(x):\n    time.sleep(0.1)\n    return 2 * x"
    )
    result = run(worker, source, CHECK, "len(seen)", probes={"double": QUESTION})
    assert result.cells[2].outputs[0]["data"]["text/plain"] == "0"


# --- cells that take the process with them

ENDS_THE_PROCESS = {
    "exit": ("import os; os._exit(3)", "crashed", "exit code 3"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed", "C code"),
    "abort": ("import os; os.abort()", "crashed", "C code"),
    "closed files": ("import os; os.closerange(3, 200)", "crashed", "connection"),
    "deaf loop": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "timeout",
        "endless loop",
    ),
    "loop that catches": (
        "def deaf():\n    try:\n        x = 0\n        while True: x += 1\n"
        "    except BaseException: deaf()\ndeaf()",
        "timeout",
        "endless loop",
    ),
}


@pytest.mark.parametrize(
    "source, status, message", ENDS_THE_PROCESS.values(), ids=ENDS_THE_PROCESS
)
def test_everything_but_the_cell_that_ended_the_process_is_graded(
    worker, source, status, message
):
    cells = ("a = 5", source, DOUBLE, CHECK, "a")
    result = run(worker, *cells, probes={"double": QUESTION}, limits=QUICK)
    assert [c.status for c in result.cells] == ["ok", status, "ok", "ok", "ok"]
    assert message in result.cells[1].outputs[0]["evalue"]
    np.testing.assert_array_equal(answered(result.probes["double"]), [2.0, 4.0])


def test_an_endless_loop_is_interrupted_and_its_names_survive(worker):
    result = run(worker, "n = 0\nwhile True: n += 1", "n > 1000", limits=QUICK)
    first, second = result.cells
    assert first.status == "timeout" and 0.5 < first.seconds < 5
    assert [o["ename"] for o in first.outputs] == ["KeyboardInterrupt", "Stopped"]
    assert "0.6 s" in first.outputs[1]["evalue"]
    assert second.outputs[0]["data"]["text/plain"] == "True"


def test_too_many_ended_processes_leave_the_rest_undone_and_say_so(worker):
    ends = ["import os; os._exit(1)"] * 7
    result = run(worker, *ends, DOUBLE, CHECK, probes={"double": QUESTION})
    assert [c.status for c in result.cells] == ["crashed"] * 6 + ["not_run"] * 3
    assert "too many times" in result.probes["double"].message


def test_the_clock_of_the_submission_ends_it(worker):
    limits = Limits(cell_seconds=5, submission_seconds=1.0)
    started = time.monotonic()
    result = run(
        worker,
        "1",
        "while True: pass",
        DOUBLE,
        CHECK,
        limits=limits,
        probes={"double": QUESTION},
    )
    assert time.monotonic() - started < 10
    assert [c.status for c in result.cells] == ["ok", "timeout", "not_run", "not_run"]
    assert "1 s were over" in result.probes["double"].message


# --- the grader's side


def test_a_plain_process_leaves_nothing_behind(plain_worker, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = "import os\nos.makedirs('d/e')\nos.chmod('d', 0)\nos.listdir()"
    (cell,) = run(plain_worker, source).cells
    assert "'d'" in cell.outputs[0]["data"]["text/plain"]
    assert os.listdir(tmp_path) == []


def test_one_worker_serves_several_threads(worker):
    results = {}

    def work(k):
        results[k] = text(run(worker, f"print({k})").cells[0])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: f"{k}\n" for k in range(6)}


def test_a_warm_parent_that_died_is_replaced():
    if sys.platform != "linux":
        pytest.skip("There is a warm parent only on Linux.")
    with Worker("if possible") as worker:
        run(worker, "1")
        worker._parent._process.kill()
        worker._parent._process.wait()
        assert run(worker, "2").cells[0].status == "ok"


def test_a_plain_process_gives_the_same_results(plain_worker):
    result = run(
        plain_worker, "print('a')", "1 / 0", "import os; os._exit(1)", DOUBLE, CHECK,
        probes={"double": QUESTION},
    )  # fmt: skip
    assert [c.status for c in result.cells] == ["ok", "error", "crashed", "ok", "ok"]
    np.testing.assert_array_equal(answered(result.probes["double"]), [2.0, 4.0])
    assert result.walls == "no walls"


@pytest.mark.full
def test_a_plain_process_survives_a_probe_that_ends_it(plain_worker):
    bad = "def double(x):\n    while True: pass"
    cells, probes = (bad, CHECK, "1"), {"double": QUESTION}
    result = run(plain_worker, *cells, probes=probes, limits=QUICK)
    assert result.probes["double"].status == "timeout"
    assert result.cells[2].status == "ok"


def test_required_walls_that_are_missing_are_an_error_with_a_way_out(monkeypatch):
    monkeypatch.setattr(grader.worker, "_can_fork_safely", lambda: False)
    with pytest.raises(WallsMissing, match="--unsafe-no-sandbox"):
        Worker("required").run([Cell("1")], {})


def test_a_wish_for_walls_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="if possible"):
        Worker("perhaps")


def test_a_lost_guard_is_not_the_learners_fault():
    class Lost:
        """A process whose guard was killed, twice; the third one works."""

        channel = Channel(socket.socketpair()[0], 10)

        def close(self):
            return Ending(lost=True)

    submission = Submission([Cell("1")], {}, QUICK)
    submission.attempt(Lost(), {})
    assert not submission.is_settled()
    assert submission.result("").cells[0].status == "not_run"


def test_a_python_that_does_not_start_is_the_graders_error_and_leaves_nothing(
    plain_worker, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", os.devnull)
    with pytest.raises(WorkerError, match="could not be started"):
        run(plain_worker, "1")
    assert os.listdir(tmp_path) == []
