# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 1. Wrong, as one number
#
# Afterwards you can say how wrong a model is with one number, compute that number so
# that large inputs do not break it, and tell from its first reading whether a run is
# ill.
#
# **Questions**
# How do we measure "wrong"? Why not count right answers?
#
# **You will** write two losses, predict what an untrained network scores, and diagnose
# a run before its first step.
#
# **Time** 40 minutes.
# **Difficulty** 2 of 5.
# **Before this** [lesson 0](../00_start_here/00_start_here.ipynb).

# %%
import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.layers import linear_backward, linear_forward
from course_lib.network import Layer, Network
from course_lib.predictions import predict, say_the_loop
from course_lib.training import train

rng = np.random.default_rng(1)

# %% [markdown]
# ## A complaint and a measurement
#
# "Clients drop" is a complaint.
# "−71 dBm" is a measurement: it has a unit, it can be compared with yesterday's, and it
# says whether a change helped.
#
# A **loss** is that meter for a model.
# It reads 0 when nothing is wrong, and more when more is wrong.
#
# Here a model predicts the signal of three clients, in dBm.
# The columns below are the error, its size and its square.

# %%
predictions = np.array([-71.0, -60.0, -55.0])
targets = np.array([-70.0, -64.0, -55.0])
errors = predictions - targets
np.column_stack([errors, np.abs(errors), errors**2])

# %% [markdown]
# ### Exercise: `mse`
#
# The mean of the errors −1, 4 and 0 is 1.
# That meter can be fooled: errors of −4 and 4 would read 0.
# Squares cannot cancel.
# They are 1, 16 and 0, and their mean is 17 / 3 = 5.667.
# This is the **mean squared error**.
#
# Write `mse(predictions, targets)`.
# Both arrays have shape (N,); the loss is one number:
#
# $$\text{loss} = \frac{1}{N} \sum_{n} (\text{prediction}_n - \text{target}_n)^2$$
#
# *4 minutes, difficulty 1 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which array holds one error for each client?
# You have computed it above, for one batch.
#
# </details>
# <details><summary>Hint 2: it grows with N, or "bitwise_xor"</summary>
#
# A sum grows with N, a mean does not.
# In Python a square is `** 2`; `^` is something else.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `np.mean((... - ...) ** 2)`, with a `return` in front.
#
# </details>


# %% solution="mse"
def mse(predictions, targets):
    """Return the mean squared error of predictions (N,) against targets (N,)."""
    ### BEGIN SOLUTION
    return float(np.mean((predictions - targets) ** 2))
    ### END SOLUTION


# %% check="mse"

# %% [markdown]
# ## A table where a number belongs
#
# Models often return a column, of shape (N, 1).
# You met the trap in lesson 0: a column minus a row is a table.
# Here is what it does to a loss that should be 5.667.

# %%
column = predictions[:, np.newaxis]
table = column - targets
print("shape", table.shape, " loss", np.mean(table**2).round(3))

# %% [markdown]
# No error, no warning, and a number that could be a loss.
# Every client's prediction was compared with every client's target.
# The check knows this mistake, and would have said:
#
# > A column of shape (N, 1) met a row of shape (N,): every prediction was compared with
# > every target, in an N by N table.
#
# Now a test of your own meter: the same batch, twice in a row.
# Nothing got worse, so a mean must not move; a sum would double.

# %%
twice = mse(np.tile(predictions, 2), np.tile(targets, 2))
print(f"once {mse(predictions, targets):.3f}   twice {twice:.3f}")

# %% [markdown]
# ## Scores for classes
#
# Why does this client drop: cable, radio or address?
# The answer is no number but one of C **classes**.
#
# A network gives each class a score, its **logit**: any number, and a larger one means
# "rather this".
# A batch is a table `logits` of shape (N, C).
# Each row is one client; each column is one class.
#
# To say how wrong a row of logits is, we first turn it into probabilities.

# %% [markdown]
# ### Softmax by hand
#
# One client has the logits 2, 0 and 1.
#
# 1. Take e to the power of each: 7.389, 1 and 2.718.
#    All are above 0, and their order stays.
# 2. Add them: 11.107.
# 3. Divide each by the sum: **0.665, 0.090, 0.245**. They sum to 1.
#
# This is the **softmax**: $p_c = e^{z_c} / \sum_k e^{z_k}$.
#
# It has one weakness.
# What is e to the power of 710?

# %%
with np.errstate(over="ignore", invalid="ignore"):
    for z in (709.0, 710.0):
        power = np.exp(z)
        print(f"z = {z:.0f}   e^z = {power:.3g}   e^z / e^z = {power / power}")

# %% [markdown]
# Above 709 a power of e no longer fits into a float.
# It becomes `inf`, and `inf / inf` is `nan`, not a number.
# One `nan` turns everything that it meets into `nan`.
#
# The cure costs one subtraction.
# Let m be the row's largest logit; then
#
# $$p_c = \frac{e^{z_c - m}}{\sum_k e^{z_k - m}}$$
#
# is the same fraction, with $e^{-m}$ above and below.
# Now the largest power is $e^0 = 1$, whatever the logits are.

# %% [markdown]
# ### Exercise: `softmax`
#
# Write `softmax(logits)`.
# It takes shape (N, C) and returns shape (N, C); every row sums to 1, also for logits
# near 1000.
#
# By hand, for two clients:
#
# | logits | probs |
# |---|---|
# | 2, 0, 1 | 0.665, 0.090, 0.245 |
# | 0, 3, 0 | 0.045, 0.909, 0.045 |
#
# *6 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: my columns sum to 1</summary>
#
# Each row is one client.
# Along which axis do the classes lie, 0 or 1?
#
# </details>
# <details><summary>Hint 2: "operands could not be broadcast"</summary>
#
# One number a row has shape (N,), which does not fit beside (N, C).
# `keepdims=True` keeps it a column, (N, 1).
# You need it for the largest logit and for the sum.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `powers = np.exp(logits - logits.max(axis=..., keepdims=...))`
#
# and then `powers` divided by its sum along the same axis.
#
# </details>


# %% solution="softmax"
def softmax(logits):
    """Return probabilities (N, C) for logits (N, C); each row sums to 1."""
    ### BEGIN SOLUTION
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% check="softmax"

# %% [markdown]
# ## Surprise
#
# The truth comes in: the cause was the cable.
# The model had given it p = 0.665, so it is a little surprised.
# We measure **surprise** as −ln p, in **nats**:
#
# | p of the truth | 1 | 0.665 | 0.5 | 0.1 |
# |---|---|---|---|---|
# | surprise, nats | 0 | 0.408 | 0.693 | 2.303 |
#
# **Cross-entropy** is the mean surprise of a batch.
# How does it compare with a squared error, where a model is sure and wrong?
#
# The line below the picture says whose code computes it; `mse` is already yours.

# %%
explorers.loss.confident_error()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# At p = 0.001 a squared error charges 0.998, and it charges 0.81 at p = 0.1: between
# wrong and hopelessly wrong there is hardly a difference.
# Cross-entropy charges 6.908 and 2.303: each time p falls to a tenth, it adds 2.303.
#
# The rule: **cross-entropy punishes confident errors without limit.**
# Where an error is confident, the curve is also steep, and in lesson 2 the slope is
# what a network learns from.
#
# </details>

# %% [markdown]
# ### Exercise: `cross_entropy`
#
# Write `cross_entropy(logits, labels)`: logits (N, C), `labels` (N,) with the number of
# each client's right column.
# It returns one number, the mean surprise.
#
# | logits | label | p of the truth | surprise |
# |---|---|---|---|
# | 2, 0, 1 | 0 | 0.665 | 0.408 |
# | 0, 3, 0 | 2 | 0.045 | 3.095 |
#
# The loss is (0.408 + 3.095) / 2 = 1.751.
# Your `softmax` may help.
#
# *6 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: which probabilities count?</summary>
#
# Of each row one: the one in the column that the label names.
# What is the shape of what you pick?
#
# </details>
# <details><summary>Hint 2: I get a table, or whole rows</summary>
#
# `probs[:, labels]` gives a table, `probs[labels]` gives rows.
# Two lists of equal length pick one entry each: `probs[rows, columns]`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `picked = softmax(logits)[np.arange(len(labels)), labels]`
#
# Then the mean of minus the log, with `np.log`.
# Add nothing inside the log.
#
# </details>


# %% solution="cross_entropy"
def cross_entropy(logits, labels):
    """Return the mean of -log(probability of the right class), in nats."""
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probs[np.arange(len(labels)), labels].mean())
    ### END SOLUTION


# %% check="cross_entropy"

# %% [markdown]
# ## Right answers, counted
#
# **Accuracy** is what people ask for: the share of right answers.
# A model's answer is the class with the largest logit.
#
# ### Exercise: `accuracy`
#
# Write `accuracy(logits, labels)`, a fraction from 0 to 1.
# By hand: the logits 2, 0, 1 say class 0, the logits 0, 3, 0 say class 1.
# With the labels 0 and 2 one of two is right: 0.5.
#
# *3 minutes, difficulty 1 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: how do I find the answers?</summary>
#
# Where in each row is the largest logit?
# Not how large it is: its place.
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `logits.argmax(axis=1)` has shape (N,), like `labels`.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# The mean of True and False is the share of True: `np.mean(... == labels)`.
#
# </details>


# %% solution="accuracy"
def accuracy(logits, labels):
    """Return the share of rows whose largest logit is at the label."""
    ### BEGIN SOLUTION
    return float(np.mean(logits.argmax(axis=1) == labels))
    ### END SOLUTION


# %% check="accuracy"

# %% [markdown]
# ## Two meters, one network
#
# A trained network reads 360 digits that it has never seen.
# The slider multiplies all its logits by one number.
# That is like saying the same answers softly or loudly.
# Commit first.

