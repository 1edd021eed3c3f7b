"""The ticket of lesson 5, and twenty labels to read by eye."""

from functools import lru_cache

import numpy as np

from course_lib import fault_rig, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.faults import FAULTS
from course_lib.instruments import trained
from course_lib.predictions import Card

WRONG = {3: 7, 9: 1, 16: 4}  # place among the twenty: the label somebody wrote
TICKET = FAULTS["label off by one"]


def labels_to_read():
    """Return twenty training digits, and their labels with three of them wrong."""
    x, labels = load_digits().train
    rows = np.random.default_rng(5).choice(len(x), 20, replace=False)
    written = labels[rows].copy()
    for place, label in WRONG.items():
        written[place] = label if written[place] != label else (label + 3) % 10
    return x[rows], labels[rows], written


def twenty_labels():
    """Show twenty digits with their labels; ask how many labels are wrong."""
    x, labels, written = labels_to_read()
    wrong = np.flatnonzero(labels != written)
    said = ", ".join(f"number {k + 1} is a {labels[k]}" for k in wrong)
    ticket(
        Card(
            "twenty_labels",
            "How many of these twenty labels are wrong?",
            ["none", "one", "two", "three", "more"],
            truth=("none", "one", "two", "three")[len(wrong)],
            because=f"Counting along the rows, {said}. Three in twenty would be 160 in "
            "the 1077. Reading twenty takes a minute.",
            at_once=True,
            kind="Look",
        ),
        _build_twenty,
        written,
        lambda numbers: {"labels shown": "20 of 1077"},
        "Twenty small images of handwritten digits in two rows, each with the label "
        f"somebody gave it above: {', '.join(map(str, written))}.",
        size=(8.6, 2.6),
    )


def _build_twenty(figure):
    x, _, written = labels_to_read()
    for axes, pixels, label in zip(
        figure.subplots(2, 10).flat, x, written, strict=True
    ):
        plots.draw_digit(axes, pixels, f"{label}")
    return [], lambda numbers: None


@lru_cache(maxsize=1)
def symptoms():
    """Return the broken run's losses, its readings, and what it says to a 3."""
    outcome, parts = trained(TICKET), TICKET.parts()
    unseen, truth = fault_rig.pixels().validation
    threes = unseen[truth == 3] * parts.use_scale
    logits, _ = parts.forward(outcome.params, threes, False, None)
    said = np.bincount(logits.argmax(axis=1), minlength=10)
    return {"outcome": outcome, "said": said}


def below_chance():
    """Show a run that learns and answers worse than chance; ask for the cause."""
    numbers = symptoms()
    ticket(
        Card(
            "below_chance",
            "The gradient check is quiet, the ten are learned by heart, and the "
            "training loss is low. What is wrong?",
            [
                "it overfits: more data",
                "the learning rate is too high",
                "the labels are shifted against the digits",
                "the network is too small",
                "the second bias never moves",
            ],
            truth="the labels are shifted against the digits",
            because="Guessing would be right one time in ten. An accuracy of 0.003 is "
            "knowledge under another name: a 3 is called 4, nearly every time. "
            "Training and loss use the same shifted labels, so neither can hear it.",
            at_once=True,
            kind="Diagnose",
        ),
        _build_below_chance,
        numbers,
        _read_below_chance,
        "Left, the loss of each batch falls as it should. Right, what the network "
        "answers to unseen images of the digit 3: nearly always 4.",
    )


def _build_below_chance(figure):
    numbers = symptoms()
    left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
    losses = numbers["outcome"].losses
    plots.style_axes(
        left, "step", "loss (nats)", "Training", (-10, 670), (0, losses.max() * 1.05)
    )
    plots.draw_line(left, np.arange(len(losses)), losses, linewidth=1)
    plots.style_axes(right, "answer", "images", "Unseen images of a 3", ylim=(0, 40))
    plots.draw_bars(right, numbers["said"], range(10))
    return [], lambda numbers: None


def _read_below_chance(numbers):
    outcome = numbers["outcome"]
    return {
        "training loss": f"{outcome.train_loss:.3f} nats",
        "validation accuracy": f"{outcome.accuracy:.3f}",
        "chance": "0.100",
    }
