"""`check` in a lesson: offline, from arrays, with the mistake's name."""

import zipfile

import numpy as np
import pytest

from course_lib import checks, workbench
from course_lib.check_data import load_checks, save_checks
from course_lib.values import Given, same
from grader.exercises import Case, Convention, Exercise, Mistake


def double(x):
    return 2 * x


def cases(rng):
    yield Case("three numbers", x=rng.normal(size=3))
    yield Case("seven numbers", x=rng.normal(size=7))


DOUBLE = Exercise(
    "double(x) -> y",
    points=2,
    reference=double,
    cases=cases,
    axes={"x": "N"},
    mistakes=[Mistake("squared", lambda x: x**2, "It is squared.", "try 3.")],
)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    save_checks(tmp_path / "checks.npz", [DOUBLE.public_checks()])
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    workbench.dismiss()


def test_stored_checks_come_back_as_they_were(lesson):
    back = load_checks(lesson / "checks.npz", "double")
    assert back.messages == {"squared": ["It is squared.", "try 3."]}
    for new, old in zip(back.cases, DOUBLE.public_checks().cases, strict=True):
        assert same(new.inputs, old.inputs) and same(new.expected, old.expected)
        assert same(new.mistaken, old.mistaken) and new.sizes == old.sizes
    assert load_checks(lesson / "checks.npz", "triple") is None


def test_a_function_given_to_an_answer_survives_the_file(tmp_path):
    bowl = Given("quadratic", {"curvature": np.ones(2), "center": np.zeros(2)})
    measure = Exercise(
        "measure(f, w) -> y",
        points=1,
        reference=lambda f, w: f(w),
        cases=lambda rng: [Case("a bowl", f=bowl, w=np.array([3.0, 4.0]))],
    )
    save_checks(tmp_path / "checks.npz", [measure.public_checks()])
    (case,) = load_checks(tmp_path / "checks.npz", "measure").cases
    assert same(case.inputs["f"], bowl)
    assert case.expected == {"y": 12.5}  # (3^2 + 4^2) / 2


def test_the_same_checks_give_the_same_bytes(lesson):
    save_checks(lesson / "again.npz", [DOUBLE.public_checks()])
    first, again = ((lesson / n).read_bytes() for n in ("checks.npz", "again.npz"))
    assert first == again


def test_stored_checks_hold_arrays_and_text_and_no_pickle(lesson):
    with zipfile.ZipFile(lesson / "checks.npz") as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                array = np.lib.format.read_array(member, allow_pickle=False)
                assert array.dtype.kind in "biufU"


def test_a_right_answer_is_shown_and_adopted(lesson, capsys):
    def double(x):
        return x + x

    checks.check(double)
    assert "2 of 2 points   right" in capsys.readouterr().out
    assert workbench.current("double", None) == (double, workbench.YOURS)


def test_a_wrong_answer_raises_its_verdict_and_is_not_adopted(lesson):
    def double(x):
        return x**2

    with pytest.raises(checks.CheckFailed, match="It is squared") as caught:
        checks.check(double)
    lines = caught.value._render_traceback_()
    assert lines[0] == "double   0 of 2 points"
    assert "Traceback" not in "".join(lines)
    assert workbench.current("double", None)[1] == workbench.THE_COURSES


def test_a_function_without_an_exercise_is_refused_with_a_suggestion(lesson):
    def duoble(x):
        return x

    with pytest.raises(ValueError, match="Did you mean double"):
        checks.check(duoble)


@pytest.mark.parametrize("what", [3.0, np.zeros(2), None])
def test_something_that_is_no_function_is_refused(lesson, what):
    with pytest.raises(TypeError, match="without brackets"):
        checks.check(what)


def test_a_verdict_escapes_what_a_submission_wrote():
    from course_lib.verdicts import Finding, Verdict

    verdict = Verdict("f", 0, 1, "wrong", message="<script>alert(1)</script>")
    verdict.findings = [Finding("<img src=x>", False, "<b>", "<i>")]
    html = verdict.as_html()
    assert "<script" not in html and "<img" not in html and "<i>" not in html


def test_an_answer_that_a_driver_called_is_adopted_too(tmp_path, monkeypatch):
    def zeros(sizes, scheme, rng):
        return [np.zeros(pair) for pair in zip(sizes, sizes[1:], strict=False)]

    def cases(rng):
        source = Given("generator", {"seed": 1})
        given = {"sizes": [2, 3], "scheme": "zeros", "rng": source, "other": source}
        yield Case("one layer", **given)

    drawn = Exercise(
        "draw_weights(zeros, sizes, scheme, rng, other) -> weights",
        name="zeros",
        points=1,
        reference=zeros,
        cases=cases,
    )
    save_checks(tmp_path / "checks.npz", [drawn.public_checks()])
    monkeypatch.chdir(tmp_path)
    checks.check(zeros)
    assert workbench.current("zeros", None) == (zeros, workbench.YOURS)
    workbench.dismiss()


def test_the_forward_pass_that_a_checked_backward_pass_needs_is_adopted_too(
    tmp_path, monkeypatch
):
    pair = Exercise(
        "double_backward(dy, cache) -> dx",
        points=1,
        before=["double_forward(x) -> y, cache"],
        reference={
            "double_forward": lambda x: (2 * x, None),
            "double_backward": lambda dy, cache: 2 * dy,
        },
        cases=lambda rng: [Case("three", x=np.ones(3), dy=rng.normal(size=3))],
    )
    save_checks(tmp_path / "checks.npz", [pair.public_checks()])
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(
        "def double_forward(x):\n    return x + x, 2\n"
        "def double_backward(dy, cache):\n    return cache * dy\n",
        names,
    )
    checks.check(names["double_backward"])
    for name in ("double_forward", "double_backward"):
        assert workbench.current(name, None) == (names[name], workbench.YOURS)
    workbench.dismiss()


def test_another_convention_is_stored_accepted_and_not_adopted(tmp_path, monkeypatch):
    other = Convention("from_one", lambda x: 2 * x + 1, "You count from one.")
    with_other = Exercise(
        "double(x) -> y",
        points=2,
        reference=double,
        cases=cases,
        conventions=[other],
    )
    save_checks(tmp_path / "checks.npz", [with_other.public_checks()])
    monkeypatch.chdir(tmp_path)

    def answer(x):
        return x + x + 1

    answer.__name__ = "double"
    checks.check(answer)
    assert checks.verdict_on(answer).message == "You count from one."
    assert workbench.current("double", None) == (None, workbench.THE_COURSES)


def test_an_exercise_with_one_convention_is_stored_without_a_word_of_others(lesson):
    with zipfile.ZipFile(lesson / "checks.npz") as file:
        assert b"convention" not in b"".join(map(file.read, file.namelist()))
