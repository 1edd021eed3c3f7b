# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 8. Keeping signals in range
#
# Afterwards you can put an automatic gain control between any two layers, send blame
# back through it, and say which ill networks it cures.
#
# **Questions**
# Whose mean is subtracted? Along which ways does blame come back? What does it not
# rescue?
#
# **You will** write batch and layer normalization, forward and backward, and train ten
# sigmoid layers with them.
#
# **Time** 55 minutes.
# **Difficulty** 5 of 5.
# **Before this** [lesson 7](../07_vanishing_gradients/07_vanishing_gradients.ipynb).

# %%
import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.gradients import numerical_gradient
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.normalization import init_batchnorm
from course_lib.predictions import predict, say_the_loop
from course_lib.training import train

rng = np.random.default_rng(8)
digits = load("digits")
x, labels = digits.train

# %% [markdown]
# ## Measure, then correct
#
# In lesson 7 a signal lost or gained a few decibels at every layer, and after ten
# layers it was noise or NaN.
# The cure there was a careful start.
#
# A technician would do something else: put a meter behind every stage, and turn the
# gain until the level is right.
# Subtract the mean, divide by the standard deviation: mean 0, spread 1.
# That is **normalization**.
#
# We try it by hand, on the 64 pixels of the digits.

# %%
broken = predict(
    "broken_pixels",
    "Subtract each pixel's mean and divide by its standard deviation. How many of "
    "the 64 pixels become NaN?",
    unit="pixels",
)

# %%
with np.errstate(invalid="ignore"):
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
nan_pixels = np.flatnonzero(np.isnan(scaled).any(axis=0))
broken.reveal(
    len(nan_pixels),
    f"Pixels {', '.join(map(str, nan_pixels))} are white in all 1077 images: 0 / 0.",
)

# %% [markdown]
# ### A little variance for all
#
# Three of them, 0, 32 and 39, are white in every one of the 1797 images.
# A dead unit, always 0, would do the same harm in the middle of a network.
#
# So a small **epsilon**, 0.00001, is added to the **variance**, the mean square after
# the mean is taken out.
# The root comes afterwards.

# %%
scaled = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
spreads = scaled.std(axis=0)
print("NaN:", np.isnan(scaled).any(), " spreads:", np.unique(spreads.round(2)))

# %% [markdown]
# Constant pixels become 0, and most others get the spread 1.
# Where the variance is itself about as small as epsilon, the spread stays below 1:
# 0.52 for a pixel that was inked once, and faintly.
#
# ## Five examples, one mean
#
# Inside a network the levels change at every update.
# **Batch normalization** therefore takes mean and variance from the batch at hand, for
# each feature anew.
# Here is a batch of five examples, and one feature.
# Commit, then move A.

# %%
explorers.normalization.five_examples()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# All five move, for A moves the mean and the spread.
# A itself cannot leave: among five examples no output is farther out than 2.
#
# So the blame of one output reaches every input, on three paths:
#
# - the **direct** path, to A alone;
# - **through the mean**, the same share to everybody;
# - **through the variance**, to each in proportion to its own output.
#
# Together they sum to 0: if all five move alike, no output moves.
#
# </details>

# %% [markdown]
# ### One batch by hand
#
# Two examples, x = 1 and 3.
# The mean is 2, the variance 1, so **normalized** is −1 and 1.
#
# Always 0 and 1 would be too strict: a layer may need another level.
# Two learned numbers a feature give it back, **gamma** for the scale and **beta** for
# the shift: y = gamma · normalized + beta.
# With gamma = 2 and beta = 10, y is 8 and 12.
#
# Backward will need four of the values on the way: the cache is
# `(centred, std, normalized, gamma)`, where centred is x − mean, and std is
# √(variance + epsilon).

# %% [markdown]
# ### And a single example?
#
# A trained network is asked about one digit.
# The mean of one example is the example: what is left is 0.
#
# So in training we also keep **running statistics**, an average over the batches that
# forgets slowly, and use them in **evaluation**.
# With a momentum of 0.9, old mean 5 and old variance 4:
#
# | running | 0.9 · old + 0.1 · new |
# |---|---|
# | mean | 0.9 · 5 + 0.1 · 2 = 4.7 |
# | variance | 0.9 · 4 + 0.1 · 1 = 3.7 |
#
# They come in as an argument and go out as a result, for a function of this course
# remembers nothing.

