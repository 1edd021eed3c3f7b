"""Call a learner's functions on a check's inputs and report what came back.

Each run gets fresh copies of the inputs, every case is run twice, and the inputs are
compared afterwards. The report is data (`course_lib.values`), whatever the learner's
functions do: an exception is reported, never raised.
"""

import contextlib
import copy
import io
import linecache
import os
import sys
import threading
import warnings
from collections import Counter

import numpy as np

from course_lib import probe_functions
from course_lib.probe_functions import DRIVERS
from course_lib.values import ARRAY_KINDS, Given, Opaque, pack, unpack

_HERE = os.path.dirname(os.path.abspath(__file__))
_SET_PROFILE, _HIDING = sys.setprofile, "sys.setprofile"
_PLAIN = (np.dtype(float), np.dtype(int), np.dtype(bool))
_LARGE = 1 << 20  # bytes; what has more is packed, which may refuse it
_NOT_THE_ENGINE = ("probe", "values.py")  # how the names of such files begin


def answer(packed_probe, namespace, repeat=True):
    """Run a probe on the functions in `namespace`.

    An argument of a call that is no input and no earlier result is the learner's own:
    a class or a function, handed to a driver of the course.

    Parameters
    ----------
    packed_probe : bytes
        What `CheckData.probe` made: the calls, the judged outputs, the cases.
    namespace : dict
        Where the learner's functions are found by name.
    repeat : bool, default=True
        Whether to run every case a second time, to see whether it gives the same, and
        to watch what is called. Functions that are trusted need neither.

    Returns
    -------
    bytes
        One report a case, packed. Keys: ``outputs`` (name to value), ``failure``
        (None or a dict), ``changed`` (names of inputs the functions wrote to),
        ``repeats`` (bool: the second run gave the same), ``used`` (names of
        functions called on the way; ``repeated.name`` those called again and again;
        first case only).
    """
    return pack(run(unpack(packed_probe), namespace, repeat))


def run(probe, namespace, repeat=True):
    """Return what `answer` packs: for functions that are trusted, nothing crosses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reports = [
            _run_case(probe, case, namespace, quiet=k > 0, watch=repeat and k == 0)
            for k, case in enumerate(probe["cases"])
        ]
        for report, case in zip(reports, probe["cases"], strict=True) if repeat else ():
            again = _run_case(probe, case, namespace, quiet=True, watch=False)
            report["repeats"] = _snapshots(again) == _snapshots(report)
    return reports


class _Failure(Exception):
    """Carries a failure's data out of the calls of one case."""


def _run_case(probe, case, namespace, quiet, watch):
    values = {name: _fresh(value) for name, value in case.items()}
    report = {
        "outputs": {},
        "failure": None,
        "changed": [],
        "repeats": True,
        "used": [],
    }
    used = set()
    often = 2 * max([getattr(value, "size", 1) for value in case.values()] or [1])
    with _silence(quiet), _watch_calls(used if watch else None, often):
        try:
            for call in probe["calls"]:
                _run_call(call, values, namespace, report["changed"])
        except _Failure as failure:
            report["failure"] = failure.args[0]
    # A value is packed on its own: an odd one must not take the others with it.
    for name in probe["outputs"]:
        if name in values:
            report["outputs"][name] = _portable(values[name])
    report["used"] = sorted(used)
    return report


def _run_call(call, values, namespace, changed):
    # A driver is the course's: nobody's function of that name may stand in for it.
    function = DRIVERS.get(call["function"]) or _found(call["function"], namespace)
    names = call["arguments"]
    arguments = [
        values[name] if name in values else _found(name, namespace) for name in names
    ]
    before = [_snapshot(value) for value in arguments]
    try:
        returned = function(*arguments)
    except NotImplementedError as error:
        raise _Failure(_failure("not_written", call, error)) from None
    except BaseException as error:
        raise _Failure(_failure("raised", call, error)) from None
    for name, value, earlier in zip(names, arguments, before, strict=True):
        if _snapshot(value) != earlier and name not in changed:
            changed.append(name)
    values.update(_name_results(call, returned))


def _snapshot(value):
    """Return what tells whether a value has changed; `pack` takes ten times as long."""
    if type(value) is np.ndarray and value.dtype.kind in ARRAY_KINDS:
        return value.dtype.str, value.shape, value.tobytes()
    return value.hex() if type(value) is float else pack(value)


