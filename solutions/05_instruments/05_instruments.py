# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 5. It trains, is it right?
#
# Afterwards you can tell whether a network that learns is also right, and, when it is
# not, find the fault in few minutes.
#
# **Questions**
# What does a good accuracy prove? Which instrument hears which fault, and which fault
# does none of them hear?
#
# **You will** write five of eight instruments, use them on thirty planted faults, name
# what they find, and invent one of your own.
#
# **Time** 70 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 4](../04_layers/04_layers.ipynb).

# %%
import copy

import numpy as np

from course_lib import explorers, fault_rig
from course_lib.data import load
from course_lib.faults import FAULTS, HEALTHY
from course_lib.predictions import predict

# %% [markdown]
# ## Four networks
#
# The network of lesson 4, 64-32-10 with tanh, reads digits.
# We train it four times: once right, and three times with a line of backward wrong.
#
# - `z for dW2`: dW2 is made from z, before tanh, in place of h
# - `no tanh derivative`: blame passes tanh as if it were not there
# - `db2 is zero`: the second bias never gets any blame

# %%
best = predict(
    "best_of_the_wrong",
    "The right one reads 0.967 of the unseen digits. The best of the other three?",
    ["below 0.5", "between 0.5 and 0.9", "between 0.9 and 0.96", "above 0.96"],
)

# %%
wrong_lines = ["z for dW2", "no tanh derivative", "db2 is zero"]
for fault in [HEALTHY, *(FAULTS[name] for name in wrong_lines)]:
    outcome = fault_rig.run(fault.parts())
    print(f"{fault.name:20} {outcome.accuracy:.3f}")

# %%
best.reveal("above 0.96", "All three are; a wrong gradient can still point downhill.")

# %% [markdown]
# Three wrong networks, and no curve and no accuracy says so.
# On this data the fault is harmless.
# On your next data it may cost ten points, and nobody will look for it here.
#
# **Training is not proof.**
# We need instruments that ask something else than "does it learn?"

