"""What the tests of the worker share: a question, its right answer, short ways."""

import numpy as np

from course_lib.values import pack, unpack
from grader.worker import Cell, Limits

QUICK = Limits(cell_seconds=0.6, probe_seconds=0.6)  # where a clock is to run out
QUESTION = pack(
    {
        "calls": [{"function": "double", "arguments": ["x"], "results": ["y"]}],
        "outputs": ["y"],
        "cases": [{"x": np.array([1.0, 2.0])}],
    }
)
DOUBLE = "def double(x):\n    return 2 * x"
CHECK = Cell("", exercise="double")


def run(worker, *sources, limits=None, probes=None, files=None):
    """Run cells given as text or as cells."""
    cells = [Cell(s) if isinstance(s, str) else s for s in sources]
    return worker.run(cells, probes or {}, limits, files)


def text(cell, name="stdout"):
    """Return what a cell wrote to a stream."""
    return "".join(o["text"] for o in cell.outputs if o.get("name") == name)


def printed(worker, source, limits=None):
    """Return what one cell printed; it has to end by itself."""
    (cell,) = run(worker, source, limits=limits).cells
    assert cell.status == "ok", cell.outputs
    return text(cell).strip()


def answered(probe):
    """Return the array that the learner's `double` gave."""
    assert probe.status == "answered", probe.message
    return unpack(probe.data)[0]["outputs"]["y"]
