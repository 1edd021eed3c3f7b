"""Classes that have handed in, for the benchmarks: to plain nbgrader, and to ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course_lib.settings import load_settings  # noqa: E402
from grader.matching import graded_id  # noqa: E402
from grader.prepared import prepare  # noqa: E402
from grader.source import read_lesson  # noqa: E402

PARTS = ("course.toml", "course_lib", "grader")
SPOILED = {
    "wrong": lambda code: code + "\n    return None",
    "raising": lambda code: code.replace(":\n", ":\n    1 / 0\n", 1),
    "broken": lambda code: code.replace("(", "((", 1),
}


def submissions(lesson, count):
    """Return notebooks of a class: right, partly wrong, blank and broken ones.

    Of six learners two have everything right, one nothing written, and one each has
    every other answer wrong, raising, or with a syntax error.
    """
    released = prepare(lesson).notebook
    solved = read_lesson(ROOT / "solutions" / lesson / f"{lesson}.py").notebook
    kinds = ["right", "wrong", "right", "blank", "raising", "broken"]
    return [_spoil(kinds[n % len(kinds)], released, solved) for n in range(count)]


def _spoil(kind, released, solved):
    if kind == "blank":
        return json.dumps(released)
    notebook = json.loads(json.dumps(solved))
    answers = [cell for cell in notebook["cells"] if graded_id(cell, "solution")]
    for number, cell in enumerate(answers):
        if kind in SPOILED and number % 2 == 0:
            head, _, _ = cell["source"].partition("### BEGIN SOLUTION")
            spoil = SPOILED[kind]
            cell["source"] = spoil(head.rstrip() if kind == "wrong" else cell["source"])
    return json.dumps(notebook)


def hand_in(folder, lesson, notebooks):
    """Put notebooks where nbgrader expects submissions."""
    for number, notebook in enumerate(notebooks):
        place = folder / f"learner{number:04}" / lesson
        place.mkdir(parents=True)
        (place / f"{lesson}.ipynb").write_text(notebook, encoding="utf-8")


def nbgrader_course(root, lesson, notebooks):
    """Make a plain nbgrader course of one assignment, with hidden tests."""
    source = read_lesson(ROOT / "solutions" / lesson / f"{lesson}.py").notebook
    exercises = prepare(lesson).exercises
    for cell in source["cells"]:
        name = graded_id(cell, "grade").removesuffix("_check")
        if name:
            cell["source"] += _hidden_tests(exercises[name])
    place = root / "source" / lesson
    place.mkdir(parents=True)
    (place / f"{lesson}.ipynb").write_text(json.dumps(source), encoding="utf-8")
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'plain'\n"
    )
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", lesson]
    subprocess.run(
        command, cwd=root, env=environment(), check=True, capture_output=True
    )
    hand_in(root / "submitted", lesson, notebooks)
    return [sys.executable, "-m", "nbgrader", "autograde", lesson]


def _hidden_tests(exercise):
    """Return the tests an nbgrader author would hide: other inputs, same function."""
    check = exercise.secret_checks(0, with_mistakes=False)
    if len(check.calls) > 1:
        return ""
    lines = ["", "### BEGIN HIDDEN TESTS", "from numpy import array, float64, nan, inf"]
    for case in check.cases[:4]:
        arguments = ", ".join(repr(case.inputs[a]) for a in check.calls[0]["arguments"])
        expected = tuple(case.expected[name] for name in check.scored)
        expected = expected[0] if len(expected) == 1 else expected
        call = f"{exercise.name}({arguments})"
        lines.append(f"np.testing.assert_allclose({call}, {expected!r}, rtol=1e-6)")
    return "\n".join([*lines, "### END HIDDEN TESTS"])


def our_course(root, lesson, notebooks, workers):
    """Make a copy of this course with a class that has handed in."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)
    shutil.copytree(ROOT / "solutions" / lesson, root / "solutions" / lesson)
    hand_in(load_settings(root).submitted, lesson, notebooks)
    command = [sys.executable, "-P", "-m", "grader", "autograde", lesson]
    return [*command, "--workers", str(workers)]


def environment(root=ROOT):
    """Return the environment of a grader, whose programs lie in `root`."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    programs = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return {**os.environ, **one_thread, "PYTHONPATH": str(root), "PATH": programs}
