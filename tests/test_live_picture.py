import io
import re
import subprocess
import sys

import numpy as np
import pytest
from IPython import display as ipython_display
from PIL import Image

from course_lib import cards, page, plots, workbench
from course_lib.explorers.explorer import Choice, Explorer, Slider, Stops
from course_lib.live_picture import KEPT, LivePicture, png_bytes
from course_lib.predictions import Card

rng = np.random.default_rng(0)


def build(figure):
    axes = figure.subplots()
    plots.style_axes(axes, "x", "y", xlim=(0, 1), ylim=(0, 1))
    line = plots.draw_line(axes, [0, 1], [0, 0])

    def update(numbers):
        line.set_ydata([numbers["y"]] * 2)
        axes.set_ylim(0, numbers.get("top", 1))

    return [line], update


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def explorer(**changes):
    settings = {
        "title": "Half",
        "model": lambda y, half: {"y": half(y)},
        "build": build,
        "read_out": lambda numbers: {"half": f"{numbers['y']:.2f} V"},
        "describes": "A level line.",
        "controls": [Slider("y", "level (V)", 0.0, 1.0, 0.5)],
        "uses": {"half": lambda value: value / 2},
        "size": (3, 2),
    }
    return Explorer(**settings | changes)


class Handle:
    def __init__(self):
        self.shown = []

    def update(self, shown):
        self.shown.append(shown.data)


@pytest.fixture
def screen(monkeypatch):
    """Stand in for a notebook in which somebody moves sliders."""
    handle = Handle()
    shown = []

    def display(*things, display_id=None, raw=False):
        shown.append(things[0])
        return handle if display_id else None

    monkeypatch.setattr(ipython_display, "display", display)
    monkeypatch.setattr(page, "is_headless", lambda: False)
    monkeypatch.setattr(cards, "is_headless", lambda: False)
    handle.all = shown
    return handle


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- the picture


def test_png_holds_the_very_pixels():
    image = rng.integers(0, 256, size=(7, 5, 4)).astype(np.uint8)
    np.testing.assert_array_equal(pixels(png_bytes(image)), image[..., :3])


def test_a_picture_leaves_nothing_of_itself_in_the_next_of_its_size():
    images = rng.integers(0, 256, size=(2, 7, 5, 4)).astype(np.uint8)
    encoded = [png_bytes(image) for image in images]
    for image, png in zip(images, encoded, strict=True):
        np.testing.assert_array_equal(pixels(png), image[..., :3])


def test_a_repainted_picture_equals_one_drawn_anew():
    picture = LivePicture(build, (3, 2))
    picture.paint({"y": 0.2})
    moved = pixels(picture.paint({"y": 0.8}))
    fresh = pixels(LivePicture(build, (3, 2)).paint({"y": 0.8}))
    np.testing.assert_array_equal(moved, fresh)
    assert np.any(moved != pixels(picture.paint({"y": 0.2})))


def test_new_limits_draw_new_ticks():
    picture = LivePicture(build, (3, 2))
    before = pixels(picture.paint({"y": 0.5}))
    after = pixels(picture.paint({"y": 50, "top": 100}))
    fresh = pixels(LivePicture(build, (3, 2)).paint({"y": 50, "top": 100}))
    np.testing.assert_array_equal(after, fresh)
    assert np.any(after[:, :60] != before[:, :60])  # the tick labels at the left


def test_what_a_setting_decides_is_drawn_once_for_each_setting():
    drawings = []

    def build_with_map(figure):
        artists, update = build(figure)
        (rest,) = figure.axes[0].plot([0, 1], [0, 0])
        draw, rest.draw = rest.draw, lambda *_: drawings.append(1) or draw(*_)

        def update_all(numbers):
            update(numbers)
            rest.set_ydata([numbers["rest"]] * 2)

        return artists, update_all, lambda numbers: numbers["rest"]

    picture = LivePicture(build_with_map, (3, 2))
    shown = [(0.2, 0.5), (0.4, 0.5), (0.4, 0.9), (0.2, 0.5), (0.2, 0.9)]
    painted = [picture.paint({"y": y, "rest": rest}) for y, rest in shown]
    assert painted[0] == painted[3] and len(set(painted)) == 4
    assert len(drawings) == 2


def test_axes_stay_where_they_are_and_old_backgrounds_are_let_go():
    picture = LivePicture(build, (3, 2))
    picture.paint({"y": 0.5})
    place = picture.figure.axes[0].get_position().bounds
    for top in range(2, 40):
        last = picture.paint({"y": 0.5, "top": 10.0**top})
    assert picture.figure.axes[0].get_position().bounds == place
    assert len(picture._backgrounds) == KEPT
    again = picture.paint({"y": 0.5, "top": 10.0**39})
    assert again == last != picture.paint({"y": 0.5, "top": 1e38})


def test_a_pin_leaves_a_ghost_until_it_is_taken_out():
    picture = LivePicture(build, (3, 2))
    plain = pixels(picture.paint({"y": 0.8}))
    picture.pin({"y": 0.2})
    ghosted = pixels(picture.paint({"y": 0.8}))
    assert np.any(ghosted != plain)
    picture.pin(None)
    np.testing.assert_array_equal(pixels(picture.paint({"y": 0.8})), plain)


def test_the_page_says_in_words_what_the_picture_shows():
    picture = LivePicture(build, (3, 2), "A level line <here>.")
    text = picture.html({"y": 0.5}, {"level": "0.50 V"}, ["a note"])
    assert 'alt="A level line &lt;here&gt;. level 0.50 V"' in text
    assert 'width="300" height="200"' in text
    assert "0.50 V</div>" in text and "a note" in text


