"""A declaration becomes check data; what is wrong with it is said."""

import numpy as np
import pytest

from course_lib import probes
from course_lib.judging import judge
from course_lib.values import same
from grader.audit import audit_exercise
from grader.errors import SourceError
from grader.exercises import Case, Convention, Exercise, Mistake, load_lesson, run
from grader.judge import judge_exercise, secret_seed
from grader.runs import ProbeRun


def halve(x):
    return x / 2


def cases(rng):
    yield Case("five numbers", x=rng.normal(size=5))
    yield Case("two numbers", x=rng.normal(size=2))


def exercise(**changed):
    fields = {
        "signature": "halve(x) -> y",
        "points": 1,
        "reference": halve,
        "cases": cases,
        "mistakes": [Mistake("doubled", lambda x: 2 * x, "It is doubled.")],
        "alternatives": [lambda x: x * 0.5],
    }
    return Exercise(**{**fields, **changed})


def test_public_inputs_are_the_same_every_time_and_secret_ones_are_not():
    one, two = exercise().public_checks(), exercise().public_checks()
    assert same(one.cases[0].inputs, two.cases[0].inputs)
    first, second = (exercise().secret_checks(seed) for seed in (1, 2))
    assert not same(first.cases[0].inputs, second.cases[0].inputs)
    assert len(first.cases) > len(one.cases)


def test_the_probe_that_leaves_the_grader_holds_no_expected_value():
    check = exercise().secret_checks(1)
    expected = check.cases[0].expected["y"]
    assert check.cases[0].inputs["x"].tobytes() in check.probe()
    assert expected.tobytes() not in check.probe()


def test_another_learner_gets_other_secret_inputs():
    seeds = {
        secret_seed(secret, learner, name)
        for secret in (b"one", b"two")
        for learner in ("ada", "grace")
        for name in ("mse", "softmax")
    }
    assert len(seeds) == 8


def test_the_audit_is_content_with_a_sound_exercise():
    assert [row.seen for row in audit_exercise(exercise())] == [
        "right",
        "right",
        "named doubled",
    ]


FAULTY = {
    "a mistake that is right after all": {
        "mistakes": [Mistake("same", lambda x: x / 2, "It is not the same.")]
    },
    "two mistakes that cannot be told apart": {
        "mistakes": [
            Mistake("doubled", lambda x: 2 * x, "It is doubled."),
            Mistake("added", lambda x: x + x, "It is added."),
        ]
    },
    "a right answer that is refused": {"alternatives": [lambda x: x * 0.51]},
    "a tolerance that lets a mistake pass": {"tolerance": 10.0},
}


@pytest.mark.parametrize("fault", FAULTY)
def test_the_audit_finds(fault):
    rows = audit_exercise(exercise(**FAULTY[fault]))
    assert not all(row.holds for row in rows)


def test_a_reference_that_fails_is_an_error_with_its_case():
    with pytest.raises(ValueError, match="the reference fails for five numbers"):
        exercise(reference=lambda x: 1 / 0).public_checks()


def test_a_signature_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is no signature"):
        exercise(signature="halve x").public_checks()


def test_axes_that_contradict_the_inputs_are_refused():
    with pytest.raises(ValueError, match="x has shape"):
        exercise(axes={"x": "ND"}).public_checks()


def write(tmp_path, text):
    folder = tmp_path / "01_tiny"
    folder.mkdir()
    (folder / "checks.py").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\ny = 1 / 0\n", 2, "ZeroDivisionError"),
        ("x = (\n", 1, "was never closed"),
        ("x = 1\n", 1, "no list called EXERCISES"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_an_error_with_its_line(
    tmp_path, text, line, words
):
    with pytest.raises(SourceError, match=words) as caught:
        load_lesson("01_tiny", write(tmp_path, text))
    assert caught.value.line == line


def test_a_missing_declaration_says_which_file():
    with pytest.raises(SourceError, match="checks.py"):
        load_lesson("99_nowhere")


def test_a_list_of_arrays_and_a_dict_of_arrays_are_compared_inside():
    both = Exercise(
        "split(x) -> parts, named",
        points=2,
        reference=lambda x: ([x, 2 * x], {"a": x}),
        cases=cases,
        mistakes=[
            Mistake("first", lambda x: ([x, x], {"a": x}), "The second is the first.")
        ],
        alternatives=[lambda x: ((x, x + x), {"a": np.array(x)})],
    )
    assert all(row.holds for row in audit_exercise(both))


def test_an_expected_value_that_is_the_answer_is_not_shown():
    check = exercise(shows_expected=False).public_checks()
    verdict = judge(check, run(check, {"halve": lambda x: x}))
    assert not any(finding.evidence for finding in verdict.findings)
    assert verdict.reproduce == ""


@pytest.mark.parametrize("name", ["mse", "cross_entropy", "accuracy"])
def test_mistakes_that_one_case_rules_out_change_no_verdict(name):
    declared = load_lesson("01_loss").exercises[name]
    answers = [mistake.wrong for mistake in declared.mistakes[::5]]
    for answer in [*answers, lambda *_: None, lambda *_: 1 / 0, lambda *_: 0.0]:
        check = declared.secret_checks(5, with_mistakes=False)
        data = probes.answer(check.probe(), declared.namespace(answer))
        every = declared.secret_checks(5)
        expected = judge(every, probes.read_reports(data, len(every.cases)))
        probe = ProbeRun("answered", data)
        assert judge_exercise(declared, 5, probe) == expected
        if answer in answers:
            assert expected.mistake


# ---- conventions

COUNTS_FROM_ONE = Convention("from_one", lambda x: x / 2 + 1, "You count from one.")


def halved(answer, **changed):
    declared = exercise(conventions=[COUNTS_FROM_ONE], **changed)
    check = declared.secret_checks(4)
    return judge(check, run(check, {"halve": answer}))


def test_another_convention_earns_every_point_and_a_note():
    verdict = halved(lambda x: 1 + 0.5 * x)
    assert (verdict.status, verdict.points, verdict.mistake) == ("right", 1, None)
    assert (verdict.convention, verdict.message) == ("from_one", "You count from one.")
    assert "You count from one." in verdict.as_text()


def test_the_lessons_own_convention_needs_no_note():
    verdict = halved(halve)
    assert (verdict.convention, verdict.message) == (None, "")


def test_two_conventions_mixed_are_none():
    verdict = halved(lambda x: x / 2 + (len(x) > 2))
    assert verdict.status == "wrong"
    assert verdict.convention is None


def test_another_convention_excuses_no_changed_input():
    def careless(x):
        x /= 2
        return x + 1

    assert halved(careless).mistake == "mutates_input"


def test_the_audit_holds_a_convention_to_its_own_name():
    same = Convention("same", halve, "It is the same.")
    good, bad = (
        audit_exercise(exercise(conventions=[other]))[2]
        for other in (COUNTS_FROM_ONE, same)
    )
    assert good.holds and good.seen == "right, noted from_one"
    assert not bad.holds and bad.tried == "convention same"


def test_a_convention_that_fails_is_an_error_with_its_case():
    broken = Convention("broken", lambda x: 1 / 0, "It breaks.")
    with pytest.raises(ValueError, match="broken fails for five numbers"):
        exercise(conventions=[broken]).public_checks()
