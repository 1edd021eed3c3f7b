"""Grades written for elsewhere, read back as a spreadsheet and a platform read them."""

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from conftest import course_environment

from course_lib.settings import load_settings
from grader import __main__ as command_line
from grader.export import CanvasExport, export
from grader.gradebook import Book

api = pytest.importorskip("nbgrader.api")
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's
FIRST, SECOND = "01_small", "02_other"
CLASS = {  # learner: last name, first name, address, number
    "ada": ("Lovelace, Lady", 'Ada "A"', "ada@example.org", "11"),
    "=1+1": ("=HYPERLINK(1)", "@SUM(1)", "+a@example.org", None),
    "-emmy": ("-2", "＝cmd", "", None),
    "tab\tname": ("\t=1", "line\nbreak", "x@example.org", "14"),
    "zoe": (None, None, None, None),
}


@pytest.fixture
def gradebook(settings):
    """Return a real gradebook: two lessons, manual scores, extra credit, a penalty."""
    with Book(settings.gradebook_url, settings.course_id):
        pass  # nbgrader's own way of making tables needs a program on the path
    with api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        due = datetime(2026, 3, 1, 12, tzinfo=UTC)
        for lesson, points in ((FIRST, {"mse": 2, "center": 4}), (SECOND, {"tanh": 1})):
            book.add_assignment(lesson, duedate=due)
            book.add_notebook(lesson, lesson)
            for name, most in points.items():
                cell = {"max_score": most, "cell_type": "code"}
                book.add_grade_cell(f"{name}_check", lesson, lesson, **cell)
        for learner, (last, first, email, number) in CLASS.items():
            about = {"last_name": last, "first_name": first, "email": email}
            book.add_student(learner, lms_user_id=number, **about)
        for learner in ("ada", "=1+1"):
            time = datetime(2026, 3, 1, 13, tzinfo=UTC)
            book.add_submission(FIRST, learner, timestamp=time)
        book.add_submission(SECOND, "ada")
        _score(book, FIRST, "ada", mse=(1.5, None, None), center=(0.0, 3.25, 0.5))
        _score(book, FIRST, "=1+1", mse=(0.0, None, -1.0), center=(0.25, None, None))
        _score(book, SECOND, "ada", tanh=(1 / 3, None, None))
        late = book.find_submission_notebook(FIRST, FIRST, "ada")
        late.late_submission_penalty = 0.525
        book.find_grade("center_check", FIRST, FIRST, "=1+1").needs_manual_grade = True
        book.db.commit()
        yield book


def _score(book, lesson, learner, **exercises):
    for name, (auto, manual, extra) in exercises.items():
        grade = book.find_grade(f"{name}_check", lesson, lesson, learner)
        grade.auto_score, grade.manual_score, grade.extra_credit = auto, manual, extra
        grade.needs_manual_grade = False


@pytest.fixture
def read(settings, gradebook):
    """Return what exports, and reads the file back as rows of cells."""

    def read(kind, encoding="utf-8", **options):
        out = settings.root / "grades.csv"
        export(settings, kind, out, **options)
        with open(out, encoding=encoding, newline="") as file:
            return list(csv.reader(file))

    return read


def records(rows):
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_each_exercise_has_a_row_with_what_counts(read):
    rows = records(read("csv", "utf-8-sig", lessons=[FIRST], learners=["ada"]))
    assert [row["exercise"] for row in rows] == ["mse", "center"]  # the lesson's
    mse, center = rows
    assert (float(center["points"]), center["by_hand"]) == (3.75, "yes")
    assert (float(mse["points"]), mse["by_hand"]) == (1.5, "no")
    for row in rows:
        sums = "lesson_score", "late_penalty", "lesson_total", "lesson_max"
        assert [float(row[key]) for key in sums] == [5.25, 0.525, 4.725, 6.0]
        assert row["submitted"] == "2026-03-01 13:00:00Z"
        assert float(row["seconds_late"]) == 3600.0


def test_what_waits_for_a_person_is_marked_and_what_is_absent_is_empty(read):
    rows = records(read("csv", "utf-8-sig", lessons=[FIRST]))
    open_rows = [(r["learner"], r["exercise"]) for r in rows if r["open"] == "yes"]
    assert open_rows == [("'=1+1", "center")]
    zoe = [row for row in rows if row["learner"] == "zoe"]
    assert len(zoe) == 2
    assert {(r["points"], r["lesson_total"], r["late_penalty"]) for r in zoe} == {
        ("", "", "")
    }
    assert len(rows) == 2 * len(CLASS)


