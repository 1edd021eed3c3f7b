"""What an answer stands on, noted when its check is due, so that it can wait.

A fork for each answer costs more than the answer. Where an answer stands on names alone
that hold what never changes (functions, modules, numbers), these are noted, and all
such answers are given later by one fork, each with its own names back in place. One
that stands on anything else (a list, an array, a class, a global it writes) gets its
own fork at once, before a later cell can change it.

This runs beside the learner's code. Who deceives it deceives himself: a wrong note
judges an answer by other functions of its own author.
"""

import contextlib
import dis
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import numpy as np

from course_lib.probe_functions import DRIVERS

ABSENT = object()
_FIXED = (bool, bytes, complex, float, int, range, str, type(None), type(Ellipsis))
_SETTLED = (ModuleType, np.ufunc, np.generic)
# What changes more than a function's own names, for the next answer in the same fork.
_WRITES = {
    dis.opmap[name]
    for name in ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "DELETE_ATTR")
}
_REACHES = {
    *("__import__", "chdir", "compile", "delattr", "environ", "eval", "exec"),
    *("filterwarnings", "globals", "locals", "random", "seed", "setattr", "seterr"),
    *("setprofile", "setrecursionlimit", "settrace", "signal", "simplefilter", "vars"),
}


def note(names, namespace):
    """Return what some names and all they use hold, or None where that may change.

    Parameters
    ----------
    names : iterable of str
    namespace : dict

    Returns
    -------
    dict of str to object, or None
        For `put_back`; `ABSENT` stands for a name that holds nothing.
    """
    noted, waiting = {}, [name for name in names if name not in DRIVERS]
    with contextlib.suppress(Exception):
        while waiting:
            name = waiting.pop()
            if name in noted:
                continue
            value = noted[name] = namespace.get(name, ABSENT)
            used = () if value is ABSENT else _used_by(value, namespace)
            if used is None:
                return None
            waiting += used
        return noted
    return None


def put_back(noted, namespace):
    """Let names hold again what was noted."""
    for name, value in noted.items():
        if value is ABSENT:
            namespace.pop(name, None)
        else:
            namespace[name] = value


def _used_by(value, namespace):
    """Return the names that a value uses, or None if it may change."""
    kind = type(value)
    if kind in _FIXED or isinstance(value, _SETTLED):
        return ()
    if kind is BuiltinFunctionType:  # of a module: `kept.append` is one, too
        return () if isinstance(value.__self__, ModuleType) else None
    if kind in (tuple, frozenset):
        return () if all(type(each) in _FIXED for each in value) else None
    if kind is FunctionType and value.__globals__ is namespace:
        kept = *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()
        if value.__closure__ or vars(value) or any(type(k) not in _FIXED for k in kept):
            return None
        return _names_in(value.__code__)
    if kind in (FunctionType, type):
        return () if _is_a_librarys(value) else None
    return None


def _names_in(code):
    """Return the names in a function's code, or None if it may change more."""
    if _WRITES.intersection(code.co_code[::2]) or _REACHES.intersection(code.co_names):
        return None
    names = list(code.co_names)
    for constant in code.co_consts:
        if type(constant) is CodeType:
            inner = _names_in(constant)
            if inner is None:
                return None
            names += inner
    return names


def _is_a_librarys(value):
    """Return whether a function or class is from an installed module."""
    home = sys.modules.get(value.__module__)
    return home is not None and home.__name__ != "__main__"
