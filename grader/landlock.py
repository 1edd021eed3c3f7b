"""Landlock: the kernel's list of the only files a process may open."""

import os
import stat
import struct

from grader.linux import forbid_new_privileges, syscall

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 10, 1 << 11
_FIRST_RIGHTS = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READING = _EXECUTE | _READ_FILE | _READ_DIR  # libraries are mapped executable
_NOT_IN_SCRATCH = _EXECUTE | _MAKE_CHAR | _MAKE_SOCK | _MAKE_FIFO | _MAKE_BLOCK


def restrict_files(readable, writable):
    """Let this process, and all it starts, open nothing but these paths.

    Parameters
    ----------
    readable, writable : iterable of str
        Files and folders, with everything below them. Missing ones are skipped.

    Raises
    ------
    OSError
        The kernel has no Landlock, or it is off.

    Notes
    -----
    Newer kernels refuse more: TCP, and signals and abstract sockets to processes
    outside. Each is asked for where the kernel knows it.
    """
    version = syscall("Landlock", _CREATE_RULESET, None, 0, 1)
    rights = _rights(version)
    attributes = struct.pack("Q", rights)
    if version >= 4:
        attributes += struct.pack("Q", 3)  # no TCP bind, no TCP connect
    if version >= 6:
        attributes += struct.pack("Q", 3)  # nor abstract sockets, signals to outside
    rules = syscall("Landlock", _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow(rules, path, _READING)
        for path in writable:
            _allow(rules, path, rights & ~_NOT_IN_SCRATCH)
        forbid_new_privileges()
        syscall("landlock_restrict_self", _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _rights(version):
    """Return every right on files that this version of Landlock can refuse."""
    rights = _FIRST_RIGHTS
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def _allow(rules, path, rights):
    try:
        file = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(file).st_mode):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, file)
        syscall("landlock_add_rule", _ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(file)
