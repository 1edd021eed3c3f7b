"""Expensive experiments, run once at every point of a grid and kept.

A module here holds the code of a lesson's experiment and names the grid::

    LEARNING_RATE_BY_BATCH = Sweep(
        "learning_rate_by_batch",
        final_accuracy,                       # final_accuracy(learning_rate=..., ...)
        axes={"learning_rate": (0.1, 0.4), "batch_size": (8, 64, 512)},
        seeds=(0, 1, 2),
    )

Beside it lies ``learning_rate_by_batch.npz`` with what came out. ``python -m
course_lib.sweeps learning_rate_by_batch`` runs it anew; the tests repeat a sample of
every sweep and compare.
"""

from course_lib.sweeps.sweep import Sweep, SweepTable

__all__ = ["Sweep", "SweepTable"]
