"""nbgrader's own commands, with this course's configuration, on a small course."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small_course import (
    ANSWERS,
    NAME,
    answered,
    as_bytes,
    cell_of,
    skip_without_walls,
    write_course,
)

from course_lib.settings import ROOT, load_settings
from grader.grade import grade
from grader.gradebook import Book
from grader.prepared import prepare
from grader.release import notebook_bytes, release
from grader.secret import course_secret
from grader.source import read_lesson

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's

FORMGRADER_FILLS_IN = (
    *("assignment_id", "notebook_id", "submission_id", "index", "total", "base_url"),
    *("student", "last_name", "first_name", "notebook_path"),
)
HALF = {
    "mse": ANSWERS["mse"],
    "line_backward": "def line_backward(dy, x):\n"
    "    return np.sum(dy * x), np.mean(dy)",
}


@pytest.fixture
def course(tmp_path):
    """Return the settings of a small course, configured as this one is."""
    skip_without_walls()
    write_course(tmp_path)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return load_settings(tmp_path)


@pytest.fixture
def nbgrader(course, monkeypatch):
    """Return nbgrader's API, as Formgrader uses it."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    monkeypatch.chdir(course.root)
    loader = PyFileConfigLoader("nbgrader_config.py", str(course.root))
    config = loader.load_config()
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def submit(
    course, learner, data, file=f"{NAME}.ipynb", timestamp="2026-03-01 10:00 UTC"
):
    folder = course.submitted / learner / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(data if isinstance(data, bytes) else as_bytes(data))
    (folder / "timestamp.txt").write_text(timestamp)
    return folder


def blank(course):
    return prepare(NAME, course.solutions).notebook


def scores(course):
    with Book(course.gradebook_url, course.course_id) as book:
        return book.scores(NAME)


def done(result):
    assert result["success"], result.get("error") or result.get("log")


def graded(course, learner):
    path = course.autograded / learner / NAME / f"{NAME}.ipynb"
    return nbformat.read(path, as_version=4)


def own_score(course, data, learner):
    return grade(
        NAME,
        as_bytes(data),
        learner=learner,
        secret=course_secret(course),
        solutions=course.solutions,
    ).score


def test_formgraders_button_gives_the_scores_of_grade(course, nbgrader):
    submissions = {
        "right": answered(blank(course)),
        "half": answered(blank(course), HALF),
        "blank": blank(course),
    }
    for learner, notebook in submissions.items():
        submit(course, learner, notebook)
        done(nbgrader.autograde(NAME, learner))
    assert scores(course) == {"right": 7.0, "half": 4.0, "blank": 0.0}
    assert scores(course) == {
        learner: own_score(course, notebook, learner)
        for learner, notebook in submissions.items()
    }


def test_the_graded_cells_leave_nbgrader_no_choice(course, nbgrader):
    from nbgrader.utils import determine_grade, is_grade

    submit(course, "ada", answered(blank(course), HALF))
    done(nbgrader.autograde(NAME, "ada"))
    cells = [cell for cell in graded(course, "ada").cells if is_grade(cell)]
    assert [determine_grade(cell)[0] for cell in cells] == [2.0, 2.0, 0.0]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"<html>", b'{"cells": 3}'], ids=["empty", "cut", "page", "odd"]
)
def test_a_broken_file_gets_a_result_and_the_batch_goes_on(course, nbgrader, data):
    submit(course, "ada", data)
    submit(course, "zoe", answered(blank(course)))
    done(nbgrader.autograde(NAME, "*"))
    assert scores(course) == {"ada": 0.0, "zoe": 7.0}
    assert graded(course, "ada").metadata.course.report.status == "not_graded"


def test_a_renamed_file_and_extra_files_are_listed(course, nbgrader):
    folder = submit(course, "ada", answered(blank(course)), file="Untitled.ipynb")
    (folder / "numpy.py").write_text("raise SystemExit")
    done(nbgrader.autograde(NAME, "ada"))
    assert scores(course) == {"ada": 7.0}
    said = " ".join(graded(course, "ada").metadata.course.report.deviations)
    assert "Untitled.ipynb" in said and "numpy.py" in said