# %% [markdown]
# ### Exercise: `batchnorm_forward`
#
# Write `batchnorm_forward(x, gamma, beta, running, training, momentum=0.9,
# epsilon=1e-5)`, which returns `y, cache, running`.
# `x` is (N, D); `gamma`, `beta` and both entries of the dict `running`, `"mean"` and
# `"variance"`, are (D,).
#
# | x = 1, 3; gamma 2, beta 10; running 5, 4 | y | running after |
# |---|---|---|
# | `training=True` | 8, 12 | 4.7, 3.7 |
# | `training=False` | 6, 8 | 5, 4 |
#
# Variances are divided by N, and the dict that came in stays as it is.
#
# *8 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# The two modes differ only in where mean and variance come from. What comes after is
# the same for both.
#
# </details>
# <details><summary>Hint 2: NaN, or a shape</summary>
#
# NaN: epsilon goes under the root, in both modes.
#
# Mean and variance are (D,): the batch, axis 0, vanishes. `x.var(axis=0)` divides by N.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `mean, variance = running["mean"], running["variance"]`
#
# `if training:` take both from x, and
# `running = {"mean": momentum * running["mean"] + ..., "variance": ...}`
#
# Then `centred`, `std`, `normalized`, one line each.
#
# </details>


# %% solution="batchnorm_forward"
def batchnorm_forward(x, gamma, beta, running, training, momentum=0.9, epsilon=1e-5):
    """Return y, the cache (centred, std, normalized, gamma), and the next running."""
    ### BEGIN SOLUTION
    mean, variance = running["mean"], running["variance"]
    if training:
        mean, variance = x.mean(axis=0), x.var(axis=0)
        running = {
            "mean": momentum * running["mean"] + (1 - momentum) * mean,
            "variance": momentum * running["variance"] + (1 - momentum) * variance,
        }
    centred, std = x - mean, np.sqrt(variance + epsilon)
    normalized = centred / std
    return gamma * normalized + beta, (centred, std, normalized, gamma), running
    ### END SOLUTION


# %% check="batchnorm_forward"

# %% [markdown]
# ## Two modes, one network
#
# A trained network, with batch normalization in its hidden layer.
# One digit is put into 40 batches, each time among other digits.
# What does the network say about it?
# Commit, then try both statistics, and all batch sizes.

# %%
explorers.normalization.whose_statistics()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# In training mode an answer depends on the company.
# In pairs the same digit is now certain, now impossible; in batches of 64 the answers
# still differ.
# With the running statistics it is always the same.
#
# The noise is no accident to be repaired: in training it is a part of what batch
# normalization does.
# But an answer to a question must not hang on who else is asking.
#
# </details>

# %% [markdown]
# ## Three paths, eight lines
#
# Forward, in training, is a graph as in lesson 3, with a column in every node:
#
# | node | from |
# |---|---|
# | mean | x |
# | centred | x, mean |
# | variance | centred |
# | std | variance |
# | normalized | centred, std |
# | y | normalized, gamma, beta |
#
# Two nodes are used twice: x by mean and centred, centred by variance and normalized.
# Blame from two uses adds, so two of the eight lines of the way back have two terms.
#
# A mean over N hands 1/N of its blame to each example.

# %% [markdown]
# ### The way back in whole numbers
#
# x = 1, 1, 5, 5: mean 3, centred −2, −2, 2, 2, variance 4, std 2, normalized −1, −1, 1,
# 1.
# With gamma = 2, and dy = 4, 0, 0, 0:
#
# | line | value | because |
# |---|---|---|
# | dbeta | 4 | added to all |
# | dgamma | −4 | 4 · (−1) |
# | dnormalized | 8, 0, 0, 0 | times gamma |
# | dstd | 4 | −(8 · (−2)) / 2² |
# | dvariance | 1 | 4 / (2 · 2), the slope of a root |
# | dcentred | 3, −1, 1, 1 | 8/2 + 2 · (−2) · 1/4; then −1, 1, 1 |
# | dmean | −4 | −(3 − 1 + 1 + 1) |
# | dx | 2, −2, 0, 0 | 3 − 4/4; then −1 − 1, 1 − 1, 1 − 1 |

# %% [markdown]
# ### Exercise: `batchnorm_backward`
#
# Write `batchnorm_backward(dy, cache)`, which returns `dx, dgamma, dbeta`: of shape
# (N, D), (D,) and (D,).
# It follows a forward pass in training.
# Use the eight names of the table, one line each.
#
# *12 minutes, difficulty 5 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# At the end: y = gamma · normalized + beta. Whose blame can you write down at once?
# Which of the three is shared by the examples, and therefore summed?
#
# </details>
# <details><summary>Hint 2: "the path through ... is missing"</summary>
#
# dcentred has two terms: from normalized, divided by std; and from variance, where a
# square gives 2 · centred and the mean gives 1/N.
#
# dx has two terms: dcentred, and dmean / N.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dstd = -(dnormalized * centred).sum(axis=0) / std**2`
#
# `dvariance = dstd / (2 * ...)`
#
# `dcentred = dnormalized / std + 2 * centred * dvariance / len(dy)`
#
# `dmean = -dcentred.sum(axis=...)`
#
# </details>


# %% solution="batchnorm_backward"
def batchnorm_backward(dy, cache):
    """Return dx (N, D), dgamma (D,) and dbeta (D,), line by line."""
    centred, std, normalized, gamma = cache
    ### BEGIN SOLUTION
    dbeta = dy.sum(axis=0)
    dgamma = (dy * normalized).sum(axis=0)
    dnormalized = dy * gamma
    dstd = -(dnormalized * centred).sum(axis=0) / std**2
    dvariance = dstd / (2 * std)
    dcentred = dnormalized / std + 2 * centred * dvariance / len(dy)
    dmean = -dcentred.sum(axis=0)
    dx = dcentred + dmean / len(dy)
    return dx, dgamma, dbeta
    ### END SOLUTION


# %% check="batchnorm_backward"

# %% [markdown]
# ## A path forgotten
#
# Who treats the mean as a constant returns `dcentred` for dx.
# Here is that mistake, on seven examples with random blame, beside what you wrote.
# Sum each column.

# %%
batch, dy = rng.normal(3, 2, size=(7, 5)), rng.normal(size=(7, 5))
start = init_batchnorm(5)
y, cache, _ = batchnorm_forward(batch, **start, training=True)
dx, _, _ = batchnorm_backward(dy, cache)
without_mean = dx + dy.mean(axis=0) / cache[1]
print("through the mean missing:", without_mean.sum(axis=0).round(2))
print("yours:                   ", dx.sum(axis=0).round(12))

# %% [markdown]
# A column that moves as a whole moves no output, so its blame sums to 0.
# That needs no numerical gradient: it is an **invariant**, and costs one sum.
#
# The check knows all three paths, and splits your `dx` into them.
# It would have said:
#
# > dx: the path through the mean is missing. Everything else in it is right.
#
# Does the invariant prove your `dx`?
# No: zeros pass too.
# So we ask the judge of lesson 2 as well.

# %%
numerical = numerical_gradient(
    lambda x: np.sum(dy * batchnorm_forward(x, **start, training=True)[0]), batch
)
print(f"relative error: {np.abs(dx - numerical).max() / np.abs(dx).max():.0e}")

# %% [markdown]
# ## Eight lines into one
#
# Centred sums to 0 in each column, so the path through the variance gives nothing to
# dmean.
# Then everything is gamma / std times
#
# $$dy - \frac{dbeta}{N} - normalized \cdot \frac{dgamma}{N}$$
#
# The three paths are still there: direct, mean, variance.
# By hand, with the numbers from above and gamma / std = 1:
#
# | dy | − dbeta / N | − normalized · dgamma / N | dx |
# |---|---|---|---|
# | 4 | − 1 | − (−1) · (−1) | 2 |
# | 0 | − 1 | − (−1) · (−1) | −2 |
# | 0 | − 1 | − 1 · (−1) | 0 |

# %% [markdown]
# ### Exercise: `batchnorm_backward_compact`
#
# Write `batchnorm_backward_compact(dy, cache)`: the same three results, in two or three
# lines.
#
# *4 minutes, difficulty 3 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which two of the results does the formula for dx use?
#
# </details>
# <details><summary>Hint 2: a shape</summary>
#
# gamma, std, dbeta and dgamma are (D,), and meet every row of the (N, D) arrays.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dbeta, dgamma = dy.sum(axis=0), (dy * normalized).sum(axis=0)`
#
# `dx = gamma / std * (dy - ... / len(dy) - normalized * ... / len(dy))`
#
# </details>


