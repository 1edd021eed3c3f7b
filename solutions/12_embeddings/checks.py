"""The exercises of lesson 12: look words up, send blame back, and find neighbours."""

import numpy as np

from grader.exercises import Case, Exercise, Mistake

NO_PROBING = {
    "numerical_gradient": "a backward pass is a formula, and probing it twice an entry "
    "is a thousand times slower."
}
AXES = {"ids": "NK", "E": "VD"}

# ---- embedding_forward and embedding_backward


def embedding_forward(ids, E):
    return E[ids], (ids, E.shape)


def embedding_backward(dy, cache):
    ids, shape = cache
    dE = np.zeros(shape)
    np.add.at(dE, ids, dy)
    return dE


PAIR = {
    "embedding_forward": embedding_forward,
    "embedding_backward": embedding_backward,
}


def look_ups(rng):
    """Yield a note and inputs of embedding_forward; most repeat a token."""
    yield (
        "two tickets of two words, the first word twice",
        {
            "ids": np.array([[1, 1], [0, 2]]),
            "E": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
        },
    )
    for note, n, k, v, d in (
        ("seven tickets of three words out of eleven", 7, 3, 11, 5),
        ("one ticket of three words", 1, 3, 11, 5),
        ("seven tickets of one word", 7, 1, 5, 3),
    ):
        ids = rng.integers(v - 2, size=(n, k))  # the last two words are never said
        ids[0] = 1
        yield note, {"ids": ids, "E": rng.normal(size=(v, d))}


def forward_cases(rng):
    for note, inputs in look_ups(rng):
        yield Case(note, **inputs)


def backward_cases(rng):
    for note, inputs in look_ups(rng):
        dy = rng.normal(size=(*inputs["ids"].shape, inputs["E"].shape[1]))
        if note.startswith("two tickets"):
            dy = np.array(
                [[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], [[5.0] * 3, [7.0] * 3]]
            )
        yield Case(note, **inputs, dy=dy)


def one_hot_forward(ids, E):
    onehot = np.eye(len(E))[ids]
    return onehot @ E, (onehot, E)


def one_hot_backward(dy, cache):
    onehot, _ = cache
    return np.einsum("nkv,nkd->vd", onehot, dy)


def loop_forward(ids, E):
    y = np.empty((*ids.shape, E.shape[1]))
    for n in range(ids.shape[0]):
        for k in range(ids.shape[1]):
            y[n, k] = E[ids[n, k]]
    return y, (ids, E)


def loop_backward(dy, cache):
    ids, E = cache
    dE = np.zeros_like(E)
    for n in range(ids.shape[0]):
        for k in range(ids.shape[1]):
            dE[ids[n, k]] += dy[n, k]
    return dE


def ticket_by_ticket(ids, E):
    return np.stack([E[tokens] for tokens in ids]), (ids, E)


def flat_forward(ids, E):
    return np.take(E, ids.ravel(), axis=0).reshape(*ids.shape, -1), (ids, len(E))


def flat_backward(dy, cache):
    ids, V = cache
    flat = dy.reshape(-1, dy.shape[-1])
    return np.stack(
        [np.bincount(ids.ravel(), column, minlength=V) for column in flat.T], axis=1
    )


def word_by_word(dy, cache):
    ids, shape = cache
    return np.array([dy[ids == token].sum(axis=0) for token in range(shape[0])])


def transposed_forward(ids, E):
    return E[ids].transpose(1, 0, 2), (ids, E.shape)


