"""Which walls around a submission hold more, and cost less: measured in one run.

    python benchmarks/walls.py [--rounds 20] [--json]

Ways, in turn, round by round, each running the same cell:

- ``no walls``: a fork of a warm process, and nothing else: the floor;
- ``entered by the fork``: the course's own worker, all its walls;
- ``bubblewrap around the warm process``: one sandbox, in which every submission is a
  fork of the same warm process;
- ``bubblewrap around each submission``: one sandbox each, which imports all anew.

Then the two in the middle are attacked. Linux only; needs bubblewrap
(apt-get install bubblewrap).
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CELL = "import numpy as np\nprint(np.arange(3).sum())"
SCRATCH_BYTES = 64 << 20
_THROUGH = "\n    print('through')\nexcept (OSError, MemoryError): pass"


def trying(statement):
    """Return a cell that prints "through" when a statement raises nothing."""
    return f"import os, socket\ntry:\n    {statement}{_THROUGH}"


# What a submission tries, or two in a row: the second says what the first left.
ATTACKS = {
    "read the solutions": [trying(f"os.listdir({str(ROOT / 'solutions')!r})")],
    "write into the library": [
        trying(f"open({str(ROOT / 'course_lib' / 'evil.py')!r}, 'w')")
    ],
    "use the network": [
        trying("socket.create_connection(('127.0.0.1', PORT), timeout=0.3)")
    ],
    "start a program": [
        trying("__import__('subprocess').run(['/bin/true'], check=True)"),
    ],
    "start a process": [trying("os.fork() or os._exit(0)")],
    "use 4 GB": [
        trying("m = [__import__('mmap').mmap(-1, 1 << 30) for _ in range(4)]")
    ],
    "write 100 MB": [
        trying("[open(f'f{k}', 'wb').write(bytes(1 << 22)) for k in range(25)]")
    ],
    "leave a file for the next": [
        "open('left', 'w').close(); open('/tmp/left', 'w').close()",
        trying("os.stat('/tmp/left') if not os.path.exists('left') else 0"),
    ],
    "leave a process for the next": [
        "import os, time\ntry: child = os.fork()\nexcept OSError: child = 1\n"
        "if child == 0:\n    os.closerange(0, 99); time.sleep(5); os._exit(0)",
        "import os\nif sum(n.isdigit() for n in os.listdir('/proc')) > 3: "
        "print('through')",
    ],
    "see the others' processes": [
        "import os\nif sum(n.isdigit() for n in os.listdir('/proc')) > 1: "
        "print('through')"
    ],
    "kill the warm process": [
        "import os, signal\ntry: os.getppid() and os.kill(os.getppid(), 9)\n"
        "except OSError: pass",
        None,  # whether anybody answers
    ],
}


class Served:
    """A warm process, bare or in bubblewrap, that forks for each submission."""

    def __init__(self, *launcher):
        self.launcher = launcher
        self.process = None

    def __enter__(self):
        environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {"OMP_NUM_THREADS": "1", "MPLCONFIGDIR": "/tmp"}
        self.process = subprocess.Popen(
            [*self.launcher, sys.executable, "-s", "-P", __file__, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/tmp",
            env=environment,
        )
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{self.launcher[:1]} did not start a warm process")
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):  # it may be gone
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()

    def run(self, source):
        """Return what a cell printed; None if nobody answers."""
        try:
            self.process.stdin.write(json.dumps(source) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except OSError:
            return None
        # Whoever forks in the sandbox may have answered twice.
        return json.JSONDecoder().raw_decode(answer)[0] if answer else None


class Once:
    """Bubblewrap around each submission."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, source):
        with Served(*bubblewrap()) as served:
            return served.run(source)