# %%
explorers.loss.logit_scale()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Accuracy stays at 0.936 from one end to the other: in every row the largest logit
# stays the largest.
# The loss falls from 1.96 to 0.21 near scale 2.4, then climbs to 1.13.
# Too soft, and right answers are held back; too loud, and each wrong answer is a
# confident error.
#
# **Loss is not accuracy.**
# We report accuracy and train on the loss: a small change of a weight always moves the
# loss a little, and accuracy not at all until some answer tips over.
#
# </details>

# %% [markdown]
# ## What must the meter read before training?
#
# A network that knows nothing gives equal logits to all C classes: each gets p = 1/C.
# Its loss is −ln(1/C), which is the same as ln C.
#
# ### Exercise: `chance_loss`
#
# Write `chance_loss(n_classes)`, the cross-entropy of pure guessing.
# By hand: 2 classes, p = 0.5, 0.693 nats; 10 classes, p = 0.1, 2.303 nats.
#
# *2 minutes, difficulty 1 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what is p?</summary>
#
# All classes share 1 equally.
# How much does the right one get?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `np.log` is the natural log; `np.log10` and `np.log2` have other units.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# Minus the log of one over `n_classes`.
#
# </details>


# %% solution="chance_loss"
def chance_loss(n_classes):
    """Return the cross-entropy, in nats, of giving every class the same probability."""
    ### BEGIN SOLUTION
    return float(np.log(n_classes))
    ### END SOLUTION


# %% check="chance_loss"

# %% [markdown]
# ## Use it: read your meter on real digits
#
# 1077 images of handwritten digits, 64 pixels each, and ten classes.
# Our network is one matrix `W` of shape (64, 10), drawn at random: `logits = x @ W`.
# It has learned nothing.

# %%
digits = load("digits")
x, labels = digits.train
W = rng.normal(0, 0.05, size=(64, 10))
first_loss = predict("first_loss", "What does your `cross_entropy` read?", unit="nats")

# %%
first_loss.reveal(
    cross_entropy(x @ W, labels),
    f"Guessing among ten classes costs {chance_loss(10):.3f}.",
)

# %% [markdown]
# Close to ln 10, and a little above: random weights are not quite equal scores.
# This is the first measurement of every run, and it costs one line.
#
# Next, five other draws of `W` in each of three sizes.
# The last is ten times ours.
# Random weights know nothing, large or small.
# Is the large network more wrong, or as wrong as the small one?
# Decide, then run.

# %%
for size in (0.01, 0.05, 0.5):
    draws = [np.random.default_rng(seed).normal(0, size, (64, 10)) for seed in range(5)]
    first = [f"{cross_entropy(x @ W, labels):.2f}" for W in draws]
    print(f"weights of size {size:<4}  first loss", *first)

# %% [markdown]
# Weights ten times too large make logits ten times too large.
# The network still guesses, and is sure of its guesses: confident errors, before it has
# seen one example.
#
# Now the course trains our network; lesson 2 shows how.
# One **epoch** is one pass through all training images.
# Before each epoch *your* two meters read the network on 360 images that it never
# trains on.
#
# Both meters will move.
# Say aloud which of them stops first, then run.

# %%
network = Network([Layer(linear_forward, linear_backward, W=W, b=np.zeros(10))])
unseen, truth = digits.validation
readings = []
for _ in range(13):
    logits = network.predict(unseen)
    readings.append((cross_entropy(logits, truth), accuracy(logits, truth)))
    train(network, x, labels, learning_rate=0.1, epochs=1, rng=rng)
explorers.loss.two_meters(readings)

# %% [markdown]
# After four epochs accuracy has all but stopped, at 0.931.
# The loss goes on and halves, from 0.94 to 0.47: the answers hardly change, and the
# network grows surer of the right ones.
# Someone who watches accuracy alone would think that nothing happens.

# %% [markdown]
# ## Ticket 1
#
# A colleague's network for the same digits.
# Not one step has been trained, and its meter already complains.
# Compare the readings with what you know of a healthy start, then commit a diagnosis.

# %%
explorers.loss.broken_start()

# %% [markdown]
# ## Recap
#
# Five short questions.
# Answer from memory, then check.
# The last one is from lesson 0.

# %%
explorers.loss.five_questions()

# %% [markdown]
# ### What you saw
#
# **How do we measure "wrong"?** With a loss: a mean over the batch, 0 when nothing is
# wrong, and without limit for confident errors.
#
# **Why not count right answers?** Accuracy does not see how sure a model is, and hardly
# ever moves when a weight does.
#
# **What must it read before training?** About ln C. Much more is a fault in the inputs
# or the first weights.
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
# **Next:** [lesson 2] asks which knob to turn, which way, and how far.
#
# [lesson 2]: ../02_gradient_and_learning_rate/02_gradient_and_learning_rate.ipynb

# %% submit=true