# %% solution="batchnorm_backward_compact"
def batchnorm_backward_compact(dy, cache):
    """Return dx (N, D), dgamma (D,) and dbeta (D,), in a formula."""
    centred, std, normalized, gamma = cache
    ### BEGIN SOLUTION
    dbeta, dgamma = dy.sum(axis=0), (dy * normalized).sum(axis=0)
    dx = gamma / std * (dy - dbeta / len(dy) - normalized * dgamma / len(dy))
    return dx, dgamma, dbeta
    ### END SOLUTION


# %% check="batchnorm_backward_compact"

# %% [markdown]
# ## Along the other axis
#
# A table of examples by features has two axes to take a mean along.
# **Layer normalization** takes the other one: each example is normalized by its own
# features, a row and not a column.
# Nobody depends on anybody, so there are no modes and nothing to remember.
#
# The frames below show who shares a mean.
# Commit, then make an example larger, and a feature.

# %%
explorers.normalization.axes()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Layer normalization forgets how large an example is, and batch normalization forgets
# how large a feature is.
# Neither forgets both.
#
# And what is made larger reaches others only where they share a frame: in layer
# normalization a large feature moves the rest of its row, in batch normalization a
# large example moves everybody.
#
# </details>

# %% [markdown]
# ### Exercise: `layernorm_forward`
#
# Write `layernorm_forward(x, gamma, beta, epsilon=1e-5)`, which returns `y, cache` with
# the cache `(std, normalized, gamma)`.
# Mean and variance run along each row, and `std` is (N, 1); `gamma` and `beta` are (D,)
# as before.
#
# | x, one row | 1 | 1 | 5 | 5 |
# |---|---|---|---|---|
# | normalized | −1 | −1 | 1 | 1 |
# | gamma | 2 | 1 | 1 | 3 |
# | beta | 0 | 0 | 10 | 0 |
# | y | −2 | −1 | 11 | 3 |
#
# *3 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With the training mode of `batchnorm_forward`. Which axis has to vanish now?
#
# </details>
# <details><summary>Hint 2: "operands could not be broadcast"</summary>
#
# A mean of shape (N,) does not meet the rows of an (N, D) array. (N, 1) does:
# `keepdims=True`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `mean = x.mean(axis=1, keepdims=True)`
#
# `std = np.sqrt(x.var(axis=1, ...) + epsilon)`
#
# </details>


# %% solution="layernorm_forward"
def layernorm_forward(x, gamma, beta, epsilon=1e-5):
    """Return y (N, D), and the cache (std, normalized, gamma)."""
    ### BEGIN SOLUTION
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    normalized = (x - mean) / std
    return gamma * normalized + beta, (std, normalized, gamma)
    ### END SOLUTION


# %% check="layernorm_forward"

# %% [markdown]
# ### Exercise: `layernorm_backward`
#
# Write `layernorm_backward(dy, cache)`, which returns `dx, dgamma, dbeta`.
# The three paths run along each row now; but gamma and beta are still shared by the
# examples.
#
# For the row from above, with dy = 4, 0, 0, 0:
#
# | array | value |
# |---|---|
# | dnormalized | 8, 0, 0, 0 |
# | dx | 2, −2, 0, 0 |
# | dgamma | −4, 0, 0, 0 |
# | dbeta | 4, 0, 0, 0 |
#
# *6 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: dx differs, the rest is right</summary>
#
# A column has one gamma, a row has many. Does gamma come before the means, or after?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# With dnormalized = dy · gamma, dx is (dnormalized − its mean − normalized · the mean
# of dnormalized · normalized) / std. The means are those of a row.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dnormalized = dy * gamma`
#
# `along = (dnormalized * normalized).mean(axis=1, keepdims=True)`
#
# `dx = (dnormalized - ... - normalized * along) / std`
#
# dgamma and dbeta are the same as in batch normalization.
#
# </details>


# %% solution="layernorm_backward"
def layernorm_backward(dy, cache):
    """Return dx (N, D), dgamma (D,) and dbeta (D,)."""
    std, normalized, gamma = cache
    ### BEGIN SOLUTION
    dnormalized = dy * gamma
    mean = dnormalized.mean(axis=1, keepdims=True)
    along = (dnormalized * normalized).mean(axis=1, keepdims=True)
    dx = (dnormalized - mean - normalized * along) / std
    return dx, (dy * normalized).sum(axis=0), dy.sum(axis=0)
    ### END SOLUTION


