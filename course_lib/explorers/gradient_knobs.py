"""Lesson 2, which knob and which way: two knobs, a meter, and no gradient yet."""

from functools import lru_cache

import numpy as np

from course_lib import losses, page, plots
from course_lib.data import load_diabetes
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.predictions import Card

MOVES = 12
START = (-1.5, 1.25)  # where two explorers begin: w, b
REACH = 2.5  # the knobs go from minus this to this


def mse(predictions, targets):
    """Return the mean squared error alone, as lesson 1 asks for it."""
    return losses.mse(predictions, targets)[0]


@lru_cache(maxsize=1)
def patients():
    """Return 442 patients' body mass index (442, 1) and their targets, standardised.

    Both have mean 0 and standard deviation 1, so the loss of a line that predicts 0
    for everybody is 1.
    """
    x, targets = load_diabetes(scaled=False).all
    x = x[:, 2:3]
    return (x - x.mean(0)) / x.std(0), (targets - targets.mean()) / targets.std()


def loss_at(w, b, mse=mse):
    """Return the loss of the line ``w * bmi + b`` over all patients."""
    x, targets = patients()
    return float(mse(x[:, 0] * w + b, targets))


def two_knobs():
    """Turn two knobs for twelve moves, with nothing but the loss to go by."""
    _two_knobs().show()


def readings(w, b, moves, mse):
    """Return what the meter read at each move.

    Parameters
    ----------
    w, b : float
        Where the knobs stand now; not measured before the next move.
    moves : tuple of (float, float)
        Where they stood at each measurement, the start first.
    mse : callable
        As written in lesson 1.

    Returns
    -------
    dict
        ``w``, ``b``; ``places`` of shape (K, 2); ``losses`` of shape (K,).
    """
    return {
        "w": w,
        "b": b,
        "places": np.array(moves, float),
        "losses": np.array([loss_at(*place, mse) for place in moves]),
    }


def times_lowered(moves):
    """Return how many of the twelve moves made the loss smaller, in words.

    None until all twelve are made.
    """
    if len(moves) <= MOVES:
        return None
    measured = [loss_at(*place) for place in moves]
    count = sum(b < a for a, b in zip(measured, measured[1:], strict=False))
    return TIMES[0] if count <= 4 else TIMES[1] if count <= 8 else TIMES[2]


TIMES = ["0 to 4 times", "5 to 8 times", "9 to 12 times"]


def measure_here(explorer):
    """Take one reading where the knobs stand, if a move is left."""
    moves = explorer.extra["moves"]
    if len(moves) <= MOVES:
        place = explorer.values["w"], explorer.values["b"]
        explorer.extra["moves"] = (*moves, place)


class _Moves(Explorer):
    """An explorer whose truth is known when its moves are used up."""

    def _prediction(self):
        if self.card.truth() is not None:
            return self.card.verdict()
        said = page.rich(self.card.with_unit(self.card.choice))
        return f"You predicted: <strong>{said}</strong>. Use up your moves, and see."


def _two_knobs():
    explorer = _Moves(
        "Two knobs, one meter, twelve moves",
        readings,
        _build_two_knobs,
        _read_two_knobs,
        "Left, the loss at each move so far. Right, the places of both knobs where it "
        "was measured, joined in their order.",
        [
            Slider("w", "knob w", -REACH, REACH, START[0], step=0.05),
            Slider("b", "knob b", -REACH, REACH, START[1], step=0.05),
        ],
        uses={"mse": mse},
        size=(8.6, 3.5),
        extra={"moves": (START,)},
        actions={"Measure here": measure_here},
    )
    explorer.card = Card(
        "two_knobs",
        "You turn two knobs, and see only the loss. How often in twelve moves will a "
        "move make it smaller?",
        TIMES,
        truth=lambda: times_lowered(explorer.extra["moves"]),
        because="The meter says how wrong you are. It does not say which knob, which "
        "way, or how far.",
    )
    return explorer


def _build_two_knobs(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    plots.style_axes(
        left, "move", "loss", "The meter so far", (-0.5, MOVES + 0.5), (0, 9)
    )
    left.set_xticks(range(0, MOVES + 1, 2))
    line = plots.draw_line(left, [], [], marker="o", markersize=7)
    last = left.text(0, 0, "", ha="center", va="bottom", fontweight="bold")
    style_plane(right, "Where you measured")
    path = plots.draw_line(right, [], [], series=0, linewidth=1, marker="o")
    now = right.plot([], [], "+", color=plots.INK, markersize=15, markeredgewidth=2)[0]

    def update(numbers):
        measured, places = numbers["losses"], numbers["places"]
        line.set_data(np.arange(len(measured)), measured)
        last.set(text=f"{measured[-1]:.2f}")
        last.set_position((max(len(measured) - 1, 0.4), min(measured[-1] + 0.3, 8.4)))
        path.set_data(*places.T)
        now.set_data([numbers["w"]], [numbers["b"]])

    return [line, last, path, now], update


def style_plane(axes, title):
    """Give axes the plane of both knobs."""
    ends = -REACH - 0.15, REACH + 0.15  # room for a marker that stands at the end
    plots.style_axes(axes, "knob w", "knob b", title, ends, ends)
    axes.set_aspect("equal")
    axes.set_xticks(range(-2, 3))
    axes.set_yticks(range(-2, 3))


def _read_two_knobs(numbers):
    measured = numbers["losses"]
    here = np.allclose(numbers["places"][-1], (numbers["w"], numbers["b"]))
    return {
        "moves left": f"{MOVES + 1 - len(measured)}",
        "loss at the last move": f"{measured[-1]:.3f}",
        "lowest so far": f"{measured.min():.3f}",
        "knobs": f"w {numbers['w']:.2f}, b {numbers['b']:.2f}"
        + ("" if here else ", not measured"),
    }
