"""The loop that trains: forward, loss, backward, update; in batches and epochs."""

import math
import os
import time
from dataclasses import dataclass, field

import numpy as np

from course_lib.losses import softmax_cross_entropy
from course_lib.metrics import accuracy
from course_lib.optimizers import clip_layers, sgd
from course_lib.quick_network import FlatGradients, quick_passes


@dataclass
class History:
    """What was seen while training, as plain numbers.

    Attributes
    ----------
    losses : list of float
        Of each step's own batch, before that step's update: one a step.
    steps : list of int
        After how many updates the measurements below were made; 0 is before the
        first.
    train_losses, validation_losses : list of float
        Over all the training and validation examples, in the units of the loss. No
        validation examples, no entries.
    train_accuracies, validation_accuracies : list of float
        Fractions from 0 to 1; empty when the targets are not class numbers.
    seconds : float
        How long training took.
    note : str
        Why training stopped before its time; empty when it did not.
    """

    losses: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    train_losses: list = field(default_factory=list)
    train_accuracies: list = field(default_factory=list)
    validation_losses: list = field(default_factory=list)
    validation_accuracies: list = field(default_factory=list)
    seconds: float = field(default=0.0, compare=False)
    note: str = ""


def minibatches(n_examples, batch_size, rng):
    """Divide one epoch into batches: every example once, in random order.

    Parameters
    ----------
    n_examples : int
    batch_size : int
        At least 1. The last batch is smaller where it does not divide `n_examples`.
    rng : Generator
        Shuffles; a new order at each call.

    Returns
    -------
    list of ndarray of shape (batch_size,), of integers
        The examples of each batch, as row numbers.

    Raises
    ------
    ValueError
        If `batch_size` is below 1.

    Notes
    -----
    Row numbers, not rows: inputs and targets are then picked by the same ones and
    cannot come apart. Lesson 6 builds it.
    """
    _check_batch_size(batch_size)
    order = rng.permutation(n_examples)
    return [order[i : i + batch_size] for i in range(0, n_examples, batch_size)]


def evaluate(network, x, targets, loss=softmax_cross_entropy):
    """Return the loss over all the examples given, and the accuracy.

    Parameters
    ----------
    network : Network
        Used as for predictions: `training` is False.
    x : ndarray of shape (N, D)
    targets : ndarray
        Class numbers of shape (N,), or numbers of the shape of the output.
    loss : callable
        ``loss(y, targets) -> (loss, dy)``.

    Returns
    -------
    loss : float
    accuracy : float or None
        A fraction from 0 to 1; None when the targets are not class numbers.
    """
    y = network.predict(x)
    share_right = accuracy(y, targets) if _are_labels(targets) else None
    return float(loss(y, targets)[0]), share_right


def train(
    network,
    x,
    targets,
    *,
    learning_rate,
    rng,
    epochs=None,
    n_steps=None,
    batch_size=32,
    loss=softmax_cross_entropy,
    optimizer=sgd,
    clip_norm=None,
    validation=None,
    measure_every=None,
    progress=None,
):
    """Train a network on batches drawn from the examples, and return what was seen.

    Parameters
    ----------
    network : Network
        Its layers get new parameters and running statistics, in new arrays.
    x : ndarray of shape (N, D)
    targets : ndarray
        Class numbers of shape (N,), or numbers of the shape of the output.
    learning_rate : float or callable
        A number, or ``learning_rate(step) -> float`` with steps counted from 0.
    rng : Generator
        Draws the batches, and is handed to layers that need chance.
    epochs, n_steps : int
        How long to train: one of the two. An epoch sees every example once.
    batch_size : int, default=32
    loss : callable
        ``loss(y, targets) -> (loss, dy)``.
    optimizer : callable
        As described in `course_lib.optimizers`.
    clip_norm : float, optional
        Largest norm of all gradients together; see `clip_layers`.
    validation : tuple, optional
        ``(x, targets)`` that are measured and never trained on.
    measure_every : int, optional
        Steps between two measurements over all examples; an epoch when not given.
        The first is made before the first step, the last after the last one.
    progress : callable, optional
        Called after each step as ``progress(step, n_steps, loss)``. When not given,
        training that takes over two seconds shows a line of text.

    Returns
    -------
    History
        Also when the loss stopped being finite: training ends there, without that
        step's update, with a printed note that the history keeps.

    Raises
    ------
    ValueError
        If not exactly one of `epochs` and `n_steps` is given, or the numbers of
        examples and targets differ.

    Notes
    -----
    Lesson 2 writes this loop for one linear layer.
    """
    for examples in filter(None, [(x, targets), validation]):
        _check_examples(*examples)
    _check_batch_size(batch_size)
    steps_an_epoch = math.ceil(len(x) / batch_size)
    n_steps = _count_steps(epochs, n_steps, steps_an_epoch)
    measure_every = measure_every or steps_an_epoch
    progress = progress or ProgressLine()
    rate = learning_rate if callable(learning_rate) else lambda step: learning_rate
    batches = _endless_batches(len(x), batch_size, rng)
    history, states, start = History(), {}, time.perf_counter()
    passes = quick_passes(network, x, targets, loss, optimizer)
    # What overflows shows up as a loss that is not finite, and that is reported.
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(n_steps):
            if step % measure_every == 0:
                _measure(history, step, network, (x, targets), validation, loss)
            batch = next(batches)
            y, caches = passes.forward(x[batch], training=True, rng=rng)
            batch_loss, dy = loss(y, targets[batch])
            history.losses.append(float(batch_loss))
            if not math.isfinite(batch_loss):
                break
            _, grads = passes.backward(dy, caches, needs_dx=False)
            passes.keep_running(caches)
            _update(network, grads, states, optimizer, float(rate(step)), clip_norm)
            progress(step + 1, n_steps, batch_loss)
        else:
            _measure(history, n_steps, network, (x, targets), validation, loss)
    history.seconds = time.perf_counter() - start
    _note_if_stopped(history)
    return history


