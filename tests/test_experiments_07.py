"""What lesson 7 claims, measured again on five seeds, and quoted as it is."""

import importlib.util
import json
import math
import re
from functools import partial

import numpy as np
import pytest

from course_lib import layers, signals
from course_lib.data import load
from course_lib.explorers import vanishing_gradients_chain as chain
from course_lib.explorers import vanishing_gradients_ticket as ticket
from course_lib.initializers import init_normal
from course_lib.judging import judge
from course_lib.losses import softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.settings import ROOT
from course_lib.sweeps.signal_strength import DEEP_TRAINING, DYING_UNITS
from course_lib.training import train
from grader.exercises import SOLUTIONS, load_lesson, run

five_seeds = pytest.mark.parametrize("seed", range(5))
NAME = "07_vanishing_gradients"


def _answers():
    """Return the functions that the lesson's source gives as solutions, by name."""
    if importlib.util.find_spec("jupytext") is None:
        pytest.skip("jupytext is missing: pip install -r requirements.txt")
    import jupytext

    names = {"np": np}
    for cell in jupytext.read(SOLUTIONS / NAME / f"{NAME}.py").cells:
        if "solution" in cell.metadata or cell.source.startswith("ACTIVATIONS ="):
            exec(cell.source, names)
    return names


ANSWERS = _answers()
USES = {name: ANSWERS[name] for name in chain.USES}


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def prose():
    """Return the built lesson's text on one line, without the signs of a quotation."""
    path = ROOT / "lessons" / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return " ".join(text.replace("\n> ", " ").split())


# ---- first weights


@five_seeds
def test_a_sum_of_a_hundred_has_ten_times_the_standard_deviation(seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(1000, 100)) @ rng.normal(size=(100, 64))
    assert 9.5 < z.std() < 10.5


@five_seeds
def test_the_lessons_functions_are_the_courses(digits, seed):
    rng = np.random.default_rng(seed)
    x, sizes = digits.train.x[:50], [64, 13, 7, 11]
    for name, expected in chain.USES.items():
        if name == "init_weights":
            pairs = [
                f(sizes, "he", np.random.default_rng(seed))
                for f in (ANSWERS[name], expected)
            ]
            for mine, theirs in zip(*pairs, strict=True):
                np.testing.assert_array_equal(mine, theirs)
            weights = pairs[0]
    dy = rng.normal(size=(50, 11))
    for activation in signals.PAIRS:
        given = x, weights, activation
        np.testing.assert_allclose(
            ANSWERS["activation_stds"](*given), signals.activation_stds(*given)
        )
        np.testing.assert_allclose(
            ANSWERS["delta_norms"](*given, dy), signals.delta_norms(*given, dy)
        )


@five_seeds
def test_zeros_cut_the_cable_in_both_directions(digits, seed):
    rng = np.random.default_rng(seed)
    x, dy = digits.train.x[:100], rng.normal(size=(100, 64)) / 100
    zeros = USES["init_weights"]([64] * 6, "zeros", rng)
    assert not USES["activation_stds"](x, zeros, "tanh").any()
    norms = USES["delta_norms"](x, zeros, "tanh", dy)
    assert not norms[:-1].any() and 0.7 < norms[-1] < 0.9


# ---- decibels per hop


@pytest.mark.parametrize(
    ("activation", "weights", "said"),
    [
        ("sigmoid", "xavier", -12.6),
        ("tanh", "xavier", -0.5),
        ("relu", "xavier", -3.0),
        ("relu", "he", 0.0),
        ("relu", "huge, std 1", 15.0),
    ],
)
def test_each_hop_gains_or_loses_as_many_decibels_as_the_lesson_says(
    activation, weights, said
):
    runs = [
        chain.budget(20, activation, weights, np.random.default_rng(seed), **USES)
        for seed in range(5)
    ]
    per_hop = [run["per_hop"] for run in runs]
    assert abs(np.mean(per_hop) - said) < 0.3
    assert np.ptp(per_hop) < 0.8


@five_seeds
def test_the_bars_lie_on_a_straight_line(seed):
    rng = np.random.default_rng(seed)
    bars = chain.budget(20, "sigmoid", "xavier", rng, **USES)["backward"]
    line = np.polyval(np.polyfit(np.arange(20), bars, 1), np.arange(20))
    assert np.abs(bars - line).max() < 2


