"""Make the exam's runs: the eight of the lesson, and the pool that is graded on.

    python solutions/13_bench_exam/make_runs.py

Writes ``course_lib/sealed_runs.npz``, where a run is a number and nothing says
what is wrong with it, and ``runs.npz`` beside this file, which learners do not get.
Takes two or three minutes.
"""

import contextlib
import io
from pathlib import Path

import numpy as np

from course_lib import sealed_runs
from course_lib.bench_runs import CHANGES, Setup, read_run

POOL = Path(__file__).with_name("runs.npz")
N_VARIANTS = 6
SEED = 4099
ORDER = (5, 2, 7, 0, 3, 6, 1, 4)  # of the illnesses among the sealed runs


def _pick(rng, *values):
    return values[rng.integers(len(values))]


def _depth(rng, least, most, width=(24, 33)):
    return (int(rng.integers(*width)),) * int(rng.integers(least, most + 1))


# Each draws a setup that has one thing wrong with it.
ILLNESSES = {
    "rate too high": lambda rng: Setup(
        hidden=_depth(rng, 2, 3), activation="relu", learning_rate=rng.uniform(3, 6)
    ),
    "rate too low": lambda rng: Setup(
        hidden=_depth(rng, 1, 1), learning_rate=rng.uniform(0.002, 0.005)
    ),
    "vanishing": lambda rng: Setup(
        hidden=_depth(rng, 7, 8), activation="sigmoid", learning_rate=0.3
    ),
    "exploding": lambda rng: Setup(
        hidden=_depth(rng, 6, 7, (28, 33)),
        activation="relu",
        start=rng.uniform(0.55, 0.7),
        learning_rate=0.15,
    ),
    "overfitting": lambda rng: Setup(
        hidden=_depth(rng, 1, 1, (40, 56)),
        n_train=int(rng.integers(80, 105)),
        pixel_noise=rng.uniform(0.25, 0.35),
    ),
    "wrong labels": lambda rng: Setup(
        hidden=_depth(rng, 1, 1), wrong_labels=rng.uniform(0.3, 0.45)
    ),
    "starved class": lambda rng: Setup(
        hidden=_depth(rng, 1, 1),
        starved=_pick(rng, 2, 3, 5, 8, 9, 1),
        n_starved=int(rng.integers(3, 6)),
    ),
    "wrong gradient": lambda rng: Setup(
        hidden=_depth(rng, 2, 2), wrong_backward=True, activation="tanh"
    ),
}
HEALTHY = {
    "healthy": lambda rng: Setup(
        hidden=_depth(rng, 1, 2), learning_rate=rng.uniform(0.2, 0.4)
    )
}
SETUPS = ILLNESSES | HEALTHY
CURES = {
    "rate too high": "a tenth of the learning rate",
    "rate too low": "ten times the learning rate",
    "vanishing": "tanh and its own start",
    "exploding": "the start that fits",
    "overfitting": "ten times the data",
    "wrong labels": "labels read again by eye",
    "starved class": "the rare class as often",
    "wrong gradient": "backward written again",
}


def signs(r):
    """Return which of the exam's seven limits a run's readings are beyond."""
    worst, overall = r["by class"].min(), r["validation accuracy"][-1]
    return {
        "gradient check": bool(r["gradient check"] > 1e-4),
        "labels by eye": bool(r["wrong of 20"] >= 2),
        "not a number": not np.isfinite(r["training loss"][-1]),
        "first blame": bool(r["first blame"] < 0.01),
        "training loss": bool(r["training loss"][-1] > 1),
        "gap": bool(r["validation loss"][-1] - r["training loss"][-1] > 0.5),
        "worst class": bool(worst < overall / 2),
    }


SIGN_OF = {
    "wrong gradient": "gradient check",
    "wrong labels": "labels by eye",
    "exploding": "not a number",
    "vanishing": "first blame",
    "rate too high": "training loss",
    "rate too low": "training loss",
    "overfitting": "gap",
    "starved class": "worst class",
}


def is_plain(illness, rows):
    """Return whether a run shows its own sign with a margin, and its cure cures it."""
    readings = sealed_runs.readings_from(rows[0])
    tripped = [name for name, beyond in signs(readings).items() if beyond]
    if illness == "healthy":
        return not tripped and readings["validation accuracy"][-1] > 0.92
    if not tripped or tripped[0] != SIGN_OF[illness]:
        return False
    if illness == "overfitting" and "worst class" not in tripped:
        return False  # so that the order of asking matters
    again = dict(zip(sealed_runs.CHANGES, rows[1:], strict=True))
    calmed = sealed_runs.readings_from(again["a tenth of the learning rate"])
    if illness in ("rate too high", "rate too low"):
        lower = calmed["training loss"][-1] < readings["training loss"][-1]
        if lower != (illness == "rate too high"):
            return False
    cured = sealed_runs.readings_from(again[CURES[illness]])
    least = {"overfitting": 0.75, "exploding": 0.8, "starved class": 0.85}
    worst = cured["by class"].min() if illness == "starved class" else 1.0
    enough = least.get(illness, 0.9)
    return worst > 0.35 and cured["validation accuracy"][-1] > enough


def make(illness, number):
    """Return the rows of one plain run: itself, then one for each change.

    Parameters
    ----------
    illness : str
    number : int
        The same number gives the same run.
    """
    rng = np.random.default_rng([SEED, list(SETUPS).index(illness), number])
    while True:
        setup, seed = SETUPS[illness](rng), int(rng.integers(1 << 30))
        with contextlib.redirect_stdout(io.StringIO()):
            rows = _rows(setup, seed)
        if is_plain(illness, rows):
            return rows


def _rows(setup, seed):
    first = read_run(setup, seed)
    rows = [sealed_runs.row_from(first)]
    for name in sealed_runs.CHANGES:
        changed = CHANGES[name](setup)
        readings = first if changed == setup else read_run(changed, seed)
        rows.append(sealed_runs.row_from(readings))
    return np.array(rows)


def main():
    """Write both files."""
    pool = {
        illness: np.array([make(illness, k) for k in range(N_VARIANTS)])
        for illness in SETUPS
    }
    names = [list(ILLNESSES)[k] for k in ORDER]
    shown = np.array([make(illness, N_VARIANTS) for illness in names])
    np.savez_compressed(sealed_runs.FILE, rows=shown)
    np.savez_compressed(POOL, **pool)


if __name__ == "__main__":
    main()
