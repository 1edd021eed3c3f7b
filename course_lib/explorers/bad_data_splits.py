"""Lesson 10: duplicates that cross a split, and a class with few examples."""

import numpy as np

from course_lib import plots
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.predictions import Card
from course_lib.sweeps.bad_data import NEAR_COPIES, RARE, REMEDIES, STARVED_CLASS

KEPT = STARVED_CLASS.axes["kept"]
COPIES = NEAR_COPIES.axes["n_copies"]


def duplicates():
    """Repeat pictures with random labels; read the validation accuracy."""
    _duplicates().show()


def starved():
    """Take most eights away; compare the average with each class."""
    _starved().show()


def copies_read(copies):
    """Return the accuracies of five runs, when each picture comes again so often.

    Returns
    -------
    dict
        ``train`` and ``validation``, of shape (5,), and ``copies``.
    """
    table = NEAR_COPIES.load()
    found = {name: table.at(name, n_copies=copies) for name in ("train", "validation")}
    return found | {"copies": copies}


def _duplicates():
    return Explorer(
        "Random labels, and a validation score",
        copies_read,
        _build_duplicates,
        _read_duplicates,
        "Validation accuracy over the number of near-copies of each picture: at chance "
        "without any, near one with three. A marker stands at the present number.",
        [Choice("copies", "copies of each picture", list(COPIES), 0)],
        card=Card(
            "duplicates",
            "200 pictures get random labels: there is nothing to learn. Then each one "
            "comes four times, hardly changed, and rows are divided by chance. "
            "Validation accuracy?",
            ["about 10 %: chance", "about 50 %", "over 90 %"],
            truth="over 90 %",
            because="Nearly every validation picture has a copy among the training "
            "pictures, and a network that memorizes knows its label.",
        ),
    )


def _build_duplicates(figure):
    axes = figure.subplots()
    means = NEAR_COPIES.load().mean("validation")
    plots.style_axes(
        axes, "copies of each picture", "fraction right", "", (-0.3, 5.9), (0, 1.1)
    )
    axes.set_xticks(COPIES)
    plots.draw_reference(axes, 0.1, "chance")
    plots.draw_line(axes, COPIES, means)
    plots.draw_line(axes, COPIES, NEAR_COPIES.load().mean("train"), series=1)
    plots.draw_label(axes, 5, means[-1], "validation", 0, (-4, -14), ha="right")
    plots.draw_label(axes, 0, 1.0, "training", 1, (8, 9))
    runs = plots.draw_marker(axes, [0] * 5, [0] * 5, 0, markersize=6, alpha=0.6)

    def update(numbers):
        runs.set_data([numbers["copies"]] * 5, numbers["validation"])

    return [runs], update


def _read_duplicates(numbers):
    found = numbers["validation"]
    return {
        "validation": f"{found.mean():.2f}",
        "five runs": f"{found.min():.2f} to {found.max():.2f}",
        "training": f"{numbers['train'].mean():.2f}",
    }


def classes_read(kept, remedy):
    """Return recall of each class and accuracy, as means of five runs.

    Returns
    -------
    dict
        ``recall`` of shape (10,), ``accuracy``, ``kept``.
    """
    table = STARVED_CLASS.load()
    return {
        "recall": table.mean("recall", kept=kept, remedy=remedy),
        "accuracy": float(table.mean("accuracy", kept=kept, remedy=remedy)),
        "kept": kept,
    }


def _starved():
    return Explorer(
        "A class that hardly came",
        classes_read,
        _build_starved,
        _read_starved,
        "Ten bars, the recall of each digit, and a line for the accuracy over all of "
        "them. With few eights the bar of eight is low and the line stays high.",
        [
            Choice("kept", "training eights", list(KEPT), 80),
            Choice("remedy", "remedy", list(REMEDIES), "nothing"),
        ],
        card=Card(
            "starved",
            "Of 108 training eights only ten are left. The accuracy over all digits "
            "falls from 0.96 to 0.89. What share of the eights is still recognized?",
            ["about 0.9", "about 0.5", "about 0.15"],
            truth="about 0.15",
            because="Nine classes of ten read as before, and hide it: the average "
            "counts examples, and there are few eights to count.",
        ),
    )


def _build_starved(figure):
    axes = figure.subplots()
    series = np.where(np.arange(10) == RARE, 1, 0)
    bars = plots.draw_bars(axes, np.zeros(10), range(10), series)
    plots.style_axes(axes, "digit", "recall", "", (-0.6, 11.3), (0, 1.12))
    line = axes.plot([-0.5, 9.5], [0, 0], color=plots.INK, linestyle=plots.DASHES[1])[0]
    name = plots.draw_label(axes, 9.5, 0, "accuracy,\nall digits", None, (4, 0))

    def update(numbers):
        for bar, height in zip(bars, numbers["recall"], strict=True):
            bar.set_height(height)
        line.set_ydata([numbers["accuracy"]] * 2)
        name.xy = (9.5, numbers["accuracy"])

    return [*bars, line, name], update


def _read_starved(numbers):
    return {
        "recall of 8": f"{numbers['recall'][RARE]:.2f}",
        "worst of the others": f"{np.delete(numbers['recall'], RARE).min():.2f}",
        "accuracy": f"{numbers['accuracy']:.3f}",
        "training eights": str(numbers["kept"]),
    }
