"""What a move of each explorer costs the kernel, beside one line on empty axes.

Processor time, so that it holds on a busy machine too; `benchmarks/sliders.py` has the
rest of the way, to the painted picture.
"""

import itertools
import time

import pytest

from course_lib import explorers, plots
from course_lib.contact_sheet import shown_by
from course_lib.explorers.explorer import Explorer, Slider
from course_lib.live_picture import LivePicture

MOST = 12  # times a picture of one line, of which PNG is the larger part
ROUNDS = 4


def cpu(function):
    """Return the least processor time of some calls, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def one_line(figure):
    axes = figure.subplots()
    plots.style_axes(axes, "x", "y", xlim=(0, 1), ylim=(0, 1))
    line = plots.draw_line(axes, [0, 1], [0, 0])
    return [line], lambda height: line.set_ydata([height, height])


@pytest.fixture(scope="module")
def least():
    picture = LivePicture(one_line)
    return cpu(lambda: picture.html(0.5, {"y": "0.5"}))


def drawn(explorer, **values):
    """Return the processor time of drawing, without the model."""
    explorer.html(**values)
    numbers = explorer.numbers(**values)
    read_out = explorer.read_out(numbers)
    return cpu(lambda: explorer._picture.html(numbers, read_out))


def ends(control):
    """Return both ends of a slider, or all that a dropdown offers but the start."""
    if isinstance(control, Slider):
        return control.low, control.high
    options = control.options
    options = options.values() if isinstance(options, dict) else options
    return [value for value in options if value != control.start][:2]


@pytest.mark.full
@pytest.mark.parametrize("module", explorers.MODULES)
def test_a_move_is_drawn_in_the_time_of_a_few_lines(module, least):
    found = getattr(explorers, module)
    for name in getattr(found, "__all__", ()):
        for explorer in shown_by(module, name):
            for control in explorer.controls[:1]:
                for value in ends(control):
                    # A busy machine's caches are cold: the best of a few tries counts.
                    tries = (drawn(explorer, **{control.name: value}) for _ in "123")
                    quick = any(spent < MOST * least for spent in tries)
                    assert quick, (name, control.name, value)


def test_a_picture_of_many_new_words_is_found_too_slow(least):
    def build(figure):
        axes = figure.subplots()
        words = [axes.text(k % 12 / 12, k // 12 / 30, "") for k in range(320)]
        numbers = itertools.count()

        def update(_):
            for word in words:
                word.set_text(f"{next(numbers)}")

        return words, update

    slow = Explorer("Slow", lambda x: x, build, lambda x: {"x": "1"}, "Words.")
    slow.values = {"x": 1.0}
    assert drawn(slow) > MOST * least
