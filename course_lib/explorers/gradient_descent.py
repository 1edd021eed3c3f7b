"""Explorers of lesson 11: momentum's edge, a fair race, a learning rate over time."""

from course_lib.explorers.descent_phase import phase_map
from course_lib.explorers.descent_race import race
from course_lib.explorers.descent_recap import five_questions
from course_lib.explorers.descent_schedule import schedule
from course_lib.explorers.descent_ticket import no_faster

__all__ = ["five_questions", "no_faster", "phase_map", "race", "schedule"]
