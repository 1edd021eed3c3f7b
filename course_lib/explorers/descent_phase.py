"""Lesson 11: momentum on a bowl, over the learning rate and beta."""

from functools import lru_cache

import numpy as np

from course_lib import plots, update_rules
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.predictions import Card

START = (1.0, 1.0)
GOAL = 1e-6
PATIENCE = 3000  # steps that the map waits for the goal
SHARES = np.linspace(0.02, 2.0, 67)  # learning rates of the map, in units of 2 / L
BETAS = np.linspace(0.0, 0.98, 50)
SHOWN = 200  # steps in the curve of losses
TOP, BOTTOM = 1e4, 1e-7  # of the drawn losses
LEVELS = (0.02, 0.1, 0.3, 0.6, 1.0, 1.5)
NEARLY_TWICE = "at nearly twice 2 / L"


def phase_map():
    """Set learning rate and beta on a bowl; see where momentum is fast, and breaks."""
    _phase_map().show()


def walk(learning_rate, beta, kappa, momentum_step):
    """Return where momentum leads on a bowl of two weights.

    The loss is ``(w1² + kappa w2²) / 2``; its largest curvature L is `kappa`.

    Parameters
    ----------
    learning_rate, beta : float
    kappa : float
        The condition number: the larger curvature over the smaller.
    momentum_step : callable
        As written in lesson 11.

    Returns
    -------
    path : ndarray of shape (K, 2)
    losses : ndarray of shape (K,)
        Of at least 201 places, and at most 3001: it ends at the goal, or far out.
    """
    curvature, w, velocity = np.array([1.0, kappa]), np.array(START), np.zeros(2)
    path, losses = [w], [0.5 * w @ (curvature * w)]
    with np.errstate(all="ignore"):
        for k in range(PATIENCE):
            if k >= SHOWN and not GOAL <= losses[-1] < 1e12:
                break
            w, velocity = momentum_step(w, curvature * w, velocity, learning_rate, beta)
            path.append(w)
            losses.append(0.5 * w @ (curvature * w))
    return np.array(path), np.array(losses)


def steps_to_goal(learning_rate, beta, kappa, patience=PATIENCE):
    """Return the steps until the loss is below a millionth; infinity if it never is.

    Parameters
    ----------
    learning_rate, beta : float or ndarray
        Arrays that broadcast against each other.
    kappa : float
    patience : int
        Steps to wait.

    Returns
    -------
    ndarray of the broadcast shape
    """
    rate, beta = np.broadcast_arrays(learning_rate, beta)
    curvature = np.array([1.0, kappa]).reshape(2, *[1] * rate.ndim)
    w = np.ones((2, *rate.shape)) * START[0]
    velocity, steps = np.zeros(w.shape), np.full(rate.shape, np.inf)
    with np.errstate(all="ignore"):
        for k in range(patience + 1):
            loss = 0.5 * (curvature * w * w).sum(axis=0)
            steps = np.where((loss < GOAL) & np.isinf(steps), k, steps)
            if k % 50 == 0 and np.all(np.isfinite(steps) | ~(loss < 1e12)):
                break
            w, velocity = update_rules.momentum_step(
                w, curvature * w, velocity, rate, beta
            )
    return steps


def best_settings(kappa):
    """Return the heavy ball's best learning rate and beta, which Polyak derived.

    Parameters
    ----------
    kappa : float
        With curvatures from 1 to `kappa`.
    """
    root = np.sqrt(kappa)
    return 4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2


@lru_cache(maxsize=8)
def map_of(kappa):
    """Return the steps to the goal, for each beta (rows) and each learning rate."""
    return steps_to_goal(SHARES * 2 / kappa, BETAS[:, np.newaxis], kappa)


def edge_of(beta, kappa):
    """Return the first learning rate that diverges, in units of 2 / L.

    Walks at every hundredth of 2 / L at once, a thousand steps.
    """
    shares = np.arange(0.1, 4, 0.01)
    curvature, w = np.array([[1.0], [kappa]]), np.ones((2, len(shares)))
    velocity, rate = np.zeros(w.shape), shares * 2 / kappa
    with np.errstate(all="ignore"):
        for _ in range(1000):
            w, velocity = update_rules.momentum_step(
                w, curvature * w, velocity, rate, beta
            )
        grows = ~(np.abs(w).max(axis=0) <= np.max(START))
    return float(shares[grows.argmax()])


def run(share, beta, kappa, momentum_step):
    """Return one walk and the map behind it.

    Parameters
    ----------
    share : float
        The learning rate in units of 2 / L.
    beta, kappa : float
    momentum_step : callable
        As written in lesson 11.
    """
    path, losses = walk(share * 2 / kappa, beta, kappa, momentum_step)
    reached = np.flatnonzero(losses < GOAL)
    return {
        "share": share,
        "beta": beta,
        "kappa": kappa,
        "path": path[: SHOWN + 1],
        "losses": losses[: SHOWN + 1],
        "steps": int(reached[0]) if len(reached) else None,
        "diverges": not losses[-1] <= losses[0],
        "map": map_of(kappa),
        "polyak": float(steps_to_goal(*best_settings(kappa), kappa)),
    }


def _truth():
    return NEARLY_TWICE if 1.85 < edge_of(0.9, 100.0) < 1.95 else "another place"


