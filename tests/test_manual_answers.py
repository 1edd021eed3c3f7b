"""Answers in words: written in a lesson, graded by people, kept when graded again."""

import json
import shutil

import nbformat
import pytest
from small_course import (
    CHECKS,
    NAME,
    SOURCE,
    answered,
    as_bytes,
    cell_of,
    skip_without_walls,
    write_course,
)

from course_lib.settings import ROOT, load_settings
from grader.audit import audit_lesson
from grader.batch import autograde
from grader.blank import TEXT_STUB
from grader.errors import SourceError
from grader.grade import grade
from grader.gradebook import Book, Marks
from grader.prepared import prepare
from grader.release import notebook_bytes, release
from grader.rubrics import Rubric
from grader.source import read_lesson
from grader.words import fingerprint

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's

QUESTION = """\
# %% [markdown] rubric="stakeholder"

# %% [markdown] answer="stakeholder"
# Blame is passed back from the error to each weight.

# %% submit=true
"""
RUBRIC = """
from grader.rubrics import Rubric

RUBRICS = [
    Rubric("stakeholder", (2, "It says what is passed back."), (1, "No formula.")),
]
"""
WORDS = "The error is shared out, from the last layer to the first."


@pytest.fixture
def course(tmp_path):
    """Return the settings of the small course with one answer in words."""
    return write_words_course(tmp_path)


def write_words_course(tmp_path):
    """Write that course; return its settings."""
    solutions = write_course(tmp_path)
    with_question = SOURCE.replace("# %% submit=true\n", QUESTION)
    (solutions / NAME / f"{NAME}.py").write_text(with_question)
    (solutions / NAME / "checks.py").write_text(CHECKS + RUBRIC)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return load_settings(tmp_path)


def source_of(course):
    return read_lesson(course.solutions / NAME / f"{NAME}.py")


def handed_in(course, words=WORDS, answers=None):
    notebook = answered(prepare(NAME, course.solutions).notebook, answers or {})
    if words is not None:
        cell_of(notebook, "stakeholder")["source"] = words
    return notebook


def graded(course, notebook):
    skip_without_walls()
    data = notebook if isinstance(notebook, bytes) else as_bytes(notebook)
    return grade(NAME, data, solutions=course.solutions)


def verdict_of(report):
    return next(v for v in report.exercises if v.exercise == "stakeholder")


def text_of(report):
    return cell_of(report.notebook, "stakeholder")["source"]


# ---- the source and the lesson


def test_an_answer_cell_is_nbgraders_manually_graded_cell(course):
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = release(source_of(course))
    cell = cell_of(notebook, "stakeholder")
    assert cell.cell_type == "markdown"
    marks = cell.metadata.nbgrader
    assert (marks.grade, marks.solution, marks.locked, marks.points) == (
        *(True, True, False),
        3,
    )
    MetadataValidator().validate_nb(notebook)
    nbformat.validate(notebook)


def test_learners_see_the_rubric_above_the_blank_and_no_model_answer(course):
    notebook = release(source_of(course))
    place = notebook.cells.index(cell_of(notebook, "stakeholder"))
    assert notebook.cells[place].source == TEXT_STUB
    assert "| 2 | It says what is passed back. |" in notebook.cells[place - 1].source
    assert "Blame is passed" not in json.dumps(notebook)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('rubric="stakeholder"', 'rubric="stakholder"', "Did you mean 'stakeholder'"),
        ('# %% [markdown] rubric="stakeholder"\n', "", "has no rubric above it"),
        ("# Blame is passed back from the error to each weight.", "", "is empty"),
        ('[markdown] answer="stakeholder"', 'answer="stakeholder"', "a code cell"),
        (
            '# %% [markdown] answer="stakeholder"\n# Blame',
            "# %% [markdown]\n# Blame",
            "has no answer cell",
        ),
    ],
)
def test_a_source_that_departs_from_the_form_says_where(course, old, new, words):
    path = course.solutions / NAME / f"{NAME}.py"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SourceError, match=words):
        read_lesson(path)


def test_a_rubric_has_criteria_that_are_worth_something():
    with pytest.raises(ValueError, match="more than 0 points"):
        Rubric("empty")
    with pytest.raises(ValueError, match="more than 0 points"):
        Rubric("free", (0, "It is there."))


# ---- grading


def test_a_written_answer_waits_for_a_person_and_says_so(course):
    report = graded(course, handed_in(course))
    assert verdict_of(report).status == "by_hand"
    assert (report.score, report.max_score, report.open_points) == (0.0, 10.0, 3.0)
    assert report.status == "graded" and report.deviations == []
    assert "up to 3 points, by hand" in verdict_of(report).as_text()