# %% [markdown]
# ### Exercise: `relative_error`
#
# Two gradients of the same thing, from two ways.
# How far apart are they, as a share of their size?
#
# $$\frac{\max |a - b|}{\max |a| + \max |b|}$$
#
# By hand: a = [3, −1], b = [3, 1].
# The largest difference is 2, the sizes are 3 and 3, so the error is 2 / 6 = 0.333.
# Opposite signs give 1, and so does zero against anything.
#
# Write `relative_error(a, b)` for two arrays of one shape.
# Two arrays of zeros are equal: 0.0.
# A NaN among the entries must not look like agreement.
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: nan for two arrays of zeros</summary>
#
# What is below the fraction there?
# Look at it before you divide.
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `size = np.abs(a).max() + np.abs(b).max()`
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return np.abs(a - b).max() / ... if size != 0 else 0.0`
#
# </details>


# %% solution="relative_error"
def relative_error(a, b):
    """Return the largest difference of a and b, as a share of their sizes."""
    ### BEGIN SOLUTION
    size = np.abs(a).max() + np.abs(b).max()
    return float(np.abs(a - b).max() / size) if size != 0 else 0.0
    ### END SOLUTION


# %% check="relative_error"

# %% [markdown]
# ## Two ways to one slope
#
# Lesson 2 measured slopes; lesson 4 wrote them as formulas.
# The two share no line of code, so where they agree, both are right.
# That is the **gradient check**, and this is its probe: the slope of `loss(params)` at
# one entry of one parameter, from both sides.


# %%
def slope_at(loss, params, name, place, step=1e-5):
    """Measure one slope; place counts the entries of params[name] from 0."""
    sides = []
    for shift in (step, -step):
        moved = params[name].copy()
        moved.flat[place] += shift
        sides.append(loss({**params, name: moved}))
    return (sides[0] - sides[1]) / (2 * step)


# %% [markdown]
# ### Exercise: `gradient_check`
#
# Probing each of 2410 weights takes a thousand times as long as backward.
# A sample is enough, if it is random.
#
# Write `gradient_check(loss, params, grads, n_samples, rng)`.
# `params` and `grads` are dicts with the same names; `loss(params)` is a number.
# For each name let `rng` choose `n_samples` entries (all, where there are fewer),
# measure their slopes with `slope_at`, and compare those with the same entries of the
# gradient.
# Return a dict: one `relative_error` for each name.
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: how do I choose entries, whatever the shape?</summary>
#
# Number them: an array `w` has `w.size` entries, and `w.ravel()` lists them.
# `rng.choice` draws from numbers.
#
# </details>
# <details><summary>Hint 2: "Cannot take a larger sample than population"</summary>
#
# A bias may have fewer entries than n_samples.
# Which is smaller, `n_samples` or `w.size`?
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `picks = rng.choice(w.size, min(n_samples, w.size), replace=False)`
#
# `measured = np.array([slope_at(loss, params, name, pick) for pick in picks])`
#
# `errors[name] = relative_error(grads[name].ravel()[picks], ...)`
#
# </details>


# %% solution="gradient_check"
def gradient_check(loss, params, grads, n_samples, rng):
    """Return the relative error of each gradient, by name, at sampled entries."""
    ### BEGIN SOLUTION
    errors = {}
    for name, w in params.items():
        picks = rng.choice(w.size, min(n_samples, w.size), replace=False)
        measured = np.array([slope_at(loss, params, name, pick) for pick in picks])
        errors[name] = relative_error(grads[name].ravel()[picks], measured)
    return errors
    ### END SOLUTION


# %% check="gradient_check"

# %% [markdown]
# ## One number for all is not enough
#
# Why an error for each name, and not one for the whole network?
# Here dW is right, and a small db is three times too large.

# %%
dW, db = np.array([2.0, -1.0]), np.array([3e-4])
together = relative_error(np.append(dW, db), np.append(dW, db / 3))
print(f"all together {together:.5f}   db alone {relative_error(db, db / 3):.2f}")

# %% [markdown]
# 5 in 100 000 looks like rounding.
# The fault drowns beside dW.
# The check knows this mistake, and would have said:
#
# > All parameters share one size, that of the largest gradient: a small db that is
# > three times too large drowns beside dW, and reads as an error of nothing.
#
# Now your check on the four networks, small ones of 6-5-10, so that it is quick.


# %%
def errors_of(fault):
    parts, rng = fault.parts(), np.random.default_rng(5)
    params = parts.init((6, 5, 10), rng)
    x, labels = rng.normal(size=(7, 6)), rng.integers(0, 10, 7)

    def loss(params):
        logits, _ = parts.forward(params, x, True, rng)
        return parts.loss(logits, labels)[0]

    _, grads, _ = parts.gradient(params, x, labels, rng)
    return gradient_check(loss, params, grads, 20, rng)


for fault in [HEALTHY, *(FAULTS[name] for name in wrong_lines)]:
    errors = [f"d{name} {error:.0e}" for name, error in errors_of(fault).items()]
    print(f"{fault.name:20}", "  ".join(errors))

# %% [markdown]
# The healthy one agrees to ten digits.
# Each fault is heard, and the name says where to look.
#
# Rules for this instrument:
#
# - **Random weights and random inputs.** At zero weights a wrong gradient is often
#   zero too, and zero agrees with zero.
# - **64 bits**, and a step of 1e-5. Lesson 2 says why.
# - **Hold chance still.** If dropout draws anew at each probe, you measure dropout.
# - **The loss alone.** A large penalty on the weights would drown the rest.

# %% [markdown]
# ## Cheaper instruments
#
# A gradient check takes ten minutes to set up.
# The next one takes one minute, and hears what the gradient check cannot: a start that
# is wrong.
#
# ### Exercise: `initial_loss_check`
#
# Before training a network guesses, and guessing among C classes costs ln C.
# Write `initial_loss_check(loss, n_classes)`: True if the loss lies within a quarter of
# ln C, to either side.
#
# By hand, C = 10: ln C = 2.303, a quarter of it 0.576, so 1.73 to 2.88 is healthy.
# NaN is not.
#
# *3 minutes, difficulty 1 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: too low is a symptom, too</summary>
#
# Which function makes a distance out of a difference?
#
# </details>
# <details><summary>Hint 2: NaN passes</summary>
#
# Every comparison with NaN is False.
# Ask whether the loss is near, not whether it is far.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return bool(abs(loss - np.log(n_classes)) <= ...)`
#
# </details>


# %% solution="initial_loss_check"
def initial_loss_check(loss, n_classes):
    """Return whether a first loss lies within a quarter of ln n_classes."""
    ### BEGIN SOLUTION
    return bool(abs(loss - np.log(n_classes)) <= 0.25 * np.log(n_classes))
    ### END SOLUTION


# %% check="initial_loss_check"

