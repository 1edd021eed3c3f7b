# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 10. Obedient to bad data
#
# Afterwards you can find wrong labels by their loss, duplicates that cross a split,
# groups that leak, and a class that starves behind a good average.
#
# **Questions**
# Who believes a wrong label? What makes a validation score lie? Which class pays for a
# good average?
#
# **You will** write six small instruments for data, look at twenty labels by eye, and
# weigh a loss.
#
# **Time** 60 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 9](../09_overfitting/09_overfitting.ipynb).

# %%
import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.gradients import numerical_gradient
from course_lib.models import mlp
from course_lib.predictions import predict, say_the_loop
from course_lib.training import train

rng = np.random.default_rng(10)
digits = load("digits")
unseen, truth = digits.validation

# %% [markdown]
# ## The code is right
#
# Every instrument of lesson 5 is quiet: gradients check, ten examples are learned by
# heart, the loss falls.
# And still the network is bad at its job.
#
# A network does what the data say, whatever they say.
# So a technician looks at the data, with instruments of their own.
# The first is the oldest: **twenty random labels, by eye**.

# %%
explorers.bad_data.twenty()

# %% [markdown]
# ### Exercise: `wrong_labels`
#
# Above each picture stands the label that somebody typed, below it its number.
# Write `wrong_labels()`, which returns the numbers of the pictures whose label is not
# what you see, as a list such as `[3, 17]`.
#
# Read each picture first and its label afterwards: who reads the label first sees it
# in the picture.
#
# *4 minutes, difficulty 1 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: how many are there?</summary>
#
# More than one, and far fewer than half.
#
# </details>
# <details><summary>Hint 2: which look alike?</summary>
#
# 1 and 4, 5 and 9, 0 and 5: look where the ink is, and where the paper shows through.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return [..., ...]`, with five numbers.
#
# </details>


# %% solution="wrong_labels"
def wrong_labels():
    """Return the numbers of the pictures, 0 to 19, whose label is wrong."""
    ### BEGIN SOLUTION
    return [2, 5, 9, 14, 18]
    ### END SOLUTION


# %% check="wrong_labels"

# %% [markdown]
# ## Let the network look
#
# Twenty labels are a minute's work, and 1077 are a morning's.
# But a trained network can point: an example's own **cross-entropy** says how hard its
# label is to believe.
#
# With logits z, for an example with label t:
#
# $$\text{loss} = \log \sum_c e^{z_c} - z_t$$
#
# For z = 2, 0 and label 0 that is log(e² + 1) − 2 = 0.13 nats.
# For z = 0, 4 and label 0 it is 4.02: the network is sure, and the label differs.

# %% [markdown]
# ### Exercise: `highest_losses`
#
# Write `highest_losses(logits, labels, k)`, which returns the row numbers of the k
# examples with the highest loss, the highest first.
# `logits` is (N, C), `labels` is (N,).
#
# | logits | label | loss |
# |---|---|---|
# | 2, 0 | 0 | 0.13 |
# | 0, 4 | 0 | 4.02 |
# | 1, 0 | 1 | 1.31 |
#
# so with k = 2 it is [1, 2].
#
# *6 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With one loss for each row, before any mean. Lesson 1 had it on the way.
#
# </details>
# <details><summary>Hint 2: infinite losses, or a warning</summary>
#
# Subtract the largest logit of each row before the powers: the loss stays the same.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `losses = np.log(np.exp(z).sum(axis=1)) - z[rows, labels]`
#
# `np.argsort(...)` begins with the smallest.
#
# </details>


# %% solution="highest_losses"
def highest_losses(logits, labels, k):
    """Return the rows of the k highest losses, the highest first."""
    ### BEGIN SOLUTION
    z = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels]
    return np.argsort(-losses)[:k]
    ### END SOLUTION


# %% check="highest_losses"

# %% [markdown]
# Now one label in ten is wrong, planted, and the network trains on all of them.
# Commit, then look at the sheet.
# The second control lets you call a place wrong, and tells you whether it was.

# %%
explorers.bad_data.suspects()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Nearly all: 19 or 20 of 20, from one wrong label in twenty up to two in five.
# A rule that many examples share is learned before the exceptions are.
#
# Go on to as many suspects as there are wrong labels, and 90 to 95 % of them are.
#
# Train ten epochs, not a hundred: later the wrong labels are learned by heart, and
# their losses fall as well.
# Then **look** before you throw away: a rare but honest example has a high loss too.
#
# </details>

