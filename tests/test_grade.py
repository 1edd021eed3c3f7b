import copy
import json
import os

import nbformat
import pytest
from small_course import (
    ANSWERS,
    NAME,
    answered,
    as_bytes,
    cell_of,
    code,
    skip_without_walls,
    write_course,
)

from grader.errors import SourceError
from grader.exercises import load_lesson
from grader.grade import grade, shared_worker
from grader.prepared import prepare
from grader.reports import from_notebook
from grader.worker import Worker


@pytest.fixture(scope="module")
def solutions(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def course(solutions):
    return prepare(NAME, solutions).notebook


@pytest.fixture(scope="module")
def mark(solutions):
    """Return a function that grades a notebook, or the bytes of one."""
    with Worker("if possible") as worker:
        fixed = {"learner": "ada", "secret": b"s", "solutions": solutions}

        def mark(submission, **options):
            data = submission if isinstance(submission, bytes) else as_bytes(submission)
            return grade(NAME, data, worker=worker, **fixed, **options)

        yield mark


def with_answer(course, exercise, source):
    return answered(course, ANSWERS | {exercise: source})


def verdict(report, exercise):
    return next(v for v in report.exercises if v.exercise == exercise)


def test_right_answers_earn_every_point(course, mark):
    report = mark(answered(course))
    assert (report.score, report.max_score, report.status) == (7.0, 7.0, "graded")
    assert [v.status for v in report.exercises] == ["right"] * 3


def test_the_untouched_lesson_earns_nothing_and_says_not_written(course, mark):
    report = mark(course)
    assert (report.score, report.status) == (0.0, "graded")
    assert [v.status for v in report.exercises] == ["not_written"] * 3


def test_a_report_is_the_json_that_was_promised(course, mark):
    report = json.loads(mark(answered(course), file="mine.ipynb").as_json())
    assert list(report) == [
        "lesson",
        "file",
        "status",
        "score",
        "max_score",
        "deviations",
        "exercises",
    ]
    assert report["lesson"] == NAME and report["file"] == "mine.ipynb"
    for exercise in report["exercises"]:
        assert list(exercise) == [
            "exercise",
            "points",
            "max_points",
            "status",
            "mistake",
            "message",
        ]


def test_a_mistake_is_named_and_half_right_is_half_the_points(course, mark):
    source = "def line_backward(dy, x):\n    return np.sum(dy * x), np.mean(dy)"
    found = verdict(mark(with_answer(course, "line_backward", source)), "line_backward")
    assert (found.points, found.status, found.mistake) == (2.0, "partial", "mean")
    assert found.message and found.next_step


def test_grading_again_gives_the_same_report(course, mark):
    notebook = with_answer(course, "center", "def center(x):\n    return 2 * x")
    assert mark(notebook).as_dict() == mark(notebook).as_dict()


def test_a_cell_that_python_cannot_read_is_named(course, mark):
    report = mark(with_answer(course, "center", "def center(x: return"))
    found = verdict(report, "center")
    assert found.status == "error" and "SyntaxError" in found.message
    assert "ipython-input" not in found.message
    assert report.score == 6.0 and report.status == "graded"


def test_a_renamed_function_is_reported_as_missing(course, mark):
    report = mark(with_answer(course, "center", "def centre(x):\n    return x"))
    found = verdict(report, "center")
    assert found.points == 0 and "center" in found.message


def test_a_deleted_answer_is_not_written_and_the_rest_is_graded(course, mark):
    notebook = answered(course)
    notebook["cells"].remove(cell_of(notebook, "center"))
    report = mark(notebook)
    assert (report.score, report.status) == (6.0, "graded")
    assert verdict(report, "center").status == "not_written"


@pytest.mark.parametrize(
    "source", ["import os\nos._exit(3)", "import ctypes\nctypes.string_at(0)"]
)
def test_a_cell_that_kills_its_process_costs_only_its_exercise(course, mark, source):
    report = mark(with_answer(course, "line_backward", source))
    assert verdict(report, "line_backward").status == "crashed"
    assert (report.score, report.status) == (3.0, "partly_graded")


def test_a_function_that_kills_its_process_costs_only_its_exercise(course, mark):
    source = "def line_backward(dy, x):\n    import os\n    os._exit(0)"
    report = mark(with_answer(course, "line_backward", source))
    assert verdict(report, "line_backward").status == "crashed"
    assert (report.score, report.status) == (3.0, "partly_graded")


@pytest.mark.full
def test_an_endless_function_and_an_endless_cell_cost_only_their_exercise(course, mark):
    answers = ANSWERS | {
        "mse": "def mse(predictions, targets):\n    while True: pass",
        "center": "while True: pass",
    }
    report = mark(answered(course, answers))
    assert verdict(report, "mse").status == "timeout"
    assert verdict(report, "center").status == "timeout"
    assert (report.score, report.status) == (4.0, "partly_graded")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"cells": []}', b"null"])
