"""nbgrader as a guest: its commands and Formgrader give the scores that `grade` gives.

The course's ``nbgrader_config.py`` ends with::

    from grader.nbgrader_steps import configure

    configure(c, settings)

Then ``nbgrader autograde`` and Formgrader's button grade behind the walls and write
nbgrader's gradebook, ``generate_feedback`` writes the course's feedback pages, and
``generate_assignment`` gives the same lessons as ``build``.
"""

import contextlib
import os
import sys
from datetime import timedelta
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor
from traitlets import Unicode

from course_lib.settings import ROOT, load_settings
from grader.formgrader import keep_awake
from grader.reports import from_notebook

IGNORED = ["*.py", "*.kept-*.ipynb"]  # sources and checks never leave their folder


def configure(c, settings=None):
    """Have nbgrader grade, give back and build as this course does.

    Parameters
    ----------
    c : traitlets.config.Config
        Changed in place.
    settings : Settings, default=the course's

    Notes
    -----
    Formgrader's button that builds an assignment first removes what is there, so
    nbgrader's release folder is one in the class folder: in ``lessons/`` there may be
    somebody's work.
    """
    settings = settings or load_settings()
    root = str(settings.root)
    folder = c.CourseDirectory
    folder.release_directory = os.path.relpath(settings.class_folder / "release", root)
    folder.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", *IGNORED]
    c.Autograde.exporter_class = SubmissionExporter
    c.Autograde.pre_convert_hook = PrepareSubmission(settings)
    c.Autograde.sanitize_preprocessors = [GradeSubmission]
    c.Autograde.autograde_preprocessors = [
        RecordGrades,
        AssignLatePenalties,
        NoteLateness,
    ]
    c.AssignLatePenalties.plugin_class = LatePenalties
    c.GenerateFeedback.exporter_class = FeedbackExporter
    c.GenerateFeedback.preprocessors = []
    c.GenerateAssignment.preprocessors = [ReleaseLesson]
    steps = GradeSubmission, RecordGrades, FeedbackExporter, ReleaseLesson
    for step in (*steps, LatePenalties, NoteLateness):
        c[step.__name__].course_root = root
    with contextlib.suppress(OSError):  # nbgrader makes a database, but no folder
        settings.class_folder.mkdir(exist_ok=True)
    keep_awake(root)
    programs = os.path.dirname(sys.executable)  # nbgrader calls `alembic` by its name
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), programs])


class PrepareSubmission:
    """Called by nbgrader before it grades: enters the lesson, finds renamed files.

    nbgrader refuses a lesson that is not in its gradebook, and passes over a notebook
    that does not have the lesson's name.
    """

    def __init__(self, settings):
        self.settings = settings

    def __call__(self, assignment, student, notebooks):
        """Called by nbgrader with the paths of one submission's notebooks."""
        from grader.gradebook import Book
        from grader.prepared import prepare

        folder = Path(notebooks[0]).parent
        lesson = folder.name
        prepared = prepare(lesson, self.settings.solutions)
        with Book(self.settings.gradebook_url, self.settings.course_id) as book:
            book.register(lesson, prepared.notebook)
            book.settle(lesson, self.settings.timetable)
        expected = str(folder / f"{lesson}.ipynb")
        if expected not in notebooks:
            Path(expected).write_bytes(_read(notebooks[0]))
            notebooks.append(expected)


class SubmissionExporter(NotebookExporter):
    """Hands a submission on as bytes, so that a broken one is graded as well."""

    def from_filename(self, filename, resources=None, **kw):
        """Read a notebook's file; called by nbgrader in each of its two rounds."""
        resources = resources if resources is not None else {}
        path = Path(filename)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        if any(isinstance(step, GradeSubmission) for step in self._preprocessors):
            resources["submission"] = path
            notebook = nbformat.v4.new_notebook()
        else:
            notebook = nbformat.read(path, as_version=4)
        return self.from_notebook_node(notebook, resources, **kw)


class CourseStep(NbGraderPreprocessor):
    """A step of nbgrader's that knows the course."""

    course_root = Unicode(str(ROOT), help="The folder of course.toml.").tag(config=True)

    @property
    def settings(self):
        """The course's settings."""
        return load_settings(self.course_root)


