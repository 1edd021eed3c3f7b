"""Explorers of lesson 2: which knob, which way, how far."""

from course_lib.explorers.gradient_knobs import two_knobs
from course_lib.explorers.gradient_learning_rate import (
    largest_curvature,
    learning_rate,
)
from course_lib.explorers.gradient_random_steps import random_steps
from course_lib.explorers.gradient_recap import five_questions, say_the_four_cards
from course_lib.explorers.gradient_step_size import SmallNetwork, step_size
from course_lib.explorers.gradient_ticket import run_of, stuck_run

__all__ = [
    "SmallNetwork",
    "five_questions",
    "largest_curvature",
    "learning_rate",
    "random_steps",
    "run_of",
    "say_the_four_cards",
    "step_size",
    "stuck_run",
    "two_knobs",
]
