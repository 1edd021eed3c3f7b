"""Feedback goes back under the names by which submissions came."""

import re
import sys
import zipfile

import pytest
from lms_archives import Upload, canvas, moodle
from small_course import NAME, answered, as_bytes
from test_batch import put
from test_watch import submit

from course_lib import hand_in as post
from course_lib.settings import load_settings
from grader import __main__ as command_line
from grader.batch import autograde
from grader.collecting import collect
from grader.giving_back import give_back
from grader.prepared import prepare
from grader.roster import Person, Roster

nbgrader_api = pytest.importorskip("nbgrader.api")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
)
FILE = f"{NAME}.ipynb"
ROSTER = Roster([Person("ada", "Ada Lovelace"), Person("emmy", "Emmy Noether")])


@pytest.fixture
def graded(settings, worker):
    """Return what has an archive of two learners collected and graded."""

    def graded(layout, **form):
        notebook = as_bytes(answered(prepare(NAME, settings.solutions).notebook))
        archive = settings.root / "submissions.zip"
        archive.write_bytes(
            layout(
                Upload("Ada Lovelace", 11, f"{NAME}-1.ipynb", notebook, file_id=901),
                Upload("Emmy Noether", 12, FILE, b"broken", late=True, file_id=902),
                **form,
            )
        )
        assert len(list(collect(NAME, archive, settings, ROSTER))) == 2
        autograde(NAME, settings, workers=1, worker=worker, tell=lambda line: None)
        return settings

    return graded


def pages(settings, **options):
    out = settings.root / "feedback.zip"
    given = list(give_back(NAME, settings, out, **options))
    with zipfile.ZipFile(out) as archive:
        return given, {n: archive.read(n).decode() for n in archive.namelist()}


def canvas_takes(name):
    """Return the user and the file that Canvas finds in a name: by its program."""
    parts = [part for part in name.rpartition("/")[2].split("_") if part != "LATE"]
    return tuple([part for part in parts if re.fullmatch(r"\d+", part)][:2])


def moodle_takes(path):
    """Return the participant and the file that Moodle finds in a path: likewise."""
    parts = path.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) >= 4 and info[1].isdigit() and info[2] == "assignsubmission":
            rest = [info[4] if len(info) > 4 else "", *parts]
            return info[1], "/".join(rest).lstrip("/")
    return None


@pytest.mark.full
def test_canvas_finds_learner_and_submission_in_the_names(graded):
    given, written = pages(graded(canvas))
    assert {canvas_takes(name) for name in written} == {("11", "901"), ("12", "902")}
    assert all(name.endswith(f"_{NAME}.html") for name in written)
    assert not any(one.problem for one in given)


@pytest.mark.parametrize("form", [{}, {"slash": ""}, {"folders": False}])
def test_moodle_finds_participants_in_the_names(graded, form):
    _, written = pages(graded(moodle, **form))
    found = {moodle_takes(name) for name in written}
    assert found == {("11", f"{NAME}.html"), ("12", f"{NAME}.html")}


@pytest.mark.full
def test_each_page_is_its_learners_own_and_needs_nothing_else(graded):
    settings = graded(canvas)
    _, written = pages(settings, layout="plain")
    assert list(written) == [f"ada/{NAME}.html", f"emmy/{NAME}.html"]
    ada, emmy = written.values()
    assert "7 <small>of 7" in ada and "could not be graded" in emmy
    assert not re.search(r"<script|<link|src=\"http|@import", ada)
    assert pages(settings, layout="plain")[1] == written


@pytest.mark.full
def test_what_people_added_is_on_the_page_that_goes_back(graded):
    settings = graded(moodle)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.find_grade("mse_check", NAME, NAME, "ada").manual_score = 0.5
        book.find_comment("mse", NAME, NAME, "ada").manual_comment = "See me."
        book.db.commit()
    _, written = pages(settings)
    (ada,) = [page for name, page in written.items() if name.startswith("Ada")]
    assert "5.5 <small>of 7" in ada and "See me." in ada


@pytest.mark.full
def test_the_exchange_gets_the_new_page_too(settings, worker):
    receipt = submit(settings)
    autograde(NAME, settings, workers=1, worker=worker, tell=lambda line: None)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.find_comment("mse", NAME, NAME, "ada").manual_comment = "See me."
        book.db.commit()
    (one,) = give_back(NAME, settings)
    assert (one.learner, one.problem) == ("ada", "")
    assert post.read_answer(receipt) and "See me." in receipt.page.read_text("utf-8")


@pytest.mark.full
def test_who_cannot_be_given_anything_is_named(graded, capsys, monkeypatch):
    settings = graded(canvas)
    put(settings, "zoe")  # by another way, and not graded
    monkeypatch.setattr(
        command_line, "load_settings", lambda: load_settings(settings.root)
    )
    out = settings.root / "out.zip"
    assert command_line.main(["feedback", NAME, "--archive", str(out)]) == 1
    told = capsys.readouterr().out
    assert "zoe" in told and "not graded" in told and "2 pages" in told
    moodle_only = ["feedback", NAME, "--archive", str(out), "--layout", "moodle"]
    assert command_line.main(moodle_only) == 1
    assert "did not come from Moodle" in capsys.readouterr().out
    assert command_line.main(["feedback", NAME, "--layout", "moodle"]) == 2


@pytest.mark.full
def test_an_archive_that_cannot_be_finished_leaves_the_old_one(graded, monkeypatch):
    settings = graded(canvas)
    out = settings.root / "feedback.zip"
    out.write_bytes(b"old")
    writing = give_back(NAME, settings, out)
    next(writing)
    writing.close()
    assert out.read_bytes() == b"old"
    assert [p.name for p in out.parent.glob("*.new")] == []
