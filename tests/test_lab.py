"""`course.py lab`: JupyterLab with nbgrader and grading, one tree of processes."""

import contextlib
import http.server
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsing import open_notebook
from conftest import course_environment
from small_course import ANSWERS, NAME, answered, as_bytes
from test_watch import until

from course_lib import hand_in as post
from course_lib import lab
from course_lib.settings import ROOT, load_settings
from grader.prepared import prepare

ARTEFACTS = ROOT / "tests" / "artefacts"
COURSE_ID = "how_networks_learn"
ON_LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="reads /proc to find what is left"
)


class Lab:
    """A running `course.py lab`, with what it printed and what it started."""

    def __init__(self, root, *arguments, **popen):
        self.root = root
        self.mark = f"COURSE_TEST_MARK={secrets.token_hex(8)}"
        name, _, value = self.mark.partition("=")
        self.log = root / "lab.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, root / "course.py", "lab", "--no-browser", *arguments],
                env=course_environment(root, **{name: value}),
                stdout=log,
                stderr=log,
                **popen,
            )

    @property
    def output(self):
        return self.log.read_text("utf-8", "replace")

    def wait_for(self, words, seconds=90):
        def seen():
            assert self.process.poll() is None, self.output
            return words in self.output

        until(seen, seconds)

    def url(self):
        """Wait until it is up, and return the address and token it prints."""
        self.wait_for("Ctrl+C stops it")
        found = re.search(r"(http://127.0.0.1:\d+)(/\S+)\?token=(\w+)", self.output)
        self.address, self.page, self.token = found.groups()
        return found.group()

    def ask(self, path, data=None):
        """Ask the server, with the token; return what it answers as JSON."""
        request = urllib.request.Request(
            self.address + path,
            data=None if data is None else json.dumps(data).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=90) as response:
            return json.loads(response.read() or b"null")

    def alive(self):
        """Return the ids of all processes that carry this lab's mark."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                marked = self.mark.encode() in (folder / "environ").read_bytes()
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if marked and state != "Z":
                    found.append(int(folder.name))
        return found

    def start_endless_kernel(self):
        """Start a kernel and have it compute for ever."""
        from websocket import create_connection

        kernel = self.ask("/api/kernels", {"name": "python3"})["id"]
        address = self.address.replace("http", "ws")
        channels = create_connection(
            f"{address}/api/kernels/{kernel}/channels?token={self.token}", timeout=60
        )
        header = {"msg_id": "1", "msg_type": "execute_request", "session": "test"}
        content = {"code": "print('on and on')\nwhile True: pass", "silent": False}
        message = {"header": header, "parent_header": {}, "metadata": {}}
        channels.send(json.dumps({**message, "content": content, "channel": "shell"}))
        while "on and on\\n" not in channels.recv():
            pass
        channels.close()

    def end(self):
        """End it in any case, for tests that failed."""
        self.process.kill()
        self.process.wait()
        for process in self.alive() if sys.platform == "linux" else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def start(course):
    """Return a function that starts a lab on the test's own copy of the course."""
    started = []

    def start_lab(*arguments, **popen):
        started.append(Lab(course, *arguments, **popen))
        return started[-1]

    yield start_lab
    for each in started:
        each.end()


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_in_use_is_said_with_the_way_out(start, taken_port):
    refused = start("--port", str(taken_port))
    assert refused.process.wait(60) == 1
    assert f"Port {taken_port} is in use" in refused.output
    assert "Leave --port away" in refused.output


def test_without_a_port_the_next_free_one_is_taken(taken_port, monkeypatch):
    monkeypatch.setattr(lab, "FIRST_PORT", taken_port)
    assert lab.choose_port() > taken_port
    monkeypatch.setattr(lab, "PORTS_TRIED", 1)
    with pytest.raises(OSError, match="name a port with --port"):
        lab.choose_port()


def test_a_port_that_is_none_is_refused():
    with pytest.raises(OSError, match="Port 99999"):
        lab.choose_port(99999)


