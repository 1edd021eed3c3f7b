"""nbgrader's view of this course. nbgrader runs this file; `c` is its configuration."""

import importlib.util
import os

from course_lib.settings import TIMESTAMP_FORMAT, load_settings

settings = load_settings(os.path.dirname(os.path.abspath(__file__)))


def step(folder):
    """Return a folder of the course as nbgrader wants it: relative to the course."""
    return os.path.relpath(folder, settings.root)


c = get_config()  # noqa: F821

c.CourseDirectory.course_id = settings.course_id
c.CourseDirectory.root = str(settings.root)
c.CourseDirectory.source_directory = step(settings.solutions)
c.CourseDirectory.submitted_directory = step(settings.submitted)
c.CourseDirectory.autograded_directory = step(settings.autograded)
c.CourseDirectory.feedback_directory = step(settings.feedback)
c.CourseDirectory.db_url = settings.gradebook_url

c.Exchange.root = str(settings.exchange)
c.Exchange.cache = str(settings.cache)
c.Exchange.assignment_dir = str(settings.lessons)
c.Exchange.timestamp_format = TIMESTAMP_FORMAT

c.FormgradeExtension.debug = False  # it cannot print a configuration with classes

if importlib.util.find_spec("grader"):  # learners' copies may come without it
    from grader.nbgrader_steps import configure

    configure(c, settings)
