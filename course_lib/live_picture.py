"""A picture that stays where it is and is repainted quickly.

One Matplotlib figure is drawn once; then only what moves is painted over a kept
background, and the page gets the new picture in the old one's place, with its key
numbers as text below it and as alternative text.

    def build(figure):
        axes = figure.subplots()
        style_axes(axes, "time (s)", "signal (V)", xlim=(0, 9), ylim=(-1.1, 1.1))
        line = draw_line(axes, time, 0 * time)

        def update(numbers):
            line.set_ydata(numbers["signal"])

        return [line], update

    picture = LivePicture(build, describes="A wave over time.")
    page = picture.html({"signal": np.sin(time)}, {"peak": "1.00 V"})

An explorer (`course_lib.explorers.explorer`) adds the sliders.
"""

import base64
import html
import struct
import zlib
from functools import lru_cache

import numpy as np

from course_lib import page, plots
from course_lib.painted_text import PaintedTexts, is_plain

DPI = 150  # with a screen of ordinary density it is scaled down and looks smooth
STEADY = "steady"  # the gid of a moving artist that leaves no ghost when pinned
POINTS = 100  # page pixels for each inch of the figure
KEPT = 8  # backgrounds of one picture, 3 MB each


class LivePicture:
    """A figure whose moving parts are repainted without drawing the rest again.

    Parameters
    ----------
    build : callable
        ``build(figure) -> (artists, update)``: draws everything once; returns the
        artists that move, and ``update(numbers)``, which moves them. A third thing,
        ``setting(numbers)``, may say what the rest of the picture depends on, such as
        a chosen map: the rest is drawn anew for each setting, and kept.
    size : tuple of two floats, default=(8.6, 3.6)
        Width and height in inches; an inch is 100 pixels of the page.
    describes : str
        What the picture shows, in a sentence, for those who do not see it.

    Notes
    -----
    The figure belongs to no window and to no pyplot, so nothing is shown twice and
    nothing has to be closed. Painting only what moves takes a tenth of the time of
    drawing ticks and words again.
    """

    def __init__(self, build, size=(8.6, 3.6), describes=""):
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.describes = describes
        self.pinned = None
        self._backgrounds = {}  # by setting and limits of all axes; oldest first
        with rc_context(plots.HOUSE):
            self.figure = Figure(figsize=size, dpi=DPI, layout="constrained")
            self.canvas = FigureCanvasAgg(self.figure)
            self._texts = PaintedTexts(self.canvas)
            self.figure.get_layout_engine().set(w_pad=0.09, h_pad=0.09)
            if page.is_being_graded():  # `html` shows the numbers alone
                return
            artists, self.update, *settings = build(self.figure)
        self._setting = settings[0] if settings else lambda numbers: None
        self.moving = sorted(artists, key=lambda artist: artist.get_zorder())
        for artist in self.moving:
            artist.set_animated(True)  # left out when the background is drawn
            artist.set_in_layout(False)

    def paint(self, numbers):
        """Move the artists to `numbers`, paint them; return the pixels as PNG bytes.

        Limits that `update` changed are seen, and get a background of their own. Where
        axes stand is settled once, at the limits of `build`: nothing jumps later.
        """
        from matplotlib import rc_context

        with rc_context(plots.HOUSE):
            if not self._backgrounds:
                self._lay_out()
            self.update(numbers)
            self.canvas.restore_region(self._background(self._setting(numbers)))
            for artist in self.moving:
                self._draw(artist)
            if self.pinned is not None:
                self._paint_ghosts(numbers)
        return png_bytes(np.asarray(self.canvas.buffer_rgba()))

    def pin(self, numbers):
        """Keep the picture of these numbers as a ghost over all that follow.

        With None the ghost is taken away.
        """
        self.pinned = numbers

    def html(self, numbers, read_out, notes=()):
        """Return the picture at `numbers` as a piece of a page.

        Parameters
        ----------
        numbers : object
            What `update` takes.
        read_out : dict of str to str
            The key numbers, by name, with their units.
        notes : sequence of str
            Lines below the numbers; pieces of HTML.
        """
        width, height = (
            int(POINTS * inches) for inches in self.figure.get_size_inches()
        )
        image = ""
        if not page.is_being_graded():  # most of a lesson's time, no part of a score
            source = base64.b64encode(self.paint(numbers)).decode("ascii")
            alt = html.escape(f"{self.describes} {page.as_text(read_out)}".strip())
            image = (
                f'<img src="data:image/png;base64,{source}" alt="{alt}" '
                f'width="{width}" height="{height}" decoding="sync" '
                f'style="{page.IMAGE}">'
            )
        lines = "".join(f'<p style="{page.NOTE}">{note}</p>' for note in notes)
        return (
            f'<figure class="mathjax_ignore" style="margin:0;max-width:{width}px">'
            f"{image}<figcaption>{page.meters(read_out)}{lines}</figcaption></figure>"
        )

    def _current_limits(self):
        return tuple((axes.get_xlim(), axes.get_ylim()) for axes in self.figure.axes)

    def _lay_out(self):
        if self.figure.axes:
            self.figure.get_layout_engine().execute(self.figure)
        self.figure.set_layout_engine("none")

    def _background(self, setting):
        """Return all that does not move, drawn once for each setting and its limits."""
        key = setting, self._current_limits()
        if key not in self._backgrounds:
            if len(self._backgrounds) == KEPT:
                del self._backgrounds[next(iter(self._backgrounds))]
            self.canvas.draw()
            region = self.canvas.copy_from_bbox(self.figure.bbox)
            self._backgrounds[key] = region
        return self._backgrounds[key]

    def _paint_ghosts(self, numbers):
        limits = self._current_limits()
        self.update(self.pinned)
        for axes, (xlim, ylim) in zip(self.figure.axes, limits, strict=True):
            axes.set(xlim=xlim, ylim=ylim)
        for artist in self.moving:
            _paint_ghost(artist, self._draw)
        self.update(numbers)

    def _draw(self, artist):
        if is_plain(artist):
            self._texts.draw(artist)
        else:
            (artist.axes or self.figure).draw_artist(artist)