@pytest.mark.parametrize("words", [None, "", "  \n", f"\n{TEXT_STUB}  "])
def test_a_blank_answer_is_not_written(course, words):
    report = graded(course, handed_in(course, words))
    assert verdict_of(report).status == "not_written"
    assert report.open_points == 0


def test_the_untouched_lesson_and_the_solution_pass_the_audit(course):
    skip_without_walls()
    rows = audit_lesson(NAME, course.solutions)
    whole = [row for row in rows if row.exercise == "stakeholder"]
    assert len(whole) == 2 and all(row.holds for row in rows if row in whole)


def test_a_text_cannot_bring_html_to_its_grader(course):
    report = graded(course, handed_in(course, "<script>alert(1)</script> Blame."))
    assert "<script" not in json.dumps(report.notebook)
    assert "<script" not in report.as_html()


def test_an_answer_is_found_when_the_marks_are_gone(course):
    notebook = handed_in(course)
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    report = graded(course, notebook)
    assert text_of(report) == WORDS
    assert verdict_of(report).status == "by_hand"


def test_an_answer_written_below_the_blank_is_found(course):
    notebook = handed_in(course, None)
    place = notebook["cells"].index(cell_of(notebook, "stakeholder"))
    added = {"cell_type": "markdown", "metadata": {}, "source": WORDS, "id": "new"}
    notebook["cells"].insert(place + 1, added)
    report = graded(course, notebook)
    assert text_of(report) == WORDS
    assert any("stands in its place" in said for said in report.deviations)


def test_an_answer_turned_into_code_is_read_as_text_and_not_run(course):
    notebook = handed_in(course, "raise SystemExit")
    cell_of(notebook, "stakeholder").update(
        cell_type="code", outputs=[], execution_count=None
    )
    report = graded(course, notebook)
    assert text_of(report) == "raise SystemExit"
    assert any("read as text" in said for said in report.deviations)
    assert report.status == "graded"


def test_of_two_copies_the_last_written_one_counts(course):
    notebook = handed_in(course)
    place = notebook["cells"].index(cell_of(notebook, "stakeholder"))
    copy = json.loads(json.dumps(notebook["cells"][place]))
    notebook["cells"].insert(place + 1, copy | {"source": "Second thoughts."})
    report = graded(course, notebook)
    assert text_of(report) == "Second thoughts."
    assert any("2 answers" in said for said in report.deviations)


def test_a_missing_answer_cell_is_put_back(course):
    notebook = handed_in(course)
    notebook["cells"].remove(cell_of(notebook, "stakeholder"))
    report = graded(course, notebook)
    assert verdict_of(report).status == "not_written"
    assert any("stakeholder is missing" in said for said in report.deviations)


def test_points_claimed_in_the_submission_have_no_effect(course):
    notebook = handed_in(course)
    cell_of(notebook, "stakeholder")["metadata"]["nbgrader"]["points"] = 300
    report = graded(course, notebook)
    assert report.max_score == 10.0
    assert any("grading marks" in said for said in report.deviations)


def test_the_page_shows_the_words_and_later_the_points(course):
    report = graded(course, handed_in(course))
    page = report.as_html()
    assert "to be graded by hand" in page and "3 more points" in page and WORDS in page
    page = report.as_html(
        Marks(manual={"stakeholder": 2.5}, comments={"stakeholder": "Clear."})
    )
    assert "graded by hand" in page and "2.5 of 3 points" in page and "Clear." in page
    assert "more points" not in page and "2.5 <small>of 10" in page


def test_what_is_left_to_people_is_said_after_handing_in(course, tmp_path):
    from types import SimpleNamespace

    from course_lib.submission_messages import answer_message

    report = graded(course, handed_in(course)).as_dict()
    receipt = SimpleNamespace(
        lesson=NAME, timestamp="2026-03-01", kept_page=tmp_path / "page.html"
    )
    answer = {"report": report, "text": [], "html": []}
    message = answer_message(receipt, answer, tmp_path / "notebook.ipynb")
    assert "0 of 10 points, 3 more can be given by hand" in message.text


# ---- the gradebook


def in_nbgrader(course, change=None):
    """Return nbgrader's own row of the answer, after `change(gradebook)`."""
    from nbgrader.api import Gradebook

    with Gradebook(course.gradebook_url, course.course_id) as theirs:
        found = theirs.find_grade("stakeholder", NAME, NAME, "ada")
        if change:
            change(theirs, found)
            theirs.db.commit()
        return found.to_dict() | {"score": found.score}


