"""Every concept of the course has a home, and is found from the README's table."""

import re

import nbformat
import pytest

from course_lib.settings import ROOT, load_settings

README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(r"(?m)^\| \[\d+ [^]]*\]\(lessons/(\w+)/\w+\.ipynb\) (.*)$", README)
)

# Where a concept is at home, and words in that lesson and in its row of the README.
CONCEPTS = {
    "loss as one number": ("01_loss", r"one number", r"one number"),
    "the gradient as sensitivity": (
        "02_gradient_and_learning_rate",
        r"matters",
        r"sensitivity, its sign and size",
    ),
    "the learning rate as step size": (
        "02_gradient_and_learning_rate",
        r"learning rate",
        r"step size",
    ),
    "the update rule": ("02_gradient_and_learning_rate", r"update", r"update rule"),
    "one sweep against one probe a weight": (
        "02_gradient_and_learning_rate",
        r"sweep",
        r"one sweep against one probe",
    ),
    "the chain rule": ("03_chain_rule", r"chain rule", r"chain rule"),
    "the loop in batches": ("04_layers", r"batch", r"in batches"),
    "saturation": ("04_layers", r"saturat", r"saturation"),
    "the debug checklist": ("05_instruments", r"checklist", r"debug checklist"),
    "batch size: noise": ("06_batch_noise", r"noise", r"noise, jitter"),
    "batch size: memory": ("06_batch_noise", r"memory", r"memory for activations"),
    "batch size: speed": ("06_batch_noise", r"epoch", r"speed per epoch"),
    "vanishing gradients": ("07_vanishing_gradients", r"vanish", r"Vanishing"),
    "exploding gradients": ("07_vanishing_gradients", r"explod", r"exploding"),
    "initialization": ("07_vanishing_gradients", r"initializ", r"initialization"),
    "dead ReLUs": ("07_vanishing_gradients", r"dead", r"dead ReLUs"),
    "flat at ln C, or NaN": ("07_vanishing_gradients", r"ln 10|ln C", r"ln C"),
    "normalization": ("08_normalization", r"running", r"normalization"),
    "training curves": ("09_overfitting", r"curve", r"early warning"),
    "overfitting": ("09_overfitting", r"overfit", r"Memorizing"),
    "more data": ("09_overfitting", r"more data|more examples", r"more data"),
    "regularization": ("09_overfitting", r"L2", r"regularization"),
    "dropout": ("09_overfitting", r"dropout", r"dropout"),
    "early stopping": ("09_overfitting", r"early stopping|stop", r"early stopping"),
    "wrong labels": ("10_bad_data", r"wrong label", r"Wrong labels"),
    "leakage": ("10_bad_data", r"leak", r"leakage"),
    "class imbalance": ("10_bad_data", r"class", r"class imbalance"),
    "duplicates": ("10_bad_data", r"duplicate", r"duplicates"),
    "performance per class": ("10_bad_data", r"recall", r"per class"),
    "gradient descent, followed up": ("11_gradient_descent", r"momentum", r"Momentum"),
    "schedules": ("11_gradient_descent", r"schedule", r"schedules"),
    "embeddings": ("12_embeddings", r"embedding", r"Embeddings"),
    "the myths": ("13_bench_exam", r"myth", r"myths"),
    "explaining it to a stakeholder": (
        "13_bench_exam",
        r"stakeholder",
        r"stakeholder as credit assignment",
    ),
}


def text_of(lesson):
    path = load_settings().lesson_notebook(lesson)
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_concept_has_a_home_that_the_readme_points_to(concept):
    lesson, in_lesson, in_row = CONCEPTS[concept]
    assert re.search(in_lesson, text_of(lesson), re.IGNORECASE)
    assert re.search(in_row, ROWS[lesson])


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
