"""Embeddings: looking rows up, sending blame back to them, finding neighbours."""

import numpy as np
import pytest

from course_lib.embedding import (
    cosines,
    embedding_backward,
    embedding_forward,
    nearest,
)
from course_lib.gradients import numerical_gradient


def test_a_look_up_and_its_blame_by_hand():
    E = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    y, cache = embedding_forward(np.array([[1, 1], [0, 1]]), E)
    np.testing.assert_array_equal(y, [[[3, 4], [3, 4]], [[1, 2], [3, 4]]])
    dy = np.array([[[1.0, 10.0], [2.0, 20.0]], [[5.0, 50.0], [4.0, 40.0]]])
    dE = embedding_backward(dy, cache)
    # Row 1 is used three times: 1 + 2 + 4. Row 2 is not used.
    np.testing.assert_array_equal(dE, [[5, 50], [7, 70], [0, 0]])


def test_the_blame_is_the_numerical_gradient(rng):
    ids, E = rng.integers(11, size=(7, 3)), rng.normal(size=(11, 5))
    y, cache = embedding_forward(ids, E)
    dy = rng.normal(size=y.shape)
    numerical = numerical_gradient(
        lambda E: np.sum(dy * embedding_forward(ids, E)[0]), E
    )
    np.testing.assert_allclose(embedding_backward(dy, cache), numerical, atol=1e-8)


def test_a_look_up_is_the_product_with_one_hot_rows(rng):
    ids, E = rng.integers(11, size=(7, 3)), rng.normal(size=(11, 5))
    np.testing.assert_allclose(embedding_forward(ids, E)[0], np.eye(11)[ids] @ E)


def test_writing_by_index_loses_repeated_tokens_and_this_does_not():
    ids, dy = np.array([[1, 1, 1]]), np.ones((1, 3, 2))
    lost = np.zeros((4, 2))
    lost[ids] += dy
    assert lost.sum() == 2
    assert embedding_backward(dy, (ids, (4, 2))).sum() == 6


def test_what_is_looked_up_is_a_copy():
    E = np.ones((3, 2))
    y, _ = embedding_forward(np.array([[0, 1]]), E)
    y[:] = 7
    assert (E == 1).all()


def test_float32_stays_float32(rng):
    E = rng.normal(size=(5, 3)).astype(np.float32)
    y, cache = embedding_forward(np.array([[0, 4]]), E)
    assert y.dtype == np.float32
    assert embedding_backward(y, cache).dtype == np.float32


def test_neighbours_by_hand():
    E = np.array([[1.0, 0.0], [5.0, 5.0], [2.0, 0.1], [-1.0, 0.0]])
    np.testing.assert_allclose(cosines(E, 0), [1, 0.7071, 0.9988, -1], atol=1e-4)
    assert list(nearest(E, 0, 2)) == [2, 1]
    assert list(nearest(E, 0, 3)) == [2, 1, 3]


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_the_length_of_a_row_changes_no_neighbour(rng, factor):
    E = rng.normal(size=(11, 5))
    longer = E.copy()
    longer[4] *= factor
    for i in range(11):
        assert list(nearest(longer, i, 3)) == list(nearest(E, i, 3))


def test_nobody_is_their_own_neighbour_even_of_equal_rows():
    E = np.ones((4, 3))
    for i in range(4):
        assert i not in nearest(E, i, 3)
