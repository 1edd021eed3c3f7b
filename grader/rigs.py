"""A wrong function put into a training run, so that the instruments can be read on it.

The run is that of lesson 5: digits, 64-32-10. Each function of the course that has a
place in such a run can be replaced by another; what comes of it is a `Fault`.
"""

import numpy as np

from course_lib import fault_rig, instrument_functions, layers, losses
from course_lib import normalization as norms
from course_lib.faults import FAULTS, HEALTHY, Fault
from course_lib.instruments import INSTRUMENTS, read

P_DROP = 0.5
WEIGHTED = "weighted_cross_entropy"
STEPS = {  # an optimizer's step: what it keeps, its rate next to plain descent's
    "momentum_step": (1, {"beta": 0.9}, 0.1),
    "rmsprop_step": (1, {}, 0.01),
    "adam_step": (2, {}, 0.01),
    "adamw_step": (2, {"weight_decay": 0.01}, 0.01),
}
ACTIVATIONS = ("sigmoid", "relu", "tanh")
NORMS = ("batchnorm", "layernorm")
PLAIN = {
    name: getattr(module, name)
    for module in (layers, losses)
    for name in vars(module)
    if name.endswith(("_forward", "_backward")) or name == "softmax_cross_entropy"
}


def fault_of(label, functions):
    """Return the `Fault` of running with these functions, or None.

    Parameters
    ----------
    label : str
        Its name: the faults of an exercise need names of their own.
    functions : dict of str to callable
        An exercise's functions by name, some of them wrong.

    Returns
    -------
    Fault or None
        None where none of them has a place in the run.
    """
    plant = next((p for p in _PLANTS if p(functions) is not None), None)
    return plant and Fault(label, "", lambda: plant(functions))


def readings(fault, names=tuple(INSTRUMENTS)):
    """Read instruments on a fault.

    Returns
    -------
    dict of str to (bool, str)
        Whether each trips, and what it says; a function that fails trips them.
    """
    found = {}
    for name in names:
        try:
            reading = read(name, fault)
            found[name] = (reading.tripped, reading.text)
        except Exception as error:
            found[name] = (True, f"stops: {type(error).__name__}: {error}"[:160])
    return found


def misheard(functions):
    """Return what an instrument's wrong version misses, or None if it is none.

    Parameters
    ----------
    functions : dict of str to callable

    Returns
    -------
    dict or None
        ``{"instrument": ..., "heard": [...], "missed": [...], "false": bool}``: of the
        thirty faults those that the right version hears, which the wrong one does not,
        and whether it trips on a healthy run; with ``"fails"`` where it raises.
    """
    found = functions.keys() & instrument_functions.FUNCTIONS.keys()
    if not found:
        return None
    (function,) = found
    name = INSTRUMENT_OF[function]
    heard = [f for f in FAULTS.values() if read(name, f).tripped]
    try:
        missed = [f.name for f in heard if not read(name, f, functions).tripped]
        false = read(name, HEALTHY, functions).tripped
    except Exception as error:
        return {"instrument": name, "fails": f"{type(error).__name__}: {error}"[:160]}
    names = [f.name for f in heard]
    return {"instrument": name, "heard": names, "missed": missed, "false": false}


INSTRUMENT_OF = {
    "gradient_check": "gradient check",
    "initial_loss_check": "first loss",
    "overfits_tiny_batch": "overfit ten",
    "is_pure": "call twice",
    "double_batch_check": "double batch",
}


# ---- where each function goes; each returns the parts it replaces, or None


def _whole_network(functions):
    forward, backward = functions.get("mlp_forward"), functions.get("mlp_backward")
    if not forward:
        return None
    right = fault_rig.Parts()
    parts = {"forward": lambda params, x, training, rng: forward(x, params)}
    if backward:
        return parts | {"backward": lambda params, d, cache: backward(d, cache)}

    def both(params, x, training, rng):  # the learner's y, the engine's way back
        return forward(x, params)[0], right.forward(params, x, training, rng)[1]

    return {"forward": both}


def _layers(functions):
    """Return the run with its layers made of these pairs."""
    ours = {name: f for name, f in functions.items() if name in PLAIN}
    if not any(name.endswith(("_forward", "_backward")) for name in ours):
        return None
    kind = next((a for a in ACTIVATIONS if f"{a}_forward" in ours), "tanh")
    if "linear_forward" in ours and "linear_backward" not in ours:
        ours["linear_forward"] = _with_own_cache(ours["linear_forward"])
    f = PLAIN | ours

    def forward(params, x, training, rng):
        z, first = f["linear_forward"](x, params["W1"], params["b1"])
        h, second = f[f"{kind}_forward"](z)
        logits, third = f["linear_forward"](h, params["W2"], params["b2"])
        return logits, {"x": x, "z": z, "h": h, "layers": (first, second, third)}

    def backward(params, dlogits, cache):
        first, second, third = cache["layers"]
        dh, dW2, db2 = f["linear_backward"](dlogits, third)
        dz = f[f"{kind}_backward"](dh, second)
        _, dW1, db1 = f["linear_backward"](dz, first)
        return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    return {"forward": forward, "backward": backward}


def _with_own_cache(linear_forward):
    return lambda x, W, b: (linear_forward(x, W, b)[0], (x, W))


