"""Calls to the Linux kernel that Python's standard library has no name for."""

import ctypes
import os
import platform
import re
import signal
import struct

_libc = ctypes.CDLL(None, use_errno=True)

MACHINE = platform.machine()
KERNEL = tuple(int(n) for n in re.findall(r"\d+", os.uname().release)[:2])

# prctl(2)
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522

# mount(2), mount_setattr(2), umount2(2)
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_SYS_MOUNT_SETATTR = 442  # the same number on every architecture


def checked(result, what):
    """Return the result of a call, or raise `OSError` with what was tried."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what, number, *arguments):
    """Make a system call by its number; raise `OSError` when it fails."""
    return checked(_libc.syscall(number, *arguments), what)


def mount(source, target, kind=None, flags=0, options=None):
    """Mount a file system, or bind a path; see mount(2)."""
    texts = [t.encode() if t else None for t in (source, target, kind)]
    data = options.encode() if options else None
    result = _libc.mount(*texts, ctypes.c_ulong(flags), data)
    checked(result, f"mount {source or target}")


def set_mount_attributes(path, attributes, *, recursive):
    """Make a mount read-only and the like, the mounts below it too if `recursive`."""
    packed = struct.pack("QQQQ", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    syscall(
        f"mount_setattr {path}",
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        path.encode(),
        flags,
        packed,
        len(packed),
    )


def pivot_to_here():
    """Make the working directory the root, and let go of the old root."""
    checked(_libc.pivot_root(b".", b"."), "pivot_root")
    checked(_libc.umount2(b".", _MNT_DETACH), "umount the old root")
    os.chdir("/")


def unshare(flags):
    """Step into new namespaces; see unshare(2)."""
    checked(_libc.unshare(flags), "unshare")


def die_with_parent():
    """Have the kernel kill this process when its parent dies."""
    checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def adopt_orphans():
    """Become the parent of every orphan among this process's descendants."""
    checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def forbid_new_privileges():
    """Make set-user-id programs powerless here; Landlock and seccomp demand it."""
    checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def drop_capabilities():
    """Give up every capability, for this process and all it starts."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # past the last one, or none to drop
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    checked(_libc.capset(header, bytes(24)), "capset")
