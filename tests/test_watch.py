"""From the exchange to the answer: collected, graded, kept and returned, once."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import course_environment
from small_course import ANSWERS, NAME, answered, as_bytes
from test_submission import nbgrader

from course_lib import hand_in as post
from course_lib.settings import Settings
from grader import exchange, watch
from grader.gradebook import Book
from grader.prepared import prepare
from grader.reports import GRADED, Report

SUMMED = "def mse(predictions, targets):\n    return np.sum(predictions - targets)"
ENDLESS = "def mse(predictions, targets):\n    while True:\n        pass"


def until(condition, seconds=60.0):
    """Wait until `condition` holds, and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
    return result


def submit(settings, answers=ANSWERS, learner="ada", data=None, name=NAME):
    """Hand in a notebook with `answers`, and return the receipt."""
    if data is None:
        data = as_bytes(answered(prepare(NAME, settings.solutions).notebook, answers))
    file = settings.root / "home" / f"{name}.ipynb"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    return post.hand_in(NAME, file, settings, learner)


def scores(settings):
    with Book(settings.gradebook_url, settings.course_id) as book:
        return book.scores(NAME)


class Lines(list):
    """What a watcher told."""

    def __call__(self, line):
        self.append(line)

    def about(self, words):
        return [line for line in self if words in line]


@contextlib.contextmanager
def watching(settings: Settings, **options):
    """Watch in a thread, as a process does; give what it tells."""
    stop, told = threading.Event(), Lines()
    thread = threading.Thread(
        target=watch.watch,
        args=(settings,),
        kwargs={"poll_seconds": 0.05, "stop": stop, "tell": told, **options},
    )
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def answer_to(receipt, seconds=60.0):
    return until(lambda: post.read_answer(receipt), seconds)


@pytest.fixture
def graded(monkeypatch):
    """Grade by a stand-in that notes what it graded; for tests of the rest."""
    seen = []

    def grade(lesson, submission, *, learner, file, **_):
        seen.append((learner, submission))
        if submission == b"burn":
            raise RuntimeError("the grader has a bug")
        notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        return Report(lesson, file, GRADED, [], [], notebook)

    monkeypatch.setattr("grader.grade.grade", grade)
    monkeypatch.setattr(watch.Watcher, "_warm_up", lambda self: None)
    return seen


def test_a_submission_is_graded_kept_and_answered_within_seconds(settings):
    with watching(settings) as told:
        until(lambda: post.grader_is_running(settings))
        receipt = submit(settings, {**ANSWERS, "mse": SUMMED})
        answer = answer_to(receipt)
        assert answer["report"]["score"] == 5.0
        assert answer["report"]["status"] == "graded"
        assert "mse   0 of 2 points" in answer["text"][0]
        assert until(lambda: told.about("ada  01_small  5 of 7"))
        again = submit(settings, ANSWERS)
        start = time.monotonic()
        assert answer_to(again)["report"]["score"] == 7.0
        assert time.monotonic() - start < 5.0  # it takes about one second
    assert not post.grader_is_running(settings)
    assert scores(settings) == {"ada": 7.0}
    assert len(exchange.attempts(settings)) == 2
    page = (settings.feedback / "ada" / NAME / f"{NAME}.html").read_text("utf-8")
    assert page == again.page.read_text("utf-8")
    assert "7" in page
    for step in (settings.submitted, settings.autograded):
        stamp = step / "ada" / NAME / "timestamp.txt"
        assert stamp.read_text() == again.timestamp


def test_nbgrader_lists_and_fetches_what_the_watcher_returned(settings, graded):
    me = post.learner_name()
    receipt = submit(settings, data=b"{}", learner=me)
    with watching(settings):
        until(receipt.answer.exists)
    (listed,) = nbgrader(settings, "ExchangeList", cached=True).start()
    assert listed["submissions"][0]["has_exchange_feedback"]
    nbgrader(settings, "ExchangeFetchFeedback").start()
    assert receipt.kept_page.read_bytes() == receipt.page.read_bytes()


def test_a_page_released_from_formgrader_reaches_the_same_learner(settings):
    receipt = submit(settings)
    with watching(settings):
        answer_to(receipt)
    page = settings.feedback / "ada" / NAME / f"{NAME}.html"
    page.write_text("with a comment", encoding="utf-8")
    nbgrader(settings, "ExchangeReleaseFeedback").start()
    assert receipt.page.read_text("utf-8") == "with a comment"


def test_a_renamed_notebook_gets_its_page_under_its_own_name(settings, graded):
    receipt = submit(settings, data=b"{}", name="my copy")
    with watching(settings):
        until(receipt.answer.exists)
    assert receipt.page.exists() and receipt.notebook == "my copy"


