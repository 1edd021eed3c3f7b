"""Keep a source that was saved as a notebook in the form in which the house writes it.

JupyterLab opens ``solutions/01_loss/01_loss.py`` as a notebook; jupytext saves it.
What `[tool.jupytext]` of pyproject.toml cannot say is put right here, after each save:
the header of four lines, and the empty cells of rubrics.
"""

import os
import re
from pathlib import Path

from grader.source import HEADER, LESSON_NAME

_KERNEL = re.compile(
    r"# ---\n# jupyter:\n#   kernelspec:\n"
    r"(?:#     \w+: .*\n)*#     name: python3\n# ---\n"
)
_EMPTY = re.compile(r"^(# %% \[markdown\] rubric=.*\n)#\n", re.MULTILINE)


def house_form(text):
    """Return a source's text with the house's header and without marks of emptiness."""
    if found := _KERNEL.match(text):
        text = HEADER + text[found.end() :]
    return _EMPTY.sub(r"\1", text)


def keep_form(model, os_path, **_):
    """Rewrite a lesson's source; Jupyter calls this when it has saved a file.

    Its time stays: JupyterLab would take another for a change from outside.
    """
    path = Path(os_path)
    if path.suffix != ".py" or path.stem != path.parent.name:
        return
    if not LESSON_NAME.fullmatch(path.stem):
        return
    written = path.read_bytes().decode("utf-8")
    wanted = house_form(written)
    if wanted != written:
        times = path.stat()
        path.write_bytes(wanted.encode())
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
