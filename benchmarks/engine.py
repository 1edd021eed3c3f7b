"""How long one training step takes: the course's engine beside others, one thread.

    python benchmarks/engine.py [--rounds 15] [--only 64-32-10] [--quick] [--bare]

Run it with the Python of an environment that holds PyTorch, JAX, autograd and
scikit-learn beside NumPy; those that are missing are named and left out.
`benchmarks/README.md` has a table and says how to read it.
"""

import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
os.environ["JAX_PLATFORMS"] = "cpu"

import argparse  # noqa: E402
import math  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from engine_peers import (  # noqa: E402
    LEARNING_RATE,
    bare_products,
    load_peers,
    versions,
)

from course_lib import training  # noqa: E402
from course_lib.losses import mse, softmax_cross_entropy  # noqa: E402
from course_lib.models import mlp  # noqa: E402
from course_lib.optimizers import sgd  # noqa: E402
from course_lib.quick_network import quick_passes  # noqa: E402


class Net(NamedTuple):
    """A network of the lessons: its sizes, activation, and kind of target."""

    name: str
    sizes: tuple
    activation: str
    classifies: bool


class Case(NamedTuple):
    """A network with first weights and one batch, all of one precision."""

    net: Net
    weights: list
    x: np.ndarray
    targets: np.ndarray


NETS = (
    Net("2-16-16-1", (2, 16, 16, 1), "tanh", False),
    Net("64-32-10", (64, 32, 10), "tanh", True),
    Net("784-256-128-10", (784, 256, 128, 10), "relu", True),
    Net("20 x 64", (64,) * 20 + (10,), "tanh", True),
)
BATCHES = (32, 128, 256)
TYPES = ("float64", "float32")


def make_network(net, dtype):
    """Return the course's network with its parameters in one precision."""
    network = mlp(net.sizes, np.random.default_rng(8), activation=net.activation)
    network.params = [
        {name: w.astype(dtype) for name, w in params.items()}
        for params in network.params
    ]
    return network


def make_case(net, dtype, batch):
    """Return one batch of noise and the network's first weights: always the same."""
    rng = np.random.default_rng(9)
    weights = [list(p.values()) for p in make_network(net, dtype).params if p]
    x = rng.normal(size=(batch, net.sizes[0])).astype(dtype)
    if net.classifies:
        return Case(net, weights, x, rng.integers(net.sizes[-1], size=batch))
    return Case(net, weights, x, rng.normal(size=(batch, 1)).astype(dtype))


def course_step(case):
    """Return one step, in the very calls of `course_lib.training.train`."""
    network = make_network(case.net, case.x.dtype)
    loss = softmax_cross_entropy if case.net.classifies else mse
    passes = quick_passes(network, case.x, case.targets, loss, sgd)
    states = {}

    def step():
        y, caches = passes.forward(case.x, training=True)
        batch_loss, dy = loss(y, case.targets)
        math.isfinite(batch_loss)
        _, grads = passes.backward(dy, caches, needs_dx=False)
        passes.keep_running(caches)
        training._update(network, grads, states, sgd, LEARNING_RATE, None)
        return batch_loss

    return step


def interleaved(steps, rounds, seconds=0.01):
    """Return seconds a step: each contender's quickest of a round, taken in turns.

    The quickest is what the code costs; anything above it, something else took.

    Parameters
    ----------
    steps : dict of str to callable
    rounds : int
    seconds : float, default=0.01
        About how long each contender runs in a round.

    Returns
    -------
    dict of str to list of float
    """
    repeats, times = {}, {name: [] for name in steps}
    for name, step in steps.items():
        for _ in range(5):  # what is compiled or cached at first is not counted
            step()
        repeats[name] = max(3, int(seconds / _timed(step)))
    for _ in range(rounds):
        for name, step in steps.items():
            runs = [_timed(step) for _ in range(repeats[name])]
            times[name].append(min(runs))
    return times


def _timed(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def ratios(times):
    """Return each contender's time over the course's: the median over the rounds."""
    return {
        name: statistics.median(
            theirs / ours for theirs, ours in zip(values, times["course"], strict=True)
        )
        for name, values in times.items()
    }


def import_seconds(modules, repetitions=5):
    """Return how long importing takes in a fresh process that has NumPy already."""
    code = (
        "import time, numpy; start = time.perf_counter(); "
        f"import {modules}; print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", code]
    runs = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in range(repetitions)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def main():
    """Print the table: time of the course's step, and the others' over it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="nets whose name contains this")
    parser.add_argument("--quick", action="store_true", help="batches of 32 alone")
    parser.add_argument("--bare", action="store_true", help="without the peers")
    options = parser.parse_args()
    peers, missing = ({}, {}) if options.bare else load_peers()
    for name, reason in missing.items():
        print(f"{name} is left out: {reason}")
    for modules in ("course_lib", "course_lib.training, course_lib.models"):
        print(f"import {modules}: {import_seconds(modules):.3f} s beyond NumPy")
    print(f"NumPy {np.__version__}, {versions(peers)}, one thread")
    print("Course in microseconds a step, the rest as multiples of the course's time\n")
    names = ["bare products", *peers]
    print("| net | type | batch | course | " + " | ".join(names) + " |")
    print("|---" * (4 + len(names)) + "|")
    for net in NETS:
        for dtype in TYPES:
            for batch in BATCHES[:1] if options.quick else BATCHES:
                if options.only in net.name:
                    _print_row(make_case(net, dtype, batch), peers, options.rounds)


def _print_row(case, peers, rounds):
    makers = {"course": course_step, "bare products": bare_products, **peers}
    times = interleaved({name: make(case) for name, make in makers.items()}, rounds)
    over = ratios(times)
    own = statistics.median(times["course"]) * 1e6
    cells = [case.net.name, str(case.x.dtype), str(len(case.x)), f"{own:.0f}"]
    cells += [f"{over[name]:.2f}" for name in makers if name != "course"]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
