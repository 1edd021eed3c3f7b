"""The exercises of lesson 1: a loss, the softmax, and what each mistake looks like."""

import numpy as np

from grader.exercises import Case, Exercise, Mistake

# ---- mse


def mse(predictions, targets):
    return float(np.mean((predictions - targets) ** 2))


def mse_cases(rng):
    def pair(n):
        return {
            "predictions": rng.normal(0, 3, size=n),
            "targets": rng.normal(0, 3, size=n) + 5,
        }

    yield Case(
        "three readings",
        predictions=np.array([-71.0, -60.0, -55.0]),
        targets=np.array([-70.0, -64.0, -55.0]),
    )
    yield Case("seven readings", **pair(7))
    yield Case("a batch of one", **pair(1))
    yield Case("thirteen readings", **pair(13))
    large = pair(5)
    large["predictions"] = large["predictions"] + 1e6
    yield Case("predictions near a million", **large)


def mse_with_a_loop(predictions, targets):
    total = 0.0
    for prediction, target in zip(predictions, targets, strict=True):
        total += (target - prediction) ** 2
    return total / len(targets)


def mse_with_a_product(predictions, targets):
    error = targets - predictions
    return error @ error / error.size


def mse_from_the_norm(predictions, targets):
    return np.linalg.norm(predictions - targets) ** 2 / predictions.shape[0]


def mse_of_a_table(predictions, targets):
    return float(np.mean((predictions[:, None] - targets) ** 2))


MSE = Exercise(
    "mse(predictions, targets) -> loss",
    points=2,
    reference=mse,
    cases=mse_cases,
    axes={"predictions": "N", "targets": "N"},
    mistakes=[
        Mistake(
            "sum",
            lambda p, t: np.sum((p - t) ** 2),
            "The squared errors are added up and not averaged: the loss grows with the "
            "number of examples, whether or not the predictions get worse.",
            "compare the loss of one batch with the loss of that batch repeated twice.",
        ),
        Mistake(
            "half",
            lambda p, t: np.mean((p - t) ** 2) / 2,
            "The loss is half of the mean squared error. Some books put 1/2 in front "
            "to make the derivative tidy; this course does not.",
            "take one example that is off by 3: its loss here is 9.",
        ),
        Mistake(
            "root",
            lambda p, t: np.sqrt(np.mean((p - t) ** 2)),
            "The loss is the square root of the mean squared error (RMSE).",
            "take one example that is off by 3: its loss here is 9, and its root is 3.",
        ),
        Mistake(
            "absolute",
            lambda p, t: np.mean(np.abs(p - t)),
            "The errors are averaged without their squares (mean absolute error).",
            "take one example that is off by 3: its loss here is 9.",
        ),
        Mistake(
            "not_squared",
            lambda p, t: np.mean(p - t),
            "The errors are averaged with their signs, so that too high and too low "
            "cancel.",
            "try predictions [1, 3] for targets [2, 2]: is nothing wrong there?",
        ),
        Mistake(
            "absolute_sum",
            lambda p, t: np.sum(np.abs(p - t)),
            "The errors are added up without their squares.",
            "take two examples, each off by 3: their loss here is 9.",
        ),
        Mistake(
            "norm",
            lambda p, t: np.linalg.norm(p - t),
            "This is the root of the summed squares, the length of the error; the "
            "loss is the mean of the squares.",
            "take two examples, each off by 3: their loss here is 9.",
        ),
        Mistake(
            "half_sum",
            lambda p, t: np.sum((p - t) ** 2) / 2,
            "The squared errors are added up and halved; they have to be averaged. "
            "The 2 is not the number of examples.",
            "compare the loss of one batch with the loss of that batch repeated twice.",
        ),
        Mistake(
            "doubled",
            lambda p, t: np.mean((p - t) * 2),
            "The errors are multiplied by 2, not squared. A square is `** 2`.",
            "take one example that is off by 3: its loss here is 9.",
        ),
        Mistake(
            "difference_of_squares",
            lambda p, t: np.mean(p**2 - t**2),
            "Predictions and targets are squared first and subtracted then. First the "
            "error, then its square.",
            "write (predictions - targets) in brackets, and square the bracket.",
        ),
        Mistake(
            "square_of_one",
            lambda p, t: np.mean(p - t**2),
            "Only the targets are squared: `**` binds more strongly than `-`.",
            "write (predictions - targets) in brackets, and square the bracket.",
        ),
        Mistake(
            "variance",
            lambda p, t: np.var(p - t),
            "This is how much the errors spread. A model that is always off by 3 has "
            "no spread, and is wrong all the same.",
            "leave out the subtracted mean: square the errors as they are.",
        ),
        Mistake(
            "one_less",
            lambda p, t: np.sum((p - t) ** 2) / (len(p) - 1),
            "The sum is divided by N - 1; the mean divides by N.",
            "try a batch of one.",
        ),
        Mistake(
            "largest",
            lambda p, t: np.max((p - t) ** 2),
            "This is the largest squared error; the loss is their mean, so that "
            "every example counts.",
            "try errors of 1, 4 and 0: the mean of the squares is 17/3.",
        ),
        Mistake(
            "sign",
            lambda p, t: -np.mean((p - t) ** 2),
            "The loss is negative. Squares are at least 0, and so is their mean: 0 "
            "says that nothing is wrong.",
            "look for a minus sign in front of the mean.",
        ),
        Mistake(
            "square_of_mean",
            lambda p, t: np.mean(p - t) ** 2,
            "The mean is squared; the squares have to be averaged. Errors of opposite "
            "signs cancel before they are squared.",
            "try predictions [1, 3] for targets [2, 2]: is nothing wrong there?",
        ),
        Mistake(
            "broadcast",
            mse_of_a_table,
            "A column of shape (N, 1) met a row of shape (N,): every prediction was "
            "compared with every target, in an N by N table.",
            "print the shape of predictions - targets; it is (N,).",
        ),
    ],
    alternatives=[mse_with_a_loop, mse_with_a_product, mse_from_the_norm],
)

