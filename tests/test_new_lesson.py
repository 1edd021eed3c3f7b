"""A new lesson: it works before anything in it is changed."""

import pytest

from course_lib.settings import load_settings
from grader.audit import audit_lesson
from grader.new_lesson import new_lesson
from grader.release import build
from grader.solutions import solutions

NAME = "14_pooling_layers"


@pytest.mark.full
def test_a_new_lesson_builds_audits_and_earns_full_marks(course):
    new_lesson(NAME, load_settings(course))
    (built,) = build([NAME], root=course)
    assert built.state == "written"
    rows = audit_lesson(NAME, course / "solutions")
    assert len(rows) > 5
    assert [row for row in rows if not row.holds] == []
    (solved,) = solutions([NAME], root=course)
    assert solved.problems == []


def test_a_new_lesson_carries_its_number_and_its_name(settings):
    source, checks = new_lesson(NAME, settings)
    assert source.name == f"{NAME}.py"
    text = source.read_text("utf-8")
    assert "# # 14. Pooling layers" in text
    assert "def pooling_layers_centered(x):" in text
    assert "$" not in text + checks.read_text("utf-8")


@pytest.mark.parametrize("name", ["pooling", "14-pooling", "14_Pooling", "../14_x", ""])
def test_what_is_no_name_for_a_lesson_is_refused(settings, name):
    before = sorted(settings.solutions.rglob("*"))
    with pytest.raises(ValueError, match="such as 14_convolutions"):
        new_lesson(name, settings)
    assert sorted(settings.solutions.rglob("*")) == before


def test_a_number_that_is_taken_is_refused_and_the_lesson_left_alone(settings):
    (there,) = settings.solutions.iterdir()
    with pytest.raises(ValueError, match=there.name):
        new_lesson(f"{there.name[:2]}_another", settings)
    assert list(settings.solutions.iterdir()) == [there]
