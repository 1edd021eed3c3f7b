"""Along a chain only the first wrong value is named; a class is checked by a driver."""

import numpy as np
import pytest

from course_lib import probes
from course_lib.checks import verdict_on
from course_lib.comparisons import agree
from course_lib.judging import judge
from grader.exercises import Case, Exercise, Mistake, load_lesson

LESSON = load_lesson("03_chain_rule")


def steps(**others):
    rules = {
        "a": lambda v: 2 * v["x"],
        "b": lambda v: v["a"] + 1,
        "c": lambda v: v["b"] ** 2,
    }

    def chain(x):
        values = {"x": x}
        for name, rule in (rules | others).items():
            values[name] = rule(values)
        return values

    return chain


CHAIN = Exercise(
    "chain(x) -> values",
    points=1,
    reference=steps(),
    cases=lambda rng: (Case(f"x = {x}", x=x) for x in (1.0, 2.0, 5.0)),
    mistakes=[
        Mistake("a_kept", steps(a=lambda v: v["x"]), "a is x."),
        Mistake("b_kept", steps(b=lambda v: v["a"]), "b is a."),
    ],
)


def verdict(exercise, answer):
    check = exercise.public_checks()
    data = probes.answer(check.probe(), exercise.namespace(answer))
    return judge(check, probes.read_reports(data, len(check.cases)))


def test_a_second_mistake_further_on_does_not_hide_the_first():
    found = verdict(CHAIN, steps(b=lambda v: v["a"], c=lambda v: 7 * v["b"]))
    assert found.mistake == "b_kept"
    assert "x and a are right, b is the first that differs. b is a." in found.message


def test_a_declared_mistake_is_not_named_for_what_follows_from_it():
    # c is what it is when a is kept, but a and b are right here
    found = verdict(CHAIN, steps(c=lambda v: (v["x"] + 1) ** 2))
    assert found.mistake is None
    assert "x, a and b are right, c is the first" in found.message


def test_a_general_cause_is_looked_for_on_the_first_wrong_entry_alone():
    found = verdict(CHAIN, steps(b=lambda v: -(v["a"] + 1)))
    assert found.mistake == "sign"
    found = verdict(CHAIN, steps(b=lambda v: 3 * (v["a"] + 1)))
    assert found.mistake == "scale" and "b is 3 times" in found.message


def test_the_order_of_a_dict_does_not_matter():
    assert agree({"b": 1.0, "a": 2.0}, {"a": 2.0, "b": 1.0}, 1e-9)
    assert not agree({"b": 2.0, "a": 1.0}, {"a": 2.0, "b": 1.0}, 1e-9)
    turned = verdict(CHAIN, lambda x: dict(reversed(steps()(x).items())))
    assert turned.is_right


# ---- a class, and functions handed to a driver


def test_a_class_is_checked_under_its_own_name():
    exercise = LESSON.exercises["Value"]
    assert exercise.name == "Value"
    Value = exercise.reference
    assert verdict_on(Value).is_right


def test_a_placeholder_inside_a_class_is_named():
    class Unfinished(LESSON.exercises["Value"].reference):
        def exp(self):
            raise NotImplementedError

    found = verdict(LESSON.exercises["Value"], Unfinished)
    assert found.status == "not_written"
    assert "the placeholder in exp" in found.message


def test_a_class_that_is_not_there_is_missed_by_name():
    check = LESSON.exercises["Value"].public_checks()
    reports = probes.read_reports(probes.answer(check.probe(), {}), len(check.cases))
    assert "There is no class called Value" in judge(check, reports).message


def test_a_result_that_is_no_value_is_named_by_its_operation():
    class Number(LESSON.exercises["Value"].reference):
        def exp(self):
            return np.exp(self.data)

    found = verdict(LESSON.exercises["Value"], Number)
    assert found.status == "error" and "a.exp() gave a result" in found.message


def test_a_learners_function_never_stands_in_for_a_driver():
    check = LESSON.exercises["topological_order"].public_checks()
    cheat = {
        "list_graph": lambda *_: ({}, {}),
        "topological_order": lambda value: [value],
    }
    reports = probes.read_reports(probes.answer(check.probe(), cheat), len(check.cases))
    assert judge(check, reports).mistake == "only_the_value"


@pytest.mark.parametrize("answer", [lambda v: {v}, lambda v: None, lambda v: [v.data]])
def test_an_order_of_another_kind_is_refused_in_words(answer):
    found = verdict(LESSON.exercises["topological_order"], answer)
    assert found.status == "error" and "expected" in found.message
