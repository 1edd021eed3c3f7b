"""Eight instruments for a training run, and the accuracy that everybody reads.

`read` uses the functions of `instrument_functions`, or a learner's in their place, on a
run with a fault in it::

    reading = read("gradient check", FAULTS["db2 is zero"])
    reading.tripped, reading.text, reading.minutes     # True, "error 1 at db2", 10
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from course_lib import fault_rig
from course_lib.instrument_functions import FUNCTIONS


@dataclass(frozen=True)
class Instrument:
    """An instrument of the bench: its name, its minutes, and how it is read."""

    name: str
    minutes: int
    measure: object


@dataclass(frozen=True)
class Reading:
    """What an instrument said: whether it tripped, its number, what it cost.

    Attributes
    ----------
    tripped : bool
    number : float
    text : str
        The number in words, with its unit.
    minutes : int
    """

    tripped: bool
    number: float
    text: str
    minutes: int


def read(name, fault, functions=None, seed=0):
    """Read one instrument on a run with a fault in it.

    Parameters
    ----------
    name : str
        A key of `INSTRUMENTS`.
    fault : Fault
    functions : dict of str to callable, optional
        In the place of those in `FUNCTIONS`.
    seed : int

    Returns
    -------
    Reading
    """
    instrument = INSTRUMENTS[name]
    with np.errstate(all="ignore"):
        tripped, number, text = instrument.measure(
            fault, seed, {**FUNCTIONS, **(functions or {})}
        )
    return Reading(bool(tripped), float(number), text, instrument.minutes)


def _fresh(fault, seed, n_examples):
    """Return a run's parts before training, with its first training examples."""
    parts, rng = fault.parts(), np.random.default_rng(seed)
    x, labels = fault_rig.pixels().train
    x, labels = x * parts.training_scale, parts.relabel(labels, rng)
    params = parts.init(fault_rig.SIZES, rng)
    return parts, params, x[:n_examples], labels[:n_examples], seed + 1


def _first_loss(fault, seed, f):
    parts, params, x, labels, chance = _fresh(fault, seed, None)
    logits, _ = parts.forward(params, x, True, np.random.default_rng(chance))
    loss = float(parts.loss(logits, labels)[0])
    return not f["initial_loss_check"](loss, 10), loss, f"{loss:.3g} nats"


def _gradient_check(fault, seed, f):
    parts, rng = fault.parts(), np.random.default_rng(seed)
    params = parts.init((6, 5, 10), rng)
    x, labels = rng.normal(size=(7, 6)), rng.integers(0, 10, 7)

    def loss(params):  # the same chance each time, or dropout would be measured
        logits, _ = parts.forward(params, x.copy(), True, np.random.default_rng(3))
        return float(parts.loss(logits, labels)[0])

    chance = np.random.default_rng(3)
    _, grads, _ = parts.gradient(params, x.copy(), labels, chance)
    # Numbers only: a gradient of another shape is the business of another instrument.
    grads = {name: np.reshape(grads[name], w.shape) for name, w in params.items()}
    errors = f["gradient_check"](loss, params, grads, 30, rng)
    worst = max(errors, key=lambda name: np.nan_to_num(errors[name], nan=np.inf))
    return not errors[worst] <= 1e-6, errors[worst], f"{errors[worst]:.1e} at d{worst}"


def _shapes(fault, seed, f):
    parts, params, x, labels, chance = _fresh(fault, seed, 9)
    _, grads, _ = parts.gradient(params, x, labels, np.random.default_rng(chance))
    odd = [k for k, w in params.items() if np.shape(grads[k]) != w.shape]
    text = f"d{odd[0]} is {np.shape(grads[odd[0]])}" if odd else "all equal"
    return odd, len(odd), text


def _call_twice(fault, seed, f):
    parts, params, x, labels, chance = _fresh(fault, seed, 9)
    logits, cache = parts.forward(params, x, True, np.random.default_rng(chance))
    _, dlogits = parts.loss(logits, labels)
    pure = f["is_pure"](parts.backward, params, dlogits, cache)
    text = "same, nothing changed" if pure else "not the same, or changed"
    return not pure, float(not pure), text


class _SameTwice:
    """Chance whose second half repeats the first: both copies get one mask."""

    def __init__(self, seed, n_examples):
        self.rng, self.n_examples = np.random.default_rng(seed), n_examples

    def random(self, shape):
        once = self.rng.random((self.n_examples, *shape[1:]))
        return np.concatenate([once] * (shape[0] // self.n_examples))


def _double_batch(fault, seed, f):
    _, params, x, labels, chance = _fresh(fault, seed, 9)

    def gradient(x, labels):  # new parts: what a fault remembers is no part of this
        rng = _SameTwice(chance, 9)
        _, grads, _ = fault.parts().gradient(params, x.copy(), labels, rng)
        return np.concatenate([grads[name].ravel() for name in params])

    error = f["double_batch_check"](gradient, x, labels)
    return not error <= 1e-6, error, f"changed by {error:.1e}"


def _huge_logits(fault, seed, f):
    parts, params, x, labels, chance = _fresh(fault, seed, 9)
    params = params | {"W2": 3000 * params["W2"]}
    logits, _ = parts.forward(params, x, True, np.random.default_rng(chance))
    loss = float(parts.loss(logits, labels)[0])
    return not np.isfinite(loss), loss, f"loss {loss:.3g}"


def _overfit_ten(fault, seed, f):
    parts, params, x, labels, chance = _fresh(fault, seed, 60)
    rng, seen = np.random.default_rng(chance), []

    def train_step(x, labels):
        nonlocal params
        logits, _ = parts.forward(params, x.copy(), False, rng)
        seen.append(float(parts.loss(logits, labels)[0]))
        params, _ = parts.step(params, x.copy(), labels, 0.5, rng)
        return seen[-1]

    fits = f["overfits_tiny_batch"](train_step, x, labels)
    return not fits, seen[-1], f"loss {seen[-1]:.2g} nats"


@lru_cache(maxsize=64)
def trained(fault, seed=0):
    """Return the `Outcome` of a run with a fault in it; trained once."""
    return fault_rig.run(fault.parts(), seed)


def _training_curve(fault, seed, f):
    loss = trained(fault, seed).train_loss
    return not loss < 0.25, loss, f"ends at {loss:.3g} nats"


def _validation(fault, seed, f):
    accuracy = trained(fault, seed).accuracy
    return not accuracy > 0.9, accuracy, f"{accuracy:.3f} right"


INSTRUMENTS = {
    i.name: i
    for i in (
        Instrument("first loss", 1, _first_loss),
        Instrument("gradient check", 10, _gradient_check),
        Instrument("shapes", 1, _shapes),
        Instrument("call twice", 2, _call_twice),
        Instrument("double batch", 2, _double_batch),
        Instrument("huge logits", 2, _huge_logits),
        Instrument("overfit ten", 5, _overfit_ten),
        Instrument("training curve", 15, _training_curve),
        Instrument("validation", 20, _validation),
    )
}


def matrix(faults, functions=None, seed=0, names=tuple(INSTRUMENTS)):
    """Return which instrument trips on which fault.

    Parameters
    ----------
    faults : sequence of Fault, of length F
    functions, seed
        As in `read`.
    names : sequence of str, of length I

    Returns
    -------
    ndarray of shape (F, I), of bool
    """
    return np.array(
        [[read(n, fault, functions, seed).tripped for n in names] for fault in faults]
    )
