"""A gradient that is a sum of terms: the term at fault is named, or nothing is."""

import numpy as np
import pytest

from course_lib.check_data import load_checks, save_checks
from course_lib.judging import judge
from course_lib.values import same
from grader.audit import audit_exercise
from grader.exercises import Case, Exercise, run


def three_terms(x, dy):
    mean = np.broadcast_to(-dy.mean(axis=0), dy.shape)
    return {
        "the direct path": dy,
        "the path through the mean": mean,
        "the path through the variance": x * (dy * x).mean(axis=0),
    }


def normalize_backward(x, dy):
    return sum(three_terms(x, dy).values())


def cases(rng):
    for note, n in (("seven examples", 7), ("thirteen examples", 13)):
        yield Case(note, x=rng.normal(size=(n, 5)), dy=rng.normal(size=(n, 5)))
    # The direct path and the one through the mean cancel: nothing can be fitted here.
    yield Case("a batch of one", x=rng.normal(size=(1, 5)), dy=rng.normal(size=(1, 5)))


NORMALIZE = Exercise(
    "normalize_backward(x, dy) -> dx",
    points=1,
    reference=normalize_backward,
    cases=cases,
    axes={"x": "ND"},
    terms={"dx": three_terms},
)


def weighted(*weights):
    """Return an answer that multiplies each term by its weight, or a function of N."""

    def answer(x, dy):
        sized = [w(len(x)) if callable(w) else w for w in weights]
        terms = three_terms(x, dy).values()
        return sum(w * term for w, term in zip(sized, terms, strict=True))

    return answer


def verdict_on(answer, exercise=NORMALIZE, secret=False):
    check = exercise.secret_checks(4) if secret else exercise.public_checks()
    return judge(check, run(check, exercise.namespace(answer)))


NAMED = {
    "missing": ((1, 0, 1), "missing_term", "the path through the mean is missing."),
    "two missing": (
        (1, 0, 0),
        "missing_term",
        "the path through the mean is missing, and the path through the variance is "
        "missing.",
    ),
    "turned": ((1, 1, -1), "term_sign", "variance has the opposite sign."),
    "sum for mean": (
        (1, lambda n: n, 1),
        "term_scale",
        "the path through the mean is 7 times too large, and 7 is your batch size.",
    ),
    "divided twice": (
        (1, 1, lambda n: 1 / n),
        "term_scale",
        "the path through the variance is 1/7 of what it should be",
    ),
    "turned and summed": (
        (1, lambda n: -n, 1),
        "term_scale",
        "7 times too large, and 7 is your batch size; it has the opposite sign too.",
    ),
}


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("weights, mistake, words", NAMED.values(), ids=NAMED)
def test_the_term_at_fault_is_named(weights, mistake, words, secret):
    verdict = verdict_on(weighted(*weights), secret=secret)
    assert verdict.mistake == mistake
    assert words in verdict.message


def test_a_sum_in_the_place_of_a_mean_is_called_that():
    verdict = verdict_on(weighted(1, lambda n: n, 1))
    assert "a sum stands where a mean over N is needed" in verdict.next_step


@pytest.mark.parametrize("weights", [(1, 0.3, 1), (1, 7, 1), (1, lambda n: n**2, 1)])
def test_a_coefficient_without_a_meaning_is_not_named(weights):
    assert verdict_on(weighted(*weights)).mistake is None


def test_a_fault_outside_the_terms_is_not_named():
    def noisy(x, dy):
        return weighted(1, 0, 1)(x, dy) + 1e-4 * np.sin(x)

    assert verdict_on(noisy).mistake is None


def test_the_same_factor_in_all_terms_is_a_factor_of_the_whole():
    assert verdict_on(weighted(0.5, 0.5, 0.5)).mistake == "scale"


def test_one_right_batch_size_is_no_evidence():
    def only_seven(x, dy):
        return weighted(1, 0 if len(x) == 7 else 1, 1)(x, dy)

    assert verdict_on(only_seven).mistake is None


def test_terms_come_back_from_the_file_as_they_were(tmp_path):
    check = NORMALIZE.public_checks()
    save_checks(tmp_path / "checks.npz", [check])
    back = load_checks(tmp_path / "checks.npz", "normalize_backward")
    assert list(back.cases[0].terms["dx"]) == list(check.cases[0].terms["dx"])
    assert same(
        [case.terms for case in back.cases], [case.terms for case in check.cases]
    )


def test_the_audit_refuses_terms_that_do_not_add_up():
    def two_terms(x, dy):
        return dict(list(three_terms(x, dy).items())[:2])

    def other_shape(dy):
        return {"all": dy.sum(axis=0)}

    rows = {}
    for find in (three_terms, two_terms, other_shape):
        exercise = Exercise(
            NORMALIZE.signature,
            points=1,
            reference=normalize_backward,
            cases=cases,
            terms={"dx": find},
        )
        (rows[find],) = [r for r in audit_exercise(exercise) if "terms" in r.tried]
    assert [row.holds for row in rows.values()] == [True, False, False]
    assert "another sum" in rows[two_terms].seen
    assert "other shapes" in rows[other_shape].seen
