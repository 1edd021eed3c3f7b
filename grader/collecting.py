"""Take in the submissions of a lesson from an archive of a learning platform.

    for outcome in collect("01_loss", "submissions.zip", settings):
        print(outcome.entry, outcome.state)

The archive is read twice: its names first, because of several files of one learner
one counts; then the files that count, one at a time.
"""

import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from grader.archives import ArchiveLimits, BadArchive, read_archive
from grader.handed_in import read_time
from grader.intake import read_origin, set_time, take_in, write_origin
from grader.lms import LAYOUTS, read_names
from grader.lms_times import Times
from grader.plain_files import read_plain_file
from grader.roster import Unassigned, twice

COLLECTED, UNCHANGED, DATED = "collected", "unchanged", "dated"
KEPT, PASSED_OVER, REFUSED = "kept", "passed over", "refused"
_TINY = timedelta(microseconds=1)
_ONE_ZIP = ArchiveLimits(files=200, file_bytes=64 << 20, total_bytes=128 << 20)


@dataclass(frozen=True)
class Outcome:
    """What became of one file of an archive.

    Attributes
    ----------
    entry : str
        Its name there.
    state : str
        `COLLECTED`; `UNCHANGED`, it was there already; `DATED`, it was there, and has
        its exact time now; `KEPT`, what was there is newer and stays; `PASSED_OVER`,
        it is not what counts; `REFUSED`, it should count, and nobody has it now.
    learner, message : str
    """

    entry: str
    state: str
    learner: str = ""
    message: str = ""


def collect(lesson, archive, settings, roster, layout=None, times=None):
    """Take in a lesson's submissions from an archive.

    Parameters
    ----------
    lesson : str
    archive : path-like
        A zip file as Canvas or Moodle make it, or of our own zip files.
    settings : Settings
    roster : Roster
    layout : {"canvas", "moodle"}, optional
        By default the one that the names in the archive fit.
    times : Times, optional
        When the platform received what.

    Yields
    ------
    Outcome
        For every file of the archive.

    Raises
    ------
    BadArchive
        Nothing can be read, or no name in it is one of a platform's.
    OSError
        The archive cannot be opened, or the class folder not be written.

    Notes
    -----
    The newest submission counts, here as in the exchange. An archive does not say
    when something was handed in: without `times` it counts as handed in when the
    archive was made, but not as late unless the platform marks it so; what is marked
    counts as handed in just after the deadline.
    """
    times = times or Times()
    lessons = settings.lesson_names()
    with open(archive, "rb") as file:
        names = [entry.name for entry in read_archive(file) if not entry.problem]
        found, handed = read_names(names, {lesson, *lessons}, layout)
        if found is None:
            raise BadArchive(_not_recognised(names, layout))
        plan = _plan(lesson, handed, roster, times)
        for entry in read_archive(file):
            yield _outcome(lesson, entry, plan, found, settings, times)


def _plan(lesson, handed, roster, times):
    """Return the outcome or the (learner, Handed) that each known name leads to."""
    plan, by_learner, unclear = {}, {}, twice(handed.values())
    for name, one in handed.items():
        try:
            email = times.email(one)
            if one.who in unclear and not email:
                raise Unassigned(
                    f"Several are called {one.who!r} here. Give --times with the "
                    "grading worksheet: the roster tells them apart by email."
                )
            learner = roster.find(one, email)
        except Unassigned as error:
            counts = one.ending in (".ipynb", ".zip")
            state = REFUSED if counts else PASSED_OVER
            plan[name] = Outcome(name, state, message=str(error))
            continue
        by_learner.setdefault(learner, []).append(one)
    for learner, files in by_learner.items():
        plan |= _choose(lesson, learner, files)
    return plan


def _choose(lesson, learner, files):
    """Return what to do with each file of one learner: one counts at most."""

    def rank(one):
        named = one.stem.casefold() == lesson.casefold()
        return named, one.ending == ".ipynb", one.version, one.file_id, one.entry

    ours = [one for one in files if one.ending in (".ipynb", ".zip")]
    hidden = [one for one in ours if one.file.rpartition("/")[2].startswith(".")]
    able = sorted((one for one in ours if one not in hidden), key=rank)
    plan = {}
    for one in files:
        if able and one is able[-1]:
            plan[one.entry] = learner, one
            continue
        state, why = PASSED_OVER, "It is no notebook."
        if one in able:
            why = f"Of {learner}, {able[-1].file} counts."
        elif not able and one is files[0]:
            state, why = REFUSED, "There is no notebook among what was handed in."
        plan[one.entry] = Outcome(one.entry, state, learner, why)
    return plan