@five_seeds
@pytest.mark.parametrize("depth", [2, 10, 20])
def test_a_sigmoid_loses_more_than_ten_decibels_a_hop_at_any_depth(depth, seed):
    rng = np.random.default_rng(seed)
    numbers = chain.budget(depth, "sigmoid", "xavier", rng, **USES)
    assert -13.5 < numbers["per_hop"] < -11.5


@five_seeds
def test_tanh_with_large_weights_is_saturated_and_explodes(digits, seed):
    rng = np.random.default_rng(seed)
    x = digits.train.x[:100]
    wild = [rng.normal(0, 1, size=(64, 64)) for _ in range(10)]
    h = x
    for W in wild:
        h = np.tanh(h @ W)
    norms = USES["delta_norms"](x, wild, "tanh", rng.normal(size=(100, 64)) / 100)
    assert 0.8 < np.mean(np.abs(h) > 0.9) < 0.9
    assert 50 < signals.decibels(norms[0] / norms[-1]) < 70
    assert signals.decibels(1 - 0.9**2) == pytest.approx(-14, abs=0.5)


# ---- the meter that hides it


def both_meters(activation, weights, seed):
    """Return blame and dW of the first layer against the last, in decibels."""
    rng = np.random.default_rng(seed)
    x = load("digits").train.x[: chain.EXAMPLES]
    drawn = chain.draw(20, weights, rng, USES["init_weights"])
    dy = rng.normal(size=(len(x), chain.WIDTH)) / len(x)
    found = (
        meter(x, drawn, activation, dy)
        for meter in (USES["delta_norms"], signals.weight_gradient_norms)
    )
    return [signals.decibels(norms[0] / norms[-1]) for norms in found]


@five_seeds
@pytest.mark.parametrize(
    ("activation", "weights"),
    [("relu", "xavier"), ("relu", "tiny, std 0.01"), ("tanh", "tiny, std 0.01")],
)
def test_the_norm_of_dW_hides_a_blame_that_fades(activation, weights, seed):
    blame, dW = both_meters(activation, weights, seed)
    assert blame < -50
    assert abs(dW) < 8


@five_seeds
def test_with_the_sigmoid_the_norm_of_dW_shows_it(seed):
    blame, dW = both_meters("sigmoid", "xavier", seed)
    assert dW < -230 and abs(dW - blame) < 5


# ---- Euler


@five_seeds
def test_euler_fixes_the_answer_of_the_chain_of_single_units(seed):
    exercise = load_lesson(NAME).exercises["delta_norms"]
    check = exercise.secret_checks(seed, with_mistakes=False)
    chains = [case for case in check.cases if case.note.startswith("a chain")]
    assert len(chains) == 3
    for case in chains:
        z, products = case.inputs["x"][0, 0], []
        for W, norm in zip(case.inputs["weights"], case.expected["norms"], strict=True):
            z = z * W[0, 0]
            products.append(z * norm)  # of one unit, z times dz is W times dW
        np.testing.assert_allclose(products, z * case.inputs["dy"][0, 0], rtol=1e-12)


@five_seeds
def test_a_forgotten_mask_changes_the_sums_of_the_layers_behind_it(digits, seed):
    rng = np.random.default_rng(seed)
    x, labels = digits.train.x[:100], digits.train.targets[:100]

    def sums(network):
        logits, caches = network.forward(x)
        _, dlogits = softmax_cross_entropy(logits, labels)
        _, grads = network.backward(dlogits, caches)
        return signals.weight_blame(network.params, grads), np.sum(logits * dlogits)

    network = mlp([64] * 6 + [10], rng, activation="relu")
    blame, at_the_top = sums(network)
    np.testing.assert_allclose(blame, at_the_top, rtol=1e-9)
    network.layers[5] = Layer(layers.relu_forward, lambda dy, cache: dy)
    blame, at_the_top = sums(network)
    np.testing.assert_allclose(blame[3:], at_the_top, rtol=1e-9)
    np.testing.assert_allclose(blame[:3], blame[0], rtol=1e-9)
    assert abs(blame[0] / at_the_top - 1) > 1e-3


