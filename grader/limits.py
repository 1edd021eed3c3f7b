"""What one submission may use: seconds, bytes, processes."""

import math
from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows
    resource = None


@dataclass(frozen=True)
class Limits:
    """The bounds of one submission. Each is enforced by the grader or the kernel.

    Attributes
    ----------
    cell_seconds, probe_seconds, submission_seconds : float
        Wall clock of one cell, of one exercise's probe, and of everything together,
        restarts included.
    cpu_seconds : int
        Processor time of one process.
    memory_bytes : int
        Address space of one process, libraries included.
    scratch_bytes : int
        All files together, where walls hold; there is no other place to write.
    file_bytes : int
        One file.
    output_bytes : int
        What one cell may show. The rest is cut, and a note says so.
    shown_bytes : int
        What all cells together may show.
    message_bytes : int
        What a probe may answer.
    processes, open_files : int
        Threads and processes together; file descriptors of one process.
    """

    cell_seconds: float = 20.0
    probe_seconds: float = 10.0
    submission_seconds: float = 120.0
    cpu_seconds: int = 120
    memory_bytes: int = 2 << 30
    scratch_bytes: int = 64 << 20
    file_bytes: int = 64 << 20
    output_bytes: int = 2 << 20
    shown_bytes: int = 32 << 20
    message_bytes: int = 64 << 20
    processes: int = 64
    open_files: int = 256


# What course.toml calls them, and how many of ours each is.
_GIVEN = {
    "cell_seconds": ("cell_seconds", 1.0),
    "probe_seconds": ("probe_seconds", 1.0),
    "submission_seconds": ("submission_seconds", 1.0),
    "cpu_seconds": ("cpu_seconds", 1),
    "memory_mb": ("memory_bytes", 1 << 20),
    "scratch_mb": ("scratch_bytes", 1 << 20),
    "output_mb": ("output_bytes", 1 << 20),
    "processes": ("processes", 1),
}


def limits_from(given):
    """Return the limits that ``[limits]`` of course.toml gives, the rest as they are.

    Parameters
    ----------
    given : dict of str to number
        As `Settings.limits` has it.
    """
    named = {_GIVEN[key][0]: value * _GIVEN[key][1] for key, value in given.items()}
    if "submission_seconds" in named:  # a process may compute for all of that time
        longest = math.ceil(named["submission_seconds"])
        named.setdefault("cpu_seconds", max(longest, Limits.cpu_seconds))
    whole = {name: type(getattr(Limits, name))(value) for name, value in named.items()}
    return Limits(**whole)


def set_resource_limits(limits, *, count_processes):
    """Let the kernel hold this process, and all it starts, to `limits`.

    A limit that is stricter already stays. Nothing happens where the platform has no
    such limits (Windows).

    Parameters
    ----------
    limits : Limits
    count_processes : bool
        Whether to limit processes. The kernel counts them by user: elsewhere than in
        a user namespace, whatever else that user runs would count.
    """
    if resource is None:
        return
    wanted = {
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    if count_processes:
        wanted["RLIMIT_NPROC"] = limits.processes
    for name, value in wanted.items():
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        try:
            resource.setrlimit(which, (value, value))
        except (OSError, ValueError):
            if name != "RLIMIT_AS":  # macOS refuses to limit address space
                raise
