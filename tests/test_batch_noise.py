"""Noisy gradients, and the drivers that judge functions which draw batches."""

import numpy as np
import pytest

from course_lib import batch_noise, probe_batches
from course_lib.gradients import gradient_check
from course_lib.judging import judge
from grader.exercises import Case, Exercise, load_lesson, run

LESSON = "06_batch_noise"

# ---- the engine


def test_the_network_of_one_of_everything_has_lesson_4s_gradients():
    # h = tanh 0.5 = 0.462; both logits are 0.462 w, with w = 0: probs are one half
    params = {
        "W1": np.array([[0.5]]),
        "b1": np.zeros(1),
        "W2": np.zeros((1, 2)),
        "b2": np.zeros(2),
    }
    loss, grads = batch_noise.loss_and_grads(params, np.ones((1, 1)), np.array([0]))
    assert loss == pytest.approx(np.log(2))
    np.testing.assert_allclose(grads["b2"], [-0.5, 0.5])
    np.testing.assert_allclose(grads["W2"], [[-0.2311, 0.2311]], atol=1e-4)
    np.testing.assert_array_equal(grads["W1"], 0)


def test_loss_and_grads_meets_the_probe(rng):
    params = batch_noise.first_params(rng, (5, 3, 11))
    x, labels = rng.normal(size=(7, 5)), rng.integers(0, 11, size=7)
    errors = gradient_check(
        lambda w: batch_noise.loss_and_grads(w, x, labels)[0],
        params,
        batch_noise.loss_and_grads(params, x, labels)[1],
    )
    assert max(worst.error for worst in errors.values()) <= 1e-7


def test_the_logits_are_those_whose_loss_is_taken(rng):
    params = batch_noise.first_params(rng, (5, 3, 2))
    logits = batch_noise.predict_logits(params, rng.normal(size=(7, 5)))
    assert logits.shape == (7, 2)


def test_gradients_are_laid_end_to_end():
    grads = {"W": np.array([[1.0, 2], [3, 4]]), "b": np.array([5.0])}
    np.testing.assert_array_equal(batch_noise.flat(grads), [1, 2, 3, 4, 5])


def test_the_noise_of_two_batches_by_hand():
    # distances 5 (3 and 4 off) and 0; the root of (25 + 0) / 2
    gradients = np.array([[4.0, 5.0], [1.0, 1.0]])
    noise = batch_noise.gradient_noise(gradients, np.array([1.0, 1.0]))
    assert noise == pytest.approx(12.5**0.5)


def test_cosines_of_the_same_a_right_angle_and_uphill():
    gradients = np.array([[3.0, 0], [0, 2], [-1, 0]])
    found = batch_noise.cosines(gradients, np.array([2.0, 0]))
    np.testing.assert_allclose(found, [1, 0, -1])


def test_drawing_all_leaves_no_noise_and_drawing_one_all_of_it():
    assert batch_noise.without_repeats(1, 1077) == 1
    assert batch_noise.without_repeats(1077, 1077) == 0
    # sqrt((5 - 3) / 4)
    assert batch_noise.without_repeats(3, 5) == pytest.approx(0.5**0.5)


# ---- the drivers


@pytest.fixture(scope="module")
def exercises():
    return load_lesson(LESSON).exercises


@pytest.mark.parametrize("seed", range(5))
def test_every_right_way_to_shuffle_is_told_from_the_wrong_ones(exercises, seed):
    exercise = exercises["minibatches"]
    for right in (exercise.reference, *exercise.alternatives[:2]):
        told = probe_batches.deal_batches(right, 7, 3, seed)
        assert told[1:] == ("each once", "shuffled anew")
    for mistake in exercise.mistakes:
        told = probe_batches.deal_batches(mistake.wrong, 7, 3, seed)
        repeated = probe_batches.deal_batches(mistake.wrong, 6, 3, seed)
        wanted = ("3, 3, 1", "each once", "shuffled anew")
        assert told != wanted or repeated != ("3, 3", *wanted[1:]), mistake.id


def test_the_sizes_are_told_in_their_order():
    def short_first(n, size, rng):
        return [rng.permutation(n)[:1], *np.split(rng.permutation(n)[1:], 2)]

    assert probe_batches.deal_batches(short_first, 7, 3, 0)[0] == "1, 3, 3"


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, "returned nothing"),
        (np.arange(3), "of type ndarray, expected a list"),
        ([np.arange(3) / 2], "type float64, expected whole numbers"),
        ([np.zeros((2, 2), int)], r"shape \(2, 2\)"),
    ],
)
def test_what_is_no_list_of_rows_is_refused_with_what_it_is(returned, words):
    with pytest.raises(ValueError, match=words):
        probe_batches.deal_batches(lambda n, size, rng: returned, 3, 2, 0)


@pytest.mark.parametrize("seed", range(5))
def test_the_steps_of_every_right_epoch_are_right_for_any_seed(exercises, seed):
    exercise = exercises["sgd_epoch"]
    case = next(iter(exercise.cases(np.random.default_rng(seed)))).inputs
    inputs = case | {"seed": seed}
    for right in (exercise.reference, *exercise.alternatives):
        told = probe_batches.run_epoch(right, **inputs)[2]
        assert told == "one after each batch, each example once"


def test_an_epoch_of_repeats_and_one_without_updates_are_told(exercises):
    exercise = exercises["sgd_epoch"]
    case = next(iter(exercise.cases(np.random.default_rng(3)))).inputs

    def with_repeats(params, x, labels, rate, size, rng):
        rows = rng.integers(len(x), size=len(x))
        return exercise.reference(params, x[rows], labels[rows], rate, size, rng)

    told = probe_batches.run_epoch(with_repeats, **case)[2]
    assert told == "some examples twice or never"
    wrong = {m.id: m.wrong for m in exercise.mistakes}
    told = probe_batches.run_epoch(wrong["updates_once"], **case)[2]
    assert told == "no order of the batches leads there"


def test_an_epoch_that_returns_no_pair_is_refused(exercises):
    case = next(iter(exercises["sgd_epoch"].cases(np.random.default_rng(3)))).inputs
    with pytest.raises(ValueError, match="returned one dict, expected params, losses"):
        probe_batches.run_epoch(lambda params, *rest: params, **case)


# ---- what the checks let pass


def test_an_empty_reason_lets_the_courses_functions_be_called(rng):
    def cases(rng):
        yield Case("two", x=rng.normal(size=2))

    def borrowed(x):
        return batch_noise.flat({"x": x})

    def verdict(**settings):
        exercise = Exercise(
            "borrowed(x) -> y", 1, lambda x: x.copy(), cases, **settings
        )
        check = exercise.public_checks()
        return judge(check, run(check, exercise.namespace(borrowed)))

    assert verdict().mistake == "numerical_inside"
    assert verdict(forbids={"course_lib.*": ""}).is_right
    named = {"course_lib.*": "", "course_lib.flat": "write it yourself."}
    assert verdict(forbids=named).mistake == "numerical_inside"


def test_numbers_where_words_are_expected_are_a_difference_and_no_crash(exercises):
    exercise = exercises["sgd_epoch"]

    def swapped(*inputs):
        params, losses = exercise.reference(*inputs)
        return params, np.array([len(losses), 2.0])

    check = exercise.public_checks()
    verdict = judge(check, run(check, exercise.namespace(swapped)))
    assert not verdict.is_right
