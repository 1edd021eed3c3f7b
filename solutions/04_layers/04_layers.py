# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 4. Blame in bulk
#
# Afterwards you can write the backward pass of every layer of a common network, check
# it, and train the network with nothing but your own functions.
#
# **Questions**
# Which product is the gradient? What may pass an activation? Where does the first
# blame come from?
#
# **You will** derive each layer with one example and then for a batch, put the layers
# together, and read handwritten digits.
#
# **Time** 70 minutes.
# **Difficulty** 4 of 5.
# **Before this** [lesson 3](../03_chain_rule/03_chain_rule.ipynb).

# %%
from time import perf_counter

import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.gradients import numerical_gradient
from course_lib.network import Layer, Network
from course_lib.predictions import predict, say_the_loop
from course_lib.training import minibatches, train

rng = np.random.default_rng(4)

# %% [markdown]
# ## The law of shapes
#
# In lesson 3 each node held one number.
# A layer holds tables: a batch of N examples at once, in one product.
#
# A **linear layer** is `y = x @ W + b`: `x` is (N, D), `W` is (D, M), `b` is (M,), and
# `y` is (N, M).
# From above comes `dy`, the blame of every entry of `y`: the **upstream gradient**.
#
# One law holds for all blame: **a gradient has the shape of the array it belongs to.**
# It is a sieve: most products do not even exist.
# Commit, then try all six arrays.

# %%
explorers.layers.shapes()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# In a product the two inner sizes meet and vanish; the outer ones stay.
# `x.T @ dy` is (D, N) @ (N, M) = (D, M), the shape of `W`, and the batch vanishes.
# `dy @ W.T` is (N, M) @ (M, D) = (N, D), the shape of `x`.
#
# The sizes 7, 5 and 3 are all different on purpose.
# Where D equals M, a forgotten `.T` goes unnoticed.
#
# </details>

# %% [markdown]
# ## One example
#
# A shape is no proof, so we derive it.
# One example with two inputs, x = 1 and 2; one output, W = 3 and 4, b = 1.
# Then y = 1 · 3 + 2 · 4 + 1 = 12.
# From above comes dy = 10.
#
# Turn one knob by a little and ask what y does:
#
# | knob | y moves by | blame |
# |---|---|---|
# | W[0] | its x, 1 | 1 · 10 = **10** |
# | W[1] | its x, 2 | 2 · 10 = **20** |
# | b | 1 | 1 · 10 = **10** |
# | x[0] | its W, 3 | 3 · 10 = **30** |
# | x[1] | its W, 4 | 4 · 10 = **40** |

# %% [markdown]
# ### Then the batch
#
# A second example: x = 3 and 5, with dy = 1.
#
# - W and b are used by both examples, and blame from several uses **adds**.
#   dW[0] = 1 · 10 + 3 · 1 = **13**, dW[1] = 2 · 10 + 5 · 1 = **25**, db = 10 + 1 =
#   **11**.
# - x is each example's own. The second row of dx is 3 · 1 and 4 · 1.
#
# So dW sums over the examples n:
#
# $$dW_{jk} = \sum_n x_{nj}\, dy_{nk}$$
#
# A sum over the inner axis is what a matrix product does.

# %% [markdown]
# ### Exercise: `linear_forward`
#
# Every layer is a **pair**.
# The forward function returns `y`, and a **cache**: what its backward function will
# need.
# Here that is the tuple `(x, W)`.
#
# Write `linear_forward(x, W, b)`, which returns `y, cache`.
# By hand: x = [[1, 2]], W = [[3], [4]], b = [1] give y = [[12]].
#
# *3 minutes, difficulty 1 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which product of a (N, D) and a (D, M) array is (N, M)?
#
# </details>
# <details><summary>Hint 2: a shape</summary>
#
# `b` is (M,), the length of a row of the product: adding it just works.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `y = x @ ... + b`, then `return y, (x, W)`.
#
# </details>


# %% solution="linear_forward"
def linear_forward(x, W, b):
    """Return y = x W + b of shape (N, M), and the cache (x, W)."""
    ### BEGIN SOLUTION
    return x @ W + b, (x, W)
    ### END SOLUTION


# %% check="linear_forward"

# %% [markdown]
# ### Exercise: `linear_backward`
#
# Write `linear_backward(dy, cache)`.
# It takes the cache of `linear_forward` and returns `dx, dW, db`, in this order.
# By hand, with the two examples from above:
#
# | array | value |
# |---|---|
# | x, dy | [[1, 2], [3, 5]] and [[10], [1]] |
# | dx | [[30, 40], [3, 4]] |
# | dW | [[13], [25]] |
# | db | [11] |
#
# Do not divide by N: the 1/N of a mean belongs to the loss, and is in `dy` already.
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: which product?</summary>
#
# What shape does each result have to have?
# Which axis has to vanish, the batch, the inputs or the outputs?
#
# </details>
# <details><summary>Hint 2: db is a table, a number, or has N entries</summary>
#
# `b` is (M,). The batch is axis 0; sum along that axis and no other.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dx = dy @ W...`, `dW = x.T @ ...`, `db = dy.sum(axis=...)`.
#
# </details>


# %% solution="linear_backward"
def linear_backward(dy, cache):
    """Return dx (N, D), dW (D, M) and db (M,) for the upstream gradient dy (N, M)."""
    x, W = cache
    ### BEGIN SOLUTION
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)
    ### END SOLUTION


# %% check="linear_backward"

# %% [markdown]
# ## A gradient of another shape
#
# What if `db` keeps its axis and comes out as (1, M)?
# Nothing breaks at once.

# %%
b = np.zeros(3)
db = np.ones((7, 3)).sum(axis=0, keepdims=True)
print("b before", b.shape, " after one step", (b - 0.1 * db).shape)

# %% [markdown]
# `b` has become a table, and it still adds to every row.
# The network trains as if all were well, until something counts its axes.
# The check knows this mistake, and would have said:
#
# > db has shape (1, M), and b has (M,). A gradient has the shape of the array it
# > belongs to, or the update makes b a table.

# %% [markdown]
# ## What lets blame pass
#
# Between linear layers stands an **activation**, a bend applied to each entry alone.
# Its input is called z.
#
# | activation | y | range |
# |---|---|---|
# | sigmoid | 1 / (1 + e^−z) | 0 to 1 |
# | tanh | tanh z | −1 to 1 |
# | ReLU | max(z, 0) | from 0 up |
#
# Each entry of y hangs on one z alone, so blame needs no product of matrices here.
# What arrives is multiplied by the **derivative** of that entry: how far y moves for
# each unit of z.
# How steep does the sigmoid get?
# Its curve climbs from 0 to 1, and takes its time.

# %%
explorers.layers.activation()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# The sigmoid passes a quarter at best, and at z = −6 or 6 no more than 0.25 %: it is
# **saturated**.
# tanh passes everything at 0, and at z = 2 still 7 %.
# ReLU passes all or nothing.
#
# </details>

# %% [markdown]
# ### The derivative from the output
#
# With u = e^−z the sigmoid is y = 1 / (1 + u).
# When z grows by a little, u shrinks by u times as much, so
#
# $$\frac{dy}{dz} = \frac{u}{(1 + u)^2} = \frac{1}{1 + u} \cdot \frac{u}{1 + u}
# = y\,(1 - y)$$
#
# | activation | derivative | cache |
# |---|---|---|
# | sigmoid | y (1 − y) | its output y |
# | tanh | 1 − y² | its output y |
# | ReLU | 1 where z > 0, else 0 | its input z |
#
# Sigmoid and tanh need only their output, so no power is computed twice.

