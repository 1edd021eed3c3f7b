"""Explorers of the bench exam."""

from course_lib.explorers.exam_bench import bench
from course_lib.explorers.exam_calibration import calibration_chart
from course_lib.explorers.exam_recap import five_questions, say_the_loop_twice

__all__ = ["bench", "calibration_chart", "five_questions", "say_the_loop_twice"]