@pytest.mark.parametrize(
    "data",
    [b"", b"not a notebook", b"[1, 2]", b"\xff\xfe" * 50, b'{"cells": 7}'],
    ids=["nothing", "words", "a list", "bytes", "no cells"],
)
def test_what_is_no_notebook_gets_an_answer_too(settings, data):
    receipt, good = submit(settings, data=data), submit(settings, learner="bob")
    with watching(settings):
        answer = answer_to(receipt)
        assert answer["report"]["status"] == "not_graded"
        assert answer["report"]["deviations"]
        assert answer_to(good)["report"]["score"] == 7.0


def test_a_lesson_that_does_not_exist_gets_an_answer_too(settings):
    file = settings.lesson_notebook(NAME)
    receipt = post.hand_in("77_none", file, settings, "ada")
    with watching(settings):
        answer = answer_to(receipt)
    assert answer["report"]["status"] == "not_graded"
    assert "77_none" in answer["report"]["deviations"][0]
    assert receipt.page.exists()


def test_a_bug_in_the_grader_costs_one_answer_and_not_the_loop(settings, graded):
    bad = submit(settings, data=b"burn")
    with watching(settings) as told:
        report = answer_to(bad)["report"]
        good = submit(settings, data=b"fine")
        answer_to(good)
    assert report["status"] == "not_graded"
    assert "the grader has a bug" in report["deviations"][0]
    assert told.about("Traceback")


def test_nothing_is_graded_twice(settings, graded):
    receipts = [submit(settings, data=str(n).encode()) for n in range(5)]
    for _ in range(2):
        with watching(settings):
            for receipt in receipts:
                answer_to(receipt)
    assert sorted(data for _, data in graded) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_graded_attempt_that_was_not_returned_is_returned_without_grading(
    settings, graded
):
    receipt = submit(settings, data=b"x")
    with watching(settings):
        answer_to(receipt)
    (attempt,) = exchange.attempts(settings)
    for file in (attempt.answer, receipt.answer, receipt.page):
        file.unlink()  # as if it had been killed before it returned anything
    stored = json.loads(attempt.graded.read_text())
    stored["metadata"]["course"]["report"]["deviations"] = ["once"]
    attempt.graded.write_text(json.dumps(stored))
    with watching(settings):
        assert answer_to(receipt)["report"]["deviations"] == ["once"]
    assert len(graded) == 1


def test_an_attempt_that_other_checks_graded_is_graded_again(settings, graded):
    receipt = submit(settings, data=b"x")
    with watching(settings):
        answer_to(receipt)
    (attempt,) = exchange.attempts(settings)
    for file in (attempt.answer, receipt.answer):
        file.unlink()
    checks = settings.solutions / NAME / "checks.py"
    checks.write_text(checks.read_text() + "\n# changed\n")
    with watching(settings):
        answer_to(receipt)
    assert len(graded) == 2


def test_only_the_newest_attempt_counts_whatever_the_order(settings):
    old = submit(settings, {**ANSWERS, "mse": SUMMED})
    new = submit(settings)
    hidden = settings.root / "late"
    os.rename(old.folder, hidden)
    with watching(settings):
        answer_to(new)
        os.rename(hidden, old.folder)
        assert answer_to(old)["report"]["score"] == 5.0
    assert scores(settings) == {"ada": 7.0}


def test_a_gradebook_that_cannot_be_written_is_tried_again(settings, graded):
    tries, told = [], Lines()
    receipt, stop = submit(settings, data=b"x"), threading.Event()

    def keep(attempt, report):
        tries.append(attempt.name)
        if len(tries) < 3:
            raise OSError("database is locked")
        stop.set()
        return "<p>page</p>"

    with (
        pytest.MonkeyPatch.context() as patch,
        watch.Watcher(settings, told, keep=keep) as watcher,
    ):
        patch.setattr(watch, "RETRY_SECONDS", (0.01,))
        watcher.run(stop, 0.01)
    assert len(tries) == 3 and len(graded) == 1
    assert len(told.about("database is locked")) == 2
    assert post.read_answer(receipt)


def test_half_a_submission_is_left_alone_until_it_is_whole(settings):
    post.open_exchange(settings)
    folder = settings.inbound / f"ada+{NAME}+2026-03-01 10h00m00.000000s UTC+abc"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").write_text("{}")
    assert exchange.arrivals(settings) == []
    (folder / "submission_secret.txt").write_text("a" * 127)
    assert exchange.arrivals(settings) == []
    (folder / "submission_secret.txt").write_text("a" * 128)
    assert exchange.arrivals(settings) == [folder]


def test_a_submission_without_secret_is_taken_when_nobody_writes_any_more(settings):
    post.open_exchange(settings)
    folder = settings.inbound / f"ada+{NAME}+2026-03-01 10:00:00.000000 UTC"
    folder.mkdir()
    os.utime(folder, (time.time() - 60,) * 2)
    assert exchange.arrivals(settings) == [folder]
    attempt = exchange.collect(folder, settings)
    assert (attempt.learner, attempt.notebooks(), attempt.secret) == ("ada", [], "")


