from pathlib import Path

import numpy as np
import pytest

from course_lib import data
from course_lib.data import (
    LETTERS,
    SOURCES,
    TICKET_WORDS,
    describe,
    load,
    make_moons,
    make_spirals,
)

NAMES = ["digits", "diabetes", "moons", "spirals"]
PARTS = ("train", "validation", "test")
every_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def sklearn_datasets():
    return pytest.importorskip(
        "sklearn.datasets", reason="needs: pip install scikit-learn"
    )


def test_digits_are_scikit_learns_to_the_last_bit(sklearn_datasets):
    x, labels = sklearn_datasets.load_digits(return_X_y=True)
    raw = load("digits", scaled=False)
    np.testing.assert_array_equal(raw.x, x, strict=True)
    np.testing.assert_array_equal(raw.targets, labels, strict=True)
    np.testing.assert_array_equal(load("digits").x, x / 16)


def test_diabetes_is_scikit_learns_to_the_last_bit(sklearn_datasets):
    for scaled in (True, False):
        expected = sklearn_datasets.load_diabetes(scaled=scaled)
        diabetes = load("diabetes", scaled=scaled)
        np.testing.assert_array_equal(diabetes.x, expected.data, strict=True)
        np.testing.assert_array_equal(diabetes.targets, expected.target, strict=True)
        assert list(diabetes.feature_names) == list(expected.feature_names)


def test_the_shipped_files_are_what_the_script_makes(sklearn_datasets):
    import make_data

    for name in ("digits", "diabetes", "letters"):
        made = getattr(make_data, f"{name}_arrays")()
        with np.load(data.FOLDER / f"{name}.npz", allow_pickle=False) as shipped:
            assert sorted(shipped) == sorted(made)
            for key, array in made.items():
                np.testing.assert_array_equal(shipped[key], array, strict=True)


def test_digits_are_what_the_lessons_say_of_them():
    raw = load("digits", scaled=False)
    assert raw.x.shape == (1797, 64)
    assert (raw.x.min(), raw.x.max()) == (0.0, 16.0)
    assert np.sum(np.ptp(raw.x, axis=0) == 0) == 3  # constant pixels
    counts = np.bincount(raw.targets)
    assert counts.min() == 174
    assert counts.max() == 183


def test_the_parts_of_digits_have_equal_shares_of_each_class():
    digits = load("digits")
    assert [len(digits.part(part).x) for part in PARTS] == [1077, 360, 360]
    for part in PARTS:
        labels = digits.part(part).targets
        shares = np.bincount(labels) / len(labels)
        np.testing.assert_allclose(
            shares, np.bincount(digits.targets) / 1797, atol=0.003
        )


@every_name
def test_the_parts_are_separate_and_together_everything(name):
    dataset = load(name)
    rows = np.concatenate([dataset.rows[part] for part in PARTS])
    assert sorted(rows) == list(range(len(dataset.x)))
    for part in PARTS:
        x, targets = getattr(dataset, part)
        np.testing.assert_array_equal(x, dataset.x[dataset.rows[part]])
        np.testing.assert_array_equal(targets, dataset.targets[dataset.rows[part]])


@every_name
def test_a_data_set_has_clean_arrays_of_double_precision(name):
    dataset = load(name)
    assert dataset.x.dtype == np.float64
    assert np.all(np.isfinite(dataset.x))
    assert dataset.targets.shape == (len(dataset.x),)
    assert len(dataset.feature_names) == dataset.x.shape[1]
    is_regression = name == "diabetes"
    assert dataset.targets.dtype == (np.float64 if is_regression else np.int64)


@every_name
def test_loading_twice_gives_equal_arrays_that_are_not_shared(name):
    first, second = load(name), load(name)
    np.testing.assert_array_equal(first.x, second.x)
    first.x[:] = 0
    assert load(name).x.any()
    assert not np.shares_memory(first.x, second.x)


@every_name
def test_every_data_set_says_where_it_comes_from_and_its_licence(name):
    text = describe(name)
    source = SOURCES[name]
    for fact in (source.title, source.authors, source.licence, source.contents):
        assert fact
        assert fact in text


