"""Thirty faults, each planted in a network that trains well without it.

parts = FAULTS["db2 is zero"].parts()
outcome = fault_rig.run(parts)          # validation accuracy 0.97 all the same
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from course_lib import fault_rig
from course_lib.fault_parts import (
    accumulating,
    at_the_start,
    in_dropout,
    in_the_derivative,
    in_the_grads,
    in_the_loss,
    next_label,
    overwriting,
    shuffled,
    softmax_over_the_batch,
    softmax_unshifted,
    sorted_batches,
    uphill,
    writing_to_x,
)
from course_lib.fault_rig import Parts


@dataclass(frozen=True)
class Fault:
    """A fault by name.

    Attributes
    ----------
    name : str
    sentence : str
        What is wrong, in one sentence.
    plant : callable
        ``plant() -> dict`` of the parts it replaces, made anew for each run.
    """

    name: str
    sentence: str
    plant: Callable

    def parts(self):
        """Return the parts of a new run with this fault in it."""
        return replace(Parts(), **self.plant())


HEALTHY = Fault("healthy", "Nothing is planted here.", dict)
SOUND_DROPOUT = Fault(
    "sound dropout",
    "Half the units are dropped in training and doubled in scale, as it should be.",
    lambda: {
        "forward": lambda params, x, training, rng: fault_rig.forward_with(
            lambda shape, training, rng: (
                (rng.random(shape) > 0.5) * 2.0 if training else np.ones(())
            ),
            params,
            x,
            training,
            rng,
        )
    },
)

_LISTED = (
    Fault(
        "no 1/N",
        "The gradient is a sum over the batch, the loss a mean.",
        in_the_loss(lambda d, N: d * N),
    ),
    Fault(
        "1/N twice",
        "The gradient is divided by the batch size a second time.",
        in_the_loss(lambda d, N: d / N),
    ),
    Fault(
        "y - p",
        "Backward starts from onehot minus probs: every gradient points downhill.",
        in_the_loss(lambda d, N: -d),
    ),
    Fault(
        "plus in the update",
        "The step goes with the gradient, uphill.",
        lambda: {"update": uphill},
    ),
    Fault(
        "z for dW2",
        "dW2 is made from the pre-activation z in place of h.",
        in_the_grads(lambda g, d, c: {"W2": c["z"].T @ d}),
    ),
    Fault(
        "1 - z²",
        "The derivative of tanh is taken from z in place of h.",
        in_the_derivative(lambda z, h: 1 - z**2),
    ),
    Fault(
        "1 - h",
        "The derivative of tanh lost its square.",
        in_the_derivative(lambda z, h: 1 - h),
    ),
    Fault(
        "no tanh derivative",
        "Blame passes tanh as if it were not there.",
        in_the_derivative(lambda z, h: 1.0),
    ),
    Fault(
        "db2 is zero",
        "The second bias never gets any blame.",
        in_the_grads(lambda g, d, c: {"b2": 0 * g["b2"]}),
    ),
    Fault(
        "db2 is a mean",
        "db2 is the mean over the batch of what already holds 1/N.",
        in_the_grads(lambda g, d, c: {"b2": d.mean(axis=0)}),
    ),
    Fault(
        "db2 of shape (1, C)",
        "db2 kept an axis: it is a row of a table, not a list.",
        in_the_grads(lambda g, d, c: {"b2": d.sum(axis=0, keepdims=True)}),
    ),
    Fault(
        "db2 is one number",
        "db2 is summed over the classes too, and the same everywhere.",
        in_the_grads(lambda g, d, c: {"b2": np.full_like(g["b2"], d.sum())}),
    ),
    Fault(
        "first layer frozen",
        "dW1 and db1 are zero.",
        in_the_grads(lambda g, d, c: {"W1": 0 * g["W1"], "b1": 0 * g["b1"]}),
    ),
    Fault(
        "W2 moved too early",
        "dh is made from W2 after its update, not from the W2 that forward used.",
        in_the_derivative(lambda z, h: 1 - h**2, lambda p, g: p["W2"] - 0.3 * g["W2"]),
    ),
    Fault(
        "gradients add up",
        "Each backward adds to the gradients of all the steps before.",
        accumulating,
    ),
    Fault(
        "cache overwritten",
        "Backward fills the stored h with zeros when it is done.",
        overwriting,
    ),
    Fault(
        "input changed",
        "Backward multiplies its input x by 0.999, in place.",
        writing_to_x,
    ),
    Fault(
        "softmax over the batch",
        "Softmax is taken down the columns: the examples share one probability.",
        lambda: {"loss": softmax_over_the_batch},
    ),
    Fault(
        "no shift in softmax",
        "The largest logit is not subtracted before exp.",
        lambda: {"loss": softmax_unshifted},
    ),
    Fault(
        "label off by one",
        "The loss reads each label as the next digit.",
        lambda: {"loss": next_label},
    ),
    Fault(
        "labels shuffled",
        "Images and labels were shuffled apart.",
        lambda: {"relabel": shuffled},
    ),
    Fault(
        "sorted batches",
        "The examples come sorted by digit.",
        lambda: {"batches": sorted_batches},
    ),
    Fault(
        "inputs not scaled",
        "Pixels go from 0 to 16, in training and in use.",
        lambda: {"training_scale": 1.0, "use_scale": 1.0},
    ),
    Fault(
        "scaled only in training",
        "Pixels are divided by 16 in training, and not in use.",
        lambda: {"use_scale": 1.0},
    ),
    Fault(
        "dropout left on",
        "Half the hidden units are dropped in use too.",
        in_dropout(keeps_scale=True, in_use=True),
    ),
    Fault(
        "dropout not scaled",
        "The units that stay are not doubled in training, so in use twice as much "
        "arrives.",
        in_dropout(keeps_scale=False, in_use=False),
    ),
    Fault("zero start", "All weights and biases start at zero.", at_the_start(0.0)),
    Fault(
        "start ten times too wide",
        "Both weights start ten times larger.",
        at_the_start(10),
    ),
    Fault("rate × 100", "The learning rate is 30.", lambda: {"rate": 100.0}),
    Fault("rate / 1000", "The learning rate is 0.0003.", lambda: {"rate": 0.001}),
)

FAULTS = {fault.name: fault for fault in _LISTED}
SILENT = ("inputs not scaled", "scaled only in training", "dropout not scaled")
