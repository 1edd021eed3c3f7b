"""One look for every picture: palette, axes, and `draw_*`, numbers onto axes.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart,
darkened a little so that words in them read well. Pictures have paper of their own and
read the same in JupyterLab's light and dark themes and in print. Colour is never the
only signal: each series has its own dashes and marker, each bar its own hatch.

    axes = figure.subplots()
    style_axes(axes, xlabel="step", ylabel="loss (nats)")
    line = draw_line(axes, steps, losses, "loss", series=0)
    draw_label(axes, steps[-1], losses[-1], "training loss", series=0)
"""

import numpy as np

BLUE, VERMILION, GREEN = "#0072b2", "#c44f00", "#00795c"
PURPLE, ORANGE, SKY = "#a6498a", "#8f5f00", "#2a7fae"
INK, QUIET, GRID, PAPER = "#1f2328", "#5d646c", "#e4e6e9", "#ffffff"
PINNED = "#767c84"

COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (8, 2, 2, 2)), (0, (4, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++")

HOUSE = {
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "font.size": 10.5,
    "text.hinting": "no_hinting",  # quicker, and what a screen scales down anyway
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "lines.linewidth": 2.2,
    "lines.markersize": 9,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
}


def style_axes(axes, xlabel="", ylabel="", title="", xlim=None, ylim=None):
    """Give axes their words and their limits.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    xlabel, ylabel : str
        What is measured, with its unit in brackets: ``"loss (nats)"``.
    title : str
        What the picture shows, in a few words.
    xlim, ylim : tuple of two floats, optional
        Fixed limits. A live picture must have them: moving ticks are slow.
    """
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if xlim is not None:
        axes.set_xlim(xlim)
    if ylim is not None:
        axes.set_ylim(ylim)


def draw_line(axes, x, y, label="", series=0, **style):
    """Draw one series of the house as a line; return the line."""
    series = series % len(COLORS)
    look = {"color": COLORS[series], "linestyle": DASHES[series]} | style
    return axes.plot(x, y, label=label, **look)[0]


def draw_marker(axes, x, y, series=0, **style):
    """Draw the place where we stand on a series, as its marker; return the line."""
    series = series % len(COLORS)
    look = {
        "color": COLORS[series],
        "marker": MARKERS[series],
        "linestyle": "none",
        "markeredgecolor": PAPER,
        "markeredgewidth": 1.4,
        "zorder": 5,
    }
    return axes.plot(np.atleast_1d(x), np.atleast_1d(y), **look | style)[0]


def draw_label(axes, x, y, text, series=None, offset=(8, 0), **style):
    """Write a label beside a point, in the colour of its series; return the text.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    x, y : float
        The point, in the units of the axes.
    text : str
    series : int, optional
        The series it names; ink without one.
    offset : tuple of two floats, default=(8, 0)
        From the point to the text, in points.
    """
    color = INK if series is None else COLORS[series % len(COLORS)]
    look = {"color": color, "va": "center", "textcoords": "offset points"}
    return axes.annotate(text, (x, y), xytext=offset, **look | style)


def draw_reference(
    axes, value, text="", vertical=False, left=False, below=False, **style
):
    """Draw a thin line at a value to compare with, and name it; return the line.

    The name of a level line stands at its right end and above it; where curves run
    there, at its `left` end or `below` it.
    """
    look = {"color": QUIET, "linewidth": 1.2, "linestyle": (0, (1, 2))} | style
    line = (axes.axvline if vertical else axes.axhline)(value, **look)
    if text:
        spot = (value, 0.98) if vertical else (0.01 if left else 0.99, value)
        transform = (
            axes.get_xaxis_transform() if vertical else axes.get_yaxis_transform()
        )
        axes.annotate(
            text,
            spot,
            xycoords=transform,
            xytext=(4, -2) if vertical else (0, -6 if below else 4),
            textcoords="offset points",
            ha="left" if vertical or left else "right",
            va="top" if vertical or below else "bottom",
            color=QUIET,
            fontsize=9.5,
        )
    return line


def draw_bars(axes, heights, labels, series=0, **style):
    """Draw named bars with the hatch of their series; return the list of bars.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    heights : array-like of shape (K,)
    labels : sequence of K str
    series : int or sequence of K ints, default=0
        One look for all bars, or one for each.
    """
    heights = np.asarray(heights, float)
    looks = np.broadcast_to(series, heights.shape) % len(COLORS)
    places = np.arange(len(heights))
    bars = axes.bar(
        places, heights, **{"width": 0.72, "edgecolor": PAPER, "linewidth": 0} | style
    )
    for bar, look in zip(bars, looks, strict=True):
        bar.set_facecolor(COLORS[look])
        bar.set_hatch(HATCHES[look])
    axes.set_xticks(places, labels)
    axes.grid(visible=False, axis="x")
    return list(bars)


def draw_histogram(axes, values, edges, label="", series=0, **style):
    """Draw how often values fall between edges, as an outline; return the patch.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : array-like of shape (N,)
    edges : array-like of shape (K + 1,)
        In the units of the values.
    """
    series = series % len(COLORS)
    counts, edges = np.histogram(values, edges)
    look = {
        "facecolor": COLORS[series] + "40",
        "edgecolor": COLORS[series],
        "hatch": HATCHES[series],
        "linewidth": 1.8,
        "fill": True,
        "label": label,
    }
    return axes.stairs(counts, edges, **look | style)


def draw_digit(axes, pixels, title=""):
    """Draw one 8 by 8 digit, dark ink on light paper; return the image.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    pixels : ndarray of shape (64,)
        Ink per pixel, any scale.
    """
    image = axes.imshow(np.reshape(pixels, (8, 8)), cmap="gray_r", aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, loc="center")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return image
