"""`course.py`: the one command that starts everything, on machines of all kinds."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import copy_course, course_environment

from course_lib.settings import ROOT

SOURCE = (ROOT / "course.py").read_text(encoding="utf-8")
OLD_PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.[6-9].*/bin/python"))
ECHO = "import sys\nprint('grader was asked:', sys.argv[1:])\n"
VENV_PYTHON = Path("Scripts/python.exe" if os.name == "nt" else "bin/python")
NOT_ON_WINDOWS = pytest.mark.skipif(os.name == "nt", reason="works otherwise there")


def run(root, *arguments, python=sys.executable, timeout=120, **environment):
    """Run a copy's course.py, with a `.venv` of its own, and return what it did."""
    given = course_environment(root)
    del given["COURSE_PYTHON"]
    return subprocess.run(
        [python, root / "course.py", *arguments],
        env={**given, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.fixture
def bare(tmp_path):
    """A course that needs no packages and whose grader only repeats what it is told."""
    root = tmp_path / "course"
    (root / "course_lib").mkdir(parents=True)
    (root / "grader").mkdir()
    for name in ("course.py", "course_lib/__init__.py", "course_lib/file_lock.py"):
        shutil.copy(ROOT / name, root / name)
    (root / "grader" / "__init__.py").touch()
    (root / "grader" / "__main__.py").write_text(ECHO)
    (root / "requirements.txt").write_text("# nothing\n")
    for what in ("cluster", "tests"):
        (root / f"requirements-{what}.txt").write_text("# nothing\n")
    return root


def test_an_old_python_can_read_it():
    ast.parse(SOURCE, feature_version=(3, 6))


@pytest.mark.skipif(not OLD_PYTHONS, reason="needs a Python from 3.6 to 3.9: pyenv")
def test_an_old_python_is_told_which_one_is_needed():
    for python in OLD_PYTHONS:
        done = subprocess.run([python, ROOT / "course.py", "lab"], capture_output=True)
        assert done.returncode == 1
        assert b"expected 3.11 or newer" in done.stderr
        assert b"Traceback" not in done.stderr


def test_it_needs_nothing_but_python():
    names = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    assert names - set(sys.stdlib_module_names) == {"course_lib.file_lock"}


def test_alone_it_says_what_it_can_do_and_makes_nothing(bare):
    done = run(bare)
    assert done.returncode == 0 and "lab [--no-browser] [--port N]" in done.stdout
    assert not (bare / ".venv").exists()


def test_a_python_that_is_not_there_is_named(bare):
    done = run(bare, "lab", COURSE_PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "COURSE_PYTHON is '/no/such/python'" in done.stderr


def test_other_commands_go_to_the_grader_with_their_exit_code(bare):
    done = run(bare, "grade", "01_loss", "my file.ipynb", COURSE_PYTHON=sys.executable)
    assert "grader was asked: ['grade', '01_loss', 'my file.ipynb']" in done.stdout
    (bare / "grader" / "__main__.py").write_text("raise SystemExit(3)")
    assert run(bare, "audit", COURSE_PYTHON=sys.executable).returncode == 3


def test_a_python_without_venv_is_told_what_to_install(bare, tmp_path):
    stub = tmp_path / "debian"
    stub.mkdir()
    (stub / "ensurepip.py").write_text("raise ImportError('packed apart')")
    done = run(bare, "build", PYTHONPATH=str(stub))
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


def test_a_file_in_the_place_of_the_folder_is_said(bare):
    (bare / ".venv").write_text("")
    done = run(bare, "build")
    assert done.returncode == 1 and "is a file, expected a folder" in done.stderr


@NOT_ON_WINDOWS
def test_a_folder_that_cannot_be_written_is_said(bare, tmp_path):
    as_nobody = {"user": 65534, "group": 65534} if os.getuid() == 0 else {}
    for folder in (tmp_path, *tmp_path.parents):  # let another user come this far
        if folder.owner() == tmp_path.owner() and folder != Path(folder.anchor):
            folder.chmod(folder.stat().st_mode | 0o055)
    bare.chmod(0o555)
    command = [sys.executable, str(bare / "course.py"), "build"]
    readable = os.access(Path(sys.executable).resolve(), os.X_OK) and not (
        as_nobody and str(Path(sys.executable).resolve()).startswith("/root")
    )
    if not readable:  # this Python lies in a home that nobody else may enter
        command[0] = shutil.which("python3", path="/usr/bin:/bin") or pytest.skip(
            "needs a Python outside of root's home: apt-get install python3"
        )
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={"PATH": os.defpath},
        cwd="/",
        **as_nobody,
    )
    bare.chmod(0o755)
    assert done.returncode == 1
    assert ".venv cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.full
def test_the_first_start_makes_the_folder_and_the_second_installs_nothing(bare):
    first = run(bare, "build", PYTHONPATH=str(bare))
    assert "Making .venv, once." in first.stdout
    assert "Installing what requirements.txt lists" in first.stdout
    assert "grader was asked: ['build']" in first.stdout
    second = run(bare, "build", PYTHONPATH=str(bare))
    assert second.stdout == "grader was asked: ['build']\n"
    (bare / "requirements.txt").write_text("# changed\n")
    assert "Installing" in run(bare, "build", PYTHONPATH=str(bare)).stdout


@pytest.mark.full
@NOT_ON_WINDOWS
def test_a_broken_folder_is_said_and_made_again(bare):
    assert run(bare, "build", PYTHONPATH=str(bare)).returncode == 0
    python = bare / ".venv" / VENV_PYTHON
    for breaking, words in (
        (lambda: python.unlink() or python.symlink_to("/gone"), "Making .venv"),
        (lambda: python.unlink() or python.write_text(""), "is broken:"),
        (lambda: (bare / ".venv/course-install-unfinished").touch(), "is unfinished"),
    ):
        breaking()
        (bare / ".venv" / "course-stamp.json").unlink()
        done = run(bare, "build", PYTHONPATH=str(bare))
        assert words in done.stdout, done
        assert "grader was asked: ['build']" in done.stdout


@pytest.mark.full
def test_two_starts_at_once_make_one_folder(bare):
    environment = course_environment(bare)
    del environment["COURSE_PYTHON"]
    both = [
        subprocess.Popen(
            [sys.executable, bare / "course.py", "build"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all("grader was asked: ['build']" in text for text in said)
    assert sum("Making .venv" in text for text in said) == 1


@pytest.mark.full
def test_without_a_network_it_says_so_and_recovers(bare):
    (bare / "requirements.txt").write_text("six==1.17.0\n")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_NO_CACHE_DIR": "1"}
    done = run(bare, "build", PYTHONPATH=str(bare), **nowhere)
    assert done.returncode == 1
    assert "there seems to be no network" in done.stderr
    assert "course-install.log" in done.stderr
    (bare / "requirements.txt").write_text("# nothing\n")
    done = run(bare, "build", PYTHONPATH=str(bare))
    assert "grader was asked" in done.stdout and "Making" not in done.stdout


@pytest.mark.full
def test_what_pip_says_is_passed_on_when_it_is_not_the_network(bare):
    (bare / "requirements.txt").write_text("-e ./no-such-folder\n")
    done = run(bare, "build", PYTHONPATH=str(bare))
    assert done.returncode == 1
    assert "pip said:" in done.stderr and "no-such-folder" in done.stderr


@pytest.mark.full
def test_a_fresh_copy_installs_builds_its_packages_and_runs_tests(tmp_path):
    root = copy_course(tmp_path / "a course")
    (root / "tests").mkdir()
    (root / "tests" / "test_one.py").write_text(
        "import course_lib.layers, grader.grade, nbgrader.apps, sklearn, playwright\n"
        f"\ndef test_here():\n    assert {str(root)!r} in course_lib.layers.__file__\n"
    )
    environment = {"PYTHONPATH": "", "HOME": str(Path.home())}  # pip's cache helps
    done = run(root, "test", "-p", "no:cacheprovider", timeout=900, **environment)
    assert done.returncode == 0, done
    assert done.stdout.rstrip().splitlines()[-1].startswith("1 passed")
    checked = subprocess.run(
        [root / ".venv" / VENV_PYTHON, "-m", "pip", "check"],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout
