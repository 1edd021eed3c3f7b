"""Lesson 6: the same budget counted in steps, and counted in epochs."""

import math

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.predictions import Card
from course_lib.sweeps.batch_noise import (
    AT_THE_SAME_LOSS,
    BY_BUDGET,
    N_EPOCHS,
    N_STEPS,
)

SIZES = BY_BUDGET.axes["batch_size"]
TIE = "equal steps: a tie. Equal epochs: 8"
WORDS = {f"{N_STEPS} steps": "steps", f"{N_EPOCHS} epochs": "epochs"}


def budget():
    """Count a budget in steps or in epochs; see which batch size makes most of it."""
    _budget().show()


def runs(budget):
    """Return what five batch sizes make of one budget, means over five seeds.

    Parameters
    ----------
    budget : {"steps", "epochs"}

    Returns
    -------
    dict
        ``accuracies`` of shape (5, 21) on the validation digits, ``ends`` of shape
        (5, 2), the worst and the best seed's at the end, ``steps`` and ``seen``: five
        counts each of updates made and examples looked at.
    """
    table, n = BY_BUDGET.load(), len(load_digits().train.x)
    ends = table.at("accuracy", budget=budget)[:, :, -1]
    epochs = [math.ceil(n / size) for size in SIZES]
    by_steps = budget == "steps"
    return {
        "budget": budget,
        "accuracies": table.mean("accuracy", budget=budget),
        "ends": np.column_stack([ends.min(axis=1), ends.max(axis=1)]),
        "steps": [N_STEPS if by_steps else N_EPOCHS * each for each in epochs],
        "seen": [N_STEPS * size if by_steps else N_EPOCHS * n for size in SIZES],
    }


def same_loss():
    """Return how well runs of equal training loss read unseen digits.

    Returns
    -------
    dict of int to (float, float)
        For each batch size the mean accuracy over ten seeds, a fraction from 0 to 1,
        and the standard deviation between the seeds.
    """
    table = AT_THE_SAME_LOSS.load()
    return {
        size: (float(ends.mean()), float(ends.std(ddof=1)))
        for size in table.axes["batch_size"]
        for ends in [table.at("accuracy", batch_size=size)]
    }


def _budget():
    return Explorer(
        "One budget, five batch sizes",
        runs,
        _build,
        _read,
        "On the left accuracy on unseen digits over the share of the budget that is "
        "spent, one curve for each of five batch sizes. On the right the accuracy at "
        "the end, with the range from the worst seed to the best.",
        [Choice("budget", "budget", WORDS, "steps")],
        card=Card(
            "budget",
            "Batches of 8 against batches of 512, at one learning rate. First both get "
            "600 steps, then both get 20 epochs. Who reads unseen digits better?",
            [
                "8, both times",
                "512, both times",
                TIE,
                "equal steps: 512. Equal epochs: a tie",
            ],
            truth=TIE,
            because="A step of 512 looks at 64 times as many digits and gets hardly "
            "further. 20 epochs are 2700 steps for 8, and 60 for 512.",
        ),
        size=(8.6, 3.5),
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    plots.style_axes(
        left,
        "share of the budget that is spent",
        "fraction right",
        "Unseen digits",
        (-0.02, 1.02),
        (0, 1.03),
    )
    shares = np.linspace(0, 1, 21)
    lines = [
        plots.draw_line(left, shares, 0 * shares, f"batch of {size}", series=k)
        for k, size in enumerate(SIZES)
    ]
    left.legend(loc="lower right")
    ranges, means, words = _build_ends(right)

    def update(numbers):
        for k, curve in enumerate(numbers["accuracies"]):
            worst, best = numbers["ends"][k]
            lines[k].set_ydata(curve)
            ranges[k].set_data([k, k], [worst, best])
            means[k].set_data([k], [curve[-1]])
            words[k].set(text=f"{curve[-1]:.3f}", y=best + 0.004)

    return [*lines, *ranges, *means, *words], update


def _build_ends(axes):
    plots.style_axes(
        axes,
        "batch size",
        "fraction right",
        "At the end, worst to best seed",
        (-0.6, len(SIZES) - 0.4),
        (0.8, 1.0),
    )
    axes.set_xticks(range(len(SIZES)), [str(size) for size in SIZES])
    axes.grid(visible=False, axis="x")
    series = range(len(SIZES))
    solid = {"linestyle": "-", "linewidth": 2.5}
    ranges = [plots.draw_line(axes, [], [], series=k, **solid) for k in series]
    means = [plots.draw_marker(axes, k, 0.9, k) for k in series]
    words = [axes.text(k, 0.9, "", ha="center", va="bottom") for k in series]
    return ranges, means, words


def _read(numbers):
    return {
        f"batch of {size}": f"{numbers['accuracies'][k, -1]:.3f} "
        f"({numbers['steps'][k]} steps, {numbers['seen'][k]} digits seen)"
        for k, size in enumerate(SIZES)
    }