# %% [markdown]
# ## Labels from a die
#
# 200 pictures get labels from a die.
# There is nothing to learn from them, and on unseen pictures chance is one in ten.
#
# Then somebody adds copies, each hardly changed: saved again, moved by a hair.
# The rows are divided by chance into training and validation.
# Commit, then add copies.

# %%
explorers.bad_data.duplicates()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Without copies 0.12, with one 0.72, with three 0.97, and all of it memory.
# A validation example that has a **duplicate** among the training examples is no unseen
# example.
#
# </details>
#
# So before a score is believed, look for pairs that cross the split.
# Two rows are near when their distance, the root of the sum of squared differences, is
# within a tolerance.

# %% [markdown]
# ### Exercise: `near_duplicates`
#
# Write `near_duplicates(a, b, tolerance)` for `a` (N, D) and `b` (M, D).
# It returns the pairs (row of a, row of b) whose distance is at most `tolerance`, as an
# array (P, 2), in the order of a, then of b.
#
# | | [3, 4.1] | [0.6, 0.6] | [9, 9] |
# |---|---|---|---|
# | [0, 0] | 5.08 | 0.85 | 12.73 |
# | [3, 4] | 0.10 | 4.16 | 7.81 |
#
# so with tolerance 0.5 it is [[1, 0]].
# Keep the distances of one row of a at a time: all differences at once are N · M · D
# numbers, and for 100 000 pictures no memory holds them.
#
# *6 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With the distances of one row of a to all rows of b.
#
# </details>
# <details><summary>Hint 2: shapes, and too much memory</summary>
#
# For one row of a, `b - row` is (M, D), and its distances are (M,).
# `a[:, None] - b[None]` is (N, M, D): that is what does not fit.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `apart = np.array([np.sqrt(((b - row) ** 2).sum(axis=...)) for row in a])`
#
# `np.argwhere(...)` returns pairs.
#
# </details>


# %% solution="near_duplicates"
def near_duplicates(a, b, tolerance):
    """Return the pairs (P, 2) of rows of a and b that are at most tolerance apart."""
    ### BEGIN SOLUTION
    apart = np.array([np.sqrt(((b - row) ** 2).sum(axis=1)) for row in a])
    return np.argwhere(apart <= tolerance)
    ### END SOLUTION


# %% check="near_duplicates"

# %%
pairs = near_duplicates(digits.train.x, unseen, 0.5)
same = np.mean(digits.train.targets[pairs[:, 0]] == truth[pairs[:, 1]])
print(f"pairs within 0.5: {len(pairs)}, share with one label: {same:.2f}")

# %% [markdown]
# ## A leak that is really there
#
# The digits lie in the order in which people wrote them: 13 writers.
# Cut by chance, every writer is on both sides.
# Cut in order, the last fifth comes from hands that the network has never seen.
#
# By chance it reads 0.97 of the held-out digits.

# %%
new_hands = predict("new_hands", "And of digits by writers it has never seen?")

# %%
x, labels = digits.all
cut = 4 * len(x) // 5
for rows in (rng.permutation(len(x)), np.arange(len(x))):
    network = mlp([64, 32, 10], rng)
    learn, hold = rows[:cut], rows[cut:]
    train(network, x[learn], labels[learn], learning_rate=0.3, rng=rng, epochs=20)
    share = np.mean(network.predict(x[hold]).argmax(axis=1) == labels[hold])
    print(f"{share:.3f}")

# %%
new_hands.reveal(
    round(float(share), 2),
    "The second line is what a new customer will see. The first one is not wrong: it "
    "answers another question.",
)

# %% [markdown]
# Whoever will meet new writers has to hold out writers, not rows.
#
# ### Exercise: `group_split`
#
# Write `group_split(groups, fraction, rng)`.
# `groups` (N,) says for each row whose it is.
# With `rng`, draw `round(fraction * number of groups)` groups for validation.
# Return `train_indices, validation_indices`: all row numbers, and no group on both
# sides.
#
# By hand: groups = [7, 7, 9, 8, 9] and fraction 0.34 hold out one group; if that is 9,
# the answer is [0, 1, 3] and [2, 4].
#
# *6 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what is drawn?</summary>
#
# Not rows. What does `np.unique(groups)` give?
#
# </details>
# <details><summary>Hint 2: from groups to rows</summary>
#
# `np.isin(groups, held_out)` is True for every row of a group that is held out.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `names = rng.permutation(np.unique(groups))`, then take the first so many.
#
# `np.flatnonzero(mask)` turns a mask into row numbers.
#
# </details>


