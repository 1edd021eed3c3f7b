"""Grade the same submissions with plain nbgrader and with this course, in turn.

    python benchmarks/grading.py --long 1000        all of README.md's table
    python benchmarks/grading.py                    without the long run for memory

Plain nbgrader runs as its users have it: its own executor, a kernel a notebook, hidden
tests in the notebook. Ours runs as ``python -m grader autograde`` with its full walls.
Both have their start-up counted. Below both lies the floor: the same cells, run in a
process that has imported everything, without walls, checks, files or a gradebook.
"""

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from classes import (  # noqa: E402
    environment,
    nbgrader_course,
    our_course,
    submissions,
)

from grader.answers import read_answers  # noqa: E402
from grader.matching import graded_id  # noqa: E402
from grader.prepared import prepare  # noqa: E402


class Memory(threading.Thread):
    """Looks twice a second at what a process and all it started hold together."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.over = pid, [0], threading.Event()

    def run(self):
        """Look until it is over; called by `start`."""
        while not self.over.wait(0.5):
            self.seen.append(sum(map(_held, _family(self.pid))))


def _family(pid):
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(each for child in children for each in _family(child))]
    return []


def _held(pid):
    """Return a process's proportional share of memory, in bytes."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return 0


def measure(command, root, environment):
    """Run a command; return seconds, processor seconds, and memory seen, in bytes."""
    started = time.perf_counter()
    with open(root / "log.txt", "w") as log:
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=log, stderr=log
        )
        memory = Memory(process.pid)
        memory.start()
        _, _, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    memory.over.set()
    return seconds, used.ru_utime + used.ru_stime, memory.seen


def start_up(command, root, environment):
    """Return the seconds of a run that finds everybody graded."""
    started = time.perf_counter()
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def one_alone(lesson, notebook, rounds=5):
    """Return the seconds until one learner's report is there, by a warm worker."""
    from grader.grade import grade, shared_worker

    shared_worker().start()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        grade(lesson, notebook.encode(), learner="ada", secret=b"s").as_html()
        took.append(time.perf_counter() - started)
    return sorted(took)[rounds // 2]


def floor(lesson, workers, count=18):
    """Return the processor seconds that the bare cells take, on average.

    As many run at once as in the measurement: two threads of one core are slower each.
    """
    from grader import shell

    if shell._shell is None:
        shell.prepare()
    notebooks = submissions(lesson, count)
    reader, writer = os.pipe()
    for _ in range(workers):
        if os.fork() == 0:
            os.write(writer, f"{_bare(lesson, notebooks)}\n".encode())
            os._exit(0)
    for _ in range(workers):
        os.wait()
    os.close(writer)
    with open(reader) as stream:
        return sum(map(float, stream)) / workers / len(notebooks)


def _bare(lesson, notebooks):
    """Return the processor seconds of running notebooks' cells, each in a fork."""
    from grader import shell
    from grader.capture import Recorder

    total, released = 0.0, prepare(lesson).notebook
    for notebook in notebooks:
        answers = read_answers(released, notebook.encode(), lesson)
        cells = [c for c in answers.notebook["cells"] if c["cell_type"] == "code"]
        reader, writer = os.pipe()
        if os.fork() == 0:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                Path("checks.npz").write_bytes(prepare(lesson).checks_file)
                recorder = Recorder(2 << 20)
                sys.stdout = sys.stderr = io.StringIO()
                shell._shell.record_with(recorder)
                before = time.process_time()
                for cell in cells:
                    if not graded_id(cell, "grade"):
                        recorder.begin(0)
                        shell._shell.run(cell["source"])
                        recorder.finish()
                os.write(writer, str(time.process_time() - before).encode())
            os._exit(0)
        os.wait()
        os.close(writer)
        total += float(os.read(reader, 100))
        os.close(reader)
    return total


def report(name, count, seconds, processor, seen, graded):
    """Print one way's row; return its submissions a minute."""
    rate = 60 * count / seconds
    quarter = max(1, len(seen) // 4)
    early, late = max(seen[:quarter]), max(seen[-quarter:])
    print(
        f"{name:9} {count:5} in {seconds:7.1f} s  {rate:7.1f} a minute  "
        f"{processor / count:6.3f} CPU s each  {max(seen) / 2**20:6.0f} MB at most "
        f"({early / 2**20:.0f} in the first quarter, {late / 2**20:.0f} in the last)  "
        f"{graded} graded"
    )
    return rate


def grade_class(name, lesson, count, workers):
    """Have a class graded, print its row; return the rate and the processor seconds."""
    with tempfile.TemporaryDirectory(prefix="grading-") as folder:
        root, notebooks = Path(folder), submissions(lesson, count)
        if name == "nbgrader":
            command = nbgrader_course(root, lesson, notebooks)
            found, python = root / "autograded", ROOT
        else:
            command = our_course(root, lesson, notebooks, workers)
            found, python = root / "class" / "autograded", root
        seconds, processor, seen = measure(command, root, environment(python))
        graded = len(list(found.glob("*/*/*.ipynb")))
        rate = report(name, count, seconds, processor, seen, graded)
        if name == "ours":
            again = start_up(command, root, environment(python))
            print(f"start-up: a run that finds all {count} graded takes {again:.2f} s")
    return rate, processor


def above_the_floor(lesson, count, workers):
    """Have a class graded by ours; return the rate, and CPU seconds above the floor.

    The floor is measured before and after: it moves by a quarter from hour to hour.
    """
    below = [floor(lesson, workers)]
    rate, processor = grade_class("ours", lesson, count, workers)
    below.append(floor(lesson, workers))
    above = processor / count - sum(below) / 2
    print("floor     {:.3f} CPU s each before, {:.3f} after".format(*below), end="")
    print(f"; ours is {above:.3f} s above it")
    return rate, above


def main():
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--lesson", default="01_loss")
    options.add_argument("--nbgrader", type=int, default=20, help="how many it grades")
    options.add_argument("--ours", type=int, default=200, help="how many ours grades")
    options.add_argument("--long", type=int, default=0, help="a run for its memory")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--rounds", type=int, default=1)
    given = options.parse_args()
    print(f"{given.lesson}, {given.workers} workers, {os.cpu_count()} cores")
    rates, above = {}, []
    for _ in range(given.rounds):
        for name, count in (("nbgrader", given.nbgrader), ("ours", given.ours)):
            if not count:
                continue
            if name == "nbgrader":
                rate, _ = grade_class(name, given.lesson, count, given.workers)
            else:
                rate, more = above_the_floor(given.lesson, count, given.workers)
                above.append(more)
            rates.setdefault(name, []).append(rate)
    if above:
        print(f"above the floor, in the middle: {sorted(above)[len(above) // 2]:.3f} s")
    alone = one_alone(given.lesson, submissions(given.lesson, 1)[0])
    print(f"one learner's own submission, warm: {alone:.2f} s")
    if given.long:
        grade_class("ours", given.lesson, given.long, given.workers)
    if len(rates) == 2:
        best = {name: sorted(each)[len(each) // 2] for name, each in rates.items()}
        print(f"ratio     {best['ours'] / best['nbgrader']:.1f}")


if __name__ == "__main__":
    main()
