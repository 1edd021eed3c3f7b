"""What a learner moves: sliders and dropdowns."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Slider:
    """A number to move.

    Parameters
    ----------
    name : str
        The model's argument.
    label : str
        What the learner reads, with its unit: ``"step size (seconds)"``.
    low, high, start : float
    step : float, optional
        A hundredth of the range without it; ints make a slider of whole numbers.
    log : bool, default=False
        Whether equal ways multiply the number rather than add to it.
    digits : str, default=".2f"
        The format of the number beside the slider.
    """

    name: str
    label: str
    low: float
    high: float
    start: float
    step: float | None = None
    log: bool = False
    digits: str = ".2f"

    def widget(self, ipywidgets, **look):
        """Return the ipywidgets slider. Called by `Explorer` when it is shown."""
        look |= {"value": self.start, "readout_format": self.digits}
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            step = self.step or _step_onto(math.log10(self.start), low, high)
            return ipywidgets.FloatLogSlider(min=low, max=high, step=step, **look)
        bounds = (self.low, self.high, self.start, self.step or 0)
        if all(isinstance(bound, int) for bound in bounds):
            look |= {"readout_format": "d", "step": self.step or 1}
            return ipywidgets.IntSlider(min=self.low, max=self.high, **look)
        step = self.step or (self.high - self.low) / 100
        return ipywidgets.FloatSlider(min=self.low, max=self.high, step=step, **look)

    def share(self, seen):
        """Return how much of the range the values seen span, from 0 to 1."""
        scale = math.log if self.log else float
        span = scale(max(seen)) - scale(min(seen))
        return span / (scale(self.high) - scale(self.low))

    def sample(self, most):
        """Return values from end to end, at most so many."""
        spread = np.geomspace if self.log else np.linspace
        found = spread(self.low, self.high, most)
        if all(isinstance(end, int) for end in (self.low, self.high, self.start)):
            return np.unique(found.round().astype(int)).tolist()
        return found.tolist()


@dataclass(frozen=True)
class Stops:
    """A number to move over the values that were measured, and no others.

    Parameters
    ----------
    name : str
        The model's argument.
    label : str
    options : sequence of float
        In their order.
    start : float
        One of them.
    """

    name: str
    label: str
    options: object
    start: float

    def widget(self, ipywidgets, **look):
        """Return the ipywidgets slider. Called by `Explorer` when it is shown."""
        pairs = [(f"{value:g}", value) for value in self.options]
        return ipywidgets.SelectionSlider(options=pairs, value=self.start, **look)

    def share(self, seen):
        """Return how much of the way the values seen span, from 0 to 1."""
        places = [self.options.index(value) for value in seen]
        return (max(places) - min(places)) / (len(self.options) - 1)

    def sample(self, most):
        """Return stops from end to end, at most so many."""
        return _spread(list(self.options), most)


@dataclass(frozen=True)
class Choice:
    """One of several named values: a dropdown.

    Parameters
    ----------
    name : str
        The model's argument.
    label : str
    options : sequence of str, or dict of str to object
        What the learner reads, and for a dict what the model gets.
    start : object
        One of the values.
    """

    name: str
    label: str
    options: object
    start: object

    def widget(self, ipywidgets, **look):
        """Return the ipywidgets dropdown. Called by `Explorer` when it is shown."""
        options = self.options
        pairs = list(options.items()) if isinstance(options, dict) else list(options)
        return ipywidgets.Dropdown(options=pairs, value=self.start, **look)

    def share(self, seen):
        """Return the share of the options that have been chosen, from 0 to 1."""
        return len({str(value) for value in seen}) / len(self.options)

    def sample(self, most):
        """Return values of the options, at most so many."""
        options = self.options
        values = options.values() if isinstance(options, dict) else options
        return _spread(list(values), most)


def _spread(values, most):
    """Return values at equal distances in a list, first and last among them."""
    places = np.linspace(0, len(values) - 1, min(most, len(values)))
    return [values[round(place)] for place in places]


def _step_onto(start, low, high):
    """Return about a hundredth of the range, such that steps from `low` meet `start`.

    A slider between two of its steps rounds itself, and reports that as a move.
    """
    steps = round(100 * (start - low) / (high - low))
    return (start - low) / steps if steps else (high - low) / 100
