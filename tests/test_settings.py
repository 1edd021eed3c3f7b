"""`course.toml`, read and checked."""

import pytest

from course_lib.settings import load_settings

GIVEN = '[course]\nid = "small"\n'


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
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_way_out(tmp_path, text, line, words):
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
