"""Answers that stand on what never changes share a fork, and are judged as if alone."""

import numpy as np
import pytest
from running import DOUBLE, QUESTION, QUICK, run

from course_lib.values import pack, unpack
from grader import snapshots
from grader.worker import Cell, Worker

PLACEHOLDER = 'def double(x):\n    """Double."""\n    raise NotImplementedError("!")'


@pytest.fixture(scope="module")
def worker():
    with Worker("if possible") as worker:
        yield worker


def check(name):
    return Cell("", exercise=name, taken=[[name]])


def question(name):
    asked = unpack(QUESTION)
    asked["calls"][0]["function"] = name
    return pack(asked)


def reports(worker, *sources, names, **options):
    """Return what came of each name's probe: its output, failure or status."""
    cells = [check(s) if s in names else s for s in sources]
    probes = {name: question(name) for name in names}
    result = run(worker, *cells, probes=probes, **options)
    return {name: _said(result.probes[name]) for name in names}


def _said(probe):
    if probe.status != "answered":
        return probe.status
    if probe.lacking:
        return probe.lacking["kind"]
    (report,) = unpack(probe.data)
    if report["failure"]:
        return report["failure"]["type"]
    return np.ravel(report["outputs"]["y"]).tolist()


def where(name, body="os.getpid()"):
    return f"import os\ndef {name}(x):\n    return float({body})"


# --- who shares, and who does not


def test_answers_that_stand_on_functions_share_a_fork(worker):
    said = reports(worker, where("a"), "a", where("b"), "b", names=["a", "b"])
    assert said["a"] == said["b"]


OWN_FORK = {
    "a list": "kept = []\n" + where("b", "os.getpid() + len(kept)"),
    "an array": "import numpy as np\nw = np.zeros(2)\n"
    + where("b", "os.getpid() + w[0]"),
    "a method of a list": "add = [].append\n"
    + where("b", "os.getpid() + (add(1) or 0)"),
    "a method of a generator": "import numpy as np\n"
    "draw = np.random.default_rng(0).random\n" + where("b", "os.getpid() + 0 * draw()"),
    "a global it writes": "n = 0\n"
    + where("b", "os.getpid()").replace(
        "    return", "    global n\n    n += 1\n    return"
    ),
    "an attribute it writes": where("b", "os.getpid()").replace(
        "    return", "    b.times = 1\n    return"
    ),
    "a default that is a list": where("b").replace("(x)", "(x, seen=[])"),
    "a closure": "def make():\n    seen = []\n    import os\n"
    "    return lambda x: os.getpid() + float(len(seen))\nb = make()",
    "an object": "class B:\n    def __call__(self, x):\n        import os\n"
    "        return float(os.getpid())\nb = B()",
    "chance": "import numpy as np\n"
    + where("b", "os.getpid() + 0 * np.random.normal()"),
}


@pytest.mark.parametrize("source", OWN_FORK.values(), ids=OWN_FORK)
def test_an_answer_that_stands_on_anything_else_has_its_own_fork(worker, source):
    said = reports(worker, where("a"), "a", source, "b", names=["a", "b"])
    assert isinstance(said["b"], list) and said["a"] != said["b"]


# --- what a shared fork finds


def test_names_that_a_later_cell_changes_are_as_they_were_at_the_check(worker):
    cells = "def twice(x): return 2 * x\ndef a(x): return twice(x)", "a"
    later = "def twice(x): return 3 * x\ndef b(x): return twice(x)", "b"
    said = reports(worker, *cells, *later, "del twice, a, b", names=["a", "b"])
    assert said == {"a": [2.0, 4.0], "b": [3.0, 6.0]}


def test_a_name_that_only_a_later_cell_defines_is_not_there_yet(worker):
    cells = "def a(x): return later(x)", "a", "def later(x): return 2 * x"
    said = reports(worker, *cells, where("b", "1"), "b", names=["a", "b"])
    assert said == {"a": "NameError", "b": [1.0]}


