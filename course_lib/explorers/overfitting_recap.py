"""Lesson 9's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask, say


def five_questions():
    """Ask five short questions; the last three are from lessons 2, 4 and 5."""
    ask(
        "recap_turn",
        "The training loss falls, the loss on unseen examples has risen for a while. "
        "The next thing to do is...",
        [
            "train longer",
            "hold it back: more data, L2, dropout, an earlier stop",
            "a wider network",
        ],
        "hold it back: more data, L2, dropout, an earlier stop",
        "It has begun to learn its examples by heart.",
    )
    ask(
        "recap_gap",
        "Training loss 0.03, validation loss 0.13, both flat. This network is...",
        ["overfitting", "healthy", "too stiff"],
        "healthy",
        "Every network knows its own examples better. What counts is whether the "
        "validation loss has turned.",
    )
    ask(
        "recap_rate",
        "The training loss jumps up and down, far above where it began. First we...",
        ["add dropout", "divide the learning rate by ten", "take more data"],
        "divide the learning rate by ten",
        "Each step overshoots; no remedy against memorizing helps. Lesson 2.",
    )
    ask(
        "recap_local",
        "Forward multiplied an entry by 2. Backward multiplies its blame by...",
        ["2", "1/2", "1"],
        "2",
        "The local derivative of 2x is 2, as for every factor in lesson 4.",
    )
    ask(
        "recap_instruments",
        "A gradient check of a network with dropout trips at random. Why?",
        [
            "dropout has no gradient",
            "each probe draws another mask",
            "the step is too large",
        ],
        "each probe draws another mask",
        "Hold chance still: the same mask for all probes. Lesson 5.",
    )


def say_the_loop_and_the_turn():
    """Listen to the loop, and to where it has to be watched."""
    say(
        "loop",
        "Forward ..., backward ..., update ... And we stop where the loss on ... "
        "examples turns.",
        ["forward", "predict", "backward", "blame", "update", "improve", "unseen"],
    )
