"""Which module may import which: the arrows of the design, as a table.

A new module needs a row. Rows name modules of the same package; those of the grader
write ``course_lib.`` before the course's. A row for a package holds for its modules.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ENGINE = (
    "layers losses metrics initializers network optimizers schedules data training "
    "gradients tape models signals normalization regularization embedding data_quality "
    "update_rules batch_noise"
)
JUDGING = "values comparisons rounding check_data evidence causes terms naming "
JUDGING += "verdicts judging"

# What lessons import. Nothing here knows the grader, nbgrader or a solution.
COURSE = {
    # the engine, in reading order
    "layers": "",
    "losses": "",
    "metrics": "",
    "initializers": "",
    "network": "",
    "update_rules": "",
    "optimizers": "update_rules",
    "schedules": "",
    "data": "",
    "quick_network": "layers losses network optimizers",
    "training": "losses metrics optimizers quick_network",
    "gradients": "",
    "tape": "",
    "normalization": "",
    "regularization": "optimizers",
    "embedding": "",
    "models": "layers initializers network",
    "signals": "layers",
    "data_quality": "losses metrics",
    "sweeps": ENGINE,
    "word_model": ENGINE,
    "batch_noise": "layers losses initializers",
    "fault_rig": ENGINE,
    "fault_parts": ENGINE + " fault_rig",
    "faults": ENGINE + " fault_rig fault_parts",
    "instrument_functions": "",
    "instruments": ENGINE + " fault_rig instrument_functions",
    "diagnosis": "",
    "bench_runs": ENGINE + " models",
    "sealed_runs": "",
    "myths": ENGINE + " models bench_runs page",
    "calibration": "prediction_log settings",
    # checking an answer: never the engine, which would be an answer
    "values": "",
    "probe_batches": "",
    "probe_data": "",
    "probe_draws": "",
    "probe_regularization": "",
    "probe_functions": "probe_batches probe_data probe_draws probe_regularization "
    "sealed_runs",
    "probes": "values probe_functions",
    "lacking": "probe_functions",
    "comparisons": "values",
    "check_data": "values",
    "rounding": "comparisons",
    "evidence": "values comparisons probe_functions",
    "causes": "values comparisons check_data",
    "first_wrong": "comparisons causes",
    "terms": "comparisons check_data causes",
    "naming": "values comparisons evidence causes first_wrong terms",
    "verdicts": "values",
    "judging": "rounding values comparisons check_data evidence causes first_wrong "
    "naming probe_functions verdicts",
    "checks": JUDGING + " probes probe_functions workbench settings missing_names",
    "missing_names": "page",
    # showing
    "page": "",
    "plots": "",
    "painted_text": "",
    "live_picture": "page plots painted_text",
    "workbench": "",
    "prediction_log": "",
    "cards": "page prediction_log",
    "spoken_card": "page cards",
    "predictions": "cards spoken_card",
    "explorers": ENGINE
    + " instruments faults fault_rig diagnosis page plots live_picture rehearsal "
    "predictions "
    "workbench settings hand_in sweeps sealed_runs calibration prediction_log "
    "word_model",
    "rehearsal": "",
    "contact_sheet": "page explorers live_picture",
    # running
    "toml_errors": "",
    "timetable": "toml_errors",
    "course_toml": "toml_errors",
    "settings": "course_toml timetable toml_errors",
    "file_lock": "",
    "lifeline": "",
    "outbound": "",
    "hand_in": "settings file_lock",
    "submission": "settings hand_in submission_messages page",
    "submission_messages": "settings hand_in",
    "submit": "settings hand_in submission_messages",
    "lab": "settings hand_in outbound lifeline file_lock",
}

SHARED = "course_lib.settings course_lib.file_lock"

GRADER = {
    "config": "",
    # one source, and what is made of it
    "errors": "",
    "source": "errors source_rules source_cells exercises rubrics",
    "source_cells": "",
    "rubrics": "",
    "source_rules": "",
    "exercises": "errors course_lib.probes course_lib.values course_lib.check_data "
    "course_lib.comparisons course_lib.judging course_lib.verdicts",
    "blank": "source_rules",
    "new_lesson": "source",
    "lab_sources": "source",
    "files": "",
    "freshness": "files",
    "together": "errors linux",
    "release": "errors blank source exercises files freshness together "
    "course_lib.check_data course_lib.values",
    "solutions": "errors source exercises files freshness release grade worker limits "
    "words",
    # a submission's way through the house: bytes to answers
    "plain_files": "",
    "archives": "",
    "salvage": "",
    "deferred": "",
    "definitions": "",
    "matching": "definitions",
    "answers": "source salvage matching",
    # ... behind the walls
    "limits": "",
    "linux": "",
    "landlock": "linux",
    "seccomp": "linux",
    "namespaces": "linux limits",
    "walls": "limits linux landlock seccomp namespaces",
    "channel": "",
    "endings": "limits",
    "outputs": "",
    "safe_outputs": "outputs",
    "capture": "outputs",
    "magics": "",
    "cells": "capture outputs magics",
    "snapshots": "course_lib.probe_functions",
    "shell": "limits channel endings outputs capture cells snapshots "
    "course_lib.lacking course_lib.probes course_lib.values",
    "warm": "limits linux namespaces seccomp landlock walls shell channel",
    "runs": "",
    "processes": "channel limits",
    "attempts": "channel endings outputs runs limits",
    "worker": "attempts channel limits outputs processes runs endings walls",
    "doctor": "course_lib.values walls limits linux landlock seccomp namespaces worker",
    # ... to a report
    "suspects": "exercises course_lib.comparisons",
    "judge": "exercises suspects course_lib.judging course_lib.verdicts "
    "course_lib.values course_lib.lacking course_lib.probes course_lib.check_data",
    "prepared": "blank source exercises course_lib.check_data",
    "feedback_page": "matching safe_outputs",
    "words": "blank course_lib.verdicts",
    "reports": "feedback_page matching words course_lib.verdicts",
    "grade": "answers matching salvage prepared worker limits runs judge exercises "
    "source reports safe_outputs words course_lib.verdicts",
    "audit": "source release exercises freshness together grade worker words "
    "course_lib.probes course_lib.judging course_lib.verdicts course_lib.check_data "
    "course_lib.comparisons",
    # ... to a class
    "secret": "",
    "database": "errors",
    "lesson_cells": "change_book kept_book",
    "changes": "",
    "change_book": "changes database kept_book",
    "kept_book": "database",
    "late_book": "database lateness",
    "lateness": "",
    "marks": "",
    "students": "",
    "score_book": "reports words words_book",
    "gradebook": "change_book database grade_table late_book lesson_cells marks "
    "score_book students",
    "words_book": "words database",
    "handed_in": "",
    "fingerprint": "",
    "marking": "exchange feedback fingerprint grade handed_in lateness limits marks "
    "safe_outputs secret",
    "settling": "exchange handed_in marking reports",
    "giving_back": "exchange gradebook handed_in intake lms prepared replies settling",
    "crew": "linux marking worker",
    "errands": "fingerprint grade limits reports worker",
    "cluster": "crew errands errors fingerprint judge marking secret worker",
    "summary": "changes",
    "teams": "cluster crew feedback_page gradebook prepared worker",
    "batch": "crew errors exchange summary gradebook handed_in marking prepared "
    "replies reports settling teams",
    "console": "",
    "formgrader": "",
    "nbgrader_steps": "formgrader handed_in lateness limits plain_files grade "
    "gradebook reports prepared release source secret",
    "arrival_time": "handed_in",
    "exchange": "arrival_time handed_in plain_files course_lib.hand_in",
    "heartbeat": "exchange",
    "replies": "reports",
    "watch": "exchange heartbeat marking replies prepared gradebook reports worker "
    "course_lib.hand_in",
    "feedback": "reports feedback_page gradebook exchange",
    "csv_cells": "",
    "lms": "",
    "roster": "lms",
    "lms_times": "lms roster",
    "intake": "exchange handed_in",
    "collecting": "archives handed_in intake lms lms_times plain_files roster",
    "grade_table": "",
    "export": "csv_cells files grade_table gradebook roster settling",
    # ... to what an instructor knows of it
    "code_lines": "definitions",
    "surprise": "",
    "likeness": "code_lines surprise",
    "class_work": "exchange fingerprint handed_in matching reports",
    "misconceptions": "",
    "class_report": "feedback_page likeness matching misconceptions",
    "class_pictures": "course_lib.plots",
    "mistakes_picture": "class_pictures course_lib.plots",
    "class_page": "class_pictures feedback_page mistakes_picture safe_outputs",
    "class_text": "class_pictures console mistakes_picture",
    "earlier_attempts": "class_work exchange marking",
    "provenance": "answers class_work fingerprint handed_in judge marking matching "
    "prepared salvage secret",
    "explained": "console provenance",
    "bundle": "files release",
    # the solved course, to read
    "mistake_code": "",
    "rigs": "course_lib.layers course_lib.losses course_lib.normalization "
    "course_lib.fault_rig course_lib.faults course_lib.instruments "
    "course_lib.instrument_functions",
    "effects": "rigs course_lib.gradients course_lib.probes course_lib.comparisons "
    "course_lib.judging",
    "symptoms": "",
    "class_mistakes": "class_work",
    "book_text": "",
    "book_page": "book_text mistake_code symptoms",
    "book": "book_page class_mistakes effects exercises files freshness together",
}

# Modules of the engine compute with NumPy alone.
ONLY_NUMPY = ENGINE.split() + ["comparisons", "values", "probe_functions"]
ONLY_NUMPY += ["probe_batches", "probe_data", "probe_draws", "probe_regularization"]


def modules(package):
    """Yield the name below the package and the path of each of its modules."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT / package).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def imports(path, at_import_only=False):
    """Return the full names that a file imports, inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ".".join(path.relative_to(ROOT).parent.parts)
    names = set()
    for node in _executed(tree) if at_import_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(filter(None, [*above, base]))
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def _executed(node):
    """Yield the nodes that run when a module is imported: those outside functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _executed(child)


