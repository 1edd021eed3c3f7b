"""Explorers of lesson 4: shapes, where blame goes, and what lets it pass."""

from course_lib.explorers.layers_activation import activation
from course_lib.explorers.layers_blame import blame
from course_lib.explorers.layers_recap import five_questions
from course_lib.explorers.layers_shapes import shapes
from course_lib.explorers.layers_ticket import half_learned, run_of

__all__ = [
    "activation",
    "blame",
    "five_questions",
    "half_learned",
    "run_of",
    "shapes",
]
