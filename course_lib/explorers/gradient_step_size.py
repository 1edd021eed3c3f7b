"""Lesson 2, measuring a slope: how small a step, and how many questions it costs."""

from functools import lru_cache

import numpy as np

from course_lib import gradients, losses, plots
from course_lib.data import load_digits
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.initializers import init_xavier
from course_lib.layers import (
    linear_backward,
    linear_forward,
    tanh_backward,
    tanh_forward,
)
from course_lib.live_picture import STEADY
from course_lib.network import Layer, Network
from course_lib.predictions import Card

SMALLEST, LARGEST = 1e-13, 1e-1  # the ends of the step slider
N_PROBED = 20  # weights whose slopes are measured
NUMBERS = {"64 bits (float64)": "float64", "32 bits (float32)": "float32"}
LOWEST_DRAWN, HIGHEST_DRAWN = 1e-11, 1e2


class SmallNetwork:
    """A tanh network for the digits, 64-32-10, that counts its forward passes.

    Parameters
    ----------
    seed : int, default=2
        Of the first weights.

    Attributes
    ----------
    weights : ndarray of shape (2410,)
        All weights and biases in one row.
    forward_passes : int
        How often the loss was computed since the start.
    """

    def __init__(self, seed=2):
        rng = np.random.default_rng(seed)
        self._network = Network(
            [
                Layer(
                    linear_forward,
                    linear_backward,
                    W=init_xavier(64, 32, rng),
                    b=np.zeros(32),
                ),
                Layer(tanh_forward, tanh_backward),
                Layer(
                    linear_forward,
                    linear_backward,
                    W=init_xavier(32, 10, rng),
                    b=np.zeros(10),
                ),
            ]
        )
        x, labels = load_digits().train
        self._x, self._labels = x[:20], labels[:20]
        self._params = self._network.params
        arrays = [w for layer in self._params for w in layer.values()]
        self.weights = np.concatenate([w.ravel() for w in arrays])
        self.forward_passes = 0

    def loss(self, weights):
        """Return the loss of twenty digits, in nats, with other weights.

        Parameters
        ----------
        weights : ndarray of shape (2410,)
        """
        return self._forward(weights)[0]

    def gradient(self):
        """Return the slopes of all weights, (2410,): one sweep forward, one back."""
        _, dlogits, caches = self._forward(self.weights)
        _, grads = self._network.backward(dlogits, caches)
        return np.concatenate([dw.ravel() for g in grads for dw in g.values()])

    def _forward(self, weights):
        self.forward_passes += 1
        self._network.params = self._unpacked(weights)
        x = self._x.astype(weights.dtype)
        logits, caches = self._network.forward(x)
        return *losses.softmax_cross_entropy(logits, self._labels), caches

    def _unpacked(self, weights):
        start, unpacked = 0, []
        for layer in self._params:
            arrays = {}
            for name, w in layer.items():
                arrays[name] = weights[start : start + w.size].reshape(w.shape)
                start += w.size
            unpacked.append(arrays)
        return unpacked


# ---- the step of a measured slope


def step_size():
    """Change the step of a numerical gradient; watch its error fall and rise."""
    _step_size().show()


@lru_cache(maxsize=8)
def probed(numbers, seed=2):
    """Return a loss of twenty weights of a network, where they are, and their slopes.

    Parameters
    ----------
    numbers : {"float64", "float32"}
        What the loss is computed in.
    seed : int, default=2
        Of the network's weights and of the choice of twenty.

    Returns
    -------
    loss : callable
        ``loss(w) -> float`` for `w` of shape (20,).
    w : ndarray of shape (20,)
    exact : ndarray of shape (20,)
        Their slopes, from the backward pass.
    """
    network = SmallNetwork(seed)
    rng = np.random.default_rng(seed)
    places = rng.choice(64 * 32, size=N_PROBED, replace=False)
    weights = network.weights.astype(numbers)

    def loss(w):
        changed = weights.copy()
        changed[places] = w
        return network.loss(changed)

    return loss, network.weights[places], network.gradient()[places]


def gradient_error(measured, exact):
    """Return the size of the error as a share of the size of the gradient."""
    return float(np.linalg.norm(measured - exact) / np.linalg.norm(exact))


def forward_difference(f, w, step):
    """Return slopes measured on one side only: ``(f(w + step) - f(w)) / step``."""
    here = f(w)
    return np.array([(f(w + shift) - here) / step for shift in step * np.eye(w.size)])


