"""The exercises of lesson 6: batches, how noisy their gradients are, an epoch."""

import numpy as np

from course_lib.batch_noise import first_params, loss_and_grads
from grader.exercises import Case, Exercise, Mistake

# ---- minibatches


def minibatches(n_examples, batch_size, rng):
    order = rng.permutation(n_examples)
    return [order[i : i + batch_size] for i in range(0, n_examples, batch_size)]


def batch_cases(rng):
    def batches(n_examples, batch_size):
        seed = int(rng.integers(1000))
        return {"n_examples": n_examples, "batch_size": batch_size, "seed": seed}

    yield Case("seven examples in threes", **batches(7, 3))
    yield Case("twelve examples in fours", **batches(12, 4))
    yield Case("thirteen examples in fives", **batches(13, 5))
    yield Case("a batch of one", **batches(11, 1))
    yield Case("one batch of everything", **batches(5, 5))
    yield Case("a batch size above the number of examples", **batches(3, 8))
    yield Case("a single example", **batches(1, 1))


def cut(order, batch_size):
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def ordered(draw):
    """Return `minibatches` with another order, ``draw(n_examples, rng)``."""
    return lambda n, size, rng: cut(np.asarray(draw(n, rng)), size)


def shuffled_in_place(n_examples, batch_size, rng):
    order = np.arange(n_examples)
    rng.shuffle(order)
    return np.split(order, range(batch_size, n_examples, batch_size))


def card_by_card(n_examples, batch_size, rng):
    order = list(range(n_examples))
    for last in range(n_examples - 1, 0, -1):
        other = rng.integers(last + 1)
        order[last], order[other] = order[other], order[last]
    return cut(order, batch_size)


def taken_from_a_heap(n_examples, batch_size, rng):
    rest, batches = np.arange(n_examples), []
    while len(rest) > 0:
        batch = rng.choice(rest, size=min(batch_size, len(rest)), replace=False)
        rest = np.setdiff1d(rest, batch)
        batches.append(batch)
    return batches


def short_batch_first(n_examples, batch_size, rng):
    order, first = rng.permutation(n_examples), n_examples % batch_size
    return [order[:first]] * (first > 0) + cut(order[first:], batch_size)


def last_lost(n_examples, batch_size, rng):
    order = rng.permutation(n_examples)
    starts = range(0, n_examples - batch_size + 1, batch_size)
    return [order[i : i + batch_size] for i in starts]


def drawn_anew(draw):
    """Return `minibatches` whose every batch is drawn without the others."""

    def wrong(n_examples, batch_size, rng):
        sizes = [len(b) for b in cut(range(n_examples), batch_size)]
        return [draw(n_examples, size, rng) for size in sizes]

    return wrong


def drawn_full(replace):
    """Return `minibatches` whose batches are full, each drawn without the others."""

    def wrong(n_examples, batch_size, rng):
        size = batch_size if replace else min(batch_size, n_examples)
        starts = range(0, n_examples, batch_size)
        return [rng.choice(n_examples, size, replace) for _ in starts]

    return wrong


def whole_batches(n_examples, batch_size, rng):
    batches = cut(np.arange(n_examples), batch_size)
    return [batches[k] for k in rng.permutation(len(batches))]


def overlapping(n_examples, batch_size, rng):
    order = rng.permutation(n_examples)
    return [order[i : i + batch_size] for i in range(n_examples)]


def one_too_few(n_examples, batch_size, rng):
    order = rng.permutation(n_examples)
    return [order[i : i + batch_size - 1] for i in range(0, n_examples, batch_size)]


def first_batch_only(n_examples, batch_size, rng):
    return cut(rng.permutation(n_examples), batch_size)[:1]


def as_many_batches(n_examples, batch_size, rng):
    return np.array_split(rng.permutation(n_examples), batch_size)


def empty_batch(n_examples, batch_size, rng):
    order = rng.permutation(n_examples)
    starts = range(0, n_examples + 1, batch_size)
    return [order[i : i + batch_size] for i in starts]


