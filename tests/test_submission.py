"""Handing in: what arrives, what nbgrader makes of it, what the learner reads."""

import dataclasses
import html
import json
import os
import re
import stat
import subprocess
import sys
import zipfile

import nbformat
import pytest
from conftest import course_environment
from small_course import NAME

from course_lib import hand_in as post
from course_lib import submission
from course_lib.settings import load_settings
from course_lib.submission_messages import answer_message, waiting_message
from grader import exchange

DANGER = "<script>alert(1)</script>"
ANSWER = {
    "report": {"score": 3.5, "max_score": 7.0, "deviations": [f"renamed {DANGER}"]},
    "text": ["mse   2 of 2 points   right"],
    "html": ["<p>mse</p>"],
}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def answer(receipt, **changes):
    """Do what a grader does at the end."""
    receipt.page.parent.mkdir(parents=True, exist_ok=True)
    receipt.page.write_text("<h1>page</h1>", encoding="utf-8")
    receipt.answer.write_text(json.dumps({**ANSWER, **changes}), encoding="utf-8")


def nbgrader(settings, kind, **options):
    """Return one of nbgrader's exchange programs, configured as the course is."""
    from nbgrader import exchange as theirs
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", str(settings.root)).load_config()
    config.CourseDirectory.assignment_id = NAME
    return getattr(theirs.default, kind)(
        coursedir=CourseDirectory(config=config),
        authenticator=Authenticator(config=config),
        config=config,
        **options,
    )


def test_a_submission_arrives_whole_and_as_nbgrader_lays_it(settings):
    receipt = post.hand_in(NAME, settings=settings, learner="ada")
    assert receipt.folder.parent == settings.inbound
    assert re.fullmatch(
        rf"ada\+{NAME}\+\d{{4}}-\d\d-\d\d \d\dh\d\dm\d\d\.\d{{6}}s UTC\+[\w=-]{{12}}",
        receipt.folder.name,
    )
    files = [f"{NAME}.ipynb", "submission_secret.txt", "timestamp.txt"]
    assert names(receipt.folder) == files
    sent = settings.lesson_notebook(NAME).read_bytes()
    assert (receipt.folder / files[0]).read_bytes() == sent
    assert len((receipt.folder / files[1]).read_text()) == 128
    assert (receipt.folder / files[2]).read_text() == receipt.timestamp
    assert names(settings.inbound) == [receipt.folder.name]  # nothing half-written


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_others_may_hand_in_but_not_look(settings):
    receipt = post.hand_in(NAME, settings=settings)
    mode = stat.S_IMODE(settings.inbound.stat().st_mode)
    assert mode & (stat.S_IWOTH | stat.S_IROTH) == stat.S_IWOTH
    assert stat.S_IMODE(receipt.folder.stat().st_mode) == 0o777


def test_a_second_submission_leaves_the_first_as_it_was(settings):
    first = post.hand_in(NAME, settings=settings, learner="ada")
    settings.lesson_notebook(NAME).write_text("{}", encoding="utf-8")
    second = post.hand_in(NAME, settings=settings, learner="ada")
    assert first.folder != second.folder and len(names(settings.inbound)) == 2
    assert (first.folder / f"{NAME}.ipynb").read_bytes() != b"{}"
    assert post.last_receipt(NAME, settings).timestamp == second.timestamp


def test_no_folder_of_a_submission_has_a_name_that_windows_refuses(settings):
    receipt = post.hand_in(NAME, settings=settings)
    assert not set(receipt.folder.name) & set('<>:"/\\|?*')
    assert not set(receipt.kept_page.parent.name) & set('<>:"/\\|?*')


def test_nbgrader_lists_the_submission_and_fetches_its_feedback(settings):
    receipt = post.hand_in(NAME, settings=settings)
    (listed,) = nbgrader(settings, "ExchangeList", cached=True).start()
    (info,) = listed["submissions"]
    assert listed["assignment_id"] == NAME and info["timestamp"] == receipt.timestamp
    assert not info["has_exchange_feedback"]

    answer(receipt)
    (listed,) = nbgrader(settings, "ExchangeList", cached=True).start()
    assert listed["submissions"][0]["has_exchange_feedback"]
    nbgrader(settings, "ExchangeFetchFeedback").start()
    assert receipt.kept_page.read_text() == "<h1>page</h1>"


