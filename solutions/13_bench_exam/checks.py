"""The exercises of the bench exam: a verdict on runs, on myths, and two in words.

The runs come from ``runs.npz`` beside this file, which `make_runs` wrote: for each
illness six runs, each made again with every change of the bench. The secret seed draws
which of them a learner is graded on.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from course_lib import sealed_runs
from course_lib.values import Given
from grader.exercises import Case, Exercise, Mistake
from grader.rubrics import Rubric

POOL = Path(__file__).with_name("runs.npz")
TENTH, TENFOLD = "a tenth of the learning rate", "ten times the learning rate"

# illness: what gives it away, and the one thing to change
CASEBOOK = {
    "wrong gradient": ("gradient check", "backward written again"),
    "wrong labels": ("labels by eye", "labels read again by eye"),
    "exploding": ("not a number", "the start that fits"),
    "vanishing": ("first blame", "tanh and its own start"),
    "rate too high": ("training loss", TENTH),
    "rate too low": ("training loss", TENFOLD),
    "overfitting": ("gap", "ten times the data"),
    "starved class": ("worst class", "the rare class as often"),
    "healthy": ("nothing", "nothing"),
}
ORDER = {
    "gradient check": "wrong gradient",
    "labels by eye": "wrong labels",
    "not a number": "exploding",
    "first blame": "vanishing",
    "training loss": "rate",
    "gap": "overfitting",
    "worst class": "starved class",
}


@lru_cache(maxsize=1)
def pool():
    """Return the rows of all runs, by illness."""
    with np.load(POOL) as file:
        return {name: file[name] for name in file}


def drawn_runs(rng):
    """Yield one run of each illness: its name, readings and retests."""
    for k in rng.permutation(len(CASEBOOK)):
        illness = list(CASEBOOK)[k]
        rows = rng.choice(pool()[illness])
        yield illness, sealed_runs.readings_from(rows[0]), rows[1:]


def bench(rows):
    """Return the retest that a learner's function is given."""
    return Given("bench_retest", {"rows": rows})


def story(illness, readings):
    """Return what is seen of a run, without its illness."""
    loss, right = readings["training loss"][-1], readings["validation accuracy"][-1]
    if not np.isfinite(loss):
        return "a run whose loss ends as NaN"
    return f"a run that ends at a loss of {loss:.2f}, {right:.2f} right on unseen ones"


# ---- trip


def trip(readings):
    loss, classes = readings["training loss"][-1], readings["by class"]
    return {
        "gradient check": bool(readings["gradient check"] > 1e-4),
        "labels by eye": bool(readings["wrong of 20"] >= 2),
        "not a number": not np.isfinite(loss),
        "first blame": bool(readings["first blame"] < 0.01),
        "training loss": bool(loss > 1),
        "gap": bool(readings["validation loss"][-1] - loss > 0.5),
        "worst class": bool(classes.min() < classes.mean() / 2),
    }


def trip_cases(rng):
    runs = {illness: readings for illness, readings, _ in drawn_runs(rng)}
    for illness, readings in runs.items():
        yield Case(story(illness, readings), readings=readings)
    well = runs["healthy"]
    for n in (1, 2):
        yield Case(f"{n} wrong among 20 labels", readings={**well, "wrong of 20": n})
    uneven = np.full(10, rng.uniform(0.55, 0.6))
    uneven[rng.integers(10)] = rng.uniform(0.4, 0.48)
    weak = {**well, "validation accuracy": np.full(11, 0.57), "by class": uneven}
    yield Case("classes that are all read badly", readings=weak)
    fell = {
        **well,
        "training loss": np.linspace(2.3, 0.1, 11),
        "validation loss": np.append(np.linspace(2.3, 1.2, 10), 0.4),
    }
    yield Case("a gap that has closed", readings=fell)


def altered(**changes):
    """Return a `trip` in which some entries are found otherwise."""

    def wrong(readings):
        with np.errstate(invalid="ignore"):
            other = {k.replace("_", " "): f(readings) for k, f in changes.items()}
        return trip(readings) | other

    return wrong


def trip_by_limits(readings):
    last = {k: v[-1] for k, v in readings.items() if np.ndim(v) and k != "by class"}
    values = {
        "gradient check": readings["gradient check"] - 1e-4,
        "labels by eye": readings["wrong of 20"] - 1.5,
        "not a number": float(np.isnan(last["training loss"])),
        "first blame": 0.01 - readings["first blame"],
        "training loss": last["training loss"] - 1,
        "gap": last["validation loss"] - last["training loss"] - 0.5,
        "worst class": np.mean(readings["by class"]) / 2 - min(readings["by class"]),
    }
    return {name: bool(value > 0) for name, value in values.items()}


