"""Lesson 12's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last three are from lessons 4, 9 and 11."""
    ask(
        "recap_rows",
        "A table has 50 000 words of 100 numbers. A batch says 200 of them. How "
        "many rows of dE are not 0, at most?",
        ["200", "50 000", "100"],
        "200",
        "A row that was not looked up had no part in the loss.",
    )
    ask(
        "recap_stored",
        "What is stored for a word after training?",
        [
            "its meaning, as a definition",
            "numbers that serve to guess its company",
            "the tickets it appeared in",
        ],
        "numbers that serve to guess its company",
        "Whatever lowers the loss, and nothing else. That neighbours make sense to us "
        "follows from the company words keep.",
    )
    ask(
        "recap_shape_of_blame",
        "The gradient of an array always has...",
        [
            "the shape of the array",
            "the shape of the batch",
            "one number for each loss",
        ],
        "the shape of the array",
        "dE is (V, D), however few words a batch says.",
    )
    ask(
        "recap_training_falls",
        "Training loss falls and validation loss climbs. The first suspicion is...",
        ["a wrong backward pass", "memorizing", "too low a learning rate"],
        "memorizing",
        "Lesson 9: what is learned no longer holds for unseen examples.",
    )
    ask(
        "recap_adam_first",
        "Adam's first step, with bias correction, is about...",
        ["the learning rate, for every weight", "the gradient", "zero"],
        "the learning rate, for every weight",
        "m over the root of v is about 1 in size at t = 1, whatever the gradient.",
    )
