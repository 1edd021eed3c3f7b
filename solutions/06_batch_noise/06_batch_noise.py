# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 6. How noisy is my gradient?
#
# Afterwards you can say how far a batch's gradient is from the true one, choose a batch
# size for a reason, and move the learning rate along with it.
#
# **Questions**
# How far is a batch's gradient from the true one? What does a larger batch buy, and
# what does it cost?
#
# **You will** draw batches, measure their noise and its law, and write the epoch that
# trains on them.
#
# **Time** 35 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 5](../05_instruments/05_instruments.ipynb).

# %%
from time import perf_counter

import numpy as np

from course_lib import explorers
from course_lib.batch_noise import (
    cosines,
    first_params,
    flat,
    loss_and_grads,
    predict_logits,
)
from course_lib.data import load
from course_lib.metrics import accuracy
from course_lib.predictions import predict, say_the_loop

rng = np.random.default_rng(6)

# %% [markdown]
# ## A meter that flickers
#
# A technician's signal meter flickers: −71, −68, −73.
# So she takes several readings and their mean.
#
# A gradient is such a reading.
# The **true gradient** is a mean over all 1077 training digits.
# A **batch** is a few of them, and its gradient is a mean over those few: the same
# thing, measured with noise.
#
# The network is lesson 4's, and `loss_and_grads(params, x, labels)` runs it forward and
# back.
# `flat` lays its four gradients end to end: P = 2410 numbers.

# %%
digits = load("digits")
x, labels = digits.train
params = first_params(rng)


def gradient_of(rows):
    return flat(loss_and_grads(params, x[rows], labels[rows])[1])


full = gradient_of(np.arange(len(x)))
print("true gradient:", full.shape, f"length {np.linalg.norm(full):.2f}")
print("of digit 0 alone:", f"length {np.linalg.norm(gradient_of([0])):.2f}")

# %% [markdown]
# One digit pulls several times as hard as all of them together, because the others pull
# elsewhere and most of it cancels.
#
# And its direction?
# The **cosine** between two gradients is 1 if they agree, 0 at a right angle, and below
# 0 if one points the wrong way.
# Commit, then move the batch size from 1 to 512.
# The arrows have their true lengths and angles; on which side of the true one they are
# drawn means nothing.

# %%
explorers.batch_noise.arrows()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# A batch of one is almost at a right angle to the true gradient: a cosine of 0.16, and
# of forty such arrows a good third points the wrong way.
# At 16 none does, and at 512 the cosine is 0.98.
#
# The noise is a straight line on two logarithmic axes.
# Where it crosses the length of the true gradient, signal and noise are equally large:
# here at a batch of about 32.
#
# </details>

# %% [markdown]
# ### Exercise: `minibatches`
#
# An **epoch** shows every example once.
# Shuffle the row numbers, then cut them into batches.
#
# Write `minibatches(n_examples, batch_size, rng)`; it returns a list of index arrays.
# The last batch is short where it does not divide.
# All chance comes from `rng`, and the next call gives another order.
#
# By hand, seven in threes: the order 5 2 6 0 3 1 4 becomes
#
# | batch | rows |
# |---|---|
# | 1 | 5, 2, 6 |
# | 2 | 0, 3, 1 |
# | 3 | 4 |
#
# *4 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: shuffle or cut first?</summary>
#
# Cut first, and the same examples meet in every epoch.
#
# </details>
# <details><summary>Hint 2: two terms</summary>
#
# `rng.permutation(n)` is the numbers 0 to n − 1 in random order.
# `range(0, n, batch_size)` gives the places to cut.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `order = rng.permutation(n_examples)`
#
# `return [order[i : i + ...] for i in range(0, n_examples, ...)]`
#
# </details>


# %% solution="minibatches"
def minibatches(n_examples, batch_size, rng):
    """Return a list of index arrays: every example once, in random order."""
    ### BEGIN SOLUTION
    order = rng.permutation(n_examples)
    return [order[i : i + batch_size] for i in range(0, n_examples, batch_size)]
    ### END SOLUTION


# %% check="minibatches"

