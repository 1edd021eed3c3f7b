"""Lesson 2, the gradient: one step against it, beside two hundred random ones."""

import numpy as np

from course_lib import losses, plots
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.explorers.gradient_knobs import (
    REACH,
    START,
    loss_at,
    mse,
    patients,
    style_plane,
)
from course_lib.predictions import Card

N_RANDOM = 200
BINS = np.linspace(-5, 20, 101)  # of the loss, around the gradient step's


def mse_gradient(x, targets, w, b):
    """Return both slopes of the mean squared error of a line, as lesson 2 asks."""
    dpredictions = losses.mse(x @ w + b, targets)[1]
    return x.T @ dpredictions, float(dpredictions.sum())


def random_steps():
    """Compare one step against the gradient with 200 random steps as long."""
    _random_steps().show()


def compare_steps(length, mse, mse_gradient, rng):
    """Return what one gradient step and 200 random steps do to the loss.

    Parameters
    ----------
    length : float
        Of every step, in units of the knobs; above 0.
    mse, mse_gradient : callable
        As written in lessons 1 and 2.
    rng : Generator
        Draws the directions.

    Returns
    -------
    dict
        ``length``; ``ends`` of shape (200, 2) and ``losses`` of shape (200,) of the
        random steps; ``end`` (2,), ``loss`` of the gradient step; ``gradient`` (2,);
        ``before``, the loss at the start; ``share_lower``, the share of random steps
        that lower the loss; ``n_better``, how many end lower than the gradient step.
    """
    x, targets = patients()
    dw, db = mse_gradient(x, targets, np.array(START[:1]), START[1])
    gradient = np.array([dw[0], db])
    directions = rng.normal(size=(N_RANDOM, 2))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    ends = np.array(START) + length * directions
    end = np.array(START) - length * gradient / np.linalg.norm(gradient)
    measured = np.array([loss_at(*place, mse) for place in ends])
    before, loss = loss_at(*START, mse), loss_at(*end, mse)
    return {
        "length": length,
        "gradient": gradient,
        "ends": ends,
        "losses": measured,
        "end": end,
        "loss": loss,
        "before": before,
        "share_lower": float(np.mean(measured < before)),
        "n_better": int(np.sum(measured < loss)),
    }


def _random_steps():
    return Explorer(
        "One gradient step and 200 random steps, all as long",
        compare_steps,
        _build_random_steps,
        _read_random_steps,
        "Left, a map of the loss over both knobs, the ends of 200 random steps as dots "
        "on a circle, and one arrow, the step against the gradient. Right, a histogram "
        "of the loss after each random step, and a line at the gradient step's.",
        [Slider("length", "length of every step", 0.3, 2.0, 0.5, step=0.1)],
        uses={"mse": mse, "mse_gradient": mse_gradient},
        card=Card(
            "random_steps",
            "From one place we take 200 steps in random directions, and one step "
            "against the gradient; all are equally long. How many of the 200 end "
            "lower than that one?",
            ["about 100", "about 50", "about 10", "none"],
            truth="none",
            because="About half of them go down at all, when steps are short. None "
            "goes down as far as the step against the gradient.",
        ),
        size=(8.6, 3.7),
        seed=2,
    )


def _build_random_steps(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.35])
    style_plane(left, "Steps from one start")
    _draw_map(left)
    dots = left.plot([], [], ".", color=plots.COLORS[1], markersize=3.5)[0]
    arrow = _draw_arrow(left)
    plots.style_axes(
        right,
        "loss after the step",
        "random steps",
        "How low they end",
        (0, 21),
        (0, 75),
    )
    right.set_xticks(range(0, 21, 5))
    histogram = plots.draw_histogram(right, [], BINS, series=1)
    chosen = right.axvline(0, color=plots.COLORS[0], linewidth=2.5)
    before = right.axvline(0, color=plots.QUIET, linewidth=1.5, linestyle=(0, (2, 2)))
    words = [  # both beside their lines, on the side where there is room
        right.text(0, 69, "", color=plots.COLORS[0], fontweight="bold", va="center"),
        right.text(0, 69, "", color=plots.QUIET, va="center"),
    ]

    def update(numbers):
        dots.set_data(*numbers["ends"].T)
        arrow.set_positions(START, numbers["end"])
        edges = numbers["loss"] + BINS  # no bar holds steps from both sides of it
        histogram.set_data(np.histogram(numbers["losses"], edges)[0], edges)
        chosen.set_xdata([numbers["loss"]] * 2)
        before.set_xdata([numbers["before"]] * 2)
        side = "right" if numbers["loss"] > 2.9 else "left"
        words[0].set(text=" gradient \n step ", x=numbers["loss"], ha=side)
        words[1].set(text=" before", x=numbers["before"])

    return [dots, arrow, histogram, chosen, before, *words], update


def _draw_arrow(axes):
    from matplotlib.patches import FancyArrowPatch

    look = {"arrowstyle": "-|>", "mutation_scale": 18, "shrinkA": 0, "shrinkB": 0}
    arrow = FancyArrowPatch((0, 0), (1, 1), linewidth=3, zorder=4, **look)
    arrow.set_color(plots.COLORS[0])
    return axes.add_patch(arrow)


def _draw_map(axes):
    knobs = np.linspace(-REACH, REACH, 61)
    x, targets = patients()
    errors = x[:, 0] * knobs[:, np.newaxis] - targets  # (61, 442), without b
    heights = [np.mean((errors + b) ** 2, axis=1) for b in knobs]
    levels = [0.7, 1, 2, 3, 4, 6, 8, 11, 15]
    lines = axes.contour(
        knobs, knobs, heights, levels, colors=plots.PINNED, linewidths=0.8
    )
    axes.clabel(lines, levels=[1, 3, 6, 11], fontsize=8, fmt="%g")
    plots.draw_marker(axes, *START, color=plots.INK, markersize=6)


def _read_random_steps(numbers):
    dw, db = numbers["gradient"]
    return {
        "gradient here": f"dw {dw:.2f}, db {db:.2f}",
        "loss before": f"{numbers['before']:.2f}",
        "after the gradient step": f"{numbers['loss']:.2f}",
        "random steps that go down": f"{numbers['share_lower']:.0%}",
        "that beat the gradient": f"{numbers['n_better']} of {N_RANDOM}",
    }
