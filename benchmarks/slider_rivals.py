"""What an explorer is measured beside: the least there can be, and the usual way.

Imported by the notebooks that `sliders.py` writes.
"""

import ipywidgets
from IPython.display import HTML, display

from course_lib import plots
from course_lib.contact_sheet import shown_by
from course_lib.explorers.controls import Choice


def main_control(explorer):
    """Return the control that is moved: the first slider, or the first dropdown."""
    sliders = [c for c in explorer.controls if not isinstance(c, Choice)]
    return (sliders or explorer.controls)[0]


def only_text():
    """Show a slider and a line of text that repeats its value: the floor."""
    slider = ipywidgets.IntSlider(max=100, description="floor")
    display(slider)
    line = display(HTML("<figure>0</figure>"), display_id=True)
    slider.observe(lambda c: line.update(HTML(f"<figure>{c['new']}</figure>")), "value")


def by_interact(module, name):
    """Show an explorer's model and picture by `interact` and an inline figure."""
    from matplotlib import pyplot, rc_context

    explorer = shown_by(module, name)[0]
    control = main_control(explorer)

    def redraw(value):
        numbers = explorer.numbers(**{control.name: value})
        with rc_context(plots.HOUSE):
            figure = pyplot.figure(figsize=explorer.size, layout="constrained")
            _, update, *_ = explorer.build(figure)
            update(numbers)
            pyplot.show()
        print(explorer.read_out(numbers))

    look = {"description": control.label, "continuous_update": True}
    if isinstance(control, Choice):
        del look["continuous_update"]
    ipywidgets.interact(redraw, value=control.widget(ipywidgets, **look))
