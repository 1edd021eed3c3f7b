import json
import os
import subprocess
import sys

import pytest

REPORT = """
import json
from threadpoolctl import threadpool_info
print(json.dumps([pool["num_threads"] for pool in threadpool_info()]))
"""


def threads_after(code, **environment):
    """Return the threads of each linear algebra library in a fresh process."""
    kept = {key: value for key, value in os.environ.items() if "_NUM_THR" not in key}
    run = subprocess.run(
        [sys.executable, "-c", code + REPORT],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


@pytest.mark.parametrize(
    "code", ["import course_lib, numpy", "import numpy, course_lib"]
)
def test_linear_algebra_stays_on_one_thread_whatever_was_imported_first(code):
    assert set(threads_after(code)) == {1}


@pytest.mark.skipif(os.cpu_count() < 2, reason="needs a second core to tell")
def test_a_choice_in_the_environment_is_kept():
    code = "import course_lib, numpy"
    assert set(threads_after(code, OPENBLAS_NUM_THREADS="2")) == {2}


def test_importing_the_package_costs_little_beyond_numpy():
    code = (
        "import time, numpy; start = time.perf_counter(); import course_lib\n"
        "assert time.perf_counter() - start < 0.3\n"
    )
    threads_after(code)
