"""Lesson 2, how far: a learning rate too low, good, too high, and the edge between."""

from functools import lru_cache

import numpy as np

from course_lib import page, plots
from course_lib.data import load_diabetes
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.explorers.gradient_knobs import mse
from course_lib.explorers.gradient_random_steps import mse_gradient
from course_lib.live_picture import STEADY
from course_lib.optimizers import gradient_step
from course_lib.predictions import Card

N_STEPS = 40
START = (2.0, -0.2)
LOWEST, HIGHEST = 0.005, 1.0  # the ends of the learning rate slider
TOP = 100.0  # of the drawn losses


def train(x, targets, w, b, learning_rate, n_steps):
    """Train a line on all the examples at once, as lesson 2 asks for it."""
    params = {"w": w, "b": b}
    seen = [mse(x @ w + b, targets)]
    for _ in range(n_steps):
        dw, db = mse_gradient(x, targets, **params)
        params = gradient_step(params, {"w": dw, "b": np.array(db)}, learning_rate)
        seen.append(mse(x @ params["w"] + params["b"], targets))
    return params["w"], params["b"], np.array(seen)


@lru_cache(maxsize=1)
def cholesterol():
    """Return two blood values of 442 patients, (442, 2), and targets, standardised.

    Total cholesterol and LDL go together, with a correlation of 0.90, which makes the
    loss a long narrow valley.
    """
    x, targets = load_diabetes(scaled=False).all
    x = x[:, 4:6]
    return (x - x.mean(0)) / x.std(0), (targets - targets.mean()) / targets.std()


def largest_curvature(x):
    """Return lambda_max of the mean squared error of ``x @ w``, whatever the targets.

    Parameters
    ----------
    x : ndarray of shape (N, D)

    Returns
    -------
    float
        The largest eigenvalue of ``2 x.T x / N``: how fast the slope changes along
        the direction in which it changes fastest.
    """
    return float(np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1])


def edge():
    """Return the learning rate at which steps in the valley no longer shrink."""
    return 2 / largest_curvature(cholesterol()[0])


def walk(learning_rate, train):
    """Return where forty steps lead in the valley, and the loss at each.

    Parameters
    ----------
    learning_rate : float
    train : callable
        As written in lesson 2.

    Returns
    -------
    path : ndarray of shape (41, 2)
    losses : ndarray of shape (41,)
    """
    x, targets = cholesterol()
    w, b, path, seen = np.array(START), 0.0, [START], []
    with np.errstate(all="ignore"):
        for _ in range(N_STEPS):
            w, b, two = train(x, targets, w, b, learning_rate, 1)
            path.append(w)
            seen.append(two[0])
    return np.array(path), np.array([*seen, two[-1]])


@lru_cache(maxsize=4)
def sweep(train):
    """Return 60 learning rates, and the loss after forty steps with each."""
    rates = np.geomspace(LOWEST, HIGHEST, 60)
    x, targets = cholesterol()
    with np.errstate(all="ignore"):
        runs = [train(x, targets, np.array(START), 0.0, r, N_STEPS) for r in rates]
    return rates, np.array([seen[-1] for *_, seen in runs])


def learning_rate():
    """Change the learning rate of a line with two weights; watch path and loss."""
    _learning_rate().show()


def run(learning_rate, shows_edge, train):
    """Return one run, and the sweep over all learning rates where it is asked for.

    Parameters
    ----------
    learning_rate : float
    shows_edge : bool
    train : callable
        As written in lesson 2.
    """
    path, seen = walk(learning_rate, train)
    return {
        "rate": learning_rate,
        "path": path,
        "losses": seen,
        "sweep": sweep(train) if shows_edge else None,
    }


def show_edge(explorer):
    """Draw the loss over all learning rates, and the line at 2 / lambda_max."""
    explorer.extra["shows_edge"] = True


def _learning_rate():
    return Explorer(
        "Forty steps down a valley",
        run,
        _build_learning_rate,
        _read_learning_rate,
        "Left, the path of two weights over the map of the loss. Upper right, the loss "
        "at each of forty steps. Lower right, the last loss over the learning rate.",
        [Slider("learning_rate", "learning rate", LOWEST, HIGHEST, 0.02, log=True)],
        uses={"train": train},
        card=Card(
            "learning_rate",
            "Two weights walk down a valley in forty steps. You choose the learning "
            "rate, from 0.005 to 1. From which rate on is the last loss higher than "
            "the first?",
            truth=edge,
            because="That is 2 / lambda_max, lambda_max being the largest curvature. "
            "Above it each step lands higher on the other side.",
        ),
        size=(8.6, 4.6),
        extra={"shows_edge": page.is_headless()},
        actions={"Show the edge": show_edge},
    )


