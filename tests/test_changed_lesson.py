"""A released lesson that changes: everybody is graded anew, and each change is told."""

import csv
import subprocess
import sys

import nbformat
import pytest
from conftest import course_environment
from process_tree import descendants
from small_course import ANSWERS, NAME
from test_batch import (
    change_the_checks,
    processes_of,
    put,
    scores,
    start_run,
    until_gone,
)
from test_late import timed
from test_watch import answer_to, submit

from grader import __main__ as command_line
from grader.batch import autograde, note_told
from grader.gradebook import Book
from grader.source import read_lesson

nbgrader_api = pytest.importorskip("nbgrader.api")
pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
    ),
    pytest.mark.full,
]

HALF = {
    **ANSWERS,
    "line_backward": "def line_backward(dy, x):\n    return 0.0, dy.sum()",
}
CENTER_CELLS = '# %% solution="center"'
SPLIT_SOURCE = '''\
# %% solution="weight_blame"
def weight_blame(dy, x):
    """Return dw."""
    ### BEGIN SOLUTION
    return np.sum(dy * x)
    ### END SOLUTION

# %% check="weight_blame"

# %% [markdown]
# ## Its other half

# %% solution="bias_blame"
def bias_blame(dy):
    """Return db."""
    ### BEGIN SOLUTION
    return np.sum(dy)
    ### END SOLUTION

# %% check="bias_blame"
'''
SPLIT_CHECKS = """\
    Exercise(
        "weight_blame(dy, x) -> dw", points=3, cases=line_cases,
        reference=lambda dy, x: np.sum(dy * x),
    ),
    Exercise(
        "bias_blame(dy) -> db", points=1, cases=line_cases,
        reference=lambda dy: np.sum(dy),
    ),
"""


@pytest.fixture
def grade(settings, worker):
    """Return what grades the class, and tells of it unless it is asked not to."""

    def grade(told=True, **options):
        options = {"workers": 2, "worker": worker, "tell": lambda line: None} | options
        summary = autograde(NAME, settings, **options)
        if told:
            note_told(summary, settings)
        return summary

    return grade


def told(summary):
    """Return the changes of a run's summary that are new, by learner."""
    changes = summary.aftermath.changes
    return {c.learner: (c.before.total, c.after.total) for c in changes if not c.told}


def by_hand(settings, learner, exercise, score=None, comment=None):
    """Do what Formgrader does when a person enters a score and a comment."""
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        if score is not None:
            found = book.find_grade(f"{exercise}_check", NAME, NAME, learner)
            found.manual_score, found.needs_manual_grade = score, False
        if comment is not None:
            found = book.find_comment(exercise, NAME, NAME, learner)
            found.manual_comment = comment
        book.db.commit()


def cut(text, first, last):
    """Return a text without what stands from `first` up to `last`."""
    before, _, rest = text.partition(first)
    return before + last + rest.partition(last)[2]


def remove_center(settings):
    """Remove an exercise: its cells, its declaration, and what uses it."""
    source = settings.solutions / NAME / f"{NAME}.py"
    source.write_text(cut(source.read_text(), CENTER_CELLS, "# %% submit=true"))
    checks = settings.solutions / NAME / "checks.py"
    text = cut(checks.read_text(), '    Exercise(\n        "center(x)', "\n]")
    checks.write_text(text)


def split_the_line(settings):
    """Split an exercise in two."""
    source = settings.solutions / NAME / f"{NAME}.py"
    text = source.read_text()
    first, last = '# %% solution="line_backward"', "# %% [markdown]\n# ## Centering"
    source.write_text(cut(text, first, last).replace(last, SPLIT_SOURCE + "\n" + last))
    checks = settings.solutions / NAME / "checks.py"
    first, last = (
        '    Exercise(\n        "line_backward',
        '    Exercise(\n        "center',
    )
    text = cut(checks.read_text(), first, last)
    checks.write_text(text.replace(last, SPLIT_CHECKS + last))


def page(settings, learner):
    return (settings.feedback / learner / NAME / f"{NAME}.html").read_text("utf-8")


