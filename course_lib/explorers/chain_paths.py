"""Lesson 3, paths: one product of local derivatives for each way back to a knob."""

import numpy as np

from course_lib import plots, tape
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.predictions import Card

PLACES = {  # of the nodes in the picture
    "w": (0, 0),
    "c": (1.35, 0),
    "d": (2.5, 1),
    "e": (2.5, -0.8),
    "f": (3.65, 0),
    "loss": (5.2, 0),
}
EDGES = [
    ("w", "c"),
    ("c", "d"),
    ("c", "e"),
    ("d", "f"),
    ("e", "f"),
    ("c", "loss"),
    ("f", "loss"),
]
PATHS = {
    "over d": ("w", "c", "d", "f", "loss"),
    "over e": ("w", "c", "e", "f", "loss"),
    "straight": ("w", "c", "loss"),
}
MADE = {
    "w": "w",
    "c": "c = x · w",
    "d": "d = tanh c",
    "e": "e = exp c",
    "f": "f = d · e",
    "loss": "loss = f + c",
}


def paths():
    """Follow each way from a knob to the loss, and add up their products."""
    _paths().show()


def products_of_paths(x, w, path, Value, backward):
    """Return the local derivative of every edge, and the product along every path.

    Parameters
    ----------
    x, w : float
    path : str
        The one to light up, a key of `PATHS`.
    Value, backward : callable
        As written in lesson 3.

    Returns
    -------
    dict
        ``x``, ``w``, ``path``; ``data`` by node; ``local`` by edge; ``products`` by
        path, in loss per unit of w; ``blame``, dw by the tape; ``total``, their sum.
    """
    knob = Value(w)
    c = Value(x) * knob
    d, e = c.tanh(), c.exp()
    f = d * e
    loss = f + c
    backward(loss)
    nodes = {"w": knob, "c": c, "d": d, "e": e, "f": f, "loss": loss}
    data = {name: float(node.data) for name, node in nodes.items()}
    slopes = [x, 1 - data["d"] ** 2, data["e"], data["e"], data["d"], 1.0, 1.0]
    local = dict(zip(EDGES, slopes, strict=True))
    products = {
        name: float(np.prod([local[edge] for edge in edges_of(way)]))
        for name, way in PATHS.items()
    }
    return {
        "x": x,
        "w": w,
        "path": path,
        "data": data,
        "local": local,
        "products": products,
        "blame": float(knob.grad),
        "total": sum(products.values()),
    }


def edges_of(way):
    """Return the edges along a path, from the knob up."""
    return list(zip(way, way[1:], strict=False))


def _paths():
    return Explorer(
        "Three ways from w to the loss",
        products_of_paths,
        _build_paths,
        _read_paths,
        "Left, a graph of six nodes with the local derivative on each edge; the edges "
        "of the chosen path are thick, dashed where the derivative is below 0. Right, "
        "a bar for the product along each path, hatched where it is below 0, and one "
        "for their sum.",
        [
            Choice("path", "path", list(PATHS), "over d"),
            Slider("x", "x", -2.0, 2.0, 1.0, step=0.1, digits=".1f"),
            Slider("w", "w", -1.5, 1.5, -0.8, step=0.1, digits=".1f"),
        ],
        uses={"Value": tape.Value, "backward": tape.backward},
        card=Card(
            "paths",
            "Three paths lead from the knob w to the loss. Along each we multiply the "
            "local derivatives. Blame dw is...",
            [
                "the product of the three",
                "the sum of the three",
                "the largest of the three",
                "the mean of the three",
            ],
            truth="the sum of the three",
            because="Along a path slopes multiply; where paths meet, blame adds.",
        ),
        size=(8.6, 3.7),
    )