# %% [markdown]
# ### Exercise: `sigmoid_backward`
#
# Write the pair: `sigmoid_forward(x)` returns `y, cache` with `y` itself as the cache,
# and `sigmoid_backward(dy, cache)` returns `dx`.
# All arrays have one shape, and inputs of −800 and 800 stay finite.
#
# | x | y | dy | dx |
# |---|---|---|---|
# | 0 | 0.5 | 4 | 4 · 0.5 · 0.5 = 1 |
# | 2 | 0.881 | 1 | 0.881 · 0.119 = 0.105 |
# | −2 | 0.119 | 1 | 0.105 |
#
# *6 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which array does the formula y (1 − y) need, and where do you have it?
#
# </details>
# <details><summary>Hint 2: NaN for large inputs</summary>
#
# `np.exp(x) / (1 + np.exp(x))` is inf / inf at 800.
# Divide above and below by the power: one of the two forms stays finite at both ends.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `y = 1 / (1 + np.exp(...))`, then `return y, y`.
#
# Back: `dy * y * (...)`.
#
# </details>


# %% solution="sigmoid_backward"
def sigmoid_forward(x):
    """Return y = 1 / (1 + exp(-x)), and y as the cache."""
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))
    y = np.where(x >= 0, 1, small) / (1 + small)
    return y, y
    ### END SOLUTION


def sigmoid_backward(dy, cache):
    """Return dx for the upstream gradient dy; the cache is the sigmoid's output."""
    y = cache
    ### BEGIN SOLUTION
    return dy * y * (1 - y)
    ### END SOLUTION


# %% check="sigmoid_backward"

# %% [markdown]
# ### Exercise: `tanh_backward`
#
# `tanh_forward` is there; its cache is its output `y`.
# Write `tanh_backward(dy, cache)`, which returns `dx`.
#
# | x | y | dy | dx |
# |---|---|---|---|
# | 0 | 0 | 3 | 3 · 1 = 3 |
# | 1 | 0.762 | 1 | 1 − 0.580 = 0.420 |
# | −1 | −0.762 | 2 | 0.840 |
#
# *3 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what is squared?</summary>
#
# The derivative is 1 − y².
# Is y what came in, or what came out?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# Multiply entry by entry, with `*`; `dy`, `y` and `dx` have one shape.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return dy * (1 - ...)`
#
# </details>


# %% solution="tanh_backward"
def tanh_forward(x):
    """Return y = tanh(x), and y as the cache."""
    y = np.tanh(x)
    return y, y


def tanh_backward(dy, cache):
    """Return dx for the upstream gradient dy; the cache is the output of tanh."""
    y = cache
    ### BEGIN SOLUTION
    return dy * (1 - y * y)
    ### END SOLUTION


# %% check="tanh_backward"

# %% [markdown]
# ### Exercise: `relu_backward`
#
# `relu_forward` is there; its cache is its input `x`.
# Write `relu_backward(dy, cache)`: blame passes where the unit was on.
#
# | x | −1 | 2 | 3 |
# |---|---|---|---|
# | dy | 5 | −6 | 7 |
# | dx | 0 | −6 | 7 |
#
# At exactly 0 there is no derivative, only a kink.
# We take 0 there; 1 is accepted too, for it never matters in practice.
#
# *3 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: my −6 disappears</summary>
#
# What decides whether blame passes: the sign of the blame, or whether the unit was on?
#
# </details>
# <details><summary>Hint 2: "changed its input"</summary>
#
# `dy[mask] = 0` writes into the caller's array.
# A product makes a new one.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return dy * (... > 0)`; True counts as 1, False as 0.
#
# </details>


# %% solution="relu_backward"
def relu_forward(x):
    """Return y = max(x, 0), and x as the cache."""
    return np.maximum(x, 0), x


def relu_backward(dy, cache):
    """Return dx for the upstream gradient dy; the cache is the input of relu."""
    x = cache
    ### BEGIN SOLUTION
    return dy * (x > 0)
    ### END SOLUTION


# %% check="relu_backward"

# %% [markdown]
# ## Where the first blame comes from
#
# Every backward function needs a `dy` from above.
# The first comes from the loss: `dlogits`, the blame of each logit.
#
# Here are eight digits and a trained network; each row is one digit, each column one
# class.
# The last digit is misread.
# The slider makes all logits larger or smaller.
# Commit first.

# %%
explorers.layers.blame()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Only the label's cell is below 0: a step against the gradient raises that logit.
# Its size is how much probability is still missing, and the others share it: a row sums
# to 0.
#
# At scale 20 the seven digits that are right get no blame any more.
# The misread one gets −1 and +1.
#
# </details>

