"""Archives of learning platforms: everybody's work finds its learner, or is refused."""

import sys
from datetime import UTC, datetime

import pytest
from lms_archives import Upload, canvas, moodle, zipped
from small_course import ANSWERS, NAME, answered, as_bytes, skip_without_walls

from course_lib.hand_in import write_zip
from course_lib.settings import load_settings
from grader import __main__ as command_line
from grader import exchange
from grader.archives import BadArchive
from grader.batch import autograde
from grader.collecting import collect
from grader.gradebook import Book
from grader.handed_in import read_time
from grader.lms import read_names
from grader.lms_times import read_times
from grader.prepared import prepare
from grader.roster import Roster, read_roster

FILE = f"{NAME}.ipynb"
ROSTER = """\
learner,name,email,lms id
ada,Ada Lovelace,ada@example.org,340934
emmy,"Noether, Emmy",emmy@example.org,
kim1,Kim Lee,kim.one@example.org,
kim2,Kim Lee,kim.two@example.org,
oneil,Shaun O'Neil,shaun@example.org,
"""


@pytest.fixture
def take(settings, tmp_path):
    """Return what collects an archive's bytes: outcomes by name in the archive."""
    settings.class_folder.mkdir(exist_ok=True)

    def take(data, roster=ROSTER, times=None, layout=None, settings=settings):
        file = tmp_path / "submissions.zip"
        file.write_bytes(data)
        people = Roster()
        if roster:
            (settings.class_folder / "roster.csv").write_text(roster, "utf-8")
            people = read_roster(settings.class_folder / "roster.csv")
        if times is not None:
            (tmp_path / "times.csv").write_text(times, "utf-8")
            times = read_times(tmp_path / "times.csv", UTC)
        outcomes = collect(NAME, file, settings, people, layout, times)
        return {outcome.entry: outcome for outcome in outcomes}

    return take


def states(outcomes):
    return [(outcome.state, outcome.learner) for outcome in outcomes.values()]


def notebook(settings, learner):
    return (settings.submitted / learner / NAME / FILE).read_bytes()


def time_of(settings, learner):
    return read_time(settings.submitted / learner / NAME)


def with_deadline(settings, text="2026-03-01T23:59:00Z", more=""):
    toml = settings.root / "course.toml"
    toml.write_text(
        f"{toml.read_text('utf-8')}\n[deadlines]\n{NAME} = {text}\n{more}", "utf-8"
    )
    return load_settings(settings.root)


@pytest.mark.parametrize(
    ("name", "who", "number", "file", "late"),
    [
        ("lovelaceada_340934_208_01.ipynb", "lovelaceada", "340934", "01.ipynb", False),
        ("lovelaceada_LATE_340_20_a_1_2_b.ipynb", "lovelaceada", "340", "a_1_2_b.ipynb",
         True),
        ("de_la_cruzana_7_8_x.zip", "de_la_cruzana", "7", "x.zip", False),
        ("müllerjörg_7_8_x.ipynb", "müllerjörg", "7", "x.ipynb", False),
        ("submissions/leekim_7_8_x.ipynb", "leekim", "7", "x.ipynb", False),
        ("LATE_anon_x7Yz1_8_x.ipynb", "anon", "x7Yz1", "x.ipynb", True),
        ("leekim_7_text.html", "leekim", "7", "text.html", False),
        ("Ada Lovelace_12_assignsubmission_file_/a/b.ipynb", "Ada Lovelace", "12",
         "a/b.ipynb", False),
        ("Ada Lovelace_12_assignsubmission_file/b.ipynb", "Ada Lovelace", "12",
         "b.ipynb", False),
        ("Ada Lovelace_12_assignsubmission_file_b_1.ipynb", "Ada Lovelace", "12",
         "b_1.ipynb", False),
        ("01_small_ada_2026-03-01_12-00-00.zip", "ada", "", "01_small.zip", False),
    ],
)  # fmt: skip
def test_a_name_says_who_handed_in_what(name, who, number, file, late):
    _, read = read_names([name], [NAME])
    one = read[name]
    assert (one.who, one.number, one.file, one.late) == (who, number, file, late)


