"""The exercises of lesson 5: instruments for a run, a name for its fault, a new one."""

import copy

import numpy as np

from course_lib import fault_rig, faults
from course_lib.instrument_functions import same
from course_lib.instruments import INSTRUMENTS
from course_lib.values import Given
from grader.exercises import Case, Exercise, Mistake

# ---- relative_error


def relative_error(a, b):
    size = np.abs(a).max() + np.abs(b).max()
    return float(np.abs(a - b).max() / size) if size != 0 else 0.0


def pair_cases(rng):
    a = rng.normal(size=(7, 5))
    yield Case("two short lists", a=np.array([3.0, -1.0]), b=np.array([3.0, 1.0]))
    yield Case("almost the same", a=a, b=a + 1e-7 * rng.normal(size=a.shape))
    yield Case("one entry far off", a=a, b=np.where(a == a.max(), 0.3, a))
    yield Case("twice as large", a=a[0], b=2 * a[0])
    yield Case("opposite signs", a=a[:, 0], b=-a[:, 0])
    yield Case("one of them all zero", a=np.zeros(5), b=a[1])
    yield Case("the other one all zero", a=a[2], b=np.zeros(5))
    yield Case("very small entries", a=1e-10 * a, b=3e-10 * a)
    yield Case("both all zero", a=np.zeros((3, 2)), b=np.zeros((3, 2)))
    nan = np.where(a == a.min(), np.nan, a)
    yield Case("a NaN among the entries", a=nan, b=a)
    yield Case("a single entry", a=rng.normal(size=1), b=rng.normal(size=1))


def error_with_an_early_return(a, b):
    if not np.any(a) and not np.any(b):
        return 0.0
    return np.max(np.abs(a - b)) / (np.max(np.abs(a)) + np.max(np.abs(b)))


def error_with_lists(a, b):
    pairs = list(zip(a.ravel(), b.ravel(), strict=True))
    size = np.max([abs(p) for p, _ in pairs]) + np.max([abs(q) for _, q in pairs])
    return np.max([abs(p - q) for p, q in pairs]) / size if size else 0.0


def error_with_norms(a, b):
    largest = [np.linalg.norm(v.ravel(), np.inf) for v in (a - b, a, b)]
    return np.divide(largest[0], max(largest[1] + largest[2], 1e-300))


def parts_of(a, b):
    return np.abs(a - b), np.abs(a).max(), np.abs(b).max()


def over(size):
    """Return the error with another size below the fraction, and 0/0 as 0."""

    def wrong(a, b):
        below = size(a, b)
        return float(np.abs(a - b).max() / below) if below != 0 else 0.0

    return wrong


RELATIVE_ERROR = Exercise(
    "relative_error(a, b) -> error",
    points=1,
    reference=relative_error,
    cases=pair_cases,
    mistakes=[
        Mistake(
            "zero_over_zero",
            lambda a, b: float(np.abs(a - b).max() / sum(parts_of(a, b)[1:])),
            "Where both arrays are all zero this divides 0 by 0, and NaN comes out. "
            "Two equal arrays have an error of 0.",
            "look at the size first, and return 0.0 when it is 0.",
        ),
        Mistake(
            "nan_is_zero",
            lambda a, b: 0.0 if np.isnan(a).any() else relative_error(a, b),
            "A NaN among the entries gives an error of 0: `size > 0` is False for NaN "
            "too. The worst gradient of all then passes as the best.",
            "ask `size == 0` for the special case, and let NaN through.",
        ),
        Mistake(
            "absolute",
            lambda a, b: float(np.abs(a - b).max()),
            "This is the difference itself. 1e-7 is little beside a gradient of 1, and "
            "everything beside one of 1e-7.",
            "divide by the size of both: the largest of |a| plus the largest of |b|.",
        ),
        *(
            Mistake(
                f"padded_{k}",
                lambda a, b, e=e: float(
                    np.abs(a - b).max() / (sum(parts_of(a, b)[1:]) + e)
                ),
                "A number was added below the fraction against 0/0, and it is larger "
                "than small gradients are: their error then looks like nothing.",
                "treat a size of 0 on its own, and add nothing.",
            )
            for k, e in enumerate((1e-8, 1e-12, 1e-10, 1e-6, 1e-7, 1e-9, 1e-5))
        ),
        Mistake(
            "first_size",
            over(lambda a, b: np.abs(a).max()),
            "Only the size of a is below the fraction. Where a is all zero that is 0, "
            "and in general the answer depends on which array comes first.",
            "add the largest entry of |b| to it.",
        ),
        Mistake(
            "second_size",
            over(lambda a, b: np.abs(b).max()),
            "Only the size of b is below the fraction. Where b is all zero that is 0, "
            "and in general the answer depends on which array comes first.",
            "add the largest entry of |a| to it.",
        ),
        Mistake(
            "larger_size",
            over(lambda a, b: max(np.abs(a).max(), np.abs(b).max())),
            "The larger of the two sizes is below the fraction, so opposite signs give "
            "2. With both sizes added, the worst there is reads 1.",
            "put a plus between them.",
        ),
        Mistake(
            "mean",
            lambda a, b: float(
                np.abs(a - b).mean() / (np.abs(a).mean() + np.abs(b).mean() or 1)
            ),
            "These are means. One wrong entry among a thousand right ones hardly moves "
            "a mean; the largest difference shows it.",
            "use max for all three.",
        ),
        Mistake(
            "mean_difference",
            lambda a, b: float(np.abs(a - b).mean() / (sum(parts_of(a, b)[1:]) or 1)),
            "The difference is averaged. One wrong entry among a thousand right ones "
            "hardly moves a mean; the largest difference shows it.",
            "take the max of |a - b|.",
        ),
        Mistake(
            "lengths",
            lambda a, b: float(
                np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) or 1)
            ),
            "These are lengths, roots of summed squares: a single wrong entry drowns "
            "in a large array.",
            "take the largest entry of each with `np.abs(...).max()`.",
        ),
        Mistake(
            "each_entry",
            lambda a, b: float(
                np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-300))
            ),
            "Each entry is divided by its own size, and then the worst is taken. A "
            "slope near 0 is all rounding, and sets off a false alarm.",
            "take the largest entry of each array first, then divide once.",
        ),
        Mistake(
            "signed",
            lambda a, b: float((a - b).max() / (sum(parts_of(a, b)[1:]) or 1)),
            "The difference keeps its sign, so entries where b is larger are never "
            "seen.",
            "take np.abs of the difference before the max.",
        ),
        Mistake(
            "signed_sizes",
            over(lambda a, b: a.max() + b.max()),
            "The sizes are the largest entries without np.abs: a gradient of large "
            "negative numbers counts as small.",
            "take np.abs before each max.",
        ),
        Mistake(
            "all_entries",
            lambda a, b: np.abs(a - b) / (sum(parts_of(a, b)[1:]) or 1),
            "There is one error for each entry; one number is asked for, that of the "
            "worst entry.",
            "take the max of the differences.",
        ),
    ],
    alternatives=[error_with_an_early_return, error_with_lists, error_with_norms],
)

# ---- gradient_check


def slope_at(loss, params, name, place, step=1e-5):
    sides = []
    for shift in (step, -step):
        moved = params[name].copy()
        moved.flat[place] += shift
        sides.append(loss({**params, name: moved}))
    return (sides[0] - sides[1]) / (2 * step)


def picked(w, n_samples, rng):
    return rng.choice(w.size, min(n_samples, w.size), replace=False)


def check_with(slope=slope_at, error=relative_error, pick=picked):
    """Return a `gradient_check` with other pieces in it."""

    def gradient_check(loss, params, grads, n_samples, rng):
        errors = {}
        for name, w in params.items():
            picks = pick(w, n_samples, rng)
            measured = np.array([slope(loss, params, name, p) for p in picks])
            errors[name] = error(grads[name].ravel()[picks], measured)
        return errors

    return gradient_check


gradient_check = check_with()


def wavy(rng, shapes, amplitude, n_samples, change=None, at_zero=False):
    """Return a case's inputs: a loss of named arrays, and its gradients, changed."""
    frequency = {k: rng.uniform(1, 3, size=s) for k, s in shapes.items()}
    sizes = {
        k: amplitude.get(k, 1.0) * rng.choice([-1.0, 1.0], size=s) / frequency[k]
        for k, s in shapes.items()
    }
    params = {
        k: np.zeros(s) if at_zero else rng.uniform(-0.4, 0.4, size=s)
        for k, s in shapes.items()
    }
    grads = {k: sizes[k] * f * np.cos(f * params[k]) for k, f in frequency.items()}
    for name, changed in (change or {}).items():
        grads[name] = changed(grads[name])
    picks = sum(min(n_samples, w.size) for w in params.values())
    meter = {"amplitude": sizes, "frequency": frequency, "battery": 3 * picks + 20}
    return {
        "loss": Given("waves_by_name", meter),
        "params": params,
        "grads": grads,
        "n_samples": n_samples,
        "rng": Given("generator", {"seed": int(rng.integers(1000))}),
    }


def all_but_first(factor, n_right=60):
    def change(dw):
        changed = factor * dw.ravel()
        changed[:n_right] = dw.ravel()[:n_right]
        return changed.reshape(dw.shape)

    return change


def slope_cases(rng):
    small = {"W": (5, 3), "b": (3,)}
    net = {"W1": (5, 3), "b1": (3,), "W2": (3, 7), "b2": (7,)}
    yield Case("right gradients", **wavy(rng, small, {}, 50))
    yield Case(
        "db twice as large",
        **wavy(rng, small, {}, 50, {"b": lambda d: 2 * d}),
    )
    yield Case("db2 all zero", **wavy(rng, net, {}, 50, {"b2": lambda d: 0 * d}))
    yield Case(
        "a tiny db2 that is three times too large",
        **wavy(rng, net, {"b2": 1e-4}, 50, {"b2": lambda d: 3 * d}),
    )
    yield Case("the opposite sign", **wavy(rng, net, {}, 50, {"W1": lambda d: -d}))
    yield Case("a tiny parameter that is right", **wavy(rng, net, {"b1": 1e-2}, 50))
    big = {"W": (20, 15), "b": (4,)}
    yield Case(
        "ten samples of three hundred weights", **wavy(rng, big, {}, 10, None, True)
    )
    yield Case(
        "weights of which only the first sixty are right",
        **wavy(rng, big, {}, 10, {"W": all_but_first(3.0)}, True),
    )


def check_in_place(loss, params, grads, n_samples, rng):
    errors = {}
    for name in params:
        w, chosen = params[name], sorted(picked(params[name], n_samples, rng))
        measured = []
        for place in chosen:
            kept = w.flat[place]
            w.flat[place] = kept + 1e-5
            above = loss(params)
            w.flat[place] = kept - 1e-5
            measured.append((above - loss(params)) / 2e-5)
            w.flat[place] = kept
        errors[name] = relative_error(grads[name].flat[chosen], np.array(measured))
    return errors


def check_by_permutation(loss, params, grads, n_samples, rng):
    def error(name):
        places = rng.permutation(params[name].size)[:n_samples]
        pairs = [(grads[name].flat[p], slope_at(loss, params, name, p)) for p in places]
        return relative_error(*np.array(pairs).T)

    return {name: error(name) for name in params}


def check_with_indices(loss, params, grads, n_samples, rng):
    errors = {}
    for name, w in params.items():
        indices = list(np.ndindex(w.shape))
        rng.shuffle(indices)
        yours, theirs = [], []
        for index in indices[:n_samples]:
            shift = np.zeros(w.shape)
            shift[tuple(index)] = 1e-5
            up, down = {**params, name: w + shift}, {**params, name: w - shift}
            theirs.append((loss(up) - loss(down)) / 2e-5)
            yours.append(grads[name][tuple(index)])
        errors[name] = error_with_lists(np.array(yours), np.array(theirs))
    return errors


def check_with_replacement(loss, params, grads, n_samples, rng):
    pick = lambda w, n, rng: (  # noqa: E731
        rng.integers(0, w.size, n) if w.size > n else np.arange(w.size)
    )
    return check_with(pick=pick)(loss, params, grads, n_samples, rng)


def one_sided(loss, params, name, place):
    moved = params[name].copy()
    moved.flat[place] += 1e-5
    return (loss({**params, name: moved}) - loss(params)) / 1e-5


def in_32_bits(loss, params, name, place):
    sides = []
    for shift in (1e-5, -1e-5):
        moved = params[name].astype(np.float32)
        moved.flat[place] += shift
        sides.append(loss({**params, name: moved}))
    return (sides[0] - sides[1]) / 2e-5


def with_a_large_step(loss, params, name, place):
    return slope_at(loss, params, name, place, step=0.1)


def at_zero_weights(loss, params, name, place):
    zeros = {key: np.zeros(np.shape(w)) for key, w in params.items()}
    return slope_at(loss, zeros, name, place)


def with_a_penalty(loss, params, name, place):
    def penalized(params):
        return loss(params) + sum(np.sum(w**2) for w in params.values()) / 2

    return slope_at(penalized, params, name, place)


def one_scale(loss, params, grads, n_samples, rng):
    found = {}
    for name, w in params.items():
        picks = picked(w, n_samples, rng)
        measured = np.array([slope_at(loss, params, name, p) for p in picks])
        found[name] = grads[name].ravel()[picks], measured
    size = max(np.abs(a).max() + np.abs(b).max() for a, b in found.values())
    return {name: float(np.abs(a - b).max() / size) for name, (a, b) in found.items()}


def one_error_for_all(loss, params, grads, n_samples, rng):
    found = []
    for name, w in params.items():
        for p in picked(w, n_samples, rng):
            found.append((grads[name].flat[p], slope_at(loss, params, name, p)))
    return relative_error(*np.array(found).T)


def never_put_back(loss, params, grads, n_samples, rng):
    errors = {}
    for name, w in params.items():
        picks, measured = picked(w, n_samples, rng), []
        for p in picks:
            w.flat[p] += 1e-5
            above = loss(params)
            w.flat[p] -= 2e-5
            measured.append((above - loss(params)) / 2e-5)
            w.flat[p] += 1e-5
        errors[name] = relative_error(grads[name].ravel()[picks], np.array(measured))
    return errors


def passes_zeros(a, b):
    return relative_error(a, b) if np.any(a) else 0.0


def first_parameter_only(loss, params, grads, n_samples, rng):
    errors = gradient_check(loss, params, grads, n_samples, rng)
    return dict(list(errors.items())[:1])


GRADIENT_CHECK = Exercise(
    "gradient_check(loss, params, grads, n_samples, rng) -> errors",
    points=3,
    reference=gradient_check,
    cases=slope_cases,
    tolerance=1e-3,
    mistakes=[
        Mistake(
            "one_scale",
            one_scale,
            "All parameters share one size, that of the largest gradient: a small db "
            "that is three times too large drowns beside dW, and reads as an error of "
            "nothing.",
            "give each name a relative_error of its own.",
        ),
        Mistake(
            "one_error_for_all",
            one_error_for_all,
            "There is one error for the whole network. It cannot say which gradient is "
            "at fault, and a small db drowns beside dW.",
            "return a dict: one relative_error for each name.",
        ),
        Mistake(
            "forward_difference",
            check_with(slope=one_sided),
            "The slope is measured on one side only. Its error, about 1e-5, may be as "
            "large as that of a real mistake.",
            "measure at w + step and w - step; slope_at does both.",
        ),
        Mistake(
            "float32",
            check_with(slope=in_32_bits),
            "The weights were moved in 32 bits, where a step of 1e-5 is half rounding: "
            "right gradients look wrong.",
            "keep the arrays in float64.",
        ),
        Mistake(
            "step_too_large",
            check_with(slope=with_a_large_step),
            "The weights are moved so far that the loss bends in between, and a ReLU "
            "may pass its kink: right gradients look wrong.",
            "step 1e-5, as slope_at does by itself.",
        ),
        Mistake(
            "at_zero",
            check_with(slope=at_zero_weights),
            "The slopes are measured at zero weights, and the gradients belong to "
            "`params`. At zero many a wrong gradient is zero too, and agrees.",
            "hand slope_at the params as they came.",
        ),
        Mistake(
            "penalty",
            check_with(slope=with_a_penalty),
            "A penalty on the weights is in the measured loss and not in the "
            "gradients: it swamps what you want to compare.",
            "measure the loss that was handed in, and nothing beside it.",
        ),
        Mistake(
            "every_entry",
            check_with(pick=lambda w, n, rng: np.arange(w.size)),
            "Every entry is measured, whatever n_samples says: this loss answers only "
            "as often as samples need, then its battery is empty and it reads NaN.",
            "let rng.choice pick n_samples places of each parameter.",
        ),
        Mistake(
            "first_entries",
            check_with(pick=lambda w, n, rng: np.arange(min(n, w.size))),
            "The first n_samples entries are measured, always the same ones: a fault "
            "that begins further on is less visible, or never seen.",
            "let rng choose: rng.choice(w.size, n, replace=False).",
        ),
        Mistake(
            "absolute",
            check_with(error=lambda a, b: float(np.abs(a - b).max())),
            "This is the difference itself, not a share of the gradient: a small db "
            "can be all wrong and still differ by little.",
            "use relative_error for each name.",
        ),
        Mistake(
            "passes_zeros",
            check_with(error=passes_zeros),
            "A gradient that is all zero passes. It is the commonest fault of all: a "
            "parameter nobody blames.",
            "leave the special case to relative_error, where both have to be zero.",
        ),
        Mistake(
            "no_sign",
            check_with(error=lambda a, b: relative_error(np.abs(a), np.abs(b))),
            "The sign is lost before the two are compared, so a gradient that points "
            "downhill passes.",
            "compare the slopes as they are.",
        ),
        Mistake(
            "not_halved",
            check_with(slope=lambda *a: 2 * slope_at(*a)),
            "The measured slopes are twice what they should be: from w - step to "
            "w + step is a distance of 2 * step. Right gradients now read 1/3.",
            "divide by 2 * step.",
        ),
        Mistake(
            "mutates_input",
            never_put_back,
            "The parameters do not come back as they were: adding a step and taking it "
            "away again can change the last digit. An instrument leaves alone what it "
            "measures.",
            "move a copy, as slope_at does, or write the kept value back.",
        ),
        Mistake(
            "has_state",
            lambda loss, params, grads, n, rng: gradient_check(
                loss, params, grads, n, np.random.default_rng()
            ),
            "Two calls with the same rng drew different samples: the places come from "
            "a generator of its own. A reading that nobody can repeat is no evidence.",
            "draw with the rng that is handed in.",
        ),
        Mistake(
            "first_parameter",
            first_parameter_only,
            "Only the first parameter has an error: the return stands inside the loop.",
            "move the return out to the indentation of `for`.",
        ),
    ],
    alternatives=[
        check_in_place,
        check_by_permutation,
        check_with_indices,
        check_with_replacement,
    ],
)

# ---- initial_loss_check


def initial_loss_check(loss, n_classes):
    return bool(abs(loss - np.log(n_classes)) <= 0.25 * np.log(n_classes))


def first_loss_cases(rng):
    def around(n_classes, low, high):
        return float(rng.uniform(low, high) * np.log(n_classes))

    yield Case("2.35 for ten classes", loss=2.35, n_classes=10)
    yield Case("13.8 for ten classes", loss=13.8, n_classes=10)
    yield Case("a little above ln C", loss=around(10, 1.12, 1.22), n_classes=10)
    yield Case("a little below ln C", loss=around(10, 0.78, 0.88), n_classes=10)
    yield Case("a third above ln C", loss=around(10, 1.3, 1.36), n_classes=10)
    yield Case("a third below ln C", loss=around(10, 0.64, 0.7), n_classes=10)
    yield Case("0.9 for two classes", loss=0.9, n_classes=2)
    yield Case("right for two classes", loss=around(2, 0.9, 1.1), n_classes=2)
    yield Case("8 for a thousand classes", loss=8.0, n_classes=1000)
    yield Case("NaN", loss=float("nan"), n_classes=10)
    yield Case("infinity", loss=float("inf"), n_classes=10)
    yield Case("almost no loss", loss=0.01, n_classes=10)
    yield Case("0.1 for ten classes", loss=0.1, n_classes=10)
    yield Case("1 for ten classes", loss=1.0, n_classes=10)
    yield Case("10 for ten classes", loss=10.0, n_classes=10)
    yield Case("ln 10 itself", loss=float(np.log(10)), n_classes=10)


def first_loss_between(loss, n_classes):
    guess = np.log(n_classes)
    return 0.75 * guess <= loss <= 1.25 * guess


def first_loss_ratio(loss, n_classes):
    return abs(loss / np.log(n_classes) - 1) <= 0.25


def first_loss_isclose(loss, n_classes):
    return np.isclose(loss, -np.log(1 / n_classes), rtol=0.25, atol=0)


def near(guess, passes=lambda loss, g: abs(loss - g) <= 0.25 * g):
    return lambda loss, n_classes: bool(passes(loss, guess(n_classes)))


INITIAL_LOSS_CHECK = Exercise(
    "initial_loss_check(loss, n_classes) -> healthy",
    points=1,
    reference=initial_loss_check,
    cases=first_loss_cases,
    mistakes=[
        Mistake(
            "chance_accuracy",
            near(lambda n: 1 / n),
            "1 / C is the accuracy of a guess. Its loss is -ln(1/C) = ln C.",
            "compute np.log(10): a first loss near 2.303 is healthy.",
        ),
        Mistake(
            "log10",
            near(np.log10),
            "np.log10 gives 1 for ten classes. Our loss is in nats, with the natural "
            "logarithm.",
            "use np.log.",
        ),
        Mistake(
            "log2",
            near(np.log2),
            "np.log2 counts in bits. Our loss is in nats, with the natural logarithm.",
            "use np.log.",
        ),
        Mistake(
            "absolute_quarter",
            near(np.log, lambda loss, g: abs(loss - g) <= 0.25),
            "The margin is a quarter of a nat for any number of classes; asked for is "
            "a quarter of ln C.",
            "multiply 0.25 by ln C.",
        ),
        Mistake(
            "upper_only",
            near(np.log, lambda loss, g: loss <= 1.25 * g),
            "A first loss far below ln C passes. Before training that is a symptom "
            "too: the answer leaks in, or the loss is not what it is called.",
            "put np.abs or abs around the difference.",
        ),
        Mistake(
            "lower_only",
            near(np.log, lambda loss, g: loss >= 0.75 * g),
            "A first loss far above ln C passes: there is no upper limit.",
            "put np.abs or abs around the difference.",
        ),
        Mistake(
            "nan_passes",
            near(np.log, lambda loss, g: not abs(loss - g) > 0.25 * g),
            "NaN passes. Every comparison with NaN is False, so `not (nan > limit)` is "
            "True.",
            "ask whether it is healthy, with <=, and not whether it is ill.",
        ),
        Mistake(
            "inverted",
            lambda loss, n: not initial_loss_check(loss, n),
            "The answers are the wrong way round: True is for a healthy first loss.",
            "turn the comparison round.",
        ),
        Mistake(
            "one_class_less",
            near(lambda n: np.log(n - 1)),
            "The guess is among C - 1 classes. For two of them that is ln 1 = 0.",
            "use np.log(n_classes).",
        ),
        Mistake(
            "exact",
            near(np.log, np.isclose),
            "Only ln C itself passes. First weights are random, so a healthy loss lies "
            "near it, not on it.",
            "allow a quarter of ln C to each side.",
        ),
        Mistake(
            "distance",
            lambda loss, n: float(abs(loss - np.log(n))),
            "This is the distance from ln C, a number. Asked for is whether it is at "
            "most a quarter of ln C, True or False.",
            "compare it with 0.25 * np.log(n_classes).",
        ),
        Mistake(
            "not_the_log",
            near(lambda n: n),
            "The loss is compared with the number of classes; a guess among C costs "
            "ln C.",
            "take np.log of it.",
        ),
        Mistake(
            "always",
            lambda loss, n: True,
            "It is True for every loss: an instrument that never trips.",
            "try it on 13.8 for ten classes.",
        ),
    ],
    alternatives=[first_loss_between, first_loss_ratio, first_loss_isclose],
)

# ---- overfits_tiny_batch


def overfits_tiny_batch(train_step, x, labels):
    for _ in range(400):
        loss = train_step(x[:10], labels[:10])
    return bool(loss < 0.05)


def tiny_cases(rng):
    def run(learning_rate, n=60, contradiction=False):
        x, labels = rng.normal(size=(n, 20)), rng.integers(0, 5, size=n)
        labels[:5] = np.arange(5)
        if contradiction:
            x[3], labels[3] = x[7], (labels[7] + 1) % 5
        W = 0.1 * rng.normal(size=(20, 5))
        made_from = {"W": W, "learning_rate": learning_rate}
        start = Given("training_run", made_from)
        return {"train_step": start, "x": x, "labels": labels}

    yield Case("a run that learns", **run(0.5))
    yield Case("ten examples and no more", **run(0.5, n=10))
    yield Case("a step of the wrong sign", **run(-0.5))
    yield Case("a step of zero", **run(0.0))
    yield Case("a learning rate of 0.0005", **run(0.0005))
    yield Case("one image with two labels among the ten", **run(0.5, 60, True))
    yield Case("a loss of NaN", **run(float("nan")))


def tiny_with_a_slice(train_step, x, labels):
    few = slice(0, 10)
    history = [train_step(x[few], labels[few]) for _ in range(400)]
    return history[-1] < 0.05


def tiny_with_a_while(train_step, x, labels):
    x, labels, step, loss = x[:10].copy(), labels[:10].copy(), 0, np.inf
    while step < 400:
        loss = train_step(x, labels)
        step += 1
    return not (np.isnan(loss) or loss >= 0.05)


def tiny_that_stops_early(train_step, x, labels):
    rows = np.arange(10)
    return any(train_step(x[rows], labels[rows]) < 0.05 for _ in range(400))


def tiny(rows=slice(10), n_steps=400, passes=lambda losses: losses[-1] < 0.05):
    def wrong(train_step, x, labels):
        losses = [train_step(x[rows], labels[rows]) for _ in range(n_steps)]
        return bool(passes(losses))

    return wrong


