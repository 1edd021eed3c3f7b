"""Lesson 12's network: guess the middle word of a ticket from those around it.

The mean of the context's embeddings goes through a linear layer to one logit a word.
"""

import numpy as np

from course_lib import embedding
from course_lib.data import TICKET_WORDS, load_tickets, subsystem_of
from course_lib.layers import linear_backward, linear_forward
from course_lib.losses import softmax_cross_entropy
from course_lib.training import minibatches

GROUPS = np.array([subsystem_of(word) for word in TICKET_WORDS])
RATE = 1.0
BATCH_SIZE = 32


def first_params(D, rng):
    """Draw the network's first parameters.

    Parameters
    ----------
    D : int
        Numbers for each word.
    rng : Generator

    Returns
    -------
    dict of str to ndarray
        E of shape (32, D), of spread 0.1; W (D, 32), of spread 1/sqrt(D); b (32,).
    """
    V = len(TICKET_WORDS)
    return {
        "E": rng.normal(0, 0.1, (V, D)),
        "W": rng.normal(0, np.sqrt(1 / D), (D, V)),
        "b": np.zeros(V),
    }


def loss_and_grads(params, ids, targets, backward=embedding.embedding_backward):
    """Return the loss of some tickets and the gradient of every parameter.

    Parameters
    ----------
    params : dict of str to ndarray
    ids : ndarray of shape (N, K), of integers
    targets : ndarray of shape (N,), of integers
    backward : callable
        In the place of `embedding_backward`.

    Returns
    -------
    loss : float
        In nats.
    grads : dict of str to ndarray
    """
    y, looked_up = embedding.embedding_forward(ids, params["E"])
    logits, cache = linear_forward(y.mean(axis=1), params["W"], params["b"])
    loss, dlogits = softmax_cross_entropy(logits, targets)
    dh, dW, db = linear_backward(dlogits, cache)
    # The mean hands each of the K words one K-th of the blame.
    dy = np.broadcast_to(dh[:, None, :] / ids.shape[1], y.shape)
    return float(loss), {"E": backward(dy, looked_up), "W": dW, "b": db}


def train_words(D, n_epochs, seed, backward=embedding.embedding_backward):
    """Train on the tickets, and yield the parameters before and after each epoch.

    Parameters
    ----------
    D, n_epochs, seed : int
    backward : callable
        In the place of `embedding_backward`.

    Yields
    ------
    dict of str to ndarray
    """
    rng = np.random.default_rng(seed)
    ids, targets = load_tickets().train
    params = first_params(D, rng)
    yield params
    for _ in range(n_epochs):
        for rows in minibatches(len(ids), BATCH_SIZE, rng):
            _, grads = loss_and_grads(params, ids[rows], targets[rows], backward)
            params = {name: w - RATE * grads[name] for name, w in params.items()}
        yield params


def share_at_home(E, nearest=embedding.nearest):
    """Return the share of words whose nearest word is of their own subsystem."""
    firsts = [np.ravel(nearest(E, i, 1))[0] for i in range(len(E))]
    return float(np.mean(GROUPS[firsts] == GROUPS))
