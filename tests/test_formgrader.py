"""Formgrader's buttons on a running server: pressed, they freeze nobody else."""

import json
import sys
import threading
import time
import urllib.request

import pytest
from small_course import ANSWERS, NAME, skip_without_walls
from test_batch import put, scores
from test_lab import start  # noqa: F401

from grader.formgrader import Helper
from grader.gradebook import Book
from grader.prepared import prepare

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        sys.platform != "linux", reason="grades behind walls: run it on Linux"
    ),
]
SLOW = "import time\ntime.sleep(10)\n" + ANSWERS["mse"]


def press(lab, path):
    """Press a button; return what the page is told."""
    request = urllib.request.Request(
        f"{lab.address}/formgrader/api/{path}",
        data=b"",
        headers={"Authorization": f"token {lab.token}"},
    )
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.loads(response.read())


def test_others_are_answered_while_a_button_is_pressed(settings, start):  # noqa: F811
    skip_without_walls()
    with Book(settings.gradebook_url, settings.course_id) as book:
        book.register(NAME, prepare(NAME, settings.solutions).notebook)
    put(settings, "ada", {**ANSWERS, "mse": SLOW})
    lab = start()
    lab.url()
    said, waits = [], []
    button = threading.Thread(
        target=lambda: said.append(press(lab, f"submission/{NAME}/ada/autograde"))
    )
    button.start()
    while button.is_alive():
        begun = time.monotonic()
        lab.ask("/api/contents/course.toml?content=0")
        lab.ask(f"/formgrader/api/submissions/{NAME}")
        waits.append(time.monotonic() - begun)
        button.join(0.2)
    assert said[0]["success"], said[0]
    assert scores(settings) == {"ada": 7.0}
    assert max(waits) < 8.0 and len(waits) > 3, waits  # it took ten seconds at least
    told = press(lab, f"assignment/{NAME}/ada/generate_feedback")
    assert told["success"], told
    assert (settings.feedback / "ada" / NAME / f"{NAME}.html").is_file()
    (refused,) = [press(lab, f"submission/{NAME}/nobody/autograde")]
    assert not refused["success"]


def test_a_helper_that_died_is_said_and_another_one_takes_over(settings):
    skip_without_walls()
    put(settings, "ada")
    helper = Helper(settings.root)
    try:
        assert helper.ask("autograde", [NAME, "ada"])["success"]
        helper._process.kill()
        told = [helper.ask("autograde", [NAME, "ada"]) for _ in range(2)]
    finally:
        helper.close()
    assert told[-1]["success"] and scores(settings) == {"ada": 7.0}
