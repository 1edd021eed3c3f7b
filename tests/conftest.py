"""What several test files share: a copy of the course that tests may change."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from browsing import (
    CHROMIUM,
    NO_CHROMIUM,
    copy_for_learner,
    running_chromium,
    running_lab,
)
from small_course import skip_without_walls, write_course

from course_lib.settings import ROOT, load_settings
from grader.exercises import lesson_names

PARTS = (
    "course.py",
    "course.toml",
    "nbgrader_config.py",
    "jupyter_server_config.py",
    "pyproject.toml",
    "requirements.txt",
    "requirements-cluster.txt",
    "requirements-tests.txt",
    "course_lib",
    "grader",
)
# What starts the grader again and again, or trains one network after the other.
LARGE = {
    *("test_batch", "test_class_report", "test_collecting", "test_explain"),
    *("test_explorers_exam", "test_giving_back", "test_manual_answers"),
    *("test_nbgrader", "test_solutions", "test_submission", "test_watch"),
    *("test_broken_files", "test_forging", "test_resources", "test_walls"),
    *("test_contact_sheet", "test_deferred", "test_diagnosis"),
    *("test_experiments_02", "test_experiments_05", "test_experiments_10"),
    "test_experiments_12",
}
OF_EVERY_LESSON = {"test_lessons", "test_mistake_code", "test_lesson_imports"}
QUICK_LESSONS = {"01_loss", "04_layers"}
TRASH = shutil.ignore_patterns("__pycache__", "*.egg-info")


def copy_course(root):
    """Copy the course's programs to `root`, without lessons and solutions."""
    root.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, root / part, ignore=TRASH)
        else:
            shutil.copy(ROOT / part, root / part)
    return root


def course_environment(root, **more):
    """Return the environment in which the copy at `root` runs: this Python, its code.

    Nothing of this computer's user is read or written: home, Jupyter's folders and
    the exchange are the copy's own.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COURSE_", "JUPYTER_", "JPY_", "PYTEST_"))
    }
    home = root / "home"
    home.mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(home),
        "COURSE_PYTHON": sys.executable,
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


@pytest.fixture
def rng():
    """Return a source of chance that draws the same in every run."""
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def built_course(tmp_path_factory):
    """Return a copy of the course whose one small lesson is built. Do not change it."""
    root = copy_course(tmp_path_factory.mktemp("built") / "course")
    identity = (root / "course.toml").read_text(encoding="utf-8")
    write_course(root)
    (root / "course.toml").write_text(identity, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-P", "-m", "grader", "build"],
        cwd=root,
        env=course_environment(root),
        check=True,
        capture_output=True,
    )
    shutil.rmtree(root / "home")
    return root


@pytest.fixture
def course(built_course, tmp_path) -> Path:
    """Return the root of a copy of the course with one small lesson, built."""
    return Path(shutil.copytree(built_course, tmp_path / "course"))


@pytest.fixture
def settings(course):
    """Return the settings of the test's own copy of the course."""
    return load_settings(course)


@pytest.fixture(scope="module")
def worker():
    """Return a warm worker that runs of this process and of its forks share."""
    from grader.worker import Worker

    skip_without_walls()
    with Worker() as worker:
        worker.share()
        yield worker


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Return the attack lab, with one warm worker for all that is graded in it."""
    from attack_lab import Lab

    skip_without_walls()
    lab = Lab(tmp_path_factory.mktemp("lab"))
    with lab.worker:
        yield lab


@pytest.fixture(scope="session")
def own_course(tmp_path_factory):
    """Return a course as a learner has it: the files of this one, nothing done yet."""
    try:
        return copy_for_learner(tmp_path_factory.mktemp("learner") / "course")
    except OSError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def own_lab(own_course):
    """Return the address and token of `course.py lab` on the learner's course."""
    with running_lab(own_course) as lab:
        yield lab
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{lab[0]}/api", timeout=2)


@pytest.fixture(scope="module")  # its event loop would stop those of other tests
def chromium():
    """Return a browser, for all pages that tests of a module open."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    pytest.importorskip("playwright.sync_api")
    with running_chromium() as browser:
        yield browser


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what -m leaves out
def pytest_collection_modifyitems(items):
    """Leave to the full suite what is large, and all lessons but two."""
    for item in items:
        about = getattr(item, "callspec", None)
        lesson = about.params.get("name") if about else None
        is_another = item.path.stem in OF_EVERY_LESSON and lesson not in QUICK_LESSONS
        if item.path.stem in LARGE or (is_another and lesson in lesson_names()):
            item.add_marker(pytest.mark.full)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Send the tests in one JupyterLab to one process, and all others one by one.

    xdist calls it once. Its own groups change names that pytest no longer reads.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0].rpartition("/")[2]
            if file.startswith("test_browser"):
                return "browser"
            return "lab" if file == "test_lab.py" else nodeid  # one server at a time

    return Scheduling(config, log) if config.getvalue("dist") == "load" else None
