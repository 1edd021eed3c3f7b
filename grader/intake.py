"""Submissions that came by a platform: kept as attempts, and by what name they came."""

import json
import os
import secrets
import time
from datetime import UTC

from course_lib.settings import TIMESTAMP_FORMAT
from grader.exchange import THE_LEARNER, parse_name, place, write_whole
from grader.handed_in import TIMESTAMP


def take_in(learner, lesson, notebook, when, settings):
    """Keep a notebook among the attempts, and put it where nbgrader looks.

    Parameters
    ----------
    learner, lesson : str
    notebook : bytes
    when : datetime
        When it was handed in, with its zone.
    settings : Settings

    Returns
    -------
    str
        The attempt's name.
    """
    attempt = _attempt(learner, lesson, when, settings)
    settings.attempts.mkdir(parents=True, exist_ok=True)
    new = settings.attempts / f".{secrets.token_hex(8)}.new"
    (new / "submission").mkdir(parents=True)
    (new / "submission" / f"{lesson}.ipynb").write_bytes(notebook)
    write_whole(new / "submission" / TIMESTAMP, attempt.timestamp)
    # The learner's own work: nobody has looked at it, and walls are needed.
    arrival = {"collected": time.time(), "notes": [], "sender": THE_LEARNER}
    write_whole(new / "arrival.json", json.dumps(arrival, indent=1))
    os.rename(new, attempt.folder)
    place(attempt, settings)
    return attempt.name


def set_time(name, when, settings):
    """Write down a better time for what was taken in; return its new name."""
    old = parse_name(name, settings.attempts)
    new = _attempt(old.learner, old.lesson, when, settings)
    write_whole(old.files / TIMESTAMP, new.timestamp)
    os.rename(old.folder, new.folder)
    place(new, settings)
    return new.name


def write_origin(learner, lesson, origin, settings):
    """Note by what name a learner's submission came, for what goes back.

    Parameters
    ----------
    origin : dict
        ``layout``, ``prefix``, ``file_id``, ``attempt``.
    """
    path = _origin(learner, lesson, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(origin, indent=1, ensure_ascii=False))


def read_origin(learner, lesson, settings):
    """Return what `write_origin` noted, or an empty dict."""
    try:
        return json.loads(_origin(learner, lesson, settings).read_text("utf-8"))
    except FileNotFoundError:
        return {}


def _origin(learner, lesson, settings):
    return settings.class_folder / "origins" / lesson / f"{learner}.json"


def _attempt(learner, lesson, when, settings):
    timestamp = when.astimezone(UTC).strftime(TIMESTAMP_FORMAT)
    name = f"{learner}+{lesson}+{timestamp}+{secrets.token_hex(6)}"
    return parse_name(name, settings.attempts)
