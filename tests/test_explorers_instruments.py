import numpy as np
import pytest

from course_lib import explorers, instruments, workbench
from course_lib.explorers import instruments_bench as bench
from course_lib.explorers import instruments_matrix as matrix
from course_lib.explorers import instruments_picture as pictures
from course_lib.explorers import instruments_ticket as tickets
from course_lib.faults import FAULTS, HEALTHY
from course_lib.live_picture import LivePicture


@pytest.fixture(autouse=True)
def clean_bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbench.dismiss()
    yield
    workbench.dismiss()


def number_of(name):
    return next(k for k in range(1, 31) if bench.hidden(k).name == name)


def at(name, instrument="shapes", said=bench.QUIET):
    explorer = bench._fault_bench()
    explorer.values |= {
        "number": number_of(name),
        "instrument": instrument,
        "said": said,
    }
    return explorer


def test_every_fault_hides_behind_one_number_and_not_in_the_listed_order():
    hidden = [bench.hidden(k).name for k in range(1, 31)]
    assert sorted(hidden) == sorted(FAULTS)
    assert hidden != list(FAULTS)


def test_nothing_is_shown_before_it_is_measured():
    numbers = bench._fault_bench().numbers()
    assert numbers["tripped"] == numbers["quiet"] == []
    assert set(numbers["labels"]) == {""}


def test_a_measurement_fills_one_cell_and_costs_its_minutes_once():
    explorer = at("db2 of shape (1, C)")
    bench.measure(explorer)
    bench.measure(explorer)
    numbers = explorer.numbers()
    cell = (number_of("db2 of shape (1, C)"), "shapes")
    assert numbers["tripped"] == [cell] == numbers["surprises"]
    assert numbers["minutes"] == 1
    assert "trips" in numbers["words"] and "(1, 10)" in numbers["words"]


def test_a_right_prediction_leaves_no_ring():
    explorer = at("db2 of shape (1, C)", said=bench.TRIPS)
    bench.measure(explorer)
    assert explorer.numbers()["surprises"] == []
    assert bench._read_bench(explorer.numbers())["predicted right"] == "1 of 1"


def test_naming_the_fault_ends_its_round_and_counts():
    explorer = at("label off by one", "validation")
    bench.measure(explorer)
    explorer.values["name"] = "label off by one"
    bench.name_it(explorer)
    numbers = explorer.numbers()
    assert numbers["found"] == 1 and "label off by one" in numbers["labels"]
    assert numbers["sentence"].endswith(FAULTS["label off by one"].sentence)
    assert bench._read_bench(numbers)["found per hour"] == "3.0"
    explorer.values["name"] = "y - p"
    bench.name_it(explorer)
    assert explorer.numbers()["minutes"] == 20


def test_a_wrong_name_costs_ten_minutes_and_tells_nothing():
    explorer = at("label off by one")
    explorer.values["name"] = "y - p"
    bench.name_it(explorer)
    numbers = explorer.numbers()
    assert (numbers["minutes"], numbers["found"]) == (10, 0)
    assert set(numbers["labels"]) == {""}


def test_a_twin_with_the_same_readings_counts_as_found():
    explorer = at("db2 is zero")
    explorer.values["name"] = "db2 is one number"
    bench.name_it(explorer)
    numbers = explorer.numbers()
    assert numbers["found"] == 1 and "db2 is zero" in numbers["labels"]


def test_reset_gives_an_empty_bench():
    explorer = at("db2 is zero")
    bench.measure(explorer)
    explorer.reset()
    assert explorer.numbers()["minutes"] == 0 and explorer.numbers()["quiet"] == []


@pytest.mark.parametrize("name", instruments.INSTRUMENTS)
def test_every_instrument_of_the_bench_can_be_read(name):
    explorer = at("softmax over the batch", name)
    bench.measure(explorer)
    words = explorer.html().split("base64,")[1].split('"', 1)[1]
    assert "minutes spent" in words


def test_the_bench_measures_with_the_learner_s_functions():
    explorer, called = at("db2 is zero", "first loss"), set()

    def spy(name, function):
        def called_function(*arguments):
            called.add(name)
            return function(*arguments)

        return called_function

    for name, function in explorer.uses.items():
        workbench.adopt(name, spy(name, function))
    for name in instruments.INSTRUMENTS:
        explorer.values["instrument"] = name
        bench.measure(explorer)
    assert called == set(explorer.uses)
    assert "Computed by your" in explorer.html()


def test_the_picture_differs_between_its_ends():
    explorer = at("db2 is zero")
    first, last = explorer.html(number=1), explorer.html(number=30)
    assert first != last


def test_the_card_knows_its_truth():
    assert bench._fault_bench().card.truth() == 15.0


def always_quiet(train_x, use_x, train_h, use_h):
    return False


def test_the_whole_table_has_the_learner_s_own_column():
    runs = [HEALTHY, FAULTS["scaled only in training"], FAULTS["y - p"]]
    quiet = matrix.tripped_by({}, always_quiet, runs)
    assert quiet["healthy"] == quiet["scaled only in training"] == []
    assert set(quiet["y - p"]) == {
        "gradient check",
        "overfit ten",
        "training curve",
        "validation",
    }
    loud = matrix.tripped_by({}, lambda a, b, c, d: b.max() > 4, runs)
    assert loud["healthy"] == [] and loud["scaled only in training"] == ["your own"]


def test_a_deaf_instrument_leaves_its_column_quiet():
    deaf = {"overfits_tiny_batch": lambda train_step, x, labels: train_step(x, labels)}
    found = matrix.tripped_by(deaf, always_quiet, [FAULTS["y - p"]])
    assert "overfit ten" not in found["y - p"]


def test_the_whole_table_is_painted():
    names = [HEALTHY.name, "sound dropout", *FAULTS]
    found = {name: [] for name in names}
    for name, row in pictures.MEASURED.items():
        found[name] = [n for n, x in zip(pictures.NAMES, row, strict=True) if x]
    page = LivePicture(matrix._build, (8.6, 8.6), "A table.").html(
        matrix._numbers(found), matrix._read_out(found)
    )
    assert "27 of 30" in page


def test_three_of_the_twenty_labels_are_wrong():
    _, labels, written = tickets.labels_to_read()
    assert np.flatnonzero(labels != written).tolist() == sorted(tickets.WRONG)


def test_the_ticket_s_network_calls_a_three_a_four():
    said = tickets.symptoms()["said"]
    assert said.argmax() == 4 and said[4] > 0.9 * said.sum()


@pytest.mark.full
def test_everything_is_shown_without_widgets(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    lesson = explorers.instruments
    for show in (lesson.fault_bench, lesson.twenty_labels, lesson.below_chance):
        assert show() is None
