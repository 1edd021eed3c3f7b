#!/usr/bin/env python3
"""Start the course: `python3 course.py lab`. Needs Python 3.11 or newer, nothing else.

Makes `.venv`, installs what the course needs, then does what was asked. This file is
written so that an old Python can still read it and say what is missing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "course-stamp.json")
LOG = os.path.join(VENV, "course-install.log")
UNFINISHED = os.path.join(VENV, "course-install-unfinished")
ONLY_WHOLE = """\
  test [PYTEST OPTIONS]           run the tests
  COMMAND ...                     any command of `python -m grader`;
                                  `python3 course.py --help` lists them
"""
HELP = """\
usage: python3 course.py COMMAND ...

  lab [--no-browser] [--port N]   open the course in JupyterLab{beside}
  submit LESSON [--zip]           hand in your notebook of a lesson
{whole}
The first start makes the folder .venv and installs what the course needs there.
Set COURSE_PYTHON=/path/to/python to use that Python as it is and install nothing.
"""
NO_NETWORK = (
    "NewConnectionError",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "Network is unreachable",
    "ConnectTimeoutError",
    "getaddrinfo failed",
    "ProxyError",
    "Read timed out",
)


class Problem(Exception):
    """What happened, what was expected, how to go on."""


def main(arguments):
    """Prepare `.venv`, then do what `arguments` ask for. Return the exit code."""
    if sys.version_info < OLDEST:
        raise Problem(
            f"This is Python {sys.version.split()[0]}, expected 3.11 or newer.\n"
            "Install one from https://www.python.org/downloads/ (or your system's "
            "packages),\nthen start with it, for example: python3.12 course.py lab"
        )
    whole = os.path.isdir(os.path.join(ROOT, "grader"))
    if not arguments or not whole and arguments[0] in ("-h", "--help"):
        beside, more = (", grading beside it", ONLY_WHOLE) if whole else ("", "")
        print(HELP.format(beside=beside, whole=more), end="")
        return 0
    command, rest = arguments[0], arguments[1:]
    if not whole and command not in ("lab", "submit"):
        raise Problem(
            f"{command!r} needs the grader, and this is a learner's copy without it.\n"
            "Expected here: lab or submit."
        )
    python = prepare(with_tests=command == "test")
    programs = [os.path.dirname(python), os.environ.get("PATH", os.defpath)]
    os.environ["PATH"] = os.pathsep.join(programs)  # nbgrader calls alembic
    for library in ("OMP", "OPENBLAS", "MKL"):  # networks this small: one is faster
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    if command in ("lab", "submit"):
        return hand_over(python, ["-P", "-m", "course_lib." + command] + rest)
    if command == "test":
        os.chdir(ROOT)
        return hand_over(python, ["-m", "pytest", "-rs"] + rest)
    return hand_over(python, ["-P", "-m", "grader"] + arguments)


def hand_over(python, arguments):
    """Become `python` with `arguments`, or run it where a process cannot become."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(python, [python] + arguments)
    lifeline = None
    if "course_lib.lab" in arguments:  # it ends with this process, even if killed
        arguments.insert(arguments.index("course_lib.lab"), "course_lib.lifeline")
        lifeline = subprocess.PIPE
    child = subprocess.Popen([python] + arguments, stdin=lifeline)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # Ctrl-C reached the child too, which answers it
            continue


def prepare(with_tests=False):
    """Return a Python that has what the course needs; make `.venv` if need be."""
    own = os.environ.get("COURSE_PYTHON")
    if own:
        if not shutil.which(own):
            raise Problem(
                f"COURSE_PYTHON is {own!r}, and there is no such program.\n"
                "Expected: the path of a Python that has the course's packages. "
                "Correct it or unset it."
            )
        os.environ["PYTHONPATH"] = ROOT
        return shutil.which(own)
    wanted = [os.path.join(ROOT, "requirements.txt")]
    if with_tests:
        for what in ("cluster", "tests"):
            wanted.append(os.path.join(ROOT, f"requirements-{what}.txt"))
    if not (missing(wanted) or ailing()):
        return venv_python()
    make_folder()
    sys.path.insert(0, ROOT)
    from course_lib.file_lock import file_lock

    lock = os.path.join(VENV, "course.lock")
    with file_lock(lock, on_wait=lambda: say("Waiting: .venv is being prepared.")):
        complaint = ailing()
        if complaint:
            make_venv(complaint)
        for file in missing(wanted):
            install(file)
    return venv_python()


def venv_python():
    """Return the path of the Python in `.venv`."""
    folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, folder, name)


def ailing():
    """Return why `.venv` cannot be used as it is, or None."""
    if not os.path.exists(venv_python()):
        return "missing"
    if os.path.exists(UNFINISHED):
        return "unfinished: an installation was interrupted"
    question = "import sys, pip; print(sys.version_info[:2] >= (3, 11), sys.prefix)"
    try:
        answer = subprocess.run(
            [venv_python(), "-I", "-c", question], capture_output=True, text=True
        )
    except OSError as error:
        return f"broken: {error}"
    if answer.returncode:
        return f"broken: {(answer.stderr.strip().splitlines() or ['it fails'])[-1]}"
    if not answer.stdout.startswith("True"):
        return "made with a Python older than 3.11"
    return None


