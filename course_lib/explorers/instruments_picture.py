"""The table of faults and instruments: what was measured, and how it is drawn."""

import numpy as np
from matplotlib.patches import Rectangle

from course_lib import plots
from course_lib.instruments import INSTRUMENTS
from course_lib.live_picture import STEADY

# Measured with seed 0, in the order of INSTRUMENTS; X where an instrument trips. A test
# measures it again.
_ROWS = """
no 1/N                    . X . . X . X X X
1/N twice                 . X . . X . X X X
y - p                     . X . . . . X X X
plus in the update        . . . . . . X X X
z for dW2                 . X . . . . . . .
1 - z²                    . X . . . . X X X
1 - h                     . X . . . . . X X
no tanh derivative        . X . . . . . . .
db2 is zero               . X . . . . . . .
db2 is a mean             . X . . X . . . .
db2 of shape (1, C)       . . X . . . . . .
db2 is one number         . X . . . . . . .
first layer frozen        . X . . . . . X X
W2 moved too early        . X . . . . . . .
gradients add up          . . . X . . . X X
cache overwritten         . . . X . . . . .
input changed             . . . X . . . . .
softmax over the batch    X X . . X . X X X
no shift in softmax       . . . . . X . . .
label off by one          . . . . . . . . X
labels shuffled           . . . . . . . X X
sorted batches            . . . . . . . X X
inputs not scaled         . . . . . . X . .
scaled only in training   . . . . . . . . .
dropout left on           . . . . . . . . .
dropout not scaled        . . . . . . . . .
zero start                . . . . . . X X X
start ten times too wide  X . . . . . . . .
rate × 100                . . . . . . X X X
rate / 1000               . . . . . . X X X
"""
MEASURED = {
    line[:26].strip(): tuple(mark == "X" for mark in line[26:].split())
    for line in _ROWS.strip().splitlines()
}
NAMES = list(INSTRUMENTS)
MARKS = ("tripped", "quiet")
SIGNS = (*MARKS, "surprises")


def tripped_on(fault_name):
    """Return which of the nine instruments trip on a fault, as measured."""
    return MEASURED[fault_name]


def build_table(axes, n_rows, row_names, columns=NAMES, marked=SIGNS):
    """Draw an empty table; return its moving artists and ``update(numbers)``.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    n_rows : int
    row_names : sequence of str
    columns : sequence of str
    marked : sequence of str
        Which signs there are: `SIGNS`, or `MARKS` where nobody predicts.

    Returns
    -------
    artists : list
    update : callable
        Of a dict with `tripped`, `quiet` and `surprises`, lists of (row from 1,
        column name); `labels`, a text for each row; `number`, the row to mark.
    """
    n_columns = len(columns)
    axes.set_xlim(-3.5, n_columns - 0.4)
    axes.set_ylim(n_rows + 0.4, -0.7)
    axes.set_xticks(range(n_columns), [name.replace(" ", "\n", 1) for name in columns])
    axes.xaxis.tick_top()
    axes.set_yticks(range(n_rows), row_names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = Rectangle((-3.5, -0.5), n_columns + 3.1, 1, color=plots.SKY + "30", lw=0)
    bar.set_gid(STEADY)
    axes.add_patch(bar)
    marks = {
        name: axes.plot([], [], linestyle="", **_LOOKS[name])[0] for name in marked
    }
    axes.legend(
        handles=list(marks.values()),
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=3,
    )
    labels = [axes.text(-3.4, k, "", va="center", fontsize=9) for k in range(n_rows)]

    def update(numbers):
        for name, mark in marks.items():
            places = [(columns.index(c), row - 1) for row, c in numbers.get(name, [])]
            mark.set_data(*np.array(places, float).reshape(-1, 2).T)
        for label, text in zip(labels, numbers["labels"], strict=True):
            label.set_text(text)
        bar.set_y(numbers.get("number", -9) - 1.5)

    return [bar, *marks.values(), *labels], update


_LOOKS = {
    "tripped": {
        "marker": "X",
        "color": plots.VERMILION,
        "markersize": 10,
        "markeredgewidth": 0,
        "label": "tripped",
    },
    "quiet": {
        "marker": "o",
        "color": plots.QUIET,
        "markersize": 4,
        "label": "quiet",
    },
    "surprises": {
        "marker": "o",
        "color": plots.BLUE,
        "markerfacecolor": "none",
        "markersize": 16,
        "markeredgewidth": 1.6,
        "label": "you predicted otherwise",
    },
}
