"""Lesson 11: four optimizers on the digits, at one rate and each at its best."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.explorers.explorer import Choice, Explorer, Stops
from course_lib.predictions import Card
from course_lib.sweeps.optimizer_race import (
    EVERY,
    GOAL,
    N_STEPS,
    OPTIMIZER_RACE,
    RATES,
    RUNNERS,
    steps_to_goal,
)

NEVER = 700.0  # where the picture puts a run that never gets there
SAME, BEST = "the same rate for all", "each at its own best rate"
LESS_THAN_TWICE = "less than twice as many"


def race():
    """Race four optimizers: at one learning rate, or each at its best."""
    _race().show()


@lru_cache(maxsize=1)
def steps_of():
    """Return the median steps to 93 % over five seeds, for each optimizer and rate.

    Returns
    -------
    dict of str to ndarray of shape (15,)
        Infinity where most runs did not get there within 400 steps.
    """
    table = OPTIMIZER_RACE.load()
    return {
        name: np.median(steps_to_goal(table.at("accuracies", optimizer=name)), axis=-1)
        for name in RUNNERS
    }


def best_rate(name):
    """Return the learning rate at which an optimizer needs the fewest steps."""
    return RATES[int(np.argmin(steps_of()[name]))]


def race_at(learning_rate, rule):
    """Return the four runs, as kept by the sweep.

    Parameters
    ----------
    learning_rate : float
        The nearest one of the sweep is taken.
    rule : str
        `SAME`, or `BEST`, which takes each optimizer's own rate.
    """
    nearest = RATES[int(np.argmin(np.abs(np.log(np.array(RATES) / learning_rate))))]
    table, steps = OPTIMIZER_RACE.load(), steps_of()
    rates = {n: best_rate(n) if rule == BEST else nearest for n in RUNNERS}
    return {
        "rates": rates,
        "rule": rule,
        "curves": {
            n: table.mean("accuracies", optimizer=n, learning_rate=rate)
            for n, rate in rates.items()
        },
        "steps": {n: steps[n][RATES.index(rate)] for n, rate in rates.items()},
    }


def _truth():
    steps = {name: found.min() for name, found in steps_of().items()}
    less = steps["gradient descent"] < 2 * min(steps.values())
    return LESS_THAN_TWICE if less else "about four times as many"


def _race():
    return Explorer(
        "Four optimizers read digits",
        race_at,
        _build,
        _read,
        "Left, the fraction right over 400 steps for each optimizer. Right, the steps "
        "to 93 percent over the learning rate, with a mark where each one runs.",
        [
            Stops("learning_rate", "learning rate", RATES, 0.01),
            Choice("rule", "rule", [SAME, BEST], SAME),
        ],
        card=Card(
            "fair_race",
            "At a rate of 0.01, Adam reaches 93 % after 60 steps, and plain gradient "
            "descent not within 400. Now each gets its own best rate. How many steps "
            "does gradient descent need, compared with the fastest?",
            [
                "over ten times as many",
                "about four times as many",
                LESS_THAN_TWICE,
            ],
            truth=_truth,
            because="A race at one rate measures who likes that rate. Most of Adam's "
            "lead at 0.01 was gradient descent's far too low rate.",
        ),
        size=(8.6, 3.9),
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    ends = (-8, N_STEPS + 8)
    plots.style_axes(left, "step", "fraction right", "Unseen digits", ends, (0, 1.03))
    plots.draw_reference(left, GOAL)
    left.set_yticks([0, 0.2, 0.4, 0.6, 0.8, GOAL])
    right.set(xscale="log", yscale="log")
    title = "Steps to 93 %, over the rate"
    plots.style_axes(right, "learning rate", "steps", title, (7e-5, 7), (20, 1000))
    right.set_yticks([30, 100, 300, NEVER], ["30", "100", "300", "never"])
    right.minorticks_off()
    curves, marks = {}, {}
    for series, name in enumerate(RUNNERS):
        curves[name] = plots.draw_line(left, [], [], name, series)
        found = np.minimum(steps_of()[name], NEVER)
        plots.draw_line(right, RATES, found, series=series, linewidth=1.6)
        marks[name] = plots.draw_marker(right, 1, 1, series, markersize=10)
    figure.legend(loc="outside upper center", ncols=len(RUNNERS), handlelength=3.2)
    steps = np.arange(0, N_STEPS + 1, EVERY)

    def update(numbers):
        for name in RUNNERS:
            curves[name].set_data(steps, numbers["curves"][name])
            place = min(numbers["steps"][name], NEVER)
            marks[name].set_data([numbers["rates"][name]], [place])

    return [*curves.values(), *marks.values()], update


def _read(numbers):
    def said(name):
        steps, rate = numbers["steps"][name], numbers["rates"][name]
        words = f"{steps:.0f}" if np.isfinite(steps) else f"over {N_STEPS}"
        return f"{words} at {rate:g}"

    return {f"{name}, steps": said(name) for name in RUNNERS}
