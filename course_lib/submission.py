"""The Submit button in a lesson's last cell, and the answer below it."""

import ast
import contextlib
import inspect
import json
import os
import textwrap
import threading
import time
from pathlib import Path

from course_lib import hand_in as post
from course_lib import page
from course_lib.settings import load_settings
from course_lib.submission_messages import Message, answer_message, waiting_message

IN_ITS_PLACE = "In JupyterLab a Submit button appears here."
SAVE_SECONDS = 4.0  # how long JupyterLab may take to write the notebook
NOW_SECONDS = 60.0  # how long `submit(..., now=True)` waits for its answer
WATCH_SECONDS = 4 * 3600.0  # how long the button's cell looks for an answer
# The first way needs `--expose-app-in-browser`, which `course.py lab` sets; the second
# presses Ctrl+S, or Cmd+S on a Mac.
SAVE = """\
setTimeout(() => {
  if (window.jupyterapp) {
    window.jupyterapp.commands.execute("docmanager:save");
    return;
  }
  const mac = navigator.platform.startsWith("Mac");
  (document.activeElement || document.body).dispatchEvent(
    new KeyboardEvent("keydown", {
      key: "s", code: "KeyS", keyCode: 83, bubbles: true, cancelable: true,
      ctrlKey: !mac, metaKey: mac,
    })
  );
}, 50);
"""


def submit(lesson, now=False):
    """Show a button that hands this notebook in and shows the grader's answer.

    Running the cell hands nothing in; only the button does, so that "Run all cells"
    and Validate never do it by accident.

    Parameters
    ----------
    lesson : str
        Such as ``"01_loss"``.
    now : bool, default=False
        Hand in at once, without a button, and wait up to a minute for the answer.
    """
    if os.environ.get("COURSE_GRADING"):  # a grader is running this very cell
        return
    if os.environ.get("COURSE_HEADLESS"):
        print(IN_ITS_PLACE)
        return
    desk = Desk(lesson)
    if now:
        desk.show()
        desk.submit()
        desk.follow(NOW_SECONDS)
    else:
        desk.show_button()


class Desk:
    """One submit cell: a button, and a place for what there is to say.

    Parameters
    ----------
    lesson : str
    settings : Settings, default=the course's
    """

    def __init__(self, lesson, settings=None):
        self.lesson = lesson
        self.settings = settings or load_settings()
        self.notebook = find_notebook(lesson, self.settings)
        self.receipt = post.last_receipt(lesson, self.settings)
        self.warning = ""
        self.file = None
        self._place = None
        self._saver = None
        self._handing_in = threading.Lock()

    def show_button(self):
        """Show the button and, below it, how the last submission stands."""
        import ipywidgets

        button = ipywidgets.Button(
            description=f"Submit {self.lesson}",
            button_style="primary",
            tooltip="Hand this notebook in",
            layout={"width": "auto"},  # a lesson's name is longer than a button
        )
        button.on_click(self._clicked)
        self.show(button, instead=f"<p>{IN_ITS_PLACE}</p>")

    def show(self, *above, instead=""):
        """Open the place where messages appear, below what stands above it.

        Parameters
        ----------
        *above : Widget
        instead : str
            HTML in place of the widgets, on pages where they are dead.
        """
        import ipywidgets
        from IPython.display import display

        self._saver = ipywidgets.Output(layout={"height": "0px", "margin": "0px"})
        page.show_widget(ipywidgets.VBox([*above, self._saver]), instead)
        first = self._standing() if self.receipt else Message("Nothing handed in yet.")
        self._place = display(first, display_id=True)

    def submit(self):
        """Have the notebook saved, hand it in; say so, or why it could not be."""
        self.say(Message("Saving the notebook …"))
        saved = self._save()
        try:
            self.warning = staleness(self.notebook, saved)
            self.receipt = post.hand_in(self.lesson, self.notebook, self.settings)
            if post.stays_here(self.settings):  # beside the lesson, so that it is seen
                folder = self.notebook.parent
                self.file = post.write_zip(
                    self.lesson, self.notebook, self.settings, folder
                )
        except (OSError, ValueError) as error:
            self.receipt = None
            self.say(Message(f"Not handed in: {error}\nYour notebook is as it was."))
            return
        self.say(self._standing())

    def follow(self, seconds=WATCH_SECONDS):
        """Say how the submission stands until its answer is there."""
        receipt, started, last = self.receipt, time.monotonic(), None
        while receipt is not None and receipt is self.receipt:
            message = self._standing()
            if message.text != last:
                self.say(message)
                last = message.text
            waited = time.monotonic() - started
            if post.read_answer(receipt) is not None or waited > seconds:
                return
            time.sleep(0.2 if waited < 30 else 2.0)

    def say(self, message):
        """Show `message` in place of the last one."""
        if self._place is None:
            print(message)
        else:
            self._place.update(message)

    def _clicked(self, button):
        with self._handing_in:
            button.disabled = True
            try:
                self.submit()
            finally:
                button.disabled = False
        # The kernel stays free for the next cell while the answer is on its way.
        threading.Thread(target=self.follow, daemon=True).start()

    def _standing(self):
        """Return how the newest submission stands."""
        answer = post.read_answer(self.receipt)
        if answer is not None:
            return answer_message(self.receipt, answer, self.notebook, self.warning)
        running = post.grader_is_running(self.settings)
        return waiting_message(self.receipt, running, self.warning, self.file)

    def _save(self):
        """Have JupyterLab save; return whether the file was written since."""
        before = _written(self.notebook)
        if self._saver is None:
            return False
        from IPython.display import Javascript

        self._saver.append_display_data(Javascript(SAVE))
        deadline = time.monotonic() + SAVE_SECONDS
        while time.monotonic() < deadline:
            if _written(self.notebook) != before and _is_whole(self.notebook):
                self._saver.outputs = ()
                return True
            time.sleep(0.05)
        self._saver.outputs = ()
        return False


