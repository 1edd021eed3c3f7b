"""The ticket of lesson 3: a tape that is right for some knobs only."""

import numpy as np

from course_lib import plots, tape
from course_lib.explorers.chain_cost import probe_knobs
from course_lib.explorers.chain_overwriting import OverwritingValue
from course_lib.explorers.explorer import ticket
from course_lib.predictions import Card

USES = {"w": 1, "b": 1, "v": 2, "k": 3}  # how often the loss uses each knob
SEED = 3


def loss_of_four(Value, numbers, inputs):
    """Return the loss of four knobs as a Value, and the knobs.

    Parameters
    ----------
    Value : callable
        As written in lesson 3.
    numbers : array-like of shape (4,)
        The knobs w, b, v and k.
    inputs : array-like of shape (5,)
    """
    w, b, v, k = knobs = [Value(float(number)) for number in numbers]
    x = [Value(float(each)) for each in inputs]
    h = (w * x[0] + b + v * x[1] + k * x[2]).tanh()
    return (h + v * x[3] + k * x[4] + k * x[1]).exp(), knobs


def readings(Value, backward, seed=SEED):
    """Return each knob's blame by the tape, and measured by nudging.

    Parameters
    ----------
    Value, backward : callable
        As written in lesson 3.
    seed : int, default=3

    Returns
    -------
    by_tape, measured : ndarray of shape (4,)
        In loss per unit of the knob.
    """
    rng = np.random.default_rng(seed)
    numbers, inputs = rng.uniform(0.1, 0.5, 4), rng.uniform(0.3, 0.9, 5)
    loss, knobs = loss_of_four(Value, numbers, inputs)
    backward(loss)
    measured = probe_knobs(
        lambda moved: loss_of_four(tape.Value, moved, inputs)[0].data, numbers
    )
    return np.array([float(knob.grad) for knob in knobs]), measured


def broken_tape():
    """Show what a broken tape says of four knobs; ask for the cause."""
    broken_readings = readings(OverwritingValue, tape.backward)
    ticket(
        Card(
            "broken_tape",
            "w and b are used once in this loss, v twice, k three times. What is wrong "
            "with this tape?",
            [
                "the sweep runs in the wrong order",
                "a share overwrites the one before it",
                "grads of an earlier sweep were not reset",
                "the slope of tanh is missing",
                "nothing: the measurement is too coarse",
            ],
            truth="a share overwrites the one before it",
            because="What is used once is right to the last digit, so each local "
            "derivative is right, and so is the order. What is used more often has too "
            "little: one share is left of two or three. Look for = where += belongs. "
            "Forgetting to reset gives too much, not too little.",
            at_once=True,
            kind="Diagnose",
        ),
        _build_broken_tape,
        broken_readings,
        _read_broken_tape,
        "For each of four knobs two bars, the blame by the tape and the slope measured "
        "by nudging. They are equal for w and b; for v and k the tape has too little.",
        size=(8.6, 3.4),
    )


def _build_broken_tape(figure):
    axes = figure.subplots()
    by_tape, measured = readings(OverwritingValue, tape.backward)
    names = [f"d{n} (used {_times(count)})" for n, count in USES.items()]
    heights = np.column_stack([by_tape, measured]).ravel()
    bars = plots.draw_bars(axes, heights, [""] * 8, series=[1, 0] * 4)
    for k, bar in enumerate(bars):
        bar.set(x=k // 2 + (0.08 if k % 2 else -0.4), width=0.32)
    axes.set_xticks(range(4), names)
    top = 1.25 * heights.max()
    plots.style_axes(
        axes, "", "slope (loss per unit)", "Tape and measurement", (-0.6, 3.6), (0, top)
    )
    bars[0].set_label("the tape")
    bars[1].set_label("measured by nudging")
    axes.legend(handles=bars[:2], loc="upper left", ncols=2)
    return [], lambda numbers: None


def _times(count):
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _read_broken_tape(numbers):
    return {
        f"d{name}": f"tape {by_tape:.4f}, measured {measured:.4f}"
        for name, by_tape, measured in zip(USES, *numbers, strict=True)
    }
