"""An explorer: a model, a picture of it, and sliders, with a prediction in front.

def model(scale, noise, rng, softmax):            # slider values to numbers
    return {"probs": softmax(scale * logits + noise * rng.normal(size=10))}

def build(figure):                                # draw once; say what moves
    axes = figure.subplots()
    bars = draw_bars(axes, np.zeros(10), range(10))

    def update(numbers):
        for bar, height in zip(bars, numbers["probs"], strict=True):
            bar.set_height(height)

    return bars, update

Explorer(
    "Sharper", model, build,
    read_out=lambda numbers: {"largest": f"{numbers['probs'].max():.2f}"},
    describes="Ten bars, one for each class.",
    controls=[Slider("scale", "logit scale", 0.1, 20, 1, log=True),
              Slider("noise", "noise", 0, 1, 0)],
    uses={"softmax": losses.softmax},             # yours, once your check passed
    seed=1, card=Card("sharper", "What grows?", ["one bar", "all bars"]),
).show()
"""

import html
import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from course_lib import page, workbench
from course_lib.explorers.controls import Choice, Slider, Stops
from course_lib.live_picture import LivePicture
from course_lib.rehearsal import rehearse

__all__ = ["Choice", "Explorer", "Slider", "Stops", "ticket"]

REHEARSED = 5  # values of each control whose picture is painted in advance
PAUSE = 0.5  # seconds without a move, before that goes on
REVEAL_AFTER = 0.6  # the share of a control's range seen before the truth is shown


