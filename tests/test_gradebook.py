import copy
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import datetime

import pytest
from small_course import NAME, POINTS, cell_of, write_course

from course_lib.verdicts import Verdict
from grader.errors import NoGradebook
from grader.gradebook import Book
from grader.prepared import prepare
from grader.reports import Report

nbgrader_api = pytest.importorskip("nbgrader.api")


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    course = prepare(NAME, write_course(tmp_path_factory.mktemp("course"))).notebook
    return copy.deepcopy(course)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/class/gradebook.db"


@pytest.fixture
def book(url):
    with Book(url, "small") as book:
        yield book


def report(notebook, status="graded", **points):
    verdicts = [
        Verdict(
            name,
            points=points.get(name, 0.0),
            max_points=most,
            status="right" if points.get(name) == most else "wrong",
            mistake=None,
            message=f"About {name}.",
        )
        for name, most in POINTS.items()
    ]
    made = Report(NAME, f"{NAME}.ipynb", status, [], verdicts)
    made.into(copy.deepcopy(notebook))
    return made


def in_nbgrader(url, learner="ada"):
    """Return what nbgrader itself reads: the score, and each grade as a dict."""
    with nbgrader_api.Gradebook(url, "small") as theirs:
        found = theirs.find_submission(NAME, learner)
        grades = {
            g.name: g.to_dict() | {"score": g.score} for g in found.notebooks[0].grades
        }
        return found.to_dict(), grades


def change(url, function):
    """Let `function` change ada's submission through nbgrader's own gradebook."""
    with nbgrader_api.Gradebook(url, "small") as theirs:
        function(theirs)
        theirs.db.commit()


def test_a_report_is_in_nbgraders_own_gradebook(book, url, notebook):
    book.record(
        report(notebook, mse=2.0, line_backward=2.0), "ada", "2026-03-01 12:00 UTC"
    )
    submission, grades = in_nbgrader(url)
    assert (submission["score"], submission["max_score"]) == (4.0, 7.0)
    assert submission["timestamp"] == "2026-03-01T12:00:00"
    assert not submission["needs_manual_grade"]
    assert grades["line_backward_check"]["score"] == 2.0
    assert book.scores(NAME) == {"ada": 4.0}


def test_a_second_report_leaves_no_stale_score(book, url, notebook):
    book.record(report(notebook, **POINTS), "ada", "2026-03-01 12:00 UTC")
    book.record(report(notebook, center=1.0), "ada")
    submission, grades = in_nbgrader(url)
    assert submission["score"] == 1.0
    assert grades["mse_check"]["auto_score"] == 0.0
    assert submission["timestamp"] == "2026-03-01T12:00:00"  # kept, as none was given


def test_what_people_wrote_survives_regrading(book, url, notebook):
    book.record(report(notebook, mse=2.0), "ada")

    def by_hand(theirs):
        theirs.find_grade("mse_check", NAME, NAME, "ada").manual_score = 1.5
        theirs.find_grade("center_check", NAME, NAME, "ada").extra_credit = 0.5
        theirs.find_comment("mse", NAME, NAME, "ada").manual_comment = "Well <done>"
        theirs.find_submission_notebook(
            NAME, NAME, "ada"
        ).late_submission_penalty = 0.25

    change(url, by_hand)
    book.record(report(notebook), "ada")
    marks = book.marks(NAME, "ada")
    assert marks.manual == {"mse": 1.5} and marks.extra == {"center": 0.5}
    assert marks.comments == {"mse": "Well <done>"} and marks.late_penalty == 0.25
    submission, grades = in_nbgrader(url)
    assert submission["score"] == 2.0  # 1.5 by hand + 0.5 extra
    assert grades["mse_check"]["needs_manual_grade"]


def test_what_could_not_be_judged_needs_a_look(book, url, notebook):
    book.record(report(notebook, status="not_graded"), "ada")
    submission, _ = in_nbgrader(url)
    assert submission["score"] == 0.0 and submission["needs_manual_grade"]


def test_a_verdicts_message_is_nbgraders_comment(book, url, notebook):
    book.record(report(notebook), "ada")
    with nbgrader_api.Gradebook(url, "small") as theirs:
        assert theirs.find_comment("mse", NAME, NAME, "ada").comment == "About mse."


