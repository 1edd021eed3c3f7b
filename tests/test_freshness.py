"""A build redoes what changed, and only that."""

import json

import pytest
from small_course import NAME

from grader import release
from grader.freshness import RECORD


@pytest.fixture
def worked(course, monkeypatch):
    """Forget all builds; return the list of lessons whose checks are made from now."""
    (course / "class" / RECORD).unlink(missing_ok=True)
    done = []
    make = release._public_checks

    def noted(name, folder):
        done.append(name)
        return make(name, folder)

    monkeypatch.setattr(release, "_public_checks", noted)
    return done


def build(course, **how):
    (built,) = release.build(root=course, **how)
    return built.state


def test_a_lesson_that_is_up_to_date_is_not_built_again(course, worked):
    assert build(course) == "unchanged"
    assert build(course) == "unchanged"
    assert build(course, write=False) == "unchanged"
    assert worked == [NAME]


def test_a_changed_source_is_built(course, worked):
    build(course)
    source = course / "solutions" / NAME / f"{NAME}.py"
    source.write_text(source.read_text("utf-8").replace("that falls", "that sinks"))
    assert build(course) == "written"
    assert build(course) == "unchanged"
    assert worked == [NAME, NAME]


def test_a_changed_exercise_is_built(course, worked):
    build(course)
    checks = course / "solutions" / NAME / "checks.py"
    checks.write_text(checks.read_text("utf-8").replace("points=2", "points=3"))
    assert build(course) == "written"


def test_a_lesson_that_was_taken_away_comes_back(course, worked):
    build(course)
    notebook = course / "lessons" / NAME / f"{NAME}.ipynb"
    before = notebook.read_bytes()
    notebook.unlink()
    assert build(course) == "written"
    assert notebook.read_bytes() == before


def test_work_in_a_lesson_is_seen_at_once(course, worked):
    build(course)
    notebook = course / "lessons" / NAME / f"{NAME}.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace("A small", "My small"))
    assert build(course) == "kept"


def test_force_builds_whatever_the_record_says(course, worked):
    build(course)
    assert build(course, force=True) == "unchanged"
    assert worked == [NAME, NAME]


@pytest.mark.parametrize("text", ["", "[]", json.dumps({NAME: 1})])
def test_a_record_that_cannot_be_read_only_costs_time(course, worked, text):
    record = course / "class" / RECORD
    record.parent.mkdir(exist_ok=True)
    record.write_text(text)
    assert build(course) == "unchanged"
    assert worked == [NAME]


def test_looking_only_writes_nothing(course, worked):
    build(course, write=False)
    assert not (course / "class" / RECORD).exists()
