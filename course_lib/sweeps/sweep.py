"""A sweep: one measurement at every point of a grid, for several seeds."""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class SweepTable:
    """What a sweep measured.

    Attributes
    ----------
    axes : dict of str to tuple
        The settings that were varied, and their values.
    seeds : tuple of int
    values : dict of str to ndarray of shape (*axes, seeds, ...)
        Each measured quantity: one entry for each point and seed, which may itself
        be an array (a curve, a number for each layer).
    """

    axes: dict
    seeds: tuple
    values: dict

    def at(self, quantity, **point):
        """Return one quantity at a point, or along the axes that are left out.

        Parameters
        ----------
        quantity : str
        **point
            Values of axes, exactly as the grid has them.

        Returns
        -------
        ndarray of shape (*other axes, seeds, ...)

        Raises
        ------
        ValueError
            If there is no such quantity, axis or value.
        """
        values = self.values[_known(quantity, self.values, "quantity")]
        for axis in point:
            _known(axis, self.axes, "axis")
        index = tuple(
            self._position(axis, point[axis]) if axis in point else slice(None)
            for axis in self.axes
        )
        return values[index]

    def mean(self, quantity, **point):
        """Return the mean over the seeds of what `at` returns."""
        return self.at(quantity, **point).mean(axis=len(self.axes) - len(point))

    def _position(self, axis, value):
        return self.axes[axis].index(_known(value, self.axes[axis], axis))


@dataclass(frozen=True)
class Sweep:
    """An experiment, the grid it is run on, and where its results are kept.

    Attributes
    ----------
    name : str
        Of the file of results, and on the command line.
    measure : callable
        ``measure(**point, seed=seed) -> dict``: one float or array of a fixed shape
        for each quantity, the same for the same arguments.
    axes : mapping of str to sequence
        Names and values of the settings; numbers or words.
    seeds : tuple of int, default=(0, 1, 2, 3, 4)
    tolerance : float, default=1e-6
        By how much a repetition may differ, in units of the quantity and relative to
        it. Other processors round differently, and long training magnifies that.
    """

    name: str
    measure: Callable
    axes: Mapping
    seeds: tuple = (0, 1, 2, 3, 4)
    tolerance: float = 1e-6

    @property
    def path(self):
        """The file of results, beside the code that made it."""
        return FOLDER / f"{self.name}.npz"

    @property
    def points(self):
        """Every point of the grid with every seed, as keyword arguments."""
        names = [*self.axes, "seed"]
        values = itertools.product(*self.axes.values(), self.seeds)
        return [dict(zip(names, point, strict=True)) for point in values]

    def load(self):
        """Return the kept results.

        Returns
        -------
        SweepTable

        Raises
        ------
        FileNotFoundError
            If the sweep was not run yet.
        ValueError
            If the kept results are those of another grid.
        """
        if not self.path.is_file():
            raise FileNotFoundError(f"{self.path.name} is not there. {self._rerun}")
        with np.load(self.path, allow_pickle=False) as stored:
            arrays = dict(stored)
        grid = {name: arrays.pop(f"axis {name}", None) for name in self._grid()}
        for name, values in self._grid().items():
            if grid[name] is None or not np.array_equal(grid[name], values):
                raise ValueError(
                    f"{self.path.name} is of another grid: its {name} differs from "
                    f"the sweep's. {self._rerun}"
                )
        axes = {name: tuple(values) for name, values in self.axes.items()}
        return SweepTable(axes, self.seeds, arrays)

    def run(self, progress=None):
        """Measure every point, which may take minutes, and return the results.

        Parameters
        ----------
        progress : callable, optional
            Called as ``progress(done, total)`` after each point; by default a line
            with a bar is printed and rewritten.

        Returns
        -------
        SweepTable
        """
        points, progress = self.points, progress or ProgressBar(self.name)
        results = []
        for point in points:
            results.append(self.measure(**point))
            progress(len(results), len(points))
        lengths = [len(values) for values in self._grid().values()]
        values = {
            quantity: np.array([result[quantity] for result in results])
            for quantity in results[0]
        }
        values = {
            quantity: array.reshape(*lengths, *array.shape[1:])
            for quantity, array in values.items()
        }
        axes = {name: tuple(values) for name, values in self.axes.items()}
        return SweepTable(axes, self.seeds, values)

    def save(self, table):
        """Keep results in the sweep's file, in place of earlier ones."""
        grid = {f"axis {name}": np.array(v) for name, v in self._grid().items()}
        np.savez_compressed(self.path, **grid, **table.values)

    def disagreements(self, n, rng):
        """Repeat some points and say where the kept results differ.

        Parameters
        ----------
        n : int
            How many points.
        rng : Generator
            Picks them.

        Returns
        -------
        list of str
            One line for each quantity that differs by more than `tolerance`.
        """
        table, points, lines = self.load(), self.points, []
        for i in rng.choice(len(points), size=min(n, len(points)), replace=False):
            for quantity, again in self.measure(**points[i]).items():
                seed = self.seeds.index(points[i]["seed"])
                place = {name: points[i][name] for name in self.axes}
                kept = table.at(quantity, **place)[seed]
                if not np.allclose(
                    again, kept, self.tolerance, self.tolerance, equal_nan=True
                ):
                    lines.append(f"{quantity} at {points[i]}: {kept} kept, {again} now")
        return lines

    @property
    def _rerun(self):
        return f"Make it with: python -m course_lib.sweeps {self.name}"

    def _grid(self):
        return {**self.axes, "seed": self.seeds}


class ProgressBar:
    """One line of text with a bar and the time left, rewritten in place.

    It needs no widget: it works in a notebook, in a terminal and in a log.

    Parameters
    ----------
    title : str
    clock : callable
        ``clock() -> float``, in seconds.
    """

    WIDTH = 24

    def __init__(self, title, clock=time.perf_counter):
        self._title, self._clock = title, clock
        self._start, self._shown = clock(), -1.0

    def __call__(self, done, total):
        """Show that so many of the points are done."""
        spent = self._clock() - self._start
        if done < total and spent - self._shown < 0.2:
            return
        self._shown = spent
        bar = "#" * (self.WIDTH * done // total)
        left = spent / done * (total - done)
        duration = f"{spent:.0f} s" if done == total else f"{left:.0f} s left"
        text = f"{self._title} [{bar:<{self.WIDTH}}] {done} of {total}, {duration}"
        print(f"\r{text:<79}", end="\n" if done == total else "", flush=True)


def _known(name, names, kind):
    if name in names:
        return name
    offered = ", ".join(str(known) for known in names)
    raise ValueError(f"{kind} {name!r} is not in the sweep, expected one of: {offered}")
