"""Lesson 4: build a product from six arrays, and see which shape comes out."""

import numpy as np
from matplotlib.patches import Rectangle

from course_lib import layers, plots
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.predictions import Card

N, D, M = 7, 5, 3
NAMES = ("x", "x.T", "W", "W.T", "dy", "dy.T")
UNIT = 0.5  # length of one row or column in the picture
WHOSE = {
    (D, M): "the shape of W, so of dW",
    (N, D): "the shape of x, so of dx",
    (N, M): "the shape of y, so of dy",
}


def shapes():
    """Choose two arrays; see whether their product exists and what shape it has."""
    _shapes().show()


def arrays():
    """Return x (7, 5), W (5, 3) and dy (7, 3), and their transposes, by name."""
    rng = np.random.default_rng(4)
    base = {
        "x": rng.normal(size=(N, D)),
        "W": rng.normal(size=(D, M)),
        "dy": rng.normal(size=(N, M)),
    }
    return {name: base[name.removesuffix(".T")] for name in NAMES} | {
        f"{name}.T": array.T for name, array in base.items()
    }


def product(left, right, linear_forward, linear_backward):
    """Return a product of two arrays, and what a linear layer calls it.

    Parameters
    ----------
    left, right : str
        Among `NAMES`.
    linear_forward, linear_backward : callable
        As written in lesson 4.

    Returns
    -------
    dict
        ``left``, ``right``, ``first`` and ``second`` (shapes), ``shape`` (of the
        product, or None where it does not exist), ``reason`` and ``is_the`` (words).
    """
    known = arrays()
    first, second = known[left], known[right]
    numbers = {
        "left": left,
        "right": right,
        "first": first.shape,
        "second": second.shape,
    }
    if first.shape[1] != second.shape[0]:
        reason = (
            f"does not exist: {left} has {first.shape[1]} columns, "
            f"{right} has {second.shape[0]} rows"
        )
        return numbers | {"shape": None, "reason": reason, "is_the": "nothing"}
    result = first @ second
    reason = f"the inner sizes, {first.shape[1]} and {second.shape[0]}, meet and vanish"
    is_the = _name_of(result, known, linear_forward, linear_backward)
    return numbers | {"shape": result.shape, "reason": reason, "is_the": is_the}


def _name_of(result, known, linear_forward, linear_backward):
    y, cache = linear_forward(known["x"], known["W"], np.zeros(M))
    dx, dW, _ = linear_backward(known["dy"], cache)
    for name, array in (("y, without b", y), ("dx", dx), ("dW", dW)):
        if array.shape == result.shape and np.allclose(array, result):
            return name
        if array.shape == result.shape[::-1] and np.allclose(array.T, result):
            return f"{name}, transposed"
    return WHOSE.get(result.shape, "no gradient of this layer")


def _shapes():
    return Explorer(
        "Which products exist?",
        product,
        _build,
        _read,
        "Two rectangles, one for each array, as high as it has rows and as wide as it "
        "has columns; beside them the product, where there is one.",
        [
            Choice("left", "left", list(NAMES), "x"),
            Choice("right", "right", list(NAMES), "W"),
        ],
        uses={
            "linear_forward": layers.linear_forward,
            "linear_backward": layers.linear_backward,
        },
        card=Card(
            "shape_of_dW",
            "x is (7, 5), W is (5, 3), and dy is (7, 3). Which product has the shape "
            "that dW must have?",
            ["x @ dy", "x.T @ dy", "dy.T @ x", "dy @ x.T"],
            truth="x.T @ dy",
            because="(5, 7) @ (7, 3) is (5, 3), the shape of W. The batch vanishes.",
        ),
        size=(8.6, 3.7),
    )


def _build(figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 16.4), ylim=(-1.2, 4.6), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    boxes = [_box(axes, look) for look in range(3)]
    names = [axes.text(0, 0, "", ha="center", fontweight="bold") for _ in boxes]
    sizes = [axes.text(0, 0, "", ha="center", va="top") for _ in boxes]
    signs = [axes.text(0, 1.9, "", ha="center", fontsize=16) for _ in range(2)]
    refused = axes.text(10.0, 1.9, "", va="center", color=plots.VERMILION)
    words = axes.text(0.2, -0.95, "", color=plots.QUIET)

    def update(numbers):
        exists = numbers["shape"] is not None
        shown = [numbers["first"], numbers["second"], numbers["shape"] or (0, 0)]
        titles = [numbers["left"], numbers["right"], numbers["is_the"]]
        centers = (2.4, 7.2, 12.6)
        for k, (rows, columns) in enumerate(shown):
            width, height = columns * UNIT, rows * UNIT
            boxes[k].set_bounds(centers[k] - width / 2, 2.0 - height / 2, width, height)
            boxes[k].set_visible(bool(rows))
            names[k].set(
                x=centers[k], y=2.15 + height / 2, text=titles[k] if rows else ""
            )
            sizes[k].set(
                x=centers[k],
                y=1.85 - height / 2,
                text=f"({rows}, {columns})" if rows else "",
            )
        signs[0].set(x=4.8, text="@")
        signs[1].set(x=9.6 if exists else 9.4, text="=" if exists else "✗")
        refused.set_text("" if exists else _broken(numbers))
        words.set_text(numbers["reason"] if exists else "")

    return [*boxes, *names, *sizes, *signs, refused, words], update


def _box(axes, look):
    box = Rectangle(
        (0, 0),
        1,
        1,
        facecolor=plots.COLORS[look] + "30",
        edgecolor=plots.COLORS[look],
        hatch=plots.HATCHES[look],
        linewidth=1.8,
    )
    return axes.add_patch(box)


def _broken(numbers):
    (_, columns), (rows, _) = numbers["first"], numbers["second"]
    return (
        f"no product: {numbers['left']} has {columns} columns,\n"
        f"{numbers['right']} has {rows} rows"
    )


def _read(numbers):
    name = f"{numbers['left']} @ {numbers['right']}"
    if numbers["shape"] is None:
        return {name: numbers["reason"]}
    return {name: f"{numbers['shape']}", "that is": numbers["is_the"]}