def test_one_layout_holds_for_a_whole_archive():
    # Eve chooses the last part of her name in the archive, and tries Moodle's words.
    names = [
        "lovelaceada_1_2_x.ipynb",
        "leekim_2_3_x.ipynb",
        "Ada Lovelace_5_assignsubmission_file_x.ipynb",
    ]
    layout, read = read_names(names)
    assert layout == "canvas" and list(read) == names[:2]


def test_canvas_numbers_decide_and_names_help_out(take, settings):
    outcomes = take(
        canvas(
            Upload("Somebody Renamed", 340934, FILE, b"1"),
            Upload("Emmy Noether", 5, f"{NAME}-2.ipynb", b"2"),
            Upload("Shaun O'Neil", 6, "Untitled.ipynb", b"3"),
        )
    )
    collected = [("collected", who) for who in ("ada", "emmy", "oneil")]
    assert states(outcomes) == collected
    assert [notebook(settings, who) for _, who in collected] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("form", [{}, {"slash": ""}, {"folders": False}])
def test_moodles_folders_and_flat_names_are_understood(take, settings, form):
    uploads = [
        Upload("Ada Lovelace", 340935, FILE, b"1"),
        Upload("Noether Emmy", 340934, FILE, b"2"),
        Upload("Shaun O'Neil", 3, FILE, b"3"),
    ]
    outcomes = take(moodle(*uploads, **form))
    # 340934 is Canvas's number for ada; here it is a participant's, and says nothing.
    assert states(outcomes) == [("collected", who) for who in ("ada", "emmy", "oneil")]
    assert notebook(settings, "emmy") == b"2"


def test_two_of_one_name_are_refused_until_something_tells_them_apart(take, settings):
    kims = Upload("Kim Lee", 11, FILE, b"1"), Upload("Kim Lee", 12, FILE, b"2")
    for archive in (moodle(*kims), canvas(*kims)):
        outcomes = take(archive)
        assert states(outcomes) == [("refused", "")] * 2
        messages = " ".join(outcome.message for outcome in outcomes.values())
        assert "--times" in messages or "kim1 and kim2" in messages
    assert not settings.submitted.exists()
    worksheet = (
        "Identifier,Full name,Email address,Grade,Last modified (submission)\n"
        'Participant 11,Kim Lee,Kim.Two@example.org,,"Sunday, 1 March 2026, 11:58 PM"\n'
        "Participant 12,Kim Lee,kim.one@example.org,,-\n"
    )
    outcomes = take(moodle(*kims), times=worksheet)
    assert states(outcomes) == [("collected", "kim2"), ("collected", "kim1")]
    assert time_of(settings, "kim2") == datetime(2026, 3, 1, 23, 58, tzinfo=UTC)
    roster = ROSTER.replace("one@example.org,", "one@example.org,11").replace(
        "two@example.org,", "two@example.org,12"
    )
    assert [who for _, who in states(take(canvas(*kims), roster))] == ["kim1", "kim2"]


def test_who_is_not_in_the_roster_is_refused_with_the_nearest_name(take):
    outcomes = take(canvas(Upload("Ada Lovelase", 7, FILE, b"1")))
    (outcome,) = outcomes.values()
    assert outcome.state == "refused" and "Did you mean ada" in outcome.message


def test_a_name_whose_number_is_another_is_refused(take):
    (outcome,) = take(canvas(Upload("Ada Lovelace", 7, FILE, b"1"))).values()
    assert outcome.state == "refused"
    assert "340934" in outcome.message and "says 7" in outcome.message


def test_without_a_roster_people_are_called_what_the_platform_calls_them(take):
    ada = Upload("Ada Lovelace", 7, FILE, b"1")
    assert states(take(canvas(ada), None)) == [("collected", "lovelaceada_7")]
    assert states(take(moodle(ada), None)) == [("collected", "ada_lovelace")]
    two = moodle(ada, Upload("ada lovelace", 8, FILE, b"1"))
    assert states(take(two, None)) == [("refused", "")] * 2