def test_it_opens_on_the_start_lesson_or_on_what_there_is(settings):
    assert lab.start_page(settings) == "lessons"
    page = settings.lesson_notebook(settings.start)
    page.parent.mkdir()
    page.touch()
    assert (
        lab.start_page(settings) == f"lessons/{settings.start}/{settings.start}.ipynb"
    )
    shutil.rmtree(settings.lessons)
    assert lab.start_page(settings) == "."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_nohup_keeps_it_running_when_the_terminal_closes():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with lab.Stopper() as stopper:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stopper.asked
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.full
@ON_LINUX
@pytest.mark.parametrize(
    ("number", "code"), [("SIGINT", 0), ("SIGTERM", 0), ("SIGHUP", 129)]
)
def test_a_signal_stops_everything(start, number, code):
    # Tests that run in the background may have inherited that it is ignored.
    wanted = getattr(signal, number)
    running = start(preexec_fn=lambda: signal.signal(wanted, signal.SIG_DFL))
    running.url()
    running.wait_for("Watching")
    assert len(running.alive()) >= 3  # this, JupyterLab, the grader
    running.process.send_signal(wanted)
    assert running.process.wait(30) == code
    until(lambda: not running.alive(), 15)


@pytest.mark.full
@ON_LINUX
def test_killing_it_stops_everything_a_busy_kernel_included(start):
    running = start()
    running.url()
    running.wait_for("Watching")
    running.start_endless_kernel()
    assert len(running.alive()) >= 4
    running.process.kill()
    running.process.wait()
    until(lambda: not running.alive(), 30)


@pytest.mark.full
@ON_LINUX
def test_closing_the_terminal_stops_everything(start):
    import fcntl
    import termios

    terminal, inside = os.openpty()

    def live_in_it():
        os.setsid()
        fcntl.ioctl(inside, termios.TIOCSCTTY, 0)

    running = start(preexec_fn=live_in_it, stdin=inside)
    os.close(inside)
    running.url()
    os.close(terminal)
    assert running.process.wait(30) == 128 + signal.SIGHUP
    until(lambda: not running.alive(), 15)


def test_in_an_instructors_exchange_it_neither_grades_nor_releases(
    settings, monkeypatch, capsys
):
    post.open_exchange(settings)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert lab.start_grader(settings) is None
    assert "your instructor's grader answers" in capsys.readouterr().out
    assert lab.release(settings) == [] and not any(settings.outbound.iterdir())


def test_options_after_two_dashes_take_the_place_of_the_courses_own(
    settings, monkeypatch
):
    monkeypatch.setattr(lab, "Child", lambda *options, **_: options)
    options = lab.start_lab(settings, 8888, "t", ["--ServerApp.ip=0.0.0.0"])
    assert "--ServerApp.ip=0.0.0.0" in options and "--port=8888" in options
    assert "--ServerApp.ip=127.0.0.1" not in options


@pytest.mark.full
@ON_LINUX
def test_when_jupyterlab_ends_so_does_the_grader(start):
    running = start()
    running.url()
    running.ask("/api/shutdown", {})
    assert running.process.wait(30) == 0
    until(lambda: not running.alive(), 15)


@pytest.mark.full
@ON_LINUX
def test_a_grader_that_ends_is_started_again(start, course):
    running = start()
    running.url()
    running.wait_for("Watching")
    settings = load_settings(course)
    until(settings.heartbeat.exists)
    os.kill(json.loads(settings.heartbeat.read_text())["process"], signal.SIGKILL)
    running.wait_for("Starting it again")
    until(lambda: running.output.count("Watching") == 2)


class Stranger(http.server.BaseHTTPRequestHandler):
    """A JupyterLab that somebody else started on the same port."""

    def do_GET(self):
        self.send_response(200 if self.path == "/api" else 403)
        self.end_headers()

    def log_message(self, *_):
        pass


class Ending:
    """A process that ends while somebody waits for it, because its port is taken."""

    looks = 0

    @property
    def returncode(self):
        self.looks += 1
        return 1 if self.looks > 3 else None