@pytest.mark.parametrize(
    "name", ["..+01_small+t+r", "a+..+t+r", "nonsense", ".hidden+01_small+t+r", "a+b"]
)
def test_a_name_that_leads_elsewhere_is_no_submission(settings, name):
    post.open_exchange(settings)
    (settings.inbound / name).mkdir()
    os.utime(settings.inbound / name, (1, 1))
    assert exchange.arrivals(settings) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no links and pipes like these")
def test_links_pipes_and_floods_are_left_out_and_said(settings):
    receipt = submit(settings)
    secret = settings.root / "secret.txt"
    secret.write_text("private")
    (receipt.folder / "link.txt").symlink_to(secret)
    (receipt.folder / "folder").symlink_to(settings.root)
    os.mkfifo(receipt.folder / "pipe")
    (receipt.folder / "flood").write_bytes(bytes(settings.largest_submission))
    attempt = exchange.collect(receipt.folder, settings)
    kept = sorted(path.name for path in attempt.files.iterdir())
    assert kept == [f"{NAME}.ipynb", "submission_secret.txt", "timestamp.txt"]
    for name in ("link.txt", "folder", "pipe", "flood"):
        assert name in attempt.notes[0]


def test_collecting_twice_gives_the_first_copy(settings):
    receipt = submit(settings, data=b"first")
    attempt = exchange.collect(receipt.folder, settings)
    (receipt.folder / f"{NAME}.ipynb").write_bytes(b"changed later")
    again = exchange.collect(receipt.folder, settings)
    assert again == attempt
    assert (attempt.files / f"{NAME}.ipynb").read_bytes() == b"first"
    assert exchange.arrivals(settings) == []


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0,
    reason="needs root, to hand in as another user: sudo python3 course.py test",
)
def test_who_claims_to_be_another_learner_changes_no_grade(settings, graded):
    forged = submit(settings, data=b"forged", learner="root")
    os.chown(forged.folder, 65534, 65534)
    with watching(settings):
        report = answer_to(forged)["report"]
    assert report["status"] == "not_graded"
    assert "not root who sent this" in report["deviations"][0]
    assert graded == [] and not (settings.submitted / "root").exists()
    own = submit(settings, data=b"own", learner="nobody")
    os.chown(own.folder, 65534, 65534)
    assert exchange.collect(own.folder, settings).sender == exchange.THE_LEARNER


def test_a_second_watcher_stands_by_and_takes_over(settings, graded):
    stop, told = threading.Event(), Lines()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(watching(settings))
        until(lambda: first.about("Watching"))
        second = threading.Thread(
            target=watch.watch, args=(settings, 0.05, stop, told), daemon=True
        )
        second.start()
        until(lambda: told.about("Standing by"))
        assert not told.about("Watching")
    until(lambda: told.about("Watching"))
    answer_to(submit(settings, data=b"x"))
    stop.set()
    second.join(30)
    assert len(graded) == 1


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="kills as Linux and macOS do")
def test_killed_anywhere_it_loses_nothing_and_ends_with_the_same_grades(
    course, settings
):
    half = {**ANSWERS, "mse": SUMMED}
    receipts, expected = {}, {}
    for n in range(6):
        learner = f"learner{n}"
        receipts[learner] = submit(settings, half if n % 2 else ANSWERS, learner)
        expected[learner] = 5.0 if n % 2 else 7.0
    environment = course_environment(course)

    def answered_now():
        return sum(receipt.answer.exists() for receipt in receipts.values())

    for enough in (0, 1, 2, 3, 6):
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.watch"], env=environment, cwd=course
        )
        if enough == 0:  # killed while it collects or starts
            until(lambda: exchange.attempts(settings))
        else:
            until(lambda least=enough: answered_now() >= least, 120)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    assert len(exchange.attempts(settings)) == 6
    assert scores(settings) == expected
    for name, receipt in receipts.items():
        assert post.read_answer(receipt)["report"]["score"] == expected[name]


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="stops as Linux and macOS do")
def test_it_stops_in_seconds_while_a_submission_does_not_end(course, settings):
    receipt = submit(settings, {**ANSWERS, "mse": ENDLESS})
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "grader.watch"],
        env=course_environment(course),
        cwd=course,
    )
    until(lambda: exchange.attempts(settings))
    process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    assert process.wait(30) == 0
    assert time.monotonic() - start < 15
    assert receipt.folder.exists()


def test_a_class_folder_is_all_that_a_watcher_needs(settings, graded):
    receipt = submit(settings, data=b"x")
    shutil.rmtree(settings.lessons)
    with watching(settings):
        assert answer_to(receipt)["report"]["status"] == GRADED
