import numpy as np
import pytest

from course_lib import explorers, losses, metrics, workbench
from course_lib.explorers import loss, loss_scale, loss_ticket, toolbox

LESSON = losses.softmax, loss.cross_entropy, metrics.accuracy


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- one prediction, three losses


def test_three_losses_by_hand():
    # p = 1/4 for what happened: (3/4)^2 = 9/16, 3/4, -ln 1/4 = 1.386
    numbers = loss.three_losses(0.25, loss.mse, loss.cross_entropy)
    assert numbers["squared"] == pytest.approx(9 / 16)
    assert numbers["absolute"] == 0.75
    assert numbers["surprise"] == pytest.approx(np.log(4))


def test_only_cross_entropy_charges_more_than_one_for_a_confident_error():
    numbers = loss.three_losses(loss.LOWEST, loss.mse, loss.cross_entropy)
    assert numbers["squared"] < 1 and numbers["absolute"] < 1
    assert numbers["surprise"] == pytest.approx(6.9, abs=0.01)  # as its card says


# ---- the same answers, said louder


def test_accuracy_does_not_move_while_cross_entropy_falls_and_rises():
    runs = [loss_scale.scaled_logits(s, *LESSON) for s in np.geomspace(0.1, 20, 40)]
    assert len({run["accuracy"] for run in runs}) == 1
    charges = np.array([run["loss"] for run in runs])
    lowest = charges.argmin()
    assert 0 < lowest < 39
    assert np.all(np.diff(charges[: lowest + 1]) < 0)
    assert np.all(np.diff(charges[lowest:]) > 0)


def test_the_misread_digit_is_misread():
    logits, labels, row = loss_scale.trained_logits()
    assert logits[row].argmax() != labels[row]


def test_the_trained_network_is_decent_and_always_the_same():
    logits, labels, _ = loss_scale.trained_logits()
    assert metrics.accuracy(logits, labels) == pytest.approx(0.936, abs=0.01)
    loss_scale.trained_logits.cache_clear()
    np.testing.assert_array_equal(loss_scale.trained_logits()[0], logits)


# ---- the ticket


@pytest.mark.parametrize("seed", range(5))
def test_unscaled_pixels_start_far_above_chance(seed):
    broken = loss_ticket.first_measurements(False, seed)
    healthy = loss_ticket.first_measurements(True, seed)
    assert broken["loss"] > 3 * np.log(10)
    assert healthy["loss"] == pytest.approx(np.log(10), abs=0.35)
    assert broken["weight_std"] == healthy["weight_std"]
    assert np.median(broken["surest"]) > 0.9 > np.max(healthy["surest"])


# ---- the pictures


@pytest.mark.full
@pytest.mark.parametrize(
    ("make", "name", "ends"),
    [
        (loss._confident_error, "probability", (loss.LOWEST, loss.HIGHEST)),
        (loss_scale._logit_scale, "scale", (loss_scale.SMALLEST, loss_scale.LARGEST)),
        (toolbox._first_slider, "b0", (-2.0, 2.0)),
    ],
)
def test_every_explorer_paints_both_ends_and_they_differ(make, name, ends):
    explorer = make()
    pages = [explorer.html(**{name: end}) for end in ends]
    assert pages[0] != pages[1]
    for page in pages:
        words = page.split("base64,")[1].split('"', 1)[1]
        assert 'alt="' in words and "nan" not in words


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (loss._confident_error, {"mse", "cross_entropy"}),
        (loss_scale._logit_scale, {"softmax", "cross_entropy", "accuracy"}),
        (toolbox._first_slider, {"add_bias"}),
    ],
)
def test_every_explorer_computes_with_the_functions_of_its_lesson(make, names):
    explorer = make()
    assert set(explorer.uses) == names
    called = set()

    def spy(name, function):
        def called_function(*arguments):
            called.add(name)
            return function(*arguments)

        return called_function

    for name, function in explorer.uses.items():
        workbench.adopt(name, spy(name, function))
    explorer.html()
    assert called == names


@pytest.mark.parametrize(
    "make", [loss._confident_error, loss_scale._logit_scale, toolbox._first_slider]
)
def test_every_card_knows_its_truth(make):
    card = make().card
    assert card.truth() in card.choices and card.because


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    for show in (
        explorers.loss.confident_error,
        explorers.loss.logit_scale,
        explorers.loss.broken_start,
        explorers.toolbox.first_slider,
    ):
        assert show() is None


def test_an_unknown_explorer_is_named_with_those_there_are():
    with pytest.raises(AttributeError, match="'lost'; there are .*loss"):
        _ = explorers.lost


# ---- lesson 0


def test_every_point_moves_by_the_bias():
    numbers = toolbox.shifted_points(1.0, -2.0, toolbox.add_bias)
    moved = numbers["y"] - numbers["x"]
    np.testing.assert_allclose(moved, np.tile([1.0, -2.0], (7, 1)))


def test_the_report_says_what_to_do_where_something_is_off(monkeypatch):
    monkeypatch.setattr(toolbox, "grader_is_running", lambda settings: False)
    report = toolbox.environment_report()
    assert not report.is_well
    assert "python3 course.py lab" in repr(report)
    assert "→" in report._repr_html_()


def test_the_report_is_content_when_all_is_well(monkeypatch):
    monkeypatch.setattr(toolbox, "grader_is_running", lambda settings: True)
    lines = dict(line[:2] for line in toolbox.environment_report().lines)
    assert lines["Grader"].startswith("running")
    assert lines["Python"].startswith("3.")


def test_a_package_of_another_version_is_named(monkeypatch):
    monkeypatch.setattr(toolbox, "_tested_versions", lambda: {"numpy": "0.1"})
    report = toolbox.environment_report()
    steps = {subject: step for subject, _, step in report.lines}
    assert steps["numpy"].startswith("Tested with 0.1.")
    assert steps["matplotlib"] == ""
