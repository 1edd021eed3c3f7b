import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from course_lib import plots
from course_lib.plots import tables
from course_lib.plots.bar_row import BarRow

# Viénot, Brettel and Mollon (1999): linear RGB as seen without red or green cones.
WITHOUT_RED = [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.004, -0.004, 1.0]]
WITHOUT_GREEN = [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]


@pytest.fixture
def axes():
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.subplots()


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def luminance(color):
    return linear(color) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("color", [*plots.COLORS, plots.INK, plots.QUIET])
def test_words_in_every_color_can_be_read_on_the_paper(color):
    contrast = (luminance(plots.PAPER) + 0.05) / (luminance(color) + 0.05)
    assert contrast > 4.4  # WCAG AA asks for 4.5 in small and 3 in large letters


@pytest.mark.parametrize("seen", [np.eye(3), WITHOUT_RED, WITHOUT_GREEN])
def test_the_first_three_colors_differ_for_all_eyes(seen):
    for one, other in itertools.combinations(plots.COLORS[:3], 2):
        difference = np.asarray(seen) @ (linear(one) - linear(other))
        assert np.abs(difference).max() > 0.04


def test_color_is_never_the_only_signal(axes):
    looks = [plots.draw_line(axes, [0, 1], [0, 1], series=s) for s in range(6)]
    assert len({str(line._dash_pattern) for line in looks}) == 6
    marks = [plots.draw_marker(axes, 0, 0, s).get_marker() for s in range(6)]
    assert len(set(marks)) == 6
    bars = plots.draw_bars(axes, np.ones(6), list("abcdef"), range(6))
    assert len({bar.get_hatch() for bar in bars}) == 6


def test_axes_get_their_words_and_limits(axes):
    plots.style_axes(axes, "step", "loss (nats)", "Training", (0, 10), (0, 3))
    assert axes.get_xlabel() == "step"
    assert axes.get_ylabel() == "loss (nats)"
    assert axes.get_xlim() == (0, 10)
    assert axes.get_ylim() == (0, 3)


def test_bars_stand_at_their_names(axes):
    bars = plots.draw_bars(axes, [1.0, 2.0], ["left", "right"])
    assert [bar.get_height() for bar in bars] == [1, 2]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["left", "right"]


def drawn(draw):
    """Return the pixels of axes that were drawn on."""
    figure = Figure(figsize=(3, 2))
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(xlim=(-1, 5), ylim=(-3, 3), xticks=[], yticks=[])
    draw(axes)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).astype(int)


@pytest.mark.parametrize("heights", [[1.0, -2.0, 0.5, 2.5], [-1.0, 2.0], []])
def test_a_row_of_bars_looks_like_bars_drawn_one_by_one(heights):
    def one_by_one(axes):
        plots.draw_bars(axes, heights, [""] * len(heights), 1)
        axes.set(xticks=[])

    def as_a_row(axes):
        row = BarRow(axes, range(4), 1)
        row.set_lengths([3.0, 3.0, 3.0, 3.0])  # of which nothing may be left
        row.set_lengths(heights)

    np.testing.assert_array_equal(drawn(as_a_row), drawn(one_by_one))


def test_a_lying_row_looks_like_lying_bars():
    look = {"color": plots.COLORS[2], "hatch": plots.HATCHES[2], "linewidth": 0}
    look |= {"edgecolor": plots.PAPER}

    def as_a_row(axes):
        BarRow(axes, range(3), 2, 0.5, lying=True).set_lengths([2.0, -0.5, 4.0])

    def one_by_one(axes):
        axes.barh(range(3), [2.0, -0.5, 4.0], 0.5, **look)

    np.testing.assert_array_equal(drawn(as_a_row), drawn(one_by_one))


def test_a_histogram_counts(axes):
    # 0.1 and 0.2 fall into the first half, 0.9 into the second
    outline = plots.draw_histogram(axes, [0.1, 0.2, 0.9], [0, 0.5, 1])
    np.testing.assert_array_equal(outline.get_data().values, [2, 1])


def test_a_reference_line_is_named_beside_itself(axes):
    line = plots.draw_reference(axes, 2.3, "ln 10")
    assert line.get_ydata() == [2.3, 2.3]
    assert [text.get_text() for text in axes.texts] == ["ln 10"]
    upright = plots.draw_reference(axes, 0.5, vertical=True)
    assert upright.get_xdata() == [0.5, 0.5]


def test_a_label_has_the_color_of_its_series(axes):
    assert plots.draw_label(axes, 0, 0, "loss", 1).get_color() == plots.VERMILION
    assert plots.draw_label(axes, 0, 0, "loss").get_color() == plots.INK


def test_numbers_of_a_table_stand_in_the_middle_of_their_cells(axes):
    table = tables.Table(axes, 2, 2, most=1)
    table.show([[0.5, -0.001], [-1.0, 0.25]])
    assert table.numbers.texts == ["+0.50", "0", "−1.00", "+0.25"]
    dark, light = plots.PAPER, plots.INK
    assert table.numbers.colors == [light, light, dark, light]
    axes.set_axis_off()
    table.cells.set_visible(False)
    axes.figure.canvas.draw()
    inked = np.asarray(axes.figure.canvas.buffer_rgba())[..., 0] < 160
    height, width = inked.shape
    for x, y in [(0, 0), (1, 0), (1, 1)]:
        place = axes.transData.transform((x, y)) * [1, -1] + [0, height]
        rows, columns = np.nonzero(inked)
        near = np.hypot(columns - place[0], (rows - place[1]) * 2) < 40
        assert near.sum() > 15
        assert abs(columns[near].mean() - place[0]) < 4
        assert abs(rows[near].mean() - place[1]) < 4


def test_numbers_look_as_matplotlib_sets_them(axes):
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    axes.set_axis_off()
    numbers = tables.Numbers(axes, [(0, 0)], fontsize=30)
    numbers.show(["−12.5"])
    axes.figure.canvas.draw()
    ours = np.asarray(axes.figure.canvas.buffer_rgba())[..., 0].astype(float)
    numbers.remove()
    axes.text(0, 0, "−12.5", fontsize=30, ha="center", va="center", color=plots.INK)
    axes.figure.canvas.draw()
    theirs = np.asarray(axes.figure.canvas.buffer_rgba())[..., 0].astype(float)
    ink = (255 - ours).sum(), (255 - theirs).sum()
    assert ink[0] == pytest.approx(ink[1], rel=0.1)
    # A minus hangs a little higher or lower; the columns are the same to a pixel.
    ends = [
        np.nonzero((image < 128).any(axis=0))[0][[0, -1]] for image in (ours, theirs)
    ]
    np.testing.assert_allclose(*ends, atol=2)


def test_a_digit_is_drawn_upright(axes):
    pixels = np.arange(64.0)
    image = plots.draw_digit(axes, pixels)
    assert image.get_array()[0, 1] == 1
    assert image.get_array()[1, 0] == 8
