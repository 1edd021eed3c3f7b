"""Explorers of lesson 8: who shares a mean, whose statistics, and what it rescues."""

from course_lib.explorers.normalization_axes import axes
from course_lib.explorers.normalization_five import five_examples
from course_lib.explorers.normalization_modes import whose_statistics
from course_lib.explorers.normalization_recap import five_questions
from course_lib.explorers.normalization_rescue import rescue
from course_lib.explorers.normalization_ticket import good_and_bad

__all__ = [
    "axes",
    "five_examples",
    "five_questions",
    "good_and_bad",
    "rescue",
    "whose_statistics",
]
