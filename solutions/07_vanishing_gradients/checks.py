"""The exercises of lesson 7: first weights, signals along a network, and clipping."""

import numpy as np

from course_lib.values import Given
from grader.exercises import Case, Exercise, Mistake

# ---- first weights


def std_of(scheme, D, M):
    return {"zeros": 0.0, "xavier": np.sqrt(2 / (D + M)), "he": np.sqrt(2 / D)}[scheme]


def drawing(std=std_of, draw=None):
    """Return `init_weights` with another standard deviation, or another draw.

    Parameters
    ----------
    std : callable
        ``std(scheme, D, M) -> float``.
    draw : callable
        ``draw(rng, std, D, M) -> W``.
    """
    draw = draw or (lambda rng, s, D, M: rng.normal(0, s, size=(D, M)))

    def init_weights(sizes, scheme, rng):
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        return [draw(rng, std(scheme, D, M), D, M) for D, M in pairs]

    return init_weights


def only(scheme, other):
    """Return a `std` that differs for one scheme."""
    return lambda s, D, M: other(D, M) if s == scheme else std_of(s, D, M)


def weight_cases(rng):
    """Large layers: a standard deviation is then sharp to less than a percent."""

    def case(note, scheme, *sizes):
        seeds = [int(seed) for seed in rng.integers(0, 1000, size=2)]
        given = [Given("generator", {"seed": seeds[0] + extra}) for extra in (0, 1001)]
        return Case(
            note, sizes=list(sizes), scheme=scheme, rng=given[0], other=given[1]
        )

    yield case("zeros, 5-3-7-2", "zeros", 5, 3, 7, 2)
    yield case("xavier, 173-67-211-83", "xavier", 173, 67, 211, 83)
    yield case("he, 67-173-83-211", "he", 67, 173, 83, 211)


def weights_with_a_loop(sizes, scheme, rng):
    weights = []
    for k in range(1, len(sizes)):
        D, M = sizes[k - 1], sizes[k]
        if scheme == "zeros":
            weights.append(np.zeros((D, M)))
        else:
            variance = 2 / (D + M) if scheme == "xavier" else 2 / D
            weights.append(rng.standard_normal((D, M)) * variance**0.5)
    return weights


def weights_uniform(sizes, scheme, rng):
    pairs = list(zip(sizes, sizes[1:], strict=False))
    limits = [np.sqrt(3) * std_of(scheme, D, M) for D, M in pairs]
    return [
        rng.uniform(-a, a, size=pair) for a, pair in zip(limits, pairs, strict=True)
    ]


def weights_last_layer_first(sizes, scheme, rng):
    drawn = [
        rng.standard_normal((M, D)).T * std_of(scheme, D, M)
        for D, M in reversed(list(zip(sizes, sizes[1:], strict=False)))
    ]
    return tuple(reversed(drawn))


def weights_of_signs(sizes, scheme, rng):
    return [
        rng.choice([-1.0, 1.0], size=(D, M)) * std_of(scheme, D, M)
        for D, M in zip(sizes, sizes[1:], strict=False)
    ]


def same_seed_each_layer(sizes, scheme, rng):
    return [
        np.random.default_rng(0).normal(0, std_of(scheme, *pair), size=pair)
        for pair in zip(sizes, sizes[1:], strict=False)
    ]


def shortened(weights, sizes):
    sizes.pop()
    return weights


def own_generator(sizes, scheme, rng):
    return drawing()(sizes, scheme, np.random.default_rng(7))


def unseeded(sizes, scheme, rng):
    return drawing()(sizes, scheme, np.random.default_rng())


FAN_IN = "fan_in is D, the number of units that a sum runs over."

