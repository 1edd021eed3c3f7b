"""The warm parent: one process that has imported everything, and forks per submission.

Three processes, each knowing less than the one before:

- the **parent** never sees a submission. It is started with an empty environment, has
  one thread, and on request forks
- a **guard**, which stays outside the walls, starts the submission's process, passes on
  interrupts, lets it fork when a probe is due and never else, and kills what is left;
- the **shell**, which steps behind the walls, and only then reads its first command.

Started by `grader.processes.WarmParent` on Linux. The guard's own channel carries one
short message at a time (`interrupt`, `fork`), and at the end how the shell died.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import traceback

from grader import linux, namespaces, seccomp, walls
from grader.limits import Limits

_LONGEST_REQUEST = 1 << 16
_SECONDS_TO_DIE = 0.05  # by itself, once the grader has let go of it


def serve(sock):
    """Fork a guard for each request, until the grader closes the socket."""
    signal.signal(signal.SIGCHLD, _bury_guards)
    try:
        from grader import shell

        shell.prepare()
        walls.visible_paths()  # remembered by every fork
        if (threads := len(os.listdir("/proc/self/task"))) != 1:
            raise RuntimeError(f"{threads} threads run; only one may, to fork safely")
    except Exception:
        sock.send(traceback.format_exc().encode()[-_LONGEST_REQUEST:])
        return
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page
    sock.send(b"ready")
    while True:
        data, files, _, _ = socket.recv_fds(sock, _LONGEST_REQUEST, 2)
        if not data:
            return
        if os.fork() == 0:
            with _exit_afterwards():
                sock.close()
                _guard(json.loads(data), *(socket.socket(fileno=f) for f in files))
        for file in files:
            os.close(file)


def _bury_guards(*_):
    """Wait for dead guards: so their processor time is the grader's, which waits too.

    The kernel calls this through Python; one call may stand for several deaths.
    """
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def _guard(request, control, lifeline):
    """Start a shell behind walls, watch over it, and report how it ended."""
    linux.die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    limits, scratch = Limits(**request["limits"]), request["scratch"]
    try:
        if request["namespaces"]:
            is_root = namespaces.leave_the_host()
        else:
            is_root = os.getuid() == 0
            linux.adopt_orphans()
            if is_root:
                is_root = _hand_over(scratch)
    except OSError as error:
        return _report(lifeline, {"failed": str(error)})
    ours, theirs = socket.socketpair()
    shell = os.fork()
    if shell == 0:
        with _exit_afterwards():
            linux.die_with_parent()
            ours.close()
            lifeline.close()
            _shell(control, theirs, limits, scratch, request["namespaces"], is_root)
    control.close()
    theirs.close()
    problem, listener = _await_walls(ours)
    if problem is None:
        _watch(shell, lifeline, listener)
    ending = _bury(shell, alone=request["namespaces"])
    return _report(lifeline, {**ending, "failed": problem})


def _shell(control, guard, limits, scratch, namespaced, is_root):
    """Step behind the walls and obey commands. Does not return before the end."""
    from grader import shell

    captured = shell.open_capture_files()
    keep = [control.fileno(), guard.fileno(), *captured]
    try:
        held = walls.enter(
            limits, scratch, namespaced=namespaced, is_root=is_root, keep=keep
        )
    except OSError as error:
        guard.send(str(error).encode())
        return
    files = [] if held.listener is None else [held.listener]
    socket.send_fds(guard, [b"ready"], files)
    if guard.recv(1) != b"g":
        return
    for file in (guard.fileno(), *files):
        os.close(file)
    guard.detach()
    shell.serve(control, limits, captured, {"held": held.held, "missing": held.missing})


def _await_walls(guard):
    """Return why the shell is not behind its walls (or None), and its listener."""
    message, files, _, _ = socket.recv_fds(guard, _LONGEST_REQUEST, 1)
    if message != b"ready":
        return message.decode(errors="replace") or "the process died", None
    guard.send(b"g")
    guard.close()
    return None, files[0] if files else None


def _watch(shell, lifeline, listener):
    """Pass on the grader's wishes until the shell is dead or the grader lets go."""
    death = os.pidfd_open(shell)
    poll = select.poll()
    for file in (death, lifeline.fileno(), *([] if listener is None else [listener])):
        poll.register(file, select.POLLIN)
    forks = 0
    while True:
        ready = dict(poll.poll())
        while select.select([lifeline], [], [], 0)[0]:
            wish = lifeline.recv(_LONGEST_REQUEST)
            if wish == b"fork":
                forks = 1
            elif wish == b"interrupt":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(shell, signal.SIGINT)
                lifeline.send(b"done")
            else:
                return
        if listener in ready:
            if ready[listener] & select.POLLHUP:
                poll.unregister(listener)
                continue
            seccomp.answer_fork(listener, allow=forks > 0)
            forks = 0
        if death in ready:
            return


def _bury(shell, *, alone):
    """Kill the shell and all it started; return how it ended.

    Parameters
    ----------
    alone : bool
        Whether the shell is the first process of a namespace, whose death the kernel
        lets no other process in it survive.
    """
    death = os.pidfd_open(shell)
    by_itself = select.select([death], [], [], _SECONDS_TO_DIE)[0]
    os.kill(shell, signal.SIGKILL)
    _, status, used = os.wait4(shell, 0)
    code = os.waitstatus_to_exitcode(status) if by_itself else None
    while not alone:  # orphans were adopted: kill them until none is left
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(shell, signal.SIGKILL)
        for child in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    return {"code": code, "memory": used.ru_maxrss << 10}


def _report(lifeline, ending):
    """Tell the grader how it ended, unless the grader is gone."""
    with contextlib.suppress(OSError):
        lifeline.send(json.dumps(ending).encode())


def _hand_over(scratch):
    """Give the scratch folder to nobody; return whether nobody can work there."""
    if not walls.strangers_may_work(scratch):
        return False
    try:
        os.chown(scratch, namespaces.NOBODY, namespaces.NOBODY)
    except OSError:  # a container's root, with no other users
        return False
    return True


def _children():
    pid = os.getpid()
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@contextlib.contextmanager
def _exit_afterwards():
    """End a forked process with its body, whatever happens in it."""
    try:
        yield
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)
