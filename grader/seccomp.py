"""A seccomp filter: the system calls that no lesson needs, refused.

New processes are refused too, unless the process outside that holds the filter's
listener lets one through: it does so once for each probe, and never else.
"""

import ctypes
import errno
import fcntl
import struct

from grader.linux import MACHINE, forbid_new_privileges, syscall

# Each call's number on x86_64 and on aarch64; None where there is no such call.
_FORBIDDEN = {
    # programs, other processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # the network
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # memory that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # parts of the kernel with a history
    "bpf": (321, 280),
    "seccomp": (317, 277),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "fanotify_init": (300, 262),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "acct": (163, 89),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_FORKS = {"x86_64": (57, 58), "aarch64": ()}  # fork, vfork
_PRLIMIT = {"x86_64": 302, "aarch64": 261}
_PRCTL = {"x86_64": 157, "aarch64": 167}
_SET_PDEATHSIG = 1  # which would let a submission outlive whoever watches it
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FIRST_UNKNOWN = 463  # calls younger than this table do not exist here

_CLONE_THREAD = 0x00010000
_CLONE_NEW_NAMESPACE = 0x7E020000

# seccomp(2)
_SET_MODE_FILTER, _FLAG_NEW_LISTENER = 1, 1 << 3
_ALLOW, _KILL, _ASK_LISTENER = 0x7FFF0000, 0x80000000, 0x7FC00000
_EPERM, _ENOSYS = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_NOTIFICATION = struct.Struct("=QII64x")
_RESPONSE = struct.Struct("=QqiI")
_RECEIVE, _RESPOND = 0xC0502100, 0xC0182101
_CONTINUE = 1

# classic BPF
_LOAD, _RETURN = 0x20, 0x06
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENT_AT = 0, 4, 16


def restrict_calls():
    """Refuse the forbidden calls here and in all that this process starts.

    Returns
    -------
    listener : int or None
        File descriptor on which each attempt to start a process waits for
        `answer_fork`. None where the kernel cannot ask; then processes may be started.

    Raises
    ------
    OSError
        The kernel has no seccomp filters, or this machine is none of x86_64, aarch64.
    """
    if MACHINE not in _ARCHITECTURE:
        raise OSError(errno.ENOSYS, f"seccomp: no table of calls for {MACHINE}")
    forbid_new_privileges()
    try:
        return _install(_program(_ASK_LISTENER), _FLAG_NEW_LISTENER)
    except OSError:
        _install(_program(_ALLOW), 0)
        return None


def answer_fork(listener, *, allow):
    """Let one waiting attempt to start a process through, or refuse it."""
    request = bytearray(80)
    try:
        fcntl.ioctl(listener, _RECEIVE, request)
        identity, _, _ = _NOTIFICATION.unpack(request)
        error, flags = (0, _CONTINUE) if allow else (-errno.EPERM, 0)
        fcntl.ioctl(listener, _RESPOND, _RESPONSE.pack(identity, 0, error, flags))
    except OSError as error:
        if error.errno != errno.ENOENT:  # the one who asked is dead
            raise


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _install(instructions, flags):
    code = b"".join(instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _FilterProgram(len(instructions), ctypes.addressof(buffer))
    call = _SECCOMP[MACHINE]
    return syscall("seccomp", call, _SET_MODE_FILTER, flags, ctypes.byref(program))


def _program(verdict_on_fork):
    """Return the filter as instructions, each eight bytes."""
    column = 0 if MACHINE == "x86_64" else 1
    numbers = [pair[column] for pair in _FORBIDDEN.values()]
    program = [
        _step(_LOAD, _ARCHITECTURE_AT),
        *_unless(_EQUAL, _ARCHITECTURE[MACHINE], _KILL),
        _step(_LOAD, _NUMBER_AT),
        *_when(_AT_LEAST, _FIRST_UNKNOWN, _ENOSYS),  # the x32 calls among them
        *_when(_EQUAL, _CLONE3, _ENOSYS),  # its flags are out of sight: use clone
    ]
    for number in filter(None, numbers):
        program += _when(_EQUAL, number, _EPERM)
    for number in _FORKS[MACHINE]:
        program += _when(_EQUAL, number, verdict_on_fork)
    program += _only_on(_PRLIMIT[MACHINE], *_when_zero_allow_else_refuse())
    program += _only_on(_PRCTL[MACHINE], *_when_refuse_else_allow(_SET_PDEATHSIG))
    threads_only = [
        _step(_LOAD, _ARGUMENT_AT),
        *_when(_ANY_BIT, _CLONE_NEW_NAMESPACE, _EPERM),
        *_when(_ANY_BIT, _CLONE_THREAD, _ALLOW),
        _step(_RETURN, verdict_on_fork),
    ]
    return [*program, *_only_on(_CLONE[MACHINE], *threads_only), _step(_RETURN, _ALLOW)]


def _step(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _when(test, value, verdict):
    return _step(test, value, 0, 1), _step(_RETURN, verdict)


def _unless(test, value, verdict):
    return _step(test, value, 1, 0), _step(_RETURN, verdict)


def _only_on(number, *steps):
    return _step(_EQUAL, number, 0, len(steps)), *steps


def _when_zero_allow_else_refuse():
    """Judge prlimit: its first argument is the process; zero is the caller."""
    return (
        _step(_LOAD, _ARGUMENT_AT),
        *_when(_EQUAL, 0, _ALLOW),
        _step(_RETURN, _EPERM),
    )


def _when_refuse_else_allow(option):
    """Judge prctl by its first argument, which says what is to change."""
    return (
        _step(_LOAD, _ARGUMENT_AT),
        *_when(_EQUAL, option, _EPERM),
        _step(_RETURN, _ALLOW),
    )