INIT_WEIGHTS = Exercise(
    "draw_weights(init_weights, sizes, scheme, rng, other) -> weights",
    name="init_weights",
    points=3,
    reference=drawing(),
    cases=weight_cases,
    tolerance=0.05,  # seven times the spread that chance leaves
    mistakes=[
        Mistake(
            "transposed",
            drawing(draw=lambda rng, s, D, M: rng.normal(0, s, size=(M, D))),
            "The arrays are transposed. W turns D inputs into M outputs, so its shape "
            "is (D, M): the size before, then the size after.",
            "print [W.shape for W in init_weights([64, 32, 10], 'he', rng)].",
        ),
        Mistake(
            "all_zeros",
            drawing(draw=lambda rng, s, D, M: np.zeros((D, M))),
            "All weights are 0, whatever the scheme. Then all units of a layer get "
            "the same blame and stay equal for ever.",
            "draw from rng for xavier and he.",
        ),
        Mistake(
            "zeros_drawn",
            drawing(only("zeros", lambda D, M: 0.01)),
            "The scheme zeros draws small numbers. Here we want exact zeros, to see "
            "what they do.",
            "np.zeros((D, M)).",
        ),
        Mistake(
            "fan_out",
            drawing(only("he", lambda D, M: np.sqrt(2 / M))),
            f"He is computed with fan_out. {FAN_IN} Where D and M are equal this "
            "goes unnoticed.",
            "take sizes [100, 400]: the standard deviation of he is 0.141.",
        ),
        Mistake(
            "fan_out_twice",
            drawing(lambda s, D, M: np.sqrt(2 / M) if s != "zeros" else 0.0),
            "Both schemes look at M, the units behind, alone. He wants fan_in, which "
            "is D; Xavier both.",
            "take sizes [100, 400]: he has 0.141, and xavier 0.063.",
        ),
        Mistake(
            "fan_in_twice",
            drawing(lambda s, D, M: np.sqrt(1 / D) if s != "zeros" else 0.0),
            "Both schemes have the variance 1 / D, which suits the way forward of a "
            "layer without activation. He has 2 / D, Xavier 2 / (D + M).",
            "take sizes [100, 400]: he has 0.141, and xavier 0.063.",
        ),
        Mistake(
            "brackets",
            drawing(only("xavier", lambda D, M: np.sqrt(2 / D + M))),
            "Brackets are missing: 2 / D + M adds M to a fraction, and the weights "
            "of xavier are far too large.",
            "2 / (D + M).",
        ),
        Mistake(
            "variance_as_std",
            drawing(lambda s, D, M: std_of(s, D, M) ** 2),
            "The variance is used as the standard deviation: the square root is "
            "missing, and the weights are far too small.",
            "rng.normal(0, std) takes the standard deviation, the root of 2 / D.",
        ),
        Mistake(
            "he_without_root",
            drawing(only("he", lambda D, M: 2 / D)),
            "He's square root is missing: 2 / D is the variance.",
            "rng.normal(0, std) takes the standard deviation, the root of 2 / D.",
        ),
        Mistake(
            "xavier_without_root",
            drawing(only("xavier", lambda D, M: 2 / (D + M))),
            "Xavier's square root is missing: 2 / (D + M) is the variance.",
            "rng.normal(0, std) takes the standard deviation.",
        ),
        Mistake(
            "inverse",
            drawing(lambda s, D, M: std_of(s, D, M) ** 2 / 2),
            "The weights are divided by the number of units and not by its root.",
            "a sum of D random numbers grows as the root of D.",
        ),
        Mistake(
            "he_inverse",
            drawing(only("he", lambda D, M: 1 / D)),
            "He divides by D; the standard deviation is the root of 2 / D.",
            "a sum of D random numbers grows as the root of D.",
        ),
        Mistake(
            "no_two",
            drawing(lambda s, D, M: std_of(s, D, M) / np.sqrt(2)),
            "The 2 is missing, in both schemes: every weight is 0.707 of what it "
            "should be.",
            "He: the root of 2 / D. Xavier: the root of 2 / (D + M).",
        ),
        Mistake(
            "he_without_two",
            drawing(only("he", lambda D, M: np.sqrt(1 / D))),
            "He's 2 is missing. ReLU silences half of the units, and the 2 makes up "
            "for them.",
            "the standard deviation is the root of 2 / D.",
        ),
        Mistake(
            "xavier_without_two",
            drawing(only("xavier", lambda D, M: np.sqrt(1 / (D + M)))),
            "Xavier's 2 is missing: its variance is one over the mean of D and M, "
            "and that is 2 / (D + M).",
            "for D = M = 100 the standard deviation is 0.1.",
        ),
        Mistake(
            "xavier_one_side",
            drawing(only("xavier", lambda D, M: np.sqrt(1 / D))),
            "Xavier looks at one side only. It is a compromise between the way "
            "forward, 1 / D, and the way back, 1 / M.",
            "the variance is 2 / (D + M).",
        ),
        Mistake(
            "xavier_one_side_back",
            drawing(only("xavier", lambda D, M: np.sqrt(1 / M))),
            "Xavier looks at one side only, the outputs. It is a compromise between "
            "the way forward, 1 / D, and the way back, 1 / M.",
            "the variance is 2 / (D + M).",
        ),
        Mistake(
            "root_of_top",
            drawing(only("he", lambda D, M: np.sqrt(2) / D)),
            "The root is taken of the 2 alone, and D stays outside.",
            "one root over the whole fraction: np.sqrt(2 / D).",
        ),
        Mistake(
            "swapped",
            drawing(
                lambda s, D, M: (
                    std_of({"he": "xavier"}.get(s, "he"), D, M) * (s != "zeros")
                )
            ),
            "The two schemes are exchanged: xavier gets the formula of he, and he "
            "that of xavier.",
            "he knows D only; xavier knows both.",
        ),
        Mistake(
            "he_for_all",
            drawing(only("xavier", lambda D, M: np.sqrt(2 / D))),
            "xavier gets the formula of he.",
            "xavier's standard deviation is the root of 2 / (D + M).",
        ),
        Mistake(
            "xavier_for_all",
            drawing(only("he", lambda D, M: np.sqrt(2 / (D + M)))),
            "he gets the formula of xavier.",
            "he's standard deviation is the root of 2 / D.",
        ),
        Mistake(
            "not_scaled",
            drawing(lambda s, D, M: 1.0 if s != "zeros" else 0.0),
            "The weights have standard deviation 1, whatever the sizes: nothing is "
            "scaled.",
            "rng.normal(0, std, size=(D, M)): the mean comes first, then the standard "
            "deviation.",
        ),
        Mistake(
            "uniform_limit",
            drawing(draw=lambda rng, s, D, M: rng.uniform(-s, s, size=(D, M))),
            "The weights are drawn evenly between -std and std. Their standard "
            "deviation is then std / sqrt(3), which is 0.577 of it.",
            "rng.normal(0, std, size=(D, M)), or limits sqrt(3) times as wide.",
        ),
        Mistake(
            "only_positive",
            drawing(draw=lambda rng, s, D, M: rng.random((D, M)) * s),
            "No weight is below 0: rng.random draws from 0 to 1. The mean has to be 0.",
            "rng.normal(0, std, size=(D, M)).",
        ),
        Mistake(
            "absolute",
            drawing(draw=lambda rng, s, D, M: np.abs(rng.normal(0, s, size=(D, M)))),
            "No weight is below 0: the absolute value is taken. The mean has to be 0.",
            "rng.normal(0, std, size=(D, M)), as it comes.",
        ),
        Mistake(
            "limit_as_std",
            drawing(lambda s, D, M: std_of(s, D, M) * np.sqrt(3)),
            "Every weight is the root of 3 times too large. With a 6 in place of the "
            "2 the formulas give the limit of an even draw, not a standard deviation.",
            "take the 2, or draw with rng.uniform(-limit, limit, size=(D, M)).",
        ),
        Mistake(
            "xavier_limit_as_std",
            drawing(only("xavier", lambda D, M: np.sqrt(6 / (D + M)))),
            "Xavier's weights are the root of 3 times too large. The root of "
            "6 / (D + M) is the limit of an even draw, not a standard deviation.",
            "take the 2, or draw with rng.uniform(-limit, limit, size=(D, M)).",
        ),
        Mistake(
            "mutates_input",
            lambda sizes, scheme, rng: shortened(drawing()(sizes, scheme, rng), sizes),
            "The weights are right, and the caller's list of sizes is changed on the "
            "way.",
            "walk through sizes without pop or remove.",
        ),
        Mistake(
            "constant",
            drawing(draw=lambda rng, s, D, M: np.full((D, M), s)),
            "Every weight is the same number. Then all units of a layer are the same "
            "unit.",
            "std is a spread: draw with it from rng.",
        ),
        Mistake(
            "one_row",
            drawing(draw=lambda rng, s, D, M: rng.normal(0, s, M) * np.ones((D, 1))),
            "All rows of a layer are the same: too few numbers are drawn.",
            "size=(D, M) draws one for each weight.",
        ),
        Mistake(
            "one_unit",
            drawing(draw=lambda rng, s, D, M: rng.normal(0, s, (D, 1)) * np.ones(M)),
            "All columns of a layer are the same: its units are one unit, M times.",
            "size=(D, M) draws one for each weight.",
        ),
        Mistake(
            "same_seed",
            same_seed_each_layer,
            "Every layer draws the same numbers: a new generator with the same seed "
            "is made for each.",
            "use the rng that is given, for all layers.",
        ),
        Mistake(
            "own_generator",
            own_generator,
            "The weights are the same whatever rng is given: they come from a "
            "generator with a seed of its own.",
            "use the rng that is given.",
        ),
        Mistake(
            "has_state",
            unseeded,
            "The same rng gives other weights each time: they come from another "
            "source of chance, and no run can be repeated.",
            "draw with rng.normal, not with np.random.",
        ),
    ],
    alternatives=[
        weights_with_a_loop,
        weights_uniform,
        weights_last_layer_first,
        weights_of_signs,
    ],
)

