"""Lesson 0's quiz on shapes. It lives here so that no cell shows an answer."""

from course_lib.predictions import ask


def two_shapes():
    """Ask for the shapes of a product and of a sum."""
    ask(
        "shape_product",
        "`x` is (7, 5) and `W` is (5, 3). What is the shape of `x @ W`?",
        ["(7, 3)", "(5, 5)", "(7, 5, 3)"],
        "(7, 3)",
        "The inner sizes meet and vanish; the outer ones stay.",
    )
    ask(
        "shape_sum",
        "`x` is (7, 5). What is the shape of `x.sum(axis=0)`?",
        ["(7,)", "(5,)", "one number"],
        "(5,)",
        "Axis 0 is the batch. A sum over it makes it vanish, and 5 columns stay.",
    )


def the_trap():
    """Ask for the shape of a column less a row."""
    ask(
        "shape_trap",
        "`column` is (7, 1) and `row` is (7,). What is the shape of `column - row`?",
        ["(7,)", "(7, 1)", "(7, 7)", "none: it is an error"],
        "(7, 7)",
        "NumPy stretches both: every entry of the column meets every one of the row.",
    )
