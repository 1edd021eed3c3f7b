"""What the lessons import: the engine, the checks and the explorers.

Importing this package keeps linear algebra on one thread. For networks as small as
a lesson's, handing work to a second thread costs up to thirty times what it saves.
"""

import contextlib
import os
import sys

_THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def _use_one_thread():
    """Keep linear algebra on one thread, unless the environment says otherwise."""
    if any(name in os.environ for name in _THREAD_SETTINGS):
        return
    if "numpy" in sys.modules:
        # The library has read its environment already: tell the library itself.
        with contextlib.suppress(ImportError):
            from threadpoolctl import threadpool_limits

            threadpool_limits(limits=1, user_api="blas")
    else:
        os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))


_use_one_thread()
