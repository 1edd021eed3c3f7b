"""The ticket of lesson 11: momentum that changes nothing."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.models import mlp
from course_lib.optimizers import momentum
from course_lib.predictions import Card
from course_lib.training import train

N_STEPS, EVERY = 300, 10
RATE = 0.02
FORGOTTEN = "the velocity is forgotten after each step"


@lru_cache(maxsize=32)
def run_of(keeps_velocity, beta=0.9, seed=11):
    """Train a 64-32-10 tanh network on the digits with momentum, for 300 steps.

    Parameters
    ----------
    keeps_velocity : bool
        Whether a step is handed the velocity that the step before it returned.
    beta : float, default=0.9
    seed : int, default=11

    Returns
    -------
    dict
        ``steps`` and ``accuracies`` on the validation digits, of shape (31,),
        ``loss`` in nats on the training digits at the end, ``stretch``: how long the
        last step was, in units of learning rate times gradient.
    """
    digits, rng, stretches = load_digits(), np.random.default_rng(seed), []

    def optimizer(params, grads, state, learning_rate):
        state = state if keeps_velocity else None
        moved, state = momentum(params, grads, state, learning_rate, beta)
        length = sum(np.sum((moved[name] - w) ** 2) for name, w in params.items())
        plain = sum(np.sum((learning_rate * dw) ** 2) for dw in grads.values())
        if plain > 0:
            stretches.append(np.sqrt(length / plain))
        return moved, state

    history = train(
        mlp([64, 32, 10], rng),
        *digits.train,
        learning_rate=RATE,
        optimizer=optimizer,
        n_steps=N_STEPS,
        measure_every=EVERY,
        validation=digits.validation,
        rng=rng,
        progress=lambda *_: None,
    )
    return {
        "steps": np.array(history.steps),
        "accuracies": np.array(history.validation_accuracies),
        "loss": history.train_losses[-1],
        "stretch": float(np.median(stretches[-100:])),
    }


def no_faster():
    """Show a run with momentum that is no faster; ask for the cause."""
    ticket(
        Card(
            "no_faster",
            "beta was raised from 0 to 0.9, and the run is as slow as before. What is "
            "wrong with it?",
            [
                "the learning rate is too low",
                "beta is too large, so the steps average out",
                FORGOTTEN,
                "the velocity has the wrong sign",
                "nothing: momentum does not help on digits",
            ],
            truth=FORGOTTEN,
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        {"this": run_of(False), "plain": run_of(False, 0.0), "other": _middle()},
        _read,
        "Accuracy on unseen digits over 300 steps. This run and a run with beta = 0 "
        "are one curve, and a healthy run with momentum is far above.",
    )


def _middle():
    return run_of(False, 0.5)


def _diagnosis():
    healthy = run_of(True)
    return (
        "The loss is the same to the last digit for every beta, and each step is "
        "exactly learning rate times gradient: beta multiplies a velocity of 0. The "
        "new velocity is returned, and nobody hands it in again. A low rate or a large "
        "beta would still make the three runs differ, and a wrong sign would climb. "
        f"Retest, with the velocity kept: {healthy['accuracies'][-1]:.3f} right, and "
        f"steps {healthy['stretch']:.1f} times as long."
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
    ends = (-8, N_STEPS + 8)
    plots.style_axes(left, "step", "fraction right", "Unseen digits", ends, (0, 1.08))
    this, plain, healthy = run_of(False), run_of(False, 0.0), run_of(True)
    plots.draw_line(left, healthy["steps"], healthy["accuracies"], series=0)
    plots.draw_line(
        left, plain["steps"], plain["accuracies"], series=2, linestyle="-", linewidth=6
    ).set_alpha(0.35)
    plots.draw_line(left, this["steps"], this["accuracies"], series=1)
    plots.draw_label(left, 60, 1.02, "a healthy run, beta = 0.9", 0)
    plots.draw_label(left, 125, 0.42, "this run; pale, with beta = 0", 1)
    plots.style_axes(right, "", "last loss (nats)", "The same, digit for digit")
    heights = [run_of(False, beta)["loss"] for beta in (0.0, 0.5, 0.9)]
    right.set_ylim(0, 1.3 * max(heights))
    labels = [f"beta\n{beta:g}" for beta in (0.0, 0.5, 0.9)]
    plots.draw_bars(right, heights, labels, series=[2, 3, 1])
    for place, height in enumerate(heights):
        right.text(place, 1.02 * height, f"{height:.6f}", ha="center", fontsize=9)
    return [], lambda numbers: None


def _read(numbers):
    return {
        "last loss, beta 0": f"{numbers['plain']['loss']:.6f} nats",
        "beta 0.5": f"{numbers['other']['loss']:.6f} nats",
        "beta 0.9": f"{numbers['this']['loss']:.6f} nats",
        "step / (rate x gradient)": f"{numbers['this']['stretch']:.2f}",
    }
