"""The class report says what the class did: counted from real grading."""

import re
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from small_course import ANSWERS, CHECKS, NAME, SOURCE, answered, as_bytes
from test_likeness import ODD, RENAMED
from test_manual_answers import QUESTION, RUBRIC, WORDS

from course_lib.settings import load_settings
from grader import __main__ as command_line
from grader.batch import autograde
from grader.class_page import render
from grader.class_report import author_texts, class_report
from grader.class_work import Learner, Try, attempts_of, read_class
from grader.earlier_attempts import grade_attempts, ungraded
from grader.gradebook import Book
from grader.intake import take_in
from grader.marking import mark, write_files
from grader.misconceptions import look_at
from grader.prepared import prepare
from grader.roster import Person

nbgrader_api = pytest.importorskip("nbgrader.api")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
)

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
FIRST = datetime(2026, 2, 27, 12, tzinfo=UTC)  # a day before the deadline
DUE = "\n[deadlines]\n01_small = 2026-02-28T12:00:00Z\n\n[late]\nper_day = 0.1\n"
SUMMED = {**ANSWERS, "mse": ANSWERS["mse"].replace("np.mean", "np.sum")}
MEAN = {
    **ANSWERS,
    "line_backward": ANSWERS["line_backward"].replace("np.sum(dy)", "np.mean(dy)"),
}
ERROR = {**ANSWERS, "center": "def center(x):\n    return x - <b>mean</b>"}
HOSTILE = "<img src=x onerror=alert(1)> [red]"
COPY = ODD.replace("softmax(logits)", "center(x)").replace("logits", "x")
COPIED = RENAMED.replace("softmax(logits)", "center(x)").replace("logits", "x")
EVIL = f"    # </span></code></pre><script>alert(2)</script>\x1b[2J\u202e\n{COPIED}"
# Everybody's attempts, oldest first, a day apart.
CLASS = {
    "ada": [ANSWERS],
    "emmy": [SUMMED, SUMMED, ANSWERS],
    "joe": [SUMMED, MEAN],
    "kim": [SUMMED],
    "zoe": [{}],
    HOSTILE: [ERROR, {**ANSWERS, "center": COPY}],
    "copy": [{**ANSWERS, "center": EVIL}],
}


def hand_in(settings, attempts):
    notebook = prepare(NAME, settings.solutions).notebook
    for learner, tries in attempts.items():
        for k, answers in enumerate(tries):
            data = as_bytes(answered(notebook, answers))
            take_in(learner, NAME, data, FIRST + timedelta(days=k), settings)


def read(settings):
    prepared = prepare(NAME, settings.solutions)
    with Book(settings.gradebook_url, settings.course_id) as book:
        work = read_class(NAME, settings, book)
    author = author_texts(NAME, settings.solutions)
    return class_report(work, prepared, author, settings.timetable)


def grade(settings, worker):
    autograde(NAME, settings, workers=2, worker=worker, tell=lambda line: None)


@pytest.fixture(scope="module")
def class_settings(built_course, tmp_path_factory, worker):
    """Return the settings of a course whose class is graded, newest attempts only."""
    root = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(built_course, root)
    with open(root / "course.toml", "a") as toml:
        toml.write(DUE)
    settings = load_settings(root)
    hand_in(settings, CLASS)
    with Book(settings.gradebook_url, settings.course_id) as book:
        book.enter([Person("ada", "Ada Lovelace"), Person("nobody")])
    grade(settings, worker)
    return settings


@pytest.fixture(scope="module")
def newest(class_settings):
    """Return the report of a class of which only the newest attempts are graded."""
    return read(class_settings)


@pytest.fixture(scope="module")
def report(newest, class_settings, worker):
    """Return the report of a class of which every attempt is graded."""
    grade_attempts(ungraded(NAME, class_settings), class_settings, worker)
    assert ungraded(NAME, class_settings) == []
    return read(class_settings)


@pytest.fixture
def command(monkeypatch, capsys):
    """Return what runs a command on a course: exit code, what it printed, errors."""

    def command(settings, *arguments):
        monkeypatch.setattr(command_line, "load_settings", lambda: settings)
        code = command_line.main(list(arguments))
        return code, *capsys.readouterr()

    return command


def row(report, exercise):
    return next(row for row in report.exercises if row.name == exercise)


def about(row, words):
    return next(one for one in row.misconceptions if words in one.words)


