"""The gradebook: the only module that reads and writes nbgrader's tables.

    with Book(settings.gradebook_url, settings.course_id) as book:
        book.record(report, "ada", timestamp="2026-03-01 12:00:00 UTC")

One engine for a run, one transaction for each report. What people wrote (manual
scores, extra credit, comments, extensions, late penalties) is never touched.
"""

from dataclasses import dataclass

from grader import change_book, late_book, score_book, students
from grader.database import REPORTS, open_database
from grader.grade_table import read_grades
from grader.lesson_cells import cells_of, register
from grader.marks import Marks


def load_tables():
    """Import nbgrader's tables now; they take most of a second."""
    import nbgrader.api  # noqa: F401
    from sqlalchemy.orm import configure_mappers

    configure_mappers()


@dataclass(frozen=True)
class Done:
    """What the gradebook knows of how a grade came about.

    Attributes
    ----------
    fingerprint : str
        Of the report that gave it; "" if nobody said.
    shortfall : str
        Why the report is not a full one, or "".
    """

    fingerprint: str
    shortfall: str = ""


class Book:
    """nbgrader's gradebook, open for one run. A context manager.

    Parameters
    ----------
    url : str
        As SQLAlchemy names a database; SQLite is switched to WAL mode.
    course_id : str
    """

    def __init__(self, url, course_id):
        from sqlalchemy.orm import sessionmaker

        self.course_id = course_id
        self._engine = open_database(url, course_id)
        self._session = sessionmaker(bind=self._engine, future=True)
        self._registered = {}  # lesson -> what of it is known to be in the book

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close the connections."""
        self._engine.dispose()

    def register(self, lesson, notebook):
        """Bring a lesson's entry up to date with what the course declares.

        Parameters
        ----------
        lesson : str
        notebook : dict
            The lesson's cells with nbgrader's metadata: released, or graded.

        Notes
        -----
        Cells that are new get a grade in every submission; cells that are gone take
        theirs with them, and what people gave for them is kept until they return.
        Nothing else of a submission changes. What everybody's grade was is noted.
        """
        if self._registered.get(lesson) == cells_of(notebook):
            return
        with self._session.begin() as session:
            register(session, self.course_id, lesson, notebook)
        self._registered[lesson] = cells_of(notebook)

    def settle(self, lesson, timetable):
        """Write deadline, extensions and late penalties as the course now has them.

        Parameters
        ----------
        lesson : str
        timetable : Timetable

        Returns
        -------
        list of str
            Learners whose penalty changed.
        """
        from nbgrader import api

        with self._session.begin() as session:
            assignment = session.query(api.Assignment).filter_by(name=lesson).one()
            return late_book.settle(session, assignment, timetable)

    def record(self, report, learner, timestamp=None, timetable=None):
        """Write one report, all of it or nothing.

        Parameters
        ----------
        report : Report
        learner : str
        timestamp : str or datetime, optional
            When it was submitted, UTC unless it says otherwise.
        timetable : Timetable, optional
            Where the lesson has a deadline there, the penalty is written, too.

        Notes
        -----
        Every exercise gets a score, so none of an earlier submission's remains. What
        could not be judged, and what a person scored by hand before, is marked as
        needing a look; an answer in words is when its words have changed since. The
        report's fingerprint is written with its scores, so that a score is never
        taken for that of other answers or checks. Where the same bytes were graded
        before, what the grade was is kept beside what it has become.
        """
        if report.notebook:
            self.register(report.lesson, report.notebook)
        with self._session.begin() as session:
            with session.no_autoflush:  # else it writes before each of its questions
                submitted = score_book.find_submission(session, report.lesson, learner)
                about = session, report.lesson, learner, report.submission
                change_book.begin(*about)
                if timestamp is not None:
                    from nbgrader.utils import parse_utc

                    submitted.assignment.timestamp = parse_utc(timestamp)
                score_book.write_scores(session, submitted, report)
            _write_fingerprint(session, report, learner)
            if timetable is not None:
                assignment = submitted.assignment.assignment
                late_book.settle(session, assignment, timetable, learner)
            change_book.end(*about)

    def aftermath(self, lesson):
        """Return what a lesson's last change did to grades: an `Aftermath`."""
        with self._session() as session:
            return change_book.aftermath(session, lesson)

    def note_told(self, lesson, changes):
        """Note that somebody was told of changes: the next are compared with these."""
        with self._session.begin() as session:
            change_book.note_told(session, lesson, changes)

    def done(self, lesson):
        """Return what is known of the grades in the book, by learner.

        Returns
        -------
        dict of learner to Done
            Of those whose grades this course wrote, and that are still there.
        """
        from sqlalchemy import select

        columns = REPORTS.c.learner, REPORTS.c.fingerprint, REPORTS.c.shortfall
        with self._session() as session:
            rows = session.execute(select(*columns).where(REPORTS.c.lesson == lesson))
            there = set(_learners(session, lesson))
            return {learner: Done(*rest) for learner, *rest in rows if learner in there}

    def enter(self, people):
        """Enter a class's people, with what the roster says of them: see `students`."""
        with self._session.begin() as session:
            students.enter(session, people)

    def lessons(self):
        """Return the names of the lessons in the book, in order."""
        from nbgrader import api

        with self._session() as session:
            return sorted(name for (name,) in session.query(api.Assignment.name))

    def learners(self):
        """Return the names of everyone in the book, in order."""
        from nbgrader import api

        with self._session() as session:
            return sorted(name for (name,) in session.query(api.Student.id))

    def marks(self, lesson, learner):
        """Return what people added to a learner's grades: `Marks`."""
        from nbgrader import api

        with self._session() as session:
            found = score_book.submissions(session, lesson, learner).one_or_none()
            if found is None:
                return Marks()
            held = score_book.cells(session, found)
            grades = session.query(api.Grade).filter_by(notebook_id=found.id).all()
            comments = session.query(api.Comment).filter_by(notebook_id=found.id).all()
            marks = Marks(
                manual=_by_exercise(grades, "manual_score"),
                extra=_by_exercise(grades, "extra_credit"),
                comments=_by_exercise(comments, "manual_comment"),
                late_penalty=found.late_submission_penalty or 0.0,
                extension=found.assignment.extension,
            )
            del held
            return marks

    def grades(self, lesson):
        """Return everybody's grades of a lesson, or None if it is not in the book.

        Returns
        -------
        LessonGrades
        """
        from nbgrader import api

        with self._session() as session:
            found = session.query(api.Assignment).filter_by(name=lesson).one_or_none()
            return found and read_grades(session, found)

    def scores(self, lesson):
        """Return every learner's score of a lesson, as nbgrader adds it up.

        Returns
        -------
        dict of learner to float
        """
        with self._session() as session:
            return {
                found.student.id: found.score
                for found in score_book.submissions(session, lesson)
            }


def _learners(session, lesson):
    from nbgrader import api

    query = session.query(api.SubmittedAssignment.student_id).join(
        api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id
    )
    return [name for (name,) in query.filter(api.Assignment.name == lesson)]


def _write_fingerprint(session, report, learner):
    key = (REPORTS.c.lesson == report.lesson) & (REPORTS.c.learner == learner)
    values = {"fingerprint": report.fingerprint, "shortfall": report.shortfall}
    if not session.execute(REPORTS.update().where(key).values(**values)).rowcount:
        row = {"lesson": report.lesson, "learner": learner, **values}
        session.execute(REPORTS.insert().values(**row))


def _by_exercise(rows, attribute):
    """Return what rows hold, by exercise, where they hold something."""
    values = {row.name.removesuffix("_check"): getattr(row, attribute) for row in rows}
    return {name: value for name, value in values.items() if value is not None}