# %% check="layernorm_backward"

# %% [markdown]
# ## What it rescues, and what not
#
# Three ill networks of ten linear layers, 32 units each, all trained alike for 20
# epochs at a learning rate of 0.1.
# Untreated, the first two stay at ln 10, and the third runs into NaN or falls silent.
# Each was run with both normalizations and five seeds; the runs are kept, and the
# picture reads them.

# %%
explorers.normalization.rescue()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Look at the right side: a sigmoid layer makes all examples alike.
# Batch normalization subtracts what they have in common and amplifies the rest.
# Layer normalization looks at one example alone, where nothing seems amiss: it did not
# save one of ten sigmoid networks.
#
# | loss after 20 epochs | none | batch | layer |
# |---|---|---|---|
# | sigmoid, 0.01 | 2.30 | 0.73 to 1.98 | 2.30 |
# | sigmoid, Xavier | 2.31 | 0.09 to 0.18 | 2.31 |
# | ReLU, 0.5 | NaN in 4 of 5 | 0.05 to 0.07 | 0.07 to 0.11 in 4 of 5 |
#
# The fifth ReLU network with layer normalization learns as well, and jumps out again
# in its last epoch, to 3.44.
# Before the first step batch normalization is off the chart: evaluation believes in
# running statistics that are still 0 and 1.
#
# The best cure of the first patient remains lesson 7's: better first weights.
#
# </details>

# %% [markdown]
# ## Use it: ten sigmoid layers
#
# Your pair becomes a layer like any other.
# `running` is handed over with the parameters; `train` keeps the next ones after every
# step, and evaluation uses them.


# %%
def my_batchnorm(M):
    return Layer(batchnorm_forward, batchnorm_backward_compact, **init_batchnorm(M))


sizes = [64, *[32] * 9, 10]
plain = mlp(sizes, rng, activation="sigmoid")
deep = mlp(sizes, rng, activation="sigmoid", before_activation=my_batchnorm)
share = predict("ten_sigmoids", "What share of unseen digits will `deep` read right?")

# %%
settings = {"learning_rate": 0.1, "epochs": 20, "validation": digits.validation}
alone = train(plain, x, labels, rng=rng, **settings)
normalized = train(deep, x, labels, rng=rng, **settings)
share.reveal(
    round(normalized.validation_accuracies[-1], 3),
    f"Without your normalization it is {alone.validation_accuracies[-1]:.3f}.",
)

# %% [markdown]
# One thing more, for those who count parameters.
# Before each normalization stands a linear layer with a bias `b`, and its blame has
# come to an end:

# %%
logits, caches = deep.forward(x[:32], training=True)
_, grads = deep.backward(rng.normal(size=logits.shape), caches)
for name, dw in (grads[0] | grads[1]).items():
    print(f"d{name:<6} largest entry {np.abs(dw).max():.0e}")

# %% [markdown]
# db is 0 but for rounding: whatever `b` adds to a column, the mean takes out again.
# beta does its work.
# That is the invariant once more, and the reason why such layers are often built
# without a bias.
#
# ## Ticket 8
#
# Five hidden ReLU layers with batch normalization.
# While it trains all looks well; measured after each epoch it does not.
# Compare the readings, then commit a diagnosis.

# %%
explorers.normalization.good_and_bad()

# %% [markdown]
# <details><summary>What it teaches, when you have committed</summary>
#
# The same weights, the same digits, two losses: then the modes differ, and nothing
# else can.
# **Measure in training mode once.**
# It is an instrument that no other lesson needs, and one line.
#
# </details>

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 7, 6 and 4.
# Answer from memory, then check.

# %%
explorers.normalization.five_questions()

# %% [markdown]
# ### What you saw
#
# **Whose mean is subtracted?** That of a feature over the batch, or that of an example
# over its features; in evaluation the running one.
#
# **Along which ways does blame come back?** Directly, through the mean, and through the
# variance; so columns, or rows, of dx sum to 0.
#
# **What does it not rescue?** Layer normalization cannot bring back what sigmoids made
# alike in all examples; batch normalization in training mode cannot read one example.
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
# **Next:** in [lesson 9](../09_overfitting/09_overfitting.ipynb) a network learns its
# examples by heart.

# %% submit=true