def test_scores_are_those_of_the_gradebook_penalties_taken_off(newest, class_settings):
    with nbgrader_api.Gradebook(
        class_settings.gradebook_url, class_settings.course_id
    ) as book:
        known = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
        taken = {
            s.student.id: s.late_submission_penalty
            for s in book.assignment_submissions(NAME)
        }
    assert newest.scores == {who: known[who] - taken[who] for who in CLASS}
    assert newest.scores["ada"] == 7.0 and newest.scores["zoe"] == 0.0
    assert newest.scores["emmy"] == 6.3  # handed in a day late
    assert set(newest.late) == {"emmy"} and newest.full_marks == 1
    assert newest.median == sorted(newest.scores.values())[3]


def test_what_nobody_graded_is_counted_and_not_guessed_at(newest):
    assert newest.ungraded == 4
    mistake = about(row(newest, "mse"), "It is a sum")
    assert (mistake.now, mistake.before) == (["kim"], [])
    assert row(newest, "mse").graded == [4, 2, 1]  # by the attempt's own place
    assert newest.work.absent == ["nobody"]


def test_attempts_are_graded_without_changing_any_grade(report, newest):
    assert report.ungraded == 0
    assert report.scores == newest.scores


def test_a_mistake_is_told_in_words_attempt_by_attempt(report):
    mse = row(report, "mse")
    assert (mse.graded, mse.right) == ([7, 3, 1], [3, 2, 1])
    mistake = about(mse, "It is a sum, not a mean.")
    assert mistake.columns == [3, 1, 0]
    assert (mistake.now, mistake.before) == (["kim"], ["emmy", "joe"])
    assert mistake.next_step == "divide by N."
    blank = about(mse, "Not written")
    assert blank.now == ["zoe"] and blank.is_unfinished
    assert mse.misconceptions[-1] is blank
    mean = about(row(report, "line_backward"), "You averaged over the batch.")
    assert (mean.now, mean.columns) == (["joe"], [0, 1, 0])
    assert row(report, "line_backward").statuses["partial"] == 1


def test_what_most_learners_have_now_comes_first(report, class_settings):
    assert report.foremost == []  # nobody shares a mistake with anybody
    mistake = about(row(report, "mse"), "It is a sum")
    more = replace(mistake, now=["kim", "joe"])
    rows = [replace(row(report, "mse"), misconceptions=[more])]
    assert replace(report, exercises=rows).foremost == [("mse", more)]


def test_the_attempts_of_each_are_counted(report):
    assert report.attempts == {who: len(tries) for who, tries in CLASS.items()}
    assert sorted(report.spans) == [86400.0, 86400.0, 2 * 86400.0]
    assert (5.0, 7.0) in report.steps and len(report.steps) == 3


def test_alike_answers_are_found_in_graded_work(report):
    (group,) = report.groups["center"]
    assert group.learners == sorted([HOSTILE, "copy"])
    assert set(report.groups) == {"center"}  # everybody's mse is one line


@pytest.mark.full
def test_answers_in_words_are_graded_or_wait_for_a_person(settings, worker):
    source = settings.solutions / NAME / f"{NAME}.py"
    source.write_text(SOURCE.replace("# %% submit=true\n", QUESTION))
    (settings.solutions / NAME / "checks.py").write_text(CHECKS + RUBRIC)
    words = {"stakeholder": WORDS}
    hand_in(settings, {"ada": [words], "emmy": [words], "zoe": [{}]})
    for learner, (attempt,) in attempts_of(NAME, settings).items():
        handed_in = attempt.handed_in(settings.largest_submission)
        report = mark(handed_in, settings, worker)
        write_files(handed_in, report, settings)
        with Book(settings.gradebook_url, settings.course_id) as book:
            book.record(report, learner, handed_in.timestamp)
    with nbgrader_api.Gradebook(settings.gradebook_url, settings.course_id) as book:
        given = book.find_grade("stakeholder", NAME, NAME, "ada")
        given.manual_score, given.needs_manual_grade = 2.0, False
        book.db.commit()
    found = read(settings)
    statuses = row(found, "stakeholder").statuses
    assert (statuses["given"], statuses["by_hand"]) == (1, 1)
    assert statuses["not_written"] == 1 and found.scores["ada"] == 2.0
    assert "1 graded by hand, 1 waiting" in render(found, NOW, UTC)


def test_many_attempts_share_the_last_column():
    verdict = SimpleNamespace(is_right=False, status="wrong", mistake="sum", message="")
    right = SimpleNamespace(is_right=True, status="right", mistake=None, message="")
    tries = [Try(NOW, {"mse": each}) for each in [verdict] * 6 + [right]]
    seen = look_at("mse", 2.0, [Learner("ada", tries, {"mse": right}, {})])
    assert (seen.graded, seen.right) == ([1] * 5, [0, 0, 0, 0, 1])
    assert seen.misconceptions[0].columns == [1, 1, 1, 1, 0]
    assert seen.misconceptions[0].before == ["ada"]


