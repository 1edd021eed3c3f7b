"""The picture of one exercise's mistakes: in words, attempt by attempt, and now."""

import textwrap

from course_lib import plots
from grader.class_pictures import picture

ROW = 0.5  # inches, of one line
MOST_ROWS = 12  # misconceptions in a picture; the table has all


def mistakes_picture(row, learners):
    """Return the misconceptions of one exercise: now, before, attempt by attempt.

    Parameters
    ----------
    row : ExerciseReport
    learners : int
        How many are graded.
    """
    shown = row.misconceptions[:MOST_ROWS]
    height = ROW * (len(shown) + 1) + 0.55
    alt = f"{row.name}: {row.statuses['right']} of {learners} right. " + " ".join(
        f"{len(one.now)} now and {len(one.before)} before: {one.words}" for one in shown
    )

    def draw(figure):
        table = _Table(figure, row, learners, shown)
        table.draw_head()
        for k, one in enumerate(shown, 1):
            table.draw_misconception(k, one)

    return picture(draw, alt, height, layout=None)


class _Table:
    """The picture of an exercise's mistakes: a line each, with words, cells, a bar."""

    CELLS, CELL, END = 47.0, 5.4, 99.5  # in hundredths of the width

    def __init__(self, figure, row, learners, shown):
        self.row, self.learners = row, learners
        self.columns = len(row.graded) if len(row.graded) > 1 else 0
        self.bars = self.CELLS + self.CELL * self.columns + 2 * bool(self.columns)
        longest = max((one.ever for one in shown), default=1)
        self.scale = (self.END - self.bars - 13.5) / max(longest, 1)
        self.axes = axes = figure.add_axes((0.012, 0.0, 0.976, 1.0))
        axes.set_axis_off()
        axes.set(xlim=(0, 100), ylim=(len(shown) + 0.5, -1.6))

    def draw_head(self):
        """Draw what the columns mean, and the line of those who are right."""
        right = self.row.statuses["right"]
        look = {"fontsize": 9, "color": plots.QUIET, "va": "center"}
        for k in range(self.columns):
            place = self.CELLS + self.CELL * (k + 0.5)
            self.axes.text(place, -1.15, ordinal(k, self.columns), ha="center", **look)
            words = f"of {self.row.graded[k]}"
            self.axes.text(place, -0.68, words, ha="center", **look)
        if self.columns:
            words = "attempt"
            self.axes.text(self.CELLS - 1.5, -1.15, words, ha="right", **look)
        self.axes.text(self.bars, -0.9, f"now, of {self.learners}", **look)
        self.axes.text(0, 0, "✓ Right", va="center", weight="bold", color=plots.GREEN)
        self._draw_cells(0, self.row.right, plots.GREEN)
        self.axes.text(
            self.bars, 0, str(right), va="center", weight="bold", color=plots.GREEN
        )
        self.axes.axhline(0.5, color=plots.GRID, lw=1)

    def draw_misconception(self, y, one):
        """Draw one line."""
        color = plots.QUIET if one.is_unfinished else plots.VERMILION
        style = "italic" if one.is_unfinished else "normal"
        words = short(one.words)
        self.axes.text(0, y, words, va="center", fontsize=9.3, style=style)
        self._draw_cells(y, one.columns, color)
        now, before = len(one.now) * self.scale, len(one.before) * self.scale
        self.axes.barh(y, now, 0.46, self.bars, color=color)
        look = {"facecolor": plots.PAPER, "edgecolor": color, "hatch": "////"}
        if before:
            self.axes.barh(y, before, 0.46, self.bars + now, lw=1, **look)
        said = f"{len(one.now)}" + f"  ({len(one.before)} before)" * bool(one.before)
        place = self.bars + now + before + 1
        self.axes.text(place, y, said, va="center", fontsize=9.5)

    def _draw_cells(self, y, counts, color):
        from matplotlib.patches import Rectangle

        for k in range(self.columns):
            share = counts[k] / max(self.row.graded[k], 1)
            corner = self.CELLS + self.CELL * k + 0.2, y - 0.4
            shade = min(1.0, 0.08 + 0.92 * share**0.5) if counts[k] else 0.0
            look = {"facecolor": color, "alpha": shade, "edgecolor": "none"}
            self.axes.add_patch(Rectangle(corner, self.CELL - 0.4, 0.8, **look))
            ink = plots.PAPER if shade > 0.55 else plots.INK
            said = str(counts[k]) if counts[k] else "·"
            place = self.CELLS + self.CELL * (k + 0.5)
            self.axes.text(
                place, y, said, ha="center", va="center", fontsize=9.5, color=ink
            )


def ordinal(k, columns):
    """Return the head of an attempt's column: "1st"; of the last of many, "5th+"."""
    words = ("1st", "2nd", "3rd", "4th", "5th")[k]
    return f"{words}+" if k == 4 and columns == 5 else words


def short(words, width=56, lines=2):
    """Return the first sentence of a text, wrapped, and cut where it is long."""
    first = first_sentence(words)
    wrapped = textwrap.wrap(first, width, max_lines=lines, placeholder=" …")
    return "\n".join(wrapped)


def first_sentence(words):
    """Return the first sentence of a text, without its full stop and backticks."""
    return words.replace("`", "").partition(". ")[0].rstrip(".")
