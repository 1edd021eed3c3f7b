"""An audit leaves out what held and has not changed, and nothing else."""

import shutil

import pytest
from small_course import NAME, skip_without_walls

from grader import audit
from grader.freshness import AUDITED


@pytest.fixture
def parts(course, monkeypatch):
    """Return the parts that are audited from now on."""
    skip_without_walls()
    shutil.rmtree(course / "class", ignore_errors=True)
    done = []
    part_of = audit._audit_part

    def noted(solutions, part):
        done.append(part[1])
        return part_of(solutions, part)

    monkeypatch.setattr(audit, "_audit_part", noted)
    return done


def run(course, **how):
    (rows,) = audit.audit(root=course, workers=1, **how).values()
    return rows


EACH = ["mse", "line_backward", "center", audit.WHOLE]


def test_what_held_is_left_out_until_it_changes(course, parts):
    assert all(row.holds for row in run(course))
    assert parts == EACH
    assert run(course) is None
    checks = course / "solutions" / NAME / "checks.py"
    checks.write_text(checks.read_text("utf-8").replace("points=2", "points=3"))
    assert all(row.holds for row in run(course))
    assert run(course, everything=True)
    assert parts == 3 * EACH


def test_what_did_not_hold_is_audited_again(course, parts):
    checks = course / "solutions" / NAME / "checks.py"
    summed = "return np.sum((predictions - targets) ** 2)"
    right = summed.replace("sum", "mean")
    checks.write_text(checks.read_text("utf-8").replace(summed, right))
    assert not all(row.holds for row in run(course))
    assert not all(row.holds for row in run(course))
    assert parts == 2 * EACH
    assert not (course / "class" / AUDITED).exists()