FORWARD = Exercise(
    "weigh_look_up(embedding_forward, ids, E) -> y, memory",
    name="embedding_forward",
    points=1,
    reference=embedding_forward,
    cases=forward_cases,
    axes=AXES,
    mistakes=[
        Mistake(
            "one_hot",
            one_hot_forward,
            "The rows are right, and the way to them is a table of one-hot rows: V "
            "numbers for every word, all but one of them 0. For 50 000 words and 32 "
            "tickets that is 51 megabytes.",
            "index: E[ids] reads the rows and nothing else.",
        ),
        Mistake(
            "side_by_side",
            lambda ids, E: (E[ids].reshape(len(ids), -1), None),
            "The words of a ticket are laid side by side, (N, K D). y keeps one row "
            "for each word, (N, K, D).",
            "index with ids as it is, and leave out the reshape.",
        ),
        Mistake(
            "columns",
            lambda ids, E: (
                np.moveaxis(np.resize(E, (ids.max() + 1,) * 2)[:, ids], 0, -1),
                None,
            ),
            "Columns of E are taken. A token owns a row: E is (V, D), and the first "
            "axis counts the tokens.",
            "compare y[0, 0] with E[ids[0, 0]]: they should be equal.",
        ),
        Mistake(
            "next_row",
            lambda ids, E: (E[(ids + 1) % len(E)], (ids, E.shape)),
            "Every token gets the row after its own. Token numbers count from 0, as "
            "rows do.",
            "leave the numbers as they are: E[ids].",
        ),
        Mistake(
            "row_before",
            lambda ids, E: (E[ids - 1], (ids, E.shape)),
            "Every token gets the row before its own. Token numbers count from 0, as "
            "rows do.",
            "leave the numbers as they are: E[ids].",
        ),
        Mistake(
            "summed",
            lambda ids, E: (E[ids].sum(axis=1), (ids, E.shape)),
            "The words of a ticket are added up. y keeps one row for each word, "
            "(N, K, D); what is made of them comes later.",
            "print the shape of E[ids].",
        ),
        Mistake(
            "mean",
            lambda ids, E: (E[ids].mean(axis=1), (ids, E.shape)),
            "The words of a ticket are averaged. y keeps one row for each word, "
            "(N, K, D); the mean comes later, in the network.",
            "print the shape of E[ids].",
        ),
        Mistake(
            "flattened",
            lambda ids, E: (E[ids.ravel()], (ids, E.shape)),
            "The tickets are run together into (N K, D). y keeps both axes of ids, and "
            "adds D.",
            "index with ids as it is, with its two axes.",
        ),
        Mistake(
            "words_first",
            transposed_forward,
            "The words come before the tickets, (K, N, D). y keeps the axes of ids in "
            "their order.",
            "leave out the transpose.",
        ),
        Mistake(
            "lengths_one",
            lambda ids, E: (
                E[ids] / np.linalg.norm(E[ids], axis=2, keepdims=True),
                (ids, E.shape),
            ),
            "The rows are scaled to length 1. A look-up changes nothing; lengths are "
            "taken out when neighbours are compared.",
            "return the rows as they stand in E.",
        ),
    ],
    alternatives=[ticket_by_ticket, loop_forward, flat_forward],
)


def summed_where_it_was(find):
    """Return a wrong backward pass: ``find(dE, ids, dy)`` fills a table of zeros."""

    def wrong(dy, cache):
        ids, shape = cache
        dE = np.zeros(shape)
        result = find(dE, ids, dy)
        return dE if result is None else result

    return wrong


def lost_repeats(dE, ids, dy):
    dE[ids] += dy


def averaged(dE, ids, dy):
    np.add.at(dE, ids, dy)
    counts = np.bincount(ids.ravel(), minlength=len(dE))
    return dE / np.maximum(counts, 1)[:, None]


def to_everybody(dE, ids, dy):
    dE += dy.sum(axis=(0, 1))


def wrong_reshape(dE, ids, dy):
    np.add.at(dE, ids.ravel(), dy.reshape(dy.shape[2], -1).T)


def tickets_and_words_swapped(dE, ids, dy):
    np.add.at(dE, ids.T.ravel(), dy.reshape(-1, dy.shape[2]))


def first_word_only(dE, ids, dy):
    np.add.at(dE, ids[:, 0], dy[:, 0])


def once_a_ticket(dE, ids, dy):
    for n in range(len(ids)):
        dE[ids[n]] += dy[n]


def once_a_place(dE, ids, dy):
    for k in range(ids.shape[1]):
        dE[ids[:, k]] += dy[:, k]


def counts_only(dE, ids, dy):
    np.add.at(dE, ids, 1.0)


def divided_by_words(dE, ids, dy):
    np.add.at(dE, ids, dy / ids.shape[1])


def divided_by_tickets(dE, ids, dy):
    np.add.at(dE, ids, dy / len(ids))


def uphill(dE, ids, dy):
    np.add.at(dE, ids, -dy)


