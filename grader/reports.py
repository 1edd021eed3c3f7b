"""What grading a submission gave: as data, as JSON, as a page, inside a notebook."""

import json
from dataclasses import asdict, dataclass, field

from course_lib.verdicts import Finding, Verdict
from grader import feedback_page
from grader.matching import graded_id, is_in_words
from grader.words import BY_HAND, fingerprint

GRADED, PARTLY, NOT_GRADED = "graded", "partly_graded", "not_graded"


@dataclass
class Report:
    """The result of grading one submission.

    Attributes
    ----------
    lesson : str
    file : str
        The submitted file's name.
    status : {"graded", "partly_graded", "not_graded"}
        `partly_graded`: something kept at least one exercise from being judged.
    deviations : list of str
        How the submission departs from the lesson, in words for its author.
    exercises : list of Verdict
    notebook : dict
        nbformat 4: the graded notebook with safe outputs and this report inside.
    seconds : float
        What grading took.
    fingerprint : str
        What the result depends on, as `grader.fingerprint` counts it; "" if unknown.
    made_from : dict of str to str
        The parts of the fingerprint, by name.
    late : dict
        Empty unless being late costs something: its ``text``, the ``penalty`` in
        points, and the ``score`` that is left.
    submission : str
        A digest of the bytes that were graded; "" if unknown.
    words : dict of str to str
        A digest of each answer in words.
    """

    lesson: str
    file: str
    status: str
    deviations: list
    exercises: list
    notebook: dict = field(default_factory=dict, repr=False)
    seconds: float = 0.0
    fingerprint: str = ""
    made_from: dict = field(default_factory=dict)
    late: dict = field(default_factory=dict)
    submission: str = ""
    words: dict = field(default_factory=dict)

    @property
    def shortfall(self):
        """Why this is not a full result, in a few words; "" if it is one."""
        if self.status == GRADED:
            return ""
        unjudged = [v for v in self.exercises if v.status in ("timeout", "crashed")]
        if self.status == PARTLY and unjudged:
            return " ".join(f"{v.exercise}: {v.message}" for v in unjudged)
        return " ".join(self.deviations) or "Nothing says why."

    @property
    def score(self):
        """The points earned."""
        return round(sum(verdict.points for verdict in self.exercises), 4)

    @property
    def max_score(self):
        """What right answers to every exercise earn."""
        return round(sum(verdict.max_points for verdict in self.exercises), 4)

    @property
    def open_points(self):
        """The points that people may still give: those of answers in words."""
        by_hand = [v.max_points for v in self.exercises if v.status == BY_HAND]
        return round(sum(by_hand), 4)

    def as_dict(self):
        """Return the report as JSON holds it: one object a submission."""
        return {
            "lesson": self.lesson,
            "file": self.file,
            "status": self.status,
            "score": self.score,
            "max_score": self.max_score,
            "deviations": list(self.deviations),
            "exercises": [verdict.as_dict() for verdict in self.exercises],
            **({"late": self.late} if self.late else {}),
        }

    def as_json(self):
        """Return the report as one line of JSON."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def as_html(self, marks=None):
        """Return the feedback page: one self-contained HTML document.

        Parameters
        ----------
        marks : Marks, optional
            What people added in the gradebook: scores, comments, a late penalty.
        """
        return feedback_page.render(self, marks)

    def notebook_text(self):
        """Return the graded notebook as its file holds it.

        Without indentation: with it, ten times as much time would go into the text.
        """
        return json.dumps(self.notebook, ensure_ascii=False) + "\n"

    def into(self, notebook):
        """Write the report into a notebook's metadata, for `from_notebook`."""
        self.notebook, self.words = notebook, _words_of(notebook)
        course = notebook["metadata"].setdefault("course", {})
        course["report"] = {
            **self.as_dict(),
            "seconds": self.seconds,
            "fingerprint": self.fingerprint,
            "submission": self.submission,
            "made_from": self.made_from,
            "exercises": [asdict(verdict) for verdict in self.exercises],
        }


def from_notebook(notebook):
    """Return the report that a graded notebook holds.

    Parameters
    ----------
    notebook : dict
        As grading wrote it.

    Raises
    ------
    ValueError
        If it holds no report: it was not graded by this course.
    """
    stored = notebook.get("metadata", {}).get("course", {}).get("report")
    if not stored:
        raise ValueError(
            "This notebook holds no report, expected one that was graded. Grade the "
            "submission again: nbgrader autograde LESSON --force."
        )
    verdicts = [
        Verdict(**{**values, "findings": [Finding(**f) for f in values["findings"]]})
        for values in stored["exercises"]
    ]
    return Report(
        lesson=stored["lesson"],
        file=stored["file"],
        status=stored["status"],
        deviations=stored["deviations"],
        exercises=verdicts,
        notebook=notebook,
        seconds=stored["seconds"],
        fingerprint=stored.get("fingerprint", ""),
        made_from=dict(stored.get("made_from", {})),
        late=dict(stored.get("late", {})),
        submission=stored.get("submission", ""),
        words=_words_of(notebook),
    )


def _words_of(notebook):
    """Return a digest of each answer in words: it stays where the notebook does not."""
    cells = filter(is_in_words, notebook["cells"])
    return {graded_id(cell, "solution"): fingerprint(cell["source"]) for cell in cells}
