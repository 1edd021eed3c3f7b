"""The bench, the calibration chart and the logs behind it, in every state."""

import json

import pytest

from course_lib.calibration import LARGEST_LOG, calibration, is_right
from course_lib.explorers import exam, exam_bench, exam_calibration
from course_lib.prediction_log import LOG, log_choice
from course_lib.sealed_runs import N_RETESTS, N_RUNS


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bench():
    return exam_bench._bench()


def at(bench, **values):
    bench.values |= values
    return bench


# ---- the bench


@pytest.mark.parametrize("number", range(1, N_RUNS + 1))
def test_every_sealed_run_can_be_painted_and_read(bench, number):
    page = at(bench, number=number).html()
    assert "data:image/png" in page and "first blame" in page
    exam_bench.make_again(bench)
    assert "again (" in bench.html()


def test_a_run_is_made_again_twice_and_the_third_is_refused(bench):
    changes = ("ten times the data", "the start that fits", "backward written again")
    for change in changes:
        exam_bench.make_again(at(bench, change=change))
    assert len(bench.extra["made"][1]) == N_RETESTS
    assert "read the instruments" in bench.extra["words"]
    assert bench.numbers()["left"] == 0
    exam_bench.make_again(at(bench, number=2))
    assert bench.numbers()["left"] == N_RETESTS - 1


def test_a_retest_already_made_is_shown_again_for_nothing(bench):
    for change in ("ten times the data", "the start that fits", "ten times the data"):
        exam_bench.make_again(at(bench, change=change))
    assert bench.numbers()["change"] == "ten times the data"
    assert len(bench.extra["made"][1]) == 2


def test_a_name_is_written_down_and_can_be_taken_back(bench):
    exam_bench.write_down(at(bench, name="overfitting"))
    assert bench.numbers()["name"] == "overfitting" and bench.numbers()["named"] == 1
    exam_bench.write_down(at(bench, name=exam_bench.NAMES[0]))
    assert bench.numbers()["named"] == 0


def test_the_bench_never_says_whether_a_name_is_right(bench):
    for name in exam_bench.NAMES[1:]:
        exam_bench.write_down(at(bench, name=name))
        assert bench.extra["words"] == f"run 1: {name}"


def test_reset_gives_the_retests_back(bench):
    exam_bench.make_again(bench)
    bench.reset()
    assert bench.numbers()["left"] == N_RETESTS and bench.numbers()["again"] is None


def test_the_cards_truth_is_measured(bench):
    assert bench.card.truth() == "three or four"
    assert [exam_bench._in_words(k) for k in (0, 1, 2, 3, 4, 5, 8)] == [
        *("none", "one or two", "one or two", "three or four", "three or four"),
        *("five or more", "five or more"),
    ]


# ---- the calibration


def lesson(folder, name="01_loss"):
    made = folder / name
    made.mkdir(exist_ok=True)
    return made


def test_predictions_are_counted_by_lesson(folder):
    first = lesson(folder)
    log_choice("falls", "yes", "yes", first)
    log_choice("grows", "yes", "no", first)
    log_choice("size", 2.0, 2.1, first)
    log_choice("open", "yes", None, first)
    log_choice("far", 1.0, 10.0, lesson(folder, "02_gradient_and_learning_rate"))
    found = calibration(folder)
    assert list(found.by_lesson) == ["01_loss", "02_gradient_and_learning_rate"]
    tally = found.by_lesson["01_loss"]
    assert (tally.committed, tally.judged, tally.right) == (4, 3, 2)
    assert found.numbers == [(2.0, 2.1), (1.0, 10.0)]
    assert found.typical_factor == 10.0


def test_the_first_answer_counts_and_the_truth_may_come_later(folder):
    first = lesson(folder)
    log_choice("size", 5.0, None, first)
    log_choice("size", 2.0, 2.0, first)  # committed again, knowing more
    found = calibration(folder)
    assert found.right == 0 and found.numbers == [(5.0, 2.0)]


@pytest.mark.parametrize(
    ("choice", "truth", "right"),
    [
        (2.0, 2.19, True),
        (2.0, 2.3, False),
        (-2.0, 2.0, False),
        (0.0, 0.0, True),
        (3, 3.0, True),
        ("yes", "yes", True),
        ("1", 1, False),
    ],
)
def test_a_number_within_a_tenth_is_right(choice, truth, right):
    assert is_right(choice, truth) is right


BROKEN = [
    "not json",
    "[1, 2]",
    "{}",
    '{"question": 3, "choice": "a"}',
    '{"question": "a", "choice": [1]}',
    '{"question": "a", "choice": NaN}',
    '{"question": "a", "choice": 1, "truth": {"b": 1}}',
    '{"question": "a", "choice": 1, "truth": Infinity}',
    '{"question": "a", "choice": true}',
    "<<<<<<< HEAD",
    '{"question": "cut o',
    "[" * 100_000,
    "\x00\ufffd",
    json.dumps({"question": "a", "choice": 10**400}),
]


@pytest.mark.parametrize("line", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_line_is_counted_and_passed_over(folder, line):
    first = lesson(folder)
    log_choice("falls", "yes", "yes", first)
    with open(first / LOG, "a", encoding="utf-8") as log:
        log.write(line + "\n")
    log_choice("size", 2.0, 2.0, first)
    found = calibration(folder)
    assert (found.right, found.committed, found.unreadable) == (2, 2, 1)
    assert "1" in exam_calibration.read_out(found)["unreadable lines"]


def test_without_a_log_the_chart_says_how_one_comes_to_be(folder):
    page = exam_calibration.chart_html(calibration(folder))
    assert "No prediction has been committed yet" in page and "<img" not in page
    assert calibration(folder / "nowhere").committed == 0
    (lesson(folder) / LOG).mkdir()  # a folder of that name
    assert calibration(folder).committed == 0


def test_a_log_that_is_no_text_or_far_too_long_is_passed_over(folder):
    (lesson(folder) / LOG).write_bytes(b"\xff\xfe\x00" * 50)
    assert calibration(folder).by_lesson == {}
    (lesson(folder) / LOG).write_bytes(b"a" * (LARGEST_LOG + 1))
    assert calibration(folder).unreadable == 1


@pytest.mark.parametrize(
    "pairs",
    [[], [(2.0, 2.3)], [(0.0, 1.0)], [(-1.0, 1.0)], [(1e-12, 1e12), (3.0, 3.0)]],
    ids=["no numbers", "one", "zero", "another sign", "beyond the edges"],
)
def test_the_chart_is_painted_with_words_for_those_who_do_not_see_it(folder, pairs):
    first = lesson(folder)
    log_choice("falls", "yes", "yes", first)
    for k, (said, seen) in enumerate(pairs):
        log_choice(f"number {k}", said, seen, first)
    page = exam_calibration.chart_html(calibration(folder))
    assert "data:image/png" in page and 'alt="' in page
    assert "01_loss: " in page and "right" in page


def test_the_chart_shows_itself_in_a_notebook(folder, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    exam.calibration_chart(folder)
    assert "No prediction" in shown[0].data


def test_names_of_lessons_are_escaped(folder):
    log_choice("falls", "yes", "yes", lesson(folder, "<b>odd"))
    assert "<b>odd" not in exam_calibration.chart_html(calibration(folder))


def test_the_recap_and_the_loop_are_shown(monkeypatch):
    shown = []
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    monkeypatch.setattr("IPython.display.display", shown.append)
    exam.five_questions()
    exam.say_the_loop_twice()
    assert len(shown) == 6
