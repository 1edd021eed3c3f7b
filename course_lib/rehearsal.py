"""What will be needed, made before it is asked for, while nobody waits.

The first picture with other ticks or other words takes several times as long as the
next one. In a notebook these are painted between two moves of the reader's hand.
"""

import asyncio
import contextlib
import io
import time

BEGIN = 0.4  # seconds after the first picture is shown
BETWEEN = 0.02  # seconds for whoever else wants the kernel
TOO_LONG = 0.15  # seconds for one step; what takes longer waits until it is wanted


def rehearse(steps, is_busy):
    """Take steps one at a time, in the pauses of the running event loop.

    Parameters
    ----------
    steps : iterable of callable
        One that fails, or prints, does so unheard.
    is_busy : callable
        Whether somebody is at work just now; then the next step waits.

    Notes
    -----
    Where no loop runs, as in a plain program, nothing is rehearsed. Nor is anything
    after a step that took too long.
    """
    with contextlib.suppress(RuntimeError):
        loop = asyncio.get_running_loop()
        loop.call_later(BEGIN, _take, loop, iter(steps), is_busy)


def _take(loop, steps, is_busy):
    if is_busy():
        loop.call_later(BEGIN, _take, loop, steps, is_busy)
        return
    step = next(steps, None)
    if step is None:
        return
    started, unheard = time.perf_counter(), io.StringIO()
    with (
        contextlib.suppress(Exception),
        contextlib.redirect_stdout(unheard),
        contextlib.redirect_stderr(unheard),
    ):
        step()
    if time.perf_counter() - started < TOO_LONG:
        loop.call_later(BETWEEN, _take, loop, steps, is_busy)
