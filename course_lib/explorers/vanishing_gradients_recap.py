"""Lesson 7's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask, say


def five_questions():
    """Ask five short questions; the last three are from lessons 2, 4 and 5."""
    ask(
        "recap_ten_hops",
        "Each hop passes half of the blame, which is −6 dB. After ten hops?",
        ["−6 dB", "−16 dB", "−60 dB", "−600 dB"],
        "−60 dB",
        "Factors multiply, decibels add: ten times −6. That is a thousandth.",
    )
    ask(
        "recap_dead",
        "A ReLU unit has z below 0 for every example. How does it come back?",
        [
            "with more steps",
            "with a higher learning rate",
            "not by itself: it gets no blame",
        ],
        "not by itself: it gets no blame",
        "Its slope is 0 everywhere, so no gradient moves its weights. Only a change in "
        "the layers below can wake it.",
    )
    ask(
        "recap_too_high",
        "The loss jumps, and sometimes it is NaN. The first thing to try?",
        ["more epochs", "a tenth of the learning rate", "more layers"],
        "a tenth of the learning rate",
        "Lesson 2: above 2 divided by the largest curvature every step overshoots.",
    )
    ask(
        "recap_quarter",
        "How much of the blame does a sigmoid pass at the most?",
        ["all of it", "a half", "a quarter"],
        "a quarter",
        "Lesson 4: y (1 − y) is largest at y = 0.5.",
    )
    ask(
        "recap_check",
        "Every pair passes its gradient check, and the loss stays at ln 10. The "
        "gradient is...",
        ["wrong", "right, and may be far too weak", "right, so the data is wrong"],
        "right, and may be far too weak",
        "Lesson 5's check asks whether a backward pass is right. Whether anything "
        "arrives at the first layer is another question.",
    )


def say_the_loop_and_the_budget():
    """Listen to the loop, and to where blame has to arrive."""
    say(
        "loop",
        "Forward ..., backward ..., update ... And blame has to arrive at the ...",
        ["forward", "predict", "backward", "blame", "update", "improve", "first"],
    )