class Own:
    """The course's worker: each fork enters its walls by itself."""

    def __enter__(self):
        from grader.worker import Worker

        self.worker = Worker("required")
        self.worker.start()
        return self

    def __exit__(self, *_):
        self.worker.close()

    def run(self, source):
        from grader.worker import Cell

        (cell,) = self.worker.run([Cell(source)], {}).cells
        return "".join(o["text"] for o in cell.outputs if o.get("name") == "stdout")


def bubblewrap():
    """Return the command that starts a program in a sandbox like the course's own."""
    from grader.walls import visible_paths

    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    for path in (*visible_paths(), str(ROOT / "grader"), __file__):
        command += ["--ro-bind", path, path]
    for path in ("/usr/bin", "/bin", os.path.realpath(sys.executable), sys.executable):
        command += ["--ro-bind-try", path, path]
    pyvenv = Path(sys.prefix) / "pyvenv.cfg"
    if pyvenv.exists():
        command += ["--ro-bind", str(pyvenv), str(pyvenv)]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/scratch", "/tmp"):
        command += ["--size", str(SCRATCH_BYTES), "--tmpfs", place]
    return [*command, "--chdir", "/scratch"]


def serve():
    """Be the warm process: a line of JSON in, a fork, a line of JSON out."""
    from grader import shell
    from grader.capture import Recorder

    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    shell.prepare()
    print("ready", file=replies, flush=True)
    for line in requests:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            recorder = Recorder(1 << 20)
            shell._shell.record_with(recorder)
            sys.stdout = shell.Stream(recorder, "stdout", 1)
            recorder.begin(0)
            shell._shell.run(json.loads(line))
            outputs, _ = recorder.finish()
            shown = "".join(o["text"] for o in outputs if o.get("name") == "stdout")
            os.write(theirs, json.dumps(shown).encode())
            os._exit(0)
        os.close(theirs)
        with os.fdopen(ours) as answer:
            text = answer.readline()
        os.waitpid(child, 0)
        print(text or '""', file=replies, flush=True)


def ways():
    """Return every way by its name."""
    return {
        "no walls": Served(),
        "entered by the fork": Own(),
        "bubblewrap around the warm process": Served(*bubblewrap()),
        "bubblewrap around each submission": Once(),
    }


def measure(rounds):
    """Return for each way the median wall time of a submission, in seconds."""
    times = {name: [] for name in ways()}
    with contextlib.ExitStack() as stack:
        opened = {name: stack.enter_context(way) for name, way in ways().items()}
        for way in opened.values():
            way.run(CELL)
        for _ in range(rounds):
            for name, way in opened.items():
                start = time.perf_counter()
                assert way.run(CELL) == "3\n"
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def attack():
    """Return for each attack the ways through which it came."""
    import socket

    attacked = list(ways().items())[1:3]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = str(server.getsockname()[1])
        opened = {name: stack.enter_context(way) for name, way in attacked}
        return {
            tried: [n for n, way in opened.items() if _comes_through(way, cells, port)]
            for tried, cells in ATTACKS.items()
        }


def _comes_through(way, cells, port):
    for cell in cells:
        if cell is None:
            return way.run(CELL) is None
        answer = way.run(cell.replace("PORT", port))
    return "through" in (answer or "")


def main():
    """Measure, attack, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve()
    if not shutil.which("bwrap"):
        sys.exit("error: bubblewrap is missing. apt-get install bubblewrap")
    times, came = measure(options.rounds), attack()
    if options.json:
        return print(json.dumps({"times": times, "came_through": came}, indent=1))
    floor = times["no walls"]
    print(f"{'a submission of one line':38}     ms   times the floor")
    for name, seconds in times.items():
        print(f"{name:38} {1e3 * seconds:6.1f}  {seconds / floor:7.1f}")
    names = list(times)[1:3]
    print("\n" + f"{'what came through':30}" + "   ".join(names))
    for tried, by in came.items():
        marks = (
            ("came through" if n in by else "held").ljust(len(n) + 3) for n in names
        )
        print(f"{tried:30}" + "".join(marks))
    return None


if __name__ == "__main__":
    main()
