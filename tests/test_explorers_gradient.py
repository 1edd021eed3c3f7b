import numpy as np
import pytest

from course_lib import explorers, workbench
from course_lib.explorers import (
    gradient_knobs,
    gradient_learning_rate,
    gradient_random_steps,
    gradient_step_size,
    gradient_ticket,
)
from course_lib.gradients import numerical_gradient
from course_lib.live_picture import LivePicture

MAKERS = [
    gradient_knobs._two_knobs,
    gradient_random_steps._random_steps,
    gradient_step_size._step_size,
    gradient_learning_rate._learning_rate,
]
rng = np.random.default_rng(2)


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


# ---- two knobs


def test_both_columns_of_the_patients_are_standardised():
    x, targets = gradient_knobs.patients()
    assert x.shape == (442, 1) and targets.shape == (442,)
    assert abs(x.mean()) < 1e-12 and x.std() == pytest.approx(1)
    assert abs(targets.mean()) < 1e-12 and targets.std() == pytest.approx(1)


def test_predicting_the_mean_for_everybody_costs_one():
    assert gradient_knobs.loss_at(0.0, 0.0) == pytest.approx(1.0)


def measure(explorer, places):
    for w, b in places:
        explorer.values = {"w": w, "b": b}
        gradient_knobs.measure_here(explorer)


def test_only_a_measurement_costs_a_move():
    explorer = gradient_knobs._two_knobs()
    explorer.html(w=2.0)
    assert len(explorer.numbers(w=1.0)["losses"]) == 1
    measure(explorer, [(0.0, 0.0)])
    numbers = explorer.numbers()
    assert numbers["losses"][-1] == pytest.approx(1.0)
    assert explorer.read_out(numbers)["moves left"] == "11"


def test_the_read_out_says_when_the_knobs_stand_where_nothing_was_measured():
    explorer = gradient_knobs._two_knobs()
    assert "not measured" not in explorer.read_out(explorer.numbers())["knobs"]
    assert "not measured" in explorer.read_out(explorer.numbers(w=2.0))["knobs"]


def test_there_is_no_thirteenth_move_and_reset_gives_all_back():
    explorer = gradient_knobs._two_knobs()
    measure(explorer, [(0.1 * k, 0.0) for k in range(20)])
    assert len(explorer.extra["moves"]) == 13
    explorer.reset()
    assert explorer.extra["moves"] == (gradient_knobs.START,)


@pytest.mark.parametrize(
    ("lowered", "words"), [(0, 0), (4, 0), (5, 1), (8, 1), (9, 2), (12, 2)]
)
def test_the_card_counts_the_moves_that_lowered_the_loss(lowered, words):
    # w from 2.5 towards 0.6 lowers the loss, and back to 2.5 raises it again
    down = [(2.4 - 0.1 * k, 1.0) for k in range(lowered)]
    lowest = down[-1][0] if down else 2.4
    up = [(lowest + 0.5 + 0.1 * k, 1.0) for k in range(12 - lowered)]
    moves = ((2.5, 1.0), *down, *up)
    if not down:
        moves = ((2.5, 1.0), *[(2.6 + 0.1 * k, 1.0) for k in range(12)])
    assert gradient_knobs.times_lowered(moves) == gradient_knobs.TIMES[words]
    assert gradient_knobs.times_lowered(moves[:-1]) is None


def test_the_prediction_is_answered_with_the_last_move():
    explorer = gradient_knobs._two_knobs()
    explorer.card.commit(gradient_knobs.TIMES[0])
    assert "Use up your moves" in explorer.html()
    measure(explorer, [(-1.4 + 0.1 * k, 0.0) for k in range(12)])
    page = explorer.html()
    assert "Use up your moves" not in page and gradient_knobs.TIMES[2] in page


# ---- random steps


def test_all_steps_are_as_long_as_asked():
    numbers = gradient_random_steps.compare_steps(
        0.7, gradient_knobs.mse, gradient_random_steps.mse_gradient, rng
    )
    lengths = np.linalg.norm(numbers["ends"] - gradient_knobs.START, axis=1)
    np.testing.assert_allclose(lengths, 0.7)
    assert np.linalg.norm(numbers["end"] - gradient_knobs.START) == pytest.approx(0.7)


def test_the_gradient_step_goes_against_the_slopes():
    numbers = gradient_random_steps.compare_steps(
        0.1, gradient_knobs.mse, gradient_random_steps.mse_gradient, rng
    )
    moved = numbers["end"] - np.array(gradient_knobs.START)
    assert np.all(np.sign(moved) == -np.sign(numbers["gradient"]))
    assert numbers["loss"] < numbers["before"]


