"""Lesson 4: an activation, its slope, and how much blame it lets through."""

import numpy as np

from course_lib import layers, plots
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.live_picture import STEADY
from course_lib.predictions import Card

LOWEST, HIGHEST = -6.0, 6.0
PAIRS = ("sigmoid", "tanh", "relu")


def activation():
    """Move z along an activation; see its slope and the blame that passes."""
    _activation().show()


def passing(z, kind, **functions):
    """Return an activation's output and slope at z, and over its whole range.

    Parameters
    ----------
    z : float
    kind : {"sigmoid", "tanh", "relu"}
    **functions : callable
        The pairs of lesson 4, such as `sigmoid_forward` and `sigmoid_backward`.

    Returns
    -------
    dict
        ``z``, ``y``, ``slope`` (also the share of blame that passes), and for the
        curves ``over``, ``outputs``, ``slopes`` of shape (241,).
    """
    forward, backward = functions[f"{kind}_forward"], functions[f"{kind}_backward"]
    over = np.linspace(LOWEST, HIGHEST, 241)
    x = np.append(over, z)[:, np.newaxis]
    y, cache = forward(x)
    dx = backward(np.ones_like(x), cache)
    return {
        "z": z,
        "kind": kind,
        "y": float(y[-1, 0]),
        "slope": float(dx[-1, 0]),
        "over": over,
        "outputs": y[:-1, 0],
        "slopes": dx[:-1, 0],
    }


def largest_slope():
    """Return the sigmoid's largest derivative, from the course's own pair."""
    _, cache = layers.sigmoid_forward(np.linspace(LOWEST, HIGHEST, 2401))
    return float(layers.sigmoid_backward(np.ones(2401), cache).max())


def _activation():
    names = [f"{kind}_{way}" for kind in PAIRS for way in ("forward", "backward")]
    return Explorer(
        "What lets blame pass?",
        passing,
        _build,
        _read,
        "On the left an activation over its input z, with its tangent at one z. In "
        "the middle its derivative. On the right two bars: the blame that arrives, "
        "and the blame that passes.",
        [
            Slider("z", "input z", LOWEST, HIGHEST, 2.0, step=0.1, digits=".1f"),
            Choice("kind", "activation", list(PAIRS), "sigmoid"),
        ],
        uses={name: getattr(layers, name) for name in names},
        card=Card(
            "largest_slope",
            "The sigmoid climbs from 0 to 1. How large is its derivative where it is "
            "steepest?",
            truth=largest_slope,
            because="y (1 - y) is largest at y = 0.5, where z is 0. At most a quarter "
            "of the blame passes, however large it was.",
        ),
        size=(8.6, 3.4),
    )


def _build(figure):
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.5, 1.5, 1])
    ends = (LOWEST - 0.4, HIGHEST + 0.4)
    plots.style_axes(left, "z", "y", "Forward", ends, (-1.3, 1.3))
    plots.style_axes(middle, "z", "dy/dz", "Its derivative", ends, (-0.05, 1.12))
    plots.style_axes(right, "", "blame", "Backward", None, (0, 1.15))
    outputs = plots.draw_line(left, [], [], gid=STEADY)
    tangent = plots.draw_line(left, [], [], series=1, linewidth=1.6)
    here = plots.draw_marker(left, 0, 0)
    slopes = plots.draw_line(middle, [], [], series=1, gid=STEADY)
    plots.draw_reference(middle, 0.25, "1/4")
    there = plots.draw_marker(middle, 0, 0, 1)
    bars = plots.draw_bars(right, [1, 0], ["arrives", "passes"], [0, 1])
    right.text(0, 1.02, "1.00", ha="center", va="bottom")
    passes = right.text(1, 0, "", ha="center", va="bottom")

    def update(numbers):
        z, y, slope = numbers["z"], numbers["y"], numbers["slope"]
        outputs.set_data(numbers["over"], numbers["outputs"])
        slopes.set_data(numbers["over"], numbers["slopes"])
        # ReLU climbs to 6; the others stay within 1, and would be flat on its scale.
        low, high = (-0.6, 6.4) if numbers["kind"] == "relu" else (-1.3, 1.3)
        if left.get_ylim() != (low, high):
            left.set_ylim(low, high)
        run = np.array([-1.5, 1.5])
        tangent.set_data(z + run, y + slope * run)
        here.set_data([z], [y])
        there.set_data([z], [slope])
        bars[1].set_height(slope)
        passes.set(text=f"{slope:.3f}", y=slope + 0.02)

    return [outputs, tangent, here, slopes, there, *bars, passes], update


def _read(numbers):
    return {
        "activation": numbers["kind"],
        "z": f"{numbers['z']:.1f}",
        "y": f"{numbers['y']:.4f}",
        "derivative": f"{numbers['slope']:.4f}",
        "blame that passes": f"{100 * numbers['slope']:.1f} %",
    }
