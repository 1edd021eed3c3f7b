"""Work on several processes: results in order, errors whole, a death is said."""

import os
import signal

import pytest

from grader.errors import ProcessDied, SourceError
from grader.together import in_processes


def square(x):
    return x * x, os.getpid()


def refuse(x):
    raise SourceError("checks.py", x, "no. Write yes.")


def die(x):
    if x == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def test_results_come_in_the_order_of_the_jobs_from_other_processes():
    done = []
    found = in_processes(square, [3, 1, 2], workers=2, done=done.append)
    assert [value for value, _ in found] == [9, 1, 4]
    assert os.getpid() not in {process for _, process in found}
    assert sorted(done) == [1, 2, 3]


def test_one_worker_is_this_process():
    assert in_processes(square, [3, 1], workers=1)[0] == (9, os.getpid())


def test_an_error_arrives_with_file_and_line():
    with pytest.raises(SourceError, match="checks.py:7: no. Write yes.") as caught:
        in_processes(refuse, [7, 7], workers=2)
    assert caught.value.line == 7


@pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")
def test_a_killed_process_is_said_with_the_way_on():
    with pytest.raises(ProcessDied, match="a process died.*--workers 1"):
        in_processes(die, [1, 2, 3, 4], workers=2)
