"""Drivers for lesson 9: dropout, which draws at random, and rules that read curves.

Called by a probe in place of the learner's function, as `course_lib.probe_functions`
says. They say in plain values what came of it, and know no answer.
"""

import numpy as np

REMEDIES = {
    "hold it back": ("more data", "L2", "dropout", "stop earlier"),
    "give it room": ("wider network", "less L2"),
    "smaller steps": ("lower the rate",),
    "more or larger steps": ("raise the rate", "train longer"),
    "look at the data": ("read the labels",),
    "leave it": ("keep it",),
}
CAUSES = (
    "healthy",
    "overfitting",
    "rate too high",
    "rate too low",
    "too stiff",
    "bad labels",
)


def use_dropout(dropout_forward, x, p_drop, rng, training):
    """Say what a learner's dropout does, whichever right way it draws its mask.

    Everything said is the same for every draw: shares are rounded to tenths.

    Parameters
    ----------
    dropout_forward : callable
        The learner's.
    x : ndarray of shape (N, D)
        Large, without a 0.
    p_drop : float
    rng : Generator or None
    training : bool

    Returns
    -------
    seen : dict of str to float or bool
    """
    start = None if rng is None else rng.bit_generator.state
    y, _ = _pair(dropout_forward(x, p_drop, rng, training), x)
    other, _ = _pair(dropout_forward(x, p_drop, rng, training), x)
    if rng is not None:
        rng.bit_generator.state = start
    again, _ = _pair(dropout_forward(x, p_drop, rng, training), x)
    dropped = y == 0
    in_rows, in_columns = _mixed(dropped, axis=1), _mixed(dropped, axis=0)
    share = dropped.mean()
    if in_rows != in_columns:  # few draws made all those zeros: one look is no measure
        looks = [dropout_forward(x, p_drop, rng, training)[0] for _ in range(30)]
        share = np.mean([look == 0 for look in looks])
    return {
        "share of zeros": round(float(share), 1),
        "zeros differ within a row": in_rows,
        "zeros differ within a column": in_columns,
        **_ends("y / x of what is kept", (y / x)[~dropped]),
        "another draw, another mask": bool(np.any(dropped != (other == 0))),
        "the same rng state, the same mask": bool(np.array_equal(y, again)),
    }


def use_dropout_pair(
    dropout_forward, dropout_backward, x, between, dy, p_drop, rng, training
):
    """Say what blame a learner's dropout passes where it dropped and where not.

    Between the two passes another batch goes forward, which must not matter.

    Returns
    -------
    seen : dict of str to float
    """
    y, cache = _pair(dropout_forward(x, p_drop, rng, training), x)
    dropout_forward(between, p_drop, rng, training)
    dx = dropout_backward(dy, cache)
    if not isinstance(dx, np.ndarray):
        text = f"a value of type {type(dx).__name__}, expected the array dx"
        raise ValueError(f"dropout_backward returned {text}")
    if dx.shape != dy.shape:
        raise ValueError(f"dx has shape {dx.shape}, expected {dy.shape}")
    share, kept = dx / dy, y != 0
    return {
        **_ends("y / x of what is kept", (y / x)[kept]),
        "dropped, and blamed": _some(dx[~kept] != 0),
        **_ends("dx / dy where x was dropped", share[~kept]),
        **_ends("dx / dy where x was kept", share[kept]),
    }


def _some(marks):
    """Return 0 for none, 1 for all, and 0.5 for some of them, however many."""
    return (float(np.any(marks)) + float(np.all(marks))) / 2 if marks.size else 0.0


def _mixed(dropped, axis):
    """Return whether nearly every line along an axis holds zeros and others."""
    mixed = dropped.any(axis=axis) & ~dropped.all(axis=axis)
    return bool(mixed.mean() > 0.9)


def _pair(returned, x):
    if not isinstance(returned, tuple) or len(returned) != 2:
        text = f"a value of type {type(returned).__name__}, expected y, cache"
        raise ValueError(f"dropout_forward returned {text}")
    if not isinstance(returned[0], np.ndarray):
        raise ValueError(f"y is a {type(returned[0]).__name__}, expected an array")
    if returned[0].shape != x.shape:
        raise ValueError(f"y has shape {returned[0].shape}, expected {x.shape}")
    return returned


def _ends(name, values):
    """Return the smallest and the largest value by name; 0 where there is none."""
    low, high = (values.min(), values.max()) if values.size else (0.0, 0.0)
    return {
        f"least {name}": round(float(low), 9),
        f"most {name}": round(float(high), 9),
    }


def hear_diagnosis(
    diagnose_curves,
    train_losses,
    validation_losses,
    train_accuracies,
    validation_accuracies,
):
    """Ask a learner's rules about one run; actions of one kind count as one.

    Returns
    -------
    cause : str
        One of `CAUSES`.
    action : str
        A key of `REMEDIES`.
    """
    said = diagnose_curves(
        train_losses, validation_losses, train_accuracies, validation_accuracies
    )
    if not isinstance(said, tuple | list) or len(said) != 2:
        kind = "nothing" if said is None else f"a value of type {type(said).__name__}"
        raise ValueError(f"diagnose_curves returned {kind}, expected cause, action")
    cause, action = (str(word).strip() for word in said)
    kinds = {word.lower(): kind for kind, words in REMEDIES.items() for word in words}
    if cause.lower() not in CAUSES:
        raise ValueError(f"the cause {cause[:40]!r} is none of {', '.join(CAUSES)}")
    if action.lower() not in kinds:
        words = [word for each in REMEDIES.values() for word in each]
        raise ValueError(f"the action {action[:40]!r} is none of {', '.join(words)}")
    return cause.lower(), kinds[action.lower()]
