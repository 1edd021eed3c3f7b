"""Hand a notebook in, and find the answer: files and folders, nothing shown.

Submissions lie in the exchange as nbgrader lays them, so that nbgrader's Assignment
List shows them and fetches their feedback. Unlike nbgrader's own way of submitting,
this one takes a single notebook, arrives whole or not at all, and works on Windows.
"""

import base64
import getpass
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_lib.settings import TIMESTAMP_FORMAT, has_grader, load_settings

OPEN_TO_ALL = 0o777  # nbgrader's: the name is a secret, and the grader may tidy up
DROP_BOX = 0o733  # nbgrader's: put something in, but do not look
HEARTBEAT_SECONDS = 10.0  # a grader that is silent for longer is not running


@dataclass(frozen=True)
class Receipt:
    """What a learner has in hand after handing in.

    Attributes
    ----------
    lesson, learner, timestamp : str
    notebook : str
        The notebook's name without its ending, as it was handed in.
    secret : str
        Known to learner and grader; the feedback's name is made from it.
    folder : Path
        Where the submission lies, safe, graded or not.
    answer, page : Path
        Where the grader puts its answer: as data, and as a page.
    kept_page : Path
        Where the page is copied to, so that it opens beside the lesson.
    """

    lesson: str
    learner: str
    timestamp: str
    notebook: str
    secret: str
    folder: Path
    answer: Path
    page: Path
    kept_page: Path


def hand_in(lesson, file=None, settings=None, learner=None):
    """Put a notebook where the grader collects it.

    Parameters
    ----------
    lesson : str
        Such as ``"01_loss"``.
    file : path-like, default=the lesson's own notebook
    settings : Settings, default=the course's
    learner : str, default=the name that this computer knows you by

    Returns
    -------
    Receipt

    Raises
    ------
    FileNotFoundError
        There is no such notebook.
    OSError
        The exchange cannot be written. Nothing was handed in then.
    """
    settings = settings or load_settings()
    file = Path(file) if file else settings.lesson_notebook(lesson)
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no notebook {file}. Expected: the notebook of {lesson!r}. "
            f"Lessons here: {', '.join(settings.lesson_names()) or 'none'}."
        )
    learner = learner or learner_name()
    secret, notebook = secrets.token_hex(64), file.read_bytes()
    random = base64.urlsafe_b64encode(os.urandom(9)).decode("ascii")
    open_exchange(settings)
    while True:
        timestamp = datetime.now(UTC).strftime(TIMESTAMP_FORMAT)
        name = f"{learner}+{lesson}+{timestamp}"
        if not (settings.cache / settings.course_id / name).exists():
            break
    files = {
        file.name: notebook,
        "timestamp.txt": timestamp.encode(),
        "submission_secret.txt": secret.encode(),
    }
    folder = settings.inbound / f"{name}+{random}"
    _write_folder(folder, files, OPEN_TO_ALL)
    try:
        _write_folder(settings.cache / settings.course_id / name, files, 0o700)
    except OSError as error:  # the submission has arrived all the same
        print(f"Assignment List will not show this submission: {error}")
    return _receipt(settings, lesson, learner, timestamp, file.stem, secret, folder)


def write_zip(lesson, file=None, settings=None, folder="."):
    """Put a notebook into a zip file, to be uploaded where the course is kept.

    Parameters
    ----------
    lesson, file, settings
        As for `hand_in`.
    folder : path-like
        Where the zip file is written.

    Returns
    -------
    Path
        The zip file: lesson, learner and time are its name. None is overwritten.

    Raises
    ------
    OSError
        The notebook cannot be read, or the zip file not be written.
    """
    settings = settings or load_settings()
    file = Path(file) if file else settings.lesson_notebook(lesson)
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no notebook {file}. Expected: the notebook of {lesson!r}."
        )
    time = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    out = Path(folder) / f"{lesson}_{learner_name()}_{time}.zip"
    with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, f"{lesson}.ipynb")
    return out


