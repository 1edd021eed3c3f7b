"""Lesson 9: what dropout does to hidden values, in training and in use."""

import numpy as np

from course_lib import plots, regularization
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.predictions import Card

N, D = 10, 24
LARGEST = 0.9


def dropout():
    """Drop more or fewer hidden values; see what happens to those that stay."""
    _dropout().show()


def hidden_values():
    """Return hidden values of 10 examples and 24 units, all between 0.3 and 1."""
    return np.random.default_rng(9).uniform(0.3, 1.0, size=(N, D))


def masked(p_drop, mode, rng, dropout_forward):
    """Return hidden values before and after dropout.

    Parameters
    ----------
    p_drop : float
    mode : {"training", "use"}
    rng : Generator
    dropout_forward : callable
        As written in lesson 9.
    """
    x, training = hidden_values(), mode == "training"
    y, _ = dropout_forward(x, p_drop, rng if training else None, training)
    many = np.repeat(x, 40, axis=0)
    everywhere, _ = dropout_forward(many, p_drop, rng if training else None, training)
    return {
        "y": y,
        "zeros": float(np.mean(everywhere == 0)),
        "mean": float(everywhere.mean()),
        "first": float(x.mean()),
        "factor": float(np.max(y / x)),
    }


def _dropout():
    return Explorer(
        "What is dropped, and what stays",
        masked,
        _build,
        _read,
        "A table of hidden values, ten examples by 24 units: pale where a value was "
        "dropped, dark where it was scaled up. Beside it two bars, the mean before and "
        "after.",
        [
            Slider("p_drop", "p_drop", 0.0, LARGEST, 0.5, 0.05),
            Choice("mode", "mode", ["training", "use"], "training"),
        ],
        uses={"dropout_forward": regularization.dropout_forward},
        card=Card(
            "factor_of_the_kept",
            "Four of five hidden values are dropped. By which number must those that "
            "stay be multiplied, so that the next layer gets the same on average?",
            unit="times",
            truth=5.0,
            because="A fifth is kept, so each of them counts five times: "
            "1 / (1 - p_drop).",
        ),
        size=(8.6, 3.6),
        seed=9,
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[2.6, 1])
    # A mesh, because stretching an image for each move takes ten times as long.
    cells = left.pcolormesh(
        *(np.arange(D), np.arange(N), np.zeros((N, D))),
        **{"cmap": "Blues", "vmin": 0, "vmax": 4, "shading": "nearest"},
    )
    left.invert_yaxis()
    left.set(xlabel="hidden unit", ylabel="example", title="y, darker is larger")
    left.set(xticks=range(0, D, 4), yticks=range(0, N, 3))
    left.grid(visible=False)
    crosses = left.plot([], [], "x", color=plots.QUIET, markersize=4, linestyle="none")[
        0
    ]
    plots.style_axes(right, "", "mean", "On average", None, (0, 1))
    bars = plots.draw_bars(right, [0, 0], ["x", "y"], series=[0, 1])

    def update(numbers):
        cells.set_array(numbers["y"])
        rows, columns = np.nonzero(numbers["y"] == 0)
        crosses.set_data(columns, rows)
        for bar, height in zip(bars, (numbers["first"], numbers["mean"]), strict=True):
            bar.set_height(height)

    return [cells, crosses, *bars], update


def _read(numbers):
    return {
        "zeros": f"{100 * numbers['zeros']:.0f} %",
        "what is kept is multiplied by": f"{numbers['factor']:.2f}",
        "mean of x": f"{numbers['first']:.3f}",
        "mean of y": f"{numbers['mean']:.3f}",
    }
