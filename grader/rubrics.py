"""What an answer in words is graded by: criteria with points, shown to learners too.

A lesson's ``checks.py`` declares its rubrics beside its exercises::

    RUBRICS = [
        Rubric(
            "stakeholder",
            (1, "It says what is stored on the way forward, and why."),
            (2, "It is right without a formula."),
        ),
    ]

The build writes each into the cell that its source marks ``rubric="stakeholder"``, so
the criteria stand above the answer: in the lesson, in Formgrader, on the feedback page.
"""


class Rubric:
    """The criteria of one answer.

    Parameters
    ----------
    name : str
        The answer's name: the `grade_id` of its cell.
    *criteria : tuple of (float, str)
        Points, and the sentence that has to hold for them.

    Raises
    ------
    ValueError
        If there is no criterion, or one is worth nothing.
    """

    def __init__(self, name, *criteria):
        if not criteria or any(points <= 0 for points, _ in criteria):
            raise ValueError(
                f"rubric {name!r}: expected criteria of more than 0 points each. "
                'Write Rubric(name, (1, "It says ..."), ...).'
            )
        self.name, self.criteria = name, criteria

    @property
    def points(self):
        """What an answer that meets every criterion earns."""
        return sum(points for points, _ in self.criteria)

    def as_markdown(self):
        """Return the criteria as a table, for the cell above the answer."""
        rows = [f"| {points:g} | {text} |" for points, text in self.criteria]
        head = f"**What counts** in this answer, {self.points:g} points in all:"
        foot = "A person reads it; no machine gives points for words."
        return "\n".join([head, "", "| points | for |", "|---|---|", *rows, "", foot])