def test_a_learner_s_gradient_of_the_wrong_sign_would_show():
    def uphill(x, targets, w, b):
        dw, db = gradient_random_steps.mse_gradient(x, targets, w, b)
        return -dw, -db

    numbers = gradient_random_steps.compare_steps(0.5, gradient_knobs.mse, uphill, rng)
    assert numbers["n_better"] > 150


# ---- the step of a measurement


def test_the_probed_slopes_are_those_of_the_network():
    loss, w, exact = gradient_step_size.probed("float64")
    assert w.shape == exact.shape == (20,)
    np.testing.assert_allclose(numerical_gradient(loss, w), exact, atol=1e-8)


def test_32_bits_are_computed_in_32_bits():
    network = gradient_step_size.SmallNetwork()
    same = network.weights.astype(np.float32).astype(float)
    assert network.loss(same) != network.loss(same.astype(np.float32))


# ---- the learning rate


def test_the_largest_curvature_of_one_standardised_input_is_two():
    x, _ = gradient_knobs.patients()
    assert gradient_learning_rate.largest_curvature(x) == pytest.approx(2.0)


def test_the_edge_is_drawn_only_when_it_is_asked_for():
    explorer = gradient_learning_rate._learning_rate()
    explorer.extra = {"shows_edge": False}
    numbers = explorer.numbers()
    assert numbers["sweep"] is None
    assert "of the edge" not in explorer.read_out(numbers)
    gradient_learning_rate.show_edge(explorer)
    numbers = explorer.numbers()
    assert numbers["sweep"][0].shape == (60,)
    assert "of the edge" in explorer.read_out(numbers)


def test_a_walk_step_by_step_is_the_run_in_one():
    x, targets = gradient_learning_rate.cholesterol()
    path, losses = gradient_learning_rate.walk(0.3, gradient_learning_rate.train)
    w, _, seen = gradient_learning_rate.train(
        x, targets, np.array(gradient_learning_rate.START), 0.0, 0.3, 40
    )
    np.testing.assert_allclose(losses, seen)
    np.testing.assert_allclose(path[-1], w)


# ---- the ticket


def test_the_ticket_shows_its_symptoms_and_its_truth_is_among_the_choices():
    history = gradient_ticket.run_of(gradient_ticket.BROKEN)
    readings = gradient_ticket._read_stuck_run(history)
    picture = LivePicture(gradient_ticket._build_stuck_run, describes="A run.")
    page = picture.html(history, readings)
    assert (
        "2.33 nats" in page and "nan" not in page.split("base64,")[1].split('"', 1)[1]
    )
    assert "from 2.44 to 4.48" in gradient_ticket._diagnosis()


# ---- the pictures


@pytest.mark.full
@pytest.mark.parametrize(
    ("make", "name", "ends"),
    [
        (MAKERS[0], "w", (-2.5, 2.5)),
        (MAKERS[1], "length", (0.3, 2.0)),
        (MAKERS[2], "step", (1e-13, 1e-1)),
        (MAKERS[2], "numbers", ("float64", "float32")),
        (MAKERS[3], "learning_rate", (0.005, 1.0)),
    ],
)
def test_every_explorer_paints_both_ends_and_they_differ(make, name, ends):
    explorer = make()
    pages = [explorer.html(**{name: end}) for end in ends]
    assert pages[0] != pages[1]
    for page in pages:
        words = page.split("base64,")[1].split('"', 1)[1]
        assert 'alt="' in words and "nan" not in words


@pytest.mark.parametrize("make", MAKERS)
def test_every_explorer_computes_with_the_functions_of_its_lesson(make):
    explorer, called = make(), set()
    explorer.html()  # what is drawn once is drawn by the course

    def spy(name, function):
        def called_function(*arguments):
            called.add(name)
            return function(*arguments)

        return called_function

    for name, function in explorer.uses.items():
        workbench.adopt(name, spy(name, function))
    page = explorer.html()
    assert called == set(explorer.uses) != set()
    assert "Computed by your" in page


@pytest.mark.parametrize("make", MAKERS[1:])
def test_every_card_knows_its_truth(make):
    card = make().card
    assert card.because
    assert card.choices is None or card.truth() in card.choices


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    lesson = explorers.gradient_and_learning_rate
    for show in (
        lesson.two_knobs,
        lesson.random_steps,
        lesson.step_size,
        lesson.learning_rate,
        lesson.stuck_run,
    ):
        assert show() is None
