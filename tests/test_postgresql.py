"""The gradebook on a PostgreSQL server: all that it does in a file, it does there."""

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import test_manual_answers as words
from small_course import NAME, skip_without_walls
from test_batch import (  # noqa: F401
    HALF,
    grade,
    put,
    scores,
    test_changed_checks_grade_everybody_again,
    test_everybody_gets_grades_a_page_and_a_graded_notebook,
    test_two_graders_at_once_give_equal_grades,
    test_what_people_wrote_survives_and_reaches_the_page,
    test_whoever_has_no_full_result_is_named_with_the_reason,
)
from test_export import (  # noqa: F401
    gradebook,
    read,
    test_each_exercise_has_a_row_with_what_counts,
    test_nbgrader_export_takes_the_plugins_by_name,
    test_penalties_are_brought_up_to_date_before,
)
from test_gradebook import (  # noqa: F401
    book,
    notebook,
    report,
    test_a_broken_write_leaves_the_report_before,
    test_a_changed_declaration_reaches_every_submission,
    test_a_report_is_in_nbgraders_own_gradebook,
    test_a_second_report_leaves_no_stale_score,
    test_a_time_zone_is_taken_into_account,
    test_nbgraders_own_registration_is_understood,
    test_registering_twice_changes_nothing,
    test_three_processes_may_make_the_tables_at_once,
    test_what_people_wrote_survives_regrading,
)
from test_late import (  # noqa: F401
    test_a_changed_deadline_changes_penalties_and_grades_nothing,
    test_a_day_late_costs_its_share_where_nbgrader_keeps_it,
    test_an_extension_that_nbgrader_granted_stays_and_counts,
    test_nbgraders_own_button_takes_off_the_same,
)
from test_nbgrader import run

from course_lib.settings import load_settings
from grader import __main__ as command_line
from grader import batch, database
from grader.errors import GradebookClosed, NoGradebook
from grader.gradebook import Book

pytest.importorskip("psycopg", reason="requirements-cluster.txt is not installed")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        sys.platform != "linux", reason="starts a PostgreSQL server: run it on Linux"
    ),
    pytest.mark.filterwarnings("ignore:Object of type:Warning"),  # nbgrader's
]
NUMBERS = itertools.count(1)
NOBODY = 65534  # PostgreSQL does not run as root


class Server:
    """A PostgreSQL server of the tests' own, in a folder of /tmp."""

    def __init__(self, programs):
        self.programs = Path(programs)
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path is short
        self.user = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
        if self.user:
            os.chown(self.folder, NOBODY, NOBODY)
        self.port = _free_port()
        data = self.folder / "data"
        self.run(
            "initdb",
            "-D",
            data,
            "-U",
            "course",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        self.start()

    def start(self):
        """Start it, or start it again."""
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1 -F"
        self.control("start", "-o", options, "-l", self.folder / "log")

    def control(self, what, *options):
        """Have `pg_ctl` start or stop it."""
        self.run("pg_ctl", "-D", self.folder / "data", "-w", *options, what)

    def run(self, program, *arguments):
        """Run one of its programs."""
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            **self.user,
        )

    def new_database(self):
        """Make an empty database and return its URL."""
        import psycopg

        name = f"course{next(NUMBERS)}"
        about = {"host": "127.0.0.1", "port": self.port, "user": "course"}
        with psycopg.connect(**about, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://course@127.0.0.1:{self.port}/{name}"

    def close(self):
        """Stop it and remove all of it."""
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder)


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _programs():
    """Return the folder of a PostgreSQL server's programs, the newest, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name),
    )
    on_path = shutil.which("initdb")
    found = [*([Path(on_path).resolve().parent] if on_path else []), *found]
    whole = [path for path in found if (path / "pg_ctl").exists()]
    return whole[-1] if whole else None


@pytest.fixture(scope="module")
def server():
    programs = _programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    server = Server(programs)
    yield server
    server.close()


@pytest.fixture
def url(server):
    return server.new_database()


@pytest.fixture
def settings(course, url):
    """Return the settings of the test's own course, its gradebook on the server."""
    toml = course / "course.toml"
    own = f'[grading]\ngradebook = "{url}"\n'
    toml.write_text(toml.read_text("utf-8").replace("[grading]\n", own), "utf-8")
    settings = load_settings(course)
    assert settings.gradebook_url == url
    return settings


@pytest.fixture
def connect(url):
    """Return what opens a connection to the test's database, as another program's."""
    import psycopg

    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(psycopg.connect(url))


@pytest.mark.parametrize(
    "rule",
    [
        words.test_a_written_answer_needs_a_manual_grade_and_a_blank_one_none,
        words.test_a_manual_score_and_its_comment_survive_grading_again,
        lambda course: words.test_other_words_ask_for_another_look_and_keep_the_score(
            course, "Something else."
        ),
    ],
)
def test_answers_in_words_keep_their_scores_there_as_well(tmp_path, url, rule):
    rule(replace(words.write_words_course(tmp_path), gradebook_url=url))


