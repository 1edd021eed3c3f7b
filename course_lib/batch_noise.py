"""The gradient of a batch as a noisy reading of the gradient of all examples.

The network is lesson 4's, linear, tanh, linear, with its four parameters in one dict.
"""

import numpy as np

from course_lib import layers
from course_lib.initializers import init_xavier
from course_lib.losses import softmax_cross_entropy


def first_params(rng, sizes=(64, 32, 10)):
    """Draw the parameters of a network with one hidden layer.

    Parameters
    ----------
    rng : Generator
    sizes : tuple of three ints
        Inputs D, hidden units M and classes C.

    Returns
    -------
    dict of str to ndarray
        ``W1`` (D, M), ``b1`` (M,), ``W2`` (M, C), ``b2`` (C,).
    """
    D, M, C = sizes
    return {
        "W1": init_xavier(D, M, rng),
        "b1": np.zeros(M),
        "W2": init_xavier(M, C, rng),
        "b2": np.zeros(C),
    }


def loss_and_grads(params, x, labels):
    """Run lesson 4's network forward and back on a batch.

    Parameters
    ----------
    params : dict of str to ndarray
        As `first_params` returns them.
    x : ndarray of shape (N, D)
    labels : ndarray of shape (N,), of integers

    Returns
    -------
    loss : float
        Mean cross-entropy of the batch, in nats.
    grads : dict of str to ndarray
        Its gradient, under the names of `params`.

    Notes
    -----
    Lesson 4 derives every line.
    """
    z, first = layers.linear_forward(x, params["W1"], params["b1"])
    h, second = layers.tanh_forward(z)
    logits, third = layers.linear_forward(h, params["W2"], params["b2"])
    loss, dlogits = softmax_cross_entropy(logits, labels)
    dh, dW2, db2 = layers.linear_backward(dlogits, third)
    dz = layers.tanh_backward(dh, second)
    _, dW1, db1 = layers.linear_backward(dz, first)
    return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def predict_logits(params, x):
    """Return the logits of lesson 4's network, of shape (N, C)."""
    return np.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]


def flat(grads):
    """Lay all gradients end to end.

    Parameters
    ----------
    grads : dict of str to ndarray

    Returns
    -------
    ndarray of shape (P,)
        One number for each of the P parameters.
    """
    return np.concatenate([dw.ravel() for dw in grads.values()])


def gradient_noise(gradients, full_gradient):
    """Return how far batch gradients lie from the true one, as a root mean square.

    Parameters
    ----------
    gradients : ndarray of shape (K, P)
        The gradients of K batches, one a row.
    full_gradient : ndarray of shape (P,)
        The gradient over all the examples.

    Returns
    -------
    float
        ``sqrt(mean over k of |g_k - g|^2)``, in loss per unit of the parameters.

    Notes
    -----
    It falls as one over the root of the batch size; lesson 6 measures it.
    """
    distances = np.sum((gradients - full_gradient) ** 2, axis=1)
    return float(np.sqrt(np.mean(distances)))


def cosines(gradients, full_gradient):
    """Return the cosine between each gradient and the true one.

    Parameters
    ----------
    gradients : ndarray of shape (K, P)
    full_gradient : ndarray of shape (P,)

    Returns
    -------
    ndarray of shape (K,)
        1 for the same direction, 0 for a right angle, below 0 for uphill.
    """
    lengths = np.linalg.norm(gradients, axis=1) * np.linalg.norm(full_gradient)
    return gradients @ full_gradient / lengths


def without_repeats(batch_size, n_examples):
    """Return by what drawing without repeats shrinks the noise of a batch.

    Parameters
    ----------
    batch_size, n_examples : int
        At least 2 examples.

    Returns
    -------
    float
        ``sqrt((N - B) / (N - 1))``: 1 for a single example, 0 for all of them.
    """
    return float(np.sqrt((n_examples - batch_size) / (n_examples - 1)))
