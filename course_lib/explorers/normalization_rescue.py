"""Lesson 8: what normalization rescues, and what it does not."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.data import load
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.models import mlp
from course_lib.predictions import Card
from course_lib.sweeps.normalization_rescue import (
    EPOCHS,
    PATIENTS,
    RESCUE,
    SIZES,
    TREATMENTS,
)

SHORT = ("none", "batch", "layer")
LOWEST_LOSS, LARGEST_LOSS = 0.04, 8.0  # nats that the picture shows


def rescue():
    """Choose an ill network; see three treatments, and what survives its layers."""
    _rescue().show()


@lru_cache(maxsize=64)
def spread_between_examples(patient, treatment, seed):
    """Return how much examples differ after each activation, before training.

    Parameters
    ----------
    patient, treatment : str
        Keys of `PATIENTS` and `TREATMENTS`.
    seed : int

    Returns
    -------
    ndarray of shape (9,)
        For each hidden layer the standard deviation over 200 digits of a unit's
        output, as root of its mean square over the units, divided by that of all
        entries of the layer.
    """
    activation, initializer = PATIENTS[patient]
    network = mlp(
        SIZES,
        np.random.default_rng(seed),
        activation=activation,
        initializer=initializer,
        before_activation=TREATMENTS[treatment],
    )
    x, spreads = load("digits").train.x[:200], []
    step = 2 if TREATMENTS[treatment] is None else 3
    for k, layer in enumerate(network.layers[:-1], 1):
        x, _ = layer.forward(x, training=True)
        if k % step == 0:
            of_all = np.sqrt(np.mean(x**2))
            spreads.append(np.sqrt(x.var(axis=0).mean()) / of_all)
    return np.array(spreads)


def one_patient(patient, seed):
    """Return the curves of one network under three treatments, from the kept sweep.

    Returns
    -------
    dict
        ``losses`` (3, 21) in nats and ``accuracies`` (3,) after the last epoch, NaN
        where training stopped; ``spreads`` (3, 9) between the examples, as a share of
        the size of the layer's outputs.
    """
    kept = RESCUE.load()
    losses = [
        kept.at("losses", patient=patient, treatment=treatment)[seed]
        for treatment in TREATMENTS
    ]
    accuracies = [
        kept.at("accuracies", patient=patient, treatment=treatment)[seed][-1]
        for treatment in TREATMENTS
    ]
    spreads = [
        spread_between_examples(patient, treatment, seed) for treatment in TREATMENTS
    ]
    return {
        "patient": patient,
        "losses": np.array(losses),
        "accuracies": np.array(accuracies),
        "spreads": np.array(spreads),
    }


def _rescue():
    patients = list(PATIENTS)
    return Explorer(
        "Ten layers, three treatments",
        one_patient,
        _build,
        _read,
        "On the left the training loss over 20 epochs, on a logarithmic scale, of one "
        "network without normalization, with batch and with layer normalization. On "
        "the right how much the examples still differ after each hidden layer, before "
        "training, as a share of the size of the signal.",
        [
            Choice("patient", "network", patients, patients[0]),
            Slider("seed", "seed", 0, 4, 0),
        ],
        card=Card(
            "who_rescues",
            "Ten sigmoid layers, first weights of 0.01: after 20 epochs the loss is "
            "still ln 10. Which normalization gets this network to learn?",
            ["both", "batch normalization alone", "layer normalization alone"],
            truth="batch normalization alone",
            because="After a few layers all examples look the same. Batch "
            "normalization makes what is left of their differences large again; layer "
            "normalization works within one example, and cannot see them.",
        ),
        size=(8.8, 3.8),
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.2, 1])
    plots.style_axes(left, "epoch", "loss (nats)", "Training digits", (-0.5, 25.5))
    left.set_yscale("log")
    left.set_ylim(LOWEST_LOSS, LARGEST_LOSS)
    marks = {
        0.05: "0.05",
        0.1: "0.1",
        0.2: "0.2",
        0.5: "0.5",
        1: "1",
        np.log(10): "ln 10",
    }
    left.set_yticks(list(marks), list(marks.values()))
    left.minorticks_off()
    left.set_xticks(range(0, EPOCHS + 1, 5))
    plots.draw_reference(left, np.log(10), xmax=0.79)  # the names stand beyond
    plots.style_axes(
        right,
        "hidden layer",
        "spread between examples",
        "Before training",
        (0.5, 9.5),
        (1e-9, 4),
    )
    right.set_yscale("log")
    right.set_xticks(range(1, 10))
    lines, curves, names = [], [], []
    for series, name in enumerate(SHORT):
        look = {"marker": plots.MARKERS[series], "markersize": 5, "markevery": 5}
        lines.append(plots.draw_line(left, [], [], series=series, **look))
        look["markevery"] = 1
        curves.append(plots.draw_line(right, [], [], name, series=series, **look))
        names.append(plots.draw_label(left, 20, 1, name, series, (6, 0)))
    right.legend(loc="lower left", fontsize=9)

    def update(numbers):
        ends = []
        for series, losses in enumerate(numbers["losses"]):
            finite = np.flatnonzero(np.isfinite(losses))
            lines[series].set_data(finite, losses[finite])
            curves[series].set_data(np.arange(1, 10), numbers["spreads"][series])
            shown = min(float(losses[finite[-1]]), 0.8 * LARGEST_LOSS)
            ends.append((shown, int(finite[-1])))
        for series, place in enumerate(_apart([np.log10(loss) for loss, _ in ends])):
            stopped = ends[series][1] < EPOCHS
            text = SHORT[series] + (": NaN" if stopped else "")
            names[series].set_text(text)
            names[series].xy = (max(ends[series][1], 1), 10**place)

    return [*lines, *curves, *names], update


def _apart(places, gap=0.17):
    """Return the places, pushed apart upward so that labels do not overlap."""
    order, result = np.argsort(places, kind="stable"), list(places)
    for lower, upper in zip(order[:-1], order[1:], strict=True):
        result[upper] = max(result[upper], result[lower] + gap)
    return result


def _read(numbers):
    lasts = [losses[-1] for losses in numbers["losses"]]
    losses = [f"{last:.3f}" if np.isfinite(last) else "NaN" for last in lasts]
    shares = ["-" if np.isnan(a) else f"{a:.3f}" for a in numbers["accuracies"]]
    spreads = [f"{spread[-1]:.1g}" for spread in numbers["spreads"]]
    return {
        "loss (nats): without, batch, layer": ", ".join(losses),
        "unseen right, in this order": ", ".join(shares),
        "spread at layer 9": ", ".join(spreads),
    }
