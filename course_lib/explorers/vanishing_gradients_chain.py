"""Lesson 7: signal and blame along a deep network, in decibels for each layer."""

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.initializers import init_normal, init_weights
from course_lib.plots.bar_row import BarRow
from course_lib.predictions import Card
from course_lib.signals import activation_stds, decibels, delta_norms

WIDTH, EXAMPLES, DEEPEST = 64, 100, 30
STDS = {"tiny, std 0.01": 0.01, "large, std 0.3": 0.3, "huge, std 1": 1.0}
WEIGHTS = ["tiny, std 0.01", "xavier", "he", "large, std 0.3", "huge, std 1"]
SCALES = (15, 70, 280, 1120)  # limits of a picture, in decibels: few, so that it stays
WIDEST = (-SCALES[-1], SCALES[-1])  # leaves room for the longest tick labels
USES = {
    "init_weights": init_weights,
    "activation_stds": activation_stds,
    "delta_norms": delta_norms,
}


def chain():
    """Choose depth, activation and first weights; see both signals, layer by layer."""
    _chain().show()


def draw(depth, weights, rng, init_weights):
    """Return first weights of a network of equal layers, as a list of (64, 64)."""
    sizes = [WIDTH] * (depth + 1)
    if weights in STDS:
        return [init_normal(WIDTH, WIDTH, rng, STDS[weights]) for _ in sizes[1:]]
    return init_weights(sizes, weights, rng)


def budget(depth, activation, weights, rng, init_weights, activation_stds, delta_norms):
    """Return the strength of signal and blame in every layer of a fresh network.

    Parameters
    ----------
    depth : int
    activation, weights : str
    rng : Generator
        Draws the weights, and the upstream gradient at the last layer.
    init_weights, activation_stds, delta_norms : callable
        As written in lesson 7.

    Returns
    -------
    dict
        ``forward`` and ``backward`` of shape (depth,), in decibels: the std of each
        layer's activations against that of the input, and the norm of dz against
        the last layer's. ``stds``, ``norms``: the same as measured. ``per_hop``:
        the change of the norm from one layer to the one before it.
    """
    x = load_digits().train.x[:EXAMPLES]
    drawn = draw(depth, weights, rng, init_weights)
    dy = rng.normal(size=(EXAMPLES, WIDTH)) / EXAMPLES
    stds = np.asarray(activation_stds(x, drawn, activation))
    norms = np.asarray(delta_norms(x, drawn, activation, dy))
    backward = decibels(norms / norms[-1])
    return {
        "depth": depth,
        "stds": stds,
        "norms": norms,
        "forward": decibels(stds / x.std()),
        "backward": backward,
        "per_hop": backward[0] / (depth - 1),
    }


def _truth():
    numbers = _chain().numbers(depth=20, activation="sigmoid", weights="xavier")
    return round(float(numbers["backward"][0]))


def _chain():
    return Explorer(
        "A signal's budget",
        budget,
        _build,
        _read,
        "Two rows of bars, one bar a layer. Left, how strong the activations are, "
        "against the input; right, how strong the blame is, against the last layer.",
        [
            Slider("depth", "hidden layers", 2, DEEPEST, 5),
            Choice("activation", "activation", ["sigmoid", "tanh", "relu"], "sigmoid"),
            Choice("weights", "first weights", WEIGHTS, "xavier"),
        ],
        uses=USES,
        card=Card(
            "first_layer",
            "20 layers, sigmoid, Xavier. How much weaker is the blame at the first "
            "layer than at the last? (0 dB is as strong, −20 dB a tenth.)",
            unit="dB",
            truth=_truth,
            because="A sigmoid passes a quarter at best, which is −12 dB, and the "
            "weights do not make up for it: nearly 13 dB are lost in each of 19 hops.",
        ),
        size=(8.8, 3.8),
        seed=7,
    )


def _build(figure):
    sides = figure.subplots(1, 2)
    ends = (-0.8, DEEPEST - 0.2)
    titles = ("Forward →  activations", "← Back  blame at z")
    words = ("std (dB against the input)", "norm (dB against the last)")
    bars = []
    for axes, title, label, look in zip(sides, titles, words, (0, 1), strict=True):
        plots.style_axes(axes, "layer", label, title, ends, WIDEST)
        bars.append(BarRow(axes, range(DEEPEST), look))
        axes.grid(visible=False, axis="x")
        number_layers(axes, DEEPEST)
        axes.axhline(0, color=plots.QUIET, linewidth=1)

    def update(numbers):
        for row, name in zip(bars, ("forward", "backward"), strict=True):
            row.set_lengths(numbers[name])
        fit(sides, np.append(numbers["forward"], numbers["backward"]))

    return [row.patch for row in bars], update


def number_layers(axes, deepest):
    """Write layer numbers, from 1, under bars that are placed from 0."""
    shown = [1, *range(5, deepest + 1, 5)]
    axes.set_xticks([layer - 1 for layer in shown], shown)


def fit(sides, values):
    """Give axes one scale, of a few that exist, that holds 0 and all the values."""
    low, high = (
        next((scale for scale in SCALES if scale >= most), SCALES[-1])
        if most > 0.3
        else 0.0
        for most in (-values.min(), values.max())
    )
    low, high = max(low, 0.12 * high, 1.0), max(high, 0.12 * low, 1.0)
    for axes in sides:
        if axes.get_ylim() != (-low, high):
            axes.set_ylim(-low, high)


def _read(numbers):
    return {
        "first layer's blame": f"{short(numbers['backward'][0])} dB",
        "per hop": f"{short(numbers['per_hop'], 1)} dB",
        "as a factor": f"{numbers['norms'][0] / numbers['norms'][-1]:.1e}",
        "std of the last layer": f"{numbers['stds'][-1]:.2g}",
        "std of the input": "0.376",
    }


def short(value, digits=0):
    """Return a number with its sign, as text; one that rounds to 0 without."""
    text = f"{value:+.{digits}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")
