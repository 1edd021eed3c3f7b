"""The recap of the bench exam: five questions from the whole course, and the loop."""

from course_lib.predictions import ask, say


def five_questions():
    """Ask five short questions, from lessons 1, 2, 4, 5 and 7."""
    ask(
        "recap_flat",
        "A loss stays at 2.303 with ten classes. The cause is...",
        ["the learning rate", "vanishing blame", "not to be seen from this"],
        "not to be seen from this",
        "Guessing costs ln 10 whatever the reason. A retest at a tenth of the rate, "
        "and the blame at the first layer, tell them apart. Lessons 1 and 7.",
    )
    ask(
        "recap_retest",
        "The accuracy rose after you changed the rate, the start and the data. The "
        "cause was...",
        ["the rate", "the start", "the data", "one cannot say"],
        "one cannot say",
        "Change one thing, and measure again.",
    )
    ask(
        "recap_step",
        "Digits, linear layer: the loss falls at a rate of 1.40 and explodes at 1.43. "
        "The limit is 2 divided by...",
        ["the loss", "the largest curvature", "the batch size"],
        "the largest curvature",
        "Beyond it each step lands farther from the bottom than it began. Lesson 2.",
    )
    ask(
        "recap_shapes",
        "dy is (32, 10), x is (32, 64). dW is...",
        ["x @ dy.T", "x.T @ dy", "dy @ x.T"],
        "x.T @ dy",
        "(64, 32) times (32, 10) has the shape of W, (64, 10). Lesson 4.",
    )
    ask(
        "recap_which",
        "Which instrument hears that a wrong backward pass trains well?",
        ["validation accuracy", "the training curve", "the gradient check"],
        "the gradient check",
        "It asks whether the gradient is right, not whether it helps. Lesson 5.",
    )


def say_the_loop_twice():
    """Listen to the loop, said two times."""
    once = ["forward", "predict", "backward", "blame", "update", "improve"]
    say(
        "loop_twice",
        "Say it twice: first what each of the three does, then again for one weight. "
        "Forward ..., backward ..., update ...",
        once + once,
    )