# ---- training


def accuracies(activation, weights):
    return DEEP_TRAINING.load().at("accuracy", activation=activation, weights=weights)


def test_with_the_sigmoid_or_tiny_weights_ten_layers_only_guess():
    table = DEEP_TRAINING.load()
    stuck = [("sigmoid", w) for w in table.axes["weights"]]
    stuck += [(a, "tiny, std 0.01") for a in ("tanh", "relu")]
    for activation, weights in stuck:
        point = {"activation": activation, "weights": weights}
        assert np.abs(table.at("train_loss", **point) - math.log(10)).max() < 0.03
        assert np.all(table.at("accuracy", **point).round(1) == 0.1)


def test_ten_layers_with_fitting_weights_learn():
    for activation, weights, low, high in (
        ("tanh", "xavier", 0.94, 0.97),
        ("relu", "he", 0.94, 0.97),
        ("relu", "xavier", 0.89, 0.96),
    ):
        found = accuracies(activation, weights)
        assert (f"{found.min():.2f}", f"{found.max():.2f}") == (str(low), str(high))


def test_ten_relu_layers_drawn_too_large_are_not_finite_after_three_updates():
    table = DEEP_TRAINING.load()
    point = {"activation": "relu", "weights": "large, std 0.3"}
    assert np.all(table.at("steps", **point) == 3)
    assert table.at("first_loss", **point).min() > 100
    assert np.all(np.isnan(table.at("accuracy", **point)))


@pytest.mark.parametrize(
    ("rate", "dead", "right"),
    [(0.3, 2, 0.97), (0.5, 9, 0.97), (1.0, 78, 0.19), (10.0, 99, 0.1)],
)
def test_a_high_learning_rate_kills_units_and_never_ends_in_nan(rate, dead, right):
    table = DYING_UNITS.load()
    count = ANSWERS["dead_fraction"]
    shares = [
        count(layer[np.newaxis])
        for run_of_layers in table.at("largest_z", learning_rate=rate)
        for layer in run_of_layers
    ]
    assert round(100 * np.mean(shares)) == dead
    assert table.mean("accuracy", learning_rate=rate) == pytest.approx(right, abs=5e-3)
    assert np.all(table.at("steps", learning_rate=rate) == 680)


def test_far_above_the_good_rate_every_run_is_flat_near_the_price_of_guessing():
    for rate in (2.0, 3.0, 5.0, 10.0):
        late = DYING_UNITS.load().at("losses", learning_rate=rate)[:, 10:]
        assert np.all(np.abs(late - math.log(10)) < 0.5)


@five_seeds
def test_off_is_not_dead(digits, seed):
    rng = np.random.default_rng(seed)
    z = digits.train.x[:100] @ USES["init_weights"]([64, 64], "he", rng)[0]
    assert 0.4 < np.mean(z <= 0) < 0.6
    assert ANSWERS["dead_fraction"](z) < 0.15


def deep(digits, seed, clip_norm, learning_rate=0.1, epochs=10, **settings):
    rng = np.random.default_rng(seed)
    network = mlp([64] * 11 + [10], rng, activation="relu", **settings)
    history = train(
        network,
        *digits.train,
        learning_rate=learning_rate,
        epochs=epochs,
        rng=rng,
        clip_norm=clip_norm,
        validation=digits.validation,
        measure_every=34 * epochs,
    )
    return history.validation_accuracies[-1]


@pytest.mark.full
@five_seeds
def test_clipping_makes_nan_a_network_that_learns_but_not_a_good_one(digits, seed):
    large = partial(init_normal, std=0.3)
    assert 0.6 < deep(digits, seed, 1.0, initializer=large) < 0.85


@pytest.mark.full
@five_seeds
def test_fitting_first_weights_need_no_clipping(digits, seed):
    assert deep(digits, seed, None, learning_rate=0.03, epochs=20) >= 0.93