# %% [markdown]
# ### Exercise: `gradient_noise`
#
# Of K batches we have K gradients, one a row: (K, P).
# How far are they from the true one?
#
# Write `gradient_noise(gradients, full_gradient)`: the **root mean square** of the
# distances, one number.
# Square each batch's distance, take the mean over the batches, then the root.
#
# By hand, the true gradient is (1, 1):
#
# | batch | gradient | off by | squared distance |
# |---|---|---|---|
# | 1 | 4, 5 | 3, 4 | 9 + 16 = 25 |
# | 2 | 1, 1 | 0, 0 | 0 |
#
# The mean is 12.5, and its root **3.54**.
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: why not simply std?</summary>
#
# `std` compares with the mean of the numbers you give it.
# What do we compare with?
#
# </details>
# <details><summary>Hint 2: which axis?</summary>
#
# `(gradients - full_gradient) ** 2` is (K, P).
# A distance adds up over P, so that K numbers are left.
# Their mean comes next.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `squares = ((gradients - full_gradient) ** 2).sum(axis=...)`
#
# `return float(np.sqrt(squares....()))`
#
# </details>


# %% solution="gradient_noise"
def gradient_noise(gradients, full_gradient):
    """Return the root mean square distance of the rows from the true gradient."""
    ### BEGIN SOLUTION
    squares = ((gradients - full_gradient) ** 2).sum(axis=1)
    return float(np.sqrt(squares.mean()))
    ### END SOLUTION


# %% check="gradient_noise"

# %% [markdown]
# ## The law of noise
#
# Two hundred batches of each size, and your two functions.
# From one size to the next, the batch is four times as large.

# %%
by_four = predict(
    "by_four",
    "A batch four times as large. By which factor does the noise fall?",
    ["not at all", "about 2", "about 4", "about 16"],
)

# %%
sizes, noise = np.array([1, 4, 16, 64, 256]), []
for size in sizes:
    batches = [minibatches(len(x), size, rng)[0] for _ in range(200)]
    gradients = np.array([gradient_of(rows) for rows in batches])
    noise.append(gradient_noise(gradients, full))
    cosine = cosines(gradients, full).mean()
    print(f"batch of {size:3}: rms error {noise[-1]:.2f}, cosine {cosine:.2f}")
noise = np.array(noise)

# %%
by_four.reveal("about 2", f"{noise[0] / noise[1]:.2f}, then {noise[1] / noise[2]:.2f}.")

# %% [markdown]
# Four times the work for half the noise.
# Why the root?
# Errors that know nothing of each other cancel in part: if each of four readings is 1
# too high or too low, their mean is off by 1/2 as a root mean square, not by 1 and not
# by 1/4.
#
# $$\text{rms error} \propto \frac{1}{\sqrt{B}} = B^{-0.5}$$
#
# The exponent is the slope on two logarithmic axes.
# We can measure it.

# %%
slope = np.polyfit(np.log(sizes[:4]), np.log(noise[:4]), 1)[0]
print(f"exponent, up to a batch of 64: {slope:.3f}")
shrink = np.sqrt((len(x) - sizes) / (len(x) - 1))
level = noise * np.sqrt(sizes)
print("rms error times the root of B:", level.round(2))
print("corrected for no repeats:    ", (level / shrink).round(2))

# %% [markdown]
# The exponent is −0.5 within 0.02.
# If the law held exactly, the first row would be one number, again and again.
# At 256 it falls short, for a reason: a batch draws no digit twice, so a large one has
# seen much of the set, and a batch of all 1077 has no error left.
# Drawing without repeats shrinks the noise by $\sqrt{(N-B)/(N-1)}$; corrected for that,
# the row is level.

# %% [markdown]
# ### Exercise: `sgd_epoch`
#
# One epoch of **stochastic gradient descent**: for each batch forward, loss, backward,
# update.
#
# Write `sgd_epoch(params, x, labels, learning_rate, batch_size, rng)`.
# Use your `minibatches`, and `loss_and_grads`, which returns a mean over its batch.
# Return `params, losses`: the new dict, and a list with each batch's loss before its
# update.
# Leave the dict that came in as it was.
#
# By hand: seven examples in threes are three steps and three losses.
# W = 1.0, dW = 0.4 and a rate of 0.5 give 1.0 − 0.2 = **0.8**; the next batch predicts
# with that.
#
# *7 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: the check speaks of labels of other examples</summary>
#
# One list of rows picks the inputs.
# What picks the labels?
#
# </details>
# <details><summary>Hint 2: "changed its input", or one step only</summary>
#
# A new dict for each step:
# `params = {name: params[name] - ... for name in params}`.
# The next batch has to be given that one.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `for rows in minibatches(len(x), batch_size, rng):`, and in it
#
# `loss, grads = loss_and_grads(params, x[...], labels[...])`
#
# then the update, and `losses.append(loss)`; after the loop `return params, losses`.
#
# </details>


