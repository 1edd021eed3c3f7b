"""The ticket of lesson 4: a network that learns with half of itself."""

from functools import lru_cache

import numpy as np

from course_lib import layers, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.losses import softmax_cross_entropy
from course_lib.metrics import accuracy
from course_lib.predictions import Card
from course_lib.training import minibatches

EPOCHS = 20
RATE = 0.5


@lru_cache(maxsize=8)
def run_of(blame_reaches_the_first_layer, seed=4):
    """Train a 64-32-10 tanh network on the digits for 20 epochs.

    Parameters
    ----------
    blame_reaches_the_first_layer : bool
        Whether dh is sent on through tanh and the first linear layer.
    seed : int, default=4

    Returns
    -------
    dict
        ``accuracies`` of shape (21,) on the validation digits, ``loss`` in nats on
        the training digits, ``first_loss``, and ``moved``: how far each parameter
        is from where it began, as a share of its spread at the end.
    """
    digits = load_digits()
    x, labels = digits.train
    unseen, truth = digits.validation
    rng = np.random.default_rng(seed)
    start = params = _first_params(rng)
    accuracies = [accuracy(_logits(unseen, params), truth)]
    first_loss = softmax_cross_entropy(_logits(x, params), labels)[0]
    for _ in range(EPOCHS):
        for rows in minibatches(len(x), 32, rng):
            grads = _grads(x[rows], labels[rows], params)
            if not blame_reaches_the_first_layer:
                grads |= {name: 0.0 * grads[name] for name in ("W1", "b1")}
            params = {name: params[name] - RATE * grads[name] for name in params}
        accuracies.append(accuracy(_logits(unseen, params), truth))
    return {
        "accuracies": np.array(accuracies),
        "first_loss": first_loss,
        "loss": softmax_cross_entropy(_logits(x, params), labels)[0],
        "moved": {
            name: float(np.abs(params[name] - start[name]).max()) for name in params
        },
    }


def half_learned():
    """Show a run that stops short; ask for the cause."""
    ticket(
        Card(
            "half_learned",
            "The first loss is healthy, and the loss falls. What is wrong with this "
            "run?",
            [
                "the learning rate is too low",
                "the gradient of W2 is transposed",
                "no blame reaches the first layer",
                "the labels were shuffled",
                "nothing: more is not possible with 32 hidden units",
            ],
            truth="no blame reaches the first layer",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(False),
        _read,
        "Accuracy on unseen digits over 20 epochs: this run levels off near 0.9, a "
        "healthy one above 0.96.",
    )


def _diagnosis():
    healthy = run_of(True)["accuracies"][-1]
    return (
        "W1 and b1 are where they began, to the last digit, while W2 and b2 moved. A "
        "low rate would move all four a little; a transposed gradient has another "
        "shape than W2 and stops the run; shuffled labels would leave accuracy near "
        "0.1. The second layer learns to read 32 random features, and that gives "
        f"most of the way. Retest, with the blame sent on: {healthy:.3f}."
    )


def _first_params(rng):
    return {
        "W1": rng.normal(0, np.sqrt(1 / 64), (64, 32)),
        "b1": np.zeros(32),
        "W2": rng.normal(0, np.sqrt(1 / 32), (32, 10)),
        "b2": np.zeros(10),
    }


def _logits(x, params):
    return np.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]


def _grads(x, labels, params):
    z, first = layers.linear_forward(x, params["W1"], params["b1"])
    h, second = layers.tanh_forward(z)
    logits, third = layers.linear_forward(h, params["W2"], params["b2"])
    dh, dW2, db2 = layers.linear_backward(
        softmax_cross_entropy(logits, labels)[1], third
    )
    _, dW1, db1 = layers.linear_backward(layers.tanh_backward(dh, second), first)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
    epochs, ends = np.arange(EPOCHS + 1), (-0.6, EPOCHS + 0.6)
    plots.style_axes(left, "epoch", "fraction right", "Unseen digits", ends, (0, 1.08))
    left.set_xticks(range(0, EPOCHS + 1, 5))
    plots.draw_line(left, epochs, run_of(True)["accuracies"], series=0)
    plots.draw_line(left, epochs, run_of(False)["accuracies"], series=1)
    plots.draw_label(left, 8, 1.03, "a healthy run", 0)
    plots.draw_label(left, 8, 0.8, "this run", 1)
    moved = run_of(False)["moved"]
    top = 1.2 * max(moved.values())
    plots.style_axes(right, "", "largest change", "How far it moved", None, (0, top))
    plots.draw_bars(right, list(moved.values()), list(moved), series=1)
    for place, value in enumerate(moved.values()):
        right.text(place, value + 0.01 * top, f"{value:.2f}", ha="center", va="bottom")
    return [], lambda numbers: None


def _read(numbers):
    return {
        "first loss": f"{numbers['first_loss']:.2f} nats",
        "last loss": f"{numbers['loss']:.2f} nats",
        "right at the end": f"{numbers['accuracies'][-1]:.3f}",
        "healthy run": f"{run_of(True)['accuracies'][-1]:.3f}",
        **{f"{name} moved": f"{by:.2f}" for name, by in numbers["moved"].items()},
    }