def scored_by_hand(theirs, found):
    """Do what Formgrader does when somebody enters a score and a comment."""
    found.manual_score, found.needs_manual_grade = 2.5, False
    comment = theirs.find_comment("stakeholder", NAME, NAME, "ada")
    comment.manual_comment = "Clear."


def record(course, words):
    with Book(course.gradebook_url, course.course_id) as book:
        book.record(graded(course, handed_in(course, words)), "ada")
        return book.marks(NAME, "ada")


def test_a_written_answer_needs_a_manual_grade_and_a_blank_one_none(course):
    record(course, WORDS)
    row = in_nbgrader(course)
    assert row["needs_manual_grade"] and row["auto_score"] is None
    record(course, None)
    row = in_nbgrader(course)
    assert not row["needs_manual_grade"] and row["auto_score"] == 0


def test_a_manual_score_and_its_comment_survive_grading_again(course):
    record(course, WORDS)
    in_nbgrader(course, scored_by_hand)
    marks = record(course, WORDS + "\n")  # white space is no other answer
    assert marks.manual == {"stakeholder": 2.5}
    assert marks.comments == {"stakeholder": "Clear."}
    row = in_nbgrader(course)
    assert row["score"] == 2.5 and not row["needs_manual_grade"]


def test_a_class_graded_at_once_keeps_what_was_given_by_hand(course):
    skip_without_walls()
    folder = course.submitted / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(as_bytes(handed_in(course)))
    autograde(NAME, course, workers=1)
    assert in_nbgrader(course)["needs_manual_grade"]
    in_nbgrader(course, scored_by_hand)
    assert autograde(NAME, course, workers=1, again=True).graded == ["ada"]
    row = in_nbgrader(course)
    assert row["score"] == 2.5 and not row["needs_manual_grade"]


@pytest.mark.parametrize("words", ["Something else.", None])
def test_other_words_ask_for_another_look_and_keep_the_score(course, words):
    record(course, WORDS)
    in_nbgrader(course, scored_by_hand)
    record(course, words)
    row = in_nbgrader(course)
    assert row["needs_manual_grade"] and row["score"] == 2.5
    record(course, words)  # the same again: still unseen
    assert in_nbgrader(course)["needs_manual_grade"]


def test_other_points_for_the_same_words_ask_for_another_look(course):
    record(course, WORDS)
    in_nbgrader(course, scored_by_hand)
    checks = course.solutions / NAME / "checks.py"
    checks.write_text(checks.read_text().replace("(2, ", "(4, "))
    record(course, WORDS)
    row = in_nbgrader(course)
    assert row["needs_manual_grade"]
    assert (row["score"], row["max_score"]) == (2.5, 5.0)


def test_nbgrader_itself_agrees_before_and_after_a_person(course, monkeypatch):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    skip_without_walls()
    monkeypatch.chdir(course.root)
    loader = PyFileConfigLoader("nbgrader_config.py", str(course.root))
    config = loader.load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    folder = course.submitted / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(as_bytes(handed_in(course)))
    for round_ in range(2):
        result = api.autograde(NAME, "ada", force=True)
        assert result["success"], result.get("error") or result.get("log")
        shown = api.get_submission(NAME, "ada")
        assert shown["needs_manual_grade"] == (round_ == 0)
        assert shown["max_score"] == 10.0 and shown["max_written_score"] == 3.0
        in_nbgrader(course, scored_by_hand)
    assert api.get_submission(NAME, "ada")["written_score"] == 2.5
    assert api.generate_feedback(NAME, "ada", force=True)["success"]
    page = (course.feedback / "ada" / NAME / f"{NAME}.html").read_text()
    assert "2.5 of 3 points" in page and "Clear." in page


def test_the_release_passes_nbgraders_own_validation_once_answered(course, tmp_path):
    from nbgrader.validator import Validator

    lesson = tmp_path / "validated"
    lesson.mkdir()
    notebook = nbformat.from_dict(release(source_of(course)))
    notebook.cells = [notebook.cells[0], cell_of(notebook, "stakeholder")]
    path = lesson / f"{NAME}.ipynb"
    path.write_bytes(notebook_bytes(notebook))
    assert "failed" in Validator().validate(str(path))
    notebook.cells[1].source = WORDS
    path.write_bytes(notebook_bytes(notebook))
    assert Validator().validate(str(path)) == {}


def test_the_fingerprint_looks_at_words_alone():
    assert fingerprint("a  b\n") == fingerprint("a b")
    assert fingerprint("a b") != fingerprint("a c")