# %% solution="sgd_epoch"
def sgd_epoch(params, x, labels, learning_rate, batch_size, rng):
    """Take one step for each batch of one epoch; return new params, and the losses."""
    ### BEGIN SOLUTION
    losses = []
    for rows in minibatches(len(x), batch_size, rng):
        loss, grads = loss_and_grads(params, x[rows], labels[rows])
        params = {name: params[name] - learning_rate * grads[name] for name in params}
        losses.append(loss)
    return params, losses
    ### END SOLUTION


# %% check="sgd_epoch"

# %% [markdown]
# ## Use it: read digits, in epochs
#
# Your epoch, twenty times, on the digits.

# %%
unseen, truth = digits.validation


def right(params):
    return accuracy(predict_logits(params, unseen), truth)


trained, jitter = first_params(rng), []
for _ in range(20):
    trained, losses = sgd_epoch(trained, x, labels, 0.5, 32, rng)
    jitter += losses
print(f"loss {jitter[0]:.2f} to {np.mean(losses):.3f}, right {right(trained):.3f}")

# %% [markdown]
# ## Shuffled twice
#
# A slip with a symptom worth knowing: inputs shuffled once, and labels once more.

# %%
mixed_up = first_params(rng)
for epoch in range(5):
    losses, others = [], minibatches(len(x), 32, rng)
    for rows, other in zip(minibatches(len(x), 32, rng), others, strict=True):
        loss, grads = loss_and_grads(mixed_up, x[rows], labels[other])
        mixed_up = {name: w - 0.5 * grads[name] for name, w in mixed_up.items()}
        losses.append(loss)
    print(f"epoch {epoch + 1}: loss {np.mean(losses):.2f}")

# %% [markdown]
# It hangs near ln 10 = 2.30, the price of guessing: each image has some other image's
# label, and there is nothing to learn.
# No error, no warning.
# The check would have said:
#
# > Inputs and labels are picked by different rows, so each image gets some other
# > image's label.
#
# That is why `minibatches` returns row numbers and not rows: one list picks both, and
# they cannot come apart.

# %% [markdown]
# ## What a batch costs
#
# An epoch is 1077 digits, whatever the batch size.
# Does it take the same time, too?

# %%
epoch_time = predict(
    "epoch_time",
    "One epoch in batches of 1, and one in batches of 128. The first takes...",
    ["as long", "about twice as long", "more than ten times as long"],
)


# %%
def seconds_an_epoch(size):
    start = perf_counter()
    sgd_epoch(params, x, labels, 0.1, size, rng)
    return perf_counter() - start


fastest = {s: min(seconds_an_epoch(s) for _ in range(3)) for s in (1, 8, 32, 128, 512)}
for size, seconds in fastest.items():
    n_steps = int(np.ceil(len(x) / size))
    print(f"batch of {size:3}: {n_steps:4} steps, {1000 * seconds:5.1f} ms")

# %%
times = fastest[1] / fastest[128]
epoch_time.reveal("more than ten times as long", f"On this machine {times:.0f} times.")

# %% [markdown]
# A step has a fixed price: calling the functions, whatever they are given.
# A large batch pays it once, and its sums run through in one go.
#
# What it costs is **memory**.
# Backward needs the forward pass's arrays, for every example of the batch.

# %%
weights = sum(w.nbytes for w in params.values())
for size in (1, 32, 512):
    h = np.tanh(x[:size] @ params["W1"] + params["b1"])
    kept = [x[:size], h, h, h @ params["W2"]]  # x; z and h, of one size; logits
    kept = sum(array.nbytes for array in kept)
    print(f"batch of {size:3}: {kept:6} bytes, {kept / weights:5.2f} times the weights")

# %% [markdown]
# 1104 bytes for each example, and 19 280 for all the weights: from a batch of 18 on the
# activations take more room than the network.
# In deep networks they outweigh it by far, and the batch size is what fits.
#
# So is a large batch a bargain?
# That depends on what you are short of.

# %%
explorers.batch_noise.budget()

# %% [markdown]
# <details><summary>The rule, when you have seen both budgets</summary>
#
# **Equal steps**: from 8 to 512 all end within 0.002 of each other, though 512 looked
# at 64 times as many digits.
# Once the direction is roughly right, a better one buys little.
#
# **Equal epochs**: the small batch wins, because it takes more steps.
# 0.968 for 8, 0.855 for 512.
#
# So the large batch did not read worse because it was large.
# It was given 60 steps of the same length.
#
# </details>

# %% [markdown]
# ## Jitter, and its floor
#
# In the first picture, batches of one end lower, and in jumps.
# Noise kicks the weights about as fast as the gradient brings them home.
# That is a **noise floor**, and more steps at the same rate do not get below it.
#
# The kick is rate times noise.
# So divide the rate by ten, for the last hundred steps.

