"""What a check says about an answer: as data, as text, as HTML."""

import textwrap
from dataclasses import dataclass, field
from html import escape

STATUSES = (
    "right",
    "partial",
    "wrong",
    "not_written",
    "error",
    "timeout",
    "crashed",
    "by_hand",  # written, and a person grades it
)
WIDTH = 79


@dataclass
class Finding:
    """What was found about one output.

    Attributes
    ----------
    output : str
        Its name in the exercise's signature, such as ``"dW"``.
    right : bool
    text : str
        A few words: ``"right"``, ``"shape (5, 3), expected (3,)"``.
    evidence : str
        The worst entry, yours and expected; empty where it may not be shown.
    """

    output: str
    right: bool
    text: str = "right"
    evidence: str = ""


@dataclass
class Verdict:
    """The verdict on one exercise.

    Attributes
    ----------
    exercise : str
    points, max_points : float
    status : one of `STATUSES`
    mistake : str or None
        The id of the named mistake, such as ``"shape"``.
    message : str
        What happened and its cause, in a sentence or two; a note on a right answer
        that follows another convention.
    next_step : str
        The next thing to measure or to try.
    findings : list of Finding
        One for each judged output, in the order they are returned.
    reproduce : str
        A call that shows the difference, or nothing.
    convention : str or None
        The id of the convention that a right answer follows in place of the lesson's.
    """

    exercise: str
    points: float
    max_points: float
    status: str
    mistake: str | None = None
    message: str = ""
    next_step: str = ""
    findings: list[Finding] = field(default_factory=list)
    reproduce: str = ""
    convention: str | None = None

    @property
    def is_right(self):
        """Whether the answer earns every point."""
        return self.status == "right"

    def as_dict(self):
        """Return what a report prints: the score, the status and the named mistake."""
        return {
            "exercise": self.exercise,
            "points": self.points,
            "max_points": self.max_points,
            "status": self.status,
            "mistake": self.mistake,
            "message": " ".join(filter(None, [self.message, self._next()])),
        }

    def as_text(self):
        """Return the verdict as lines of at most 79 columns."""
        lines = [self.headline()]
        if len(self.findings) > 1:
            lines.append(
                "  " + "      ".join(f"{f.output}  {f.text}" for f in self.findings)
            )
        lines += [f"  {f.evidence}" for f in self.findings if f.evidence]
        for sentence in (self.message, self._next()):
            lines += textwrap.wrap(sentence, WIDTH) if sentence else []
        if self.reproduce:
            lines.append(f"Try it: {self.reproduce}")
        return "\n".join(lines)

    def headline(self):
        """Return one line: the exercise and its points."""
        if self.status == "by_hand":
            return f"{self.exercise}   up to {self.max_points:g} points, by hand"
        score = f"{self.points:g} of {self.max_points:g} points"
        return f"{self.exercise}   {score}" + ("   right" if self.is_right else "")

    def as_html(self):
        """Return the verdict as an HTML fragment without scripts or outside parts.

        Every text is escaped: names and messages may come from a submission.
        """
        marks = {"right": "✓", "partial": "◐", "not_written": "○", "by_hand": "✎"}
        mark = marks.get(self.status, "✗")
        score = f"{self.points:g} of {self.max_points:g} points"
        if self.status == "by_hand":
            score = f"up to {self.max_points:g} points"
        words = self.status.replace("_", " ")
        head = f"<strong>{mark} <code>{escape(self.exercise)}</code></strong>"
        parts = [f"<p>{head} &nbsp; {score} &nbsp; <em>{words}</em></p>", self._table()]
        parts += [
            f"<p>{escape(text)}</p>" for text in (self.message, self._next()) if text
        ]
        if self.reproduce:
            parts.append(f"<p>Try it: <code>{escape(self.reproduce)}</code></p>")
        return f"<div class='verdict verdict-{self.status}'>{''.join(parts)}</div>"

    def _table(self):
        left = "style='text-align:left'"
        rows = "".join(
            f"<tr><th scope='row' {left}><code>{escape(f.output)}</code></th>"
            f"<td {left}>{escape(f.text)}</td>"
            f"<td {left}>{self._evidence(f)}</td></tr>"
            for f in self.findings
            if len(self.findings) > 1 or f.evidence
        )
        return f"<table>{rows}</table>" if rows else ""

    def _evidence(self, finding):
        return f"<code>{escape(finding.evidence)}</code>" if finding.evidence else ""

    def _next(self):
        return f"Next: {self.next_step}" if self.next_step else ""
