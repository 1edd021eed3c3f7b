"""`course.toml`, read and checked."""

from datetime import UTC, datetime, timedelta

import pytest

from course_lib.settings import load_settings

GIVEN = '[course]\nid = "small"\n'
DUE = GIVEN + "[deadlines]\n01_a = 2026-03-01T23:59:00+01:00\n"
ADA = DUE + "[extensions.ada]\n"


def written(root, text):
    (root / "course.toml").write_text(text, encoding="utf-8")
    return root


def test_what_is_not_given_lies_in_the_class_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_EXCHANGE", raising=False)
    settings = load_settings(written(tmp_path, GIVEN))
    assert settings.course_id == settings.title == "small"
    assert settings.inbound == tmp_path / "class" / "exchange" / "small" / "inbound"
    assert settings.gradebook_url == f"sqlite:///{tmp_path}/class/gradebook.db"


def test_what_is_given_holds(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_EXCHANGE", raising=False)
    text = GIVEN + '[places]\nexchange = "/srv/x"\n[grading]\npoll_seconds = 2\n'
    settings = load_settings(written(tmp_path, text))
    assert str(settings.exchange) == "/srv/x"
    assert settings.poll_seconds == 2.0


def test_the_environment_decides_over_the_file_where_the_exchange_is(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("COURSE_EXCHANGE", str(tmp_path / "elsewhere"))
    text = GIVEN + '[places]\nexchange = "/srv/x"\n'
    assert load_settings(written(tmp_path, text)).exchange == tmp_path / "elsewhere"


def test_only_notebooks_named_like_their_folder_are_lessons(tmp_path):
    for path in ("01_a/01_a.ipynb", "02_b/copy.ipynb", "02_b/02_b.ipynb", "x/y.ipynb"):
        file = tmp_path / "lessons" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    settings = load_settings(written(tmp_path, GIVEN))
    assert settings.lesson_names() == ["01_a", "02_b"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GIVEN + "[gradin]\n", 3, "Did you mean 'grading'"),
        (GIVEN + "[places]\nlesons = 'x'\n", 4, "Did you mean 'lessons'"),
        (GIVEN + "[grading]\npoll_seconds = '1'\n", 4, "a number above 0"),
        (GIVEN + "[grading]\npoll_seconds = 0\n", 4, "a number above 0"),
        (GIVEN + "[places]\nlessons = 3\n", 4, "text in quotes"),
        ("places = 1\n" + GIVEN, 1, "Write [places]"),
        (GIVEN + "[late]\nper_dy = 0.1\n", 4, "Did you mean 'per_day'"),
        (GIVEN + "[late]\nper_day = 10\n", 4, "a share from 0 to 1"),
        (GIVEN + "[late]\nper_day = nan\n", 4, "a share from 0 to 1"),
        (GIVEN + "[late]\ngrace_minutes = -5\n", 4, "minutes from 0 to 1440"),
        (GIVEN + "[late]\naccept = false\n", 4, '"yes" or "no"'),
        (GIVEN + "[limits]\nmemory_mb = 64\n", 4, "a number from 512"),
        (GIVEN + "[grading]\ngradebook = 'grades.db'\n", 4, "postgresql://"),
        (GIVEN + "[limits]\ncell_second = 9\n", 4, "Did you mean 'cell_seconds'"),
        (
            GIVEN + "[limits]\ncell_seconds = 60\nsubmission_seconds = 30\n",
            4,
            "no more than submission_seconds, 30",
        ),
        (GIVEN.replace("id", "timezone = 'Mars'\nid"), 2, '"Europe/Berlin"'),
        (GIVEN + "[deadlines]\n01_b = 2026-03-01T00:00:00Z\n", 4, "mean '01_a'"),
        (GIVEN + "[deadlines]\n01_a = 2026-03-01T00:00:00\n", 4, "with its zone"),
        (GIVEN + "[deadlines]\n01_a = 2026-03-01\n", 4, "with its zone"),
        (GIVEN + "[deadlines]\n01_a = '1 March'\n", 4, "with its zone"),
        (ADA + "01_a = 2026-02-01T00:00:00Z\n", 6, "a time after 2026-03-01"),
        (ADA + "01_a = '3 days'\n", 6, "a number of days, or the new deadline"),
        (ADA + "01_a = true\n", 6, "a number of days, or the new deadline"),
        (ADA + "02_c = 3\n", 6, "02_c has no deadline"),
        (DUE + "[extensions]\nada = 3\n", 6, "a section [extensions.ada]"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_way_out(tmp_path, text, line, words):
    for lesson in ("01_a", "02_c"):
        (tmp_path / "solutions" / lesson).mkdir(parents=True)
    with pytest.raises(ValueError, match=f"course.toml:{line}: ") as raised:
        load_settings(written(tmp_path, text))
    assert words in str(raised.value)


@pytest.mark.parametrize("name", ["", "how networks", "a+b", "a/b"])
def test_an_id_that_cannot_name_a_folder_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="it names folders"):
        load_settings(written(tmp_path, f'[course]\nid = "{name}"\n'))


def test_a_folder_without_course_toml_is_no_course(tmp_path):
    with pytest.raises(FileNotFoundError, match="the folder that holds course.py"):
        load_settings(tmp_path)


def test_text_that_is_not_toml_is_said_with_its_line(tmp_path):
    with pytest.raises(ValueError, match="line 2"):
        load_settings(written(tmp_path, '[course]\nid = small"\n'))


def test_a_deadline_holds_to_the_second_and_an_extension_moves_it(tmp_path):
    (tmp_path / "lessons" / "01_a").mkdir(parents=True)
    text = ADA + '01_a = 2.5\n[extensions."o\'neil, x"]\n01_a = 2026-03-02T23:59:00Z\n'
    settings = load_settings(written(tmp_path, text))
    due = datetime(2026, 3, 1, 22, 59, tzinfo=UTC)
    assert settings.due("01_a") == settings.due("01_a", "emmy") == due
    assert settings.due("01_a", "ada") == due + timedelta(days=2.5)
    assert settings.due("01_a", "o'neil, x") == due + timedelta(hours=25)
    assert settings.due("02_b") is None


def test_the_courses_zone_is_that_of_deadlines_without_one(tmp_path):
    (tmp_path / "lessons" / "01_a").mkdir(parents=True)
    text = DUE.replace("id", 'timezone = "Europe/Berlin"\nid').replace("+01:00", "")
    settings = load_settings(written(tmp_path, text))
    assert settings.due("01_a") == datetime(2026, 3, 1, 22, 59, tzinfo=UTC)
    summer = load_settings(written(tmp_path, text.replace("03-01", "07-01")))
    assert summer.due("01_a") == datetime(2026, 7, 1, 21, 59, tzinfo=UTC)


def test_each_day_begun_costs_its_share_up_to_the_most_and_grace_costs_nothing(
    tmp_path,
):
    text = GIVEN + "[late]\nper_day = 0.2\nat_most = 0.5\ngrace_minutes = 10\n"
    late = load_settings(written(tmp_path, text)).timetable.late
    minutes = {-5: 0.0, 0: 0.0, 10: 0.0, 11: 0.2, 1440: 0.2, 1441: 0.4, 9999: 0.5}
    shares = {m: late.share(timedelta(minutes=m)) for m in minutes}
    assert shares == pytest.approx(minutes)


def test_where_late_work_is_not_accepted_it_costs_everything_after_the_grace(tmp_path):
    text = GIVEN + '[late]\naccept = "no"\ngrace_minutes = 10\n'
    late = load_settings(written(tmp_path, text)).timetable.late
    assert late.share(timedelta(minutes=10)) == 0.0
    assert late.share(timedelta(minutes=10, seconds=1)) == 1.0


def test_without_a_word_on_lateness_it_costs_nothing(tmp_path):
    late = load_settings(written(tmp_path, GIVEN)).timetable.late
    assert late.share(timedelta(days=400)) == 0.0


def test_a_file_in_another_encoding_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "course.toml").write_bytes('[course]\nid = "é"\n'.encode("latin-1"))
    with pytest.raises(ValueError, match="byte 15 is not UTF-8.*Save it in that"):
        load_settings(tmp_path)
