"""Behind the walls: what a submission tries, and what it gets."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from process_tree import descendants
from running import CHECK, DOUBLE, QUESTION, answered, printed

from grader.processes import WarmParent
from grader.worker import Cell, Limits, WallsMissing, Worker

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def worker():
    with Worker("required") as worker:
        try:
            worker.run([], {})
        except WallsMissing as error:
            pytest.skip(str(error))
        yield worker


@pytest.fixture(scope="module")
def open_worker(worker):
    """A worker as on a Linux that forbids namespaces."""
    with Worker("if possible") as open_worker:
        open_worker._namespaces = False
        yield open_worker


def attempt(statement):
    return (
        "import ctypes, os, socket, subprocess\n"
        f"try:\n    {statement}\n    print('done')\n"
        "except OSError as error: print(type(error).__name__)"
    )


# --- what is there


def test_the_working_folder_is_empty_and_the_environment_a_fresh_one(worker):
    source = "import os\nprint(os.listdir(), sorted(os.environ), os.environ['HOME'])"
    listing, _, rest = printed(worker, source).partition("] ")
    assert listing == "['.tmp'"
    assert rest.endswith("/scratch")
    names = rest.partition("]")[0]
    assert "COURSE_GRADING" in names and "COURSE_HEADLESS" in names
    assert not {"PATH_INFO", "USER", "VIRTUAL_ENV", "SSH_AUTH_SOCK"} & set(
        names.split("'")
    )


def test_only_the_course_library_of_the_project_is_there(worker):
    source = (
        f"import os\nprint(os.path.exists({str(ROOT / 'course_lib')!r}))\n"
        + "\n".join(
            f"print(os.path.exists({str(ROOT / name)!r}))"
            for name in (
                "solutions",
                "grader",
                "lessons",
                "tests",
                "course.toml",
                ".git",
            )
        )
    )
    assert printed(worker, source).split() == ["True"] + ["False"] * 6


def test_no_module_that_judges_is_in_the_process_or_can_be_imported(worker):
    source = (
        "import sys\n"
        "print([m for m in sys.modules if m.startswith('grader.')])\n"
        "try:\n    import grader.exercises\nexcept ImportError: print('out of reach')"
    )
    names, answer = printed(worker, source).splitlines()
    assert answer == "out of reach"
    judging = ("exercises", "judge", "grade", "gradebook", "source", "worker")
    assert not any(f"grader.{name}'" in names for name in judging)


def test_the_process_is_nobody_and_has_no_capability(worker):
    source = "print(open('/proc/self/status').read())"
    status = dict(
        line.split(":\t", 1)
        for line in printed(worker, source).splitlines()
        if ":\t" in line
    )
    assert "0" not in status["Uid"].split()
    assert all(int(status[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapBnd"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_open_files_lead_nowhere_but_to_the_channel(worker):
    source = (
        "import os\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    try: print(os.readlink('/proc/self/fd/' + name).partition(':')[0])\n"
        "    except OSError: pass"
    )
    allowed = {"socket", "/memfd", "/dev/null", "pipe"}
    assert set(printed(worker, source).split()) <= allowed


# --- what is refused

REFUSED = {
    "the first process's root": "os.listdir('/proc/1/root/etc')",
    "a link to the outside": "os.link('/etc/localtime', 'here')",
    "a device": "os.mknod('device', 0o60600, os.makedev(8, 0))",
    "a named pipe": "os.mkfifo('pipe')",
    "a socket": "socket.socket(socket.AF_UNIX)",
    "a raw socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "a socket to the kernel": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "a socket to the host": "socket.socket(socket.AF_VSOCK)",
    "the kernel's ciphers": "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "outliving its guard": "ctypes.CDLL(None).prctl(1, 0) and open('/nowhere')",
    "a fork": "os.fork()",
    "a program": "os.execv('/usr/bin/env', ['env'])",
    "a new session": "os.setsid()",
    "a new root": "os.chroot('.')",
    "a better place in the queue": "os.nice(-5)",
    "another user": "os.setuid(0)",
    "changing the library": f"os.chmod({str(ROOT / 'course_lib')!r}, 0o777)",
    "an anonymous file": "os.memfd_create('x')",
    "a program in the scratch": "os.chmod('.', 0o755); os.execv('p', ['p'])",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(worker, statement):
    assert printed(worker, attempt(statement)) in (
        "PermissionError", "FileNotFoundError", "OSError",
    )  # fmt: skip


CALLS = {
    "bpf": 321,
    "clone3": 435,
    "io_uring_setup": 425,
    "keyctl": 250,
    "memfd_secret": 447,
    "mount": 165,
    "open_by_handle_at": 304,
    "perf_event_open": 298,
    "pidfd_getfd": 438,
    "process_vm_writev": 311,
    "ptrace": 101,
    "setns": 308,
    "userfaultfd": 323,
    "an unknown call": 999,
    "an x32 call": 0x40000000 + 59,
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="The numbers are of x86_64.")
@pytest.mark.parametrize("number", CALLS.values(), ids=CALLS)
def test_the_call_is_refused(worker, number):
    source = (
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"result = libc.syscall({number}, 0, 0, 0, 0, 0)\n"
        "print(result, errno.errorcode[ctypes.get_errno()])"
    )
    assert printed(worker, source) in ("-1 EPERM", "-1 ENOSYS")


def test_raised_limits_fall_back(worker):
    source = (
        "import resource\n"
        "try: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n"
        "except (ValueError, PermissionError, OSError): print('refused')"
    )
    assert printed(worker, source) == "refused"


# --- what a submission can use up


def test_memory_that_runs_out_is_an_error_in_words(worker):
    cells = worker.run([Cell("x = bytearray(3 << 30)"), Cell("1")], {}).cells
    assert [c.status for c in cells] == ["error", "ok"]
    assert "ran out of memory" in cells[0].outputs[0]["evalue"]


def test_a_full_scratch_is_the_learners_error_and_goes_with_the_process(worker):
    limits = Limits(scratch_bytes=4 << 20)
    source = "open('f', 'wb').write(bytes(8 << 20))"
    (cell,) = worker.run([Cell(source)], {}, limits).cells
    assert cell.outputs[0]["ename"] == "OSError"
    assert printed(worker, "import os\nprint(os.listdir())", limits) == "['.tmp']"


def test_nothing_is_passed_on_to_the_next_submission(worker):
    source = (
        "import os, numpy, course_lib.probes\n"
        "numpy.poisoned = course_lib.probes.poisoned = True\n"
        "for folder in ('/tmp', '/dev/shm', '/scratch'):\n"
        "    open(folder + '/poison', 'w').close()"
    )
    printed(worker, source)
    source = (
        "import os, numpy, course_lib.probes\n"
        "print(hasattr(numpy, 'poisoned'), hasattr(course_lib.probes, 'poisoned'),\n"
        "      *(os.path.exists(folder + '/poison')\n"
        "        for folder in ('/tmp', '/dev/shm', '/scratch')))"
    )
    assert printed(worker, source) == "False False False False False"


# --- processes


def test_nothing_runs_after_a_submission(worker):
    busy = "import threading\ndef spin():\n    while True: pass\n" \
           "for _ in range(4): threading.Thread(target=spin).start()"  # fmt: skip
    deaf = "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True: pass"
    limits = Limits(cell_seconds=0.5, submission_seconds=3.0)
    worker.run([Cell(busy), Cell(deaf)], {}, limits)
    deadline = time.monotonic() + 5
    while descendants(worker._parent._process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)  # the guard itself is about to exit
    assert descendants(worker._parent._process.pid) == []


def test_killing_everything_in_sight_kills_nothing_outside(worker):
    source = (
        "import os, signal\n"
        "for pid in (-1, 1, os.getppid() or 1):\n"
        "    try: os.kill(pid, signal.SIGKILL)\n"
        "    except OSError: pass"
    )
    parent = worker._parent._process.pid
    worker.run([Cell(source), Cell("1")], {})
    assert worker._parent._process.pid == parent and worker._parent.is_alive()


def test_a_function_cannot_fork_while_it_is_probed(worker):
    source = (
        "import os\n"
        "def double(x):\n"
        "    try: os.fork()\n"
        "    except PermissionError: return 2 * x\n"
        "    return x"
    )
    result = worker.run([Cell(source), CHECK], {"double": QUESTION})
    np.testing.assert_array_equal(answered(result.probes["double"]), [2.0, 4.0])


def test_a_thread_that_takes_the_fork_of_a_probe_costs_only_that_probe(worker):
    source = (
        "import os, threading, time\n"
        "def steal():\n"
        "    while True:\n"
        "        try:\n"
        "            if os.fork() == 0: time.sleep(60)\n"
        "        except OSError: pass\n"
        "for _ in range(3): threading.Thread(target=steal, daemon=True).start()\n"
        + DOUBLE
    )
    cells = [Cell(source), CHECK, Cell("'after'")]
    result = worker.run(cells, {"double": QUESTION})
    assert result.probes["double"].status in ("answered", "crashed", "timeout")
    assert result.cells[2].status == "ok"


def test_a_grader_that_is_killed_leaves_nothing_running(worker):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from grader.worker import Cell, Worker\n"
        "worker = Worker(); worker.start()\n"
        "print(worker._parent._process.pid, flush=True)\n"
        "worker.run([Cell('while True: pass')], {})"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as grader:
        parent = int(grader.stdout.readline())
        while len(family := descendants(parent)) < 2:
            time.sleep(0.01)  # until guard and shell are there
        grader.kill()
    deadline = time.monotonic() + 5
    while any(map(is_running, [parent, *family])) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_running, [parent, *family]))


@pytest.mark.parametrize("name", ["guard", "warm parent"])
def test_a_submission_cannot_outlive_who_watches_it(name):
    source = "import ctypes, time; ctypes.CDLL(None).prctl(1, 0); time.sleep(60)"
    with Worker() as worker:
        worker.start()
        parent = worker._parent._process.pid
        limits = Limits(submission_seconds=1.0)
        thread = threading.Thread(target=worker.run, args=([Cell(source)], {}, limits))
        thread.start()
        while len(family := descendants(parent)) < 2:
            time.sleep(0.01)
        while Path(f"/proc/{family[1]}/wchan").read_text() != "hrtimer_nanosleep":
            time.sleep(0.01)  # until it has wished, and sleeps
        os.kill(family[0] if name == "guard" else parent, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while is_running(family[1]) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_running(family[1])
        thread.join()


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # dead, and nobody has asked how


# --- without namespaces, the other layers


def test_landlock_alone_hides_the_solutions(open_worker):
    for path in (ROOT / "solutions", ROOT / "grader", Path("/etc/passwd")):
        verb = "os.listdir" if path.is_dir() else "open"
        answer = printed(open_worker, attempt(f"{verb}({str(path)!r})"))
        assert answer in ("PermissionError", "FileNotFoundError")


def test_without_namespaces_the_result_says_so_and_the_scratch_goes(
    open_worker, monkeypatch, tmp_path
):
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = open_worker.run([Cell("open('f', 'w').write('x')")], {})
    assert result.walls.startswith("no namespaces")
    assert result.cells[0].status == "ok"
    assert os.listdir(tmp_path) == []


def test_without_namespaces_signals_stay_inside(open_worker):
    source = attempt(f"os.kill({os.getpid()}, 0)")
    assert printed(open_worker, source) == "PermissionError"


def test_a_host_that_forbids_namespaces_is_refused_with_the_reason(worker, monkeypatch):
    fork = WarmParent.fork
    # A scratch of a negative size cannot be mounted: it stands for any failure.
    with Worker("required") as strict, pytest.raises(WallsMissing, match="unsafe"):
        monkeypatch.setattr(
            WarmParent,
            "fork",
            lambda self, limits, namespaces: fork(
                self, Limits(scratch_bytes=-1), namespaces=namespaces
            ),
        )
        strict.run([Cell("1")], {})
