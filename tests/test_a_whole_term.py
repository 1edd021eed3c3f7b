"""A whole term of a class of 200: every number at the end is the one that was drawn.

From the author's source to the marks on two platforms, through the programs that an
instructor calls. `a_class` knows what each learner hands in and what that is worth.
"""

import csv
import io
import json
import re
import secrets
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from a_class import CANVAS, EXCHANGE, MISTAKE, MOODLE, RIGHT, WORDS, draw_class
from conftest import copy_course, course_environment
from lms_archives import Upload, canvas, moodle
from process_tree import descendants
from small_course import skip_without_walls

from course_lib.hand_in import feedback_name, open_exchange
from course_lib.settings import ROOT, TIMESTAMP_FORMAT, load_settings
from grader.class_report import class_report
from grader.class_work import read_class
from grader.exercises import load_lesson
from grader.gradebook import Book
from grader.prepared import prepare

api = pytest.importorskip("nbgrader.api")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        sys.platform != "linux", reason="grades a class behind walls: run it on Linux"
    ),
    pytest.mark.filterwarnings("ignore:Object of type:Warning"),  # nbgrader's
]

LESSON, QUESTION, SIZE = "01_loss", "blame", 200
MOST = {"mse": 2.0, "softmax": 3.0, "cross_entropy": 3.0, "accuracy": 1.0}
MOST |= {"chance_loss": 1.0, QUESTION: 3.0}
CHANGED = {**MOST, "softmax": 4.0}
del CHANGED["accuracy"]
DUE = datetime(2026, 3, 10, 12, tzinfo=UTC)
PER_DAY = 0.1
OVERRIDE = "learner012", "cross_entropy", 2.5, "The idea is right."
ON_WHAT_GOES = "learner021", "accuracy", 0.5, "By counting: nice."
ENDING = f"""\
# %% [markdown] rubric="{QUESTION}"

# %% [markdown] answer="{QUESTION}"
# Each weight gets its share of the blame.

# %% submit=true
"""
RUBRIC = f"""
from grader.rubrics import Rubric

RUBRICS = [Rubric("{QUESTION}", (3, "It says how blame finds its way back."))]
"""
COURSE = f"""
[deadlines]
{LESSON} = {DUE:%Y-%m-%dT%H:%M:%SZ}

[extensions.{{}}]
{LESSON} = 9

[late]
per_day = {PER_DAY}
at_most = 0.5

[limits]
cell_seconds = 10
"""