def test_a_name_of_pythons_own_that_a_later_cell_covers_is_pythons_again(worker):
    cells = "def a(x): return x * len([1, 1])", "a", "len = None"
    assert reports(worker, *cells, names=["a"]) == {"a": [2.0, 4.0]}


def test_a_list_is_as_it_was_at_the_check(worker):
    cells = "factors = [2]\ndef a(x): return x * factors[0]", "a", "factors[0] = 7"
    assert reports(worker, *cells, names=["a"]) == {"a": [2.0, 4.0]}


ENDS = {"exit": "os._exit(3)", "loop": "[0 for _ in iter(int, 1)]"}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("how", ENDS)
def test_who_ends_the_shared_fork_costs_one_exercise(worker, how, place):
    names = ["a", "b", "c"]
    cells = []
    for k, name in enumerate(names):
        cells += [where(name, ENDS[how] if k == place else "1"), name]
    said = reports(worker, *cells, names=names, limits=QUICK)
    ended = "crashed" if how == "exit" else "timeout"
    assert said == {n: ended if k == place else [1.0] for k, n in enumerate(names)}


def test_answers_that_waited_in_a_lost_process_are_asked_again(worker):
    cells = where("a", "1"), "a", "import os; os._exit(3)", where("b", "2"), "b"
    assert reports(worker, *cells, names=["a", "b"]) == {"a": [1.0], "b": [2.0]}


def test_an_answer_that_lies_about_waiting_is_judged_by_what_its_author_left(worker):
    # Its cell finds the grader's own module and has everything wait, lists too.
    lie = (
        "import sys\n"
        "sys.modules['grader.snapshots'].note = lambda names, namespace: {}\n"
        "factors = [7]\ndef a(x): return x * factors[0]"
    )
    said = reports(worker, lie, "a", "factors[0] = 2", names=["a"])
    assert said["a"] == [2.0, 4.0]


# --- what needs no fork at all


LACKS = {
    "a name that is not there": ("x = 1", "missing"),
    "a name that holds None": ("double = None", "missing"),
    "the placeholder": (PLACEHOLDER, "not_written"),
    "the placeholder by another name": (
        PLACEHOLDER.replace("double", "other") + "\ndouble = other",
        "not_written",
    ),
}


@pytest.mark.parametrize("source, kind", LACKS.values(), ids=LACKS)
def test_what_is_not_there_is_said_without_a_fork(worker, source, kind):
    cells = (source, check("double"), "import os\nos.fork()")
    result = run(worker, *cells, probes={"double": QUESTION})
    assert result.probes["double"].lacking["kind"] == kind
    assert result.probes["double"].data is None
    assert result.cells[2].status == "error"  # no fork was allowed and left over


WRITTEN = {
    "an answer": (DOUBLE, [2.0, 4.0]),
    "a placeholder that does more": (
        PLACEHOLDER.replace("    raise", "    y = 2 * x\n    raise"),
        "NotImplementedError",
    ),
    "another error": (PLACEHOLDER.replace("NotImplemented", "Value"), "ValueError"),
}


@pytest.mark.parametrize("source, outcome", WRITTEN.values(), ids=WRITTEN)
def test_what_is_there_is_called(worker, source, outcome):
    assert reports(worker, source, "double", names=["double"]) == {"double": outcome}


# --- the notes themselves


def test_names_are_put_back_with_all_that_they_use():
    space = {"np": np}
    exec("def g(x): return np.exp(x)\ndef f(x): return [g(v) for v in x]", space)
    noted = snapshots.note(["f"], space)
    before = space["f"], space["g"]
    space.update(f=None, g=None, exp=3)
    snapshots.put_back(noted, space)
    assert (space["f"], space["g"]) == before
    assert "exp" not in space  # it was not there: `np.exp` is no name of the learner's


def test_a_value_that_may_change_anywhere_below_is_not_noted():
    space = {}
    exec("t = [1]\ndef g(): return t\ndef f(): return g()", space)
    assert snapshots.note(["f"], space) is None
    space["t"] = (1, 2)
    assert snapshots.note(["f"], space) is not None
    space["t"] = (1, [2])
    assert snapshots.note(["f"], space) is None
