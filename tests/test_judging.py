"""The judge names a mistake only when it explains everything."""

from dataclasses import replace

import numpy as np
import pytest

from course_lib.judging import judge
from grader.exercises import Case, Exercise, Mistake, load_lesson, run

rng = np.random.default_rng(12)


def linear_forward(x, W, b):
    return x @ W + b, (x, W)


def linear_backward(dy, cache):
    x, W = cache
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)


def cases(rng):
    for note, n in (("five examples", 5), ("seven examples", 7), ("a batch of one", 1)):
        yield Case(
            note,
            x=rng.normal(size=(n, 11)),
            W=rng.normal(size=(11, 3)),
            b=rng.normal(size=3),
            dy=rng.normal(size=(n, 3)),
        )


LINEAR = Exercise(
    "linear_backward(dy, cache) -> dx, dW, db",
    points=4,
    before=["linear_forward(x, W, b) -> y, cache"],
    reference={"linear_forward": linear_forward, "linear_backward": linear_backward},
    cases=cases,
    axes={"x": "ND", "dy": "NM"},
    mistakes=[
        Mistake(
            "mean",
            lambda dy, cache: (dy @ cache[1].T, cache[0].T @ dy / len(dy), dy.sum(0)),
            "dW is divided by N.",
            "try a batch of one.",
        )
    ],
)


def verdict_on(change, exercise=LINEAR, secret=False):
    """Return the verdict on the reference's three results, changed."""

    def answer(dy, cache):
        return change(*linear_backward(dy, cache), dy, cache)

    check = exercise.secret_checks(3) if secret else exercise.public_checks()
    return judge(check, run(check, exercise.namespace(answer)))


def test_the_right_answer_earns_every_point():
    verdict = verdict_on(lambda dx, dW, db, *_: (dx, dW, db))
    assert (verdict.status, verdict.points, verdict.mistake) == ("right", 4, None)


def test_a_list_in_place_of_a_tuple_is_right_too():
    assert verdict_on(lambda dx, dW, db, *_: [dx, dW, db]).is_right


def test_one_result_at_fault_costs_its_share_of_the_points():
    verdict = verdict_on(lambda dx, dW, db, *_: (dx, dW, 3 * db))
    assert verdict.status == "partial"
    assert verdict.points == pytest.approx(4 * 2 / 3, abs=1e-3)
    assert [f.right for f in verdict.findings] == [True, True, False]


def test_a_declared_mistake_is_named_by_its_own_message():
    verdict = verdict_on(lambda dx, dW, db, dy, _: (dx, dW / len(dy), db))
    assert verdict.mistake == "mean"
    assert verdict.message == "dW is divided by N."
    assert verdict.next_step == "try a batch of one."


NAMED = {
    "sign": lambda dx, dW, db, *_: (dx, -dW, db),
    "scale": lambda dx, dW, db, dy, _: (dx, dW, db / len(dy)),
    "zero": lambda dx, dW, db, *_: (dx, dW, 0 * db),
    "shape": lambda dx, dW, db, *_: (dx, dW.T, db),
    "axis": lambda dx, dW, db, dy, _: (dx, dW, dy.sum(axis=1)),
    "order": lambda dx, dW, db, *_: (dW, dx, db),
    "wrong_type": lambda dx, dW, db, *_: (dx, dW, "db"),
    "dtype": lambda dx, dW, db, *_: (dx, dW.astype(np.float32), db),
    "not_finite": lambda dx, dW, db, *_: (dx, dW, db * np.nan),
    "ignores_upstream": lambda dx, dW, db, dy, c: (dx, dW, c[0].sum(0)[:3]),
}


@pytest.mark.parametrize("mistake", NAMED)
def test_a_general_mistake_is_named(mistake):
    assert verdict_on(NAMED[mistake], SAME_X).mistake == mistake


def cases_with_one_x(rng):
    for case in cases(rng):
        yield case
        other = {**case.inputs, "dy": rng.normal(size=case.inputs["dy"].shape)}
        yield Case(case.note + ", another dy", **other)


SAME_X = Exercise(
    LINEAR.signature,
    points=4,
    before=LINEAR.before,
    reference=LINEAR.reference,
    cases=cases_with_one_x,
    axes=LINEAR.axes,
)


def test_a_factor_names_the_axis_it_comes_from():
    verdict = verdict_on(lambda dx, dW, db, dy, _: (dx, dW, db * len(dy)))
    assert "5 times too large, and 5 is your batch size" in verdict.message


def test_a_factor_that_fits_one_case_only_is_not_named():
    verdict = verdict_on(lambda dx, dW, db, dy, _: (dx, dW, db * (2 + len(dy) ** 2)))
    assert verdict.mistake is None
    assert "0 of the first input's 3 entries are right" in verdict.message


