"""The exercises of lesson 2: a slope by probing, a slope by formula, a step, a loop."""

from itertools import count, permutations

import numpy as np

from course_lib.values import Given
from grader.exercises import Case, Exercise, Mistake

# ---- numerical_gradient


def numerical_gradient(f, w, step=1e-5):
    dw = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        shift = np.zeros(w.shape)
        shift[index] = step
        dw[index] = (f(w + shift) - f(w - shift)) / (2 * step)
    return dw


def probe_cases(rng):
    def bowl(*shape):
        curvature, center = rng.uniform(1, 4, size=shape), rng.normal(0, 1, size=shape)
        return Given("quadratic", {"curvature": curvature, "center": center})

    def waves(*shape):
        frequency, phase = rng.uniform(1, 3, size=shape), rng.uniform(0, 6, size=shape)
        return Given("waves", {"frequency": frequency, "phase": phase})

    yield Case(
        "three knobs",
        f=Given("quadratic", {"curvature": np.ones(3), "center": np.zeros(3)}),
        w=np.array([1.0, -2.0, 3.0]),
        step=1e-5,
    )
    yield Case("seven knobs", f=waves(7), w=rng.normal(size=7), step=1e-5)
    yield Case(
        "a table of weights", f=waves(5, 3), w=rng.normal(size=(5, 3)), step=1e-5
    )
    yield Case(
        "a block with three axes",
        f=bowl(2, 3, 5),
        w=rng.normal(size=(2, 3, 5)),
        step=1e-4,
    )
    yield Case(
        "knobs that depend on each other",
        f=Given("product", {"offset": rng.uniform(1, 2, size=5)}),
        w=rng.uniform(0.2, 1, size=5),
        step=1e-3,
    )
    yield Case("a step of 0.2", f=waves(3), w=rng.normal(size=3), step=0.2)
    yield Case("whole numbers", f=bowl(4), w=rng.integers(1, 9, size=4), step=1e-5)
    yield Case("a single knob", f=waves(1), w=rng.normal(size=1), step=1e-5)


def slopes(w, slope):
    """Return an array of `slope(index)` for each entry of `w`."""
    dw = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        dw[index] = slope(index)
    return dw


def at(w, index, value):
    """Return a copy of `w`, as floats, with `value` added at one entry."""
    moved = np.array(w, dtype=float)
    moved[index] += value
    return moved


def probe_on_a_copy(f, w, step=1e-5):
    w = np.array(w, dtype=float)
    dw = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        original = w[index]
        w[index] = original + step
        above = f(w)
        w[index] = original - step
        dw[index] = (above - f(w)) / (2 * step)
        w[index] = original
    return dw


def probe_with_a_basis(f, w, step=1e-5):
    basis = np.eye(w.size).reshape(-1, *w.shape) * step
    differences = [f(w + shift) - f(w - shift) for shift in basis]
    return np.array(differences).reshape(w.shape) / (2 * step)


def probe_flat(f, w, step=1e-5):
    flat, dw = w.ravel().astype(float), []
    for k in range(flat.size):
        up, down = flat.copy(), flat.copy()
        up[k] += step
        down[k] -= step
        rise = f(up.reshape(w.shape)) - f(down.reshape(w.shape))
        dw.append(0.5 * rise / step)
    return np.reshape(dw, w.shape)


def probe_with_the_iterator(f, w, step=1e-5):
    dw = np.empty(w.shape)
    walk = np.nditer(w, flags=["multi_index"])
    for _ in walk:
        i = walk.multi_index
        dw[i] = f(at(w, i, step)) / 2 / step - f(at(w, i, -step)) / 2 / step
    return dw


def forward_difference(f, w, step=1e-5):
    return slopes(w, lambda i: (f(at(w, i, step)) - f(w)) / step)


def backward_difference(f, w, step=1e-5):
    return slopes(w, lambda i: (f(w) - f(at(w, i, -step))) / step)


def rise(f, w, i, step):
    return f(at(w, i, step)) - f(at(w, i, -step))


def never_restored(f, w, step=1e-5):
    w, dw = w if w.dtype.kind == "f" else w.astype(float), np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        w[index] += step
        above = f(w)
        w[index] -= 2 * step
        dw[index] = (above - f(w)) / (2 * step)
    return dw


def whole_number_probe(f, w, step=1e-5):
    dw, w = np.zeros(w.shape), w.copy()
    for index in np.ndindex(w.shape):
        original = w[index]
        w[index] = original + step
        above = f(w)
        w[index] = original - step
        dw[index] = (above - f(w)) / (2 * step)
        w[index] = original
    return dw


def whole_number_shift(f, w, step=1e-5):
    dw = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        shift = np.zeros_like(w)
        shift[index] = step
        dw[index] = (f(w + shift) - f(w - shift)) / (2 * step)
    return dw


def first_axis_only(f, w, step=1e-5):
    dw = np.zeros(w.shape)
    for row in range(len(w)):
        dw[row] = rise(f, w, row, step) / (2 * step)
    return dw


def shift_kept(f, w, step=1e-5):
    dw, shift = np.zeros(w.shape), np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        shift[index] = step
        dw[index] = (f(w + shift) - f(w - shift)) / (2 * step)
    return dw


def first_entry(f, w, step=1e-5):
    dw, first = np.zeros(w.shape), (0,) * w.ndim
    dw[first] = rise(f, w, first, step) / (2 * step)
    return dw