# %% [markdown]
# ### Five lines by hand
#
# One example, logits 2, 0 and 1, label 0.
#
# | line | formula | values |
# |---|---|---|
# | 1. powers | e^z | 7.389, 1, 2.718 |
# | 2. total | their sum | 11.107 |
# | 3. probs | power / total | 0.665, 0.090, 0.245 |
# | 4. surprise | −ln(probs[label]) | 0.408 |
# | 5. loss | mean over N | 0.408 |
#
# Go back with lesson 3's rules, and the answer collapses:
#
# | logit | 2 (label) | 0 | 1 |
# |---|---|---|---|
# | blame | 0.665 − 1 = −0.335 | 0.090 | 0.245 |
#
# That is **probs − onehot**: a **onehot** row is 1 at the label and 0 elsewhere.

# %% [markdown]
# ### Exercise: `softmax_cross_entropy`
#
# Write `softmax_cross_entropy(logits, labels)`, which returns `loss, dlogits`.
# `logits` is (N, C), `labels` (N,); the loss is lesson 1's cross-entropy, one number,
# and `dlogits` is (N, C).
# The loss is a mean, so each row's blame is divided by N.
#
# | logits | label | dlogits, N = 2 |
# |---|---|---|
# | 2, 0, 1 | 0 | −0.167, 0.045, 0.122 |
# | 0, 3, 0 | 2 | 0.023, 0.455, −0.477 |
#
# The loss is 1.751.
#
# *9 minutes, difficulty 4 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With `probs`, as in lesson 1: subtract each row's largest logit first.
# What does the loss pick from it, and what does the gradient subtract?
#
# </details>
# <details><summary>Hint 2: "the -onehot / N part is 2 times too large"</summary>
#
# You divided probs by N and subtracted 1 afterwards.
# First the whole difference, then divide.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `rows = np.arange(len(labels))` and `-np.log(probs[rows, labels]).mean()`
#
# `onehot = np.zeros(probs.shape)`, then `onehot[rows, labels] = 1`
#
# `dlogits = (probs - ...) / ...`
#
# </details>


# %% solution="softmax_cross_entropy"
def softmax_cross_entropy(logits, labels):
    """Return the mean cross-entropy in nats, and dlogits of shape (N, C)."""
    ### BEGIN SOLUTION
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = powers / powers.sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]
    loss = float(-np.log(probs[np.arange(len(labels)), labels]).mean())
    return loss, (probs - onehot) / len(labels)
    ### END SOLUTION


# %% check="softmax_cross_entropy"

# %% [markdown]
# ## Half divided
#
# A common slip: divide `probs` by N, and only then subtract the 1.
# Here it is on purpose, with the two rows from above.
# What should a row sum to?

# %%
dlogits = np.array([[0.665, 0.090, 0.245], [0.045, 0.910, 0.045]]) / 2
dlogits[[0, 1], [0, 2]] -= 1
print("row sums", dlogits.sum(axis=1))

# %% [markdown]
# Not 0: the right class is pushed up harder than the others are pushed down.
# The check takes your `dlogits` apart into its two parts, probs / N and −onehot / N.
# It would have said:
#
# > dlogits: the -onehot / N part is 2 times too large, and 2 is your batch size.
# > Everything else in it is right.

# %% [markdown]
# ## The long way round
#
# Does it really collapse?
# Here are the five lines, and each one's blame below it, from the last to the first.
# Nothing but lesson 3: local derivative times what arrives, and fan-out adds.

# %%
logits, labels = rng.normal(0, 2, size=(7, 11)), rng.integers(0, 11, size=7)
onehot = np.eye(11)[labels]
powers = np.exp(logits)
total = powers.sum(axis=1, keepdims=True)
probs = powers / total
surprise = -np.log((probs * onehot).sum(axis=1))
loss = surprise.mean()