def png_bytes(pixels):
    """Encode an image of shape (height, width, 3 or 4), uint8, as PNG.

    Twice as fast as Pillow at the same size: one filter for all rows, because the
    rows of a drawing are much alike, and the quickest compression.
    """
    height, width, _ = pixels.shape
    rows, filtered = _memory_for(height, width)
    for channel in range(3):  # seven times as fast as copying all three at once
        rows[..., channel] = pixels[..., channel]
    rows = rows.reshape(height, width * 3)
    filtered[:, 0] = 2  # PNG's filter "up": what changed since the row above
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(filtered, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


@lru_cache(maxsize=4)
def _memory_for(height, width):
    """Return room for an image's rows, and for the differences between them.

    Kept, because new memory of this size costs a third of the encoding.
    """
    rows = np.empty((height, width, 3), np.uint8)
    return rows, np.empty((height, width * 3 + 1), np.uint8)


def _paint_ghost(artist, draw):
    """Paint an artist as a quiet, dotted trace of itself, and restore its looks."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    if isinstance(artist, Text) or artist.get_gid() == STEADY:
        return
    if isinstance(artist, Line2D):
        look = {
            "color": plots.PINNED,
            "linestyle": (0, (1, 1.2)) if artist.get_linestyle() != "None" else "None",
            "markerfacecolor": "none",
            "markeredgecolor": plots.PINNED,
        }
    elif isinstance(artist, Patch):
        look = {"facecolor": "none", "edgecolor": plots.PINNED, "linestyle": ":"}
        look |= {"hatch": "", "linewidth": 1.6}
    else:
        look = {"alpha": 0.3}
    before = {name: getattr(artist, f"get_{name}")() for name in look}
    artist.set(**look)
    draw(artist)
    artist.set(**before)


def _png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + _crc(kind + data)


def _crc(data):
    return struct.pack(">I", zlib.crc32(data))