def trip_with_ifs(readings):
    found = dict.fromkeys(ORDER, False)
    loss = float(readings["training loss"][-1])
    if readings["gradient check"] > 1e-4:
        found["gradient check"] = True
    if not readings["wrong of 20"] < 2:
        found["labels by eye"] = True
    if loss != loss:
        found["not a number"] = True
    elif loss > 1:
        found["training loss"] = True
    if readings["first blame"] < 0.01:
        found["first blame"] = True
    if readings["validation loss"][-1] > loss + 0.5:
        found["gap"] = True
    if 2 * readings["by class"].min() < np.average(readings["by class"]):
        found["worst class"] = True
    return found


KINDS = ("loss", "accuracy")


def trip_with_isnan_any(readings):
    losses = readings["training loss"]
    return trip(readings) | {"not a number": bool(np.isnan(losses).any())}


CURVES = [f"{part} {kind}" for part in ("training", "validation") for kind in KINDS]

TRIP = Exercise(
    "trip(readings) -> tripped",
    points=3,
    reference=trip,
    cases=trip_cases,
    mistakes=[
        Mistake(
            "first_measured",
            lambda readings: trip(
                {k: v[:1] if k in CURVES else v for k, v in readings.items()}
            ),
            "The first measurement of each curve is read, from before any step. What "
            "a run has come to stands at the end.",
            "the last one is [-1].",
        ),
        Mistake(
            "equals_nan",
            altered(not_a_number=lambda r: bool(r["training loss"][-1] == np.nan)),
            "`not a number` never trips. NaN is not equal to anything, itself "
            "included, so `== np.nan` is always False; and only the last measurement "
            "tells, the first is always finite.",
            "ask `np.isfinite(loss)` of the last loss.",
        ),
        Mistake(
            "nan_is_large",
            altered(training_loss=lambda r: bool(not r["training loss"][-1] <= 1)),
            "`training loss` trips on NaN too. It has a limit of its own, `not a "
            "number`; NaN is neither above nor below 1.",
            "ask `loss > 1`, which is False for NaN.",
        ),
        Mistake(
            "first_measurement",
            altered(
                training_loss=lambda r: bool(r["training loss"][0] > 1),
            ),
            "`training loss` looks at the first measurement too, before a step. Every "
            "run starts above 1: guessing costs 2.303.",
            "take the last entry, `[-1]`.",
        ),
        Mistake(
            "one_label",
            altered(labels_by_eye=lambda r: bool(r["wrong of 20"] > 0)),
            "`labels by eye` trips on a single wrong label. One of twenty may be a "
            "slip of your eye; the limit is two.",
            "ask `>= 2`.",
        ),
        Mistake(
            "two_labels_pass",
            altered(labels_by_eye=lambda r: bool(r["wrong of 20"] > 2)),
            "`labels by eye` lets two wrong labels pass. The limit is two, and two of "
            "twenty are a tenth of all your labels.",
            "ask `>= 2`.",
        ),
        Mistake(
            "gap_reversed",
            altered(
                gap=lambda r: bool(
                    r["training loss"][-1] - r["validation loss"][-1] > 0.5
                )
            ),
            "`gap` is training minus validation. A run that memorizes has the larger "
            "loss on validation examples.",
            "subtract the training loss from the validation loss.",
        ),
        Mistake(
            "gap_without_sign",
            altered(
                gap=lambda r: bool(
                    abs(r["training loss"][-1] - r["validation loss"][-1]) > 0.5
                )
            ),
            "`gap` has lost its sign. Wrong training labels make the training loss the "
            "larger one, and that is no memorizing.",
            "leave np.abs away.",
        ),
        Mistake(
            "widest_gap",
            altered(
                gap=lambda r: bool(
                    np.nanmax(r["validation loss"] - r["training loss"]) > 0.5
                )
            ),
            "`gap` is the widest of the whole run. It can close again, and the last "
            "measurement is the network that you have.",
            "take the last entry of both.",
        ),
        Mistake(
            "rise",
            altered(
                gap=lambda r: bool(
                    r["validation loss"][-1] - np.nanmin(r["validation loss"]) > 0.5
                )
            ),
            "`gap` measures how far the validation loss rose from its lowest point. It "
            "may stay flat and be far above the training loss all the same.",
            "subtract the training loss.",
        ),
        Mistake(
            "half_right",
            altered(worst_class=lambda r: bool(r["by class"].min() < 0.5)),
            "`worst class` compares with 0.5. A class is starved beside the others, "
            "not by itself: where all are read badly, none is the cause.",
            "compare with half of the mean over the classes.",
        ),
        Mistake(
            "accuracy_at_the_end",
            altered(
                worst_class=lambda r: bool(
                    r["by class"].min() < r["validation accuracy"][-1] / 2
                )
            ),
            "`worst class` compares with the last validation accuracy, which is NaN "
            "where training broke off.",
            "compare with half of the mean of `by class`.",
        ),
        Mistake(
            "best_class",
            altered(
                worst_class=lambda r: bool(r["by class"].max() < r["by class"].mean())
            ),
            "`worst class` looks at the best one: the largest is never below the mean.",
            "take the min.",
        ),
        Mistake(
            "loud_blame",
            altered(first_blame=lambda r: bool(r["first blame"] > 0.01)),
            "`first blame` trips where blame arrives. It is the missing blame that is "
            "the symptom.",
            "ask `< 0.01`.",
        ),
        Mistake(
            "good_gradient",
            altered(gradient_check=lambda r: bool(r["gradient check"] < 1e-4)),
            "`gradient check` trips on a small error. Small is right; 0.2 is not.",
            "ask `> 1e-4`.",
        ),
    ],
    alternatives=[trip_by_limits, trip_with_ifs, trip_with_isnan_any],
)