def own_module(name):
    """Return the module of this project that an import is about, else None.

    ``course_lib.data.load_digits`` is ``course_lib.data``.
    """
    package, _, rest = name.partition(".")
    module = rest.partition(".")[0]
    place = ROOT / package / module
    if package not in ("course_lib", "grader") or not module:
        return None
    is_module = place.with_suffix(".py").exists() or place.is_dir()
    return f"{package}.{module}" if is_module else None


def forbidden_imports(package, top, path, row):
    """Return what a module imports of this project that its row does not name."""
    allowed = {name if "." in name else f"{package}.{name}" for name in row.split()}
    allowed |= {f"{package}.{top}", *(SHARED.split() if package == "grader" else [])}
    found = {own_module(name) for name in imports(path)} - {None}
    return sorted(found - allowed)


def is_program(module):
    """Return whether nothing imports a module: it may use whatever its package has."""
    return module.endswith("__main__") or module.partition(".")[0] == "commands"


COURSE_FILES = [path for _, path in modules("course_lib")]

CASES = [
    pytest.param(package, module, path, table, id=f"{package}.{module}")
    for package, table in (("course_lib", COURSE), ("grader", GRADER))
    for module, path in modules(package)
    if module and not is_program(module)
]


@pytest.mark.parametrize(("package", "module", "path", "table"), CASES)
def test_a_module_imports_what_its_row_allows(package, module, path, table):
    top = module.partition(".")[0]
    assert top in table, f"{package}.{top} has no row in tests/test_imports.py"
    assert forbidden_imports(package, top, path, table[top]) == []