@lru_cache(maxsize=8)
def error_curves(numbers, numerical_gradient, seed=2):
    """Return the errors of both kinds of slopes over the step.

    Parameters
    ----------
    numbers : {"float64", "float32"}
    numerical_gradient : callable
        As written in lesson 2.
    seed : int, default=2

    Returns
    -------
    dict of str to ndarray of shape (25,)
        ``steps``, and as shares of the gradient's size ``two_sided`` and
        ``one_sided``.
    """
    loss, w, exact = probed(numbers, seed)
    steps = np.geomspace(SMALLEST, LARGEST, 25)
    both = [gradient_error(numerical_gradient(loss, w, h), exact) for h in steps]
    one = [gradient_error(forward_difference(loss, w, h), exact) for h in steps]
    return {"steps": steps, "two_sided": np.array(both), "one_sided": np.array(one)}


def measured_slopes(step, numbers, numerical_gradient):
    """Return the error at one step, and the curves over all of them.

    Parameters
    ----------
    step : float
        In units of a weight.
    numbers : {"float64", "float32"}
    numerical_gradient : callable
        As written in lesson 2.

    Returns
    -------
    dict
        ``step``, ``numbers``, ``error``, ``one_sided``, and ``curves`` as
        `error_curves` gives them.
    """
    loss, w, exact = probed(numbers)
    return {
        "step": step,
        "numbers": numbers,
        "error": gradient_error(numerical_gradient(loss, w, step), exact),
        "one_sided": gradient_error(forward_difference(loss, w, step), exact),
        "curves": error_curves(numbers, numerical_gradient),
    }


def _step_size():
    return Explorer(
        "How small is a small step?",
        measured_slopes,
        _build_step_size,
        _read_step_size,
        "The error of a measured gradient over the step, both on logarithmic scales: "
        "two V-shaped curves. From right to left the errors fall, then rise again.",
        [
            Slider("step", "step", SMALLEST, LARGEST, LARGEST, log=True, digits=".0e"),
            Choice("numbers", "numbers of", NUMBERS, "float64"),
        ],
        uses={"numerical_gradient": gradients.numerical_gradient},
        card=Card(
            "step_size",
            "We measure twenty slopes with a step of 0.1, then with ever smaller "
            "ones, down to 0.0000000000001. The error of the slopes...",
            [
                "gets smaller and smaller",
                "gets smaller, then larger again",
                "gets larger and larger",
                "hardly changes",
            ],
            truth="gets smaller, then larger again",
            because="A large step cuts across the bend of the curve. A tiny step "
            "changes the loss by less than its last digits can show.",
        ),
        size=(8.6, 4.0),
    )


def _build_step_size(figure):
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log")
    plots.style_axes(
        axes,
        "step (units of a weight)",
        "error, as a share of the gradient",
        "Twenty slopes of a network, measured",
        (SMALLEST / 3, LARGEST * 3),
        (LOWEST_DRAWN, HIGHEST_DRAWN),
    )
    axes.set_xticks(10.0 ** np.arange(-13, 0, 2))
    axes.set_yticks(10.0 ** np.arange(-11, 3, 2))
    axes.minorticks_off()
    plots.draw_reference(axes, 1.0, "nothing right: the error is as large as the slope")
    axes.text(1e-12, 2e-11, "too small: rounding", color=plots.QUIET)
    axes.text(6e-2, 2e-11, "too large: the bend", color=plots.QUIET, ha="right")
    two = plots.draw_line(axes, [], [], gid=STEADY)
    one = plots.draw_line(axes, [], [], series=1, gid=STEADY)
    here = plots.draw_marker(axes, 1, 1)
    there = plots.draw_marker(axes, 1, 1, series=1)
    axes.text(2e-2, 4e-6, "both sides", color=plots.COLORS[0])
    axes.text(6e-2, 1.2e-1, "one side", color=plots.COLORS[1], ha="right")

    def update(numbers):
        curves = numbers["curves"]
        steps = curves["steps"]
        two.set_data(steps, np.maximum(curves["two_sided"], LOWEST_DRAWN))
        one.set_data(steps, np.maximum(curves["one_sided"], LOWEST_DRAWN))
        here.set_data([numbers["step"]], [max(numbers["error"], LOWEST_DRAWN)])
        there.set_data([numbers["step"]], [max(numbers["one_sided"], LOWEST_DRAWN)])

    return [two, one, here, there], update


def _read_step_size(numbers):
    curves = numbers["curves"]
    best = curves["two_sided"].argmin()
    return {
        "step": f"{numbers['step']:.0e}",
        "error, both sides": f"{numbers['error']:.1e}",
        "error, one side": f"{numbers['one_sided']:.1e}",
        "best step on the curve": f"{curves['steps'][best]:.0e}",
        "its error": f"{curves['two_sided'][best]:.1e}",
    }