# %% solution="group_split"
def group_split(groups, fraction, rng):
    """Return train_indices and validation_indices that share no group."""
    ### BEGIN SOLUTION
    names = rng.permutation(np.unique(groups))
    held_out = np.isin(groups, names[: round(fraction * len(names))])
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
    ### END SOLUTION


# %% check="group_split"

# %% [markdown]
# ## A good average
#
# Accuracy counts examples.
# A class with few of them hardly counts, and may be lost without a trace.
#
# Two instruments see it.
# The **confusion matrix** counts which class was taken for which: a row for what it
# was, a column for what it was taken for.
# The **recall** of a class is the share of its examples that were recognized: the
# diagonal, divided by the sum of the row.

# %% [markdown]
# ### Exercise: `confusion_matrix`
#
# Write `confusion_matrix(logits, labels)`, which returns a table (C, C) of counts.
# An example is taken for the class with its largest logit.
#
# By hand: four examples of three classes with labels 0, 0, 2, 2 are taken for 0, 0, 2,
# 1.
# The table is [[2, 0, 0], [0, 0, 0], [0, 1, 1]].
#
# *5 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With a table of zeros, as large as there are logits, and one example.
#
# </details>
# <details><summary>Hint 2: nothing above 1</summary>
#
# `counts[labels, taken_for] += 1` writes once to a cell that is named twice.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `np.add.at(counts, (labels, ...), 1)`, or a loop over the examples.
#
# </details>


# %% solution="confusion_matrix"
def confusion_matrix(logits, labels):
    """Return counts (C, C): row what it was, column what it was taken for."""
    ### BEGIN SOLUTION
    counts = np.zeros((logits.shape[1], logits.shape[1]), dtype=int)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts
    ### END SOLUTION


# %% check="confusion_matrix"

# %% [markdown]
# ### Exercise: `per_class_recall`
#
# Write `per_class_recall(confusion)`, which returns (C,) fractions.
# A class that never came has 0.
#
# | confusion | recall |
# |---|---|
# | 8, 2, 0 | 8 / 10 = 0.8 |
# | 0, 5, 0 | 5 / 5 = 1 |
# | 1, 0, 3 | 3 / 4 = 0.75 |
#
# *3 minutes, difficulty 1 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: rows or columns?</summary>
#
# How often did class 0 come? Which entries add up to that?
#
# </details>
# <details><summary>Hint 2: NaN</summary>
#
# 0 / 0. Divide by at least 1.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `np.diag(confusion) / np.maximum(confusion.sum(axis=...), 1)`
#
# </details>


# %% solution="per_class_recall"
def per_class_recall(confusion):
    """Return the share of each class's examples that were recognized, (C,)."""
    ### BEGIN SOLUTION
    return np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)
    ### END SOLUTION


# %% check="per_class_recall"

# %% [markdown]
# The training digits have 108 eights.
# Commit, then take them away.

# %%
explorers.bad_data.starved()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# With ten eights left the accuracy is still 0.89, and of the eights 0.14 are
# recognized.
#
# Two remedies: show the rare ones more often (**oversampling**: recall 0.75), or let
# each count more in the loss (**weights**: 0.78).
# Neither makes new eights: with 80 real ones it is 0.89.
#
# </details>

# %% [markdown]
# ## Let the rare ones count
#
# A weight for each class:
#
# $$w_c = \frac{N}{C \cdot n_c}$$
#
# N examples, C classes, n_c examples of class c.
# Where all are equally common every weight is 1.
#
# ### Exercise: `balanced_weights`
#
# Write `balanced_weights(labels, n_classes)`, which returns the weights (C,).
# A class that never comes has 0.
#
# By hand: labels 0, 0, 0, 0, 1, 1 of two classes give 6 / (2 · 4) = 0.75 and
# 6 / (2 · 2) = 1.5.
#
# *4 minutes, difficulty 2 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: what has to be counted?</summary>
#
# How often each class comes. NumPy has a function for it.
#
# </details>
# <details><summary>Hint 2: too few weights, or infinite ones</summary>
#
# `np.bincount(labels, minlength=...)`; divide by at least 1.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `len(labels) / (n_classes * np.maximum(counts, 1)) * (counts > 0)`
#
# </details>


# %% solution="balanced_weights"
def balanced_weights(labels, n_classes):
    """Return N / (n_classes * count) for each class; 0 for one that never comes."""
    ### BEGIN SOLUTION
    counts = np.bincount(labels, minlength=n_classes)
    return len(labels) / (n_classes * np.maximum(counts, 1)) * (counts > 0)
    ### END SOLUTION


