"""What lesson 6 claims, measured again on five seeds, and quoted as it is."""

import importlib.util
import json
import re
import time

import numpy as np
import pytest

from course_lib import batch_noise, layers
from course_lib.batch_noise import first_params, flat, loss_and_grads, predict_logits
from course_lib.data import load
from course_lib.explorers import batch_noise_arrows, batch_noise_ticket
from course_lib.explorers.batch_noise_budget import SIZES, runs, same_loss
from course_lib.metrics import accuracy
from course_lib.settings import ROOT
from course_lib.sweeps.batch_noise import (
    AT_THE_SAME_LOSS,
    BY_BUDGET,
    RATE_BY_BATCH,
    SAME_LOSS,
)
from grader.exercises import SOLUTIONS, load_lesson

five_seeds = pytest.mark.parametrize("seed", range(5))
NAME = "06_batch_noise"


def _answers():
    """Return the functions that the lesson's source gives as solutions, by name."""
    if importlib.util.find_spec("jupytext") is None:
        pytest.skip("jupytext is missing: pip install -r requirements.txt")
    import jupytext

    names = {"np": np, "loss_and_grads": loss_and_grads}
    for cell in jupytext.read(SOLUTIONS / NAME / f"{NAME}.py").cells:
        if "solution" in cell.metadata:
            exec(cell.source, names)
    return names


ANSWERS = _answers()
minibatches, sgd_epoch = ANSWERS["minibatches"], ANSWERS["sgd_epoch"]
gradient_noise = ANSWERS["gradient_noise"]
DIGITS = load("digits")
TRAIN = DIGITS.train
N = len(TRAIN.x)


def prose():
    """Return the built lesson's text on one line, without the signs of a quotation."""
    path = ROOT / "lessons" / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return " ".join(text.replace("\n> ", " ").split())


def right(params):
    return accuracy(predict_logits(params, DIGITS.validation.x), DIGITS.validation[1])


def gradient_of(params, rows):
    x, labels = TRAIN
    return flat(loss_and_grads(params, x[rows], labels[rows])[1])


# ---- the law


def noise_by_size(seed, sizes, n_batches=60):
    rng = np.random.default_rng(seed)
    params = first_params(rng)
    full, noise, cosines = gradient_of(params, slice(None)), [], []
    for size in sizes:
        batches = [minibatches(N, size, rng)[0] for _ in range(n_batches)]
        gradients = np.array([gradient_of(params, rows) for rows in batches])
        noise.append(gradient_noise(gradients, full))
        cosines.append(batch_noise.cosines(gradients, full).mean())
    return np.array(noise), np.array(cosines)


@five_seeds
def test_noise_falls_as_one_over_the_root_of_the_batch_size(seed):
    sizes = np.array([1, 4, 16, 64, 256])
    noise, cosines = noise_by_size(seed, sizes)
    slope = np.polyfit(np.log(sizes[:4]), np.log(noise[:4]), 1)[0]
    assert -0.53 < slope < -0.48
    shrinks = [batch_noise.without_repeats(size, N) for size in sizes]
    level = noise * np.sqrt(sizes) / shrinks
    np.testing.assert_allclose(level, level.mean(), rtol=0.08)
    assert noise[-1] * 16 < 0.93 * noise[0]  # not corrected, it falls short at 256
    assert cosines[0] < 0.3 < 0.45 < cosines[2] < 0.75 < cosines[3]


def test_the_lesson_quotes_the_noise_of_its_own_network():
    params, full, _ = batch_noise_arrows.start()
    singles = batch_noise_arrows.singles()
    assert batch_noise_arrows.single_cosine() == 0.16
    wrong_way = np.mean(batch_noise.cosines(singles, full) < 0)
    assert 0.25 < wrong_way < 0.45
    equal = (batch_noise_arrows.single_noise() / np.linalg.norm(full)) ** 2
    assert 30 < equal < 40
    rng = np.random.default_rng(6)
    rows = [minibatches(N, 512, rng)[0] for _ in range(40)]
    large = np.array([gradient_of(params, each) for each in rows])
    assert f"{batch_noise.cosines(large, full).mean():.2f}" == "0.98"


