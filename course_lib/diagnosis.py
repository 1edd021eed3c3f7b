"""The debug checklist as code: a training history in, symptoms and next steps out.

    found = diagnose(history, n_classes=10, readings=Readings(wrong_of_20=5))
    found.first.name                    # "wrong labels"
    print(found.as_text())              # each symptom: evidence, and what to change

A history alone shows what a run suffers from. Where several causes give one curve, the
symptom says which instrument tells them apart; a reading given decides it.
"""

import math
from dataclasses import dataclass, field

import numpy as np

HEALTHY_GRADIENT = 1e-4  # relative error; rounding stays a thousand times below
FAINT = 1e-2  # blame at the first hidden layer, as a share of that at the last
LEARNED_BY_HEART = 0.05  # nats, on ten examples
FEW = 4  # examples in a batch, up to which its noise alone can throw a run about
STILL_FALLING = 0.1  # share of the whole fall that its last quarter brings
UNSETTLED = 0.25  # of the loss: what it may still rise from one measurement to the next


@dataclass(frozen=True)
class Readings:
    """What instruments said besides the history; None where nobody has measured.

    Attributes
    ----------
    tiny_loss : float
        The loss on ten examples after learning them by heart, in nats.
    wrong_of_20 : int
        How many of twenty training labels are wrong, read by eye.
    shared : float
        Share of the validation examples that are training examples as well.
    lower_rate : History
        Of the same run at a tenth of the learning rate.
    by_class : sequence of float, of length C
        Share of validation examples read right, for each class.
    gradient_error : float
        The largest relative error of a gradient check.
    first_blame : float
        Norm of the blame at the first hidden layer, as a share of that at the last.
    dead : float
        The largest share of units in a layer that are off for every example.
    batch_size : int
    """

    tiny_loss: float | None = None
    wrong_of_20: int | None = None
    shared: float | None = None
    lower_rate: object = None
    by_class: object = None
    gradient_error: float | None = None
    first_blame: float | None = None
    dead: float | None = None
    batch_size: int | None = None


@dataclass(frozen=True)
class Symptom:
    """One thing that is amiss.

    Attributes
    ----------
    name : str
        Such as ``"overfitting"``.
    evidence : str
        The numbers that show it.
    fix : str
        The next thing to change, one at a time; or to measure, if that is not clear.
    """

    name: str
    evidence: str
    fix: str


@dataclass(frozen=True)
class Answer:
    """One question of the checklist: `good` is None where nobody has measured."""

    question: str
    good: bool | None
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """What was found: symptoms, the surest cause first, and the five questions."""

    symptoms: tuple = ()
    checklist: tuple = field(default=())

    @property
    def first(self):
        """The symptom to treat first, or None for a healthy run."""
        return self.symptoms[0] if self.symptoms else None

    @property
    def names(self):
        """The names of all symptoms, in order."""
        return [symptom.name for symptom in self.symptoms]

    def as_text(self):
        """Return the diagnosis as lines for a person."""
        marks = {True: "yes", False: "no", None: "not measured"}
        lines = [f"{s.name}: {s.evidence}\n  Next: {s.fix}" for s in self.symptoms]
        lines = lines or ["No symptom. No disease, no cure: change nothing."]
        lines += [
            f"{marks[a.good]:>12}  {a.question}  {a.evidence}" for a in self.checklist
        ]
        return "\n".join(lines)


def diagnose(history, n_classes=None, readings=None):
    """Name what a training run suffers from.

    Parameters
    ----------
    history : History
        With a measurement before the first step and a few more along the way.
    n_classes : int, optional
        Guessing among them costs ln n_classes; without it the first loss is what
        guessing costs.
    readings : Readings, optional

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        If the history holds no measurement.

    Notes
    -----
    A cause hides its consequences: a run whose blame vanishes reads every class badly,
    and only the first is to be treated. So rules are asked in the order of `RULES`, and
    those of one group stop at the first that applies.
    """
    if not len(history.train_losses):
        raise ValueError(
            "diagnose: the history holds no measurement of the training loss.\n"
            "Use the one that course_lib.training.train returns."
        )
    readings = readings or Readings()
    guessing = math.log(n_classes) if n_classes else float(history.train_losses[0])
    symptoms = []
    for group in RULES:
        found = (rule(history, readings, guessing) for rule in group)
        symptoms += [next((s for s in found if s), None)]
    return Diagnosis(
        tuple(filter(None, symptoms)), tuple(checklist(history, readings, guessing))
    )