def _phase_map():
    return Explorer(
        "Where momentum is fast, and where it breaks",
        run,
        _build,
        _read,
        "On the left a map over the learning rate and beta: the darker, the fewer "
        "steps; white does not arrive. A star marks Polyak's settings. On the right "
        "the path of two weights over the bowl, and the loss at each step.",
        [
            Slider("share", "learning rate (times 2/L)", 0.02, 2.0, 0.98, step=0.02),
            Slider("beta", "beta", 0.0, 0.98, 0.0, step=0.02),
            Choice(
                "kappa",
                "condition number",
                {f"{kappa}": float(kappa) for kappa in (1, 10, 100, 1000)},
                100.0,
            ),
        ],
        uses={"momentum_step": update_rules.momentum_step},
        card=Card(
            "momentum_edge",
            "Gradient descent breaks when the learning rate is above 2 / L. With a "
            "momentum of 0.9, where does it break?",
            ["at a tenth of 2 / L", "at the same 2 / L", NEARLY_TWICE],
            truth=_truth,
            because="At (1 + beta) times 2 / L. Along the steep direction the gradient "
            "changes its sign at each step, so the velocity's memory brakes there.",
        ),
        size=(8.6, 4.8),
    )


def _build(figure):
    grid = figure.add_gridspec(2, 2, width_ratios=[1.25, 1], height_ratios=[1.5, 1])
    left = figure.add_subplot(grid[:, 0])
    upper, lower = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    cells, best, words = _build_map(figure, left)
    here = plots.draw_marker(left, 0, 0, 1, markersize=11, zorder=7)
    plots.style_axes(upper, "w1", "w2", "The path", (-1.9, 1.9), (-1.35, 1.35))
    rings = [
        plots.draw_line(upper, [], [], color=plots.PINNED, linewidth=0.9, linestyle="-")
        for _ in LEVELS
    ]
    path = plots.draw_line(
        upper, [], [], series=1, linewidth=1.2, marker="o", markersize=3.5
    )
    lower.set_yscale("log")
    plots.style_axes(lower, "step", "loss", "The loss", (-3, SHOWN + 3), (BOTTOM, TOP))
    lower.set_yticks([1e-6, 1e-3, 1, 1e3])
    plots.draw_reference(lower, GOAL, "goal")
    curve = plots.draw_line(lower, [], [], series=1)

    def update(numbers):
        choose(numbers)
        here.set_data([numbers["share"]], [numbers["beta"]])
        path.set_data(*np.clip(np.nan_to_num(numbers["path"]), -9, 9).T)
        curve.set_data(
            np.arange(len(numbers["losses"])),
            np.clip(np.nan_to_num(numbers["losses"], nan=TOP), BOTTOM, TOP),
        )

    def choose(numbers):
        """Move what only another condition number moves: it is in the background."""
        kappa = numbers["kappa"]
        cells.set_array(np.log10(np.maximum(numbers["map"], 1)))
        rate, beta = best_settings(kappa)
        best.set_data([rate * kappa / 2], [beta])
        words.set_text(f"Polyak: {numbers['polyak']:.0f}" if kappa > 5 else "")
        words.xy = rate * kappa / 2, beta
        _draw_rings(rings, kappa)

    return [here, path, curve], update, lambda numbers: numbers["kappa"]


def _build_map(figure, axes):
    plots.style_axes(axes, "learning rate (times 2/L)", "beta", "Steps to the goal")
    axes.grid(visible=False)
    half_x, half_y = (SHARES[1] - SHARES[0]) / 2, (BETAS[1] - BETAS[0]) / 2
    axes.set_xlim(SHARES[0] - half_x, SHARES[-1] + half_x)
    axes.set_ylim(BETAS[0] - half_y, BETAS[-1] + half_y)
    cells = axes.pcolormesh(
        SHARES,
        BETAS,
        np.zeros((len(BETAS), len(SHARES))),
        cmap="viridis",
        vmin=0,
        vmax=np.log10(PATIENCE),
        shading="nearest",
        zorder=0,
    )
    axes.plot([1, 1.98], [0, 0.98], color=plots.INK, linewidth=1.5)
    axes.text(1.66, 0.3, "breaks", ha="center", color=plots.INK)
    bar = figure.colorbar(cells, ax=axes, orientation="horizontal", aspect=30, pad=0.02)
    bar.set_ticks([0, 1, 2, 3], labels=["1", "10", "100", "1000"])
    bar.set_label("steps")
    bar.outline.set_visible(False)
    best = plots.draw_marker(axes, 0, 0, 0, marker="*", markersize=15, color="#ffffff")
    best.set(markeredgecolor=plots.INK, zorder=6)
    words = plots.draw_label(axes, 0, 0, "", offset=(-11, 0), ha="right")
    words.set(color=plots.PAPER, fontweight="bold")
    return cells, best, words


def _draw_rings(rings, kappa):
    """Put each ring where the loss is a share of its first value."""
    angle = np.linspace(0, 2 * np.pi, 181)
    first = 0.5 * (1 + kappa)
    for ring, level in zip(rings, LEVELS, strict=True):
        radius = np.sqrt(2 * level * first)
        ring.set_data(radius * np.cos(angle), radius * np.sin(angle) / np.sqrt(kappa))


def _read(numbers):
    if numbers["diverges"]:
        arrives = "it diverges"
    elif numbers["steps"] is None:
        arrives = f"more than {PATIENCE} steps"
    else:
        arrives = _steps(numbers["steps"])
    return {
        "learning rate": f"{numbers['share'] * 2 / numbers['kappa']:.3g}",
        "beta": f"{numbers['beta']:.2f}",
        "to a loss of 1e-6": arrives,
        "at Polyak's settings": _steps(numbers["polyak"]),
    }


def _steps(number):
    return "1 step" if number == 1 else f"{number:.0f} steps"
