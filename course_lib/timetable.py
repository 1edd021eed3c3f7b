"""When lessons are due, for whom it is later, and what being late costs.

[deadlines]
01_loss = 2026-03-01T23:59:00+01:00

[extensions.ada]
01_loss = 3                              # days; or the new deadline itself

[late]
per_day = 0.1                            # a tenth of the score for each day begun
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

_DAY = timedelta(days=1)
_MOST_DAYS = 366


@dataclass(frozen=True)
class LatePolicy:
    """What being late costs.

    Attributes
    ----------
    accept : bool
        Whether work that is late counts at all.
    per_day : float
        The share of the score that each day begun takes off, in [0, 1].
    at_most : float
        The largest share that is taken off, in [0, 1].
    grace_minutes : float
        Being late by no more than this costs nothing; days count from the deadline
        all the same.
    """

    accept: bool = True
    per_day: float = 0.0
    at_most: float = 1.0
    grace_minutes: float = 0.0

    @property
    def grace(self):
        """How late one may be for nothing, a timedelta."""
        return timedelta(minutes=self.grace_minutes)

    def share(self, late):
        """Return the share of the score that is taken off, in [0, 1].

        Parameters
        ----------
        late : timedelta
            After the deadline; zero or less is in time.
        """
        if late <= timedelta(0) or late <= self.grace:
            return 0.0
        if not self.accept:
            return 1.0
        return min(self.per_day * math.ceil(late / _DAY), self.at_most)


@dataclass(frozen=True)
class Timetable:
    """The deadlines of a course.

    Attributes
    ----------
    deadlines : dict of lesson to datetime
        Each with its zone.
    extensions : dict of learner to dict of lesson to timedelta
    late : LatePolicy
    zone : tzinfo or None
        The course's, if it names one.
    """

    deadlines: dict = field(default_factory=dict)
    extensions: dict = field(default_factory=dict)
    late: LatePolicy = LatePolicy()
    zone: tzinfo | None = None

    def extension(self, lesson, learner):
        """Return how much later a lesson is due for a learner: a timedelta, or None."""
        return self.extensions.get(learner, {}).get(lesson)

    def due(self, lesson, learner="", extension=None):
        """Return when a lesson is due, a datetime with its zone, or None.

        Parameters
        ----------
        lesson, learner : str
        extension : timedelta, optional
            One that was granted elsewhere; the course's own counts first.
        """
        deadline = self.deadlines.get(lesson)
        if deadline is None:
            return None
        own = self.extension(lesson, learner)
        return deadline + (extension or timedelta(0) if own is None else own)


def read_timetable(file, given, lessons, zone=None):
    """Read the sections that speak of time.

    Parameters
    ----------
    file : TomlFile
    given : dict
        The whole file's content; of ``[late]`` with its defaults filled in.
    lessons : collection of str
        The lessons that there are.
    zone : tzinfo, optional
        For times that name none.

    Returns
    -------
    Timetable

    Raises
    ------
    ValueError
        A value is not what was expected, or speaks of a lesson that is not there.
    """
    deadlines = {}
    for lesson, value in given.get("deadlines", {}).items():
        file.check_known(lesson, lessons, "lesson", "deadlines", lesson)
        deadlines[lesson] = _moment(file, "deadlines", lesson, value, zone)
    extensions = {}
    for learner, row in given.get("extensions", {}).items():
        section = f"extensions.{learner}"
        if not isinstance(row, dict):
            file.refuse(
                "extensions",
                learner,
                f"{learner} is {row!r}, expected a section [{section}] with lessons "
                "below it.",
            )
        extensions[learner] = {
            lesson: _extension(file, section, lesson, value, deadlines, lessons, zone)
            for lesson, value in row.items()
        }
    late = {**given["late"], "accept": given["late"]["accept"] == "yes"}
    return Timetable(deadlines, extensions, LatePolicy(**late), zone)


def _moment(file, section, lesson, value, zone):
    expected = "a time with its zone, such as 2026-03-01T23:59:00+01:00"
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return value
        if zone is not None:
            return value.replace(tzinfo=zone)
        expected += ', or timezone = "Europe/Berlin" under [course]'
    elif isinstance(value, date):
        value = value.isoformat()
    file.expect(section, lesson, str(value), expected)
    raise AssertionError("unreachable")


def _extension(file, section, lesson, value, deadlines, lessons, zone):
    file.check_known(lesson, lessons, "lesson", section, lesson)
    if lesson not in deadlines:
        file.refuse(
            section, lesson, f"{lesson} has no deadline, expected one in [deadlines]."
        )
    if isinstance(value, datetime):
        later = _moment(file, section, lesson, value, zone)
        # In UTC: the clocks of a zone may change between the two.
        extension = later.astimezone(UTC) - deadlines[lesson].astimezone(UTC)
        if extension > timedelta(0):
            return extension
        file.expect(section, lesson, str(value), f"a time after {deadlines[lesson]}")
    if type(value) in (int, float) and 0 < value <= _MOST_DAYS:
        return timedelta(days=value)
    file.expect(section, lesson, value, "a number of days, or the new deadline")
    raise AssertionError("unreachable")