def checklist(history, readings, guessing):
    """Return the five questions about any run, each with what is known of it."""
    r = readings
    tiny = None if r.tiny_loss is None else r.tiny_loss < LEARNED_BY_HEART
    labels = None if r.wrong_of_20 is None else r.wrong_of_20 < 2
    apart = None if r.shared is None else r.shared == 0
    calm = None if r.lower_rate is None else not _calms(history, r.lower_rate, guessing)
    even = None if r.by_class is None else not _starved(r.by_class)
    return [
        Answer(
            "Does it learn ten examples by heart?", tiny, _said(r.tiny_loss, "nats")
        ),
        Answer("Are 20 labels right?", labels, _said(r.wrong_of_20, "wrong of 20")),
        Answer("Are the splits truly separate?", apart, _said(r.shared, "shared")),
        Answer("Is a lower learning rate no calmer?", calm, ""),
        Answer("Is it the same for every class?", even, _worst(r.by_class)),
    ]


def _not_a_number(history, readings, guessing):
    first, last = history.train_losses[0], history.train_losses[-1]
    stopped = not math.isfinite(history.losses[-1] if history.losses else last)
    if not first < 3 * guessing and (stopped or _stuck(history, guessing)):
        said = f"the first loss is {first:.3g}; guessing costs {guessing:.3g}"
        fix = "fit the spread of the first weights to the activation."
        return Symptom("exploding", said, fix)
    if stopped:
        said = f"the loss of step {len(history.losses)} is {history.losses[-1]}"
        return Symptom("not a number", said, "divide the learning rate by ten.")
    return None


def _wrong_gradient(history, readings, guessing):
    if readings.gradient_error is not None and not (
        readings.gradient_error <= HEALTHY_GRADIENT
    ):
        said = f"a relative error of {readings.gradient_error:.1e}, however it trains"
        return Symptom("wrong gradient", said, "write that backward pass again.")
    return None


def _wrong_labels(history, readings, guessing):
    if readings.wrong_of_20 is not None and readings.wrong_of_20 >= 2:
        said = f"{readings.wrong_of_20:g} of 20 labels are wrong"
        return Symptom("wrong labels", said, "read the labels of high loss again.")
    trained, unseen = history.train_accuracies, history.validation_accuracies
    learned = trained and unseen and unseen[-1] > 0.5
    if learned and unseen[-1] - trained[-1] > 0.08:
        said = f"{trained[-1]:.3f} right in training, {unseen[-1]:.3f} on unseen ones"
        return Symptom("wrong labels", said, "read 20 training labels by eye.")
    return None


def _leak(history, readings, guessing):
    if readings.shared is not None and readings.shared > 0:
        said = f"{readings.shared:.0%} of the validation examples are trained on"
        return Symptom("leak", said, "split again by where an example comes from.")
    return None


def _vanishing(history, readings, guessing):
    if readings.first_blame is not None and readings.first_blame < FAINT:
        said = f"{readings.first_blame:.1e} of the blame arrives at the first layer"
        fix = "change the activation or its start; a lower rate does not help."
        return Symptom("vanishing", said, fix)
    return None


def _dead(history, readings, guessing):
    if readings.dead is not None and readings.dead > 0.5 and _stuck(history, guessing):
        said = f"{readings.dead:.0%} of a layer's units are off for every example"
        fix = "start again with a lower learning rate: a dead unit gets no blame."
        return Symptom("dead units", said, fix)
    return None


def _flat(history, readings, guessing):
    """Name the cause of a loss that stays at guessing, as far as curves can."""
    if not _stuck(history, guessing):
        return None
    last = history.train_losses[-1]
    said = f"the loss ends at {last:.3g}; guessing costs {guessing:.3g}"
    if _falls_evenly(history):
        said += ", and it falls from measurement to measurement"
        return Symptom("rate too low", said, "raise the learning rate tenfold.")
    lower, blame = readings.lower_rate, readings.first_blame
    calmed = lower is not None and _calms(history, lower, guessing)
    arrives = lower is None and blame is not None  # and is not faint: asked before
    if calmed or arrives or last > 1.5 * guessing:
        return _too_wild(said, readings)
    fix = "retest at a tenth of the rate, and measure the blame at the first layer."
    return Symptom("flat", said, fix)