# %%
for seed in range(5):
    own = np.random.default_rng(seed)
    rows = own.permutation(len(x))
    first, last = rows[:600], rows[600:700]
    loud, _ = sgd_epoch(first_params(own), x[first], labels[first], 0.1, 1, own)
    more, _ = sgd_epoch(loud, x[last], labels[last], 0.1, 1, own)
    calm, _ = sgd_epoch(loud, x[last], labels[last], 0.01, 1, own)
    ends = f"100 more {right(more):.3f}, or 100 small ones {right(calm):.3f}"
    print(f"600 steps {right(loud):.3f}, then {ends}")

# %% [markdown]
# The same hundred digits, at a tenth of the rate: the run gets better every time, and
# by more than steps of the old length give on average.
# Lesson 11 makes schedules of that.
#
# Noise can also be of use.
# Here is a hand-made valley of one weight: a deep hollow at 0, and a shallow one near
# 2, where 200 runs begin.
# Sixty-four examples tilt it, each its own way; in the mean their tilts cancel.

# %%
tilts = rng.normal(0, 4, size=64)
tilts -= tilts.mean()
for size in (64, 16, 4, 1):
    w = np.full(200, 3.0)
    for _ in range(400):
        rows = np.argsort(rng.random((200, 64)), axis=1)[:, :size]
        w = w - 0.05 * (0.2 * w + 1.2 * np.sin(3 * w) + tilts[rows].mean(axis=1))
    print(f"batch of {size:2}: {np.mean(np.abs(w) < 1):.0%} in the deep hollow")

# %% [markdown]
# The true gradient never leaves the shallow hollow; batches of one **escape**, about
# half of them.
# This valley was made for it, and the noise had to be just strong enough.
# On the digits we have seen no run that needed it.
#
# ## Rate by batch
#
# Batch size and learning rate belong together.
# A map of 56 pairs, 20 epochs each, three seeds a cell; it took a minute, once.

# %%
explorers.batch_noise.rates()

# %% [markdown]
# <details><summary>The rule, and where it ends</summary>
#
# **Linear scaling**: twice the batch, twice the rate.
# Along the white line, from 8 at 0.1 to 128 at 1.6, the loss stays between 0.041 and
# 0.046: half the steps, each twice as long.
#
# One step further, 256 at 3.2, it is 53.
# That is lesson 2's edge: too long a step crosses the valley, without any noise.
# A larger batch takes away noise, and never moves that edge.
#
# Small batches meet a second edge earlier: at a rate of 1.6, batches of 8 and 16 break,
# and 32 to 256 do not.
# Theirs is the noise.
#
# </details>

# %% [markdown]
# ## Do large batches generalize worse?
#
# You will hear that they do.
# To ask it fairly, all have to learn equally much: we stop each run when its training
# loss is 0.1, and only then look at unseen digits.
# Ten seeds each, at a rate of 0.3.

# %%
generalize = predict(
    "generalize",
    "At the same training loss, which batch size reads unseen digits best?",
    ["8", "128", "512", "no difference beyond the seeds"],
)

# %%
table = explorers.batch_noise.same_loss()
for size, (mean, spread) in table.items():
    print(f"batch of {size:3}: {mean:.3f}, seeds spread by {spread:.3f}")

# %%
generalize.reveal(
    "no difference beyond the seeds",
    "The means differ by less than the seeds of one batch size do.",
)

# %% [markdown]
# A **null result**: from 8 to 512 we find no effect of batch size on unseen digits.
# It does not say there is none.
# It says that with this network and 360 digits, where one digit is 0.003, none showed.
#
# What is often taken for it is the second budget above: too few steps.

# %% [markdown]
# ## Ticket 6
#
# A colleague's run.
# The data came in a file ordered by digit; the code is hers.
# Read the curve, then commit a diagnosis.

# %%
explorers.batch_noise.waves()

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 2, 4 and 5.
# Answer from memory, then check.

# %%
explorers.batch_noise.five_questions()

# %% [markdown]
# ### What you saw
#
# **How far is a batch's gradient from the true one?** By an error that falls as one
# over the root of the batch size: half the noise for four times the work.
#
# **What does a larger batch buy, and what does it cost?** Calmer steps, which allow
# longer ones, and faster epochs; paid with memory and with fewer steps an epoch.
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
# **Next:** [lesson 7](../07_vanishing_gradients/07_vanishing_gradients.ipynb) follows
# the gradient down a chain of twenty layers, and finds out where it is lost.

# %% submit=true