def said_words_only(dE, ids, dy):
    np.add.at(dE, ids, dy)
    return dE[np.unique(ids)]


def up_to_the_largest(dE, ids, dy):
    np.add.at(dE, ids, dy)
    return dE[: ids.max() + 1]


def not_gathered(dE, ids, dy):
    return dy.copy()


def all_ones(dE, ids, dy):
    return np.ones_like(dE)


def begun_with_ones(dE, ids, dy):
    dE += 1.0
    np.add.at(dE, ids, dy)


def words_first_in_dy(dE, ids, dy):
    np.add.at(dE, ids.ravel(), dy.transpose(1, 0, 2).reshape(-1, dy.shape[2]))


def numbers_before_words(dE, ids, dy):
    np.add.at(dE, ids.ravel(), dy.swapaxes(1, 2).reshape(-1, dy.shape[2]))


def ticket_summed(dE, ids, dy):
    np.add.at(dE, ids, np.broadcast_to(dy.sum(axis=1, keepdims=True), dy.shape))


def divided_by_places(dE, ids, dy):
    np.add.at(dE, ids, dy / ids.size)


def turned_over(dE, ids, dy):
    np.add.at(dE, ids, dy)
    return dE.T.copy()


def embedding_backward_by_sorting(dy, cache):
    ids, shape = cache
    order = np.argsort(ids, axis=None)
    tokens, starts = np.unique(ids.ravel()[order], return_index=True)
    dE = np.zeros(shape)
    dE[tokens] = np.add.reduceat(dy.reshape(ids.size, -1)[order], starts, axis=0)
    return dE


