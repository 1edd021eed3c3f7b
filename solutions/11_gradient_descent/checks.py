"""The exercises of lesson 11: steps that remember, steps that fade, decay."""

from types import SimpleNamespace

import numpy as np

from grader.exercises import Case, Convention, Exercise, Mistake

KEPT = (
    "The arrays that you were given hold other numbers now: whoever called you still "
    "needs the old ones. `*=` and `+=` on an array write into the caller's."
)
NEW = "write `v = beta * v + ...`, which makes a new array."

# ---- momentum_step


def momentum_step(w, dw, velocity, learning_rate, beta):
    velocity = beta * velocity + dw
    return w - learning_rate * velocity, velocity


def momentum_cases(rng):
    def weights(*shape, velocity=1.0, **settings):
        w, dw = rng.normal(size=(2, *shape))
        return {
            "w": w,
            "dw": dw,
            "velocity": velocity * rng.normal(size=shape),
            "learning_rate": settings.get("learning_rate", 0.1),
            "beta": settings.get("beta", 0.9),
        }

    yield Case(
        "two weights",
        w=np.array([1.0, 2.0]),
        dw=np.array([4.0, -1.0]),
        velocity=np.array([2.0, 3.0]),
        learning_rate=0.1,
        beta=0.5,
    )
    yield Case("a table of weights", **weights(5, 3))
    yield Case("no velocity yet", **weights(7, velocity=0.0))
    yield Case("a long memory", **weights(3, beta=0.99, learning_rate=0.02))
    yield Case("no memory, beta = 0", **weights(4, beta=0.0))
    yield Case("a single weight", **weights(1, beta=0.3, learning_rate=0.7))


def momentum_in_place_on_copies(w, dw, velocity, learning_rate, beta):
    w, velocity = w.copy(), velocity.copy()
    velocity *= beta
    velocity += dw
    w -= learning_rate * velocity
    return w, velocity


def momentum_in_two_parts(w, dw, velocity, learning_rate, beta):
    moved = w - learning_rate * dw - learning_rate * beta * velocity
    return moved, np.add(dw, np.multiply(velocity, beta))


def momentum_with_loops(w, dw, velocity, learning_rate, beta):
    moved, kept = np.zeros(w.shape), np.zeros(w.shape)
    for i in np.ndindex(w.shape):
        kept[i] = dw[i] + beta * velocity[i]
        moved[i] = w[i] - kept[i] * learning_rate
    return moved, kept


def momentum_as_a_list(w, dw, velocity, learning_rate, beta):
    steps = np.stack([dw, velocity]) * np.array([1, beta]).reshape(2, *[1] * w.ndim)
    return [w + -learning_rate * steps.sum(axis=0), steps[0] + steps[1]]


def rolls(velocity_of, w_of=lambda w, dw, u, old, rate, beta: w - rate * u):
    """Return a momentum step with another velocity, or another use of it."""

    def answer(w, dw, velocity, learning_rate, beta):
        u = velocity_of(velocity, dw, learning_rate, beta)
        return w_of(w, dw, u, velocity, learning_rate, beta), u

    return answer


def usual(u, dw, rate, beta):
    return beta * u + dw


def momentum_careless(w, dw, velocity, learning_rate, beta):
    velocity *= beta
    velocity += dw
    return w - learning_rate * velocity, velocity


def old_velocity_returned(w, dw, velocity, learning_rate, beta):
    return momentum_step(w, dw, velocity, learning_rate, beta)[0], velocity


MOMENTUM_STEP = Exercise(
    "momentum_step(w, dw, velocity, learning_rate, beta) -> w, velocity",
    points=2,
    reference=momentum_step,
    cases=momentum_cases,
    conventions=[
        Convention(
            "average",
            rolls(lambda u, dw, rate, beta: beta * u + (1 - beta) * dw),
            "Right, in another convention: your velocity is a mean of the gradients, "
            "with (1 - beta) on the new one. The same path needs a learning rate "
            "1 / (1 - beta) times as large, ten times for 0.9. The pictures of this "
            "lesson keep the course's own step.",
        ),
        Convention(
            "rate_inside",
            rolls(
                lambda u, dw, rate, beta: beta * u + rate * dw,
                lambda w, dw, u, old, rate, beta: w - u,
            ),
            "Right, in another convention: your velocity holds the learning rate "
            "already. From rest it takes the same path; after a change of the "
            "learning rate, yours still moves at the old one for a while.",
        ),
        Convention(
            "a_step",
            rolls(
                lambda u, dw, rate, beta: beta * u - rate * dw,
                lambda w, dw, u, old, rate, beta: w + u,
            ),
            "Right, in another convention: your velocity is the step itself, sign and "
            "learning rate included, as in Keras. From rest it takes the same path; "
            "after a change of the learning rate, yours still moves at the old one "
            "for a while.",
        ),
        Convention(
            "downhill",
            rolls(
                lambda u, dw, rate, beta: beta * u - dw,
                lambda w, dw, u, old, rate, beta: w + rate * u,
            ),
            "Right, in another convention: your velocity points downhill, and is "
            "added. From rest it takes the same path as the lesson's, which points "
            "uphill and is subtracted.",
        ),
    ],
    mistakes=[
        Mistake(
            "mutates_input",
            momentum_careless,
            KEPT,
            "write `velocity = beta * velocity + dw`, which makes a new array.",
        ),
        Mistake(
            "uphill",
            rolls(usual, lambda w, dw, u, old, rate, beta: w + rate * u),
            "The step goes uphill: the velocity is a sum of gradients, and they point "
            "uphill, so the step has to be subtracted.",
            "try dw = 1 with no velocity: w has to become smaller.",
        ),
        Mistake(
            "velocity_sign",
            rolls(lambda u, dw, rate, beta: beta * u - dw),
            "The velocity has a minus in it, and is subtracted once more: two minus "
            "signs go uphill.",
            "keep one of the two: velocity = beta * velocity + dw, and w - ...",
        ),
        Mistake(
            "step_subtracted",
            rolls(
                lambda u, dw, rate, beta: beta * u - rate * dw,
                lambda w, dw, u, old, rate, beta: w - u,
            ),
            "The velocity has a minus and the learning rate in it, and is subtracted "
            "once more: two minus signs go uphill.",
            "try dw = 1 with no velocity: w has to become smaller.",
        ),
        Mistake(
            "rate_twice",
            rolls(lambda u, dw, rate, beta: beta * u + rate * dw),
            "The learning rate stands in the velocity and in the step too: a rate of "
            "0.1 becomes 0.01.",
            "multiply by the learning rate in one place.",
        ),
        Mistake(
            "no_rate",
            rolls(usual, lambda w, dw, u, old, rate, beta: w - u),
            "The learning rate is not used: the whole velocity is subtracted.",
            "call it with two learning rates: the steps should differ.",
        ),
        Mistake(
            "no_beta",
            rolls(lambda u, dw, rate, beta: u + dw),
            "The velocity never fades: beta is not used, and every gradient counts "
            "for ever.",
            "let dw be 0 for one step: a velocity of 2 should become 2 * beta.",
        ),
        Mistake(
            "betas_swapped",
            rolls(lambda u, dw, rate, beta: (1 - beta) * u + beta * dw),
            "beta and 1 - beta have changed places: with 0.9 nine tenths of the "
            "velocity are forgotten at each step.",
            "let dw be 0 for one step: a velocity of 2 should become 2 * beta.",
        ),
        Mistake(
            "fades_by_beta",
            rolls(lambda u, dw, rate, beta: (1 - beta) * u + dw),
            "The velocity keeps a share of 1 - beta: with 0.9 nine tenths of it are "
            "forgotten at each step. beta is the share that stays.",
            "let dw be 0 for one step: a velocity of 2 should become 2 * beta.",
        ),
        Mistake(
            "beta_on_both",
            rolls(lambda u, dw, rate, beta: beta * (u + dw)),
            "beta multiplies the new gradient too: it should fade only what was there "
            "before.",
            "look at the brackets: beta * velocity, then + dw.",
        ),
        Mistake(
            "beta_on_dw",
            rolls(lambda u, dw, rate, beta: u + beta * dw),
            "beta multiplies the new gradient, and the old velocity never fades. It "
            "should be the other way round.",
            "let dw be 0 for one step: a velocity of 2 should become 2 * beta.",
        ),
        Mistake(
            "old_velocity",
            rolls(usual, lambda w, dw, u, old, rate, beta: w - rate * old),
            "w moves by the velocity from before this step: the new gradient comes "
            "one step late.",
            "first the new velocity, then the step with it.",
        ),
        Mistake(
            "velocity_not_used",
            rolls(usual, lambda w, dw, u, old, rate, beta: w - rate * dw),
            "w moves by the gradient alone: the velocity is computed and not used, so "
            "this is gradient descent.",
            "subtract learning_rate * velocity.",
        ),
        Mistake(
            "velocity_beside",
            rolls(usual, lambda w, dw, u, old, rate, beta: w - rate * dw - u),
            "w moves by the gradient and by the whole velocity. The velocity holds "
            "the gradient already, and it is what the learning rate multiplies.",
            "subtract learning_rate * velocity, and nothing else.",
        ),
        Mistake(
            "plain_step_besides",
            rolls(
                usual,
                lambda w, dw, u, old, rate, beta: w - rate * dw - rate * u,
            ),
            "The gradient is subtracted twice: once on its own, and once inside the "
            "velocity, which holds it already.",
            "subtract learning_rate * velocity, and nothing else.",
        ),
        Mistake(
            "nesterov",
            rolls(usual, lambda w, dw, u, old, rate, beta: w - rate * (dw + beta * u)),
            "This is Nesterov's momentum: w moves by where the velocity will be, "
            "dw + beta * velocity. A good optimizer, but not this one.",
            "subtract learning_rate * velocity.",
        ),
        Mistake(
            "velocity_not_kept",
            old_velocity_returned,
            "You return the velocity that came in and not the new one: at the next "
            "step this gradient is forgotten.",
            "return the new velocity beside w.",
        ),
        Mistake(
            "step_returned",
            rolls(usual, lambda w, dw, u, old, rate, beta: rate * u),
            "You return the step and not where it leads: w is not in it.",
            "subtract it from w.",
        ),
        Mistake(
            "fixed_beta",
            lambda w, dw, u, rate, beta: momentum_step(w, dw, u, rate, 0.9),
            "The argument beta is not used: 0.9 is taken whatever is asked for.",
            "call it with beta=0: then it should be gradient descent.",
        ),
    ],
    alternatives=[
        momentum_in_place_on_copies,
        momentum_in_two_parts,
        momentum_with_loops,
        momentum_as_a_list,
    ],
)

