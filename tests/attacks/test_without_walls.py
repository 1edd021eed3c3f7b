"""Where nothing shuts a submission in: said aloud, and refused for a class."""

import json
import os
import sys

import pytest
from small_course import ANSWERS, NAME, answered, as_bytes, write_course
from test_cli import said
from test_watch import answer_to, submit, until, watching

import grader.__main__
import grader.worker
from course_lib import hand_in as post
from course_lib.settings import load_settings
from grader.prepared import prepare
from grader.worker import WallsMissing, Worker


@pytest.fixture(autouse=True)
def no_walls(monkeypatch):
    monkeypatch.setattr(grader.worker, "_can_fork_safely", lambda: False)


@pytest.fixture
def submission(tmp_path, monkeypatch):
    """A right answer's file, in a course that the command line takes for its own."""
    solutions = write_course(tmp_path)
    settings = load_settings(tmp_path)
    monkeypatch.setattr(grader.__main__, "load_settings", lambda: settings)
    monkeypatch.setattr("grader.prepared.SOLUTIONS", solutions)
    file = tmp_path / f"{NAME}.ipynb"
    file.write_bytes(as_bytes(answered(prepare(NAME, solutions).notebook, ANSWERS)))
    return file


def test_a_worker_that_needs_walls_has_no_way_around():
    with pytest.raises(WallsMissing, match="--unsafe-no-sandbox"):
        Worker("required").warning()


def test_the_command_refuses(submission, capsys):
    code, errors = said(capsys, "grade", "1", str(submission))
    assert code == 2
    assert errors.startswith("error: This machine cannot wall off a submission")


@pytest.mark.full
def test_the_command_warns_before_it_obeys(submission, capsys):
    arguments = ["grade", "1", str(submission), "--json", "--unsafe-no-sandbox"]
    assert grader.__main__.main(arguments) == 0
    output, errors = capsys.readouterr()
    assert errors.startswith("warning: what is graded here is not shut in (no walls)")
    assert json.loads(output)["score"] == 7.0


@pytest.mark.full
@pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() != 0,
    reason="needs root, to hand in as another user: sudo python3 course.py test",
)
def test_a_watcher_warns_and_grades_nobody_elses_code(settings):
    theirs = submit(settings, learner="nobody")
    os.chown(theirs.folder, 65534, 65534)
    with watching(settings) as told:
        own = submit(settings, learner="ada")
        assert answer_to(own)["report"]["score"] == 7.0
        until(lambda: told.about("cannot wall off"))
        until(lambda: told.about("warning: what is graded here is not shut in"))
    assert post.read_answer(theirs) is None  # kept, and graded where there are walls
