"""A class graded at once: everybody gets a result, nobody's is stale or lost."""

import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from conftest import course_environment
from process_tree import children, descendants
from small_course import ANSWERS, NAME, answered, as_bytes, skip_without_walls
from test_watch import answer_to, submit, watching

from grader import __main__ as command_line
from grader import console, crew, exchange
from grader.batch import autograde
from grader.errors import GradebookClosed, NothingHandedIn
from grader.gradebook import Book
from grader.prepared import prepare

nbgrader_api = pytest.importorskip("nbgrader.api")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
)

SUMMED = "def mse(predictions, targets):\n    return np.sum(predictions - targets)"
CRASHING = "import os\ndef mse(predictions, targets):\n    os._exit(3)\nmse(0, 0)"
HALF = {**ANSWERS, "mse": SUMMED}


@pytest.fixture
def grade(settings, worker):
    """Return what grades the class of the test's own course."""

    def grade(**options):
        options = {"workers": 2, "worker": worker, "tell": lambda line: None} | options
        return autograde(NAME, settings, **options)

    return grade


def put(settings, learner, answers=ANSWERS, data=None):
    """Put a submission where nbgrader collects them; return its notebook's path."""
    folder = settings.submitted / learner / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if data is None:
        data = as_bytes(answered(prepare(NAME, settings.solutions).notebook, answers))
    (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    (folder / f"{NAME}.ipynb").write_bytes(data)
    return folder / f"{NAME}.ipynb"


def scores(settings):
    with Book(settings.gradebook_url, settings.course_id) as book:
        return book.scores(NAME)


def change_the_checks(settings, old="points=2,", new="points=3,"):
    checks = settings.solutions / NAME / "checks.py"
    text = checks.read_text()
    assert old in text
    checks.write_text(text.replace(old, new, 1))


def test_everybody_gets_grades_a_page_and_a_graded_notebook(settings, grade):
    put(settings, "ada")
    put(settings, "emmy", HALF)
    summary = grade()
    assert sorted(summary.graded) == ["ada", "emmy"] and not summary.shortfalls
    assert scores(settings) == {"ada": 7.0, "emmy": 5.0}
    for learner in ("ada", "emmy"):
        for step, kind in (("autograded", "ipynb"), ("feedback", "html")):
            folder = settings.class_folder / step / learner / NAME
            assert (folder / f"{NAME}.{kind}").stat().st_size > 1000
            assert (folder / "timestamp.txt").read_text().startswith("2026-03-01")
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        submission = book.find_submission(NAME, "emmy")
        assert submission.timestamp.isoformat() == "2026-03-01T12:00:00"
        assert submission.score == 5.0 and submission.max_score == 7.0


def test_what_is_graded_and_unchanged_is_skipped_and_said(settings, grade):
    for learner in ("ada", "emmy"):
        put(settings, learner)
    grade()
    page = settings.feedback / "ada" / NAME / f"{NAME}.html"
    written = page.stat().st_mtime_ns
    summary = grade()
    assert (summary.graded, summary.unchanged) == ([], ["ada", "emmy"])
    assert page.stat().st_mtime_ns == written
    assert sorted(grade(again=True).graded) == ["ada", "emmy"]


def test_a_changed_answer_leaves_no_stale_score(settings, grade):
    put(settings, "ada")
    put(settings, "emmy")
    grade()
    put(settings, "ada", {})
    summary = grade()
    assert (summary.graded, summary.unchanged) == (["ada"], ["emmy"])
    assert scores(settings) == {"ada": 0.0, "emmy": 7.0}


def test_changed_checks_grade_everybody_again(settings, grade):
    put(settings, "ada")
    put(settings, "emmy", HALF)
    grade()
    change_the_checks(settings)
    assert sorted(grade().graded) == ["ada", "emmy"]
    assert scores(settings) == {"ada": 8.0, "emmy": 5.0}


def test_what_people_wrote_survives_and_reaches_the_page(settings, grade):
    put(settings, "ada", HALF)
    grade()
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.find_grade("mse_check", NAME, NAME, "ada").manual_score = 1.5
        comment = book.find_comment("mse", NAME, NAME, "ada")
        comment.manual_comment = "Nearly."
        book.db.commit()
    change_the_checks(settings, "points=4,", "points=5,")
    grade()
    with Book(settings.gradebook_url, settings.course_id) as book:
        marks = book.marks(NAME, "ada")
    assert marks.manual == {"mse": 1.5} and marks.comments == {"mse": "Nearly."}
    assert scores(settings) == {"ada": 7.5}
    page = (settings.feedback / "ada" / NAME / f"{NAME}.html").read_text()
    assert "Nearly." in page


@pytest.mark.full
def test_whoever_has_no_full_result_is_named_with_the_reason(settings, grade):
    put(settings, "ada")
    put(settings, "broken", data=b'{"cells": [')
    put(settings, "empty", data=b"")
    put(settings, "without").unlink()
    put(settings, "crashing", {**ANSWERS, "mse": CRASHING})
    link = put(settings, "linking")
    link.unlink()
    link.symlink_to(settings.submitted / "ada" / NAME / f"{NAME}.ipynb")
    pipe = put(settings, "piping")
    pipe.unlink()
    os.mkfifo(pipe)
    (put(settings, "late").parent / "timestamp.txt").write_text("yesterday, I think")
    with Book(settings.gradebook_url, settings.course_id) as book:
        book.register(NAME, prepare(NAME, settings.solutions).notebook)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.add_student("grace")
    summary = grade()
    without_any = ["broken", "empty", "linking", "piping", "without"]
    assert sorted(summary.shortfalls) == sorted([*without_any, "crashing"])
    assert summary.absent == ["grace"]
    assert "mse:" in summary.shortfalls["crashing"]
    assert "plain file" in summary.shortfalls["linking"]
    expected = dict.fromkeys(without_any, 0.0) | {"ada": 7.0, "late": 7.0}
    assert scores(settings) == {**expected, "crashing": 5.0}
    again = grade()
    assert again.shortfalls == summary.shortfalls and not again.graded


def test_a_notebook_that_is_too_large_is_not_read(settings, grade):
    put(settings, "ada", data=b" " * (settings.largest_submission + 1))
    assert "50 MB" in grade().shortfalls["ada"]


def test_a_bug_in_the_grader_costs_one_result_and_not_the_batch(
    settings, grade, monkeypatch
):
    mark = crew.mark

    def sometimes(handed_in, *rest):
        if handed_in.learner == "bug":
            raise KeyError("seven")
        if handed_in.learner == "death":
            os._exit(9)
        if handed_in.learner == "sleep":
            time.sleep(600)
        return mark(handed_in, *rest)

    monkeypatch.setattr(crew, "mark", sometimes)
    monkeypatch.setattr(crew, "LONGEST_SECONDS", 2.0)
    for learner in ("ada", "bug", "death", "emmy", "sleep", "sonja"):
        put(settings, learner)
    summary = grade()
    assert sorted(summary.graded) == ["ada", "emmy", "sonja"]
    assert "seven" in summary.shortfalls["bug"]
    assert "died" in summary.shortfalls["death"]
    assert "not graded within 2 s" in summary.shortfalls["sleep"]
    monkeypatch.undo()
    assert sorted(grade().graded) == ["bug", "death", "sleep"]
    assert set(scores(settings).values()) == {7.0}


def test_what_changes_while_it_is_graded_is_graded_again(settings, grade, monkeypatch):
    mark = crew.mark

    def too_slow(handed_in, *rest):
        report = mark(handed_in, *rest)
        if report.score == 7.0:
            put(settings, "ada", HALF)
        return report

    monkeypatch.setattr(crew, "mark", too_slow)
    put(settings, "ada")
    assert grade().graded == ["ada"]
    assert scores(settings) == {"ada": 5.0}


@pytest.mark.parametrize("lost", ["grade", "graded notebook", "fingerprint"])
def test_a_grade_that_is_no_longer_whole_is_made_again(settings, grade, lost):
    put(settings, "ada")
    grade()
    if lost == "grade":
        with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
            book.remove_submission(NAME, "ada")
    elif lost == "graded notebook":
        shutil.rmtree(settings.autograded / "ada")
    else:  # another way of grading wrote scores, and no fingerprint
        report = nothing_right(settings)
        with Book(settings.gradebook_url, settings.course_id) as book:
            book.record(report, "ada")
    assert grade().graded == ["ada"]
    assert scores(settings) == {"ada": 7.0}


def nothing_right(settings):
    """Return a report without points, as somebody else's grader would write it."""
    from grader.grade import grade as grade_one

    return grade_one(NAME, b"", learner="ada", solutions=settings.solutions)


def test_one_learner_alone_can_be_asked_for(settings, grade):
    put(settings, "ada")
    put(settings, "emmy")
    assert grade(learners=["emmy"]).graded == ["emmy"]
    with pytest.raises(NothingHandedIn, match="Did you mean 'emmy'"):
        grade(learners=["emy"])


def test_what_arrived_through_the_exchange_is_collected_and_answered(settings, grade):
    old = submit(settings, HALF)
    new = submit(settings)
    put(settings, "emmy")
    assert sorted(grade().graded) == ["ada", "emmy"]
    assert answer_to(new, 1)["report"]["score"] == 7.0
    assert new.page.exists() and not old.answer.exists()
    assert scores(settings) == {"ada": 7.0, "emmy": 7.0}


def test_an_answer_that_did_not_go_back_goes_back_later(settings, grade):
    receipt = submit(settings)
    grade()
    (attempt,) = exchange.attempts(settings)
    for file in (receipt.answer, attempt.answer):
        file.unlink()  # as if it had been killed before
    assert grade().unchanged == ["ada"]
    assert answer_to(receipt, 1)["report"]["score"] == 7.0


def test_a_newer_file_put_there_by_hand_stays(settings, grade):
    submit(settings, HALF)
    grade()
    folder = put(settings, "ada").parent
    (folder / "timestamp.txt").write_text("2999-01-01 12:00:00 UTC")
    (folder / "submission_secret.txt").unlink()
    assert grade().graded == ["ada"]
    assert scores(settings) == {"ada": 7.0}


@pytest.mark.full
def test_what_the_watcher_graded_is_not_graded_again(settings, grade):
    receipt = submit(settings)
    with watching(settings):
        answer_to(receipt)
    assert grade().unchanged == ["ada"]


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0,
    reason="needs root, to hand in as another user: sudo python3 course.py test",
)
def test_who_claims_to_be_another_learner_gets_no_grade_and_is_named(settings, grade):
    forged = submit(settings, learner="root")
    os.chown(forged.folder, 65534, 65534)
    summary = grade()
    assert "not root who sent" in summary.shortfalls["root"]
    assert scores(settings) == {}


