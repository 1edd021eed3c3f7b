"""Explorers of lesson 10: wrong labels, duplicates, a starved class, a leak."""

from course_lib.explorers.bad_data_labels import suspects, twenty
from course_lib.explorers.bad_data_recap import five_questions
from course_lib.explorers.bad_data_splits import duplicates, starved
from course_lib.explorers.bad_data_ticket import too_good

__all__ = ["duplicates", "five_questions", "starved", "suspects", "too_good", "twenty"]