class Reader(HTMLParser):
    """What a page consists of: its tags, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(report):
    return render(report, NOW, UTC)


def test_the_page_loads_nothing_and_runs_nothing(page):
    tags = Reader(page)
    names = {tag for tag, _ in tags.tags}
    assert not names & {"script", "iframe", "object", "link", "form", "svg", "a", "b"}
    assert not any(key.startswith("on") for _, a in tags.tags for key in a)
    assert all(
        a["src"].startswith("data:image/svg+xml;base64,") for a in tags.all("img")
    )
    assert "\x1b" not in page and "\u202e" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page  # and there they are


def test_each_picture_says_in_words_what_it_shows(page):
    pictures = [attributes["alt"] for attributes in Reader(page).all("img")]
    assert len(pictures) == 3 + 3  # scores, exercises, attempts; one an exercise
    (mse,) = [alt for alt in pictures if alt.startswith("mse: 5 of 7 right")]
    assert "1 now and 2 before: It is a sum, not a mean." in mse
    (scores,) = [alt for alt in pictures if alt.startswith("Histogram of 7 scores")]
    assert "Half of the class has" in scores


def test_the_page_marks_common_lines_by_more_than_colour(page):
    assert page.count('<span class="l same">') == 10
    assert '::before { content: "="' in page
    assert "no proof of anything" in page


def test_the_same_report_makes_the_same_page(page, report):
    assert render(report, NOW, UTC) == page


def test_the_page_of_one_learner_reads_well(settings, worker, tmp_path, command):
    hand_in(settings, {"ada": [SUMMED]})
    grade(settings, worker)
    code, out, err = command(
        settings, "report", "1", "--html", str(tmp_path / "r.html")
    )
    assert (code, err) == (0, "") and "written" in out
    text = re.sub(r"<[^>]+>", " ", (tmp_path / "r.html").read_text("utf-8"))
    assert "1 learners" not in " ".join(text.split())
    assert "It is a sum, not a mean." in text
    code, out, _ = command(settings, "report", "1")
    assert code == 0 and "1 learner graded, median 5 of 7 points" in out


def test_whoever_is_not_graded_yet_is_said_before_any_number(settings, command, worker):
    code, out, err = command(settings, "report", NAME)
    assert (code, out) == (1, "")
    assert err.startswith("error: Nobody has handed in 01_small")
    hand_in(settings, {"ada": [ANSWERS], "emmy": [ANSWERS]})
    code, out, err = command(settings, "report", NAME)
    assert (code, out) == (1, "") and "2 learners have handed in" in err
    assert "autograde 01_small" in err
    grade(settings, worker)
    hand_in(settings, {"zoe": [ANSWERS], "ada": [{}, SUMMED]})
    found = read(settings)
    assert (found.work.waiting, found.outdated) == (["zoe"], ["ada"])
    code, out, err = command(settings, "report", NAME)
    assert code == 0 and "not graded: zoe" in out and "to be graded: ada" in out


def test_a_terminal_is_told_the_same_and_names_do_nothing_to_it(
    report, class_settings, command
):
    code, out, err = command(class_settings, "report", "1")
    assert (code, err) == (0, "")
    assert "7 learners graded, median" in out and "1 learner late" in out
    assert "mse: 5 of 7 right" in out and "It is a sum, not a mean" in out
    assert "alike enough to look at" in out and "[red]" in out
    assert "\x1b" not in out


@pytest.mark.full
def test_attempts_are_graded_on_demand_from_the_command_line(settings, command, worker):
    hand_in(settings, {"emmy": CLASS["emmy"]})
    grade(settings, worker)
    code, out, _ = command(settings, "report", "1")
    assert code == 0 and "nothing is said: 2" in " ".join(out.split())
    code, out, _ = command(settings, "report", "1", "--grade-attempts")
    assert code == 0 and "nothing is said" not in " ".join(out.split())


@pytest.mark.full
def test_a_browser_shows_the_page_and_asks_for_nothing_else(page, tmp_path, chromium):
    (tmp_path / "report.html").write_text(page, "utf-8")
    tab, asked, dialogs = chromium.new_page(), [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
    for width in (1180, 400):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(f"file://{tmp_path}/report.html")
        wide = "document.documentElement.scrollWidth"
        assert tab.evaluate(wide) <= width
    drawn = tab.evaluate("[...document.images].map(image => image.naturalWidth)")
    tab.close()
    assert not dialogs and min(drawn) > 0
    assert [url for url in asked if not url.startswith(("data:", "file:"))] == []
