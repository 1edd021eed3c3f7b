"""Lesson 8's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last three are from lessons 7, 6 and 4."""
    ask(
        "recap_paths",
        "In training, by how many paths does the blame of one output reach one input "
        "of the same example, through batch normalization?",
        ["one", "two", "three"],
        "three",
        "Directly, through the mean, and through the variance.",
    )
    ask(
        "recap_one_example",
        "A trained network shall read a single digit. Which statistics does batch "
        "normalization use?",
        ["the running ones", "those of the digit itself", "those of the last batch"],
        "the running ones",
        "The mean of one example is the example itself, and nothing would be left.",
    )
    ask(
        "recap_sigmoid_depth",
        "Ten sigmoid layers without normalization. By what factor does blame shrink "
        "at each activation, at the least?",
        ["2", "4", "10"],
        "4",
        "The sigmoid's derivative is a quarter at most: lesson 7 counted it in "
        "decibels.",
    )
    ask(
        "recap_noise",
        "The batch becomes four times larger. The rms error of its gradient becomes...",
        ["4 times smaller", "2 times smaller", "16 times smaller"],
        "2 times smaller",
        "Noise falls as the square root of the batch size.",
    )
    ask(
        "recap_shared",
        "`gamma` is used by each of the N examples. Its blame is...",
        ["the mean over the examples", "the sum over the examples"],
        "the sum over the examples",
        "Blame from several uses adds up, as for the bias of a linear layer; the 1/N "
        "of the mean loss is in dy already.",
    )