def test_nbgraders_own_commands_and_formgrader_work_on_it(settings, monkeypatch):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    skip_without_walls()
    put(settings, "ada", HALF)
    put(settings, "zoe", data=b"not json")
    run(settings, "autograde", NAME)
    assert scores(settings) == {"ada": 5.0, "zoe": 0.0}
    run(settings, "generate_feedback", NAME)
    assert (settings.feedback / "zoe" / NAME / f"{NAME}.html").is_file()
    run(settings, "export")
    rows = (settings.root / "grades.csv").read_text().splitlines()
    assert any("ada" in row and ",5.0," in row for row in rows)
    monkeypatch.chdir(settings.root)
    config = PyFileConfigLoader("nbgrader_config.py", str(settings.root)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    shown = {each["student"]: each["score"] for each in api.get_submissions(NAME)}
    assert shown == {"ada": 5.0, "zoe": 0.0}
    assert [each["name"] for each in api.get_assignments()] == [NAME]
    assert {each["id"]: each["score"] for each in api.get_students()} == shown


def test_two_that_meet_a_new_learner_enter_them_once(url, notebook):  # noqa: F811
    made = report(notebook, mse=2.0)
    start = threading.Barrier(4, timeout=120)
    failures = []

    def enter(number):
        with Book(url, "small") as own:
            try:
                own.register(NAME, notebook)
                start.wait()
                for n in range(5):
                    own.record(made, f"learner{n}")
            except Exception as error:
                failures.append((number, error))

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Book(url, "small") as one:
        assert one.scores(NAME) == {f"learner{n}": 2.0 for n in range(5)}


def test_somebody_elses_lock_is_waited_for(book, connect, notebook):  # noqa: F811
    book.record(report(notebook, mse=2.0), "ada")
    formgrader = connect()
    formgrader.execute("UPDATE grade SET manual_score = 1.5")
    timer = threading.Timer(1.5, formgrader.commit)
    timer.start()
    start = time.monotonic()
    book.record(report(notebook, mse=1.0), "ada")
    assert time.monotonic() - start > 1
    assert book.scores(NAME) == {"ada": 4.5}  # three exercises, by hand


def test_a_lock_that_stays_is_said_and_nothing_is_lost(
    settings,
    grade,  # noqa: F811
    connect,
    monkeypatch,
):
    put(settings, "ada")
    put(settings, "emmy")
    assert grade(learners=["ada"]).graded == ["ada"]
    monkeypatch.setattr(database, "PATIENCE", 1)
    monkeypatch.setattr(batch, "RETRY_SECONDS", (0.1,))
    formgrader = connect()
    formgrader.execute("LOCK TABLE submitted_assignment IN ACCESS EXCLUSIVE MODE")
    with pytest.raises((GradebookClosed, NoGradebook), match="lock timeout"):
        grade()
    formgrader.rollback()
    summary = grade()
    assert (summary.graded, summary.unchanged) == (["emmy"], ["ada"])


def test_a_server_started_anew_in_the_middle_costs_nothing(
    settings,
    grade,  # noqa: F811
    server,
):
    for n in range(6):
        put(settings, f"learner{n}")
    told, done = [], []

    @contextlib.contextmanager
    def progress(_total):
        def advance(learner):
            done.append(learner)
            if len(done) == 2:
                server.control("stop", "-m", "immediate")
                threading.Timer(2.0, server.start).start()

        yield advance

    summary = grade(progress=progress, tell=told.append)
    assert len(summary.graded) == 6 and not summary.shortfalls
    assert any("The gradebook is closed" in line for line in told)
    assert scores(settings) == {f"learner{n}": 7.0 for n in range(6)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("postgresql://course:geheim@127.0.0.1:9/none", "cannot be opened"),
        ("nosuch://course:geheim@127.0.0.1/none", "names no database"),
        ("no URL at all: geheim", "names no database"),
    ],
)
def test_a_gradebook_that_is_not_there_exits_2_and_shows_no_password(
    course, monkeypatch, capsys, wrong, said
):
    settings = replace(load_settings(course), gradebook_url=wrong)
    monkeypatch.setattr(command_line, "load_settings", lambda: settings)
    put(settings, "ada")
    assert command_line.main(["autograde", "1", "--workers", "1"]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("error: The gradebook ") and said in complaint
    assert "[grading] gradebook in course.toml" in " ".join(complaint.split())
    assert "geheim" not in complaint


def test_without_its_driver_the_command_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NoGradebook, match="pip install -r requirements-cluster.txt"):
        Book("postgresql://course@127.0.0.1/none", "small")