def stays_here(settings):
    """Tell whether what is handed in reaches nobody: a learner's copy, no exchange."""
    alone = settings.exchange.is_relative_to(settings.class_folder)
    return alone and not has_grader()


def last_receipt(lesson, settings=None):
    """Return the receipt of the newest submission of `lesson` from here, or None."""
    settings = settings or load_settings()
    cache = settings.cache / settings.course_id
    folders = sorted(
        (path for path in cache.glob(f"*+{lesson}+*") if path.name.count("+") == 2),
        key=lambda path: path.name.rpartition("+")[2],
    )
    for folder in reversed(folders):
        learner, _, timestamp = folder.name.split("+")
        notebooks = sorted(folder.glob("*.ipynb"))
        try:
            secret = (folder / "submission_secret.txt").read_text("ascii")
        except OSError:
            continue
        if notebooks:
            stem = notebooks[0].stem
            return _receipt(settings, lesson, learner, timestamp, stem, secret, folder)
    return None


def read_answer(receipt):
    """Return the grader's answer as a dict, or None while there is none.

    The feedback page is then in `receipt.kept_page` too, where nbgrader's
    Assignment List puts it when it fetches feedback.
    """
    try:
        answer = json.loads(receipt.answer.read_text("utf-8"))
        if not receipt.kept_page.exists():
            receipt.kept_page.parent.mkdir(parents=True, exist_ok=True)
            new = receipt.kept_page.with_suffix(f".{os.getpid()}.new")
            shutil.copyfile(receipt.page, new)
            os.replace(new, receipt.kept_page)
    except FileNotFoundError:
        return None
    return answer


def wait_for_answer(receipt, seconds):
    """Return the grader's answer as a dict, or None if `seconds` pass without one."""
    deadline = time.monotonic() + seconds
    while (answer := read_answer(receipt)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.1)
    return answer


def grader_is_running(settings=None):
    """Return whether a grader watches the exchange now."""
    settings = settings or load_settings()
    try:
        return time.time() - settings.heartbeat.stat().st_mtime < HEARTBEAT_SECONDS
    except OSError:
        return False


def feedback_name(secret, notebook):
    """Return the name, without ending, of the feedback on a notebook: nbgrader's."""
    return hashlib.md5((secret + notebook).encode()).hexdigest()


def learner_name():
    """Return the name under which this computer's user hands in, as nbgrader does."""
    if sys.platform == "win32":
        name = getpass.getuser()
    else:
        import pwd

        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a container without an entry for this user
            name = os.environ.get("USER") or f"user{os.getuid()}"
    if name == "jovyan":
        name = os.environ.get("JUPYTERHUB_USER", name)
    return re.sub(r"[^\w.@-]", "_", name).lstrip(".") or "learner"


def open_exchange(settings):
    """Make the exchange's folders that are not there, open as nbgrader opens them."""
    for folder, mode in (
        (settings.exchange, OPEN_TO_ALL),
        (settings.exchange / settings.course_id, 0o755),
        (settings.outbound, 0o755),
        (settings.inbound, DROP_BOX),
        (settings.returned, 0o711),
    ):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            os.chmod(folder, mode)


def _receipt(settings, lesson, learner, timestamp, notebook, secret, folder):
    name = feedback_name(secret, notebook)
    kept = settings.lesson_folder(lesson) / "feedback" / timestamp
    return Receipt(
        lesson=lesson,
        learner=learner,
        timestamp=timestamp,
        notebook=notebook,
        secret=secret,
        folder=folder,
        answer=settings.returned / f"{name}.json",
        page=settings.returned / f"{name}.html",
        kept_page=kept / f"{notebook}.html",
    )


def _write_folder(folder, files, mode):
    """Write `files` into a new `folder` that appears complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.parent / f".{secrets.token_hex(8)}.new"
    new.mkdir()
    try:
        for name, data in files.items():
            with open(new / name, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())  # a power cut must not empty it
            os.chmod(new / name, 0o644)
        os.chmod(new, mode)
        os.rename(new, folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
