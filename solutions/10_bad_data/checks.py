"""The exercises of lesson 10: find what is wrong with data, and weigh what is rare."""

import numpy as np

from grader.exercises import Case, Exercise, Mistake

NO_PROBING = {
    "numerical_gradient": "a gradient is a formula, and probing it twice an entry is a "
    "thousand times slower."
}

# ---- highest_losses


def per_example(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, labels]


def highest_losses(logits, labels, k):
    return np.argsort(-per_example(logits, labels))[:k]


def some_logits(rng, n, c):
    """Draw logits, and labels that are mostly the largest one."""
    logits = rng.normal(0, 3, size=(n, c)) + rng.normal(0, 5, size=(n, 1))
    labels = logits.argmax(axis=1)
    rows = rng.choice(n, n // 3, replace=False)
    labels[rows] = rng.integers(c, size=len(rows))
    return {"logits": logits, "labels": labels}


def loss_cases(rng):
    yield Case(
        "three examples of two classes, as in the text",
        logits=np.array([[2.0, 0.0], [0.0, 4.0], [1.0, 0.0]]),
        labels=np.array([0, 0, 1]),
        k=2,
    )
    yield Case("thirteen examples of five classes", **some_logits(rng, 13, 5), k=4)
    yield Case("all of seven examples", **some_logits(rng, 7, 3), k=7)
    large = some_logits(rng, 11, 4)
    large["logits"] = large["logits"] + 2000
    yield Case("logits in the thousands", **large, k=3)


def losses_with_probs(logits, labels, k):
    powers = np.exp(logits - logits.max(axis=1)[:, None])
    probs = powers / powers.sum(axis=1)[:, None]
    with np.errstate(divide="ignore"):
        losses = -np.log(probs[np.arange(len(labels)), labels])
    order = sorted(range(len(labels)), key=lambda n: (-losses[n], n))
    return np.array(order[:k])


def losses_with_a_loop(logits, labels, k):
    losses = [
        np.logaddexp.reduce(z) - z[label]
        for z, label in zip(logits, labels, strict=True)
    ]
    return np.argsort(losses)[::-1][:k]


def losses_with_logaddexp(logits, labels, k):
    losses = np.logaddexp.reduce(logits, axis=1)
    losses = losses - np.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return (-losses).argsort()[:k]


def overflowing(logits, labels, k):
    with np.errstate(over="ignore"):
        total = np.exp(logits).sum(axis=1)
    return np.argsort(-(np.log(total) - logits[np.arange(len(labels)), labels]))[:k]


def least_sure(logits, labels, k):
    return np.argsort(-per_example(logits, logits.argmax(axis=1)))[:k]


HIGHEST_LOSSES = Exercise(
    "highest_losses(logits, labels, k) -> indices",
    points=2,
    reference=highest_losses,
    cases=loss_cases,
    axes={"logits": "NC"},
    mistakes=[
        Mistake(
            "lowest",
            lambda z, y, k: np.argsort(per_example(z, y))[:k],
            "These are the lowest losses: the examples the network agrees with most. "
            "argsort begins with the smallest.",
            "sort by minus the loss, or read the order from its end.",
        ),
        Mistake(
            "mean",
            lambda z, y, k: per_example(z, y).mean(),
            "This is the mean over all examples: one number, as in lesson 1. It says "
            "how bad things are, and not where.",
            "keep one loss for each row, and sort the rows by it.",
        ),
        Mistake(
            "every_row",
            lambda z, y, k: np.argsort(-per_example(z, y)),
            "All rows are there, in the right order. Only the first k are asked for.",
            "end with [:k].",
        ),
        Mistake(
            "overflow",
            overflowing,
            "Right for small logits. Where one is in the thousands its power is "
            "infinite, and so is every loss: nothing is left to sort.",
            "subtract the largest logit of each row before np.exp.",
        ),
        Mistake(
            "losses",
            lambda z, y, k: np.sort(per_example(z, y))[::-1][:k],
            "These are the losses, not the rows they belong to. To look at a picture "
            "one has to know where it is.",
            "use np.argsort in the place of np.sort.",
        ),
        Mistake(
            "highest_last",
            lambda z, y, k: highest_losses(z, y, k)[::-1],
            "The right rows, with the highest loss at the end. It comes first.",
            "turn the result round.",
        ),
        Mistake(
            "least_sure",
            least_sure,
            "These are the examples on which the network is least sure, whatever the "
            "label says. A wrong label shows where it is sure, and the label differs.",
            "use the probability of the label, not the largest one.",
        ),
        Mistake(
            "margin",
            lambda z, y, k: np.argsort(-(z.max(axis=1) - z[np.arange(len(y)), y]))[:k],
            "Sorted by how far the label's logit is below the largest one. That is "
            "near the loss where the network is sure, and another order elsewhere.",
            "take the cross-entropy: log of the sum of powers, minus that logit.",
        ),
        Mistake(
            "all_classes",
            lambda z, y, k: np.argsort(np.log(softmax(z) + 1e-300).sum(axis=1))[:k],
            "The logs of all the probabilities are added up, and the label has no "
            "part in it.",
            "of each row take the probability of its label: probs[rows, labels].",
        ),
        Mistake(
            "only_mistaken",
            lambda z, y, k: np.flatnonzero(z.argmax(axis=1) != y)[:k],
            "These are the first examples that are taken for another class, as they "
            "lie. Asked for are the k with the highest loss, the highest first.",
            "sort all rows by their own loss.",
        ),
        Mistake(
            "logit_alone",
            lambda z, y, k: np.argsort(z[np.arange(len(y)), y])[:k],
            "Sorted by the logit of the label alone. A logit says nothing without the "
            "others of its row.",
            "take the cross-entropy: log of the sum of powers, minus that logit.",
        ),
        Mistake(
            "highest_logit",
            lambda z, y, k: np.argsort(-z[np.arange(len(y)), y])[:k],
            "Sorted by the logit of the label, the largest first: those are the "
            "examples the network agrees with.",
            "take the cross-entropy: log of the sum of powers, minus that logit.",
        ),
        Mistake(
            "predicted_label",
            lambda z, y, k: np.argsort(-per_example(z, z.argmax(axis=1)))[::-1][:k],
            "The loss is taken with the network's own answers in the place of the "
            "labels. Of the labels nothing is left.",
            "index with labels.",
        ),
    ],
    alternatives=[losses_with_probs, losses_with_a_loop, losses_with_logaddexp],
)

# ---- wrong_labels

WRONG = (2, 5, 9, 14, 18)  # of the twenty pictures of the lesson


def wrong_labels():
    return list(WRONG)


def only_case(rng):
    yield Case("the twenty pictures")


WRONG_LABELS = Exercise(
    "mark_places(wrong_labels) -> upper_row, lower_row",
    name="wrong_labels",
    points=2,
    reference=wrong_labels,
    cases=only_case,
    shows_expected=False,
    mistakes=[
        Mistake(
            "counted_from_one",
            lambda: [place + 1 for place in WRONG],
            "Every place is one too high: the pictures are counted from 0.",
            "the picture in the upper left corner is number 0.",
        ),
        Mistake(
            "the_right_ones",
            lambda: [place for place in range(20) if place not in WRONG],
            "These are the pictures whose labels are right.",
            "list the others.",
        ),
        Mistake(
            "all",
            lambda: list(range(20)),
            "All are named, twenty or a whole row. Whoever throws everything away has "
            "no data left.",
            "name those whose label is not what you see.",
        ),
        Mistake(
            "none",
            lambda: [],
            "None is named, in the whole sheet or in a row of it, and some labels "
            "there are wrong.",
            "read each picture first, and its label afterwards.",
        ),
    ],
    alternatives=[
        lambda: tuple(reversed(WRONG)),
        lambda: np.array(WRONG),
        lambda: set(WRONG),
    ],
)

# ---- near_duplicates


def near_duplicates(a, b, tolerance):
    pairs = []
    for i, row in enumerate(a):
        distances = np.sqrt(((b - row) ** 2).sum(axis=1))
        pairs += [(i, j) for j in np.flatnonzero(distances <= tolerance)]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def duplicate_cases(rng):
    yield Case(
        "two rows against three, as in the text",
        a=np.array([[0.0, 0.0], [3.0, 4.0]]),
        b=np.array([[3.0, 4.1], [0.6, 0.6], [9.0, 9.0]]),
        tolerance=0.5,
    )
    for note, n, m, d in (
        ("seven rows against eleven", 7, 11, 5),
        ("one row against three", 1, 3, 5),
        ("eleven rows against seven, two of them alike", 11, 7, 3),
    ):
        a, b = rng.normal(size=(n, d)), rng.normal(size=(m, d))
        step = rng.normal(size=d)
        b[m // 2] = a[n // 2] + 0.2 * step / np.linalg.norm(step)
        b[-1] = a[0] - 0.05
        if m > 5:  # near by some other measure, and no duplicates
            b[1], b[2], b[3] = a[-1] + 0.2, a[-1] + 0.27, a[-1] + 0.5 * np.eye(d)[0]
        if "alike" in note:
            b[0] = b[-1] + 0.01
        yield Case(note, a=a, b=b, tolerance=0.3)
    yield Case(
        "a pair that is exactly tolerance apart",
        a=np.array([[0.0, 0.0], [3.0, 4.0]]),
        b=np.array([[3.0, 4.0], [6.0, 8.0], [0.0, 5.5]]),
        tolerance=5.0,
    )
    yield Case(
        "no pair at all",
        a=rng.normal(size=(3, 5)),
        b=rng.normal(size=(5, 5)) + 50,
        tolerance=0.3,
    )


def duplicates_in_a_table(a, b, tolerance):
    distances = np.stack([np.linalg.norm(b - row, axis=1) for row in a])
    return np.argwhere(distances <= tolerance)


def duplicates_by_products(a, b, tolerance):
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2 * a @ b.T
    return np.argwhere(squares <= tolerance**2)


def duplicates_with_two_loops(a, b, tolerance):
    pairs = []
    for i, left in enumerate(a):
        for j, right in enumerate(b):
            if sum((left - right) ** 2) ** 0.5 <= tolerance:
                pairs.append([i, j])
    return np.array(pairs) if pairs else np.zeros((0, 2), dtype=int)


def apart(a, b):
    return np.stack([np.linalg.norm(b - row, axis=1) for row in a])


def all_at_once(a, b, tolerance):
    return np.argwhere(np.sqrt(((a[:, None] - b[None]) ** 2).sum(2)) <= tolerance)


def pairs_where(close):
    """Return a search that is wrong in ``close(a, row, tolerance)`` alone."""

    def wrong(a, b, tolerance):
        return np.argwhere(np.stack([close(b, row, tolerance) for row in a]))

    return wrong


def pairs_that(keep):
    """Return a search that drops right pairs: ``keep(i, j)`` on the two row numbers."""

    def wrong(a, b, tolerance):
        pairs = near_duplicates(a, b, tolerance)
        return pairs[keep(pairs[:, 0], pairs[:, 1])]

    return wrong


def in_one_list(a, b, tolerance):
    every = np.concatenate([a, b])
    return near_duplicates(every, every, tolerance)


def nearest_only(a, b, tolerance):
    distances = apart(a, b)
    nearest = distances.argmin(axis=1)
    rows = np.flatnonzero(distances.min(axis=1) <= tolerance)
    return np.stack([rows, nearest[rows]], axis=1)


NEAR_DUPLICATES = Exercise(
    "find_pairs(near_duplicates, a, b, tolerance) -> pairs, memory",
    name="near_duplicates",
    points=2,
    reference=near_duplicates,
    cases=duplicate_cases,
    axes={"a": "ND", "b": "MD"},
    mistakes=[
        Mistake(
            "no_copy",
            lambda a, b, t: np.zeros((0, 2), dtype=int),
            "Not even an exact copy is found, or not as (row of a, row of b).",
            "give b a copy of a row of a, and look for it by hand.",
        ),
        Mistake(
            "exact",
            pairs_where(lambda b, row, t: (b == row).all(axis=1)),
            "Only rows that are equal to the last digit are found. A picture that was "
            "saved again, or moved by a hair, is the same picture.",
            "compare the distance with tolerance.",
        ),
        Mistake(
            "below",
            pairs_where(lambda b, row, t: np.linalg.norm(b - row, axis=1) < t),
            "A pair that is exactly tolerance apart is left out. At most includes it.",
            "compare with <= in place of <.",
        ),
        Mistake(
            "swapped",
            lambda a, b, t: near_duplicates(a, b, t)[:, ::-1],
            "The two columns are exchanged: the row of a comes first.",
            "turn each pair round.",
        ),
        Mistake(
            "squared",
            pairs_where(lambda b, row, t: ((b - row) ** 2).sum(axis=1) <= t),
            "The squared distance is compared with tolerance. Without the root 0.5 "
            "lets pairs pass that are 0.7 apart.",
            "take the root, or square the tolerance too.",
        ),
        Mistake(
            "any_entry",
            pairs_where(lambda b, row, t: (np.abs(b - row) <= t).any(axis=1)),
            "A pair counts as soon as any entry is close. Two pictures that share a "
            "white corner are no duplicates.",
            "add the squares of all entries first.",
        ),
        Mistake(
            "every_entry",
            pairs_where(lambda b, row, t: (np.abs(b - row) <= t).all(axis=1)),
            "Each entry is compared alone. Many small differences add up to a large "
            "distance.",
            "add the squares of all entries, take the root, then compare.",
        ),
        Mistake(
            "averages",
            pairs_where(lambda b, row, t: np.abs(b.mean(axis=1) - row.mean()) <= t),
            "The means of the rows are compared. Two pictures with the same amount of "
            "ink are no duplicates.",
            "subtract the rows before you sum anything.",
        ),
        Mistake(
            "mean_square",
            pairs_where(lambda b, row, t: ((b - row) ** 2).mean(axis=1) <= t**2),
            "The squares are averaged and not added: the more entries, the closer "
            "everything seems.",
            "use sum in the place of mean.",
        ),
        Mistake(
            "nearest_only",
            nearest_only,
            "Only the nearest row of b is found for each row of a. A picture may have "
            "several duplicates.",
            "return every pair within tolerance.",
        ),
        Mistake(
            "all_at_once",
            all_at_once,
            "Every difference of every pair is kept at one time, N · M · D numbers. "
            "For 100 000 pictures of 64 pixels against as many that is 5 terabytes, "
            "and the search for duplicates ends before it began.",
            "take one row of a at a time: its distances to all of b are M numbers.",
        ),
        Mistake(
            "half",
            pairs_that(lambda i, j: i < j),
            "Only pairs whose first number is the smaller one are kept. That is for a "
            "search within one list; here row 5 of a and row 2 of b are two pictures.",
            "keep every pair: a and b are numbered apart.",
        ),
        Mistake(
            "self_pairs",
            pairs_that(lambda i, j: i != j),
            "Pairs of equal numbers are left out, as if a row were compared with "
            "itself. Row 0 of a and row 0 of b are two pictures.",
            "keep every pair: a and b are numbered apart.",
        ),
        Mistake(
            "one_list",
            in_one_list,
            "a and b were joined, and the search went through all of it: every row is "
            "its own duplicate, and pairs within one side are no leak.",
            "compare rows of a with rows of b alone.",
        ),
        Mistake(
            "city_blocks",
            pairs_where(lambda b, row, t: np.abs(b - row).sum(axis=1) <= t),
            "The differences are added without their signs. The distance is the root "
            "of the sum of their squares.",
            "square, add, take the root, then compare.",
        ),
        Mistake(
            "turned_round",
            lambda a, b, t: near_duplicates(b, a, t),
            "The pairs are (row of b, row of a). The row of a comes first, and the "
            "order follows it.",
            "let the outer loop go through a.",
        ),
        Mistake(
            "a_with_itself",
            lambda a, b, t: near_duplicates(a, a, t),
            "a is compared with itself: b has no part in it, and every row is its own "
            "duplicate.",
            "the distances of one row of a go to all rows of b.",
        ),
        Mistake(
            "rows_of_a",
            lambda a, b, t: np.flatnonzero((apart(a, b) <= t).any(axis=1)),
            "These are the rows of a that have a duplicate, without their partners.",
            "return pairs: np.argwhere of the table of distances gives them.",
        ),
        Mistake(
            "distances",
            lambda a, b, t: apart(a, b),
            "This is the table of all distances. What is asked for are the pairs.",
            "np.argwhere(table <= tolerance)",
        ),
    ],
    alternatives=[
        duplicates_in_a_table,
        duplicates_by_products,
        duplicates_with_two_loops,
    ],
)

# ---- group_split


def group_split(groups, fraction, rng):
    names = rng.permutation(np.unique(groups))
    held_out = np.isin(groups, names[: round(fraction * len(names))])
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def split_cases(rng):
    for note, n_groups, each, fraction in (
        ("ten writers with about five rows each", 10, 5, 0.3),
        ("eight groups, most of them small", 8, 3, 0.35),
    ):
        groups = rng.permutation(np.arange(n_groups).repeat(each))
        groups = np.concatenate([groups, np.arange(n_groups), [3, 3]])
        yield Case(note, groups=groups * 7 + 100, fraction=fraction, seed=3)


def rows_split(groups, fraction, rng):
    rows = rng.permutation(len(groups))
    cut = round(fraction * len(groups))
    return rows[cut:], rows[:cut]


def sorted_and_cut(groups, fraction, rng):
    rows = np.argsort(groups, kind="stable")
    cut = round(fraction * len(groups))
    return rows[cut:], rows[:cut]


def names_repeated(groups, fraction, rng):
    return rng.permutation(groups)[: round(fraction * len(groups))]


def split_by(change):
    """Return a wrong division: ``change(names, n, groups, train, validation)``."""

    def wrong(groups, fraction, rng):
        names = rng.permutation(np.unique(groups))
        n = round(fraction * len(names))
        held_out = np.isin(groups, names[:n])
        parts = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        return change(names, n, groups, *parts)

    return wrong


def drawn_names(draw):
    """Return a division by other names: ``draw(groups, fraction, rng)``."""

    def wrong(groups, fraction, rng):
        held_out = np.isin(groups, draw(groups, fraction, rng))
        return np.flatnonzero(~held_out), np.flatnonzero(held_out)

    return wrong


def own_generator(groups, fraction, rng):
    return group_split(groups, fraction, np.random.default_rng())


def with_replacement(groups, fraction, rng):
    names = np.unique(groups)
    return rng.choice(names, round(fraction * len(names)))


def first_groups(groups, fraction, rng):
    names = np.unique(groups)
    held_out = np.isin(groups, names[: round(fraction * len(names))])
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def sampled_groups(groups, fraction, rng):
    names = np.unique(groups)
    held_out = set(rng.choice(names, round(fraction * len(names)), replace=False))
    inside = np.array([name in held_out for name in groups])
    return np.where(~inside)[0], np.where(inside)[0]


def shuffled_rows_too(groups, fraction, rng):
    train, validation = group_split(groups, fraction, rng)
    return rng.permutation(train), rng.permutation(validation)


def split_with_lists(groups, fraction, rng):
    names = list(dict.fromkeys(groups.tolist()))
    rng.shuffle(names)
    held_out = names[: round(fraction * len(names))]
    train = [n for n, name in enumerate(groups) if name not in held_out]
    return np.array(train), np.array([n for n in range(len(groups)) if n not in train])


GROUP_SPLIT = Exercise(
    "divide_groups(group_split, groups, fraction, seed) -> rows, sides, share, chance",
    name="group_split",
    points=2,
    reference=group_split,
    cases=split_cases,
    mistakes=[
        Mistake(
            "drawn_twice",
            drawn_names(with_replacement),
            "A group can be drawn twice, so that fewer than the fraction are held out.",
            "draw from np.unique(groups), each group once: rng.permutation, or "
            "rng.choice with replace=False.",
        ),
        Mistake(
            "rows_split",
            rows_split,
            "The rows are divided, not the groups: rows of one group land on both "
            "sides, and what is known of the group leaks over.",
            "draw from np.unique(groups), then look whose rows they are.",
        ),
        Mistake(
            "sorted_and_cut",
            sorted_and_cut,
            "The rows are sorted by group and cut at a row: the group at the cut lies "
            "on both sides, and nothing is drawn.",
            "draw whole groups from np.unique(groups).",
        ),
        Mistake(
            "names_repeated",
            drawn_names(names_repeated),
            "The names are drawn from groups itself, where each stands once for every "
            "row: large groups are drawn again and again, and too many are held out.",
            "np.unique(groups) has each name once.",
        ),
        Mistake(
            "no_chance",
            first_groups,
            "It is always the same groups: those that come first, or of a generator "
            "made inside. The first may be alike, by age or by place.",
            "draw the groups with rng, and make no generator of your own.",
        ),
        Mistake(
            "own_generator",
            own_generator,
            "The groups are drawn, and not with rng: the same seed gives another "
            "division each time, and nobody can repeat the run.",
            "use the rng that comes in; np.random and default_rng() know no seed.",
        ),
        Mistake(
            "truncated",
            drawn_names(
                lambda groups, fraction, rng: rng.permutation(np.unique(groups))[
                    : int(fraction * len(np.unique(groups)))
                ]
            ),
            "The number of groups is cut off where it should be rounded: of 2.8 groups "
            "int makes 2.",
            "use round in the place of int.",
        ),
        Mistake(
            "fraction_trains",
            split_by(lambda names, n, groups, train, validation: (validation, train)),
            "The two sides are exchanged: fraction is the share of groups for "
            "validation, and train_indices comes first.",
            "print how many groups each side has.",
        ),
        Mistake(
            "names",
            split_by(
                lambda names, n, groups, train, validation: (names[n:], names[:n])
            ),
            "These are the names of groups. What is asked for are row numbers.",
            "np.flatnonzero(np.isin(groups, ...)) turns names into rows.",
        ),
        Mistake(
            "one_row_each",
            split_by(
                lambda names, n, groups, train, validation: (
                    np.array([np.flatnonzero(groups == g)[0] for g in names[n:]]),
                    np.array([np.flatnonzero(groups == g)[0] for g in names[:n]]),
                )
            ),
            "Only one row of each group is left: most of the data are lost.",
            "take all rows of a group.",
        ),
        Mistake(
            "nothing_held_out",
            lambda groups, fraction, rng: (
                np.arange(len(groups)),
                np.zeros(0, dtype=int),
            ),
            "Nothing is held out: no group goes to validation.",
            "print how many names are drawn.",
        ),
        Mistake(
            "all_train",
            split_by(
                lambda names, n, groups, train, validation: (
                    np.arange(len(groups)),
                    validation,
                )
            ),
            "Every row is a training row, those for validation too. That is the leak "
            "itself.",
            "leave out of training what is held out.",
        ),
        Mistake(
            "masks",
            split_by(
                lambda names, n, groups, train, validation: (
                    np.isin(np.arange(len(groups)), train),
                    np.isin(np.arange(len(groups)), validation),
                )
            ),
            "These are masks of True and False. What is asked for are row numbers.",
            "np.flatnonzero(mask) gives them.",
        ),
    ],
    alternatives=[sampled_groups, shuffled_rows_too, split_with_lists],
)

# ---- confusion_matrix and per_class_recall


def confusion_matrix(logits, labels):
    counts = np.zeros((logits.shape[1], logits.shape[1]), dtype=int)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts


def confusion_cases(rng):
    yield Case(
        "four examples of three classes, as in the text",
        logits=np.array([[5.0, 1, 0], [4, 1, 0], [0, 1, 2], [1, 3, 2]]),
        labels=np.array([0, 0, 2, 2]),
    )
    yield Case("twenty-three examples of three classes", **some_logits(rng, 23, 3))
    few = some_logits(rng, 13, 5)
    few["labels"] = few["labels"] % 4
    few["logits"][:, 4] -= 50
    yield Case("a class that never comes", **few)
    yield Case("a batch of one", **some_logits(rng, 1, 3))


def confusion_with_a_loop(logits, labels):
    counts = np.zeros((logits.shape[1],) * 2, dtype=int)
    for z, label in zip(logits, labels, strict=True):
        counts[label, np.argmax(z)] += 1
    return counts


def confusion_with_one_hot(logits, labels):
    rows = np.eye(logits.shape[1], dtype=int)
    return rows[labels].T @ rows[logits.argmax(axis=1)]


def confusion_with_bincount(logits, labels):
    C = logits.shape[1]
    return np.bincount(labels * C + logits.argmax(1), minlength=C * C).reshape(C, C)


def lost_repeats(logits, labels):
    counts = np.zeros((logits.shape[1],) * 2, dtype=int)
    counts[labels, logits.argmax(axis=1)] += 1
    return counts


def as_many_as_labels(logits, labels):
    C = labels.max() + 1
    counts = confusion_matrix(logits, labels)
    return counts[:C, :C]


CONFUSION = Exercise(
    "confusion_matrix(logits, labels) -> confusion",
    points=2,
    reference=confusion_matrix,
    cases=confusion_cases,
    axes={"logits": "NC"},
    mistakes=[
        Mistake(
            "transposed",
            lambda z, y: confusion_matrix(z, y).T,
            "Rows and columns are exchanged. A row is what it was, a column what it "
            "was taken for.",
            "add up a row: it should be how often that class came.",
        ),
        Mistake(
            "lost_repeats",
            lost_repeats,
            "Every cell is 0 or 1: `counts[labels, taken_for] += 1` writes once to a "
            "cell that is named twice.",
            "use np.add.at, or a loop.",
        ),
        Mistake(
            "fractions",
            lambda z, y: confusion_matrix(z, y) / len(y),
            "These are shares of all examples. What is asked for are counts: shares "
            "hide how little there is to count.",
            "leave out the division.",
        ),
        Mistake(
            "row_fractions",
            lambda z, y: (
                confusion_matrix(z, y)
                / np.maximum(confusion_matrix(z, y).sum(1, keepdims=True), 1)
            ),
            "Each row is divided by its sum. That is the next exercise; here are "
            "counts.",
            "leave out the division.",
        ),
        Mistake(
            "too_small",
            as_many_as_labels,
            "The table is only as large as the largest label that came. There is a "
            "row and a column for each of the C logits.",
            "take C from logits.shape[1].",
        ),
        Mistake(
            "smallest",
            lambda z, y: confusion_matrix(-z, y),
            "Each example is taken for the class with its smallest logit.",
            "use argmax.",
        ),
        Mistake(
            "only_wrong",
            lambda z, y: confusion_matrix(z, y) * (1 - np.eye(z.shape[1], dtype=int)),
            "The diagonal is empty: the examples that are right are not counted.",
            "count all of them; the diagonal is what we divide next.",
        ),
        Mistake(
            "over_examples",
            lambda z, y: confusion_matrix(
                np.eye(z.shape[1])[np.resize(z.argmax(0) % z.shape[1], len(z))], y
            ),
            "The largest logit is looked for along the examples. It is the largest of "
            "each row, axis 1.",
            "logits.argmax(axis=1) has N entries.",
        ),
    ],
    alternatives=[
        confusion_with_a_loop,
        confusion_with_one_hot,
        confusion_with_bincount,
    ],
)


def per_class_recall(confusion):
    return np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)


def recall_cases(rng):
    yield Case(
        "three classes, as in the text",
        confusion=np.array([[8, 2, 0], [0, 5, 0], [1, 0, 3]]),
    )
    yield Case("five classes", confusion=rng.integers(1, 20, size=(5, 5)))
    rare = rng.integers(1, 20, size=(4, 4))
    rare[2] = 0
    yield Case("a class that never came", confusion=rare)
    lost = rng.integers(1, 20, size=(3, 3))
    lost[:, 1], lost[1] = 0, [4, 0, 3]
    yield Case("a class that was never guessed", confusion=lost)


def with_where(confusion):
    total = confusion.sum(axis=1)
    safe = np.where(total == 0, 1, total)
    return np.where(total == 0, 0.0, confusion.diagonal() / safe)


def recall_with_a_loop(confusion):
    shares = []
    for c, row in enumerate(confusion):
        shares.append(row[c] / row.sum() if row.sum() else 0.0)
    return np.array(shares)


def recall_with_divide(confusion):
    total = confusion.sum(axis=1)
    right = np.diagonal(confusion).astype(float)
    return np.divide(right, total, out=np.zeros(len(total)), where=total > 0)


def undivided(confusion):
    with np.errstate(invalid="ignore"):
        return np.diag(confusion) / confusion.sum(axis=1)


RECALL = Exercise(
    "per_class_recall(confusion) -> recall",
    points=1,
    reference=per_class_recall,
    cases=recall_cases,
    axes={"confusion": "CC"},
    mistakes=[
        Mistake(
            "precision_without_guard",
            lambda c: undivided(c.T),
            "Divided by how often a class was guessed: that is the precision, and NaN "
            "for a class that nobody guessed. Recall asks how many of those that came "
            "were recognized.",
            "divide by the sums of the rows, and by at least 1.",
        ),
        Mistake(
            "largest_of_the_row",
            lambda c: c.max(axis=1) / np.maximum(c.sum(axis=1), 1),
            "This is the largest entry of each row, right or not. Recognized is what "
            "stands on the diagonal.",
            "np.diag(confusion)",
        ),
        Mistake(
            "empty_is_one",
            lambda c: np.where(c.sum(axis=1) > 0, per_class_recall(c), 1.0),
            "A class that never came gets 1, as if all of it were recognized. Here "
            "nothing of nothing is 0.",
            "np.diag(confusion) / np.maximum(sums, 1) is 0 there.",
        ),
        Mistake(
            "precision",
            lambda c: np.diag(c) / np.maximum(c.sum(axis=0), 1),
            "Divided by how often a class was guessed: that is the precision. Recall "
            "asks how many of those that came were recognized.",
            "divide by the sums of the rows.",
        ),
        Mistake(
            "nan",
            undivided,
            "A class that never came gives 0 / 0. Nothing of it was recognized: 0.",
            "divide by at least 1: np.maximum(sums, 1).",
        ),
        Mistake(
            "of_all",
            lambda c: np.diag(c) / c.sum(),
            "Divided by all examples: a rare class can then never read well.",
            "divide by the sums of the rows.",
        ),
        Mistake(
            "accuracy",
            lambda c: np.trace(c) / c.sum(),
            "This is the accuracy, one number. It is what hides the rare class.",
            "return one number for each class.",
        ),
        Mistake(
            "counts",
            lambda c: np.diag(c),
            "These are counts of right answers, not shares.",
            "divide by the sums of the rows.",
        ),
        Mistake(
            "missed",
            lambda c: 1 - per_class_recall(c),
            "This is the share that was missed.",
            "take the diagonal itself.",
        ),
    ],
    alternatives=[with_where, recall_with_a_loop, recall_with_divide],
)

# ---- balanced_weights and weighted_cross_entropy


def balanced_weights(labels, n_classes):
    counts = np.bincount(labels, minlength=n_classes)
    return len(labels) / (n_classes * np.maximum(counts, 1)) * (counts > 0)


def weight_cases(rng):
    yield Case(
        "six labels of two classes, as in the text",
        labels=np.array([0, 0, 0, 0, 1, 1]),
        n_classes=2,
    )
    for note, n, c in (
        ("twenty-three labels of three classes", 23, 3),
        ("forty-one labels of five classes", 41, 5),
    ):
        labels = np.concatenate([np.arange(c), rng.integers(c, size=n - c) // 2])
        yield Case(note, labels=labels, n_classes=c)
    yield Case("a class that never comes", labels=np.array([0, 0, 2]), n_classes=4)


def weights_with_a_loop(labels, n_classes):
    weights = np.zeros(n_classes)
    for c in range(n_classes):
        count = (labels == c).sum()
        if count:
            weights[c] = len(labels) / count / n_classes
    return weights


def weights_with_divide(labels, n_classes):
    counts = (labels[:, None] == np.arange(n_classes)).sum(axis=0)
    shares = counts / len(labels)
    return np.divide(1 / n_classes, shares, out=np.zeros(n_classes), where=counts > 0)


def weights_with_unique(labels, n_classes):
    weights = np.zeros(n_classes)
    present, counts = np.unique(labels, return_counts=True)
    weights[present] = labels.size / counts / n_classes
    return weights


def per_count(counts):
    return (counts > 0) / np.maximum(counts, 1)


def weights_from(find):
    """Return wrong weights: ``find(counts, N, C)``, 0 where a class never comes."""

    def wrong(labels, n_classes):
        counts = np.bincount(labels, minlength=n_classes)
        return find(counts, len(labels), n_classes)

    return wrong


def too_short(labels, n_classes):
    counts = np.bincount(labels)
    return len(labels) / (n_classes * np.maximum(counts, 1)) * (counts > 0)


def weights_without_guard(labels, n_classes):
    with np.errstate(divide="ignore"):
        return len(labels) / (n_classes * np.bincount(labels, minlength=n_classes))


BALANCED = Exercise(
    "balanced_weights(labels, n_classes) -> weights",
    points=1,
    reference=balanced_weights,
    cases=weight_cases,
    axes={"labels": "N"},
    mistakes=[
        Mistake(
            "upside_down",
            weights_from(lambda n, N, C: n * C / N),
            "Common classes get the large weights. It should be the other way round: "
            "divide by the count.",
            "print the weight of the rarest class: it should be the largest.",
        ),
        Mistake(
            "one_over_count",
            weights_from(lambda n, N, C: per_count(n)),
            "1 / count: the right proportions, and not the right size. With it every "
            "step would be smaller by about the size of a class.",
            "multiply by N / C: weights are 1 where all classes are equally common.",
        ),
        Mistake(
            "without_classes",
            weights_from(lambda n, N, C: N * per_count(n)),
            "N / count: C times too large. Weights are 1 where all classes are equally "
            "common.",
            "divide by n_classes.",
        ),
        Mistake(
            "sum_to_one",
            weights_from(lambda n, N, C: per_count(n) / per_count(n).sum()),
            "The weights add up to 1. They should be 1 each where all classes are "
            "equally common.",
            "N / (n_classes * count)",
        ),
        Mistake(
            "sum_to_classes",
            weights_from(lambda n, N, C: C * per_count(n) / per_count(n).sum()),
            "The weights are made to add up to C. That is 1 each where all classes are "
            "equally common, but then rare ones pull all the others down.",
            "do not rescale them: N / (n_classes * count) alone.",
        ),
        Mistake(
            "present_classes",
            weights_from(lambda n, N, C: N / (n > 0).sum() * per_count(n)),
            "Divided by the number of classes that came, not by n_classes.",
            "use n_classes: it is the same number for every batch.",
        ),
        Mistake(
            "to_the_commonest",
            weights_from(lambda n, N, C: n.max() * per_count(n)),
            "Each class is compared with the commonest one, whose weight is then 1. "
            "Here 1 is the weight of an average class.",
            "divide N / n_classes, the average count, by each count.",
        ),
        Mistake(
            "root",
            weights_from(lambda n, N, C: np.sqrt(N / C * per_count(n))),
            "There is a root too much: a class that is four times as rare gets twice "
            "the weight, and its examples together only half of their due.",
            "leave out the root.",
        ),
        Mistake(
            "infinite",
            weights_without_guard,
            "A class that never comes gets an infinite weight, by dividing by 0. It "
            "has no examples to weigh: 0.",
            "divide by at least 1, and set the weight to 0 afterwards.",
        ),
        Mistake(
            "too_short_but_guarded",
            too_short,
            "There are only as many weights as the largest label needs. Each of the "
            "n_classes has one.",
            "np.bincount(labels, minlength=n_classes)",
        ),
        Mistake(
            "one_for_the_missing",
            lambda y, C: len(y) / (C * np.maximum(np.bincount(y, minlength=C), 1)),
            "A class that never comes gets a weight, as if it had come once. It has "
            "no examples to weigh: 0.",
            "multiply by counts > 0.",
        ),
        Mistake(
            "too_short",
            lambda y, C: len(y) / (C * np.maximum(np.bincount(y), 1)),
            "There are only as many weights as the largest label needs. Each of the "
            "n_classes has one.",
            "np.bincount(labels, minlength=n_classes)",
        ),
        Mistake(
            "for_each_row",
            lambda y, C: balanced_weights(y, C)[y],
            "This is one weight for each example. What is asked for is one for each "
            "class; whoever needs the others writes weights[labels].",
            "return (n_classes,).",
        ),
    ],
    alternatives=[weights_with_a_loop, weights_with_divide, weights_with_unique],
)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def weighted_cross_entropy(logits, labels, weights):
    rows, own = np.arange(len(labels)), weights[labels]
    loss = own @ per_example(logits, labels) / own.sum()
    dlogits = softmax(logits)
    dlogits[rows, labels] -= 1
    return loss, dlogits * (own / own.sum())[:, None]


def weighted_cases(rng):
    for note, n, c in (
        ("seven examples of three classes", 7, 3),
        ("thirteen examples of five classes", 13, 5),
        ("a batch of one", 1, 3),
    ):
        given = some_logits(rng, n, c)
        yield Case(note, **given, weights=rng.uniform(0.2, 4, size=c))
    given = some_logits(rng, 11, 4)
    given["logits"] = given["logits"] * 200
    yield Case("logits in the thousands", **given, weights=rng.uniform(0.2, 4, size=4))


def weighted(divide_loss="weights", divide_grad="weights", in_loss=1, in_grad=1):
    """Return a wrong version: what is divided by, and where the weights go in."""

    def wrong(logits, labels, weights):
        own, N = weights[labels], len(labels)
        ones = np.ones(N)
        by = {"weights": own.sum(), "N": N, "nothing": 1.0}
        loss = (own if in_loss else ones) @ per_example(logits, labels)
        d = softmax(logits)
        d[np.arange(N), labels] -= 1
        grad = d * (own if in_grad else ones)[:, None]
        return loss / by[divide_loss], grad / by[divide_grad]

    return wrong


def blamed(rows):
    """Return a version whose gradient is ``rows(probs, one_hot, weights)`` over Σw."""

    def wrong(logits, labels, weights):
        loss, _ = weighted_cross_entropy(logits, labels, weights)
        own, one_hot = weights[labels], np.eye(logits.shape[1])[labels]
        return loss, rows(softmax(logits), one_hot, own[:, None]) / own.sum()

    return wrong


def over_all_weights(logits, labels, weights):
    loss, dlogits = weighted_cross_entropy(logits, labels, weights)
    factor = weights[labels].sum() / weights.sum()
    return loss * factor, dlogits * factor


def columns_weighted(logits, labels, weights):
    loss, _ = weighted_cross_entropy(logits, labels, weights)
    d = softmax(logits)
    d[np.arange(len(labels)), labels] -= 1
    return loss, d * weights / weights[labels].sum()


def weights_outside(logits, labels, weights):
    loss, d = weighted_cross_entropy(logits, labels, weights)
    return -loss, -d


def weighted_with_a_loop(logits, labels, weights):
    total = sum(weights[label] for label in labels)
    loss, dlogits = 0.0, np.zeros(logits.shape)
    for n, label in enumerate(labels):
        share = weights[label] / total
        loss += share * (np.logaddexp.reduce(logits[n]) - logits[n, label])
        dlogits[n] = share * np.exp(logits[n] - np.logaddexp.reduce(logits[n]))
        dlogits[n, label] -= share
    return loss, dlogits


def weighted_with_one_hot(logits, labels, weights):
    onehot = np.eye(logits.shape[1])[labels]
    share = (onehot @ weights)[:, None] / (onehot @ weights).sum()
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    loss = -(share * onehot * log_probs).sum()
    return loss, share * (np.exp(log_probs) - onehot)


def weighted_by_parts(logits, labels, weights):
    own = np.take(weights, labels)
    own = own / np.sum(own)
    z = logits - np.max(logits, axis=1)[:, None]
    sums = np.exp(z).sum(axis=1)
    loss = np.sum(own * (np.log(sums) - np.choose(labels, z.T)))
    d = own[:, None] * np.exp(z) / sums[:, None]
    np.subtract.at(d, (np.arange(len(labels)), labels), own)
    return loss, d


WEIGHTED = Exercise(
    "weighted_cross_entropy(logits, labels, weights) -> loss, dlogits",
    points=4,
    reference=weighted_cross_entropy,
    cases=weighted_cases,
    axes={"logits": "NC"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            "weight_not_in_gradient",
            weighted(in_grad=0, divide_grad="N"),
            "The weights are in the loss and not in the gradient: the meter reads "
            "them, and the training never hears of them.",
            "multiply each row of dlogits by its example's weight.",
        ),
        Mistake(
            "weight_not_in_loss",
            weighted(in_loss=0, divide_loss="N"),
            "The weights are in the gradient and not in the loss. The two then belong "
            "to different functions.",
            "multiply each example's loss by its weight.",
        ),
        Mistake(
            "weighted_too_early",
            blamed(lambda p, hot, own: p * own - hot),
            "probs are weighted before the 1 of the label is taken off, so that 1 has "
            "no weight. The weight belongs to the whole row, probs minus one-hot.",
            "first probs[rows, labels] -= 1, then the product.",
        ),
        Mistake(
            "label_alone_weighted",
            blamed(lambda p, hot, own: p - hot * own),
            "Only the 1 of the label is weighted, and probs are not. The weight "
            "belongs to the whole row, probs minus one-hot.",
            "multiply every row by weights[labels][:, None].",
        ),
        Mistake(
            "no_one_hot",
            blamed(lambda p, hot, own: p * own),
            "The 1 of the label is never taken off: every logit is blamed for being "
            "there, and none is praised. A row of dlogits sums to 0.",
            "probs[rows, labels] -= 1 comes before the product.",
        ),
        Mistake(
            "no_weights",
            weighted(in_loss=0, in_grad=0, divide_loss="N", divide_grad="N"),
            "The weights play no part.",
            "weights[labels] is the weight of each example.",
        ),
        Mistake(
            "divided_by_N",
            weighted(divide_loss="N", divide_grad="N"),
            "Divided by N and not by the sum of the examples' weights: weights twice "
            "as large would then be a learning rate twice as large.",
            "divide by weights[labels].sum().",
        ),
        Mistake(
            "over_all_weights",
            over_all_weights,
            "Divided by the sum of the C weights, as if each class came once. Each "
            "example brings its own.",
            "divide by weights[labels].sum().",
        ),
        Mistake(
            "loss_by_N",
            weighted(divide_loss="N"),
            "The loss is divided by N, the gradient by the sum of the weights. Both "
            "need the sum of the weights.",
            "divide by weights[labels].sum().",
        ),
        Mistake(
            "gradient_by_N",
            weighted(divide_grad="N"),
            "The gradient is divided by N, the loss by the sum of the weights. Both "
            "need the sum of the weights.",
            "divide by weights[labels].sum().",
        ),
        Mistake(
            "summed",
            weighted(divide_loss="nothing", divide_grad="nothing"),
            "Nothing is divided: loss and gradient grow with the batch.",
            "divide by weights[labels].sum().",
        ),
        Mistake(
            "columns_weighted",
            columns_weighted,
            "The columns of dlogits are weighted, by what was guessed. The weight is "
            "that of the example's label, one for a whole row.",
            "multiply by weights[labels][:, None].",
        ),
        Mistake(
            "sign",
            weights_outside,
            "Loss and gradient have the opposite sign.",
            "the cross-entropy is minus the log of a probability.",
        ),
    ],
    alternatives=[weighted_with_a_loop, weighted_with_one_hot, weighted_by_parts],
)

EXERCISES = [
    HIGHEST_LOSSES,
    WRONG_LABELS,
    NEAR_DUPLICATES,
    GROUP_SPLIT,
    CONFUSION,
    RECALL,
    BALANCED,
    WEIGHTED,
]
