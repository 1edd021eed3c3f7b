"""The students' archive: everything they need, and nothing that is not theirs."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import nbformat
import pytest
from conftest import copy_course, course_environment

from course_lib import hand_in, submit
from course_lib.settings import ROOT, load_settings
from grader.bundle import NotReady, _without_grader, bundle, public_settings
from grader.exercises import SOLUTIONS, lesson_names
from grader.release import build
from grader.source import read_lesson


def packed(root):
    """Bundle a course that has a secret; return the unpacked folder, and the file."""
    (root / "class").mkdir(exist_ok=True)
    (root / "class" / "secret").write_text("c0ffee")
    out = root.parent / "students.zip"
    bundle(out, root)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(root.parent / "unpacked")
    (unpacked,) = (root.parent / "unpacked").iterdir()
    return unpacked, out


@pytest.fixture(scope="module")
def small(built_course, tmp_path_factory):
    """Return the bundle of a course with one small lesson."""
    root = tmp_path_factory.mktemp("small") / "course"
    return packed(shutil.copytree(built_course, root))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the bundle of the real course."""
    root = copy_course(tmp_path_factory.mktemp("bundle") / "course")
    shutil.copy(ROOT / "LICENSE", root)
    shutil.copytree(
        ROOT / "solutions", root / "solutions", ignore=shutil.ignore_patterns("*.ipynb")
    )
    for _ in build(root=root):
        pass
    return packed(root)


def solution_blocks(name):
    """Yield what stands between the solution marks of a lesson's answer cells."""
    for cell in read_lesson(SOLUTIONS / name / f"{name}.py").notebook.cells:
        if "### BEGIN SOLUTION" in cell.source:
            inside = cell.source.split("### BEGIN SOLUTION")[1:]
            yield from (part.split("### END SOLUTION")[0].strip() for part in inside)


def lines(text):
    return {" ".join(line.split()) for line in text.splitlines()}


def shown_at_once(notebook):
    """Return a lesson's text without its folded hints, which come near to the line."""
    cells = nbformat.read(notebook, as_version=4).cells
    text = "\n".join(cell.source for cell in cells)
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)


@pytest.mark.full
@pytest.mark.parametrize("name", lesson_names())
def test_no_line_of_a_solution_is_in_a_bundled_lesson(whole, name):
    # Engine and explorers hold answers of the course's own, which are to be read.
    folder = whole[0] / "lessons" / name
    lesson = lines(shown_at_once(folder / f"{name}.ipynb"))
    checks = (folder / "checks.npz").read_bytes()
    for block in solution_blocks(name):
        for line in lines(block):
            # Shorter lines, and the heads of loops, are everybody's.
            if len(line) > 19 and not line.endswith(":"):
                assert not any(line in shown for shown in lesson)
                assert line.encode() not in checks


def test_nothing_of_the_grader_or_the_class_is_in_it(small):
    unpacked, out = small
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
    for part in ("grader/", "solutions/", "/class/", "tests/", "checks.py", "secret"):
        assert [
            name
            for name in names
            if name.removeprefix(unpacked.name).find(part) >= 0
            and not name.endswith("checks.npz")
            and "course_lib/" not in name
        ] == []
    assert b"c0ffee" not in everything
    assert b"### BEGIN SOLUTION" not in everything


def test_settings_with_a_password_stay_behind():
    text = '[grading]\ngradebook = "postgresql://me:hush@host/db"\npoll_seconds = 1.0\n'
    assert public_settings(text) == "[grading]\npoll_seconds = 1.0\n"


@pytest.mark.parametrize("head", ["[extensions.ada]", '[ "extensions"."o\'n, x" ]'])
def test_who_was_given_more_time_stays_behind(head):
    text = f"[course]\nid = 'c'\n{head}\n01_loss = 3 # ill\n[extensions.emmy]\n"
    text += "01_loss = 2026-03-01T23:59:00Z\n[late]\nper_day = 0.1\n"
    public = public_settings(text)
    assert tomllib.loads(public) == {"course": {"id": "c"}, "late": {"per_day": 0.1}}
    assert "ill" not in public and "emmy" not in public


def test_extensions_in_one_line_are_refused():
    with pytest.raises(NotReady, match="extensions could not be left out"):
        public_settings("extensions = {ada = {01_loss = 3}}\n[course]\nid = 'c'\n")


def test_a_gradebook_that_no_line_shows_is_refused():
    with pytest.raises(NotReady, match="a line of its own|one line of its own"):
        public_settings('grading = { gradebook = "postgresql://me:hush@host/db" }\n')


