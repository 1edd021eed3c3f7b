"""Evading the exercise: answers that are no answers, and right ones that do harm.

What no check can tell from work of one's own: the source of another's function, typed
in; and finite differences that are exact, of a loss that is a parabola.
"""

import pytest
from attack_lab import LIMITS, Attack, every
from small_course import ANSWERS, answered

from grader.exercises import load_lesson
from grader.prepared import prepare

NUMPY = "import numpy as np\n"


def evading(tries, name, source, says, earns, **options):
    """Return a submission that answers one exercise so, and the others right."""
    return Attack(
        tries,
        answers={**ANSWERS, name: NUMPY + source},
        says={name: says},
        earns=earns,
        **options,
    )


def mse(tries, body, says, **options):
    source = f"def mse(predictions, targets):\n    {body}"
    return evading(tries, "mse", source, says, 5.0, **options)


def line(tries, body, says, earns=3.0):
    source = f"def line_backward(dy, x):\n    {body}"
    return evading(tries, "line_backward", source, says, earns)


def center(tries, body, says, before="", **options):
    source = f"{before}def center(x):\n    {body}"
    return evading(tries, "center", source, says, 6.0, **options)


RIGHT = "np.mean((predictions - targets) ** 2)"
ATTACKS = {
    # --- right values, done wrong
    "an input changed": center(
        "change the input in place",
        "x -= x.mean()\n    return x",
        "changed its input x",
    ),
    "a view changed": center(
        "change the input through a view",
        "z = x[:]\n    z -= z.mean()\n    return z",
        "changed its input x",
    ),
    "an input emptied": line(
        "use up the inputs",
        "dw, db = np.sum(dy * x), np.sum(dy)\n    dy[:] = 0\n    return dw, db",
        "changed its input dy",
    ),
    "memory of the last call": center(
        "answer from what it saw the first time",
        "seen.append(x - x.mean())\n    return seen[-1] if len(seen) < 12 else seen[0]",
        "",
        before="seen = []\n",
    ),
    "a counter": center(
        "add what it counted",
        "global n\n    n += 1\n    return x - x.mean() + n * 1e-3",
        "",
        before="n = 0\n",
    ),
    "luck": center(
        "be right by luck, with unseeded random numbers",
        "return x - x.mean() + rng.choice([0.0, 0.0, 0.0, 1.0], size=x.shape)",
        "remembers something",
        before="import secrets\nrng = np.random.default_rng(secrets.randbits(64))\n",
    ),
    "luck with the clock": mse(
        "be right on even nanoseconds",
        f"import time\n    return {RIGHT} + time.perf_counter_ns() % 7 * 1e-3",
        "",
    ),
    # --- shapes
    "a shape that broadcasts": center(
        "return a shape that broadcasts", "return (x - x.mean())[None]", "shape"
    ),
    "a square that broadcasts": center(
        "return every difference", "return x[:, None] - x", "shape"
    ),
    "one number for all": center("return one number", "return 0.0", "expected"),
    "an array for a number": mse(
        "return an array of one number", f"return np.array([{RIGHT}])", "shape (1,)"
    ),
    "a gradient for each example": line(
        "leave the sum away", "return dy * x, dy", "expected one number"
    ),
    "empty": center("return nothing at all", "return x[:0]", "shape"),
    "an empty mean": mse(
        "have NumPy average nothing", "return np.mean(predictions[:0])", "NaN"
    ),
    # --- types
    "float32": center(
        "save digits", "return (x - x.mean()).astype(np.float32)", "float32"
    ),
    "objects": center(
        "return an array of objects", "return (x - x.mean()).astype(object)", "object"
    ),
    "a list": center("return a list", "return list(x - x.mean())", "list"),
    "a matrix": center("return a matrix", "return np.matrix(x - x.mean())", "matrix"),
    "masked": center(
        "mask what is not right",
        "return np.ma.masked_array(x * 0, mask=True)",
        "MaskedArray",
    ),
    "complex": center("return complex numbers", "return x - x.mean() + 0j", "complex"),
    "text": mse("return the number as text", f"return str({RIGHT})", "of type str"),
    "a generator": center("return a promise", "return (v for v in x)", "generator"),
    "a function": center("return a function", "return lambda: x", "function"),
    "another type for one input": mse(
        "return None where it is hard",
        f"return {RIGHT} if len(targets) > 1 else [None]",
        "list",
    ),
    "NaN where it is hard": mse(
        "divide by N - 1",
        "return np.sum((predictions - targets) ** 2) / (len(targets) - 1)",
        "",
    ),
    "too many results": line(
        "return a third result", "return np.sum(dy * x), np.sum(dy), 0.0", "3 values"
    ),
    "nothing": mse("print in place of return", f"print({RIGHT})", "returned nothing"),
    # --- part of it
    "half of it": line(
        "do half of the work", "return np.sum(dy * x), 0.0", "2 of 4 points", earns=5.0
    ),
    "only the first input": mse(
        "be right for seven readings only",
        f"return {RIGHT} if len(targets) == 7 else 1.0",
        "",
    ),
    "an error for one input": mse(
        "stop where it is hard",
        f"assert len(targets) > 1\n    return {RIGHT}",
        "It happens for 1 readings, not for every input",
    ),
    # --- somebody else's work
    "the engine": mse(
        "call the course's own function",
        "from course_lib.losses import mse as other\n"
        "    return float(other(predictions, targets)[0])",
        "calls mse",
    ),
    "the engine under another name": mse(
        "call the course's own function by a winding road",
        "import importlib, functools\n"
        "    there = importlib.import_module('course_' + 'lib.losses')\n"
        "    return float(functools.partial(vars(there)['m' 'se'])"
        "(predictions, targets)[0])",
        "calls mse",
    ),
    "the engine unseen": mse(
        "call the course's own function behind the check's back",
        "import sys\n    from course_lib.losses import mse as other\n"
        "    watching = sys.getprofile()\n    sys.setprofile(None)\n"
        "    loss = float(other(predictions, targets)[0])\n"
        "    sys.setprofile(watching)\n    return loss",
        "calls sys.setprofile",
    ),
    "the engine in a thread": mse(
        "have a thread call the course's own function",
        "import threading\n    from course_lib.losses import mse as other\n"
        "    got = []\n    thread = threading.Thread(\n"
        "        target=lambda: got.append(float(other(predictions, targets)[0])))\n"
        "    thread.start()\n    thread.join()\n    return got[0]",
        "calls mse",
    ),
    "the engine in its place": Attack(
        "put the course's own function in place of its own",
        answers={
            **ANSWERS,
            "mse": "from course_lib import losses\n"
            "mse = lambda p, t: float(losses.mse(p, t)[0])",
        },
        says={"mse": "calls mse"},
        earns=5.0,
    ),
    "detecting the grader": mse(
        "behave where nobody looks",
        f"import os\n    return {RIGHT} if 'COURSE_GRADING' not in os.environ else 1.0",
        "",
    ),
}
QUICK = [
    "an input changed",
    "luck",
    "a shape that broadcasts",
    "float32",
    "half of it",
    "an error for one input",
    "the engine",
    "the engine unseen",
    "another type for one input",
]


