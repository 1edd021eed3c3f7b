"""Kept experiments: what is kept is what the code beside it measures."""

import dataclasses

import numpy as np
import pytest

from course_lib.sweeps import Sweep
from course_lib.sweeps import sweep as module
from course_lib.sweeps.__main__ import all_sweeps, main

ALL = all_sweeps()


def line(slope, offset, seed):
    return {"height": slope * 10.0 + seed, "curve": np.array([offset == "up", slope])}


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    axes = {"slope": (1, 2, 3), "offset": ("up", "down")}
    return Sweep("small", line, axes, seeds=(0, 4))


@pytest.fixture
def kept(small):
    small.save(small.run(progress=lambda done, total: None))
    return small


def test_a_kept_sweep_is_read_back_by_its_axes(kept):
    table = kept.load()
    assert table.values["height"].shape == (3, 2, 2)
    np.testing.assert_array_equal(table.at("height", slope=2, offset="up"), [20, 24])
    assert table.mean("height", slope=2, offset="up") == 22
    np.testing.assert_array_equal(table.mean("height", offset="down"), [12, 22, 32])
    np.testing.assert_array_equal(table.mean("curve", slope=3, offset="up"), [1, 3])


def test_a_sweep_that_was_not_run_says_how_to(small):
    with pytest.raises(FileNotFoundError, match="python -m course_lib.sweeps small"):
        small.load()


def test_results_of_another_grid_are_refused(kept):
    changed = dataclasses.replace(kept, axes={**kept.axes, "slope": (1, 2, 4)})
    with pytest.raises(ValueError, match="its slope differs"):
        changed.load()


def test_a_point_off_the_grid_is_refused_with_the_grid(kept):
    with pytest.raises(ValueError, match="slope 5 .* 1, 2, 3"):
        kept.load().at("height", slope=5)
    with pytest.raises(ValueError, match="quantity 'width' .* height"):
        kept.load().at("width")


def test_a_repetition_that_agrees_says_nothing(kept, rng):
    assert kept.disagreements(4, rng) == []


def test_a_repetition_that_differs_says_where(kept, rng):
    def changed(slope, offset, seed):
        return line(slope, offset, seed) | {
            "height": slope * 10.0 + seed + (slope == 3)
        }

    lines = dataclasses.replace(kept, measure=changed).disagreements(12, rng)
    assert len(lines) == 4
    assert all("height at {'slope': 3" in text for text in lines)


def test_running_shows_a_bar_that_ends_full(small, capsys):
    small.run()
    last = capsys.readouterr().out.rsplit("\r", 1)[1]
    assert last.startswith(f"small [{'#' * 24}] 12 of 12")


def test_an_unknown_sweep_is_refused_on_the_command_line(capsys):
    assert main(["no_such_sweep"]) == 2
    assert "no sweep 'no_such_sweep'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ALL)
def test_every_sweep_of_the_course_is_kept_whole(name):
    table = ALL[name].load()
    lengths = [len(values) for values in ALL[name].axes.values()]
    for values in table.values.values():
        assert list(values.shape[: len(lengths) + 1]) == [*lengths, len(table.seeds)]
    assert ALL[name].path.stat().st_size < 300_000


@pytest.mark.full
@pytest.mark.parametrize("name", ALL)
def test_a_sample_of_every_sweep_comes_out_the_same_again(name, rng):
    assert ALL[name].disagreements(3, rng) == []
