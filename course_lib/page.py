"""How the course's own pieces look on a page: text, numbers and frames as HTML.

Colours come from JupyterLab's theme where there is one, and have a value of their own
where there is none, so that the same piece reads well in an exported page.
"""

import html
import os
import traceback

INK = "color:var(--jp-content-font-color1,#1f2328)"
IMAGE = "display:block;max-width:100%;height:auto;background:#fff;border-radius:6px"
TWO_LINES = "display:block;min-height:3em"  # a longer line makes nothing jump
NOTE = f"margin:2px 0 0;min-height:1.5em;font-size:13px;line-height:1.5;{INK}"
BOX = (
    "padding:8px 14px;margin:4px 0;border-radius:6px;max-width:832px;"
    f"border:1px solid var(--jp-border-color1,#bdbdbd);{INK}"
)
METERS = "display:flex;flex-wrap:wrap;gap:4px 28px;margin:6px 0 4px 4px"
METER_NAME = f"font-size:12px;{INK}"
METER_VALUE = (
    "font-weight:600;font-size:17px;line-height:1.3;white-space:nowrap;"
    f"font-variant-numeric:tabular-nums;{INK}"
)


def is_headless():
    """Tell whether nobody is there to move a slider: no kernel, or a graded run."""
    if os.environ.get("COURSE_HEADLESS") == "1":
        return True
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is None


def is_being_graded():
    """Tell whether a grader runs this notebook: it needs numbers and no pictures."""
    return os.environ.get("COURSE_GRADING") == "1"


def failure_html(doing="The picture could not be drawn."):
    """Return the exception being handled, to be shown in the picture's place."""
    trace = html.escape(traceback.format_exc(limit=-4))
    return (
        f'<div role="alert" style="{BOX};border-left:4px solid #c44f00">'
        f"<strong>{html.escape(doing)}</strong> Move a slider to try again."
        f'<pre style="overflow:auto">{trace}</pre></div>'
    )


def rich(text):
    """Return plain text as HTML, with what stands in backticks set as code."""
    pieces = html.escape(text, quote=False).split("`")
    marked = [f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces)]
    return "".join(marked)


def as_text(read_out):
    """Return the key numbers as one line of text: ``"loss 2.30 nats, ..."``."""
    return ", ".join(f"{name} {value}" for name, value in read_out.items())


def meters(read_out):
    """Return the key numbers as a row of small meters, as HTML."""
    cells = "".join(
        f'<div><div style="{METER_NAME}">{html.escape(name)}</div>'
        f'<div style="{METER_VALUE}">{html.escape(value)}</div></div>'
        for name, value in read_out.items()
    )
    return f'<div role="status" style="{METERS}">{cells}</div>' if cells else ""


def framed(box):
    """Give a box of widgets the frame of the course; return it."""
    box.add_class("course-card")
    box.layout.border = "1px solid var(--jp-border-color1, #bdbdbd)"
    box.layout.padding = "8px 14px"
    box.layout.margin = "4px 0"
    box.layout.max_width = "860px"
    return box


def show_widget(widget, instead):
    """Display a widget, and `instead` (HTML) on pages where widgets are dead."""
    from IPython.display import HTML, display

    widget_type = "application/vnd.jupyter.widget-view+json"
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({widget_type: view, "text/html": instead, "text/plain": ""}, raw=True)
    display(HTML(ACCESS))


# ipywidgets names neither a slider's handle nor makes radio buttons a group, and
# JupyterLab takes arrow keys and Enter for itself even where a control waits for them.
# This names each slider with the words of its label, joins the radio buttons of a card,
# also when JupyterLab draws them anew, and leaves keys pressed without Ctrl, Alt or Cmd
# to the course's own controls.
ACCESS = """<script>
if (!window.courseAccess) {
  let groups = 0;
  const each = (root, selector, change) =>
    root.querySelectorAll(selector + ":not([data-course])").forEach(node => {
      node.dataset.course = "named";
      change(node);
    });
  const help = () => {
    document.querySelectorAll(".course-controls .widget-slider").forEach(slider => {
      const label = slider.querySelector(".widget-label")?.textContent || "slider";
      each(slider, "[role=slider]", node => node.setAttribute("aria-label", label));
      const number = slider.querySelector(".widget-readout");
      if (number && !number.isContentEditable)  // it counts stops, and says their names
        slider.querySelectorAll("[role=slider]").forEach(node =>
          node.setAttribute("aria-valuetext", number.textContent));
      each(slider, ".widget-readout[contenteditable=true]", node => {
        node.setAttribute("role", "textbox");
        node.setAttribute("aria-label", label + ", as a number");
      });
    });
    each(document, ".course-card .widget-radio-box", box => {
      box.setAttribute("role", "radiogroup");
      box.setAttribute("aria-label", "Your answer");
      box.dataset.group = "course-" + ++groups;
    });
    document.querySelectorAll(".course-card [data-group] input").forEach(radio => {
      radio.name = radio.closest("[data-group]").dataset.group;
    });
  };
  window.courseAccess = new MutationObserver(help);
  window.courseAccess.observe(document.body, {childList: true, subtree: true});
  window.addEventListener("keydown", event => {
    if (!event.target.closest?.(".course-card, .course-controls")) return;
    const command = event.ctrlKey || event.metaKey || event.altKey;
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !command);
  }, true);
  help();
}
</script>"""
