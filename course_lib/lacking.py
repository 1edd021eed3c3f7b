"""What an answer lacks, as far as can be said without calling it.

A name that is not there, or a function that is still the lesson's placeholder, fails in
every case alike: no process need be made to find out.
"""

from types import FunctionType

from course_lib.probe_functions import DRIVERS


def _placeholder():
    raise NotImplementedError("")


_PLACEHOLDER = _placeholder.__code__


def lacking(names, namespace):
    """Return why a call would fail at once, without making it, or None.

    Parameters
    ----------
    names : list of str
        What the call takes from the learner: one of `CheckData.taken`.
    namespace : dict

    Returns
    -------
    dict or None
        A report's ``failure``: a name is missing, or the function to call is the
        lesson's placeholder.
    """
    for name in names:
        if name not in DRIVERS and namespace.get(name) is None:
            return {"kind": "missing", "function": name}
    function = namespace.get(names[0]) if names[0] not in DRIVERS else None
    if type(function) is not FunctionType or not _is_placeholder(function.__code__):
        return None
    inside = function.__code__.co_name
    return {"kind": "not_written", "function": names[0], "inside": inside}


def _is_placeholder(code):
    """Return whether a function does nothing but raise `NotImplementedError`."""
    return code.co_names == _PLACEHOLDER.co_names and code.co_code == (
        _PLACEHOLDER.co_code
    )


def failed(failure, n_cases):
    """Return the reports of a probe whose first call fails in every case."""
    report = {"outputs": {}, "changed": [], "repeats": True, "used": []}
    return [{**report, "failure": dict(failure)} for _ in range(n_cases)]
