"""The command line, run as people run it, in a course of one small lesson."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_course

from grader.__main__ import cli, main

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return the folder of a small course with its own copy of the programs."""
    root = tmp_path_factory.mktemp("course")
    skip = shutil.ignore_patterns("__pycache__")
    for package in ("course_lib", "grader"):
        shutil.copytree(ROOT / package, root / package, ignore=skip)
    small_course.write_course(root)
    run(root, "build")
    return root


def run(root, *arguments):
    """Run a command in a course and return its exit code, output and errors."""
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def lesson(root):
    return root / "lessons" / small_course.NAME / f"{small_course.NAME}.ipynb"


def write_submission(folder, root, answers):
    """Write the lesson with these answers and return the file."""
    released = json.loads(lesson(root).read_text())
    file = folder / f"{small_course.NAME}.ipynb"
    file.write_bytes(small_course.as_bytes(small_course.answered(released, answers)))
    return file


def said(capsys, *arguments):
    """Run a command in this process and return its exit code and errors."""
    code = main(list(arguments))
    return code, capsys.readouterr().err


def test_an_unknown_command_is_answered_with_the_nearest(capsys):
    code, errors = said(capsys, "bild")
    assert code == 2
    assert errors == "error: no command 'bild'. Did you mean 'build'?\n"


def test_an_unknown_option_is_misuse(capsys):
    code, errors = said(capsys, "build", "--chek")
    assert code == 2
    assert errors.startswith("error: ")
    assert "--check" in errors


def test_an_unknown_lesson_is_answered_with_the_nearest(course):
    code, _, errors = run(course, "build", "01_smal")
    assert code == 2
    assert errors.startswith("error: ")
    assert "no lesson '01_smal'. Did you mean '01_small'?" in errors


def test_every_command_explains_itself(capsys):
    assert "autograde" in cli.list_commands(None)
    for name in cli.list_commands(None):
        command = cli.get_command(None, name)
        assert main([name, "--help"]) == 0
        assert command.help.split("\n")[0] in capsys.readouterr().out