def test_a_total_below_nothing_counts_nothing(read):
    rows = records(read("csv", "utf-8-sig", lessons=[FIRST]))
    (sums, *_) = [row for row in rows if row["learner"] == "'=1+1"]
    assert float(sums["lesson_score"]) == -0.75
    assert float(sums["lesson_total"]) == 0.0


@pytest.mark.parametrize("kind", ["csv", "canvas", "moodle"])
def test_no_cell_begins_a_formula_and_no_name_breaks_a_row(read, kind):
    rows = read(kind, "utf-8-sig")
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        try:
            float(cell)
        except ValueError:
            assert not cell.strip().startswith(("=", "+", "-", "@", "＝")), cell
        assert "\n" not in cell and "\t" not in cell
    assert any('Ada "A"' in cell for row in rows for cell in row)


def test_canvas_finds_people_assignments_and_points_where_it_looks(read):
    columns = {FIRST: "Small, first (8123)"}
    head, most, *rows = read("canvas", columns=columns)
    # Its program asks for these, in this order, and for assignments after Section.
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert head[5:] == ["Small, first (8123)", SECOND]
    assert "Points Possible" in most[0] and list(map(float, most[5:])) == [6.0, 1.0]
    by_login = {row[3]: row for row in rows}
    assert by_login["ada"][:2] == ['Lovelace, Lady, Ada "A"', "11"]
    assert [float(cell) for cell in by_login["ada"][5:]] == [4.725, 0.3333]
    assert by_login["zoe"][0] == "zoe" and by_login["zoe"][5:] == ["", ""]


def test_moodle_finds_addresses_and_one_column_for_each_lesson(read):
    head, *rows = read("moodle")
    assert head == [
        *("First name", "Last name", "Username", "Email address"),
        *(f"Assignment: {lesson} (Real)" for lesson in (FIRST, SECOND)),
    ]
    ada = next(row for row in rows if row[2] == "ada")
    assert ada[3] == "ada@example.org" and float(ada[4]) == 4.725


def test_the_roster_says_who_people_are(read, settings):
    roster = (
        "learner,name,email,lms id\nzoe,Zoë Ng,zoe@example.org,99\nnew,New One,,7\n"
    )
    (settings.class_folder / "roster.csv").write_text(roster, "utf-8")
    _, _, *rows = read("canvas")
    people = {row[3]: row[:2] for row in rows}
    assert people["zoe"] == ["Ng, Zoë", "99"] and people["new"] == ["One, New", "7"]
    assert people["ada"][1] == "11"  # what the roster does not say stays


def test_penalties_are_brought_up_to_date_before(read, settings):
    toml = settings.root / "course.toml"
    text = f"\n[deadlines]\n{FIRST} = 2026-03-01T12:00:00Z\n[late]\nper_day = 0.2\n"
    toml.write_text(toml.read_text("utf-8") + text, "utf-8")
    options = {"lessons": [FIRST], "learners": ["ada"]}
    out = settings.root / "grades.csv"
    export(load_settings(settings.root), "csv", out, **options)
    with open(out, encoding="utf-8-sig", newline="") as file:
        row = records(list(csv.reader(file)))[0]
    assert float(row["late_penalty"]) == 1.05 and float(row["lesson_total"]) == 4.2


def test_nbgraders_own_plugin_settings_hold(settings, gradebook, monkeypatch):
    monkeypatch.chdir(settings.root)
    plugin = CanvasExport(student=["ada"], assignment=[SECOND])
    plugin.export(gradebook)
    rows = (settings.root / "grades.csv").read_text("utf-8").splitlines()
    assert len(rows) == 3 and SECOND in rows[0] and FIRST not in rows[0]


def test_the_command_takes_names_for_lessons(settings, gradebook, capsys, monkeypatch):
    monkeypatch.setattr(
        command_line, "load_settings", lambda: load_settings(settings.root)
    )
    out = settings.root / "out.csv"
    arguments = ["export", str(out), "--format", "canvas", "--lesson", "1"]
    assert command_line.main([*arguments, "--column", "1=Loss (8)"]) == 0
    assert '"Loss (8)"' in out.read_text("utf-8")
    assert command_line.main([*arguments, "--column", "Loss"]) == 2
    assert "expected LESSON=NAME" in capsys.readouterr().err


@pytest.mark.full
def test_nbgrader_export_takes_the_plugins_by_name(settings, gradebook):
    gradebook.db.close()
    command = [sys.executable, "-m", "nbgrader", "export", "--to=moodle.csv"]
    command.append("--exporter=grader.export.MoodleExport")
    environment = course_environment(settings.root)
    environment["PATH"] += os.pathsep + os.path.dirname(sys.executable)
    done = subprocess.run(
        command, cwd=settings.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Email address" in (settings.root / "moodle.csv").read_text("utf-8")
