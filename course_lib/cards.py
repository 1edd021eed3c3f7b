"""A card: one question, and at most one committed answer."""

import math

from course_lib.page import BOX, INK, framed, is_headless, rich, show_widget
from course_lib.prediction_log import committed_choice, log_choice, log_truth


class Card:
    """One question, and at most one committed answer.

    Parameters
    ----------
    name : str
        The question's name in the log; unique in its lesson.
    question : str
        What stands in backticks is set as code.
    choices : sequence of str, optional
        The answers to choose from. Without them a number is asked for.
    unit : str
        The unit of the number.
    truth : str, float or callable, optional
        What is measured, or a function without arguments that measures it.
    because : str
        One sentence that explains the truth.
    at_once : bool, default=False
        Whether truth and sentence are shown as soon as an answer is committed.
    kind : str, default="Predict"
        The word the card begins with.

    Raises
    ------
    ValueError
        If a truth in words is not among the choices.
    """

    def __init__(
        self,
        name,
        question,
        choices=None,
        unit="",
        truth=None,
        because="",
        at_once=False,
        kind="Predict",
    ):
        if choices and isinstance(truth, str) and truth not in choices:
            raise ValueError(
                f"card {name!r}: the truth {truth!r} is not among the choices "
                f"{list(choices)}. Write one of them, word for word."
            )
        self.name, self.question, self.kind = name, question, kind
        self.choices = list(choices) if choices else None
        self.unit, self.because, self.at_once = unit, because, at_once
        self._truth = truth
        self._when_committed = []
        self._shown = False
        earlier = committed_choice(name)
        self.choice = earlier if self._fits(earlier) else None

    @property
    def asks_for(self):
        """What is said when the card is committed without an answer."""
        return "Choose one of them first." if self.choices else "Write a number first."

    @property
    def is_committed(self):
        """Whether an answer has been given, now or when the lesson was last open."""
        return self.choice is not None

    def truth(self):
        """Return what is measured, or None where that is not known."""
        return self._truth() if callable(self._truth) else self._truth

    def when_committed(self, function):
        """Have `function()` called each time an answer is committed."""
        self._when_committed.append(function)

    def commit(self, choice):
        """Take an answer, log it, and tell all who wait for it."""
        self.choice = choice
        log_choice(self.name, choice, self._truth_or_none())
        for function in self._when_committed:
            function()

    def verdict(self, truth=None, because=None):
        """Return what was predicted beside what is measured, as HTML."""
        truth = self._truth_or_none() if truth is None else truth
        because = self.because if because is None else because
        said = "You predicted" if self.kind == "Predict" else "You answered"
        is_is = "Measured" if self.kind == "Predict" else "The answer"
        line = f"{said}: <strong>{rich(self.with_unit(self.choice))}</strong>."
        if truth is not None:
            mark = self._mark(truth)
            line += f" {is_is}: <strong>{rich(self.with_unit(truth))}</strong>{mark}."
        return f"{line} {rich(because)}".strip()

    def with_unit(self, value):
        """Return an answer in words."""
        if isinstance(value, float):
            value = f"{value:.3g}"
        return f"{value} {self.unit}".strip() if self.unit else str(value)

    def static_html(self, with_answer=False):
        """Return the card as text, for a page where nothing can be pressed.

        Parameters
        ----------
        with_answer : bool, default=False
            Whether truth and sentence follow, folded away, though nobody committed.
        """
        options = "".join(f"<li>{rich(choice)}</li>" for choice in self.choices or ())
        below = f'<ul style="margin:2px 0">{options}</ul>' if options else ""
        if self.is_committed:
            below += f"<div>{self._state_html()}</div>"
        elif with_answer and (answer := self._answer_html()):
            below += f"<details><summary>What comes out</summary>{answer}</details>"
        return f'<div style="{BOX}">{self._heading()}{below}</div>'

    def show(self):
        """Show the card in the notebook, or its text where nobody can press it."""
        from IPython.display import HTML, display

        self._shown = True
        if is_headless():
            display(HTML(self.static_html(with_answer=True)))
        else:
            show_widget(self._widget(), self.static_html())

    def reveal(self, truth, because=""):
        """Show what was measured beside what was predicted, in a later cell."""
        from IPython.display import HTML, display

        if self.is_committed:
            log_truth(self.name, self.choice, truth)
            text = self.verdict(truth, because)
        elif is_headless():
            measured = rich(self.with_unit(truth))
            text = f"Measured: <strong>{measured}</strong>. {rich(because)}"
        else:
            text = (
                "There is no prediction to compare with yet. Commit one on the card "
                "above, then run this cell again."
            )
        display(HTML(f'<div style="{BOX}">{text}</div>'))

    def _ipython_display_(self):
        """Called by IPython when the card is a cell's last value."""
        if not self._shown:
            self.show()

    def _fits(self, choice):
        """Tell whether an answer from the log still answers the question."""
        if self.choices:
            return choice in self.choices
        return isinstance(choice, (int, float))

    def _truth_or_none(self):
        try:
            return self.truth()
        except Exception:  # a measure may run the learner's code; the card goes on
            return None

    def _answer_html(self):
        truth = self._truth_or_none()
        if truth is None:
            return rich(self.because)
        return f"<strong>{rich(self.with_unit(truth))}</strong>. {rich(self.because)}"

    def _mark(self, truth):
        if self.choices is None:
            return ""
        return ", as you said" if truth == self.choice else ""

    def _heading(self):
        return f"<strong>{self.kind}.</strong> {rich(self.question)}"

    def _state_html(self):
        if not self.is_committed:
            return self._waiting()
        if self.at_once:
            return self.verdict()
        said = "You predicted" if self.kind == "Predict" else "You answered"
        return f"{said}: <strong>{rich(self.with_unit(self.choice))}</strong>."

    def _waiting(self):
        shown = "The answer" if self.at_once else "Nothing"
        before = "once" if self.at_once else "before"
        return f"{shown} is shown {before} you commit. It is not graded."

    def _widget(self):
        import ipywidgets

        entry = self._entry(ipywidgets)
        commit = ipywidgets.Button(button_style="primary")
        commit.layout.width, commit.layout.align_self = "auto", "flex-start"
        state = ipywidgets.HTML()

        def draw_state(words=""):
            entry.disabled = self.is_committed
            commit.description = f"{self.kind} again" if self.is_committed else "Commit"
            commit.button_style = "" if self.is_committed else "primary"
            words = words or self._state_html()
            state.value = (
                f'<div role="status" style="{INK};line-height:1.5">{words}</div>'
            )

        def pressed(_):
            if self.is_committed:
                self.choice = None
            elif (answer := self._read(entry)) is None:
                return draw_state(self.asks_for)
            else:
                self.commit(answer)
            return draw_state()

        def came_late(_):
            # A busy kernel gets the last change after the press that followed it.
            answer = self._read(entry)
            if self.is_committed and answer not in (None, self.choice):
                self.commit(answer)
                draw_state()

        commit.on_click(pressed)
        entry.observe(came_late, "value")
        draw_state()
        question = ipywidgets.HTML(
            f'<div style="{INK};line-height:1.5">{self._heading()}</div>'
        )
        return framed(ipywidgets.VBox([question, entry, commit, state]))

    def _entry(self, ipywidgets):
        if self.choices:
            known = self.choice if self.choice in self.choices else None
            entry = ipywidgets.RadioButtons(options=self.choices, value=known)
            entry.layout.width = "auto"
            return entry
        entry = ipywidgets.Text(
            value="" if self.choice is None else f"{self.choice:g}",
            placeholder="such as 0.5",
            description=f"Your number ({self.unit})" if self.unit else "Your number",
            style={"description_width": "initial"},
        )
        entry.layout.width = "320px"
        return entry

    def _read(self, entry):
        """Return the answer that stands in the entry, or None if it is none yet."""
        if self.choices:
            return entry.value
        try:
            number = float(entry.value.replace(",", "."))
        except ValueError:
            return None
        return number if math.isfinite(number) else None