# ---- signals

FORWARD = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}
SLOPE = {
    "sigmoid": lambda h: h * (1 - h),
    "tanh": lambda h: 1 - h * h,
    "relu": lambda h: h > 0,
}


def walk(x, weights, activation):
    """Return every layer's z, and the activations from x on."""
    zs, hs = [], [x]
    for W in weights:
        zs.append(hs[-1] @ W)
        hs.append(FORWARD[activation](zs[-1]))
    return zs, hs


def stds_of(statistic):
    """Return `activation_stds` with another statistic of each layer's h."""

    def activation_stds(x, weights, activation):
        return np.array([statistic(h) for h in walk(x, weights, activation)[1][1:]])

    return activation_stds


activation_stds = stds_of(np.std)


def network(rng, n, *sizes):
    pairs = zip(sizes, sizes[1:], strict=False)
    return {
        "x": rng.normal(0.5, 1, size=(n, sizes[0])),
        "weights": [rng.normal(0, 1.5 / np.sqrt(D), size=(D, M)) for D, M in pairs],
    }


def forward_cases(rng):
    yield Case(
        "two examples, one unit after another, relu",
        x=np.array([[1.0], [3.0]]),
        weights=[np.array([[2.0]]), np.array([[0.5]])],
        activation="relu",
    )
    for activation in FORWARD:
        yield Case(
            f"seven examples, 5-3-11-2, {activation}",
            **network(rng, 7, 5, 3, 11, 2),
            activation=activation,
        )
    yield Case(
        "a batch of one, 5-11-7, tanh", **network(rng, 1, 5, 11, 7), activation="tanh"
    )
    yield Case("one layer, sigmoid", **network(rng, 13, 2, 5), activation="sigmoid")
    yield Case(
        "layers of one width, relu", **network(rng, 7, 5, 5, 5, 5), activation="relu"
    )


def stds_with_comprehension(x, weights, activation):
    stds = []
    for W in weights:
        x = FORWARD[activation](np.matmul(x, W))
        stds.append(float(np.sqrt(np.mean((x - x.mean()) ** 2))))
    return np.array(stds)


def stds_into_an_array(x, weights, activation):
    stds, h = np.zeros(len(weights)), x
    for k, W in enumerate(weights):
        h = FORWARD[activation](np.einsum("nd,dm->nm", h, W))
        stds[k] = h.var() ** 0.5
    return stds


def stds_recursively(x, weights, activation):
    h = FORWARD[activation](x @ weights[0])
    if len(weights) == 1:
        return np.array([h.ravel().std()])
    return np.append(h.ravel().std(), stds_recursively(h, weights[1:], activation))


def linear_stds(x, weights, activation):
    stds = []
    for W in weights:
        x = x @ W
        stds.append(x.std())
    return np.array(stds)


def always(activation):
    return lambda x, weights, _: activation_stds(x, weights, activation)


