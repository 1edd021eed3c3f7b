"""Packages whose modules can be had without all that the package imports first."""

import json
import subprocess
import sys

import pytest

from grader.deferred import defer


def tell(code):
    """Return what a fresh process prints as JSON."""
    command = [sys.executable, "-P", "-c", f"import json, sys\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_tables_come_without_the_extensions_of_jupyterlab():
    loaded = tell(
        "import grader.__main__\n"
        "from nbgrader import api\n"
        "import jupytext.cell_reader\n"
        "api.Gradebook\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert "nbgrader.api" in loaded and "jupytext.cell_reader" in loaded
    assert not {"nbgrader.server_extensions", "nbgrader.apps", "nbconvert"} & {*loaded}
    assert "jupytext.contentsmanager" not in loaded


def test_what_a_package_itself_has_is_there_as_soon_as_somebody_asks():
    version, extension, kind = tell(
        "import grader.__main__, nbgrader.api, nbgrader\n"
        "about = nbgrader.__version__, nbgrader._jupyter_server_extension_points()\n"
        "print(json.dumps([*about, type(nbgrader).__name__]))"
    )
    assert version[0].isdigit() and kind == "module"
    assert extension == [{"module": "nbgrader"}]


def test_a_name_that_is_nowhere_is_missed_as_ever():
    said = tell(
        "import grader.__main__\n"
        "try:\n"
        "    from nbgrader import nothing_of_the_kind\n"
        "except ImportError as error:\n"
        "    print(json.dumps(str(error)))"
    )
    assert "nothing_of_the_kind" in said


def test_packages_that_are_imported_or_missing_are_left_alone():
    here = sys.modules["json"]
    defer("json")
    assert sys.modules["json"] is here
    defer("no_package_of_this_name")
    with pytest.raises(ModuleNotFoundError):
        __import__("no_package_of_this_name")