# ---- name_illness


def named(order=ORDER, tell=None):
    """Return a `name_illness` that asks in this order, and tells rates apart so."""

    def name_illness(tripped, retest):
        found = next((order[sign] for sign in order if tripped[sign]), "healthy")
        return (tell or calmed_by_a_tenth)(retest) if found == "rate" else found

    return name_illness


def calmed_by_a_tenth(retest):
    calmer = retest(TENTH)["training loss"][-1] < 1
    return "rate too high" if calmer else "rate too low"


def woken_by_tenfold(retest):
    lower = retest(TENFOLD)["training loss"][-1] < 1
    return "rate too low" if lower else "rate too high"


def first_asking(*signs):
    return {s: ORDER[s] for s in [*signs, *(s for s in ORDER if s not in signs)]}


name_illness = named()


def illness_cases(rng):
    for illness, readings, again in drawn_runs(rng):
        yield Case(
            story(illness, readings), tripped=trip(readings), retest=bench(again)
        )


def illness_with_ifs(tripped, retest):
    if tripped["not a number"]:
        return "exploding"
    if tripped["first blame"]:
        return "vanishing"
    if tripped["labels by eye"]:
        return "wrong labels"
    if tripped["gradient check"]:
        return "wrong gradient"
    if tripped["training loss"]:
        again = retest(TENTH)
        return "rate too " + ("high" if again["training accuracy"][-1] > 0.7 else "low")
    if tripped["gap"]:
        return "overfitting"
    return "starved class" if tripped["worst class"] else "healthy"


def illness_always_retested(tripped, retest):
    rate = calmed_by_a_tenth(retest)
    return named(tell=lambda _: rate)(tripped, retest)


