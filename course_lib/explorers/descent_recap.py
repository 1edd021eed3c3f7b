"""Lesson 11's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last three are from lessons 2, 6 and 7."""
    ask(
        "recap_velocity",
        "The gradient is 1 at every step, and beta is 0.9. The velocity goes to...",
        ["1", "10", "infinity"],
        "10",
        "1 + 0.9 + 0.81 + ... = 1 / (1 - 0.9): steps become ten times as long.",
    )
    ask(
        "recap_first_step",
        "Adam's very first step, learning rate 0.01. A weight's gradient is 200; "
        "another's is 0.002. They move by...",
        ["2 and 0.00002", "0.01 and 0.01", "0.1 and 0.001"],
        "0.01 and 0.01",
        "Corrected, m is dw and the root of v is its size: only the sign is left.",
    )
    ask(
        "recap_edge",
        "The largest curvature of a loss is 50. Plain gradient descent breaks above a "
        "learning rate of...",
        ["0.02", "0.04", "50"],
        "0.04",
        "That is 2 / L. Beyond it each step lands higher on the other side.",
    )
    ask(
        "recap_noise",
        "The batch grows from 8 to 32. The noise of the gradient becomes...",
        ["a quarter", "half", "the same"],
        "half",
        "It falls with the root of the batch size: the root of 4 is 2.",
    )
    ask(
        "recap_depth",
        "Twenty sigmoid layers. The blame that reaches the first one is...",
        ["about that of the last", "a twentieth", "next to nothing"],
        "next to nothing",
        "Each sigmoid passes a quarter at most, and a quarter twenty times over is "
        "1e-12. That is below Adam's epsilon, too.",
    )
