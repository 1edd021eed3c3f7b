"""Build lessons, run submissions behind walls, judge them, keep the gradebook."""