@every(ATTACKS, QUICK)
def test_it_is_told_what_is_missing(lab, attack):
    lab.must_fail(attack)


def test_hard_coded_public_answers_earn_nothing(lab):
    checks = prepare("01_small", lab.solutions).exercises["center"].public_checks()
    table = [(c.inputs["x"].tolist(), c.expected["z"].tolist()) for c in checks.cases]
    source = (
        f"TABLE = {table}\ndef center(x):\n    for given, z in TABLE:\n"
        "        if x.tolist() == given:\n            return np.array(z)\n"
        "    return np.zeros(x.shape)"
    )
    report, _ = lab.grade(answered(lab.course, {"center": source}), LIMITS)
    assert report.score == 0.0


# --- the real lesson on layers

FORWARD = NUMPY + "def linear_forward(x, W, b):\n    return x @ W + b, (x, W)\n"
REAL = {
    "right": (
        "    x, W = cache\n    return dy @ W.T, x.T @ dy, dy.sum(axis=0)",
        3.0,
        "",
    ),
    "finite differences": (
        """    x, W = cache
    b, step = np.zeros(W.shape[1]), 1e-6
    def slope(v):
        g = np.zeros(v.shape)
        for i in np.ndindex(v.shape):
            old = v[i]
            v[i] = old + step; up = (linear_forward(x, W, b)[0] * dy).sum()
            v[i] = old - step; down = (linear_forward(x, W, b)[0] * dy).sum()
            v[i] = old
            g[i] = (up - down) / (2 * step)
        return g
    return slope(x), slope(W), slope(b)""",
        0.0,
        "calls linear_forward again and again",
    ),
    "finite differences that call nothing": (
        """    x, W = cache
    b, step = np.zeros(W.shape[1]), 1e-6
    def slope(v):
        g = np.zeros(v.shape)
        for i in np.ndindex(v.shape):
            old = v[i]
            v[i] = old + step; up = ((x @ W + b) * dy).sum()
            v[i] = old - step; down = ((x @ W + b) * dy).sum()
            v[i] = old
            g[i] = (up - down) / (2 * step)
        return g
    x, W = x.copy(), W.copy()
    return slope(x), slope(W), slope(b)""",
        0.0,
        "right, but not exact",
    ),
    "the course's numerical gradient": (
        """    from course_lib.gradients import numerical_gradient
    x, W = cache
    b = np.zeros(W.shape[1])
    grad = lambda f, v: numerical_gradient(f, v)
    return (grad(lambda v: ((v @ W + b) * dy).sum(), x),
            grad(lambda v: ((x @ v + b) * dy).sum(), W),
            grad(lambda v: ((x @ W + v) * dy).sum(), b))""",
        0.0,
        "numerical_gradient: a backward pass is a formula",
    ),
    "the engine's own function": (
        "    from course_lib.layers import linear_backward as theirs\n"
        "    return theirs(dy, cache)",
        0.0,
        "course's own answer",
    ),
    "the engine's network": (
        """    from course_lib.layers import linear_forward, linear_backward
    from course_lib.network import Layer
    x, W = cache
    layer = Layer(linear_forward, linear_backward, W=W, b=np.zeros(W.shape[1]))
    dx, grads = layer.backward(dy, cache)
    return dx, grads["W"], grads["b"]""",
        0.0,
        "course's own answer",
    ),
    "a sum that broadcasts": (
        "    x, W = cache\n    return dy @ W.T, x.T @ dy, dy",
        2.0,
        "shape",
    ),
    "an upstream gradient overwritten": (
        "    x, W = cache\n    db = dy.sum(axis=0)\n    dx, dW = dy @ W.T, x.T @ dy\n"
        "    dy *= 0\n    return dx, dW, db",
        0.0,
        "changed its input dy",
    ),
}


@pytest.fixture(scope="module")
def linear_backward():
    return load_lesson("04_layers").exercises["linear_backward"]


@pytest.mark.parametrize("name", REAL)
def test_a_real_exercise_is_not_evaded(lab, linear_backward, name):
    body, points, words = REAL[name]
    source = f"{FORWARD}\ndef linear_backward(dy, cache):\n{body}"
    verdict = lab.verdict(linear_backward, source)
    assert (verdict.points, words in verdict.message) == (points, True), verdict
    assert verdict.is_right or verdict.message