def test_what_instructors_set_for_their_tools_stays_behind():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    left = _without_grader(project)
    assert set(tomllib.loads(left)) == {"build-system", "project", "tool"}
    assert set(tomllib.loads(left)["tool"]) == {"setuptools"}
    assert '"grader' not in left and "JupyterLab" not in left


def test_the_same_course_makes_the_same_archive(course, tmp_path):
    bundle(tmp_path / "a.zip", course)
    bundle(tmp_path / "b.zip", course)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_lesson_somebody_worked_on_is_not_given_away(course, tmp_path):
    (notebook,) = (course / "lessons").glob("*/*.ipynb")
    text = notebook.read_text("utf-8")
    notebook.write_text(text.replace("A small lesson", "My small lesson"), "utf-8")
    with pytest.raises(NotReady, match=notebook.stem):
        bundle(tmp_path / "a.zip", course)
    assert not (tmp_path / "a.zip").exists()


def run(root, *arguments, **environment):
    environment = {**course_environment(root), **environment}
    return subprocess.run(
        [sys.executable, root / "course.py", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_bundle_hands_in_to_the_exchange_that_is_set(small, tmp_path):
    unpacked, _ = small
    done = run(unpacked, "submit", "1", COURSE_EXCHANGE=str(tmp_path / "exchange"))
    assert done.returncode == 0, done.stderr
    assert "Your instructor's grader will answer" in done.stdout
    course_id = load_settings(unpacked).course_id
    inbound = tmp_path / "exchange" / course_id / "inbound"
    assert len(list(inbound.glob("*+01_small+*/01_small.ipynb"))) == 1


def test_a_bundle_without_an_exchange_says_so_and_how_to_go_on(small):
    unpacked, _ = small
    done = run(unpacked, "submit", "1")
    assert "on this computer only" in done.stdout
    assert "submit 01_small --zip" in done.stdout


def test_a_bundle_without_a_command_says_what_it_can_do_and_no_more(small):
    unpacked, _ = small
    for given in ((), ("--help",)):
        done = run(unpacked, *given)
        assert done.returncode == 0, done.stderr
        assert "submit LESSON" in done.stdout
        assert "grad" not in done.stdout and "test" not in done.stdout


def test_a_bundle_makes_a_file_to_upload(small):
    unpacked, _ = small
    done = run(unpacked, "submit", "1", "--zip")
    assert done.returncode == 0, done.stderr
    (made,) = unpacked.glob("01_small_*.zip")
    with zipfile.ZipFile(made) as archive:
        lesson = unpacked / "lessons" / "01_small" / "01_small.ipynb"
        assert archive.read("01_small.ipynb") == lesson.read_bytes()


def test_a_bundle_has_no_grader_and_says_so(small):
    unpacked, _ = small
    done = run(unpacked, "grade", "1", "x.ipynb")
    assert done.returncode == 1
    assert "a learner's copy without it" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.full
def test_a_bundle_opens_with_the_same_command_and_says_who_grades(small):
    unpacked, _ = small
    process = subprocess.Popen(
        [sys.executable, unpacked / "course.py", "lab", "--no-browser"],
        env=course_environment(unpacked),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl+C stops it" in line:
                break
    finally:
        process.terminate()
        process.wait(60)
    assert "graded elsewhere" in "".join(said)
    assert "http://127.0.0.1:" in "".join(said)


@pytest.mark.full
def test_a_bundle_installs_without_the_grader(small, tmp_path):
    unpacked, _ = small
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        + ["--no-build-isolation", "--target", tmp_path / "site", unpacked],
        check=True,
    )
    installed = {path.name for path in (tmp_path / "site").iterdir()}
    assert "course_lib" in installed
    assert "grader" not in installed


def test_an_unknown_lesson_is_answered_with_the_nearest(settings):
    (there,) = settings.lesson_names()
    with pytest.raises(ValueError, match=f"Did you mean '{there}'"):
        submit.find_lesson(there[:-1], settings)
    assert submit.find_lesson(str(int(there[:2])), settings) == there


def test_a_zip_of_a_notebook_that_is_not_there_is_refused(settings, tmp_path):
    with pytest.raises(FileNotFoundError, match="no notebook"):
        hand_in.write_zip(settings.lesson_names()[0], tmp_path / "x.ipynb", settings)
    assert os.listdir(tmp_path) == ["course"] or not list(tmp_path.glob("*.zip"))
