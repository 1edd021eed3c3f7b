"""Equal fingerprints, equal grades; what changes a grade changes the fingerprint."""

from dataclasses import replace

import pytest
from small_course import NAME, write_course
from test_imports import ROOT, imports, own_module

from grader import fingerprint as counted
from grader.fingerprint import CARRIERS, combined, fingerprint, made_from
from grader.handed_in import HandedIn

ADA = HandedIn("ada", NAME, f"{NAME}.ipynb", b"{}")


@pytest.fixture
def solutions(tmp_path):
    return write_course(tmp_path)


def test_the_same_submission_has_the_same_fingerprint(solutions):
    again = replace(ADA, timestamp="2026-03-01", remarks=("It came late.",))
    assert fingerprint(ADA, b"s", solutions) == fingerprint(again, b"s", solutions)


@pytest.mark.parametrize(
    "other",
    [
        replace(ADA, content=b"{} "),
        replace(ADA, learner="emmy"),
        replace(ADA, file="my copy.ipynb"),
        replace(ADA, content=b"", file=f"{NAME}.ipynb{{}}"),
        replace(ADA, learner="\udcff"),
    ],
)
def test_another_submission_has_another(solutions, other):
    assert fingerprint(ADA, b"s", solutions) != fingerprint(other, b"s", solutions)


@pytest.mark.parametrize("file", ["checks.py", f"{NAME}.py", "new.npz"])
def test_changed_checks_change_it_and_executed_copies_do_not(solutions, file):
    before = fingerprint(ADA, b"s", solutions)
    (solutions / NAME / f"{NAME}.ipynb").write_text("executed")
    assert fingerprint(ADA, b"s", solutions) == before
    with open(solutions / NAME / file, "a") as stream:
        stream.write("# changed")
    assert fingerprint(ADA, b"s", solutions) != before


def test_another_secret_or_environment_changes_it(solutions, monkeypatch):
    before = fingerprint(ADA, b"s", solutions)
    assert fingerprint(ADA, b"t", solutions) != before
    monkeypatch.setattr(counted, "_version", lambda library: "other")
    counted.environment.cache_clear()
    assert fingerprint(ADA, b"s", solutions) != before
    monkeypatch.undo()
    counted.environment.cache_clear()
    assert fingerprint(ADA, b"s", solutions) == before


def test_the_parts_tell_which_of_them_changed(solutions, monkeypatch):
    def changed(handed_in=ADA, secret=b"s", limits=None):
        now = made_from(handed_in, secret, solutions, limits)
        return [name for name in before if before[name] != now[name]]

    before = made_from(ADA, b"s", solutions)
    assert combined(before) == fingerprint(ADA, b"s", solutions)
    assert changed() == []
    assert changed(replace(ADA, content=b"{} ")) == ["answers"]
    assert changed(replace(ADA, learner="emmy")) == ["learner"]
    assert changed(secret=b"t") == ["secret"]
    assert changed(limits={"cell_seconds": 3}) == ["limits"]
    monkeypatch.setattr(counted, "_version", lambda library: "other")
    counted.environment.cache_clear()
    assert changed() == ["numpy", "matplotlib", "ipython", "ipywidgets"]
    counted.environment.cache_clear()
    (solutions / NAME / "checks.py").write_text("# others")
    monkeypatch.undo()
    assert changed() == ["checks"]


def test_no_module_that_decides_a_grade_is_left_out():
    needed, waiting = set(), ["grader.grade", "grader.warm", "grader.processes"]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        path = (ROOT / name.replace(".", "/")).with_suffix(".py")
        if path.exists():
            found = {own_module(each) for each in imports(path)} - {None}
            waiting += [each for each in found if each.startswith("grader.")]
    assert not {name.partition(".")[2] for name in needed} & CARRIERS
    assert {path.stem for path in (ROOT / "grader").glob("*.py")} >= CARRIERS
