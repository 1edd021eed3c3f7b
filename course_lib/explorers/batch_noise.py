"""Explorers of lesson 6: arrows around the true one, two budgets, rate by batch."""

from course_lib.explorers.batch_noise_arrows import arrows
from course_lib.explorers.batch_noise_budget import budget, same_loss
from course_lib.explorers.batch_noise_rates import rates
from course_lib.explorers.batch_noise_recap import five_questions
from course_lib.explorers.batch_noise_ticket import waves

__all__ = ["arrows", "budget", "five_questions", "rates", "same_loss", "waves"]
