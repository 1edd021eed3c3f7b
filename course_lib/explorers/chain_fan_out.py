"""Lesson 3, fan-out: one knob used several times collects blame from each use."""

import numpy as np

from course_lib import plots, tape
from course_lib.explorers.chain_overwriting import OverwritingValue
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.predictions import Card

MOST = 4
RULES = {"grows: grad += share": False, "is set: grad = share": True}


def fan_out():
    """Use one knob up to four times, and watch its blame."""
    _fan_out().show()


def shares_of_knob(uses, w, overwrite, Value, backward):
    """Return the blame of a knob that is used several times.

    Parameters
    ----------
    uses : int
        From 1 to 4; each use adds ``w * 0.5`` to the loss.
    w : float
    overwrite : bool
        Whether a share overwrites the one before it, which is a mistake.
    Value, backward : callable
        As written in lesson 3.

    Returns
    -------
    dict
        ``uses``, ``w``, ``overwrite``; ``blame``, what the tape says; ``loss``;
        ``measured``, the slope found by nudging w.
    """
    kind = OverwritingValue if overwrite else Value

    def loss_at(w):
        knob, factor = kind(w), kind(0.5)
        loss = knob * factor
        for _ in range(uses - 1):
            loss = loss + knob * factor
        return knob, loss

    knob, loss = loss_at(w)
    backward(loss)
    return {
        "uses": uses,
        "w": w,
        "blame": float(knob.grad),
        "overwrite": overwrite,
        "loss": float(loss.data),
        "measured": (loss_at(w + 0.01)[1].data - loss_at(w - 0.01)[1].data) / 0.02,
    }


def _fan_out():
    return Explorer(
        "One knob, used several times",
        shares_of_knob,
        _build_fan_out,
        _read_fan_out,
        "Left, a graph: the knob w goes into one to four products, and all of them "
        "into the loss; each arrow back carries a share of blame. Right, two bars: the "
        "blame that the tape gives w, and the slope measured by nudging w.",
        [
            Slider("uses", "times w is used", 1, MOST, 1),
            Slider("w", "w", -2.0, 2.0, 1.0, step=0.1, digits=".1f"),
            Choice("overwrite", "blame of w", RULES, False),
        ],
        uses={"Value": tape.Value, "backward": tape.backward},
        card=Card(
            "fan_out",
            "One knob is used four times, each time in the same way, and the four "
            "results are added to the loss. Compared with a knob that is used once, "
            "its blame is...",
            ["a quarter", "the same", "4 times as large", "16 times as large"],
            truth="4 times as large",
            because="Nudge the knob, and all four results move. Blame that comes "
            "back along several ways adds up.",
        ),
        size=(8.6, 3.6),
    )


def _build_fan_out(figure):
    left, right = figure.subplots(1, 2, width_ratios=[2.1, 1])
    left.set(xlim=(-0.5, 4.6), ylim=(-2.6, 2.6), xticks=[], yticks=[])
    left.set_title("Values go right, blame comes back")
    left.grid(visible=False)
    left.spines[:].set_visible(False)
    words = {"ha": "center", "va": "center"}
    box = {"boxstyle": "round,pad=0.45", "facecolor": plots.PAPER}
    ink, blue = box | {"edgecolor": plots.QUIET}, box | {"edgecolor": plots.COLORS[0]}
    knob = left.text(0, 0, "", bbox=blue, zorder=5, **words)
    end = left.text(4, 0, "", bbox=ink, zorder=5, **words)
    ways = []
    for _ in range(MOST):
        middle = left.text(2, 0, "", bbox=ink, zorder=5, **words)
        (line,) = left.plot([], [], color=plots.QUIET, linewidth=1.5)
        share = left.text(1.05, 0, "", color=plots.COLORS[1], fontsize=9.5, **words)
        share.set_bbox({"facecolor": plots.PAPER, "edgecolor": "none", "pad": 1})
        ways.append((middle, line, share))
    plots.style_axes(right, "", "slope (loss per unit of w)", "dw", ylim=(0, 2.4))
    bars = plots.draw_bars(right, [0, 0], ["tape", "measured"], series=[1, 0])

    def update(numbers):
        uses = numbers["uses"]
        knob.set_text(f"w = {numbers['w']:.1f}\ndw = {numbers['blame']:.2f}")
        end.set_text(f"loss = {numbers['loss']:.2f}\ndloss = 1")
        heights = np.linspace(1.9, -1.9, uses) if uses > 1 else np.zeros(1)
        for k, (middle, line, share) in enumerate(ways):
            shown = k < uses
            for artist in (middle, line, share):
                artist.set_visible(shown)
            if shown:
                y = heights[k]
                middle.set(text="w · 0.5", y=y)
                line.set_data([0, 2, 4], [0, y, 0])
                lost = numbers["overwrite"] and k > 0
                share.set(text="lost" if lost else "+ 0.50", y=y / 2)
        bars[0].set_height(numbers["blame"])
        bars[1].set_height(numbers["measured"])

    return [*[a for way in ways for a in way], knob, end, *bars], update


def _read_fan_out(numbers):
    return {
        "uses of w": f"{numbers['uses']}",
        "dw by the tape": f"{numbers['blame']:.2f}",
        "dw by nudging w": f"{numbers['measured']:.2f}",
        "loss": f"{numbers['loss']:.2f}",
    }