ACTIVATION_STDS = Exercise(
    "activation_stds(x, weights, activation) -> stds",
    points=2,
    reference=activation_stds,
    cases=forward_cases,
    axes={"x": "ND"},
    mistakes=[
        Mistake(
            "no_activation",
            linear_stds,
            "No activation is applied: the signal goes from one product straight into "
            "the next.",
            "h = f(h @ W) in each layer.",
        ),
        Mistake(
            "of_z",
            lambda x, weights, a: np.array([z.std() for z in walk(x, weights, a)[0]]),
            "The standard deviation is taken of z, before the activation. What the "
            "next layer gets is h.",
            "for sigmoid no activation's std can be above 0.5.",
        ),
        Mistake(
            "of_inputs",
            lambda x, weights, a: np.array(
                [h.std() for h in walk(x, weights, a)[1][:-1]]
            ),
            "Each number is one layer early: the first is that of x, and the last "
            "layer is missing.",
            "apply W and the activation first, then measure.",
        ),
        Mistake(
            "with_x",
            lambda x, weights, a: np.array([h.std() for h in walk(x, weights, a)[1]]),
            "There is one number too many: the first is that of x, which is no layer.",
            "one number for each W.",
        ),
        Mistake(
            "reversed",
            lambda *inputs: activation_stds(*inputs)[::-1],
            "The order is reversed: the last layer comes first.",
            "forward goes from the first layer to the last; nothing to turn round.",
        ),
        Mistake(
            "last_only",
            lambda *inputs: activation_stds(*inputs)[-1:],
            "Only the last layer is measured.",
            "append inside the loop, one number for each W.",
        ),
        Mistake(
            "variance",
            stds_of(np.var),
            "These are variances, the squares of what is asked for.",
            "h.std(), not h.var().",
        ),
        Mistake(
            "norm",
            stds_of(np.linalg.norm),
            "These are norms, which grow with the number of entries, so that layers "
            "of different width cannot be compared.",
            "h.std().",
        ),
        Mistake(
            "rms",
            stds_of(lambda h: np.sqrt(np.mean(h * h))),
            "The mean is not subtracted. A layer that says 0.5 to everything would "
            "look strong, and it carries nothing.",
            "h.std().",
        ),
        Mistake(
            "mean",
            stds_of(np.mean),
            "These are means. The mean says where the activations are; how much they "
            "differ is the signal.",
            "h.std().",
        ),
        Mistake(
            "averaged_first",
            stds_of(lambda h: h.mean(axis=0).std()),
            "The batch is averaged first: how the examples differ is gone, and that "
            "is the signal.",
            "one std over all entries: h.std().",
        ),
        Mistake(
            "averaged_units",
            stds_of(lambda h: h.mean(axis=1).std()),
            "The units are averaged first; what they say to an example is gone.",
            "one std over all entries: h.std().",
        ),
        Mistake(
            "per_unit",
            stds_of(lambda h: h.std(axis=0).mean()),
            "This is the mean of each unit's own std. We want one std over all "
            "entries together.",
            "h.std(), without an axis.",
        ),
        Mistake(
            "per_example",
            stds_of(lambda h: h.std(axis=1).mean()),
            "This is the mean of each example's own std. We want one std over all "
            "entries together.",
            "h.std(), without an axis.",
        ),
        Mistake(
            "ddof",
            stds_of(lambda h: h.std(ddof=1)),
            "The sum of squares is divided by one less than the number of entries. "
            "Here all entries are there, so nothing has to be made up for.",
            "leave ddof at 0.",
        ),
        Mistake(
            "always_tanh",
            always("tanh"),
            "The activation is tanh whatever is asked for.",
            "pick it by name: ACTIVATIONS[activation].",
        ),
        Mistake(
            "always_sigmoid",
            always("sigmoid"),
            "The activation is the sigmoid whatever is asked for.",
            "pick it by name: ACTIVATIONS[activation].",
        ),
        Mistake(
            "always_relu",
            always("relu"),
            "The activation is ReLU whatever is asked for.",
            "pick it by name: ACTIVATIONS[activation].",
        ),
    ],
    alternatives=[stds_with_comprehension, stds_into_an_array, stds_recursively],
)


def deltas_of(x, weights, activation, dy, slope=None):
    """Return every layer's dz, its dh, and its input, the first layer's first."""
    zs, hs = walk(x, weights, activation)
    slope = slope or (lambda z, h: SLOPE[activation](h))
    found = []
    for W, z, h, before in reversed(
        list(zip(weights, zs, hs[1:], hs[:-1], strict=True))
    ):
        dz = dy * slope(z, h)
        found.append((dz, dy, before))
        dy = dz @ W.T
    return found[::-1]


def norms_of(statistic, slope=None):
    """Return `delta_norms` with another statistic of (dz, dh, input)."""

    def delta_norms(x, weights, activation, dy):
        picked = slope(activation) if slope else None
        layers = deltas_of(x, weights, activation, dy, picked)
        return np.array([statistic(*layer) for layer in layers])

    return delta_norms


delta_norms = norms_of(lambda dz, dh, x: np.linalg.norm(dz))


def backward_cases(rng):
    yield Case(
        "one example, one unit after another, relu",
        x=np.array([[1.0]]),
        weights=[np.array([[2.0]]), np.array([[3.0]])],
        activation="relu",
        dy=np.array([[5.0]]),
    )
    for activation in FORWARD:
        made = network(rng, 7, 5, 3, 11, 2)
        yield Case(
            f"seven examples, 5-3-11-2, {activation}",
            **made,
            activation=activation,
            dy=rng.normal(size=(7, 2)),
        )
    yield Case(
        "the same seven with another upstream gradient",
        **made,
        activation=activation,
        dy=rng.normal(size=(7, 2)),
    )
    yield Case(
        "a batch of one, 5-11-7, tanh",
        **network(rng, 1, 5, 11, 7),
        activation="tanh",
        dy=rng.normal(size=(1, 7)),
    )
    yield Case(
        "one layer, sigmoid",
        **network(rng, 13, 2, 5),
        activation="sigmoid",
        dy=rng.normal(size=(13, 5)),
    )
    yield Case(
        "layers of one width, tanh",
        **network(rng, 5, 5, 5, 5, 5),
        activation="tanh",
        dy=rng.normal(size=(5, 5)),
    )
    # Here Euler fixes the answer: z times dz is the same in every layer.
    yield Case(
        "a chain of single relu units",
        x=np.array([[2.0]]),
        weights=[rng.uniform(0.3, 3, size=(1, 1)) for _ in range(6)],
        activation="relu",
        dy=rng.normal(1, 0.1, size=(1, 1)),
    )


def norms_with_caches(x, weights, activation, dy):
    outputs = []
    for W in weights:
        x = FORWARD[activation](x @ W)
        outputs.append(x)
    norms = np.zeros(len(weights))
    for k in reversed(range(len(weights))):
        dz = dy * SLOPE[activation](outputs[k])
        norms[k] = np.sqrt(np.sum(dz**2))
        dy = dz @ weights[k].T
    return norms


