"""A lesson's source becomes a complete notebook, or an error that shows the way."""

import re

import jupytext
import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from grader.errors import SourceError
from grader.source import HEADER, read_lesson

LESSON = (
    HEADER
    + '''
# %% [markdown]
# # 1. A loss
#
# One number.

# %%
import numpy as np

# %% solution="mse"
def mse(predictions, targets):
    """Return the mean squared error."""
    ### BEGIN SOLUTION
    return np.mean((predictions - targets) ** 2)
    ### END SOLUTION


# %% check="mse"

# %% [markdown]
# Again:

# %%
mse(np.ones(2), np.zeros(2))

# %% [markdown]
# Again:

# %% submit=true
'''
)
POINTS = {"mse": 2}


def write(folder, text=LESSON, name="01_loss"):
    path = folder / name / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path, old, new, points=POINTS, lesson=LESSON):
    """Return the error that a lesson with one change gives."""
    assert lesson.count(old) >= 1
    with pytest.raises(SourceError) as caught:
        read_lesson(write(tmp_path, lesson.replace(old, new, 1)), points)
    return caught.value


def line_of(text, words):
    return next(i for i, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_source_becomes_a_notebook_that_nbgrader_and_jupyter_accept(tmp_path):
    source = read_lesson(write(tmp_path), POINTS)
    nbformat.validate(source.notebook)
    MetadataValidator().validate_nb(source.notebook)
    assert source.notebook.nbformat == 4
    assert source.notebook.nbformat_minor >= 5
    assert source.notebook.metadata.kernelspec.name == "python3"
    assert source.notebook.metadata.course == {
        "lesson": "01_loss",
        "source": "solutions/01_loss/01_loss.py",
    }
    assert source.points == {"mse": 2}


def test_the_graded_cells_carry_all_that_nbgrader_wants(tmp_path):
    source = read_lesson(write(tmp_path), POINTS)
    assert source.cell("mse").metadata.nbgrader == {
        "grade_id": "mse",
        "schema_version": 3,
        "cell_type": "code",
        "solution": True,
        "grade": False,
        "locked": False,
        "task": False,
    }
    assert source.cell("mse_check").metadata.nbgrader == {
        "grade_id": "mse_check",
        "schema_version": 3,
        "cell_type": "code",
        "solution": False,
        "grade": True,
        "locked": True,
        "task": False,
        "points": 2,
    }


def test_check_and_submit_cells_are_written_by_the_build(tmp_path):
    cells = read_lesson(write(tmp_path), POINTS).notebook.cells
    check = next(cell for cell in cells if cell.id == "mse_check")
    assert check.source == "from course_lib.checks import check\n\ncheck(mse)"
    assert cells[-1].source == (
        'from course_lib.submission import submit\n\nsubmit("01_loss")'
    )
    assert not cells[-1].metadata.editable


def test_cells_say_what_jupytext_reads_in_them(tmp_path):
    path = write(tmp_path)
    mine = read_lesson(path, POINTS).notebook.cells
    theirs = jupytext.read(path, fmt="py:percent").cells
    assert [cell.cell_type for cell in mine] == [cell.cell_type for cell in theirs]
    written = [(a.source, b.source) for a, b in zip(mine, theirs, strict=True)]
    assert all(a == b for a, b in written if b)


def test_each_cell_knows_the_line_of_its_marker(tmp_path):
    source = read_lesson(write(tmp_path), POINTS)
    lines = LESSON.splitlines()
    assert all(lines[number - 1].startswith("# %%") for number in source.lines)
    assert len(source.lines) == len(source.notebook.cells)


def test_reading_twice_gives_the_same_ids_and_no_id_twice(tmp_path):
    path = write(tmp_path)
    first, second = (read_lesson(path, POINTS).notebook for _ in range(2))
    ids = [cell.id for cell in first.cells]
    assert first == second
    assert len(set(ids)) == len(ids)
    assert ids[0] == "5bab4d22"  # sha256 of "# 1. A loss\n\nOne number."
    assert all(re.fullmatch(r"[0-9a-f]{8}|mse(_check)?", name) for name in ids)


def test_an_id_does_not_change_when_another_cell_does(tmp_path):
    before = read_lesson(write(tmp_path), POINTS).notebook.cells
    text = LESSON.replace("# One number.", "# One small number.")
    after = read_lesson(write(tmp_path, text), POINTS).notebook.cells
    assert [c.id for c in before[1:]] == [c.id for c in after[1:]]
    assert before[0].id != after[0].id


def test_a_lesson_may_show_an_error_and_run_on(tmp_path):
    text = LESSON.replace("# %%\nmse(", '# %% tags=["raises-exception"]\nmse(')
    cells = read_lesson(write(tmp_path, text), POINTS).notebook.cells
    assert [c.metadata.get("tags") for c in cells].count(["raises-exception"]) == 1


def test_points_that_are_whole_numbers_are_written_as_a_browser_writes_them(tmp_path):
    source = read_lesson(write(tmp_path), {"mse": 2.0})
    assert repr(source.cell("mse_check").metadata.nbgrader.points) == "2"


@pytest.mark.parametrize(
    ("old", "new", "words", "place"),
    [
        (HEADER, "", "Begin the file with these four lines", None),
        ("name: python3,", "name: julia,", "Begin the file with these four", "# ---"),
        ("# jupyter:", "# jupiter:", "Begin the file with these four", "# ---"),
        ("\n# %% [markdown]", "\nx = 1\n# %%", "text before the first cell", "x = 1"),
        ('solution="mse"', 'solutoin="mse"', "Did you mean 'solution'?", "solutoin"),
        ('solution="mse"', "solution=mse", "Quote the name", "solution=mse"),
        ('solution="mse"', "solution", "carries the title", "# %% solution"),
        ('check="mse"', 'check="mes"', "Did you mean 'mse'?", '"mes"'),
        ('check="mse"\n', 'check="mse"\ncheck(mse)\n', "Leave it empty", 'check="'),
        ('# %% check="mse"', "", 'Add an empty cell marked # %% check="mse"', '"mse"'),
        ("submit=true\n", "submit=true\nx\n", "Leave it empty", "submit=true"),
        ("submit=true", "submit=1", "Write submit=true", "submit=1"),
        ("submit=true", 'submit=true check="mse"', "expected one of them", "submit="),
        ('%% solution="mse"', '%% [markdown] solution="mse"', "text cell", "solution="),
        ("# %%\nimport", "# %% [raw]\nimport", "raw cell", "[raw]"),
        ("# %%\nimport", '# %% tags=["hide"]\nimport', "unknown tag 'hide'", "hide"),
        ("def mse(", "def msa(", "defines msa", "solution="),
        ("import numpy", "imprt numpy", "invalid syntax", "imprt"),
        ("import numpy as np", "%matplotlib inline", "without magics", "%matplotlib"),
        ("### BEGIN SOLUTION", "## BEGIN SOLUTION", "expected exactly", "BEGIN"),
        ("### BEGIN SOLUTION", "### begin solution", "expected exactly", "begin sol"),
        ("### BEGIN SOLUTION", "pass", "nothing is open", "END SOLUTION"),
        ("    ### END SOLUTION\n", "", "is never closed", "BEGIN"),
        ("### END SOLUTION", "### BEGIN SOLUTION", "is still open", "    ### BEGIN"),
        ('# %% solution="mse"', "# %%", "not an answer cell", "BEGIN"),
    ],
)
def test_a_mistake_in_a_source_is_shown_with_its_line_and_the_way_out(
    tmp_path, old, new, words, place
):
    error = refused(tmp_path, old, new)
    assert words in str(error)
    text = LESSON.replace(old, new, 1)
    lines = [
        i for i, line in enumerate(text.splitlines(), 1) if place and place in line
    ]
    assert error.line in (lines or [1])
    assert f"01_loss.py:{error.line}: " in str(error)


def test_an_answer_cell_without_markers_is_refused(tmp_path):
    lesson = LESSON.replace("    ### BEGIN SOLUTION\n", "")
    error = refused(tmp_path, "    ### END SOLUTION\n", "", lesson=lesson)
    assert "holds no solution" in str(error)


def test_an_id_used_twice_names_the_first_use(tmp_path):
    copied = '# %% check="mse"\n\n# %% check="mse"'
    error = refused(tmp_path, '# %% check="mse"', copied)
    first = line_of(LESSON, 'check="mse"')
    assert f"the first is in line {first}" in str(error)
    assert error.line == first + 2


def test_a_lesson_is_submitted_once(tmp_path):
    error = refused(tmp_path, "submit=true", "submit=true\n\n# %% submit=true")
    assert "used twice" in str(error)


def test_a_check_above_its_answer_is_refused(tmp_path):
    lesson = LESSON.replace('# %% check="mse"', "", 1)
    above = '# %% check="mse"\n\n# %% solution="mse"'
    error = refused(tmp_path, '# %% solution="mse"', above, lesson=lesson)
    assert "no answer cell above it" in str(error)


def test_a_function_named_like_the_check_of_another_is_refused(tmp_path):
    second = """# %% solution="mse_check"
def mse_check():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION

# %% check="mse_check"

# %% submit=true"""
    error = refused(tmp_path, "# %% submit=true", second, {"mse": 1, "mse_check": 1})
    assert "id of the check of another exercise" in str(error)


def test_an_undeclared_exercise_is_refused_with_the_nearest_name(tmp_path):
    error = refused(tmp_path, "", "", points={"rmse": 2})
    assert "'mse'" in str(error)
    assert "Did you mean 'rmse'?" in str(error)


def test_a_declared_exercise_without_cells_is_shown_where_it_is_declared(tmp_path):
    path = write(tmp_path)
    path.with_name("checks.py").write_text("a = 1\nEXERCISES = ['rmse']\n")
    with pytest.raises(SourceError, match="'rmse' has no cells") as caught:
        read_lesson(path, {"mse": 2, "rmse": 1})
    assert caught.value.path.name == "checks.py"
    assert caught.value.line == 2


def test_folder_file_and_lesson_share_one_name(tmp_path):
    path = write(tmp_path)
    wrong = path.rename(path.with_name("02_loss.py"))
    with pytest.raises(SourceError, match=r"expected '01_loss\.py'"):
        read_lesson(wrong, POINTS)
    with pytest.raises(SourceError, match="two digits"):
        read_lesson(write(tmp_path, name="Loss"), POINTS)


def test_a_marker_inside_a_string_is_text(tmp_path):
    text = LESSON.replace(
        "import numpy as np", 'import numpy as np\ns = """\n# %%\n"""'
    )
    source = read_lesson(write(tmp_path, text), POINTS)
    assert '# %%\n"""' in source.notebook.cells[1].source
    assert text.splitlines()[source.lines[2] - 1].startswith("# %% solution")
