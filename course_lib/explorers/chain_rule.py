"""Explorers of lesson 3: blame through a chain."""

from course_lib.explorers.chain_cost import count_operations, nudge_all, small_network
from course_lib.explorers.chain_fan_out import fan_out
from course_lib.explorers.chain_nodes import chain
from course_lib.explorers.chain_paths import paths
from course_lib.explorers.chain_recap import five_questions, say_it
from course_lib.explorers.chain_ticket import broken_tape, readings

__all__ = [
    "broken_tape",
    "chain",
    "count_operations",
    "fan_out",
    "five_questions",
    "nudge_all",
    "paths",
    "readings",
    "say_it",
    "small_network",
]