def _build_paths(figure):
    left, right = figure.subplots(1, 2, width_ratios=[2.3, 1])
    left.set(xlim=(-0.4, 5.9), ylim=(-2.0, 1.5), xticks=[], yticks=[])
    left.set_title("Local derivatives along the chosen path")
    left.grid(visible=False)
    left.spines[:].set_visible(False)
    lines, words = {}, {}
    for edge in EDGES:
        (x0, y0), (x1, y1) = PLACES[edge[0]], PLACES[edge[1]]
        bent = edge == ("c", "loss")
        across = np.linspace(x0, x1, 30)
        down = np.linspace(y0, y1, 30)
        if bent:
            down = down - 1.7 * np.sin(np.linspace(0, np.pi, 30)) ** 0.6
        (lines[edge],) = left.plot(across, down, zorder=2)
        at = 15 if bent or y0 != y1 else 13
        label = left.text(across[at], down[at], "", ha="center", va="center")
        label.set(fontsize=9.5, zorder=4)
        label.set_bbox({"facecolor": plots.PAPER, "edgecolor": "none", "pad": 1})
        words[edge] = label
    boxes, nodes = _build_nodes(left)
    names = [*PATHS, "sum"]
    plots.style_axes(right, "", "share of dw", "Products, and their sum")
    bars = plots.draw_bars(right, np.zeros(4), names)
    right.axhline(0, color=plots.INK, linewidth=1)
    right.set_ylim(-1, 1)  # the widest numbers beside an axis: -0.75

    def update(numbers):
        chosen = edges_of(PATHS[numbers["path"]])
        for edge, line in lines.items():
            slope = numbers["local"][edge]
            on = edge in chosen
            line.set(color=_color(slope) if on else plots.PINNED)
            line.set(linewidth=3.5 if on else 1.2)
            line.set_linestyle((0, (3, 1.5)) if on and slope < 0 else "-")
            words[edge].set(text=_signed(slope), color=line.get_color())
        for name, node in nodes.items():
            node.set_text(f" \n{_signed(numbers['data'][name], '')}")
        heights = [*numbers["products"].values(), numbers["blame"]]
        _fit(right, heights)
        for bar, height in zip(bars, heights, strict=True):
            bar.set(height=height, facecolor=_color(height))
            bar.set_hatch("///" if height < 0 else "")

    return [*lines.values(), *words.values(), *boxes, *nodes.values(), *bars], update


def _build_nodes(axes):
    """Return what stays of the nodes, and the text of each that takes its number.

    Apart, so that a move sets five numbers anew and not five boxes.
    """
    look = {"ha": "center", "va": "center", "fontsize": 9, "zorder": 6}
    box = {"boxstyle": "round,pad=0.35", "facecolor": plots.PAPER}
    boxes, nodes = [], {}
    for name, (x, y) in PLACES.items():
        room = axes.text(x, y, f"{MADE[name]}\n−0.00", color=plots.PAPER, **look)
        room.set_bbox(box | {"edgecolor": plots.QUIET})
        boxes += [room, axes.text(x, y, f"{MADE[name]}\n ", **look)]
        nodes[name] = axes.text(x, y, "", **look)
    return boxes, nodes


def _signed(number, plus="+"):
    """Return a number as text, with a minus that is as wide as a plus."""
    return f"{number:{plus}.2f}".replace("-", "−")


def _color(number):
    return plots.COLORS[1] if number < 0 else plots.COLORS[0]


def _fit(axes, heights):
    """Give the bars one of a few scales, so that it seldom changes."""
    largest = 1.05 * max(abs(height) for height in heights)
    reach = next(r for r in (3, 30, 300) if r >= largest)
    axes.set_ylim(-reach, reach)


def _read_paths(numbers):
    way = edges_of(PATHS[numbers["path"]])
    factors = " · ".join(f"{numbers['local'][edge]:.2f}" for edge in way)
    product = numbers["products"][numbers["path"]]
    return {
        f"path {numbers['path']}": f"{factors} = {product:.3f}",
        "sum of the three": f"{numbers['total']:.3f}",
        "dw by the tape": f"{numbers['blame']:.3f}",
    }
