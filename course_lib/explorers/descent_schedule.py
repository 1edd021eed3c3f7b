"""Lesson 11: a learning rate over time, and the loss that it leads to."""

from functools import lru_cache

import numpy as np

from course_lib import plots, schedules
from course_lib.data import load_digits
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.models import mlp
from course_lib.predictions import Card
from course_lib.training import train

N_STEPS, EVERY, BATCH = 600, 20, 8
STAIRS, STAIR = 3, 0.3  # drops, and the factor of each
SHAPES = ("constant", "stairs", "cosine")
TOP, BOTTOM = 10.0, 0.01
LOWER = "several times lower"
COURSE = {
    name: getattr(schedules, name) for name in ("cosine", "step_decay", "warmup_cosine")
}


def schedule():
    """Shape the learning rate over 600 noisy steps; see where the loss ends."""
    _schedule().show()


def factors(shape, warmup, *, cosine, step_decay, warmup_cosine):
    """Return the learning rate at each step, as a share of its peak.

    Parameters
    ----------
    shape : {"constant", "stairs", "cosine"}
        What follows the climb.
    warmup : float
        The climb's share of all steps, from 0.
    cosine, step_decay, warmup_cosine : callable
        As written in lesson 11.

    Returns
    -------
    ndarray of shape (600,)
    """
    climb = round(warmup * N_STEPS)
    if shape == "cosine":
        at = (
            (lambda step: warmup_cosine(step, climb, N_STEPS))
            if climb
            else (lambda step: cosine(step, N_STEPS))
        )
        return np.array([at(step) for step in range(N_STEPS)], float)
    every = (N_STEPS - climb) // STAIRS + 1
    up = (np.arange(climb) + 1) / max(climb, 1)
    down = np.ones(N_STEPS - climb)
    if shape == "stairs":
        down = [step_decay(step, every, STAIR) for step in range(N_STEPS - climb)]
    return np.concatenate([up, down])


def run(peak, warmup, shape, rng, **functions):
    """Train a 64-32-10 tanh network for 600 steps in batches of 8.

    Parameters
    ----------
    peak : float
        The largest learning rate.
    warmup, shape
        As for `factors`.
    rng : Generator
    **functions : callable
        The schedules of lesson 11, by name.

    Returns
    -------
    dict
        ``rates`` of shape (600,), ``steps`` and ``losses`` of shape (31,) over all
        the training digits in nats, ``accuracy`` on the validation digits.
    """
    digits, rates = load_digits(), peak * factors(shape, warmup, **functions)
    history = train(
        mlp([64, 32, 10], rng),
        *digits.train,
        learning_rate=lambda step: rates[step],
        n_steps=N_STEPS,
        batch_size=BATCH,
        measure_every=EVERY,
        validation=digits.validation,
        rng=rng,
        progress=lambda *_: None,
    )
    return {
        "rates": rates,
        "steps": np.array(history.steps),
        "losses": np.array(history.train_losses),
        "accuracy": history.validation_accuracies[-1],
    }


@lru_cache(maxsize=8)
def last_loss(shape, warmup=0.0, peak=1.0, seeds=5):
    """Return the last training loss, as a mean over seeds."""
    runs = (
        run(peak, warmup, shape, np.random.default_rng(seed), **COURSE)
        for seed in range(seeds)
    )
    return float(np.mean([numbers["losses"][-1] for numbers in runs]))


def _truth():
    lower = last_loss("cosine", seeds=1) < last_loss("constant", seeds=1) / 3
    return LOWER if lower else "about the same"


def _schedule():
    return Explorer(
        "Six hundred steps in batches of 8",
        run,
        _build,
        _read,
        "Left, the learning rate over 600 steps. Right, the loss over all training "
        "digits, measured every 20 steps.",
        [
            Slider("peak", "peak learning rate", 0.1, 2.0, 1.0, log=True),
            Slider("warmup", "warm-up (share of steps)", 0.0, 0.4, 0.0, step=0.05),
            Choice("shape", "then", list(SHAPES), "constant"),
        ],
        uses=COURSE,
        seed=0,
        card=Card(
            "noise_floor",
            "Batches of 8 and a rate of 1, kept constant: the loss stays at a level. "
            "Now the rate goes down to 0 along a cosine, in the same 600 steps. Where "
            "does the loss end?",
            ["higher: late steps hardly learn", "about the same", LOWER],
            truth=_truth,
            because="Each step follows eight digits only. A long step carries their "
            "noise into the weights; a short one averages it away.",
        ),
        size=(8.6, 3.6),
    )


def _build(figure):
    left, right = figure.subplots(1, 2)
    ends = (-10, N_STEPS + 10)
    plots.style_axes(left, "step", "learning rate", "The schedule", ends, (0, 2.1))
    left.set_yticks([0, 0.5, 1, 1.5, 2])
    rate = plots.draw_line(left, [], [])
    right.set_yscale("log")
    title = "The loss on all training digits"
    plots.style_axes(right, "step", "loss (nats)", title, ends, (BOTTOM, TOP))
    ticks = [0.01, 0.1, 1, 10]
    right.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    right.minorticks_off()
    plots.draw_reference(right, np.log(10), "guessing")
    curve = plots.draw_line(right, [], [], series=1)
    last = plots.draw_marker(right, 1, 1, 1)

    def update(numbers):
        rate.set_data(np.arange(N_STEPS), numbers["rates"])
        losses = np.clip(numbers["losses"], BOTTOM, TOP)
        curve.set_data(numbers["steps"], losses)
        last.set_data(numbers["steps"][-1:], losses[-1:])

    return [rate, curve, last], update


def _read(numbers):
    return {
        "largest rate": f"{numbers['rates'].max():.2f}",
        "last rate": f"{numbers['rates'][-1]:.3g}",
        "last loss": f"{numbers['losses'][-1]:.3f} nats",
        "unseen digits right": f"{numbers['accuracy']:.3f}",
    }
