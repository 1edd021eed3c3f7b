"""The ticket of lesson 10: excellent in the workshop, useless at the customer's."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.metrics import accuracy
from course_lib.models import mlp
from course_lib.predictions import Card
from course_lib.sweeps.bad_data import silent
from course_lib.training import train


def too_good():
    """Show a run that is too good in the workshop; ask for the cause."""
    ticket(
        Card(
            "too_good",
            "Ten more columns came with the new export, and validation went up. At the "
            "customer's it fell below the old network. What is wrong?",
            [
                "overfitting: too many weights",
                "the label is among the inputs",
                "the learning rate is too high",
                "the customer writes differently",
                "a class is missing in training",
            ],
            truth="the label is among the inputs",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(True),
        _read,
        "Three readings of each of two networks: training, validation, and in use. "
        "With the new columns validation is near one, and use is below the old "
        "network's.",
    )


@lru_cache(maxsize=16)
def run_of(leaks, seed=0):
    """Train on digits, with or without columns that say the label.

    Parameters
    ----------
    leaks : bool
        Ten columns more, one of which is 1: written after the label was known. In use
        they are empty.
    seed : int

    Returns
    -------
    dict
        ``train``, ``validation`` and ``in_use``, fractions right; ``weights``: the mean
        size of first weights of the new columns over that of the pixels', or None.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    parts = {"train": digits.train, "validation": digits.validation}
    inputs = {
        name: _columns(part.x, part.targets, leaks) for name, part in parts.items()
    }
    network = mlp([inputs["train"].shape[1], 32, 10], rng)
    train(
        network,
        inputs["train"],
        digits.train.targets,
        learning_rate=0.3,
        rng=rng,
        epochs=20,
        progress=silent,
    )
    found = {
        name: accuracy(network.predict(inputs[name]), part.targets)
        for name, part in parts.items()
    }
    in_use = _columns(digits.validation.x, None, leaks)
    found["in_use"] = accuracy(network.predict(in_use), digits.validation.targets)
    sizes = np.abs(network.params[0]["W"]).mean(axis=1)
    found["weights"] = float(sizes[64:].mean() / sizes[:64].mean()) if leaks else None
    return found


def _columns(x, labels, leaks):
    if not leaks:
        return x
    extra = np.zeros((len(x), 10)) if labels is None else np.eye(10)[labels]
    return np.hstack([x, extra])


def _diagnosis():
    ill, healthy = run_of(True), run_of(False)
    return (
        "The new columns were written after the label was known, and say it. Their "
        f"weights are {ill['weights']:.1f} times as large as those of the pixels. "
        "Overfitting would show in validation, a new hand would hurt the old network "
        "as much, and a missing class would show in its recall. Ask of each column: "
        "is it known at the time of use? Retest, without them: "
        f"{healthy['validation']:.3f} in validation, and the same in use."
    )


def _build(figure):
    axes = figure.subplots()
    names = ["training", "validation", "in use"]
    plots.style_axes(axes, "", "fraction right", "", (-0.4, 2.6), (0.92, 1.012))
    axes.set_xticks(range(3), names)
    for series, (leaks, label) in enumerate(
        ((False, "the old network"), (True, "with the new columns"))
    ):
        found = run_of(leaks)
        heights = [found["train"], found["validation"], found["in_use"]]
        plots.draw_line(axes, range(3), heights, series=series, linewidth=1.2)
        plots.draw_marker(axes, range(3), heights, series)
        for place, height in enumerate(heights):
            text = f"{height:.3f}" + (f"  {label}" if place == 1 else "")
            where = (9, 7) if leaks else (9, -17)  # above one line, below the other
            if place == 0 and not leaks:
                where = (-46, -4)  # the line falls through the place below
            plots.draw_label(axes, place, height, text, series, where, fontsize=9.5)
    return [], lambda numbers: None


def _read(numbers):
    return {
        "validation, new columns": f"{numbers['validation']:.3f}",
        "in use": f"{numbers['in_use']:.3f}",
        "old network, in use": f"{run_of(False)['in_use']:.3f}",
    }