dsurprise = np.ones((7, 1)) / 7
dprobs = -dsurprise * onehot / probs
dtotal = -(dprobs * powers).sum(axis=1, keepdims=True) / total**2
dpowers = dprobs / total + dtotal
dlogits = dpowers * powers
difference = np.abs(dlogits - softmax_cross_entropy(logits, labels)[1]).max()
print(f"largest difference from yours: {difference:.0e}")

# %% [markdown]
# The total is used by every class, so `dpowers` has two terms, and they add.
# Five lines back give the same as one.
# The one line is also safer: where a probability becomes 0, `onehot / probs` divides by
# 0, and `probs - onehot` does not.

# %% [markdown]
# ### Exercise: `mlp_forward`
#
# Now the network: 64 pixels, 32 hidden tanh units, 10 classes, or 64-32-10.
# A network of linear layers with activations between is called an **MLP**.
#
# - z = linear(x, W1, b1)
# - h = tanh(z)
# - logits = linear(h, W2, b2)
#
# Write `mlp_forward(x, params)`, with your own pairs.
# `params` is a dict with `W1`, `b1`, `W2`, `b2`.
# Return `logits` and a cache: whatever your `mlp_backward` will need.
# The three layers' caches in a tuple are enough.
#
# *4 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what do I keep?</summary>
#
# Each of the three calls returns two things.
# Which of them does its backward function ask for?
#
# </details>
# <details><summary>Hint 2: a shape</summary>
#
# x (N, 64), z and h (N, 32), logits (N, 10).
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `z, first = linear_forward(x, params["W1"], params["b1"])`
#
# Two more such lines, then `return logits, (first, second, third)`.
#
# </details>


# %% solution="mlp_forward"
def mlp_forward(x, params):
    """Return the logits of linear, tanh, linear; and the three layers' caches."""
    ### BEGIN SOLUTION
    z, first = linear_forward(x, params["W1"], params["b1"])
    h, second = tanh_forward(z)
    logits, third = linear_forward(h, params["W2"], params["b2"])
    return logits, (first, second, third)
    ### END SOLUTION


# %% check="mlp_forward"

# %% [markdown]
# ### Exercise: `mlp_backward`
#
# The same three layers, from the last to the first.
# Write `mlp_backward(dlogits, cache)`.
# Return `grads`, a dict with the names of `params`: `W1`, `b1`, `W2`, `b2`.
#
# By hand, with one of everything: x = 1, W1 = 0.5, b1 = 0, so z = 0.5 and h = 0.462.
# W2 is [[2, −1]], and dlogits [[0.3, −0.3]].
#
# | name | value |
# |---|---|
# | W2, b2 | h · dlogits = 0.139, −0.139; and 0.3, −0.3 |
# | dh | 0.3 · 2 + 0.3 · 1 = 0.9 |
# | dz | 0.9 · (1 − 0.462²) = 0.708 |
# | W1, b1 | 1 · 0.708 and 0.708 |
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# At the end: which layer made the logits, and which cache is its?
#
# </details>
# <details><summary>Hint 2: W1 differs, W2 is right</summary>
#
# Between the two linear layers stands tanh, and it has a backward call of its own.
# Its result, and not dh, goes on.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dh, dW2, db2 = linear_backward(dlogits, third)`
#
# `dz = tanh_backward(...)`, then `_, dW1, db1 = linear_backward(...)`
#
# </details>


# %% solution="mlp_backward"
def mlp_backward(dlogits, cache):
    """Return the gradients of W1, b1, W2 and b2, by name."""
    ### BEGIN SOLUTION
    first, second, third = cache
    dh, dW2, db2 = linear_backward(dlogits, third)
    dz = tanh_backward(dh, second)
    _, dW1, db1 = linear_backward(dz, first)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    ### END SOLUTION


# %% check="mlp_backward"

# %% [markdown]
# ## Ask the judge
#
# Two ways that share no line should meet: your backward pass and lesson 2's probe.
# The upstream gradient is random, because ones hide mistakes.
# First the digits, and first weights: small, and random.


# %%
def first_params(rng):
    return {
        "W1": rng.normal(0, np.sqrt(1 / 64), (64, 32)),
        "b1": np.zeros(32),
        "W2": rng.normal(0, np.sqrt(1 / 32), (32, 10)),
        "b2": np.zeros(10),
    }


