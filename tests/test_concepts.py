"""Every concept of the course has a home, and is found from the README's table."""

import re
from functools import cache

import nbformat
import pytest

from course_lib.settings import ROOT, load_settings

README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(r"(?m)^\| \[\d+ [^]]*\]\(lessons/(\w+)/\w+\.ipynb\) (.*)$", README)
)

# Where a concept is at home, and words in that lesson and in its row of the README.
# Words of the lesson are to be those that only a lesson about it has.
CONCEPTS = {
    "loss as one number": ("01_loss", r"\*\*loss\*\*", r"one number"),
    "the gradient as sensitivity": (
        "02_gradient_and_learning_rate",
        r"\*\*gradient\*\*",
        r"gradient as sensitivity",
    ),
    "the gradient's sign and size": (
        "02_gradient_and_learning_rate",
        r"Its \*\*sign\*\* says which way(.|\n)*Its \*\*size\*\* says how much",
        r"its sign and size",
    ),
    "the learning rate as step size": (
        "02_gradient_and_learning_rate",
        r"\*\*learning rate\*\*",
        r"learning rate as step size",
    ),
    "a rate too high: divide by ten": (
        "02_gradient_and_learning_rate",
        r"Too high jumps up at once: divide by ten",
        r"too high and too low",
    ),
    "a rate too low: slow": (
        "02_gradient_and_learning_rate",
        r"Too low",
        r"too high and too low",
    ),
    "the update rule": (
        "02_gradient_and_learning_rate",
        r"def gradient_step",
        r"update rule",
    ),
    "one sweep against one probe a weight": (
        "02_gradient_and_learning_rate",
        r"one (backward )?sweep|2410 weights",
        r"one sweep against one probe",
    ),
    "the chain rule": ("03_chain_rule", r"\*\*chain rule\*\*", r"chain rule"),
    "blame through stored values": ("03_chain_rule", r"stored", r"stored values"),
    "the loop of four": ("00_start_here", r"\| forward \|", r"forward, loss, backward"),
    "the loop in batches": ("04_layers", r"Then the batch", r"in batches"),
    "the loop in epochs": ("06_batch_noise", r"\*\*epoch\*\*", r"per epoch"),
    "saturation": ("04_layers", r"\*\*saturat", r"saturation"),
    "the debug checklist": ("05_instruments", r"checklist", r"debug checklist"),
    "batch size: noise": (
        "06_batch_noise",
        r"law of noise",
        r"noise, jitter and escape",
    ),
    "batch size: jitter": ("06_batch_noise", r"## Jitter", r"jitter"),
    "batch size: escape": ("06_batch_noise", r"\*\*escape\*\*", r"escape"),
    "batch size: cost per step": (
        "06_batch_noise",
        r"What a batch costs",
        r"cost per step",
    ),
    "batch size: memory": (
        "06_batch_noise",
        r"\*\*memory\*\*",
        r"memory for activations",
    ),
    "batch size: speed": ("06_batch_noise", r"seconds_an_epoch", r"speed per epoch"),
    "vanishing gradients": (
        "07_vanishing_gradients",
        r"\*\*vanishing gradient\*\*",
        r"Vanishing",
    ),
    "exploding gradients": (
        "07_vanishing_gradients",
        r"\*\*exploding\*\*",
        r"exploding",
    ),
    "depth and activation": (
        "07_vanishing_gradients",
        r"decibels per hop",
        r"depth, activation and initialization",
    ),
    "initialization": ("07_vanishing_gradients", r"\*\*Xavier\*\*", r"initialization"),
    "dead ReLUs": ("07_vanishing_gradients", r"is \*\*dead\*\*", r"dead ReLUs"),
    "flat at ln C, or NaN": (
        "07_vanishing_gradients",
        r"Flat near ln C",
        r"NaN, or flat at ln C",
    ),
    "normalization": (
        "08_normalization",
        r"\*\*normalization\*\*",
        r"Batch and layer normalization",
    ),
    "training curves": ("09_overfitting", r"curves", r"early warning"),
    "training loss against validation": (
        "09_overfitting",
        r"\*\*validation loss\*\*",
        r"training loss against validation",
    ),
    "overfitting": ("09_overfitting", r"\*\*overfitting\*\*", r"Memorizing"),
    "more data": ("09_overfitting", r"\*\*more data\*\*", r"more data"),
    "regularization": ("09_overfitting", r"\*\*L2\*\*", r"regularization"),
    "dropout": ("09_overfitting", r"\*\*dropout\*\*", r"dropout"),
    "early stopping": ("09_overfitting", r"early_stopping", r"early stopping"),
    "wrong labels": ("10_bad_data", r"def wrong_labels", r"Wrong labels"),
    "leakage": ("10_bad_data", r"\*\*leak\*\*", r"leakage"),
    "class imbalance": ("10_bad_data", r"\*\*oversampling\*\*", r"class imbalance"),
    "duplicates": ("10_bad_data", r"\*\*duplicate\*\*", r"duplicates"),
    "performance per class": ("10_bad_data", r"\*\*recall\*\*", r"per class"),
    "gradient descent, followed up": (
        "11_gradient_descent",
        r"\*\*momentum\*\*",
        r"Momentum",
    ),
    "schedules": ("11_gradient_descent", r"\*\*schedule\*\*", r"schedules"),
    "embeddings": ("12_embeddings", r"\*\*embedding\*\*", r"Embeddings"),
    "the myth that it is how it thinks": (
        "13_bench_exam",
        r"How it thinks",
        r"how it thinks",
    ),
    "the myth that it understands": (
        "13_bench_exam",
        r"It understands",
        r"that it understands",
    ),
    "the myth that brains work so": ("13_bench_exam", r"brains", r"brains work so"),
    "explaining it to a stakeholder": (
        "13_bench_exam",
        r"stakeholder",
        r"stakeholder as credit assignment",
    ),
    "the loop, said twice": ("13_bench_exam", r"Say the loop twice", r"loop, said"),
}


@cache
def text_of(lesson):
    path = load_settings().lesson_notebook(lesson)
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_concept_has_a_home_that_the_readme_points_to(concept):
    lesson, in_lesson, in_row = CONCEPTS[concept]
    assert re.search(in_lesson, text_of(lesson))
    assert re.search(in_row, ROWS[lesson])


@pytest.mark.parametrize("concept", CONCEPTS)
def test_no_other_row_of_the_table_says_the_same(concept):
    lesson, _, in_row = CONCEPTS[concept]
    assert [name for name in ROWS if re.search(in_row, ROWS[name])] == [lesson]


@pytest.mark.parametrize("concept", CONCEPTS)
def test_most_lessons_do_not_have_the_words_of_a_concept(concept):
    _, in_lesson, _ = CONCEPTS[concept]
    found = [name for name in ROWS if re.search(in_lesson, text_of(name))]
    assert len(found) <= len(ROWS) / 2, found


def test_the_table_names_every_lesson_and_no_other():
    assert sorted(ROWS) == load_settings().lesson_names()


@pytest.mark.parametrize("lesson", load_settings().lesson_names())
def test_every_lesson_says_the_loop(lesson):
    text = text_of(lesson)
    assert re.search(r"say_the_loop|[Ff]orward predicts|explorers\.\w+\.say", text)


@pytest.mark.parametrize("lesson", load_settings().lesson_names())
def test_the_minutes_in_the_table_are_those_of_the_lesson(lesson):
    minutes = re.search(r"\| (\d+) \|$", ROWS[lesson]).group(1)
    said = {"10": "ten minutes"}.get(minutes, f"{minutes} minutes")
    assert said in text_of(lesson)
