"""The calibration chart: every prediction of the course beside what came out."""

import numpy as np

from course_lib import page, plots
from course_lib.calibration import NEAR, calibration
from course_lib.live_picture import LivePicture

LEAST, MOST = 1e-6, 1e6  # of the picture's scale; what lies beyond stands at its edge


def calibration_chart(folder=None):
    """Show how good the predictions were, by lesson, and how far numbers were off."""
    from IPython.display import HTML, display

    display(HTML(chart_html(calibration(folder))))


def chart_html(found):
    """Return the chart as HTML, or a sentence where there is nothing to draw.

    Parameters
    ----------
    found : Calibration
    """
    if not found.committed:
        note = (
            "No prediction has been committed yet. The cards of the lessons write each "
            "one into a log beside the lesson; once there are some, run this again."
        )
        if found.unreadable:
            note += f" {found.unreadable} lines of the logs could not be read."
        return f'<div style="{page.BOX}">{page.rich(note)}</div>'
    picture = LivePicture(
        lambda figure: build(figure, found), (8.6, 3.9), describe(found)
    )
    return picture.html({}, read_out(found))


def describe(found):
    """Return the chart in words."""
    lessons = "; ".join(
        f"{name}: {tally.right} of {tally.judged} right"
        for name, tally in found.by_lesson.items()
    )
    return (
        "Left, a bar for each lesson with the share of predictions that were right. "
        f"{lessons}. Right, each predicted number against the measured one, both on a "
        "logarithmic scale; on the diagonal they are equal."
    )


def read_out(found):
    """Return the key numbers under the chart."""
    factor = found.typical_factor
    numbers = {
        "committed": f"{found.committed}",
        "right": f"{found.right} of {found.judged} with a known answer",
        "numbers off by": "no numbers yet" if factor is None else f"{factor:.3g} times",
    }
    if found.unreadable:
        numbers["unreadable lines"] = f"{found.unreadable}"
    return numbers


def build(figure, found):
    """Draw both halves; nothing moves."""
    left, right = figure.subplots(1, 2, width_ratios=[1.2, 1])
    _draw_lessons(left, found)
    _draw_numbers(right, found.numbers)
    return [], lambda numbers: None


def _draw_lessons(axes, found):
    tallies = found.by_lesson.values()
    shares = [tally.right / tally.judged if tally.judged else 0.0 for tally in tallies]
    names = [name.split("_")[0][:8] for name in found.by_lesson]
    plots.style_axes(axes, "lesson", "share right", "By lesson", ylim=(0, 1.15))
    plots.draw_bars(axes, shares, names)
    for k, (tally, share) in enumerate(zip(tallies, shares, strict=True)):
        text = f"{tally.right}/{tally.judged}" if tally.judged else "none yet"
        axes.text(k, share + 0.02, text, ha="center", fontsize=9, color=plots.INK)


def _draw_numbers(axes, pairs):
    sizes = np.array(
        [[abs(said), abs(seen)] for said, seen in pairs if said * seen > 0]
    )
    sizes = np.clip(sizes.reshape(-1, 2), LEAST, MOST)
    low = 10.0 ** np.floor(np.log10(sizes.min(initial=0.1)))
    high = 10.0 ** np.ceil(np.log10(sizes.max(initial=10.0)))
    limits = (low / 1.5, high * 1.5)
    plots.style_axes(
        axes, "measured", "predicted", "Numbers, without their sign", limits, limits
    )
    axes.set(xscale="log", yscale="log")
    ends = np.array(limits)
    plots.draw_line(axes, ends, ends, "equal", 1, linewidth=1.2)
    axes.fill_between(
        ends, ends * (1 - NEAR), ends * (1 + NEAR), color=plots.QUIET, alpha=0.3, lw=0
    )
    if len(sizes):
        axes.plot(sizes[:, 1], sizes[:, 0], "o", color=plots.BLUE, ms=6, alpha=0.7)
    axes.legend(loc="upper left", fontsize=9)
