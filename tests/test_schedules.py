import numpy as np
import pytest

from course_lib.data import load
from course_lib.models import mlp
from course_lib.schedules import cosine, step_decay, warmup_cosine
from course_lib.training import train


@pytest.mark.parametrize(
    ("step", "factor"),
    [(0, 1.0), (25, 0.853553), (50, 0.5), (75, 0.146447), (100, 0.0), (130, 0.0)],
)
def test_cosine_by_hand(step, factor):
    # (1 + cos of 0, 45, 90, 135, 180 degrees) / 2, and nothing after the end
    assert cosine(step, 100) == pytest.approx(factor, abs=1e-6)


def test_cosine_only_falls_and_is_steepest_halfway():
    steps = -np.diff([cosine(step, 200) for step in range(201)])
    assert np.all(steps > 0)
    assert steps.argmax() in (99, 100)


@pytest.mark.parametrize(
    ("step", "factor"), [(0, 1), (9, 1), (10, 0.5), (19, 0.5), (20, 0.25), (45, 0.0625)]
)
def test_step_decay_by_hand(step, factor):
    assert step_decay(step, 10, 0.5) == factor


@pytest.mark.parametrize(
    ("step", "factor"),
    [(0, 0.25), (1, 0.5), (3, 1.0), (4, 1.0), (9, 0.5), (14, 0.0), (20, 0.0)],
)
def test_warmup_cosine_by_hand(step, factor):
    # four steps up, then ten down: halfway down at step 4 + 5
    assert warmup_cosine(step, 4, 14) == pytest.approx(factor)


def test_without_a_climb_it_is_the_cosine():
    for step in range(12):
        assert warmup_cosine(step, 0, 10) == cosine(step, 10)


def test_no_first_step_is_lost():
    assert min(warmup_cosine(0, n, 50) for n in range(49)) > 0


def test_a_schedule_is_a_factor_and_a_plain_number():
    for step in range(60):
        for factor in (
            cosine(step, 50),
            step_decay(step, 7, 0.1),
            warmup_cosine(step, 5, 50),
        ):
            assert 0 <= factor <= 1
            assert isinstance(factor, float)


def test_training_takes_a_schedule_as_its_learning_rate():
    digits, seen = load("digits"), []

    def rate(step):
        seen.append(step)
        return 0.5 * warmup_cosine(step, 3, 12)

    draw = np.random.default_rng(0)
    network = mlp([64, 8, 10], draw)
    train(network, *digits.train, learning_rate=rate, n_steps=12, rng=draw)
    assert seen == list(range(12))
