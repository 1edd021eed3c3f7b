"""A class graded on a cluster: the same grades, whatever becomes of its workers."""

import contextlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from conftest import course_environment
from process_tree import descendants
from small_course import ANSWERS, NAME, skip_without_walls
from test_batch import CRASHING, HALF, put, scores, start_command

from course_lib.settings import ROOT
from grader import __main__ as command_line
from grader import cluster, crew, errands
from grader.batch import autograde
from grader.cluster import Cluster
from grader.errors import ClusterGone, ClusterRefused
from grader.fingerprint import environment
from grader.gradebook import Book
from grader.handed_in import HandedIn
from grader.secret import course_secret
from grader.worker import WallsMissing

pytest.importorskip("distributed", reason="requirements-cluster.txt is not installed")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        sys.platform != "linux", reason="grades behind walls: run it on Linux"
    ),
]
SLOW = {**ANSWERS, "center": "import time\ntime.sleep(2)\n" + ANSWERS["center"]}
POISON = """
import os
from grader import errands, worker


def spoilt(lesson, content, *, file, grade=errands.grade, **rest):
    if file == "deadly.ipynb":
        os._exit(9)
    if file == "odd.ipynb":
        raise KeyError("seven")
    if file == "open.ipynb":
        raise worker.WallsMissing("no namespaces here")
    return grade(lesson, content, file=file, **rest)


errands.grade = spoilt
"""


