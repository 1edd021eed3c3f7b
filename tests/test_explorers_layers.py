import numpy as np
import pytest

from course_lib import explorers, layers, workbench
from course_lib.explorers import layers_activation as activation
from course_lib.explorers import layers_blame as blame
from course_lib.explorers import layers_shapes as shapes
from course_lib.explorers import layers_ticket as ticket

EXPLORERS = shapes._shapes, blame._blame, activation._activation
LINEAR = {
    "linear_forward": layers.linear_forward,
    "linear_backward": layers.linear_backward,
}


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- shapes


@pytest.mark.parametrize(
    ("left", "right", "is_the"),
    [
        ("x", "W", "y, without b"),
        ("x.T", "dy", "dW"),
        ("dy.T", "x", "dW, transposed"),
        ("dy", "W.T", "dx"),
        ("W", "dy.T", "dx, transposed"),
        ("x", "x.T", "no gradient of this layer"),
    ],
)
def test_a_product_that_exists_is_called_what_it_is(left, right, is_the):
    assert shapes.product(left, right, **LINEAR)["is_the"] == is_the


def test_a_product_that_does_not_exist_is_refused_with_the_reason():
    numbers = shapes.product("x", "dy", **LINEAR)
    assert numbers["shape"] is None
    assert numbers["reason"] == "does not exist: x has 5 columns, dy has 7 rows"
    assert "no product" in shapes._broken(numbers)


def test_a_product_exists_exactly_where_the_inner_sizes_meet():
    known = shapes.arrays()
    for left in shapes.NAMES:
        for right in shapes.NAMES:
            meets = known[left].shape[1] == known[right].shape[0]
            found = shapes.product(left, right, **LINEAR)["shape"]
            assert (found is not None) == meets


# ---- blame


@pytest.mark.parametrize("scale", np.geomspace(blame.SMALLEST, blame.LARGEST, 5))
def test_only_the_labels_cell_is_below_zero_and_each_row_sums_to_zero(scale):
    explorer = blame._blame()
    numbers = explorer.numbers(scale=scale)
    below = numbers["blame"] < 0
    below[np.arange(8), numbers["labels"]] = False
    assert not below.any()
    np.testing.assert_allclose(numbers["blame"].sum(axis=1), 0, atol=1e-12)


def test_seven_of_the_digits_are_right_and_the_last_is_misread():
    logits, labels, _ = blame.eight_digits()
    assert list(logits.argmax(axis=1) == labels) == [True] * 7 + [False]


def test_at_the_largest_scale_only_the_misread_digit_is_blamed():
    table = blame._blame().numbers(scale=blame.LARGEST)["blame"]
    assert np.abs(table[:7]).max() < 0.01
    np.testing.assert_allclose(np.abs(table[7]).max(), 1, atol=0.01)


# ---- activations


def test_the_sigmoid_passes_a_quarter_at_most():
    assert activation.largest_slope() == pytest.approx(0.25)
    numbers = activation._activation().numbers(z=0.0)
    assert (numbers["y"], numbers["slope"]) == (0.5, 0.25)


@pytest.mark.parametrize("kind", activation.PAIRS)
def test_the_slope_shown_is_the_slope_of_the_curve_shown(kind):
    numbers = activation._activation().numbers(kind=kind)
    middle = np.gradient(numbers["outputs"], numbers["over"])
    inside = np.abs(numbers["over"]) > 0.1  # ReLU has a kink at 0
    np.testing.assert_allclose(middle[inside], numbers["slopes"][inside], atol=2e-2)


# ---- the pictures


ENDS = [
    (shapes._shapes, {"left": "x", "right": "dy"}, {"left": "x.T", "right": "dy"}),
    (blame._blame, {"scale": blame.SMALLEST}, {"scale": blame.LARGEST}),
    (activation._activation, {"z": -6.0}, {"z": 6.0}),
    (activation._activation, {"kind": "tanh"}, {"kind": "relu"}),
]


@pytest.mark.full
@pytest.mark.parametrize(("make", "low", "high"), ENDS)
def test_every_explorer_paints_both_ends_and_they_differ(make, low, high):
    explorer = make()
    pages = [explorer.html(**low), explorer.html(**high)]
    assert pages[0] != pages[1]
    for page in pages:
        words = page.split("base64,")[1].split('"', 1)[1]
        assert 'alt="' in words and "nan" not in words


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_explorer_computes_with_the_functions_of_its_lesson(make):
    explorer = make()
    assert "Computed by the course's" in explorer.html()
    for name, function in explorer.uses.items():
        workbench.adopt(name, function)
    assert "Computed by your" in explorer.html()


@pytest.mark.parametrize("make", EXPLORERS)
def test_every_card_knows_its_truth(make):
    card = make().card
    assert card.because
    assert card.truth() in card.choices if card.choices else card.truth() == 0.25


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    for show in (
        explorers.layers.shapes,
        explorers.layers.blame,
        explorers.layers.activation,
        explorers.layers.half_learned,
        explorers.layers.five_questions,
    ):
        assert show() is None


def test_the_ticket_reads_what_was_measured():
    readings = ticket._read(ticket.run_of(False))
    assert readings["W1 moved"] == "0.00"
    assert readings["right at the end"] == "0.914"