BACKWARD = Exercise(
    "embedding_backward(dy, cache) -> dE",
    points=3,
    formulas=("dE",),
    before=["embedding_forward(ids, E) -> y, cache"],
    reference=PAIR,
    cases=backward_cases,
    axes=AXES | {"dy": "NKD"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            id,
            summed_where_it_was(find),
            message,
            next_step,
        )
        for id, find, message, next_step in (
            (
                "lost_repeats",
                lost_repeats,
                "A token that appears twice gets its blame once. `dE[ids] += dy` reads "
                "all rows, adds, and writes them back, as `dE[ids] = dy` would: of two "
                "writes to one row the last one stays.",
                "take ids = [[1, 1]] and dy of ones: row 1 of dE should be 2.",
            ),
            (
                "once_a_ticket",
                once_a_ticket,
                "A token that appears twice in one ticket gets its blame once; in two "
                "tickets it gets both. The row is written once for each ticket.",
                "take ids = [[1, 1]] and dy of ones: row 1 of dE should be 2.",
            ),
            (
                "once_a_place",
                once_a_place,
                "A token that stands at the same place in two tickets gets its blame "
                "once. The rows are written once for each place.",
                "take ids = [[1], [1]] and dy of ones: row 1 of dE should be 2.",
            ),
            (
                "averaged",
                averaged,
                "The blame of a token's uses is averaged. Fan-out adds: a token used "
                "in three places is to blame for all three.",
                "leave out the division by the counts.",
            ),
            (
                "to_everybody",
                to_everybody,
                "Every row gets all the blame. Only the rows that were looked up had a "
                "part in y, each in its own places.",
                "look at a token that is not in ids: its row should be 0.",
            ),
            (
                "wrong_reshape",
                wrong_reshape,
                "dy is reshaped the wrong way: its numbers change owners. The last "
                "axis, D, has to stay the last.",
                "reshape dy to (N K, D), or leave it as it is: np.add.at takes ids "
                "with two axes.",
            ),
            (
                "swapped",
                tickets_and_words_swapped,
                "Tickets and words are exchanged: blame goes to the right words at "
                "the wrong places. ids is transposed and dy is not.",
                "flatten both in the same order, or neither.",
            ),
            (
                "first_word_only",
                first_word_only,
                "Only the first word of each ticket gets blame.",
                "use all K places: ids and dy as they are.",
            ),
            (
                "counts_only",
                counts_only,
                "Each row counts how often its token was used. What is added up is "
                "dy, the blame of each use.",
                "put dy where the 1 stands.",
            ),
            (
                "divided_by_words",
                divided_by_words,
                "The blame is divided by K. The 1/K of a mean belongs to the mean's "
                "own backward pass; here nothing was averaged.",
                "leave out the division.",
            ),
            (
                "divided_by_tickets",
                divided_by_tickets,
                "The blame is divided by N. The 1/N of the loss is in dy already.",
                "leave out the division.",
            ),
            (
                "sign",
                uphill,
                "Every entry has the opposite sign. The step subtracts; the backward "
                "pass does not turn blame round.",
                "leave out the minus.",
            ),
            (
                "said_words_only",
                said_words_only,
                "dE has rows only for the tokens that were said. A gradient has the "
                "shape of the array it belongs to, and E has V rows.",
                "return the whole table; the rest of its rows are 0.",
            ),
            (
                "up_to_the_largest",
                up_to_the_largest,
                "dE ends at the largest token of the batch. E has V rows, whether or "
                "not the last ones were said.",
                "keep the shape of E in the cache, and make dE of that shape.",
            ),
            (
                "not_gathered",
                not_gathered,
                "dE is dy itself, (N, K, D). It has to be the blame of each row of E, "
                "(V, D): add up what belongs to the same token.",
                "begin with zeros of the shape of E.",
            ),
            (
                "all_ones",
                all_ones,
                "Every entry of dE is 1, whatever comes from above. A look-up hands on "
                "the blame that arrives, dy, and only to the rows that were taken.",
                "double dy: dE should double too.",
            ),
            (
                "begun_with_ones",
                begun_with_ones,
                "Every entry is 1 too large: the table begins with ones, so words that "
                "were never said get blame.",
                "begin with np.zeros.",
            ),
            (
                "words_first_in_dy",
                words_first_in_dy,
                "dy is turned to (K, N, D) before it is flattened, and ids is not: "
                "blame goes to other words.",
                "flatten both in the same order, or neither.",
            ),
            (
                "numbers_before_words",
                numbers_before_words,
                "K and D of dy are exchanged before it is flattened, so a row of it "
                "mixes the blame of several words.",
                "the last axis of dy, D, has to stay the last.",
            ),
            (
                "ticket_summed",
                ticket_summed,
                "Each word gets the blame of its whole ticket. dy has a row for every "
                "place; a word is to blame for its own places only.",
                "leave out the sum over the words.",
            ),
            (
                "divided_by_places",
                divided_by_places,
                "The blame is divided by N K, the number of places. Nothing was "
                "averaged here; dy is what each place is to blame for.",
                "leave out the division.",
            ),
            (
                "transposed",
                turned_over,
                "dE is transposed, (D, V). A gradient has the shape of the array it "
                "belongs to, and a token owns a row of E.",
                "leave out the transpose.",
            ),
        )
    ],
    alternatives=[
        {"embedding_forward": one_hot_forward, "embedding_backward": one_hot_backward},
        {"embedding_forward": loop_forward, "embedding_backward": loop_backward},
        {"embedding_forward": flat_forward, "embedding_backward": flat_backward},
        word_by_word,
        embedding_backward_by_sorting,
    ],
)

# ---- nearest


def nearest(E, i, k):
    directions = E / np.linalg.norm(E, axis=1, keepdims=True)
    order = np.argsort(-(directions @ directions[i]))
    return order[order != i][:k]


def nearest_cases(rng):
    yield Case(
        "four tokens, as in the text",
        E=np.array([[1.0, 0.0], [5.0, 5.0], [2.0, 0.1], [-1.0, 0.0]]),
        i=0,
        k=2,
    )
    for note, V, D, i, k in (
        ("eleven tokens of five numbers", 11, 5, 3, 4),
        ("the last token", 11, 5, 10, 3),
        ("seven tokens of two numbers, and all of the others", 7, 2, 2, 6),
        ("one neighbour", 13, 3, 0, 1),
    ):
        lengths = np.exp(rng.normal(0, 1.2, size=(V, 1)))
        yield Case(note, E=rng.normal(size=(V, D)) * lengths, i=i, k=k)


def cosines(E, i):
    return E @ E[i] / (np.linalg.norm(E, axis=1) * np.linalg.norm(E[i]))


def ranked(scores, i, k):
    return np.array([j for j in np.argsort(-scores) if j != i][:k])


