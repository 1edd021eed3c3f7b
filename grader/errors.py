"""What is said when an author's file cannot be used."""

from pathlib import Path


class SourceError(ValueError):
    """Say where an author's file departs from what the build expects.

    Parameters
    ----------
    path : path-like
        The file.
    line : int
        The line in it, from 1.
    problem : str
        What happened, what was expected, and how to go on.
    """

    def __init__(self, path, line, problem):
        self.path, self.line, self.problem = Path(path), line, problem
        super().__init__(f"{_short(self.path)}:{line}: {problem}")

    def __reduce__(self):
        """Return how to make it again in another process."""
        return type(self), (self.path, self.line, self.problem)


def _short(path):
    """Return the path as seen from here, if it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class NothingHandedIn(ValueError):
    """There is no submission of somebody who was asked for."""


class GradebookClosed(RuntimeError):
    """The gradebook cannot be written."""


class NoGradebook(RuntimeError):
    """The gradebook cannot be opened where the course says it is."""


class ClusterRefused(RuntimeError):
    """A cluster that was asked for cannot grade this course as it is."""


class ClusterGone(RuntimeError):
    """A cluster went away in the middle of its work."""


class ProcessDied(RuntimeError):
    """A process that worked for this one was killed."""