@pytest.mark.parametrize("path", COURSE_FILES, ids=lambda path: path.stem)
def test_what_lessons_import_knows_neither_grader_nor_nbgrader(path):
    tops = {name.partition(".")[0] for name in imports(path)}
    assert not tops & {"grader", "nbgrader", "solutions"}


@pytest.mark.parametrize(
    "path",
    [p for m, p in modules("course_lib") if m.partition(".")[0] in ONLY_NUMPY],
    ids=lambda path: path.stem,
)
def test_the_engine_computes_with_numpy_alone(path):
    tops = {name.partition(".")[0] for name in imports(path)}
    assert tops <= {"numpy", "course_lib", *sys.stdlib_module_names}


def test_no_two_modules_need_each_other_to_be_imported():
    arrows = {}
    for package in ("course_lib", "grader"):
        for module, path in modules(package):
            if path.stem == "__main__":
                continue
            name = f"{package}.{module.partition('.')[0]}"
            found = {own_module(n) for n in imports(path, at_import_only=True)} - {None}
            arrows.setdefault(name, set()).update(found - {name})
    while leaves := [key for key, out in arrows.items() if not out & arrows.keys()]:
        for key in leaves:
            del arrows[key]
    assert not arrows, f"these import each other in a circle: {sorted(arrows)}"


def test_learners_need_neither_dask_nor_a_database_driver():
    optional = {"dask", "distributed", "psycopg"}
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert not optional & {line.partition("==")[0].strip() for line in lines}
    for _, path in modules("grader"):
        tops = {n.partition(".")[0] for n in imports(path, at_import_only=True)}
        assert not optional & tops, path


def test_the_table_itself_names_only_modules_that_have_a_row():
    for package, table in (("course_lib", COURSE), ("grader", GRADER)):
        for row in table.values():
            for name in row.split():
                owner, _, module = name.rpartition(".")
                assert module in (
                    COURSE if (owner or package) == "course_lib" else GRADER
                )


def test_checking_never_imports_the_engine():
    for module in (*JUDGING.split(), "checks", "probes", "probe_functions"):
        assert not set(COURSE[module].split()) & set(ENGINE.split())


def test_an_import_that_the_row_does_not_allow_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "course_lib"
    folder.mkdir()
    for name in ("layers", "losses"):
        (folder / f"{name}.py").write_text("")
    path = folder / "checks.py"
    path.write_text(
        "import numpy\n\n\ndef check():\n    from course_lib.layers import relu\n"
        "    from . import losses\n"
    )
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    found = forbidden_imports("course_lib", "checks", path, "verdicts")
    assert found == ["course_lib.layers", "course_lib.losses"]