@pytest.mark.full
@five_seeds
def test_the_ticket_stands_still_for_the_reason_it_gives(seed):
    broken = ticket.run_of(False, seed)
    assert np.abs(broken["losses"] - math.log(10)).max() < 0.02
    assert broken["accuracy"] <= 0.11
    assert abs(broken["dW"][0]) < 8 and broken["dead"] < 0.2
    per_hop = np.diff(broken["signal"])
    assert -17 < per_hop.mean() < -13


@pytest.mark.full
@five_seeds
def test_with_the_root_the_tickets_network_learns(seed):
    assert ticket.run_of(True, seed)["accuracy"] > 0.85


# ---- by hand, and what the lesson quotes


def test_the_tables_of_the_exercises_are_right():
    weights = ANSWERS["init_weights"]([64, 32, 10], "he", np.random.default_rng(7))
    assert [W.shape for W in weights] == [(64, 32), (32, 10)]
    said = [np.sqrt(2 / 96), np.sqrt(2 / 42), np.sqrt(2 / 64), np.sqrt(2 / 32)]
    assert [round(std, 3) for std in said] == [0.144, 0.218, 0.177, 0.25]
    x = np.array([[1.0], [3.0]])
    stds = ANSWERS["activation_stds"](x, [np.array([[2.0]]), np.array([[0.5]])], "relu")
    np.testing.assert_array_equal(stds, [2, 1])
    chain_of_two = [np.array([[2.0]]), np.array([[3.0]])]
    norms = ANSWERS["delta_norms"](
        np.ones((1, 1)), chain_of_two, "relu", np.array([[5.0]])
    )
    np.testing.assert_array_equal(norms, [15, 5])
    z = np.array([[-1.0, 2.0, -3.0, -0.5], [-2.0, -1.0, 4.0, -1.0]])
    assert ANSWERS["dead_fraction"](z) == 0.5
    clipped, norm = ANSWERS["clip_by_global_norm"](
        {"W": np.array([[3.0]]), "b": np.array([4.0])}, 1.0
    )
    assert norm == 5
    np.testing.assert_allclose(clipped["W"], [[0.6]])
    np.testing.assert_allclose(clipped["b"], [0.8])


def test_the_lesson_quotes_the_check_as_it_speaks():
    exercise = load_lesson(NAME).exercises["dead_fraction"]
    check = exercise.public_checks()

    def wrong(pre_activations):
        return float(np.mean(pre_activations <= 0))

    verdict = judge(check, run(check, exercise.namespace(wrong)))
    assert verdict.mistake == "zero_activations"
    assert verdict.message in prose()


def test_no_cell_shows_the_answer_of_a_card_above_the_card():
    assert not re.search(r"\b(ask|ticket|Card)\(", prose())


# ---- drawing at random is judged by what every right draw shares


RIGHT_DRAWS = {
    "normal": lambda rng, std, D, M: rng.normal(0, std, size=(D, M)),
    "scaled": lambda rng, std, D, M: std * rng.standard_normal((D, M)),
    "even": lambda rng, s, D, M: rng.uniform(-s * 3**0.5, s * 3**0.5, size=(D, M)),
    "backwards": lambda rng, std, D, M: -rng.normal(0, std, size=(M, D)).T[::-1],
    "single": lambda rng, s, D, M: s * rng.standard_normal((D, M), dtype=np.float32),
}


def verdict_on(draw, factor=1.0, seed=0):
    exercise = load_lesson(NAME).exercises["init_weights"]

    def init_weights(sizes, scheme, rng):
        weights = []
        for D, M in zip(sizes[:-1], sizes[1:], strict=True):
            variance = {"zeros": 0, "xavier": 2 / (D + M), "he": 2 / D}[scheme]
            weights.append(draw(rng, factor * variance**0.5, D, M))
        return weights

    check = exercise.secret_checks(seed, with_mistakes=False)
    return judge(check, run(check, exercise.namespace(init_weights)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("draw", RIGHT_DRAWS.values(), ids=RIGHT_DRAWS)
def test_every_right_way_to_draw_passes(draw, seed):
    assert verdict_on(draw, seed=seed).status == "right"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("factor", [0.9, 1.1, 0.5, 2.0, 0.88])
def test_a_scale_that_is_off_by_a_tenth_is_refused(factor, seed):
    assert verdict_on(RIGHT_DRAWS["normal"], factor, seed).status == "wrong"
