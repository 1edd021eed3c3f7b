"""Deadlines, extensions and penalties: from course.toml to the learner's page."""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from small_course import ANSWERS, NAME
from test_batch import put
from test_nbgrader import FORMGRADER_FILLS_IN
from test_watch import submit

from course_lib import hand_in as post
from course_lib.settings import load_settings
from course_lib.submission_messages import answer_message
from grader import arrival_time, crew, exchange
from grader.batch import autograde
from grader.handed_in import read_folder, read_time
from grader.lateness import NOTE
from grader.limits import Limits, limits_from
from grader.marking import fingerprint_of, mark
from grader.watch import Watcher

nbgrader_api = pytest.importorskip("nbgrader.api")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
)

POLICY = "[late]\nper_day = 0.1\nat_most = 0.5\ngrace_minutes = 5\n"
DUE = "2026-02-28T12:00:00Z"  # `put` hands in on 1 March at 12:00: a day late


def timed(settings, due=DUE, more="", policy=POLICY):
    """Return the settings with a deadline written into the course's file."""
    toml = settings.root / "course.toml"
    text, _, _ = toml.read_text("utf-8").partition("\n[deadlines]")
    due = f"{NAME} = {due}" if due else ""
    toml.write_text(f"{text}\n[deadlines]\n{due}\n{more}\n{policy}", "utf-8")
    return load_settings(settings.root)


def run(settings, worker, **options):
    options = {"workers": 1, "worker": worker, "tell": lambda line: None} | options
    return autograde(NAME, settings, **options)


def penalties(settings):
    """Return what nbgrader itself reads: penalty, score, lateness by learner."""
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        return {
            s.student.id: (s.late_submission_penalty, s.score, s.total_seconds_late)
            for s in book.assignment_submissions(NAME)
        }


def page(settings, learner):
    return (settings.feedback / learner / NAME / f"{NAME}.html").read_text("utf-8")


def test_a_day_late_costs_its_share_where_nbgrader_keeps_it(settings, worker):
    settings = timed(settings, more=f"[extensions.emmy]\n{NAME} = 1\n")
    put(settings, "ada")
    put(settings, "emmy")
    put(settings, "zoe", {})
    run(settings, worker)
    assert penalties(settings) == {
        "ada": (0.7, 7.0, 86400),
        "emmy": (0.0, 7.0, 0),
        "zoe": (0.0, 0.0, 86400),
    }
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        assert book.find_assignment(NAME).duedate == datetime(2026, 2, 28, 12)
        assert book.find_submission(NAME, "emmy").extension == timedelta(days=1)
    shown = page(settings, "ada")
    assert "6.3 <small>of 7 points" in shown and "1 day after the deadline" in shown
    assert "after the deadline" not in page(settings, "emmy")
    graded = settings.autograded / "ada" / NAME / f"{NAME}.ipynb"
    cells = json.loads(graded.read_text("utf-8"))["cells"]
    assert cells[0]["id"] == NOTE and "1 day after" in cells[0]["source"]


@pytest.mark.full
def test_a_changed_deadline_changes_penalties_and_grades_nothing(
    settings,
    worker,
    monkeypatch,
):
    settings = timed(settings)
    put(settings, "ada")
    run(settings, worker)

    def work(*_):
        raise AssertionError("nothing is to be graded")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(crew.Crew, "work", lambda self, jobs: iter([*jobs] and work()))
        settings = timed(settings, "2026-02-26T12:00:00Z")
        summary = run(settings, worker)
        assert (summary.settled, summary.unchanged) == (["ada"], ["ada"])
        assert penalties(settings)["ada"][0] == pytest.approx(2.1)
        assert "4.9 <small>" in page(settings, "ada")
        assert run(settings, worker).settled == []
        settings = timed(settings, more=f"[extensions.ada]\n{NAME} = 3\n")
        assert run(settings, worker).settled == ["ada"]
        assert penalties(settings)["ada"][0] == 0.0
        assert "Late." not in page(settings, "ada")
        settings = timed(settings)  # the extension is taken back
        run(settings, worker)
        assert penalties(settings)["ada"][0] == 0.7
        settings = timed(settings, due="")  # and the deadline
        run(settings, worker)
        assert penalties(settings)["ada"] == (0.0, 7.0, 0)
        assert "7 <small>" in page(settings, "ada")
        assert "Late." not in page(settings, "ada")


@pytest.mark.full
def test_an_extension_that_nbgrader_granted_stays_and_counts(settings, worker):
    settings = timed(settings)
    put(settings, "ada")
    run(settings, worker)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.grant_extension(NAME, "ada", days=2)
    assert run(settings, worker).settled == ["ada"]
    assert run(settings, worker, again=True).graded == ["ada"]
    assert penalties(settings)["ada"] == (0.0, 7.0, 0)
    assert "Late." not in page(settings, "ada")


@pytest.mark.full
def test_a_score_given_by_hand_is_what_the_share_is_taken_of(settings, worker):
    settings = timed(settings)
    put(settings, "ada")
    run(settings, worker)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.find_grade("line_backward_check", NAME, NAME, "ada").manual_score = 2.0
        book.db.commit()
    assert run(settings, worker).settled == ["ada"]
    assert penalties(settings)["ada"][:2] == (0.5, 5.0)
    assert "4.5 <small>" in page(settings, "ada")
    assert run(settings, worker, again=True).graded == ["ada"]
    assert "4.5 <small>" in page(settings, "ada")


