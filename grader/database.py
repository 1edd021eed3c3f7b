"""Open nbgrader's database so that several processes can write to it in turn."""

import time
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, Text

from grader.errors import NoGradebook

PATIENCE = 60  # seconds to wait for somebody else's lock on the database
_COURSES_LOCK = 0x6E657477  # a number that only graders of a course lock
# Beside nbgrader's tables, which have no place for it: what a learner's grades of a
# lesson were made from, written in the same transaction as the grades.
OWN_TABLES = MetaData()
REPORTS = Table(
    "course_reports",
    OWN_TABLES,
    Column("lesson", Text, primary_key=True),
    Column("learner", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("shortfall", Text, nullable=False),
)
# What a person's score was given for; nbgrader keeps the score, and not the words.
ANSWERS = Table(
    "course_answer",
    OWN_TABLES,
    Column("notebook_id", String(32), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
)


def open_database(url, course_id):
    """Return an engine on nbgrader's database, its tables made if they are not there.

    Parameters
    ----------
    url : str
        As SQLAlchemy names a database. Of SQLite and of PostgreSQL it is known that
        several graders write to one in turn; SQLite is switched to WAL mode.
    course_id : str

    Returns
    -------
    sqlalchemy.Engine

    Raises
    ------
    NoGradebook
        It cannot be opened: no driver, no server, no access.
    """
    from sqlalchemy.exc import ArgumentError, DBAPIError

    try:
        engine = _engine(url)
        _make_tables(engine, course_id)
    except ImportError as error:
        raise NoGradebook(_no_driver(url, error)) from None
    except ArgumentError as error:  # no URL, or a kind of database nobody knows
        raise NoGradebook(
            f"The gradebook is to be {_shown(url)}, which names no database: {error}\n"
            "Expected a URL such as postgresql://grader@db.example.org/course. "
            "Correct [grading] gradebook in course.toml."
        ) from None
    except DBAPIError as error:
        raise NoGradebook(
            f"The gradebook {_shown(url)} cannot be opened: {str(error.orig).strip()}\n"
            "Expected: a database that is there and may be written, as [grading] "
            "gradebook in course.toml names it. Try again when it is."
        ) from error
    return engine


def _engine(url):
    from sqlalchemy import create_engine

    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, future=True, connect_args={"timeout": PATIENCE})
        return _one_writer_in_sqlite(engine)
    engine = create_engine(url, future=True, pool_pre_ping=True)
    if engine.dialect.name == "postgresql":
        return _one_writer_in_postgresql(engine)
    return engine


def _one_writer_in_sqlite(engine):
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def set_up(connection, _):
        connection.isolation_level = None  # transactions are begun below
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection):
        # A transaction that turns from reading to writing cannot wait for a lock.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _one_writer_in_postgresql(engine):
    from sqlalchemy import event

    @event.listens_for(engine, "begin")
    def begin(connection):
        # Two graders that meet a new learner would both enter them.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_COURSES_LOCK})")

    return engine


def _no_driver(url, error):
    return (
        f"The gradebook {_shown(url)} needs a driver that is not installed: {error}\n"
        "Expected for PostgreSQL: psycopg. Install it into this Python: "
        "python -m pip install -r requirements-cluster.txt"
    )


def _shown(url):
    """Return a URL without its password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "an address of another form"


def _make_tables(engine, course_id):
    """Make nbgrader's tables and the course's row, if they are not there.

    As ``nbgrader.api.Gradebook`` does, which needs the program ``alembic`` on the path
    for it: not so in an environment that is used without being activated.
    """
    from nbgrader import api
    from sqlalchemy import inspect, text
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with engine.begin() as connection:
                new = not inspect(connection).has_table("course")
                api.Base.metadata.create_all(connection)
                OWN_TABLES.create_all(connection)
                _make_indexes(connection)
                if new:
                    columns = "version_num VARCHAR(32) NOT NULL"
                    connection.execute(
                        text(f"CREATE TABLE alembic_version ({columns})")
                    )
                    insert = text("INSERT INTO alembic_version VALUES (:head)")
                    connection.execute(insert, {"head": _schema_version()})
                course = text("SELECT id FROM course WHERE id = :id")
                if not connection.execute(course, {"id": course_id}).first():
                    insert = text("INSERT INTO course (id) VALUES (:id)")
                    connection.execute(insert, {"id": course_id})
            return
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            said = str(error.orig).lower()
            crossed = any(word in said for word in ("exists", "unique", "locked"))
            if not crossed or time.monotonic() > deadline:
                raise
            time.sleep(0.1)  # another process is making them


def _make_indexes(connection):
    """Let one submission's rows be found without looking through everybody's."""
    from sqlalchemy import inspect, text

    known = inspect(connection)
    for table in ("grade", "comment"):
        name = f"course_{table}_notebook"
        if not known.has_index(table, name):
            connection.execute(text(f"CREATE INDEX {name} ON {table} (notebook_id)"))


def _schema_version():
    """Return the revision of nbgrader's tables that this nbgrader makes."""
    import nbgrader
    from alembic.script import ScriptDirectory

    folder = Path(nbgrader.__file__).parent / "alembic"
    return ScriptDirectory(str(folder)).get_current_head()
