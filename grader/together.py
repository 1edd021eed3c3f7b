"""One function on many things at once, a process for each core, results in order."""

import multiprocessing
import os
import signal
import sys
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from grader.errors import ProcessDied

_LINUX = sys.platform == "linux"


def in_processes(do, jobs, workers=None, done=None):
    """Return ``[do(job) for job in jobs]``, computed in several processes.

    Call it before threads exist: the processes are forked where that is possible.

    Parameters
    ----------
    do : callable
        A function of a module; it, the jobs and the results have to be picklable.
    jobs : iterable
    workers : int, optional
        How many run at once; by default one for each core. One runs here.
    done : callable, optional
        ``done(job)``, called here whenever one is done, in whatever order.

    Raises
    ------
    ProcessDied
        A process was killed from outside. What `do` raises arrives as it is; nothing
        more is begun then.
    """
    jobs, tell = list(jobs), done or (lambda job: None)
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        return [_told(do, job, tell) for job in jobs]
    context = multiprocessing.get_context("fork" if _LINUX else "spawn")
    with ProcessPoolExecutor(workers, context, _begin, (os.getpid(),)) as pool:
        running = {pool.submit(do, job): job for job in jobs}
        results = list(running)
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    future.result()
                    tell(running.pop(future))
        except BrokenProcessPool:
            raise ProcessDied(_epitaph(running.values())) from None
        finally:
            pool.shutdown(cancel_futures=True)
    return [future.result() for future in results]


def _told(do, job, tell):
    result = do(job)
    tell(job)
    return result


def _begin(parent):
    """Prepare a process: Ctrl+C is for who started it, whose end it shares."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _LINUX:
        from grader import linux

        linux.die_with_parent()
        if os.getppid() != parent:  # it died before that
            os._exit(1)


def _epitaph(jobs):
    names = ", ".join(str(job) for job in list(jobs)[:3])
    return (
        f"a process died at {names} or what ran beside it, expected its result: it "
        "was killed, perhaps for want of memory. Start again, or with --workers 1."
    )