def test_one_wrong_entry_is_shown_with_both_numbers():
    def spoil(dx, dW, db, *_):
        dW = dW.copy()
        dW[2, 1] += 100
        return dx, dW, db

    verdict = verdict_on(spoil)
    assert verdict.mistake is None
    assert verdict.findings[1].evidence.startswith("dW[2, 1]: yours")
    assert "32 of the first input's 33 entries are right" in verdict.message


def test_a_fault_in_some_inputs_says_in_which():
    verdict = verdict_on(lambda dx, dW, db, dy, _: (dx, dW, db * (1 + (len(dy) == 1))))
    assert "and not for a batch of one" in verdict.message


def test_secret_inputs_and_expected_values_are_not_shown():
    verdict = verdict_on(lambda dx, dW, db, *_: (dx, dW, db + 1), secret=True)
    assert verdict.reproduce == ""
    assert all(finding.evidence == "" for finding in verdict.findings)
    assert "expected" not in verdict.as_text().replace("what is expected", "")


def broken(dy, cache):
    raise ValueError("shapes (5, 3) and (7,) not aligned")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (broken, "error", "raised ValueError: shapes"),
        (lambda dy, cache: None, "wrong", "returned nothing (None)"),
        (lambda dy, cache: dy, "wrong", "returned one array of shape (5, 3)"),
        (lambda dy: dy, "error", "raised TypeError"),
    ],
)
def test_what_kept_a_result_from_coming_is_said(answer, status, words):
    check = LINEAR.public_checks()
    verdict = judge(check, run(check, LINEAR.namespace(answer)))
    assert (verdict.status, verdict.points) == (status, 0)
    assert words in verdict.message


def test_an_answer_that_returns_nothing_is_never_given_a_declared_name():
    check = LINEAR.public_checks()
    assert judge(check, run(check, LINEAR.namespace(lambda *_: None))).mistake == (
        "returned_none"
    )


def test_right_numbers_from_changed_inputs_earn_nothing():
    def answer(dy, cache):
        right = linear_backward(dy, cache)
        dy *= 0
        return right

    check = LINEAR.public_checks()
    verdict = judge(check, run(check, LINEAR.namespace(answer)))
    assert (verdict.mistake, verdict.points) == ("mutates_input", 0)


def test_right_numbers_from_the_courses_own_function_earn_nothing():
    from course_lib import layers

    check = LINEAR.public_checks()
    answer = {"linear_backward": lambda dy, cache: layers.linear_backward(dy, cache)}
    verdict = judge(check, run(check, LINEAR.namespace(answer)))
    assert (verdict.mistake, verdict.points) == ("numerical_inside", 0)


ESTIMATED = replace(LINEAR, formulas=("dx", "dW", "db"))


def differences(step):
    """Return a `linear_backward` that calls nothing: it moves one number at a time."""

    def slope(loss, array):
        found = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            up, down = array.copy(), array.copy()
            up[place] += step
            down[place] -= step
            found[place] = (loss(up) - loss(down)) / (2 * step)
        return found

    def answer(dy, cache):
        x, W = cache
        return (
            slope(lambda v: np.sum((v @ W) * dy), x),
            slope(lambda v: np.sum((x @ v) * dy), W),
            slope(lambda v: np.sum((x @ W + v) * dy), np.zeros(W.shape[1])),
        )

    return answer


@pytest.mark.parametrize("step", [1e-4, 1e-5, 1e-6, 1e-7])
def test_differences_are_no_formula_however_close_they_come(step):
    check = ESTIMATED.secret_checks(3)
    verdict = judge(check, run(check, ESTIMATED.namespace(differences(step))))
    assert (verdict.mistake, verdict.points) == ("numerical_inside", 0)
    assert "right, but not exact" in verdict.message


def test_a_formula_written_otherwise_is_no_estimate():
    def answer(dy, cache):
        x, W = cache
        dW = sum(np.outer(row, blame) for row, blame in zip(x, dy, strict=True))
        return np.einsum("nm,dm->nd", dy, W), dW, np.add.reduce(dy)

    check = ESTIMATED.secret_checks(3)
    verdict = judge(check, run(check, ESTIMATED.namespace(answer)))
    assert verdict.is_right and verdict.points == 4


def test_an_estimate_earns_nothing_beside_a_wrong_result_either():
    def answer(dy, cache):
        dx, dW, db = differences(1e-6)(dy, cache)
        return dx, dW / len(dy), db

    check = ESTIMATED.public_checks()
    verdict = judge(check, run(check, ESTIMATED.namespace(answer)))
    assert (verdict.mistake, verdict.points) == ("numerical_inside", 0)


