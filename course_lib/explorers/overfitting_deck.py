"""Lesson 9: twelve runs without a name. Say what ails them, and what to do."""

from functools import lru_cache

import numpy as np

from course_lib import plots
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.sweeps.curve_deck import KINDS, N_MEASURED, load_curves

ORDER = [str(kind) for kind in np.random.default_rng(12).permutation(list(KINDS))]
CAUSES = (
    "healthy",
    "overfitting",
    "rate too high",
    "rate too low",
    "too stiff",
    "bad labels",
)
ACTIONS = {
    "healthy": ("keep it",),
    "overfitting": ("more data", "L2", "dropout", "stop earlier"),
    "rate too high": ("lower the rate",),
    "rate too low": ("raise the rate", "train longer"),
    "too stiff": ("wider network", "less L2"),
    "bad labels": ("read the labels",),
}
WORDS = sorted({action for actions in ACTIONS.values() for action in actions})
TOP = 3.0  # nats: the highest loss that is drawn


def deck():
    """Look through twelve runs, and commit a cause and an action for each."""
    _deck().show()


@lru_cache(maxsize=1)
def runs():
    """Return the twelve runs in the order of the deck: dicts of four curves."""
    kept = load_curves()
    return [kept[kind, 0] for kind in ORDER]


def is_right(number, cause, action):
    """Return whether a diagnosis of a run, counted from 1, names cause and cure."""
    truth = KINDS[ORDER[number - 1]].cause
    return cause == truth, action in ACTIONS[truth]


def try_rules(diagnose_curves):
    """Print what your rules say of each run of the deck, and whether it is so.

    Parameters
    ----------
    diagnose_curves : callable
        As written in lesson 9.
    """
    found = 0
    for number, curves in enumerate(runs(), 1):
        cause, action = diagnose_curves(**curves)
        right = is_right(number, cause, action)
        found += all(right)
        verdict = "right" if all(right) else "no: the cause is another"
        if right == (True, False):
            verdict = "the cause is right, the action does not help"
        print(f"run {number:2}  {cause:14} {action:16} {verdict}")
    print(f"{found} of 12")


def commit(explorer):
    """Take the chosen words as the diagnosis of the shown run. The button calls it."""
    number = explorer.values["number"]
    said = explorer.extra["said"]
    if number not in said:
        words = explorer.values["cause"], explorer.values["action"]
        explorer.extra = {"said": {**said, number: words}}


def card_of(number, cause, action, said):
    """Return one run's curves, and what is known about the diagnoses so far."""
    verdicts = {n: is_right(n, *words) for n, words in said.items()}
    kind = KINDS[ORDER[number - 1]]
    words = "none yet"
    if number in said:
        cause_right, action_right = verdicts[number]
        start = "right" if cause_right else f"it is {kind.cause}"
        cures = " or ".join(ACTIONS[kind.cause])
        end = "" if action_right else f" What helps: {cures}."
        words = f"{start}. {kind.because}{end}"
    return runs()[number - 1] | {
        "number": number,
        "words": words,
        "done": len(said),
        "right": sum(all(pair) for pair in verdicts.values()),
    }


def _deck():
    return Explorer(
        "Twelve runs without a name",
        card_of,
        _build,
        _read,
        "The training and the validation loss of one run, and both accuracies, at 41 "
        "moments.",
        [
            Choice("number", "run", {f"run {k}": k for k in range(1, 13)}, 1),
            Choice("cause", "what ails it", list(CAUSES), "healthy"),
            Choice("action", "what to do next", WORDS, "keep it"),
        ],
        size=(8.6, 3.6),
        extra={"said": {}},
        actions={"Commit this diagnosis": commit},
    )


def _build(figure):
    left, right = figure.subplots(1, 2)
    at = np.arange(N_MEASURED)
    ends = (-0.6, N_MEASURED - 0.4)
    plots.style_axes(left, "measurement", "loss (nats)", "Loss", ends, (0, TOP))
    plots.style_axes(
        right, "measurement", "fraction right", "Accuracy", ends, (0, 1.05)
    )
    lines = {}
    for axes, what in ((left, "losses"), (right, "accuracies")):
        for series, part in enumerate(("train", "validation")):
            label = {"train": "training", "validation": "unseen digits"}[part]
            name = f"{part}_{what}"
            lines[name] = plots.draw_line(axes, at, 0.0 * at, label, series)
    plots.draw_reference(left, np.log(10), "guessing")
    figure.legend(
        *right.get_legend_handles_labels(), loc="outside upper center", ncols=2
    )
    off = left.text(N_MEASURED - 2, TOP * 0.9, "", ha="right", color=plots.QUIET)
    off.set_bbox({"facecolor": plots.PAPER, "edgecolor": "none", "pad": 2})

    def update(numbers):
        for name, line in lines.items():
            line.set_ydata(np.minimum(numbers[name], 100.0))
        top = max(numbers["train_losses"].max(), numbers["validation_losses"].max())
        off.set_text(f"goes up to {top:.0f} nats" if top > TOP else "")

    return [*lines.values(), off], update


def _read(numbers):
    train, unseen = numbers["train_losses"], numbers["validation_losses"]
    return {
        "training loss": f"{train[0]:.2f}, {train[-11]:.2f}, at last {train[-1]:.2f}",
        "unseen, lowest and last": f"{unseen.min():.2f} and {unseen[-1]:.2f} nats",
        "read right at last": (
            f"{numbers['train_accuracies'][-1]:.2f} and "
            f"{numbers['validation_accuracies'][-1]:.2f} unseen"
        ),
        "your diagnosis": numbers["words"],
        "diagnosed": f"{numbers['done']} of 12, {numbers['right']} of them right",
    }
