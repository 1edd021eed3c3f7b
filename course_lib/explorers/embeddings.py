"""Explorers of lesson 12: neighbours, repeated words, and a run that learns."""

from course_lib.explorers.embeddings_map import neighbours
from course_lib.explorers.embeddings_recap import five_questions
from course_lib.explorers.embeddings_repeats import repeats
from course_lib.explorers.embeddings_ticket import every_neighbour_right

__all__ = ["every_neighbour_right", "five_questions", "neighbours", "repeats"]
