"""Ways to keep a network from learning its examples by heart.

The fourth way, more data, needs no code.
"""

import numpy as np

from course_lib.optimizers import gradient_step


def dropout_forward(x, p_drop, rng=None, training=False):
    """Set each entry to 0 with probability `p_drop`, and scale up the others.

    Parameters
    ----------
    x : ndarray of shape (N, D)
    p_drop : float
        Probability that an entry is dropped, in [0, 1). 0 drops nothing.
    rng : Generator, optional
        Draws one mask an entry. Not needed where `training` is False.
    training : bool, default=False
        Only in training anything is dropped; in use ``y = x``.

    Returns
    -------
    y : ndarray of shape (N, D)
        In the units of `x`.
    cache : ndarray of shape (N, D) or float
        What `x` was multiplied by: 0 or ``1 / (1 - p_drop)``; 1.0 in use.

    Raises
    ------
    ValueError
        If `p_drop` is outside [0, 1).

    Notes
    -----
    The factor keeps the mean of `y` at that of `x`, so nothing has to be rescaled in
    use. In a network: ``Layer(partial(dropout_forward, p_drop=0.5),
    dropout_backward)``. Lesson 9 builds it.

    References
    ----------
    N. Srivastava and others (2014), Dropout: a simple way to prevent neural networks
    from overfitting, section 10 (the scaling in training).
    """
    if not 0 <= p_drop < 1:
        raise ValueError(
            f"dropout_forward: p_drop is {p_drop}, expected at least 0 and below 1.\n"
            "It is the share that is dropped, not the share that is kept."
        )
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape) >= p_drop) / (1.0 - p_drop)
    mask = mask.astype(np.result_type(x, np.float32))  # float32 stays float32
    return x * mask, mask


def dropout_backward(dy, cache):
    """Send the gradient back through the entries that were kept.

    Parameters
    ----------
    dy : ndarray of shape (N, D)
        Upstream gradient, in loss per unit of `y`.
    cache : ndarray of shape (N, D) or float
        The cache of `dropout_forward`: the very mask that was used forward.

    Returns
    -------
    dx : ndarray of shape (N, D)
        In loss per unit of `x`.

    Notes
    -----
    Each entry was multiplied by a number, which is its local derivative.
    """
    return dy * cache


def l2_penalty(weights, strength):
    """Return what large weights cost: ``strength / 2 * sum of W^2``, and its gradient.

    Parameters
    ----------
    weights : dict of str to ndarray
        Parameters by name. Those with fewer than two axes are biases, and free.
    strength : float
        At least 0, in loss per squared unit of a weight.

    Returns
    -------
    loss : float
        To be added to the loss.
    grads : dict of str to ndarray
        To be added to the gradients: ``strength * W``, and 0 for biases.

    Notes
    -----
    A bias moves a unit's threshold and bends nothing, so it needs no rein. The half
    makes the gradient ``strength * W``. Lesson 9 derives it.
    """
    loss = sum(strength / 2 * float((w**2).sum()) for w in _matrices(weights).values())
    return loss, {
        name: strength * w if w.ndim > 1 else 0.0 * w for name, w in weights.items()
    }


def sgd_with_l2(params, grads, state, learning_rate, strength):
    """Take one step of gradient descent on the loss and the L2 penalty together.

    Parameters
    ----------
    params, grads, state, learning_rate
        As in `course_lib.optimizers.sgd`.
    strength : float
        That of `l2_penalty`. Bind it: ``partial(sgd_with_l2, strength=0.01)``.

    Returns
    -------
    params : dict of str to ndarray
    state : None
    """
    _, pull = l2_penalty(params, strength)
    total = {name: dw + pull[name] for name, dw in grads.items()}
    return gradient_step(params, total, learning_rate), state


def early_stopping(validation_losses, patience):
    """Return the measurement to go back to, as somebody who cannot see ahead.

    Parameters
    ----------
    validation_losses : sequence of float, of length T
        One a measurement, in order.
    patience : int
        After how many measurements in a row without a new lowest one to stop; at
        least 1.

    Returns
    -------
    best_step : int
        The position of the lowest loss seen by then, from 0.

    Raises
    ------
    ValueError
        If there is no measurement.

    Notes
    -----
    What comes after the stop is never looked at, though the curve may hold it: who
    stops there never measures it. Lesson 9 builds it.
    """
    if len(validation_losses) == 0:
        raise ValueError(
            "early_stopping: no losses, expected at least one.\nMeasure the "
            "validation loss while training: train(..., validation=...)"
        )
    best_step = 0
    for step, loss in enumerate(validation_losses):
        if loss < validation_losses[best_step]:
            best_step = step
        if step - best_step >= patience:
            break
    return best_step


def generalization_gap(train_loss, validation_loss):
    """Return how much more is lost on unseen examples: validation minus training.

    Parameters
    ----------
    train_loss, validation_loss : float or ndarray of one shape
        In nats.

    Returns
    -------
    gap : float or ndarray
        In nats. Below 0 where unseen examples happen to be easier.
    """
    return validation_loss - train_loss


def _matrices(weights):
    return {name: w for name, w in weights.items() if w.ndim > 1}
