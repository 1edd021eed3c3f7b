"""Lesson 6: forty minibatch gradients as arrows around the true one."""

from functools import lru_cache

import numpy as np

from course_lib import batch_noise, plots, training
from course_lib.data import load_digits
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.live_picture import STEADY
from course_lib.predictions import Card

SEED = 6
N_ARROWS = 40
LARGEST = 512
ACROSS, LOWEST, HIGHEST = 8.0, -4.0, 6.0  # of the picture, in true gradients


def arrows():
    """Move the batch size; see how forty gradients gather around the true one."""
    _arrows().show()


@lru_cache(maxsize=1)
def training_digits():
    """Return the 1077 training digits and their labels."""
    return load_digits().train


@lru_cache(maxsize=1)
def start():
    """Return a new network's parameters, and its gradient over all the digits.

    Returns
    -------
    params : dict of str to ndarray
    full : ndarray of shape (2410,)
    aside : ndarray of shape (2410,)
        A direction at a right angle to it: says on which side an arrow is drawn.
    """
    rng = np.random.default_rng(SEED)
    params = batch_noise.first_params(rng)
    full = gradient_of(params, slice(None))
    aside = rng.normal(size=full.shape)
    return params, full, aside - full * (aside @ full) / (full @ full)


def gradient_of(params, rows):
    """Return the gradient of some of the training digits, laid end to end."""
    x, labels = training_digits()
    grads = batch_noise.loss_and_grads(params, x[rows], labels[rows])[1]
    return batch_noise.flat(grads)


@lru_cache(maxsize=1)
def singles():
    """Return the gradient of every training digit alone, of shape (1077, 2410)."""
    params = start()[0]
    n = len(training_digits().x)
    return np.array([gradient_of(params, slice(k, k + 1)) for k in range(n)])


def single_noise():
    """Return the noise of batches of one, over all the training digits."""
    return batch_noise.gradient_noise(singles(), start()[1])


def single_cosine():
    """Return the mean cosine of batches of one, over all the training digits."""
    return round(float(batch_noise.cosines(singles(), start()[1]).mean()), 2)


def law(sizes):
    """Return the noise of batches of those sizes that follows from batches of one."""
    n = len(training_digits().x)
    shrinks = [batch_noise.without_repeats(size, n) for size in sizes]
    return single_noise() * np.array(shrinks) / np.sqrt(sizes)


def forty(batch_size, rng, minibatches, gradient_noise):
    """Return forty batch gradients as arrows, and how noisy they are.

    Parameters
    ----------
    batch_size : float
        Rounded to a whole number.
    rng : Generator
    minibatches, gradient_noise : callable
        As written in lesson 6.

    Returns
    -------
    dict
        ``along`` and ``across``, each of shape (40,): the arrows' tips, in lengths
        of the true gradient, with their true lengths and angles; ``cosines`` of
        shape (40,), ``batch_size``, ``noise`` and ``length`` of the true gradient.
    """
    size = round(batch_size)
    _, full, aside = start()
    n = len(training_digits().x)
    shares = np.zeros((N_ARROWS, n))  # of each digit in each batch's mean
    for share in shares:
        rows = minibatches(n, size, rng)[0]
        np.add.at(share, rows, 1 / len(rows))
    gradients = shares @ singles()  # forty sweeps over large batches would take longer
    length = float(np.linalg.norm(full))
    along = gradients @ full / length**2
    off = gradients - np.outer(along, full)
    across = np.sign(off @ aside) * np.linalg.norm(off, axis=1) / length
    return {
        "batch_size": size,
        "along": along,
        "across": across,
        "cosines": batch_noise.cosines(gradients, full),
        "noise": gradient_noise(gradients, full),
        "length": length,
    }


def _arrows():
    return Explorer(
        "Forty readings of one gradient",
        forty,
        _build,
        _read,
        "On the left the true gradient as an arrow that points up, and around it "
        "forty arrows, one a batch, with their true lengths and angles to it. In the "
        "middle their directions alone. On the right their noise over batch size.",
        [
            Slider(
                "batch_size",
                "batch size",
                1,
                LARGEST,
                1,
                step=float(np.log10(2)),
                log=True,
                digits=".0f",
            )
        ],
        uses={
            "minibatches": training.minibatches,
            "gradient_noise": batch_noise.gradient_noise,
        },
        card=Card(
            "cosine_of_one",
            "A batch of one digit. What is the cosine between its gradient and that of "
            "all 1077 digits, on average? (1: the same direction. 0: a right angle.)",
            truth=single_cosine,
            because="One digit knows little about the others: almost a right angle. "
            "But almost all of these small pulls add up.",
        ),
        size=(8.6, 3.3),
        seed=SEED,
    )


def _build(figure):
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.75, 1, 1.15])
    shafts, tips = _build_arrows(left)
    rays = _build_directions(middle)
    true_ones = [_draw_true(left), _draw_true(middle)]
    here = _build_law(right)

    def update(numbers):
        across, along = numbers["across"], numbers["along"]
        shafts.set_data(_from_origin(across), _from_origin(along))
        tips.set_data(across, along)
        far = np.hypot(across, along)
        rays.set_data(_from_origin(across / far), _from_origin(along / far))
        here.set_data([numbers["batch_size"]], [numbers["noise"]])

    return [shafts, tips, rays, here, *true_ones], update


def _from_origin(ends):
    """Return the coordinates of lines from 0 to each end, with gaps between them."""
    return np.ravel(np.column_stack([0 * ends, ends, np.full(len(ends), np.nan)]))


def _build_arrows(axes):
    plots.style_axes(
        axes,
        "across it",
        "along the true one",
        "Gradients (true one = 1)",
        (-ACROSS, ACROSS),
        (LOWEST, HIGHEST),
    )
    axes.set(aspect="equal", xticks=range(-6, 7, 3))
    shafts = plots.draw_line(axes, [], [], linestyle="-", linewidth=0.9, alpha=0.75)
    tips = plots.draw_marker(axes, 0, 0, markersize=4.5, markeredgewidth=0.5)
    return shafts, tips


def _build_directions(axes):
    plots.style_axes(axes, "", "", "Directions", (-1.18, 1.18), (-1.18, 1.32))
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    around = np.linspace(0, 2 * np.pi, 181)
    axes.plot(np.cos(around), np.sin(around), color=plots.GRID, linewidth=1.2)
    axes.axhline(0, color=plots.QUIET, linewidth=1, linestyle=(0, (1, 2)))
    axes.text(0, -1.17, "wrong way", ha="center", color=plots.QUIET, fontsize=9)
    rays = plots.draw_line(axes, [], [], linestyle="-", linewidth=0.9, alpha=0.75)
    axes.text(0, 1.06, "true", ha="center", va="bottom", color=plots.VERMILION)
    return rays


def _draw_true(axes):
    return axes.annotate(
        "",
        (0, 1),
        (0, 0),
        arrowprops={
            "arrowstyle": "-|>",
            "color": plots.VERMILION,
            "linewidth": 2.4,
            "shrinkA": 0,
            "shrinkB": 0,
        },
        zorder=6,
        gid=STEADY,
    )


def _build_law(axes):
    axes.set(xscale="log", yscale="log")
    sizes = 2 ** np.arange(10)
    plots.style_axes(axes, "batch size", "rms error", "Noise", (0.8, 650), (0.09, 9))
    axes.set_xticks([1, 8, 64, 512], ["1", "8", "64", "512"])
    axes.set_yticks([0.1, 1, 5], ["0.1", "1", "5"])
    axes.minorticks_off()
    plots.draw_line(axes, sizes, law(sizes), series=2)
    plots.draw_reference(axes, np.linalg.norm(start()[1]), "true gradient")
    return plots.draw_marker(axes, 1, 1)


def _read(numbers):
    cosines = numbers["cosines"]
    return {
        "batch size": str(numbers["batch_size"]),
        "mean cosine": f"{cosines.mean():.2f}",
        "pointing the wrong way": f"{np.sum(cosines < 0)} of {N_ARROWS}",
        "rms error": f"{numbers['noise']:.2f}",
        "true gradient's length": f"{numbers['length']:.2f}",
    }
