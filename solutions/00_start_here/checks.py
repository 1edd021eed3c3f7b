"""The exercise of lesson 0: shake hands with the checks."""

import numpy as np

from grader.exercises import Case, Exercise, Mistake


def add_bias(x, b):
    return x + b


def bias_cases(rng):
    def pair(n, d):
        return {"x": rng.normal(0, 2, size=(n, d)), "b": rng.normal(3, 1, size=d)}

    yield Case(
        "two clients with three readings",
        x=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        b=np.array([10.0, 20.0, 30.0]),
    )
    yield Case("seven clients with five readings", **pair(7, 5))
    yield Case("one client with five readings", **pair(1, 5))
    yield Case("two clients with eleven readings", **pair(2, 11))


def bias_row_by_row(x, b):
    y = np.zeros(x.shape)
    for row in range(len(x)):
        y[row] = x[row] + b
    return y


def bias_entry_by_entry(x, b):
    return np.array([[value + b[j] for j, value in enumerate(row)] for row in x])


def bias_as_a_table(x, b):
    return np.add(x, np.ones((len(x), 1)) @ b[np.newaxis])


def bias_on_a_copy(x, b):
    y = x.copy()
    y += b
    return y


def bias_in_place(x, b):
    x += b
    return x


def first_row_only(x, b):
    y = x.copy()
    y[0] += b
    return y


ADD_BIAS = Exercise(
    "add_bias(x, b) -> y",
    points=1,
    reference=add_bias,
    cases=bias_cases,
    axes={"x": "ND", "b": "D"},
    mistakes=[
        Mistake(
            "mutates_input",
            bias_in_place,
            "The numbers are right, and the caller's x is changed on the way: `+=` "
            "works on the array that came in.",
            "write `y = x + b`, which makes a new array, and return y.",
        ),
        Mistake(
            "ignores_b",
            lambda x, b: x,
            "y is x as it came in: the bias b never takes part.",
            "which line uses b? It has to be added to every row of x.",
        ),
        Mistake(
            "ignores_x",
            lambda x, b: b,
            "y is b as it came in: x never takes part.",
            "which line uses x? Every row of it gets b added.",
        ),
        Mistake(
            "wrong_axis",
            lambda x, b: x + b[:, np.newaxis],
            "b was stood up as a column, so it ran along the clients. Its D numbers "
            "belong to the D readings: along axis 1.",
            "print x.shape and b.shape; the last sizes have to be equal.",
        ),
        Mistake(
            "sum_over_readings",
            lambda x, b: (x + b).sum(axis=1),
            "Each row was added up: y has one number a client. Every reading keeps "
            "its own place, so y has the shape of x.",
            "leave out the sum.",
        ),
        Mistake(
            "sum_over_clients",
            lambda x, b: (x + b).sum(axis=0),
            "Each column was added up: y has one number a reading. Every client keeps "
            "its own row, so y has the shape of x.",
            "leave out the sum.",
        ),
        Mistake(
            "sum_of_all",
            lambda x, b: np.sum(x + b),
            "Everything was added up to one number. Every reading keeps its own "
            "place, so y has the shape of x.",
            "leave out the sum.",
        ),
        Mistake(
            "matrix_product",
            lambda x, b: x @ b,
            "`@` multiplies and adds up: y has one number a client. A bias is added, "
            "entry by entry.",
            "which sign adds two arrays?",
        ),
        Mistake(
            "product",
            lambda x, b: x * b,
            "x is multiplied by b; a bias is added.",
            "try x = [[0, 0]] and b = [1, 2]: y is [[1, 2]].",
        ),
        Mistake(
            "subtracts",
            lambda x, b: x - b,
            "b is subtracted; a bias is added.",
            "try x = [[0, 0]] and b = [1, 2]: y is [[1, 2]].",
        ),
        Mistake(
            "one_row",
            first_row_only,
            "Only the first client got the bias; each row gets it.",
            "look at y[1] - x[1]; it is b.",
        ),
        Mistake(
            "one_number",
            lambda x, b: x + b[0],
            "The same number is added everywhere: the first of b. Reading j gets b[j].",
            "look at y[0] - x[0]; it is b.",
        ),
        Mistake(
            "sum_of_b",
            lambda x, b: x + b.sum(),
            "All of b, added up, is added everywhere. Reading j gets b[j].",
            "look at y[0] - x[0]; it is b.",
        ),
        Mistake(
            "joined",
            lambda x, b: np.vstack([x, b]),
            "b was put below x as another client. It is added to each row.",
            "which sign adds two arrays?",
        ),
    ],
    alternatives=[
        bias_row_by_row,
        bias_entry_by_entry,
        bias_as_a_table,
        bias_on_a_copy,
    ],
)

EXERCISES = [ADD_BIAS]