def test_a_resubmission_replaces_every_score(course, nbgrader):
    submit(course, "ada", answered(blank(course)))
    done(nbgrader.autograde(NAME, "ada"))
    notebook = answered(blank(course), HALF)
    notebook["cells"].remove(cell_of(notebook, "mse_check"))
    submit(course, "ada", notebook, timestamp="2026-03-02 10:00 UTC")
    done(nbgrader.autograde(NAME, "ada"))
    assert scores(course) == {"ada": 4.0}


def test_feedback_is_the_courses_page_with_what_people_added(course, nbgrader):
    submit(course, "ada", answered(blank(course), HALF))
    done(nbgrader.autograde(NAME, "ada"))
    with nbgrader.gradebook as book:
        book.find_grade("center_check", NAME, NAME, "ada").manual_score = 0.5
        book.find_comment("center", NAME, NAME, "ada").manual_comment = "<b>Nearly</b>"
        book.db.commit()
    done(nbgrader.generate_feedback(NAME, "ada"))
    page = (course.feedback / "ada" / NAME / f"{NAME}.html").read_text()
    assert "4.5 <small>of 7 points" in page
    assert "&lt;b&gt;Nearly&lt;/b&gt;" in page
    assert "You averaged over the batch." in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")


@pytest.mark.full
def test_generate_assignment_gives_what_build_gives_and_leaves_lessons_alone(
    course, nbgrader
):
    source = read_lesson(course.solutions / NAME / f"{NAME}.py")
    executed = course.solutions / NAME / f"{NAME}.ipynb"
    nbformat.write(source.notebook, executed)
    worked_on = course.lesson_notebook(NAME)
    worked_on.parent.mkdir(parents=True)
    worked_on.write_text("somebody's work")
    done(nbgrader.generate_assignment(NAME))
    folder = course.class_folder / "release" / NAME
    assert (folder / f"{NAME}.ipynb").read_bytes() == notebook_bytes(release(source))
    assert sorted(os.listdir(folder)) == [f"{NAME}.ipynb", "checks.npz"]
    assert worked_on.read_text() == "somebody's work"
    with nbgrader.gradebook as book:
        assert book.find_notebook(NAME, NAME).max_score == 7.0


def test_nothing_of_the_sources_is_copied_to_a_graded_submission(course, nbgrader):
    submit(course, "ada", blank(course))
    done(nbgrader.autograde(NAME, "ada"))
    folder = course.autograded / "ada" / NAME
    assert sorted(os.listdir(folder)) == [f"{NAME}.ipynb", "timestamp.txt"]


def test_formgraders_view_of_a_hostile_submission_runs_no_script(course, nbgrader):
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader import handlers

    notebook = answered(blank(course))
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    cell_of(notebook, "mse")["source"] += (
        f"\nfrom IPython.display import HTML\nHTML('{evil}')"
    )
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": evil})
    submit(course, "ada", notebook)
    done(nbgrader.autograde(NAME, "ada"))
    config = nbgrader.config.copy()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {**dict.fromkeys(FORMGRADER_FILLS_IN, ""), "index": 0, "total": 1}
    exporter = HTMLExporter(config=config)
    page, _ = exporter.from_notebook_node(graded(course, "ada"), resources)
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert" in page
    assert "<p><strong>✓ <code>mse</code></strong>" in page  # the verdict, as HTML


@pytest.mark.full
def test_the_command_line_does_the_same(course):
    submit(course, "ada", answered(blank(course), HALF))
    submit(course, "zoe", b"not json")
    run(course, "autograde", NAME)
    assert scores(course) == {"ada": 4.0, "zoe": 0.0}
    run(course, "generate_feedback", NAME)
    assert (course.feedback / "zoe" / NAME / f"{NAME}.html").is_file()
    run(course, "export")
    rows = (course.root / "grades.csv").read_text().splitlines()
    assert any("ada" in row and ",4.0," in row for row in rows)


def run(course, *arguments):
    """Run an nbgrader command in the course's folder, the environment not activated."""
    program = Path(sys.executable).with_name("nbgrader")
    environment = {**os.environ, "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(
        [program, *arguments],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr
