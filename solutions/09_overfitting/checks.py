"""The exercises of lesson 9: rein a network in, and read what its curves say."""

from pathlib import Path

import numpy as np

from course_lib.values import Given
from grader.exercises import Case, Exercise, Mistake

# ---- generalization_gap


def generalization_gap(train_loss, validation_loss):
    return validation_loss - train_loss


def gap_cases(rng):
    yield Case("0.2 and 0.5 nats", train_loss=0.2, validation_loss=0.5)
    low, high = np.sort(rng.uniform(0.1, 2.5, 2)).tolist()
    yield Case("a run that memorized", train_loss=low, validation_loss=high)
    yield Case(
        "a validation loss below the training loss",
        train_loss=high,
        validation_loss=low,
    )
    yield Case(
        "whole curves",
        train_loss=rng.uniform(0.1, 1, 7),
        validation_loss=rng.uniform(0.1, 2, 7),
    )


def gap_with_numpy(train_loss, validation_loss):
    return np.subtract(validation_loss, train_loss)


def gap_from_zero(train_loss, validation_loss):
    gap = 0.0 * train_loss
    gap = gap - train_loss
    return gap + validation_loss


def gap_turned(train_loss, validation_loss):
    return -(train_loss - validation_loss)


GENERALIZATION_GAP = Exercise(
    "generalization_gap(train_loss, validation_loss) -> gap",
    points=1,
    reference=generalization_gap,
    cases=gap_cases,
    mistakes=[
        Mistake(
            "sign",
            lambda train_loss, validation_loss: train_loss - validation_loss,
            "The gap has the opposite sign: it is validation minus training, so it "
            "grows where a network memorizes.",
            "work 0.2 and 0.5 by hand: the gap is +0.3.",
        ),
        Mistake(
            "size_only",
            lambda train_loss, validation_loss: np.abs(validation_loss - train_loss),
            "The sign is lost. A validation loss below the training loss is a negative "
            "gap, and something to wonder about.",
            "leave out the abs.",
        ),
        Mistake(
            "ratio",
            lambda train_loss, validation_loss: validation_loss / train_loss,
            "This is a ratio. A training loss near 0 makes it as large as you like; a "
            "difference stays in nats.",
            "subtract.",
        ),
        Mistake(
            "share",
            lambda train_loss, validation_loss: (
                (validation_loss - train_loss) / train_loss
            ),
            "The difference is divided by the training loss, which goes to 0 in a "
            "network that memorizes. The gap is in nats.",
            "leave out the division.",
        ),
        Mistake(
            "never_negative",
            lambda train_loss, validation_loss: np.maximum(
                validation_loss - train_loss, 0.0
            ),
            "A negative gap became 0. It is information, too.",
            "return the difference as it is.",
        ),
        Mistake(
            "validation_alone",
            lambda train_loss, validation_loss: validation_loss,
            "This is the validation loss. The gap is how much larger it is than the "
            "training loss.",
            "subtract the training loss.",
        ),
    ],
    alternatives=[gap_with_numpy, gap_from_zero, gap_turned],
)

# ---- early_stopping


def early_stopping(validation_losses, patience):
    best_step = 0
    for step, loss in enumerate(validation_losses):
        if loss < validation_losses[best_step]:
            best_step = step
        if step - best_step >= patience:
            break
    return best_step


def curve(rng, n, low_at):
    """Return a bumpy curve without ties that is lowest near a step."""
    steps = np.arange(n)
    bumps = rng.permutation(n) / n * 0.3
    return 0.5 + 0.03 * np.abs(steps - low_at) + bumps


def stopping_cases(rng):
    short = [1.0, 0.7, 0.5, 0.6, 0.55, 0.4]
    yield Case(
        "a curve that gets better too late",
        validation_losses=np.array(short),
        patience=2,
    )
    yield Case(
        "the same curve and one more patience",
        validation_losses=np.array(short),
        patience=3,
    )
    yield Case(
        "a patience of one",
        validation_losses=np.array([0.9, 0.5, 0.6, 0.3]),
        patience=1,
    )
    yield Case(
        "a loss that goes down and up and never below its best",
        validation_losses=np.array([0.9, 0.5, 0.8, 0.7, 0.65, 0.6, 0.58, 0.3]),
        patience=3,
    )
    yield Case(
        "bumps with a new best between them",
        validation_losses=np.array(
            [0.9, 0.8, 0.85, 0.7, 0.75, 0.6, 0.65, 0.5, 0.9, 0.95, 0.97, 0.4]
        ),
        patience=3,
    )
    yield Case(
        "a curve that falls to its end",
        validation_losses=np.sort(rng.uniform(0.2, 2, 11))[::-1].copy(),
        patience=2,
    )
    yield Case(
        "a curve that rises from its start",
        validation_losses=np.sort(rng.uniform(0.2, 2, 11)),
        patience=4,
    )
    yield Case(
        "a curve that ends before patience does",
        validation_losses=np.array([0.9, 0.5, 0.6, 0.55]),
        patience=5,
    )
    yield Case("one measurement", validation_losses=rng.uniform(0.5, 1, 1), patience=1)
    for patience in (1, 3, 5):
        yield Case(
            f"a bumpy curve and a patience of {patience}",
            validation_losses=curve(rng, 29, int(rng.integers(8, 20))),
            patience=patience,
        )


def stopping_with_a_counter(validation_losses, patience):
    best_loss, best_step, waited = float("inf"), 0, 0
    for step in range(len(validation_losses)):
        if validation_losses[step] < best_loss:
            best_loss, best_step, waited = validation_losses[step], step, 0
        else:
            waited += 1
            if waited == patience:
                return best_step
    return best_step


def stopping_with_while(validation_losses, patience):
    best = 0
    while True:
        ahead = validation_losses[best + 1 : best + 1 + patience]
        better = [k for k, loss in enumerate(ahead) if loss < validation_losses[best]]
        if not better:
            return best
        best += 1 + better[0]


def stopping_with_running_minimum(validation_losses, patience):
    lowest = np.minimum.accumulate(validation_losses)
    first = np.array([np.argmax(lowest == value) for value in lowest])
    waited = np.arange(len(first)) - first
    stops = np.flatnonzero(waited >= patience)
    return first[stops[0]] if len(stops) else first[-1]


def stopping(better=None, longer=0, answer=lambda best, step, losses: best):
    """Return an `early_stopping` with other pieces in it."""

    def wrong(validation_losses, patience):
        best = 0
        for step, loss in enumerate(validation_losses):  # noqa: B007
            if (
                loss < validation_losses[best]
                if better is None
                else better(validation_losses, step, best)
            ):
                best = step
            if step - best >= patience + longer:
                break
        return answer(best, step, validation_losses)

    return wrong


def counting_all(validation_losses, patience):
    best, waited = 0, 0
    for step in range(1, len(validation_losses)):
        if validation_losses[step] < validation_losses[best]:
            best = step
        else:
            waited += 1
        if waited >= patience:
            break
    return best


def against_the_one_before(validation_losses, patience):
    best, waited = 0, 0
    for step in range(1, len(validation_losses)):
        if validation_losses[step] < validation_losses[step - 1]:
            best, waited = step, 0
        else:
            waited += 1
        if waited >= patience:
            break
    return best


def waiting_for_rises(validation_losses, patience):
    best, waited = 0, 0
    for step in range(1, len(validation_losses)):
        if validation_losses[step] < validation_losses[best]:
            best = step
        rises = validation_losses[step] > validation_losses[step - 1]
        waited = waited + 1 if rises else 0
        if waited >= patience:
            break
    return best


LOOKS_AHEAD = (
    "compare by hand: losses 1.0, 0.7, 0.5, 0.6, 0.55, 0.4 and a patience of 2 "
    "stop at step 4, so 0.4 is never seen."
)

EARLY_STOPPING = Exercise(
    "early_stopping(validation_losses, patience) -> best_step",
    points=2,
    reference=early_stopping,
    cases=stopping_cases,
    mistakes=[
        Mistake(
            "looks_ahead",
            lambda validation_losses, patience: int(np.argmin(validation_losses)),
            "This is the lowest point of the whole curve. Who stops early never "
            "measures what comes after the stop.",
            LOOKS_AHEAD,
        ),
        Mistake(
            "returns_last",
            stopping(answer=lambda best, step, losses: step),
            "This is the step at which training stops. The parameters worth keeping "
            "are those of the lowest validation loss, some measurements earlier.",
            "remember best_step in a variable of its own, and return that.",
        ),
        Mistake(
            "last_of_all",
            lambda validation_losses, patience: len(validation_losses) - 1,
            "This is the last step of the curve, so nothing was stopped.",
            LOOKS_AHEAD,
        ),
        Mistake(
            "one_too_patient",
            stopping(longer=1),
            "It waits one measurement too long: with a patience of 2 it stops at the "
            "second measurement without a new best, not at the third.",
            "ask `step - best_step >= patience` after each measurement.",
        ),
        Mistake(
            "one_too_hasty",
            stopping(longer=-1),
            "It stops one measurement too early: with a patience of 2 one measurement "
            "without a new best is forgiven.",
            "ask `step - best_step >= patience` after each measurement.",
        ),
        Mistake(
            "one_too_hasty_but_for_one",
            lambda losses, patience: stopping()(losses, max(1, patience - 1)),
            "It stops one measurement too early: with a patience of 2 one measurement "
            "without a new best is forgiven.",
            "set the count of waiting measurements back to 0, not to 1.",
        ),
        Mistake(
            "against_previous",
            against_the_one_before,
            "Each loss is compared with the one before it. A curve that goes up and "
            "comes halfway back counts as better than its best.",
            "compare with the lowest loss so far.",
        ),
        Mistake(
            "rises_in_a_row",
            waiting_for_rises,
            "It waits for losses that rise in a row. On a bumpy curve they hardly ever "
            "do, though nothing gets better.",
            "count the measurements since the last new best.",
        ),
        Mistake(
            "never_forgets",
            counting_all,
            "The measurements without a new best are counted over the whole run. A new "
            "best sets the count back to 0.",
            "count the measurements since the last new best.",
        ),
        Mistake(
            "largest",
            stopping(lambda losses, step, best: losses[step] > losses[best]),
            "It looks for the largest loss. A loss is better when it is smaller.",
            "turn the comparison round.",
        ),
        Mistake(
            "returns_loss",
            stopping(answer=lambda best, step, losses: float(losses[best])),
            "This is the lowest loss itself. Asked for is its step, counted from 0, to "
            "find the parameters again.",
            "return the step.",
        ),
        Mistake(
            "counts_from_one",
            stopping(answer=lambda best, step, losses: best + 1),
            "Steps are counted from 1. The first measurement is step 0.",
            "use the step as enumerate gives it.",
        ),
        Mistake(
            "nothing_without_a_stop",
            lambda validation_losses, patience: (
                early_stopping(validation_losses, patience)
                if early_stopping(validation_losses, patience) + patience
                < len(validation_losses)
                else len(validation_losses) - 1
            ),
            "A curve that ends before patience runs out gives its last step. Its best "
            "is still the best.",
            "return best_step after the loop as well.",
        ),
    ],
    alternatives=[
        stopping_with_a_counter,
        stopping_with_while,
        stopping_with_running_minimum,
    ],
)

# ---- l2_penalty


def l2_penalty(weights, strength):
    loss, grads = 0.0, {}
    for name, w in weights.items():
        is_matrix = w.ndim == 2
        loss += strength / 2 * np.sum(w**2) * is_matrix
        grads[name] = strength * w * is_matrix
    return loss, grads


def penalty_cases(rng):
    yield Case(
        "one weight of 3 and a bias of 5",
        weights={"W": np.array([[3.0]]), "b": np.array([5.0])},
        strength=0.1,
    )
    for strength in (0.1, 0.03, 1.7):
        yield Case(
            f"two layers and a strength of {strength:g}",
            weights={
                "W1": rng.normal(size=(5, 3)),
                "b1": rng.normal(size=3),
                "W2": rng.normal(size=(3, 7)),
                "b2": rng.normal(size=7),
            },
            strength=strength,
        )
    yield Case(
        "a strength of 0",
        weights={"W": rng.normal(size=(2, 3)), "b": rng.normal(size=3)},
        strength=0.0,
    )


def penalty_by_name(weights, strength):
    matrices = [name for name in weights if name.startswith("W")]
    loss = sum(
        0.5 * strength * (weights[name] * weights[name]).sum() for name in matrices
    )
    grads = {name: np.zeros(w.shape) for name, w in weights.items()}
    for name in matrices:
        grads[name] = strength * weights[name]
    return loss, grads


def penalty_with_norms(weights, strength):
    loss = sum(
        strength * np.linalg.norm(w) ** 2 / 2 for w in weights.values() if w.ndim > 1
    )
    return loss, {
        name: strength * w if w.ndim > 1 else np.zeros_like(w)
        for name, w in weights.items()
    }


def penalty_with_loops(weights, strength):
    total, grads = 0.0, {}
    for name in weights:
        grads[name] = weights[name] * 0
        if "W" in name:
            for index in np.ndindex(weights[name].shape):
                total += float(weights[name][index]) ** 2
                grads[name][index] = strength * weights[name][index]
    return total * strength / 2, grads


def penalty(loss=None, grad=None, biases=None):
    """Return an `l2_penalty` with other formulas; each takes (w, strength)."""
    loss = loss or (lambda w, s: s / 2 * np.sum(w**2))
    grad = grad or (lambda w, s: s * w)

    def wrong(weights, strength):
        total, grads = 0.0, {}
        for name, w in weights.items():
            free = w.ndim < 2
            if not free or biases in ("both", "loss"):
                total += loss(w, strength)
            shrinks = not free or biases in ("both", "grads")
            grads[name] = grad(w, strength) if shrinks else 0 * w
        return total, grads

    return wrong


def without_bias_entries(weights, strength):
    loss, grads = l2_penalty(weights, strength)
    return loss, {name: g for name, g in grads.items() if g.ndim == 2}


def with_bias_numbers(weights, strength):
    loss, grads = l2_penalty(weights, strength)
    return loss, {name: g if g.ndim == 2 else 0.0 for name, g in grads.items()}


def last_layer_only(weights, strength):
    loss, grads = l2_penalty(weights, strength)
    for w in weights.values():
        if w.ndim == 2:
            loss = strength / 2 * np.sum(w**2)
    return loss, grads


WIGGLE = (
    "wiggle one weight by 0.01: the loss moves by strength times the weight times 0.01."
)

L2_PENALTY = Exercise(
    "l2_penalty(weights, strength) -> loss, grads",
    points=2,
    reference=l2_penalty,
    cases=penalty_cases,
    mistakes=[
        Mistake(
            "other_convention",
            penalty(lambda w, s: s * np.sum(w**2), lambda w, s: 2 * s * w),
            "Loss and gradient fit each other, and both are twice as large: this is "
            "the penalty without the half. Both conventions are about; here it is "
            "strength / 2.",
            "halve both; or, elsewhere, look up which one a library means.",
        ),
        Mistake(
            "no_half",
            penalty(loss=lambda w, s: s * np.sum(w**2)),
            "The half is missing in the loss, and the gradient has it: they no longer "
            "belong together, and a gradient check would say so.",
            WIGGLE,
        ),
        Mistake(
            "twice",
            penalty(grad=lambda w, s: 2 * s * w),
            "The gradient is 2 strength W, and the half of the loss is forgotten. The "
            "2 of the square and the half cancel.",
            WIGGLE,
        ),
        Mistake(
            "half_gradient",
            penalty(grad=lambda w, s: s * w / 2),
            "The gradient is strength W / 2. The slope of W squared is 2 W, and that 2 "
            "cancels the half.",
            WIGGLE,
        ),
        Mistake(
            "biases_too",
            penalty(biases="both"),
            "Biases are penalized too. A bias moves a threshold and bends nothing: it "
            "needs no rein, and pulled to 0 it only does its work badly.",
            "leave out the names whose array has one axis; their gradient is 0.",
        ),
        Mistake(
            "biases_in_loss",
            penalty(biases="loss"),
            "The loss counts biases, the gradient leaves them alone: they no longer "
            "belong together.",
            "leave biases out of the sum.",
        ),
        Mistake(
            "biases_in_gradient",
            penalty(biases="grads"),
            "The gradient pulls at biases, which the loss leaves out: they no longer "
            "belong together.",
            "give biases a gradient of zeros.",
        ),
        Mistake(
            "loss_only",
            penalty(grad=lambda w, s: 0 * w),
            "The gradient is 0, so training never hears of the penalty: the loss is "
            "larger, and the weights are what they were.",
            WIGGLE,
        ),
        Mistake(
            "gradient_only",
            penalty(loss=lambda w, s: 0.0),
            "The penalty is in the gradient and not in the loss: weights shrink, and "
            "the loss you watch is not the one you minimize.",
            "work one weight of 3 by hand: 0.1 / 2 times 9 is 0.45.",
        ),
        Mistake(
            "mean",
            penalty(lambda w, s: s / 2 * np.mean(w**2), lambda w, s: s * w / w.size),
            "These are means over the entries. The penalty is a sum: each weight is "
            "pulled by its own size, however many others there are.",
            "use a sum, and do not divide the gradient.",
        ),
        Mistake(
            "mean_in_loss",
            penalty(lambda w, s: s / 2 * np.mean(w**2)),
            "The loss is a mean over the entries, and its gradient that of a sum.",
            "use a sum.",
        ),
        Mistake(
            "length",
            penalty(lambda w, s: s / 2 * np.linalg.norm(w)),
            "The loss uses the length of W, which is the root of the sum. The penalty "
            "is the sum of squares itself.",
            "leave out the root.",
        ),
        Mistake(
            "absolute",
            penalty(lambda w, s: s * np.sum(np.abs(w)), lambda w, s: s * np.sign(w)),
            "This is L1, the sum of absolute weights: it pulls at all of them equally "
            "hard and makes many exactly 0. L2 squares.",
            "square the weights.",
        ),
        Mistake(
            "not_squared",
            penalty(lambda w, s: s / 2 * np.sum(w)),
            "The weights are not squared: a large negative one earns a reward.",
            "square each entry before the sum.",
        ),
        Mistake(
            "sign",
            penalty(grad=lambda w, s: -s * w),
            "The gradient has the opposite sign: a step against it makes the weights "
            "grow.",
            WIGGLE,
        ),
        Mistake(
            "strength_squared",
            penalty(lambda w, s: np.sum((s * w) ** 2) / 2, lambda w, s: s**2 * w),
            "The strength is squared along with the weights.",
            "square W alone, then multiply by the strength.",
        ),
        Mistake(
            "no_strength",
            penalty(grad=lambda w, s: w + 0),
            "The strength is missing in the gradient.",
            WIGGLE,
        ),
        Mistake(
            "last_layer",
            last_layer_only,
            "The loss is that of the last matrix alone: each layer overwrote the one "
            "before it.",
            "add with +=, starting from 0.",
        ),
        Mistake(
            "no_bias_entries",
            without_bias_entries,
            "grads has no entry for the biases. Whoever adds it to other gradients "
            "looks for every name.",
            "give biases an array of zeros.",
        ),
        Mistake(
            "bias_numbers",
            with_bias_numbers,
            "The gradient of a bias is one number. It has the shape of its array, also "
            "when it is all 0.",
            "use np.zeros(w.shape), or 0 * w.",
        ),
    ],
    alternatives=[penalty_by_name, penalty_with_norms, penalty_with_loops],
)

# ---- dropout


def dropout_forward(x, p_drop, rng, training):
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape) >= p_drop) / (1 - p_drop)
    return x * mask, mask


def dropout_backward(dy, cache):
    return dy * cache


PAIR = {"dropout_forward": dropout_forward, "dropout_backward": dropout_backward}


def without_zeros(rng, shape):
    return rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape)


def mask_cases(rng):
    for p_drop in (0.2, 0.5, 0.7):
        yield Case(
            f"training, p_drop = {p_drop}",
            x=without_zeros(rng, (61, 53)),
            p_drop=p_drop,
            rng=Given("generator", {"seed": int(rng.integers(1000))}),
            training=True,
        )
    yield Case(
        "training with p_drop = 0",
        x=without_zeros(rng, (7, 5)),
        p_drop=0.0,
        rng=Given("generator", {"seed": int(rng.integers(1000))}),
        training=True,
    )
    yield Case(
        "use, where rng is None",
        x=without_zeros(rng, (61, 53)),
        p_drop=0.4,
        rng=None,
        training=False,
    )


def blame_cases(rng):
    for case in mask_cases(rng):
        shape = case.inputs["x"].shape
        inputs = {"dy": without_zeros(rng, shape), "between": without_zeros(rng, shape)}
        yield Case(case.note, **case.inputs, **inputs)


def drawn_as_less(x, p_drop, rng, training):
    if training:
        mask = rng.random(x.shape) < 1 - p_drop
        return x * mask / (1 - p_drop), (mask, p_drop)
    return x.copy(), (np.ones(x.shape), 0.0)


def drawn_as_coins(x, p_drop, rng, training):
    scale = np.ones(x.shape)
    if training:
        scale = rng.binomial(1, 1 - p_drop, size=x.shape) / (1 - p_drop)
    return x * scale, scale


def drawn_by_choice(x, p_drop, rng, training):
    keep = 1 - p_drop
    if not training:
        return x, None
    mask = rng.choice([0.0, 1 / keep], size=x.shape, p=[p_drop, keep])
    return mask * x, mask


def drawn_one_by_one(x, p_drop, rng, training):
    y = x.copy()
    if training:
        for index in np.ndindex(x.shape):
            y[index] = 0.0 if rng.uniform() < p_drop else x[index] / (1 - p_drop)
    return y, y / x


def drawn_with_where(x, p_drop, rng, training):
    dropped = rng.uniform(size=x.shape) < p_drop if training else x != x
    p = p_drop if training else 0.0
    return np.where(dropped, 0.0, x / (1 - p)), (dropped, p)


def dropout(draw=None, scale=None, use=None):
    """Return a `dropout_forward` with another mask, factor or way of use."""
    draw = draw or (lambda x, p, rng: rng.random(x.shape) >= p)
    scale = scale or (lambda p: 1 / (1 - p))
    use = use or (lambda x, p, rng: (x, 1.0))

    def wrong(x, p_drop, rng, training):
        if not training:
            return use(x, p_drop, rng)
        mask = draw(x, p_drop, rng) * scale(p_drop)
        return x * mask, mask * np.ones(x.shape)

    return wrong


def flipped(x, p, rng):
    return rng.random(x.shape) < p


def over_p(p):
    return 1 / p if p else np.inf


def always_on(x, p_drop, rng, training):
    rng = rng or np.random.default_rng(0)
    return dropout_forward(x, p_drop, rng, True)


def drawn_before_asking(x, p_drop, rng, training):
    mask = (rng.random(x.shape) >= p_drop) / (1 - p_drop)
    return (x * mask, mask) if training else (x, np.ones(x.shape))


DROPOUT_FORWARD = Exercise(
    "use_dropout(dropout_forward, x, p_drop, rng, training) -> seen",
    name="dropout_forward",
    points=3,
    reference=dropout_forward,
    cases=mask_cases,
    mistakes=[
        Mistake(
            "draws_in_use",
            drawn_before_asking,
            "In use rng is None, and a mask is drawn all the same. In use nothing is "
            "left to chance.",
            "ask for `training` first, and return x before anything is drawn.",
        ),
        Mistake(
            "active_in_use",
            always_on,
            "In use entries are dropped too: the same input gives another answer each "
            "time. Dropout is an exercise for training only.",
            "look at `training`: where it is False, y is x.",
        ),
        Mistake(
            "classic",
            dropout(scale=lambda p: 1.0, use=lambda x, p, rng: (x * (1 - p), 1 - p)),
            "Nothing is scaled up in training, and in use x shrinks by 1 - p_drop. The "
            "first dropout did so, and the means fit; here use is to stay untouched.",
            "divide by 1 - p_drop in training, and return x in use.",
        ),
        Mistake(
            "no_scaling",
            dropout(scale=lambda p: 1.0),
            "What is kept is not scaled up. In use nothing is dropped, so the next "
            "layer then gets more than it ever got in training.",
            "divide what is kept by 1 - p_drop: the mean of y is then that of x.",
        ),
        Mistake(
            "keep_and_drop",
            dropout(flipped),
            "Kept and dropped are exchanged: p_drop is the share that is *dropped*. "
            "With 0.5 this goes unnoticed.",
            "count the zeros for p_drop = 0.2.",
        ),
        Mistake(
            "p_keeps",
            dropout(flipped, lambda p: 1 / max(p, 1e-300)),
            "p_drop is used as the probability to keep, in the mask and in the factor. "
            "With 0.5 this goes unnoticed.",
            "count the zeros for p_drop = 0.2.",
        ),
        Mistake(
            "p_keeps_unguarded",
            dropout(flipped, over_p),
            "p_drop is used as the probability to keep, in the mask and in the factor. "
            "With 0.5 this goes unnoticed; with 0 it is 0 / 0.",
            "count the zeros for p_drop = 0.2.",
        ),
        Mistake(
            "scaled_by_p_unguarded",
            dropout(scale=over_p),
            "What is kept is divided by p_drop. Kept is a share of 1 - p_drop, which "
            "has to be made up for.",
            "take p_drop = 0.2: four fifths are kept, so each counts 5/4.",
        ),
        Mistake(
            "scaled_by_p",
            dropout(scale=lambda p: 1 / max(p, 1e-300)),
            "What is kept is divided by p_drop. Kept is a share of 1 - p_drop, which "
            "has to be made up for.",
            "take p_drop = 0.2: four fifths are kept, so each counts 5/4.",
        ),
        Mistake(
            "scaled_down",
            dropout(scale=lambda p: 1 - p),
            "What is kept is multiplied by 1 - p_drop. It has to make up for what is "
            "missing, so it grows.",
            "divide by 1 - p_drop.",
        ),
        Mistake(
            "one_mask_a_batch",
            dropout(lambda x, p, rng: rng.random(x.shape[1]) >= p),
            "All examples share one mask: whole columns are 0. Each entry of each "
            "example has a draw of its own.",
            "draw an array of x.shape.",
        ),
        Mistake(
            "one_draw_an_example",
            dropout(lambda x, p, rng: rng.random((len(x), 1)) >= p),
            "Whole examples are dropped: each row is all 0 or all kept. Each entry has "
            "a draw of its own.",
            "draw an array of x.shape.",
        ),
        Mistake(
            "own_seed",
            dropout(
                lambda x, p, rng: np.random.default_rng(0).random(x.shape) >= p,
            ),
            "Every call gives the same mask: a generator is made anew inside. The same "
            "units would be off for ever.",
            "draw with the rng that comes in.",
        ),
        Mistake(
            "own_chance",
            dropout(lambda x, p, rng: np.random.default_rng().random(x.shape) >= p),
            "The mask is not drawn from rng: the same state of rng gives another one, "
            "so no run can be repeated.",
            "draw with the rng that comes in.",
        ),
        Mistake(
            "scaled_in_use",
            dropout(use=lambda x, p, rng: (x / (1 - p), 1 / (1 - p))),
            "x is scaled up in use, too, where nothing is missing.",
            "return x itself where `training` is False.",
        ),
        Mistake(
            "shrunk_in_use",
            dropout(use=lambda x, p, rng: (x * (1 - p), 1 - p)),
            "Training scales up, and use shrinks: the same share is made up for twice.",
            "return x itself where `training` is False.",
        ),
        Mistake(
            "normal_draw",
            dropout(lambda x, p, rng: rng.normal(size=x.shape) >= p),
            "The mask comes from a normal distribution, whose share above p_drop is "
            "not 1 - p_drop.",
            "use rng.random: its numbers are spread evenly from 0 to 1.",
        ),
        Mistake(
            "nothing_dropped",
            lambda x, p_drop, rng, training: (x, 1.0),
            "Nothing is dropped in training.",
            "draw a mask of x.shape from rng where `training` is True.",
        ),
        Mistake(
            "swapped_modes",
            lambda x, p_drop, rng, training: dropout_forward(
                x, p_drop, rng or np.random.default_rng(0), not training
            ),
            "The two modes are exchanged: entries are dropped in use and kept in "
            "training.",
            "look at `if training` and `if not training`.",
        ),
    ],
    alternatives=[
        drawn_as_less,
        drawn_as_coins,
        drawn_by_choice,
        drawn_one_by_one,
        drawn_with_where,
    ],
)


def pair_of(forward, backward):
    return {"dropout_forward": forward, "dropout_backward": backward}


def with_a_new_mask(dy, cache):
    rng = np.random.default_rng(8)
    share = np.mean(cache == 0)
    return dy * (rng.random(dy.shape) >= share) / (1 - share)


def divided_by_the_mask(dy, cache):
    with np.errstate(divide="ignore"):
        return dy / np.asarray(cache)


class Remembering:
    """A pair that keeps the last mask outside the cache."""

    def __init__(self):
        self.mask = 1.0

    def forward(self, x, p_drop, rng, training):
        y, self.mask = dropout_forward(x, p_drop, rng, training)
        return y, x.shape

    def backward(self, dy, cache):
        return dy * self.mask


remembering = Remembering()
unscaled = dropout(scale=lambda p: 1.0)

DROPOUT_BACKWARD = Exercise(
    "use_dropout_pair(dropout_forward, dropout_backward, x, between, dy, p_drop, rng, "
    "training) -> seen",
    name="dropout_backward",
    points=2,
    reference=PAIR,
    cases=blame_cases,
    mistakes=[
        Mistake(
            "ignores_mask",
            lambda dy, cache: dy + 0,
            "Blame passes where x was dropped. An entry that was set to 0 had no say "
            "in the loss, and gets none.",
            "multiply dy by what x was multiplied by; it is in the cache.",
        ),
        Mistake(
            "new_mask",
            with_a_new_mask,
            "Backward draws a mask of its own: blame goes to entries that were off, "
            "and misses some that were kept.",
            "use the mask of the forward pass; it is in the cache.",
        ),
        Mistake(
            "not_in_the_cache",
            pair_of(remembering.forward, remembering.backward),
            "Another forward pass in between changes it: the mask is not in the "
            "cache, and the last one drawn wins.",
            "return the mask as the cache, and read it from there.",
        ),
        Mistake(
            "no_factor",
            lambda dy, cache: dy * (np.asarray(cache) > 0),
            "The right entries pass, without the factor. Forward multiplied by "
            "1 / (1 - p_drop), so y moves that much more for each unit of x.",
            "multiply by the mask with its factor, as forward did.",
        ),
        Mistake(
            "factor_alone",
            lambda dy, cache: dy * np.max(cache),
            "The factor is there, and the mask is not: dropped entries get blame.",
            "multiply by the mask as well.",
        ),
        Mistake(
            "divided",
            lambda dy, cache: np.where(
                np.asarray(cache) > 0, dy / np.maximum(cache, 1e-9), 0.0
            ),
            "dy is divided by the factor. The local derivative of x times 5/4 is 5/4, "
            "on the way back as well.",
            "multiply, as forward did.",
        ),
        Mistake(
            "divided_by_the_mask",
            divided_by_the_mask,
            "dy is divided by the mask: where an entry was dropped that is a division "
            "by 0. Forward multiplied, so its slope multiplies too.",
            "dy * mask.",
        ),
        Mistake(
            "factor_twice",
            lambda dy, cache: dy * np.asarray(cache) ** 2,
            "The factor is there twice: once from the cache, once again.",
            "multiply by what x was multiplied by, once.",
        ),
        Mistake(
            "flipped",
            lambda dy, cache: dy * (np.asarray(cache) == 0) * max(1.0, np.max(cache)),
            "Blame goes to the entries that were dropped, and to no others.",
            "multiply by the mask of what was kept.",
        ),
        Mistake(
            "nothing_in_use",
            lambda dy, cache: dy * (0.0 if np.ndim(cache) == 0 else cache),
            "In use, where y is x, dx is dy. Here it is 0.",
            "what was x multiplied by in use? Put that in the cache.",
        ),
        Mistake(
            "forward_not_scaled",
            pair_of(unscaled, dropout_backward),
            "The two fit each other, and neither has the factor 1 / (1 - p_drop).",
            "check(dropout_forward) first.",
        ),
    ],
    alternatives=[
        pair_of(
            drawn_as_less,
            lambda dy, cache: np.where(cache[0], dy / (1 - cache[1]), 0.0),
        ),
        pair_of(drawn_as_coins, lambda dy, cache: np.multiply(cache, dy)),
        pair_of(
            drawn_by_choice,
            lambda dy, cache: (
                dy.copy() if cache is None else np.where(cache, dy * cache, 0)
            ),
        ),
        pair_of(
            drawn_with_where,
            lambda dy, cache: dy * ~cache[0] / (1 - cache[1]),
        ),
    ],
)

# ---- diagnose_curves

HERE = Path(__file__).parent
NOTES = {
    "healthy": ("healthy", "keep it", "a healthy run"),
    "healthy with dropout": ("healthy", "keep it", "a healthy run with dropout"),
    "noisy labels": ("overfitting", "more data", "300 digits learned by heart"),
    "few and noisy": ("overfitting", "more data", "200 digits learned by heart"),
    "bouncing": ("rate too high", "lower the rate", "a run that bounces"),
    "exploding": ("rate too high", "lower the rate", "a run that explodes"),
    "crawling": ("rate too low", "raise the rate", "a run that crawls"),
    "slow": ("rate too low", "raise the rate", "a run that is slow"),
    "two units": ("too stiff", "wider network", "two hidden units"),
    "strong penalty": ("too stiff", "wider network", "a penalty that is too strong"),
    "shuffled labels": ("bad labels", "read the labels", "shuffled training labels"),
    "shifted labels": ("bad labels", "read the labels", "shifted validation labels"),
}
CURES = {cause: action for cause, action, _ in NOTES.values()}


def kept_runs():
    """Return the kept curves of each kind: a list of dicts, one a seed."""
    with np.load(HERE / "curves.npz", allow_pickle=False) as kept:
        names = [name for name in kept.files if name not in ("kinds", "seeds")]
        arrays = {name: kept[name].astype(float) for name in names}
        kinds, seeds = kept["kinds"].tolist(), kept["seeds"].tolist()
    return {
        kind: [{name: arrays[name][i, k] for name in names} for k in range(len(seeds))]
        for i, kind in enumerate(kinds)
    }


RUNS = kept_runs()


def run_cases(rng):
    for kind, (_, _, note) in NOTES.items():
        run = RUNS[kind][rng.integers(len(RUNS[kind]))]
        yield Case(note, **{name: curve.copy() for name, curve in run.items()})


def rules(*asked):
    """Return rules that give the first cause whose question is answered with yes."""

    def diagnose_curves(
        train_losses, validation_losses, train_accuracies, validation_accuracies
    ):
        t, v = train_losses, validation_losses
        for cause, question in asked:
            if question(t, v, train_accuracies, validation_accuracies):
                return cause, CURES[cause]
        return "healthy", CURES["healthy"]

    return diagnose_curves


LABELS = ("bad labels", lambda t, v, ta, va: ta[-1] > 0.7 and va[-1] < 0.3)
TOO_HIGH = ("rate too high", lambda t, v, ta, va: t.max() > 2 * t[0])
BY_HEART = ("overfitting", lambda t, v, ta, va: v[-1] - v.min() > 0.1)
TOO_LOW = ("rate too low", lambda t, v, ta, va: t[-11] - t[-1] > 0.1)
TOO_STIFF = ("too stiff", lambda t, v, ta, va: t[-1] > 0.5)
diagnose_curves = rules(LABELS, TOO_HIGH, BY_HEART, TOO_LOW, TOO_STIFF)


def rules_from_accuracies(
    train_losses, validation_losses, train_accuracies, validation_accuracies
):
    right, unseen = train_accuracies[-1], validation_accuracies[-1]
    if unseen < 0.25 and right > 0.6:
        return "bad labels", "read the labels"
    if np.any(np.diff(train_losses) > 0.8):
        return "rate too high", "lower the rate"
    if right > 0.95:
        turned = validation_losses[-1] > 1.25 * min(validation_losses) + 0.02
        late = right - unseen > 0.12
        return ("overfitting", "dropout") if turned and late else ("healthy", "keep it")
    slope = np.polyfit(range(12), train_losses[-12:], 1)[0]
    return (
        ("rate too low", "train longer") if slope < -0.008 else ("too stiff", "less L2")
    )


