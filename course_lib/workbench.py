"""The bench where your own functions wait to be used.

When a check is all right, the function that passed is adopted; from then on every
explorer of the lesson computes with it, and says so under its picture.
"""

YOURS = "yours"
THE_COURSES = "the course's"

_adopted = {}


def adopt(name, function):
    """Keep a learner's function that passed its check. Called by `checks.check`.

    Parameters
    ----------
    name : str
        The exercise's name, which is the function's name.
    function : callable
    """
    _adopted[name] = function


def current(name, default):
    """Return the function to compute with, and whose it is.

    Parameters
    ----------
    name : str
        The exercise's name.
    default : callable
        The course's own function, used until the learner's has passed its check.

    Returns
    -------
    function : callable
    owner : {"yours", "the course's"}
    """
    if name in _adopted:
        return _adopted[name], YOURS
    return default, THE_COURSES


def dismiss(name=None):
    """Forget one adopted function, or all of them when no name is given."""
    if name is None:
        _adopted.clear()
    else:
        _adopted.pop(name, None)


def badge(defaults):
    """Say in one line whose functions compute a picture.

    Parameters
    ----------
    defaults : dict of str to callable
        The functions an explorer uses, by name.

    Returns
    -------
    str
        Names in backticks; empty when the explorer uses none.
    """
    yours = [name for name in defaults if name in _adopted]
    others = [name for name in defaults if name not in _adopted]
    if not defaults:
        return ""
    if not yours:
        return f"Computed by the course's {_listed(others)}"
    if not others:
        return f"Computed by your {_listed(yours)}"
    return f"Computed by your {_listed(yours)}, and the course's {_listed(others)}"


def _listed(names):
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} and {last}" if first else last
