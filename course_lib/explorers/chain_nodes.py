"""Lesson 3, the chain: eight nodes, values on the way out, blame on the way back."""

import numpy as np

from course_lib import page, plots
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.predictions import Card

NODES = ("x", "p", "z", "s", "u", "e", "r", "loss")
MADE = ("x", "w · x", "p + b", "sin z", "v · s", "exp u", "e − target", "r²")
KNOBS = {"w": 1, "b": 2, "v": 4, "target": 6}  # and the node each one goes into
STEPS = 2 * len(NODES)
START = {"x": 1.5, "w": 1.0, "b": 0.5, "v": 1.0, "target": 1.0}
UNKNOWN = "·"


def chain_forward(x, params):
    """Return the eight values of the chain by name, as lesson 3 asks."""
    p = params["w"] * x
    z = p + params["b"]
    s = np.sin(z)
    u = params["v"] * s
    e = np.exp(u)
    r = e - params["target"]
    return {"x": x, "p": p, "z": z, "s": s, "u": u, "e": e, "r": r, "loss": r**2}


def chain_backward(values, params):
    """Return the blame of every node and knob by name, as lesson 3 asks."""
    dr = 2 * values["r"]
    du = values["e"] * dr
    ds, dv = params["v"] * du, values["s"] * du
    dz = np.cos(values["z"]) * ds
    dw, dx = values["x"] * dz, params["w"] * dz
    blame = {"dloss": 1.0, "dr": dr, "de": dr, "du": du, "dv": dv, "ds": ds}
    return blame | {"dz": dz, "db": dz, "dp": dz, "dw": dw, "dx": dx}


def chain():
    """Step through the chain, forward and back; turn any of its inputs."""
    _chain().show()


def steps_of_chain(step, chain_forward, chain_backward, **inputs):
    """Return what is known after some steps: eight forward, then eight back.

    Parameters
    ----------
    step : int
        From 0 to 16.
    chain_forward, chain_backward : callable
        As written in lesson 3.
    inputs : float
        ``x``, ``w``, ``b``, ``v`` and ``target``.

    Returns
    -------
    dict
        ``values`` and ``blame`` by name, as far as they are known; ``knobs``; ``at``,
        the node of this step or None; ``back``, whether the way leads back; ``local``,
        the local derivative between each node and the one before it; ``all_blame``.
    """
    params = {name: inputs[name] for name in KNOBS}
    values = chain_forward(inputs["x"], params)
    blame = chain_backward(values, params)
    forward = NODES[: min(step, len(NODES))]
    back = NODES[::-1][: max(step - len(NODES), 0)]
    known = {name: blame[f"d{name}"] for name in back}
    for knob, node in KNOBS.items():
        if NODES[node - 1] in back and f"d{knob}" in blame:
            known[knob] = blame[f"d{knob}"]
    at = back[-1] if back else forward[-1] if forward else None
    return {
        "step": step,
        "values": {name: values[name] for name in forward},
        "knobs": params,
        "blame": known,
        "at": at,
        "back": bool(back),
        "local": local_derivatives(values, params),
        "all_blame": blame,
    }


def local_derivatives(values, params):
    """Return how much each node moves per unit of the node before it, (7,)."""
    slopes = [params["w"], 1.0, np.cos(values["z"]), params["v"], values["e"], 1.0]
    return np.array([*slopes, 2 * values["r"]])


def step_by(change):
    """Return an action that goes some steps on, and stops at the ends."""

    def action(explorer):
        step = explorer.values["step"] + change
        explorer.values["step"] = min(max(step, 0), STEPS)

    return action


class _Steps(Explorer):
    """An explorer whose truth is shown once the way back has been walked to its end."""

    walked = False

    def _prediction(self):
        self.walked = self.walked or self.values["step"] == STEPS
        if self.walked or page.is_headless():
            return self.card.verdict()
        said = page.rich(self.card.with_unit(self.card.choice))
        return f"You predicted: <strong>{said}</strong>. Step to the end, and see."