@five_seeds
def test_four_readings_off_by_one_are_off_by_a_half_in_the_mean(seed):
    signs = np.random.default_rng(seed).choice([-1, 1], size=(4000, 4))
    assert np.sqrt(np.mean(signs.mean(axis=1) ** 2)) == pytest.approx(0.5, rel=0.05)


# ---- epochs


@five_seeds
def test_twenty_of_the_learners_epochs_read_95_percent_of_unseen_digits(seed):
    rng = np.random.default_rng(seed)
    params = first_params(rng)
    for _ in range(20):
        params, losses = sgd_epoch(params, *TRAIN, 0.5, 32, rng)
    assert len(losses) == 34
    assert right(params) >= 0.95


@five_seeds
def test_inputs_and_labels_shuffled_apart_stay_near_guessing(seed):
    mistakes = load_lesson(NAME).exercises["sgd_epoch"].mistakes
    (apart,) = [m for m in mistakes if m.id == "shuffled_separately"]
    rng = np.random.default_rng(seed)
    params = first_params(rng)
    for _ in range(3):
        params, losses = apart.wrong(params, *TRAIN, 0.5, 32, rng)
    assert 2.25 < np.mean(losses) < 2.5
    assert apart.message in prose()


# ---- cost


def test_an_epoch_of_single_digits_takes_ten_times_as_long_as_one_of_batches_of_128():
    params = first_params(np.random.default_rng(6))

    def seconds(size):
        start = time.process_time()
        sgd_epoch(params, *TRAIN, 0.1, size, np.random.default_rng(0))
        return time.process_time() - start

    assert min(seconds(1) for _ in range(3)) > 10 * min(seconds(128) for _ in range(3))


def test_activations_take_1104_bytes_an_example_and_the_weights_19280():
    params = first_params(np.random.default_rng(6))
    x = TRAIN.x[:1]
    z, first = layers.linear_forward(x, params["W1"], params["b1"])
    h, second = layers.tanh_forward(z)
    logits, third = layers.linear_forward(h, params["W2"], params["b2"])
    assert sum(array.nbytes for array in (x, z, h, logits)) == 1104
    assert first[0] is x and second is h and third[0] is h
    weights = sum(w.nbytes for w in params.values())
    assert weights == 19280
    assert 17 * 1104 < weights < 18 * 1104


# ---- budgets, and the floor


def test_with_equal_steps_batches_from_8_up_end_equal_and_single_digits_lower():
    ends = dict(zip(SIZES, runs("steps")["accuracies"][:, -1], strict=True))
    many = [ends[size] for size in (8, 32, 128, 512)]
    assert max(many) - min(many) <= 0.002
    assert ends[1] < min(many) - 0.03
    at = BY_BUDGET.load().at
    for seed in range(5):  # and so in every run
        assert at("accuracy", batch_size=1, budget="steps")[seed, -1] < 0.94


def test_with_equal_epochs_small_batches_win_in_every_run():
    ends = {
        size: BY_BUDGET.load().at("accuracy", batch_size=size, budget="epochs")[:, -1]
        for size in SIZES
    }
    assert np.all(ends[8] > ends[128]) and np.all(ends[128] > ends[512])
    assert f"{ends[8].mean():.3f}" in prose()
    assert f"{ends[512].mean():.3f}" in prose()
    assert runs("epochs")["steps"] == [21540, 2700, 680, 180, 60]