def norms_recursively(x, weights, activation, dy):
    def go(x, rest):
        if not rest:
            return dy, []
        h = FORWARD[activation](np.einsum("nd,dm->nm", x, rest[0]))
        dh, later = go(h, rest[1:])
        dz = SLOPE[activation](h) * dh
        return np.einsum("nm,dm->nd", dz, rest[0]), [np.linalg.norm(dz), *later]

    return np.array(go(x, list(weights))[1])


def norms_inserted(x, weights, activation, dy):
    hs, norms = [x], []
    for W in weights:
        hs.append(FORWARD[activation](hs[-1] @ W))
    for W, h in zip(weights[::-1], hs[:0:-1], strict=True):
        dz = SLOPE[activation](h) * dy
        norms.insert(0, float((dz * dz).sum() ** 0.5))
        dy = (W @ dz.T).T
    return np.array(norms)


def slope_at_z(activation):
    return lambda z, h: SLOPE[activation](z)


def no_slope(activation):
    return lambda z, h: 1.0


def slope_of(activation):
    return lambda _: lambda z, h: SLOPE[activation](h)


def activation_for_slope(activation):
    return lambda z, h: FORWARD[activation](h)


def dh_norms(x, weights, activation, dy):
    layers = zip(deltas_of(x, weights, activation, dy), weights, strict=True)
    return np.array([np.linalg.norm(dz @ W.T) for (dz, _, _), W in layers])


def slope_not_passed_on(x, weights, activation, dy):
    norms, outputs = [], walk(x, weights, activation)[1][1:]
    for W, h in zip(reversed(weights), reversed(outputs), strict=True):
        norms.append(np.linalg.norm(dy * SLOPE[activation](h)))
        dy = dy @ W.T
    return np.array(norms[::-1])


def with_dx(x, weights, activation, dy):
    dz = deltas_of(x, weights, activation, dy)[0][0]
    first = np.linalg.norm(dz @ weights[0].T)
    return np.append(first, delta_norms(x, weights, activation, dy))


def weights_not_passed(x, weights, activation, dy):
    """Slopes are multiplied; the blame never goes through a W."""
    layers = walk(x, weights, activation)[1][1:]
    return np.array([np.linalg.norm(SLOPE[activation](h)) for h in layers])


DELTA_NORMS = Exercise(
    "delta_norms(x, weights, activation, dy) -> norms",
    points=3,
    reference=delta_norms,
    cases=backward_cases,
    axes={"x": "ND", "dy": "NM"},
    forbids={
        "numerical_gradient": "a backward pass is a formula, and probing it twice an "
        "entry is a thousand times slower."
    },
    mistakes=[
        Mistake(
            "of_dW",
            norms_of(lambda dz, dh, x: np.linalg.norm(x.T @ dz)),
            "These are the norms of dW. A weak dz can hide behind strong inputs there, "
            "and the other way round; we want dz itself.",
            "take the norm of dz before it is multiplied by anything.",
        ),
        Mistake(
            "of_dh",
            norms_of(lambda dz, dh, x: np.linalg.norm(dh)),
            "The norm is taken of dh, before the activation's slope. We want dz, "
            "behind it.",
            "dz = dy * slope first, then the norm.",
        ),
        Mistake(
            "of_dx",
            lambda *inputs: with_dx(*inputs)[:-1],
            "Each number is one layer early: it is taken after the product with W.T.",
            "the order in a layer is: slope, norm, product.",
        ),
        Mistake(
            "after_the_product",
            dh_norms,
            "The norm is taken after the product with W.T: that is the blame at the "
            "output of the layer before.",
            "the order in a layer is: slope, norm, product.",
        ),
        Mistake(
            "slope_not_passed_on",
            slope_not_passed_on,
            "The slope is in what is measured, and not in what is sent on: every "
            "layer forgets the slopes behind it.",
            "send dz @ W.T on, not dy @ W.T.",
        ),
        Mistake(
            "activation_for_slope",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz), activation_for_slope),
            "The activation itself stands where its slope belongs.",
            "of the pair in ACTIVATIONS take the second.",
        ),
        Mistake(
            "with_dx",
            with_dx,
            "There is one number too many: the first belongs to x, which is no layer.",
            "one number for each W.",
        ),
        Mistake(
            "reversed",
            lambda *inputs: delta_norms(*inputs)[::-1],
            "The order is reversed: backward meets the last layer first, and the "
            "result starts with the first layer.",
            "turn the list round at the end: norms[::-1].",
        ),
        Mistake(
            "no_slope",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz), no_slope),
            "The activation has no part in the way back: the slope is missing.",
            "dz = dy * slope(h) in each layer.",
        ),
        Mistake(
            "slope_at_z",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz), slope_at_z),
            "The slope is taken at z. The formulas want the activation's output h. "
            "ReLU does not notice.",
            "keep h of each layer on the way forward.",
        ),
        Mistake(
            "always_tanh",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz), slope_of("tanh")),
            "The slope is that of tanh, whatever the activation.",
            "pick forward and slope by name: ACTIVATIONS[activation].",
        ),
        Mistake(
            "always_sigmoid",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz), slope_of("sigmoid")),
            "The slope is that of the sigmoid, whatever the activation.",
            "pick forward and slope by name: ACTIVATIONS[activation].",
        ),
        Mistake(
            "always_relu",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz), slope_of("relu")),
            "The slope is that of ReLU, whatever the activation.",
            "pick forward and slope by name: ACTIVATIONS[activation].",
        ),
        Mistake(
            "slopes_only",
            weights_not_passed,
            "These are the slopes alone: neither dy nor W has a part in them.",
            "start with dy, and go on with dz @ W.T.",
        ),
        Mistake(
            "ignores_upstream",
            lambda x, weights, a, dy: delta_norms(x, weights, a, np.ones(dy.shape)),
            "dy has no part in it: the way back starts with ones.",
            "the last layer's dz is dy times the slope.",
        ),
        Mistake(
            "averaged_first",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz.mean(axis=0))),
            "The batch is averaged first: blame of opposite sign cancels, and a strong "
            "signal looks weak.",
            "the norm over all entries: np.linalg.norm(dz).",
        ),
        Mistake(
            "summed_first",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz.sum(axis=0))),
            "The batch is summed first, as for db: blame of opposite sign cancels.",
            "the norm over all entries: np.linalg.norm(dz).",
        ),
        Mistake(
            "per_example",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz, axis=1).mean()),
            "This is the mean of each example's own norm. We want one norm over all "
            "entries.",
            "np.linalg.norm(dz), without an axis.",
        ),
        Mistake(
            "squared",
            norms_of(lambda dz, dh, x: np.sum(dz * dz)),
            "These are the squares of the norms: the root is missing.",
            "np.linalg.norm(dz), or np.sqrt of the sum of squares.",
        ),
        Mistake(
            "divided",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz) / len(dz)),
            "Every norm is divided by N. The 1/N belongs to the loss, so it is in dy "
            "already.",
            "np.linalg.norm(dz), and nothing else.",
        ),
        Mistake(
            "rms",
            norms_of(lambda dz, dh, x: np.sqrt(np.mean(dz * dz))),
            "This is the root of the mean square, and a norm is the root of the sum.",
            "np.linalg.norm(dz).",
        ),
        Mistake(
            "std",
            norms_of(lambda dz, dh, x: dz.std()),
            "This is the standard deviation of dz, and the norm is asked for.",
            "np.linalg.norm(dz).",
        ),
        Mistake(
            "absolute",
            norms_of(lambda dz, dh, x: np.abs(dz).sum()),
            "This is the sum of absolute values; the norm is the root of the sum of "
            "squares.",
            "np.linalg.norm(dz).",
        ),
        Mistake(
            "mean_absolute",
            norms_of(lambda dz, dh, x: np.abs(dz).mean()),
            "This is the mean of absolute values; the norm is the root of the sum of "
            "squares.",
            "np.linalg.norm(dz).",
        ),
        Mistake(
            "spectral",
            norms_of(lambda dz, dh, x: np.linalg.norm(dz, 2)),
            "np.linalg.norm(dz, 2) is another norm of a table, its largest stretch.",
            "leave out the 2.",
        ),
    ],
    alternatives=[norms_with_caches, norms_recursively, norms_inserted],
)

