"""What a lesson imports: no drawing library before anything is drawn."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "lessons").glob("*/*.ipynb"))
LATE = ("matplotlib.pyplot", "ipywidgets")


def imports_of(notebook):
    """Return the import statements of the first code cell that has any, as text."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            statements = ast.parse("".join(cell["source"])).body
            found = [
                s for s in statements if isinstance(s, ast.Import | ast.ImportFrom)
            ]
            if found:
                return "\n".join(map(ast.unparse, found))
    return ""


def late_modules_after(code):
    """Return which of `LATE` a fresh interpreter has loaded after running some code."""
    report = f"\nimport sys; print([name for name in {LATE} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code + report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ast.literal_eval(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)
def test_what_a_lesson_imports_draws_nothing_and_makes_no_widget(notebook):
    code = imports_of(notebook)
    assert "import" in code
    assert late_modules_after(code) == []


def test_a_drawing_library_among_the_imports_is_found():
    assert late_modules_after("import matplotlib.pyplot") == ["matplotlib.pyplot"]