# %% [markdown]
# ### Exercise: `overfits_tiny_batch`
#
# A network that cannot learn ten images by heart will not learn a thousand.
# `train_step(x, labels)` takes one step and returns the loss before it.
#
# Write `overfits_tiny_batch(train_step, x, labels)`.
# Take 400 steps, always on the first ten examples; return True if the last loss is
# below 0.05.
#
# It asks about the gradient, the update, the learning rate and the start, all at once.
#
# *4 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: which examples does each step get?</summary>
#
# Always the same ten.
# How do you write the first ten rows?
#
# </details>
# <details><summary>Hint 2: falling is not enough</summary>
#
# Which of the 400 losses says whether they are learned by heart?
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `for _ in range(400):`, and in it `loss = train_step(x[:10], ...)`
#
# `return bool(loss < 0.05)`
#
# </details>


# %% solution="overfits_tiny_batch"
def overfits_tiny_batch(train_step, x, labels):
    """Return whether 400 steps on ten examples bring their loss below 0.05."""
    ### BEGIN SOLUTION
    for _ in range(400):
        loss = train_step(x[:10], labels[:10])
    return bool(loss < 0.05)
    ### END SOLUTION


# %% check="overfits_tiny_batch"

# %% [markdown]
# ## A function that leaves a mess
#
# A backward pass may give the right gradient and write over what it was given.
# The gradient check calls it once and is content.
# The mess is found by whoever comes next.
#
# A function is **pure** if it leaves its arguments alone and gives the same each time.
# To compare results we need this:


