"""Explorers of lesson 5: it trains, is it right?"""

from course_lib.explorers.instruments_bench import fault_bench
from course_lib.explorers.instruments_matrix import whole_matrix
from course_lib.explorers.instruments_picture import NAMES
from course_lib.explorers.instruments_recap import (
    five_questions,
    say_the_loop_and_the_proof,
)
from course_lib.explorers.instruments_ticket import TICKET, below_chance, twenty_labels

__all__ = [
    "NAMES",
    "TICKET",
    "below_chance",
    "fault_bench",
    "five_questions",
    "say_the_loop_and_the_proof",
    "twenty_labels",
    "whole_matrix",
]
