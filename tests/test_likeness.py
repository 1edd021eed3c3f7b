"""Likeness: copies are found, and nobody is named who wrote what one writes."""

import random
import time

import pytest

from grader.code_lines import read_lines
from grader.likeness import alike
from grader.surprise import Habits

STUB = '''def softmax(logits):
    """Return probabilities (N, C) for logits (N, C); each row sums to 1."""
    raise NotImplementedError("Write this function, then run the cell again.")'''
SOLUTION = """def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)"""
ODD = """def softmax(logits):
    biggest = np.sort(logits, axis=1)[:, -1]
    safe = (logits.T - biggest).T
    tops = np.power(np.e, safe)
    weights = np.dot(tops, np.ones(tops.shape[1]))
    return np.divide(tops.T, weights).T"""
RENAMED = (
    ODD.replace("biggest", "m")
    .replace("tops", "zähler")
    .replace("    safe", "    # so that nothing overflows\n\n    safe")
    .replace("def softmax(logits):", 'def softmax(logits):\n    """Mine."""')
)


def natural(rng):
    """Return a softmax as somebody may write it who asks nobody."""
    largest = rng.choice(
        [
            "logits.max(axis=1, keepdims=True)",
            "np.max(logits, axis=1, keepdims=True)",
            "logits.max(1, keepdims=True)",
            "logits.max(axis=1)[:, None]",
            "np.max(logits, axis=1).reshape(-1, 1)",
        ]
    )
    total = rng.choice(
        [
            "e.sum(axis=1, keepdims=True)",
            "np.sum(e, axis=1, keepdims=True)",
            "e.sum(1, keepdims=True)",
            "e.sum(axis=1)[:, None]",
        ]
    )
    body = [f"z = logits - {largest}", "e = np.exp(z)"]
    if rng.random() < 0.5:
        body[:1] = [f"m = {largest}", "z = logits - m"]
    ends = [[f"return e / {total}"], [f"s = {total}", "return e / s"]]
    body += rng.choice(ends)
    text = "\n    ".join(["def softmax(logits):", *body])
    name = rng.choice(["z", "shifted", "stable"])
    return text.replace("z =", f"{name} =").replace("np.exp(z)", f"np.exp({name})")


def of_a_class(count, seed=1):
    rng = random.Random(seed)
    return {f"learner{k:05}": natural(rng) for k in range(count)}


def found(answers, author=(STUB, SOLUTION)):
    return [group.learners for group in alike(answers, author, {"softmax"})]


def test_other_names_comments_and_layout_make_no_other_line():
    ours, theirs = read_lines(ODD, {"softmax"}), read_lines(RENAMED, {"softmax"})
    assert [line.tokens for line in ours] == [line.tokens for line in theirs]
    assert [line.first for line in theirs] == [1, 3, 6, 7, 8, 9]


def test_what_a_line_does_makes_another_line():
    lines = [
        "z = x - x.mean()",
        "z = x - y.mean()",  # other names, in another pattern
        "z = x - x.sum()",
        "z = x - x.mean(axis=0)",
        "z = x - x.mean(0)",
    ]
    assert len({read_lines(line)[0].tokens for line in lines}) == len(lines)


@pytest.mark.parametrize(
    "text", ["x = (", "'", "def f(:\n  \tx", "é = 1 $", "x = '''\n\n", "\0", "(" * 5000]
)
def test_what_is_no_python_is_read_as_words(text):
    assert read_lines(text) == read_lines(text)
    answers = {"ada": text, "emmy": text, "zoe": ODD, "joe": RENAMED}
    assert found(answers) == [["joe", "zoe"]]


def test_habits_surprise_less_the_more_often_they_are_seen():
    usual, odd = ("return", "x", "*", "2"), ("return", "x", "//", "7")
    habits = Habits({usual: 50, ("return", "x", "*", "3"): 50, odd: 1})
    assert habits.bits(usual) < habits.bits(odd)
    assert 2.0 ** -habits.bits(usual) < 1.0


@pytest.mark.parametrize("count", [0, 1, 2, 20, 100])
def test_a_renamed_copy_is_found_among_the_answers_of_a_class(count):
    answers = of_a_class(count) | {"copy": RENAMED, "source": ODD}
    (group,) = alike(answers, (STUB, SOLUTION), {"softmax"})
    assert group.learners == ["copy", "source"] and group.lines == 5
    assert group.shared == {"copy": {3, 6, 7, 8, 9}, "source": {2, 3, 4, 5, 6}}


def test_a_copy_with_a_changed_line_joins_its_group():
    other = ODD.replace("np.power(np.e, safe)", "np.exp(safe)")
    answers = of_a_class(40) | {"one": ODD, "two": RENAMED, "three": other}
    assert found(answers) == [["one", "three", "two"]]


@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_named_who_writes_on_their_own(seed):
    assert found(of_a_class(60, seed)) == []
    assert found(of_a_class(5, seed)) == []


@pytest.mark.parametrize(
    "answer",
    [
        SOLUTION,
        STUB,
        "def mse(p, t):\n    return np.mean((p - t) ** 2)",
        "def mse(p, t):\n    d = p - t\n    return (d * d).sum() / d.size",
        "mse = lambda p, t: np.linalg.norm(np.subtract(p, t), ord=2) ** 2 / np.size(p)",
        "",
    ],
)
@pytest.mark.parametrize("count", [2, 3, 30])
def test_what_is_short_or_the_courses_own_accuses_nobody(answer, count):
    assert found({f"learner{k}": answer for k in range(count)}) == []


def test_what_many_write_accuses_nobody():
    answers = of_a_class(80) | {f"one of many {k}": ODD for k in range(20)}
    assert found(answers) == []


def test_a_large_class_takes_time_by_its_size_and_not_by_its_pairs():
    def seconds(count):
        answers = of_a_class(count) | {"copy": RENAMED, "source": ODD}
        start = time.process_time()
        assert found(answers) == [["copy", "source"]]
        return time.process_time() - start

    seconds(50)
    assert seconds(2000) < 9 * seconds(500)  # there are 16 times as many pairs
