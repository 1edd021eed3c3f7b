"""One step of one array of parameters, for optimizers that remember something.

Each function takes the array, its gradient and what it remembers, and returns the new
array and the new memory. Nothing is changed in place. `course_lib.optimizers` walks
them over the parameters of a layer. Lesson 11 builds all four.
"""

import numpy as np


def momentum_step(w, dw, velocity, learning_rate, beta=0.9):
    """Step along a fading sum of gradients: ``w - learning_rate * velocity``.

    Parameters
    ----------
    w, dw, velocity : ndarray of one shape
        The parameter, its gradient, and the velocity so far, first zeros; the last
        two in loss per unit of `w`.
    learning_rate : float
    beta : float, default=0.9
        The share of the velocity that stays, in [0, 1). At 0 this is gradient descent.

    Returns
    -------
    w, velocity : ndarray
        The new ones; the velocity is ``beta * velocity + dw``.

    Notes
    -----
    Polyak's heavy ball. Under a constant gradient the velocity grows to
    ``dw / (1 - beta)``: with 0.9 the steps become ten times as long. Where the new
    gradient enters as ``(1 - beta) * dw``, the learning rate has to be that much
    larger for the same steps.

    References
    ----------
    Polyak, 1964, "Some methods of speeding up the convergence of iteration methods".
    """
    velocity = beta * velocity + dw
    return w - learning_rate * velocity, velocity


def rmsprop_step(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    """Divide each entry of the gradient by its usual size, then step.

    Parameters
    ----------
    w, dw, v : ndarray of one shape
        The parameter, its gradient, and the running mean of its squared gradient,
        first zeros.
    learning_rate : float
        About as long as a step is, in units of `w`.
    beta : float, default=0.9
        The share of the mean that stays, in [0, 1).
    epsilon : float, default=1e-8
        Above 0; keeps an entry that never had a gradient from dividing by 0.

    Returns
    -------
    w, v : ndarray
        ``v = beta v + (1 - beta) dw²``, then ``w - learning_rate dw / (√v + epsilon)``.

    References
    ----------
    Tieleman and Hinton, 2012, "Lecture 6.5: rmsprop", COURSERA.
    """
    v = beta * v + (1 - beta) * dw**2
    return w - learning_rate * dw / (np.sqrt(v) + epsilon), v


def adam_step(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Step along the mean gradient, divided by its usual size, both corrected.

    Parameters
    ----------
    w, dw, m, v : ndarray of one shape
        The parameter, its gradient, and the running means of its gradient and of its
        squared gradient, first zeros.
    t : int
        The number of this step, the first being 1.
    learning_rate : float
        About as long as a step is, in units of `w`.
    beta1, beta2 : float
        The shares of the two means that stay, in [0, 1).
    epsilon : float, default=1e-8
        Above 0.

    Returns
    -------
    w, m, v : ndarray
        The means as they are kept, without the correction.

    Raises
    ------
    ValueError
        If `t` is below 1: the correction would divide by 0.

    Notes
    -----
    A running mean that starts at 0 is too small at first, by the factor
    ``1 - beta**t``. Without the division by it the first step is 3.16 times too long:
    0.1 / √0.001.

    References
    ----------
    Kingma and Ba, 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
    """
    if t < 1:
        raise ValueError(
            f"adam_step: t is {t}, expected at least 1.\nThe first step has t = 1; at "
            "0 the correction 1 - beta**t divides by 0."
        )
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def adamw_step(
    w,
    dw,
    m,
    v,
    t,
    learning_rate,
    weight_decay,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
):
    """Take Adam's step, and shrink the array by a share of itself beside it.

    Parameters
    ----------
    w, dw, m, v, t, learning_rate, beta1, beta2, epsilon
        As for `adam_step`; `dw` is of the loss alone, without any penalty.
    weight_decay : float
        At each step `w` loses ``learning_rate * weight_decay`` of itself; from 0 up.

    Returns
    -------
    w, m, v : ndarray

    Raises
    ------
    ValueError
        If `t` is below 1.

    Notes
    -----
    A penalty's gradient inside `dw` would be divided by the gradient's usual size like
    the rest, and large gradients would decay less. That is why it stands outside.

    References
    ----------
    Loshchilov and Hutter, 2019, "Decoupled Weight Decay Regularization", algorithm 2;
    the decay is scaled by the learning rate, as in PyTorch.
    """
    stepped, m, v = adam_step(w, dw, m, v, t, learning_rate, beta1, beta2, epsilon)
    return stepped - learning_rate * weight_decay * w, m, v
