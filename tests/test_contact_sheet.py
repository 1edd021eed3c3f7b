"""Every figure of the course on one page, to be looked at."""

import re

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


def test_an_exported_page_keeps_the_words_for_those_who_do_not_see():
    from nbconvert import HTMLExporter
    from nbformat import v4

    shown = explorers.loss._confident_error().html(probability=0.25)
    output = v4.new_output("display_data", {"text/html": shown})
    cell = v4.new_code_cell("explorers.loss.confident_error()", outputs=[output])
    page, _ = HTMLExporter().from_notebook_node(v4.new_notebook(cells=[cell]))
    (words,) = re.findall(r'<img alt="([^"]*)"[^>]*src="data:image/png', page)
    assert "cross-entropy climbs steeply. probability of the truth 0.250" in words
    assert "cross-entropy 1.386 nats" in words
    assert "No description" not in page


@pytest.mark.full
@pytest.mark.parametrize("module", explorers.MODULES)
def test_no_figure_of_the_course_fails_at_the_ends_of_its_controls(module):
    for figure in figures([module]):
        words = figure.alt.split()
        assert len(words) > 10, figure.function
        assert any(character.isdigit() for character in figure.alt), figure.function
