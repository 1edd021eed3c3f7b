"""The exercises of lesson 4: the backward pass of every layer, and of a network."""

import numpy as np

from grader.exercises import Case, Exercise, Mistake

NO_PROBING = {
    "numerical_gradient": "a backward pass is a formula, and probing it twice an entry "
    "is a thousand times slower."
}

# ---- linear


def linear_forward(x, W, b):
    return x @ W + b, (x, W)


def linear_backward(dy, cache):
    x, W = cache
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)


LINEAR = {"linear_forward": linear_forward, "linear_backward": linear_backward}


def linear_cases(rng):
    def batch(n, d, m):
        return {
            "x": rng.normal(1, 1, size=(n, d)),
            "W": rng.normal(size=(d, m)),
            "b": rng.normal(2, 1, size=m),
            "dy": rng.normal(size=(n, m)),
        }

    yield Case(
        "two examples, two inputs, one output",
        x=np.array([[1.0, 2.0], [3.0, 5.0]]),
        W=np.array([[3.0], [4.0]]),
        b=np.array([1.0]),
        dy=np.array([[10.0], [1.0]]),
    )
    seven = batch(7, 5, 3)
    yield Case("seven examples, five inputs, three outputs", **seven)
    other = seven | {"dy": rng.normal(size=(7, 3))}
    yield Case("the same seven examples with another upstream gradient", **other)
    yield Case("a batch of one", **batch(1, 5, 3))
    yield Case("thirteen examples, two inputs, eleven outputs", **batch(13, 2, 11))
    yield Case("as many outputs as inputs", **batch(7, 5, 5))


def forward_cases(rng):
    for case in linear_cases(rng):
        if "upstream" not in case.note:
            inputs = {name: v for name, v in case.inputs.items() if name != "dy"}
            yield Case(case.note, **inputs)


def forward_with_loops(x, W, b):
    y = np.zeros((len(x), len(b)))
    for n in range(len(x)):
        for m in range(len(b)):
            y[n, m] = sum(x[n] * W[:, m]) + b[m]
    return y, (x, W)


def forward_with_einsum(x, W, b):
    return np.einsum("nd,dm->nm", x, W) + b[None, :], (x, W)


def forward_transposed(x, W, b):
    return (W.T @ x.T + b[:, None]).T, (x, W)


def forward_with_a_column_of_ones(x, W, b):
    full = np.hstack([x, np.ones((len(x), 1))])
    return full @ np.vstack([W, b]), (x, W, b)


def without_bias(x, W, b):
    return x @ W, (x, W)


LINEAR_FORWARD = Exercise(
    "linear_forward(x, W, b) -> y, cache",
    points=1,
    reference=linear_forward,
    cases=forward_cases,
    axes={"x": "ND", "W": "DM"},
    mistakes=[
        Mistake(
            "no_bias",
            without_bias,
            "b is not added: y is the weighted sum alone.",
            "take x of zeros: every row of y is then b.",
        ),
        Mistake(
            "W_transposed",
            lambda x, W, b: (x @ W.T + b, (x, W)),
            "W is transposed. Its shape is (D, M): it already turns D inputs into M "
            "outputs, and where D and M happen to be equal this goes unnoticed.",
            "write the shapes under the product: (N, D) @ (D, M).",
        ),
        Mistake(
            "W_first",
            lambda x, W, b: (W @ x + b, (x, W)),
            "W stands before x. Each row of x is one example, so x comes first.",
            "write the shapes under the product: (N, D) @ (D, M).",
        ),
        Mistake(
            "bias_subtracted",
            lambda x, W, b: (x @ W - b, (x, W)),
            "b is subtracted.",
            "take x of zeros: every row of y is then b.",
        ),
        Mistake(
            "bias_before",
            lambda x, W, b: (x @ (W + b), (x, W)),
            "b is added to W and not to the product: it gets multiplied by x.",
            "take x of zeros: every row of y is then b.",
        ),
        Mistake(
            "bias_summed",
            lambda x, W, b: (x @ W + b.sum(), (x, W)),
            "The same number is added to every output. Each output has a bias of its "
            "own, b[m].",
            "take x of zeros: every row of y is then b.",
        ),
        Mistake(
            "transposed",
            lambda x, W, b: ((x @ W + b).T, (x, W)),
            "y has one column an example. Each row is one example, here as everywhere "
            "in the course.",
            "leave out the last transpose.",
        ),
    ],
    alternatives=[
        forward_with_loops,
        forward_with_einsum,
        forward_transposed,
        forward_with_a_column_of_ones,
    ],
)


def backward_with_loops(dy, cache):
    x, W = cache
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for n in range(len(x)):
        for m in range(W.shape[1]):
            db[m] += dy[n, m]
            dW[:, m] += x[n] * dy[n, m]
            dx[n] += W[:, m] * dy[n, m]
    return dx, dW, db


def backward_with_einsum(dy, cache):
    x, W = cache
    dW = np.einsum("nd,nm->dm", x, dy)
    return np.einsum("nm,dm->nd", dy, W), dW, np.einsum("nm->m", dy)


def backward_by_broadcasting(dy, cache):
    x, W = cache
    dW = (x[:, :, None] * dy[:, None, :]).sum(axis=0)
    return (dy[:, None, :] * W).sum(axis=2), dW, np.ones(len(dy)) @ dy


def backward_transposed(dy, cache):
    x, W = cache
    db = dy.sum(axis=0, keepdims=True)[0]
    return (W @ dy.T).T, (dy.T @ x).T, db


def linear(dx=None, dW=None, db=None):
    """Return `linear_backward` with other formulas; each takes (dy, x, W)."""

    def wrong(dy, cache):
        right = linear_backward(dy, cache)
        pairs = zip((dx, dW, db), right, strict=True)
        return tuple(g if f is None else f(dy, *cache) for f, g in pairs)

    return wrong


def bias_forgotten_twice(dy, cache):
    dx, dW, db = linear_backward(dy, cache)
    return dx, dW, np.zeros_like(db)


def bias_in_the_sum(dy, x, W):
    return dy + W.sum()