# ---- rmsprop_step


def rmsprop_step(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    v = beta * v + (1 - beta) * dw**2
    return w - learning_rate * dw / (np.sqrt(v) + epsilon), v


def rmsprop_cases(rng):
    def weights(*shape, beta=0.9, epsilon=1e-8):
        return {
            "w": rng.normal(size=shape),
            "dw": rng.normal(size=shape),
            "v": rng.uniform(0.5, 3, size=shape),
            "learning_rate": float(rng.uniform(0.05, 0.3)),
            "beta": beta,
            "epsilon": epsilon,
        }

    def start(*shape, size):
        given = weights(*shape)
        return given | {"dw": size * given["dw"], "v": np.zeros(shape)}

    yield Case(
        "two weights",
        w=np.array([1.0, 1.0]),
        dw=np.array([6.0, 0.5]),
        v=np.array([4.0, 0.0]),
        learning_rate=0.1,
        beta=0.75,
        epsilon=1e-8,
    )
    yield Case("a table of weights", **weights(5, 3))
    yield Case("the first step", **start(7, size=1))
    yield Case("gradients near 0", **start(5, size=1e-6))
    unused = start(4, size=1)
    yield Case(
        "a weight without a gradient", **unused | {"dw": np.array([0, 1.0, 0, 2])}
    )
    yield Case("a short memory", **weights(3, beta=0.2))
    yield Case("a large epsilon", **weights(3, epsilon=0.5))
    yield Case("a single weight", **weights(1, beta=0.6))


def rmsprop_in_place_on_copies(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    w, v = w.copy(), v.copy()
    v *= beta
    v += (1 - beta) * dw * dw
    w -= learning_rate / (v**0.5 + epsilon) * dw
    return w, v


def rmsprop_by_the_difference(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    v = v + (1 - beta) * (np.square(dw) - v)
    return w - learning_rate * (dw / (np.sqrt(v) + epsilon)), v


def rmsprop_with_loops(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    moved, kept = np.zeros(w.shape), np.zeros(w.shape)
    for i in np.ndindex(w.shape):
        kept[i] = beta * v[i] + (1 - beta) * dw[i] ** 2
        moved[i] = w[i] - learning_rate * dw[i] / (kept[i] ** 0.5 + epsilon)
    return moved, kept


def scaled(v_of=None, w_of=None, keep=lambda a: a.v):
    """Return an RMSProp step with another mean, another step, or another memory.

    Each part is a function of all the step's numbers by name; `old` is the v before.
    """

    def answer(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
        a = SimpleNamespace(
            w=w, dw=dw, old=v, rate=learning_rate, beta=beta, epsilon=epsilon
        )
        a.v = v_of(a) if v_of else beta * v + (1 - beta) * dw**2
        step = a.dw / (np.sqrt(a.v) + epsilon)
        return w_of(a) if w_of else w - learning_rate * step, keep(a)

    return answer


def rmsprop_careless(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    v *= beta
    v += (1 - beta) * dw**2
    return w - learning_rate * dw / (np.sqrt(v) + epsilon), v


RMSPROP_STEP = Exercise(
    "rmsprop_step(w, dw, v, learning_rate, beta, epsilon) -> w, v",
    points=2,
    reference=rmsprop_step,
    cases=rmsprop_cases,
    conventions=[
        Convention(
            "epsilon_inside",
            scaled(w_of=lambda a: a.w - a.rate * a.dw / np.sqrt(a.v + a.epsilon)),
            "Right, in another convention: your epsilon stands inside the root, as in "
            "TensorFlow. The root of 1e-8 is 1e-4: gradients far below that give "
            "shorter steps than in this lesson.",
        ),
    ],
    mistakes=[
        Mistake("mutates_input", rmsprop_careless, KEPT, NEW),
        Mistake(
            "no_root",
            scaled(w_of=lambda a: a.w - a.rate * a.dw / (a.v + a.epsilon)),
            "The root is missing: v is a mean of squares, and its root is the usual "
            "size of the gradient. Divided by v, a small gradient makes a huge step.",
            "the step should not change when all gradients are ten times as large.",
        ),
        Mistake(
            "not_squared",
            scaled(v_of=lambda a: a.beta * a.old + (1 - a.beta) * a.dw),
            "v is a mean of the gradients and not of their squares: it can be below "
            "0, and then it has no root.",
            "square each entry: dw**2.",
        ),
        Mistake(
            "doubled",
            scaled(v_of=lambda a: a.beta * a.old + (1 - a.beta) * a.dw * 2),
            "The gradient is doubled, not squared: one asterisk multiplies, two raise "
            "to a power.",
            "square each entry: dw**2.",
        ),
        Mistake(
            "absolute",
            scaled(v_of=lambda a: a.beta * a.old + (1 - a.beta) * np.abs(a.dw)),
            "v is a mean of absolute gradients, and its root is taken all the same. "
            "The root belongs to a mean of squares.",
            "square each entry: dw**2.",
        ),
        Mistake(
            "square_of_the_mean",
            scaled(v_of=lambda a: (a.beta * a.old + (1 - a.beta) * a.dw) ** 2),
            "The whole mean is squared, the old v with it. Only the new gradient is "
            "squared.",
            "square dw before it is mixed in.",
        ),
        Mistake(
            "share_squared",
            scaled(v_of=lambda a: a.beta * a.old + ((1 - a.beta) * a.dw) ** 2),
            "The square takes the factor 1 - beta with it: 0.1 becomes 0.01.",
            "look at the brackets: (1 - beta) * dw**2.",
        ),
        Mistake(
            "betas_swapped",
            scaled(v_of=lambda a: (1 - a.beta) * a.old + a.beta * a.dw**2),
            "beta and 1 - beta have changed places: with 0.9 nine tenths of v come "
            "from this one gradient.",
            "let dw be 0 for one step: v = 2 should become 2 * beta.",
        ),
        Mistake(
            "no_share",
            scaled(v_of=lambda a: a.beta * a.old + a.dw**2),
            "The new square counts whole, without the factor 1 - beta: v is a sum and "
            "no mean, and ten times too large in the long run.",
            "feed it the same gradient for ever: v should approach dw**2.",
        ),
        Mistake(
            "no_gradient_on_top",
            scaled(w_of=lambda a: a.w - a.rate / (np.sqrt(a.v) + a.epsilon)),
            "The gradient is missing above the line: every weight moves down, whatever "
            "the sign of its gradient.",
            "divide dw by the root, not 1.",
        ),
        Mistake(
            "brackets",
            scaled(w_of=lambda a: a.w - a.rate * a.dw / np.sqrt(a.v) + a.epsilon),
            "Brackets are missing: epsilon is added to w and not to the root.",
            "dw / (np.sqrt(v) + epsilon).",
        ),
        Mistake(
            "adagrad",
            scaled(v_of=lambda a: a.old + a.dw**2),
            "v only ever grows, because beta is not used: this is AdaGrad, whose "
            "steps become shorter and shorter.",
            "let dw be 0 for one step: v = 2 should become 2 * beta.",
        ),
        Mistake(
            "no_epsilon",
            scaled(w_of=lambda a: a.w - a.rate * a.dw / np.sqrt(a.v)),
            "Epsilon is not used: a weight that never had a gradient divides 0 by 0, "
            "and is NaN from then on.",
            "add epsilon to the root.",
        ),
        Mistake(
            "epsilon_after",
            scaled(w_of=lambda a: a.w - a.rate * (a.dw / np.sqrt(a.v) + a.epsilon)),
            "Epsilon is added to the whole fraction: brackets are missing around what "
            "stands below the line.",
            "divide by (np.sqrt(v) + epsilon), with the brackets.",
        ),
        Mistake(
            "old_v",
            scaled(w_of=lambda a: a.w - a.rate * a.dw / (np.sqrt(a.old) + a.epsilon)),
            "The step is divided by the v from before it. At the first step that is "
            "0, and the step is enormous.",
            "first the new v, then the step with it.",
        ),
        Mistake(
            "multiplied",
            scaled(w_of=lambda a: a.w - a.rate * a.dw * (np.sqrt(a.v) + a.epsilon)),
            "The gradient is multiplied by its usual size and not divided: large "
            "gradients become larger still.",
            "the step should not change when all gradients are ten times as large.",
        ),
        Mistake(
            "one_for_all",
            scaled(v_of=lambda a: a.beta * a.old + (1 - a.beta) * np.mean(a.dw**2)),
            "The squares are averaged over all the weights. Each weight has a usual "
            "size of its own; that is the whole point.",
            "leave out the mean: v keeps the shape of w.",
        ),
        Mistake(
            "uphill",
            scaled(
                w_of=lambda a: a.w + a.rate * a.dw / (np.sqrt(a.v) + a.epsilon),
            ),
            "The step goes uphill: it is added, and the gradient points uphill.",
            "try dw = 1: w has to become smaller.",
        ),
        Mistake(
            "no_rate",
            scaled(w_of=lambda a: a.w - a.dw / (np.sqrt(a.v) + a.epsilon)),
            "The learning rate is not used: every step is about 1 long.",
            "call it with two learning rates: the steps should differ.",
        ),
        Mistake(
            "plain_step",
            scaled(w_of=lambda a: a.w - a.rate * a.dw),
            "w moves by the plain gradient: v is computed and not used.",
            "divide dw by the root of v, plus epsilon.",
        ),
        Mistake(
            "sign_only",
            scaled(w_of=lambda a: a.w - a.rate * a.dw / (np.abs(a.dw) + a.epsilon)),
            "The gradient is divided by its own size, so only its sign is left. It "
            "should be divided by its usual size, the root of v.",
            "let one gradient be twice its usual size: its step is longer too.",
        ),
        Mistake(
            "v_not_kept",
            scaled(keep=lambda a: a.old),
            "You return the v that came in and not the new one: at the next step this "
            "gradient is forgotten.",
            "return the new v beside w.",
        ),
        Mistake(
            "root_kept",
            scaled(keep=lambda a: np.sqrt(a.v)),
            "You return the root of v. The next step would take the root of it again.",
            "keep v as it is; take the root only for the step.",
        ),
        Mistake(
            "fixed_beta",
            lambda w, dw, v, rate, beta, eps: rmsprop_step(w, dw, v, rate, 0.9, eps),
            "The argument beta is not used: 0.9 is taken whatever is asked for.",
            "call it with beta=0: then v should be dw**2.",
        ),
        Mistake(
            "fixed_epsilon",
            lambda w, dw, v, rate, beta, eps: rmsprop_step(w, dw, v, rate, beta),
            "The argument epsilon is not used: 1e-8 is taken whatever is asked for.",
            "call it with epsilon=0.5: the steps should become shorter.",
        ),
    ],
    alternatives=[
        rmsprop_in_place_on_copies,
        rmsprop_by_the_difference,
        rmsprop_with_loops,
    ],
)

# ---- adam_step


def adam_step(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def adam_cases(rng, **more):
    def weights(*shape, t, **settings):
        return {
            "w": rng.normal(size=shape),
            "dw": rng.normal(size=shape),
            "m": rng.normal(size=shape),
            "v": rng.uniform(0.5, 3, size=shape),
            "t": t,
            "learning_rate": float(rng.uniform(0.05, 0.3)),
            **more,
            "beta1": settings.get("beta1", 0.9),
            "beta2": settings.get("beta2", 0.999),
            "epsilon": settings.get("epsilon", 1e-8),
        }

    def start(*shape, size, t=1):
        given = weights(*shape, t=t)
        return given | {
            "dw": size * given["dw"],
            "m": np.zeros(shape),
            "v": np.zeros(shape),
        }

    yield Case(
        "one weight, step 2",
        w=np.array([1.0]),
        dw=np.array([3.0]),
        m=np.array([1.0]),
        v=np.array([4.0]),
        t=2,
        learning_rate=0.3,
        **more,
        beta1=0.5,
        beta2=0.75,
        epsilon=1e-8,
    )
    yield Case("the first step", **start(7, size=1))
    yield Case("a table of weights, step 7", **weights(5, 3, t=7))
    yield Case("step 1000", **weights(4, t=1000))
    yield Case("gradients near 0", **start(5, size=1e-6))
    unused = start(4, size=1, t=3)
    yield Case(
        "a weight without a gradient", **unused | {"dw": np.array([0, 1.0, 0, 2])}
    )
    yield Case("other betas", **weights(3, t=3, beta1=0.6, beta2=0.8))
    yield Case("a large epsilon", **weights(3, t=2, epsilon=0.5))


def adam_in_place_on_copies(
    w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    w, m, v = w.copy(), m.copy(), v.copy()
    m *= beta1
    m += (1 - beta1) * dw
    v *= beta2
    v += (1 - beta2) * dw * dw
    root = np.sqrt(v / (1 - pow(beta2, t)))
    w -= learning_rate * (m / (1 - pow(beta1, t))) / (root + epsilon)
    return w, m, v


def adam_with_the_correction_in_the_rate(
    w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    m = m + (1 - beta1) * (dw - m)
    v = v + (1 - beta2) * (np.square(dw) - v)
    root = np.sqrt(1 - beta2**t)
    rate = learning_rate * root / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + epsilon * root), m, v


def adam_with_loops(
    w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    moved, first, second = np.zeros((3, *w.shape))
    for i in np.ndindex(w.shape):
        first[i] = beta1 * m[i] + (1 - beta1) * dw[i]
        second[i] = beta2 * v[i] + (1 - beta2) * dw[i] ** 2
        root = (second[i] / (1 - beta2**t)) ** 0.5
        moved[i] = w[i] - learning_rate * first[i] / (1 - beta1**t) / (root + epsilon)
    return moved, first, second


def adam_with(
    m_of=lambda a: a.beta1 * a.old_m + (1 - a.beta1) * a.dw,
    v_of=lambda a: a.beta2 * a.old_v + (1 - a.beta2) * a.dw**2,
    m_hat=lambda a: a.m / (1 - a.beta1**a.t),
    v_hat=lambda a: a.v / (1 - a.beta2**a.t),
    step=lambda a: a.m_hat / (np.sqrt(a.v_hat) + a.epsilon),
    w_of=lambda a: a.w - a.rate * a.step,
    keep=lambda a: (a.m, a.v),
):
    """Return an Adam step of which some parts are written otherwise.

    Each part is a function of all that is known so far, by name; `old_m` and `old_v`
    are the means before this step.
    """

    def answer(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
        a = SimpleNamespace(w=w, dw=dw, old_m=m, old_v=v, t=t, rate=learning_rate)
        a.beta1, a.beta2, a.epsilon = beta1, beta2, epsilon
        a.m, a.v = m_of(a), v_of(a)
        a.m_hat, a.v_hat = m_hat(a), v_hat(a)
        a.step = step(a)
        return w_of(a), *keep(a)

    return answer


def adam_careless(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m *= beta1
    m += (1 - beta1) * dw
    v *= beta2
    v += (1 - beta2) * dw**2
    return adam_with(lambda a: m, lambda a: v)(
        w, dw, m, v, t, learning_rate, beta1, beta2, epsilon
    )


def adam_fixed(**fixed):
    """Return an Adam step that takes some arguments as they usually are."""

    def answer(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
        given = {"t": t, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
        return adam_step(w, dw, m, v, learning_rate=learning_rate, **given | fixed)

    return answer


TWO_STEPS = "call it for t = 1 and m = v = 0: the step should be learning_rate long."
PAPER_EPSILON = (
    "Right, in another convention: the correction multiplies the learning rate, and "
    "epsilon is added to the root of v before it, as at the end of section 2 of the "
    "paper and in TensorFlow. In the first steps, gradients near epsilon then move "
    "less than in this lesson."
)

# Mistake id: what is written wrong, the message, and the next step.
ADAM_MISTAKES = {
    "no_correction": (
        adam_with(m_hat=lambda a: a.m, v_hat=lambda a: a.v),
        "Nothing is corrected for the start at 0: the first step is 3.16 times too "
        "long, and t is not used.",
        TWO_STEPS,
    ),
    "m_only": (
        adam_with(v_hat=lambda a: a.v),
        "m is corrected for its start at 0, and v is not: the first step is 31.6 "
        "times too long, one over the root of 0.001.",
        "divide v by 1 - beta2**t as well.",
    ),
    "v_only": (
        adam_with(m_hat=lambda a: a.m),
        "v is corrected for its start at 0, and m is not: the first step is a tenth "
        "of what it should be.",
        "divide m by 1 - beta1**t as well.",
    ),
    "t_from_zero": (
        adam_with(
            m_hat=lambda a: a.m / (1 - a.beta1 ** (a.t - 1)),
            v_hat=lambda a: a.v / (1 - a.beta2 ** (a.t - 1)),
        ),
        "The correction counts from 0, with t - 1: at the first step 1 - beta**0 is "
        "0, and you divide by it.",
        "the first step has t = 1; use t as it is.",
    ),
    "t_one_too_many": (
        adam_with(
            m_hat=lambda a: a.m / (1 - a.beta1 ** (a.t + 1)),
            v_hat=lambda a: a.v / (1 - a.beta2 ** (a.t + 1)),
        ),
        "The correction is one step ahead, with t + 1. The first step has t = 1 "
        "already.",
        TWO_STEPS,
    ),
    "t_not_used": (
        adam_fixed(t=1),
        "The correction is that of the first step for ever: t is not used, and m is "
        "divided by 0.1 at step 1000 too.",
        "raise beta to the power of t: beta1**t.",
    ),
    "times_t": (
        adam_with(
            m_hat=lambda a: a.m / (1 - a.beta1 * a.t),
            v_hat=lambda a: a.v / (1 - a.beta2 * a.t),
        ),
        "beta is multiplied by t, and should be raised to its power: what is left of "
        "the zeros shrinks by the factor beta at each step.",
        "two asterisks: beta1**t.",
    ),
    "power_outside": (
        adam_with(
            m_hat=lambda a: a.m / (1 - a.beta1) ** a.t,
            v_hat=lambda a: a.v / (1 - a.beta2) ** a.t,
        ),
        "The power is outside the brackets: (1 - beta)**t goes to 0, and the steps "
        "grow without end. The weight of the zeros is beta**t.",
        "write 1 - beta1**t.",
    ),
    "correction_multiplied": (
        adam_with(
            m_hat=lambda a: a.m * (1 - a.beta1**a.t),
            v_hat=lambda a: a.v * (1 - a.beta2**a.t),
        ),
        "The means are multiplied by the correction: they are too small at first, and "
        "become smaller still.",
        "divide by 1 - beta**t.",
    ),
    "betas_swapped": (
        adam_with(
            m_of=lambda a: a.beta2 * a.old_m + (1 - a.beta2) * a.dw,
            v_of=lambda a: a.beta1 * a.old_v + (1 - a.beta1) * a.dw**2,
            m_hat=lambda a: a.m / (1 - a.beta2**a.t),
            v_hat=lambda a: a.v / (1 - a.beta1**a.t),
        ),
        "beta1 and beta2 have changed places: beta1 belongs to m, the mean of the "
        "gradient, and beta2 to v, the mean of its square.",
        "compare with the table of the exercise, line by line.",
    ),
    "corrections_swapped": (
        adam_with(
            m_hat=lambda a: a.m / (1 - a.beta2**a.t),
            v_hat=lambda a: a.v / (1 - a.beta1**a.t),
        ),
        "The two corrections have changed places: m is divided by 1 - beta2**t, and v "
        "by 1 - beta1**t.",
        "m goes with beta1, v with beta2.",
    ),
    "beta1_twice": (
        adam_with(
            v_of=lambda a: a.beta1 * a.old_v + (1 - a.beta1) * a.dw**2,
            v_hat=lambda a: a.v / (1 - a.beta1**a.t),
        ),
        "v fades with beta1. It has a longer memory of its own: beta2.",
        "m goes with beta1, v with beta2.",
    ),
    "shares_swapped": (
        adam_with(
            m_of=lambda a: (1 - a.beta1) * a.old_m + a.beta1 * a.dw,
            v_of=lambda a: (1 - a.beta2) * a.old_v + a.beta2 * a.dw**2,
        ),
        "beta and 1 - beta have changed places in both means: beta is the share that "
        "stays.",
        "let dw be 0 for one step: m = 2 should become 2 * beta1.",
    ),
    "no_shares": (
        adam_with(
            m_of=lambda a: a.beta1 * a.old_m + a.dw,
            v_of=lambda a: a.beta2 * a.old_v + a.dw**2,
        ),
        "The new gradient counts whole in both, without 1 - beta: these are sums and "
        "no means.",
        "feed it the same gradient for ever: m should approach dw.",
    ),
    "no_root": (
        adam_with(step=lambda a: a.m_hat / (a.v_hat + a.epsilon)),
        "The root is missing: v is a mean of squares, and its root is the usual size "
        "of the gradient.",
        "the step should not change when all gradients are ten times as large.",
    ),
    "not_squared": (
        adam_with(v_of=lambda a: a.beta2 * a.old_v + (1 - a.beta2) * a.dw),
        "v is a mean of the gradients and not of their squares: it can be below 0, "
        "and then it has no root.",
        "square each entry: dw**2.",
    ),
    "absolute": (
        adam_with(v_of=lambda a: a.beta2 * a.old_v + (1 - a.beta2) * np.abs(a.dw)),
        "v is a mean of absolute gradients, and its root is taken all the same. The "
        "root belongs to a mean of squares.",
        "square each entry: dw**2.",
    ),
    "m_squared": (
        adam_with(v_of=lambda a: a.beta2 * a.old_v + (1 - a.beta2) * a.m**2),
        "v is fed with the square of m, and should get the square of the gradient: "
        "where gradients change their sign, m is small and dw is not.",
        "use dw**2.",
    ),
    "share_squared": (
        adam_with(v_of=lambda a: a.beta2 * a.old_v + ((1 - a.beta2) * a.dw) ** 2),
        "The square takes the factor 1 - beta2 with it: 0.001 becomes a millionth.",
        "look at the brackets: (1 - beta2) * dw**2.",
    ),
    "corrected_after_the_root": (
        adam_with(
            v_hat=lambda a: a.v,
            step=lambda a: a.m_hat / (np.sqrt(a.v) / (1 - a.beta2**a.t) + a.epsilon),
        ),
        "v is corrected after its root was taken. The correction belongs to v, so it "
        "has to stand under the root with it.",
        "first v / (1 - beta2**t), then the root.",
    ),
    "epsilon_inside": (
        adam_with(step=lambda a: a.m_hat / np.sqrt(a.v_hat + a.epsilon)),
        "Epsilon stands inside the root. Where v is large nobody notices; but the "
        "root of 1e-8 is 1e-4, and a weight with gradients of 1e-6 moves a hundred "
        "times too little.",
        "first the root, then + epsilon.",
    ),
    "epsilon_on_v": (
        adam_with(
            v_hat=lambda a: (a.v + a.epsilon) / (1 - a.beta2**a.t),
            step=lambda a: a.m_hat / np.sqrt(a.v_hat),
        ),
        "Epsilon is added to v before the root is taken. Where v is large nobody "
        "notices; but a weight with gradients of 1e-6 hardly moves.",
        "first the root, then + epsilon.",
    ),
    "no_epsilon": (
        adam_with(step=lambda a: a.m_hat / np.sqrt(a.v_hat)),
        "Epsilon is not used: a weight that never had a gradient divides 0 by 0, and "
        "is NaN from then on.",
        "add epsilon to the root.",
    ),
    "epsilon_after": (
        adam_with(step=lambda a: a.m_hat / np.sqrt(a.v_hat) + a.epsilon),
        "Epsilon is added to the whole fraction: brackets are missing around what "
        "stands below the line.",
        "divide by (np.sqrt(v_hat) + epsilon), with the brackets.",
    ),
    "old_means": (
        adam_with(
            m_hat=lambda a: a.old_m / (1 - a.beta1**a.t),
            v_hat=lambda a: a.old_v / (1 - a.beta2**a.t),
        ),
        "The step uses the means from before it: this gradient comes one step late, "
        "and the first step is 0.",
        "first the new m and v, then the step with them.",
    ),
    "mean_squared": (
        adam_with(
            v_of=lambda a: (
                a.beta2 * a.old_v
                + (1 - a.beta2) * (a.beta1 * a.old_m + (1 - a.beta1) * a.dw) ** 2
            )
        ),
        "v is made from m squared, the mean, in place of dw squared: a gradient that "
        "changes its sign then looks small.",
        "v hears of dw**2.",
    ),
    "gradient_on_top": (
        adam_with(step=lambda a: a.dw / (np.sqrt(a.v_hat) + a.epsilon)),
        "The step goes along the plain gradient: m is computed and not used, which is "
        "RMSProp with a correction.",
        "m_hat stands above the line.",
    ),
    "uphill": (
        adam_with(w_of=lambda a: a.w + a.rate * a.step),
        "The step goes uphill: it is added, and the gradient points uphill.",
        "try dw = 1 at t = 1: w has to become smaller.",
    ),
    "no_rate": (
        adam_with(w_of=lambda a: a.w - a.step),
        "The learning rate is not used: every step is about 1 long.",
        TWO_STEPS,
    ),
    "corrected_kept": (
        adam_with(keep=lambda a: (a.m_hat, a.v_hat)),
        "You return the corrected means: at the next step they would be corrected "
        "once more.",
        "keep m and v as they are; m_hat and v_hat are for this step alone.",
    ),
    "old_kept": (
        adam_with(keep=lambda a: (a.old_m, a.old_v)),
        "You return the m and v that came in and not the new ones: at the next step "
        "this gradient is forgotten.",
        "return the new m and v beside w.",
    ),
    "step_returned": (
        adam_with(w_of=lambda a: a.rate * a.step),
        "You return the step and not where it leads: w is not in it.",
        "subtract it from w.",
    ),
    "fixed_betas": (
        adam_fixed(beta1=0.9, beta2=0.999),
        "The arguments beta1 and beta2 are not used: 0.9 and 0.999 are taken whatever "
        "is asked for.",
        "use the names, not the numbers.",
    ),
    "fixed_epsilon": (
        adam_fixed(epsilon=1e-8),
        "The argument epsilon is not used: 1e-8 is taken whatever is asked for.",
        "use the name, not the number.",
    ),
}


def paper_step(a):
    """Return Adam's step with epsilon added to the root of the uncorrected v."""
    return np.sqrt(1 - a.beta2**a.t) * a.m_hat / (np.sqrt(a.v) + a.epsilon)


ADAM_STEP = Exercise(
    "adam_step(w, dw, m, v, t, learning_rate, beta1, beta2, epsilon) -> w, m, v",
    points=3,
    reference=adam_step,
    cases=adam_cases,
    conventions=[Convention("epsilon_hat", adam_with(step=paper_step), PAPER_EPSILON)],
    mistakes=[
        Mistake("mutates_input", adam_careless, KEPT, NEW),
        *(Mistake(name, *parts) for name, parts in ADAM_MISTAKES.items()),
    ],
    alternatives=[
        adam_in_place_on_copies,
        adam_with_the_correction_in_the_rate,
        adam_with_loops,
    ],
)

# ---- adamw_step


def adamw_step(
    w,
    dw,
    m,
    v,
    t,
    learning_rate,
    weight_decay,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
):
    stepped, m, v = adam_step(w, dw, m, v, t, learning_rate, beta1, beta2, epsilon)
    return stepped - learning_rate * weight_decay * w, m, v


def adamw_cases(rng):
    for case in adam_cases(rng, weight_decay=0.1):
        if case.note == "step 1000":
            case.inputs |= {"weight_decay": 0.0}
            case.note = "no decay at all"
        yield case


def decays(decayed, adam=adam_step):
    """Return an AdamW step whose w is ``decayed(w, stepped, rate, decay)``."""

    def answer(w, dw, m, v, t, learning_rate, weight_decay, *settings):
        stepped, m, v = adam(w, dw, m, v, t, learning_rate, *settings)
        return decayed(w, stepped, learning_rate, weight_decay), m, v

    return answer


def beside(w, stepped, rate, decay):
    return stepped - rate * decay * w


def adamw_shrunk_first(w, dw, m, v, t, learning_rate, weight_decay, *settings):
    shrunk = w * (1 - learning_rate * weight_decay)
    return adam_step(shrunk, dw, m, v, t, learning_rate, *settings)


def adamw_in_one_formula(
    w,
    dw,
    m,
    v,
    t,
    learning_rate,
    weight_decay,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
):
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return w - learning_rate * (step + weight_decay * w), m, v


def adamw_penalty_inside(w, dw, m, v, t, learning_rate, weight_decay, *settings):
    return adam_step(w, dw + weight_decay * w, m, v, t, learning_rate, *settings)


def adamw_double_penalty(w, dw, m, v, t, learning_rate, weight_decay, *settings):
    return adam_step(w, dw + 2 * weight_decay * w, m, v, t, learning_rate, *settings)


def adamw_divided(w, dw, m, v, t, learning_rate, weight_decay, *settings):
    def top(a):
        return (a.m_hat + weight_decay * a.w) / (np.sqrt(a.v_hat) + a.epsilon)

    return adam_with(step=top)(w, dw, m, v, t, learning_rate, *settings)


def adamw_careless(w, dw, m, v, t, learning_rate, weight_decay, *settings):
    _, m, v = adam_step(w, dw, m, v, t, learning_rate, *settings)
    stepped = adam_step(w, dw, m, v, t, learning_rate, *settings)[0]
    return beside(w, stepped, learning_rate, weight_decay), m, v


def adamw_in_place(w, dw, m, v, t, learning_rate, weight_decay, *settings):
    w *= 1 - learning_rate * weight_decay
    return adam_step(w, dw, m, v, t, learning_rate, *settings)


INSIDE = (
    "The decay went into the gradient, as a penalty's: Adam then divides it by the "
    "gradient's usual size, and weights with large gradients hardly decay."
)

ADAMW_STEP = Exercise(
    "adamw_step(w, dw, m, v, t, learning_rate, weight_decay, beta1, beta2, epsilon) "
    "-> w, m, v",
    points=2,
    reference=adamw_step,
    cases=adamw_cases,
    conventions=[
        Convention(
            "decayed_after",
            decays(lambda w, stepped, rate, decay: stepped * (1 - rate * decay)),
            "Right, in another order: you shrink what the step has led to, as some "
            "libraries do, and the lesson what it started from. The difference is the "
            "rate times the decay times one step, far below what anybody notices.",
        ),
        Convention(
            "epsilon_hat", decays(beside, adam_with(step=paper_step)), PAPER_EPSILON
        ),
    ],
    mistakes=[
        Mistake(
            "mutates_input",
            adamw_in_place,
            KEPT,
            "write `w = w * (1 - ...)`, which makes a new array.",
        ),
        Mistake(
            "penalty_inside",
            adamw_penalty_inside,
            INSIDE,
            "call Adam with dw as it came, and subtract the decay from what it gives.",
        ),
        Mistake(
            "double_penalty",
            adamw_double_penalty,
            INSIDE + " There is a 2 in it, too.",
            "call Adam with dw as it came, and subtract the decay from what it gives.",
        ),
        Mistake(
            "decay_divided",
            adamw_divided,
            "The decay stands above the line with m_hat, and is divided by the root "
            "of v too: weights with large gradients hardly decay.",
            "add it to the finished fraction, or subtract it after Adam's step.",
        ),
        Mistake(
            "no_decay",
            decays(lambda w, stepped, rate, decay: stepped),
            "This is Adam: the weight decay is not used.",
            "subtract learning_rate * weight_decay * w.",
        ),
        Mistake(
            "decay_without_rate",
            decays(lambda w, stepped, rate, decay: stepped - decay * w),
            "The decay is not multiplied by the learning rate. The paper's first form "
            "writes it so, with a far smaller decay; here 0.01 would take a hundredth "
            "of every weight at each step, whatever the rate.",
            "multiply by both: learning_rate * weight_decay * w.",
        ),
        Mistake(
            "only_rate",
            decays(lambda w, stepped, rate, decay: stepped - rate * w),
            "w shrinks by the whole learning rate: the weight decay is not in it.",
            "multiply by both: learning_rate * weight_decay * w.",
        ),
        Mistake(
            "grows",
            decays(lambda w, stepped, rate, decay: stepped + rate * decay * w),
            "The decay is added: the weights grow.",
            "let dw be 0: w has to come closer to 0.",
        ),
        Mistake(
            "twice",
            decays(lambda w, stepped, rate, decay: stepped - 2 * rate * decay * w),
            "The decay is twice as strong as asked for. There is no 2: it is a share "
            "of w, and not the slope of w².",
            "let dw be 0: w loses learning_rate * weight_decay of itself.",
        ),
        Mistake(
            "halved",
            decays(lambda w, stepped, rate, decay: stepped - rate * decay * w / 2),
            "The decay is half as strong as asked for. The half belongs into a "
            "penalty on the loss; this is its slope already.",
            "let dw be 0: w loses learning_rate * weight_decay of itself.",
        ),
        Mistake(
            "constant",
            decays(lambda w, stepped, rate, decay: stepped - rate * decay),
            "The same number is subtracted from every weight: weights below 0 grow. "
            "The decay is a share of w.",
            "multiply by w.",
        ),
        Mistake(
            "by_sign",
            decays(lambda w, stepped, rate, decay: stepped - rate * decay * np.sign(w)),
            "Every weight decays by the same amount: this is the slope of an absolute "
            "penalty, L1. The decay is a share of w.",
            "multiply by w, not by its sign.",
        ),
        Mistake(
            "decay_alone",
            decays(lambda w, stepped, rate, decay: w - rate * decay * w),
            "w only decays: Adam's step is not in it.",
            "subtract the decay from what Adam's step gives.",
        ),
        Mistake(
            "adam_twice",
            adamw_careless,
            "Adam's step is taken twice: the second time with the means that the first "
            "one made, so this gradient counts double.",
            "call adam_step once, and use all three of its results.",
        ),
        *(
            Mistake(name, decays(beside, wrong), f"In Adam's part: {message}", step)
            for name, (wrong, message, step) in ADAM_MISTAKES.items()
        ),
    ],
    alternatives=[
        adamw_shrunk_first,
        adamw_in_one_formula,
        decays(beside, adam_with_loops),
        decays(beside, adam_with_the_correction_in_the_rate),
    ],
)

# ---- cosine


def cosine(step, n_steps):
    return 0.5 * (1 + np.cos(np.pi * min(step, n_steps) / n_steps))


def at_steps(note, steps, **settings):
    """Return one case for each step; the note says when."""
    return [Case(f"step {step} of {note}", step=step, **settings) for step in steps]


def cosine_cases(rng):
    n = int(rng.integers(41, 97))
    yield from at_steps("100", (25, 0, 50, 80, 100), n_steps=100)
    yield from at_steps(f"{n}", (1, n // 3, n - 1, n), n_steps=n)
    yield from at_steps("20, past the end", (27,), n_steps=20)
    yield from at_steps("a single one", (0, 1), n_steps=1)


def cosine_by_the_half_angle(step, n_steps):
    if step >= n_steps:
        return 0.0
    return float(np.cos(np.pi * step / n_steps / 2) ** 2)


def cosine_with_math(step, n_steps):
    import math

    share = min(step / n_steps, 1.0)
    return (1 + math.cos(share * math.pi)) / 2


def cosine_clipped(step, n_steps):
    angle = np.clip(np.pi * step / n_steps, 0, np.pi)
    return 1 - (1 - np.cos(angle)) / 2


def wave(formula):
    """Return a schedule from a formula of the share done, held at 1 past the end."""
    return lambda step, n_steps: formula(min(step, n_steps) / n_steps)


DECAYING_ENDS = "draw it over all steps: from 1 at step 0 down to 0 at the end."

COSINE = Exercise(
    "cosine(step, n_steps) -> factor",
    points=1,
    reference=cosine,
    cases=cosine_cases,
    mistakes=[
        Mistake(
            "degrees",
            wave(lambda done: 0.5 * (1 + np.cos(180 * done))),
            "The angle is in degrees, 180 for half a wave. np.cos counts in radians, "
            "in which half a wave is pi.",
            "use np.pi.",
        ),
        Mistake(
            "no_half",
            wave(lambda done: 1 + np.cos(np.pi * done)),
            "It starts at 2: 1 + cos goes from 2 down to 0, and the half is missing.",
            DECAYING_ENDS,
        ),
        Mistake(
            "ends_at_one",
            wave(lambda done: 0.5 * (1 - np.cos(np.pi * done))),
            "It climbs from 0 and ends at 1: a minus stands before the cosine.",
            DECAYING_ENDS,
        ),
        Mistake(
            "below_zero",
            wave(lambda done: np.cos(np.pi * done)),
            "It goes on to -1: below 0 the learning rate goes uphill. The cosine has "
            "to be lifted by 1 and halved.",
            DECAYING_ENDS,
        ),
        Mistake(
            "half_of_cos",
            wave(lambda done: 1 + 0.5 * np.cos(np.pi * done)),
            "Only the cosine is halved: it goes from 1.5 to 0.5. Brackets are missing "
            "around 1 + cos.",
            DECAYING_ENDS,
        ),
        Mistake(
            "whole_wave",
            wave(lambda done: 0.5 * (1 + np.cos(2 * np.pi * done))),
            "It comes back to 1 at the end: the angle runs through a whole wave. Half "
            "a wave is pi.",
            DECAYING_ENDS,
        ),
        Mistake(
            "quarter_wave",
            wave(lambda done: np.cos(np.pi / 2 * done)),
            "It is a quarter of a wave: 1 to 0, but with a steep end. Halfway it "
            "should be at 0.5.",
            "half a wave, lifted by 1 and halved.",
        ),
        Mistake(
            "linear",
            wave(lambda done: 1 - done),
            "It falls in a straight line: the cosine is not in it.",
            "at a quarter of the way it should be at 0.854.",
        ),
        Mistake(
            "rises_again",
            lambda step, n: 0.5 * (1 + np.cos(np.pi * step / n)),
            "Past the end it rises again: the wave goes on. From n_steps on the "
            "factor stays 0.",
            "limit the step first: min(step, n_steps).",
        ),
        Mistake(
            "one_less",
            lambda step, n: wave(lambda done: 0.5 * (1 + np.cos(np.pi * done)))(
                step, max(n - 1, 1)
            ),
            "It reaches 0 one step early: you divide by n_steps - 1.",
            "at step n_steps // 2 of an even number it should be at 0.5.",
        ),
        Mistake(
            "one_less_unguarded",
            lambda step, n: cosine(min(step, n - 1) / (n - 1), 1),
            "It reaches 0 one step early, at n_steps - 1, and a run of one step "
            "divides by 0.",
            "divide by n_steps.",
        ),
        Mistake(
            "one_ahead",
            lambda step, n: cosine(step + 1, n),
            "It is one step ahead: step 0 should have the factor 1.",
            "use the step as it comes.",
        ),
        Mistake(
            "whole_division",
            lambda step, n: 0.5 * (1 + np.cos(np.pi * (min(step, n) // n))),
            "`//` cuts the share done off to 0, so the factor stays 1 until the end.",
            "use `/`.",
        ),
        Mistake(
            "divided_outside",
            lambda step, n: 0.5 * (1 + np.cos(np.pi * min(step, n)) / n),
            "The division is outside the cosine. The angle is pi times the share done.",
            "look at the brackets: cos(pi * step / n_steps).",
        ),
    ],
    alternatives=[cosine_by_the_half_angle, cosine_with_math, cosine_clipped],
)

# ---- step_decay


def step_decay(step, every, factor):
    return factor ** (step // every)


def staircase_cases(rng):
    every = int(rng.integers(7, 30))
    yield from at_steps("a drop every 10", (25, 0, 9, 10, 20), every=10, factor=0.5)
    for step in (every - 1, every, 3 * every + 1):
        yield Case(f"step {step}, a drop every {every}", **_drop(step, every, 0.1))
    yield Case("a drop at every step", **_drop(3, 1, 0.8))
    yield Case("no drop at all", **_drop(50, 10, 1.0))


def _drop(step, every, factor):
    return {"step": step, "every": every, "factor": factor}


def staircase_with_a_loop(step, every, factor):
    rate = 1.0
    for _ in range(every, step + 1, every):
        rate *= factor
    return rate


def staircase_with_floor(step, every, factor):
    return float(np.power(factor, np.floor(step / every)))


def staircase_by_recursion(step, every, factor):
    return (
        1.0
        if step < every
        else factor * staircase_by_recursion(step - every, every, factor)
    )


STEP_DECAY = Exercise(
    "step_decay(step, every, factor) -> factor",
    points=1,
    reference=step_decay,
    cases=staircase_cases,
    mistakes=[
        Mistake(
            "no_stairs",
            lambda step, every, factor: factor ** (step / every),
            "It falls a little at every step: `/` leaves no stairs. `//` counts whole "
            "ones.",
            "steps 0 to every - 1 should all have the factor 1.",
        ),
        Mistake(
            "one_step_late",
            lambda step, every, factor: factor ** ((step - 1) // every),
            "Each drop comes one step late, and step 0 is above 1: steps are counted "
            "from 0.",
            "use the step as it comes.",
        ),
        Mistake(
            "dropped_at_the_start",
            lambda step, every, factor: factor ** (1 + step // every),
            "It starts one drop too low: up to the first drop the factor is 1.",
            "how often does 10 go into 9?",
        ),
        Mistake(
            "rounded",
            lambda step, every, factor: factor ** round(step / every),
            "round goes up from the middle of a stair on. A drop comes when a stair "
            "is full.",
            "`//` counts whole ones.",
        ),
        Mistake(
            "only_at_multiples",
            lambda step, every, factor: factor if step % every == 0 else 1.0,
            "It drops for a single step, at each multiple, and then goes back to 1. A "
            "drop stays.",
            "count the drops so far: step // every.",
        ),
        Mistake(
            "one_early",
            lambda step, every, factor: factor ** ((step + 1) // every),
            "Each drop comes one step early: the first one is at step `every`.",
            "use the step as it comes, counted from 0.",
        ),
        Mistake(
            "one_late",
            lambda step, every, factor: factor ** (max(step - 1, 0) // every),
            "Each drop comes one step late: the first one is at step `every`.",
            "use the step as it comes, counted from 0.",
        ),
        Mistake(
            "times",
            lambda step, every, factor: factor * (step // every),
            "The number of drops is multiplied by the factor, and it starts at 0. "
            "Each drop multiplies what is there, so it is a power.",
            "two asterisks: factor ** (...).",
        ),
        Mistake(
            "subtracted",
            lambda step, every, factor: 1 - factor * (step // every),
            "Each drop takes the same amount away, and it falls below 0. Each drop "
            "multiplies what is there.",
            "two asterisks: factor ** (...).",
        ),
        Mistake(
            "once",
            lambda step, every, factor: factor if step >= every else 1.0,
            "It drops once and then never again.",
            "after two drops it should be factor squared.",
        ),
        Mistake(
            "rest",
            lambda step, every, factor: factor ** (step % every),
            "`%` gives the steps since the last drop, so it falls at each step and "
            "jumps back up. `//` gives the number of drops.",
            "use `//`.",
        ),
        Mistake(
            "every_step",
            lambda step, every, factor: factor**step,
            "It drops at every step: `every` is not used.",
            "steps 0 to every - 1 should all have the factor 1.",
        ),
        Mistake(
            "precedence",
            lambda step, every, factor: factor**step // every,
            "`**` comes before `//`: the power is taken first, and then cut off to 0.",
            "put brackets around step // every.",
        ),
        Mistake(
            "grows",
            lambda step, every, factor: (1 / factor) ** (step // every),
            "It grows at each drop: the factor is turned round.",
            "a factor of 0.5 should halve the rate.",
        ),
        Mistake(
            "what_is_taken",
            lambda step, every, factor: (1 - factor) ** (step // every),
            "It keeps 1 - factor at each drop. The factor is what stays, not what is "
            "taken away.",
            "a factor of 0.1 should leave a tenth.",
        ),
    ],
    alternatives=[
        staircase_with_a_loop,
        staircase_with_floor,
        staircase_by_recursion,
    ],
)

# ---- warmup_cosine


def warmup_cosine(step, n_warmup, n_steps):
    if step < n_warmup:
        return (step + 1) / n_warmup
    return cosine(step - n_warmup, n_steps - n_warmup)


def warmup_cases(rng):
    climb, n = int(rng.integers(5, 12)), int(rng.integers(41, 97))

    def case(note, step, n_warmup, n_steps):
        return Case(note, step=step, n_warmup=n_warmup, n_steps=n_steps)

    for step in (0, 1, 3, 4, 9, 13, 14):
        yield case(f"step {step} of 14, with a climb of 4", step, 4, 14)
    for step in (0, climb // 2, climb - 1, climb, climb + 1, n - 5, n):
        yield case(f"step {step} of {n}, with a climb of {climb}", step, climb, n)
    yield case("no climb, step 0", 0, 0, 20)
    yield case("no climb, step 5", 5, 0, 20)
    yield case("a climb of a single step", 0, 1, 20)
    yield case("a step past the end", 33, 5, 20)


def warmup_written_out(step, n_warmup, n_steps):
    if step < n_warmup:
        return (1 + step) / n_warmup
    done = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return 0.5 * (1 + np.cos(np.pi * done))


def warmup_by_the_smaller(step, n_warmup, n_steps):
    climb = min(1.0, (step + 1) / max(n_warmup, 1))
    return climb * cosine(max(step - n_warmup, 0), n_steps - n_warmup)


def warmup_from_tables(step, n_warmup, n_steps):
    up = np.arange(1, n_warmup + 1) / max(n_warmup, 1)
    down = [cosine(k, n_steps - n_warmup) for k in range(n_steps - n_warmup + 1)]
    return float(np.concatenate([up, down])[min(step, n_steps)])


def climbs(climb, step, n_warmup, n_steps):
    """Return a schedule with another climb; without one, the cosine alone."""
    if n_warmup == 0 or step >= n_warmup:
        return warmup_cosine(step, n_warmup, n_steps)
    return climb(step, n_warmup)


def after(fall, climb=lambda step, up: (step + 1) / up):
    """Return a schedule with another way down."""

    def answer(step, n_warmup, n_steps):
        if step < n_warmup:
            return climb(step, n_warmup)
        return fall(step, n_warmup, n_steps)

    return answer


def climbs_too_long(step, n_warmup, n_steps):
    if step <= n_warmup:
        return (step + 1) / n_warmup if n_warmup else 1.0
    return warmup_cosine(step, n_warmup, n_steps)


WARMUP_COSINE = Exercise(
    "warmup_cosine(step, n_warmup, n_steps) -> factor",
    points=2,
    reference=warmup_cosine,
    cases=warmup_cases,
    conventions=[
        Convention(
            "from_zero",
            lambda *given: climbs(lambda step, up: step / up, *given),
            "Right, in another convention: your climb starts at 0, as in some "
            "libraries, so the first step does not move at all.",
        ),
        Convention(
            "one_more_part",
            lambda *given: climbs(lambda step, up: (step + 1) / (up + 1), *given),
            "Right, in another convention: your climb has n_warmup + 1 parts, and "
            "reaches 1 with the first step after it.",
        ),
    ],
    mistakes=[
        Mistake(
            "divides_by_zero",
            lambda step, up, n: (
                min(1.0, (step + 1) / up) * cosine(max(step - up, 0), n - up)
            ),
            "With no climb, n_warmup = 0, you divide by 0.",
            "divide only inside the climb, where step < n_warmup.",
        ),
        Mistake(
            "divides_by_zero_at_first",
            lambda step, up, n: step / up if step <= up else warmup_cosine(step, up, n),
            "With no climb, n_warmup = 0, the very first step divides by 0.",
            "ask for step < n_warmup: with no climb, no step is.",
        ),
        Mistake(
            "climbs_too_long_unguarded",
            lambda step, up, n: (
                (step + 1) / up if step <= up else warmup_cosine(step, up, n)
            ),
            "The climb is one step too long: it ends before step n_warmup. And with "
            "no climb, n_warmup = 0, it divides by 0.",
            "ask for step < n_warmup.",
        ),
        Mistake(
            "climbs_by_all_steps",
            lambda step, up, n: (
                (step + 1) / n if step < up else warmup_cosine(step, up, n)
            ),
            "The climb is divided by n_steps and never reaches 1; then it jumps.",
            "divide by n_warmup: its last step has the factor 1.",
        ),
        Mistake(
            "no_climb",
            lambda step, up, n: cosine(step, n),
            "There is no climb: it is the cosine from the first step on.",
            "while step < n_warmup, return (step + 1) / n_warmup.",
        ),
        Mistake(
            "not_shifted",
            after(lambda step, up, n: cosine(step, n)),
            "After the climb it drops at once: the cosine counts from the very first "
            "step, and is on its way down already.",
            "let the cosine start where the climb ends: step - n_warmup.",
        ),
        Mistake(
            "ends_late",
            after(lambda step, up, n: cosine(step - up, n)),
            "It does not reach 0 at n_steps: the way down has n_steps - n_warmup steps "
            "left, and you give it n_steps.",
            "take the climb off both numbers.",
        ),
        Mistake(
            "not_moved_but_shorter",
            after(lambda step, up, n: cosine(step, n - up)),
            "The way down has the right length and starts too early: take the climb "
            "off the step too.",
            "let the cosine start where the climb ends: step - n_warmup.",
        ),
        Mistake(
            "stays_up",
            after(lambda step, up, n: 1.0),
            "After the climb it stays at 1: the way down is missing.",
            "return your cosine from there on.",
        ),
        Mistake(
            "climbs_above_one",
            climbs_too_long,
            "The climb is one step too long, and rises above 1: it ends before step "
            "n_warmup.",
            "ask for step < n_warmup.",
        ),
        Mistake(
            "product",
            lambda step, up, n: (
                min(1.0, (step + 1) / up) * cosine(step, n) if up else cosine(step, n)
            ),
            "The climb and a cosine over all the steps are multiplied: the climb does "
            "not reach 1, and the cosine started without it.",
            "one after the other: first the climb, then the cosine.",
        ),
        Mistake(
            "climb_turned_round",
            after(
                lambda step, up, n: cosine(step - up, n - up),
                lambda step, up: 1 - step / up,
            ),
            "The climb goes down: it starts at 1.",
            "(step + 1) / n_warmup grows with the step.",
        ),
        Mistake(
            "linear",
            after(lambda step, up, n: max(0.0, 1 - (step - up) / (n - up))),
            "The way down is a straight line: the cosine is not in it.",
            "return your cosine of what is left.",
        ),
        Mistake(
            "share_of_all",
            after(
                lambda step, up, n: cosine(step - up, n - up),
                lambda step, up: 1 / up,
            ),
            "The climb stays at its first height, 1 / n_warmup.",
            "the height grows with the step: (step + 1) / n_warmup.",
        ),
        Mistake(
            "rises_again",
            after(
                lambda step, up, n: 0.5 * (1 + np.cos(np.pi * (step - up) / (n - up)))
            ),
            "Past the end it rises again. From n_steps on the factor stays 0.",
            "use your cosine, which ends; or limit the step first.",
        ),
        Mistake(
            "degrees",
            after(
                lambda step, up, n: (
                    0.5 * (1 + np.cos(180 * min(step - up, n - up) / (n - up)))
                )
            ),
            "The angle is in degrees. np.cos counts in radians, in which half a wave "
            "is pi.",
            "use np.pi, or your cosine.",
        ),
        Mistake(
            "ends_at_one",
            after(lambda step, up, n: 1 - cosine(step - up, n - up)),
            "After the climb it starts at 0 and ends at 1: the way down is upside "
            "down.",
            DECAYING_ENDS,
        ),
    ],
    alternatives=[warmup_written_out, warmup_by_the_smaller, warmup_from_tables],
)

EXERCISES = [
    MOMENTUM_STEP,
    RMSPROP_STEP,
    ADAM_STEP,
    ADAMW_STEP,
    COSINE,
    STEP_DECAY,
    WARMUP_COSINE,
]
