"""Tables of numbers over coloured cells, painted as quickly as a few lines.

Matplotlib lays out every word anew, a millisecond each; a table has dozens. Here each
character is a marker, drawn once for all the places where it stands.

    table = Table(axes, 6, 4, most=2.5)
    table.show(array)                       # moving artists: [*table.artists]
"""

from functools import lru_cache

import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, IdentityTransform

from course_lib import plots

LETTERS = "0123456789+−."
STRONG = 0.65  # of the range; on darker cells the numbers are written in white


class Numbers(Artist):
    """Numbers in the characters of `LETTERS`, each centred on its place.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    places : array-like of shape (K, 2)
        Where each number stands, in the units of the axes.
    fontsize : float
        In points.
    """

    def __init__(self, axes, places, fontsize=9.5):
        super().__init__()
        self.places, self.fontsize = np.asarray(places, float), fontsize
        self.set_zorder(4)
        self.show([""] * len(self.places))
        axes.add_artist(self)

    def show(self, texts, colors=None):
        """Take the texts to be painted, and a colour for each."""
        self.texts = list(texts)
        self.colors = list(colors or [plots.INK] * len(self.texts))

    @allow_rasterization
    def draw(self, renderer):
        """Paint all numbers. Matplotlib calls it, and `LivePicture` for what moves."""
        size = renderer.points_to_pixels(self.fontsize)
        centres = self.axes.transData.transform(self.places)
        standing = {}
        for text, color, (x, y) in zip(self.texts, self.colors, centres, strict=True):
            x = x - size * sum(_width(letter) for letter in text) / 2
            for letter in text:
                standing.setdefault((letter, color), []).append((x, y - 0.36 * size))
                x += size * _width(letter)
        context = renderer.new_gc()
        context.set_linewidth(0)
        scale = Affine2D().scale(size / 100)
        for (letter, color), where in standing.items():
            paint = _rgba(color)
            shape, spots = _shape(letter), Path(where)
            renderer.draw_markers(
                context, shape, scale, spots, IdentityTransform(), paint
            )
        context.restore()


class Table:
    """Coloured cells with a number in each; rows go down.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    n_rows, n_columns : int
    most : float
        Where the colours end, on both sides of 0.
    form : str, default="+.2f"
        The format of the numbers.

    Attributes
    ----------
    artists : list
        What moves: the cells, and the numbers on them.
    """

    def __init__(self, axes, n_rows, n_columns, most, form="+.2f"):
        self.most, self.form = most, form
        values = np.zeros((n_rows, n_columns))
        x, y = np.arange(n_columns), np.arange(n_rows)
        self.cells = axes.pcolormesh(
            x, y, values, cmap="PuOr_r", vmin=-most, vmax=most, shading="nearest"
        )
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        self.numbers = Numbers(axes, places)
        self.cells.set_zorder(0)  # below whatever frames them
        axes.invert_yaxis()
        axes.grid(visible=False)
        self.artists = [self.cells, self.numbers]

    def show(self, values):
        """Take the numbers to be painted, an array of shape (n_rows, n_columns)."""
        values = np.asarray(values)
        self.cells.set_array(values)
        strong = np.abs(values.ravel()) > STRONG * self.most
        self.numbers.show(
            [short(value, self.form) for value in values.ravel()],
            np.where(strong, plots.PAPER, plots.INK).tolist(),
        )


def short(value, form="+.2f"):
    """Return a number as text, its minus as wide as a plus; what rounds to 0 as 0."""
    text = f"{value:{form}}"
    return "0" if float(text) == 0 else text.replace("-", "−")


@lru_cache(maxsize=32)
def _shape(letter):
    return TextPath((0, 0), letter, size=100)


@lru_cache(maxsize=32)
def _width(letter):
    """Return how far a letter moves the next one, in units of the font's size."""
    pair, alone = (TextPath((0, 0), text, size=100) for text in (letter + "0", "0"))
    return (pair.get_extents().x1 - alone.get_extents().x1) / 100


@lru_cache(maxsize=8)
def _rgba(color):
    from matplotlib.colors import to_rgba

    return to_rgba(color)