def test_reading_the_answer_leaves_the_page_where_nbgrader_looks_for_it(settings):
    receipt = post.hand_in(NAME, settings=settings)
    assert post.read_answer(receipt) is None
    answer(receipt)
    assert post.read_answer(receipt) == ANSWER
    (listed,) = nbgrader(settings, "ExchangeList", cached=True).start()
    assert listed["submissions"][0]["has_local_feedback"]


def test_what_nbgrader_submits_goes_to_the_same_place(settings):
    from course_lib.outbound import release

    post.open_exchange(settings)
    release(settings)
    nbgrader(settings, "ExchangeSubmit").start()
    (folder,) = settings.inbound.iterdir()
    attempt = exchange.parse_name(folder.name)
    assert (attempt.lesson, attempt.learner) == (NAME, post.learner_name())
    receipt = post.last_receipt(NAME, settings)
    assert receipt.timestamp == attempt.timestamp
    assert receipt.secret == (folder / "submission_secret.txt").read_text()


def test_the_timestamp_sorts_as_time_does_and_nbgrader_reads_it(settings):
    from nbgrader.utils import parse_utc

    stamps = [post.hand_in(NAME, settings=settings).timestamp for _ in range(3)]
    assert stamps == sorted(stamps)
    times = [parse_utc(stamp) for stamp in stamps]
    assert times == sorted(set(times))


def test_release_puts_lessons_out_once_and_never_a_learners_answers(settings):
    from course_lib.outbound import release

    post.open_exchange(settings)
    (settings.lesson_folder(NAME) / "feedback").mkdir()
    assert release(settings) == [NAME]
    released = settings.outbound / NAME
    assert names(released) == [f"{NAME}.ipynb", "checks.npz"]
    before = (released / f"{NAME}.ipynb").read_bytes()
    settings.lesson_notebook(NAME).write_text("my answers", encoding="utf-8")
    assert release(settings) == []
    assert (released / f"{NAME}.ipynb").read_bytes() == before


def test_a_missing_notebook_is_named_with_the_lessons_there_are(settings):
    with pytest.raises(FileNotFoundError, match=f"Lessons here: {NAME}"):
        post.hand_in("02_other", settings=settings)


def test_an_exchange_that_cannot_be_written_leaves_nothing_behind(settings):
    settings.exchange.parent.mkdir(parents=True, exist_ok=True)
    settings.exchange.write_text("a file where the exchange should be")
    with pytest.raises(OSError):
        post.hand_in(NAME, settings=settings)
    assert not settings.cache.exists()


def test_functions_that_differ_from_the_file_are_found(tmp_path):
    code = "def mse(a, b):\n    return a - b\n"
    live = {}
    file = tmp_path / "live.py"
    file.write_text(code)
    exec(compile(code, file, "exec"), live)

    def saved(source):
        cells = [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell("1 +")]
        return nbformat.writes(nbformat.v4.new_notebook(cells=cells))

    assert submission.changed_functions(saved(code), live) == []
    assert submission.changed_functions(saved("# why\n" + code + "\n"), live) == []
    assert submission.changed_functions(saved(code.replace("-", "+")), live) == ["mse"]
    assert submission.changed_functions(saved(code.replace("mse", "other")), live) == []


def test_a_stale_function_is_said_and_what_to_do(settings, monkeypatch):
    monkeypatch.setattr(submission, "changed_functions", lambda *_: ["mse", "loss"])
    notebook = settings.lesson_notebook(NAME)
    assert "text of mse and loss" in submission.staleness(notebook, saved=True)
    assert "run that cell again" in submission.staleness(notebook, saved=True)
    assert "save with Ctrl+S" in submission.staleness(notebook, saved=False)


def test_without_a_grader_it_says_that_the_work_is_safe_and_how_to_go_on(settings):
    receipt = post.hand_in(NAME, settings=settings)
    assert not post.grader_is_running(settings)
    text = waiting_message(receipt, post.grader_is_running(settings)).text
    assert "It is safe, and no grader is running" in text
    assert "python3 course.py watch" in text
    assert str(receipt.kept_page) in text


def test_a_copy_without_an_exchange_makes_a_file_to_upload(settings, monkeypatch):
    monkeypatch.setattr(post, "has_grader", lambda: False)
    desk = submission.Desk(NAME, settings)
    said = []
    monkeypatch.setattr(desk, "say", said.append)
    desk.submit()
    (file,) = settings.lesson_folder(NAME).glob("*.zip")
    with zipfile.ZipFile(file) as archive:
        sent = settings.lesson_notebook(NAME).read_bytes()
        assert archive.read(f"{NAME}.ipynb") == sent
    assert "Upload it where your course is kept" in said[-1].text
    assert f'href="{file.name}" download' in said[-1].html


