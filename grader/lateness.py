"""How late a submission is, what that costs, and what its learner reads of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

NOTE = "late-note"  # the id of the cell that says so in a graded notebook


@dataclass(frozen=True)
class Lateness:
    """How late something was handed in.

    Attributes
    ----------
    late : timedelta
        After the deadline, extension included; zero if it was in time.
    share : float
        Of the score, taken off; in [0, 1].
    due : datetime or None
    """

    late: timedelta = timedelta(0)
    share: float = 0.0
    due: datetime | None = None

    def penalty(self, score):
        """Return the points that are taken off a score."""
        return round(self.share * max(score, 0.0), 4)

    @property
    def text(self):
        """What the learner reads, or "" where being late costs nothing."""
        if not self.share:
            return ""
        due = f"{self.due:%Y-%m-%d %H:%M %Z}"
        share = "so it does not count"
        if self.share < 1:
            share = f"so {100 * self.share:.3g} % of the score is taken off"
        return f"Handed in {_span(self.late)} after the deadline ({due}), {share}."


def lateness_of(timetable, lesson, learner, time, extension=None):
    """Return how late a submission is.

    Parameters
    ----------
    timetable : Timetable
    lesson, learner : str
    time : datetime or None
        When it was handed in, with its zone. What has no time is not late.
    extension : timedelta, optional
        One that the gradebook holds; the course's own counts first.

    Returns
    -------
    Lateness
    """
    due = timetable.due(lesson, learner, extension)
    if due is None or time is None or time <= due:
        return Lateness(due=due)
    return Lateness(time - due, timetable.late.share(time - due), due)


def note_lateness(report, late, marks):
    """Write into a report how late it was; return the marks with the penalty.

    Parameters
    ----------
    report : Report
        Changed in place, and its notebook with it: there a cell says it to people who
        read the notebook in Formgrader.
    late : Lateness
    marks : Marks
    """
    earned = marks.earned(report.exercises)
    penalty = late.penalty(earned)
    report.late = {}
    if late.text:
        counts = round(earned - penalty, 4)
        report.late = {"text": late.text, "penalty": penalty, "score": counts}
    if report.notebook:
        cells = [c for c in report.notebook["cells"] if c.get("id") != NOTE]
        report.notebook["cells"] = ([_cell(late.text)] if late.text else []) + cells
        report.into(report.notebook)
    return marks.with_penalty(penalty)


def _cell(text):
    about = {"course": {"note": True}}
    source = f"**Late.** {text}"
    return {"id": NOTE, "cell_type": "markdown", "metadata": about, "source": source}


def _span(late):
    """Return a length of time in words, as people say it."""
    minutes = max(int(late.total_seconds() // 60), 1)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    said = [f"{n} {unit}{'s' * (n != 1)}" for n, unit in parts if n]
    return " ".join(said[:2])
