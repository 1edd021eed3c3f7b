"""Prediction cards: say what you expect before you look.

A card asks, takes one answer, and writes it to ``predictions.jsonl`` beside the lesson.
Nothing here is graded; what counts is that the answer was given before the picture.

    card = predict(
        "initial_loss",
        "What is the loss of a network that has learned nothing?",
        unit="nats",
    )
    # in the next cell, once it is measured:
    card.reveal(2.31, "Guessing among ten classes costs ln 10 = 2.303 nats.")

    ask("mean_or_sum", "Ten times the batch: the mean loss...",
        choices=["grows ten times", "stays about the same"],
        answer="stays about the same", because="It is divided by the batch size.")
"""

from course_lib.cards import Card
from course_lib.spoken_card import SpokenCard

__all__ = ["Card", "ask", "predict", "say", "say_the_loop"]


def predict(name, question, choices=None, unit="", truth=None, because=""):
    """Show a prediction card and return it. Parameters as in `Card`."""
    card = Card(name, question, choices, unit, truth, because)
    card.show()
    return card


def ask(name, question, choices=None, answer=None, because="", unit=""):
    """Show a recap question, whose answer is revealed on commit; return its card.

    Parameters
    ----------
    name, question, choices, because, unit
        As in `Card`.
    answer : str or float
        The right answer.
    """
    card = Card(
        name, question, choices, unit, answer, because, at_once=True, kind="Answer"
    )
    card.show()
    return card


def say(name, prompt, words):
    """Show a text box that listens for words in their order; return its card.

    Parameters
    ----------
    name, prompt
        As `name` and `question` in `Card`.
    words : sequence of str
        What has to be said, in this order: ``["forward", "loss", "backward"]``.
    """
    card = SpokenCard(name, prompt, words)
    card.show()
    return card


def say_the_loop():
    """Listen to the loop that every lesson ends with; return the card."""
    return say(
        "loop",
        "What does each of the three do? Forward ..., backward ..., update ...",
        ["forward", "predict", "backward", "blame", "update", "improve"],
    )
