"""The code of a mistake is found wherever a declaration has it."""

import pytest

from grader.exercises import SOLUTIONS, lesson_names, load_lesson
from grader.mistake_code import code_of


def code(lesson, exercise, mistake):
    loaded = load_lesson(lesson)
    declared = loaded.exercises[exercise]
    (found,) = [m for m in declared.mistakes if m.id == mistake]
    return code_of(loaded.source.with_name("checks.py"), declared, found)


@pytest.mark.parametrize(
    ("lesson", "exercise", "mistake", "text", "around"),
    [
        (
            "04_layers",
            "linear_backward",
            "db_mean",
            "linear(db=lambda dy, x, W: dy.mean(axis=0))",
            "def linear_backward(dy, cache):",
        ),
        ("04_layers", "linear_forward", "no_bias", "def without_bias(x, W, b):", ""),
        (  # several functions
            "04_layers",
            "linear_backward",
            "no_bias",
            '"linear_forward": without_bias',
            "def bias_forgotten_twice",
        ),
        (  # a dict of mistakes, declared above the exercise
            "11_gradient_descent",
            "adam_step",
            "m_only",
            "adam_with(v_hat=lambda a: a.v)",
            "def adam_with(",
        ),
        (  # made by a function
            "02_gradient_and_learning_rate",
            "loop_cards",
            "update_loss_forward_backward",
            "('update', 'loss', 'forward', 'backward')",
            "",
        ),
    ],
)
def test_the_code_of_a_mistake_is_what_is_written_for_it(
    lesson, exercise, mistake, text, around
):
    found = code(lesson, exercise, mistake)
    assert text in found.text
    assert around in found.around


def test_two_exercises_may_have_a_mistake_of_one_name_each_with_its_code():
    forward = code("04_layers", "linear_forward", "no_bias")
    backward = code("04_layers", "linear_backward", "no_bias")
    assert forward.text != backward.text


@pytest.mark.parametrize("name", lesson_names())
def test_every_mistake_of_the_course_has_code_to_show(name):
    lesson = load_lesson(name)
    path = SOLUTIONS / name / "checks.py"
    for exercise in lesson.exercises.values():
        for mistake in exercise.mistakes:
            text = code_of(path, exercise, mistake).text
            assert text.strip() and " at 0x" not in text
