"""Stealing and destroying: reaching for what belongs to others, and for the grader."""

import os
import socket
from dataclasses import replace

import pytest
from attack_lab import LIMITS, Attack, beside, breaking, every
from small_course import NAME, answered, as_bytes, cell_of

from course_lib.settings import ROOT
from grader.plain_files import copy_plain_files, read_plain_file

REPORT = """
got = []
def attempt(action):
    try: got.append(action())
    except (OSError, ImportError, ValueError, RuntimeError): pass
import ctypes, os, signal, socket, subprocess, sys
"""
TELL = "\nprint('GOT', got)\nassert not got, got\n"


def trying(tries, *actions, **options):
    """Return an attack that reports each action that went through."""
    lines = "".join(f"attempt(lambda: {action})\n" for action in actions)
    return beside(tries, REPORT + lines + TELL, **options)


def opening(tries, *paths):
    """Return an attack that reads files, and lists folders."""
    return trying(
        tries,
        *(f"open({str(path)!r}).read()" for path in paths),
        *(f"os.listdir({str(path)!r})" for path in paths),
    )


ATTACKS = {
    # --- reading
    "the solutions": opening(
        "read the course's solutions and checks",
        ROOT / "solutions",
        ROOT / "solutions" / "04_layers" / "checks.py",
        ROOT / "solutions" / "04_layers" / "04_layers.py",
    ),
    "the class": opening(
        "read the gradebook, the secret, and what others handed in",
        ROOT / "class",
        ROOT / "class" / "secret",
        ROOT / "class" / "gradebook.db",
        ROOT / "class" / "submitted",
        "CANARY",
        "CANARY/grades.csv",
    ),
    "the machine": opening(
        "read what the machine knows of its users",
        "/etc/passwd",
        "/etc/shadow",
        "/root",
        "/home",
        "/var",
        "/run",
        "/proc/1/environ" if os.getuid() else "/proc/2/environ",
        "/sys",
        "/dev/mem",
    ),
    "the environment": beside(
        "find the grader's environment",
        "import os\nseen = dict(os.environ)\n"
        "for place in ('/proc/self/environ', '/proc/1/environ'):\n"
        "    try: seen[place] = open(place).read()\n    except OSError: pass\n"
        "assert 'LAB_TOKEN' not in str(seen)",
    ),
    "other processes": beside(
        "see what else runs on this machine",
        "import os\npids = [n for n in os.listdir('/proc') if n.isdigit()]\n"
        "assert len(pids) <= 1, pids",
    ),
    "links out of the scratch": trying(
        "reach other files through links",
        "(os.symlink('CANARY', 'way'), os.listdir('way'))",
        "(os.symlink('/proc/1/root', 'root'), os.listdir('root/etc'))",
        "os.link('/etc/localtime', 'clock')",
        "os.open('/proc/self/cwd/../CANARY', os.O_RDONLY)",
    ),
    "files left open": trying(
        "go through the file descriptors that the grader forgot",
        *(f"os.listdir(os.open('..', os.O_RDONLY, dir_fd={fd}))" for fd in range(3, 9)),
    ),
    # --- writing
    "the canary": trying(
        "change a grade in a file that anybody may write",
        "open('CANARY/grades.csv', 'w').write('eve,100')",
        "open('CANARY/new', 'w')",
        "os.remove('CANARY/grades.csv')",
        "os.rename('CANARY', 'CANARY.old')",
        "os.chmod('CANARY', 0)",
    ),
    "the library": trying(
        "change the library for whoever comes next",
        f"open({str(ROOT / 'course_lib' / 'checks.py')!r}, 'a')",
        "open(os.__file__, 'a')",
        "open(__import__('numpy').__file__, 'a')",
        "os.makedirs(os.path.dirname(os.__file__) + '/__pycache__/evil')",
        "open('/usr/lib/evil', 'w')",
    ),
    "devices and pipes": trying(
        "make devices, pipes and sockets",
        "os.mkfifo('pipe')",
        "os.mknod('disk', 0o60600, os.makedev(8, 0))",
        "socket.socket(socket.AF_UNIX).bind('sock')",
        "open('/dev/sda', 'rb')",
        "open('/dev/kmsg', 'w')",
    ),
    "filling the disk": beside(
        "fill the disk in large files and in small",
        "try:\n    for k in range(99):\n"
        "        with open(f'f{k}', 'wb') as file: file.write(bytes(1 << 22))\n"
        "except OSError as error: print(error)\n"
        "try:\n    for k in range(99_999): open(f's{k}', 'w').close()\n"
        "except OSError as error: print(error)",
    ),
    "a deep folder": beside(
        "make a folder too deep to be removed",
        "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n"
        "os.chmod('.', 0)",
    ),
    # --- reaching
    "sockets and names": trying(
        "tell the world",
        "socket.create_connection(('127.0.0.1', LAB_PORT), 0.3)",
        "socket.getaddrinfo('example.org', 80)[0] and None or 1 / 1",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('1.1.1.1', 53))",
        "socket.socket(socket.AF_UNIX).bind('\\0lab')",
        "socket.create_server(('127.0.0.1', 0))",
        "__import__('urllib.request').request.urlopen('http://127.0.0.1:LAB_PORT')",
    ),
    "signals": beside(
        "kill the grader, its guard, and everything else",
        "import os, signal\nfor pid in (-1, 1, os.getppid(), 2, 3):\n"
        "    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):\n"
        "        try: pid in (0, os.getpid()) or os.kill(pid, number)\n"
        "        except OSError: pass",
    ),
    "tracing": beside(
        "trace the parent and write into its memory",
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
        "for pid in (1, os.getppid()):\n"
        "    assert libc.ptrace(16, pid, 0, 0) != 0\n"
        "    assert libc.syscall(311, pid, 0, 0, 0, 0, 0) != 0\n"
        "    assert libc.syscall(434, pid, 0) < 0 or libc.syscall(438, 3, 0, 0) < 0",
    ),
    "new namespaces": beside(
        "become root in namespaces of its own, and mount",
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "assert libc.unshare(0x10000000) != 0\n"
        "assert libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0\n"
        "assert libc.chroot(b'/scratch') != 0 and libc.setuid(0) != 0",
    ),
    # --- staying
    "programs": trying(
        "start other programs",
        "subprocess.run([sys.executable, '-c', '1'])",
        "subprocess.run(['/bin/sh', '-c', 'sleep 99 &'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "os.system('true') == 0 or open('/nowhere')",
        "os.popen('ls').read() or open('/nowhere')",
    ),
    "a daemon": trying(
        "leave a process behind that rewrites grades later",
        "os.fork() or os._exit(0)",
        "os.setsid()",
        "__import__('multiprocessing').Process(target=print).start()",
        "__import__('pty').fork()",
    ),
    "threads that go on": beside(
        "leave threads behind that rewrite grades later",
        "import threading, time\ndef go_on():\n    while True:\n"
        "        try: open('CANARY/grades.csv', 'w').write('eve,100')\n"
        "        except OSError: time.sleep(0.01)\n"
        "for _ in range(4): threading.Thread(target=go_on).start()",
        limits=replace(LIMITS, cell_seconds=4.0, probe_seconds=4.0),
    ),
    "timers and limits": trying(
        "raise its own limits",
        "ctypes.CDLL(None).prctl(1, 0) and None or open('/nowhere')",
        "__import__('resource').setrlimit(7, (10**6, 10**6))",
        "__import__('resource').setrlimit(9, (-1, -1))",
        "os.nice(-5)",
        "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    ),
    # --- the next one
    "poisoned modules": beside(
        "change NumPy for the next submission",
        "import numpy as np, course_lib.probes, sys, linecache, re\n"
        "np.poisoned = True\nkeep = np.mean\n"
        "sys.modules['course_lib.layers'].linear_forward = None\n"
        "re._cache.clear(); linecache.cache['x'] = (1, None, ['evil'], 'x')",
    ),
    "poisoned caches": trying(
        "leave files where the next submission looks for fonts and code",
        "open('/tmp/sitecustomize.py', 'w').close() or open('/nowhere')",
        "open(__import__('matplotlib').get_cachedir() + '/fontlist-v390.json', 'w')"
        ".close() or open('/nowhere')",
        "open('/dev/shm/evil', 'w').close() or open('/nowhere')",
    ),
    "a module beside the notebook": beside(
        "shadow NumPy and the grader with modules of its own",
        "for name in ('numpy', 'course_lib', 'grader', 'json', 'ipykernel_launcher'):\n"
        "    open(name + '.py', 'w').write('raise SystemExit(\"shadowed\")')\n"
        "import importlib, json, sys\n"
        "for name in ('json', 'course_lib.probes'):\n"
        "    importlib.reload(sys.modules[name])",
    ),
    # --- cutting the wires
    "closing every file": breaking(
        "close the grader's channel",
        "import os\nos.closerange(3, 256)",
        "ended its whole process",
    ),
    "flooding the channel": breaking(
        "write on the grader's channel without end",
        "import os, stat\nfor fd in range(3, 64):\n"
        "    try: found = stat.S_ISSOCK(os.fstat(fd).st_mode)\n"
        "    except OSError: continue\n"
        "    while found: os.write(fd, bytes(1 << 16))",
        "ended its whole process",
        limits=replace(LIMITS, cell_seconds=4.0, message_bytes=1 << 20),
    ),
    "stopping itself": breaking(
        "stop its process, so that nobody answers",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass",
        "did not end",
    ),
}
QUICK = [
    "the solutions",
    "the class",
    "links out of the scratch",
    "the canary",
    "sockets and names",
    "signals",
    "programs",
    "a module beside the notebook",
    "closing every file",
]