class Machines:
    """A scheduler and workers, each a process of its own, as on several machines."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        file = folder / "scheduler.json"
        one_death = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
        here = "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)
        self.scheduler = self.start("scheduler", *here, **one_death)
        wait_for(file.exists)
        self.address = json.loads(file.read_text())["address"]

    def start(self, *command, **environment):
        """Start a program of Dask's; return its process."""
        environment = {"PYTHONPATH": str(ROOT), **environment}
        with open(self.folder / "said.txt", "a") as said:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "dask", *command, "--no-dashboard"],
                env=course_environment(self.folder, **environment),
                cwd=self.folder,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def hire(self, *options, nanny=False, **environment):
        """Start a worker; return its process once it is known to the scheduler."""
        before = self.said().count("Register worker")
        options = ("--nthreads", "1", *options, *([] if nanny else ["--no-nanny"]))
        where = "--local-directory", str(self.folder)
        worker = self.start("worker", self.address, *where, *options, **environment)
        wait_for(lambda: self.said().count("Register worker") > before)
        return worker

    def said(self):
        """Return all that the programs wrote."""
        return (self.folder / "said.txt").read_text()

    def close(self):
        """End them all."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def machines(tmp_path):
    skip_without_walls()
    folder = tmp_path / "machines"
    folder.mkdir()
    machines = Machines(folder)
    yield machines
    machines.close()


def wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)


def grade(settings, address, **options):
    options = {"tell": lambda line: None} | options
    return autograde(NAME, settings, scheduler=address, **options)


def grades_of(settings):
    """Return all that a run left: scores, fingerprints, graded notebooks."""
    with Book(settings.gradebook_url, settings.course_id) as book:
        done = book.done(NAME)
    notebooks = {}
    for file in settings.autograded.glob("*/*/*.ipynb"):
        notebook = json.loads(file.read_text())
        notebook["metadata"]["course"]["report"]["seconds"] = 0.0
        notebooks[file.parent.parent.name] = notebook
    return scores(settings), done, notebooks


def after_the_first(act):
    """Return progress that does something once, when the first result is there."""

    @contextlib.contextmanager
    def progress(_total):
        done = []

        def advance(learner):
            done.append(learner)
            if len(done) == 1:
                act()

        yield advance

    return progress


def put_class(settings):
    """Hand in what a class does, some of it broken; return the learners."""
    put(settings, "crash", {**ANSWERS, "mse": CRASHING})
    put(settings, "broken", data=b'{"cells": [')
    (put(settings, "more").parent / "numpy.py").write_text("raise SystemExit")
    for n in range(7):
        put(settings, f"learner{n}", HALF if n % 2 else ANSWERS)
    return ["broken", "crash", *(f"learner{n}" for n in range(7)), "more"]


def test_a_worker_killed_in_the_middle_costs_nobody_a_grade(settings, machines, worker):
    learners = put_class(settings)
    autograde(NAME, settings, workers=2, worker=worker)
    expected = grades_of(settings)
    assert sorted(expected[0]) == learners
    shutil.rmtree(settings.autograded)
    killed, _ = machines.hire(), machines.hire()
    family = []

    def kill():
        wait_for(lambda: descendants(killed.pid))
        family.extend(descendants(killed.pid))
        killed.kill()

    summary = grade(settings, machines.address, progress=after_the_first(kill))
    assert sorted(summary.graded) == learners and killed.wait() == -signal.SIGKILL
    assert sorted(summary.shortfalls) == ["broken", "crash"]
    assert grades_of(settings) == expected
    assert family  # the warm parent, and what it had forked
    wait_for(lambda: not [pid for pid in family if os.path.exists(f"/proc/{pid}")])
    said = machines.said()
    assert "Compute Failed" not in said and course_secret(settings).decode() not in said
    assert not [name for name in learners if name in said]
    assert sorted(grade(settings, machines.address).unchanged) == learners


def test_a_local_cluster_grades_a_few_at_a_time_and_restarts_what_dies(settings):
    from distributed import LocalCluster

    skip_without_walls()
    jobs = [job_of(settings, f"learner{n}") for n in range(12)]
    taken, most, points = 0, 0, []

    def counted():
        nonlocal taken
        for job in jobs:
            taken += 1
            yield job

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        LocalCluster(**options) as local,
        Cluster(local.scheduler_address, settings) as c,
    ):
        for _, report, trouble in c.work(counted()):
            assert not trouble
            points.append(report.score)
            most = max(most, taken - len(points))
            if len(points) == 1:
                os.kill(next(iter(local.workers.values())).pid, signal.SIGKILL)
    assert points == [7.0] * 12
    assert most <= 2 * cluster.WAITING_EACH


def job_of(settings, learner, file=None, answers=ANSWERS):
    path = put(settings, learner, answers)
    file = file or path.name
    return crew.Job(HandedIn(learner, NAME, file, path.read_bytes(), "2026-03-01"))


def test_a_submission_that_kills_its_workers_costs_its_own_grade_alone(
    settings, machines
):
    preload = machines.folder / "poison.py"
    preload.write_text(POISON)
    for _ in range(2):
        machines.hire("--preload", str(preload), nanny=True)
    jobs = [job_of(settings, "ada"), job_of(settings, "eve", "deadly.ipynb")]
    jobs += [job_of(settings, "odd", "odd.ipynb"), job_of(settings, "emmy")]
    with Cluster(machines.address, settings) as grading:
        came = {
            job.handed_in.learner: report.score if report else trouble
            for job, report, trouble in grading.work(jobs)
        }
    assert came.pop("eve") == "With nothing else to do, its worker died 2 times."
    assert came == {"ada": 7.0, "emmy": 7.0, "odd": "KeyError: 'seven'"}
    with (
        Cluster(machines.address, settings) as grading,
        pytest.raises(WallsMissing, match="no namespaces here"),  # on one machine
    ):
        list(grading.work([job_of(settings, "ada", "open.ipynb")]))


def test_workers_that_would_grade_differently_are_refused_before_anything_is(
    settings, machines, monkeypatch, capsys
):
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    put(settings, "ada")
    with open(settings.root / "grader" / "judge.py", "a") as stream:
        stream.write("# changed")
    machines.hire(PYTHONPATH=str(settings.root))
    assert command_line.main(["autograde", "1", "--scheduler", machines.address]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: The worker tcp://127.0.0.1:")
    assert "it has grader" in said and "requirements.txt" in said
    assert not settings.autograded.exists()
    bare = machines.folder / "bare"
    bare.mkdir()
    (bare / "grader.py").write_text("")
    machines.processes[-1].kill()
    machines.hire(PYTHONPATH=str(bare))
    with pytest.raises(ClusterRefused, match="cannot load the grader: "):
        grade(settings, machines.address)


def test_the_scheduler_gone_in_the_middle_is_said_and_the_rest_is_graded_later(
    settings, machines, worker, monkeypatch
):
    learners = put_class(settings)
    machines.hire()
    gone = after_the_first(machines.scheduler.kill)
    with pytest.raises(ClusterGone, match="only the rest is graded"):
        grade(settings, machines.address, progress=gone)
    summary = autograde(NAME, settings, workers=1, worker=worker)
    assert sorted(summary.graded + summary.unchanged) == learners
    assert summary.unchanged


def test_stopped_by_hand_nothing_waits_on_the_cluster_any_more(settings, machines):
    for n in range(6):
        put(settings, f"learner{n}", SLOW)
    machines.hire()
    process = start_command(settings.root, "--scheduler", machines.address)
    pages = settings.feedback.rglob
    wait_for(lambda: len([*pages("*.html")]) > 1 or process.poll())  # one is recorded
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and said.endswith("error: stopped.\n"), said
    from distributed import Client

    with Client(machines.address, set_as_default=False) as client:
        wait_for(lambda: not any(client.processing().values()))
    summary = grade(settings, machines.address)
    assert summary.unchanged and len(summary.graded + summary.unchanged) == 6


def test_an_errand_says_nothing_of_itself_in_a_log(settings):
    job = job_of(settings, "ada")
    course = errands.course_of(NAME, settings, "required")
    errand = errands.errand_of(job.handed_in, b"the key")
    for shown in (repr(course), repr(errand), repr(errands.Outcome(b"graded"))):
        assert "def " not in shown and "key" not in shown and "graded" not in shown
    assert "ada" not in repr(pickle.dumps(errand))


def test_a_worker_that_came_later_and_differs_refuses_its_first_errand(settings):
    course = errands.course_of(NAME, settings, "required")
    theirs = replace(course, programs=tuple({**environment(), "numpy": "0.1"}.items()))
    outcome = errands.assess(theirs, errands.Errand(b"", "", b""))
    assert "expected numpy 0.1" in outcome.refused and not outcome.graded


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "10.0.0"])
def test_an_address_where_no_scheduler_is_exits_2(
    settings, monkeypatch, capsys, address
):
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    put(settings, "ada")
    assert command_line.main(["autograde", "1", "--scheduler", address]) == 2
    said = capsys.readouterr().err
    assert f"no Dask scheduler at '{address}'" in said and "tcp://10.0.0.5" in said


def test_a_cluster_without_workers_is_refused(settings, machines, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS_SECONDS", 0.5)
    with pytest.raises(ClusterRefused, match="dask worker tcp://127.0.0.1:"):
        grade(settings, machines.address)


def test_without_dask_the_command_says_how_to_get_it(settings, monkeypatch, capsys):
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert command_line.main(["autograde", "1", "--scheduler", "tcp://x:1"]) == 2
    assert "pip install -r requirements-cluster.txt" in capsys.readouterr().err


def test_cores_and_a_cluster_at_once_are_refused(settings, monkeypatch, capsys):
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    both = ["autograde", "1", "--workers", "2", "--scheduler", "tcp://x:1"]
    assert command_line.main(both) == 2
    assert "Give one of them" in capsys.readouterr().err