# ---- dead units


def dead_fraction(pre_activations):
    return float(np.mean(np.all(pre_activations <= 0, axis=0)))


def dead_cases(rng):
    def table(n, h, dead):
        z = rng.normal(0.3, 1, size=(n, h))
        z[rng.integers(0, n, size=h), np.arange(h)] = rng.uniform(0.1, 1, size=h)
        off = rng.choice(h, dead, replace=False)
        z[:, off] = -rng.uniform(0.1, 2, size=(n, dead))
        return z

    yield Case(
        "three examples, four units",
        pre_activations=np.array(
            [[-1.0, 2.0, -3.0, -0.5], [-2.0, -1.0, 4.0, -1.0], [-1.0, 3.0, 1.0, -2.0]]
        ),
    )
    yield Case("seven examples, 11 units, 4 dead", pre_activations=table(7, 11, 4))
    yield Case("no dead unit", pre_activations=table(13, 5, 0))
    yield Case("all dead", pre_activations=-rng.uniform(0.1, 2, size=(7, 3)))
    yield Case("a batch of one", pre_activations=rng.choice([-1.0, 2, 3], size=(1, 13)))
    barely = table(5, 7, 2)
    barely[barely < 0] -= 20
    yield Case("units that are on once, and far off else", pre_activations=barely)
    exact = table(7, 5, 1)
    exact[:, int(np.argmax(exact.max(axis=0)))] = 0.0
    yield Case("a unit at exactly 0 for every example", pre_activations=exact)
    silent = table(7, 11, 3)
    silent[2] = -1.0
    yield Case("an example that turns no unit on", pre_activations=silent)


def dead_by_largest(pre_activations):
    return np.mean(pre_activations.max(axis=0) <= 0)


def dead_with_loops(pre_activations):
    dead = 0
    for unit in range(pre_activations.shape[1]):
        dead += not any(z > 0 for z in pre_activations[:, unit])
    return dead / pre_activations.shape[1]


def dead_by_outputs(pre_activations):
    return 1.0 - (np.maximum(pre_activations, 0).sum(axis=0) > 0).mean()


def dead(rule):
    return lambda pre_activations: float(rule(pre_activations))


