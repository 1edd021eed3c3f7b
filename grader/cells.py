"""An IPython shell without a kernel: it runs cells and records what they show."""

import contextlib
import signal

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from traitlets.config import Config

from grader.capture import Recorder, display_data, error
from grader.magics import NO_PROGRAMS, leave_out_unknown, replace_magics


class CellShell(InteractiveShell):
    """Runs cells as a kernel would, and hands what they show to a `Recorder`.

    No history is kept, so that neither a thread nor a database exists when the process
    forks. Magics that would start a program say that they did not.
    """

    recorder = Recorder(0)
    last_count = None

    def __init__(self, **options):
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"  # or it looks for a profile
        # Colours take twice the time of the rest, and no feedback page shows them.
        config.InteractiveShell.colors = "nocolor"
        super().__init__(
            config=config,
            display_pub_class=_Publisher,
            displayhook_class=_Hook,
            **options,
        )
        replace_magics(self)
        self.enable_matplotlib("inline")

    def warm_up(self):
        """Load what showing an error needs, by showing one to nobody."""
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            self.showtraceback()
        self.recorder.begin(None)

    def record_with(self, recorder):
        """Hand what is shown from now on to a recorder."""
        self.recorder = recorder

    def run(self, source):
        """Run a cell; return "ok" or "error". An interrupt reaches only the cell."""
        self.last_count = self.execution_count if source.strip() else None
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._told = False
            result = self.run_cell(source, store_history=True)
            if result.success:
                return "ok"
            problem = result.error_before_exec or result.error_in_exec
            if not self._told and problem is not None:
                # No memory was left to read the lines of a traceback.
                self._showtraceback(type(problem), problem, [str(problem)])
            return "error"
        except KeyboardInterrupt:
            return "error"
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def enable_matplotlib(self, gui=None):
        """Draw pictures into the notebook, whichever way was asked for."""
        return super().enable_matplotlib("inline")

    def _tee(self, channel):
        """Keep no second copy of what is printed; IPython would keep all of it."""
        return contextlib.nullcontext()

    def enable_gui(self, gui=None):
        """Do nothing: there is no screen."""

    def ask_exit(self):
        """Go on: IPython calls this for `exit` and `quit`."""
        self.recorder.write("stderr", "exit() was left out: the notebook goes on.\n")

    def system(self, command):
        """Refuse a ``!command``."""
        self.recorder.write("stderr", NO_PROGRAMS % f"!{command.strip()}")

    def getoutput(self, command, split=True, depth=0):
        """Refuse a ``name = !command``; the name gets nothing."""
        self.system(command)
        return SList() if split else ""

    def init_ipython_dir(self, ipython_dir):
        """Keep no folder: IPython would make one in the home folder."""

    def init_profile_dir(self, profile_dir):
        """Keep no profile: IPython would write one to the home folder."""

    def init_virtualenv(self):
        """Keep the path as it is."""

    def _format_exception_for_storage(self, exception, *args, **options):
        """Store nothing: IPython would make each traceback a second time."""
        return {}

    def _showtraceback(self, etype, evalue, stb):
        """Record an exception. IPython calls this with the finished traceback."""
        self._told = True
        name = getattr(etype, "__name__", str(etype))
        if isinstance(evalue, MemoryError):
            evalue = evalue.args[0] if evalue.args else "the notebook ran out of memory"
        self.recorder.show(error(name, evalue, stb))

    def run_line_magic(self, magic_name, line, _stack_depth=1):
        """Run a line magic; IPython calls this for each ``%name``."""
        if leave_out_unknown(self, "line", magic_name):
            return None
        return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def run_cell_magic(self, magic_name, line, cell):
        """Run a cell magic; IPython calls this for each ``%%name``."""
        if leave_out_unknown(self, "cell", magic_name):
            return None
        return super().run_cell_magic(magic_name, line, cell)


class _Publisher(DisplayPublisher):
    """Where `display`, figures and widgets go."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **unused):
        display_id = (transient or {}).get("display_id")
        output = display_data(data, metadata)
        if update:
            recorder = self.shell.recorder
            recorder.update(display_id, output["data"], output["metadata"])
        else:
            self.shell.recorder.show(output, display_id)

    def clear_output(self, wait=False):
        self.shell.recorder.clear(wait)


class _Hook(DisplayHook):
    """Where the value of a cell's last line goes."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        count = self.prompt_count
        self.shell.recorder.show(
            display_data(format_dict, md_dict, execution_count=count)
        )

    def finish_displayhook(self):
        pass
