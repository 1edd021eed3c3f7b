"""Lesson 5: the fault bench. Choose a fault, an instrument, predict, and see."""

import numpy as np

from course_lib import instruments, plots, workbench
from course_lib.explorers.explorer import Choice, Explorer
from course_lib.explorers.instruments_picture import (
    MEASURED,
    build_table,
    tripped_on,
)
from course_lib.faults import FAULTS
from course_lib.predictions import Card

ORDER = np.random.default_rng(5).permutation(list(FAULTS))
WRONG_NAME = 10  # minutes
TRIPS, QUIET = "it trips", "it stays quiet"


def hidden(number):
    """Return the fault that stands behind a number from 1 to 30."""
    return FAULTS[str(ORDER[number - 1])]


def fault_bench():
    """Look for thirty hidden faults with nine instruments, and count the minutes."""
    _fault_bench().show()


def new_bench():
    """Return a bench on which nothing has been measured."""
    return {"readings": {}, "named": {}, "minutes": 0, "words": "nothing yet"}


def measure(explorer):
    """Read the chosen instrument on the chosen fault. The button calls it."""
    number, name = explorer.values["number"], explorer.values["instrument"]
    bench = explorer.extra
    functions = {k: workbench.current(k, f)[0] for k, f in explorer.uses.items()}
    reading = instruments.read(name, hidden(number), functions)
    said = explorer.values["said"] == TRIPS
    is_new = (number, name) not in bench["readings"]
    explorer.extra = bench | {
        "readings": {(number, name): (reading.tripped, said)} | bench["readings"],
        "minutes": bench["minutes"] + reading.minutes * is_new,
        "words": f"{reading.text}: {'trips' if reading.tripped else 'quiet'}",
    }


def name_it(explorer):
    """Take the chosen name as the answer; a right one ends the round."""
    number, name = explorer.values["number"], explorer.values["name"]
    bench, fault = explorer.extra, hidden(explorer.values["number"])
    if number in bench["named"]:
        return
    if name == fault.name:
        words = "found"
    elif tripped_on(name) == tripped_on(fault.name):
        words = "found: its readings have a twin"
    else:
        explorer.extra = bench | {
            "minutes": bench["minutes"] + WRONG_NAME,
            "words": f"not that; {WRONG_NAME} minutes lost",
        }
        return
    explorer.extra = bench | {
        "named": {number: fault.name} | bench["named"],
        "words": words,
    }


def table(number, instrument, said, name, readings, named, minutes, words, **functions):
    """Return what the bench shows: the table so far, and the score."""
    tripped = [k for k, (trips, _) in readings.items() if trips]
    quiet = [k for k, (trips, _) in readings.items() if not trips]
    return {
        "number": number,
        "tripped": tripped,
        "quiet": quiet,
        "surprises": [k for k, (trips, said) in readings.items() if trips != said],
        "labels": [named.get(k, "") for k in range(1, 31)],
        "minutes": minutes,
        "found": len(named),
        "words": words,
        "sentence": f"{name}: {FAULTS[name].sentence}",
    }


def _fault_bench():
    minutes = {
        f"{i.name}, {i.minutes} min": i.name for i in instruments.INSTRUMENTS.values()
    }
    return Explorer(
        "The fault bench",
        table,
        _build_bench,
        _read_bench,
        "A table of thirty hidden faults and nine instruments. A cross stands where an "
        "instrument tripped, a small circle where it stayed quiet, a ring around it "
        "where the prediction was another.",
        [
            Choice(
                "number", "hidden fault", {f"number {k}": k for k in range(1, 31)}, 1
            ),
            Choice("instrument", "instrument", minutes, "first loss"),
            Choice("said", "you predict", [TRIPS, QUIET], QUIET),
            Choice("name", "the fault is", sorted(FAULTS), sorted(FAULTS)[0]),
        ],
        uses=dict(instruments.FUNCTIONS),
        card=Card(
            "unseen_by_validation",
            "Validation accuracy is the number everybody reads. On how many of the "
            "thirty faults does it stay above 0.9?",
            unit="of 30",
            truth=lambda: float(sum(not row[-1] for row in MEASURED.values())),
            because="Half of them do little harm on digits, or none that one number "
            "shows.",
        ),
        size=(8.6, 7.4),
        extra=new_bench(),
        actions={"Measure": measure, "Name it": name_it},
    )


def _build_bench(figure):
    axes = figure.subplots()
    artists, update_table = build_table(axes, 30, [str(k) for k in range(1, 31)])
    sentence = axes.text(
        -3.4, 30.0, "", color=plots.INK, fontsize=10, va="center", ha="left"
    )

    def update(numbers):
        update_table(numbers)
        sentence.set_text(numbers["sentence"])

    return [*artists, sentence], update


def _read_bench(numbers):
    n_read = len(numbers["tripped"]) + len(numbers["quiet"])
    hours = numbers["minutes"] / 60
    rate = f"{numbers['found'] / hours:.1f}" if hours else "no minutes yet"
    return {
        "fault": f"number {numbers['number']}",
        "last answer": numbers["words"],
        "minutes spent": f"{numbers['minutes']}",
        "faults found": f"{numbers['found']} of 30",
        "found per hour": rate,
        "predicted right": f"{n_read - len(numbers['surprises'])} of {n_read}",
    }