OVERFITS_TINY_BATCH = Exercise(
    "overfits_tiny_batch(train_step, x, labels) -> fits",
    points=2,
    reference=overfits_tiny_batch,
    cases=tiny_cases,
    mistakes=[
        Mistake(
            "all_examples",
            tiny(slice(None)),
            "It says no to a run that learns its ten, and yes where there are only "
            "ten examples: other examples came into the steps. Learning by heart needs "
            "the same ten each time.",
            "hand train_step x[:10] and labels[:10] in each step.",
        ),
        Mistake(
            "too_lenient",
            tiny(passes=lambda losses: losses[-1] < 0.5),
            "It says yes to a run in which one image is among the ten twice, with two "
            "labels. That loss stays above 0.1. Either the limit is higher than 0.05, "
            "or these were not the first ten.",
            "print the last loss of that run, and how many examples a step gets.",
        ),
        Mistake(
            "one_step",
            tiny(n_steps=1),
            "It says no to a healthy run: only one step or a few were taken, or the "
            "loss before the first step was judged.",
            "take 400 steps in a loop, and look at the last loss.",
        ),
        Mistake(
            "falls",
            tiny(passes=lambda losses: losses[-1] < losses[0]),
            "Any loss that falls passes, be it from 1.70 to 1.69. Ten examples learned "
            "by heart have a loss near 0.",
            "compare the last loss with 0.05.",
        ),
        Mistake(
            "nan_passes",
            tiny(passes=lambda losses: not losses[-1] >= 0.05),
            "NaN passes: every comparison with NaN is False, and `not` makes it True.",
            "ask `loss < 0.05`.",
        ),
        Mistake(
            "inverted",
            tiny(passes=lambda losses: not losses[-1] < 0.05),
            "The answers are the wrong way round: True says that the ten are learned.",
            "turn the comparison round.",
        ),
        Mistake(
            "always",
            lambda train_step, x, labels: True,
            "It is True for every run, also for one that stands still.",
            "let the last loss decide.",
        ),
    ],
    alternatives=[tiny_with_a_slice, tiny_with_a_while, tiny_that_stops_early],
)

# ---- is_pure


def is_pure(function, *args):
    first_args, second_args = copy.deepcopy(args), copy.deepcopy(args)
    first = copy.deepcopy(function(*first_args))
    return same(first_args, args) and same(first, function(*second_args))


HABITS = {
    "none": "a function without a habit",
    "blocks dy": "a function that writes into dy",
    "clears the cache": "a function that clears the cache",
    "moves W": "a function that moves W by a thousandth",
    "adds up": "a function that adds up dW over its calls",
    "counts in dx": "a function whose dx grows with each call",
    "one array": "a function that returns one array again and again",
}


def habit_cases(rng):
    for habit, note in HABITS.items():
        yield Case(
            note,
            function=Given("layer_with_habit", {"habit": habit}),
            dy=rng.normal(size=(7, 3)),
            cache=(rng.normal(size=(7, 5)), rng.normal(size=(5, 3))),
        )


def flat(value):
    """Return the numbers of an array, or of a tuple of them, one after another."""
    if isinstance(value, tuple | list):
        return np.concatenate([flat(v) for v in value])
    return np.ravel(value).copy()


def pure_by_flat_numbers(function, *args):
    before, mine = flat(args), copy.deepcopy(args)
    first = flat(function(*mine))
    untouched = np.array_equal(flat(mine), before)
    second = flat(function(*copy.deepcopy(args)))
    return bool(untouched and np.array_equal(first, second))


def pure_on_the_same_copies(function, *args):
    mine = copy.deepcopy(args)
    first = copy.deepcopy(function(*mine))
    if not same(mine, args):
        return False
    return same(first, function(*mine)) and same(mine, args)


def pure_by_loops(function, *args):
    results = []
    for _ in range(2):
        mine = [copy.deepcopy(arg) for arg in args]
        results.append([np.array(part) for part in function(*mine)])
        for kept, arg in zip(mine, args, strict=True):
            if not same(kept, arg):
                return False
    return all(np.allclose(a, b) for a, b in zip(*results, strict=True))


def results_only(function, *args):
    first = copy.deepcopy(function(*copy.deepcopy(args)))
    return same(first, function(*copy.deepcopy(args)))


def arguments_only(function, *args):
    mine = copy.deepcopy(args)
    function(*mine)
    return same(mine, args)


def result_not_copied(function, *args):
    mine, again = copy.deepcopy(args), copy.deepcopy(args)
    first = function(*mine)
    return same(mine, args) and same(first, function(*again))


def first_result_only(function, *args):
    mine = copy.deepcopy(args)
    first = copy.deepcopy(function(*mine))
    return same(mine, args) and same(first[0], function(*copy.deepcopy(args))[0])


def first_argument_only(function, *args):
    mine = copy.deepcopy(args)
    first = copy.deepcopy(function(*mine))
    again = function(*copy.deepcopy(args))
    return same(mine[0], args[0]) and same(first, again)


def on_the_originals(function, *args):
    kept = copy.deepcopy(args)
    first = copy.deepcopy(function(*args))
    untouched = same(kept, args)
    return untouched and same(first, function(*copy.deepcopy(kept)))


def same_copies_twice(function, *args):
    mine = copy.deepcopy(args)
    first = copy.deepcopy(function(*mine))
    return same(first, function(*mine))


def nothing_copied(function, *args):
    return same(function(*args), function(*args))


IS_PURE = Exercise(
    "is_pure(function, dy, cache) -> pure",
    points=2,
    reference=is_pure,
    cases=habit_cases,
    mistakes=[
        Mistake(
            "results_only",
            results_only,
            "Only the results are compared. A function that writes into its arguments "
            "gives the same on fresh copies, and still ruins them for whoever comes "
            "next.",
            "compare the copies it was given with the arguments, too.",
        ),
        Mistake(
            "arguments_only",
            arguments_only,
            "Only the arguments are compared. A function that remembers earlier calls "
            "leaves them alone and gives another answer the second time.",
            "call it a second time, and compare the results too.",
        ),
        Mistake(
            "result_not_copied",
            result_not_copied,
            "The first result is kept without a copy. Where a function returns the "
            "same array again and again, the second call changes the first result "
            "too, and the two are always equal.",
            "keep copy.deepcopy(function(...)).",
        ),
        Mistake(
            "first_result",
            first_result_only,
            "Only the first result is compared: what happens to dW stays unseen.",
            "hand the whole results to same.",
        ),
        Mistake(
            "first_argument",
            first_argument_only,
            "Only the first argument is compared: the cache may change unseen.",
            "hand all arguments to same, as one tuple.",
        ),
        Mistake(
            "same_copies",
            same_copies_twice,
            "Both calls get the same arrays, and nobody sees that they changed. A "
            "function that blocks part of dy for good gives the same twice. "
            "(list(args) is a new list of the same arrays: no copy.)",
            "compare copy.deepcopy(args) with args after the first call.",
        ),
        Mistake(
            "nothing_copied",
            nothing_copied,
            "Nothing is copied: what the function writes lands in the caller's arrays, "
            "and comparing them with themselves shows nothing.",
            "call it on copy.deepcopy(args).",
        ),
        Mistake(
            "mutates_input",
            on_the_originals,
            "The answers are right, and the function was called on the caller's own "
            "arrays: if it writes into them, your instrument has done the damage.",
            "call it on copy.deepcopy(args) each time.",
        ),
        Mistake(
            "inverted",
            lambda function, *args: not is_pure(function, *args),
            "The answers are the wrong way round: True says that the function is pure.",
            "return True when both comparisons hold.",
        ),
        Mistake(
            "always",
            lambda function, *args: True,
            "It is True for every function here. Both have to hold: the same results, "
            "and arguments left alone; one of them is not enough.",
            "join the two with `and`; then try a function that writes `dy[...] = 0`.",
        ),
    ],
    alternatives=[pure_by_flat_numbers, pure_on_the_same_copies, pure_by_loops],
)