def test_neither_pyplot_nor_widgets_are_imported_before_they_are_shown():
    code = (
        "import sys; from course_lib import explorers; "
        "explorers.loss_scale._logit_scale().html(); "
        "sys.exit('matplotlib.pyplot' in sys.modules or 'ipywidgets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# ---- the explorer


def test_the_model_gets_the_slider_values():
    assert explorer().numbers() == {"y": 0.25}
    assert explorer().numbers(y=1.0) == {"y": 0.5}


def test_an_adopted_function_computes_and_the_badge_says_so():
    one = explorer()
    assert "the course's <code>half</code>" in one.html()
    workbench.adopt("half", lambda value: value / 2 + 0.1)
    assert one.numbers() == {"y": 0.35}
    assert "your <code>half</code>" in one.html()


def test_moving_a_slider_puts_a_new_picture_in_the_old_ones_place(screen):
    one = explorer()
    one.show()
    one._widgets["y"].value = 0.8
    assert "0.40 V" in screen.shown[-1]
    assert screen.shown[0] != screen.shown[-1]


def test_an_exception_is_shown_and_the_next_good_value_repairs(screen):
    def half(value):
        if value > 0.9:
            raise ArithmeticError("too <much>")
        return value / 2

    one = explorer(uses={"half": half})
    one.show()
    one._widgets["y"].value = 1.0
    assert "ArithmeticError: too &lt;much&gt;" in screen.shown[-1]
    assert 'role="alert"' in screen.shown[-1]
    one._widgets["y"].value = 0.4
    assert "0.20 V" in screen.shown[-1]


def test_reset_goes_back_to_the_first_values(screen):
    one = explorer()
    one.show()
    one._widgets["y"].value = 0.8
    one.reset()
    assert one._widgets["y"].value == 0.5
    assert one.numbers() == {"y": 0.25}


def test_pinning_overlays_the_next_picture_and_reset_ends_it(screen):
    one = explorer()
    one.show()
    one._pin_button.value = True
    assert one._picture.pinned == {"y": 0.25}
    one.reset()
    assert one._picture.pinned is None
    assert one._pin_button.value is False


def test_chance_is_the_same_at_each_move_until_another_draw():
    one = explorer(model=lambda y, half, rng: {"y": rng.random()}, seed=3)
    first = one.numbers()
    assert one.numbers(y=0.9) == first
    one._draw_again(1)
    assert one.numbers() != first
    one._draw_again(None)
    assert one.numbers() == first


def test_actions_change_what_the_model_gets(screen):
    def step(explorer):
        explorer.extra["path"] = [*explorer.extra["path"], explorer.values["y"]]

    one = explorer(
        model=lambda y, half, path: {"y": y / (1 + len(path))},
        extra={"path": []},
        actions={"Step": step},
    )
    one.show()
    one._press(step)(None)
    assert "0.25 V" in screen.shown[-1]
    one.reset()
    assert one.extra == {"path": []}


def test_nothing_is_shown_before_the_prediction_is_committed(screen):
    card = Card("half", "What is half of it?", ["less", "more"], truth="less")
    one = explorer(card=card)
    one.show()
    assert screen.shown == []
    assert not any("<img" in str(thing) for thing in screen.all)
    card.commit("more")
    assert "<img" in screen.shown[-1]
    assert "You predicted: <strong>more</strong>" in screen.shown[-1]


def test_the_truth_is_shown_once_most_of_the_range_was_seen(screen):
    card = Card("half", "What?", ["less", "more"], truth="less", because="It halves.")
    one = explorer(card=card)
    card.commit("less")
    one.show()
    one._widgets["y"].value = 0.6
    assert "It halves." not in screen.shown[-1]
    one._widgets["y"].value = 1.0
    one._widgets["y"].value = 0.0
    assert (
        "Measured: <strong>less</strong>, as you said. It halves." in screen.shown[-1]
    )


def test_without_widgets_card_and_picture_are_there_at_once(monkeypatch):
    shown = []
    monkeypatch.setattr(ipython_display, "display", lambda thing: shown.append(thing))
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    explorer(card=Card("half", "What?", ["less", "more"], truth="less")).show()
    assert "What?" in shown[0].data and "less" in shown[0].data
    assert re.search(r'<img src="data:image/png[^>]* alt="A level line', shown[1].data)


def test_sliders_take_whole_numbers_logs_and_named_choices():
    import ipywidgets

    count = Slider("n", "examples", 1, 64, 8).widget(ipywidgets)
    assert isinstance(count, ipywidgets.IntSlider)
    rate = Slider("r", "rate", 0.001, 10.0, 0.1, log=True)
    assert rate.widget(ipywidgets).value == pytest.approx(0.1)
    assert rate.share([0.001, 10.0]) == pytest.approx(1)
    assert rate.share([0.1]) == 0
    kept = Stops("r", "rate", (0.001, 0.1, 5), 0.1)
    assert kept.widget(ipywidgets).label == "0.1"
    assert kept.share([0.1, 5]) == 0.5 and kept.share([5]) == 0
    choice = Choice("f", "function", {"twice": 2, "thrice": 3}, 2)
    assert choice.widget(ipywidgets).label == "twice"
    assert choice.share([2]) == 0.5


def test_a_graded_run_gets_the_numbers_and_builds_no_picture(monkeypatch):
    built = []

    def build(figure):
        built.append(figure)
        return [], lambda numbers: None

    monkeypatch.setenv("COURSE_GRADING", "1")
    shown = LivePicture(build).html(None, {"loss": "2.30 nats"})
    assert "2.30 nats" in shown and "<img" not in shown and not built
    monkeypatch.delenv("COURSE_GRADING")
    assert "<img" in LivePicture(build).html(None, {"loss": "2.30 nats"}) and built