@pytest.mark.parametrize(
    "name",
    ["anon_x7Yz1_8_01.ipynb", "Participant_12_assignsubmission_file_/01.ipynb"],
)
def test_a_platform_that_hides_names_is_named_as_the_reason(take, name):
    for roster in (ROSTER, None):
        (outcome,) = take(zipped([(name, b"1")]), roster).values()
        assert outcome.state == "refused" and "hides who" in outcome.message


def test_of_several_files_the_lessons_newest_notebook_counts(take, settings):
    files = ["notes.txt", "old.ipynb", f"{NAME}-1.ipynb", FILE, f"{NAME}-2.ipynb"]
    ada = [Upload("Ada Lovelace", 340934, file, file.encode()) for file in files]
    outcomes = take(canvas(*ada))
    counted = [o.entry for o in outcomes.values() if o.state == "collected"]
    assert len(counted) == 1 and counted[0].endswith("-2.ipynb")
    assert [state for state, _ in states(outcomes)].count("passed over") == 4
    assert notebook(settings, "ada") == f"{NAME}-2.ipynb".encode()


def test_who_handed_in_no_notebook_is_refused(take):
    outcomes = take(canvas(Upload("Ada Lovelace", 340934, "essay.pdf", b"1")))
    assert states(outcomes) == [("refused", "ada")]


def test_zip_files_of_this_course_are_opened(take, settings, tmp_path):
    (tmp_path / FILE).write_bytes(b"in a zip")
    inner = write_zip(NAME, tmp_path / FILE, settings, tmp_path).read_bytes()
    take(canvas(Upload("Ada Lovelace", 340934, "01_small_x.zip", inner)))
    assert notebook(settings, "ada") == b"in a zip"
    take(zipped([("01_small_emmy_2026-03-01_12-00-00 (1).zip", inner)]))
    assert notebook(settings, "emmy") == b"in a zip"


def test_a_bomb_in_a_learners_zip_is_refused_and_the_others_are_taken(take):
    bomb = zipped([("x.ipynb", b"\0" * (80 << 20))])
    outcomes = take(
        canvas(
            Upload("Ada Lovelace", 340934, f"{NAME}.zip", bomb),
            Upload("Emmy Noether", 5, FILE, b"2"),
        )
    )
    assert states(outcomes) == [("refused", "ada"), ("collected", "emmy")]


def test_an_archive_of_neither_platform_is_refused_whole(take):
    with pytest.raises(BadArchive, match="as it was downloaded"):
        take(zipped([("ada/01_small.ipynb", b"1")]))
    with pytest.raises(BadArchive, match="as Moodle names"):
        take(canvas(Upload("Ada Lovelace", 7, FILE, b"1")), layout="moodle")


def test_names_that_lead_out_of_the_archive_are_refused(take):
    outcomes = take(
        zipped(
            [
                ("../Ada Lovelace_1_assignsubmission_file_/x.ipynb", b"1"),
                ("Emmy Noether_2_assignsubmission_file_/x.ipynb", b"2"),
            ]
        )
    )
    assert states(outcomes) == [("refused", ""), ("collected", "emmy")]


def test_the_same_archive_again_changes_nothing(take, settings):
    archive = canvas(Upload("Ada Lovelace", 340934, FILE, b"1"))
    take(archive)
    assert states(take(archive)) == [("unchanged", "ada")]
    assert len(exchange.attempts(settings)) == 1


def test_newer_work_stays_and_older_work_makes_way(take, settings):
    folder = settings.submitted / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"by the exchange")
    (folder / "timestamp.txt").write_text("2026-03-05 12:00:00 UTC")
    ada = Upload("Ada Lovelace", 340934, FILE, b"new")
    outcomes = take(canvas(ada, made=(2026, 3, 2, 9, 0, 0)))
    assert states(outcomes) == [("kept", "ada")]
    assert notebook(settings, "ada") == b"by the exchange"
    assert states(take(canvas(ada, made=(2026, 3, 9, 9, 0, 0)))) == [
        ("collected", "ada")
    ]
    assert notebook(settings, "ada") == b"new"