LINEAR_BACKWARD = Exercise(
    "linear_backward(dy, cache) -> dx, dW, db",
    points=3,
    formulas=("dx", "dW", "db"),
    before=["linear_forward(x, W, b) -> y, cache"],
    reference=LINEAR,
    cases=linear_cases,
    axes={"x": "ND", "dy": "NM"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            "no_bias",
            {"linear_forward": without_bias, "linear_backward": bias_forgotten_twice},
            "b is missing in linear_forward, and db is 0 in linear_backward: the two "
            "agree with each other, so no gradient check would notice.",
            "check(linear_forward) first.",
        ),
        Mistake(
            "dW_transposed",
            linear(dW=lambda dy, x, W: dy.T @ x),
            "dW is transposed: it is (M, D), and W is (D, M). A gradient has the shape "
            "of the array it belongs to.",
            "write the shapes under the product: (D, N) @ (N, M).",
        ),
        Mistake(
            "dW_without_transpose",
            linear(dW=lambda dy, x, W: x @ dy.T),
            "dW sums over the features of x @ dy.T; what has to vanish is the batch, "
            "which is axis 0 of both.",
            "write the shapes under the product: (D, N) @ (N, M).",
        ),
        Mistake(
            "dx_with_W",
            linear(dx=lambda dy, x, W: dy @ W),
            "dx uses W where it needs W.T. Forward, W turns D numbers into M; on the "
            "way back M have to become D. Where D equals M nothing complains.",
            "write the shapes under the product: (N, M) @ (M, D).",
        ),
        Mistake(
            "dx_transposed",
            linear(dx=lambda dy, x, W: W @ dy.T),
            "dx is transposed: it has one column an example.",
            "the batch is axis 0 of dy and of dx, so dy comes first: dy @ ...",
        ),
        Mistake(
            "mean",
            linear(
                dW=lambda dy, x, W: x.T @ dy / len(x),
                db=lambda dy, x, W: dy.mean(axis=0),
            ),
            "dW and db are divided by N. The 1/N belongs to the loss, so it is in dy "
            "already when it gets here.",
            "count how many functions divide by N between loss and dW: one.",
        ),
        Mistake(
            "dW_mean",
            linear(dW=lambda dy, x, W: x.T @ dy / len(x)),
            "dW is divided by N. The 1/N belongs to the loss, so it is in dy already "
            "when it gets here.",
            "compare dW for a batch of one and for that example twice: blame adds.",
        ),
        Mistake(
            "db_mean",
            linear(db=lambda dy, x, W: dy.mean(axis=0)),
            "db is a mean over the batch. b is used once for every example, and blame "
            "from several uses adds up.",
            "use a sum; the 1/N of the loss is in dy already.",
        ),
        Mistake(
            "db_axis",
            linear(db=lambda dy, x, W: dy.sum(axis=1)),
            "db is summed over the outputs, and has one number an example. b has one "
            "number an output; the batch, axis 0, has to vanish.",
            "print db.shape and b.shape.",
        ),
        Mistake(
            "db_keepdims",
            linear(db=lambda dy, x, W: dy.sum(axis=0, keepdims=True)),
            "db has shape (1, M), and b has (M,). A gradient has the shape of the "
            "array it belongs to, or the update makes b a table.",
            "leave out keepdims.",
        ),
        Mistake(
            "db_number",
            linear(db=lambda dy, x, W: dy.sum()),
            "db is one number: the blame of all outputs in one heap. Each output has "
            "a bias of its own.",
            "say which axis has to vanish: sum(axis=0).",
        ),
        Mistake(
            "db_not_summed",
            linear(db=lambda dy, x, W: dy.copy()),
            "db is dy itself, of shape (N, M). b was used once for every example: "
            "add up what each of them says.",
            "sum over the batch, axis 0.",
        ),
        Mistake(
            "dx_mean",
            linear(dx=lambda dy, x, W: dy @ W.T / len(x)),
            "dx is divided by N. Each row of dx belongs to one example and hears from "
            "that example alone.",
            "count how many functions divide by N between loss and dx: one.",
        ),
        Mistake(
            "dx_is_forward",
            linear(dx=lambda dy, x, W: x * (dy @ W.T)),
            "dx is multiplied by x. The local derivative of x times W is W; x belongs "
            "to dW.",
            "move one x by 0.01 and ask by how much y moves.",
        ),
        Mistake(
            "sign",
            lambda dy, cache: tuple(-g for g in linear_backward(dy, cache)),
            "All three have the opposite sign. The step subtracts the gradient; the "
            "backward pass does not turn it round.",
            "leave out the minus.",
        ),
    ],
    alternatives=[
        backward_with_loops,
        backward_with_einsum,
        backward_by_broadcasting,
        backward_transposed,
        {
            "linear_forward": forward_with_a_column_of_ones,
            "linear_backward": lambda dy, cache: (
                dy @ cache[1].T,
                cache[0].T @ dy,
                np.ones(len(dy)) @ dy,
            ),
        },
    ],
)

# ---- activations


def activation_cases(by_hand, extremes):
    """Return a `cases` whose first is worked by hand, and one with extreme inputs."""

    def cases(rng):
        def batch(n, m):
            x = rng.uniform(0.2, 2, size=(n, m)) * rng.choice([-1, 1], size=(n, m))
            return {"x": x, "dy": rng.normal(size=(n, m))}

        yield Case("one row by hand", **by_hand)
        seven = batch(7, 5)
        yield Case("seven examples, five units", **seven)
        other = seven | {"dy": rng.normal(size=(7, 5))}
        yield Case("the same seven with another upstream gradient", **other)
        yield Case("a batch of one", **batch(1, 3))
        yield Case("thirteen examples, two units", **batch(13, 2))
        yield Case("as many examples as units", **batch(5, 5))
        large = batch(3, 4)
        large["x"][:, 0], large["x"][1, 1] = extremes[0], extremes[1]
        yield Case(f"inputs of {extremes[0]} and {extremes[1]}", **large)

    return cases


def sigmoid_forward(x):
    small = np.exp(-np.abs(x))
    y = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return y, y


