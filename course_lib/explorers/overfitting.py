"""Explorers of lesson 9: memorizing or learning?"""

from course_lib.explorers.overfitting_curves import memorizing
from course_lib.explorers.overfitting_deck import deck, runs, try_rules
from course_lib.explorers.overfitting_dropout import dropout
from course_lib.explorers.overfitting_recap import (
    five_questions,
    say_the_loop_and_the_turn,
)
from course_lib.explorers.overfitting_remedies import remedies
from course_lib.explorers.overfitting_ticket import better_on_the_unseen

__all__ = [
    "better_on_the_unseen",
    "deck",
    "dropout",
    "five_questions",
    "memorizing",
    "remedies",
    "runs",
    "say_the_loop_and_the_turn",
    "try_rules",
]
