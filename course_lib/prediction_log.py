"""What was committed on prediction cards: one JSON line each, beside the lesson."""

import json
from datetime import datetime
from pathlib import Path

LOG = "predictions.jsonl"


def log_choice(name, choice, truth=None, folder="."):
    """Append one committed answer to the log. A log that cannot be written is skipped.

    Parameters
    ----------
    name : str
    choice : str or float
    truth : str or float, optional
    folder : path, default="."
        The lesson's folder, which is where its kernel runs.
    """
    try:
        folder = Path(folder).resolve()
        line = {
            "time": datetime.now().astimezone().isoformat(timespec="seconds"),
            "lesson": folder.name,
            "question": name,
            "choice": choice,
            "truth": truth,
        }
        with open(folder / LOG, "a", encoding="utf-8") as log:
            log.write(json.dumps(line, default=_plain) + "\n")
    except OSError:
        pass


def log_truth(name, choice, truth, folder="."):
    """Append what came out of a question, unless the log's last line on it says so.

    Parameters
    ----------
    name : str
    choice : str or float
        As it was committed.
    truth : str or float
    folder : path, default="."
    """
    last = _last_entry(name, folder)
    if last is None or last.get("truth") != json.loads(
        json.dumps(truth, default=_plain)
    ):
        log_choice(name, choice, truth, folder)


def committed_choice(name, folder="."):
    """Return the answer last committed under a name, or None.

    Lines that are no JSON, or somebody else's, are passed over.
    """
    entry = _last_entry(name, folder)
    return None if entry is None else entry.get("choice")


def _last_entry(name, folder):
    try:
        lines = (Path(folder) / LOG).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("question") == name:
            return entry
    return None


def _plain(value):
    """Return a NumPy number as Python's own, anything else as its words."""
    return value.item() if hasattr(value, "item") else str(value)
