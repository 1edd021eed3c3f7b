"""A grade can be traced to what it was made from, and comes out the same again."""

import json
import sys

import pytest
from small_course import ANSWERS, NAME
from test_batch import HALF, change_the_checks, put
from test_class_report import FIRST, SUMMED, command, grade, hand_in  # noqa: F401
from test_watch import submit, watching

from grader import fingerprint
from grader.gradebook import Book
from grader.provenance import grade_again, trace

nbgrader_api = pytest.importorskip("nbgrader.api")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
)


@pytest.fixture
def explain(settings, worker, monkeypatch):
    """Return what traces a grade of the test's own course and makes it anew."""

    def explain(learner, exercise):
        with Book(settings.gradebook_url, settings.course_id) as book:
            found = trace(learner, NAME, exercise, settings, book)
        return found, grade_again(found, settings, worker)

    return explain


def test_a_grade_comes_out_the_same_again(settings, worker, explain):
    hand_in(settings, {"ada": [ANSWERS, SUMMED]})
    grade(settings, worker)
    found, again = explain("ada", "mse")
    assert found.code == SUMMED["mse"]
    assert (found.place, found.attempts) == (2, 2)
    assert found.is_recorded and found.waiting == "" and found.counts == 0.0
    assert found.verdict.mistake == "sum" and again.verdict == found.verdict
    assert again.is_same and again.changed == {} and again.is_traceable
    assert len(found.cases) == 9  # three sizes, three times
    assert found.report.made_from["python"].startswith(sys.version.split()[0])


def test_changed_checks_are_named_as_what_changed(settings, worker, explain):
    put(settings, "ada", SUMMED)
    grade(settings, worker)
    change_the_checks(settings, '"sum", summed', '"total", summed')
    found, again = explain("ada", "mse")
    assert list(again.changed) == ["checks"] and not again.is_same
    assert found.waiting == "the course changed since"
    assert (found.verdict.mistake, again.verdict.mistake) == ("sum", "total")


@pytest.mark.full
def test_what_was_graded_is_found_though_something_newer_lies_there(
    settings, worker, explain
):
    hand_in(settings, {"ada": [SUMMED]})
    grade(settings, worker)
    hand_in(settings, {"ada": [ANSWERS, ANSWERS]})
    found, again = explain("ada", "mse")
    assert again.is_same and again.verdict.mistake == "sum"
    assert found.waiting == "something newer was handed in"
    put(settings, "emmy", SUMMED)
    grade(settings, worker)
    put(settings, "emmy", ANSWERS)  # by hand: what was graded is gone
    found, again = explain("emmy", "mse")
    assert not again.is_same and list(again.changed) == ["answers"]
    assert found.place == 0


@pytest.mark.full
def test_an_answer_that_changes_by_itself_is_told_from_a_changed_course(
    settings, worker, explain
):
    dice = "import os\n\ndef center(x):\n    return x * float(os.urandom(1)[0])"
    put(settings, "ada", {**ANSWERS, "center": dice})
    grade(settings, worker)
    found, again = explain("ada", "center")
    assert found.verdict.points == again.verdict.points == 0.0
    assert again.changed == {}


@pytest.mark.full
def test_another_library_is_named_with_both_versions(
    settings, worker, explain, monkeypatch
):
    put(settings, "ada")
    grade(settings, worker)
    monkeypatch.setattr(fingerprint, "_version", lambda library: "99.0")
    fingerprint.environment.cache_clear()
    try:
        _, again = explain("ada", "mse")
    finally:
        fingerprint.environment.cache_clear()
    assert again.is_same and again.changed["numpy"][1] == "99.0"


def test_an_unreadable_file_has_a_provenance_too(settings, worker, explain):
    put(settings, "ada", data=b"{broken")
    grade(settings, worker)
    found, again = explain("ada", "mse")
    assert again.is_same and found.seed is None
    assert found.report.deviations


@pytest.mark.full
def test_the_command_says_it_all_and_hides_inputs(settings, worker, command):  # noqa: F811
    put(settings, "ada", HALF)
    grade(settings, worker)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        book.find_grade("mse_check", NAME, NAME, "ada").manual_score = 1.5
        book.find_comment("mse", NAME, NAME, "ada").manual_comment = "Nearly\x1b[2J."
        book.db.commit()
    code, out, err = command(settings, "explain", "ada", "mse")
    assert (code, err) == (0, "")
    for words in (
        "Counts        1.5 of 2 points, 0 by the checks",
        "Handed in     2026-03-01 12:00:00 UTC, as 01_small.ipynb",
        "9 cases from seed ",
        "By hand       1.5 points in place of 0",
        "By hand       comment: Nearly?[2J.",
        "    return np.sum(predictions - targets)",
        "The same verdict.",
    ):
        assert words in out
    assert "predictions = [" not in out and "\x1b" not in out
    code, out, _ = command(settings, "explain", "ada", "1/mse", "--inputs", "--stored")
    assert code == 0 and "predictions = [" in out and "loss = " in out
    assert "Graded again" not in out
    code, out, _ = command(settings, "explain", "ada", "mse", "--json", "--stored")
    told = json.loads(out)
    assert told["counts"] == 1.5 and told["seed"] and "inputs" not in told
    assert told["made_from"]["numpy"] and told["verdict"]["points"] == 0.0


@pytest.mark.full
def test_another_verdict_is_exit_code_1(settings, worker, command):  # noqa: F811
    put(settings, "ada")
    grade(settings, worker)
    change_the_checks(settings, "return np.mean((pred", "return 2 * np.mean((pred")
    code, out, _ = command(settings, "explain", "ada", "mse")
    assert code == 1
    assert "Another verdict" in out
    assert "Changed since: the lesson's source and checks" in out


def test_names_that_nobody_has_are_answered_with_the_nearest(settings, worker, command):  # noqa: F811
    code, _, err = command(settings, "explain", "ada", "mse")
    assert code == 2 and "'ada' has handed in nothing for 01_small" in err
    put(settings, "ada")
    code, _, err = command(settings, "explain", "adda", "mse")
    assert code == 2 and "Did you mean 'ada'?" in err
    code, _, err = command(settings, "explain", "ada", "mes")
    assert code == 2 and "no exercise 'mes'. Did you mean 'mse'?" in err
    code, _, err = command(settings, "explain", "ada", "2/mse")
    assert code == 2 and "no lesson '2'" in err
    code, out, err = command(settings, "explain", "ada", "mse")
    assert (code, out) == (1, "") and "autograde 01_small --learner ada" in err


@pytest.mark.full
def test_what_watch_graded_can_be_traced_too(settings, explain):
    with watching(settings):
        receipt = submit(settings, SUMMED)
        from test_watch import answer_to

        answer_to(receipt)
    found, again = explain("ada", "mse")
    assert again.is_same and (found.place, found.attempts) == (1, 1)
