"""Lesson 7: the learning rate of a ReLU network, and the units it kills."""

import math

import numpy as np

from course_lib import plots
from course_lib.explorers.explorer import Choice, Explorer, Stops
from course_lib.predictions import Card
from course_lib.signals import dead_fraction
from course_lib.sweeps.signal_strength import DYING_UNITS, MEAN_OVER

RATES = DYING_UNITS.axes["learning_rate"]
TOP = 3.6  # nats
COLUMNS = 16  # units in a row of the picture, of 64


def dying():
    """Move the learning rate; count the dead units of each layer."""
    _dying().show()


def after_training(learning_rate, run, dead_fraction):
    """Return what was left of a ReLU network of three layers after 680 steps.

    Parameters
    ----------
    learning_rate : float
        The nearest rate of the kept runs is taken.
    run : int
        Which of the kept runs, from 1.
    dead_fraction : callable
        As written in lesson 7.

    Returns
    -------
    dict
        ``learning_rate``, ``losses`` of shape (68,), ``is_dead`` of shape (3, 64),
        ``dead`` of shape (3,), ``accuracy``, ``train_loss``.
    """
    rate = min(RATES, key=lambda kept: abs(math.log(kept / learning_rate)))
    table = DYING_UNITS.load()
    kept = {name: table.at(name, learning_rate=rate)[run - 1] for name in table.values}
    # One row, the largest z over all examples, says of each unit whether it is ever on.
    largest = kept.pop("largest_z").astype(float)
    dead = np.array([dead_fraction(layer[np.newaxis]) for layer in largest])
    return kept | {"learning_rate": rate, "is_dead": largest <= 0, "dead": dead}


def _dying():
    return Explorer(
        "What a large step leaves behind",
        after_training,
        _build,
        _read,
        "Left, the loss over 680 steps, beside a line at ln 10. Right, three blocks of "
        "64 units, one a layer: dots are alive, crosses are dead.",
        [
            Stops("learning_rate", "learning rate", RATES, 0.1),
            Choice("run", "run", {str(k): k for k in range(1, 6)}, 1),
        ],
        uses={"dead_fraction": dead_fraction},
        card=Card(
            "far_too_high",
            "Three ReLU layers, a learning rate a hundred times too high. What does "
            "the loss curve look like, after its first steps?",
            ["it becomes NaN", "it jumps up and down", "it is flat, near ln 10"],
            truth="it is flat, near ln 10",
            because="The first steps throw the units so far that no digit turns them "
            "on. Dead units get no blame; what still moves is the last bias, and it "
            "can only guess.",
        ),
        size=(8.8, 3.9),
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
    steps = MEAN_OVER * (np.arange(68) + 0.5)
    plots.style_axes(left, "step", "loss (nats)", "Training", (-8, 690), (0, TOP))
    left.set_yticks([0, 1, 2, math.log(10), 3], ["0", "1", "2", "ln 10", "3"])
    plots.draw_reference(left, math.log(10))
    line = plots.draw_line(left, steps, 0 * steps)
    rows = 64 // COLUMNS
    right.set(xlim=(-1, COLUMNS + 6.8), ylim=(-1, 3 * (rows + 2)), title="Units")
    right.set(xticks=[], yticks=[])
    right.grid(visible=False)
    right.spines[:].set_visible(False)
    places = np.array([_places(layer, rows) for layer in range(3)])
    alive, dead = (
        right.plot([], [], marker, color=color, markersize=size, linestyle="none")[0]
        for marker, color, size in (("o", plots.BLUE, 5), ("x", plots.VERMILION, 5.5))
    )
    words = []
    for layer in range(3):
        x, y = places[layer, 0]
        right.text(x - 0.3, y + 0.8, f"layer {layer + 1}", color=plots.QUIET)
        words.append(right.text(COLUMNS + 0.3, y - rows / 2 + 0.5, "", va="center"))

    def update(numbers):
        line.set_ydata(np.minimum(numbers["losses"], 2 * TOP))
        alive.set_data(*places[~numbers["is_dead"]].T)
        dead.set_data(*places[numbers["is_dead"]].T)
        for text, share in zip(words, numbers["dead"], strict=True):
            text.set_text(f"{100 * share:.0f} % dead")

    return [line, alive, dead, *words], update


def _places(layer, rows):
    """Return where a layer's 64 units are drawn, of shape (64, 2)."""
    top = (3 - layer) * (rows + 2) - 2
    return [(k % COLUMNS, top - k // COLUMNS) for k in range(64)]


def _read(numbers):
    return {
        "learning rate": f"{numbers['learning_rate']:g}",
        "dead units": f"{100 * numbers['dead'].mean():.0f} %",
        "training loss": f"{numbers['train_loss']:.3f} nats",
        "right, unseen digits": f"{numbers['accuracy']:.3f}",
    }