# ---- softmax


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def logits_cases(rng):
    yield Case("two clients", logits=np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]))
    yield Case("seven clients, eleven classes", logits=rng.normal(0, 2, size=(7, 11)))
    yield Case("a batch of one", logits=rng.normal(0, 2, size=(1, 5)))
    yield Case("logits near 1000", logits=1000 + rng.normal(0, 2, size=(3, 5)))
    yield Case(
        "one row of large logits beside one of small ones",
        logits=np.array([[0.0, 0, 0], [1000.0, 0, 0]]) + rng.normal(0, 1, size=(2, 3)),
    )
    yield Case("logits near -1000", logits=-1000 + rng.normal(0, 2, size=(3, 5)))


def softmax_row_by_row(logits):
    probs = np.zeros_like(logits)
    for row, scores in enumerate(logits):
        powers = np.exp(scores - max(scores))
        probs[row] = powers / sum(powers)
    return probs


def softmax_through_the_log(logits):
    top = logits.max(axis=1)[:, None]
    log_sum = top + np.log(np.exp(logits - top).sum(axis=1))[:, None]
    return np.exp(logits - log_sum)


def softmax_transposed(logits):
    powers = np.exp((logits.T - logits.max(axis=1)).T)
    return (powers.T / np.einsum("nc->n", powers)).T