def test_other_points_name_everybody_whose_grade_changed_and_nobody_else(
    settings, grade
):
    put(settings, "ada")
    put(settings, "emmy", {**ANSWERS, "mse": "def mse(p, t):\n    return 0.0"})
    assert told(grade()) == {}
    change_the_checks(settings)  # mse: 3 points for 2
    summary = grade()
    assert told(summary) == {"ada": (7.0, 8.0)}
    (change,) = summary.aftermath.changes
    assert change.line() == "mse 2 of 2 -> 3 of 3" and change.after.most == 8.0
    assert scores(settings) == {"ada": 8.0, "emmy": 5.0}
    assert told(grade()) == {}  # once is enough


def test_a_check_that_grew_stricter_is_a_change_too(settings, grade):
    put(settings, "ada", {**ANSWERS, "center": "def center(x):\n    return x * 0.0"})
    grade()
    change_the_checks(
        settings, "reference=lambda x: x - x.mean()", "reference=lambda x: x * 0"
    )
    assert told(grade()) == {"ada": (6.0, 7.0)}


def test_new_work_is_no_change_of_the_lesson(settings, grade):
    put(settings, "ada", {})
    grade()
    put(settings, "ada")
    assert told(grade()) == {} and scores(settings) == {"ada": 7.0}
    change_the_checks(settings)
    put(settings, "ada", HALF)
    summary = grade()  # both at once: told, and what else there is to it
    assert told(summary) == {"ada": (7.0, 6.0)}
    assert "handed in again" in summary.aftermath.changes[0].line()


def test_what_people_gave_for_an_exercise_that_goes_is_kept_until_it_returns(
    settings, grade
):
    source = settings.solutions / NAME
    old = {path: path.read_text() for path in source.iterdir() if path.is_file()}
    for learner in ("ada", "emmy"):
        put(settings, learner)
    grade()
    by_hand(settings, "ada", "center", 0.25, "Not by looking!")
    by_hand(settings, "emmy", "mse", comment="Good.")
    grade(again=True)
    remove_center(settings)
    summary = grade()
    assert told(summary) == {"ada": (6.25, 6.0), "emmy": (7.0, 6.0)}
    assert summary.aftermath.kept == [("ada", "center")]
    assert "center 0.25 of 1 -> gone by hand" in summary.aftermath.changes[0].line()
    assert scores(settings) == {"ada": 6.0, "emmy": 6.0}
    assert "does not ask for center" in page(settings, "ada")
    assert "Good." in page(settings, "emmy")
    for path, text in old.items():
        path.write_text(text)
    summary = grade()
    assert told(summary) == {"ada": (6.0, 6.25), "emmy": (6.0, 7.0)}
    assert summary.aftermath.kept == []
    with Book(settings.gradebook_url, settings.course_id) as book:
        marks = book.marks(NAME, "ada")
    assert marks.manual == {"center": 0.25}
    assert marks.comments == {"center": "Not by looking!"}
    assert "Not by looking!" in page(settings, "ada")


def test_an_exercise_split_in_two_finds_answers_by_their_functions(settings, grade):
    both = "def weight_blame(dy, x):\n    return np.sum(dy * x)\n\n\n"
    both += "def bias_blame(dy):\n    return dy.sum()\n\n\n"
    both += "def line_backward(dy, x):\n    return weight_blame(dy, x), bias_blame(dy)"
    put(settings, "ada", {**ANSWERS, "line_backward": both})
    put(settings, "emmy")
    grade()
    by_hand(settings, "emmy", "line_backward", 3.5, "Nearly all.")
    split_the_line(settings)
    summary = grade()
    changed = {c.learner: c for c in summary.aftermath.changes}
    assert told(summary) == {"ada": (7.0, 7.0), "emmy": (6.5, 3.0)}
    assert changed["ada"].line() == (
        "line_backward 4 of 4 -> gone; bias_blame new -> 1 of 1; "
        "weight_blame new -> 3 of 3"
    )
    assert summary.aftermath.kept == [("emmy", "line_backward")]
    assert "No answer to weight_blame was found" in page(settings, "emmy")


def test_a_score_by_hand_stays_and_is_named_where_it_is_more_than_there_is(
    settings, grade
):
    put(settings, "ada", HALF)
    grade()
    by_hand(settings, "ada", "line_backward", 3.5, "The idea is there.")
    change_the_checks(settings, "points=4,", "points=2,")
    summary = grade()
    assert summary.aftermath.above == [("ada", "line_backward", 3.5, 2.0)]
    assert told(summary) == {} and scores(settings) == {"ada": 6.5}
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        assert book.find_grade(
            "line_backward_check", NAME, NAME, "ada"
        ).needs_manual_grade


