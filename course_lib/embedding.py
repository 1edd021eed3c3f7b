"""Embeddings: a table with one row for each token, and who lies near whom in it."""

import numpy as np


def embedding_forward(ids, E):
    """Look tokens up in a table: row ``ids[n, k]`` of E.

    Parameters
    ----------
    ids : ndarray of shape (N, K), of integers
        Token numbers from 0 to V - 1.
    E : ndarray of shape (V, D)
        One row for each token.

    Returns
    -------
    y : ndarray of shape (N, K, D)
    cache : tuple
        ``ids`` and the shape of E.

    Notes
    -----
    The same numbers as one-hot rows of shape (N, K, V) times E, without the V - 1
    products with 0. Lesson 12 builds it.
    """
    return E[ids], (ids, E.shape)


def embedding_backward(dy, cache):
    """Send blame back to the rows that were looked up.

    Parameters
    ----------
    dy : ndarray of shape (N, K, D)
        Upstream gradient, in loss per unit of y.
    cache : tuple
        Of `embedding_forward`.

    Returns
    -------
    dE : ndarray of shape (V, D)
        A token that was looked up several times gets all of its blame; one that was
        not looked up gets none. Token numbers have no gradient.
    """
    ids, shape = cache
    dE = np.zeros(shape, dy.dtype)
    np.add.at(dE, ids, dy)
    return dE


def cosines(E, i):
    """Return the cosine between row `i` of a table and every row.

    Parameters
    ----------
    E : ndarray of shape (V, D)
        No row is 0.
    i : int

    Returns
    -------
    ndarray of shape (V,)
        From -1 to 1: how far two rows point the same way, whatever their lengths.
    """
    directions = E / np.linalg.norm(E, axis=1, keepdims=True)
    return directions @ directions[i]


def nearest(E, i, k):
    """Return the tokens whose rows point most nearly the way of row `i`.

    Parameters
    ----------
    E : ndarray of shape (V, D)
        No row is 0.
    i : int
    k : int
        How many, from 1 to V - 1.

    Returns
    -------
    ndarray of shape (k,), of integers
        The nearest first; never `i` itself.
    """
    order = np.argsort(-cosines(E, i), kind="stable")
    return order[order != i][:k]