digits = load("digits")
x, labels = digits.train
params = first_params(rng)
print({name: w.shape for name, w in params.items()})

# %% [markdown]
# With a fixed random `dy`, the number that we probe is the sum of `dy * logits`.
# Its gradient with respect to the logits is `dy`, so `mlp_backward(dy, cache)` and the
# probe should give the same.

# %%
logits, cache = mlp_forward(x[:7], params)
dy = rng.normal(size=logits.shape)
grads = mlp_backward(dy, cache)
for name in params:

    def probed(w, name=name):
        return np.sum(dy * mlp_forward(x[:7], params | {name: w})[0])

    numerical = numerical_gradient(probed, params[name])
    error = np.abs(numerical - grads[name]).max() / np.abs(numerical).max()
    print(f"{name}: relative error {error:.0e}")

# %% [markdown]
# Relative errors below 1e-7 in all 2410 weights: your formulas are the slopes.
#
# ## Use it: read digits
#
# Every line of this loop is yours: forward, loss, backward, update.
# Batches of 32, a learning rate of 0.5, 20 passes through 1077 images.
# The network is then tested on 360 images that it has never seen.

# %%
unseen, truth = digits.validation
share = predict("share_right", "What share of the unseen digits does it read right?")

# %%
start = perf_counter()
for _ in range(20):
    for rows in minibatches(len(x), 32, rng):
        logits, cache = mlp_forward(x[rows], params)
        loss, dlogits = softmax_cross_entropy(logits, labels[rows])
        grads = mlp_backward(dlogits, cache)
        params = {name: params[name] - 0.5 * grads[name] for name in params}
seconds = perf_counter() - start
print(f"{seconds:.2f} seconds for 680 steps, each with all 2410 slopes")

# %%
right = np.mean(mlp_forward(unseen, params)[0].argmax(axis=1) == truth)
share.reveal(
    round(float(right), 3),
    "Lesson 2's ten detectors, which had no hidden layer, read 0.944.",
)

# %% [markdown]
# By probing, each of the 680 steps would have taken 4820 losses.
#
# Your pairs also fit into the course's `Layer` and `Network`: any two functions that
# keep the promise of a pair are a layer.
# Here tanh makes room for ReLU, and not one formula changes.

# %%
wide = first_params(rng)
network = Network(
    [
        Layer(linear_forward, linear_backward, W=wide["W1"], b=wide["b1"]),
        Layer(relu_forward, relu_backward),
        Layer(linear_forward, linear_backward, W=wide["W2"], b=wide["b2"]),
    ]
)
train(network, x, labels, learning_rate=0.3, epochs=20, batch_size=32, rng=rng)
print("right:", np.mean(network.predict(unseen).argmax(axis=1) == truth).round(3))

# %% [markdown]
# ## Ticket 4
#
# The same network, the same digits, the same learning rate.
# It starts as it should, learns quickly, and then stops short.
# Compare the readings, then commit a diagnosis.

# %%
explorers.layers.half_learned()

# %% [markdown]
# <details><summary>What it teaches, when you have committed</summary>
#
# Nine out of ten, with a first layer that is frozen: the second layer reads 32 random
# features, and it learns to live with them.
# **A falling loss does not prove a backward pass.**
# Lesson 5 collects the instruments that can.
#
# </details>

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 3, 2 and 1.
# Answer from memory, then check.

# %%
explorers.layers.five_questions()

# %% [markdown]
# ### What you saw
#
# **Which product is the gradient?** The one with the right shape that sums over what
# was shared: the batch, for W and b.
#
# **What may pass an activation?** What arrives, times the derivative: a quarter at most
# for the sigmoid, all or nothing for ReLU.
#
# **Where does the first blame come from?** From the loss: probs − onehot, divided by N.
#
# Now say the loop aloud, and write it down as you say it.

# %%
say_the_loop()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 5](../05_instruments/05_instruments.ipynb) builds the instruments
# that tell a right backward pass from one that merely trains.

# %% submit=true