def test_another_server_on_its_port_is_not_taken_for_it():
    stopper = SimpleNamespace(asked=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        assert not lab.wait_until_up(port, "our token", Ending(), stopper)
        assert lab.wait_until_up(port, None, Ending(), stopper)  # cannot be told
        server.shutdown()


@pytest.mark.full
@ON_LINUX
def test_nbgrader_works_in_it_from_listing_to_formgrader(start, course):
    running, settings = start(), load_settings(course)
    running.url()

    listed = running.ask(f"/assignments?course_id={COURSE_ID}")
    assert listed["success"]
    (lesson,) = listed["value"]
    assert (lesson["assignment_id"], lesson["status"]) == (NAME, "fetched")
    assert lesson["notebooks"][0]["path"] == f"lessons/{NAME}/{NAME}.ipynb"

    notebook = prepare(NAME, settings.solutions).notebook
    file = settings.lesson_notebook(NAME)
    file.write_bytes(as_bytes(answered(notebook, {"mse": ANSWERS["mse"]})))
    path = {"path": f"lessons/{NAME}/{NAME}.ipynb"}
    validated = running.ask("/assignments/validate", path)
    assert validated["success"]
    said = json.loads(validated["value"]) if isinstance(validated["value"], str) else 0
    said = json.dumps(said or validated["value"])
    assert "line_backward is not written yet" in said and "check(mse)" not in said

    about = {"course_id": COURSE_ID, "assignment_id": NAME}
    assert running.ask("/assignments/submit", about)["success"]
    receipt = post.last_receipt(NAME, settings)
    answer = until(lambda: post.read_answer(receipt))
    assert answer["report"]["score"] == 2.0
    listed = running.ask("/assignments/fetch_feedback", about)["value"][1]
    assert listed["submissions"][0]["has_local_feedback"]

    (row,) = running.ask("/formgrader/api/assignments")
    assert row["num_submissions"] == 1 and row["average_score"] == 2.0
    (student,) = running.ask(f"/formgrader/api/submissions/{NAME}")
    assert (student["score"], student["autograded"]) == (2.0, True)


@pytest.mark.full
def test_the_button_saves_submits_and_links_to_the_page(start, course, chromium):
    running, settings = start(), load_settings(course)
    running.url()
    running.wait_for("Watching")
    ARTEFACTS.mkdir(exist_ok=True)
    address = running.address, running.token
    page = open_notebook(chromium, address, f"lessons/{NAME}/{NAME}.ipynb")
    last = page.locator(".jp-CodeCell", has_text="submit(").last
    last.wait_for(timeout=60_000)
    first = page.locator(".jp-CodeCell", has_text="def mse").first
    first.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(ANSWERS["mse"])  # and nobody saves it
    last.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    last.get_by_role("button", name=f"Submit {NAME}").click(timeout=60_000)
    link = last.get_by_text("Open the whole feedback page")
    link.wait_for(timeout=60_000)
    assert f"{NAME}: 2 of 7 points" in last.inner_text()
    page.screenshot(path=ARTEFACTS / "submitted.png")
    link.click()
    frame = page.frame_locator(".jp-HTMLViewer iframe")
    frame.get_by_text("Feedback on lesson").wait_for(timeout=60_000)
    page.screenshot(path=ARTEFACTS / "feedback.png")

    for words, sight in (("Assignment List", NAME), ("Formgrader", None)):
        page.get_by_text("Nbgrader", exact=True).first.click()
        page.get_by_text(words, exact=True).first.click()
        if sight:
            page.get_by_text("view feedback").wait_for(timeout=60_000)
        else:
            inside = page.frame_locator("iframe[src*=formgrader]")
            inside.get_by_text(NAME).first.wait_for(timeout=60_000)
        page.screenshot(path=ARTEFACTS / f"{words.split()[0].lower()}.png")
    page.close()
    sent = post.last_receipt(NAME, settings).folder / f"{NAME}.ipynb"
    assert "np.mean" in sent.read_text("utf-8")
