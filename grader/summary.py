"""What became of a class's submissions, and who has no full result and why."""

from dataclasses import dataclass, field

from grader.changes import Aftermath


@dataclass
class Summary:
    """What became of a lesson's submissions.

    Attributes
    ----------
    lesson : str
    graded : list of str
        Learners whose submission was graded now.
    unchanged : list of str
        Learners whose grade in the book is that of these answers and checks.
    shortfalls : dict of str to str
        For each learner without a full result: why.
    absent : list of str
        Learners in the gradebook who handed in nothing.
    settled : list of str
        Learners whose late penalty changed, their answers being what they were.
    aftermath : Aftermath
        Grades that changed though nothing new was handed in, and what hangs on that.
    seconds : float
    """

    lesson: str
    graded: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    shortfalls: dict = field(default_factory=dict)
    absent: list = field(default_factory=list)
    settled: list = field(default_factory=list)
    aftermath: Aftermath = field(default_factory=Aftermath)
    seconds: float = 0.0
