"""What a learner reads after handing in: as text, and as HTML with all escaped."""

import os
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from course_lib.hand_in import stays_here
from course_lib.settings import TIMESTAMP_FORMAT, has_grader, load_settings

START_GRADER = "python3 course.py watch"
MAKE_ZIP = "python3 course.py submit {} --zip"


class Message:
    """Something to show: as HTML where there is a page, as text elsewhere."""

    def __init__(self, text, html=None):
        self.text = text
        self.html = html or f"<pre>{escape(text)}</pre>"

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Called by IPython to show this."""
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self):
        return self.text


def waiting_message(receipt, running, warning="", file=None):
    """Return what to say while there is no answer yet.

    Parameters
    ----------
    receipt : Receipt
    running : bool
        Whether a grader is at work.
    warning : str
    file : Path, optional
        A file to be uploaded, where nobody collects what is handed in.
    """
    lines = [f"{receipt.lesson}: handed in at {_local(receipt.timestamp)}."]
    if file is not None:
        return _file_message(receipt, file, warning)
    if running:
        lines.append("It is safe. It is being graded …")
    else:
        lines += _without_grader(receipt)
    return Message("\n".join(lines + ([warning] if warning else [])))


def _file_message(receipt, file, warning):
    """Return what to do with the file that was made for uploading."""
    head = f"{receipt.lesson}: your notebook is in the file {file.name}."
    lines = [
        head,
        "Upload it where your course is kept: no exchange is set up for this copy.",
        *([warning] if warning else []),
    ]
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html += f'<p><a href="{quote(file.name)}" download>Download the file</a></p>'
    return Message("\n".join([*lines, f"It lies in {file.parent}"]), html)


def _without_grader(receipt):
    """Return the lines that say how an answer may come about."""
    place = f"The answer will appear here, and at {receipt.kept_page}"
    settings = load_settings()
    if stays_here(settings):
        return [
            "It lies on this computer only: no exchange is set up for this copy.",
            "Make a file, and upload it where the course is kept. In the course's "
            "folder:",
            MAKE_ZIP.format(receipt.lesson),
        ]
    if has_grader():
        return [
            "It is safe, and no grader is running at the moment.",
            f"To start one, in the course's folder: {START_GRADER}",
            place,
        ]
    return ["It is safe. Your instructor's grader will answer.", place]


def answer_message(receipt, answer, notebook, warning=""):
    """Return what to say when the grader has answered.

    Parameters
    ----------
    receipt : Receipt
    answer : dict
        ``report`` (as `python -m grader grade --json` prints it), and ``text`` and
        ``html``: a list each, one for each verdict.
    notebook : Path
        From whose folder the link to the page leads.
    warning : str
    """
    report = answer["report"]
    late = report.get("late") or {}
    score = late.get("score", report["score"])
    head = f"{receipt.lesson}: {score:g} of {report['max_score']:g} points"
    if left := _left_to_people(report):
        head += f", {left:g} more can be given by hand"
    when = f"handed in at {_local(receipt.timestamp)}"
    notes = [*report["deviations"], *([warning] if warning else [])]
    if late:
        notes.insert(0, f"{late['text']} That is {late['penalty']:g} points.")
    text = [f"{head}, {when}", *answer["text"], *(f"Note: {note}" for note in notes)]
    text.append(f"The whole page: {receipt.kept_page}")
    link = os.path.relpath(receipt.kept_page, notebook.parent).replace(os.sep, "/")
    html = [f"<p><strong>{escape(head)}</strong>, {escape(when)}</p>", *answer["html"]]
    if notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in notes)
        html.append(f"<p>Notes on your notebook:</p><ul>{items}</ul>")
    html.append(f'<p><a href="{quote(link)}">Open the whole feedback page</a></p>')
    return Message("\n\n".join(text), "".join(html))


def _left_to_people(report):
    """Return the points of answers that wait for somebody to read them."""
    waiting = [e for e in report.get("exercises", ()) if e["status"] == "by_hand"]
    return sum(exercise["max_points"] for exercise in waiting)


def _local(timestamp):
    """Return a submission's time as this computer's clock shows it."""
    try:
        time = datetime.strptime(timestamp, TIMESTAMP_FORMAT).replace(tzinfo=UTC)
    except ValueError:  # submitted by an nbgrader with a configuration of its own
        return timestamp
    return time.astimezone().strftime("%H:%M:%S on %Y-%m-%d")
