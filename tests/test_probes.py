"""A probe reports what a learner's functions do, whatever they do."""

import numpy as np
import pytest

from course_lib.check_data import CaseData, CheckData
from course_lib.probes import answer, read_reports
from course_lib.values import Given, Opaque, pack

TWO = [
    {"function": "first", "arguments": ["x"], "results": ["y", "cache"]},
    {"function": "second", "arguments": ["y", "cache"], "results": ["z"]},
]


def probe(function, inputs, calls=None, outputs=("y",)):
    """Return the reports on one function of the arguments in `inputs`."""
    names = list(inputs[0])
    calls = calls or [{"function": "f", "arguments": names, "results": ["y"]}]
    cases = [CaseData("a case", case, {}) for case in inputs]
    check = CheckData("f", 1, calls, list(outputs), list(outputs), cases, {})
    namespace = function if isinstance(function, dict) else {"f": function}
    return read_reports(answer(check.probe(), namespace), len(inputs))


def test_a_result_comes_back_for_every_case():
    reports = probe(lambda x: x + 1, [{"x": np.arange(3.0)}, {"x": 5.0}])
    np.testing.assert_array_equal(reports[0]["outputs"]["y"], [1, 2, 3])
    assert reports[1]["outputs"]["y"] == 6.0
    assert all(r["repeats"] and not r["changed"] for r in reports)


def test_an_exception_is_reported_with_its_line():
    def f(x):
        return x / undefined  # noqa: F821

    (report,) = probe(f, [{"x": 1.0}])
    assert report["failure"]["type"] == "NameError"
    assert report["failure"]["code"].startswith("return x / undefined")


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_no_exception_of_a_learner_gets_out(error):
    def f(x):
        raise error

    (report,) = probe(f, [{"x": 1.0}])
    assert report["failure"]["kind"] == "raised"


def test_a_changed_input_is_reported_and_the_next_run_gets_a_fresh_one():
    def f(x):
        x += 1
        return x.copy()

    (report,) = probe(f, [{"x": np.zeros(2)}])
    assert report["changed"] == ["x"]
    assert report["repeats"]


def test_a_function_that_remembers_does_not_repeat():
    seen = []

    def f(x):
        seen.append(x)
        return float(len(seen))

    assert not probe(f, [{"x": 1.0}])[0]["repeats"]


def test_nan_repeats_itself():
    assert probe(lambda x: np.full(2, np.nan), [{"x": 1.0}])[0]["repeats"]


def test_results_are_passed_on_to_the_next_call():
    functions = {"first": lambda x: (2 * x, "kept"), "second": lambda y, c: (y, c)[0]}
    (report,) = probe(functions, [{"x": 4.0}], TWO, ["y", "z"])
    assert report["outputs"] == {"y": 8.0, "z": 8.0}


def test_a_cache_that_the_second_function_changes_is_reported():
    def second(y, cache):
        cache[0] = 9.0
        return y

    functions = {"first": lambda x: (x, np.ones(2)), "second": second}
    (report,) = probe(functions, [{"x": 4.0}], TWO, ["y", "z"])
    assert report["changed"] == ["cache"]


@pytest.mark.parametrize(
    ("returned", "kind", "text"),
    [
        (None, "returned_none", None),
        (np.zeros((2, 2)), "results", "one array of shape (2, 2)"),
        ((1.0,), "results", "1 values"),
        (3.0, "results", "one float"),
    ],
)
def test_another_number_of_results_is_reported_not_unpacked(returned, kind, text):
    functions = {"first": lambda x: returned, "second": lambda y, c: y}
    (report,) = probe(functions, [{"x": 4.0}], TWO, ["y", "z"])
    assert report["failure"]["kind"] == kind
    assert report["failure"].get("text") == text


def test_a_missing_function_and_an_unwritten_one_are_told_apart():
    def blank(x):
        raise NotImplementedError("Write this function, then run the cell again.")

    assert probe({}, [{"x": 1.0}])[0]["failure"]["kind"] == "missing"
    assert probe(blank, [{"x": 1.0}])[0]["failure"]["kind"] == "not_written"


def test_a_given_function_arrives_as_a_function():
    bowl = Given("quadratic", {"curvature": np.array([2.0]), "center": np.array([1.0])})
    (report,) = probe(lambda f, w: f(w), [{"f": bowl, "w": np.array([4.0])}])
    assert report["outputs"]["y"] == 9.0  # 2 (4 - 1)^2 / 2


def test_calls_of_the_engine_are_seen():
    from course_lib.losses import softmax

    (report,) = probe(lambda x: softmax(x), [{"x": np.zeros((1, 2))}])
    assert "course_lib.softmax" in report["used"]


def test_an_object_that_lies_about_equality_stays_behind():
    class Liar:
        __eq__ = lambda self, other: True  # noqa: E731
        __hash__ = None

    assert probe(lambda x: Liar(), [{"x": 1.0}])[0]["outputs"]["y"] == Opaque("Liar")


def test_prints_show_once_and_warnings_never(capsys):
    def f(x):
        print("here")
        return np.log(x)

    probe(f, [{"x": np.zeros(2)}, {"x": np.zeros(3)}])
    out, err = capsys.readouterr()
    assert out == "here\n"
    assert err == ""


@pytest.mark.parametrize(
    "data",
    [
        [],
        [1],
        [{}],
        [{"outputs": {}, "failure": 3, "changed": [], "repeats": True, "used": []}],
        [{"outputs": [], "failure": None, "changed": [], "repeats": True, "used": []}],
        [{"outputs": {}, "failure": None, "changed": [], "repeats": 1, "used": []}],
    ],
)
def test_reports_of_another_form_are_refused(data):
    with pytest.raises(ValueError, match="expected a list|a report"):
        read_reports(pack(data), 1)
