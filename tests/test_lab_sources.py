"""A source that is opened, changed and saved in JupyterLab keeps the house's form."""

import shutil

import pytest
from jupytext import TextFileContentsManager

from course_lib.settings import ROOT
from grader.exercises import SOLUTIONS, lesson_names
from grader.lab_sources import house_form, keep_form
from grader.source import HEADER


@pytest.fixture
def opened(tmp_path):
    """Return what opens, changes and saves a lesson as JupyterLab's server does."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    manager = TextFileContentsManager(root_dir=str(tmp_path), post_save_hook=keep_form)

    def save(name, change=lambda cells: None):
        file = tmp_path / "solutions" / name / f"{name}.py"
        file.parent.mkdir(parents=True)
        shutil.copy(SOLUTIONS / name / file.name, file)
        path = file.relative_to(tmp_path).as_posix()
        content = manager.get(path, type="notebook")["content"]
        change(content["cells"])
        saved = {"type": "notebook", "format": "json", "content": content}
        manager.save(saved, path)
        return (SOLUTIONS / name / file.name).read_text("utf-8"), file.read_text(
            "utf-8"
        )

    return save


@pytest.mark.parametrize("name", lesson_names())
def test_a_source_that_is_opened_and_saved_is_the_same_to_the_byte(opened, name):
    before, after = opened(name)
    assert after == before


def test_a_changed_cell_changes_its_own_lines_and_no_others(opened):
    def change(cells):
        (cell,) = [c for c in cells if c["metadata"].get("solution") == "mse"]
        cell["source"] = cell["source"].replace("### END", "# squared\n    ### END")
        for cell in cells:  # what JupyterLab leaves behind
            cell["metadata"] |= {"editable": True, "jp-MarkdownHeadingCollapsed": True}
            cell["metadata"] |= {"execution": {"iopub.status.idle": "2026"}}

    before, after = opened("01_loss", change)
    added = set(after.splitlines()) - set(before.splitlines())
    assert added == {"    # squared"}
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    assert '# %% solution="mse"' in after
    assert after.startswith(HEADER)


def test_other_python_files_are_left_alone(tmp_path):
    text = HEADER.replace(" {name: python3, display_name: Python 3 (ipykernel), ", "")
    file = tmp_path / "checks.py"
    file.write_text(text)
    keep_form({}, str(file))
    assert file.read_text() == text


def test_a_header_that_says_more_is_not_thrown_away():
    text = "# ---\n# jupyter:\n#   title: mine\n# ---\n\n# %%\n1\n"
    assert house_form(text) == text