def test_a_wrong_formula_is_told_its_own_mistake_and_no_estimate():
    check = ESTIMATED.public_checks()

    def answer(dy, cache):
        dx, dW, db = linear_backward(dy, cache)
        return dx, dW / len(dy), db

    verdict = judge(check, run(check, ESTIMATED.namespace(answer)))
    assert verdict.status == "partial" and verdict.mistake == "mean"


def test_a_wrong_forward_pass_takes_the_points_of_what_builds_on_it():
    check = LINEAR.public_checks()
    wrong = {"linear_forward": lambda x, W, b: (x @ W, (x, W))}
    verdict = judge(check, run(check, LINEAR.namespace(wrong)))
    assert (verdict.status, verdict.points) == ("wrong", 0)
    assert not verdict.findings[0].right and verdict.findings[0].output == "y"


@pytest.mark.parametrize(
    "returned", [np.zeros(0), np.array([[5.0]]), np.float64(5), 5, 5.0]
)
def test_broadcasting_and_empty_arrays_rescue_nothing(returned):
    five = Exercise("five(x) -> y", 1, lambda x: 5.0, lambda rng: [Case("any", x=1.0)])
    check = five.public_checks()
    verdict = judge(check, run(check, {"five": lambda x: returned}))
    assert verdict.is_right == (np.shape(returned) == ())


def test_infinity_in_an_answer_is_named_without_a_warning(recwarn):
    verdict = verdict_on(lambda dx, dW, db, *_: (dx, dW, db + np.inf))
    assert verdict.mistake == "not_finite"
    assert not recwarn.list


def test_a_ratio_near_one_is_no_factor():
    verdict = verdict_on(lambda dx, dW, db, *_: (dx, dW, db * (1 + 1e-6)))
    assert verdict.mistake is None


BOTH = Exercise(
    "both(x) -> grads",
    points=1,
    reference=lambda x: {"W": 2 * x, "b": x.sum(axis=0)},
    cases=lambda rng: [Case(str(n), x=rng.normal(size=(n, 3))) for n in (5, 7)],
)


def test_what_is_right_in_a_dict_is_named_beside_what_is_not():
    check = BOTH.public_checks()
    answer = run(check, {"both": lambda x: {"W": np.sin(x), "b": x.sum(axis=0)}})
    assert judge(check, answer).message == "W differs for 5. b is right."


def test_what_is_right_in_a_list_is_named():
    pair = replace(BOTH, name="", reference=lambda x: [2 * x, x.sum(axis=0)])
    check = pair.public_checks()
    answer = run(check, {"both": lambda x: [np.sin(x), x.sum(axis=0)]})
    assert judge(check, answer).message == (
        "grads is right at [1], and differs elsewhere."
    )


def test_marks_are_counted_where_something_is_to_be_found():
    def find(x):
        return x > 0

    def too_far(x):
        return np.roll(x > 0, 1)

    marks = Exercise(
        "find(x) -> marks",
        points=1,
        reference=find,
        cases=lambda rng: [Case("six", x=np.array([1.0, -1, -1, 2, 3, -1]))],
    )
    check = marks.public_checks()
    verdict = judge(check, run(check, marks.namespace(too_far)))
    assert verdict.message.endswith("yours finds 1 of 3, and 2 besides.")


def minibatches_verdict(answer):
    exercise = load_lesson("06_batch_noise").exercises["minibatches"]
    check = exercise.public_checks()
    return judge(check, run(check, {"minibatches": answer}))


def test_a_result_that_a_driver_refuses_is_not_said_to_be_raised():
    def a_generator(n_examples, batch_size, rng):
        yield rng.permutation(n_examples)

    verdict = minibatches_verdict(a_generator)
    assert verdict.message == (
        "minibatches returned a value of type generator, expected a list."
    )
    assert verdict.next_step == "call it by hand, and look at what it returns."


def test_an_error_in_the_learners_own_line_is_said_to_be_raised():
    verdict = minibatches_verdict(lambda n, size, rng: [int("three")])
    assert verdict.message.startswith("minibatches raised ValueError: invalid literal")


def test_words_behind_another_wrong_result_name_no_mistake_of_their_own():
    # Wrong sizes also leave the order "within each batch only", by accident.
    def too_few(n_examples, batch_size, rng):
        order = rng.permutation(batch_size)
        return [order[i : i + batch_size] for i in range(0, n_examples, batch_size)]

    verdict = minibatches_verdict(too_few)
    assert verdict.mistake is None
    assert verdict.message.startswith("sizes is right for")
    assert "shuffled inside" not in verdict.message


def test_words_alone_at_fault_are_named():
    def in_order(n_examples, batch_size, rng):
        rows = np.arange(n_examples)
        return np.split(rows, range(batch_size, n_examples, batch_size))

    assert minibatches_verdict(in_order).mistake == "no_shuffle"
