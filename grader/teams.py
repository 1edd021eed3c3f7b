"""Who grades a class: processes of this machine, or a cluster; context managers."""

import contextlib
import os


@contextlib.contextmanager
def crew(lesson, settings, count=None, walls="required", worker=None):
    """Yield a `Crew` that is ready for a lesson, all of it on one warm parent.

    Parameters
    ----------
    lesson : str
    settings : Settings
    count : int, default=the number of cores
        How many submissions are graded at the same time.
    walls : {"required", "if possible"}
    worker : Worker, optional
        One that was shared (`Worker.share`); by default one of its own.
    """
    from grader.worker import Worker

    own = Worker(walls) if worker is None else contextlib.nullcontext(worker)
    with own as worker:
        worker.start(wait=False)  # it imports while this process does
        from grader import feedback_page
        from grader.crew import Crew
        from grader.gradebook import load_tables
        from grader.prepared import prepare

        prepare(lesson, settings.solutions)  # before it forks: each has it then
        load_tables()
        feedback_page.warm_up()
        worker.share()
        with Crew(count or _cores(), settings, walls, worker) as crew:
            yield crew


def cluster(address, settings, walls="required", tell=print):
    """Return a `Cluster`; its parameters are the same."""
    from grader.cluster import Cluster

    return Cluster(address, settings, walls, tell)


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
