"""Every figure of the course on one page, to be looked at."""

import pytest

from course_lib import explorers
from course_lib.contact_sheet import figures, main


@pytest.fixture(scope="module")
def loss():
    return list(figures(["loss"]))


def test_each_explorer_is_painted_at_its_start_and_at_both_ends(loss):
    settings = [figure.setting for figure in loss if figure.function == "logit_scale"]
    assert settings[0] == ""
    assert len(settings) >= 3
    assert len(set(settings)) == len(settings)


def test_every_picture_is_a_png_that_is_described(loss):
    for figure in loss:
        assert figure.png.startswith(b"\x89PNG")
        assert len(figure.alt) > 40


def test_moving_a_control_changes_the_picture(loss):
    pictures = {figure.png for figure in loss}
    assert len(pictures) > len(loss) / 2


def test_the_page_holds_them_all_and_needs_nothing_else(tmp_path, capsys):
    out = tmp_path / "sheet.html"
    assert main([str(out), "--only", "loss"]) == 0
    text = out.read_text("utf-8")
    assert f"{text.count('<img')} figures" in capsys.readouterr().out
    assert "http" not in text.replace("data:image", "")


@pytest.mark.full
@pytest.mark.parametrize("module", explorers.MODULES)
def test_no_figure_of_the_course_fails_at_the_ends_of_its_controls(module):
    for figure in figures([module]):
        assert figure.alt
