import numpy as np
import pytest
from matplotlib.patheffects import Normal

from course_lib import painted_text, plots
from course_lib.live_picture import LivePicture
from course_lib.painted_text import is_plain

TEXTS = [
    {"x": 0.5, "y": 0.5, "s": "one line"},
    {"x": 0.3, "y": 0.8, "s": "two\nlines, $x^2$", "ha": "center", "alpha": 0.5},
    {"x": 0.7, "y": 0.3, "s": "turned", "rotation": 40, "color": plots.VERMILION},
    {"x": 0.98, "y": 0.03, "s": "over the edge of the figure", "fontsize": 20},
    {
        "x": 0.2,
        "y": 0.2,
        "s": "in a box",
        "bbox": {"fc": "#ddeeff", "boxstyle": "round"},
    },
    {"x": 5.0, "y": 5.0, "s": "outside of it"},
]
LABEL = {"text": "a label", "xytext": (8, 3), "textcoords": "offset points"}


def picture_of(texts):
    """Return a picture whose texts take what `paint` is given, by their place."""

    def build(figure):
        axes = figure.subplots()
        plots.style_axes(axes, "x", "y", xlim=(0, 1), ylim=(0, 1))
        drawn = [
            axes.annotate(**text) if "xy" in text else axes.text(**text)
            for text in texts
        ]

        def update(numbers):
            for place, changes in numbers.items():
                drawn[place].set(**changes)

        return drawn, update

    return LivePicture(build, size=(3, 2))


def painted(picture, numbers):
    """Return the pixels of a picture that was just painted."""
    picture.paint(numbers)
    return np.asarray(picture.canvas.buffer_rgba()).astype(int)


def drawn_anew(picture):
    """Return the pixels that Matplotlib draws without any kept image.

    Its texts stand on parts of pixels, which are rounded first.
    """
    from matplotlib import rc_context

    with rc_context(plots.HOUSE):
        picture.canvas.restore_region(picture._background(None))
        for artist in picture.moving:
            if hasattr(artist, "update_positions"):
                artist.update_positions(picture.canvas.get_renderer())
            there = artist.get_transform()
            place = np.rint(there.transform(artist.get_position()))
            artist.set_position(there.inverted().transform(place))
            artist.axes.draw_artist(artist)
    return np.asarray(picture.canvas.buffer_rgba()).astype(int)


def test_kept_texts_look_as_if_they_were_set_anew():
    picture = picture_of(TEXTS)
    for _ in range(2):  # set, then pasted
        now = painted(picture, {})
        assert np.abs(now - drawn_anew(picture)).max() <= 2
    empty = picture_of([])
    assert (now != painted(empty, {})).any()


@pytest.mark.parametrize(
    "change",
    [
        {"text": "another line"},
        {"x": 0.51},
        {"color": plots.BLUE},
        {"alpha": 0.3},
        {"fontsize": 14},
        {"fontweight": "bold"},
        {"rotation": 90},
        {"ha": "right"},
        {"va": "top"},
        {"bbox": {"fc": plots.PAPER, "ec": plots.BLUE}},
        {"visible": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_text_that_a_move_changed_is_not_taken_for_what_it_was(change):
    picture = picture_of(TEXTS)
    before = painted(picture, {})
    after = painted(picture, {0: change})
    assert (after != before).any()
    assert np.abs(after - drawn_anew(picture)).max() <= 2


def test_of_two_texts_that_say_the_same_each_keeps_its_own_box():
    same = {"x": 0.5, "y": 0.5, "s": "twice"}
    boxes = [{"boxstyle": "round,pad=2", "fc": "#aaccee"}, {"boxstyle": "square,pad=0"}]
    picture = picture_of([same | {"bbox": box} for box in boxes])
    assert np.abs(painted(picture, {}) - drawn_anew(picture)).max() <= 2


def test_only_so_many_images_of_texts_are_kept(monkeypatch):
    monkeypatch.setattr(painted_text, "KEPT", 3)
    picture = picture_of(TEXTS[:1])
    for number in range(10):
        painted(picture, {0: {"text": f"number {number}"}})
    assert len(picture._texts._images) == 3
    assert np.abs(painted(picture, {}) - drawn_anew(picture)).max() <= 2


def test_a_label_follows_its_point_and_is_gone_with_it():
    picture = picture_of([LABEL | {"xy": (0.2, 0.2)}])
    here = painted(picture, {})
    assert np.abs(here - drawn_anew(picture)).max() <= 2
    picture.moving[0].xy = (0.6, 0.5)
    there = painted(picture, {})
    assert len(picture._texts._images) == 1 and (there != here).any()
    assert np.abs(there - drawn_anew(picture)).max() <= 2
    picture.moving[0].xy = (1.5, 0.5)
    np.testing.assert_array_equal(painted(picture, {}), painted(picture_of([]), {}))


def test_texts_with_arrows_clips_or_effects_are_left_to_matplotlib():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert is_plain(axes.text(0, 0, "plain"))
    assert is_plain(axes.annotate("there", (0, 0), (1, 1)))
    assert not is_plain(axes.text(0, 0, "cut", clip_on=True))
    assert not is_plain(axes.text(0, 0, "lit", path_effects=[Normal()]))
    assert not is_plain(axes.annotate("there", (0, 0), (1, 1), arrowprops={}))
    assert not is_plain(axes.plot([0], [0])[0])
