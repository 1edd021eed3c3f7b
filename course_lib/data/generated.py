"""Points in the plane that no straight line can separate, and technicians' tickets."""

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


SUBSYSTEMS = {
    "power": "battery breaker charger fuse inverter relay socket voltage",
    "network": "antenna firewall gateway latency packet port router switch",
    "cooling": "coolant fan filter hose pump radiator thermostat valve",
    "printer": "cartridge drum feeder jam paper roller toner tray",
}
TICKET_WORDS = tuple(sorted(" ".join(SUBSYSTEMS.values()).split()))


def subsystem_of(word):
    """Return the subsystem that a word of the tickets belongs to."""
    return next(name for name, words in SUBSYSTEMS.items() if word in words.split())


def make_tickets(n_tickets, rng):
    """Draw tickets of five words, each ticket about one of four subsystems.

    Parameters
    ----------
    n_tickets : int
    rng : Generator
        Source of chance; the same state gives the same tickets.

    Returns
    -------
    ndarray of shape (n_tickets, 5), of integers
        Places in `TICKET_WORDS`. Words are drawn with replacement: were a word never
        said twice, its neighbours would be told from it by that alone.
    """
    table = np.array(
        [[TICKET_WORDS.index(w) for w in ws.split()] for ws in SUBSYSTEMS.values()]
    )
    subsystems = rng.integers(len(table), size=n_tickets)
    return table[subsystems[:, None], rng.integers(table.shape[1], size=(n_tickets, 5))]