def test_extensions_and_penalties_follow(settings, worker, grade):
    settings = timed(settings, more=f"[extensions.emmy]\n{NAME} = 1\n")
    for learner in ("ada", "emmy"):
        put(settings, learner)
    options = {"workers": 2, "worker": worker, "tell": lambda line: None}
    note_told(autograde(NAME, settings, **options), settings)
    change_the_checks(settings)
    summary = autograde(NAME, settings, **options)
    assert told(summary) == {"ada": (6.3, 7.2), "emmy": (7.0, 8.0)}
    assert "late penalty 0.7 -> 0.8" in summary.aftermath.changes[0].line()
    assert summary.settled == []
    assert "7.2 <small>of 8" in page(settings, "ada")


def test_the_new_answer_and_page_go_back(settings, grade):
    receipt = submit(settings)
    grade()
    assert answer_to(receipt, 1)["report"]["max_score"] == 7.0
    change_the_checks(settings)
    grade()
    assert answer_to(receipt, 1)["report"]["max_score"] == 8.0
    assert "8 <small>of 8" in receipt.page.read_text("utf-8")


def test_a_run_killed_in_the_middle_and_started_again_names_everybody(
    settings, worker, grade
):
    for n in range(8):
        put(settings, f"learner{n}")
    grade()
    change_the_checks(settings)
    process = start_run(settings, worker)
    until_gone(lambda: list(scores(settings).values()).count(8.0) < 2, 60.0)
    process.kill()
    process.join()
    until_gone(lambda: processes_of(process.pid))
    until_gone(lambda: descendants(worker._parent._process.pid))
    summary = grade(told=False)
    assert summary.unchanged  # some were graded before it was killed
    assert told(summary) == {f"learner{n}": (7.0, 8.0) for n in range(8)}
    change_the_checks(settings, "points=3,", "points=5,")  # and nobody was told yet
    assert told(grade()) == {f"learner{n}": (7.0, 10.0) for n in range(8)}


def test_the_command_shows_the_table_and_writes_it(
    settings, worker, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    put(settings, "ada")
    put(settings, "emmy")
    command_line.main(["autograde", NAME])
    by_hand(settings, "ada", "mse", 2.0)
    command_line.main(["autograde", NAME, "--again"])
    assert "Other grades" not in capsys.readouterr().out
    change_the_checks(settings, "points=2,", "points=1,")
    out = tmp_path / "changes.csv"
    assert command_line.main(["autograde", NAME, "--changes", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Other grades, though nothing new was handed in (1)" in said
    assert "7 of 7 -> 6 of 6: mse 2 of 2 -> 1 of 1" in said
    assert "more than the exercise is worth (1): ada mse 2 of 1" in said
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig", newline="")))
    assert [(r["learner"], r["before"], r["after"]) for r in rows] == [
        ("emmy", "2.0", "1.0")
    ]
    assert command_line.main(["autograde", NAME, "--changes", str(out)]) == 0
    assert "Other grades" not in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 2  # the last change can be had again


def test_nbgraders_own_commands_go_on_after_a_change(settings, course, grade):
    for learner in ("ada", "emmy"):
        put(settings, learner)
    grade()
    by_hand(settings, "ada", "mse", 1.5)
    remove_center(settings)
    change_the_checks(settings)

    def nbgrader(*arguments):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "nbgrader", *arguments, NAME],
            cwd=course,
            env=course_environment(course),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-2000:]

    source = read_lesson(settings.solutions / NAME / f"{NAME}.py")
    nbformat.write(source.notebook, settings.solutions / NAME / f"{NAME}.ipynb")
    nbgrader("generate_assignment", "--force")
    nbgrader("autograde", "--force")
    nbgrader("generate_feedback", "--force")
    assert scores(settings) == {"ada": 5.5, "emmy": 7.0}
    assert told(grade()) == {"ada": (6.5, 5.5), "emmy": (7.0, 7.0)}
    assert "5.5 <small>of 7" in page(settings, "ada")