def sigmoid_backward(dy, cache):
    return dy * cache * (1 - cache)


def sigmoid_naive(x):
    y = 1 / (1 + np.exp(-x))
    return y, y


def sigmoid_through_tanh(x):
    y = 0.5 * (1 + np.tanh(x / 2))
    return y, (y,)


def sigmoid_with_loops(x):
    y = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        z = x[index]
        y[index] = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    return y, y


def sigmoid_overflows(x):
    y = np.exp(x) / (1 + np.exp(x))
    return y, y


def cached_input(forward):
    """Return the forward pass that keeps x in place of y."""
    return lambda x: (forward(x)[0], x)


def sigmoid_pair(forward, backward):
    return {"sigmoid_forward": forward, "sigmoid_backward": backward}


SIGMOID = Exercise(
    "sigmoid_backward(dy, cache) -> dx",
    points=2,
    formulas=("dx",),
    before=["sigmoid_forward(x) -> y, cache"],
    reference=sigmoid_pair(sigmoid_forward, sigmoid_backward),
    cases=activation_cases(
        {"x": np.array([[0.0, 2.0, -2.0]]), "dy": np.array([[4.0, 1.0, 1.0]])},
        (-800.0, 800.0),
    ),
    axes={"x": "NM"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            "overflow",
            sigmoid_pair(sigmoid_overflows, sigmoid_backward),
            "For an input of 800 sigmoid_forward gives inf / inf, which is NaN: e to "
            "the 800 does not fit into a float.",
            "write 1 / (1 + np.exp(-x)): where that power overflows, 1 / inf is 0.",
        ),
        Mistake(
            "wrong_sign_inside",
            sigmoid_pair(
                lambda x: (1 - sigmoid_forward(x)[0],) * 2,
                lambda dy, y: dy * y * (1 - y),
            ),
            "sigmoid_forward falls where it should rise: the sign in the exponent is "
            "the opposite one.",
            "the sigmoid of 2 is 0.881.",
        ),
        Mistake(
            "at_x",
            sigmoid_pair(cached_input(sigmoid_forward), lambda dy, x: dy * x * (1 - x)),
            "y (1 - y) is applied to x: the formula needs the output of the sigmoid, "
            "and the cache holds its input.",
            "at x = 0 the derivative is 0.25; what does yours give?",
        ),
        Mistake(
            "twice",
            lambda dy, y: dy * sigmoid_forward(y)[0] * (1 - sigmoid_forward(y)[0]),
            "The sigmoid is taken of y once more. The cache holds y already.",
            "use what is in the cache as it is: y (1 - y).",
        ),
        Mistake(
            "one_minus_y",
            lambda dy, y: dy * (1 - y),
            "The factor y is missing: the derivative is y (1 - y).",
            "at x = 0 the derivative is 0.25; what does yours give?",
        ),
        Mistake(
            "y_alone",
            lambda dy, y: dy * y,
            "The factor 1 - y is missing: the derivative is y (1 - y).",
            "at x = 0 the derivative is 0.25; what does yours give?",
        ),
        Mistake(
            "ignores_upstream",
            lambda dy, y: y * (1 - y),
            "This is the local derivative alone. What arrives from above, dy, never "
            "gets multiplied with it.",
            "double dy: dx has to double.",
        ),
        Mistake(
            "of_tanh",
            lambda dy, y: dy * (1 - y**2),
            "1 - y * y is the derivative of tanh. The sigmoid's is y (1 - y).",
            "at x = 0 the derivative is 0.25; what does yours give?",
        ),
        Mistake(
            "no_derivative",
            lambda dy, y: dy.copy(),
            "dy comes out as it went in: the local derivative is missing.",
            "multiply by y (1 - y).",
        ),
        Mistake(
            "sign",
            lambda dy, y: dy * y * (y - 1),
            "The sign is the opposite one: the sigmoid rises everywhere, so its "
            "derivative is above 0.",
            "write 1 - y, not y - 1.",
        ),
        Mistake(
            "matrix_product",
            lambda dy, y: dy @ (y * (1 - y)),
            "This is a matrix product. Every entry has a derivative of its own: "
            "multiply entry by entry, with *.",
            "print the shapes: dy, y and dx are all alike.",
        ),
    ],
    alternatives=[
        sigmoid_pair(sigmoid_naive, lambda dy, y: dy * (y - y * y)),
        sigmoid_pair(sigmoid_through_tanh, lambda dy, c: c[0] * dy * (1 - c[0])),
        sigmoid_pair(
            sigmoid_with_loops, lambda dy, y: np.einsum("nm,nm,nm->nm", dy, y, 1 - y)
        ),
        sigmoid_pair(
            cached_input(sigmoid_forward),
            lambda dy, x: dy * sigmoid_forward(x)[0] * sigmoid_forward(-x)[0],
        ),
    ],
)


def tanh_forward(x):
    y = np.tanh(x)
    return y, y


def tanh_backward(dy, cache):
    return dy * (1 - cache * cache)


def tanh_pair(forward, backward):
    return {"tanh_forward": forward, "tanh_backward": backward}


def tanh_with_loops(dy, y):
    dx = np.zeros(y.shape)
    for index in np.ndindex(y.shape):
        dx[index] = (1 - y[index] ** 2) * dy[index]
    return dx


