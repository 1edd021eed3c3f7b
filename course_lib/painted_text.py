"""Texts of a live picture, painted once for each way they look.

Setting letters is the slowest part of repainting: a millisecond a text. Most texts of
a picture are the same before and after a move, and those are pasted.
"""

from functools import lru_cache

import numpy as np

KEPT = 500  # images of texts of one picture, about ten kilobytes each
_MARGIN = 4  # pixels around a text that its box and its smooth edges may reach


class PaintedTexts:
    """The texts of one figure, with what they looked like when they were painted.

    They stand on whole pixels, so that one that only moves is pasted as well.

    Parameters
    ----------
    canvas : matplotlib.backends.backend_agg.FigureCanvasAgg
    """

    def __init__(self, canvas):
        self._canvas = canvas
        self._images = {}  # looks -> (pixels, x, y); the oldest comes first

    def draw(self, text):
        """Draw a text on the canvas, from its kept image if it looks the same.

        Parameters
        ----------
        text : matplotlib.text.Text
            One for which `is_plain` is true.
        """
        renderer = self._canvas.get_renderer()
        if not text.get_visible() or not text.get_text() or _is_left_out(text):
            return
        if hasattr(text, "update_positions"):  # a label beside a point
            text.update_positions(renderer)
        looks = _looks(text)
        if looks not in self._images:
            if len(self._images) == KEPT:
                del self._images[next(iter(self._images))]
            self._images[looks] = self._paint(text)
        pixels, right, up = self._images[looks]
        x, y = np.rint(_place(text)).astype(int)
        if pixels.size:
            renderer.draw_image(renderer.new_gc(), x + right, y + up, pixels)

    def _paint(self, text):
        """Return a text's own pixels, and from its place to their lower left corner."""
        from matplotlib.text import Text

        canvas = self._canvas.get_renderer()
        sheet = _empty_sheet(2 * int(canvas.width), 2 * int(canvas.height), canvas.dpi)
        middle = np.array([canvas.width, canvas.height], int)
        before = text.get_position()
        text.set_position(text.get_transform().inverted().transform(middle))
        Text.draw(text, sheet)
        box = text.get_window_extent(sheet)
        if (patch := text.get_bbox_patch()) is not None:
            box = patch.get_window_extent(sheet)
        text.set_position(before)
        left, low = (max(0, int(edge) - _MARGIN) for edge in box.min)
        right, high = (max(0, int(edge) + _MARGIN + 1) for edge in box.max)
        painted = np.asarray(sheet.buffer_rgba())
        height = len(painted)
        part = painted[max(0, height - high) : max(0, height - low), left:right]
        pixels = part[::-1].copy()  # `draw_image` takes rows from below
        part[:] = 0  # the sheet is empty again
        return pixels, left - middle[0], low - middle[1]


def is_plain(artist):
    """Return whether an artist is a text without arrow, clipping or effects."""
    from matplotlib.text import Annotation, Text

    if type(artist) not in (Text, Annotation):
        return False
    has_arrow = getattr(artist, "arrowprops", None) is not None
    clip = artist.get_clip_on() and (artist.get_clip_box() or artist.get_clip_path())
    return not has_arrow and not clip and not artist.get_path_effects()


def _is_left_out(text):
    """Return whether a text is the label of a point that its axes do not show."""
    if getattr(text, "xycoords", None) != "data" or text.get_annotation_clip() is False:
        return False
    return not text.axes.contains_point(text.axes.transData.transform(text.xy))


def _place(text):
    return text.get_transform().transform(text.get_unitless_position())


def _looks(text):
    """Return all that a move can change of how a text looks, wherever it stands."""
    box = text.get_bbox_patch()
    return (
        id(text),
        text.get_text(),
        text.get_fontsize(),
        text.get_fontweight(),
        text.get_color(),
        text.get_alpha(),
        text.get_rotation(),
        text.get_horizontalalignment(),
        text.get_verticalalignment(),
        box and (box.get_facecolor(), box.get_edgecolor(), box.get_linewidth()),
    )


@lru_cache(maxsize=2)
def _empty_sheet(width, height, dpi):
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(width, height, dpi)
