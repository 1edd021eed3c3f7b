"""What a learner reads below a NameError, and where nothing is added."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_lib.missing_names import explain


@pytest.fixture
def run(capsys):
    """Run cells in a notebook's shell; return what is printed below the last."""
    shell = InteractiveShell()

    def run(*cells):
        for cell in cells:
            result = shell.run_cell(cell, store_history=False)
            capsys.readouterr()  # the traceback, which stays as it is
            explain(result)
        return capsys.readouterr().out

    yield run
    shell.history_manager.end_session()


def test_a_check_before_its_answer_is_told_which_cell_comes_first(run):
    said = run("check = print\ncheck(add_bias)")
    assert "Nothing is called add_bias yet." in said
    assert "Run the cell that defines it" in said


def test_a_misspelt_name_inside_an_answer_is_left_to_the_traceback(run):
    assert run("def mse(a, b):\n    return nmp.mean(a - b)", "mse(1, 2)") == ""


@pytest.mark.parametrize(
    "cell", ["1 / 0", "x = 1", "def f():\n    x += 1\nf()", "raise NameError('mine')"]
)
def test_nothing_is_said_below_other_cells(run, cell):
    assert run(cell) == ""


def test_it_is_added_once_and_never_to_a_graded_run(monkeypatch):
    import IPython

    from course_lib.missing_names import explain_missing_names

    shell = InteractiveShell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setenv("COURSE_GRADING", "1")
    explain_missing_names()
    assert explain not in shell.events.callbacks["post_run_cell"]
    monkeypatch.delenv("COURSE_GRADING")
    for _ in range(2):
        explain_missing_names()
    assert shell.events.callbacks["post_run_cell"].count(explain) == 1
    shell.history_manager.end_session()