def test_what_cannot_be_read_is_a_report_with_reason_and_way_out(mark, data):
    report = mark(data)
    assert report.status == "not_graded"
    assert (report.score, report.max_score) == (0.0, 7.0)
    assert len(report.exercises) == 3
    assert "submit" in report.deviations[0]
    nbformat.validate(report.notebook)


def test_half_a_file_is_partly_graded(course, mark):
    data = as_bytes(answered(course))
    report = mark(data[: data.index(b'"center"')])
    assert (report.score, report.status) == (6.0, "partly_graded")


def test_deviations_cost_nothing(course, mark):
    notebook = answered(course)
    notebook["cells"].append(copy.deepcopy(cell_of(notebook, "mse_check")))
    notebook["cells"].remove(cell_of(notebook, "center_check"))
    report = mark(notebook, file="01_small-Copy1.ipynb")
    assert report.score == 7.0
    assert len(report.deviations) == 3
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    report = mark(notebook)
    assert report.score == 7.0
    assert any("lost their grading marks" in remark for remark in report.deviations)


def test_an_added_cell_may_hold_what_an_answer_needs(course, mark):
    source = "def mse(predictions, targets):\n    return helper(predictions - targets)"
    notebook = with_answer(course, "mse", source)
    place = notebook["cells"].index(cell_of(notebook, "mse"))
    notebook["cells"].insert(place, code("def helper(v):\n    return (v**2).mean()"))
    assert mark(notebook).score == 7.0


def test_learner_code_never_runs_in_this_process(course, mark, tmp_path):
    trace = tmp_path / "trace"
    source = f"open({str(trace)!r}, 'w')\nimport grader\ngrader.trace = 1\n"
    report = mark(with_answer(course, "mse", source + ANSWERS["mse"]))
    import grader

    assert not trace.exists() and not hasattr(grader, "trace")
    assert report.max_score == 7.0
    assert "COURSE_GRADING" not in os.environ


def test_the_graded_notebook_is_valid_and_holds_its_report(course, mark):
    notebook = answered(course)
    notebook["cells"].insert(2, code("print('hello')\n1 + 1"))
    report = mark(notebook)
    nbformat.validate(report.notebook)
    again = from_notebook(json.loads(json.dumps(report.notebook)))
    assert again.as_dict() == report.as_dict()
    outputs = report.notebook["cells"][2]["outputs"]
    assert outputs[0]["text"] == "hello\n"
    assert outputs[1]["data"]["text/plain"] == "2"


def test_a_lesson_is_named_or_given(course, solutions):
    skip_without_walls()
    lesson = load_lesson(NAME, solutions)
    assert grade(lesson, as_bytes(answered(course))).score == 7.0


def test_a_lesson_that_does_not_exist_is_the_callers_mistake(solutions):
    with pytest.raises(SourceError):
        grade("99_nothing", b"", solutions=solutions)


def test_one_worker_serves_the_whole_process():
    assert shared_worker() is shared_worker()
