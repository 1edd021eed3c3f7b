"""Lesson 1's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last is from lesson 0."""
    ask(
        "recap_chance",
        "What does a guess among 100 classes cost, in nats?",
        ["0.01", "1", "4.61", "100"],
        "4.61",
        "-ln(1/100) = ln 100 = 4.605.",
    )
    ask(
        "recap_batch",
        "The batch becomes ten times larger, the model stays. Its mean loss ...",
        ["grows ten times", "stays about the same", "falls to a tenth"],
        "stays about the same",
        "A mean is divided by the batch size; a sum is not.",
    )
    ask(
        "recap_scale",
        "All logits are doubled. Accuracy ...",
        ["rises", "falls", "does not move"],
        "does not move",
        "In every row the largest stays the largest.",
    )
    ask(
        "recap_surprise",
        "The right class had 0.1, now it has 0.01. Its surprise grows by ...",
        ["0.09 nats", "2.3 nats", "10 nats"],
        "2.3 nats",
        "A tenth of the probability always adds ln 10 = 2.303.",
    )
    ask(
        "recap_axis",
        "`probs` has shape (7, 11), one row a client. Along which axis does it sum "
        "to 1?",
        ["axis 0, of length 7", "axis 1, of length 11"],
        "axis 1, of length 11",
        "A client's classes lie along its row, and that is axis 1.",
    )