def test_a_copy_with_an_exchange_makes_no_file(settings, monkeypatch, tmp_path):
    monkeypatch.setattr(post, "has_grader", lambda: False)
    monkeypatch.setenv("COURSE_EXCHANGE", str(tmp_path / "elsewhere"))
    desk = submission.Desk(NAME, load_settings(settings.root))
    desk.submit()
    assert not list(settings.lesson_folder(NAME).glob("*.zip"))


def test_an_old_sign_of_life_is_none(settings):
    post.open_exchange(settings)
    settings.heartbeat.touch()
    assert post.grader_is_running(settings)
    os.utime(settings.heartbeat, (1.0, 1.0))
    assert not post.grader_is_running(settings)


def test_the_answer_shows_score_verdicts_notes_and_a_link_from_the_notebook(settings):
    receipt = post.hand_in(NAME, settings=settings)
    notebook = settings.lesson_notebook(NAME)
    message = answer_message(receipt, ANSWER, notebook, warning="save <first>")
    assert f"{NAME}: 3.5 of 7 points" in message.text
    assert "mse   2 of 2 points   right" in message.text
    assert f"Note: renamed {DANGER}" in message.text
    (link,) = re.findall('href="([^"]+)"', message.html)
    assert link == f"feedback/{receipt.timestamp.replace(' ', '%20')}/{NAME}.html"
    assert "<p>mse</p>" in message.html


def test_nothing_that_a_submission_brings_is_shown_as_html(settings):
    receipt = post.hand_in(NAME, settings=settings)
    receipt = dataclasses.replace(receipt, lesson=DANGER, timestamp=DANGER)
    for message in (
        answer_message(receipt, ANSWER, settings.lesson_notebook(NAME), DANGER),
        waiting_message(receipt, running=False, warning=DANGER),
    ):
        assert DANGER in message.text
        assert DANGER not in message.html
        assert html.escape(DANGER) in message.html


def test_running_the_lesson_hands_nothing_in(course, settings):
    run = (
        "import nbformat, nbclient, sys\n"
        "nb = nbformat.read(sys.argv[1], 4)\n"
        "nbclient.execute(nb, allow_errors=True)\n"
        "nbformat.write(nb, sys.argv[1])\n"
    )
    notebook = settings.lesson_notebook(NAME)
    subprocess.run(
        [sys.executable, "-c", run, notebook],
        env=course_environment(course),
        cwd=notebook.parent,
        check=True,
        timeout=120,
    )
    cell = nbformat.read(notebook, 4).cells[-1]
    shown = "".join(output["data"]["text/html"] for output in cell.outputs)
    assert "In JupyterLab a Submit button appears here." in shown
    assert "Nothing handed in yet." in shown
    widgets = nbformat.read(notebook, 4).metadata["widgets"].values()
    assert f"Submit {NAME}" in str(*widgets)
    assert not settings.inbound.exists()


def test_grading_a_submission_hands_nothing_in(settings, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_GRADING", "1")
    submission.submit(NAME)
    submission.submit(NAME, now=True)
    assert capsys.readouterr().out == ""
    assert not settings.exchange.exists()


def test_a_static_run_says_what_appears_in_jupyterlab(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    submission.submit(NAME)
    assert "Submit button" in capsys.readouterr().out


def test_the_kernels_own_notebook_is_handed_in(settings, monkeypatch, tmp_path):
    copy = tmp_path / "copy.ipynb"
    copy.write_text("{}")
    monkeypatch.setenv("JPY_SESSION_NAME", str(copy))
    assert submission.find_notebook(NAME, settings) == copy
    monkeypatch.setenv("JPY_SESSION_NAME", f"lessons/{NAME}/{NAME}.ipynb")
    assert submission.find_notebook(NAME, settings) == settings.lesson_notebook(NAME)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "console"))
    monkeypatch.chdir(tmp_path)
    assert submission.find_notebook(NAME, settings) == settings.lesson_notebook(NAME)


@pytest.mark.parametrize(
    ("name", "used"), [("ada", "ada"), ("a+b *c", "a_b__c"), ("..", "learner")]
)
def test_a_users_name_becomes_one_that_folders_can_have(name, used, monkeypatch):
    pwd = pytest.importorskip("pwd")
    entry = pwd.getpwuid(os.getuid())
    fake = pwd.struct_passwd((name, *tuple(entry)[1:]))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: fake)
    assert post.learner_name() == used
