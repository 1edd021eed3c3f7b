"""Functions that a check hands to a learner's function as an argument.

`Given("quadratic", {...})` names one of these with what it is made from, so that a
check is data alone: it can be stored, and sent to another process. None of them
knows an answer to an exercise.
"""

import numpy as np


def quadratic(curvature, center):
    """Return ``f(w) = sum(curvature * (w - center)**2) / 2``, a bowl."""
    return lambda w: float(np.sum(curvature * (w - center) ** 2) / 2)


def waves(frequency, phase):
    """Return ``f(w) = sum(sin(frequency * w + phase))``, for arrays of one shape."""
    return lambda w: float(np.sum(np.sin(frequency * w + phase)))


def product(offset):
    """Return ``f(w) = product of (w + offset)``: every slope depends on the others."""
    return lambda w: float(np.prod(w + offset))


def generator(seed):
    """Return a random generator, the same for the same seed."""
    return np.random.default_rng(seed)


def make(given):
    """Return the function that a `Given` names, made anew.

    Raises
    ------
    ValueError
        If there is no such function here.
    """
    makers = {f.__name__: f for f in (quadratic, waves, product, generator)}
    if given.name not in makers:
        raise ValueError(
            f"no probe function {given.name!r}; there are {sorted(makers)}"
        )
    return makers[given.name](**given.params)