def _jumping(history, readings, guessing):
    rise = _largest_late_rise(history)
    if rise <= UNSETTLED:
        return None
    said = f"the training loss still jumps by {rise:.2g} nats between measurements"
    return _too_wild(said, readings)


def _too_wild(said, readings):
    """Name what makes steps go too far: few examples in each, or the rate."""
    if readings.batch_size is not None and readings.batch_size <= FEW:
        said += f"; there are {readings.batch_size} examples in a batch"
        fix = "take larger batches, or a lower rate towards the end."
        return Symptom("noisy batches", said, fix)
    return Symptom("rate too high", said, "divide the learning rate by ten.")


def _too_slow(history, readings, guessing):
    losses = np.asarray(history.train_losses)
    late = losses[3 * (len(losses) - 1) // 4]
    share = (late - losses[-1]) / max(losses[0] - losses[-1], 1e-12)
    if len(losses) >= 5 and losses[-1] > 0.3 * guessing and share > STILL_FALLING:
        said = f"the loss is {losses[-1]:.3g}, was {late:.3g} at three quarters"
        return Symptom("rate too low", said, "raise the rate, or train for longer.")
    return None


def _underfit(history, readings, guessing):
    last = history.train_losses[-1]
    if 0.3 * guessing < last:
        said = f"the loss has settled at {last:.3g} nats on its own training examples"
        if readings.batch_size is not None and readings.batch_size <= FEW:
            return _too_wild(said, readings)
        fix = "read 20 labels by eye; if they are right, take a larger network."
        return Symptom("underfitting", said, fix)
    return None


def _overfitting(history, readings, guessing):
    unseen, trained = history.validation_losses, history.train_losses
    if not unseen:
        return None
    lowest, gap = min(unseen), unseen[-1] - trained[-1]
    rose = unseen[-1] > 1.1 * lowest and gap > 0.2 * guessing
    wide = unseen[-1] > 8 * trained[-1] and gap > 0.25 * guessing
    if rose or wide:
        where = history.steps[int(np.argmin(unseen))]
        said = f"validation loss {unseen[-1]:.3g}, training loss {trained[-1]:.3g}; "
        said += f"the lowest was {lowest:.3g}, at step {where}"
        return Symptom("overfitting", said, "more data; else dropout, or stop there.")
    return None


def _starved_class(history, readings, guessing):
    learned = history.train_losses[-1] < 0.3 * guessing
    if learned and _starved(readings.by_class):
        fix = "count the examples of that class, and show them as often as others."
        return Symptom("starved class", _worst(readings.by_class), fix)
    return None


RULES = (
    (_wrong_gradient,),
    (_leak,),
    (
        *(_not_a_number, _wrong_labels, _vanishing, _dead, _flat, _jumping, _too_slow),
        *(_starved_class, _overfitting, _underfit),
    ),
)


def _stuck(history, guessing):
    return not history.train_losses[-1] < 0.93 * guessing


def _falls_evenly(history):
    """Return whether nearly every measurement is below the one before it."""
    steps = np.diff(history.train_losses)
    return len(steps) >= 3 and np.mean(steps < 0) > 0.85


def _largest_late_rise(history):
    """Return by how much the measured loss rose at most, in the run's second half."""
    losses = np.asarray(history.train_losses)
    rises = np.diff(losses[len(losses) // 2 :])
    return float(rises.max(initial=0.0))


def _calms(history, lower, guessing):
    """Return whether a tenth of the rate learned what the whole rate did not."""
    return lower.train_losses[-1] < min(0.7 * history.train_losses[-1], 0.9 * guessing)


def _starved(by_class):
    if by_class is None:
        return False
    shares = np.asarray(by_class, float)
    typical = np.median(shares)
    return bool(typical > 0.8 and shares.min() < 0.5 * typical)


def _worst(by_class):
    if by_class is None:
        return ""
    shares = np.asarray(by_class, float)
    worst = int(shares.argmin())
    return f"class {worst}: {shares[worst]:.2f} right, over all {shares.mean():.2f}"


def _said(value, unit):
    return "" if value is None else f"{value:.2g} {unit}"