def one_short(E, i, k):
    directions = E / np.linalg.norm(E, axis=1, keepdims=True)
    order = np.argsort(-(directions @ directions[i]))[:k]
    return order[order != i]


def by_distance_of_directions(E, i, k):
    directions = E / np.sqrt((E * E).sum(axis=1))[:, None]
    apart = ((directions - directions[i]) ** 2).sum(axis=1)
    apart[i] = np.inf
    return np.argsort(apart)[:k]


def with_a_loop(E, i, k):
    def cosine(j):
        return E[i] @ E[j] / np.sqrt((E[i] @ E[i]) * (E[j] @ E[j]))

    others = sorted((j for j in range(len(E)) if j != i), key=cosine, reverse=True)
    return np.array(others[:k])


def with_infinity(E, i, k):
    scores = cosines(E, i)
    scores[i] = -np.inf
    return scores.argsort()[::-1][:k]


def zeroed_itself(E, i, k):
    scores = cosines(E, i)
    scores[i] = 0.0
    return np.argsort(-scores)[:k]


NEAREST = Exercise(
    "nearest(E, i, k) -> indices",
    points=2,
    reference=nearest,
    cases=nearest_cases,
    axes={"E": "VD"},
    mistakes=[
        Mistake(
            "one_short",
            one_short,
            "There are k - 1 tokens: the first k are taken, and i, which is one of "
            "them, is left out afterwards.",
            "leave i out first, then take k.",
        ),
        Mistake(
            "squared_lengths",
            lambda E, i, k: ranked(
                (E / (E * E).sum(axis=1, keepdims=True)) @ E[i], i, k
            ),
            "The rows are divided by their squared lengths: long rows lose. A length "
            "is the root of the sum of squares.",
            "np.linalg.norm(E, axis=1, keepdims=True).",
        ),
        Mistake(
            "not_normalized",
            lambda E, i, k: ranked(E @ E[i], i, k),
            "Long rows win: the dot product is not divided by the lengths. A word that "
            "is said often has a long row and would be everybody's neighbour.",
            "multiply one row of E by 100: the neighbours should stay the same.",
        ),
        Mistake(
            "first_dropped",
            lambda E, i, k: np.argsort(-(E @ E[i]))[1 : k + 1],
            "Two causes: lengths are not divided out, so long rows win; and the first "
            "of the order is dropped as if it were i, which a long row may beat.",
            "divide every row by its length first, then see whether i comes first.",
        ),
        Mistake(
            "by_token_number",
            lambda E, i, k: np.sort(nearest(E, i, k)),
            "The right tokens, in the order of their numbers. What is asked for is the "
            "order of their cosines, the largest first.",
            "use np.argsort on the cosines, and sort nothing after it.",
        ),
        Mistake(
            "itself",
            lambda E, i, k: np.argsort(-cosines(E, i))[:k],
            "The token itself comes first. Everybody is their own nearest neighbour; "
            "that is no news.",
            "leave i out before you take the first k.",
        ),
        Mistake(
            "itself_to_the_end",
            lambda E, i, k: np.argsort(cosines(E, i))[::-1][: k + 1],
            "There is one index too many, and the token itself is the first.",
            "leave i out, then take the first k.",
        ),
        Mistake(
            "farthest",
            lambda E, i, k: ranked(-cosines(E, i), i, k),
            "These are the farthest: argsort begins with the smallest, and the largest "
            "cosine is the nearest.",
            "sort by the cosine with a minus, or read the order from its end.",
        ),
        Mistake(
            "euclidean",
            lambda E, i, k: ranked(-((E - E[i]) ** 2).sum(axis=1), i, k),
            "These are nearest by distance, so length counts. Here only the direction "
            "does.",
            "divide every row by its length first.",
        ),
        Mistake(
            "absolute",
            lambda E, i, k: ranked(np.abs(cosines(E, i)), i, k),
            "A row that points the opposite way counts as near. The sign of the cosine "
            "tells the two apart.",
            "leave out the absolute value.",
        ),
        Mistake(
            "zeroed_itself",
            zeroed_itself,
            "The token itself is set to a cosine of 0, so it still comes before those "
            "that point away.",
            "set it to -np.inf, or leave i out of the order.",
        ),
        Mistake(
            "columns_normalized",
            lambda E, i, k: ranked(
                (E / np.linalg.norm(E, axis=0)) @ (E / np.linalg.norm(E, axis=0))[i],
                i,
                k,
            ),
            "The lengths are taken of the columns. A token is a row: its length goes "
            "over axis 1.",
            "take np.linalg.norm(E, axis=1, keepdims=True).",
        ),
        Mistake(
            "cosines",
            lambda E, i, k: np.sort(np.delete(cosines(E, i), i))[::-1][:k],
            "These are the cosines, not the tokens they belong to.",
            "use np.argsort in the place of np.sort.",
        ),
        Mistake(
            "nearest_last",
            lambda E, i, k: ranked(cosines(E, i), i, k)[::-1],
            "The right tokens, in the opposite order: the nearest comes first.",
            "turn the result round.",
        ),
        Mistake(
            "places_shifted",
            lambda E, i, k: np.argsort(-np.delete(cosines(E, i), i))[:k],
            "Tokens after i are off by one: row i was deleted before sorting, so those "
            "behind it moved up.",
            "sort first, and leave i out of the order afterwards.",
        ),
    ],
    alternatives=[by_distance_of_directions, with_a_loop, with_infinity],
)

