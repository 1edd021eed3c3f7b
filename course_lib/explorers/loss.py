"""Explorers of lesson 1: what a loss punishes, and what accuracy does not see."""

from functools import lru_cache

import numpy as np

from course_lib import losses, plots
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.explorers.loss_readings import two_meters
from course_lib.explorers.loss_recap import five_questions
from course_lib.explorers.loss_scale import cross_entropy, logit_scale
from course_lib.explorers.loss_ticket import broken_start
from course_lib.live_picture import STEADY
from course_lib.predictions import Card

__all__ = [
    "broken_start",
    "confident_error",
    "five_questions",
    "logit_scale",
    "two_meters",
]

LOWEST, HIGHEST = 0.001, 0.999  # the ends of the probability slider


def mse(predictions, targets):
    """Return the mean squared error alone, as lesson 1 asks for it."""
    return losses.mse(predictions, targets)[0]


# ---- one prediction, three losses


def confident_error():
    """Move the probability given to the right class; compare three losses."""
    _confident_error().show()


def three_losses(probability, mse, cross_entropy):
    """Return what three losses charge for one prediction of a true event.

    Parameters
    ----------
    probability : float
        Given to what did happen, in (0, 1).
    mse, cross_entropy : callable
        As written in lesson 1.

    Returns
    -------
    dict of str to float
        ``probability``, ``squared``, ``absolute``, and ``surprise`` in nats.
    """
    logits = np.array([[0.0, np.log(probability / (1.0 - probability))]])
    return {
        "probability": probability,
        "squared": float(mse(np.array([probability]), np.array([1.0]))),
        "absolute": 1.0 - probability,
        "surprise": float(cross_entropy(logits, np.array([1]))),
    }


CHARGES = {
    "surprise": "cross-entropy",
    "squared": "squared error",
    "absolute": "absolute error",
}


def _confident_error():
    return Explorer(
        "What does a confident error cost?",
        _losses_and_curves,
        _build_confident_error,
        _read_three_losses,
        "Three losses of one prediction, drawn over the probability that it gave to "
        "what really happened. Where that probability nears 0, squared and absolute "
        "error end at 1, and cross-entropy climbs steeply.",
        [
            Slider(
                "probability",
                "probability of the truth",
                LOWEST,
                HIGHEST,
                0.6,
                step=0.001,
                digits=".3f",
            )
        ],
        uses={"mse": mse, "cross_entropy": cross_entropy},
        card=Card(
            "confident_error",
            "A network gives what really happens a probability of 0.001: it is "
            "confident, and it errs. Which loss charges most for that?",
            ["squared error", "absolute error", "cross-entropy", "all about the same"],
            truth="cross-entropy",
            because="It charges 6.9 nats there and has no upper limit; the other two "
            "can never charge more than 1.",
        ),
        size=(8.6, 3.7),
    )


def _losses_and_curves(probability, mse, cross_entropy):
    return three_losses(probability, mse, cross_entropy) | {
        "curves": _curves(mse, cross_entropy)
    }


@lru_cache(maxsize=4)
def _curves(mse, cross_entropy):
    probabilities = np.geomspace(LOWEST, HIGHEST, 61)
    charges = [three_losses(p, mse, cross_entropy) for p in probabilities]
    return {name: np.array([c[name] for c in charges]) for name in charges[0]}


def _build_confident_error(figure):
    left, right = figure.subplots(1, 2, width_ratios=[2.1, 1])
    plots.style_axes(
        left,
        "probability given to what really happened",
        "loss of this one prediction",
        "Every possible prediction",
        (-0.01, 1.01),
        (-0.2, 7.4),
    )
    curves = {
        name: plots.draw_line(left, [], [], series=look, gid=STEADY)
        for look, name in enumerate(CHARGES)
    }
    plots.draw_label(left, 0.085, 2.5, "cross-entropy (nats)", 0)
    plots.draw_label(left, 0.03, 1.27, "absolute error", 2, (0, 0), fontsize=9.5)
    plots.draw_label(left, 0.03, 0.3, "squared error", 1, (0, 0), fontsize=9.5)
    here = left.axvline(0.5, color=plots.QUIET, linewidth=1.2)
    markers = {
        name: plots.draw_marker(left, 0, 0, look) for look, name in enumerate(CHARGES)
    }
    plots.style_axes(right, title="This prediction", ylim=(-0.2, 7.4))
    bars = plots.draw_bars(
        right, np.zeros(3), ["cross-\nentropy", "squared", "absolute"], range(3)
    )
    heights = [right.text(i, 0, "", ha="center", va="bottom") for i in range(3)]

    def update(numbers):
        here.set_xdata([numbers["probability"]] * 2)
        for name, bar, words in zip(CHARGES, bars, heights, strict=True):
            charge = numbers[name]
            curves[name].set_data(
                numbers["curves"]["probability"], numbers["curves"][name]
            )
            markers[name].set_data([numbers["probability"]], [charge])
            bar.set_height(charge)
            words.set(text=f"{charge:.2f}", y=charge + 0.1)

    return [here, *curves.values(), *markers.values(), *bars, *heights], update


def _read_three_losses(numbers):
    return {"probability of the truth": f"{numbers['probability']:.3f}"} | {
        words: f"{numbers[name]:.3f}" + (" nats" if name == "surprise" else "")
        for name, words in CHARGES.items()
    }