DEAD_FRACTION = Exercise(
    "dead_fraction(pre_activations) -> fraction",
    points=2,
    reference=dead_fraction,
    cases=dead_cases,
    axes={"pre_activations": "NH"},
    mistakes=[
        Mistake(
            "zero_activations",
            dead(lambda z: np.mean(z <= 0)),
            "This is the share of activations that are 0. A healthy ReLU layer has "
            "about half of them; dead is a unit that is off for every example.",
            "first one yes or no for each unit, then the share.",
        ),
        Mistake(
            "share_on",
            dead(lambda z: np.mean(z > 0)),
            "This is the share of activations that are above 0. Dead is a unit that "
            "is off for every example.",
            "first one yes or no for each unit, then the share.",
        ),
        Mistake(
            "all_together",
            dead(lambda z: np.all(z <= 0)),
            "np.all without an axis asks one question of the whole table: is "
            "everything off?",
            "axis=0 asks it of each unit, each column.",
        ),
        Mistake(
            "axis",
            dead(lambda z: np.mean(np.all(z <= 0, axis=1))),
            "This is the share of examples that turn no unit on. Units are columns: "
            "what has to vanish first is the batch, axis 0.",
            "np.all(..., axis=0) has one entry a unit.",
        ),
        Mistake(
            "off_once",
            dead(lambda z: np.mean(np.any(z <= 0, axis=0))),
            "A unit counts as dead that is off for some example. That is what ReLU "
            "units are for.",
            "all, not any.",
        ),
        Mistake(
            "mean_below",
            dead(lambda z: np.mean(z.mean(axis=0) <= 0)),
            "A unit counts as dead whose mean is below 0. One example that turns it "
            "on is enough to keep it alive.",
            "ask for every example: np.all(z <= 0, axis=0).",
        ),
        Mistake(
            "count",
            dead(lambda z: np.sum(np.all(z <= 0, axis=0))),
            "This is how many units are dead, and the fraction is asked for.",
            "divide by the number of units, or take the mean.",
        ),
        Mistake(
            "percent",
            dead(lambda z: 100 * np.mean(np.all(z <= 0, axis=0))),
            "This is in percent, and a fraction goes from 0 to 1.",
            "leave out the 100.",
        ),
        Mistake(
            "alive",
            dead(lambda z: np.mean(np.any(z > 0, axis=0))),
            "This is the share of units that are alive.",
            "1 minus it, or ask the other way round.",
        ),
        Mistake(
            "divided_by_examples",
            dead(lambda z: np.sum(np.all(z <= 0, axis=0)) / len(z)),
            "The number of dead units is divided by the number of examples.",
            "the share is of the units: divide by their number, axis 1.",
        ),
        Mistake(
            "strictly_below",
            dead(lambda z: np.mean(np.all(z < 0, axis=0))),
            "A unit that gets exactly 0 from every example counts as alive. It says "
            "nothing and passes nothing: it is off too.",
            "z <= 0, not z < 0.",
        ),
        Mistake(
            "equal_to_zero",
            dead(lambda z: np.mean(np.all(z == 0, axis=0))),
            "z is compared with exactly 0. That holds for the ReLU's output; what "
            "comes in here is before the ReLU, and below 0 where it is off.",
            "z <= 0.",
        ),
        Mistake(
            "always_on",
            dead(lambda z: np.mean(np.all(z > 0, axis=0))),
            "This is the share of units that are on for every example.",
            "off is z <= 0.",
        ),
    ],
    alternatives=[dead_by_largest, dead_with_loops, dead_by_outputs],
)

# ---- clipping


def global_norm(grads):
    return float(np.sqrt(sum(np.sum(dw**2) for dw in grads.values())))


def clipping(factor, norm=global_norm):
    """Return `clip_by_global_norm` with another factor or another norm."""

    def clip_by_global_norm(grads, max_norm):
        size = norm(grads)
        by = factor(size, max_norm)
        return {name: by * dw for name, dw in grads.items()}, size

    return clip_by_global_norm


def shrink(size, most):
    return most / size if size > most else 1.0


clip_by_global_norm = clipping(shrink)


def clip_cases(rng):
    def grads(scale):
        return {
            "W1": 3 * scale * rng.normal(size=(5, 3)),
            "b1": scale * rng.normal(size=3),
            "W2": scale * rng.normal(size=(3, 2)),
        }

    yield Case(
        "W 3 and b 4, at most 1",
        grads={"W": np.array([[3.0]]), "b": np.array([4.0])},
        max_norm=1.0,
    )
    yield Case("W1, b1 and W2, at most 2.5", grads=grads(1.0), max_norm=2.5)
    yield Case("gradients far above the limit", grads=grads(1e6), max_norm=0.3)
    yield Case("gradients below the limit", grads=grads(0.01), max_norm=3.0)
    yield Case(
        "each below the limit, together above it",
        grads={"W": np.array([[1.2, 0.0]]), "b": np.array([0.0, 1.6])},
        max_norm=1.7,
    )
    yield Case(
        "gradients that are all 0",
        grads={"W": np.zeros((2, 3)), "b": np.zeros(3)},
        max_norm=0.5,
    )


def clip_as_pytorch_does(grads, max_norm):
    norm = global_norm(grads)
    factor = min(1.0, max_norm / (norm + 1e-6))
    return {name: dw * factor for name, dw in grads.items()}, norm


def clip_flat(grads, max_norm):
    flat = np.concatenate([dw.ravel() for dw in grads.values()])
    norm = np.linalg.norm(flat)
    clipped = {name: dw.copy() for name, dw in grads.items()}
    if norm > max_norm:
        for name in clipped:
            clipped[name] *= max_norm / norm
    return clipped, norm


def clip_by_larger(grads, max_norm):
    norm = np.linalg.norm([np.linalg.norm(dw) for dw in grads.values()])
    return {k: max_norm * dw / max(norm, max_norm) for k, dw in grads.items()}, norm


def each_array(grads, max_norm):
    clipped = {
        name: dw * shrink(float(np.linalg.norm(dw)), max_norm)
        for name, dw in grads.items()
    }
    return clipped, global_norm(grads)


def each_entry(grads, max_norm):
    clipped = {name: np.clip(dw, -max_norm, max_norm) for name, dw in grads.items()}
    return clipped, global_norm(grads)


def norm_afterwards(grads, max_norm):
    clipped, _ = clip_by_global_norm(grads, max_norm)
    return clipped, global_norm(clipped)


def in_place(grads, max_norm):
    norm = global_norm(grads)
    for dw in grads.values():
        dw *= shrink(norm, max_norm)
    return grads, norm


def first_only(grads, max_norm):
    norm = global_norm(grads)
    first = next(iter(grads))
    return grads | {first: grads[first] * shrink(norm, max_norm)}, norm


def factor_returned(grads, max_norm):
    norm = global_norm(grads)
    return clip_by_global_norm(grads, max_norm)[0], float(shrink(norm, max_norm))