def filled_up(n_examples, batch_size, rng):
    n_batches = -(-n_examples // batch_size)
    order = np.resize(rng.permutation(n_examples), n_batches * batch_size)
    return cut(order, batch_size)


def even_sizes(n_examples, batch_size, rng):
    return np.array_split(rng.permutation(n_examples), -(-n_examples // batch_size))


MINIBATCHES = Exercise(
    "deal_batches(minibatches, n_examples, batch_size, seed) -> sizes, examples, order",
    name="minibatches",
    points=3,
    reference=minibatches,
    cases=batch_cases,
    mistakes=[
        Mistake(
            "no_shuffle",
            ordered(lambda n, rng: np.arange(n)),
            "The examples come in the order in which they lie. Where they lie sorted, "
            "each batch sees a single class and pulls towards it.",
            "draw an order with rng before you cut it up.",
        ),
        Mistake(
            "same_every_epoch",
            ordered(lambda n, rng: np.random.default_rng(0).permutation(n)),
            "Every epoch has the same order, so the same examples meet in a batch for "
            "ever. A generator that is made inside, from a fixed seed, does that, and "
            "so does an order without chance.",
            "draw the order with the rng that came in, at every call.",
        ),
        Mistake(
            "ignores_rng",
            ordered(lambda n, rng: np.random.default_rng().permutation(n)),
            "The order does not come from rng: with rng in the same state it is "
            "another one. Nobody could repeat a run.",
            "look for np.random, and use rng in its place.",
        ),
        Mistake(
            "last_lost",
            last_lost,
            "The last, short batch is lost. Its examples are never seen in that epoch.",
            "take 7 examples in threes, and count: 3, 3 and 1.",
        ),
        Mistake(
            "with_repeats",
            drawn_anew(lambda n, size, rng: rng.integers(n, size=size)),
            "Each number is drawn as if none had been drawn before, so some examples "
            "come twice and some never.",
            "draw one order of all the examples, as one shuffles a pack of cards.",
        ),
        Mistake(
            "with_repeats_full",
            drawn_full(replace=True),
            "Each number is drawn as if none had been drawn before, so some examples "
            "come twice and some never; and the last batch is as large as the others.",
            "draw one order of all the examples, as one shuffles a pack of cards.",
        ),
        Mistake(
            "each_batch_anew_full",
            drawn_full(replace=False),
            "Each batch is drawn from all the examples anew, and is full: some come "
            "in two batches and some in none.",
            "shuffle once an epoch, before you cut; the last batch may be short.",
        ),
        Mistake(
            "each_batch_anew",
            drawn_anew(lambda n, size, rng: rng.permutation(n)[:size]),
            "Within a batch no example comes twice, but each batch is drawn from all "
            "of them anew: some come in two batches and some in none.",
            "shuffle once an epoch, before you cut.",
        ),
        Mistake(
            "whole_batches",
            whole_batches,
            "Whole batches change places, and inside them the neighbours stay "
            "together: the same examples meet in every epoch.",
            "shuffle the examples first, and cut afterwards.",
        ),
        Mistake(
            "within_batches",
            lambda n, size, rng: [rng.permutation(b) for b in cut(np.arange(n), size)],
            "The batches are cut first and shuffled inside. A mean does not care for "
            "the order of its batch, so nothing is won.",
            "shuffle the examples first, and cut afterwards.",
        ),
        Mistake(
            "rolled",
            ordered(lambda n, rng: np.roll(np.arange(n), rng.integers(n))),
            "The order begins at a random place and goes on as the examples lie, so "
            "neighbours stay together.",
            "use an order in which any two may meet: rng.permutation.",
        ),
        Mistake(
            "even_sizes",
            even_sizes,
            "The sizes are as equal as can be. We want full batches, and a short one "
            "for what is left: 7 in threes is 3, 3, 1.",
            "cut at 0, B, 2 B and so on: range(0, n_examples, batch_size).",
        ),
        Mistake(
            "empty_batch",
            empty_batch,
            "Where batch_size divides the number of examples there is an empty batch "
            "at the end, and a mean over nothing is NaN.",
            "let range stop at n_examples.",
        ),
        Mistake(
            "filled_up",
            filled_up,
            "The last batch is filled up with examples that were there already, so "
            "these count twice in the epoch.",
            "leave it short: 7 in threes is 3, 3, 1.",
        ),
        Mistake(
            "as_many_batches",
            as_many_batches,
            "batch_size is taken for the number of batches. It is the number of "
            "examples in each.",
            "print len(batch) for the first one.",
        ),
        Mistake(
            "overlapping",
            overlapping,
            "The batches overlap: each begins one example after the one before.",
            "let range take steps of batch_size.",
        ),
        Mistake(
            "one_too_few",
            one_too_few,
            "Each batch is one too short. The end of a slice is left out already: "
            "order[0:3] holds three.",
            "cut order[i : i + batch_size].",
        ),
        Mistake(
            "first_batch_only",
            first_batch_only,
            "There is only one batch. An epoch goes on until every example was seen.",
            "is the return inside the loop?",
        ),
        Mistake(
            "from_one",
            ordered(lambda n, rng: rng.permutation(n) + 1),
            "The numbers run from 1. Rows are counted from 0, so row 0 is never seen "
            "and the last number is no row.",
            "print the smallest and the largest of them.",
        ),
    ],
    alternatives=[
        shuffled_in_place,
        card_by_card,
        taken_from_a_heap,
        ordered(lambda n, rng: np.argsort(rng.random(n))),
        ordered(lambda n, rng: rng.choice(n, size=n, replace=False)),
        ordered(lambda n, rng: sorted(range(n), key=lambda row: rng.random())),
    ],
)

# ---- gradient_noise


def gradient_noise(gradients, full_gradient):
    return float(np.sqrt(((gradients - full_gradient) ** 2).sum(axis=1).mean()))


def noise_cases(rng):
    def readings(k, p, spread):
        full = rng.normal(1, 1, size=p)
        gradients = full + spread * rng.normal(0.3, 1, size=(k, p))
        return {"gradients": gradients, "full_gradient": full}

    yield Case(
        "two batches, two parameters",
        gradients=np.array([[4.0, 5.0], [1.0, 1.0]]),
        full_gradient=np.array([1.0, 1.0]),
    )
    yield Case("seven batches, five parameters", **readings(7, 5, 1))
    yield Case("thirteen batches, three parameters", **readings(13, 3, 4))
    yield Case("as many batches as parameters", **readings(5, 5, 0.5))
    yield Case("a single batch", **readings(1, 11, 1))
    yield Case("a single parameter", **readings(7, 1, 2))
    full = rng.normal(size=5)
    yield Case(
        "batches without noise",
        gradients=np.tile(full, (3, 1)),
        full_gradient=full,
    )


def noise_with_loops(gradients, full_gradient):
    total = 0.0
    for gradient in gradients:
        total += sum((g - f) ** 2 for g, f in zip(gradient, full_gradient, strict=True))
    return np.sqrt(total / len(gradients))


def noise_by_norm(gradients, full_gradient):
    return np.linalg.norm(gradients - full_gradient) / len(gradients) ** 0.5


def noise_by_einsum(gradients, full_gradient):
    off = gradients - full_gradient[np.newaxis, :]
    return float(np.einsum("kp,kp->", off, off) / off.shape[0]) ** 0.5


def noise_of_lengths(gradients, full_gradient):
    lengths = np.linalg.norm(gradients - full_gradient, axis=1)
    return float(np.sqrt(np.mean(np.square(lengths))))


def noise_from(distance):
    """Return `gradient_noise` as a function of the differences, of shape (K, P)."""
    return lambda gradients, full: distance(gradients - full)


GRADIENT_NOISE = Exercise(
    "gradient_noise(gradients, full_gradient) -> noise",
    points=2,
    reference=gradient_noise,
    cases=noise_cases,
    axes={"gradients": "KP"},
    mistakes=[
        Mistake(
            "own_mean",
            lambda g, full: float(np.sqrt(((g - g.mean(axis=0)) ** 2).sum(1).mean())),
            "The batches are compared with their own mean, and full_gradient is not "
            "used. A single batch would then never be wrong.",
            "subtract full_gradient: the true one is known here.",
        ),
        Mistake(
            "std_of_batches",
            lambda g, full: float(g.std(axis=0).mean()),
            "This is each parameter's spread over the batches, averaged: measured "
            "from the batches' own mean, and full_gradient is not used.",
            "subtract full_gradient, square, and add up along each row.",
        ),
        Mistake(
            "std_within",
            lambda g, full: float(g.std(axis=1).mean()),
            "The spread is taken along axis 1: how much the parameters of one "
            "gradient differ among themselves. That is no noise.",
            "compare each row with full_gradient.",
        ),
        Mistake(
            "std_of_all",
            lambda g, full: float(g.std()),
            "This is the spread of all the numbers in one heap, whichever parameter "
            "they belong to; full_gradient is not used.",
            "compare each row with full_gradient.",
        ),
        Mistake(
            "std_of_differences",
            noise_from(lambda off: float(off.std())),
            "std subtracts the mean once more, here that of all the differences: an "
            "error that all batches share is gone, and the mean runs over the P "
            "parameters too.",
            "square the differences yourself, and add up along each row.",
        ),
        Mistake(
            "std_of_differences_within",
            noise_from(lambda off: float(off.std(axis=1).mean())),
            "std subtracts a mean once more: each row's own. What is left is how much "
            "the differences of one batch vary among the parameters.",
            "square the differences yourself, and add up along each row.",
        ),
        Mistake(
            "no_sqrt_per_parameter",
            noise_from(lambda off: float((off**2).mean())),
            "The root is missing, and the mean runs over the P parameters too: a "
            "distance is a sum over them.",
            "use sum(axis=1), then mean, then the root.",
        ),
        Mistake(
            "mean_distance_per_parameter",
            noise_from(lambda off: float(np.sqrt((off**2).mean(axis=1)).mean())),
            "Both means are in other places: a distance is a sum over the P "
            "parameters, and the root comes after the mean over the batches.",
            "use sum(axis=1), then mean, then the root.",
        ),
        Mistake(
            "spread_of_lengths",
            lambda g, full: float(np.linalg.norm(g, axis=1).std()),
            "This is how much the lengths of the gradients differ. full_gradient is "
            "not used, and directions have no part in it.",
            "compare each row with full_gradient.",
        ),
        Mistake(
            "no_sqrt",
            noise_from(lambda off: float((off**2).sum(axis=1).mean())),
            "The root is missing: this is the mean *square* distance, in squared "
            "units.",
            "take the root at the very end, after the mean.",
        ),
        Mistake(
            "mean_distance",
            noise_from(lambda off: float(np.linalg.norm(off, axis=1).mean())),
            "This is the mean of the distances. The root mean square takes the mean "
            "of their squares, and only then the root.",
            "swap the last two: mean first, root last.",
        ),
        Mistake(
            "per_parameter",
            noise_from(lambda off: float(np.sqrt((off**2).mean()))),
            "The mean runs over the P parameters too. A distance is a sum over them: "
            "only the K batches are averaged.",
            "use sum(axis=1) first, then mean.",
        ),
        Mistake(
            "summed",
            noise_from(lambda off: float(np.sqrt((off**2).sum()))),
            "The squares of all K batches are added and not averaged, so more batches "
            "look like more noise.",
            "divide by the number of batches before you take the root.",
        ),
        Mistake(
            "columns",
            noise_from(lambda off: float(np.sqrt((off**2).sum(axis=0).mean()))),
            "The squares are added along axis 0, over the batches, and averaged over "
            "the parameters: the two axes have changed places.",
            "a row is one batch's gradient: add along axis 1.",
        ),
        Mistake(
            "errors_cancel",
            noise_from(lambda off: float(np.sqrt((off.mean(axis=0) ** 2).sum()))),
            "The batches are averaged first, and their errors cancel: this is how far "
            "the mean of all batches is off.",
            "square before you average.",
        ),
        Mistake(
            "not_squared",
            noise_from(lambda off: float(np.abs(off).sum(axis=1).mean())),
            "The differences are added without their signs: a walk along the axes, "
            "and not the distance. The root of each square alone does the same.",
            "square, add up along the row, average; the root comes last.",
        ),
        Mistake(
            "lengths_compared",
            lambda g, full: float(
                np.sqrt(
                    np.mean((np.linalg.norm(g, axis=1) - np.linalg.norm(full)) ** 2)
                )
            ),
            "Only the lengths are compared. Two gradients of one length may point in "
            "opposite directions.",
            "subtract the arrays first, and measure the difference.",
        ),
        Mistake(
            "one_each",
            noise_from(lambda off: np.sqrt((off**2).sum(axis=1))),
            "There is one number for each batch. The noise is one number for all.",
            "average the squares over the batches, then take the root.",
        ),
        Mistake(
            "n_minus_one",
            noise_from(
                lambda off: float(np.sqrt((off**2).sum() / max(len(off) - 1, 1)))
            ),
            "It is divided by K - 1. That corrects for a mean taken from the same "
            "numbers, and here we compare with the true gradient.",
            "divide by K.",
        ),
        Mistake(
            "relative",
            lambda g, full: gradient_noise(g, full) / float(np.linalg.norm(full)),
            "It is divided by the length of full_gradient. A useful ratio; the noise "
            "itself has the gradient's own units.",
            "leave out the division.",
        ),
    ],
    alternatives=[
        noise_with_loops,
        noise_by_norm,
        noise_by_einsum,
        noise_of_lengths,
    ],
)

# ---- sgd_epoch


def sgd_epoch(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        loss, grads = loss_and_grads(params, x[rows], labels[rows])
        params = {name: params[name] - learning_rate * grads[name] for name in params}
        losses.append(loss)
    return params, losses


def epoch_cases(rng):
    def run(x, labels, learning_rate, batch_size, others=None):
        return {
            "params": first_params(rng, (3, 2, 5)),
            "x": x,
            "labels": labels,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "others": others,
            "seed": int(rng.integers(1000)),
        }

    def alike(n):
        return np.tile(rng.normal(size=3), (n, 1)), np.full(n, rng.integers(5))

    def differing(n):
        return rng.normal(size=(n, 3)), rng.integers(0, 5, size=n)

    def five():
        return {"x": rng.normal(0, 2, size=(5, 3)), "labels": rng.permutation(5)}

    yield Case("seven examples, all alike, in threes", **run(*alike(7), 0.5, 3, five()))
    yield Case("four examples in one batch", **run(*differing(4), 0.3, 4, five()))
    yield Case("five examples, all alike, one by one", **run(*alike(5), 0.2, 1))
    yield Case("a batch size above the number", **run(*differing(3), 0.3, 8))
    yield Case("a single example", **run(*differing(1), 0.1, 1))


def moved(params, grads, learning_rate):
    return {name: w - learning_rate * grads[name] for name, w in params.items()}


def epoch_on_a_copy(params, x, labels, learning_rate, batch_size, rng):
    params = {name: w.copy() for name, w in params.items()}
    batches = minibatches(len(x), batch_size, rng)
    losses = np.zeros(len(batches))
    for k, rows in enumerate(batches):
        losses[k], grads = loss_and_grads(params, x[rows], labels[rows])
        for name in params:
            params[name] -= learning_rate * grads[name]
    return params, losses


def epoch_in_one_shuffle(params, x, labels, learning_rate, batch_size, rng):
    order = rng.permutation(len(x))
    x, labels, losses = x[order], labels[order], []
    for i in range(0, len(x), batch_size):
        part = slice(i, i + batch_size)
        loss, grads = loss_and_grads(params, x[part], labels[part])
        params = moved(params, grads, learning_rate)
        losses.append(loss)
    return params, losses


def epoch_by_recursion(params, x, labels, learning_rate, batch_size, rng):
    def follow(params, batches):
        if not batches:
            return params, []
        rows = batches[0]
        loss, grads = loss_and_grads(params, x[rows], labels[rows])
        end, losses = follow(moved(params, grads, learning_rate), batches[1:])
        return end, [loss, *losses]

    return follow(params, minibatches(len(x), batch_size, rng))


def epoch_with(step=moved, record=lambda losses, sizes, batch_size: losses):
    """Return `sgd_epoch` with another update or another record of the losses."""

    def wrong(params, x, labels, learning_rate, batch_size, rng):
        losses, sizes = [], []
        for rows in minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_grads(params, x[rows], labels[rows])
            params = step(params, grads, learning_rate)
            losses.append(loss)
            sizes.append(len(rows))
        return params, record(losses, sizes, batch_size)

    return wrong


def scaled_by(factor):
    """Return `sgd_epoch` whose gradients are scaled by ``factor(len(rows), N)``."""

    def wrong(params, x, labels, learning_rate, batch_size, rng):
        losses = []
        for rows in minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_grads(params, x[rows], labels[rows])
            rate = learning_rate * factor(len(rows), len(x))
            params = moved(params, grads, rate)
            losses.append(loss)
        return params, losses

    return wrong


def epoch_with_size(factor):
    """Return `sgd_epoch` whose gradients are scaled by ``factor(rows, batch_size)``."""

    def wrong(params, x, labels, learning_rate, batch_size, rng):
        losses = []
        for rows in minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_grads(params, x[rows], labels[rows])
            rate = learning_rate * factor(len(rows), batch_size)
            params = moved(params, grads, rate)
            losses.append(loss)
        return params, losses

    return wrong


def all_examples_each_step(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for _rows in minibatches(len(x), batch_size, rng):
        loss, grads = loss_and_grads(params, x, labels)
        params = moved(params, grads, learning_rate)
        losses.append(loss)
    return params, losses


def update_after_the_epoch(mean):
    """Return `sgd_epoch` that adds up or averages the gradients and moves once."""

    def wrong(params, x, labels, learning_rate, batch_size, rng):
        losses, end = [], params
        batches = minibatches(len(x), batch_size, rng)
        for rows in batches:
            loss, grads = loss_and_grads(params, x[rows], labels[rows])
            end = moved(end, grads, learning_rate / (len(batches) if mean else 1))
            losses.append(loss)
        return end, losses

    return wrong


def labels_as_they_lie(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for i, rows in enumerate(minibatches(len(x), batch_size, rng)):
        there = labels[i * batch_size : (i + 1) * batch_size]
        loss, grads = loss_and_grads(params, x[rows], there)
        params = moved(params, grads, learning_rate)
        losses.append(loss)
    return params, losses


def shuffled_separately(params, x, labels, learning_rate, batch_size, rng):
    losses, batches = [], minibatches(len(x), batch_size, rng)
    others = minibatches(len(x), batch_size, rng)
    for rows, other in zip(batches, others, strict=True):
        loss, grads = loss_and_grads(params, x[rows], labels[other])
        params = moved(params, grads, learning_rate)
        losses.append(loss)
    return params, losses


def all_labels(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        loss, grads = loss_and_grads(params, x[rows], labels)
        params = moved(params, grads, learning_rate)
        losses.append(loss)
    return params, losses


def losses_after_the_update(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        _, grads = loss_and_grads(params, x[rows], labels[rows])
        params = moved(params, grads, learning_rate)
        losses.append(loss_and_grads(params, x[rows], labels[rows])[0])
    return params, losses


def losses_on_everything(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        _, grads = loss_and_grads(params, x[rows], labels[rows])
        losses.append(loss_and_grads(params, x, labels)[0])
        params = moved(params, grads, learning_rate)
    return params, losses


def losses_on_everything_afterwards(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        _, grads = loss_and_grads(params, x[rows], labels[rows])
        params = moved(params, grads, learning_rate)
        losses.append(loss_and_grads(params, x, labels)[0])
    return params, losses


def own_generator(params, x, labels, learning_rate, batch_size, rng):
    rng = np.random.default_rng(0)
    return sgd_epoch(params, x, labels, learning_rate, batch_size, rng)


def nothing_kept(params, x, labels, learning_rate, batch_size, rng):
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        losses.append(loss_and_grads(params, x[rows], labels[rows])[0])
    return params, losses


def one_step(params, x, labels, learning_rate, batch_size, rng):
    rows = minibatches(len(x), batch_size, rng)[0]
    loss, grads = loss_and_grads(params, x[rows], labels[rows])
    return moved(params, grads, learning_rate), [loss]


def biases_never_move(params, grads, learning_rate):
    new = moved(params, grads, learning_rate)
    return new | {name: params[name] for name in ("b1", "b2")}


def weighted(losses, sizes, batch_size):
    return [loss * n / batch_size for loss, n in zip(losses, sizes, strict=True)]


def scaled_losses(divisor):
    """Return a record whose losses are divided by ``divisor(batch_size, N)``."""

    def record(losses, sizes, batch_size):
        return [loss / divisor(batch_size, sum(sizes)) for loss in losses]

    return record


def totals(losses, sizes, batch_size):
    return [loss * n for loss, n in zip(losses, sizes, strict=True)]


SGD_EPOCH = Exercise(
    "run_epoch(sgd_epoch, params, x, labels, learning_rate, batch_size, others, seed)"
    " -> params, losses, steps",
    name="sgd_epoch",
    points=3,
    reference=sgd_epoch,
    cases=epoch_cases,
    forbids={
        "course_lib.*": "",
        "course_lib.minibatches": "use your own from above.",
        "course_lib.train": "that is the course's own answer.",
    },
    mistakes=[
        Mistake(
            "all_examples_each_step",
            all_examples_each_step,
            "Each step uses all of x and labels, and not its batch: as many updates "
            "as batches, every one at the price of the whole epoch.",
            "pick the rows: x[rows], labels[rows].",
        ),
        Mistake(
            "losses_on_everything",
            losses_on_everything,
            "The params are right. The losses are those of all the examples, and each "
            "costs another forward pass over everything.",
            "record the loss that loss_and_grads gave for the batch.",
        ),
        Mistake(
            "losses_on_everything_afterwards",
            losses_on_everything_afterwards,
            "The params are right. The losses are those of all the examples, after "
            "the update: each costs another forward pass over everything.",
            "record the loss that loss_and_grads gave for the batch.",
        ),
        Mistake(
            "updates_once",
            update_after_the_epoch(mean=False),
            "All the gradients are taken at the params that came in, and their sum is "
            "subtracted. From the second batch on, forward has to predict with the "
            "new params.",
            "put the new params into params inside the loop.",
        ),
        Mistake(
            "updates_once_by_the_mean",
            update_after_the_epoch(mean=True),
            "params end one step from where they began, however many batches there "
            "were: either there is one update, after the loop, or each batch starts "
            "again from the params that came in.",
            "put the new params into params, inside the loop.",
        ),
        Mistake(
            "shuffled_separately",
            shuffled_separately,
            "Inputs and labels are picked by different rows, so each image gets some "
            "other image's label.",
            "call minibatches once, and pick both by the same rows.",
        ),
        Mistake(
            "labels_as_they_lie",
            labels_as_they_lie,
            "The inputs are picked by shuffled rows, the labels as they lie: each "
            "image gets some other image's label.",
            "pick both by the same rows: labels[rows].",
        ),
        Mistake(
            "all_labels",
            all_labels,
            "Each batch of inputs is given all the labels.",
            "pick both by the same rows: labels[rows].",
        ),
        Mistake(
            "divides_by_n",
            scaled_by(lambda size, n: size / n),
            "The gradient of a batch is divided by N, the number of all examples, "
            "and not by those in the batch: the steps are as many times too short as "
            "there are batches.",
            "loss_and_grads returns a mean over its batch already; leave it.",
        ),
        Mistake(
            "divides_by_n_again",
            scaled_by(lambda size, n: 1 / n),
            "The gradient is divided by N, the number of all examples. "
            "loss_and_grads returns a mean over its batch already.",
            "leave out the division.",
        ),
        Mistake(
            "divides_by_full_batch",
            epoch_with_size(lambda size, full: 1 / full),
            "The gradient is divided by batch_size once more. loss_and_grads returns "
            "a mean over its batch already.",
            "leave out the division.",
        ),
        Mistake(
            "divides_by_batch",
            scaled_by(lambda size, n: 1 / size),
            "The gradient is divided by the batch size once more. loss_and_grads "
            "returns a mean over its batch already.",
            "leave out the division.",
        ),
        Mistake(
            "sum_of_batch",
            scaled_by(lambda size, n: size),
            "The gradient is multiplied by the size of its batch: a sum in place of a "
            "mean, and a step that grows with the batch.",
            "use grads as loss_and_grads returns them.",
        ),
        Mistake(
            "uphill",
            epoch_with(lambda params, grads, rate: moved(params, grads, -rate)),
            "The gradient is added, and the losses climb.",
            "subtract it: it points uphill.",
        ),
        Mistake(
            "no_rate",
            epoch_with(lambda params, grads, rate: moved(params, grads, 1.0)),
            "learning_rate is not used: each step is the whole gradient.",
            "multiply the gradient by it.",
        ),
        Mistake(
            "biases_never_move",
            epoch_with(biases_never_move),
            "W1 and W2 move, and the biases stay where they were.",
            "go through all the names in params.",
        ),
        Mistake(
            "nothing_kept",
            nothing_kept,
            "params comes back as it went in: no update is kept.",
            "put the new params into params, inside the loop.",
        ),
        Mistake(
            "one_step",
            one_step,
            "There is one step, on the first batch. An epoch goes through all of them.",
            "is the return inside the loop?",
        ),
        Mistake(
            "own_generator",
            own_generator,
            "The batches are the same for every rng, so each epoch repeats the one "
            "before: either nothing is shuffled, or by a generator made inside.",
            "hand the rng that came in to minibatches.",
        ),
        Mistake(
            "after_the_update",
            losses_after_the_update,
            "The losses are taken after each update, on the batch that was just "
            "learned from. They look better than the run is.",
            "keep the loss that came with the gradient.",
        ),
        Mistake(
            "last_weighted",
            epoch_with(record=weighted),
            "The last, short batch is divided by batch_size and not by its own "
            "length, so its loss looks too small.",
            "keep each loss as loss_and_grads returns it: a mean over its batch.",
        ),
        Mistake(
            "loss_divided_by_batch",
            epoch_with(record=scaled_losses(lambda size, n: size)),
            "Each loss is divided by batch_size. loss_and_grads returns a mean over "
            "its batch already.",
            "keep each loss as it comes.",
        ),
        Mistake(
            "loss_divided_by_n",
            epoch_with(record=scaled_losses(lambda size, n: n)),
            "Each loss is divided by N, the number of all examples. loss_and_grads "
            "returns a mean over its batch already.",
            "keep each loss as it comes.",
        ),
        Mistake(
            "sums",
            epoch_with(record=totals),
            "Each loss is multiplied by the size of its batch: sums, which cannot be "
            "compared between batches of different size.",
            "keep each loss as loss_and_grads returns it: a mean over its batch.",
        ),
        Mistake(
            "one_mean",
            epoch_with(record=lambda losses, sizes, size: float(np.mean(losses))),
            "losses is one number, the mean of the batches' losses. The last, short "
            "batch then counts as much as a full one, and the jitter is gone.",
            "return the list, one loss for each batch.",
        ),
        Mistake(
            "one_weighted_mean",
            epoch_with(
                record=lambda losses, sizes, size: float(
                    np.average(losses, weights=sizes)
                )
            ),
            "losses is one number, the mean over all examples. The jitter from batch "
            "to batch is gone.",
            "return the list, one loss for each batch.",
        ),
        Mistake(
            "last_loss",
            epoch_with(record=lambda losses, sizes, size: losses[-1]),
            "losses is one number, the loss of the last batch.",
            "append each batch's loss to a list, and return the list.",
        ),
    ],
    alternatives=[
        epoch_on_a_copy,
        epoch_in_one_shuffle,
        epoch_by_recursion,
        epoch_with(),
    ],
)

EXERCISES = [MINIBATCHES, GRADIENT_NOISE, SGD_EPOCH]
