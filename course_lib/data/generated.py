"""Points in the plane that no straight line can separate."""

import numpy as np


def make_moons(n_examples, noise, rng):
    """Draw points from two half circles that interlock.

    Parameters
    ----------
    n_examples : int
        At least 2; the first class gets the odd one.
    noise : float
        Standard deviation added to both coordinates, in radii of the half circles.
    rng : Generator
        Source of chance; the same state gives the same points.

    Returns
    -------
    x : ndarray of shape (n_examples, 2)
        In radii; the centres are (0, 0) and (1, 0.5).
    labels : ndarray of shape (n_examples,), of integers
        0 for the upper, 1 for the lower moon, in random order.
    """
    labels = rng.permutation(np.arange(n_examples) % 2)
    angle = rng.uniform(0.0, np.pi, n_examples)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = [1.0, 0.5] - upper
    x = np.where(labels[:, None] == 0, upper, lower)
    return x + rng.normal(0.0, noise, x.shape), labels


def make_spirals(n_examples, noise, rng, n_classes=3):
    """Draw points from the arms of a spiral, one arm a class.

    Parameters
    ----------
    n_examples : int
        At least `n_classes`; the arms get equal shares, up to one.
    noise : float
        Standard deviation added to both coordinates, in lengths of an arm's reach.
    rng : Generator
        Source of chance; the same state gives the same points.
    n_classes : int, default=3
        Number of arms.

    Returns
    -------
    x : ndarray of shape (n_examples, 2)
        Within a circle of radius 1 but for the noise.
    labels : ndarray of shape (n_examples,), of integers
        From 0 to `n_classes` - 1, in random order.
    """
    labels = rng.permutation(np.arange(n_examples) % n_classes)
    radius = rng.uniform(0.05, 1.0, n_examples)
    # Two thirds of a turn from the centre to the rim.
    angle = 2.0 * np.pi * (labels / n_classes + radius * 2.0 / 3.0)
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return x + rng.normal(0.0, noise, x.shape), labels