def softmax_in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def softmax_over_columns(logits):
    powers = np.exp(logits - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def softmax_unshifted(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def softmax_over_columns_unshifted(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=0)


def softmax_without_keepdims(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1)


def softmax_divided_by_the_largest(logits):
    powers = np.exp(logits / logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_global_shift(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_over_the_largest(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.max(axis=1, keepdims=True)


def softmax_of_everything(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def softmax_of_everything_unshifted(logits):
    return np.exp(logits) / np.exp(logits).sum()


SOFTMAX = Exercise(
    "softmax(logits) -> probs",
    points=3,
    reference=softmax,
    cases=logits_cases,
    axes={"logits": "NC"},
    mistakes=[
        Mistake(
            "columns",
            softmax_over_columns,
            "The columns sum to 1. Each row is one client, so each row has to sum to "
            "1: the classes lie along axis 1.",
            "print probs.sum(axis=1); every entry is 1.",
        ),
        Mistake(
            "columns_unshifted",
            softmax_over_columns_unshifted,
            "The columns sum to 1. Each row is one client, so each row has to sum to "
            "1: the classes lie along axis 1.",
            "print probs.sum(axis=1); every entry is 1.",
        ),
        Mistake(
            "no_keepdims",
            softmax_without_keepdims,
            "One number a row has shape (N,), and NumPy lays it along the classes, "
            "where it does not fit. A column of shape (N, 1) fits.",
            "give max and sum both: axis=1, keepdims=True.",
        ),
        Mistake(
            "not_divided",
            np.exp,
            "These are the powers; nothing makes them sum to 1.",
            "divide each row by its own sum.",
        ),
        Mistake(
            "no_exp",
            lambda z: z / z.sum(axis=1, keepdims=True),
            "The logits are divided by their sum, without e to the power of each. "
            "Logits can be negative, or sum to 0; probabilities cannot.",
            "take np.exp of each logit first; a power of e is always above 0.",
        ),
        Mistake(
            "opposite",
            lambda z: softmax(-z),
            "The smallest logit gets the largest probability: a sign is turned.",
            "look at [1, 2, 3]: the last of them wins.",
        ),
        Mistake(
            "divided_by_max",
            softmax_divided_by_the_largest,
            "Each row is divided by its largest logit. Subtract it: a difference "
            "cancels in the fraction, a quotient does not.",
            "try [1, 2, 3]: the answer is about [0.090, 0.245, 0.665].",
        ),
        Mistake(
            "no_shift",
            softmax_unshifted,
            "e to the 1000 is more than a float can hold, so large logits give NaN. "
            "Subtract each row's largest logit first: it cancels in the fraction.",
            "try np.exp(710) and np.exp(709).",
        ),
        Mistake(
            "global_shift",
            softmax_global_shift,
            "One largest logit is subtracted from the whole batch. Beside a row with "
            "large logits every power of the other row becomes 0, and 0/0 is NaN.",
            "subtract each row's own largest: max(axis=1, keepdims=True).",
        ),
        Mistake(
            "over_the_largest",
            softmax_over_the_largest,
            "The powers are divided by the largest of them and not by their sum, so "
            "the winner always gets 1.",
            "print probs.sum(axis=1); every entry is 1.",
        ),
        Mistake(
            "whole_table",
            softmax_of_everything,
            "The whole table sums to 1; each row has to.",
            "print probs.sum(axis=1); every entry is 1.",
        ),
        Mistake(
            "whole_table_unshifted",
            softmax_of_everything_unshifted,
            "The whole table sums to 1; each row has to.",
            "print probs.sum(axis=1); every entry is 1.",
        ),
        Mistake(
            "mutates_input",
            softmax_in_place,
            "The numbers are right, and the caller's logits are changed on the way: "
            "`-=` works on the array that came in.",
            "write `shifted = logits - ...`, which makes a new array.",
        ),
    ],
    alternatives=[softmax_row_by_row, softmax_through_the_log, softmax_transposed],
)

# ---- cross_entropy


def log_probs(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def picked(table, labels):
    return table[np.arange(len(labels)), labels]


def cross_entropy(logits, labels):
    return float(-picked(log_probs(logits), labels).mean())


def labelled_cases(rng):
    def scored(n, c, scale=2.0):
        return {
            "logits": rng.normal(0, scale, size=(n, c)),
            "labels": rng.integers(0, c, size=n),
        }

    yield Case(
        "two clients",
        logits=np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]]),
        labels=np.array([0, 2]),
    )
    yield Case("seven clients, eleven classes", **scored(7, 11))
    yield Case("a batch of one", **scored(1, 5))
    yield Case("thirteen clients, five classes", **scored(13, 5))
    sure = scored(3, 5, scale=1.0)
    sure["logits"][np.arange(3), sure["labels"]] -= 60
    yield Case("three clients, each sure of the wrong class", **sure)
    far = scored(3, 5)
    far["logits"] = far["logits"] + 2000
    yield Case("logits near 2000", **far)


def cross_entropy_with_a_loop(logits, labels):
    total = 0.0
    for scores, label in zip(logits, labels, strict=True):
        top = max(scores)
        total += top + np.log(np.sum(np.exp(scores - top))) - scores[label]
    return total / len(labels)


def cross_entropy_with_one_hot(logits, labels):
    one_hot = np.eye(logits.shape[1])[labels]
    return -np.sum(one_hot * log_probs(logits)) / len(labels)


def cross_entropy_with_logaddexp(logits, labels):
    log_sum = np.logaddexp.reduce(logits, axis=1)
    return np.mean(log_sum - picked(logits, labels))


def one_hot_off_by_one(logits, labels):
    return -picked(log_probs(logits), (labels - 1) % logits.shape[1]).mean()


def in_log(small):
    """Return the mistake of adding a small number inside the log."""
    return Mistake(
        f"epsilon_{small:.0e}".replace("-", "_"),
        lambda z, y: -np.log(picked(softmax(z), y) + small).mean(),
        "A small number is added (or clipped to) inside the log. It caps the loss at "
        f"{-np.log(small):.0f}, so a client that is sure of the wrong class looks less "
        "wrong than it is.",
        "leave it out, and subtract the row's largest logit before exp instead.",
    )


def of_probabilities(probs, labels):
    return -np.log(picked(probs, labels)).mean()


CROSS_ENTROPY = Exercise(
    "cross_entropy(logits, labels) -> loss",
    points=3,
    reference=cross_entropy,
    cases=labelled_cases,
    axes={"logits": "NC", "labels": "N"},
    mistakes=[
        Mistake(
            "sum",
            lambda z, y: -picked(log_probs(z), y).sum(),
            "The losses are added up, not averaged: twice the batch, twice the loss.",
            "compare the loss of one batch with the loss of that batch repeated twice.",
        ),
        Mistake(
            "all_classes",
            lambda z, y: -log_probs(z).mean(),
            "The log of every class is averaged; only the right class counts.",
            "pick one entry from each row: log_probs[np.arange(N), labels].",
        ),
        Mistake(
            "all_classes_sum",
            lambda z, y: -log_probs(z).sum(axis=1).mean(),
            "The log of every class is counted; only the right class counts.",
            "pick one entry from each row: log_probs[np.arange(N), labels].",
        ),
        Mistake(
            "log10",
            lambda z, y: -picked(log_probs(z), y).mean() / np.log(10),
            "The loss is 0.434 times what it should be: that is log10. This course "
            "measures in nats, with the natural log.",
            "use np.log.",
        ),
        Mistake(
            "log2",
            lambda z, y: -picked(log_probs(z), y).mean() / np.log(2),
            "The loss is 1.443 times what it should be: that is log2. This course "
            "measures in nats, with the natural log.",
            "use np.log.",
        ),
        *map(in_log, (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)),
        Mistake(
            "underflow",
            lambda z, y: -np.log(picked(softmax_unshifted(z), y)).mean(),
            "Large logits give NaN: e to the 2000 is more than a float can hold.",
            "subtract each row's largest logit first, as in softmax.",
        ),
        Mistake(
            "sign",
            lambda z, y: picked(log_probs(z), y).mean(),
            "The loss is negative: the log of a probability is at most 0, and the loss "
            "is minus that.",
            "what is the loss of a probability of 1, and of 0.1?",
        ),
        Mistake(
            "off_by_one",
            one_hot_off_by_one,
            "Another class is picked than the label says: the neighbour before it. "
            "Labels count from 0, as array indices do.",
            "print which column you read for label 0.",
        ),
        Mistake(
            "takes_probs",
            of_probabilities,
            "The log is taken of the logits themselves, as if they were probabilities.",
            "turn logits into probabilities first; do their rows sum to 1?",
        ),
        Mistake(
            "table",
            lambda z, y: -log_probs(z)[:, y].mean(),
            "`[:, labels]` picks the columns of all labels from every row: an N by N "
            "table. Each row has one right class.",
            "print the shape of what you pick; it is (N,). Row n goes with labels[n].",
        ),
        Mistake(
            "rows",
            lambda z, y: -log_probs(z)[y].mean(),
            "`[labels]` picks whole rows: the label was read as the number of a "
            "client. It is the number of a column.",
            "pick by two lists, rows and columns: table[np.arange(N), labels].",
        ),
        Mistake(
            "ignores_labels",
            lambda z, y: -log_probs(z).max(axis=1).mean(),
            "The largest probability of each row is taken, whatever the label says: "
            "this measures how sure the model is, not how right.",
            "pick the column that labels names.",
        ),
        Mistake(
            "log_of_mean",
            lambda z, y: -np.log(picked(softmax(z), y).mean()),
            "The probabilities are averaged before the log. Each client has its own "
            "loss; the mean comes last.",
            "print the N losses, one a client, and then their mean.",
        ),
        Mistake(
            "one_minus",
            lambda z, y: (1 - picked(softmax(z), y)).mean(),
            "This is 1 minus the probability of the right class. It never gets above "
            "1, however sure the model is of the wrong class.",
            "what should the loss of a probability of 0.001 be?",
        ),
        Mistake(
            "softmax_twice",
            lambda z, y: -picked(log_probs(softmax(z)), y).mean(),
            "The softmax is taken twice: probabilities are treated as logits.",
            "count how often softmax runs on the way from logits to loss: once.",
        ),
        Mistake(
            "no_softmax",
            lambda z, y: -picked(z, y).mean(),
            "This is minus the logit of the right class. What the other classes got "
            "does not count, so the loss can be anything.",
            "turn logits into probabilities, then take the log.",
        ),
        Mistake(
            "squared_error",
            lambda z, y: np.mean((softmax(z) - np.eye(z.shape[1])[y]) ** 2),
            "This is a squared error between probabilities and one-hot labels. Cross-"
            "entropy is minus the log of the right class's probability.",
            "work the first client by hand: its probability is 0.665, its loss 0.408.",
        ),
        Mistake(
            "no_log",
            lambda z, y: -picked(softmax(z), y).mean(),
            "This is minus the probability of the right class, without its log: being "
            "sure of the wrong class costs no more than 1.",
            "what should the loss of a probability of 0.001 be?",
        ),
    ],
    alternatives=[
        cross_entropy_with_a_loop,
        cross_entropy_with_one_hot,
        cross_entropy_with_logaddexp,
    ],
)

# ---- accuracy and chance_loss


def accuracy(logits, labels):
    return float(np.mean(logits.argmax(axis=1) == labels))


def accuracy_cases(rng):
    def half_right(n, c):
        logits = rng.normal(0, 2, size=(n, c))
        labels = logits.argmax(axis=1)
        labels[: n // 2] = (labels[: n // 2] + 1) % c
        return {"logits": logits, "labels": labels}

    yield Case(
        "three clients",
        logits=np.array([[2.0, 0, 1, 0], [0.0, 3, 0, 1], [1.0, 0, 5, 2]]),
        labels=np.array([0, 1, 1]),
    )
    yield Case("seven clients, eleven classes", **half_right(7, 11))
    yield Case("a batch of one", **half_right(1, 5))
    yield Case("thirteen clients, five classes", **half_right(13, 5))


def accuracy_with_a_loop(logits, labels):
    right = 0
    for scores, label in zip(logits, labels, strict=True):
        right += list(scores).index(max(scores)) == label
    return right / len(labels)


def accuracy_by_counting(logits, labels):
    return np.count_nonzero(np.argmax(logits, 1) - labels == 0) / labels.size


def accuracy_by_the_label(logits, labels):
    return float((picked(logits, labels) >= logits.max(axis=1)).mean())


ACCURACY = Exercise(
    "accuracy(logits, labels) -> fraction",
    points=1,
    reference=accuracy,
    cases=accuracy_cases,
    axes={"logits": "NC", "labels": "N"},
    mistakes=[
        Mistake(
            "count",
            lambda z, y: int(np.sum(z.argmax(axis=1) == y)),
            "This is how many are right; accuracy is the share that is right, "
            "from 0 to 1.",
            "divide by the number of clients.",
        ),
        Mistake(
            "percent",
            lambda z, y: 100 * np.mean(z.argmax(axis=1) == y),
            "This is a percentage; accuracy here is a fraction from 0 to 1.",
            "leave out the 100.",
        ),
        Mistake(
            "error_rate",
            lambda z, y: np.mean(z.argmax(axis=1) != y),
            "This is the share that is wrong; accuracy is the share that is right.",
            "compare with ==.",
        ),
        Mistake(
            "axis",
            lambda z, y: np.mean(z.argmax(axis=0) == y),
            "The largest of each column is taken, one a class, and there is one label "
            "a client. Each row is one client, so the classes lie along axis 1.",
            "print logits.argmax(axis=1).shape; it is (N,).",
        ),
        Mistake(
            "no_axis",
            lambda z, y: np.mean(z.argmax() == y),
            "argmax without an axis looks through the whole table for one winner. "
            "Each row is one client and has its own winner.",
            "print logits.argmax(axis=1); it has N entries.",
        ),
        Mistake(
            "compares_scores",
            lambda z, y: np.mean(z.max(axis=1) == y),
            "The largest logit itself is compared with the label. A label is the "
            "number of a column: ask where the largest is, not how large.",
            "use argmax.",
        ),
        Mistake(
            "mean_probability",
            lambda z, y: np.mean(picked(softmax(z), y)),
            "This averages the probability of the right class. Accuracy only asks "
            "whether the right class got the largest score.",
            "compare logits.argmax(axis=1) with labels.",
        ),
    ],
    alternatives=[accuracy_with_a_loop, accuracy_by_counting, accuracy_by_the_label],
)


def chance_loss(n_classes):
    return float(np.log(n_classes))


def class_cases(rng):
    for n_classes in (10, 2, int(rng.integers(20, 200)), 3):
        yield Case(f"{n_classes} classes", n_classes=n_classes)
    yield Case("one class", n_classes=1)


def chance_loss_measured(n_classes):
    return cross_entropy(np.zeros((1, n_classes)), np.array([0]))


CHANCE_LOSS = Exercise(
    "chance_loss(n_classes) -> loss",
    points=1,
    reference=chance_loss,
    cases=class_cases,
    mistakes=[
        Mistake(
            "probability",
            lambda c: 1 / c,
            "That is the probability of each class. The loss is minus its log.",
            "print -np.log(1 / 10).",
        ),
        Mistake(
            "sign",
            lambda c: np.log(1 / c),
            "The log of a probability is at most 0; the loss is minus that.",
            "print -np.log(1 / 10).",
        ),
        Mistake(
            "log2",
            lambda c: np.log2(c),
            "This is log2; the course measures in nats, with the natural log.",
            "use np.log.",
        ),
        Mistake(
            "log10",
            lambda c: np.log10(c),
            "This is log10; the course measures in nats, with the natural log.",
            "use np.log.",
        ),
        Mistake(
            "times_probability",
            lambda c: np.log(c) / c,
            "The log is weighted with the probability 1/C once more. One class is "
            "right, and its loss counts whole.",
            "print -np.log(1 / 10).",
        ),
        Mistake(
            "accuracy_of_chance",
            lambda c: 1 - 1 / c,
            "That is how often a guess is wrong. The loss is minus the log of the "
            "probability of the right class.",
            "print -np.log(1 / 10).",
        ),
    ],
    alternatives=[lambda c: -np.log(1 / c), chance_loss_measured, lambda c: np.log(c)],
)

EXERCISES = [MSE, SOFTMAX, CROSS_ENTROPY, ACCURACY, CHANCE_LOSS]