def missing(files):
    """Return those of the requirement `files` that are not installed as they are."""
    stamp = read_stamp()
    return [file for file in files if stamp.get(os.path.basename(file)) != digest(file)]


def digest(file):
    """Return what `.venv` must remember of a requirements file: text and place."""
    try:
        with open(file, "rb") as stream:
            text = stream.read()
    except OSError as error:
        raise Problem(
            f"{file} cannot be read: {error.strerror}.\n"
            "It belongs to the course. Get the course again, or restore that file."
        ) from None
    return hashlib.sha256(text + ROOT.encode()).hexdigest()


def read_stamp():
    """Return what is installed in `.venv`, by requirements file."""
    try:
        with open(STAMP) as stream:
            return dict(json.load(stream))
    except (OSError, ValueError, TypeError):
        return {}


def make_folder():
    """Make the folder of `.venv`, so that there is a place for the lock."""
    try:
        os.makedirs(VENV, exist_ok=True)
        open(os.path.join(VENV, "course.lock"), "a").close()
    except FileExistsError:
        raise Problem(
            f"{VENV} is a file, expected a folder.\nRemove it, then start again."
        ) from None
    except OSError as error:
        raise Problem(
            f"{VENV} cannot be written: {error.strerror}.\n"
            "Expected: a folder that you may write in. Copy the course into one,\n"
            "or set COURSE_PYTHON to a Python that has its packages."
        ) from None


def make_venv(complaint):
    """Make `.venv` from nothing, with pip in it."""
    if complaint != "missing":
        say(f"The folder .venv is {complaint}. Making it again.")
    try:
        empty_venv()
    except OSError as error:
        raise Problem(
            f"{error.filename} cannot be removed: {error.strerror}.\n"
            f"Close what uses it, remove the folder {VENV}, then start again."
        ) from None
    try:
        import ensurepip  # noqa: F401  Debian packs this apart from Python
        import venv  # noqa: F401
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        raise Problem(
            f"This Python ({sys.executable}) comes without venv and ensurepip, which "
            "make .venv.\nOn Debian and Ubuntu: apt install python3-venv (or "
            f"python{version}-venv), then start again."
        ) from None
    say("Making .venv, once.")
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], capture_output=True, text=True
    )
    if made.returncode:
        raise Problem(
            "python -m venv did not succeed:\n"
            f"{(made.stdout + made.stderr).strip()}\nRemove {VENV}, then start again."
        )


def empty_venv():
    """Remove everything in `.venv` but the lock, which is being held."""
    for name in os.listdir(VENV):
        path = os.path.join(VENV, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif name != "course.lock":
            os.remove(path)


def install(file):
    """Install a requirements file into `.venv`, and remember that it is there."""
    name = os.path.basename(file)
    say(f"Installing what {name} lists (some minutes, once).")
    open(UNFINISHED, "w").close()
    command = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--no-input", "--retries", "2", "-r", file]
    with open(LOG, "w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        report = Progress(file)
        for line in pip.stdout:
            line = line.decode("utf-8", "replace")
            log.write(line)
            report(line)
        code = pip.wait()
        report.end()
    if code >= 0:
        os.remove(UNFINISHED)  # pip ended by itself: it leaves nothing by halves
    if code:
        raise Problem(why_pip_failed(name))
    stamp = dict(read_stamp(), **{name: digest(file)})
    with open(STAMP + ".new", "w") as stream:
        json.dump(stamp, stream, indent=1)
    os.replace(STAMP + ".new", STAMP)


class Progress:
    """Say on a terminal what pip is at, in one line that is written over."""

    def __init__(self, file):
        with open(file, encoding="utf-8") as stream:
            self.total = sum("==" in line.partition("#")[0] for line in stream)
        self.found = 0

    def __call__(self, line):
        """Show one line of pip's, if it says how far pip is."""
        if line.startswith("Collecting "):
            self.found = min(self.found + 1, self.total)
            name = line.split()[1].partition("==")[0]
            self.show(f"  fetching {self.found} of {self.total}: {name}")
        elif line.startswith("Installing collected"):
            self.show("  unpacking them all: this takes the longest")

    def end(self):
        """Leave an empty line."""
        self.show("")

    def show(self, text):
        """Write `text` over what the line said before."""
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            print("\r" + text[:width].ljust(width) + "\r", end="", flush=True)


def why_pip_failed(name):
    """Return what pip's log says, in the course's words."""
    with open(LOG, encoding="utf-8") as stream:
        log = stream.read()
    if any(sign in log for sign in NO_NETWORK):
        cause = "The package index could not be reached: there seems to be no network."
        way = "Connect to the network (or set HTTPS_PROXY), then start again."
    elif "No space left" in log:
        cause = "The disk is full."
        way = "Free about 1 GB, then start again."
    else:
        cause = "pip said:\n  " + "\n  ".join(log.strip().splitlines()[-8:])
        way = "Start again; if that does not help, remove the folder .venv first."
    return f"Could not install {name}. {cause}\n{way}\nEverything pip said: {LOG}"


def say(text):
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
