"""What a picture will need is painted in pauses, and in nothing but pauses."""

import asyncio
import time

import pytest

from course_lib import page, rehearsal
from course_lib.explorers.controls import Choice, Slider, Stops
from course_lib.explorers.explorer import Explorer
from course_lib.rehearsal import rehearse


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(rehearsal, "BEGIN", 0.01)
    monkeypatch.setattr(rehearsal, "BETWEEN", 0.001)


def rehearsed(steps, is_busy=lambda: False, seconds=0.2):
    async def wait():
        rehearse(steps, is_busy)
        await asyncio.sleep(seconds)

    asyncio.run(wait())


def test_steps_are_taken_one_by_one_in_their_order():
    taken = []
    rehearsed([lambda k=k: taken.append(k) for k in range(5)])
    assert taken == [0, 1, 2, 3, 4]


def test_nothing_is_taken_while_somebody_is_at_work():
    taken, until = [], time.monotonic() + 0.1
    steps = [lambda: taken.append(time.monotonic())]
    rehearsed(steps, lambda: time.monotonic() < until)
    assert len(taken) == 1 and taken[0] >= until


def test_a_step_that_fails_or_prints_is_not_heard(capsys):
    taken = []
    rehearsed([lambda: 1 / 0, lambda: print("heard"), lambda: taken.append(1)])
    assert taken == [1]
    assert capsys.readouterr() == ("", "")


def test_a_step_that_takes_long_is_the_last(monkeypatch):
    monkeypatch.setattr(rehearsal, "TOO_LONG", 0.02)
    taken = []
    rehearsed([lambda: time.sleep(0.05), lambda: taken.append(1)])
    assert taken == []


def test_a_program_without_a_loop_rehearses_nothing():
    taken = []
    rehearse([lambda: taken.append(1)], lambda: False)
    time.sleep(0.05)
    assert taken == []


# ---- in an explorer


def scaled(scale, kind):
    """A model of two arguments."""
    return {"y": scale, "kind": kind}


def build(figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    (line,) = axes.plot([0, 1], [0, 0])

    def update(numbers):
        line.set_ydata([numbers["y"]] * 2)
        axes.set_ylim(0, 1 if numbers["y"] < 1 else 100)

    return [line], update


def explorer(model=scaled):
    return Explorer(
        "Scales",
        model,
        build,
        lambda numbers: {"y": f"{numbers['y']:g}"},
        "A level line.",
        [Slider("scale", "scale", 0.1, 50.0, 0.5), Choice("kind", "kind", "ab", "a")],
        size=(3, 2),
    )


def shown(explorer):
    async def show():
        explorer.show()
        at_once = len(explorer._picture._backgrounds)
        await asyncio.sleep(0.5)
        return at_once, len(explorer._picture._backgrounds)

    return asyncio.run(show())


def test_an_explorer_has_its_other_scales_before_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(page, "is_headless", lambda: False)
    monkeypatch.setattr(Explorer, "redraw", lambda self: self.html())
    subject = explorer()
    assert shown(subject) == (1, 2)
    assert subject.values == {"scale": 0.5, "kind": "a"}  # nobody moved anything


def test_headless_nothing_is_painted_in_advance(monkeypatch):
    monkeypatch.setattr(page, "is_headless", lambda: True)
    assert shown(explorer()) == (1, 1)


# ---- which values


@pytest.mark.parametrize(
    "control, most, values",
    [
        (Slider("a", "a", 0.0, 1.0, 0.5), 3, [0.0, 0.5, 1.0]),
        (Slider("a", "a", 1, 100, 10, log=True), 3, [1, 10, 100]),
        (Slider("a", "a", 1, 3, 2), 9, [1, 2, 3]),
        (Stops("a", "a", [0.1, 0.2, 0.4, 0.8, 1.6], 0.4), 3, [0.1, 0.4, 1.6]),
        (Choice("a", "a", {"one": 1, "two": 2}, 1), 5, [1, 2]),
    ],
)
def test_a_sample_of_a_control_goes_from_end_to_end(control, most, values):
    assert control.sample(most) == pytest.approx(values)
