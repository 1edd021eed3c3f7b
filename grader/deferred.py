"""Modules of a package, without all that the package itself imports first.

nbgrader's tables are one module; importing ``nbgrader`` before it brings its JupyterLab
extensions, its exchange and nbconvert, which no grading needs. For the command line
alone: JupyterLab's own process needs the extensions, and finds them in the package.
"""

import importlib.util
import sys
from types import ModuleType


def defer(name):
    """Let a package run its ``__init__`` only when something in it is asked for.

    Parameters
    ----------
    name : str
        A package. One that is imported, or not installed, is left as it is.
    """
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None:
        return
    sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.modules[name].__class__ = _Deferred


class _Deferred(ModuleType):
    """A package that has not run; becomes an ordinary one at the first question."""

    def __getattr__(self, name):
        """Run the package and answer, unless it is one of its modules that is meant."""
        if importlib.util.find_spec(f"{self.__name__}.{name}"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        self.__class__ = ModuleType
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)
