"""The learning rate over time, as a factor of its largest value.

``train`` takes a learning rate that is a function of the step, counted from 0::

    train(..., learning_rate=lambda step: 0.5 * cosine(step, 600))

Lesson 11 builds all three.
"""

import numpy as np


def cosine(step, n_steps):
    """Go from 1 down to 0 along half a wave: ``(1 + cos(π step / n_steps)) / 2``.

    Parameters
    ----------
    step : int
        From 0 up.
    n_steps : int
        Above 0. From this step on the factor is 0.

    Returns
    -------
    float
        From 1 to 0: slowly at both ends, fastest halfway.

    References
    ----------
    Loshchilov and Hutter, 2017, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", equation 5.
    """
    return float(0.5 * (1 + np.cos(np.pi * min(step, n_steps) / n_steps)))


def step_decay(step, every, factor):
    """Multiply by a factor, once every so many steps: ``factor**(step // every)``.

    Parameters
    ----------
    step : int
        From 0 up.
    every : int
        Steps between two drops, at least 1. The first drop is at step `every`.
    factor : float
        In (0, 1].

    Returns
    -------
    float
        From 1 towards 0, as a staircase.
    """
    return float(factor) ** (step // every)


def warmup_cosine(step, n_warmup, n_steps):
    """Climb to 1 in a straight line, then go down to 0 as `cosine` does.

    Parameters
    ----------
    step : int
        From 0 up.
    n_warmup : int
        Steps of the climb, from 0 up and below `n_steps`. The first step has the
        factor ``1 / n_warmup``, the last of the climb 1.
    n_steps : int
        Of the whole, the climb included. From this step on the factor is 0.

    Returns
    -------
    float
        From 0 to 1.
    """
    if step < n_warmup:
        return (step + 1) / n_warmup
    return cosine(step - n_warmup, n_steps - n_warmup)
