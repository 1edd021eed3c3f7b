"""Functions that a check hands to a learner's function as an argument.

`Given("quadratic", {...})` names one of these with what it is made from, so that a
check is data alone: it can be stored, and sent to another process. None of them
knows an answer to an exercise.

A driver is called by a probe in place of the learner's function: it uses a learner's
class or function and says, in plain values, what came of it. Drivers are in `DRIVERS`.
"""

import numpy as np

from course_lib import sealed_runs
from course_lib.probe_batches import deal_batches, run_epoch
from course_lib.probe_data import divide_groups, find_pairs, mark_places, weigh_look_up
from course_lib.probe_draws import draw_weights
from course_lib.probe_regularization import (
    hear_diagnosis,
    use_dropout,
    use_dropout_pair,
)


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


def bench_retest(rows):
    """Return ``retest(change)``: stored readings of a run made again with one change.

    Parameters
    ----------
    rows : ndarray of shape (changes, numbers of a row)
        As `course_lib.sealed_runs` lays them out.
    """
    retests, asked = sealed_runs.retests_from(rows), []

    def retest(change):
        if change not in retests:
            known = "; ".join(retests)
            raise ValueError(
                f"{change!r} is no change of the bench. There are: {known}"
            )
        if len(asked) == sealed_runs.N_RETESTS:
            raise ValueError(f"this run was made again {len(asked)} times: no more")
        asked.append(change)
        return {name: np.copy(v)[()] for name, v in retests[change].items()}

    return retest


class Node:
    """A node of a graph with known slopes, for functions that walk through graphs.

    Parameters
    ----------
    name : str
    inputs : sequence of Node
    slopes : sequence of float
        How much this node changes per unit of each input.
    """

    def __init__(self, name, inputs=(), slopes=()):
        self.name = name
        self.data = 1.5
        self.grad = 0.0
        self.inputs = tuple(inputs)
        self._slopes = slopes

    def pass_back(self):
        """Hand the blame on to the inputs."""
        for node, slope in zip(self.inputs, self._slopes, strict=True):
            node.grad = node.grad + slope * self.grad


def graph(links):
    """Return the last node of a graph.

    Parameters
    ----------
    links : list of (name, input names, slopes)
        In an order in which every input comes before its node.
    """
    nodes = {}
    for name, inputs, slopes in links:
        nodes[name] = Node(name, [nodes[each] for each in inputs], slopes)
    return nodes[links[-1][0]]


def use_values(Value, program, numbers, dy):
    """Run a small program on Values, forward and back.

    Parameters
    ----------
    Value : type
        The learner's class.
    program : list of [name, operation, input names]
        Operations are "add", "mul", "tanh" and "exp".
    numbers : dict of name to float or ndarray
    dy : float or ndarray
        Upstream gradient of the last result.

    Returns
    -------
    values : dict of name to what forward gave
    links : dict of name to how many different inputs a result knows
    blame : dict of name to its gradient, from the last result back
    """
    made = {name: Value(number) for name, number in numbers.items()}
    for name, operation, *inputs in program:
        made[name] = _result(Value, operation, [made[each] for each in inputs])
    values = {name: made[name].data for name in made}
    links = {name: len({id(v) for v in made[name].inputs}) for name in made}
    made[program[-1][0]].grad = dy
    for name, *_ in reversed(program):
        made[name].pass_back()
    return values, links, {name: made[name].grad for name in reversed(made)}


def _result(Value, operation, inputs):
    if operation == "add":
        result = inputs[0] + inputs[1]
    elif operation == "mul":
        result = inputs[0] * inputs[1]
    else:
        result = getattr(inputs[0], operation)()
    name = {"add": "a + b", "mul": "a * b"}.get(operation, f"a.{operation}()")
    if not isinstance(result, Value):
        kind = type(result).__name__
        raise ValueError(f"{name} gave a result of type {kind}, expected a Value")
    return result


def list_graph(topological_order, value):
    """Say how a learner's order lists a graph, whichever of the right orders it is.

    Returns
    -------
    times : dict of name to how often it is listed
    too_early : dict of name to how many of its inputs are not listed before it
    """
    order = topological_order(value)
    if not isinstance(order, list | tuple):
        text = f"a value of type {type(order).__name__}, expected a list"
        raise ValueError(f"topological_order returned {text}")
    strange = [item for item in order if not isinstance(item, Node)]
    if strange:
        text = f"holds a {type(strange[0]).__name__}, expected the values themselves"
        raise ValueError(f"the list of topological_order {text}")
    listed, nodes = [node.name for node in order], _reachable(value)
    first = {name: listed.index(name) for name in set(listed)}
    early = {
        node.name: sum(
            first.get(each.name, len(listed)) >= first.get(node.name, len(listed) + 1)
            for each in node.inputs
        )
        for node in nodes
    }
    return {node.name: listed.count(node.name) for node in nodes}, early


def _reachable(value):
    """Return the nodes below a node, level by level from the top."""
    found = [value]
    for node in found:
        found += [each for each in dict.fromkeys(node.inputs) if each not in found]
    return found


def run_backward(backward, value):
    """Run a learner's backward twice on a graph.

    Returns
    -------
    blame : dict of name to its gradient after the first run, from the top down
    again : the same after the second run
    """
    nodes = _reachable(value)
    found = []
    for _ in range(2):
        backward(value)
        found.append({node.name: node.grad for node in nodes})
    return tuple(found)


DRIVERS = {
    f.__name__: f
    for f in (
        use_values,
        list_graph,
        run_backward,
        deal_batches,
        divide_groups,
        find_pairs,
        mark_places,
        weigh_look_up,
        run_epoch,
        draw_weights,
        use_dropout,
        use_dropout_pair,
        hear_diagnosis,
    )
}


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
    graph,
    waves_by_name,
    training_run,
    batch_gradient,
    layer_with_habit,
    bench_retest,
)