def test_a_changed_declaration_reaches_every_submission(book, url, notebook):
    book.record(report(notebook, **POINTS), "ada")
    changed = copy.deepcopy(notebook)
    cell_of(changed, "mse_check")["metadata"]["nbgrader"]["points"] = 3
    changed["cells"].remove(cell_of(changed, "center"))
    changed["cells"].remove(cell_of(changed, "center_check"))
    for role, twin in (("", "mse"), ("_check", "mse_check")):
        cell = copy.deepcopy(cell_of(changed, twin))
        cell["metadata"]["nbgrader"]["grade_id"] = f"mae{role}"
        changed["cells"].append(cell)
    book.register(NAME, changed)
    submission, grades = in_nbgrader(url)
    assert set(grades) == {"mse_check", "line_backward_check", "mae_check"}
    assert grades["mse_check"]["max_score"] == 3.0
    assert submission["score"] == 6.0 and submission["max_score"] == 10.0


def test_registering_twice_changes_nothing(book, url, notebook):
    book.register(NAME, notebook)
    with Book(url, "small") as other:
        other.register(NAME, notebook)
    with nbgrader_api.Gradebook(url, "small") as theirs:
        found = theirs.find_notebook(NAME, NAME)
        assert len(found.grade_cells) == len(found.solution_cells) == 3
        assert len(found.source_cells) == 6


def test_nbgraders_own_registration_is_understood(url, notebook):
    """A lesson that `nbgrader generate_assignment` entered needs no second entry."""
    from nbformat import from_dict
    from nbgrader.preprocessors import SaveCells

    Book(url, "small").close()
    with nbgrader_api.Gradebook(url, "small") as theirs:
        theirs.add_assignment(NAME)
    nbgrader = {"notebook": NAME, "assignment": NAME, "db_url": url}
    SaveCells().preprocess(from_dict(notebook), {"nbgrader": nbgrader})
    with Book(url, "small") as book:
        book.record(report(notebook, mse=2.0), "ada")
    assert in_nbgrader(url)[0]["score"] == 2.0


def test_a_broken_write_leaves_the_report_before(book, url, notebook):
    book.record(report(notebook, mse=2.0), "ada")
    bad = report(notebook, center=1.0, mse=1.0)
    bad.exercises[1].points = "many"
    with pytest.raises(Exception, match="many"):
        book.record(bad, "ada")
    assert in_nbgrader(url)[0]["score"] == 2.0


def test_the_database_is_in_wal_mode(book, url, notebook):
    book.register(NAME, notebook)
    file = url.removeprefix("sqlite:///")
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_writers_wait_for_each_other(book, url, notebook):
    book.register(NAME, notebook)
    held = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    threads = [
        threading.Thread(target=book.record, args=(report(notebook, mse=2.0), learner))
        for learner in ("ada", "emmy", "sonja")
    ]
    for thread in threads:
        thread.start()
    held.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    assert book.scores(NAME) == {"ada": 2.0, "emmy": 2.0, "sonja": 2.0}


def test_a_time_zone_is_taken_into_account(book, url, notebook):
    when = datetime.fromisoformat("2026-03-01T12:00:00+02:00")
    book.record(report(notebook), "ada", when)
    assert in_nbgrader(url)[0]["timestamp"] == "2026-03-01T10:00:00"


@pytest.mark.full
def test_a_lock_of_ten_seconds_is_waited_out(book, url, notebook):
    book.register(NAME, notebook)
    held = sqlite3.connect(
        url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
    )
    held.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(10.0, lambda: held.execute("ROLLBACK"))
    timer.start()
    start = time.monotonic()
    book.record(report(notebook, mse=2.0), "ada")
    assert time.monotonic() - start > 8
    assert book.scores(NAME) == {"ada": 2.0}


@pytest.mark.full
def test_three_processes_may_make_the_tables_at_once(url):
    script = f"from grader.gradebook import Book; Book({url!r}, 'small').close()"
    made = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [each.wait(180) for each in made] == [0, 0, 0]


def test_a_database_that_cannot_be_opened_is_said_at_once(tmp_path):
    start = time.monotonic()
    with pytest.raises(NoGradebook, match="cannot be opened: unable to open"):
        Book(f"sqlite:///{tmp_path}", "small")  # a folder
    assert time.monotonic() - start < 10