# ---- double_batch_check


def double_batch_check(gradient, x, labels):
    twice = gradient(np.concatenate([x, x]), np.concatenate([labels, labels]))
    return relative_error(gradient(x, labels), twice)


def doubling_cases(rng):
    def batch(n, power):
        return {
            "gradient": Given(
                "batch_gradient", {"W": rng.normal(size=(5, 3)), "power": power}
            ),
            "x": rng.normal(size=(n, 5)),
            "labels": rng.integers(0, 3, size=n),
        }

    yield Case("the gradient of a mean", **batch(7, 0))
    yield Case("the gradient of a sum", **batch(7, 1))
    yield Case("a gradient divided by N twice", **batch(13, -1))
    yield Case("one over the root of N", **batch(11, -0.5))
    yield Case("a single example", **batch(1, 1))
    yield Case("a single example and a mean", **batch(1, 0))


def double_with_tile(gradient, x, labels):
    again = gradient(np.tile(x, (2, 1)), np.tile(labels, 2))
    return relative_error(again, gradient(x, labels))


def double_with_repeat(gradient, x, labels):
    rows = np.repeat(np.arange(len(x)), 2)
    return relative_error(gradient(x, labels), gradient(x[rows], labels[rows]))


def double_with_stack(gradient, x, labels):
    once, twice = gradient(x, labels), gradient(np.r_[x, x], np.r_[labels, labels])
    size = np.max(np.abs(once)) + np.max(np.abs(twice))
    return np.max(np.abs(once - twice)) / size if size else 0.0


def doubled(gradient, x, labels):
    return gradient(np.concatenate([x, x]), np.concatenate([labels, labels]))


DOUBLE_BATCH_CHECK = Exercise(
    "double_batch_check(gradient, x, labels) -> change",
    points=1,
    reference=double_batch_check,
    cases=doubling_cases,
    mistakes=[
        Mistake(
            "x_only",
            lambda gradient, x, labels: relative_error(
                gradient(x, labels), gradient(np.concatenate([x, x]), labels)
            ),
            "x is there twice, and labels once: the second half of the batch has none.",
            "double both.",
        ),
        Mistake(
            "labels_out_of_step",
            lambda gradient, x, labels: relative_error(
                gradient(x, labels),
                gradient(np.concatenate([x, x]), np.repeat(labels, 2)),
            ),
            "x comes as 1 2 3 1 2 3 and labels as 1 1 2 2 3 3: the examples of the "
            "doubled batch carry labels of others.",
            "double both in the same way.",
        ),
        Mistake(
            "doubled_values",
            lambda gradient, x, labels: relative_error(
                gradient(x, labels), gradient(2 * x, labels)
            ),
            "2 * x doubles the pixels, not the batch.",
            "np.concatenate([x, x]) puts the rows below each other.",
        ),
        Mistake(
            "wider",
            lambda gradient, x, labels: relative_error(
                gradient(x, labels), gradient(np.hstack([x, x]), labels)
            ),
            "The second copy does not stand below the first, so the doubled batch has "
            "other inputs than the weights expect. np.hstack puts it beside the first, "
            "np.append without an axis makes one long list.",
            "np.concatenate([x, x]) joins along axis 0, the batch.",
        ),
        Mistake(
            "absolute",
            lambda gradient, x, labels: float(
                np.abs(gradient(x, labels) - doubled(gradient, x, labels)).max()
            ),
            "This is the difference itself. Whether it is much depends on how large "
            "the gradient is.",
            "hand both gradients to relative_error.",
        ),
        Mistake(
            "with_itself",
            lambda gradient, x, labels: 0.0,
            "The change is 0 for every gradient, also for that of a sum.",
            "call gradient once with the batch and once with the doubled one.",
        ),
        Mistake(
            "twice_expected",
            lambda gradient, x, labels: relative_error(
                2 * gradient(x, labels), doubled(gradient, x, labels)
            ),
            "The gradient of the single batch is multiplied by 2. That is right for a "
            "sum; ours is a mean, which stays as it is.",
            "compare the two as they are.",
        ),
        Mistake(
            "first_size",
            lambda gradient, x, labels: float(
                np.abs(gradient(x, labels) - doubled(gradient, x, labels)).max()
                / np.abs(gradient(x, labels)).max()
            ),
            "The difference is divided by the size of one gradient; relative_error "
            "divides by the sizes of both.",
            "hand both gradients to relative_error.",
        ),
        Mistake(
            "verdict",
            lambda gradient, x, labels: bool(
                double_batch_check(gradient, x, labels) > 1e-6
            ),
            "This is a verdict, True or False. Asked for is the number itself.",
            "return what relative_error returns.",
        ),
    ],
    alternatives=[double_with_tile, double_with_repeat, double_with_stack],
)

# ---- name_fault

FAMILIES = {
    "shapes": "shape",
    "call twice": "memory",
    "huge logits": "overflow",
    "double batch": "batch size",
    "gradient check": "backward",
    "first loss": "start",
    "overfit ten": "step",
    "training curve": "data",
    "validation": "labels",
}
LATE = ("overfit ten", "training curve", "validation")


def name_fault(readings):
    for instrument, family in FAMILIES.items():
        if readings[instrument]:
            return family
    return "silent"


PATTERNS = [  # the rows of the matrix that differ
    ("gradient check",),
    (),
    ("gradient check", "double batch", *LATE),
    ("gradient check", "double batch"),
    ("first loss", "gradient check", "double batch", *LATE),
    ("gradient check", *LATE),
    ("gradient check", "training curve", "validation"),
    ("gradient check", "training curve"),
    ("shapes",),
    ("call twice",),
    ("call twice", "training curve", "validation"),
    ("huge logits",),
    ("validation",),
    ("training curve", "validation"),
    LATE,
    ("overfit ten",),
    ("first loss",),
]