def _snapshots(report):
    return {name: _snapshot(value) for name, value in report["outputs"].items()}


def _found(name, namespace):
    """Return what a learner defined under a name: a function, or a class."""
    if namespace.get(name) is None:
        raise _Failure({"kind": "missing", "function": name})
    return namespace[name]


def _name_results(call, returned):
    names = call["results"]
    if returned is None:
        raise _Failure({"kind": "returned_none", "function": call["function"]})
    if len(names) == 1:
        return {names[0]: returned}
    if type(returned) not in (tuple, list) or len(returned) != len(names):
        raise _Failure(
            {
                "kind": "results",
                "function": call["function"],
                "text": _describe(returned),
            }
        )
    return dict(zip(names, returned, strict=True))


def _portable(value):
    """Return a value as it arrives where it is sent."""
    if type(value) is float:
        return value
    if type(value) is np.ndarray and value.dtype in _PLAIN and value.nbytes < _LARGE:
        return value.copy(order="C")
    try:
        return unpack(pack(value))
    except (ValueError, MemoryError):
        return Opaque("a value too large to be sent")


def _describe(value):
    if isinstance(value, tuple | list):
        return f"{len(value)} values"
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    return f"one {type(value).__name__}"


def _failure(kind, call, error):
    text = str(error)[:300] if kind == "raised" else ""
    line, code, inside = _where(error)
    return {
        "kind": kind,
        "function": call["function"],
        "type": type(error).__name__[:80],
        "text": text,
        "line": line,
        "code": code,
        "inside": inside,
    }


def _where(error):
    """Return number and text of the learner's line that raised, and whose it is."""
    found = (0, "", "")
    step = error.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if not name.startswith(_HERE) and "site-packages" not in name:
            found = (
                step.tb_lineno,
                linecache.getline(name, step.tb_lineno).strip()[:200],
                step.tb_frame.f_code.co_name[:80],
            )
        step = step.tb_next
    return found


def _fresh(value):
    return probe_functions.make(value) if type(value) is Given else copy.deepcopy(value)


@contextlib.contextmanager
def _silence(quiet):
    """Hide NumPy's warnings; and prints, which would come once for every case."""
    sink = (
        contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext()
    )
    with sink, np.errstate(all="ignore"):
        yield


@contextlib.contextmanager
def _watch_calls(used, often):
    """Note the functions called by name, the engine's as ``course_lib.name``.

    One of the learner's that is called more than `often` is noted as ``repeated.name``
    too: nobody but finite differences goes through the entries of several inputs.
    """
    if used is None:
        yield
        return

    counts = Counter()

    def note(frame, event, argument):
        if event == "c_call" and argument is _SET_PROFILE:
            used.add(_HIDING)
        if event != "call" or frame.f_code.co_name.startswith("<"):
            return  # a module's own body, when an answer imports it, is no function
        folder, name = os.path.split(frame.f_code.co_filename)
        if not folder.startswith(_HERE):
            used.add(frame.f_code.co_name)
            counts[frame.f_code.co_name] += 1
        elif not name.startswith(_NOT_THE_ENGINE):
            used.add(f"course_lib.{frame.f_code.co_name}")

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        hid = _HIDING in used
        sys.setprofile(before)  # notes itself
        threading.setprofile(None)
        if not hid:
            used.discard(_HIDING)
        used |= {f"repeated.{name}" for name, n in counts.items() if n > often}


def read_reports(data, n_cases):
    """Return the reports in `data`, checked for form but for nothing else.

    Parameters
    ----------
    data : bytes
        What `answer` returned, perhaps written by somebody else.
    n_cases : int
        How many reports there have to be.

    Raises
    ------
    ValueError
        If `data` is not `n_cases` reports.
    """
    reports = unpack(data)
    form = {"outputs": dict, "changed": list, "repeats": bool, "used": list}
    if type(reports) is not list or len(reports) != n_cases:
        raise ValueError(f"expected a list of {n_cases} reports")
    for report in reports:
        if type(report) is not dict or set(report) != {*form, "failure"}:
            raise ValueError("a report has other keys than a report has")
        if any(type(report[key]) is not kind for key, kind in form.items()):
            raise ValueError("a report's values have other types than a report's")
        if report["failure"] is not None and type(report["failure"]) is not dict:
            raise ValueError("a report's failure is neither None nor a dict")
    return reports