class _Normalizer:
    """A pair for normalization in a run that remembers its running statistics."""

    def __init__(self, kind, functions):
        self.has_running = kind == "batchnorm"
        self._forward = functions[f"{kind}_forward"]
        self._engine = getattr(norms, f"{kind}_forward")
        own = (f for name, f in functions.items() if "backward" in name)
        self._own = next(own, None)
        self.backward = self._own or getattr(norms, f"{kind}_backward")
        self._running = {}  # by the number of features

    def forward(self, x, gamma, beta, training):
        """Return what the function makes of x, and the cache for `backward`."""
        if not self.has_running:
            y, cache = self._forward(x, gamma, beta)
            return y, cache if self._own else self._engine(x, gamma, beta)[1]
        start = {"mean": np.zeros(len(gamma)), "variance": np.ones(len(gamma))}
        running = self._running.get(len(gamma), start)
        y, cache, running = self._forward(x, gamma, beta, running, training)
        if training:
            self._running[len(gamma)] = running
        if self._own is None:  # the engine's way back reads its own cache
            cache = self._engine(x, gamma, beta, running=start, training=True)[1]
        return y, cache


def _normalized(functions):
    """Return the run with a normalization between the first layer and its tanh."""
    kind = next((n for n in NORMS if f"{n}_forward" in functions), None)
    if kind is None:
        return None
    pair = _Normalizer(kind, functions)

    def init(sizes, rng):
        params = fault_rig.init(sizes, rng)
        if pair.has_running:  # it takes b1 out again, so that db1 is rounding
            del params["b1"]
        return params | {"gamma": np.ones(sizes[1]), "beta": np.zeros(sizes[1])}

    def forward(params, x, training, rng):
        b1 = params.get("b1", np.zeros(len(params["gamma"])))
        z, first = layers.linear_forward(x, params["W1"], b1)
        n, norm = pair.forward(z, params["gamma"], params["beta"], training)
        h, second = layers.tanh_forward(n)
        logits, third = layers.linear_forward(h, params["W2"], params["b2"])
        return logits, {"x": x, "z": z, "h": h, "layers": (first, norm, second, third)}

    def backward(params, dlogits, cache):
        first, norm, second, third = cache["layers"]
        dh, dW2, db2 = layers.linear_backward(dlogits, third)
        dz, dgamma, dbeta = pair.backward(layers.tanh_backward(dh, second), norm)
        _, dW1, db1 = layers.linear_backward(dz, first)
        grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
        grads |= {"gamma": dgamma, "beta": dbeta}
        return {name: grads[name] for name in params}

    return {"init": init, "forward": forward, "backward": backward}


def _loss(functions):
    if "softmax_cross_entropy" in functions:
        return {"loss": functions["softmax_cross_entropy"]}
    if WEIGHTED in functions:  # the digits are balanced: each class counts once
        loss = functions[WEIGHTED]
        return {"loss": lambda logits, labels: loss(logits, labels, np.ones(10))}
    return None


def _dropout(functions):
    forward, backward = map(functions.get, ("dropout_forward", "dropout_backward"))
    if forward is None:
        return None

    def run(params, x, training, rng):
        z, first = layers.linear_forward(x, params["W1"], params["b1"])
        h, second = layers.tanh_forward(z)
        kept, mask = forward(h, P_DROP, rng, training)
        logits, third = layers.linear_forward(kept, params["W2"], params["b2"])
        seen = {"x": x, "z": z, "h": kept, "mask": kept / np.where(h == 0, 1, h)}
        return logits, seen | {"layers": (first, second, third), "drop": mask}

    def undo(params, dlogits, cache):
        first, second, third = cache["layers"]
        dh, dW2, db2 = layers.linear_backward(dlogits, third)
        dh = backward(dh, cache["drop"]) if backward else dh * cache["mask"]
        dz = layers.tanh_backward(dh, second)
        _, dW1, db1 = layers.linear_backward(dz, first)
        return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    return {"forward": run, "backward": undo}


def _update(functions):
    """Return the run with another update; it may keep something for each parameter."""
    if "gradient_step" in functions:
        return {"update": functions["gradient_step"]}
    name = next((name for name in STEPS if name in functions), None)
    if name is None:
        return None
    step, (n_kept, more, rate) = functions[name], STEPS[name]
    kept, times = {}, {}

    def update(params, grads, learning_rate):
        moved = {}
        for key, w in params.items():
            place = key, w.shape
            state = kept.get(place, (np.zeros_like(w),) * n_kept)
            times[place] = times.get(place, 0) + 1
            given = more | {"learning_rate": learning_rate * rate}
            if n_kept == 2:
                given["t"] = times[place]
            result = step(w, grads[key], *state, **given)
            moved[key], kept[place] = result[0], result[1:]
        return moved

    return {"update": update}


def _clipped(functions):
    clip = functions.get("clip_by_global_norm")
    if clip is None:
        return None

    def update(params, grads, learning_rate):
        return fault_rig.update(params, clip(grads, 1.0)[0], learning_rate)

    return {"update": update}


_PLANTS = (_whole_network, _layers, _normalized, _loss, _dropout, _update, _clipped)
