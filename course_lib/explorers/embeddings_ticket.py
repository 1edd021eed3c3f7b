"""The ticket of lesson 12: every neighbour is right, and the backward pass is not."""

from functools import lru_cache

import numpy as np

from course_lib import embedding, plots
from course_lib.data import load_tickets
from course_lib.explorers.embeddings_repeats import kept_last
from course_lib.explorers.explorer import ticket
from course_lib.predictions import Card
from course_lib.word_model import (
    first_params,
    loss_and_grads,
    share_at_home,
    train_words,
)

D, EPOCHS = 8, 8


def every_neighbour_right():
    """Show a run that learns, only slowly; ask for the cause."""
    ticket(
        Card(
            "every_neighbour_right",
            "The same network, data and learning rate as the healthy run. What is "
            "wrong with this one?",
            [
                "the learning rate is ten times too low",
                "no blame reaches the embeddings",
                "blame of repeated words is lost",
                "the targets were shuffled",
                "nothing: every neighbour is right",
            ],
            truth="blame of repeated words is lost",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(True),
        _read,
        "Training loss over eight epochs: this run falls slowly to 2.9 nats, a healthy "
        "one reaches 2.1. Beside it, by how much each gradient changes when every "
        "ticket of a batch is put in twice: not at all for W and b, to a half for E.",
    )


@lru_cache(maxsize=16)
def run_of(repeats_lost, seed=0):
    """Train the words for eight epochs, with or without the blame of repeated words.

    Parameters
    ----------
    repeats_lost : bool
    seed : int, default=0

    Returns
    -------
    dict
        ``losses`` of shape (9,) in nats, on the training tickets; ``home``, the share
        of words whose nearest word is of their own kind; ``doubled``: the norm of
        each gradient for a batch put in twice, over that for the batch.
    """
    backward = kept_last if repeats_lost else embedding.embedding_backward
    ids, targets = load_tickets().train
    epochs = list(train_words(D, EPOCHS, seed, backward))
    return {
        "losses": np.array([loss_and_grads(p, ids, targets)[0] for p in epochs]),
        "home": share_at_home(epochs[-1]["E"]),
        "doubled": _doubled(ids[:32], targets[:32], seed, backward),
    }


def _doubled(ids, targets, seed, backward):
    params = first_params(D, np.random.default_rng(seed))
    twice = np.concatenate([ids, ids]), np.concatenate([targets, targets])
    once = loss_and_grads(params, ids, targets, backward)[1]
    again = loss_and_grads(params, *twice, backward)[1]
    return {
        name: float(np.linalg.norm(again[name]) / np.linalg.norm(once[name]))
        for name in once
    }


def _diagnosis():
    healthy, ill = run_of(False), run_of(True)
    return (
        "The mean loss of a batch put in twice has the same gradient. W and b say so, "
        f"and E halves, to {ill['doubled']['E']:.2f}: each use carries half the blame, "
        "and of two uses one is lost. A low rate would pass that test, frozen "
        "embeddings would find no neighbours, and shuffled targets would not learn. "
        "Training goes on all the same, with smaller steps: a table of right "
        "neighbours is no proof. Retest, with np.add.at: "
        f"{healthy['doubled']['E']:.2f}, and a loss of {healthy['losses'][-1]:.2f}."
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
    epochs = np.arange(EPOCHS + 1)
    ends = (-0.3, EPOCHS + 1.8)
    plots.style_axes(left, "epoch", "loss (nats)", "Training tickets", ends, (1.9, 3.6))
    for series, ill, name in ((0, False, "healthy run"), (1, True, "this run")):
        losses = run_of(ill)["losses"]
        plots.draw_line(left, epochs, losses, series=series)
        plots.draw_label(left, EPOCHS, losses[-1], name, series, (4, 0), fontsize=9.5)
    doubled = run_of(True)["doubled"]
    plots.style_axes(
        right, "", "gradient, times", "The batch put in twice", None, (0, 1.25)
    )
    plots.draw_bars(right, list(doubled.values()), list(doubled), 1, width=0.5)
    for place, value in enumerate(doubled.values()):
        right.text(place, value + 0.02, f"{value:.2f}", ha="center", va="bottom")
    return [], lambda numbers: None


def _read(numbers):
    return {
        "first loss": f"{numbers['losses'][0]:.2f} nats",
        "last loss": f"{numbers['losses'][-1]:.2f} nats",
        "healthy run": f"{run_of(False)['losses'][-1]:.2f} nats",
        "nearest is of its kind": f"{numbers['home']:.2f}",
    }