def rules_from_slopes(
    train_losses, validation_losses, train_accuracies, validation_accuracies
):
    ups = np.clip(np.diff(train_losses), 0, None).sum()
    gap = validation_losses[-1] - train_losses[-1]
    fall = train_losses[len(train_losses) * 3 // 4] - train_losses[-1]
    if not np.isfinite(train_losses).all() or ups > 5:
        return "Rate too high", "lower the rate"
    if gap > 0.4:
        share = validation_accuracies.max()
        return (
            ("bad labels", "read the labels") if share < 0.3 else ("overfitting", "L2")
        )
    if gap > -1 and fall > 0.08 and train_losses[-1] > 0.4:
        return "rate too low", "raise the rate"
    return (
        ("too stiff", "wider network")
        if train_losses[-1] > 0.6
        else (
            "healthy",
            "keep it",
        )
    )


def rules_as_a_score(
    train_losses, validation_losses, train_accuracies, validation_accuracies
):
    t, v = np.array(train_losses), np.array(validation_losses)
    wild = t.max() / t[0] > 1.5
    if wild:
        return ["rate too high", "lower the rate"]
    learned = train_accuracies[-1] > 0.9
    knows = validation_accuracies.max() > 0.5
    if learned and not knows:
        return ["bad labels", "read the labels"]
    if learned:
        rose = v[-5:].mean() - v.min()
        return (
            ["overfitting", "stop earlier"] if rose > 0.08 else ["healthy", "keep it"]
        )
    moving = (t[20] - t[-1]) / (t[0] - t[-1])
    return (
        ["rate too low", "train longer"] if moving > 0.2 else ["too stiff", "less L2"]
    )


def other_action(cause, action):
    """Return the right causes, with one cause's action exchanged."""

    def wrong(*curves):
        found, right = diagnose_curves(*curves)
        return found, action if found == cause else right

    return wrong


GAP = ("overfitting", lambda t, v, ta, va: v[-1] - t[-1] > 0.04)
ORDER = "ask which question comes first: one that only one illness answers with yes."

DIAGNOSE_CURVES = Exercise(
    "hear_diagnosis(diagnose_curves, train_losses, validation_losses, "
    "train_accuracies, validation_accuracies) -> cause, action",
    name="diagnose_curves",
    points=4,
    reference=diagnose_curves,
    cases=run_cases,
    mistakes=[
        Mistake(
            "gap_is_illness",
            rules(LABELS, TOO_HIGH, TOO_LOW, GAP, TOO_STIFF),
            "Healthy runs are called overfitting: every network knows its own examples "
            "a little better. A gap is no illness; a validation loss that turned is.",
            "compare the last validation loss with the lowest one.",
        ),
        Mistake(
            "labels_after_overfitting",
            rules(TOO_HIGH, BY_HEART, LABELS, TOO_LOW, TOO_STIFF),
            "Bad labels are called overfitting. Their validation loss rises too; what "
            "gives them away is an accuracy on unseen examples no better than chance.",
            ORDER,
        ),
        Mistake(
            "no_labels",
            rules(TOO_HIGH, TOO_LOW, BY_HEART, TOO_STIFF),
            "Bad labels are called something else. What gives them away is an accuracy "
            "on unseen examples no better than chance, while training goes well. "
            "Accuracies are fractions from 0 to 1.",
            "look at validation_accuracies: they end below 0.3.",
        ),
        Mistake(
            "high_is_overfitting",
            rules(LABELS, BY_HEART, TOO_HIGH, TOO_LOW, TOO_STIFF),
            "A rate that is too high is called overfitting. Its validation loss rises "
            "too, and so does its training loss; who memorizes has a falling one.",
            ORDER,
        ),
        Mistake(
            "high_is_stiff",
            rules(
                LABELS,
                ("overfitting", lambda t, v, ta, va: v[-1] - v.min() > 0.1 > t[-1]),
                TOO_LOW,
                TOO_STIFF,
            ),
            "Nobody asks whether the training loss jumps, so runs whose rate is too "
            "high get other names.",
            "compare the largest training loss with the first one.",
        ),
        Mistake(
            "stiff_is_low",
            rules(
                LABELS,
                TOO_HIGH,
                BY_HEART,
                ("rate too low", lambda t, v, ta, va: t[-1] > 0.5),
            ),
            "A loss that is high and flat is called a rate too low. There the loss "
            "would still be falling at the end.",
            "compare the last training loss with that of ten measurements earlier.",
        ),
        Mistake(
            "low_is_stiff",
            rules(LABELS, TOO_HIGH, BY_HEART, TOO_STIFF),
            "A loss that is high and still falling is called too stiff. It has not "
            "arrived yet; more or larger steps will tell.",
            "compare the last training loss with that of ten measurements earlier.",
        ),
        Mistake(
            "training_for_validation",
            rules(
                LABELS,
                TOO_HIGH,
                ("overfitting", lambda t, v, ta, va: t[-1] - t.min() > 0.1),
                TOO_LOW,
                TOO_STIFF,
            ),
            "Overfitting is called something else: it is looked for in the training "
            "loss, which keeps falling while a network memorizes.",
            "look for the turn in validation_losses.",
        ),
        Mistake(
            "everything_is_overfitting",
            rules(("overfitting", lambda *curves: True)),
            "Every run is called overfitting.",
            "write a rule that a healthy run answers with no.",
        ),
        Mistake(
            "everything_is_healthy",
            rules(),
            "Every run is called healthy: none of the questions is ever answered with "
            "yes.",
            "print the numbers that your rules compare, for one ill run.",
        ),
        Mistake(
            "wider_when_overfitting",
            other_action("overfitting", "wider network"),
            "The causes are right. A wider network makes room for more to learn by "
            "heart; overfitting needs less freedom or more data.",
            "name one of the four remedies.",
        ),
        Mistake(
            "longer_when_overfitting",
            other_action("overfitting", "train longer"),
            "The causes are right. Training longer is what made this network ill.",
            "name one of the four remedies.",
        ),
        Mistake(
            "held_back_when_stiff",
            other_action("too stiff", "L2"),
            "The causes are right. A network that is too stiff is held back even more.",
            "name an action that gives it room.",
        ),
        Mistake(
            "longer_when_stiff",
            other_action("too stiff", "train longer"),
            "The causes are right. A loss that is flat stays flat, however long it "
            "trains.",
            "name an action that gives it room.",
        ),
        Mistake(
            "rate_turned_round",
            lambda *curves: {
                "rate too high": ("rate too high", "raise the rate"),
                "rate too low": ("rate too low", "lower the rate"),
            }.get(diagnose_curves(*curves)[0], diagnose_curves(*curves)),
            "The causes are right. The two rates are moved the wrong way.",
            "a rate that is too high is lowered.",
        ),
        Mistake(
            "labels_regularized",
            other_action("bad labels", "L2"),
            "The causes are right. No penalty repairs a label, and more data with such "
            "labels is more of the illness: somebody has to look.",
            "name the action that looks at the data.",
        ),
        Mistake(
            "healthy_regularized",
            other_action("healthy", "stop earlier"),
            "The causes are right. A healthy run needs no remedy.",
            "no disease, no cure: keep it.",
        ),
    ],
    alternatives=[rules_from_accuracies, rules_from_slopes, rules_as_a_score],
)

EXERCISES = [
    GENERALIZATION_GAP,
    EARLY_STOPPING,
    L2_PENALTY,
    DROPOUT_FORWARD,
    DROPOUT_BACKWARD,
    DIAGNOSE_CURVES,
]