def _build_learning_rate(figure):
    grid = figure.add_gridspec(2, 2, width_ratios=[1, 1.15])
    left = figure.add_subplot(grid[:, 0])
    upper, lower = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    _draw_valley(left)
    path = plots.draw_line(
        left, [], [], linewidth=1.3, marker="o", markersize=4.5, zorder=4
    )
    end = plots.draw_marker(left, 0, 0, zorder=6)
    upper.set_yscale("log")
    plots.style_axes(
        upper, "step", "loss", "The loss at each step", (-1, N_STEPS + 1), (0.75, TOP)
    )
    curve = plots.draw_line(upper, [], [], marker="o", markersize=3.5)
    for axes in (upper, lower):
        axes.axhline(first_loss(), color=plots.QUIET, linewidth=1)
    parts = _build_sweep(lower)

    def update(numbers):
        path.set_data(*numbers["path"].T)
        end.set_data(*numbers["path"][-1:].T)
        curve.set_data(np.arange(N_STEPS + 1), np.minimum(numbers["losses"], TOP))
        parts["now"].set_data([numbers["rate"]], [min(numbers["losses"][-1], TOP)])
        known = numbers["sweep"] is not None
        for name in ("swept", "line", "words"):
            parts[name].set_visible(known)
        if known:
            rates, last = numbers["sweep"]
            parts["swept"].set_data(rates, np.minimum(last, TOP))

    return [path, end, curve, *parts.values()], update


def first_loss():
    """Return the loss at the start of the valley."""
    x, targets = cholesterol()
    return mse(x @ np.array(START), targets)


def _draw_valley(axes):
    x, targets = cholesterol()
    knobs = np.linspace(-1.5, 2.5, 81), np.linspace(-2, 2, 81)
    errors = x[:, 0] * knobs[0][:, np.newaxis] - targets  # (81, 442), without LDL
    heights = [np.mean((errors + x[:, 1] * v) ** 2, axis=1) for v in knobs[1]]
    levels = [1, 1.25, 2, 3.5, 6, 10, 15, 22]
    axes.contour(*knobs, heights, levels, colors=plots.PINNED, linewidths=0.8)
    plots.style_axes(
        axes, "weight of total cholesterol", "weight of LDL", "Forty steps"
    )
    axes.set(xlim=(-1.5, 2.5), ylim=(-2, 2), xticks=range(-1, 3), yticks=range(-2, 3))
    axes.set_aspect("equal")
    lowest = np.linalg.lstsq(x, targets, rcond=None)[0]
    axes.plot(*lowest, "+", color=plots.INK, markersize=12, markeredgewidth=2)
    plots.draw_label(axes, *lowest, "lowest", offset=(-10, -12), ha="right")
    plots.draw_label(axes, *START, "start", offset=(0, 11), ha="center")


def _build_sweep(axes):
    axes.set(xscale="log", yscale="log")
    plots.style_axes(
        axes,
        "learning rate",
        "loss",
        f"The loss after step {N_STEPS}",
        (LOWEST * 0.93, HIGHEST * 1.07),
        (0.75, TOP),
    )
    ticks = [0.005, 0.02, 0.1, 0.5, 1]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.annotate(
        "first loss", (0.005, first_loss()), (2, 3), textcoords="offset points"
    ).set(color=plots.QUIET, fontsize=9)
    return {
        "swept": plots.draw_line(axes, [], [], series=1, gid=STEADY),
        "line": axes.axvline(edge(), color=plots.INK, linewidth=1.5, gid=STEADY),
        "words": axes.text(
            edge() * 0.93, TOP / 3, "2 / λ$_{max}$", ha="right", va="top"
        ),
        "now": plots.draw_marker(axes, 1, 1),
    }


def _read_learning_rate(numbers):
    first, last = numbers["losses"][[0, -1]]
    shares = {"of the edge": f"{numbers['rate'] / edge():.2f} times 2 / lambda_max"}
    return {
        "learning rate": f"{numbers['rate']:.3g}",
        "first loss": f"{first:.2f}",
        "loss after step 40": f"{last:.3g}",
    } | (shares if numbers["sweep"] is not None else {})
