"""Explorers of lesson 7: a signal's budget, a meter that lies, and dying units."""

from course_lib.explorers.vanishing_gradients_chain import chain
from course_lib.explorers.vanishing_gradients_dying import dying
from course_lib.explorers.vanishing_gradients_meter import meter
from course_lib.explorers.vanishing_gradients_recap import (
    five_questions,
    say_the_loop_and_the_budget,
)
from course_lib.explorers.vanishing_gradients_ticket import calm_and_deaf
from course_lib.explorers.vanishing_gradients_training import ten_layers

__all__ = [
    "calm_and_deaf",
    "chain",
    "dying",
    "five_questions",
    "meter",
    "say_the_loop_and_the_budget",
    "ten_layers",
]