def _outcome(lesson, entry, plan, layout, settings, times):
    """Do what is planned for a file, and say what became of it."""
    if entry.problem:
        return Outcome(entry.name, REFUSED, message=entry.problem)
    planned = plan.get(entry.name)
    if planned is None:
        if _is_clutter(entry.name):
            return Outcome(entry.name, PASSED_OVER, message="It is no submission.")
        message = f"It is not named as {LAYOUTS[layout]} names what was handed in."
        return Outcome(entry.name, REFUSED, message=message)
    if isinstance(planned, Outcome):
        return planned
    learner, handed = planned
    try:
        notebook = _notebook(lesson, handed, entry.data, settings)
    except BadArchive as error:
        return Outcome(entry.name, REFUSED, learner, str(error))
    exact = times.time(handed, learner)
    when, said = exact, ""
    if exact is None:
        when, said = _likely_time(lesson, learner, handed, entry.written, settings)
    outcome = _take(lesson, learner, handed, notebook, when, bool(exact), settings)
    if said and outcome.state == COLLECTED:
        return replace(outcome, message=said)
    return outcome


def _take(lesson, learner, handed, notebook, when, is_exact, settings):
    """Put a notebook in its place, unless it is there or something newer is."""
    origin = {
        "layout": handed.layout,
        "prefix": handed.prefix,
        "file_id": handed.file_id,
    }
    folder, before = settings.submitted / learner / lesson, {}
    there = read_time(folder) if folder.is_dir() else None
    if folder.is_dir():
        before = read_origin(learner, lesson, settings)
        if _content(folder / f"{lesson}.ipynb") == notebook:
            attempt, state = before.get("attempt"), UNCHANGED
            if is_exact and when != there and attempt:
                attempt, state = set_time(attempt, when, settings), DATED
            write_origin(learner, lesson, origin | {"attempt": attempt}, settings)
            return Outcome(handed.entry, state, learner, f"{when:%Y-%m-%d %H:%M %Z}")
        if handed.file_id > before.get("file_id", handed.file_id) and not is_exact:
            when = max(when, there + _TINY) if there else when  # Canvas counts up
        if there is None or when <= there:
            shown = f"{there.astimezone():%Y-%m-%d %H:%M}" if there else "no time known"
            message = f"Other work lies there ({shown}), and this is not newer."
            return Outcome(handed.entry, KEPT, learner, message)
    attempt = take_in(learner, lesson, notebook, when, settings)
    write_origin(learner, lesson, origin | {"attempt": attempt}, settings)
    return Outcome(handed.entry, COLLECTED, learner)


def _likely_time(lesson, learner, handed, written, settings):
    """Return when something was handed in, as far as an archive tells, and a remark."""
    try:
        made = datetime(*written).astimezone()  # by a clock without a zone
    except (TypeError, ValueError, OverflowError):
        made = datetime.now().astimezone()
    if made.year < 2000:  # 1980 is where the clocks of archives begin
        made = datetime.now().astimezone()
    due = settings.due(lesson, learner)
    if due is None:
        return made, "Canvas marks it as late." if handed.late else ""
    if not handed.late:
        return min(made, due - timedelta(seconds=1)), ""
    just = due + settings.timetable.late.grace + timedelta(seconds=1)
    return just, (
        "Canvas marks it as late, and does not say how late: it counts as handed in "
        "just after the deadline. --times can say more."
    )


def _notebook(lesson, handed, data, settings):
    """Return the notebook that was handed in, out of its zip file if it is in one."""
    most = settings.largest_submission
    if handed.ending == ".zip":
        entries = list(read_archive(io.BytesIO(data), _ONE_ZIP))
        able = [e for e in entries if e.data and e.name.endswith(".ipynb")]
        able = [e for e in able if not _is_clutter(e.name)]
        if not able:
            reason = next((e.problem for e in entries if e.problem), "")
            raise BadArchive(f"Its zip file holds no notebook. {reason}".strip())
        named = f"{lesson}.ipynb"
        able.sort(key=lambda e: (e.name.rpartition("/")[2] != named, e.name))
        data = able[0].data
    if len(data) > most:
        raise BadArchive(f"It is larger than the {most / 1e6:g} MB that one may have.")
    return data


def _content(path):
    try:
        return read_plain_file(path)
    except OSError:
        return None


def _is_clutter(name):
    """Return whether a file is what computers put into archives by themselves."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] == "Thumbs.db"


def _not_recognised(names, layout):
    expected = LAYOUTS[layout] if layout else "Canvas or Moodle"
    shown = ", ".join(names[:3]) or "nothing"
    return (
        f"No file is named as {expected} names what was handed in. There is: {shown}. "
        "Give the archive as it was downloaded, not unpacked and packed again."
    )