def test_a_gradebook_that_stays_closed_is_said_and_nothing_is_lost(
    settings, grade, monkeypatch
):
    from sqlalchemy.exc import OperationalError

    def closed(self, report, *_):
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    put(settings, "ada")
    with monkeypatch.context() as patch:
        patch.setattr(Book, "record", closed)
        patch.setattr("grader.batch.RETRY_SECONDS", (0.01,))
        with pytest.raises(GradebookClosed, match="database is locked"):
            grade()
    assert grade().graded == ["ada"]


@pytest.mark.full
def test_the_command_names_who_has_no_full_result_and_exits_1(
    settings, worker, monkeypatch, capsys
):
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    put(settings, "ada")
    assert command_line.main(["autograde", NAME, "--workers", "1"]) == 0
    assert "1 graded, 0 unchanged" in capsys.readouterr().out
    put(settings, "emmy", data=b"")
    assert command_line.main(["autograde", "1", "--workers", "1"]) == 1
    said = capsys.readouterr().out
    assert "1 graded, 1 unchanged" in said and "1 not full" in said
    assert "emmy" in said and "empty" in said
    assert command_line.main(["autograde", "1", "--learner", "ad"]) == 2
    assert "Did you mean 'ada'" in capsys.readouterr().err


def test_a_strangers_names_do_nothing_to_a_terminal(settings, grade, capsys):
    put(settings, "ada\x1b[2J", data=b"")
    other = put(settings, "emmy").with_name("b\x1b[2J\u202e.ipynb")
    other.write_bytes(b"{}")
    summary = grade()
    page = (settings.feedback / "emmy" / NAME / f"{NAME}.html").read_text()
    assert "Ignored: b?[2J?.ipynb" in page
    console.show_summary(summary)
    said = capsys.readouterr().out
    assert "ada?[2J" in said and "\x1b[2J" not in said


