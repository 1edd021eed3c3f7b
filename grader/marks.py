"""What people add to grades, and what the gradebook adds up from that."""

from dataclasses import dataclass, field, replace
from datetime import timedelta


@dataclass
class Marks:
    """What people added to one learner's grades of one lesson.

    Attributes
    ----------
    manual : dict of exercise to points
        Given in place of the automatic ones.
    extra : dict of exercise to points
        Extra credit.
    comments : dict of exercise to text
    late_penalty : float
        Points taken off.
    extension : timedelta or None
        How much later the lesson was due for the learner.
    """

    manual: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)
    comments: dict = field(default_factory=dict)
    late_penalty: float = 0.0
    extension: timedelta | None = None

    def earned(self, verdicts):
        """Return what exercises count for together, before a penalty."""
        return round(sum(self.score(v.exercise, v.points) for v in verdicts), 4)

    def with_penalty(self, penalty):
        """Return the same marks with another late penalty."""
        return replace(self, late_penalty=penalty)

    def score(self, exercise, automatic):
        """Return the points an exercise counts for, as nbgrader adds them up."""
        return self.manual.get(exercise, automatic) + self.extra.get(exercise, 0.0)

    def changes(self, exercise):
        """Return whether a person changed what an exercise counts for."""
        return exercise in self.manual or exercise in self.extra

    def comment(self, exercise):
        """Return what a person wrote about an answer, or ""."""
        return self.comments.get(exercise, "")