def test_the_readme_beside_the_files_agrees():
    readme = (data.FOLDER / "README.md").read_text(encoding="utf-8")
    for name in ("digits", "diabetes", "letters"):
        source = SOURCES[name]
        row = next(line for line in readme.splitlines() if f"`{name}.npz`" in line)
        for fact in (source.title, source.authors, str(source.year), source.url):
            assert fact in row
        assert source.licence in row


def test_only_small_files_without_pickles_are_shipped():
    files = sorted(Path(data.FOLDER).glob("*.npz"))
    assert [file.stem for file in files] == ["diabetes", "digits", "letters"]
    for file in files:
        assert file.stat().st_size < 100_000
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[key].dtype.kind in "iuf" for key in arrays)


@pytest.mark.parametrize("function", [load, describe])
def test_an_unknown_name_is_answered_with_the_nearest(function):
    with pytest.raises(ValueError, match="Did you mean 'spirals'"):
        function("spiral")
    with pytest.raises(ValueError, match="digits, diabetes, moons, spirals"):
        function("mnist")


@pytest.mark.parametrize(
    ("name", "first", "last", "sum_of_squares"),
    [
        (
            "moons",
            [0.9298539460649644, 0.25049002434182216],
            [1.3801795017159944, -0.2278110281604634],
            431.2182010830767,
        ),
        (
            "spirals",
            [0.09637168065737167, 0.06199161427843229],
            [0.5781820723483936, 0.28142385864772235],
            112.73236791297491,
        ),
    ],
)
def test_generated_points_are_the_same_everywhere(name, first, last, sum_of_squares):
    x = load(name).x
    # Not to the last bit: that of a cosine is the machine's own.
    np.testing.assert_allclose(x[[0, -1]], [first, last], rtol=1e-12)
    assert np.sum(x**2) == pytest.approx(sum_of_squares, rel=1e-12)


def test_tickets_are_tokens_and_the_same_everywhere():
    tickets = load("tickets")
    assert tickets.x.shape == (900, 4)
    assert tickets.x.dtype == tickets.targets.dtype == np.int64
    words = [TICKET_WORDS[token] for token in [*tickets.x[0], tickets.targets[0]]]
    assert words == ["jam", "roller", "toner", "drum", "toner"]
    assert [len(tickets.part(name).x) for name in tickets.rows] == [540, 180, 180]
    assert set(tickets.targets) == set(range(len(TICKET_WORDS)))


def test_letters_are_a_text_with_those_around_each():
    letters = load("letters")
    assert letters.x.dtype == letters.targets.dtype == np.int64
    before, after = letters.x[:, :2], letters.x[:, 2:]
    np.testing.assert_array_equal(before[1:, 1], letters.targets[:-1])
    np.testing.assert_array_equal(after[:-1, 0], letters.targets[1:])
    text = "".join(LETTERS[token] for token in letters.targets)
    assert "data set characteristics" in text and "  " not in text
    assert [len(letters.part(name).x) for name in letters.rows] == [26296, 3287, 3288]


def test_moons_without_noise_lie_on_two_half_circles():
    x, labels = make_moons(101, 0.0, np.random.default_rng(1))
    upper, lower = x[labels == 0], x[labels == 1]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 1.0)
    np.testing.assert_allclose(np.linalg.norm(lower - [1.0, 0.5], axis=1), 1.0)
    assert np.all(upper[:, 1] >= 0)
    assert np.all(lower[:, 1] <= 0.5)
    assert (len(upper), len(lower)) == (51, 50)


def test_spirals_have_an_arm_for_each_class():
    x, labels = make_spirals(301, 0.0, np.random.default_rng(1), n_classes=5)
    assert np.linalg.norm(x, axis=1).max() <= 1.0
    assert sorted(np.bincount(labels)) == [60, 60, 60, 60, 61]
    # Turned back by its class, every arm is the same one.
    angle = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * labels / 5
    radius = np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(
        np.exp(1j * angle), np.exp(1j * 2 * np.pi * radius * 2 / 3)
    )


@pytest.mark.parametrize("make", [make_moons, make_spirals])
def test_points_are_drawn_from_the_rng_and_spread_by_the_noise(make):
    quiet, labels = make(200, 0.0, np.random.default_rng(5))
    noisy, same = make(200, 0.1, np.random.default_rng(5))
    np.testing.assert_array_equal(labels, same)
    assert (noisy - quiet).std() == pytest.approx(0.1, rel=0.15)