# %% check="balanced_weights"

# %% [markdown]
# ### Exercise: `weighted_cross_entropy`
#
# Write `weighted_cross_entropy(logits, labels, weights)`, which returns `loss,
# dlogits`.
# Each example's loss is multiplied by the weight of its label, and the sum is divided
# by the **sum of those weights**.
# The blame of a logit is that of lesson 4, with the same factor in the place of 1/N.
#
# By hand: two examples with losses 1 and 3 and weights 3 and 1 give (3 · 1 + 1 · 3) / 4
# = 1.5, where the plain mean is 2.
#
# *8 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: whose weight?</summary>
#
# `weights` has one for each class. Which index gives one for each example?
#
# </details>
# <details><summary>Hint 2: a shape</summary>
#
# The factor of an example belongs to a whole row of dlogits: (N, 1).
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `share = weights[labels] / weights[labels].sum()`, `loss = share @ losses`
#
# `probs[rows, labels] -= 1`, then `dlogits = probs * share[...]`
#
# </details>


# %% solution="weighted_cross_entropy"
def weighted_cross_entropy(logits, labels, weights):
    """Return the weighted mean loss, in nats, and its gradient (N, C)."""
    ### BEGIN SOLUTION
    rows, own = np.arange(len(labels)), weights[labels]
    z = logits - logits.max(axis=1, keepdims=True)
    sums = np.exp(z).sum(axis=1)
    share = own / own.sum()
    loss = share @ (np.log(sums) - z[rows, labels])
    probs = np.exp(z) / sums[:, None]
    probs[rows, labels] -= 1
    return loss, probs * share[:, None]
    ### END SOLUTION


# %% check="weighted_cross_entropy"

# %% [markdown]
# **Somebody's mistake.** The weights went into the loss and were forgotten in dlogits.
# The check says:
#
# ```
# weighted_cross_entropy   2 of 4 points
#   loss  right      dlogits  differs
# The weights are in the loss and not in the gradient: the meter reads them, and
# the training never hears of them.
# ```
#
# With ten eights that network recognizes 0.14 of them, as if there were no weights.
# With both parts right it is 0.78.

# %% [markdown]
# ## Use it
#
# First the judge, as always.
# Then ten eights, and the same network twice: with all weights 1, and with yours.

# %%
z, t, w = rng.normal(size=(7, 3)), rng.integers(3, size=7), np.array([0.5, 1.0, 4.0])
numerical = numerical_gradient(lambda z: weighted_cross_entropy(z, t, w)[0], z)
error = np.abs(numerical - weighted_cross_entropy(z, t, w)[1]).max()
print(f"largest difference {error:.0e}")

# %%
x, labels = digits.train
few = np.flatnonzero(labels == 8)[:10]
rows = np.concatenate([np.flatnonzero(labels != 8), few])
for weights in (np.ones(10), balanced_weights(labels[rows], 10)):

    def loss(logits, labels, weights=weights):
        return weighted_cross_entropy(logits, labels, weights)

    network = mlp([64, 32, 10], np.random.default_rng(1))
    how = {"learning_rate": 0.1, "epochs": 30, "rng": np.random.default_rng(1)}
    train(network, x[rows], labels[rows], loss=loss, **how)
    recall = per_class_recall(confusion_matrix(network.predict(unseen), truth))
    print(f"weight of an eight {weights[8]:5.2f}, recall of 8: {recall[8]:.2f}")

# %% [markdown]
# ## Ticket 10
#
# A new export of the data has ten more columns.
# Validation went up, and the network was sent to the customer.
# Compare the readings, then commit a diagnosis.

# %%
explorers.bad_data.too_good()

# %% [markdown]
# <details><summary>What it teaches, when you have committed</summary>
#
# That was a **leak**: a column that is filled in after the answer is known.
# A score that is too good is a symptom, like one that is too bad.
# Ask of every column: is it known at the time of use?
#
# </details>

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 1, 9 and 5.
# Answer from memory, then check.

# %%
explorers.bad_data.five_questions()

# %% [markdown]
# ### What you saw
#
# **Who believes a wrong label?** Nobody for the first ten epochs: its loss stays high,
# and gives it away.
#
# **What makes a validation score lie?** Anything of the validation examples that is
# known in training: a duplicate, a writer, a column that says the label.
#
# **Which class pays for a good average?** The rare one. Read the recall of each.
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
# **Next:** [lesson 11](../11_gradient_descent/11_gradient_descent.ipynb) takes better
# steps with the same gradients.

# %% submit=true