TANH = Exercise(
    "tanh_backward(dy, cache) -> dx",
    points=1,
    formulas=("dx",),
    before=["tanh_forward(x) -> y, cache"],
    reference=tanh_pair(tanh_forward, tanh_backward),
    cases=activation_cases(
        {"x": np.array([[0.0, 1.0, -1.0]]), "dy": np.array([[3.0, 1.0, 2.0]])},
        (-30.0, 30.0),
    ),
    axes={"x": "NM"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            "at_x",
            tanh_pair(cached_input(tanh_forward), lambda dy, x: dy * (1 - x**2)),
            "1 - x * x: the square is taken of the input. The derivative is 1 minus "
            "the square of the output, y.",
            "at x = 1, y is 0.762 and the derivative 0.420; yours is 0 there.",
        ),
        Mistake(
            "twice",
            lambda dy, y: dy * (1 - np.tanh(y) ** 2),
            "The tanh is taken of y once more. The cache holds y already.",
            "use what is in the cache as it is: 1 - y * y.",
        ),
        Mistake(
            "not_squared",
            lambda dy, y: dy * (1 - y),
            "1 - y lacks the square. For y below 0 it is even above 1, and tanh is "
            "never steeper than that.",
            "compare x = 1 and x = -1: tanh is equally steep at both.",
        ),
        Mistake(
            "of_sigmoid",
            lambda dy, y: dy * y * (1 - y),
            "y (1 - y) is the derivative of the sigmoid. That of tanh is 1 - y * y.",
            "at x = 0 tanh has slope 1; what does yours give?",
        ),
        Mistake(
            "difference_squared",
            lambda dy, y: dy * (1 - y) ** 2,
            "The square holds the whole difference: (1 - y) squared. Only y is "
            "squared.",
            "compare x = 1 and x = -1: tanh is equally steep at both.",
        ),
        Mistake(
            "ignores_upstream",
            lambda dy, y: 1 - y**2,
            "This is the local derivative alone. What arrives from above, dy, never "
            "gets multiplied with it.",
            "double dy: dx has to double.",
        ),
        Mistake(
            "no_derivative",
            lambda dy, y: dy.copy(),
            "dy comes out as it went in: the local derivative is missing.",
            "multiply by 1 - y * y.",
        ),
        Mistake(
            "sign",
            lambda dy, y: dy * (y**2 - 1),
            "The sign is the opposite one: tanh rises everywhere, so its derivative "
            "is above 0.",
            "write 1 - y * y.",
        ),
        Mistake(
            "precedence",
            lambda dy, y: dy * 1 - y**2,
            "The brackets are missing: dy * 1 - y * y multiplies first and subtracts "
            "then.",
            "put the whole derivative in brackets: dy * (...).",
        ),
        Mistake(
            "dy_squared",
            lambda dy, y: dy * (1 - dy**2),
            "The square is taken of dy. The derivative depends on y, in the cache; dy "
            "is what it multiplies.",
            "at y = 0 the derivative is 1, whatever dy is.",
        ),
    ],
    alternatives=[
        lambda dy, y: dy - dy * y**2,
        lambda dy, y: dy * (1 - y) * (1 + y),
        tanh_with_loops,
        tanh_pair(cached_input(tanh_forward), lambda dy, x: dy * (1 - np.tanh(x) ** 2)),
    ],
)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dy, cache):
    return dy * (cache > 0)


def relu_pair(forward, backward):
    return {"relu_forward": forward, "relu_backward": backward}


def relu_with_loops(dy, x):
    dx = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        if x[index] > 0:
            dx[index] = dy[index]
    return dx


def relu_on_a_copy(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


def relu_in_place(dy, x):
    dy[x <= 0] = 0
    return dy


def relu_alias(x):
    y = x
    y[y < 0] = 0
    return y, y


RELU_MUTATES = (
    "An array of the caller's is changed on the way: `a[mask] = 0` writes into the "
    "array itself, and `b = a` is only a second name for it."
)
RELU_NEXT = "multiply by the mask, or work on a.copy()."

RELU = Exercise(
    "relu_backward(dy, cache) -> dx",
    points=1,
    before=["relu_forward(x) -> y, cache"],
    reference=relu_pair(relu_forward, relu_backward),
    cases=activation_cases(
        {"x": np.array([[-1.0, 2.0, 3.0]]), "dy": np.array([[5.0, -6.0, 7.0]])},
        (-100.0, 100.0),
    ),
    axes={"x": "NM"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake("mutates_input", relu_in_place, RELU_MUTATES, RELU_NEXT),
        Mistake(
            "mutates_input",
            relu_pair(relu_alias, relu_backward),
            RELU_MUTATES,
            RELU_NEXT,
        ),
        Mistake(
            "mask_on_dy",
            lambda dy, x: dy * (dy > 0),
            "The mask asks whether dy is positive. What decides is x: a unit that was "
            "on lets blame of either sign through.",
            "look at a unit with x = 2 and dy = -6: its dx is -6.",
        ),
        Mistake(
            "mask_on_both",
            lambda dy, x: dy * ((dy > 0) & (x > 0)),
            "The mask asks for a positive x and a positive dy. Blame below 0 has to "
            "pass too: it says that more would have been better.",
            "look at a unit with x = 2 and dy = -6: its dx is -6.",
        ),
        Mistake(
            "flipped",
            lambda dy, x: dy * (x < 0),
            "The mask is turned round: blame passes where the unit was off.",
            "a unit with x = -1 put out 0 whatever x was; it has no blame.",
        ),
        Mistake(
            "leaky",
            lambda dy, x: np.where(x > 0, dy, 0.01 * dy),
            "A hundredth of the blame passes where x is below 0. That is the leaky "
            "ReLU; this forward pass lets nothing through there.",
            "the derivative of max(x, 0) at x = -1 is 0.",
        ),
        Mistake(
            "times_x",
            lambda dy, x: dy * np.maximum(x, 0),
            "dy is multiplied by the output. Where the unit was on, the output moves "
            "exactly as the input does: the derivative is 1.",
            "look at a unit with x = 2 and dy = -6: its dx is -6.",
        ),
        Mistake(
            "relu_of_dy_and_x",
            lambda dy, x: dy * x,
            "dy is multiplied by x. The derivative is 1 where x is above 0, and 0 "
            "below.",
            "look at a unit with x = 2 and dy = -6: its dx is -6.",
        ),
        Mistake(
            "ignores_upstream",
            lambda dy, x: (x > 0) * 1.0,
            "This is the mask alone. What arrives from above, dy, never gets "
            "multiplied with it.",
            "double dy: dx has to double.",
        ),
        Mistake(
            "no_mask",
            lambda dy, x: dy.copy(),
            "dy comes out as it went in: nothing is blocked where the unit was off.",
            "multiply by a mask that is 1 where x is above 0.",
        ),
        Mistake(
            "threshold",
            lambda dy, x: dy * (x > 1),
            "The mask compares with 1. The kink is at 0.",
            "look at a unit with x = 0.5: it was on.",
        ),
        Mistake(
            "sign",
            lambda dy, x: -dy * (x > 0),
            "The sign is the opposite one. A unit that was on passes its blame on as "
            "it is.",
            "leave out the minus.",
        ),
    ],
    alternatives=[
        lambda dy, x: np.where(x > 0, dy, 0.0),
        lambda dy, x: dy * (x >= 0),
        relu_with_loops,
        relu_on_a_copy,
        relu_pair(lambda x: (x * (x > 0), x > 0), lambda dy, mask: dy * mask),
        relu_pair(lambda x: (np.maximum(x, 0),) * 2, lambda dy, y: dy * np.sign(y)),
    ],
)

# ---- softmax_cross_entropy


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def one_hot(logits, labels):
    return np.eye(logits.shape[1])[labels]


def mean_surprise(logits, labels):
    return float(-log_softmax(logits)[np.arange(len(labels)), labels].mean())


def softmax_cross_entropy(logits, labels):
    dlogits = (softmax(logits) - one_hot(logits, labels)) / len(labels)
    return mean_surprise(logits, labels), dlogits


def labelled_cases(rng):
    def scored(n, c, scale=2.0):
        return {
            "logits": rng.normal(0, scale, size=(n, c)),
            "labels": rng.integers(0, c, size=n),
        }

    yield Case(
        "two examples, three classes",
        logits=np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]]),
        labels=np.array([0, 2]),
    )
    yield Case("seven examples, eleven classes", **scored(7, 11))
    yield Case("a batch of one", **scored(1, 5))
    yield Case("thirteen examples, five classes", **scored(13, 5))
    yield Case("as many examples as classes", **scored(5, 5))
    far = scored(3, 5)
    far["logits"] = far["logits"] + 2000
    yield Case("logits near 2000", **far)