FLAT = (
    "A rate would explain the flat curve too, but the retests say no: at a tenth of it "
    "the loss is 2.30 as well. What gives this run away is `first blame`: less than a "
    "thousandth of the blame arrives at the first layer."
)
ILLNESS_MISTAKES = (
    (
        "flat_means_rate",
        named(first_asking("gradient check", "labels by eye", "training loss")),
        FLAT,
        "ask `first blame` before `training loss`.",
    ),
    (
        "labels_after_loss",
        named(first_asking("gradient check", "not a number", *list(ORDER)[3:5])),
        "A low rate would explain a loss above 1 too, but ten times the rate leaves it "
        "above 1. Nothing can learn labels that are drawn by chance: this run has two "
        "or more wrong ones among twenty.",
        "ask `labels by eye` before `training loss`.",
    ),
    (
        "loss_first",
        named(first_asking("training loss")),
        "Asked first, `training loss` calls vanishing blame and wrong labels a rate. "
        "It suffers from nearly everything and names nothing.",
        "ask it after the instruments that trip on fewer illnesses.",
    ),
    (
        "class_before_gap",
        named(first_asking(*list(ORDER)[:5], "worst class")),
        "A starved class would explain that one is read badly, but this run knows its "
        "ninety training examples by heart and few others: all classes suffer, the "
        "worst one most.",
        "ask `gap` before `worst class`.",
    ),
    (
        "class_first",
        named(first_asking("worst class")),
        "A run that has learned nothing reads all classes badly, and one of them "
        "worst: `worst class` trips on five illnesses.",
        "ask it last.",
    ),
    (
        "always_too_high",
        named(tell=lambda retest: "rate too high"),
        "Too high a rate would explain the loss, but the retest at a tenth of it shows "
        "2.3 for some of these runs: they learn even less. Those were too low.",
        "let `retest` decide: is the loss below 1 at a tenth of the rate?",
    ),
    (
        "always_too_low",
        named(tell=lambda retest: "rate too low"),
        "Too low a rate would explain the loss, but the retest at a tenth of it shows "
        "0.3 or less for some of these runs. Those were too high.",
        "let the last loss of `retest` decide: the first one is before any step.",
    ),
    (
        "retest_misread",
        named(
            tell=lambda retest: {"rate too high": "rate too low"}.get(
                calmed_by_a_tenth(retest), "rate too high"
            )
        ),
        "The retest is read the wrong way round. A run that is cured by a tenth of its "
        "rate had too high a one, and one that ten times the rate cures too low a one.",
        "swap the two names.",
    ),
)

NAME_ILLNESS = Exercise(
    "name_illness(tripped, retest) -> illness",
    points=3,
    shows_expected=False,
    reference=name_illness,
    cases=illness_cases,
    mistakes=[
        *(Mistake(*rest) for rest in ILLNESS_MISTAKES),
        Mistake(
            "no_healthy",
            lambda tripped, retest: (
                "nothing"
                if not any(tripped.values())
                else name_illness(tripped, retest)
            ),
            "A run on which nothing trips is called something else than `healthy`.",
            'return "healthy" where no sign is True.',
        ),
        Mistake(
            "rate_alone",
            named(tell=lambda retest: "rate"),
            "`rate` is half an answer: a loss above 1 may mean too high or too low, "
            "and the curve does not say which.",
            "make the run again at a tenth of the rate, and see whether it learns.",
        ),
    ],
    alternatives=[
        illness_with_ifs,
        named(tell=woken_by_tenfold),
        illness_always_retested,
        named(first_asking("not a number", "first blame", "labels by eye")),
    ],
)

# ---- sign_off


def signed(name=name_illness, casebook=CASEBOOK, read=None):
    """Return a `sign_off` with other pieces in it."""

    def sign_off(readings, retest):
        illness = name(trip(readings), retest)
        evidence, change = casebook[illness]
        again = readings if change == "nothing" else retest(change)
        after = (read or last_accuracy)(again, readings)
        return illness, evidence, change, after

    return sign_off


def last_accuracy(again, readings):
    return float(again["validation accuracy"][-1])


sign_off = signed()


def change_before_evidence(readings, retest):
    illness, evidence, change, after = sign_off(readings, retest)
    return illness, change, evidence, after


def sign_off_cases(rng):
    for illness, readings, again in drawn_runs(rng):
        yield Case(story(illness, readings), readings=readings, retest=bench(again))


def sign_off_in_steps(readings, retest):
    illness = illness_with_ifs(trip_with_ifs(readings), retest)
    if illness == "healthy":
        return "healthy", "nothing", "nothing", readings["validation accuracy"][-1]
    evidence = CASEBOOK[illness][0]
    change = CASEBOOK[illness][1]
    return illness, evidence, change, retest(change)["validation accuracy"][-1]


def sign_off_as_list(readings, retest):
    illness = named(tell=woken_by_tenfold)(trip_by_limits(readings), retest)
    again = {"nothing": lambda _: readings}
    change = CASEBOOK[illness][1]
    made = again.get(change, retest)(change)
    return (illness, *CASEBOOK[illness], np.float64(made["validation accuracy"][-1]))