class ProgressLine:
    """A line of text about a long training run, rewritten in place.

    It stays silent for two seconds, then shows the step, the loss and the time left
    five times a second, and ends as a plain line. It needs no widget, so it works in
    a notebook and in a terminal; in a run without a screen only the last line is left.

    Parameters
    ----------
    clock : callable
        ``clock() -> float``, in seconds.
    """

    def __init__(self, clock=time.perf_counter):
        self._clock = clock
        self._start = clock()
        self._next = self._start + 2.0
        self._headless = os.environ.get("COURSE_HEADLESS") == "1"

    def __call__(self, step, n_steps, loss):
        """Show where training is. `train` calls this after each step."""
        now = self._clock()
        is_last, is_showing = step == n_steps, self._next > self._start + 2.0
        if now < self._next and not (is_last and is_showing):
            return
        if self._headless and not is_last:  # a saved page keeps every line
            return
        self._next = now + 0.2
        self._show(step, n_steps, loss, now - self._start)

    def _show(self, step, n_steps, loss, spent):
        is_last = step == n_steps
        left = spent / step * (n_steps - step)
        duration = f"{spent:.1f} s" if is_last else f"{left:.0f} s left"
        text = f"step {step} of {n_steps}, loss {loss:.4g}, {duration}"
        print(f"\r{text:<60}", end="\n" if is_last else "", flush=True)


def _endless_batches(n_examples, batch_size, rng):
    while True:
        yield from minibatches(n_examples, batch_size, rng)


def _update(network, grads, states, optimizer, learning_rate, clip_norm):
    """Give each layer its next parameters; one used twice moves once, by the sum."""
    if isinstance(grads, FlatGradients) and optimizer is sgd and clip_norm is None:
        grads.descend(network.layers, learning_rate)
        return
    totals = {}
    for layer, layer_grads in zip(network.layers, grads, strict=True):
        if layer in totals:
            layer_grads = {n: totals[layer][n] + dw for n, dw in layer_grads.items()}
        if layer_grads:
            totals[layer] = layer_grads
    if clip_norm is not None:
        totals = clip_layers(totals, clip_norm)
    for layer, layer_grads in totals.items():
        layer.params, states[layer] = optimizer(
            layer.params, layer_grads, states.get(layer), learning_rate
        )


def _measure(history, step, network, examples, validation, loss):
    """Add one measurement over all the examples to the history."""
    history.steps.append(step)
    for part, data in (("train", examples), ("validation", validation)):
        if data is not None:
            value, share_right = evaluate(network, *data, loss)
            getattr(history, f"{part}_losses").append(value)
            if share_right is not None:
                getattr(history, f"{part}_accuracies").append(share_right)


def _note_if_stopped(history):
    """Say why, in the history and on the page, if the last loss is not finite."""
    if history.losses and not math.isfinite(history.losses[-1]):
        before = history.losses[-2] if len(history.losses) > 1 else None
        history.note = (
            f"Training stopped: the loss of step {len(history.losses)} is "
            f"{history.losses[-1]}, expected a finite number"
            + (f"; one step earlier it was {before:.3g}" if before else "")
            + ".\nDivide the learning rate by ten; if it happens at step 1, look at "
            "the inputs."
        )
        print(f"\r{history.note}")


def _are_labels(targets):
    return np.issubdtype(np.asarray(targets).dtype, np.integer)


def _check_batch_size(batch_size):
    if batch_size < 1:
        raise ValueError(
            f"batch_size is {batch_size}, expected at least 1.\nFor one batch of "
            "everything use the number of examples."
        )


def _check_examples(x, targets):
    if len(x) != len(targets) or len(x) == 0:
        raise ValueError(
            f"train: {len(x)} examples and {len(targets)} targets, expected as many "
            "of one as of the other, and at least one.\nPick both by the same rows."
        )


def _count_steps(epochs, n_steps, steps_an_epoch):
    if (epochs is None) == (n_steps is None):
        raise ValueError(
            f"train: epochs is {epochs} and n_steps is {n_steps}, expected one of the "
            "two.\nSay how long to train: epochs=20, or n_steps=600."
        )
    return n_steps if epochs is None else epochs * steps_an_epoch
