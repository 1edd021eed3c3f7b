"""The ticket of lesson 7: a deep network whose meters are calm, and that is deaf."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.explorers.vanishing_gradients_chain import short
from course_lib.initializers import init_he
from course_lib.losses import softmax_cross_entropy
from course_lib.models import mlp
from course_lib.predictions import Card
from course_lib.signals import dead_fraction, decibels, pre_activations
from course_lib.training import train

SIZES = [64] * 11 + [10]
STEPS = 340


def variance_for_std(D, M, rng):
    """Draw weights whose standard deviation is what should be their variance."""
    return rng.normal(0.0, 2.0 / D, size=(D, M))


@lru_cache(maxsize=8)
def run_of(has_root, seed=7):
    """Train ten ReLU layers for ten epochs, with or without the root in He's formula.

    Parameters
    ----------
    has_root : bool
    seed : int, default=7

    Returns
    -------
    dict
        ``losses`` of shape (340,) in nats; ``accuracy`` on unseen digits; before
        training: ``signal`` and ``dW`` of shape (10,), the std of each layer's
        activations in decibels against the input and the norm of its dW against the
        last, and ``dead``, the fraction of units that are off for every digit.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    draw = init_he if has_root else variance_for_std
    network = mlp(SIZES, rng, activation="relu", initializer=draw)
    before = _before_training(network, *digits.train)
    history = train(
        network,
        *digits.train,
        learning_rate=0.05,
        rng=rng,
        n_steps=STEPS,
        validation=digits.validation,
        measure_every=STEPS,
    )
    return before | {
        "losses": np.array(history.losses),
        "accuracy": history.validation_accuracies[-1],
    }


def _before_training(network, x, labels):
    z = pre_activations(network, x)
    logits, caches = network.forward(x)
    _, grads = network.backward(softmax_cross_entropy(logits, labels)[1], caches)
    norms = np.array([np.linalg.norm(g["W"]) for g in grads if g])[:-1]
    stds = np.array([np.maximum(layer, 0).std() for layer in z])
    return {
        "signal": decibels(stds / x.std()),
        "dW": decibels(norms / norms[-1]),
        "dead": float(np.mean([dead_fraction(layer) for layer in z])),
    }


def calm_and_deaf():
    """Show a run that stands still; ask for the cause."""
    ticket(
        Card(
            "calm_and_deaf",
            "Ten ReLU layers. The gradient checks are quiet, and the norm of dW is "
            "much the same in every layer. Why does nothing move?",
            [
                "the learning rate is too high",
                "most of the units are dead",
                "the labels are shuffled",
                "the first weights are too small",
                "the backward pass has a fault",
            ],
            truth="the first weights are too small",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(False),
        _read,
        "Left, the loss over 340 steps: this run is flat at ln 10, a healthy one "
        "falls. Right, the std of the activations by layer: in this run it falls in a "
        "straight line, in a healthy one it stays.",
    )


def _diagnosis():
    broken, healthy = run_of(False), run_of(True)
    per_hop = broken["signal"][-1] / len(broken["signal"])
    return (
        f"The activations lose {abs(per_hop):.0f} dB in each layer, so the logits are "
        "0 for every digit. A high rate or dead units would show in the other two "
        "readings, a fault in the gradient check, and shuffled labels would let the "
        "training loss fall. Somebody drew with 2 / D in place of its root. Retest, "
        f"with the root: {healthy['accuracy']:.3f}."
    )


def _build(figure):
    left, right = figure.subplots(1, 2)
    broken, healthy = run_of(False), run_of(True)
    plots.style_axes(left, "step", "loss (nats)", "Training", (-6, 346), (0, 3.1))
    steps = 10 * (np.arange(STEPS // 10) + 0.5)
    for run, look in ((healthy, 0), (broken, 1)):
        means = run["losses"].reshape(-1, 10).mean(axis=1)
        plots.draw_line(left, steps, means, series=look)
    plots.draw_label(left, 200, 2.5, "this run", 1)
    plots.draw_label(left, 130, 1.4, "a healthy run", 0)
    layers = np.arange(1, 11)
    plots.style_axes(
        right, "layer", "std (dB, input is 0)", "Activations", (0.5, 10.5), (-175, 25)
    )
    right.set_xticks(layers)
    for run, look in ((healthy, 0), (broken, 1)):
        plots.draw_line(right, layers, run["signal"], series=look)
        plots.draw_marker(right, layers, run["signal"], look, markersize=6)
    plots.draw_label(right, 5, 12, "a healthy run", 0)
    plots.draw_label(right, 3, -100, "this run", 1)
    return [], lambda numbers: None


def _read(numbers):
    return {
        "first loss": f"{numbers['losses'][0]:.3f} nats",
        "last loss": f"{numbers['losses'][-1]:.3f} nats",
        "right, unseen digits": f"{numbers['accuracy']:.3f}",
        "norm of dW, first against last": f"{short(numbers['dW'][0], 1)} dB",
        "dead units": f"{100 * numbers['dead']:.0f} %",
    }