def test_a_later_upload_of_canvas_wins_whatever_the_clocks_say(take, settings):
    settings = with_deadline(settings)
    for file_id, data in ((10, b"1"), (12, b"2"), (11, b"3")):
        upload = Upload("Ada Lovelace", 340934, FILE, data, file_id=file_id)
        outcomes = take(canvas(upload), settings=settings)
    assert states(outcomes) == [("kept", "ada")]
    assert notebook(settings, "ada") == b"2"


def test_late_is_who_the_platform_calls_late(take, settings):
    settings = with_deadline(settings, more="[late]\ngrace_minutes = 10\n")
    outcomes = take(
        canvas(
            Upload("Ada Lovelace", 340934, FILE, b"1", late=True),
            Upload("Emmy Noether", 5, FILE, b"2"),
        ),
        settings=settings,
    )
    late = settings.timetable.late
    due = settings.due(NAME)
    assert late.grace < time_of(settings, "ada") - due
    assert time_of(settings, "emmy") < due
    assert "does not say how late" in next(iter(outcomes.values())).message


def test_a_table_of_times_counts_also_when_it_comes_afterwards(take, settings):
    settings = with_deadline(settings)
    archive = moodle(Upload("Ada Lovelace", 4, FILE, b"1"))
    take(archive, settings=settings)
    assert time_of(settings, "ada") < settings.due(NAME)
    times = "name;submitted\nAda Lovelace;2026-03-03 08:30\n"
    outcomes = take(archive, times=times, settings=settings)
    assert states(outcomes) == [("dated", "ada")]
    assert time_of(settings, "ada") == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
    (attempt,) = exchange.attempts(settings)
    assert attempt.timestamp.startswith("2026-03-03 08h30")


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        ("name\nAda\n", "no column 'learner'"),
        ("learner,name\n../ada,Ada\n", ":2: The learner is '../ada'"),
        ("learner\nada\nada\n", ":3: learner 'ada' stands in line 2"),
        ("learner;lms id\nada;7\nemmy;7\n", ":3: lms id '7' stands in line 2"),
    ],
)
def test_a_roster_that_cannot_be_meant_is_refused(take, roster, words):
    with pytest.raises(ValueError) as raised:
        take(canvas(Upload("Ada Lovelace", 7, FILE, b"1")), roster)
    assert words in str(raised.value)


def test_the_command_says_what_became_of_each_file(course, capsys, monkeypatch):
    monkeypatch.setattr(command_line, "load_settings", lambda: load_settings(course))
    (course / "class").mkdir(exist_ok=True)
    (course / "class" / "roster.csv").write_text(ROSTER, "utf-8")
    archive = course / "x.zip"
    ada = Upload("Ada Lovelace", 340934, FILE, b"1")
    archive.write_bytes(canvas(ada, Upload("Eve Nobody", 66, FILE, b"2")))
    assert command_line.main(["collect", NAME, str(archive)]) == 1
    told = capsys.readouterr().out
    assert "lovelaceada_340934_9000_01_small.ipynb" in told
    assert "1 collected, 1 refused" in told and "Nobody in roster.csv" in told
    archive.write_bytes(canvas(ada))
    assert command_line.main(["collect", NAME, str(archive)]) == 0
    archive.write_bytes(b"<html>")
    assert command_line.main(["collect", NAME, str(archive)]) == 2
    assert "no zip archive" in capsys.readouterr().err


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="grades behind walls: run on Linux")
@pytest.mark.parametrize("layout", [canvas, moodle])
def test_what_was_collected_is_graded(take, settings, layout):
    skip_without_walls()
    course = prepare(NAME, settings.solutions).notebook
    half = {"mse": ANSWERS["mse"]}
    take(
        layout(
            Upload("Ada Lovelace", 340934, FILE, as_bytes(answered(course))),
            Upload("Emmy Noether", 5, FILE, as_bytes(answered(course, half))),
            Upload("Shaun O'Neil", 6, FILE, b"broken"),
        )
    )
    summary = autograde(NAME, settings, workers=1, tell=lambda line: None)
    assert sorted(summary.graded) == ["ada", "emmy", "oneil"]
    assert list(summary.shortfalls) == ["oneil"]
    with Book(settings.gradebook_url, settings.course_id) as book:
        assert book.scores(NAME) == {"ada": 7.0, "emmy": 2.0, "oneil": 0.0}
