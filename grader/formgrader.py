"""Formgrader's slow buttons, pressed in a process of their own: the server goes on.

nbgrader's handlers do all work in the server's one thread: while somebody's endless
loop is graded, nobody's notebook would be saved. Here a helper does it, one thing after
the other; it stays warm, and ends with the server.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

HANDLERS = "nbgrader.server_extensions.formgrader.apihandlers"
SLOW = {
    "AutogradeHandler": "autograde",
    "GenerateFeedbackHandler": "generate_feedback",
    "GenerateAllFeedbackHandler": "generate_feedback",
}
_helpers = {}  # root -> Helper


def keep_awake(root):
    """Have Formgrader's slow buttons work elsewhere, if this is its server.

    Parameters
    ----------
    root : path-like
        The folder of ``course.toml`` and ``nbgrader_config.py``.
    """
    handlers = sys.modules.get(HANDLERS)
    if handlers is None:
        return
    helper = _helpers.setdefault(str(root), Helper(root))
    for name, method in SLOW.items():
        getattr(handlers, name).post = _post(helper, method)


def _post(helper, method):
    from nbgrader.server_extensions.formgrader.base import (
        check_notebook_dir,
        check_xsrf,
    )
    from tornado import web

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    async def post(self, *about):
        """Called by the server when the button is pressed."""
        self.write(json.dumps(await helper.press(method, about)))

    return post


class Helper:
    """A process that does what nbgrader's API does, started when first needed."""

    def __init__(self, root):
        self._root, self._process = root, None
        self._lock = threading.Lock()

    async def press(self, method, about):
        """Return what ``NbGraderAPI`` returns; the server does other things meanwhile.

        Parameters
        ----------
        method : str
            Of ``nbgrader.apps.api.NbGraderAPI``.
        about : sequence of str
            Its arguments.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def ask():
            answer = self.ask(method, about)
            with contextlib.suppress(RuntimeError):  # the server stopped meanwhile
                loop.call_soon_threadsafe(_settle, done, answer)

        # Not one of the loop's own threads: for those the server would wait at its end.
        threading.Thread(target=ask, daemon=True).start()
        return await done

    def ask(self, method, about):
        """Do the same, and wait for it."""
        with self._lock:
            try:
                process = self._running()
                process.stdin.write(json.dumps([method, *about]) + "\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())
            except (OSError, ValueError) as error:
                self.close()
                return {
                    "success": False,
                    "error": f"The process that does this died: {error}. Press again.",
                    "log": "",
                }

    def close(self):
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self):
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "grader.formgrader"],
                cwd=self._root,
                env={**os.environ, "PYTHONPATH": _path()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        return self._process


def _settle(done, answer):
    if not done.done():
        done.set_result(answer)


def _path():
    """Return the search path by which the helper finds this very grader."""
    here = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))


def main():
    """Answer requests, one a line, until the server is gone. The helper's life."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what is printed on the way is no answer
    for line in sys.stdin:
        method, *about = json.loads(line)
        answers.write(json.dumps(_do(method, about)) + "\n")
        answers.flush()


def _do(method, about):
    """Call nbgrader's API with the configuration that this folder has now."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.apps.baseapp import NbGrader
    from nbgrader.coursedir import CourseDirectory

    app = NbGrader()
    app.load_config_file()
    api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
    return getattr(api, method)(*about)


if __name__ == "__main__":
    main()
