"""What one submission costs a worker, the wire, the writer and the gradebook.

    python benchmarks/cluster.py                             gradebook in SQLite
    python benchmarks/cluster.py --gradebook postgresql://course@localhost/empty

A worker's side is measured in this process: `assess`, behind full walls, with all that
it starts. The writer's side is a whole `autograde` of a class whose graded notebooks
are there at once, as from a cluster that is never the bottleneck.
"""

import argparse
import os
import pickle
import resource
import sys
import tempfile
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from classes import hand_in, our_course, submissions  # noqa: E402
from grading import Memory  # noqa: E402

from course_lib.settings import load_settings  # noqa: E402
from grader import errands, teams  # noqa: E402
from grader.batch import autograde  # noqa: E402
from grader.cluster import Cluster, _Away  # noqa: E402
from grader.gradebook import Book, load_tables  # noqa: E402
from grader.handed_in import HandedIn  # noqa: E402
from grader.judge import learner_key  # noqa: E402
from grader.marking import made_from_of  # noqa: E402
from grader.prepared import prepare  # noqa: E402
from grader.secret import course_secret  # noqa: E402


class AtOnce(Cluster):
    """A cluster that has every answer already: what is left is the writer's work."""

    def __init__(self, outcomes, settings):
        self._settings, self._walls, self._address = settings, "required", "here"
        self._outcomes, self._done = outcomes, deque()

    def __exit__(self, *_):
        pass

    def _has_room(self):
        return not self._done

    def _is_idle(self):
        return not self._done

    def _give(self, job):
        settings, handed_in = self._settings, job.handed_in
        made_from = made_from_of(handed_in, settings)
        errands.course_of(handed_in.lesson, settings, "required")
        key = learner_key(course_secret(settings), handed_in.learner)
        pickle.dumps(errands.errand_of(handed_in, key))
        kind = int(handed_in.learner.removeprefix("learner")) % len(self._outcomes)
        self._done.append((_Away(job, made_from, time.monotonic()), kind))

    def _returns(self):
        away, kind = self._done.popleft()
        yield away.job, *self._take(kind, away)

    def _outcome(self, kind):
        return pickle.loads(self._outcomes[kind]), ""


def on_a_worker(lesson, settings, notebooks, rounds):
    """Grade each notebook some times; print what it takes, return the outcomes."""
    course = errands.course_of(lesson, settings, "required")
    key = learner_key(course_secret(settings), "ada")
    handed_in = [
        HandedIn("ada", lesson, f"{lesson}.ipynb", n.encode()) for n in notebooks
    ]
    sent = [errands.errand_of(each, key) for each in handed_in]
    errands.assess(course, sent[0])  # now it is warm
    memory = Memory(os.getpid())
    memory.start()
    warm = errands._worker("required")._parent._process.pid
    started, before = time.monotonic(), _processor() + _with_children(warm)
    for _ in range(rounds):
        outcomes = [errands.assess(course, errand) for errand in sent]
    used = _processor() + _with_children(warm) - before
    seconds = time.monotonic() - started
    memory.over.set()
    assert all(outcome.graded for outcome in outcomes), outcomes
    wire = [pickle.dumps(each) for each in outcomes]
    count = rounds * len(sent)
    print(f"worker    {used / count:.3f} CPU s, {seconds / count:.3f} s each ({count})")
    print(f"          {max(memory.seen) / 2**20:.0f} MB at most, without Dask")
    there = sum(len(pickle.dumps(each)) for each in sent) / len(sent) / 1e3
    back = sum(map(len, wire)) / len(wire) / 1e3
    print(f"wire      {there:.1f} kB there, {back:.1f} kB back each")
    print(
        f"          {len(pickle.dumps(course)) / 1e3:.0f} kB of lesson, once a worker"
    )
    return wire


def _processor():
    """Return this process's own processor seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _with_children(pid):
    """Return the processor seconds of a process and of its dead children so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def on_the_writer(lesson, settings, outcomes, count):
    """Run a whole `autograde` on ready outcomes, twice; print what it takes."""
    team = AtOnce(outcomes, settings)
    teams.cluster = lambda *_: team
    load_tables()  # start-up is not counted
    prepare(lesson, settings.solutions)
    for name in ("written", "unchanged"):
        started, before = time.monotonic(), _processor()
        summary = autograde(lesson, settings, scheduler="here")
        seconds, used = time.monotonic() - started, _processor() - before
        assert len(getattr(summary, name.replace("written", "graded"))) == count
        print(
            f"writer    {count} {name} in {seconds:.1f} s: {60 * count / seconds:.0f} "
            f"a minute, {1e3 * used / count:.1f} CPU ms each"
        )


def in_the_gradebook(url):
    """Return how many rows and bytes the gradebook has."""
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(url)
    with engine.connect() as connection:
        ask = lambda sql: connection.execute(text(sql)).scalar()  # noqa: E731
        rows = sum(
            ask(f"SELECT count(*) FROM {table}")
            for table in inspect(engine).get_table_names()
        )
        size = (
            ask("SELECT pg_database_size(current_database())")
            if engine.dialect.name == "postgresql"
            else ask(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            )
        )
    return rows, size


def on_disk(settings, count):
    """Print what the files of a submission take."""
    for name in ("submitted", "autograded", "feedback"):
        files = [f for f in getattr(settings, name).rglob("*") if f.is_file()]
        size = sum(file.stat().st_size for file in files)
        print(f"disk      {size / count / 1e3:.1f} kB {name} a submission")


def main():
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--lesson", default="01_loss")
    options.add_argument("--count", type=int, default=300, help="for the writer")
    options.add_argument("--rounds", type=int, default=3, help="of six, for a worker")
    options.add_argument("--gradebook", default="", help="an empty database's URL")
    given = options.parse_args()
    print(f"{given.lesson}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        root, kinds = Path(folder), submissions(given.lesson, 6)
        our_course(root, given.lesson, [], 1)
        settings = load_settings(root)
        url = given.gradebook or settings.gradebook_url
        settings = replace(settings, gradebook_url=url)
        outcomes = on_a_worker(given.lesson, settings, kinds, given.rounds)
        hand_in(
            settings.submitted, given.lesson, submissions(given.lesson, given.count)
        )
        with Book(url, settings.course_id):
            rows, size = in_the_gradebook(url)
        on_the_writer(given.lesson, settings, outcomes, given.count)
        more_rows, larger = in_the_gradebook(url)
        rows, kilobytes = (more_rows - rows), (larger - size) / 1e3
        print(
            f"gradebook {rows / given.count:.1f} rows, "
            f"{kilobytes / given.count:.1f} kB a submission"
        )
        on_disk(settings, given.count)


if __name__ == "__main__":
    sys.exit(main())