@every(ATTACKS, QUICK)
def test_an_attack_gets_nothing_and_costs_nobody_else(lab, attack, monkeypatch):
    monkeypatch.setenv("LAB_TOKEN", "secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        # Each place is filled in here: a case is data that knows no machine.
        cell = attack.cell.replace("LAB_PORT", str(port))
        report = lab.must_fail(replace(attack, cell=cell))
        with pytest.raises(BlockingIOError):
            server.accept()
    outputs = str([cell.get("outputs") for cell in report.notebook["cells"]])
    assert "AssertionError" not in outputs, outputs
    assert ("'GOT'" in attack.cell) == ("GOT []" in outputs), outputs


def test_the_lab_sees_what_comes_through(lab):
    report, _ = lab.grade(lab.submission(trying("write", "open('mine', 'w')")))
    assert "AssertionError" in str(report.notebook)


# --- what lies in a submitted folder


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "handed_in"
    folder.mkdir()
    return folder


def copied(folder, tmp_path):
    left_out = copy_plain_files(folder, tmp_path / "copy", 1 << 20)
    return left_out, sorted(path.name for path in (tmp_path / "copy").rglob("*"))


def test_a_link_to_the_solution_is_not_a_submission(handed_in, tmp_path):
    solution = tmp_path / "solution.ipynb"
    solution.write_text("{}")
    (handed_in / f"{NAME}.ipynb").symlink_to(solution)
    assert copied(handed_in, tmp_path) == ([f"{NAME}.ipynb"], [])
    with pytest.raises(OSError, match="a link"):
        read_plain_file(handed_in / f"{NAME}.ipynb")


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to own a file as another")
def test_a_second_name_for_somebody_elses_file_is_left_out(handed_in, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("grades")
    os.chown(handed_in, 65534, 65534)
    os.link(secret, handed_in / "mine.db")
    assert copied(handed_in, tmp_path) == (["mine.db"], [])


def test_pipes_sockets_and_devices_are_left_out_without_waiting(handed_in, tmp_path):
    os.mkfifo(handed_in / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(handed_in / "sock"))
    left_out, kept = copied(handed_in, tmp_path)
    assert (sorted(left_out), kept) == (["pipe.ipynb", "sock"], [])
    for path in (handed_in / "pipe.ipynb", "/dev/zero"):
        with pytest.raises(OSError, match="neither"):
            read_plain_file(path)


def test_a_module_handed_in_beside_the_notebook_is_never_imported(lab, tmp_path):
    # Grading gets the notebook's bytes and no folder: nothing beside it exists.
    notebook = answered(lab.course)
    cell_of(notebook, "mse")["source"] += (
        "\nimport os\nassert sorted(os.listdir()) == ['.tmp', 'checks.npz'], "
        "os.listdir()"
    )
    lab.must_fail(Attack("find its own files", edit=lambda _: as_bytes(notebook),
                         earns=7.0))  # fmt: skip
