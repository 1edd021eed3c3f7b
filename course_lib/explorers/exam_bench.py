"""The bench exam's bench: eight sealed runs, their instruments, two retests each."""

import numpy as np

from course_lib import plots
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.predictions import Card
from course_lib.sealed_runs import CHANGES, N_RETESTS, N_RUNS, sealed

LOW, HIGH = 4e-3, 2e3  # nats; what a loss may be on the picture
NAMES = (
    *("not named yet", "wrong gradient", "wrong labels", "exploding", "vanishing"),
    *("rate too high", "rate too low", "overfitting", "starved class", "healthy"),
)


def bench():
    """Look at eight sealed runs, make them again with one change, and name them."""
    _bench().show()


def new_protocol():
    """Return a protocol in which nothing is written yet."""
    return {"made": {}, "named": {}, "words": "nothing yet"}


def make_again(explorer):
    """Make the chosen run again with the chosen change. The button calls it."""
    number, change = explorer.values["number"], explorer.values["change"]
    protocol = explorer.extra
    made = protocol["made"].get(number, ())
    if change in made:
        words = "made before; see the dashed curves"
        made = (*(m for m in made if m != change), change)
    elif len(made) == N_RETESTS:
        words = f"no more than {N_RETESTS} for a run: read the instruments"
    else:
        words, made = f"made again with: {change}", (*made, change)
    explorer.extra = protocol | {
        "made": protocol["made"] | {number: made},
        "words": words,
    }


def write_down(explorer):
    """Write the chosen name beside the run. The button calls it."""
    number, name = explorer.values["number"], explorer.values["name"]
    protocol = explorer.extra
    named = {k: v for k, v in protocol["named"].items() if k != number}
    if name != NAMES[0]:
        named[number] = name
    explorer.extra = protocol | {"named": named, "words": f"run {number}: {name}"}


def reading(number, change, name, made, named, words):
    """Return what the bench shows of one run, and of its last retest."""
    run = sealed(number)
    again = run.retests[made[number][-1]] if made.get(number) else None
    return {
        "run": run.readings,
        "again": again,
        "change": made[number][-1] if again else "",
        "left": N_RETESTS - len(made.get(number, ())),
        "name": named.get(number, NAMES[0]),
        "named": len(named),
        "words": words,
    }


def above(limit):
    """Return how many of the sealed runs end with a higher validation accuracy."""
    runs = [sealed(k).readings for k in range(1, N_RUNS + 1)]
    return sum(bool(r["validation accuracy"][-1] > limit) for r in runs)


def _bench():
    return Explorer(
        "The bench",
        reading,
        _build,
        _read,
        "Left, the training and the validation loss of one run over 600 steps, on a "
        "logarithmic scale, and thinner those of the run made again. Right, the share "
        "of unseen digits read right, for each class.",
        [
            Choice(
                "number",
                "sealed run",
                {f"run {k}": k for k in range(1, N_RUNS + 1)},
                1,
            ),
            Choice("change", "one change", list(CHANGES), CHANGES[0]),
            Choice("name", "it is", list(NAMES), NAMES[0]),
        ],
        card=Card(
            "broken_and_good",
            "Eight runs, all of them broken. How many still read more than 85 of 100 "
            "unseen digits?",
            ["none", "one or two", "three or four", "five or more"],
            truth=lambda: _in_words(above(0.85)),
            because="A good accuracy is no clean bill of health.",
        ),
        size=(8.6, 3.9),
        extra=new_protocol(),
        actions={"Make it again": make_again, "Write it down": write_down},
    )


def _in_words(count):
    return ("none", "one or two", "three or four", "five or more")[
        min((count + 1) // 2, 3)
    ]


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    plots.style_axes(left, "step", "loss (nats)", "Loss", (-10, 610), (LOW, HIGH))
    left.set_yscale("log")
    plots.draw_reference(left, np.log(10), "guessing")
    lines = {
        (part, which): plots.draw_line(left, [], [], label, series, **style)
        for which, words, style in (
            ("run", "", {}),
            ("again", " again", {"linewidth": 1.2, "linestyle": (0, (3, 2))}),
        )
        for series, part, label in (
            (0, "training loss", f"training{words}"),
            (1, "validation loss", f"validation{words}"),
        )
    }
    left.legend(loc="upper right", ncols=2, fontsize=9)
    plots.style_axes(right, "class", "share right", "Unseen digits", ylim=(0, 1.05))
    bars = plots.draw_bars(right, np.zeros(10), range(10))
    (dots,) = right.plot([], [], "D", color=plots.INK, ms=5, label="again")
    right.legend(
        handles=[dots], loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=9
    )

    def update(numbers):
        for (part, which), line in lines.items():
            r = numbers[which]
            line.set_data([], []) if r is None else line.set_data(r["steps"], r[part])
        for bar, share in zip(bars, numbers["run"]["by class"], strict=True):
            bar.set_height(share)
        again = numbers["again"]
        dots.set_data(*([], []) if again is None else (range(10), again["by class"]))

    return [*lines.values(), *bars, dots], update


def _read(numbers):
    r, again = numbers["run"], numbers["again"]
    shown = {
        "loss, training": _nats(r["training loss"][-1]),
        "loss, validation": _nats(r["validation loss"][-1]),
        "right, unseen": _share(r["validation accuracy"][-1]),
        "gradient check": f"{r['gradient check']:.0e}",
        "first blame": f"{r['first blame']:.1e}",
        "wrong of 20": f"{r['wrong of 20']:.0f}",
    }
    if again is not None:
        shown[f"again ({numbers['change']})"] = (
            f"{_nats(again['training loss'][-1])}, "
            f"{_share(again['validation accuracy'][-1])} right"
        )
    return shown | {
        "retests left": f"{numbers['left']}",
        "you wrote": numbers["name"],
        "named": f"{numbers['named']} of {N_RUNS}",
        "last": numbers["words"],
    }


def _nats(value):
    return f"{value:.2f} nats" if np.isfinite(value) else "NaN"


def _share(value):
    return f"{value:.2f}" if np.isfinite(value) else "NaN"
