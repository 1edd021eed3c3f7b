"""Which processes run below another one, looked up while they come and go."""

import contextlib
from pathlib import Path


def descendants(pid):
    """Return the processes below one, as /proc has them.

    A process that ends between two looks has no descendants.
    """
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def children(pid):
    """Return the processes that a process started, of those that still run."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found