def reading_cases(rng):
    for pattern in PATTERNS:
        names = [str(name) for name in rng.permutation(list(INSTRUMENTS))]
        yield Case(
            f"readings where {_listed(pattern)} tripped",
            readings={name: name in pattern for name in names},
        )


def _listed(pattern):
    return ", ".join(pattern) or "nothing"


def named_with_ifs(readings):
    if readings["call twice"]:
        return "memory"
    if readings["shapes"]:
        return "shape"
    if readings["double batch"]:
        return "batch size"
    if readings["gradient check"]:
        return "backward"
    if readings["huge logits"]:
        return "overflow"
    if readings["first loss"]:
        return "start"
    if readings["overfit ten"]:
        return "step"
    if readings["training curve"]:
        return "data"
    return "labels" if readings["validation"] else "silent"


def named_with_next(readings):
    return next((FAMILIES[name] for name in FAMILIES if readings[name]), "silent")


def named_backwards(readings):
    found = "silent"
    for name in reversed(FAMILIES):
        found = FAMILIES[name] if readings.get(name) else found
    return found


def ordered(*names):
    """Return a `name_fault` that looks at `names` first, then at the others."""
    order = [*names, *(n for n in FAMILIES if n not in names)]

    def wrong(readings):
        return next((FAMILIES[n] for n in order if readings[n]), "silent")

    return wrong


def as_the_dict_comes(readings):
    return next((FAMILIES[n] for n, tripped in readings.items() if tripped), "silent")


def without(name):
    def wrong(readings):
        return name_fault({**readings, name: False})

    return wrong


def unlike(**words):
    """Return a `name_fault` that writes some families differently."""
    return lambda readings: words.get(name_fault(readings), name_fault(readings))


NAME_FAULT = Exercise(
    "name_fault(readings) -> family",
    points=2,
    shows_expected=False,
    reference=name_fault,
    cases=reading_cases,
    mistakes=[
        Mistake(
            "gradient_before_batch",
            ordered("shapes", "call twice", "huge logits", "gradient check"),
            "The gradient check is asked before the double batch, or that is never "
            "asked. It trips on a forgotten 1/N too, so that fault is called backward; "
            "the double batch knows more.",
            "ask first what trips on fewer faults.",
        ),
        Mistake(
            "first_loss_before_batch",
            ordered("shapes", "call twice", "huge logits", "first loss"),
            "The first loss is asked before the double batch. A softmax over the batch "
            "moves both, and the weights at the start are not to blame for it.",
            "ask the double batch earlier.",
        ),
        Mistake(
            "in_the_order_of_the_bench",
            ordered(*INSTRUMENTS),
            "The instruments are asked in the order of the bench. There the gradient "
            "check stands before the double batch, and the first loss before both: a "
            "forgotten 1/N is called backward.",
            "ask first what trips on fewer faults.",
        ),
        Mistake(
            "curve_first",
            ordered("training curve"),
            "The training curve is asked first. It suffers from almost every fault, so "
            "almost everything is called data.",
            "what suffers last is asked last.",
        ),
        Mistake(
            "validation_first",
            ordered("validation"),
            "The validation accuracy is asked first. It suffers from almost every "
            "fault, so almost everything is called labels.",
            "what suffers last is asked last.",
        ),
        Mistake(
            "overfit_first",
            ordered("overfit ten"),
            "Overfitting ten is asked first. It fails when the gradient is wrong, too; "
            "the step is to blame only when the gradient is right.",
            "ask the gradient check earlier.",
        ),
        Mistake(
            "overfit_before_gradient",
            ordered(
                "shapes", "call twice", "huge logits", "double batch", "overfit ten"
            ),
            "Overfitting ten is asked before the gradient check. It fails when the "
            "gradient is wrong, too; the step is to blame only when the gradient is "
            "right.",
            "ask the gradient check earlier.",
        ),
        Mistake(
            "curve_before_overfit",
            ordered(*list(FAMILIES)[:6], "training curve", "overfit ten", "validation"),
            "The training curve is asked before overfitting ten. A step of the wrong "
            "sign spoils both; the data are to blame only when ten examples can be "
            "learned.",
            "ask overfitting ten earlier.",
        ),
        Mistake(
            "validation_before_curve",
            ordered(*list(FAMILIES)[:7], "validation"),
            "The validation accuracy is asked before the training curve, or that is "
            "never asked. Shuffled labels spoil both; the labels' names are to blame "
            "only when training went well.",
            "ask the training curve earlier.",
        ),
        *(
            Mistake(
                f"without_{name.replace(' ', '_')}",
                without(name),
                f"The reading of `{name}` is never asked.",
                f'ask readings["{name}"], and think about what has to come before it.',
            )
            for name in FAMILIES
            if name not in ("double batch", "training curve")
        ),
        Mistake(
            "none_for_silent",
            unlike(silent="none"),
            "When nothing tripped, the answer is the word silent: we heard nothing, "
            "which is not the same as health.",
            'end with return "silent".',
        ),
        Mistake(
            "healthy",
            unlike(silent="healthy"),
            "When nothing tripped, you say healthy. Nothing tripped is all we know; "
            "three faults of the thirty do that.",
            'end with return "silent".',
        ),
        Mistake(
            "instrument_names",
            lambda readings: next((n for n in FAMILIES if readings[n]), "silent"),
            "This is the name of the instrument, not of the family it stands for.",
            "take the word from the second column of the table.",
        ),
        Mistake(
            "capitals",
            lambda readings: name_fault(readings).capitalize(),
            "The families are right, and written with small letters.",
            "copy the words from the table.",
        ),
        Mistake(
            "as_the_dict_comes",
            as_the_dict_comes,
            "The first reading that tripped decides, and readings come in any order. "
            "The order has to be yours.",
            "loop over your own order of names, and ask readings[name].",
        ),
        Mistake(
            "always_backward",
            lambda readings: "backward",
            "The answer is backward whatever the readings say.",
            "what if only `shapes` tripped?",
        ),
    ],
    alternatives=[named_with_ifs, named_with_next, named_backwards],
)

# ---- my_instrument


def my_instrument(train_x, use_x, train_h, use_h):
    too_large = max(np.abs(train_x).max(), np.abs(use_x).max()) > 4
    growth = np.abs(use_h).mean() / np.abs(train_h).mean()
    dropped = np.mean(use_h == 0) > 0.1
    return bool(too_large or not 0.7 < growth < 1.4 or dropped)


