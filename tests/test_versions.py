"""What the course says it runs with is what it was run with: newest and oldest."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from conftest import copy_course, course_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from course_lib.settings import ROOT

FILES = ("requirements.txt", "requirements-cluster.txt", "requirements-tests.txt")
TEXTS = [(ROOT / name).read_text("utf-8") for name in FILES]
OLDEST = ROOT / "tests" / "oldest.txt"
OWN = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SERIES = (3, 11)  # for which those old versions have wheels
ENGINE_TESTS = ("layers", "losses", "network", "optimizers", "training", "gradients")
NO_NETWORK = re.compile("NewConnection|Name or service|name resolution|ProxyError")
RUN_ALL = """
import json
from grader.solutions import solutions
results = solutions(workers=2, as_built=False)
print(json.dumps([(result.lesson, result.problems) for result in results]))
"""


def pins(text):
    """Return the version of each package that the text of requirements pins."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    pairs = [line.partition("==")[::2] for line in lines if "==" in line]
    return {canonicalize_name(name): pinned for name, pinned in pairs}


def chosen(text):
    """Return the packages that are pinned for their own sake, not for another's."""
    return {(name, ()) for name in pins(text.partition("# what those need")[0])}


def needed_by(name, extras):
    """Return the packages, with extras, that an installed one needs on this machine."""
    found = [Requirement(text) for text in requires(name) or ()]
    return {
        (canonicalize_name(need.name), tuple(sorted(need.extras)))
        for need in found
        if need.marker is None
        or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    }


def off_the_pins(pinned):
    """Return the packages of which another version is installed than is pinned."""
    return {name: version(name) for name in pinned if version(name) != pinned[name]}


@pytest.fixture(scope="module")
def pinned():
    """Return the pins of what runs here; skip where another tool chose versions."""
    together = pins("\n".join(TEXTS))
    try:
        found = [name for name in together if version(name)]
    except PackageNotFoundError as error:
        pytest.skip(f"not installed from the requirements files: {error}")
    assert len(found) > 100
    return together


def test_what_is_installed_is_what_the_requirements_say(pinned):
    assert off_the_pins(pinned) == {}
    name = next(iter(pinned))
    assert off_the_pins({**pinned, name: "0.0.1"}) == {name: version(name)}


def test_everything_that_is_needed_is_pinned_and_nothing_else(pinned):
    needed, new = set(), set().union(*map(chosen, TEXTS))
    while new:
        needed |= new
        new = set().union(*(needed_by(*package) for package in new)) - needed
    assert {name for name, _ in needed} == set(pinned)


def test_the_oldest_versions_are_those_that_pyproject_names():
    oldest = pins(OLDEST.read_text("utf-8"))
    for text in OWN["dependencies"]:
        need = Requirement(text)
        (bound,) = need.specifier
        assert bound.operator == ">="
        name = canonicalize_name(need.name)
        assert Version(bound.version) == Version(oldest[name])
        assert Version(oldest[name]) < Version(pins(TEXTS[0])[name])


@pytest.fixture
def old_python(tmp_path):
    """Return a Python that has the oldest versions, and nothing else."""
    if sys.version_info[:2] != SERIES:
        pytest.skip("the oldest versions have wheels for Python 3.11 only")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "old"], check=True)
    folder = "Scripts" if os.name == "nt" else "bin"
    python = tmp_path / "old" / folder / "python"
    install = [python, "-m", "pip", "install", "--no-deps", "--retries", "2", "-r"]
    done = subprocess.run([*install, OLDEST], capture_output=True, text=True)
    if done.returncode and NO_NETWORK.search(done.stdout + done.stderr):
        pytest.skip("needs the network, to install the oldest versions")
    assert done.returncode == 0, done.stderr[-2000:]
    return python


@pytest.mark.full
def test_every_lesson_and_the_engine_run_on_the_oldest_versions(old_python, tmp_path):
    root = copy_course(tmp_path / "course")
    for folder in ("lessons", "solutions", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "artefacts", "[0-9]*.ipynb")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    given = {
        "cwd": root,
        "env": course_environment(root, COURSE_PYTHON=str(old_python)),
        "capture_output": True,
        "text": True,
    }
    tests = [f"tests/test_{name}.py" for name in ENGINE_TESTS]
    command = [old_python, "-m", "pytest", "-m", "not full", *tests]
    done = subprocess.run(command, **given, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    done = subprocess.run([old_python, "-c", RUN_ALL], **given, timeout=1500)
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads(done.stdout.splitlines()[-1])
    assert len(results) == len(list((ROOT / "solutions").glob("*/checks.py")))
    assert [result for result in results if result[1]] == []
