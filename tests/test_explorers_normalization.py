import numpy as np
import pytest

from course_lib import explorers, normalization, workbench
from course_lib.explorers import normalization_axes as axes
from course_lib.explorers import normalization_five as five
from course_lib.explorers import normalization_modes as modes
from course_lib.explorers import normalization_rescue as rescue
from course_lib.explorers import normalization_ticket as ticket

EXPLORERS = (
    five._five_examples,
    modes._whose_statistics,
    axes._axes,
    rescue._rescue,
)


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- five examples


@pytest.mark.parametrize("a", np.linspace(five.LOWEST, five.HIGHEST, 7))
def test_the_three_paths_add_up_to_the_blame_and_it_sums_to_zero(a):
    numbers = five._five_examples().numbers(a=a)
    np.testing.assert_allclose(numbers["paths"].sum(axis=0), numbers["dx"], atol=1e-12)
    np.testing.assert_allclose(numbers["dx"].sum(), 0, atol=1e-15)


def test_all_five_outputs_move_when_one_input_does():
    explorer = five._five_examples()
    before, after = explorer.numbers(a=3.0), explorer.numbers(a=5.0)
    assert np.abs(after["y"] - before["y"]).min() > 0.01
    assert np.sum(after["x"] != before["x"]) == 1


@pytest.mark.parametrize("a", [-1e3, five.LOWEST, five.HIGHEST, 1e3])
def test_no_output_of_five_is_farther_out_than_two(a):
    numbers = five._five_examples().numbers(a=a)
    assert np.abs(numbers["y"]).max() <= 2


# ---- two modes


@pytest.mark.full
@pytest.mark.parametrize("seed", range(5))
def test_a_batch_of_one_in_training_reads_like_chance(seed):
    forward = normalization.batchnorm_forward
    assert modes.share_right(1, True, forward, seed) < 0.15
    assert modes.share_right(1, False, forward, seed) > 0.96


def test_company_matters_in_training_and_not_in_evaluation():
    explorer = modes._whose_statistics()
    spread = {
        size: np.ptp(explorer.numbers(batch_size=size)["probs"]) for size in (2, 8, 64)
    }
    assert spread[2] > spread[8] > spread[64] > 0.2
    assert spread[2] > 0.9
    assert np.ptp(explorer.numbers(training=False)["probs"]) < 1e-12


# ---- two axes


@pytest.mark.parametrize("norm, larger", [("layer", "example"), ("batch", "feature")])
def test_what_shares_a_frame_with_itself_alone_is_forgotten(norm, larger):
    numbers = axes._axes().numbers(norm=norm, larger=larger, times=20.0)
    assert numbers["moved"] < 1e-3
    assert numbers["others"] == 0


@pytest.mark.parametrize("norm, larger", [("batch", "example"), ("layer", "feature")])
def test_along_the_other_axis_the_neighbours_move(norm, larger):
    numbers = axes._axes().numbers(norm=norm, larger=larger, times=20.0)
    assert numbers["moved"] > 0.5
    assert numbers["others"] > 0.5


# ---- the rescue


@pytest.mark.parametrize("seed", range(5))
def test_sigmoid_layers_make_examples_alike_and_batch_normalization_does_not(seed):
    for patient in list(rescue.PATIENTS)[:2]:
        none, batch, layer = rescue._rescue().numbers(patient=patient, seed=seed)[
            "spreads"
        ]
        assert none[-1] < 1e-5
        assert layer[-1] < 1e-3 * batch[-1]
        np.testing.assert_allclose(batch, 0.38, atol=0.03)


def test_labels_are_pushed_apart_and_keep_their_order():
    places = rescue._apart([0.36, 0.36, -0.1])
    assert places[2] == -0.1
    assert sorted(places)[1:] == pytest.approx([0.36, 0.53])


# ---- the pictures


ENDS = [
    (five._five_examples, {"a": five.LOWEST}, {"a": five.HIGHEST}),
    (
        modes._whose_statistics,
        {"batch_size": 1, "training": True},
        {"batch_size": modes.LARGEST, "training": False},
    ),
    (
        axes._axes,
        {"times": 0.2, "norm": "batch", "larger": "example"},
        {"times": 20.0, "norm": "layer", "larger": "feature"},
    ),
    (rescue._rescue, *({"patient": p} for p in list(rescue.PATIENTS)[1:])),
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


@pytest.mark.parametrize("make", EXPLORERS[:3])
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
    truth = card.truth() if callable(card.truth) else card.truth
    assert truth in card.choices if card.choices else 0 < truth < 0.15


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    for show in (
        explorers.normalization.five_examples,
        explorers.normalization.whose_statistics,
        explorers.normalization.axes,
        explorers.normalization.rescue,
        explorers.normalization.good_and_bad,
        explorers.normalization.five_questions,
    ):
        assert show() is None


@pytest.mark.full
def test_the_ticket_shows_two_losses_of_the_same_digits():
    numbers = ticket.run_of(False)
    words = ticket._read(numbers)
    assert words["running means"] == "0.00 to 0.00"
    assert words["running variances"] == "1.00 to 1.00"
    assert numbers["losses"][-1] > 5 * numbers["batch_losses"][-34:].mean()