SIGN_OFF = Exercise(
    "sign_off(readings, retest) -> illness, evidence, change, after",
    points=4,
    shows_expected=False,
    reference=sign_off,
    cases=sign_off_cases,
    mistakes=[
        Mistake(
            "no_retest",
            signed(read=lambda again, readings: last_accuracy(readings, readings)),
            "`after` is the accuracy of the sick run: nothing was made again. A cure "
            "that is not measured is an opinion.",
            "read the accuracy from what `retest(change)` returns.",
        ),
        Mistake(
            "on_training_examples",
            signed(read=lambda again, readings: float(again["training accuracy"][-1])),
            "`after` is read on the training examples. What counts is what the cured "
            "run does with examples it has not seen.",
            'read "validation accuracy".',
        ),
        Mistake(
            "gained",
            signed(
                read=lambda again, readings: (
                    last_accuracy(again, readings) - last_accuracy(readings, readings)
                )
            ),
            "`after` is the gain. Where the run broke off before, there is no number "
            "to subtract.",
            "return the accuracy after the retest as it is.",
        ),
        Mistake(
            "best_moment",
            signed(
                read=lambda again, readings: float(
                    np.nanmax(again["validation accuracy"])
                )
            ),
            "`after` is the best moment of the cured run. The network that you have is "
            "the last one.",
            "take the last entry, `[-1]`.",
        ),
        Mistake(
            "loss_after",
            signed(read=lambda again, readings: float(again["validation loss"][-1])),
            "`after` is the validation loss, in nats, and not a share from 0 to 1.",
            'read "validation accuracy".',
        ),
        Mistake(
            "healthy_is_treated",
            signed(casebook=CASEBOOK | {"healthy": ("nothing", TENTH)}),
            "A healthy run was treated, and came out worse. No disease, no cure.",
            'change "nothing", and report its own accuracy.',
        ),
        Mistake(
            "swapped",
            change_before_evidence,
            "`evidence` and `change` have changed places.",
            "return illness, evidence, change, after, in this order.",
        ),
        *(
            Mistake(name, signed(wrong), message, next_step)
            for name, wrong, message, next_step in ILLNESS_MISTAKES[:7]
        ),
    ],
    alternatives=[sign_off_in_steps, sign_off_as_list, signed(illness_always_retested)],
)

# ---- random_feedback


def random_feedback(dy, cache, feedback):
    x, W = cache
    return dy @ feedback, x.T @ dy, dy.sum(axis=0)


def feedback_cases(rng):
    for N, D, M in ((7, 5, 3), (1, 5, 3), (11, 3, 7)):
        x, W = rng.normal(size=(N, D)), rng.normal(size=(D, M))
        yield Case(
            "one example" if N == 1 else f"{N} examples, {D} inputs, {M} outputs",
            dy=rng.normal(size=(N, M)),
            cache=(x, W),
            feedback=rng.normal(size=(M, D)),
        )


def feedback_with_loops(dy, cache, feedback):
    x, W = cache
    rows = [sum(d * row for d, row in zip(each, feedback, strict=True)) for each in dy]
    dW = sum(np.outer(a, b) for a, b in zip(x, dy, strict=True))
    return np.array(rows), dW, np.sum(dy, 0)


RANDOM_FEEDBACK = Exercise(
    "random_feedback(dy, cache, feedback) -> dx, dW, db",
    points=3,
    reference=random_feedback,
    cases=feedback_cases,
    axes={"dy": "NM", "feedback": "MD"},
    mistakes=[
        Mistake(
            "still_backpropagation",
            lambda dy, cache, feedback: (dy @ cache[1].T, cache[0].T @ dy, dy.sum(0)),
            "dx still goes through W.T: this is backpropagation as it was, and the "
            "measurement would prove nothing.",
            "put `feedback` where W.T stood.",
        ),
        Mistake(
            "feedback_turned",
            lambda dy, cache, feedback: (
                dy @ feedback.T,
                cache[0].T @ dy,
                dy.sum(axis=0),
            ),
            "feedback is transposed. It stands in the place of W.T and has its shape, "
            "(M, D), already.",
            "dy (N, M) times feedback (M, D) is (N, D): no .T.",
        ),
        Mistake(
            "both",
            lambda dy, cache, feedback: (
                dy @ (cache[1].T + feedback),
                cache[0].T @ dy,
                dy.sum(0),
            ),
            "dx goes through the sum of W.T and feedback. W must not be used going "
            "back at all.",
            "leave W.T away.",
        ),
        Mistake(
            "average_of_both",
            lambda dy, cache, feedback: (
                dy @ (cache[1].T + feedback) / 2,
                cache[0].T @ dy,
                dy.sum(0),
            ),
            "dx goes through the mean of W.T and feedback. W must not be used going "
            "back at all.",
            "leave W.T away.",
        ),
        Mistake(
            "mean_db",
            lambda dy, cache, feedback: (dy @ feedback, cache[0].T @ dy, dy.mean(0)),
            "db is a mean over the batch; dy already holds the 1/N.",
            "sum over axis 0, as in lesson 4.",
        ),
        Mistake(
            "no_batch",
            lambda dy, cache, feedback: (
                dy @ feedback,
                cache[0].T @ dy / len(dy),
                dy.sum(0),
            ),
            "dW is divided by the batch size; dy already holds the 1/N.",
            "leave the division away, as in lesson 4.",
        ),
    ],
    alternatives=[
        lambda dy, cache, feedback: (
            np.einsum("nm,md->nd", dy, feedback),
            np.einsum("nd,nm->dm", cache[0], dy),
            np.einsum("nm->m", dy),
        ),
        lambda dy, cache, feedback: (
            (feedback.T @ dy.T).T,
            (dy.T @ cache[0]).T,
            np.ones(len(dy)) @ dy,
        ),
        feedback_with_loops,
    ],
)