@dataclass
class Explorer:
    """A picture that answers to sliders.

    Parameters
    ----------
    title : str
    model : callable
        ``model(**values, **functions, **extra) -> numbers``; pure. With a `seed` it
        also gets ``rng``, the same stream at each move.
    build : callable
        ``build(figure) -> (artists, update)``, see `LivePicture`.
    read_out : callable
        ``read_out(numbers) -> dict of str to str``: the key numbers with their units.
    describes : str
        What the picture shows, for those who do not see it.
    controls : sequence of Slider, Stops and Choice
    uses : dict of str to callable
        Functions of the course that give way to the learner's once they passed their
        checks; the model gets them by name.
    card : Card, optional
        Until it is committed nothing is shown.
    size : tuple of two floats
        Width and height of the picture in inches.
    seed : int, optional
        Where chance plays a part; adds "Another draw" and "Rewind".
    extra : dict
        Further arguments of the model, which actions may change.
    actions : dict of str to callable
        Buttons: ``action(explorer)`` changes ``explorer.extra`` or ``values``.
    """

    title: str
    model: object
    build: object
    read_out: object
    describes: str
    controls: list = field(default_factory=list)
    uses: dict = field(default_factory=dict)
    card: object = None
    size: tuple = (8.6, 3.6)
    seed: int | None = None
    extra: dict = field(default_factory=dict)
    actions: dict = field(default_factory=dict)

    def __post_init__(self):
        self.values = {control.name: control.start for control in self.controls}
        self.draw = 0
        self._start_extra = dict(self.extra)
        self._seen = {name: [value] for name, value in self.values.items()}
        self._picture = self._pin_button = None
        self._waiting = False
        self._moved_at = 0.0

    def numbers(self, **values):
        """Return the model's numbers at the present values, some of them replaced."""
        functions = {
            name: workbench.current(name, default)[0]
            for name, default in self.uses.items()
        }
        chance = {}
        if self.seed is not None:
            chance["rng"] = np.random.default_rng(self.seed + self.draw)
        return self.model(**self.values | values, **functions, **chance, **self.extra)

    def html(self, **values):
        """Return picture, key numbers and whose code is running, as HTML."""
        if self._picture is None:
            self._picture = LivePicture(self.build, self.size, self.describes)
        numbers = self.numbers(**values)
        notes = [page.rich(note) for note in [workbench.badge(self.uses)] if note]
        if self.card is not None and self.card.is_committed:
            notes.append(f'<span style="{page.TWO_LINES}">{self._prediction()}</span>')
        return self._picture.html(numbers, self.read_out(numbers), notes)

    def show(self):
        """Show the explorer in the notebook: its card first, if it has one."""
        from IPython.display import HTML, display

        if self.card is not None:
            self.card.show()
        if page.is_headless():
            display(HTML(self._heading() + self.html()))
            return
        self._show_live()

    def redraw(self):
        """Paint the picture anew where it stands; show what went wrong, if it did."""
        from IPython.display import HTML

        try:
            text = self.html()
        except Exception:  # without this, the message is lost in JupyterLab's log
            text = page.failure_html()
        self._handle.update(HTML(text))

    def reset(self):
        """Go back to the first values, the first draw, and no pin."""
        self.extra = dict(self._start_extra)
        self.draw = 0
        self.pin(False)
        if self._pin_button is not None:
            self._pin_button.value = False
        self._set({control.name: control.start for control in self.controls})

    def pin(self, on=True):
        """Keep the present picture as a ghost behind the following ones, or drop it."""
        if self._picture is not None:
            self._picture.pin(self.numbers() if on else None)

    def _show_live(self):
        from IPython.display import HTML, display

        self._widgets = {}
        panel = self._panel()
        self._waiting = self.card is not None and not self.card.is_committed
        self._hide(panel, self._waiting)
        page.show_widget(panel, self._heading())
        words = "Commit your prediction to see the picture." if self._waiting else ""
        place = HTML(f'<p style="{page.NOTE}">{words}</p>')
        self._handle = display(place, display_id=True)
        if not self._waiting:
            self._redraw_first()
        if self.card is not None:
            self.card.when_committed(lambda: self._reveal(panel))

    def _reveal(self, panel):
        self._waiting = False
        self._hide(panel, False)
        self._redraw_first()

    def _redraw_first(self):
        """Paint the picture, and in pauses those that its controls will ask for."""
        self.redraw()
        steps = [
            partial(self._paint_unseen, {control.name: value})
            for control in self.controls
            for value in control.sample(REHEARSED)
        ]
        rehearse(steps, lambda: time.monotonic() - self._moved_at < PAUSE)

    def _paint_unseen(self, values):
        self._picture.paint(self.numbers(**values))

    def _panel(self):
        import ipywidgets

        longest = max((len(control.label) for control in self.controls), default=0)
        width = f"{7.2 * longest + 12:.0f}px" if len(self.controls) > 1 else "initial"
        look = {
            "style": {"description_width": width},
            "layout": {"width": "100%", "max_width": "640px"},
        }
        for control in self.controls:
            widget = control.widget(ipywidgets, description=control.label, **look)
            widget.observe(self._moved, "value")
            self._widgets[control.name] = widget
        heading = ipywidgets.HTML(self._heading())
        buttons = ipywidgets.HBox(self._buttons(ipywidgets))
        buttons.layout.flex_flow = "row wrap"
        panel = ipywidgets.VBox([heading, *self._widgets.values(), buttons])
        panel.add_class("course-controls")
        panel.layout.margin = "0 0 4px"
        return panel

    def _buttons(self, ipywidgets):
        pin = ipywidgets.ToggleButton(value=False, description="Pin this picture")
        self._pin_button = pin

        def pinned(change):
            pin.description = (
                "Take the pin out" if change["new"] else "Pin this picture"
            )
            self.pin(change["new"])
            self.redraw()

        pin.observe(pinned, "value")
        wiring = {name: self._press(action) for name, action in self.actions.items()}
        if self.seed is not None:
            wiring["Another draw"] = self._press(lambda _: self._draw_again(1))
            wiring["Rewind"] = self._press(lambda _: self._draw_again(None))
        buttons = []
        for name, pressed in wiring.items():
            buttons.append(ipywidgets.Button(description=name))
            buttons[-1].on_click(pressed)
        if self.controls:
            back = ipywidgets.Button(description="Reset")
            back.on_click(self._press(lambda _: self.reset()))
            buttons += [pin, back]
        for button in buttons:
            button.layout.width = "auto"
        return buttons

    def _press(self, action):
        def pressed(_):
            action(self)
            self._set(self.values)
            self.redraw()

        return pressed

    def _draw_again(self, further):
        self.draw = 0 if further is None else self.draw + further

    def _moved(self, change):
        # A slider may report a move of its own when it is first drawn, by rounding.
        if self._waiting:
            return
        self._moved_at = time.monotonic()
        for name, widget in self._widgets.items():
            self.values[name] = widget.value
            self._seen[name].append(widget.value)
        self.redraw()

    def _set(self, values):
        self.values = dict(values)
        for name, widget in getattr(self, "_widgets", {}).items():
            widget.unobserve(self._moved, "value")
            widget.value = values[name]
            widget.observe(self._moved, "value")

    def _prediction(self):
        shares = [c.share(self._seen[c.name]) for c in self.controls]
        if shares and max(shares) < REVEAL_AFTER and not page.is_headless():
            said = page.rich(self.card.with_unit(self.card.choice))
            return (
                f"You predicted: <strong>{said}</strong>. Move a slider from end to "
                "end, and see."
            )
        return self.card.verdict()

    def _heading(self):
        return (
            f'<div style="{page.INK};font-weight:600">{html.escape(self.title)}</div>'
        )

    @staticmethod
    def _hide(panel, hidden):
        panel.layout.display = "none" if hidden else None


def ticket(card, build, numbers, read_out, describes, size=(8.6, 3.6)):
    """Show the symptoms of one broken run, and ask for the diagnosis.

    Parameters
    ----------
    card : Card
        Made with ``at_once=True, kind="Diagnose"``: committing shows the cause.
    build, read_out, describes, size
        As in `Explorer`.
    numbers : object
        What was measured on the run.
    """
    from IPython.display import HTML, display

    picture = LivePicture(build, size, describes)
    display(HTML(picture.html(numbers, read_out(numbers))))
    card.show()
