"""The recap of lesson 5: five questions, and the loop said once more."""

from course_lib.predictions import ask, say


def five_questions():
    """Ask five short questions; the last three are from lessons 1, 2 and 4."""
    ask(
        "recap_proof",
        "A network reaches 0.967 on unseen digits. Its backward pass is...",
        ["right", "perhaps right", "wrong"],
        "perhaps right",
        "Half of our thirty faults stay above 0.9. Training is not proof.",
    )
    ask(
        "recap_update_sign",
        "The update has a plus where a minus belongs. The gradient check...",
        ["trips", "stays quiet"],
        "stays quiet",
        "The gradient is right. What is done with it comes after the check; "
        "overfitting ten hears it.",
    )
    ask(
        "recap_guess",
        "Four classes, before training. A healthy loss is about...",
        ["0.25", "1.39", "2.30", "4"],
        "1.39",
        "ln 4, the price of guessing among four. Lesson 1.",
    )
    ask(
        "recap_two_sides",
        "Why does a slope measured from both sides judge better than from one?",
        ["the bend cancels", "it is faster", "it needs no step"],
        "the bend cancels",
        "From one side the error is 1e-5 or so, from both 1e-9. Lesson 2.",
    )
    ask(
        "recap_shape",
        "W has shape (64, 32). dW has shape...",
        ["(64, 32)", "(32, 64)", "(32,)"],
        "(64, 32)",
        "A gradient has the shape of the thing it belongs to. Lesson 4.",
    )


def say_the_loop_and_the_proof():
    """Listen to the loop, and to what has to be measured beside it."""
    say(
        "loop",
        "Forward ..., backward ..., update ... And training is not ...",
        ["forward", "predict", "backward", "blame", "update", "improve", "proof"],
    )