def one_entry_only(f, w, step=1e-5):
    return slopes(w, lambda i: (f(w[i] + step) - f(w[i] - step)) / (2 * step))


def lone_shift(f, w, step=1e-5):
    return slopes(w, lambda i: rise(f, np.zeros(w.shape), i, step) / (2 * step))


def all_at_once(f, w, step=1e-5):
    return (f(w + step) - f(w - step)) / (2 * step)


NUMERICAL_GRADIENT = Exercise(
    "numerical_gradient(f, w, step) -> dw",
    points=3,
    reference=numerical_gradient,
    cases=probe_cases,
    tolerance=1e-7,
    mistakes=[
        Mistake(
            "forward_difference",
            forward_difference,
            "The slope is taken on one side: from f(w) up to f(w + step). Where the "
            "loss bends, that is off by half a step of bend, about 5e-6 here; both "
            "sides together are thousands of times closer.",
            "measure on both sides, and divide by the whole distance between them.",
        ),
        Mistake(
            "backward_difference",
            backward_difference,
            "The slope is taken on one side: from f(w - step) up to f(w). Where the "
            "loss bends, that is off by half a step of bend, about 5e-6 here; both "
            "sides together are thousands of times closer.",
            "measure on both sides, and divide by the whole distance between them.",
        ),
        Mistake(
            "not_halved",
            lambda f, w, h: slopes(w, lambda i: rise(f, w, i, h) / h),
            "Every slope is twice what it should be: from w - step to w + step is a "
            "distance of 2 * step, and you divide by one step.",
            "try f(w) = w * w at w = 3 by hand: the slope is 6.",
        ),
        Mistake(
            "precedence",
            lambda f, w, h: slopes(w, lambda i: rise(f, w, i, h) / 2 * h),
            "`/ 2 * step` divides by 2 and then multiplies by step: Python works from "
            "left to right.",
            "put the distance in brackets: / (2 * step).",
        ),
        Mistake(
            "not_divided",
            lambda f, w, h: slopes(w, lambda i: rise(f, w, i, h)),
            "This is how much the loss changes, not how much it changes per unit of "
            "the knob: nothing divides by the distance.",
            "divide by the distance between the two measurements, 2 * step.",
        ),
        Mistake(
            "half_distance",
            lambda f, w, h: slopes(w, lambda i: rise(f, w, i, h / 2) / (2 * h)),
            "The two measurements lie one step apart, half a step on each side, and "
            "are divided by two steps: every slope is half of what it should be.",
            "move by the whole step to each side.",
        ),
        Mistake(
            "sign",
            lambda f, w, h: slopes(w, lambda i: -rise(f, w, i, h) / (2 * h)),
            "Every slope has the opposite sign: f(w + step) comes first, then "
            "f(w - step) is subtracted. A knob that raises the loss has a slope "
            "above 0.",
            "try f(w) = w * w at w = 3 by hand: the slope is +6.",
        ),
        Mistake(
            "mutates_input",
            never_restored,
            "w is not put back as it was after an entry's two measurements: later "
            "slopes are taken somewhere else, and the caller's w may come back "
            "changed. Adding a step and subtracting it again is no way back: the "
            "last digit can differ.",
            "leave w alone: build w + shift, or keep the entry's first value and write "
            "it back.",
        ),
        Mistake(
            "shift_kept",
            shift_kept,
            "The shift grows: the first knob still moves when the second one is "
            "measured, so each slope holds the ones before it too.",
            "start with a shift of zeros inside the loop, once for every entry.",
        ),
        Mistake(
            "whole_numbers",
            whole_number_probe,
            "An array of whole numbers cannot hold a small step: 3 + 0.00001 is cut "
            "off to 3, and 3 - 0.00001 to 2.",
            "make the copy one of floats: np.array(w, dtype=float).",
        ),
        Mistake(
            "whole_number_shift",
            whole_number_shift,
            "np.zeros_like(w) of whole numbers holds whole numbers, and a step of "
            "0.00001 is cut off to 0: nothing moves, every slope is 0.",
            "make it with np.zeros(w.shape), which holds floats.",
        ),
        Mistake(
            "first_axis",
            first_axis_only,
            "The loop runs over the first axis only, so a whole row moves at once and "
            "gets one slope. Every single entry has a slope of its own.",
            "walk through np.ndindex(w.shape), which gives the index of each entry.",
        ),
        Mistake(
            "return_in_loop",
            first_entry,
            "Only the first entry has a slope; the others are 0. A return inside the "
            "loop ends it at the first index.",
            "move the return out of the loop, to the indentation of `for`.",
        ),
        Mistake(
            "all_at_once",
            all_at_once,
            "All knobs were moved together, so there is one number: what the loss "
            "does when everything moves. The gradient has one slope for each entry.",
            "move one entry, measure, put it back, then the next one.",
        ),
        Mistake(
            "all_at_once_filled",
            lambda f, w, h: np.full(w.shape, all_at_once(f, w, h)),
            "Every entry holds the same number: all knobs were moved together each "
            "time. Only the entry that is measured may move.",
            "use a shift that is 0 everywhere but at one index.",
        ),
        Mistake(
            "one_entry_only",
            one_entry_only,
            "f got the one moved entry in place of the whole w. The loss needs all "
            "knobs, of which one has moved.",
            "call f with an array of the shape of w.",
        ),
        Mistake(
            "far_from_w",
            lone_shift,
            "f was measured around zero and not around w: the shift alone went in.",
            "call f with w + shift and w - shift.",
        ),
        Mistake(
            "fixed_step",
            lambda f, w, h: numerical_gradient(f, w),
            "The argument step is not used: the same step is taken whatever is asked "
            "for.",
            "call it with step=0.2 and look for another result.",
        ),
        Mistake(
            "absolute",
            lambda f, w, h: np.abs(numerical_gradient(f, w, h)),
            "No slope is below 0. The sign says which way is uphill, so it has to "
            "stay.",
            "leave out the absolute value.",
        ),
        Mistake(
            "loss_values",
            lambda f, w, h: slopes(w, lambda i: f(at(w, i, h))),
            "These are losses at the moved knobs, not slopes: nothing is subtracted.",
            "take the difference of two losses, then divide by the distance.",
        ),
        Mistake(
            "summed",
            lambda f, w, h: numerical_gradient(f, w, h).sum(),
            "The slopes are added up to one number. The gradient has the shape of w: "
            "one slope for each entry.",
            "return the whole array.",
        ),
    ],
    alternatives=[
        probe_on_a_copy,
        probe_with_a_basis,
        probe_flat,
        probe_with_the_iterator,
    ],
)