def recorded(fault, seed, n_steps=60):
    """Return what a trained run's layers saw, in training and in use: four arrays."""
    return dict(
        zip(
            ("train_x", "use_x", "train_h", "use_h"),
            fault_rig.recorded(fault.parts(), seed, n_steps),
            strict=True,
        )
    )


SEEN = {
    "a healthy run": faults.HEALTHY,
    "a healthy run with dropout": faults.SOUND_DROPOUT,
    "a run whose inputs are not scaled": faults.FAULTS["inputs not scaled"],
    "a run whose inputs are scaled only in training": faults.FAULTS[
        "scaled only in training"
    ],
    "a run whose dropout is not scaled": faults.FAULTS["dropout not scaled"],
    "a run whose dropout is left on": faults.FAULTS["dropout left on"],
}


def recorded_cases(rng):
    for note, fault in SEEN.items():
        yield Case(note, **recorded(fault, int(rng.integers(1000))))
    yield Case(
        "a healthy run that has hardly begun",
        **recorded(faults.HEALTHY, int(rng.integers(1000)), 3),
    )


def instrument_of_shares(train_x, use_x, train_h, use_h):
    if train_x.max() > 1 or use_x.max() > 1:
        return True
    if (use_h == 0).any():
        return True
    return not 0.75 < np.sum(np.abs(use_h)) / np.sum(np.abs(train_h)) < 1.33


def instrument_of_spread(train_x, use_x, train_h, use_h):
    inputs_odd = max(train_x.std(), use_x.std()) > 1
    masked = np.count_nonzero(use_h) < use_h.size
    middle = np.abs(use_h).mean(), np.abs(train_h).mean()
    return inputs_odd or masked or max(middle) > 1.5 * min(middle)


def instrument_of_units(train_x, use_x, train_h, use_h):
    by_unit = np.median(
        np.abs(use_h).mean(axis=0) / np.maximum(np.abs(train_h).mean(axis=0), 1e-9)
    )
    pixels = np.concatenate([train_x, use_x]).mean() > 1
    return np.any([pixels, abs(by_unit - 1) > 0.4, np.isclose(use_h, 0).mean() > 0.2])


def hears(*notes):
    """Return an instrument that trips on some of the faults, told by their signs."""

    def wrong(train_x, use_x, train_h, use_h):
        both = train_x.max() > 4
        growth = np.abs(use_h).mean() / np.abs(train_h).mean()
        signs = {
            "both": both,
            "use": use_x.max() > 4 and not both,
            "unscaled": use_x.max() < 4 and growth > 1.4,
            "on": np.mean(use_h == 0) > 0.1,
        }
        return bool(any(signs[note] for note in notes))

    return wrong


def signs_of(name, notes, message, next_step):
    return Mistake(name, hears(*notes), message, next_step)


MY_INSTRUMENT = Exercise(
    "my_instrument(train_x, use_x, train_h, use_h) -> tripped",
    points=3,
    reference=my_instrument,
    cases=recorded_cases,
    mistakes=[
        Mistake(
            "never",
            lambda *seen: False,
            "It never trips. Nor did the other nine.",
            "compare use_x.max() with train_x.max() in the run that is scaled only in "
            "training.",
        ),
        Mistake(
            "always",
            lambda *seen: True,
            "It trips on every run, the healthy ones too. Training and use see other "
            "images, so a little difference is no fault; an alarm that always rings is "
            "switched off.",
            "look at the same number for a healthy run, and put the limit between.",
        ),
        Mistake(
            "inverted",
            lambda *seen: not my_instrument(*seen),
            "The answers are the wrong way round: True says that it tripped.",
            "turn the comparison round.",
        ),
        Mistake(
            "zeros_in_training",
            lambda train_x, use_x, train_h, use_h: (
                my_instrument(train_x, use_x, train_h, use_h)
                or bool(np.mean(train_h == 0) > 0.1)
            ),
            "Healthy dropout sets it off: zeros among the hidden values are as they "
            "should be in training. In use there should be none.",
            "look for zeros in use_h only.",
        ),
        signs_of(
            "inputs_only",
            ("both", "use"),
            "It hears both faults of the inputs, and neither fault of dropout.",
            "look at the hidden values: how large they are on average, and how many "
            "of them are 0 in use.",
        ),
        signs_of(
            "use_inputs_compared",
            ("use",),
            "It hears inputs that differ between training and use, and nothing else. "
            "Inputs that are wrong in both look alike.",
            "pixels should lie between 0 and 1; then look at the hidden values.",
        ),
        signs_of(
            "training_inputs_only",
            ("both",),
            "It hears inputs that are not scaled in training. In use they may be "
            "wrong by themselves, and the hidden values have faults of their own.",
            "look at use_x in the same way; then at train_h and use_h.",
        ),
        signs_of(
            "dropout_only",
            ("unscaled", "on"),
            "It hears both faults of dropout, and neither fault of the inputs.",
            "pixels should lie between 0 and 1, in training and in use.",
        ),
        signs_of(
            "misses_dropout_left_on",
            ("both", "use", "unscaled"),
            "Three of four faults are heard. Where dropout is left on, training and "
            "use are alike, so no comparison of the two can show it.",
            "what share of use_h is exactly 0? After tanh it should be none.",
        ),
        signs_of(
            "misses_dropout_unscaled",
            ("both", "use", "on"),
            "Three of four faults are heard. Where dropout is not scaled, the hidden "
            "values are on average half as large in training as in use.",
            "compare np.abs(train_h).mean() with np.abs(use_h).mean().",
        ),
        signs_of(
            "misses_both_unscaled",
            ("use", "unscaled", "on"),
            "Three of four faults are heard. Where nothing is ever scaled, training "
            "and use are alike, so no comparison of the two can show it.",
            "pixels should lie between 0 and 1: look at the largest one.",
        ),
        signs_of(
            "misses_use_unscaled",
            ("both", "unscaled", "on"),
            "Three of four faults are heard. Inputs that are scaled in training and "
            "not in use are missed.",
            "look at use_x as you look at train_x.",
        ),
        signs_of(
            "left_on_only",
            ("on",),
            "It hears dropout that is left on, one of four faults.",
            "compare the size of train_h and use_h, and look at the largest pixels.",
        ),
        signs_of(
            "unscaled_dropout_only",
            ("unscaled",),
            "It hears dropout that is not scaled, one of four faults.",
            "look for zeros in use_h, and at the largest pixels.",
        ),
    ],
    alternatives=[instrument_of_shares, instrument_of_spread, instrument_of_units],
)

EXERCISES = [
    RELATIVE_ERROR,
    GRADIENT_CHECK,
    INITIAL_LOSS_CHECK,
    OVERFITS_TINY_BATCH,
    IS_PURE,
    DOUBLE_BATCH_CHECK,
    NAME_FAULT,
    MY_INSTRUMENT,
]
