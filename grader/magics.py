"""What magics and ``!commands`` do where no kernel and nobody at a screen is.

Three kinds: those that start programs say that they did not; those that talk to the
person, the screen or the kernel do nothing, or say so; any other runs as IPython has
it. One that IPython does not know is left out with a note, so that the rest of its
cell counts.
"""

NO_PROGRAMS = "%s was not run: a notebook that is graded cannot start programs.\n"
LEFT_OUT = "%s was left out: it has no meaning where a notebook is graded.\n"
UNKNOWN = "%s was left out: IPython knows no such command here.\n"

# What only sets a comfort of the editor or the kernel: nobody misses it, so no word.
_SILENT = (
    "autosave",
    "clear",
    "cls",
    "colors",
    "gui",
    "load_ext",
    "pdb",
    "reload_ext",
    "autoreload",
    "unload_ext",
    "xmode",
)
_FOR_A_PERSON = (
    "bookmark",
    "cd",
    "connect_info",
    "debug",
    "dirs",
    "edit",
    "ed",
    "less",
    "load",
    "loadpy",
    "logstart",
    "man",
    "more",
    "notebook",
    "pastebin",
    "popd",
    "pushd",
    "qtconsole",
    "rehashx",
    "store",
    "subshell",
)
_PROGRAM_LINES = (
    "pip",
    "conda",
    "mamba",
    "micromamba",
    "uv",
    "sx",
    "system",
    "killbgscripts",
)
_PROGRAM_CELLS = ("bash", "sh", "script", "perl", "ruby", "pypy", "python", "python2",
                  "python3", "cmd", "sx", "system", "!")  # fmt: skip
_CELLS_FOR_A_PERSON = ("debug",)
_PICTURES = "InlineBackend"  # %config of it; the graded notebook keeps PNG pictures


def replace_magics(shell):
    """Register the magics of this module in an IPython shell.

    Parameters
    ----------
    shell : CellShell
        Its ``recorder`` gets the notes.
    """
    for kind, names, note in (
        ("line", _SILENT, ""),
        ("line", _FOR_A_PERSON, LEFT_OUT),
        ("line", _PROGRAM_LINES, NO_PROGRAMS),
        ("cell", _PROGRAM_CELLS, NO_PROGRAMS),
        ("cell", _CELLS_FOR_A_PERSON, LEFT_OUT),
    ):
        for name in names:
            magic = _leave_out(shell, _written(kind, name), note)
            shell.register_magic_function(magic, kind, name)
    lines = shell.magics_manager.magics["line"]
    configure = lines["config"]

    def config(line):
        return None if line.strip().startswith(_PICTURES) else configure(line)

    lines["config"] = config  # to register it would hide the magics' own `config`


def leave_out_unknown(shell, kind, name):
    """Note that there is no such magic; return whether that is so."""
    if name in shell.magics_manager.magics[kind]:
        return False
    shell.recorder.write("stderr", UNKNOWN % _written(kind, name))
    return True


def _leave_out(shell, written, note):
    def magic(line, cell=""):
        if note:
            shell.recorder.write("stderr", note % written)

    return magic


def _written(kind, name):
    return ("%" if kind == "line" else "%%") + name
