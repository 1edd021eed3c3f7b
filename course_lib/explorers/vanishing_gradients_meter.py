"""Lesson 7: the same fault on two meters, the blame at z and the norm of dW."""

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers import vanishing_gradients_chain as chains
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.initializers import init_weights
from course_lib.plots.bar_row import BarRow
from course_lib.predictions import Card
from course_lib.signals import (
    activation_stds,
    decibels,
    delta_norms,
    weight_gradient_norms,
)

DEEPEST = 20
NETWORKS = {
    "relu, xavier": ("relu", "xavier"),
    "relu, tiny": ("relu", "tiny, std 0.01"),
    "relu, large": ("relu", "large, std 0.3"),
    "tanh, tiny": ("tanh", "tiny, std 0.01"),
    "sigmoid, xavier": ("sigmoid", "xavier"),
}
METERS = {"blame at z": "blame", "norm of dW": "dW"}


def meter():
    """Read the same network with two meters."""
    _meter().show()


def readings(meter, network, depth, rng, init_weights, activation_stds, delta_norms):
    """Return what both meters read, layer by layer, against the last layer.

    Parameters
    ----------
    meter : {"blame", "dW"}
    network : str
        A name in `NETWORKS`.
    depth : int
    rng : Generator
    init_weights, activation_stds, delta_norms : callable
        As written in lesson 7.

    Returns
    -------
    dict
        ``blame`` (norms of dz), ``inputs`` (std of what each layer gets) and ``dW``
        (norms of dW), each of shape (depth,) in decibels; ``shown``, the one that
        `meter` names; ``norms``: dW's as measured.
    """
    x = load_digits().train.x[: chains.EXAMPLES]
    activation, weights = NETWORKS[network]
    drawn = chains.draw(depth, weights, rng, init_weights)
    dy = rng.normal(size=(len(x), chains.WIDTH)) / len(x)
    blame = np.asarray(delta_norms(x, drawn, activation, dy))
    stds = np.asarray(activation_stds(x, drawn, activation))
    inputs = np.append(x.std(), stds[:-1])
    norms = weight_gradient_norms(x, drawn, activation, dy)
    found = {
        name: decibels(values / values[-1])
        for name, values in {"blame": blame, "inputs": inputs, "dW": norms}.items()
    }
    return found | {"shown": found[meter], "meter": meter, "norms": norms}


def _truth():
    dW = _meter().numbers(network="relu, xavier", depth=DEEPEST)["dW"][0]
    return "about the same" if abs(dW) < 6 else "a thousandth"


def _meter():
    return Explorer(
        "Two meters on one network",
        readings,
        _build,
        _read,
        "Left, bars of the chosen meter for each layer, against the last layer. Right, "
        "two lines: the strength of what each layer gets, and of its blame.",
        [
            Choice("meter", "meter", METERS, "blame"),
            Choice("network", "network", list(NETWORKS), "relu, xavier"),
            Slider("depth", "hidden layers", 2, DEEPEST, DEEPEST),
        ],
        uses={
            "init_weights": init_weights,
            "activation_stds": activation_stds,
            "delta_norms": delta_norms,
        },
        card=Card(
            "norm_of_dW",
            "20 ReLU layers, Xavier: at the first layer the blame is a thousandth of "
            "the last layer's. And the norm of dW?",
            ["a thousandth", "about the same", "a thousand times larger"],
            truth=_truth,
            because="dW is inputs times blame. Forward the signal fades from layer to "
            "layer as much as blame fades on its way back, and in the product the two "
            "cancel.",
        ),
        size=(8.8, 3.8),
        seed=7,
    )


def _build(figure):
    left, right = sides = figure.subplots(1, 2, width_ratios=[1.15, 1])
    ends = (-0.8, DEEPEST - 0.2)
    for axes, title in zip(sides, ("The meter", "What dW is made of"), strict=True):
        label = "dB against the last layer"
        plots.style_axes(axes, "layer", label, title, ends, chains.WIDEST)
        axes.axhline(0, color=plots.QUIET, linewidth=1)
    bars = BarRow(left, range(DEEPEST), 1)
    left.grid(visible=False, axis="x")
    for axes in sides:
        chains.number_layers(axes, DEEPEST)
    inputs = plots.draw_line(right, [], [], "inputs of the layer", series=0)
    blame = plots.draw_line(right, [], [], "blame at its z", series=1)
    right.legend(loc="lower right", fontsize=9)
    name = left.text(0.98, 0.97, "", transform=left.transAxes, va="top", ha="right")

    def update(numbers):
        bars.set_lengths(numbers["shown"])
        bars.look_as(1 if numbers["meter"] == "blame" else 2)
        place = np.arange(len(numbers["blame"]))
        inputs.set_data(place, numbers["inputs"])
        blame.set_data(place, numbers["blame"])
        shown = {"blame": "blame at z", "dW": "norm of dW"}[numbers["meter"]]
        name.set_text(f"{shown}, first layer {chains.short(numbers['shown'][0])} dB")
        found = np.concatenate([numbers[k] for k in ("blame", "inputs", "dW")])
        chains.fit(sides, found)

    return [bars.patch, inputs, blame, name], update


def _read(numbers):
    return {
        "blame, first layer": f"{chains.short(numbers['blame'][0])} dB",
        "inputs, first layer": f"{chains.short(numbers['inputs'][0])} dB",
        "norm of dW, first layer": f"{chains.short(numbers['dW'][0])} dB",
        "as measured": f"{numbers['norms'][0]:.1e} first, "
        f"{numbers['norms'][-1]:.1e} last",
    }