# ---- mse_gradient


def mse_gradient(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x.T @ error / len(x), float(2 * error.mean())


def line_cases(rng):
    def line(n, d):
        return {
            "x": rng.normal(1, 2, size=(n, d)),
            "targets": rng.normal(3, 2, size=n),
            "w": rng.normal(0, 1, size=d),
            "b": float(rng.normal(-2, 1)),
        }

    yield Case(
        "three examples with two inputs",
        x=np.array([[1.0, 0.0], [3.0, 1.0], [0.0, 2.0]]),
        targets=np.array([2.0, 2.0, 4.0]),
        w=np.array([2.0, 1.0]),
        b=1.0,
    )
    yield Case("seven examples with five inputs", **line(7, 5))
    yield Case("a batch of one", **line(1, 3))
    yield Case("thirteen examples with two inputs", **line(13, 2))
    yield Case("as many examples as inputs", **line(4, 4))


def line_with_loops(x, targets, w, b):
    dw, db = np.zeros(len(w)), 0.0
    for row, target in zip(x, targets, strict=True):
        error = sum(row * w) + b - target
        dw += 2 * error * row / len(targets)
        db += 2 * error / len(targets)
    return dw, db


def line_by_the_mean(x, targets, w, b):
    dpredictions = 2 * (np.dot(x, w) + b - targets)
    return (x * dpredictions[:, None]).mean(axis=0), np.mean(dpredictions)


def line_with_the_bias_as_a_column(x, targets, w, b):
    full = np.hstack([x, np.ones((len(x), 1))])
    slope = (2 / len(x)) * (full @ np.append(w, b) - targets) @ full
    return slope[:-1], slope[-1]


def line_expanded(x, targets, w, b):
    n = x.shape[0]
    dw = 2 / n * (x.T @ (x @ w) + x.sum(axis=0) * b - x.T @ targets)
    return dw, 2 * (x.mean(axis=0) @ w + b - targets.mean())


def line_from(error, x):
    """Return what a formula gives that has another error in it."""
    return 2 * x.T @ error / len(x), float(2 * error.mean())


def scaled_line(factor):
    def wrong(x, targets, w, b):
        dw, db = mse_gradient(x, targets, w, b)
        return factor * dw, factor * db

    return wrong


def line_summed(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x.T @ error, float(2 * error.sum())


def line_not_transposed(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x @ error / len(x), float(2 * error.mean())


def line_over_the_features(x, targets, w, b):
    error = x @ w + b - targets
    return (2 * x * error[:, None]).mean(axis=1), float(2 * error.mean())


def product_of_means(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x.mean(axis=0) * error.mean(), float(2 * error.mean())


def line_without_x(x, targets, w, b):
    db = mse_gradient(x, targets, w, b)[1]
    return np.full(len(w), db), db


def dw_as_a_number(dw_of):
    """Return a gradient whose dw is the one number `dw_of(x, error)`."""

    def wrong(x, targets, w, b):
        error = x @ w + b - targets
        return float(dw_of(x, error)), float(2 * error.mean())

    return wrong


def line_of_a_table(x, targets, w, b):
    return line_from(x @ w + b - targets[:, None], x)


def vector_db(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x.T @ error / len(x), 2 * error


def vector_db_shared(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x.T @ error / len(x), 2 * error / len(x)


def db_from_dw(x, targets, w, b):
    dw = mse_gradient(x, targets, w, b)[0]
    return dw, float(dw.mean())


def db_times_b(x, targets, w, b):
    dw, db = mse_gradient(x, targets, w, b)
    return dw, db * b


def unmultiplied_dw(x, targets, w, b):
    error = x @ w + b - targets
    return 2 * x * error[:, None] / len(x), float(2 * error.mean())


MSE_GRADIENT = Exercise(
    "mse_gradient(x, targets, w, b) -> dw, db",
    points=2,
    formulas=("dw", "db"),
    reference=mse_gradient,
    cases=line_cases,
    axes={"x": "ND", "targets": "N", "w": "D"},
    forbids={
        "numerical_gradient": "here the slopes come from a formula, in one go and not "
        "by two probes a knob."
    },
    mistakes=[
        Mistake(
            "no_two",
            scaled_line(0.5),
            "This is half of what it should be: the 2 is missing that comes down "
            "from the square.",
            "the slope of e * e is 2 * e; try e = 3 with a step of 0.01.",
        ),
        Mistake(
            "no_mean",
            line_summed,
            "The examples are added up and not averaged: the gradient is N times too "
            "large, N being the number of examples.",
            "repeat the batch twice: a mean does not change, a sum doubles.",
        ),
        Mistake(
            "sign",
            lambda x, t, w, b: line_from(t - x @ w - b, x),
            "The sign is the opposite one: the error is prediction minus target, and "
            "not the other way round. Turned round, the update climbs.",
            "take one prediction that is too high: raising b makes it worse, so db is "
            "above 0.",
        ),
        Mistake(
            "db_vector",
            vector_db,
            "db has one number for each example. There is one b, which every example "
            "uses, so its gradient is one number: the mean over the batch.",
            "take the mean of what you have.",
        ),
        Mistake(
            "db_vector_shared",
            vector_db_shared,
            "db has one number for each example: its share of the slope. There is one "
            "b, which every example uses, so the shares are added up.",
            "take the sum of what you have.",
        ),
        Mistake(
            "not_transposed",
            line_not_transposed,
            "`x @ error` pairs the inputs of one example with the errors of all. Each "
            "weight belongs to one column of x, so the columns have to meet the "
            "errors: x.T @ error.",
            "write the shapes: (D, N) @ (N,) is (D,).",
        ),
        Mistake(
            "forgot_b",
            lambda x, t, w, b: line_from(x @ w - t, x),
            "The predictions are made without b.",
            "the prediction is x @ w + b.",
        ),
        Mistake(
            "predictions_only",
            lambda x, t, w, b: line_from(x @ w + b, x),
            "The targets take no part: this is the slope of the mean squared "
            "prediction, which has nothing to be right about.",
            "the error is prediction minus target.",
        ),
        Mistake(
            "axis",
            line_over_the_features,
            "dw has one number for each example: the mean ran along the inputs. The "
            "batch is axis 0, and the one to disappear.",
            "dw has the shape of w; average over axis 0.",
        ),
        Mistake(
            "not_summed",
            unmultiplied_dw,
            "dw is a table: each example's part of each slope, not yet added up. "
            "The batch is axis 0, and the one to disappear.",
            "dw has the shape of w; sum over axis 0.",
        ),
        Mistake(
            "product_of_means",
            product_of_means,
            "The mean of x times the mean of the error is not the mean of their "
            "products: each example's own x belongs to its own error.",
            "multiply first, average then.",
        ),
        Mistake(
            "forgot_x",
            line_without_x,
            "Every entry of dw is db: x takes no part. A weight moves the prediction "
            "by its input, so its slope is weighted by that input.",
            "what is the slope of w * x when x is 0?",
        ),
        Mistake(
            "forgot_x_and_shape",
            dw_as_a_number(lambda x, error: 2 * error.mean()),
            "dw is one number, the same as db: x takes no part. A weight moves the "
            "prediction by its input, so its slope is weighted by that input.",
            "dw has the shape of w: one slope for each column of x.",
        ),
        Mistake(
            "mean_over_all",
            dw_as_a_number(lambda x, error: np.mean(2 * x.T * error)),
            "dw is one number: the mean ran over examples and inputs. Each weight "
            "keeps a slope of its own.",
            "average over the batch alone, which is axis 0 of x.",
        ),
        Mistake(
            "mean_of_slopes",
            dw_as_a_number(lambda x, error: np.mean(2 * x.T @ error)),
            "dw is one number: x.T @ error already added up the batch, and the mean "
            "then ran over the weights. Each weight keeps a slope of its own.",
            "divide by len(x) in place of taking the mean.",
        ),
        Mistake(
            "error_squared",
            lambda x, t, w, b: line_from((x @ w + b - t) ** 2, x),
            "The error is still squared. The slope of a square e * e is 2 * e: one "
            "power less.",
            "try e = 3: e * e changes by 6 a unit, not by 18.",
        ),
        Mistake(
            "sign_of_error",
            lambda x, t, w, b: line_from(np.sign(x @ w + b - t) / 2, x),
            "Only the sign of each error takes part. With a square, an error twice "
            "as large has twice the slope.",
            "use the error itself.",
        ),
        Mistake(
            "broadcast",
            line_of_a_table,
            "A column of shape (N, 1) met a row of shape (N,): every prediction was "
            "compared with every target, in an N by N table.",
            "print the shape of the error; it is (N,).",
        ),
        Mistake(
            "db_from_dw",
            db_from_dw,
            "db is the mean of dw. b has a slope of its own: it moves every "
            "prediction by 1, whatever x is.",
            "take db from the errors and not from dw.",
        ),
        Mistake(
            "db_times_b",
            db_times_b,
            "db is multiplied by b. The prediction moves by 1 for each unit of b, "
            "whatever b is.",
            "leave out the factor b.",
        ),
    ],
    alternatives=[
        line_with_loops,
        line_by_the_mean,
        line_with_the_bias_as_a_column,
        line_expanded,
    ],
)

# ---- gradient_step


def gradient_step(params, grads, learning_rate):
    return {name: params[name] - learning_rate * grads[name] for name in params}


def step_cases(rng):
    def knobs(learning_rate, **shapes):
        return {
            "params": {name: rng.normal(0, 2, size=s) for name, s in shapes.items()},
            "grads": {name: rng.normal(0, 2, size=s) for name, s in shapes.items()},
            "learning_rate": learning_rate,
        }

    yield Case(
        "one weight and one bias",
        params={"w": np.array([1.0]), "b": np.array([3.0])},
        grads={"w": np.array([2.0]), "b": np.array([-4.0])},
        learning_rate=0.5,
    )
    yield Case("a table and a bias", **knobs(0.1, W=(5, 3), b=(3,)))
    yield Case("two layers", **knobs(0.03, W1=(7, 5), b1=(5,), W2=(5, 2), b2=(2,)))
    yield Case("a single parameter", **knobs(2.0, gamma=(3,)))
    plain = knobs(0.25, w=(3,))
    plain["params"]["b"] = float(rng.normal())
    plain["grads"]["b"] = float(rng.normal())
    yield Case("a bias that is a plain number", **plain)
    other = knobs(0.5, W=(2, 3), b=(3,))
    other["grads"] = dict(reversed(other["grads"].items()))
    yield Case("gradients listed in another order", **other)


def step_with_a_loop(params, grads, learning_rate):
    moved = {}
    for name, value in params.items():
        moved[name] = value - learning_rate * grads[name]
    return moved


def step_on_a_deep_copy(params, grads, learning_rate):
    moved = {name: np.array(value, dtype=float) for name, value in params.items()}
    for name in moved:
        moved[name] += -learning_rate * grads[name]
    return moved


def step_on_a_new_dict(params, grads, learning_rate):
    moved = dict(params)
    for name in grads:
        moved[name] = moved[name] - np.multiply(grads[name], learning_rate)
    return moved


def step_with_zip(params, grads, learning_rate):
    changes = [learning_rate * grads[name] for name in params]
    return dict(
        (name, np.subtract(params[name], change))
        for name, change in zip(params, changes, strict=True)
    )


def each(formula):
    """Return a step that gives each parameter what `formula(w, dw, rate)` gives."""
    return lambda params, grads, rate: {
        name: formula(params[name], grads[name], rate) for name in params
    }


def only_the_first(params, grads, learning_rate):
    first = next(iter(params))
    return {**params, first: params[first] - learning_rate * grads[first]}


def return_in_the_loop(params, grads, learning_rate):
    first = next(iter(params))
    return {first: params[first] - learning_rate * grads[first]}


def only_the_last(params, grads, learning_rate):
    last = list(params)[-1]
    return {last: params[last] - learning_rate * grads[last]}


def step_in_place(params, grads, learning_rate):
    for name in params:
        params[name] -= learning_rate * grads[name]
    return params


def step_by_place(params, grads, learning_rate):
    pairs = zip(params.items(), grads.values(), strict=True)
    return {name: value - learning_rate * dw for (name, value), dw in pairs}


GRADIENT_STEP = Exercise(
    "gradient_step(params, grads, learning_rate) -> moved",
    points=2,
    reference=gradient_step,
    cases=step_cases,
    mistakes=[
        Mistake(
            "uphill",
            each(lambda w, dw, rate: w + rate * dw),
            "The step goes uphill: the gradient points to where the loss grows, so "
            "it is subtracted.",
            "take one knob with slope +2: which way lowers the loss?",
        ),
        Mistake(
            "only_first",
            only_the_first,
            "Only the first parameter moved; the others are as they came.",
            "go through all the names in params.",
        ),
        Mistake(
            "return_in_loop",
            return_in_the_loop,
            "Only the first parameter comes back. A return inside the loop ends it "
            "at the first name.",
            "move the return out of the loop, to the indentation of `for`.",
        ),
        Mistake(
            "fixed_names",
            lambda params, grads, rate: gradient_step(
                {"w": params["w"], "b": params["b"]}, grads, rate
            ),
            "Only the names w and b are known here, and other networks name their "
            "parameters otherwise: W1, b1, gamma.",
            "take the names from params: for name in params.",
        ),
        Mistake(
            "only_last",
            only_the_last,
            "Only the last parameter comes back: the dict is made anew for each name.",
            "make the empty dict once, before the loop.",
        ),
        Mistake(
            "divides",
            each(lambda w, dw, rate: w - dw / rate),
            "The gradient is divided by the learning rate. A smaller rate means a "
            "smaller step: multiply.",
            "what step does a learning rate of 0 give?",
        ),
        Mistake(
            "returns_grads",
            lambda params, grads, rate: grads,
            "The gradients came back. A step returns the parameters after it.",
            "subtract learning_rate times the gradient from each parameter.",
        ),
        Mistake(
            "returns_params",
            lambda params, grads, rate: params,
            "The parameters came back as they were: nothing moved.",
            "subtract learning_rate times the gradient from each parameter.",
        ),
        Mistake(
            "only_the_change",
            each(lambda w, dw, rate: -rate * dw),
            "This is the change alone. A step returns where the parameters are "
            "after it: the old values plus that change.",
            "add it to params[name].",
        ),
        Mistake(
            "scaled_grads",
            each(lambda w, dw, rate: rate * dw),
            "This is learning_rate times the gradient, and nothing more. A step "
            "returns the parameters: the old values minus that.",
            "subtract it from params[name].",
        ),
        Mistake(
            "no_rate",
            each(lambda w, dw, rate: w - dw),
            "The learning rate takes no part: the whole gradient is subtracted.",
            "what step does a learning rate of 0 give?",
        ),
        Mistake(
            "brackets",
            each(lambda w, dw, rate: rate * (w - dw)),
            "The parameters are multiplied by the learning rate too. Only the "
            "gradient is.",
            "with a gradient of 0 the parameters stay as they are.",
        ),
        Mistake(
            "turned_round",
            each(lambda w, dw, rate: rate * dw - w),
            "The difference is taken the other way round: the parameters change "
            "their sign.",
            "with a gradient of 0 the parameters stay as they are.",
        ),
        Mistake(
            "by_place",
            step_by_place,
            "Each parameter met the gradient in the same place, and the two dicts "
            "may list their names in another order.",
            "take the gradient by its name: grads[name].",
        ),
        Mistake(
            "mutates_input",
            step_in_place,
            "The numbers are right, and the caller's params moved with them: `-=` "
            "works on the arrays that came in. dict(params) copies the names and not "
            "the arrays.",
            "make new arrays: {name: params[name] - ... for name in params}.",
        ),
    ],
    alternatives=[
        step_with_a_loop,
        step_on_a_deep_copy,
        step_on_a_new_dict,
        step_with_zip,
    ],
)

# ---- train


def loss_of(x, targets, w, b):
    return float(np.mean((x @ w + b - targets) ** 2))


def train(x, targets, w, b, learning_rate, n_steps):
    losses = [loss_of(x, targets, w, b)]
    for _ in range(n_steps):
        dw, db = mse_gradient(x, targets, w, b)
        w, b = w - learning_rate * dw, b - learning_rate * db
        losses.append(loss_of(x, targets, w, b))
    return w, b, np.array(losses)


def run_cases(rng):
    def run(n, d, learning_rate, n_steps):
        return {
            "x": rng.normal(0.5, 1, size=(n, d)),
            "targets": rng.normal(3, 2, size=n),
            "w": rng.normal(0, 1, size=d),
            "b": float(rng.normal(-1, 1)),
            "learning_rate": learning_rate,
            "n_steps": n_steps,
        }

    yield Case(
        "two examples, two steps",
        x=np.array([[0.0], [1.0]]),
        targets=np.array([1.0, 3.0]),
        w=np.array([0.0]),
        b=0.0,
        learning_rate=0.5,
        n_steps=2,
    )
    yield Case("seven examples, five steps", **run(7, 3, 0.05, 5))
    yield Case("thirteen examples, eleven steps", **run(13, 2, 0.02, 11))
    yield Case("a single step", **run(5, 3, 0.1, 1))
    yield Case("no step at all", **run(5, 2, 0.1, 0))
    yield Case("a learning rate that is too high", **run(7, 2, 3.0, 4))


def train_with_a_record(x, targets, w, b, learning_rate, n_steps):
    params, losses = {"w": w, "b": b}, np.zeros(n_steps + 1)
    for k in range(n_steps + 1):
        losses[k] = loss_of(x, targets, **params)
        if k < n_steps:
            dw, db = mse_gradient(x, targets, **params)
            params = gradient_step(params, {"w": dw, "b": db}, learning_rate)
    return params["w"], params["b"], losses


def train_with_while(x, targets, w, b, learning_rate, n_steps):
    losses, done = np.array([loss_of(x, targets, w, b)]), 0
    while done < n_steps:
        dpredictions = 2 * (x @ w + b - targets) / len(targets)
        w = w - learning_rate * (dpredictions @ x)
        b = b - learning_rate * dpredictions.sum()
        losses = np.append(losses, loss_of(x, targets, w, b))
        done += 1
    return w, b, losses


def train_on_a_copy(x, targets, w, b, learning_rate, n_steps):
    w, losses = w.copy(), []
    for _ in range(n_steps):
        error = x @ w + b - targets
        losses.append(np.mean(error**2))
        w -= learning_rate * 2 * x.T @ error / len(x)
        b -= learning_rate * 2 * error.mean()
    return w, b, np.array([*losses, loss_of(x, targets, w, b)])


def train_with_recursion(x, targets, w, b, learning_rate, n_steps):
    first = [loss_of(x, targets, w, b)]
    if n_steps == 0:
        return w, b, np.array(first)
    dw, db = mse_gradient(x, targets, w, b)
    w, b = w - learning_rate * dw, b - learning_rate * db
    w, b, rest = train_with_recursion(x, targets, w, b, learning_rate, n_steps - 1)
    return w, b, np.concatenate([first, rest])


def recorded(record):
    """Return a run whose losses are what `record` makes of the right ones."""

    def wrong(x, targets, w, b, learning_rate, n_steps):
        w, b, losses = train(x, targets, w, b, learning_rate, n_steps)
        return w, b, record(losses)

    return wrong


def gradient_once(x, targets, w, b, learning_rate, n_steps):
    losses = [loss_of(x, targets, w, b)]
    dw, db = mse_gradient(x, targets, w, b)
    for _ in range(n_steps):
        w, b = w - learning_rate * dw, b - learning_rate * db
        losses.append(loss_of(x, targets, w, b))
    return w, b, np.array(losses)


def bias_never_moves(x, targets, w, b, learning_rate, n_steps):
    losses = [loss_of(x, targets, w, b)]
    for _ in range(n_steps):
        w = w - learning_rate * mse_gradient(x, targets, w, b)[0]
        losses.append(loss_of(x, targets, w, b))
    return w, b, np.array(losses)


def bias_after_weights(x, targets, w, b, learning_rate, n_steps):
    losses = [loss_of(x, targets, w, b)]
    for _ in range(n_steps):
        w = w - learning_rate * mse_gradient(x, targets, w, b)[0]
        b = b - learning_rate * mse_gradient(x, targets, w, b)[1]
        losses.append(loss_of(x, targets, w, b))
    return w, b, np.array(losses)


def one_update_more(x, targets, w, b, learning_rate, n_steps):
    w, b, losses = train(x, targets, w, b, learning_rate, n_steps + 1)
    return w, b, losses[:-1]


def always_from_the_start(x, targets, w, b, learning_rate, n_steps):
    losses, start = [loss_of(x, targets, w, b)], (w, b)
    for _ in range(n_steps):
        dw, db = mse_gradient(x, targets, *start)
        w, b = start[0] - learning_rate * dw, start[1] - learning_rate * db
        losses.append(loss_of(x, targets, w, b))
    return w, b, np.array(losses)


_shuffles = count()  # another order at each call, and the same at each build


def shuffled_inputs(x, targets, w, b, learning_rate, n_steps):
    x = np.random.default_rng(next(_shuffles)).permutation(x)
    return train(x, targets, w, b, learning_rate, n_steps)


def train_in_place(x, targets, w, b, learning_rate, n_steps):
    losses = [loss_of(x, targets, w, b)]
    for _ in range(n_steps):
        dw, db = mse_gradient(x, targets, w, b)
        w -= learning_rate * dw
        b -= learning_rate * db
        losses.append(loss_of(x, targets, w, b))
    return w, b, np.array(losses)


TRAIN = Exercise(
    "train(x, targets, w, b, learning_rate, n_steps) -> w, b, losses",
    points=3,
    reference=train,
    cases=run_cases,
    mistakes=[
        Mistake(
            "no_first_loss",
            recorded(lambda losses: losses[1:]),
            "The loss before the first step is missing: losses has n_steps entries, "
            "all taken after an update. Without it nobody sees where the run began.",
            "start the list with the loss of the w and b that came in.",
        ),
        Mistake(
            "no_last_loss",
            recorded(lambda losses: losses[:-1]),
            "The loss after the last step is missing: each loss is taken before its "
            "update, so the last update is never measured.",
            "measure once more, after the loop or at the end of each step.",
        ),
        Mistake(
            "stale_loss",
            recorded(lambda losses: np.append(losses[0], losses[:-1])),
            "The losses lag one step behind: after each update the loss of the "
            "knobs before it is written down, so the first one stands there twice.",
            "compute the loss anew from the new w and b, after the update.",
        ),
        Mistake(
            "frozen_loss",
            recorded(lambda losses: np.full(len(losses), losses[0])),
            "Every loss is the first one: the predictions were made once, before the "
            "loop, and never again.",
            "forward comes first in every step: predict with the present w and b.",
        ),
        Mistake(
            "gradient_once",
            gradient_once,
            "The gradient is computed once, before the loop, and used for every "
            "step. w walks in a straight line, past the lowest point.",
            "ask mse_gradient again in every step, with the present w and b.",
        ),
        Mistake(
            "always_from_the_start",
            always_from_the_start,
            "Every step starts from the first w and b again, so the loss stays flat "
            "after step 1.",
            "put the new values into w and b before the next step begins.",
        ),
        Mistake(
            "nothing_moves",
            lambda x, t, w, b, rate, n: (w, b, np.full(n + 1, loss_of(x, t, w, b))),
            "w and b come back as they were: the update is computed and not kept.",
            "gradient_step returns new values; put them into w and b.",
        ),
        Mistake(
            "uphill",
            lambda x, t, w, b, rate, n: train(x, t, w, b, -rate, n),
            "The loss climbs: the gradient is added. It points uphill, so it is "
            "subtracted.",
            "look at losses[0] and losses[1].",
        ),
        Mistake(
            "bias_never_moves",
            bias_never_moves,
            "b never moves, so the line can turn and not shift.",
            "give gradient_step both, w and b, and take both back.",
        ),
        Mistake(
            "bias_after_weights",
            bias_after_weights,
            "b's gradient is asked for after w has moved. Blame comes first, for all "
            "knobs at one place; then all of them move.",
            "call mse_gradient once in a step, before anything moves.",
        ),
        Mistake(
            "one_step",
            lambda x, t, w, b, rate, n: train(x, t, w, b, rate, min(n, 1)),
            "There is one step, however many are asked for. A return inside the loop "
            "ends it the first time round.",
            "move the return out of the loop, to the indentation of `for`.",
        ),
        Mistake(
            "one_too_many",
            lambda x, t, w, b, rate, n: train(x, t, w, b, rate, n + 1),
            "There is one step more than n_steps.",
            "range(n_steps) gives n_steps rounds.",
        ),
        Mistake(
            "one_update_more",
            one_update_more,
            "The losses are right, and w and b have moved once more after the last "
            "of them: n_steps + 1 updates.",
            "the last round only measures.",
        ),
        Mistake(
            "half_loss",
            recorded(lambda losses: losses / 2),
            "w and b are right; each loss is half of the mean squared error.",
            "use mse from the setup cell.",
        ),
        Mistake(
            "summed_loss",
            lambda x, t, w, b, rate, n: recorded(lambda losses: losses * len(x))(
                x, t, w, b, rate, n
            ),
            "w and b are right; each loss is a sum over the examples. It is their "
            "mean.",
            "use mse from the setup cell.",
        ),
        Mistake(
            "last_loss_only",
            recorded(lambda losses: float(losses[-1])),
            "losses is one number: each step writes over the one before.",
            "collect them in a list with append, and return np.array of it.",
        ),
        Mistake(
            "has_state",
            shuffled_inputs,
            "The answer differs from call to call: something is random. If x is "
            "shuffled and targets are not, every example has somebody else's target.",
            "use all the examples in every step, in the order they came in.",
        ),
        Mistake(
            "mutates_input",
            train_in_place,
            "The numbers are right, and the caller's w moved with them: `-=` works on "
            "the array that came in, so a second run starts where the first ended.",
            "write w = w - ..., or let gradient_step make new arrays.",
        ),
    ],
    alternatives=[
        train_with_a_record,
        train_with_while,
        train_on_a_copy,
        train_with_recursion,
    ],
)

# ---- loop_cards

LOOP = ["forward", "loss", "backward", "update"]


def loop_cards():
    return ["forward", "loss", "backward", "update"]


def consequence(order):
    """Return what happens when the four are done in this order, and what to try."""
    place = {word: k for k, word in enumerate(order)}
    if place["loss"] < place["forward"]:
        if place["backward"] < place["forward"] and place["update"] > place["backward"]:
            return (
                "The loss and the blame come before there is a prediction: both "
                "belong to the batch before, and this batch teaches nothing.",
                "what does the loss compare with the targets? That card comes first.",
            )
        return (
            "The loss comes before forward has predicted anything: it measures the "
            "predictions of the batch before.",
            "what does the loss compare with the targets? That card comes first.",
        )
    if place["backward"] < place["forward"]:
        return (
            "Backward goes through values that forward has not stored yet: the blame "
            "is for the batch before.",
            "backward walks the way of forward in reverse; which of them comes first?",
        )
    if place["backward"] < place["loss"]:
        return (
            "Blame is assigned before there is a loss: nobody has measured yet how "
            "wrong the predictions are, so there is nothing to blame anyone for.",
            "backward starts from one number; which card makes that number?",
        )
    if place["update"] == 0:
        return (
            "Updating before blame uses the last batch's blame; in the first round "
            "there is none at all, and the blame of the last round is never used.",
            "what does update need? That card comes before it.",
        )
    if place["update"] == 1:
        return (
            "The knobs move between forward and the loss: they use the last batch's "
            "blame, and the blame that follows belongs to knobs that are gone.",
            "what does update need? That card comes before it.",
        )
    return (
        "Updating before blame uses the last batch's blame: the knobs have moved "
        "when backward asks how they should move.",
        "what does update need? That card comes before it.",
    )


def order_mistake(order):
    return Mistake("_".join(order), lambda: list(order), *consequence(order))


def missing_card(word):
    needed = {
        "forward": "nothing makes a prediction, so there is nothing to be wrong",
        "loss": "backward starts from one number, and nothing makes it",
        "backward": "nobody is blamed, so the update does not know which way to go",
        "update": "nothing moves, and the next round is like this one",
    }
    return Mistake(
        f"without_{word}",
        lambda: [card for card in LOOP if card != word],
        f"The card {word} is missing: {needed[word]}.",
        "the list holds all four words.",
    )


LOOP_CARDS = Exercise(
    "loop_cards() -> order",
    points=1,
    shows_expected=False,  # it is the answer
    reference=loop_cards,
    cases=lambda rng: [Case("the loop")],
    mistakes=[
        *map(order_mistake, [p for p in permutations(LOOP) if list(p) != LOOP]),
        Mistake(
            "one_text",
            lambda: ", ".join(LOOP),
            "The words are in one text. Make a list of four words, each in its own "
            "quotation marks.",
            'begin with ["forward", and go on.',
        ),
        Mistake(
            "unquoted_in_one",
            lambda: " ".join(LOOP),
            "The words are in one text. Make a list of four words, each in its own "
            "quotation marks.",
            'begin with ["forward", and go on.',
        ),
        Mistake(
            "capitals",
            lambda: [word.capitalize() for word in LOOP],
            "The order is right; the words are written with small letters.",
            "copy them from the text above.",
        ),
        Mistake(
            "round_again",
            lambda: [*LOOP, "forward"],
            "The order is right, and forward stands there twice. The loop closes by "
            "itself.",
            "leave out the last word.",
        ),
        *map(missing_card, LOOP),
    ],
    alternatives=[
        lambda: tuple(LOOP),
        lambda: [*LOOP],
        lambda: sorted(LOOP, key=LOOP.index),
        lambda: list(dict.fromkeys(LOOP)),
    ],
)

EXERCISES = [NUMERICAL_GRADIENT, MSE_GRADIENT, GRADIENT_STEP, TRAIN, LOOP_CARDS]