def find_notebook(lesson, settings):
    """Return the file of the notebook that this kernel runs.

    JupyterLab tells its kernels in a variable of the environment; elsewhere it is
    the lesson's own notebook.
    """
    told = os.environ.get("JPY_SESSION_NAME", "")
    if told.endswith(".ipynb"):
        for path in (Path(told), settings.root / told):
            if path.is_file():
                return path
    here = Path.cwd() / f"{lesson}.ipynb"
    return here if here.is_file() else settings.lesson_notebook(lesson)


def staleness(notebook, saved):
    """Return a warning when the functions in memory are not those in the file.

    Parameters
    ----------
    notebook : Path
        The file that is handed in.
    saved : bool
        Whether it was written just now.

    Returns
    -------
    str
        Empty if there is nothing to warn of.
    """
    changed = changed_functions(notebook.read_text("utf-8"), _namespace())
    if not changed:
        return ""
    names = " and ".join(changed)
    if saved:
        return (
            f"The notebook's text of {names} is not what you ran last. The text is "
            "graded: run that cell again, and its check."
        )
    return (
        f"The saved notebook's text of {names} is not what you ran last, and the "
        "notebook could not be saved from here. If you changed it since, save with "
        "Ctrl+S and submit again."
    )


def changed_functions(text, namespace):
    """Return the functions that the notebook `text` defines otherwise than memory."""
    in_file = {}
    for cell in json.loads(text).get("cells", ()):
        if cell.get("cell_type") == "code":
            with contextlib.suppress(SyntaxError):
                for node in ast.parse("".join(cell.get("source", ""))).body:
                    if isinstance(node, ast.FunctionDef):
                        in_file[node.name] = ast.dump(node)
    changed = []
    for name, definition in in_file.items():
        with contextlib.suppress(OSError, TypeError, SyntaxError, IndexError):
            source = textwrap.dedent(inspect.getsource(namespace.get(name)))
            if ast.dump(ast.parse(source).body[0]) != definition:
                changed.append(name)
    return changed


def _written(notebook):
    try:
        state = notebook.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def _is_whole(notebook):
    try:
        json.loads(notebook.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _namespace():
    from IPython import get_ipython

    shell = get_ipython()
    return shell.user_ns if shell else {}
