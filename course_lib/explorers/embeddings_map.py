"""Lesson 12: where 32 words lie in the plane, and who their neighbours become."""

from functools import lru_cache

import numpy as np

from course_lib import embedding, plots
from course_lib.data import SUBSYSTEMS, TICKET_WORDS
from course_lib.explorers.explorer import Choice, Explorer, Slider
from course_lib.predictions import Card
from course_lib.word_model import GROUPS, share_at_home, train_words

EPOCHS = 20
SEED = 2
FAR_RIGHT = 0.6  # beyond it names stand left of their points
PAPER = {"facecolor": plots.PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
EDGE = 1.3  # of the picture, where the longest row is 1


def neighbours():
    """Train 32 words in the plane, an epoch at a time; see who lies near whom."""
    _neighbours().show()


@lru_cache(maxsize=1)
def frames():
    """Return the table of embeddings before and after each epoch, (21, 32, 2)."""
    return np.array([params["E"] for params in train_words(2, EPOCHS, SEED)])


@lru_cache(maxsize=4)
def shares(nearest):
    """Return, for each frame, the share of words whose neighbour is of their kind."""
    return np.array([share_at_home(E, nearest) for E in frames()])


def near_words(epoch, word, nearest):
    """Return where all words lie after some epochs, and the three nearest to one.

    Parameters
    ----------
    epoch : int
    word : str
    nearest : callable
        As written in lesson 12.

    Returns
    -------
    dict
        ``places`` of shape (32, 2): E, scaled so that the longest row is 1; ``word``
        and ``near``, a list, as places in `TICKET_WORDS`; ``epoch``; ``shares`` of
        shape (21,); ``cosine`` of the nearest.
    """
    E, i = frames()[epoch], TICKET_WORDS.index(word)
    near = [int(j) for j in np.ravel(nearest(E, i, 3))]
    return {
        "places": E / np.linalg.norm(E, axis=1).max(),
        "word": i,
        "near": near,
        "epoch": epoch,
        "shares": shares(nearest),
        "cosine": float(embedding.cosines(E, i)[near[0]]),
    }


def _one_more(explorer):
    epoch = min(explorer.values["epoch"] + 1, EPOCHS)
    explorer.values = explorer.values | {"epoch": epoch}


def _neighbours():
    return Explorer(
        "Two numbers for each word",
        near_words,
        _build,
        _read,
        "Left, 32 words as points in the plane, with a sign for each of the four "
        "subsystems; one word is ringed, and its three nearest by direction are named. "
        "Right, the share of words whose nearest word is of their own subsystem, after "
        "each epoch.",
        [
            Slider("epoch", "epochs trained", 0, EPOCHS, 0),
            Choice("word", "word", list(TICKET_WORDS), "fuse"),
        ],
        uses={"nearest": embedding.nearest},
        actions={"Train on ▶": _one_more},
        card=Card(
            "who_pairs_up",
            "The network only ever guesses a ticket's middle word. Which words will "
            "end up pointing the same way?",
            [
                "words that are spelled alike",
                "words that appear in the same tickets",
                "words that appear equally often",
                "none: numbers for words are arbitrary",
            ],
            truth="words that appear in the same tickets",
            because="Words with the same company call for the same guesses, so their "
            "rows are pushed the same way.",
        ),
        size=(8.6, 4.2),
    )


def _build(figure):
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    reach = (-EDGE, EDGE)
    plots.style_axes(
        left, "first number", "second number", "32 words (longest row: 1)", reach, reach
    )
    left.set_aspect("equal")
    plots.draw_marker(
        left, 0, 0, marker="+", markeredgecolor=plots.QUIET, markersize=12
    )
    groups = []
    for series, name in enumerate(SUBSYSTEMS):
        points = plots.draw_marker(left, 0, 0, series, label=name)
        groups.append((points, np.flatnonzero(name == GROUPS)))
    left.legend(loc="upper left", fontsize=9, ncols=2, handletextpad=0.1)
    ring = plots.draw_marker(
        left,
        0,
        0,
        marker="o",
        markersize=17,
        markerfacecolor="none",
        markeredgecolor=plots.INK,
        markeredgewidth=1.8,
    )
    names = [
        plots.draw_label(left, 0, 0, "", fontsize=9.5, zorder=6, bbox=PAPER)
        for _ in range(4)
    ]
    plots.style_axes(
        right,
        "epoch",
        "share",
        "Nearest word is of its kind",
        (-0.7, EPOCHS + 0.7),
        (0, 1.08),
    )
    plots.draw_reference(right, 7 / 31, "by chance")
    line = plots.draw_line(right, range(EPOCHS + 1), np.zeros(EPOCHS + 1))
    here = plots.draw_marker(right, 0, 0, 1)

    def update(numbers):
        places = numbers["places"]
        for points, members in groups:
            points.set_data(*places[members].T)
        ring.set_data(*places[[numbers["word"]]].T)
        shown = [numbers["word"], *numbers["near"]]
        offsets = _apart(places[shown])
        for label, token, offset in zip(names, shown, offsets, strict=True):
            label.set_text(TICKET_WORDS[token])
            label.xy = places[token]
            label.set_position(offset)
            label.set_ha("right" if offset[0] < 0 else "left")
        line.set_ydata(numbers["shares"])
        here.set_data([numbers["epoch"]], [numbers["shares"][numbers["epoch"]]])

    return [*(points for points, _ in groups), ring, *names, line, here], update


def _apart(points):
    """Return offsets in points for labels, so that near ones do not overlap."""
    offsets = np.empty((len(points), 2))
    offsets[np.argsort(points[:, 1]), 1] = np.linspace(-20, 20, len(points))
    offsets[:, 0] = np.where(points[:, 0] > FAR_RIGHT, -12, 12)
    return offsets


def _read(numbers):
    near = [TICKET_WORDS[j] for j in numbers["near"]]
    return {
        f"nearest to {TICKET_WORDS[numbers['word']]}": ", ".join(near),
        "cosine of the first": f"{numbers['cosine']:.2f}".replace("-", "−"),
        "nearest is of its kind": f"{numbers['shares'][numbers['epoch']]:.2f}",
    }