class Term:
    """A course's folder, the programs that run in it, and the class."""

    def __init__(self, root):
        self.root = copy_course(root)
        self.environment = course_environment(root, COLUMNS="200")
        self.settings = self.people = self.released = self.extended = None
        self.most, self.given, self.secrets = dict(MOST), {}, {}

    def author(self):
        """Write the lesson: the real one up to its long runs, and a question."""
        folder = self.root / "solutions" / LESSON
        shutil.copytree(ROOT / "solutions" / LESSON, folder)
        source, checks = folder / f"{LESSON}.py", folder / "checks.py"
        text, _, _ = source.read_text().partition("# %% [markdown]\n# ## Use it:")
        source.write_text(text + ENDING)
        checks.write_text(checks.read_text() + RUBRIC)
        toml = self.root / "course.toml"
        lesson = load_lesson(LESSON, self.root / "solutions")
        self.people = draw_class(lesson, seed=7, size=SIZE)
        late = [p for p in self.people if p.works[-1].days_late == 1]
        self.extended = late[-1].name
        toml.write_text(toml.read_text() + COURSE.format(self.extended))
        self.settings = load_settings(self.root)
        roster = [("learner", "name", "email", "lms id")]
        roster += [
            (p.name, p.full_name, f"{p.name}@example.org", p.number)
            for p in self.people
        ]
        self.settings.class_folder.mkdir()
        self.write_table("class/roster.csv", roster)

    def write_table(self, name, rows):
        with open(self.root / name, "w", newline="") as file:
            csv.writer(file).writerows(rows)
        return name

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "grader", *map(str, arguments)],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments, code=0):
        """Run a command of the grader to its end; return what it said."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=900)
        assert process.returncode == code, said
        return said

    def killed(self, count, enough, *arguments):
        """Run a command, and kill it by SIGKILL once `count()` is `enough`."""
        process, deadline = self.start(*arguments), time.monotonic() + 600
        while count() < enough:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        family = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        deadline = time.monotonic() + 30
        while any(_runs(pid) for pid in family):
            assert time.monotonic() < deadline, "something outlived it"
            time.sleep(0.05)
        return count()

    def count(self, query):
        """Return a number out of the gradebook, 0 while there is none."""
        file = self.settings.class_folder / "gradebook.db"
        try:
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as book:
                return book.execute(query).fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def gradebook(self):
        return api.Gradebook(self.settings.gradebook_url, self.settings.course_id)

    def total(self, person, round_):
        """Return what the truth is worth: points, by hand before drawn, and penalty."""
        work = person.work(round_)
        by_hand = self.given.get(person.name, {})
        points = {**work.points(self.most), **by_hand}
        earned = sum(points[name] for name in self.most)
        days = 0 if person.name == self.extended else work.days_late
        return earned, min(PER_DAY * days, 0.5) * earned


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---- what learners do


def hand_in_round(term, round_):
    """Have everybody hand in who does in this round, each by their own way."""
    due = [(p, w) for p in term.people for w in p.works if w.round == round_]
    uploads = {CANVAS: [], MOODLE: []}
    times = [("learner", "submitted")]
    for person, work in due:
        data = work.notebook(term.released, QUESTION)
        when = _when(person, work)
        if person.way == EXCHANGE:
            _through_the_exchange(term, person, data, when)
            continue
        about = person.full_name, person.number, f"{LESSON}.ipynb", data
        number = 5000 * round_ + person.number - 340000
        uploads[person.way].append(Upload(*about, work.days_late > 0, number))
        times.append((person.name, when.isoformat()))
    for way, pack in ((CANVAS, canvas), (MOODLE, moodle)):
        if not uploads[way]:
            continue
        archive = term.root / f"{way}{round_}.zip"
        archive.write_bytes(pack(*uploads[way], made=(2026, 3, 2, 9, round_, 0)))
        table = term.write_table(f"times{round_}.csv", times)
        said = term.run("collect", LESSON, archive, "--times", table)
        assert f"{len(uploads[way])} collected" in said, said
    return [person for person, _ in due]


def _when(person, work):
    """Return when somebody hands in: in the round's own hour, or some days late."""
    days = {1: 8, 2: 5, 3: 1}[work.round]
    start = DUE - timedelta(days=days)
    if work.days_late:
        start = DUE + timedelta(days=work.days_late) - timedelta(hours=2)
    return start + timedelta(seconds=person.number % 1000)


def _through_the_exchange(term, person, data, when):
    open_exchange(term.settings)
    secret, stamp = secrets.token_hex(64), when.strftime(TIMESTAMP_FORMAT)
    folder = term.settings.inbound / f"{person.name}+{LESSON}+{stamp}+x"
    folder.mkdir()
    (folder / f"{LESSON}.ipynb").write_bytes(data)
    (folder / "timestamp.txt").write_text(stamp)
    (folder / "submission_secret.txt").write_text(secret)
    term.secrets[person.name] = secret


# ---- what is true of the gradebook


def assert_grades(term, round_):
    """Hold every learner's grades and named mistakes against the truth."""
    with term.gradebook() as book:
        found = {s.student.id: s for s in book.assignment_submissions(LESSON)}
        there = {p.name: p for p in term.people if p.work(round_)}
        assert found.keys() == there.keys()
        for name, person in there.items():
            earned, penalty = term.total(person, round_)
            assert found[name].score == pytest.approx(earned), name
            assert found[name].late_submission_penalty == pytest.approx(penalty), name
            assert found[name].max_score == sum(term.most.values())
    for person in there.values():
        seen = verdicts(term, person)
        for exercise, answer in person.work(round_).read.items():
            if exercise in term.most:
                about = person.name, exercise, seen[exercise]["message"]
                assert seen[exercise]["mistake"] == answer.mistake or (
                    answer.kind != MISTAKE
                ), about