def test_small_steps_at_the_end_get_below_the_floor_of_noise():
    x, labels = TRAIN
    ends = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(N)
        first, last = rows[:600], rows[600:700]
        loud, _ = sgd_epoch(first_params(rng), x[first], labels[first], 0.1, 1, rng)
        calm, _ = sgd_epoch(loud, x[last], labels[last], 0.01, 1, rng)
        more, _ = sgd_epoch(loud, x[last], labels[last], 0.1, 1, rng)
        ends.append([loss_and_grads(p, x, labels)[0] for p in (loud, calm, more)])
        assert right(calm) > right(loud)
    loud, calm, more = np.array(ends).T
    assert np.all(calm < loud - 0.02)
    assert calm.mean() < more.mean() - 0.05


@five_seeds
def test_only_single_examples_escape_the_shallow_hollow(seed):
    rng = np.random.default_rng(seed)
    tilts = rng.normal(0, 4, size=64)
    tilts -= tilts.mean()
    shares = {}
    for size in (64, 1):
        w = np.full(100, 3.0)
        for _ in range(400):
            rows = np.argsort(rng.random((100, 64)), axis=1)[:, :size]
            pull = 0.2 * w + 1.2 * np.sin(3 * w) + tilts[rows].mean(axis=1)
            w = w - 0.05 * pull
        shares[size] = np.mean(np.abs(w) < 1)
    assert shares[64] == 0
    assert 0.3 < shares[1] < 0.75


# ---- rate by batch


def test_the_loss_stays_level_while_rate_and_batch_double_and_then_breaks():
    table = RATE_BY_BATCH.load()
    line = [(8, 0.1), (16, 0.2), (32, 0.4), (64, 0.8), (128, 1.6)]
    losses = [table.mean("loss", batch_size=b, learning_rate=r) for b, r in line]
    assert f"{min(losses):.3f}" == "0.041" and f"{max(losses):.3f}" == "0.046"
    beyond = table.mean("loss", batch_size=256, learning_rate=3.2)
    assert f"{beyond:.0f}" == "53"
    assert np.all(table.at("loss", learning_rate=3.2) > 5)  # whatever the batch
    kept = table.mean("loss", batch_size=64, learning_rate=0.1)
    assert kept > 5 * table.mean("loss", batch_size=64, learning_rate=0.8)


def test_at_a_rate_of_1_6_small_batches_break_and_larger_ones_do_not():
    losses = RATE_BY_BATCH.load().mean("loss", learning_rate=1.6)
    assert np.all(losses[:2] > 2) and np.all(losses[2:6] <= 0.1001)


def test_at_the_same_training_loss_no_batch_size_reads_unseen_digits_better():
    found = same_loss()
    means, spreads = np.array(list(found.values())).T
    assert np.ptp(means) < spreads.max()
    table = AT_THE_SAME_LOSS.load()
    assert np.all(table.values["steps"] > 0), f"a run never came down to {SAME_LOSS}"
    # Between 8 and 512 the difference is within two standard errors.
    ends = {size: table.at("accuracy", batch_size=size) for size in (8, 512)}
    error = np.sqrt(sum(e.var(ddof=1) / len(e) for e in ends.values()))
    assert abs(ends[8].mean() - ends[512].mean()) < 2 * error


# ---- the ticket, and what the lesson shows


@five_seeds
def test_sorted_digits_leave_a_loss_with_the_clock_of_an_epoch(seed):
    broken, healthy = (batch_noise_ticket.run_of(way, seed) for way in (False, True))
    assert broken["epoch"] == 34
    assert broken["accuracy"] < 0.5 < 0.94 < healthy["accuracy"]
    last = broken["losses"][-34:]
    assert last.max() > 3 and last.min() < 0.05
    earlier = broken["losses"][-68:-34]
    assert np.corrcoef(last, earlier)[0, 1] > 0.5
    shifted = [np.corrcoef(last, np.roll(earlier, k))[0, 1] for k in range(1, 34)]
    assert np.median(shifted) < 0.2


def test_no_cell_shows_the_answer_of_a_card_above_the_card():
    assert not re.search(r"\b(ask|ticket|Card)\(", prose())