class GradeSubmission(CourseStep):
    """Grades the submission, and hands on the graded notebook in its place."""

    def preprocess(self, nb, resources):
        """Called by the exporter, in the first of nbgrader's two rounds."""
        from grader.grade import grade
        from grader.limits import limits_from
        from grader.secret import course_secret

        about, path = resources["nbgrader"], resources["submission"]
        name, others = _siblings(path)
        report = grade(
            about["assignment"],
            _read(path),
            learner=about["student"],
            secret=course_secret(self.settings),
            file=name,
            solutions=self.settings.solutions,
            limits=limits_from(self.settings.limits),
        )
        if others:
            names = ", ".join(others[:10])
            report.deviations.append(
                f"Only the lesson's notebook is graded. Ignored: {names}."
            )
            report.into(report.notebook)
        self.log.info("%s: %s", about["student"], report.as_json())
        return nbformat.from_dict(report.notebook), resources


class RecordGrades(CourseStep):
    """Writes the report that a graded notebook holds into the gradebook."""

    def preprocess(self, nb, resources):
        """Called by the exporter, in the second of nbgrader's two rounds."""
        from grader.gradebook import Book

        about, timetable = resources["nbgrader"], self.settings.timetable
        with Book(about["db_url"], self.settings.course_id) as book:
            book.record(from_notebook(nb), about["student"], timetable=timetable)
        return nb, resources


class LatePenalties(LateSubmissionPlugin):
    """What being late costs in this course, for nbgrader's own step."""

    course_root = CourseStep.course_root

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Return the points taken off; called by nbgrader after the deadline."""
        policy = load_settings(self.course_root).timetable.late
        share = policy.share(timedelta(seconds=total_seconds_late))
        return round(share * score, 4) or None


class NoteLateness(CourseStep):
    """Says in the graded notebook how late it was; nbgrader's pages show no penalty."""

    def preprocess(self, nb, resources):
        """Called by the exporter, when the penalty is in the gradebook."""
        from grader.gradebook import Book
        from grader.handed_in import read_time
        from grader.lateness import lateness_of, note_lateness

        about, settings = resources["nbgrader"], self.settings
        lesson, learner = about["assignment"], about["student"]
        report = from_notebook(nb)
        if settings.due(lesson) is None and not report.late:
            return nb, resources
        with Book(about["db_url"], settings.course_id) as book:
            marks = book.marks(lesson, learner)
        time = read_time(settings.submitted / learner / lesson)
        about = settings.timetable, lesson, learner, time, marks.extension
        note_lateness(report, lateness_of(*about), marks)
        return nbformat.from_dict(report.notebook), resources


class FeedbackExporter(HTMLExporter):
    """Gives the feedback page of a graded notebook, with what people added."""

    course_root = CourseStep.course_root

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the page; called by ``nbgrader generate_feedback``."""
        from grader.gradebook import Book

        about = resources["nbgrader"]
        course_id = load_settings(self.course_root).course_id
        with Book(about["db_url"], course_id) as book:
            marks = book.marks(about["assignment"], about["student"])
        resources["output_extension"] = ".html"
        return from_notebook(nb).as_html(marks), resources


class ReleaseLesson(CourseStep):
    """Gives the lesson that `build` gives, checks beside it, and enters it."""

    def preprocess(self, nb, resources):
        """Called by the exporter of ``nbgrader generate_assignment``."""
        from grader.gradebook import Book
        from grader.prepared import prepare
        from grader.release import release
        from grader.source import read_lesson

        about, settings = resources["nbgrader"], self.settings
        lesson = about["assignment"]
        notebook = release(read_lesson(settings.solutions / lesson / f"{lesson}.py"))
        with Book(about["db_url"], settings.course_id) as book:
            book.register(lesson, notebook)
        checks = prepare(lesson, settings.solutions).checks_file
        resources["outputs"] = {"checks.npz": checks}
        return notebook, resources


def _read(path):
    """Return a submitted file's bytes; nothing, if it is a link or no file at all."""
    from grader.plain_files import read_plain_file

    try:
        return read_plain_file(path)
    except OSError:
        return b""


def _siblings(path):
    """Return the name a notebook was submitted by, and the names of extra files."""
    content, name, others = _read(path), path.name, []
    for other in sorted(path.parent.iterdir()):
        if other == path or other.name == "timestamp.txt" or other.suffix == ".txt":
            continue
        same = other.suffix == ".ipynb" and other.is_file() and not other.is_symlink()
        if same and _read(other) == content:
            name = other.name
        else:
            others.append(other.name)
    return name, others