# ---- court


def judged(
    error=None, limit=2.0, words=("upheld", "struck down", "not shown"), at=None
):
    """Return a `court` with another error, another limit or other words."""

    def court(larger, smaller):
        differences = larger - smaller
        mean = float(differences.mean())
        wide = limit * (error or standard_error)(larger, smaller)
        verdict = words[0] if mean > wide else words[1] if mean < -wide else words[2]
        return (at or (lambda m: m))(mean), verdict

    return court


def standard_error(larger, smaller):
    differences = larger - smaller
    return differences.std(ddof=1) / np.sqrt(len(differences))


court = judged()


def differing(rng, n, mean, t):
    """Return paired measurements of a mean difference that is t standard errors."""
    z = rng.normal(size=n)
    z = (z - z.mean()) / z.std(ddof=1)
    base = rng.uniform(0.2, 0.8, n)
    return base + mean + z * abs(mean) / t * np.sqrt(n), base


def court_cases(rng):
    yield Case("clearly larger", **_pair(differing(rng, 5, 0.3, 6.0)))
    yield Case("clearly smaller", **_pair(differing(rng, 5, -0.2, 5.0)))
    yield Case("larger by a hair", **_pair(differing(rng, 7, 0.01, 1.2)))
    yield Case("smaller by a hair", **_pair(differing(rng, 7, -0.01, 1.3)))
    yield Case("1.9 standard errors", **_pair(differing(rng, 5, 0.05, 1.9)))
    yield Case("nearly one standard error", **_pair(differing(rng, 5, 0.04, 0.95)))
    yield Case("half a standard error", **_pair(differing(rng, 11, 0.03, 0.5)))
    yield Case("four standard errors", **_pair(differing(rng, 5, 0.06, 4.0)))
    yield Case("three standard errors", **_pair(differing(rng, 11, 0.05, 3.0)))
    yield Case("three, downwards", **_pair(differing(rng, 11, -0.07, 3.0)))
    yield Case("equal in every seed", larger=np.ones(5), smaller=np.ones(5))
    yield Case("always less, by the same", larger=np.zeros(5), smaller=np.ones(5))


def _pair(arrays):
    return dict(zip(("larger", "smaller"), arrays, strict=True))


def court_with_t(larger, smaller):
    d = [a - b for a, b in zip(larger, smaller, strict=True)]
    n = len(d)
    mean = sum(d) / n
    variance = sum((each - mean) ** 2 for each in d) / (n - 1)
    if mean**2 <= 4 * variance / n:
        return mean, "not shown"
    return mean, "upheld" if mean > 0 else "struck down"


def court_with_var(larger, smaller):
    d = np.subtract(larger, smaller)
    low, high = (
        np.mean(d) + k * 2 * np.sqrt(np.var(d, ddof=1) / d.size) for k in (-1, 1)
    )
    verdict = "upheld" if low > 0 else "struck down" if high < 0 else "not shown"
    return np.mean(d), verdict


def court_with_if(larger, smaller):
    mean = np.mean(larger) - np.mean(smaller)
    error = np.std(larger - smaller, ddof=1) / len(larger) ** 0.5
    if abs(mean) <= 2 * error:
        return mean, "not shown"
    if mean > 0:
        return mean, "upheld"
    return mean, "struck down"


