"""A root of its own: namespaces, and a file system that holds what a lesson needs.

Entered in two steps, because a new process namespace begins with the next fork:
`leave_the_host` in the process that stays outside as guard, then `build_root` and
`become_nobody` in its child, before that child has seen a byte of a submission.
"""

import contextlib
import errno
import os
import socket
import stat

from grader import linux

SCRATCH = "/scratch"
NOBODY = 65534

_NEW_MOUNTS, _NEW_UTS, _NEW_IPC = 0x00020000, 0x04000000, 0x08000000
_NEW_USERS, _NEW_PROCESSES, _NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
_ALL_BUT_USERS = _NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_PROCESSES | _NEW_NETWORK
_DEVICES = ("null", "zero", "full", "random", "urandom")
_READ_ONLY = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
_INODES = 4096
_WHY_NOT = {
    errno.EPERM: "this system or its container forbids user namespaces",
    errno.ENOSPC: "the limit user.max_user_namespaces is reached, or zero",
    errno.EINVAL: "its kernel has no user namespaces",
}
_ROOT_IS_BUILT_AT = "/tmp"  # any folder will do: only this namespace sees it covered


def leave_the_host():
    """Step into new namespaces; the next fork is the first process in them.

    Returns
    -------
    is_root : bool
        Whether this process is the host's root, and its child can become nobody.

    Raises
    ------
    OSError
        The kernel or an administrator forbids namespaces.
    """
    user, group = os.getuid(), os.getgid()
    if user == 0:
        with contextlib.suppress(PermissionError):  # root of a container may not
            linux.unshare(_ALL_BUT_USERS)
            return True
    try:
        linux.unshare(_ALL_BUT_USERS | _NEW_USERS)
    except OSError as error:
        raise OSError(error.errno, _WHY_NOT.get(error.errno, str(error))) from error
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    return False


def build_root(readable, scratch_bytes):
    """Make a new root of the readable paths and a scratch folder, and go there.

    Parameters
    ----------
    readable : list of str
        Files and folders, seen read-only under the same names. Nothing else of the
        host is there, apart from five devices.
    scratch_bytes : int
        Size of the only place to write, which holds ``/tmp`` and ``/dev/shm`` too.
    """
    root = _ROOT_IS_BUILT_AT
    # Hold the sources open before anything is covered.
    held = {path: os.open(path, os.O_PATH) for path in readable}
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    safe = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", root, "tmpfs", safe, "size=4m,mode=755")
    _bind_devices(root)
    _make_scratch(root, scratch_bytes)
    for path, source in held.items():
        _bind(path, source, root + path)
        os.close(source)
    _mount_processes(root + "/proc")
    os.chdir(root)
    linux.pivot_to_here()
    linux.set_mount_attributes("/", linux.MOUNT_ATTR_RDONLY, recursive=False)
    with contextlib.suppress(OSError):
        socket.sethostname("grader")


def become_nobody():
    """Give up being root for good, in a user namespace that counts only this sandbox.

    Without its own namespace the limit on processes would count every process that
    nobody runs on the host.
    """
    give_up_root()
    linux.unshare(_NEW_USERS)


def give_up_root():
    """Turn root into the user nobody."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    linux.die_with_parent()  # the kernel forgets this wish when the user changes


def _bind_devices(root):
    os.mkdir(root + "/dev")
    for name in _DEVICES:
        _touch(f"{root}/dev/{name}")
        linux.mount(f"/dev/{name}", f"{root}/dev/{name}", None, linux.MS_BIND)


def _make_scratch(root, scratch_bytes):
    os.mkdir(root + SCRATCH)
    options = f"size={scratch_bytes},nr_inodes={_INODES},mode=1777"
    safe = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("tmpfs", root + SCRATCH, "tmpfs", safe, options)
    shared = f"{root}{SCRATCH}/.tmp"
    os.mkdir(shared)
    os.chmod(shared, 0o1777)
    for place in ("/tmp", "/dev/shm"):
        os.mkdir(root + place)
        linux.mount(shared, root + place, None, linux.MS_BIND)


def _bind(path, source, target):
    """Show a file or folder, held open as `source`, read-only at `target`."""
    parent, name = os.path.split(path)
    if os.path.islink(path) and parent == "/":  # /lib is usr/lib on most systems
        os.symlink(os.readlink(path), target)
        return
    if stat.S_ISDIR(os.fstat(source).st_mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _touch(target)
    flags = linux.MS_BIND | linux.MS_REC
    linux.mount(f"/proc/self/fd/{source}", target, None, flags)
    linux.set_mount_attributes(target, _READ_ONLY, recursive=True)


def _mount_processes(target):
    """Mount /proc with this namespace's processes, and nothing of the machine."""
    os.mkdir(target)
    safe = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    for options in ("subset=pid", None):
        try:
            return linux.mount("proc", target, "proc", safe, options)
        except OSError:  # a container may forbid it: lessons do without
            continue
    return None


def _touch(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)
