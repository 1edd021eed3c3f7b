"""Grades for elsewhere: plugins of ``nbgrader export``, safe to open in a spreadsheet.

    nbgrader export --exporter=grader.export.ExerciseExport --to=grades.csv
    python -m grader export --format canvas grades.csv

Whoever has handed in nothing has empty cells, and no zero: what that counts for is for
the platform, or the instructor, to say.
"""

import io
import json
from pathlib import Path

from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

from course_lib.settings import ROOT, load_settings
from grader.csv_cells import write_rows
from grader.files import write_file
from grader.grade_table import Submission, read_grades


class TableExport(ExportPlugin):
    """What the layouts have in common: which learners, which lessons, one CSV file."""

    encoding = "utf-8"

    columns = Dict(
        help="What the platform calls a lesson, by the lesson's name. In Canvas with "
        "its number: {'01_loss': 'Loss (8123)'}."
    ).tag(config=True)

    course_root = Unicode(str(ROOT), help="The folder of course.toml.").tag(config=True)

    def export(self, gradebook):
        """Write the file; called by ``nbgrader export`` with its open gradebook."""
        students = [
            student
            for student in gradebook.students
            if not self.student or student.id in map(str, self.student)
        ]
        lessons = [
            read_grades(gradebook.db, assignment)
            for assignment in sorted(gradebook.assignments, key=lambda each: each.name)
            if not self.assignment or assignment.name in map(str, self.assignment)
        ]
        out = Path(self.to or "grades.csv")
        for lesson in lessons:
            lesson.exercises = self._in_order(lesson)
        text = io.StringIO(newline="")
        write_rows(text, self.rows(students, lessons))
        write_file(out, text.getvalue().encode(self.encoding))
        self.log.info("Exported %d learners to %s", len(students), out)

    def _in_order(self, lesson):
        """Return the exercises as the lesson has them, as far as it is here."""
        try:
            file = load_settings(self.course_root).lesson_notebook(lesson.name)
            cells = json.loads(file.read_text("utf-8"))["cells"]
        except (OSError, ValueError):
            cells = []
        place = {cell.get("id"): k for k, cell in enumerate(cells)}
        found = sorted(lesson.exercises, key=lambda name: (place.get(name, 0), name))
        return {name: lesson.exercises[name] for name in found}

    def rows(self, students, lessons):
        """Yield the rows of the file, its head first.

        Parameters
        ----------
        students : list of nbgrader.api.Student
            In order of their last names.
        lessons : list of LessonGrades
        """
        raise NotImplementedError

    def column(self, lesson):
        """Return what the platform calls a lesson."""
        return self.columns.get(lesson.name, lesson.name)


class ExerciseExport(TableExport):
    """One row for each exercise of each learner, and what the whole lesson counts."""

    encoding = "utf-8-sig"  # without the mark, Excel takes the text for another

    def rows(self, students, lessons):
        """Yield the rows; called by `export`."""
        yield (
            *("lesson", "learner", "last_name", "first_name", "email"),
            *("submitted", "seconds_late"),
            *("exercise", "points", "max_points", "by_hand", "open"),
            *("lesson_score", "late_penalty", "lesson_total", "lesson_max"),
        )
        for lesson in lessons:
            for student in students:
                about = lesson.name, student.id, student.last_name, student.first_name
                submission = lesson.submissions.get(student.id)
                for row in self._exercises(lesson, submission):
                    yield *about, student.email, *row

    def _exercises(self, lesson, submission):
        there = submission or Submission()
        time = there.time and f"{there.time:%Y-%m-%d %H:%M:%S}Z"
        sums = there.score, there.penalty, there.total
        sums = sums if submission else (None, None, None)
        late = there.seconds_late if submission else None
        for exercise, most in lesson.exercises.items():
            mark = there.marks.get(exercise)
            said = (mark.points, most, _yes(mark.by_hand), _yes(mark.is_open)) if (
                mark
            ) else (None, most, None, None)  # fmt: skip
            yield time, late, exercise, *said, *sums, lesson.max_score


class CanvasExport(TableExport):
    """What Canvas takes under Grades, Import: a row for each learner.

    Canvas finds people by its own number (the roster's ``lms id``), else by login or
    name, and assignments by title, with their number if it is given in `columns`.
    """

    def rows(self, students, lessons):
        """Yield the rows; called by `export`."""
        head = "Student", "ID", "SIS User ID", "SIS Login ID", "Section"
        yield *head, *map(self.column, lessons)
        most = (lesson.max_score for lesson in lessons)
        yield "    Points Possible", None, None, None, None, *most
        for student in students:
            names = filter(None, [student.last_name, student.first_name])
            name = ", ".join(names) or student.id
            number = student.lms_user_id or None
            about = name, number, None, student.id, None
            yield *about, *(_total(lesson, student) for lesson in lessons)


class MoodleExport(TableExport):
    """What Moodle takes under Grades, Import, CSV file: a row for each learner.

    In Moodle's form, map the email address, or the username, to the same field of
    users, and each lesson's column to its grade item.
    """

    def rows(self, students, lessons):
        """Yield the rows; called by `export`."""
        head = "First name", "Last name", "Username", "Email address"
        yield *head, *(f"Assignment: {self.column(each)} (Real)" for each in lessons)
        for student in students:
            about = student.first_name, student.last_name, student.id, student.email
            yield *about, *(_total(lesson, student) for lesson in lessons)


FORMATS = {"csv": ExerciseExport, "canvas": CanvasExport, "moodle": MoodleExport}


def export(settings, kind, out, lessons=(), learners=(), columns=None):
    """Write the grades of a course.

    Parameters
    ----------
    settings : Settings
    kind : {"csv", "canvas", "moodle"}
    out : path-like
        An earlier file is replaced.
    lessons, learners : collection of str
        These only; by default all.
    columns : dict of lesson to str, optional
        What the platform calls lessons.

    Raises
    ------
    OSError
        The file cannot be written.

    Notes
    -----
    Late penalties are brought up to date before, with scores given by hand.
    """
    from nbgrader.api import Gradebook

    from grader.gradebook import Book
    from grader.roster import read_roster
    from grader.settling import settle

    with Book(settings.gradebook_url, settings.course_id) as book:
        book.enter(read_roster(settings.class_folder / "roster.csv").people)
        for lesson in book.lessons():
            settle(lesson, settings, book)
    plugin = FORMATS[kind](to=str(out), columns=dict(columns or {}))
    plugin.course_root = str(settings.root)
    plugin.assignment, plugin.student = list(lessons), list(learners)
    with Gradebook(settings.gradebook_url, settings.course_id) as gradebook:
        plugin.export(gradebook)


def _total(lesson, student):
    submission = lesson.submissions.get(student.id)
    return submission.total if submission else None


def _yes(so):
    return "yes" if so else "no"
