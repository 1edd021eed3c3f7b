"""Explorers: one module a lesson, loaded when it is first named.

from course_lib import explorers

explorers.loss.confident_error()
"""

from importlib import import_module
from pathlib import Path

_KIT = {"__init__", "explorer", "controls"}
MODULES = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - _KIT)


def __getattr__(name):
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(
        f"there are no explorers called {name!r}; there are {', '.join(MODULES)}"
    )


def __dir__():
    return MODULES