def test_help_comes_at_once():
    command = [sys.executable, "-X", "importtime", "-m", "grader", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "Build the lessons" in done.stdout
    for slow in ("numpy", "nbformat", "nbgrader", "jupytext", "rich"):
        assert f" {slow}\n" not in done.stderr


@pytest.mark.full
def test_build_says_what_it_did_and_then_that_nothing_changed(course):
    lesson(course).unlink()
    code, output, errors = run(course, "build", "1")
    assert (code, errors) == (0, "")
    assert output.split() == ["01_small", "written"]
    assert run(course, "build")[1].split() == ["01_small", "unchanged"]
    assert run(course, "build", "--check")[0] == 0


@pytest.mark.full
def test_a_stale_lesson_fails_the_check_and_is_left_alone(course, tmp_path):
    before = lesson(course).read_bytes()
    lesson(course).write_bytes(
        before.replace(b'"nbformat_minor": 5', b'"nbformat_minor":5')
    )
    stale = lesson(course).read_bytes()
    code, output, _ = run(course, "build", "--check")
    assert code == 1
    assert output.split() == ["01_small", "stale"]
    assert lesson(course).read_bytes() == stale
    run(course, "build")
    assert lesson(course).read_bytes() == before


def test_a_mistake_in_a_source_exits_1_with_file_and_line(course):
    source = course / "solutions" / small_course.NAME / f"{small_course.NAME}.py"
    good = source.read_text()
    source.write_text(good.replace('check="center"', 'check="centre"'))
    try:
        code, _, errors = run(course, "build")
    finally:
        source.write_text(good)
    assert code == 1
    assert errors.startswith("error: solutions/01_small/01_small.py:50: ")
    assert "Did you mean 'center'?" in errors
    assert "Traceback" not in errors


@pytest.mark.full
def test_solutions_run_and_earn_full_marks(course):
    code, output, errors = run(course, "solutions")
    assert (code, errors) == (0, "")
    assert "passed" in output
    assert "7 of 7 points" in output
    assert lesson(course).name in os.listdir(course / "solutions" / "01_small")


@pytest.mark.full
def test_a_solution_that_does_not_earn_full_marks_fails_by_name(course):
    source = course / "solutions" / small_course.NAME / f"{small_course.NAME}.py"
    good = source.read_text()
    source.write_text(good.replace("return x - x.mean()", "return x + x.mean()"))
    try:
        code, output, errors = run(course, "solutions")
    finally:
        source.write_text(good)
    assert code == 1
    assert "failed" in output
    assert "error: 01_small: center earned 0 of 1" in errors


@pytest.mark.full
def test_audit_counts_what_holds(course):
    code, output, errors = run(course, "audit")
    assert (code, errors) == (0, "")
    words = output.split()
    assert words[0] == "01_small"
    assert words[1] == words[3]
    assert words[4] == "hold"


def test_grade_prints_one_json_object_a_submission(course, tmp_path):
    right = write_submission(tmp_path, course, small_course.ANSWERS)
    broken = tmp_path / "broken.ipynb"
    broken.write_bytes(b"not a notebook")
    code, output, errors = run(course, "grade", "1", right, broken, "--json")
    assert (code, errors) == (0, "")
    first, second = map(json.loads, output.splitlines())
    assert (first["status"], first["score"], first["max_score"]) == ("graded", 7, 7)
    assert [e["exercise"] for e in first["exercises"]] == list(small_course.POINTS)
    assert (second["status"], second["file"]) == ("not_graded", "broken.ipynb")


@pytest.mark.full
def test_grade_shows_a_person_each_verdict(course, tmp_path):
    summed = small_course.ANSWERS["mse"].replace("np.mean", "np.sum")
    file = write_submission(tmp_path, course, small_course.ANSWERS | {"mse": summed})
    code, output, _ = run(course, "grade", "01_small", file)
    assert code == 0
    assert "5 of 7 points" in output
    assert "It is a sum, not a mean." in output


@pytest.mark.full
def test_a_file_that_cannot_be_read_does_not_stop_the_others(course, tmp_path):
    right = write_submission(tmp_path, course, small_course.ANSWERS)
    code, output, errors = run(
        course, "grade", "1", tmp_path / "gone.ipynb", right, "--json"
    )
    assert code == 2
    assert "gone.ipynb: No such file" in errors
    assert json.loads(output)["score"] == 7


@pytest.mark.full
def test_a_machine_without_walls_is_refused_and_told_the_way_out(course, tmp_path):
    right = write_submission(tmp_path, course, small_course.ANSWERS)
    worker = course / "grader" / "worker.py"
    good = worker.read_text()
    worker.write_text(good + "\n\ndef _can_fork_safely():\n    return False\n")
    try:
        refused = run(course, "grade", "1", right)
        trusted = run(course, "grade", "1", right, "--json", "--unsafe-no-sandbox")
    finally:
        worker.write_text(good)
    assert refused[0] == 2
    assert refused[2].startswith("error: This machine cannot wall off a submission")
    assert "--unsafe-no-sandbox" in refused[2]
    assert "Traceback" not in refused[2]
    assert json.loads(trusted[1])["score"] == 7


def test_submit_hands_the_notebook_in_without_overwriting_the_last(course):
    for _ in range(2):
        code, output, errors = run(course, "submit", "1")
        assert (code, errors) == (0, "")
        assert "handed in" in output
    inbound = course / "class" / "exchange" / "small" / "inbound"
    assert len(list(inbound.iterdir())) == 2


def test_a_course_file_with_a_mistake_is_an_error_and_no_traceback(course):
    file = course / "course.toml"
    good = file.read_text()
    file.write_text(good + "titel = 'x'\n")
    try:
        code, _, errors = run(course, "build", "1")
    finally:
        file.write_text(good)
    assert code == 2
    assert errors.startswith("error: ")
    assert "Did you mean 'title'?" in errors
