"""An explorer of lesson 1: the same answers, said louder."""

from functools import lru_cache

import numpy as np

from course_lib import losses, metrics, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.live_picture import STEADY
from course_lib.predictions import Card

SMALLEST, LARGEST = 0.1, 20.0  # the ends of the scale slider


def cross_entropy(logits, labels):
    """Return the cross-entropy alone, as lesson 1 asks for it."""
    return losses.softmax_cross_entropy(logits, labels)[0]


def logit_scale():
    """Multiply all logits by one number; watch accuracy and cross-entropy."""
    _logit_scale().show()


def scaled_logits(scale, softmax, cross_entropy, accuracy):
    """Return what becomes of a trained network's answers when its logits are scaled.

    Parameters
    ----------
    scale : float
        Every logit is multiplied by it; above 0.
    softmax, cross_entropy, accuracy : callable
        As written in lesson 1.

    Returns
    -------
    dict of str to float or ndarray
        ``loss`` in nats per example, ``accuracy`` as a fraction, and ``probs`` of
        shape (10,) for one image that the network misreads.
    """
    logits, labels, misread = trained_logits()
    return {
        "scale": scale,
        "loss": float(cross_entropy(scale * logits, labels)),
        "accuracy": float(accuracy(scale * logits, labels)),
        "probs": softmax(scale * logits[misread : misread + 1])[0],
    }


@lru_cache(maxsize=1)
def trained_logits():
    """Return logits and labels of 360 unseen digits, and a row that is misread.

    One linear layer after a hundred steps from zero, so it is the same every time:
    good, and not yet sure enough of itself.
    """
    digits = load_digits()
    x, labels = digits.train
    W, b = np.zeros((64, 10)), np.zeros(10)
    for _ in range(100):
        _, dlogits = losses.softmax_cross_entropy(x @ W + b, labels)
        W -= 0.5 * x.T @ dlogits
        b -= 0.5 * dlogits.sum(axis=0)
    unseen, truth = digits.validation
    logits = unseen @ W + b
    probs = losses.softmax(logits)
    behind = probs.max(axis=1) - probs[np.arange(len(truth)), truth]
    return logits, truth, int(behind.argmax())


def _logit_scale():
    return Explorer(
        "The same answers, said louder",
        _scaled_and_curves,
        _build_logit_scale,
        _read_logit_scale,
        "Left, over the scale of the logits: cross-entropy falls, then rises again, "
        "while accuracy is a level line. Right: the ten probabilities given to one "
        "misread digit.",
        [Slider("scale", "scale of all logits", SMALLEST, LARGEST, 1.0, log=True)],
        uses={
            "softmax": losses.softmax,
            "cross_entropy": cross_entropy,
            "accuracy": metrics.accuracy,
        },
        card=Card(
            "logit_scale",
            "A trained network reads 360 unseen digits. We multiply all its logits by "
            "one number, from 0.1 to 20. Will its accuracy move?",
            ["it rises", "it falls", "it rises, then falls", "it does not move"],
            truth="it does not move",
            because="The largest logit of a row stays the largest, so every answer "
            "stays. The loss moves, because it charges for how sure the network is.",
        ),
        size=(8.6, 4.2),
    )


def _scaled_and_curves(scale, softmax, cross_entropy, accuracy):
    functions = softmax, cross_entropy, accuracy
    return scaled_logits(scale, *functions) | {"curves": _scale_curves(*functions)}


@lru_cache(maxsize=4)
def _scale_curves(softmax, cross_entropy, accuracy):
    scales = np.geomspace(SMALLEST, LARGEST, 61)
    runs = [scaled_logits(s, softmax, cross_entropy, accuracy) for s in scales]
    return {
        name: np.array([run[name] for run in runs])
        for name in ("scale", "loss", "accuracy")
    }


def _build_logit_scale(figure):
    grid = figure.add_gridspec(2, 2, width_ratios=[1.5, 1], height_ratios=[1.5, 1])
    upper, lower = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    right = figure.add_subplot(grid[:, 1])
    ends = (SMALLEST * 0.93, LARGEST * 1.07)
    for axes in (upper, lower):
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.3, 1, 3, 10, 20], ["0.1", "0.3", "1", "3", "10", "20"])
        axes.minorticks_off()
    plots.style_axes(
        upper, "", "cross-entropy (nats)", "360 unseen digits", ends, (0, 2.45)
    )
    plots.draw_reference(upper, np.log(10), "ln 10: pure guessing")
    plots.style_axes(
        lower, "scale of all logits (times)", "accuracy", "", ends, (0, 1.08)
    )
    loss = plots.draw_line(upper, [], [], series=0, gid=STEADY)
    share = plots.draw_line(lower, [], [], series=1, gid=STEADY)
    marks = plots.draw_marker(upper, 1, 0), plots.draw_marker(lower, 1, 0, 1)
    bars = _draw_misread(right)

    def update(numbers):
        curves = numbers["curves"]
        loss.set_data(curves["scale"], curves["loss"])
        share.set_data(curves["scale"], curves["accuracy"])
        marks[0].set_data([numbers["scale"]], [numbers["loss"]])
        marks[1].set_data([numbers["scale"]], [numbers["accuracy"]])
        for bar, height in zip(bars, numbers["probs"], strict=True):
            bar.set_height(height)

    return [loss, share, *marks, *bars], update


def _draw_misread(axes):
    """Draw empty bars for one misread digit, and the digit above them."""
    logits, labels, row = trained_logits()
    right, said = labels[row], logits[row].argmax()
    looks = [2 if c == right else 1 if c == said else 0 for c in range(10)]
    bars = plots.draw_bars(axes, np.zeros(10), range(10), looks)
    title = f"A {right} that it reads as {said}"
    plots.style_axes(axes, "class", "probability", title, None, (0, 1.45))
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    for c, words in ((right, "right"), (said, "its answer")):
        color, side = plots.COLORS[looks[c]], "right" if c > 7 else "center"
        axes.text(c, 1.01, words, ha=side, va="bottom", color=color)
        axes.axvline(c, 0, 1 / 1.45, color=color, linewidth=0.8)
    pixels = load_digits().validation.x[row]
    place = 0.04 if max(right, said) > 4 else 0.7
    plots.draw_digit(axes.inset_axes([place, 0.75, 0.25, 0.25]), pixels)
    return bars


def _read_logit_scale(numbers):
    return {
        "scale of all logits": f"{numbers['scale']:.2f}",
        "cross-entropy": f"{numbers['loss']:.3f} nats",
        "accuracy": f"{numbers['accuracy']:.3f}",
        "given to its wrong answer": f"{numbers['probs'].max():.3f}",
    }