@pytest.mark.full
def test_where_late_work_does_not_count_nothing_is_left(settings, worker):
    settings = timed(settings, policy='[late]\naccept = "no"\n')
    put(settings, "ada")
    run(settings, worker)
    assert penalties(settings)["ada"][:2] == (7.0, 7.0)
    assert "0 <small>" in page(settings, "ada")
    assert "so it does not count" in page(settings, "ada")


@pytest.mark.full
def test_the_answer_in_the_notebook_says_what_was_taken_off(settings, monkeypatch):
    settings = timed(settings, due="2020-01-01T00:00:00Z")
    receipt = submit(settings)
    told = []
    with Watcher(settings, told.append, "if possible") as watcher:
        watcher.look()
        while watcher._jobs:
            watcher._finish()
            time.sleep(0.02)
    answer = post.read_answer(receipt)
    assert answer["report"]["late"]["penalty"] == 3.5
    text = answer_message(receipt, answer, settings.lesson_notebook(NAME)).text
    assert "3.5 of 7 points" in text and "50 % of the score is taken off" in text
    assert penalties(settings)["ada"][:2] == (3.5, 7.0)
    # The deadline moves, and the answer follows.
    settings = timed(settings, due="2100-01-01T00:00:00Z")
    autograde(NAME, settings, workers=1, walls="if possible", tell=told.append)
    assert "late" not in post.read_answer(receipt)["report"]


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's
def test_nbgraders_own_button_takes_off_the_same(settings, monkeypatch):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    settings = timed(settings, more=f"[extensions.emmy]\n{NAME} = 1\n")
    monkeypatch.chdir(settings.root)
    put(settings, "ada")
    put(settings, "emmy")
    loader = PyFileConfigLoader("nbgrader_config.py", str(settings.root))
    config = loader.load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    result = api.autograde(NAME, "*")
    assert result["success"], result
    assert {who: row[0] for who, row in penalties(settings).items()} == {
        "ada": pytest.approx(0.7),
        "emmy": 0.0,
    }
    shown = {who: in_formgrader(settings, who, config) for who in ("ada", "emmy")}
    assert "1 day after the deadline" in shown["ada"]
    assert "after the deadline" not in shown["emmy"]
    assert api.generate_feedback(NAME, "ada")["success"]
    assert "6.3 <small>" in page(settings, "ada") and "Late." in page(settings, "ada")


def in_formgrader(settings, learner, config):
    """Return what Formgrader shows of a graded notebook."""
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader import handlers

    config = config.copy()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {**dict.fromkeys(FORMGRADER_FILLS_IN, ""), "index": 0, "total": 1}
    path = settings.autograded / learner / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    return HTMLExporter(config=config).from_notebook_node(notebook, resources)[0]


def test_a_learner_cannot_set_back_the_clock(settings, monkeypatch):
    monkeypatch.setattr(exchange, "_sender", lambda *_: exchange.THE_LEARNER)
    receipt = submit(settings)
    (receipt.folder / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")
    os.utime(receipt.folder, (0, 0))
    attempt = exchange.collect(receipt.folder, settings)
    now = datetime.now(UTC)
    assert abs(read_time(attempt.files) - now) < timedelta(minutes=10)
    assert "that counts" in attempt.notes[0]
    assert attempt.handed_in(10**6).timestamp.startswith(f"{now:%Y-%m}")


def test_a_time_that_clocks_agree_on_stays_as_it_is(settings, monkeypatch):
    monkeypatch.setattr(exchange, "_sender", lambda *_: exchange.THE_LEARNER)
    monkeypatch.setattr(arrival_time, "TOLERANCE", timedelta(days=1))
    receipt = submit(settings)
    attempt = exchange.collect(receipt.folder, settings)
    assert attempt.notes == []
    assert (attempt.files / "timestamp.txt").read_text() == receipt.timestamp


@pytest.mark.full
def test_limits_of_the_course_reach_the_submission(settings, worker):
    toml = settings.root / "course.toml"
    text = toml.read_text("utf-8")
    toml.write_text(text + "\n[limits]\ncell_seconds = 1\n", "utf-8")
    endless = "def mse(predictions, targets):\n    pass\nwhile True:\n    pass"
    put(settings, "ada", {**ANSWERS, "mse": endless})
    seen, run_all = [], worker.run

    class Seen:
        def run(self, cells, probes, limits, files):
            seen.append(limits)
            return run_all(cells, probes, limits, files)

    folder = settings.submitted / "ada" / NAME
    handed_in = read_folder(folder, "ada", NAME, 10**7)
    first = mark(handed_in, load_settings(settings.root), Seen())
    assert seen == [Limits(cell_seconds=1.0)]
    assert "did not end" in first.shortfall
    # With other limits the loop may end: the grade is to be made again.
    toml.write_text(text + "\n[limits]\ncell_seconds = 2\n", "utf-8")
    assert fingerprint_of(handed_in, load_settings(settings.root)) != first.fingerprint


def test_limits_are_given_in_the_units_of_people():
    given = {"memory_mb": 512, "submission_seconds": 300, "processes": 8.0}
    limits = limits_from(given)
    assert (limits.memory_bytes, limits.processes) == (512 << 20, 8)
    assert limits.submission_seconds == 300.0 and limits.cpu_seconds == 300
    assert limits_from({}) == Limits()


@pytest.mark.full
def test_the_page_keeps_the_answer_where_the_note_stands(settings, worker):
    settings = timed(settings)
    put(settings, "ada")
    run(settings, worker)
    assert page(settings, "ada").count("return np.mean((") <= 1
    assert "Cells you added" not in page(settings, "ada")
