"""Grades that changed though nothing new was handed in: as data, lines, CSV rows."""

from dataclasses import dataclass, field

CSV_HEAD = (
    *("lesson", "learner", "exercise", "before", "before_max", "after", "after_max"),
    *("by_hand", "total_before", "total_before_max", "total_after", "total_after_max"),
    "note",
)
NEW_WORK = "handed in again meanwhile"


@dataclass(frozen=True)
class Points:
    """What one exercise counts for.

    Attributes
    ----------
    points, most : float
    by_hand : bool
        Whether a person gave them.
    """

    points: float
    most: float
    by_hand: bool = False


@dataclass(frozen=True)
class Standing:
    """A learner's grade of a lesson at one time.

    Attributes
    ----------
    exercises : dict of str to Points
    penalty : float
        Taken off for being late.
    submission : str
        A digest of what was graded; "" if unknown.
    """

    exercises: dict = field(default_factory=dict)
    penalty: float = 0.0
    submission: str = ""

    @property
    def total(self):
        """What counts: the penalty taken off, never below zero."""
        earned = sum(each.points for each in self.exercises.values())
        return max(round(earned - self.penalty, 4), 0.0)

    @property
    def most(self):
        """What right answers to every exercise earn."""
        return round(sum(each.most for each in self.exercises.values()), 4)

    def earned(self):
        """Return what makes two standings the same grade."""
        points = {name: each.points for name, each in self.exercises.items()}
        return {name: p for name, p in points.items() if p}, self.penalty


@dataclass(frozen=True)
class Change:
    """One learner's grade before and after.

    Attributes
    ----------
    lesson, learner : str
    before, after : Standing
    told : bool
        Whether somebody was told of it before.
    """

    lesson: str
    learner: str
    before: Standing
    after: Standing
    told: bool = False

    @property
    def note(self):
        """What else is to be known of it, or ""."""
        known = self.before.submission in ("", self.after.submission)
        return "" if known else NEW_WORK

    def exercises(self):
        """Yield name, `Points` before, and after, of each exercise that changed.

        None stands for an exercise that is not part of the lesson then.
        """
        before, after = self.before.exercises, self.after.exercises
        for name in [*before, *(name for name in after if name not in before)]:
            old, new = before.get(name), after.get(name)
            if old != new and any(each and each.points for each in (old, new)):
                yield name, old, new

    def line(self):
        """Return the change by exercise, in one line."""
        parts = [_in_words(*each) for each in self.exercises()]
        if self.before.penalty != self.after.penalty:
            late = self.before.penalty, self.after.penalty
            parts.append("late penalty {:g} -> {:g}".format(*late))
        return "; ".join([*parts, *filter(None, [self.note])])

    def csv_rows(self):
        """Yield the rows of `CSV_HEAD`: one for each exercise that changed."""
        totals = self.before.total, self.before.most, self.after.total, self.after.most
        for name, old, new in [*self.exercises()] or [("", None, None)]:
            numbers = [
                number
                for each in (old, new)
                for number in ((each.points, each.most) if each else (None, None))
            ]
            hand = "yes" if any(each and each.by_hand for each in (old, new)) else "no"
            about = self.lesson, self.learner, name
            yield *about, *numbers, hand, *totals, self.note


@dataclass
class Aftermath:
    """What a lesson's last change left behind.

    Attributes
    ----------
    changes : list of Change
        In the order of the learners' names.
    waiting : list of str
        Learners whose grade is still that of before.
    kept : list of (str, str)
        Learner and exercise, where people gave something for one that is gone.
    above : list of (str, str, float, float)
        Learner, exercise, a score given by hand, and the points it is above.
    """

    changes: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    above: list = field(default_factory=list)


def _in_words(name, old, new):
    if new is None:
        return f"{name} {old.points:g} of {old.most:g} -> gone{_hand(old)}"
    if old is None:
        return f"{name} new -> {new.points:g} of {new.most:g}{_hand(new)}"
    most = "" if old.most == new.most else f" of {old.most:g}"
    return f"{name} {old.points:g}{most} -> {new.points:g} of {new.most:g}{_hand(new)}"


def _hand(each):
    return " by hand" if each.by_hand else ""
