"""The exercises of lesson 8: batch and layer normalization, forward and backward."""

import numpy as np

from grader.exercises import Case, Exercise, Mistake

NO_PROBING = {
    "numerical_gradient": "a backward pass is a formula, and probing it twice an entry "
    "is a thousand times slower."
}

# ---- batch normalization, forward


def batchnorm_forward(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    mean, variance = running["mean"], running["variance"]
    if training:
        mean, variance = x.mean(axis=0), x.var(axis=0)
        running = blend(running, mean, variance, momentum)
    centred, std = x - mean, np.sqrt(variance + epsilon)
    normalized = centred / std
    cache = centred, std, normalized, gamma
    return gamma * normalized + beta, cache, running


def blend(running, mean, variance, momentum):
    """Return the next running statistics."""
    return {
        "mean": momentum * running["mean"] + (1 - momentum) * mean,
        "variance": momentum * running["variance"] + (1 - momentum) * variance,
    }


def batch(rng, n, d):
    return {
        "x": rng.normal(3, 2, size=(n, d)),
        "gamma": rng.uniform(0.5, 2, size=d) * rng.choice([-1, 1], size=d),
        "beta": rng.normal(2, 1, size=d),
        "running": {
            "mean": rng.normal(2, 1, size=d),
            "variance": rng.uniform(1, 3, size=d),
        },
        "training": True,
    }


def with_constant_feature(inputs):
    """Return inputs with a feature that never changes, as some pixels of the digits."""
    x = inputs["x"].copy()
    x[:, 1] = 0.0
    return inputs | {"x": x}


def with_small_spread(inputs):
    """Return inputs whose variance is about as large as epsilon."""
    return inputs | {"x": 1 + 0.002 * (inputs["x"] - 3)}


BY_HAND = {
    "x": np.array([[1.0], [3.0]]),
    "gamma": np.array([2.0]),
    "beta": np.array([10.0]),
    "running": {"mean": np.array([5.0]), "variance": np.array([4.0])},
    "training": True,
}


def forward_cases(rng):
    usual = {"momentum": 0.9, "epsilon": 1e-5}
    yield Case("two examples of one feature, in training", **BY_HAND, **usual)
    seven = batch(rng, 7, 5) | usual
    yield Case("seven examples, five features, in training", **seven)
    asleep = seven | {"training": False}
    yield Case("the same seven examples in evaluation", **asleep)
    yield Case("a feature that never changes", **with_constant_feature(seven))
    small = with_small_spread(batch(rng, 11, 3)) | usual
    yield Case("features that hardly change", **small)
    yield Case("a batch of one in training", **batch(rng, 1, 3), **usual)
    alone = batch(rng, 1, 3) | {"training": False}
    yield Case("a batch of one in evaluation", **alone, **usual)
    quiet = batch(rng, 7, 3) | {"training": False}
    quiet["running"]["variance"] = np.array([0.0, 1e-5, 2.0])
    yield Case("a running variance near 0, in evaluation", **quiet, **usual)
    other = {"momentum": 0.8, "epsilon": 1e-3}
    yield Case("another momentum and epsilon", **batch(rng, 13, 2), **other)
    yield Case("as many examples as features", **batch(rng, 5, 5), **usual)


def forward_with_loops(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    y, after = np.zeros(x.shape), {k: v.copy() for k, v in running.items()}
    for d in range(x.shape[1]):
        mean, variance = running["mean"][d], running["variance"][d]
        if training:
            mean = sum(x[:, d]) / len(x)
            variance = sum((value - mean) ** 2 for value in x[:, d]) / len(x)
            after["mean"][d] += (1 - momentum) * (mean - after["mean"][d])
            after["variance"][d] += (1 - momentum) * (variance - after["variance"][d])
        y[:, d] = gamma[d] * (x[:, d] - mean) / (variance + epsilon) ** 0.5 + beta[d]
    return y, (x, epsilon, gamma), after


def forward_by_moments(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    if not training:
        scale = gamma / np.sqrt(running["variance"] + epsilon)
        return x * scale + (beta - running["mean"] * scale), None, running
    mean = np.ones(len(x)) @ x / len(x)
    variance = np.einsum("nd,nd->d", x - mean, x - mean) / len(x)
    scale = gamma * (variance + epsilon) ** -0.5
    after = {"variance": variance, "mean": mean}
    for name, old in running.items():
        after[name] = after[name] + momentum * (old - after[name])
    return (x - mean) * scale + beta, (x, mean, variance, epsilon, gamma), after


def forward_keepdims(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    if training:
        mean = np.mean(x, axis=0, keepdims=True)
        variance = np.std(x, axis=0, keepdims=True) ** 2
        running = blend(running, mean[0], variance[0], momentum)
    else:
        mean, variance = running["mean"][None], running["variance"][None]
    normalized = (x - mean) / np.sqrt(variance + epsilon)
    return beta + normalized * gamma, (normalized, variance + epsilon, gamma), running


def statistics(x, axis=0, ddof=0):
    return x.mean(axis=axis), x.var(axis=axis, ddof=ddof)


def forward(
    used=statistics,
    kept=None,
    next_running=blend,
    std=lambda variance, epsilon: np.sqrt(variance + epsilon),
    output=lambda normalized, gamma, beta: gamma * normalized + beta,
):
    """Return `batchnorm_forward` with other parts.

    `used` gives the statistics of a batch, `kept` those that `running` hears of where
    they differ.
    """

    def wrong(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
        mean, variance = running["mean"], running["variance"]
        if training:
            mean, variance = used(x)
            told = kept(x, epsilon) if kept else (mean, variance)
            running = next_running(running, *told, momentum)
        root = std(variance, epsilon)
        normalized = (x - mean) / root
        return (
            output(normalized, gamma, beta),
            (x - mean, root, normalized, gamma),
            (running),
        )

    return wrong


def swapped_momentum(running, mean, variance, momentum):
    return blend(running, mean, variance, 1 - momentum)


def always_as_in_training(x, gamma, beta, running, training, *settings):
    return batchnorm_forward(x, gamma, beta, running, True, *settings)


def batch_in_evaluation(x, gamma, beta, running, training, *settings):
    y, cache, after = batchnorm_forward(x, gamma, beta, running, True, *settings)
    return y, cache, after if training else running


def updated_in_evaluation(x, gamma, beta, running, training, *settings):
    y, cache, _ = batchnorm_forward(x, gamma, beta, running, training, *settings)
    after = batchnorm_forward(x, gamma, beta, running, True, *settings)[2]
    return y, cache, after


def running_in_training(x, gamma, beta, running, training, *settings):
    y, cache, _ = batchnorm_forward(x, gamma, beta, running, False, *settings)
    return y, cache, batchnorm_forward(x, gamma, beta, running, training, *settings)[2]


def new_running_in_training(x, gamma, beta, running, training, *settings):
    after = batchnorm_forward(x, gamma, beta, running, training, *settings)[2]
    y, cache, _ = batchnorm_forward(x, gamma, beta, after, False, *settings)
    return y, cache, after


def modes_swapped(x, gamma, beta, running, training, *settings):
    return batchnorm_forward(x, gamma, beta, running, not training, *settings)


def no_epsilon_in_evaluation(x, gamma, beta, running, training, *settings):
    if training:
        return batchnorm_forward(x, gamma, beta, running, training, *settings)
    normalized = (x - running["mean"]) / np.sqrt(running["variance"])
    return gamma * normalized + beta, None, running


def over_the_features(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    if not training:
        return batchnorm_forward(x, gamma, beta, running, False, momentum, epsilon)
    after = batchnorm_forward(x, gamma, beta, running, True, momentum, epsilon)[2]
    y, _ = layernorm_forward(x, gamma, beta, epsilon)
    return y, None, after


def written_into_running(x, gamma, beta, running, training, *settings):
    y, cache, after = batchnorm_forward(x, gamma, beta, running, training, *settings)
    running.update(after)
    return y, cache, running


BATCHNORM_FORWARD = Exercise(
    "batchnorm_forward(x, gamma, beta, running, training, momentum, epsilon)"
    " -> y, cache, running",
    points=3,
    reference=batchnorm_forward,
    cases=forward_cases,
    axes={"x": "ND"},
    mistakes=[
        Mistake(
            "ddof",
            forward(lambda x: statistics(x, ddof=1)),
            "The variance is divided by N - 1. Here it is the plain mean of the "
            "squares, divided by N.",
            "leave out ddof; for 1 and 3 the variance is 1.",
        ),
        Mistake(
            "ddof_running",
            forward(kept=lambda x, _: statistics(x, ddof=1)),
            "y is right, and the variance that goes into running is divided by N - 1. "
            "Some libraries do that; here both are the same number.",
            "use one variance for both.",
        ),
        Mistake(
            "ddof_but_alone",
            forward(lambda x: statistics(x, ddof=min(1, len(x) - 1))),
            "The variance is divided by N - 1, but for a single example. Here it is "
            "the plain mean of the squares, divided by N.",
            "leave out ddof; for 1 and 3 the variance is 1.",
        ),
        Mistake(
            "ddof_running_but_alone",
            forward(kept=lambda x, _: statistics(x, ddof=min(1, len(x) - 1))),
            "y is right, and the variance that goes into running is divided by N - 1. "
            "Some libraries do that; here both are the same number.",
            "use one variance for both.",
        ),
        Mistake(
            "no_epsilon",
            forward(std=lambda variance, _: np.sqrt(variance)),
            "epsilon has no part in it, so a feature that never changes is divided "
            "by 0. The digits have such pixels.",
            "add epsilon to the variance, under the root.",
        ),
        Mistake(
            "epsilon_fixed",
            forward(std=lambda variance, _: np.sqrt(variance + 1e-5)),
            "epsilon is always 0.00001. It is an argument, and that is only its "
            "default.",
            "use the name in place of the number.",
        ),
        Mistake(
            "momentum_fixed",
            forward(next_running=lambda r, m, v, _: blend(r, m, v, 0.9)),
            "momentum is always 0.9. It is an argument, and that is only its default.",
            "use the name in place of the number.",
        ),
        Mistake(
            "no_epsilon_in_evaluation",
            no_epsilon_in_evaluation,
            "In evaluation epsilon is missing. A running variance may come near 0 "
            "as well.",
            "compute std in one place, for both modes.",
        ),
        Mistake(
            "epsilon_outside",
            forward(std=lambda variance, epsilon: np.sqrt(variance) + epsilon),
            "epsilon is added to the standard deviation, after the root. It belongs "
            "to the variance, under the root.",
            "write np.sqrt(variance + epsilon).",
        ),
        Mistake(
            "epsilon_in_running",
            forward(kept=lambda x, epsilon: (x.mean(axis=0), x.var(axis=0) + epsilon)),
            "epsilon went into the running variance. In evaluation it is added once "
            "more.",
            "blend with the variance itself, and add epsilon only under the root.",
        ),
        Mistake(
            "divided_by_variance",
            forward(std=lambda variance, epsilon: variance + epsilon),
            "x is divided by the variance. Without the root the spread comes out as "
            "1 / std and not as 1.",
            "print y.std(axis=0) for gamma of ones.",
        ),
        Mistake(
            "squares_not_centred",
            forward(lambda x: (x.mean(axis=0), (x * x).mean(axis=0))),
            "The variance is the mean of x squared. Subtract the mean first, then "
            "square.",
            "shift x by 100: the variance stays as it is.",
        ),
        Mistake(
            "std_for_variance",
            forward(lambda x: (x.mean(axis=0), x.std(axis=0))),
            "The standard deviation is used as the variance, so the root is taken "
            "twice.",
            "x.var(axis=0), or the mean of centred squared.",
        ),
        Mistake(
            "absolute",
            forward(lambda x: (x.mean(axis=0), abs(x - x.mean(axis=0)).mean(axis=0))),
            "The mean of the absolute deviations stands in for the variance, which is "
            "the mean of their squares.",
            "x.var(axis=0), or the mean of centred squared.",
        ),
        Mistake(
            "std_in_running",
            forward(kept=lambda x, _: (x.mean(axis=0), x.std(axis=0))),
            "The standard deviation went into the running variance.",
            "blend before you take the root.",
        ),
        Mistake(
            "momentum_swapped",
            forward(next_running=swapped_momentum),
            "momentum and 1 - momentum are exchanged: nine tenths of the new batch, "
            "and the past is forgotten at once. momentum is what is kept of the old.",
            "with momentum 1 the running statistics never move.",
        ),
        Mistake(
            "last_batch",
            forward(next_running=lambda r, m, v, k: blend(r, m, v, 0.0)),
            "running is the last batch's statistics, and the past is gone. Blend old "
            "and new.",
            "momentum * old + (1 - momentum) * new.",
        ),
        Mistake(
            "summed",
            forward(
                next_running=lambda r, m, v, k: {
                    "mean": k * r["mean"] + m,
                    "variance": k * r["variance"] + v,
                }
            ),
            "The new statistics are added in full. The two shares of a moving average "
            "have to sum to 1.",
            "multiply the new ones by 1 - momentum.",
        ),
        Mistake(
            "variance_not_updated",
            forward(
                next_running=lambda r, m, v, k: (
                    blend(r, m, v, k) | {"variance": r["variance"]}
                )
            ),
            "The running variance is never updated; the running mean is.",
            "blend both.",
        ),
        Mistake(
            "mean_not_updated",
            forward(
                next_running=lambda r, m, v, k: blend(r, m, v, k) | {"mean": r["mean"]}
            ),
            "The running mean is never updated; the running variance is.",
            "blend both.",
        ),
        Mistake(
            "never_updated",
            forward(next_running=lambda r, m, v, k: r),
            "running comes back as it went in, in training too. Evaluation would "
            "normalize with statistics that nobody measured.",
            "in training return a new dict with both averages blended.",
        ),
        Mistake(
            "as_in_training",
            always_as_in_training,
            "training is not looked at: in evaluation too the batch's own statistics "
            "are used, and running moves.",
            "ask `if training:` before you take a mean over the batch.",
        ),
        Mistake(
            "batch_in_evaluation",
            batch_in_evaluation,
            "In evaluation the batch's own statistics are used. An example's output "
            "then depends on its neighbours, and alone it is always beta.",
            "in evaluation take mean and variance from running.",
        ),
        Mistake(
            "updated_in_evaluation",
            updated_in_evaluation,
            "running is updated in evaluation. What is only measured must not change "
            "the network.",
            "return running as it came when training is False.",
        ),
        Mistake(
            "running_in_training",
            running_in_training,
            "In training x is normalized with the running statistics. They lag "
            "behind; the batch's own are used there.",
            "in training the mean over the batch of y is beta: print it.",
        ),
        Mistake(
            "new_running_in_training",
            new_running_in_training,
            "In training x is normalized with the blended statistics. Those are for "
            "later; the batch's own are used there.",
            "in training the mean over the batch of y is beta: print it.",
        ),
        Mistake(
            "modes_swapped",
            modes_swapped,
            "The two modes are exchanged: the batch's statistics belong to training, "
            "the running ones to evaluation.",
            "read your `if` aloud.",
        ),
        Mistake(
            "axis",
            over_the_features,
            "Each row is normalized: that is layer normalization. Batch "
            "normalization takes the mean of a feature, over the batch.",
            "the batch is axis 0; mean has shape (D,).",
        ),
        Mistake(
            "axis_without_keepdims",
            forward(lambda x: statistics(x, axis=1)),
            "Mean and variance are taken over the features, axis 1, and have one "
            "number an example. Batch normalization takes them over the batch.",
            "the batch is axis 0; mean has shape (D,).",
        ),
        Mistake(
            "running_keepdims",
            forward(kept=lambda x, _: (x.mean(0, keepdims=True), x.var(0)[None])),
            "The running statistics have become tables of shape (1, D). They came in "
            "as (D,).",
            "leave out keepdims.",
        ),
        Mistake(
            "whole_table",
            forward(lambda x: (x.mean() + 0 * x[0], x.var() + 0 * x[0])),
            "One mean and one variance for the whole table. Each feature has its own.",
            "say which axis has to vanish: mean(axis=0).",
        ),
        Mistake(
            "no_gamma",
            forward(output=lambda normalized, gamma, beta: normalized + beta),
            "gamma has no part in y: every feature comes out with the spread 1.",
            "y = gamma * normalized + beta.",
        ),
        Mistake(
            "no_beta",
            forward(output=lambda normalized, gamma, beta: gamma * normalized),
            "beta is not added: every feature comes out with the mean 0.",
            "y = gamma * normalized + beta.",
        ),
        Mistake(
            "beta_inside",
            forward(output=lambda normalized, gamma, beta: gamma * (normalized + beta)),
            "beta is multiplied by gamma. It is added last.",
            "y = gamma * normalized + beta.",
        ),
        Mistake(
            "gamma_and_beta_swapped",
            forward(output=lambda normalized, gamma, beta: beta * normalized + gamma),
            "gamma and beta are exchanged: gamma is the scale, beta the shift.",
            "y = gamma * normalized + beta.",
        ),
        Mistake(
            "mutates_input",
            written_into_running,
            "The numbers are right, and the caller's running is changed on the way: "
            "`running[...] =` writes into the dict that came in.",
            "make a new dict, and return that.",
        ),
    ],
    alternatives=[forward_with_loops, forward_by_moments, forward_keepdims],
)

# ---- batch normalization, backward


def batchnorm_backward(dy, cache):
    centred, std, normalized, gamma = cache
    dbeta = dy.sum(axis=0)
    dgamma = (dy * normalized).sum(axis=0)
    dnormalized = dy * gamma
    dstd = -(dnormalized * centred).sum(axis=0) / std**2
    dvariance = dstd / (2 * std)
    dcentred = dnormalized / std + 2 * centred * dvariance / len(dy)
    dmean = -dcentred.sum(axis=0)
    return dcentred + dmean / len(dy), dgamma, dbeta


def compact(dy, cache):
    _, std, normalized, gamma = cache
    dbeta, dgamma = dy.sum(axis=0), (dy * normalized).sum(axis=0)
    return (
        gamma / std * (dy - (dbeta + normalized * dgamma) / len(dy)),
        dgamma,
        dbeta,
    )


def backward_cases(rng):
    column = np.array([[1.0, 1.0, 5.0, 5.0]]).T
    yield Case(
        "four examples of one feature",
        **BY_HAND | {"x": column},
        dy=np.array([[4.0, 0.0, 0.0, 0.0]]).T,
    )
    seven = batch(rng, 7, 5)
    yield Case("seven examples, five features", **seven, dy=rng.normal(size=(7, 5)))
    yield Case(
        "the same seven with another upstream gradient",
        **seven,
        dy=rng.normal(size=(7, 5)),
    )
    yield Case("thirteen examples", **batch(rng, 13, 3), dy=rng.normal(size=(13, 3)))
    still = with_constant_feature(batch(rng, 11, 3))
    yield Case("a feature that never changes", **still, dy=rng.normal(size=(11, 3)))
    small = with_small_spread(batch(rng, 7, 3))
    yield Case("features that hardly change", **small, dy=rng.normal(size=(7, 3)))
    yield Case("a batch of one", **batch(rng, 1, 3), dy=rng.normal(size=(1, 3)))
    square = batch(rng, 5, 5)
    yield Case("as many examples as features", **square, dy=rng.normal(size=(5, 5)))


def three_paths(x, gamma, dy, epsilon=1e-5, axis=0):
    """Return the summands of dx, by the ways that blame takes."""
    std = np.sqrt(x.var(axis=axis, keepdims=True) + epsilon)
    normalized = (x - x.mean(axis=axis, keepdims=True)) / std
    direct = dy * gamma / std
    mean = direct.mean(axis=axis, keepdims=True) + np.zeros(x.shape)
    variance = normalized * (direct * normalized).mean(axis=axis, keepdims=True)
    return {
        "the direct path": direct,
        "the path through the mean": -mean,
        "the path through the variance": -variance,
    }


def batch_paths(x, gamma, dy):
    return three_paths(x, gamma, dy)


def backward_with_loops(dy, cache):
    centred, std, normalized, gamma = cache
    n = len(dy)
    dx = np.zeros(dy.shape)
    for i in range(n):
        for j in range(n):  # how y[j] hangs on x[i]
            slope = ((i == j) - 1 / n - normalized[i] * normalized[j] / n) / std
            dx[i] += dy[j] * gamma * slope
    return dx, sum(dy[i] * normalized[i] for i in range(n)), sum(dy)


def backward_with_einsum(dy, cache):
    centred, std, _, gamma = cache
    dnormalized = np.einsum("nd,d->nd", dy, gamma)
    dvariance = np.einsum("nd,nd,d->d", dnormalized, centred, -0.5 * std**-3)
    dmean = -np.einsum("nd,d->d", dnormalized, 1 / std)
    dx = dnormalized / std + dvariance * 2 * centred / len(dy) + dmean / len(dy)
    return dx, np.einsum("nd,nd,d->d", dy, centred, 1 / std), np.ones(len(dy)) @ dy


def backward_by_projection(dy, cache):
    """Take out of each column what lies along ones and along normalized."""
    _, std, normalized, gamma = cache
    rest = dy - dy.mean(axis=0, keepdims=True)
    rest = rest - normalized * np.mean(dy * normalized, axis=0, keepdims=True)
    return rest * gamma / std, np.diag(dy.T @ normalized).copy(), dy.sum(0)


def from_moments(dy, cache):
    """Go back through `forward_by_moments`, with a cache of its own."""
    x, mean, variance, epsilon, gamma = cache
    inverse = (variance + epsilon) ** -0.5
    centred = x - mean
    dinverse = (dy * gamma * centred).sum(axis=0)
    dvariance = dinverse * -0.5 * inverse**3
    dcentred = dy * gamma * inverse + dvariance * 2 / len(x) * centred
    dx = dcentred - dcentred.mean(axis=0)
    return dx, (dy * centred * inverse).sum(axis=0), dy.sum(axis=0)


def back(dx=None, dgamma=None, dbeta=None):
    """Return `batchnorm_backward` with other formulas.

    Each takes (dy, centred, std, normalized, gamma).
    """

    def wrong(dy, cache):
        right = batchnorm_backward(dy, cache)
        pairs = zip((dx, dgamma, dbeta), right, strict=True)
        return tuple(g if f is None else f(dy, *cache) for f, g in pairs)

    return wrong


def paths(direct=1.0, mean=1.0, variance=1.0, blamed=lambda dy, gamma: dy * gamma):
    """Return dx as a weighted sum of its three paths; numbers, or functions of N."""

    def dx(dy, centred, std, normalized, gamma):
        sized = [w(len(dy)) if callable(w) else w for w in (direct, mean, variance)]
        dnormalized = blamed(dy, gamma)
        terms = (
            dnormalized,
            -dnormalized.mean(axis=0),
            -normalized * (dnormalized * normalized).mean(axis=0),
        )
        return sum(w * term for w, term in zip(sized, terms, strict=True)) / std

    return dx


def variance_path_times(factor):
    """Return dx whose path through the variance has a factor, a function of std."""

    def dx(dy, centred, std, normalized, gamma):
        parts = dy, centred, std, normalized, gamma
        return paths(variance=0)(*parts) + paths(0, 0)(*parts) * factor(std)

    return dx


def gamma_on_one_path(*parts):
    plain = paths(direct=0, blamed=lambda dy, gamma: dy)(*parts)
    return paths(mean=0, variance=0)(*parts) + plain


def gamma_not_in_dstd(*parts):
    plain = paths(0, 0, 1, blamed=lambda dy, gamma: dy)(*parts)
    return paths(variance=0)(*parts) + plain


def mean_path_without_std(*parts):
    return paths(mean=0)(*parts) + paths(0, 1, 0)(*parts) * parts[2]


def dstd_not_summed(dy, centred, std, normalized, gamma):
    dnormalized = dy * gamma
    dvariance = -dnormalized * centred / std**2 / (2 * std)
    dcentred = dnormalized / std + 2 * centred * dvariance / len(dy)
    return dcentred - dcentred.sum(axis=0) / len(dy)


def divided_by_features(dy, centred, std, normalized, gamma):
    factor = dy.shape[0] / dy.shape[1]
    return paths(mean=factor, variance=factor)(dy, centred, std, normalized, gamma)


def brackets_forgotten(dy, centred, std, normalized, gamma):
    mean, along = dy.mean(axis=0), (dy * normalized).mean(axis=0)
    return gamma / std * dy - mean - normalized * along


def dgamma_bare(dy, centred, std, normalized, gamma):
    dgamma = (dy * normalized).sum(axis=0)
    return gamma / std * (dy - dy.mean(axis=0) - dgamma / len(dy))


def along_the_rows(dy, centred, std, normalized, gamma):
    d = dy * gamma
    along = (d * normalized).mean(axis=1, keepdims=True)
    return (d - d.mean(axis=1, keepdims=True) - normalized * along) / std


def shared_mistakes():
    """Return the mistakes of both ways to write batch normalization's backward."""
    gamma_first = "dnormalized = dy * gamma, and everything after it hears of that one."
    return [
        Mistake(
            "constant_statistics",
            back(paths(mean=0, variance=0)),
            "dx is dy * gamma / std: mean and variance are treated as constants. That "
            "is right in evaluation. In training every x moves both, so the paths "
            "through the mean and through the variance are missing.",
            "sum a column of dx: a shift of the whole column changes nothing, so it "
            "is 0.",
        ),
        Mistake(
            "no_gamma",
            back(paths(blamed=lambda dy, gamma: dy)),
            "gamma is missing in dx: y is gamma times normalized, so blame is "
            "multiplied by gamma on its way back.",
            gamma_first,
        ),
        Mistake(
            "gamma_on_one_path",
            back(gamma_on_one_path),
            "gamma is on the direct path alone. The paths through the mean and "
            "through the variance begin with the same y, so they hold it too.",
            gamma_first,
        ),
        Mistake(
            "gamma_twice",
            back(paths(blamed=lambda dy, gamma: dy * gamma**2)),
            "gamma is multiplied in twice on the way to dx: once before the three "
            "paths, and once more behind them.",
            "dnormalized = dy * gamma holds it; nothing after that needs gamma.",
        ),
        Mistake(
            "divided_by_features",
            back(divided_by_features),
            "The paths through the mean and through the variance are divided by D, "
            "the number of features. A mean over the batch divides by N.",
            "len(dy), or dy.shape[0].",
        ),
        Mistake(
            "brackets",
            back(brackets_forgotten),
            "Brackets are missing in dx: gamma / std is multiplied into the direct "
            "path alone, and belongs to all three.",
            "gamma / std * (dy - ... - ...).",
        ),
        Mistake(
            "gamma_in_all",
            back(
                dgamma=lambda dy, c, s, n, g: (dy * g * n).sum(axis=0),
                dbeta=lambda dy, c, s, n, g: (dy * g).sum(axis=0),
            ),
            "dgamma and dbeta are made from dnormalized, which has gamma in it. y is "
            "gamma * normalized + beta: their blame comes from dy itself.",
            "use dy in both sums.",
        ),
        Mistake(
            "no_std",
            back(lambda dy, c, std, n, g: paths()(dy, c, std, n, g) * std),
            "dx is not divided by std: normalized is centred / std, and so is its "
            "blame.",
            "make x ten times larger: dx becomes ten times smaller.",
        ),
        Mistake(
            "times_std",
            back(lambda dy, c, std, n, g: paths()(dy, c, std, n, g) * std**2),
            "dx is multiplied by std where it should be divided by it.",
            "make x ten times larger: dx becomes ten times smaller.",
        ),
        Mistake(
            "axis",
            back(along_the_rows),
            "The means of dx run along each row, as in layer normalization. The "
            "statistics belong to a feature: the batch, axis 0, has to vanish.",
            "sum a column of dx: it is 0.",
        ),
        Mistake(
            "n_minus_one",
            back(paths(variance=lambda n: n / (n - 1) if n > 1 else 1.0)),
            "The path through the variance is divided by N - 1. The variance is a "
            "mean over N.",
            "use len(dy) in both places.",
        ),
        Mistake(
            "dgamma_without_normalized",
            back(dgamma=lambda dy, c, s, n, g: dy.sum(axis=0)),
            "dgamma is the sum of dy, as dbeta is. gamma is multiplied by normalized, "
            "so its blame is too.",
            "multiply by normalized before the sum.",
        ),
        Mistake(
            "dgamma_centred",
            back(dgamma=lambda dy, c, s, n, g: (dy * c).sum(axis=0)),
            "dgamma is taken with centred, x minus the mean. What gamma was "
            "multiplied by is normalized, which is divided by std as well.",
            "look for gamma in the forward pass: what stands beside it?",
        ),
        Mistake(
            "dgamma_with_gamma",
            back(dgamma=lambda dy, c, s, n, g: (dy * g * n).sum(axis=0)),
            "dgamma holds a gamma: the derivative of gamma times normalized with "
            "respect to gamma is normalized alone.",
            "move one gamma by 0.01 and ask by how much y moves.",
        ),
        Mistake(
            "means",
            back(
                dgamma=lambda dy, c, s, n, g: (dy * n).mean(axis=0),
                dbeta=lambda dy, c, s, n, g: dy.mean(axis=0),
            ),
            "dgamma and dbeta are means over the batch. Both are used by every "
            "example, and blame from several uses adds up.",
            "use sums; the 1/N of the loss is in dy already.",
        ),
        Mistake(
            "features_summed",
            back(
                dgamma=lambda dy, c, s, n, g: (dy * n).sum(axis=1),
                dbeta=lambda dy, c, s, n, g: dy.sum(axis=1),
            ),
            "dgamma and dbeta are summed over the features, and have one number an "
            "example. There is one gamma and one beta a feature.",
            "the batch, axis 0, has to vanish.",
        ),
        Mistake(
            "keepdims",
            back(
                dgamma=lambda dy, c, s, n, g: (dy * n).sum(axis=0, keepdims=True),
                dbeta=lambda dy, c, s, n, g: dy.sum(axis=0, keepdims=True),
            ),
            "dgamma and dbeta have shape (1, D), and gamma and beta have (D,). A "
            "gradient has the shape of the array it belongs to.",
            "leave out keepdims.",
        ),
        Mistake(
            "sign",
            lambda dy, cache: tuple(-g for g in batchnorm_backward(dy, cache)),
            "All three have the opposite sign. The step subtracts the gradient; the "
            "backward pass does not turn it round.",
            "leave out the minus.",
        ),
    ]


GRAPH_MISTAKES = [
    Mistake(
        "overwrote_direct",
        back(paths(direct=0, mean=0)),
        "Only the path through the variance is left: a second line for dcentred has "
        "overwritten the first. centred is used twice, and blame from two uses adds.",
        "write both terms in one line, with a plus.",
    ),
    Mistake(
        "overwrote_centred",
        back(paths(direct=0, variance=0)),
        "Only the path through the mean is left: dx = dmean / N has overwritten "
        "dcentred. x is used twice, for itself and for the mean; the two add.",
        "dx = dcentred + ...",
    ),
    Mistake(
        "no_half",
        back(paths(variance=2.0)),
        "The path through the variance is twice too large. std is the root of the "
        "variance, and the derivative of a root is 1 / (2 std).",
        "for a variance of 4, std is 2, and dvariance is dstd / 4.",
    ),
    Mistake(
        "no_two",
        back(paths(variance=0.5)),
        "The path through the variance is half of what it should be. The variance is "
        "a mean of squares, and the derivative of a square is 2 times centred.",
        "look at the line of dcentred.",
    ),
    Mistake(
        "std_once_too_seldom",
        back(variance_path_times(lambda std: std)),
        "The path through the variance is std times what it should be, so a division "
        "by std is missing: dstd is divided by std squared, dvariance by 2 std.",
        "for centred 2 and std 2, one more unit of std takes half a unit away.",
    ),
    Mistake(
        "no_root",
        back(variance_path_times(lambda std: 2 * std)),
        "dvariance is dstd itself: the root has no part in the way back. Its "
        "derivative is 1 / (2 std).",
        "for a variance of 4, std is 2, and dvariance is dstd / 4.",
    ),
    Mistake(
        "std_once_too_often",
        back(variance_path_times(lambda std: 1 / std)),
        "The path through the variance is divided by std once too often: centred / "
        "std squared in dstd, or normalized / std, and 1 / (2 std) in dvariance.",
        "for centred 2 and std 2, one more unit of std takes half a unit away.",
    ),
    Mistake(
        "dstd_from_dy",
        back(gamma_not_in_dstd),
        "The path through the variance is without gamma: dstd is taken from dy and "
        "not from dnormalized.",
        "std is used by normalized; whose blame does that line take?",
    ),
    Mistake(
        "dstd_not_summed",
        back(dstd_not_summed),
        "dstd keeps one number an example. All examples of a column share one std, so "
        "their blame adds up.",
        "print dstd.shape and std.shape.",
    ),
    Mistake(
        "dmean_without_std",
        back(mean_path_without_std),
        "The path through the mean is std times too large: dmean is summed from "
        "dnormalized and not from dcentred.",
        "mean is used by centred; whose blame does that line take?",
    ),
    Mistake(
        "all_divided",
        back(paths(direct=lambda n: 1 / n, variance=lambda n: 1 / n)),
        "dcentred is divided by N together with dmean. Only the mean hands 1/N to "
        "each example; dcentred is each example's own.",
        "look at the brackets in the line of dx.",
    ),
]

COMPACT_MISTAKES = [
    Mistake(
        "centred_for_normalized",
        back(variance_path_times(lambda std: std)),
        "The path through the variance is std times what it should be: centred stands "
        "there in place of normalized.",
        "the formula needs normalized twice, in dgamma and beside it.",
    ),
    Mistake(
        "dgamma_bare",
        back(dgamma_bare),
        "dgamma / N is subtracted from every example alike. The path through the "
        "variance reaches each in proportion to its own normalized.",
        "multiply by normalized.",
    ),
    Mistake(
        "all_divided",
        back(paths(direct=lambda n: 1 / n)),
        "The direct path is divided by N. Only the two means are.",
        "look at the brackets.",
    ),
]

BEFORE = "batchnorm_forward(x, gamma, beta, running, training) -> y, cache, running"


def own_forward(backward, name):
    return {"batchnorm_forward": forward_by_moments, name: backward}


def backward_exercise(name, points, mistakes):
    return Exercise(
        f"{name}(dy, cache) -> dx, dgamma, dbeta",
        points=points,
        formulas=("dx", "dgamma", "dbeta"),
        before=[BEFORE],
        reference={"batchnorm_forward": batchnorm_forward, name: batchnorm_backward},
        cases=backward_cases,
        axes={"x": "ND", "dy": "ND"},
        forbids=NO_PROBING,
        terms={"dx": batch_paths},
        mistakes=mistakes,
        alternatives=[
            compact,
            backward_with_loops,
            backward_with_einsum,
            backward_by_projection,
            own_forward(from_moments, name),
        ],
    )


BATCHNORM_BACKWARD = backward_exercise(
    "batchnorm_backward", 4, [*GRAPH_MISTAKES, *shared_mistakes()]
)
BATCHNORM_COMPACT = backward_exercise(
    "batchnorm_backward_compact", 2, [*COMPACT_MISTAKES, *shared_mistakes()]
)

# ---- layer normalization


def layernorm_forward(x, gamma, beta, epsilon=1e-5):
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    normalized = (x - mean) / std
    return gamma * normalized + beta, (std, normalized, gamma)


def layernorm_backward(dy, cache):
    std, normalized, gamma = cache
    d = dy * gamma
    along = (d * normalized).mean(axis=1, keepdims=True)
    dx = (d - d.mean(axis=1, keepdims=True) - normalized * along) / std
    return dx, (dy * normalized).sum(axis=0), dy.sum(axis=0)


def rows(rng, n, d):
    inputs = batch(rng, n, d)
    return {name: inputs[name] for name in ("x", "gamma", "beta")}


def layer_cases(rng):
    yield Case(
        "one row by hand",
        x=np.array([[1.0, 1.0, 5.0, 5.0]]),
        gamma=np.array([2.0, 1.0, 1.0, 3.0]),
        beta=np.array([0.0, 0.0, 10.0, 0.0]),
        dy=np.array([[4.0, 0.0, 0.0, 0.0]]),
    )
    seven = rows(rng, 7, 5)
    yield Case("seven examples, five features", **seven, dy=rng.normal(size=(7, 5)))
    yield Case(
        "the same seven with another upstream gradient",
        **seven,
        dy=rng.normal(size=(7, 5)),
    )
    yield Case("thirteen examples", **rows(rng, 13, 3), dy=rng.normal(size=(13, 3)))
    still = rows(rng, 7, 3)
    still["x"][1] = 0.0
    yield Case(
        "an example whose features are all equal", **still, dy=rng.normal(size=(7, 3))
    )
    small = with_small_spread(rows(rng, 7, 11))
    yield Case("examples that hardly vary", **small, dy=rng.normal(size=(7, 11)))
    yield Case("a batch of one", **rows(rng, 1, 5), dy=rng.normal(size=(1, 5)))
    square = rows(rng, 5, 5)
    yield Case("as many examples as features", **square, dy=rng.normal(size=(5, 5)))


def layer_forward_cases(rng):
    for case in layer_cases(rng):
        if "upstream" not in case.note:
            inputs = {name: v for name, v in case.inputs.items() if name != "dy"}
            yield Case(case.note, **inputs, epsilon=1e-5)
    yield Case("another epsilon", **rows(rng, 3, 7), epsilon=1e-3)


def layer_forward_with_loops(x, gamma, beta, epsilon=1e-5):
    y = np.zeros(x.shape)
    for n, row in enumerate(x):
        mean = sum(row) / len(row)
        variance = sum((value - mean) ** 2 for value in row) / len(row)
        y[n] = gamma * (row - mean) / (variance + epsilon) ** 0.5 + beta
    return y, None


def layer_forward_turned(x, gamma, beta, epsilon=1e-5):
    columns = x.T
    centred = columns - columns.mean(axis=0)
    normalized = centred / np.sqrt((centred**2).mean(axis=0) + epsilon)
    return normalized.T * gamma + beta, (normalized, gamma)


def layer_forward_with_einsum(x, gamma, beta, epsilon=1e-5):
    size = x.shape[1]
    centred = x - np.einsum("nd->n", x)[:, np.newaxis] / size
    variance = np.einsum("nd,nd->n", centred, centred) / size
    y = np.einsum("nd,n,d->nd", centred, (variance + epsilon) ** -0.5, gamma) + beta
    return y, (centred, variance)


def layer(
    axis=1,
    ddof=0,
    std=lambda variance, epsilon: np.sqrt(variance + epsilon),
    output=lambda normalized, gamma, beta: gamma * normalized + beta,
    keepdims=True,
):
    """Return `layernorm_forward` with other parts."""

    def wrong(x, gamma, beta, epsilon=1e-5):
        mean = x.mean(axis=axis, keepdims=keepdims)
        root = std(x.var(axis=axis, keepdims=keepdims, ddof=ddof), epsilon)
        normalized = (x - mean) / root
        return output(normalized, gamma, beta), (root, normalized, gamma)

    return wrong


def squares_not_centred(x, gamma, beta, epsilon=1e-5):
    std = np.sqrt((x * x).mean(axis=1, keepdims=True) + epsilon)
    normalized = (x - x.mean(axis=1, keepdims=True)) / std
    return gamma * normalized + beta, (std, normalized, gamma)


LAYERNORM_FORWARD = Exercise(
    "layernorm_forward(x, gamma, beta, epsilon) -> y, cache",
    points=2,
    reference=layernorm_forward,
    cases=layer_forward_cases,
    axes={"x": "ND"},
    mistakes=[
        Mistake(
            "axis",
            layer(axis=0),
            "Each column is normalized: that is batch normalization. Here an example "
            "uses its own features and knows of no other.",
            "the features are axis 1; for a batch of one y is not beta.",
        ),
        Mistake(
            "keepdims",
            layer(keepdims=False),
            "A mean over the features has shape (N,), and (N, D) minus (N,) does not "
            "fit, or fits the wrong way round where N equals D.",
            "keepdims=True leaves (N, 1), which meets every feature of its row.",
        ),
        Mistake(
            "whole_table",
            layer(axis=None),
            "One mean and one variance for the whole table. Each example has its own.",
            "say which axis has to vanish: mean(axis=1, keepdims=True).",
        ),
        Mistake(
            "ddof",
            layer(ddof=1),
            "The variance is divided by D - 1. Here it is the plain mean of the "
            "squares, divided by D.",
            "leave out ddof.",
        ),
        Mistake(
            "no_epsilon",
            layer(std=lambda variance, _: np.sqrt(variance)),
            "epsilon has no part in it, so an example whose features are all equal "
            "is divided by 0.",
            "add epsilon to the variance, under the root.",
        ),
        Mistake(
            "epsilon_outside",
            layer(std=lambda variance, epsilon: np.sqrt(variance) + epsilon),
            "epsilon is added to the standard deviation, after the root. It belongs "
            "to the variance, under the root.",
            "write np.sqrt(variance + epsilon).",
        ),
        Mistake(
            "epsilon_fixed",
            layer(std=lambda variance, _: np.sqrt(variance + 1e-5)),
            "epsilon is always 0.00001. It is an argument, and that is only its "
            "default.",
            "use the name in place of the number.",
        ),
        Mistake(
            "squares_not_centred",
            squares_not_centred,
            "The variance is the mean of x squared. Subtract the mean first, then "
            "square.",
            "shift a row by 100: its variance stays as it is.",
        ),
        Mistake(
            "divided_by_variance",
            layer(std=lambda variance, epsilon: variance + epsilon),
            "x is divided by the variance. The root is missing.",
            "print y.std(axis=1) for gamma of ones.",
        ),
        Mistake(
            "no_gamma",
            layer(output=lambda normalized, gamma, beta: normalized + beta),
            "gamma has no part in y.",
            "y = gamma * normalized + beta.",
        ),
        Mistake(
            "no_beta",
            layer(output=lambda normalized, gamma, beta: gamma * normalized),
            "beta is not added.",
            "y = gamma * normalized + beta.",
        ),
        Mistake(
            "beta_inside",
            layer(output=lambda normalized, gamma, beta: gamma * (normalized + beta)),
            "beta is multiplied by gamma. It is added last.",
            "y = gamma * normalized + beta.",
        ),
    ],
    alternatives=[
        layer_forward_with_loops,
        layer_forward_turned,
        layer_forward_with_einsum,
    ],
)


def layer_paths(x, gamma, dy):
    return three_paths(x, gamma, dy, axis=1)


def layer_back(dx=None, dgamma=None, dbeta=None):
    """Return `layernorm_backward` with other formulas.

    Each takes (dy, std, normalized, gamma).
    """

    def wrong(dy, cache):
        right = layernorm_backward(dy, cache)
        pairs = zip((dx, dgamma, dbeta), right, strict=True)
        return tuple(g if f is None else f(dy, *cache) for f, g in pairs)

    return wrong


def along(axis, blamed=lambda dy, gamma: dy * gamma):
    """Return the formula of dx with its means along an axis."""

    def dx(dy, std, normalized, gamma):
        d = blamed(dy, gamma)
        mean = d.mean(axis=axis, keepdims=True)
        inner = (d * normalized).mean(axis=axis, keepdims=True)
        return (d - mean - normalized * inner) / std

    return dx


def gamma_last(dy, std, normalized, gamma):
    return gamma * along(1, lambda dy, _: dy)(dy, std, normalized, gamma)


def means_without_keepdims(dy, std, normalized, gamma):
    dnormalized = dy * gamma
    along = (dnormalized * normalized).mean(axis=1)
    return (dnormalized - dnormalized.mean(axis=1) - normalized * along) / std


def divided_by_batch(dy, std, normalized, gamma):
    right, direct = along(1)(dy, std, normalized, gamma), dy * gamma / std
    return direct + (right - direct) * dy.shape[1] / len(dy)


def layer_backward_with_loops(dy, cache):
    std, normalized, gamma = cache
    dx, dgamma, dbeta = np.zeros(dy.shape), np.zeros(gamma.shape), np.zeros(gamma.shape)
    for n, (row, above) in enumerate(zip(normalized, dy, strict=True)):
        d = above * gamma
        dx[n] = (d - sum(d) / len(d) - row * (d @ row) / len(d)) / std[n]
        dgamma += above * row
        dbeta += above
    return dx, dgamma, dbeta


def layer_backward_line_by_line(dy, cache):
    std, normalized, gamma = cache
    size, centred = dy.shape[1], normalized * std
    dnormalized = dy * gamma
    dstd = -(dnormalized * centred).sum(axis=1, keepdims=True) / std**2
    dcentred = dnormalized / std + centred * dstd / std / size
    dmean = -dcentred.sum(axis=1, keepdims=True)
    return dcentred + dmean / size, (dy * normalized).sum(axis=0), dy.sum(axis=0)


def layer_backward_with_einsum(dy, cache):
    std, normalized, gamma = cache
    d, size = np.einsum("nd,d->nd", dy, gamma), dy.shape[1]
    inner = np.einsum("nd,nd->n", d, normalized)[:, None]
    dx = (size * d - np.einsum("nd->n", d)[:, None] - normalized * inner) / (size * std)
    return dx, np.einsum("nd,nd->d", dy, normalized), np.einsum("nd->d", dy)


LAYERNORM_BACKWARD = Exercise(
    "layernorm_backward(dy, cache) -> dx, dgamma, dbeta",
    points=3,
    formulas=("dx", "dgamma", "dbeta"),
    before=["layernorm_forward(x, gamma, beta) -> y, cache"],
    reference={
        "layernorm_forward": layernorm_forward,
        "layernorm_backward": layernorm_backward,
    },
    cases=layer_cases,
    axes={"x": "ND", "dy": "ND"},
    forbids=NO_PROBING,
    terms={"dx": layer_paths},
    mistakes=[
        Mistake(
            "axis",
            layer_back(along(0)),
            "The means of dx run over the batch, as in batch normalization. Here the "
            "statistics belong to an example: the features, axis 1, have to vanish.",
            "sum a row of dx: it is 0.",
        ),
        Mistake(
            "no_gamma",
            layer_back(along(1, lambda dy, gamma: dy)),
            "gamma is missing in dx: y is gamma times normalized, so blame is "
            "multiplied by gamma on its way back.",
            "dnormalized = dy * gamma comes first.",
        ),
        Mistake(
            "gamma_last",
            layer_back(gamma_last),
            "gamma is multiplied in after the means. Batch normalization allows that, "
            "for a column has one gamma. A row meets a different gamma in every "
            "feature, so it has to come before the means.",
            "dnormalized = dy * gamma comes first; take the means of that.",
        ),
        Mistake(
            "constant_statistics",
            layer_back(lambda dy, std, n, gamma: dy * gamma / std),
            "dx is dy * gamma / std: mean and variance are treated as constants. "
            "Every x of a row moves both, so the paths through the mean and through "
            "the variance are missing.",
            "sum a row of dx: it is 0.",
        ),
        Mistake(
            "divided_by_batch",
            layer_back(divided_by_batch),
            "The sums along a row are divided by N, the batch size. A row has D "
            "entries.",
            "use .mean(axis=1, keepdims=True), or divide by dy.shape[1].",
        ),
        Mistake(
            "gamma_in_all",
            layer_back(
                dgamma=lambda dy, std, n, g: (dy * g * n).sum(axis=0),
                dbeta=lambda dy, std, n, g: (dy * g).sum(axis=0),
            ),
            "dgamma and dbeta are made from dnormalized, which has gamma in it. y is "
            "gamma * normalized + beta: their blame comes from dy itself.",
            "use dy in both sums.",
        ),
        Mistake(
            "means_without_keepdims",
            layer_back(means_without_keepdims),
            "The means of a row have shape (N,), and (N, D) minus (N,) does not fit, "
            "or fits the wrong way round where N equals D.",
            "keepdims=True leaves (N, 1), which meets every feature of its row.",
        ),
        Mistake(
            "no_std",
            layer_back(lambda dy, std, n, g: along(1)(dy, std, n, g) * std),
            "dx is not divided by std.",
            "make a row of x ten times larger: its dx becomes ten times smaller.",
        ),
        Mistake(
            "features_summed",
            layer_back(
                dgamma=lambda dy, std, n, g: (dy * n).sum(axis=1),
                dbeta=lambda dy, std, n, g: dy.sum(axis=1),
            ),
            "dgamma and dbeta are summed over the features, and have one number an "
            "example. The statistics run along a row, but gamma and beta are shared "
            "by the examples.",
            "gamma has shape (D,): the batch, axis 0, has to vanish.",
        ),
        Mistake(
            "dgamma_without_normalized",
            layer_back(dgamma=lambda dy, std, n, g: dy.sum(axis=0)),
            "dgamma is the sum of dy, as dbeta is. gamma is multiplied by normalized, "
            "so its blame is too.",
            "multiply by normalized before the sum.",
        ),
        Mistake(
            "means",
            layer_back(
                dgamma=lambda dy, std, n, g: (dy * n).mean(axis=0),
                dbeta=lambda dy, std, n, g: dy.mean(axis=0),
            ),
            "dgamma and dbeta are means over the batch. Both are used by every "
            "example, and blame from several uses adds up.",
            "use sums; the 1/N of the loss is in dy already.",
        ),
        Mistake(
            "keepdims",
            layer_back(
                dgamma=lambda dy, std, n, g: (dy * n).sum(axis=0, keepdims=True),
                dbeta=lambda dy, std, n, g: dy.sum(axis=0, keepdims=True),
            ),
            "dgamma and dbeta have shape (1, D), and gamma and beta have (D,). A "
            "gradient has the shape of the array it belongs to.",
            "leave out keepdims there; inside dx it is right.",
        ),
        Mistake(
            "sign",
            lambda dy, cache: tuple(-g for g in layernorm_backward(dy, cache)),
            "All three have the opposite sign. The step subtracts the gradient; the "
            "backward pass does not turn it round.",
            "leave out the minus.",
        ),
    ],
    alternatives=[
        layer_backward_with_loops,
        layer_backward_line_by_line,
        layer_backward_with_einsum,
    ],
)

EXERCISES = [
    BATCHNORM_FORWARD,
    BATCHNORM_BACKWARD,
    BATCHNORM_COMPACT,
    LAYERNORM_FORWARD,
    LAYERNORM_BACKWARD,
]