def test_progress_says_how_fast_and_how_long(monkeypatch, capsys):
    monkeypatch.setattr(console, "PLAIN_SECONDS", 0.0)
    with console.progress("01_small", 2) as advance:
        advance("ada")
        advance("emmy")
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("01_small: 1 of 2, ") and " a minute, 0:00 left" in first
    assert last.startswith("01_small: 2 of 2, ")


def test_on_a_terminal_progress_is_a_bar_with_rate_and_time_left(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with console.progress("01_small", 2) as advance:
        advance("ada")
    said = capsys.readouterr().err
    assert "01_small: ada" in said and "1/2" in said and "a minute" in said


def processes_of(session):
    """Return the processes of a session that still run."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            state, _, _, sid = file.read().rpartition(")")[2].split()[:4]
            if int(sid) == session and state != "Z":
                found.append(int(name))
    return found


def start_run(settings, worker):
    """Start a run in a fork of this process, in a session of its own."""

    def run():
        os.setsid()
        autograde(NAME, settings, workers=2, worker=worker, tell=print)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


def duration_of(process):
    start = time.monotonic()
    process.join()
    return time.monotonic() - start


def known_of(settings):
    with Book(settings.gradebook_url, settings.course_id) as book:
        return book.done(NAME)


def until_gone(find, seconds=5.0):
    deadline = time.monotonic() + seconds
    while left := find():
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


@pytest.mark.full
def test_killed_at_fifty_moments_it_ends_with_the_grades_of_an_undisturbed_run(
    settings, worker, grade
):
    chance = random.Random(50)
    expected = {}
    for n in range(10):
        half = n % 3 == 1
        put(settings, f"learner{n}", HALF if half else ANSWERS)
        expected[f"learner{n}"] = 5.0 if half else 7.0
    worked, known = 0, {}
    whole = duration_of(start_run(settings, worker))
    for kill in range(50):
        if kill % 4 == 0:  # everybody's work is to be done again
            change_the_checks(settings, "EXERCISES", f"#{kill}\nEXERCISES")
        process = start_run(settings, worker)
        time.sleep(chance.uniform(0.0, whole))
        process.kill()
        process.join()
        until_gone(lambda pid=process.pid: processes_of(pid))
        until_gone(lambda: descendants(worker._parent._process.pid))
        before, known = known, known_of(settings)
        worked += known != before
    assert worked >= 15  # else it was hardly ever killed at work
    grade()
    assert scores(settings) == expected
    assert grade().unchanged == sorted(expected)
    with sqlite3.connect(settings.class_folder / "gradebook.db") as book:
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def start_command(course, *arguments):
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "grader", "autograde", NAME, *arguments],
        env=course_environment(course),
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Where tests run in the background, Ctrl+C would be ignored below them.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.full
def test_nothing_outlives_the_killed_command(course, settings):
    skip_without_walls()
    for n in range(8):
        put(settings, f"learner{n}", {**ANSWERS, "mse": "import time\ntime.sleep(5)"})
    process = start_command(course, "--workers", "2")
    deadline = time.monotonic() + 60
    while not shells_of(process.pid):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    family = descendants(process.pid)
    assert len(family) > 4  # two that grade, a warm parent, guards, shells
    process.kill()
    process.communicate()
    until_gone(lambda: [pid for pid in family if os.path.exists(f"/proc/{pid}")])


def shells_of(pid):
    """Return who runs submissions: started by guards, those by the warm parent."""
    return [s for w in children(pid) for g in children(w) for s in children(g)]


@pytest.mark.full
def test_two_graders_at_once_give_equal_grades(course, settings):
    skip_without_walls()
    for n in range(6):
        put(settings, f"learner{n}", HALF if n % 2 else ANSWERS)
    runs = [start_command(course, "--workers", "1") for _ in range(2)]
    for run in runs:
        said, _ = run.communicate(timeout=120)
        assert run.returncode == 0, said
    assert scores(settings) == {f"learner{n}": 5.0 if n % 2 else 7.0 for n in range(6)}


@pytest.mark.full
def test_a_gradebook_locked_for_ten_seconds_costs_ten_seconds_and_nothing_else(
    settings, grade
):
    for n in range(4):
        put(settings, f"learner{n}")
    grade(learners=["learner0"])
    file = settings.class_folder / "gradebook.db"
    held = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    mark = threading.Timer(10.0, lambda: held.execute("ROLLBACK"))
    held.execute("BEGIN IMMEDIATE")
    mark.start()
    start = time.monotonic()
    summary = grade()
    assert time.monotonic() - start > 8
    assert len(summary.graded) == 3 and not summary.shortfalls
    assert scores(settings) == {f"learner{n}": 7.0 for n in range(4)}