def verdicts(term, person):
    path = term.settings.autograded / person.name / LESSON / f"{LESSON}.ipynb"
    report = json.loads(path.read_text())["metadata"]["course"]["report"]
    return {verdict["exercise"]: verdict for verdict in report["exercises"]}


def counts_of(said):
    """Return how many were graded and how many were unchanged, as a run says."""
    graded, unchanged = re.search(r"(\d+) graded, (\d+) unchanged", said).groups()
    return int(graded), int(unchanged)


# ---- the story


def test_a_whole_term_ends_with_the_numbers_that_were_drawn(tmp_path):
    skip_without_walls()
    term = Term(tmp_path / "course")
    term.author()
    assert_every_mistake_is_made(term)
    release(term)
    first_round_with_a_kill(term)
    second_round(term)
    grade_by_hand(term)
    change_the_lesson_with_a_kill(term)
    third_round_is_late(term)
    give_back(term)
    know_the_class(term)
    export(term)


def assert_every_mistake_is_made(term):
    """The class is a test of everything that the lesson's checks can name."""
    works = [work for person in term.people for work in person.works]
    made = {
        (name, answer.mistake)
        for work in works
        for name, answer in work.answers.items()
        if answer.kind == MISTAKE
    }
    exercises = load_lesson(LESSON, term.settings.solutions).exercises
    assert made == {(e.name, m.id) for e in exercises.values() for m in e.mistakes}
    assert {1, 2, 3} == {work.round for work in works}


def release(term):
    """The students' archive is what learners fill in; it holds no answer."""
    assert LESSON in term.run("build")
    term.run("bundle", "students.zip")
    with zipfile.ZipFile(term.root / "students.zip") as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(f"{LESSON}.ipynb")]
        term.released = json.loads(archive.read(name))
    solutions = [c for c in term.released["cells"] if c["id"] in MOST]
    assert len(solutions) == len(MOST)
    assert "np.mean((predictions - targets)" not in json.dumps(solutions)


