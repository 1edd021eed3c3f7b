"""When a platform received what was handed in: from a table that it gives.

Moodle's grading worksheet is such a table. Any other needs a column that says who
(``learner``, ``name``, ``email`` or ``lms id``) and one that says when (``submitted``).
"""

from datetime import datetime

from grader.lms import CANVAS, MOODLE
from grader.roster import letters, read_table

_WHEN = ("submitted", "submittedat", "lastmodifiedsubmission", "time", "timestamp")
_EMAIL = ("email", "emailaddress")
_WHO = {  # heading -> what it is
    "learner": "learner",
    "name": "name",
    "fullname": "name",
    "student": "name",
    "lmsid": "number",
    "id": "number",
    "identifier": "participant",
}


class Times:
    """Times by person. An empty one knows of nobody.

    Parameters
    ----------
    rows : iterable of tuple
        (kind of key, key, datetime or None, email).
    """

    def __init__(self, rows=()):
        self._known = {}
        for kind, key, when, email in rows:
            same = self._known.setdefault((kind, letters(key)), (when, email))
            if same != (when, email):  # two people: neither may have it
                self._known[kind, letters(key)] = None, ""

    def __bool__(self):
        return bool(self._known)

    def email(self, handed):
        """Return the address that the platform has of a person, or ""."""
        return self._find(_keys(handed))[1]

    def time(self, handed, learner):
        """Return when somebody handed in, a datetime with its zone, or None."""
        return self._find([("learner", learner), *_keys(handed)])[0]

    def _find(self, keys):
        for kind, key in keys:
            if found := self._known.get((kind, letters(key))):
                return found
        return None, ""


def _keys(handed):
    """Return by what a person in an archive may stand in a table, surest first."""
    if handed.layout == MOODLE:
        return [("participant", f"Participant {handed.number}"), ("name", handed.who)]
    keys = [("name", handed.who), ("learner", handed.who)]
    return [("number", handed.number), *keys] if handed.layout == CANVAS else keys


def read_times(file, zone=None):
    """Read a table of times.

    Parameters
    ----------
    file : path-like
        CSV with a head.
    zone : tzinfo, default=this computer's
        For times that name none.

    Returns
    -------
    Times

    Raises
    ------
    OSError, ValueError
        It cannot be read; the message says what was expected.
    """
    rows, found = read_table(file), []
    for line, row in rows:
        when = [row[key] for key in _WHEN if key in row]
        who = [(kind, row[key]) for key, kind in _WHO.items() if row.get(key)]
        email = next((row[key] for key in _EMAIL if key in row), "")
        if not when or not (who or email):
            raise ValueError(
                f"{file}: the head is {', '.join(row)}, expected a column that says "
                "who (learner, name, lms id) and one that says when (submitted), or "
                "Moodle's grading worksheet."
            )
        time = _time(when[0], zone, f"{file}:{line}")
        found += [(kind, key, time, email) for kind, key in who]
    return Times(found)


def _time(text, zone, place):
    from dateutil.parser import parse

    if text in ("", "-"):
        return None
    try:
        time = parse(text)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{place}: {text[:60]!r} is no time, expected one such as "
            f"{datetime(2026, 3, 1, 23, 58).isoformat(' ')}+01:00."
        ) from None
    if time.tzinfo is None:
        return time.replace(tzinfo=zone) if zone else time.astimezone()
    return time