def the_two_terms(logits, labels):
    n = len(labels)
    return {
        "the probs / N part": softmax(logits) / n,
        "the -onehot / N part": -one_hot(logits, labels) / n,
    }


def entropy_with_loops(logits, labels):
    loss, dlogits = 0.0, np.zeros(logits.shape)
    for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
        powers = [np.exp(z - max(row)) for z in row]
        loss -= np.log(powers[label] / sum(powers)) / len(labels)
        for c, power in enumerate(powers):
            dlogits[n, c] = (power / sum(powers) - (c == label)) / len(labels)
    return loss, dlogits


def entropy_by_index(logits, labels):
    rows = np.arange(len(labels))
    dlogits = softmax(logits)
    loss = -np.mean(np.log(dlogits[rows, labels]))
    dlogits[rows, labels] -= 1
    return loss, dlogits / len(rows)


def entropy_the_long_way(logits, labels):
    """Go back line by line: through the mean, the log, the fraction and the power."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    totals = powers.sum(axis=1, keepdims=True)
    probs, onehot = powers / totals, one_hot(logits, labels)
    loss = -np.sum(onehot * np.log(probs)) / len(labels)
    dprobs = -onehot / probs / len(labels)
    dtotals = -(dprobs * powers).sum(axis=1, keepdims=True) / totals**2
    return loss, (dprobs / totals + dtotals) * powers


def entropy_with_einsum(logits, labels):
    totals = np.logaddexp.reduce(logits, axis=1, keepdims=True)
    onehot = (np.arange(logits.shape[1]) == labels[:, None]).astype(float)
    loss = (totals[:, 0] - np.einsum("nc,nc->n", onehot, logits)).mean()
    return loss, np.exp(logits - totals) / len(labels) - onehot / len(labels)


def entropy(dlogits=None, loss=mean_surprise):
    """Return the exercise's function with another gradient, or another loss."""

    def wrong(logits, labels):
        right = softmax_cross_entropy(logits, labels)[1]
        return loss(logits, labels), dlogits(logits, labels) if dlogits else right

    return wrong


def difference(logits, labels):
    return softmax(logits) - one_hot(logits, labels)


def next_class(logits, labels):
    onehot = np.eye(logits.shape[1])[(labels + 1) % logits.shape[1]]
    return (softmax(logits) - onehot) / len(labels)


def class_before(logits, labels):
    onehot = np.eye(logits.shape[1])[(labels - 1) % logits.shape[1]]
    return (softmax(logits) - onehot) / len(labels)


def jacobian_twice(logits, labels):
    probs, blame = softmax(logits), difference(logits, labels) / len(labels)
    return probs * (blame - (probs * blame).sum(axis=1, keepdims=True))


def every_row(logits, labels):
    probs = softmax(logits)
    probs[:, labels] -= 1
    return probs / len(labels)


def without_shift(logits, labels):
    powers = np.exp(logits)
    probs = powers / powers.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(len(labels)), labels]).mean()
    return loss, (probs - one_hot(logits, labels)) / len(labels)