# ---- cbow_step


def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = powers / powers.sum(axis=1, keepdims=True)
    loss = -np.log(probs[rows, labels]).mean()
    probs[rows, labels] -= 1
    return loss, probs / len(labels)


def gradients(params, ids, targets, mean=True, scatter=None, share=True):
    """Return the loss and the gradients, with parts of the pass replaced."""
    E, W, b = params["E"], params["W"], params["b"]
    y = E[ids]
    h = y.mean(axis=1) if mean else y.sum(axis=1)
    loss, dlogits = softmax_cross_entropy(h @ W + b, targets)
    dh = dlogits @ W.T
    part = dh / ids.shape[1] if share else dh
    dy = np.repeat(part[:, None, :], ids.shape[1], axis=1)
    dE = np.zeros(E.shape)
    if scatter is None:
        np.add.at(dE, ids, dy)
    else:
        scatter(dE, ids, dy)
    return loss, {"E": dE, "W": h.T @ dlogits, "b": dlogits.sum(axis=0)}


def step(params, grads, learning_rate):
    return {name: w - learning_rate * grads[name] for name, w in params.items()}


def cbow_step(params, ids, targets, learning_rate):
    loss, grads = gradients(params, ids, targets)
    return step(params, grads, learning_rate), loss


def cbow_cases(rng):
    for note, n, k, v, d in (
        ("seven tickets of three words out of eleven", 7, 3, 11, 5),
        ("one ticket", 1, 3, 11, 5),
        ("thirteen tickets of two words out of five", 13, 2, 5, 3),
    ):
        ids = rng.integers(v, size=(n, k))
        ids[0] = 1
        params = {
            "E": rng.normal(size=(v, d)),
            "W": rng.normal(size=(d, v)),
            "b": rng.normal(size=v),
        }
        targets = rng.integers(v, size=n)
        yield Case(note, params=params, ids=ids, targets=targets, learning_rate=0.3)


def changed(**how):
    """Return a wrong step whose gradients are found another way."""

    def wrong(params, ids, targets, learning_rate):
        loss, grads = gradients(params, ids, targets, **how)
        return step(params, grads, learning_rate), loss

    return wrong


def with_grads(change):
    """Return a wrong step: ``change(grads, ids)`` says which gradients differ."""

    def wrong(params, ids, targets, learning_rate):
        loss, grads = gradients(params, ids, targets)
        return step(params, grads | change(grads, ids), learning_rate), loss

    return wrong


def b_not_added(params, ids, targets, learning_rate):
    without = params | {"b": np.zeros(len(params["b"]))}
    loss, grads = gradients(without, ids, targets)
    return step(params, grads, learning_rate), loss


def loss_afterwards(params, ids, targets, learning_rate):
    params, _ = cbow_step(params, ids, targets, learning_rate)
    return params, gradients(params, ids, targets)[0]


