"""Lesson 4's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last three are from lessons 1, 2 and 3."""
    ask(
        "recap_db",
        "`dy` is (32, 10). What is `db`, and why?",
        [
            "dy.mean(axis=0): the loss is a mean",
            "dy.sum(axis=0): b is used by every example",
            "dy.sum(axis=1): b is used by every output",
        ],
        "dy.sum(axis=0): b is used by every example",
        "Blame from several uses adds up, and the 1/N of the mean is in dy already.",
    )
    ask(
        "recap_row",
        "Three classes, and a batch of one. Two entries of `dlogits` are 0.2 and 0.3. "
        "The third is...",
        ["0.5", "-0.5", "-1"],
        "-0.5",
        "A row sums to 0, and the right class is the one below 0.",
    )
    ask(
        "recap_fan_out",
        "A value is used in three places. Its blame is...",
        ["the sum of three", "the mean of three", "that of the last use"],
        "the sum of three",
        "Fan-out adds: that is why db and dW are sums over the batch.",
    )
    ask(
        "recap_probes",
        "A network has 2410 weights. To measure all slopes by probing from both sides "
        "takes...",
        ["2 losses", "2410 losses", "4820 losses"],
        "4820 losses",
        "Two for each weight; one sweep back gives all of them at once.",
    )
    ask(
        "recap_first_reading",
        "The first loss of a network for 10 classes reads 9. First we look at...",
        ["the learning rate", "the size of inputs and weights", "the labels"],
        "the size of inputs and weights",
        "Before training about 2.3 is healthy; far above it are confident errors.",
    )
