"""Lesson 1's last picture: loss and accuracy of one run, epoch by epoch."""

import numpy as np

from course_lib import plots
from course_lib.live_picture import LivePicture


def two_meters(readings):
    """Show what two meters read while a network was trained.

    Parameters
    ----------
    readings : sequence of (float, float)
        Loss in nats and accuracy as a fraction, the first pair before training and
        then one after each epoch.
    """
    from IPython.display import HTML, display

    loss, accuracy = np.array(readings, float).T
    describes = (
        f"Two curves over {len(loss) - 1} epochs. The loss falls all the way; the "
        "accuracy rises at first and then hardly moves."
    )
    picture = LivePicture(_build(loss, accuracy), (8.6, 3.2), describes)
    display(HTML(picture.html(None, read_out(loss, accuracy))))


def read_out(loss, accuracy):
    """Return both meters' readings before, early in and after training, in words."""
    last = len(loss) - 1
    places = {0: "before training", min(4, last): "", last: ""}
    return {
        words or f"after {at} epochs": f"{loss[at]:.3f} nats, {accuracy[at]:.3f}"
        for at, words in places.items()
    }


def _build(loss, accuracy):
    def build(figure):
        left, right = figure.subplots(1, 2)
        epochs, ends = np.arange(len(loss)), (-0.4, len(loss) - 0.6)
        top = 1.12 * max(loss.max(), np.log(10))
        plots.style_axes(left, "epoch", "loss (nats)", "Loss", ends, (0, top))
        plots.draw_reference(left, np.log(10), "ln 10: pure guessing")
        plots.draw_line(left, epochs, loss, marker="o", markersize=5)
        plots.style_axes(right, "epoch", "fraction right", "Accuracy", ends, (0, 1.05))
        plots.draw_reference(right, 0.1, "pure guessing")
        plots.draw_line(right, epochs, accuracy, series=1, marker="s", markersize=5)
        return [], lambda numbers: None

    return build