def shifted_in_place(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    return softmax_cross_entropy(logits, labels)


def dprobs_only(logits, labels):
    return -one_hot(logits, labels) / softmax(logits) / len(labels)


def as_if_independent(logits, labels):
    probs = softmax(logits)
    return dprobs_only(logits, labels) * probs * (1 - probs)


def over_the_columns(logits, labels):
    powers = np.exp(logits - logits.max(axis=0))
    return (powers / powers.sum(axis=0) - one_hot(logits, labels)) / len(labels)


def summed_loss(logits, labels):
    return mean_surprise(logits, labels) * len(labels)


SOFTMAX_CROSS_ENTROPY = Exercise(
    "softmax_cross_entropy(logits, labels) -> loss, dlogits",
    points=3,
    formulas=("dlogits",),
    reference=softmax_cross_entropy,
    cases=labelled_cases,
    axes={"logits": "NC", "labels": "N"},
    forbids=NO_PROBING,
    terms={"dlogits": the_two_terms},
    mistakes=[
        Mistake(
            "no_mean",
            entropy(difference),
            "dlogits is not divided by N. The loss is a mean, so each example has a "
            "share of 1/N in it, and its blame is that much smaller.",
            "repeat a batch twice: the loss stays, and each row of dlogits halves.",
        ),
        Mistake(
            "sum",
            entropy(difference, summed_loss),
            "Loss and gradient belong together, and both are sums. The loss of this "
            "course is a mean over the batch.",
            "compare the loss of one batch with that of the batch repeated twice.",
        ),
        Mistake(
            "loss_sum",
            entropy(loss=summed_loss),
            "The loss is a sum over the batch, and dlogits is the gradient of a mean.",
            "end the loss with .mean().",
        ),
        Mistake(
            "over_classes",
            entropy(lambda z, y: difference(z, y) / z.shape[1]),
            "dlogits is divided by the number of classes. The loss is a mean over the "
            "batch, which is axis 0.",
            "divide by len(labels).",
        ),
        Mistake(
            "over_everything",
            entropy(lambda z, y: difference(z, y) / z.size),
            "dlogits is divided by N and by the number of classes. The loss is a mean "
            "over the N examples alone.",
            "divide by len(labels).",
        ),
        Mistake(
            "no_onehot",
            entropy(lambda z, y: softmax(z) / len(y)),
            "The onehot part is missing: this is probs / N. No entry is below 0, so "
            "no logit would ever be raised.",
            "sum a row of dlogits: blame only moves between classes, so it is 0.",
        ),
        Mistake(
            "sign",
            entropy(lambda z, y: -difference(z, y) / len(y)),
            "The sign is the opposite one: onehot - probs. The right class has to be "
            "below 0, so that the step raises its logit.",
            "look at the label's entry in the first row.",
        ),
        Mistake(
            "off_by_one",
            entropy(next_class),
            "The 1 is taken from the class after the label. Labels count from 0, as "
            "array indices do.",
            "print the column of each row's negative entry beside labels.",
        ),
        Mistake(
            "off_by_one_below",
            entropy(class_before),
            "The 1 is taken from the class before the label. Labels count from 0, as "
            "array indices do.",
            "print the column of each row's negative entry beside labels.",
        ),
        Mistake(
            "every_row",
            entropy(every_row),
            "`[:, labels]` takes a 1 from the columns of all labels, in every row. "
            "Each row has one right class.",
            "pick by two lists: probs[np.arange(N), labels] -= 1.",
        ),
        Mistake(
            "independent",
            entropy(as_if_independent),
            "p (1 - p) treats each probability as if it hung on its own logit alone. "
            "They share a total: a logit moves every probability of its row.",
            "sum a row of dlogits: blame only moves between classes, so it is 0.",
        ),
        Mistake(
            "local_only",
            entropy(lambda z, y: softmax(z) * (1 - softmax(z)) / len(y)),
            "p (1 - p) is how one probability moves with its own logit. The labels "
            "have not entered at all.",
            "change a label: dlogits has to change in that row.",
        ),
        Mistake(
            "jacobian_twice",
            entropy(jacobian_twice),
            "probs - onehot has gone through the softmax already; here it is sent "
            "through it a second time.",
            "return (probs - onehot) / N as it is.",
        ),
        Mistake(
            "dprobs",
            entropy(dprobs_only),
            "This is the blame of probs, -onehot / probs. It still has to go back "
            "through the softmax to reach the logits.",
            "look at a wrong class: its logit matters too, and yours has 0 there.",
        ),
        Mistake(
            "columns",
            entropy(over_the_columns),
            "The softmax in dlogits runs down the columns. Each row is one example.",
            "print probs.sum(axis=1); every entry is 1.",
        ),
        Mistake(
            "of_logits",
            entropy(lambda z, y: (z - one_hot(z, y)) / len(y)),
            "The onehot is taken from the logits and not from the probabilities.",
            "turn logits into probs first; does every row sum to 1?",
        ),
        Mistake(
            "overflow",
            without_shift,
            "Large logits give NaN: e to the 2000 is more than a float can hold.",
            "subtract each row's largest logit first, as in lesson 1.",
        ),
        Mistake(
            "mutates_input",
            shifted_in_place,
            "The numbers are right, and the caller's logits are changed on the way: "
            "`-=` works on the array that came in.",
            "write `shifted = logits - ...`, which makes a new array.",
        ),
    ],
    alternatives=[
        entropy_with_loops,
        entropy_by_index,
        entropy_the_long_way,
        entropy_with_einsum,
    ],
)

# ---- the network


def mlp_forward(x, params):
    z = x @ params["W1"] + params["b1"]
    h = np.tanh(z)
    return h @ params["W2"] + params["b2"], (x, z, h, params)


def mlp_backward(dlogits, cache):
    x, _, h, params = cache
    dh = dlogits @ params["W2"].T
    return gradients(x, h, dh * (1 - h * h), dlogits)


def gradients(x, h, dz, dlogits):
    return {
        "W1": x.T @ dz,
        "b1": dz.sum(axis=0),
        "W2": h.T @ dlogits,
        "b2": dlogits.sum(axis=0),
    }


MLP = {"mlp_forward": mlp_forward, "mlp_backward": mlp_backward}


def network_cases(rng):
    def batch(n, d, hidden, c):
        return {
            "x": rng.normal(size=(n, d)),
            "params": {
                "W1": rng.normal(0, 0.8, size=(d, hidden)),
                "b1": rng.normal(0, 0.5, size=hidden),
                "W2": rng.normal(size=(hidden, c)),
                "b2": rng.normal(size=c),
            },
            "dlogits": rng.normal(size=(n, c)),
        }

    yield Case(
        "one example, one input, one hidden unit, two classes",
        x=np.array([[1.0]]),
        params={
            "W1": np.array([[0.5]]),
            "b1": np.array([0.0]),
            "W2": np.array([[2.0, -1.0]]),
            "b2": np.array([0.0, 1.0]),
        },
        dlogits=np.array([[0.3, -0.3]]),
    )
    yield Case("seven examples, a 5-3-11 network", **batch(7, 5, 3, 11))
    yield Case("a batch of one, a 5-3-11 network", **batch(1, 5, 3, 11))
    yield Case("thirteen examples, a 2-7-3 network", **batch(13, 2, 7, 3))
    yield Case("as many hidden units as classes", **batch(7, 2, 5, 5))
    yield Case("five of everything", **batch(5, 5, 5, 5))


def network_inputs(rng):
    for case in network_cases(rng):
        yield Case(case.note, x=case.inputs["x"], params=case.inputs["params"])


def mlp_by_layers(x, params):
    z, first = linear_forward(x, params["W1"], params["b1"])
    h, second = tanh_forward(z)
    logits, third = linear_forward(h, params["W2"], params["b2"])
    return logits, (first, second, third)


def mlp_by_layers_backward(dlogits, caches):
    first, second, third = caches
    dh, dW2, db2 = linear_backward(dlogits, third)
    dz = tanh_backward(dh, second)
    _, dW1, db1 = linear_backward(dz, first)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def mlp_with_loops(dlogits, cache):
    x, _, h, params = cache
    grads = {name: np.zeros(np.shape(w)) for name, w in params.items()}
    for n in range(len(x)):
        dz = (params["W2"] @ dlogits[n]) * (1 - h[n] ** 2)
        grads["W1"] += np.outer(x[n], dz)
        grads["b1"] += dz
        grads["W2"] += np.outer(h[n], dlogits[n])
        grads["b2"] += dlogits[n]
    return grads


def mlp_with_einsum(dlogits, cache):
    x, z, h, params = cache
    dz = np.einsum("nc,hc->nh", dlogits, params["W2"]) / np.cosh(z) ** 2
    return {
        "b2": np.ones(len(x)) @ dlogits,
        "b1": np.ones(len(x)) @ dz,
        "W2": np.einsum("nh,nc->hc", h, dlogits),
        "W1": np.einsum("nd,nh->dh", x, dz),
    }


def mlp(dz=None, **changed):
    """Return `mlp_backward` with another dz, or other gradients by name.

    Each is a function of (x, z, h, dh, dz, dlogits).
    """

    def wrong(dlogits, cache):
        x, z, h, params = cache
        dh = dlogits @ params["W2"].T
        right = dh * (1 - h * h)
        used = right if dz is None else dz(x, z, h, dh, right, dlogits)
        grads = gradients(x, h, used, dlogits)
        parts = (x, z, h, dh, used, dlogits)
        return grads | {name: find(*parts) for name, find in changed.items()}

    return wrong


def updated_first(dlogits, cache):
    x, _, h, params = cache
    W2 = params["W2"]
    W2 -= 0.1 * h.T @ dlogits
    dh = dlogits @ W2.T
    return gradients(x, h, dh * (1 - h * h), dlogits)


def overwrites_cache(dlogits, cache):
    x, _, h, params = cache
    h *= h
    dz = dlogits @ params["W2"].T * (1 - h)
    return gradients(x, h, dz, dlogits)


def W2_not_transposed(dlogits, cache):
    x, _, h, params = cache
    return gradients(x, h, dlogits @ params["W2"] * (1 - h * h), dlogits)


def scaled_by_batch(dlogits, cache):
    return {n: g / len(dlogits) for n, g in mlp_backward(dlogits, cache).items()}


def only_weights(dlogits, cache):
    grads = mlp_backward(dlogits, cache)
    return {"W1": grads["W1"], "W2": grads["W2"]}


def with_d_in_front(dlogits, cache):
    return {f"d{n}": g for n, g in mlp_backward(dlogits, cache).items()}


def no_bias_forward(x, params):
    _, z, h, _ = mlp_forward(x, params)[1]
    return h @ params["W2"], (x, z, h, params)


def without_tanh(x, params):
    z = x @ params["W1"] + params["b1"]
    return z @ params["W2"] + params["b2"], (x, z, z, params)


def twice_squashed(x, params):
    logits, cache = mlp_forward(x, params)
    return np.tanh(logits), cache


def hidden_bias_missing(x, params):
    h = np.tanh(x @ params["W1"])
    return h @ params["W2"] + params["b2"], (x, h, h, params)


def squashed_too_early(x, params):
    z = np.tanh(x) @ params["W1"] + params["b1"]
    return z @ params["W2"] + params["b2"], (x, z, z, params)


def relu_network(x, params):
    z = x @ params["W1"] + params["b1"]
    h = np.maximum(z, 0)
    return h @ params["W2"] + params["b2"], (x, z, h, params)


def mlp_forward_with_loops(x, params):
    logits = np.zeros((len(x), len(params["b2"])))
    for n, row in enumerate(x):
        h = np.tanh(params["W1"].T @ row + params["b1"])
        logits[n] = params["W2"].T @ h + params["b2"]
    return logits, None


def mlp_forward_with_einsum(x, params):
    z = np.einsum("nd,dh->nh", x, params["W1"]) + params["b1"][None, :]
    logits = np.einsum("nh,hc->nc", np.tanh(z), params["W2"]) + params["b2"]
    return logits, {"x": x, "z": z}


MLP_FORWARD = Exercise(
    "mlp_forward(x, params) -> logits, cache",
    points=2,
    reference=mlp_forward,
    cases=network_inputs,
    axes={"x": "ND"},
    mistakes=[
        Mistake(
            "no_activation",
            without_tanh,
            "There is no tanh between the two linear layers. Two linear layers in a "
            "row are one linear layer.",
            "print the largest entry of h: tanh keeps it below 1.",
        ),
        Mistake(
            "squashed_logits",
            twice_squashed,
            "The logits go through a tanh too. They are scores of any size; the "
            "softmax of the loss comes next.",
            "end with the second linear layer.",
        ),
        Mistake(
            "no_output_bias",
            no_bias_forward,
            "b2 is not added.",
            "take W2 of zeros: every row of logits is then b2.",
        ),
        Mistake(
            "no_hidden_bias",
            hidden_bias_missing,
            "b1 is not added before the tanh.",
            "take W1 of zeros: every row of h is then tanh(b1).",
        ),
        Mistake(
            "too_early",
            squashed_too_early,
            "The tanh is taken of x, before the first linear layer. It comes between "
            "the two.",
            "say the order aloud: linear, tanh, linear.",
        ),
        Mistake(
            "relu",
            relu_network,
            "The hidden units are ReLU; this network has tanh.",
            "use tanh_forward.",
        ),
    ],
    alternatives=[mlp_by_layers, mlp_forward_with_loops, mlp_forward_with_einsum],
)

MLP_BACKWARD = Exercise(
    "mlp_backward(dlogits, cache) -> grads",
    points=4,
    formulas=("grads",),
    before=["mlp_forward(x, params) -> logits, cache"],
    reference=MLP,
    cases=network_cases,
    axes={"x": "ND", "dlogits": "NC"},
    forbids=NO_PROBING,
    mistakes=[
        Mistake(
            "z_for_h",
            mlp(W2=lambda x, z, h, dh, dz, d: z.T @ d),
            "The gradient of W2 is taken with z. What W2 was multiplied by is h, the "
            "activation after tanh.",
            "which array did the second linear layer get as its x? That one is in its "
            "cache.",
        ),
        Mistake(
            "no_activation_derivative",
            mlp(dz=lambda x, z, h, dh, dz, d: dh),
            "The tanh has no part in the way back: W1 and b1 get dh and not dz.",
            "name the layers from the end: linear, tanh, linear. Each has a backward "
            "call.",
        ),
        Mistake(
            "at_z",
            mlp(dz=lambda x, z, h, dh, dz, d: dh * (1 - z * z)),
            "The derivative of tanh is taken as 1 - z * z, of its input. It is "
            "1 - h * h, of its output.",
            "compare with your tanh_backward.",
        ),
        Mistake(
            "not_squared",
            mlp(dz=lambda x, z, h, dh, dz, d: dh * (1 - h)),
            "1 - h lacks the square: the derivative of tanh is 1 - h * h.",
            "compare with your tanh_backward.",
        ),
        Mistake(
            "of_sigmoid",
            mlp(dz=lambda x, z, h, dh, dz, d: dh * h * (1 - h)),
            "h (1 - h) is the derivative of the sigmoid; the hidden units are tanh.",
            "compare with your tanh_backward.",
        ),
        Mistake(
            "mutates_input",
            updated_first,
            "A parameter or a cached array is changed inside the backward pass, and "
            "what comes after computes with the changed one. First all blame, then "
            "the update.",
            "leave every update to the caller; `-=` writes into the array itself.",
        ),
        Mistake(
            "overwrites_cache",
            overwrites_cache,
            "h is squared in place, in the cache, and the gradient of W2 then uses "
            "the squared one.",
            "write h * h into a new array.",
        ),
        Mistake(
            "W2_not_transposed",
            W2_not_transposed,
            "dh uses W2 where it needs W2.T. With as many hidden units as classes "
            "nothing complains.",
            "write the shapes under the product: (N, C) @ (C, H).",
        ),
        Mistake(
            "first_cache_twice",
            mlp(W2=lambda x, z, h, dh, dz, d: x.T @ d),
            "The gradient of W2 is taken with x, from the first layer's cache. The "
            "second linear layer got h.",
            "give each backward call the cache of its own forward call.",
        ),
        Mistake(
            "second_cache_twice",
            mlp(W1=lambda x, z, h, dh, dz, d: h.T @ dz),
            "The gradient of W1 is taken with h, from the second layer's cache. The "
            "first linear layer got x.",
            "give each backward call the cache of its own forward call.",
        ),
        Mistake(
            "divided_again",
            scaled_by_batch,
            "Every gradient is divided by N. The 1/N belongs to the loss, so it is in "
            "dlogits already.",
            "count how many functions divide by N between loss and W1: one.",
        ),
        Mistake(
            "b1_from_dh",
            mlp(b1=lambda x, z, h, dh, dz, d: dh.sum(axis=0)),
            "The gradient of b1 is summed from dh. b1 is added before the tanh, so it "
            "hears from dz.",
            "take all of a layer's gradients from one call of linear_backward.",
        ),
        Mistake(
            "bias_means",
            mlp(
                b1=lambda x, z, h, dh, dz, d: dz.mean(axis=0),
                b2=lambda x, z, h, dh, dz, d: d.mean(axis=0),
            ),
            "The gradients of b1 and b2 are means over the batch. Blame from several "
            "uses adds up.",
            "use sums; the 1/N of the loss is in dlogits already.",
        ),
        Mistake(
            "frozen",
            mlp(
                W1=lambda x, z, h, dh, dz, d: np.zeros((x.shape[1], h.shape[1])),
                b1=lambda x, z, h, dh, dz, d: np.zeros(h.shape[1]),
            ),
            "W1 and b1 get no blame at all. Such a network still learns to 90 %, with "
            "a random first layer.",
            "send dh on, through the tanh and the first linear layer.",
        ),
        Mistake(
            "no_biases",
            only_weights,
            "grads has W1 and W2 only; b1 and b2 are parameters too.",
            "return one gradient for each name in params.",
        ),
        Mistake(
            "key_names",
            with_d_in_front,
            "The keys have a d in front. grads has the same names as params, so that "
            "an update can go through both.",
            'write grads["W1"], not grads["dW1"].',
        ),
        Mistake(
            "swapped",
            lambda d, c: dict(
                zip(("W2", "b2", "W1", "b1"), mlp_backward(d, c).values(), strict=True)
            ),
            "The gradients of the two layers are exchanged. Backward starts with the "
            "last layer, so its gradients come first.",
            "print the shapes in grads beside those in params.",
        ),
        Mistake(
            "sign",
            lambda d, c: {n: -g for n, g in mlp_backward(d, c).items()},
            "Every gradient has the opposite sign. The step subtracts; the backward "
            "pass does not turn blame round.",
            "leave out the minus.",
        ),
    ],
    alternatives=[
        {"mlp_forward": mlp_by_layers, "mlp_backward": mlp_by_layers_backward},
        mlp_with_loops,
        mlp_with_einsum,
    ],
)

EXERCISES = [
    LINEAR_FORWARD,
    LINEAR_BACKWARD,
    SIGMOID,
    TANH,
    RELU,
    SOFTMAX_CROSS_ENTROPY,
    MLP_FORWARD,
    MLP_BACKWARD,
]
