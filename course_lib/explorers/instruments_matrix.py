"""Lesson 5: the whole table, with a learner's instruments and the one invented."""

import numpy as np

from course_lib import fault_rig, instruments
from course_lib.explorers.instruments_picture import MARKS, MEASURED, NAMES, build_table
from course_lib.faults import FAULTS, HEALTHY, SOUND_DROPOUT
from course_lib.live_picture import LivePicture

TRAINED = ("training curve", "validation")  # no function of the lesson is in these
OWN = "your own"


def whole_matrix(functions, my_instrument):
    """Read every instrument on every fault, show the table, and return it.

    Parameters
    ----------
    functions : sequence of callable
        The instruments of the lesson, by their names.
    my_instrument : callable
        ``my_instrument(train_x, use_x, train_h, use_h) -> bool``.

    Returns
    -------
    dict of str to list of str
        For each run the instruments that tripped. The first two runs are healthy.
    """
    from IPython.display import HTML, display

    found = tripped_by({f.__name__: f for f in functions}, my_instrument)
    picture = LivePicture(
        _build,
        (8.6, 8.6),
        "A table of two healthy runs and thirty faults against ten instruments, the "
        "last of them the learner's own.",
    )
    display(HTML(picture.html(_numbers(found), _read_out(found))))
    return found


def tripped_by(functions, my_instrument, faults=None):
    """Return the names of the instruments that trip, for each run."""
    runs = faults or [HEALTHY, SOUND_DROPOUT, *FAULTS.values()]
    return {fault.name: _tripped(fault, functions, my_instrument) for fault in runs}


def _tripped(fault, functions, my_instrument):
    names = [
        name
        for name in NAMES
        if name not in TRAINED and instruments.read(name, fault, functions).tripped
    ]
    measured = dict(zip(NAMES, MEASURED.get(fault.name, [False] * 9), strict=True))
    names += [name for name in TRAINED if measured[name]]
    with np.errstate(all="ignore"):  # a broken run may hold nan, or nothing but 0
        own = my_instrument(*fault_rig.recorded(fault.parts(), n_steps=60))
    return names + [OWN] * bool(own)


def _numbers(found):
    columns, rows = [*NAMES, OWN], list(found)
    cells = [(k + 1, name) for k in range(len(rows)) for name in columns]
    tripped = [cell for cell in cells if cell[1] in found[rows[cell[0] - 1]]]
    return {
        "tripped": tripped,
        "quiet": [cell for cell in cells if cell not in tripped],
        "labels": rows,
    }


def _build(figure):
    rows = [HEALTHY.name, SOUND_DROPOUT.name, *FAULTS]
    axes = figure.subplots()
    return build_table(axes, len(rows), [""] * len(rows), [*NAMES, OWN], MARKS)


def _read_out(found):
    faulty = {name: found[name] for name in FAULTS}
    listed = [name for name, names in faulty.items() if set(names) - {OWN}]
    alarms = found[HEALTHY.name] + found[SOUND_DROPOUT.name]
    return {
        "heard by the nine": f"{len(listed)} of 30",
        "heard with yours": f"{sum(map(bool, faulty.values()))} of 30",
        "false alarms": f"{len(alarms)}",
    }
