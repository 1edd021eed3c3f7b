"""Lesson 9: how much data, how much freedom, and where to stop."""

from functools import lru_cache

import numpy as np

from course_lib import plots, regularization
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.predictions import Card
from course_lib.sweeps.overfitting import EVERY, N_STEPS, OVERFITTING_MAP

PATIENCE = 8  # measurements
TOP = 2.6  # nats: the highest loss that is drawn
STEPS = np.arange(0, N_STEPS + 1, EVERY)
START = {"n": 300, "noise": 0.2, "width": 128, "l2": 0.0, "p_drop": 0.0}


def memorizing():
    """Change data and network; see both curves, and stop where you like."""
    _memorizing().show()


@lru_cache(maxsize=1)
def table():
    """Return the kept runs, loaded once."""
    return OVERFITTING_MAP.load()


def run(n, noise, width, l2, p_drop):
    """Return the four curves of one kept run, each of shape (61,), by name."""
    point = {"n": n, "noise": noise, "width": width, "l2": l2, "p_drop": p_drop}
    return {name: table().at(name, **point)[0] for name in table().values}


def turn(**point):
    """Return the step at which the validation loss is lowest."""
    return int(STEPS[run(**START | point)["validation_losses"].argmin()])


def stopped_at(n, noise, width, l2, p_drop, stop, early_stopping, generalization_gap):
    """Return the curves, and what is read where training stops.

    Parameters
    ----------
    n, noise, width, l2, p_drop
        A point of `OVERFITTING_MAP`.
    stop : int
        Step of the stop-here marker.
    early_stopping, generalization_gap : callable
        As written in lesson 9.
    """
    curves = run(n, noise, width, l2, p_drop)
    at = int(round(stop / EVERY))
    best = int(early_stopping(curves["validation_losses"], PATIENCE))
    train, unseen = curves["train_losses"], curves["validation_losses"]
    return curves | {
        "stop": STEPS[at],
        "at": at,
        "gap": float(generalization_gap(train[at], unseen[at])),
        "kept": STEPS[best],
    }


def _memorizing():
    return Explorer(
        "Learning, then memorizing",
        stopped_at,
        _build,
        _read,
        "Left the training and the validation loss over 1500 steps, right the two "
        "accuracies; a vertical line where you stop, another where early stopping "
        "would have gone back to.",
        [
            Slider("stop", "stop here (step)", 0, N_STEPS, N_STEPS, EVERY),
            Choice(
                "n", "digits to learn from", {str(n): n for n in (100, 300, 1077)}, 300
            ),
            Choice("noise", "labels that are wrong", _shares((0.0, 0.2, 0.4)), 0.2),
            Choice("width", "units a layer", {"16": 16, "128": 128}, 128),
            Choice("l2", "L2 strength", {"0": 0.0, "0.01": 0.01}, 0.0),
            Choice("p_drop", "dropout", {"none": 0.0, "half": 0.5}, 0.0),
        ],
        uses={
            "early_stopping": regularization.early_stopping,
            "generalization_gap": regularization.generalization_gap,
        },
        card=Card(
            "where_it_turns",
            "300 digits, one label in five wrong, 128 units, 1500 steps. The training "
            "loss falls to the end. At which step is the loss on unseen digits lowest?",
            unit="steps",
            truth=lambda: float(turn()),
            because="From there on it learns the wrong labels by heart, one by one.",
        ),
        size=(8.6, 3.7),
    )


def _shares(values):
    return {f"{100 * v:.0f} %": v for v in values}


def _build(figure):
    left, right = figure.subplots(1, 2)
    ends = (-20, N_STEPS + 20)
    plots.style_axes(left, "step", "loss (nats)", "Loss", ends, (0, TOP))
    plots.style_axes(right, "step", "fraction right", "Accuracy", ends, (0, 1.05))
    lines, stops = {}, []
    for axes, what in ((left, "losses"), (right, "accuracies")):
        for series, part in enumerate(("train", "validation")):
            name = f"{part}_{what}"
            label = {"train": "training", "validation": "unseen digits"}[part]
            lines[name] = plots.draw_line(axes, STEPS, 0 * STEPS, label, series)
        stops.append(axes.axvline(0, color=plots.INK, linewidth=1.6))
        stops.append(
            axes.axvline(0, color=plots.GREEN, linewidth=1.6, linestyle=(0, (2, 1.5)))
        )
    handles, names = right.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    words = [right.text(0, 0, "", color=color) for color in (plots.INK, plots.GREEN)]

    def update(numbers):
        for name, line in lines.items():
            line.set_ydata(np.minimum(numbers[name], TOP + 1))
        for k, line in enumerate(stops):
            line.set_xdata([numbers["kept" if k % 2 else "stop"]] * 2)
        for k, (text, step) in enumerate(
            (("stop", "stop"), ("early stopping", "kept"))
        ):
            at_the_right = numbers[step] > N_STEPS * 0.6
            words[k].set(
                text=text,
                x=numbers[step] + (-15 if at_the_right else 15),
                y=0.03 + 0.09 * k,
                ha="right" if at_the_right else "left",
            )

    return [*lines.values(), *stops, *words], update


def _read(numbers):
    at = numbers["at"]
    lowest = numbers["validation_losses"].argmin()
    return {
        "stopped at": f"step {numbers['stop']}",
        "training loss": f"{numbers['train_losses'][at]:.2f} nats",
        "on unseen digits": f"{numbers['validation_losses'][at]:.2f} nats",
        "gap": f"{numbers['gap']:+.2f} nats".replace("-", "−"),
        "unseen digits read right": f"{numbers['validation_accuracies'][at]:.3f}",
        "lowest loss on unseen digits": (
            f"{numbers['validation_losses'][lowest]:.2f} at step {STEPS[lowest]}"
        ),
        "early stopping goes back to": f"step {numbers['kept']}",
    }