def W_moved_first(params, ids, targets, learning_rate):
    loss, grads = gradients(params, ids, targets)
    moved = params | {"W": params["W"] - learning_rate * grads["W"]}
    E = params["E"][ids]
    h = E.mean(axis=1)
    _, dlogits = softmax_cross_entropy(h @ params["W"] + params["b"], targets)
    dh = dlogits @ moved["W"].T / ids.shape[1]
    dE = np.zeros(params["E"].shape)
    np.add.at(dE, ids, np.repeat(dh[:, None], ids.shape[1], axis=1))
    return step(params, grads | {"E": dE}, learning_rate), loss


def with_blame(spread):
    """Return a wrong step: ``spread(dh, N, K)`` hands dh to the words, (N, K, D)."""

    def wrong(params, ids, targets, learning_rate):
        loss, grads = gradients(params, ids, targets)
        h = params["E"][ids].mean(axis=1)
        _, dlogits = softmax_cross_entropy(h @ params["W"] + params["b"], targets)
        dE = np.zeros(params["E"].shape)
        np.add.at(dE, ids, spread(dlogits @ params["W"].T, *ids.shape))
        return step(params, grads | {"E": dE}, learning_rate), loss

    return wrong


share_of_tickets = with_blame(lambda dh, N, K: np.repeat(dh[:, None] / N, K, axis=1))
tiled = with_blame(lambda dh, N, K: np.tile(dh / K, (K, 1)).reshape(N, K, -1))


def in_place(params, ids, targets, learning_rate):
    loss, grads = gradients(params, ids, targets)
    for name in params:
        params[name] -= learning_rate * grads[name]
    return params, loss


def grads_for_params(params, ids, targets, learning_rate):
    loss, grads = gradients(params, ids, targets)
    return grads, loss


def step_with_one_hot(params, ids, targets, learning_rate):
    bags = np.eye(len(params["E"]))[ids].mean(axis=1)
    h = bags @ params["E"]
    loss, dlogits = softmax_cross_entropy(h @ params["W"] + params["b"], targets)
    grads = {
        "E": bags.T @ (dlogits @ params["W"].T),
        "W": h.T @ dlogits,
        "b": dlogits.sum(axis=0),
    }
    return step(params, grads, learning_rate), loss


def step_by_ticket(params, ids, targets, learning_rate):
    total, sums = 0.0, {name: np.zeros(w.shape) for name, w in params.items()}
    for n in range(len(ids)):
        loss, grads = gradients(params, ids[n : n + 1], targets[n : n + 1])
        total += loss / len(ids)
        for name in sums:
            sums[name] += grads[name] / len(ids)
    return step(params, sums, learning_rate), total


def step_by_hand(params, ids, targets, learning_rate):
    E, W, b = params["E"], params["W"], params["b"]
    h = sum(E[ids[:, k]] for k in range(ids.shape[1])) / ids.shape[1]
    loss, dlogits = softmax_cross_entropy(h @ W + b, targets)
    new = E.copy()
    for k in range(ids.shape[1]):
        np.subtract.at(new, ids[:, k], learning_rate * (dlogits @ W.T) / ids.shape[1])
    new_W = W - learning_rate * np.einsum("nd,nv->dv", h, dlogits)
    return {"E": new, "W": new_W, "b": b - learning_rate * dlogits.sum(0)}, loss