def _chain():
    return _Steps(
        "Eight nodes, forward and back",
        steps_of_chain,
        _build_chain,
        _read_chain,
        "Eight boxes in a row, from x to the loss, joined by arrows; below four of "
        "them the knobs w, b, v and the target. Each box shows its value once the way "
        "forward has reached it, and its blame once the way back has.",
        [
            Slider("step", "step", 0, STEPS, 0),
            Slider("x", "x", -2.0, 2.0, START["x"], step=0.1, digits=".1f"),
            Slider("w", "w", -2.0, 2.0, START["w"], step=0.1, digits=".1f"),
            Slider("b", "b", -2.0, 2.0, START["b"], step=0.1, digits=".1f"),
            Slider("v", "v", -2.0, 2.0, START["v"], step=0.1, digits=".1f"),
            Slider("target", "target", 0.0, 4.0, START["target"], 0.1, digits=".1f"),
        ],
        uses={"chain_forward": chain_forward, "chain_backward": chain_backward},
        card=Card(
            "chain_sign",
            "x = 1.5, w = 1, b = 0.5, v = 1, and the target is 1. The prediction e is "
            "2.48, too high. The slope of the loss against w is...",
            ["above 0: raising w makes it worse", "0", "below 0: raising w helps"],
            truth="below 0: raising w helps",
            because="z = 2 lies past the crest of the sine, so s falls as w rises, and "
            "e falls with it. One link with a slope below 0 turns the sign.",
        ),
        size=(8.6, 3.6),
        actions={"◀ Step back": step_by(-1), "Step on ▶": step_by(1)},
    )


def _build_chain(figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.55, 7.55), ylim=(-2.5, 1.25), xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    drawn = {name: _draw_node(axes, k, 0.0, name) for k, name in enumerate(NODES)}
    for k, made in enumerate(MADE):
        axes.text(k, 0.78, NODES[k], ha="center", fontweight="bold", fontsize=12)
        axes.text(k, 0.55, f"= {made}" if k else "input", ha="center", fontsize=9)
    for knob, node in KNOBS.items():
        drawn[knob] = _draw_node(axes, node, -1.75, knob)
        axes.text(node, -2.43, knob, ha="center", fontweight="bold", fontsize=12)
        _draw_arrow(axes, (node, -1.28), (node, -0.47))
    for k in range(7):
        _draw_arrow(axes, (k + 0.42, 0), (k + 0.58, 0))
    slopes = [
        axes.text(k + 0.5, -0.72, "", ha="center", color=plots.COLORS[1], fontsize=9)
        for k in range(7)
    ]
    way = axes.text(-0.5, 1.1, "", color=plots.INK, va="center")

    def update(numbers):
        words = "Press Step on to begin."
        if numbers["at"]:
            side = "back: blame of" if numbers["back"] else "forward: value of"
            words = f"step {numbers['step']} of {STEPS}, {side} {numbers['at']}"
        way.set_text(words)
        known = numbers["values"] | numbers["knobs"]
        for name, (box, value, blame) in drawn.items():
            value.set_text(_short(known.get(name)))
            text = _short(numbers["blame"].get(name))
            blame.set_text(text and f"d {text}")
            here = name == numbers["at"]
            box.set_edgecolor(plots.COLORS[1] if here else plots.QUIET)
            box.set_linewidth(3 if here else 1.2)
        for k, slope in enumerate(slopes):
            shown = NODES[k] in numbers["blame"]
            slope.set_text(f"× {_short(numbers['local'][k])}" if shown else "")

    moving = [artist for artists in drawn.values() for artist in artists]
    return [*moving, *slopes, way], update


def _draw_node(axes, x, y, name):
    from matplotlib.patches import FancyBboxPatch

    look = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": "none"}
    box = FancyBboxPatch((x - 0.42, y - 0.45), 0.84, 0.9, **look)
    axes.add_patch(box)
    value = axes.text(x, y + 0.2, "", ha="center", va="center", color=plots.COLORS[0])
    blame = axes.text(x, y - 0.22, "", ha="center", va="center", color=plots.COLORS[1])
    return box, value, blame


def _draw_arrow(axes, start, end):
    look = {"arrowstyle": "-|>", "color": plots.QUIET, "linewidth": 1.4}
    axes.annotate("", end, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})


def _short(number):
    if number is None:
        return ""
    text = f"{number:.2f}" if abs(number) < 100 else f"{number:.0f}"
    text = text if abs(number) < 10000 else f"{number:.0e}"
    return text.replace("-", "−") if float(text) else "0.00"


def _read_chain(numbers):
    known = numbers["values"] | numbers["blame"]
    read = {"step": f"{numbers['step']} of {STEPS}"}
    if "loss" in known:
        read["loss"] = f"{numbers['values']['loss']:.3f}"
    if numbers["at"]:
        name = f"d{numbers['at']}" if numbers["back"] else numbers["at"]
        source = numbers["blame"] if numbers["back"] else numbers["values"]
        read[name] = f"{source[numbers['at']]:.3f}"
    for knob in ("w", "b", "v"):
        if knob in numbers["blame"]:
            read[f"d{knob}"] = f"{numbers['blame'][knob]:.3f}"
    return read
