"""Functions that a check hands to a learner's function as an argument.

`Given("quadratic", {...})` names one of these with what it is made from, so that a
check is data alone: it can be stored, and sent to another process. None of them
knows an answer to an exercise.
"""

import numpy as np


def quadratic(curvature, center):
    """Return ``f(w) = sum(curvature * (w - center)**2) / 2``, a bowl."""
    return lambda w: float(np.sum(curvature * (w - center) ** 2) / 2)


def waves(frequency, phase):
    """Return ``f(w) = sum(sin(frequency * w + phase))``, for arrays of one shape."""
    return lambda w: float(np.sum(np.sin(frequency * w + phase)))


def product(offset):
    """Return ``f(w) = product of (w + offset)``: every slope depends on the others."""
    return lambda w: float(np.prod(w + offset))


def generator(seed):
    """Return a random generator, the same for the same seed."""
    return np.random.default_rng(seed)


def waves_by_name(amplitude, frequency, battery):
    """Return ``loss(params)``, a sum of waves over every entry of named arrays.

    Its meter has a battery: asked more often than that, it answers nan.
    """
    asked = 0

    def loss(params):
        nonlocal asked
        asked += 1
        if asked > battery:
            return float("nan")
        return float(
            sum(
                np.sum(amplitude[k] * np.sin(frequency[k] * np.asarray(params[k])))
                for k in frequency
            )
        )

    return loss


def training_run(W, learning_rate):
    """Return ``train_step(x, labels) -> loss`` of a linear classifier.

    Each call takes a step and returns the mean cross-entropy before it.
    """
    W = np.array(W, float)

    def train_step(x, labels):
        loss, dW = _classify(W, x, labels)
        W[...] -= learning_rate * dW
        return loss

    return train_step


def batch_gradient(W, power):
    """Return ``gradient(x, labels)`` of a linear classifier; `power` scales it by N."""
    return lambda x, labels: _classify(W, x, labels)[1] * len(x) ** power


def _classify(W, x, labels):
    logits = x @ W
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs, rows = powers / powers.sum(axis=1, keepdims=True), np.arange(len(x))
    blame = probs.copy()
    blame[rows, labels] -= 1
    loss = -np.mean(np.log(np.maximum(probs[rows, labels], 1e-300)))
    return float(loss), x.T @ blame / len(x)


def layer_with_habit(habit):
    """Return ``backward(dy, cache) -> (dx, dW)`` of a linear layer, with a habit.

    Parameters
    ----------
    habit : str
        What it does besides; "none" for nothing.
    """
    memory = {"sum": 0.0, "calls": 0}

    def backward(dy, cache):
        x, W = cache
        memory["calls"] += 1
        if habit == "blocks dy":
            dy[dy < 0] = 0
        dx, dW = dy @ W.T, x.T @ dy
        if habit == "clears the cache":
            x[...] = 0
        if habit == "moves W":
            W *= 0.999
        if habit == "adds up":
            memory["sum"] = dW = memory["sum"] + dW
        if habit == "counts in dx":
            dx = dx * memory["calls"]
        if habit == "one array":
            held = memory.setdefault("held", np.zeros(dW.shape))
            held += dW
            dW = held
        return dx, dW

    return backward


def make(given):
    """Return the function that a `Given` names, made anew.

    Raises
    ------
    ValueError
        If there is no such function here.
    """
    makers = {f.__name__: f for f in _MAKERS}
    if given.name not in makers:
        raise ValueError(
            f"no probe function {given.name!r}; there are {sorted(makers)}"
        )
    return makers[given.name](**given.params)


_MAKERS = (
    quadratic,
    waves,
    product,
    generator,
    waves_by_name,
    training_run,
    batch_gradient,
    layer_with_habit,
)
