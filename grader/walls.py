"""The walls around a submission, entered by a forked process before it sees a byte.

Layer by layer, each reported as held or missing:

- **namespaces**: own processes, network, users, and a root that holds only the system's
  libraries, the Python installation, `course_lib` and a scratch folder of limited size;
- **landlock**: the same list of files once more, held by the kernel's security module;
- **seccomp**: system calls that no lesson needs are refused, new processes among them;
- **rlimits**: memory, processor time, file size, open files, processes.

Without namespaces the other layers still hold; whether that is enough is for the caller
to decide. Linux only: elsewhere `grader.processes` runs a plain process.
"""

import contextlib
import functools
import os
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from grader import landlock, linux, namespaces, seccomp
from grader.limits import set_resource_limits

_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
)
_COUNTS_BY_NAMESPACE = (5, 14)  # the first Linux that counts processes so
_MANY_FILES = 1 << 20
_READABLE_DEVICES = ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass
class Walls:
    """Which layers hold around this process.

    Attributes
    ----------
    held : list of str
        In the order of the module's docstring.
    missing : dict of str to str
        The reason for each layer that could not be raised.
    listener : int or None
        See `grader.seccomp.restrict_calls`.
    """

    held: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    listener: int | None = None

    @contextlib.contextmanager
    def raising(self, layer):
        """Note whether the body managed to raise a layer."""
        try:
            yield
        except OSError as error:
            self.missing[layer] = str(error)
        else:
            self.held.append(layer)


def enter(limits, scratch, *, namespaced, is_root, keep):
    """Step behind the walls. There is no way back.

    Parameters
    ----------
    limits : Limits
    scratch : str or None
        The folder to work in where there are no namespaces, which bring their own.
    namespaced : bool
        Whether this process is the first one in new namespaces.
    is_root : bool
        Whether this process is the host's root, and has to become nobody. Without
        namespaces that needs `strangers_may_work`.
    keep : iterable of int
        File descriptors to keep, with 0, 1 and 2; all others are closed.

    Returns
    -------
    Walls

    Raises
    ------
    OSError
        A step failed that cannot be left out, such as building the new root.
    """
    walls = Walls()
    readable = list(visible_paths())
    counts = namespaced and linux.KERNEL >= _COUNTS_BY_NAMESPACE
    _be_the_first_to_die()
    if namespaced:
        namespaces.build_root(readable, limits.scratch_bytes)
        if is_root:
            namespaces.become_nobody()
        readable += ["/proc"]
        walls.held.append("namespaces")
    else:
        os.setsid()
        if is_root:
            namespaces.give_up_root()
        readable += ["/proc/self"]
    home = namespaces.SCRATCH if namespaced else scratch
    os.chdir(home)
    linux.drop_capabilities()
    _close_all_but({0, 1, 2, *keep})
    with walls.raising("landlock"):
        writable = [home, "/dev/null", *(["/tmp", "/dev/shm"] if namespaced else [])]
        landlock.restrict_files([*readable, *_READABLE_DEVICES], writable)
    with walls.raising("rlimits"):
        set_resource_limits(limits, count_processes=counts)
    with walls.raising("seccomp"):
        walls.listener = seccomp.restrict_calls()
    return walls


@functools.cache
def visible_paths():
    """Return the files and folders of the host that a submission may read."""
    import course_lib

    paths = [*_SYSTEM, str(Path(course_lib.__file__).resolve().parent)]
    # The environment may be a link; Matplotlib asks for its fonts where it leads.
    real = os.path.realpath(sys.prefix)
    for prefix in (sys.base_prefix, sys.base_exec_prefix, sys.prefix, real):
        paths += [f"{prefix}/lib", f"{prefix}/lib64"]
    paths += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    paths += [sysconfig.get_path(name) for name in ("purelib", "platlib")]
    existing = [path for path in dict.fromkeys(paths) if os.path.exists(path)]
    return tuple(path for path in existing if not _is_below_another(path, existing))


def _is_below_another(path, others):
    return any(path.startswith(other.rstrip("/") + "/") for other in others)


def strangers_may_work(scratch):
    """Return whether another user can reach all that a submission has to."""
    places = [Path(path).resolve() for path in visible_paths()]
    return all(
        folder.stat().st_mode & 0o001
        for place in [*places, Path(scratch).resolve()]
        for folder in place.parents
    ) and all(place.stat().st_mode & 0o004 for place in places)


def _be_the_first_to_die():
    """Have a machine short of memory end this process before the grader."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _close_all_but(keep):
    """Close every file descriptor that is not in `keep`."""
    last = -1
    for file in [*sorted(keep), _MANY_FILES]:
        if last + 1 < file:  # os.closerange takes an empty range for an endless one
            os.closerange(last + 1, file)
        last = file
