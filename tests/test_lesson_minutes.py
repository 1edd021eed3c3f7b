"""The minutes that a lesson states are those that its words and exercises add up to.

Nobody was timed for this. Text of this kind is read at about 150 words a minute, with
the hints folded; an explorer is moved for a minute and a prediction weighed for half of
one; a cell that only has to be run and looked at takes ten seconds; an exercise takes
what it states itself.
"""

import re

import nbformat
import pytest

from course_lib.settings import ROOT, load_settings

WORDS_A_MINUTE = 150
EXPLORER, CARD, CELL = 1.0, 0.5, 1 / 6  # minutes
BAND = 0.15  # of the estimate
LESSONS = load_settings().lesson_names()


def cells_of(name):
    path = load_settings().lesson_folder(name) / f"{name}.ipynb"
    return nbformat.read(path, as_version=4).cells


def stated(cells):
    """Return the minutes at the head of a lesson."""
    head = "\n".join(cell.source for cell in cells[:2])
    return int(re.search(r"\*\*Time\*\* (\d+) minutes", head)[1])


def estimated(cells):
    """Return the minutes that a lesson's cells add up to."""
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    codes = [c.source for c in cells if c.cell_type == "code"]
    shown = re.sub(r"(?s)<details>.*?</details>", "", "\n".join(texts))
    minutes = len(shown.split()) / WORDS_A_MINUTE
    minutes += sum(
        int(m) for m in re.findall(r"(?m)^\*(\d+) minutes", "\n".join(texts))
    )
    code = "\n".join(codes)
    explorers = len(re.findall(r"(?m)^explorers\.\w+\.\w+\(", code))
    cards = len(re.findall(r"= predict\(", code))
    rest = max(0, len(codes) - explorers - cards)
    return minutes + EXPLORER * explorers + CARD * cards + CELL * rest


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_takes_about_as_long_as_it_says(name):
    cells = cells_of(name)
    said, found = stated(cells), estimated(cells)
    assert abs(said - found) <= BAND * found, f"says {said}, adds up to {found:.0f}"


@pytest.mark.parametrize("name", LESSONS)
def test_the_table_of_lessons_says_the_same(name):
    readme = (ROOT / "README.md").read_text("utf-8")
    row = next(line for line in readme.splitlines() if f"lessons/{name}/" in line)
    assert int(row.rstrip(" |").rpartition("|")[2]) == stated(cells_of(name))


def test_a_lesson_that_promises_half_of_its_time_is_found():
    cells = cells_of(LESSONS[4])
    cells[0].source = cells[0].source.replace("70 minutes", "35 minutes")
    assert abs(stated(cells) - estimated(cells)) > BAND * estimated(cells)