# %%
def same(a, b):
    """Return whether two results hold the same numbers, entry by entry."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b)


# %% [markdown]
# ### Exercise: `is_pure`
#
# Write `is_pure(function, *args)`.
# The star collects the arguments in the tuple `args`; `function(*args)` hands them on.
#
# Call the function twice, each time on `copy.deepcopy(args)`: an instrument does not
# spoil what it measures.
# Return True if the first copies are still the same as `args`, and both results are the
# same.
# Keep the first result with `copy.deepcopy` too: the second call may write into it.
#
# Worked example: `dy[dy < 0] = 0` gives the same both times, and is not pure.
#
# *6 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: what has to be kept until the end?</summary>
#
# The first copies, and the first result.
#
# </details>
# <details><summary>Hint 2: everything looks pure</summary>
#
# `list(args)` holds the same arrays as `args`.
# What does `copy.deepcopy` do that it does not?
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `first_args = copy.deepcopy(args)`
#
# `first = copy.deepcopy(function(*first_args))`
#
# `return same(first_args, args) and same(first, ...)`
#
# </details>


# %% solution="is_pure"
def is_pure(function, *args):
    """Return whether two calls give the same and leave their arguments alone."""
    ### BEGIN SOLUTION
    first_args, second_args = copy.deepcopy(args), copy.deepcopy(args)
    first = copy.deepcopy(function(*first_args))
    return same(first_args, args) and same(first, function(*second_args))
    ### END SOLUTION


# %% check="is_pure"

# %% [markdown]
# ### Exercise: `double_batch_check`
#
# Put every example into the batch twice.
# A mean does not change, and its gradient does not either.
# A forgotten 1/N doubles it.
#
# Write `double_batch_check(gradient, x, labels)`.
# `gradient(x, labels)` returns an array; return the `relative_error` between the
# gradient of the batch and that of the doubled batch.
# By hand, for a sum: g against 2g is 1 / 3.
#
# *4 minutes, difficulty 2 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: an error about shapes</summary>
#
# How many labels does a doubled batch have?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `np.concatenate([x, x])` puts the rows below each other.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `twice = gradient(np.concatenate([x, x]), ...)`
#
# `return relative_error(gradient(x, labels), twice)`
#
# </details>


# %% solution="double_batch_check"
def double_batch_check(gradient, x, labels):
    """Return how far a gradient changes when each example is there twice."""
    ### BEGIN SOLUTION
    twice = gradient(np.concatenate([x, x]), np.concatenate([labels, labels]))
    return relative_error(gradient(x, labels), twice)
    ### END SOLUTION


# %% check="double_batch_check"

# %% [markdown]
# ## The fault bench
#
# Thirty faults hide behind numbers.
# Your functions are the instruments; three are one-liners that we add:
#
# - `shapes`: has each gradient the shape of its parameter?
# - `huge logits`: is the loss finite when logits are in the thousands?
# - `training curve`: is the training loss below 0.25 after 660 steps?
#
# The ninth, `validation`, trips below 0.9.
#
# Choose a fault and an instrument, say whether it will trip, press *Measure*.
# When you know the fault, name it; below the table stands what the chosen name means.
# A wrong name costs ten minutes.
# Find five. How many do you find in an hour?

# %%
explorers.instruments.fault_bench()

# %% [markdown]
# <details><summary>What pays? Open when you have found five</summary>
#
# - Begin with what costs a minute or two: shapes, first loss, call twice, double batch.
# - Then overfit ten. If it fails, the gradient check says whose fault it is.
# - Quiet gradient check, failed overfit: the gradient is right, what is done with it is
#   not.
# - The training curve comes last. It suffers from fourteen faults and names none.
#
# </details>
#
# Each instrument has its blind side.
# The gradient check knows neither update nor data.
# Overfitting ten knows only those ten.
# Validation knows only what lowers one number.

# %% [markdown]
# ### Exercise: `name_fault`
#
# | tripped | family | such as |
# |---|---|---|
# | `call twice` | `memory` | gradients add up |
# | `double batch` | `batch size` | forgotten 1/N |
# | `first loss` | `start` | weights too wide |
# | `gradient check` | `backward` | a wrong derivative |
# | `huge logits` | `overflow` | no shift in softmax |
# | `overfit ten` | `step` | sign, learning rate |
# | `shapes` | `shape` | db of shape (1, C) |
# | `training curve` | `data` | shuffled labels |
# | `validation` | `labels` | off by one |
#
# Write `name_fault(readings)`; `readings["shapes"]` is True if it tripped.
# Often several did: choose the order in which you ask.
# Where nothing tripped, return `silent`.

# %% [markdown]
# Worked example: `gradient check`, `double batch`, `overfit ten`, `training curve` and
# `validation` tripped.
# That is a forgotten 1/N, so the family is `batch size`.
#
# *6 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: which one do I ask first?</summary>
#
# One that trips on few faults knows more than one that trips on many.
# Which one suffers from almost everything?
#
# </details>
# <details><summary>Hint 2: three pairs to get right</summary>
#
# A forgotten 1/N trips `gradient check` and `double batch`.
# A wrong derivative trips `gradient check` and `overfit ten`.
# A plus in the update trips `overfit ten` and `training curve`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# Make a dict of instrument and family, in your order.
#
# `for name, family in order.items():`, and in it `if readings[name]: return family`
#
# After the loop `return "silent"`.
#
# </details>


# %% solution="name_fault"
def name_fault(readings):
    """Return the family of the fault that left these readings."""
    ### BEGIN SOLUTION
    surest = {"shapes": "shape", "call twice": "memory", "huge logits": "overflow"}
    gradient = {"double batch": "batch size", "gradient check": "backward"}
    last = {"training curve": "data", "validation": "labels"}
    order = surest | gradient | {"first loss": "start", "overfit ten": "step"} | last
    found = [family for name, family in order.items() if readings[name]]
    return found[0] if found else "silent"
    ### END SOLUTION


# %% check="name_fault"

# %% [markdown]
# ## What nobody hears
#
# Three of the thirty leave all nine instruments quiet, and a fourth, inputs that are
# never scaled, is heard only by overfitting ten, which does not say why:
#
# - `scaled only in training`: pixels are divided by 16 in training, and not in use
# - `dropout left on`: half the hidden values are zero in use, too
# - `dropout not scaled`: the values that stay are not doubled in training, so in use
#   twice as much arrives
#
# **Dropout** sets half of the hidden values to zero in training, and doubles the rest.
# In use it does nothing; lesson 9 says why one would.

# %%
for name in ("scaled only in training", "dropout left on", "dropout not scaled"):
    outcome = fault_rig.run(FAULTS[name].parts())
    print(f"{name:24} {outcome.accuracy:.3f}")

# %% [markdown]
# What do they have in common?
# The gradient is right, the loss is right, the training is right.
# Something arrives at a layer in use that never arrived there in training.
#
# So we look at what arrives.
# `train_x` and `use_x` are what the first layer gets, of 40 images, in training and in
# use; `train_h` and `use_h`, of shape (40, 32), are what the second layer gets.

# %%
for name in ("healthy", *FAULTS):
    if name in ("healthy", "inputs not scaled", "scaled only in training"):
        parts = FAULTS.get(name, HEALTHY).parts()
        train_x, use_x, train_h, use_h = fault_rig.recorded(parts, n_steps=60)
        print(f"{name:24} largest pixel {train_x.max():4.0f} {use_x.max():4.0f}")

# %% [markdown]
# ### Exercise: `my_instrument`
#
# Invent it.
# Write `my_instrument(train_x, use_x, train_h, use_h)`: True if it trips.
# It has to trip on the four faults, and on no healthy run; a healthy run may have
# dropout, which leaves zeros in `train_h`.
# Pixels are meant to lie between 0 and 1.
#
# Which numbers it looks at, and where its limits lie, is yours to choose.
# Leave a margin: training and use see different images.
#
# *10 minutes, difficulty 4 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: what should I look at?</summary>
#
# Print for each of the four faults, and for a healthy run: the largest pixel, the mean
# size of the hidden values, the share of them that is exactly 0.
#
# </details>
# <details><summary>Hint 2: terms</summary>
#
# Hidden values are positive and negative, so their mean says nothing;
# `np.abs(h).mean()` is their size.
# The share of zeros is `np.mean(h == 0)`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `too_large = max(train_x.max(), use_x.max()) > 4`
#
# `growth = np.abs(use_h).mean() / ...`, healthy between 0.7 and 1.4
#
# `dropped = np.mean(use_h == 0) > 0.1`
#
# `return bool(too_large or ... or dropped)`
#
# </details>


# %% solution="my_instrument"
def my_instrument(train_x, use_x, train_h, use_h):
    """Return whether something arrives in use that never arrived in training."""
    ### BEGIN SOLUTION
    too_large = max(np.abs(train_x).max(), np.abs(use_x).max()) > 4
    growth = np.abs(use_h).mean() / np.abs(train_h).mean()
    dropped = np.mean(use_h == 0) > 0.1
    return bool(too_large or not 0.7 < growth < 1.4 or dropped)
    ### END SOLUTION


# %% check="my_instrument"

# %% [markdown]
# ## Use it: the whole table
#
# Your instruments on every fault, and on two healthy runs, one of them with dropout.
# The last column is your own.

# %%
written = [gradient_check, initial_loss_check, overfits_tiny_batch]
written += [is_pure, double_batch_check]
table = explorers.instruments.whole_matrix(written, my_instrument)

# %% [markdown]
# Read it by columns: what does each instrument *not* hear?
# Read it by rows: five faults are heard by the gradient check alone, and leave the
# validation accuracy where it was.
#
# And what does `name_fault` make of your readings?

# %%
for name in ("no 1/N", "W2 moved too early", "plus in the update", "label off by one"):
    readings = {i: i in table[name] for i in explorers.instruments.NAMES}
    print(f"{name:20} {name_fault(readings)}")

# %% [markdown]
# ## The checklist for any run
#
# Instruments ask about your code.
# Five questions ask about the run, whoever wrote the code:
#
# 1. Does it learn ten examples by heart?
# 2. Are 20 labels, read by eye, right?
# 3. Are the splits truly separate?
# 4. Does a lower learning rate calm it?
# 5. Is it worse on certain classes only?
#
# The first you have written.
# The second takes a minute, and nobody does it.

# %%
explorers.instruments.twenty_labels()

# %% [markdown]
# The third: no image of the training part may stand in the validation part.
# The fourth and fifth: one run each.

# %%
digits = load("digits")
seen = {image.tobytes() for image in digits.train.x}
print("in both parts:", sum(image.tobytes() in seen for image in digits.validation.x))
for learning_rate in (3.0, 0.3):
    outcome = fault_rig.run(HEALTHY.parts(), learning_rate=learning_rate)
    jumps = np.abs(np.diff(outcome.losses[-100:])).mean()
    print(f"rate {learning_rate}: the loss jumps by {jumps:.2f} from step to step")
print("right, by digit:", *(f"{share:.2f}" for share in outcome.by_class))

# %% [markdown]
# No image in both.
# A tenth of the rate calms the run.
# The 8 is read worse than the others, and 0.967 alone would not have said so.
# Equal images are the easy case; lesson 10 has splits that leak in other ways.
#
# ## Ticket 5
#
# The training loss is 0.056, and the accuracy on unseen digits 0.003.

# %%
explorers.instruments.below_chance()

# %% [markdown]
# **Retest.**
# Change one thing, the cause you found, and measure again.

# %%
for words, fault in (("as it was", explorers.instruments.TICKET), ("cured", HEALTHY)):
    outcome = fault_rig.run(fault.parts())
    print(f"{words:10} loss {outcome.train_loss:.3f}  accuracy {outcome.accuracy:.3f}")

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 1, 2 and 4.
# Answer from memory, then check.

# %%
explorers.instruments.five_questions()

# %% [markdown]
# ### What you saw
#
# **What does a good accuracy prove?** That this run was good enough on these examples.
# Half of thirty faults leave it above 0.9.
#
# **Which instrument hears which fault?** See the table: each has a blind side, so cheap
# ones first, several of them, and the training curve last.
#
# **Which fault does none hear?** One that nobody thought of. Ask what arrives in use
# that never arrived in training, and measure that.
#
# **Training is not proof.**
# Now say the loop aloud, and this with it.

# %%
explorers.instruments.say_the_loop_and_the_proof()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 6](../06_batch_noise/06_batch_noise.ipynb) asks how noisy a gradient
# is that was measured on a batch.

# %% submit=true
