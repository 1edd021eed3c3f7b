"""How a process ended, in words for the learner."""

import signal

_SIGNALS = {
    "SIGSEGV": "it crashed in C code (a segmentation fault; endless recursion with a "
    "raised limit ends so too)",
    "SIGBUS": "it crashed in C code (a bus error)",
    "SIGABRT": "C code gave up and aborted",
    "SIGILL": "it crashed in C code (an illegal instruction)",
    "SIGFPE": "it crashed in C code (a division by zero)",
    "SIGXCPU": "it used up its processor time",
    "SIGKILL": "it was killed",
}
# Exit codes of the grader's own, taken from a range that programs rarely use.
CUT_OFF = 121
ANSWER_TOO_LONG = 122
_CODES = {
    None: "it cut its connection to the grader",
    CUT_OFF: "it cut its connection to the grader",
    ANSWER_TOO_LONG: "its answer was larger than a check can read",
}
_NEARLY_ALL = 0.6  # of its limit; the rest is address space that was never used


def describe(code, *, memory=0, limits=None):
    """Say why a process is gone.

    Parameters
    ----------
    code : int or None
        Its exit code, or minus the number of the signal that killed it.
    memory : int
        The most it held, in bytes.
    limits : Limits or None
        With them, a process that held nearly all it may is said to lack memory.
    """
    if limits and memory > _NEARLY_ALL * limits.memory_bytes:
        gigabytes = limits.memory_bytes / 2**30
        return f"it ran out of memory (it may use {gigabytes:.3g} GB)"
    if code in _CODES:
        return _CODES[code]
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return _SIGNALS.get(name, f"it was ended by {name}")
    return f"the code ended it (os._exit or the like, with exit code {code})"


def too_long(what, seconds):
    """Say that a time limit passed."""
    return f"{what} was stopped after {seconds:g} s. Is there an endless loop?"