def sizes_of(combine):
    return lambda grads: float(combine([np.linalg.norm(dw) for dw in grads.values()]))


CLIP = Exercise(
    "clip_by_global_norm(grads, max_norm) -> clipped, norm",
    points=3,
    reference=clip_by_global_norm,
    cases=clip_cases,
    tolerance=1e-5,  # so that the small number others add to the norm passes
    mistakes=[
        Mistake(
            "each_array",
            each_array,
            "Each array is clipped by its own norm: every one has its own factor, and "
            "the step turns away from the gradient.",
            "one norm over all arrays, and one factor for all.",
        ),
        Mistake(
            "each_entry",
            each_entry,
            "Each entry is cut off at max_norm: large ones lose more than small ones, "
            "and the step turns away from the gradient.",
            "one norm over all arrays, and one factor for all.",
        ),
        Mistake(
            "always",
            clipping(lambda size, most: most / size if size else np.nan),
            "Gradients below the limit are scaled too: small ones are blown up to "
            "max_norm, and zeros give NaN.",
            "change nothing where norm <= max_norm.",
        ),
        Mistake(
            "always_but_zeros",
            clipping(lambda size, most: most / size if size else 1.0),
            "Gradients below the limit are blown up to max_norm. Clipping only "
            "shrinks.",
            "change nothing where norm <= max_norm.",
        ),
        Mistake(
            "inverted",
            clipping(lambda size, most: most / size if 0 < size < most else 1.0),
            "The comparison is the wrong way round: what is below the limit is "
            "scaled, and what is above it passes.",
            "scale where norm > max_norm.",
        ),
        Mistake(
            "by_max_norm",
            clipping(lambda size, most: 1 / most if size > most else 1.0),
            "The gradients are divided by max_norm. How large they came in has to "
            "play a part.",
            "the factor is max_norm / norm.",
        ),
        Mistake(
            "always_by_max_norm",
            clipping(lambda size, most: 1 / most),
            "Every gradient is divided by max_norm, whether it is too large or not, "
            "and how large it came in has no part in it.",
            "where norm > max_norm the factor is max_norm / norm, else 1.",
        ),
        Mistake(
            "times_max_norm",
            clipping(lambda size, most: most if size > most else 1.0),
            "The gradients are multiplied by max_norm, and their own norm has no part "
            "in it.",
            "the factor is max_norm / norm.",
        ),
        Mistake(
            "to_one",
            clipping(lambda size, most: 1 / size if size > most else 1.0),
            "The gradients are brought to a norm of 1, whatever max_norm is.",
            "the factor is max_norm / norm.",
        ),
        Mistake(
            "upside_down",
            clipping(lambda size, most: size / most if size > most else 1.0),
            "The factor is upside down: what is too large is made larger.",
            "the factor is max_norm / norm, below 1.",
        ),
        Mistake(
            "squared",
            clipping(shrink, lambda g: global_norm(g) ** 2),
            "The root is missing: this is the square of the norm.",
            "W 3 and b 4 have the norm 5.",
        ),
        Mistake(
            "sum_of_norms",
            clipping(shrink, sizes_of(np.sum)),
            "The norms of the arrays are added. Squares are added, and the root is "
            "taken once, at the end.",
            "W 3 and b 4 have the norm 5, not 7.",
        ),
        Mistake(
            "largest_norm",
            clipping(shrink, sizes_of(np.max)),
            "Only the array with the largest norm counts.",
            "W 3 and b 4 have the norm 5.",
        ),
        Mistake(
            "absolute",
            clipping(
                shrink, lambda g: float(sum(np.abs(dw).sum() for dw in g.values()))
            ),
            "The absolute values are added; the norm is the root of the sum of "
            "squares.",
            "W 3 and b 4 have the norm 5, not 7.",
        ),
        Mistake(
            "rms",
            clipping(
                shrink,
                lambda g: global_norm(g) / np.sqrt(sum(dw.size for dw in g.values())),
            ),
            "The squares are averaged. The norm is the root of their sum.",
            "W 3 and b 4 have the norm 5.",
        ),
        Mistake(
            "largest_entry",
            clipping(
                shrink, lambda g: float(max(np.abs(dw).max() for dw in g.values()))
            ),
            "This is the largest entry, not the norm.",
            "W 3 and b 4 have the norm 5.",
        ),
        Mistake(
            "last_norm",
            clipping(shrink, lambda g: float(np.linalg.norm(list(g.values())[-1]))),
            "Only the last array's norm is left: it is set anew in each round of the "
            "loop, and not added to.",
            "add up the squares of all arrays.",
        ),
        Mistake(
            "mean_norm",
            clipping(shrink, sizes_of(np.mean)),
            "The norms of the arrays are averaged.",
            "add up the squares of all arrays, then take one root.",
        ),
        Mistake(
            "norm_afterwards",
            norm_afterwards,
            "The norm that is returned is that after clipping. Nobody could tell "
            "from it how large the gradient was.",
            "measure first, return that number.",
        ),
        Mistake(
            "factor_returned",
            factor_returned,
            "The second result is the factor; the norm that came in is asked for.",
            "return clipped, norm.",
        ),
        Mistake(
            "not_clipped",
            clipping(lambda size, most: 1.0),
            "The gradients come back as they were.",
            "multiply every array by max_norm / norm where the norm is too large.",
        ),
        Mistake(
            "first_only",
            first_only,
            "Only the first array is scaled.",
            "the same factor for every array of grads.",
        ),
        Mistake(
            "mutates_input",
            in_place,
            "The numbers are right, and the caller's arrays are changed on the way: "
            "`*=` works on the arrays that came in.",
            "make a new dict of new arrays: {name: factor * dw ...}.",
        ),
    ],
    alternatives=[clip_as_pytorch_does, clip_flat, clip_by_larger],
)

EXERCISES = [INIT_WEIGHTS, ACTIVATION_STDS, DELTA_NORMS, DEAD_FRACTION, CLIP]