CBOW = Exercise(
    "cbow_step(params, ids, targets, learning_rate) -> params, loss",
    points=4,
    reference=cbow_step,
    cases=cbow_cases,
    axes={"ids": "NK"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            "summed_words",
            changed(mean=False, share=False),
            "The words of a ticket are added up, and the network takes their mean.",
            "h = y.mean(axis=1); the blame of each word is then dh / K.",
        ),
        Mistake(
            "whole_share",
            changed(share=False),
            "Each word gets the whole blame of the mean. Of a mean over K words each "
            "word is to blame for one K-th.",
            "divide dh by K before you hand it to the K words.",
        ),
        Mistake(
            "summed_forward_only",
            changed(mean=False),
            "The loss is of the sum of the words; the way back divides as if it were "
            "their mean.",
            "use the mean in the forward pass too.",
        ),
        Mistake(
            "lost_repeats",
            changed(scatter=lost_repeats),
            "E moves too little where a word appears more than once in the batch: its "
            "blame is written, not added.",
            "use your embedding_backward.",
        ),
        Mistake(
            "uphill",
            lambda p, i, t, r: cbow_step(p, i, t, -r),
            "The parameters move uphill: the loss grows. An update subtracts.",
            "w - learning_rate * dw, for each of the three.",
        ),
        Mistake(
            "E_frozen",
            with_grads(lambda g, ids: {"E": 0.0}),
            "E stays as it is: no blame reaches the words. W and b alone can lower the "
            "loss a little, with random embeddings.",
            "send dh through the mean and through embedding_backward.",
        ),
        Mistake(
            "b_frozen",
            with_grads(lambda g, ids: {"b": 0.0}),
            "b stays as it is. It is a parameter too, and its gradient is the sum of "
            "dlogits over the tickets.",
            "go through all names in params.",
        ),
        Mistake(
            "W_frozen",
            with_grads(lambda g, ids: {"W": 0.0}),
            "W stays as it is. Its gradient is h.T @ dlogits.",
            "go through all names in params.",
        ),
        Mistake(
            "only_E",
            with_grads(lambda g, ids: {"W": 0.0, "b": 0.0}),
            "Only E moves. W and b are parameters too.",
            "go through all names in params.",
        ),
        Mistake(
            "divided_again",
            with_grads(lambda g, ids: {n: dw / len(ids) for n, dw in g.items()}),
            "Every step is N times too small: the gradients are divided by N, and the "
            "1/N of the loss is in dlogits already.",
            "leave out the division.",
        ),
        Mistake(
            "times_N",
            with_grads(lambda g, ids: {n: dw * len(ids) for n, dw in g.items()}),
            "Every step is N times too large: the 1/N of the loss is lost on the way.",
            "use dlogits as softmax_cross_entropy returns it.",
        ),
        Mistake(
            "no_learning_rate",
            lambda p, i, t, r: cbow_step(p, i, t, 1.0),
            "The step is the whole gradient: learning_rate is not used.",
            "w - learning_rate * dw, for each of the three.",
        ),
        Mistake(
            "b_not_added",
            b_not_added,
            "b has no part in the logits: the network guesses without it, and its "
            "gradient is that of another network.",
            "logits = h @ W + b.",
        ),
        Mistake(
            "b_mean",
            with_grads(lambda g, ids: {"b": g["b"] / len(ids)}),
            "b moves N times too little: its gradient is a mean over the tickets, and "
            "the 1/N of the loss is in dlogits already.",
            "take the sum of dlogits over axis 0.",
        ),
        Mistake(
            "share_of_tickets",
            share_of_tickets,
            "dh is divided by N, the tickets, in the place of K, the words of one "
            "ticket. The mean was taken over the words.",
            "divide dh by ids.shape[1].",
        ),
        Mistake(
            "tiled",
            tiled,
            "Blame goes to the words of other tickets: np.tile puts the whole batch "
            "one after the other K times, and a reshape then mixes the tickets.",
            "np.repeat(dh[:, None, :] / K, K, axis=1) keeps each ticket's own.",
        ),
        Mistake(
            "loss_afterwards",
            loss_afterwards,
            "The loss is that after the step. Return the one that the blame came from.",
            "keep the loss of the forward pass.",
        ),
        Mistake(
            "W_moved_first",
            W_moved_first,
            "dh is taken with the W that has moved already. First all blame, then the "
            "update.",
            "compute all three gradients before the first subtraction.",
        ),
        Mistake(
            "mutates_input",
            in_place,
            "The arrays in params are changed in place: `-=` writes into the caller's "
            "array, and nobody can go back to it.",
            "make a new dict of new arrays.",
        ),
        Mistake(
            "grads",
            grads_for_params,
            "These are the gradients. What is asked for are the parameters after the "
            "step.",
            "return w - learning_rate * dw for each name.",
        ),
        Mistake(
            "swapped",
            lambda p, i, t, r: cbow_step(p, i, t, r)[::-1],
            "The loss comes first. The order is params, loss.",
            "exchange the two in the return.",
        ),
    ],
    alternatives=[step_with_one_hot, step_by_ticket, step_by_hand],
)

EXERCISES = [FORWARD, BACKWARD, NEAREST, CBOW]