def first_round_with_a_kill(term):
    """A run killed by SIGKILL and started again grades the rest, and all of it."""
    handed = hand_in_round(term, 1)
    count = "SELECT count(*) FROM course_reports"
    arguments = "autograde", LESSON
    done = term.killed(lambda: term.count(count), SIZE // 5, *arguments)
    assert done < len(handed)
    said = term.run(*arguments, code=1)  # not everybody has a full result
    assert counts_of(said) == (len(handed) - done, done)
    assert_grades(term, 1)
    broken = [p.name for p in handed if not p.work(1).is_whole]
    named = re.findall(r"^  (learner\d+) ", said, re.MULTILINE)
    assert sorted(named) == broken
    absent = [p.name for p in term.people if not p.work(1)]
    assert f"Handed in nothing ({len(absent)}): {', '.join(absent)}" in said


def second_round(term):
    """Only what is new is graded."""
    handed = hand_in_round(term, 2)
    said = term.run("autograde", LESSON, code=1)
    there = sum(p.work(2) is not None for p in term.people)
    assert counts_of(said) == (len(handed), there - len(handed))
    assert "Other grades" not in said
    assert_grades(term, 2)


def grade_by_hand(term):
    """People grade what was written, and disagree twice: as Formgrader enters it."""
    waiting = [p for p in term.people if p.work(2) and p.work(2).read_words]
    give_for_words(term, waiting, 2)
    with term.gradebook() as book:
        for learner, exercise, points, comment in (OVERRIDE, ON_WHAT_GOES):
            grade = book.find_grade(f"{exercise}_check", LESSON, LESSON, learner)
            grade.manual_score, grade.needs_manual_grade = points, False
            found = book.find_comment(exercise, LESSON, LESSON, learner)
            found.manual_comment = comment
            term.given.setdefault(learner, {})[exercise] = points
        book.db.commit()
    assert_grades(term, 2)


def give_for_words(term, people, round_):
    """Give what the words are worth; exactly these people's wait for it."""
    with term.gradebook() as book:
        grades = [g for s in book.assignment_submissions(LESSON) for n in s.notebooks
                  for g in n.grades if g.name == QUESTION]  # fmt: skip
        waiting = {g.student.id: g for g in grades if g.needs_manual_grade}
        assert waiting.keys() == {person.name for person in people}
        for person in people:
            points = WORDS[person.work(round_).read_words]
            waiting[person.name].manual_score = points
            waiting[person.name].needs_manual_grade = False
            term.given.setdefault(person.name, {})[QUESTION] = points
        book.db.commit()


def change_the_lesson_with_a_kill(term):
    """One exercise gets other points, one goes: who is told of is who it concerns."""
    before = {p.name: term.total(p, 2) for p in term.people if p.work(2)}
    checks = term.settings.solutions / LESSON / "checks.py"
    text = checks.read_text().replace("points=3", "points=4", 1)
    checks.write_text(text.replace("CROSS_ENTROPY, ACCURACY,", "CROSS_ENTROPY,"))
    source = checks.with_name(f"{LESSON}.py")
    head, _, rest = source.read_text().partition('# %% solution="accuracy"')
    source.write_text(head + rest.partition('# %% check="accuracy"')[2])
    term.run("build")
    term.most = dict(CHANGED)
    count = "SELECT count(*) FROM course_changes WHERE became IS NOT NULL"
    term.killed(lambda: term.count(count), SIZE // 8, "autograde", LESSON)
    said = term.run("autograde", LESSON, "--changes", "changes.csv", code=1)
    graded, unchanged = counts_of(said)
    assert unchanged > 0 and graded + unchanged == len(before)
    assert_grades(term, 2)
    after = {p.name: term.total(p, 2) for p in term.people if p.work(2)}
    people = {p.name: p for p in term.people}
    expected = {
        name: (sum_of(before[name]), sum_of(after[name]))
        for name in before
        if has_changed(term, people[name])
    }
    with open(term.root / "changes.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {
        row["learner"]: (float(row["total_before"]), float(row["total_after"]))
        for row in rows
    }
    assert told == expected
    assert SIZE / 3 < len(told) < len(before)
    assert f"nothing new was handed in ({len(told)})" in said
    learner, exercise, points, _ = ON_WHAT_GOES
    assert f"exercises that are gone, and kept (1): {learner} {exercise}" in said
    (row,) = [r for r in rows if (r["learner"], r["exercise"]) == (learner, exercise)]
    assert (float(row["before"]), row["after"], row["by_hand"]) == (points, "", "yes")
    assert "Other grades" not in term.run("autograde", LESSON, code=1)
    term.given[learner].pop(exercise)


def has_changed(term, person):
    """Return whether the change of the lesson changes somebody's points."""
    points = {**person.work(2).points(MOST), **term.given.get(person.name, {})}
    return bool(points["softmax"] or points["accuracy"])


def sum_of(total):
    earned, penalty = total
    return round(earned - penalty, 4)


def third_round_is_late(term):
    """Late work loses its share, of scores given by hand too; an extension saves it."""
    old = {p.name: p.work(2).read_words for p in term.people if p.work(2)}
    handed = hand_in_round(term, 3)
    said = term.run("autograde", LESSON, code=1)
    assert counts_of(said)[0] == len(handed)
    new = [p for p in handed if p.work(3).read_words != old.get(p.name, "")]
    give_for_words(term, new, 3)
    penalties = [term.total(p, 3)[1] for p in handed]
    assert sum(penalty > 0 for penalty in penalties) >= SIZE // 50


def give_back(term):
    """Everybody's page says what counts, where they handed in."""
    said = term.run("feedback", LESSON, "--archive", "canvas.zip", code=1)
    by_way = Counter(p.way for p in term.people if p.work(3))
    assert f"{by_way[CANVAS]} pages" in said  # the others did not come from there
    term.run(
        "feedback", LESSON, "--archive", "moodle.zip", "--layout", "moodle", code=1
    )
    for way in (CANVAS, MOODLE):
        with zipfile.ZipFile(term.root / f"{way}.zip") as archive:
            pages = [archive.read(name).decode() for name in archive.namelist()]
        shown = Counter(map(score_on, pages))
        assert shown == Counter(_shown(term, p) for p in term.people if p.way == way)
    for person in term.people:
        if person.way == EXCHANGE:
            name = feedback_name(term.secrets[person.name], LESSON)
            page = (term.settings.returned / f"{name}.html").read_text()
            assert score_on(page) == _shown(term, person), person.name
            answer = json.loads((term.settings.returned / f"{name}.json").read_text())
            automatic = person.work(3).points(term.most)
            assert answer["report"]["score"] == sum(automatic.values())
    learner, _, _, comment = OVERRIDE
    page = term.settings.feedback / learner / LESSON / f"{LESSON}.html"
    assert comment in page.read_text()
    assert_grades(term, 3)


def _shown(term, person):
    return f"{round(sum_of(term.total(person, 3)), 4):g}", f"{sum(CHANGED.values()):g}"


def score_on(page):
    """Return the points that a page shows, and of how many."""
    return re.search(r"([\d.]+) <small>of ([\d.]+)", page).groups()


def know_the_class(term):
    """The report counts right answers and named mistakes as they were made."""
    said = term.run("report", LESSON)
    totals = [sum_of(term.total(p, 3)) for p in term.people]
    median, most = statistics.median(totals), sum(term.most.values())
    assert f"{SIZE} learners graded, median {median:g} of {most:g} points" in said
    attempts = sum(len(person.works) for person in term.people)
    late = sum(p.name != term.extended and p.work(3).days_late > 0 for p in term.people)
    assert re.search(rf"{attempts} attempts, .*, {late} learners? late", said)
    with Book(term.settings.gradebook_url, term.settings.course_id) as book:
        work = read_class(LESSON, term.settings, book)
    prepared = prepare(LESSON, term.settings.solutions)
    for row in class_report(work, prepared).exercises:
        if row.name == QUESTION:
            continue
        answers = [person.work(3).read[row.name] for person in term.people]
        right = sum(answer.kind == RIGHT for answer in answers)
        assert row.statuses["right"] == right
        assert f"{row.name}: {right} of {SIZE} right" in said
        words = {m.id: m.message for m in prepared.exercises[row.name].mistakes}
        made = Counter(words[a.mistake] for a in answers if a.kind == MISTAKE)
        found = {one.words: len(one.now) for one in row.misconceptions}
        assert {text: found[text] for text in made} == made
        assert sum(found.values()) == SIZE - right


def export(term):
    """The three tables say of everybody what the truth is."""
    tables = {}
    for kind in ("csv", "canvas", "moodle"):
        term.run("export", "--format", kind, f"{kind}.csv")
        text = (term.root / f"{kind}.csv").read_text(encoding="utf-8-sig")
        tables[kind] = list(csv.DictReader(io.StringIO(text)))
    by_exercise = {(row["learner"], row["exercise"]): row for row in tables["csv"]}
    on_canvas = {row["SIS Login ID"]: row for row in tables["canvas"]}
    on_moodle = {row["Username"]: row for row in tables["moodle"]}
    for person in term.people:
        total = pytest.approx(sum_of(term.total(person, 3)))
        assert float(on_canvas[person.name][LESSON]) == total
        assert on_canvas[person.name]["ID"] == str(person.number)
        assert float(on_moodle[person.name][f"Assignment: {LESSON} (Real)"]) == total
        points = person.work(3).points(term.most) | term.given.get(person.name, {})
        for exercise in term.most:
            row = by_exercise[person.name, exercise]
            assert float(row["points"]) == points[exercise], row
            assert float(row["lesson_total"]) == total
            given = exercise in term.given.get(person.name, {})
            assert row["by_hand"] == ("yes" if given else "no")
