"""The ticket of lesson 6: a loss that comes and goes in waves."""

from functools import lru_cache

import numpy as np

from course_lib import batch_noise, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import ticket
from course_lib.metrics import accuracy
from course_lib.predictions import Card
from course_lib.training import minibatches

SIZE, RATE, EPOCHS, SHOWN = 32, 0.5, 8, 4


@lru_cache(maxsize=8)
def run_of(shuffled, seed=6):
    """Train lesson 4's network for eight epochs on digits that lie sorted by label.

    Parameters
    ----------
    shuffled : bool
        Whether each epoch draws an order, or takes the digits as they lie.
    seed : int, default=6

    Returns
    -------
    dict
        ``losses`` of shape (272,), one a batch, in nats; ``accuracy`` on the
        validation digits at the end; ``epoch``: the number of steps in one.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    by_label = np.argsort(digits.train.targets, kind="stable")
    x, labels = digits.train.x[by_label], digits.train.targets[by_label]
    params, losses = batch_noise.first_params(rng), []
    as_they_lie = np.split(np.arange(len(x)), range(SIZE, len(x), SIZE))
    for _ in range(EPOCHS):
        for rows in minibatches(len(x), SIZE, rng) if shuffled else as_they_lie:
            loss, grads = batch_noise.loss_and_grads(params, x[rows], labels[rows])
            params = {name: w - RATE * grads[name] for name, w in params.items()}
            losses.append(loss)
    unseen, truth = digits.validation
    return {
        "losses": np.array(losses),
        "accuracy": accuracy(batch_noise.predict_logits(params, unseen), truth),
        "epoch": len(as_they_lie),
    }


def waves():
    """Show a run whose loss comes in waves; ask for the cause."""
    ticket(
        Card(
            "waves",
            "The loss of each batch, over four epochs of 34 steps. What is wrong with "
            "this run?",
            [
                "the learning rate is too high",
                "the batches are too small, and the gradient is noisy",
                "the examples lie sorted and are not shuffled",
                "the last, short batch is divided by the wrong number",
                "nothing: losses of batches jitter",
            ],
            truth="the examples lie sorted and are not shuffled",
            because=_diagnosis(),
            at_once=True,
            kind="Diagnose",
        ),
        _build,
        run_of(False),
        _read,
        "The loss of each batch over 136 steps. It climbs to high peaks and falls to "
        "nearly 0, in a pattern that comes back every 34 steps; a healthy run falls "
        "with a little jitter.",
    )


def _diagnosis():
    return (
        "Noise has no clock, and this pattern comes back every 34 steps, which is one "
        "epoch. Each batch holds one class or two. The network learns to answer with "
        "that class, and pays when the next one comes. Too high a rate would not wait "
        "for the same place in each epoch; one short batch of 21 would be one spike. "
        f"Retest, with the rows shuffled: {run_of(True)['accuracy']:.3f}."
    )


def _build(figure):
    axes = figure.subplots()
    losses, epoch = run_of(False)["losses"], run_of(False)["epoch"]
    steps, top = np.arange(SHOWN * epoch), 1.05 * losses[: SHOWN * epoch].max()
    plots.style_axes(
        axes, "step", "loss of the batch (nats)", "", (-2, SHOWN * epoch + 1), (0, top)
    )
    for k in range(1, SHOWN):
        plots.draw_reference(axes, k * epoch, f"epoch {k + 1}", vertical=True)
    healthy = run_of(True)["losses"][steps]
    plots.draw_line(axes, steps, losses[steps], "this run", series=1, linestyle="-")
    plots.draw_line(axes, steps, healthy, "a healthy run", linewidth=1.5)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return [], lambda numbers: None


def _read(numbers):
    last = numbers["losses"][-numbers["epoch"] :]
    return {
        "first loss": f"{numbers['losses'][0]:.2f} nats",
        "last epoch, highest": f"{last.max():.2f} nats",
        "last epoch, lowest": f"{last.min():.2f} nats",
        "steps in an epoch": str(numbers["epoch"]),
        "right, unseen": f"{numbers['accuracy']:.3f}",
    }