COURT = Exercise(
    "court(larger, smaller) -> difference, verdict",
    points=2,
    reference=court,
    cases=court_cases,
    axes={"larger": "N", "smaller": "N"},
    mistakes=[
        Mistake(
            "not_paired",
            judged(lambda a, b: np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))),
            "The error is made from both arrays on their own. Each pair shares its "
            "seed, so what a seed does to both cancels in the difference.",
            "take the standard deviation of larger - smaller.",
        ),
        Mistake(
            "divided_by_n",
            judged(lambda a, b: (a - b).std() / np.sqrt(len(a))),
            "The standard deviation divides by N. With five seeds that is too small by "
            "a tenth, and 1.9 errors pass for two.",
            "write `ddof=1`.",
        ),
        Mistake(
            "no_root",
            judged(lambda a, b: (a - b).std(ddof=1)),
            "The spread of the differences is taken for the error of their mean. The "
            "mean of N is surer than one, by the root of N.",
            "divide by `np.sqrt(len(larger))`.",
        ),
        Mistake(
            "n_for_root",
            judged(lambda a, b: (a - b).std(ddof=1) / len(a)),
            "The spread is divided by N, not by its root: the mean looks surer than it "
            "is.",
            "divide by `np.sqrt(len(larger))`.",
        ),
        Mistake(
            "sign_only_two_verdicts",
            judged(limit=0.0, words=("upheld", "struck down", "struck down")),
            "The sign of the mean decides, and chance has no part in it: one of two "
            "means is always the larger one.",
            "compare with 2 * error, on both sides; between them it is not shown.",
        ),
        Mistake(
            "never_not_shown",
            judged(words=("upheld", "struck down", "struck down")),
            "What is not upheld is struck down. A claim that no measurement shows is "
            "`not shown`, which is a third verdict.",
            "struck down needs a mean below -2 * error.",
        ),
        Mistake(
            "one_error",
            judged(limit=1.0),
            "One standard error is the limit here; a third of all nothings pass that. "
            "The court asks for two.",
            "compare with 2 * error.",
        ),
        Mistake(
            "three_errors",
            judged(limit=3.1),
            "Three standard errors are asked for; the court asks for two.",
            "compare with 2 * error.",
        ),
        Mistake(
            "no_null",
            judged(limit=0.0),
            "A difference of any size decides. Between two equal things chance alone "
            "makes one larger; that verdict is `not shown`.",
            "compare with 2 * error, not with 0.",
        ),
        Mistake(
            "reversed",
            judged(words=("struck down", "upheld", "not shown")),
            "The verdicts are the wrong way round. The myth says that `larger` is "
            "larger; where that is measured, it is upheld.",
            "swap the two words.",
        ),
        Mistake(
            "one_sided",
            judged(words=("upheld", "not shown", "not shown")),
            "No myth is ever struck down: a difference the other way is a finding too.",
            "compare with -2 * error as well.",
        ),
        Mistake(
            "unsigned",
            judged(at=abs),
            "The difference has lost its sign, and with it which of the two is larger.",
            "return the mean of larger - smaller as it is.",
        ),
        Mistake(
            "backwards",
            judged(at=lambda mean: -mean),
            "The difference is smaller - larger.",
            "subtract the other way.",
        ),
    ],
    alternatives=[court_with_t, court_with_var, court_with_if],
)

EXERCISES = [TRIP, NAME_ILLNESS, SIGN_OFF, RANDOM_FEEDBACK, COURT]

RUBRICS = [
    Rubric(
        "stakeholder",
        (
            1,
            "It says what blame, or credit, is: each weight's part in an error.",
        ),
        (
            1,
            "It says that blame is shared out from the last layer to the first, with "
            "what the forward pass stored.",
        ),
        (
            1,
            "It says what that buys: all weights at the price of about one more pass, "
            "not one trial for each.",
        ),
        (
            1,
            "It names a limit: it does not think or understand, or obeys bad data.",
        ),
        (1, "Somebody without a formula in mind can follow it, in at most 120 words."),
    ),
    Rubric(
        "loop_twice",
        (
            1,
            "Forward, backward and update stand in this order, each with what it does: "
            "predicts, assigns blame, improves.",
        ),
        (
            1,
            "The second time in numbers: a prediction, its loss, a gradient with its "
            "sign, a step, and a loss that is lower.",
        ),
        (1, "The sign is right: the step goes against the gradient."),
    ),
]
