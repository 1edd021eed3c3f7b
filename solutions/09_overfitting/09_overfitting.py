# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 9. Memorizing or learning?
#
# Afterwards you can see in two curves whether a network learns or memorizes, hold it
# back in four ways, and say of any training run what ails it and what to do next.
#
# **Questions**
# When is a gap between two losses an illness? Which remedy helps how much, and whom
# does none of them help?
#
# **You will** stop a run at the right moment, build L2 and dropout with their backward
# passes, and write the rules that diagnose twelve runs.
#
# **Time** 60 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 8](../08_normalization/08_normalization.ipynb).

# %%
from functools import partial

import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.optimizers import gradient_step
from course_lib.predictions import predict
from course_lib.sweeps.overfitting import some_digits
from course_lib.training import evaluate, train

rng = np.random.default_rng(9)

# %% [markdown]
# ## Two losses
#
# A technician who has copied 300 old reports knows 300 answers.
# Whether he has learned the trade shows on report 301.
#
# So we measure twice: the **training loss** on the examples that the network learns
# from, and the **validation loss** on examples that it never learns from.
#
# Below, a 64-128-128-10 network learns 300 digits, and one label in five is wrong.
# Commit, then move the marker from end to end.

# %%
explorers.overfitting.memorizing()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# First both losses fall: what helps with the 300 helps with all digits.
# Then the validation loss **turns**, and the training loss goes on falling.
# From the turn on the network is **overfitting**: it learns what is true of these 300
# only.
#
# With 100 digits the turn comes earlier and is worse.
# With 1077, all labels right, it hardly comes at all.
# A narrower network memorizes too, only later.
#
# </details>

# %% [markdown]
# ### Exercise: `generalization_gap`
#
# How much worse is the network on what it has not seen?
# Write `generalization_gap(train_loss, validation_loss)`: validation minus training, in
# nats.
#
# By hand: 0.2 on the training examples and 0.5 on unseen ones make a gap of +0.3.
# With 0.5 and 0.2 it is −0.3, which is rare, and something to wonder about.
#
# *1 minute, difficulty 1 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: which one first?</summary>
#
# Which of the two is larger in a network that memorizes?
# Then the gap has to be positive.
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# A difference. No `abs`: the sign is information.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return validation_loss - ...`
#
# </details>


# %% solution="generalization_gap"
def generalization_gap(train_loss, validation_loss):
    """Return how many nats more are lost on unseen examples."""
    ### BEGIN SOLUTION
    return validation_loss - train_loss
    ### END SOLUTION


# %% check="generalization_gap"

# %% [markdown]
# ## What is learned by heart
#
# A wrong label cannot be seen in the pixels.
# Somebody calls this 3 an 8, and nothing in the image says so.
# After 1500 steps, what does the network answer where it was taught something wrong?

# %%
by_heart = predict(
    "wrong_labels_repeated",
    "Shown again the training digits with wrong labels, which label does it give?",
    ["mostly the right one", "half and half", "the wrong one, nearly always"],
)

# %%
digits = load("digits")
x, labels, is_wrong = some_digits(300, 0.2, rng)
settings = {"learning_rate": 0.1, "n_steps": 1500, "batch_size": 64, "rng": rng}
settings |= {"validation": digits.validation, "measure_every": 25}
settings |= {"progress": lambda *_: None}

network = mlp([64, 128, 128, 10], rng, activation="relu")
history = train(network, x, labels, **settings)
repeated = np.mean(network.predict(x[is_wrong]).argmax(axis=1) == labels[is_wrong])
print(f"{is_wrong.sum()} wrong labels, {repeated:.0%} of them repeated")
gap = generalization_gap(history.train_losses[-1], history.validation_losses[-1])
print(f"gap {gap:.2f} nats")

# %%
by_heart.reveal(
    "the wrong one, nearly always",
    "It had to learn each of them by heart: no rule about digits gives them.",
)

# %% [markdown]
# A network with room enough learns anything, true or not.
# The training loss cannot tell the two apart.
#
# There are four remedies: **stop** when the validation loss turns, a **penalty** on
# large weights, **dropout**, and **more data**.
# The first three you build now.

# %% [markdown]
# ### Exercise: `early_stopping`
#
# Nobody sees ahead. While it trains we measure the validation loss now and then, and
# remember the best parameters.
# When `patience` measurements in a row brought no new lowest loss, we stop and go back.
#
# Write `early_stopping(validation_losses, patience)`, which returns the position of the
# lowest loss seen until then, from 0.
#
# | step | 0 | 1 | 2 | 3 | 4 | 5 |
# |---|---|---|---|---|---|---|
# | loss | 1.0 | 0.7 | **0.5** | 0.6 | 0.55 | 0.4 |
#
# With a patience of 2 we stop at step 4, and the answer is 2.
# With 3 we get to see the 0.4, and the answer is 5.
#
# *7 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: "this is the lowest point of the whole curve"</summary>
#
# What would you have known at step 4?
# `argmin` looks at what nobody has measured yet.
#
# </details>
# <details><summary>Hint 2: terms</summary>
#
# Keep `best_step`. How many measurements ago that was is `step - best_step`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `for step, loss in enumerate(validation_losses):`
#
# In it: `if loss < validation_losses[best_step]: best_step = ...`, and
# `if step - best_step >= ...: break`
#
# </details>


# %% solution="early_stopping"
def early_stopping(validation_losses, patience):
    """Return the step of the lowest loss seen before patience runs out."""
    ### BEGIN SOLUTION
    best_step = 0
    for step, loss in enumerate(validation_losses):
        if loss < validation_losses[best_step]:
            best_step = step
        if step - best_step >= patience:
            break
    return best_step
    ### END SOLUTION


# %% check="early_stopping"

# %% [markdown]
# Now on the run from above, measured every 25 steps, with a patience of eight
# measurements.

# %%
kept = early_stopping(history.validation_losses, 8)
for when in (kept, -1):
    loss, share = history.validation_losses[when], history.validation_accuracies[when]
    print(
        f"step {history.steps[when]:4}: loss {loss:.2f}, unseen read right {share:.3f}"
    )

# %% [markdown]
# ## A price for large weights
#
# To bend around single examples a network needs large weights.
# **L2** makes them expensive: to the loss it adds
#
# $$\frac{\text{strength}}{2} \sum W^2$$
#
# over all weights, and none of the biases: a bias moves a threshold, it bends nothing.
#
# The slope of W²/2 is W, so each step also pulls every weight towards 0, and large ones
# harder, like a spring.
# A weight stays large only if the examples keep pulling, and a single wrong label
# pulls too little.

# %% [markdown]
# ### Exercise: `l2_penalty`
#
# Write `l2_penalty(weights, strength)`, which returns `loss, grads`.
# `weights` is a dict of arrays such as `W1`, `b1`, `W2`, `b2`; a bias has one axis.
# `loss` is one number; `grads` has the same names and shapes, with zeros for biases.
#
# By hand: W = [[3]], b = [5], strength 0.1.
# The loss is 0.1 / 2 · 9 = **0.45**, the gradient of W is 0.1 · 3 = **0.3**, that of b
# is 0.
#
# *6 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: my gradient is twice as large</summary>
#
# What is the slope of W²?
# What does the half do to it?
#
# </details>
# <details><summary>Hint 2: how do I know a bias?</summary>
#
# `w.ndim` is 2 for a matrix and 1 for a bias.
# `np.zeros(w.shape)` or `0 * w` is a gradient that pulls at nothing.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `loss, grads = 0.0, {}`, then `for name, w in weights.items():`
#
# In it, for a matrix: `loss += strength / 2 * ...` and `grads[name] = strength * ...`
#
# </details>


# %% solution="l2_penalty"
def l2_penalty(weights, strength):
    """Return strength / 2 * sum of W^2 without biases, and its gradients."""
    ### BEGIN SOLUTION
    loss, grads = 0.0, {}
    for name, w in weights.items():
        is_matrix = w.ndim == 2
        loss += strength / 2 * np.sum(w**2) * is_matrix
        grads[name] = strength * w * is_matrix
    return loss, grads
    ### END SOLUTION


# %% check="l2_penalty"

# %% [markdown]
# ## Dropout
#
# Every step, each hidden value is set to 0 with probability `p_drop`.
# Units that only work together, and remember one example between them, come apart: now
# this one is missing, now that one.
# What is left is what many units know on their own.
#
# Dropping is for **training** only; in **use** all units work.
# But then more arrives than ever in training, unless those that stay make up for those
# that are missing.
# By how much?

# %%
explorers.overfitting.dropout()

# %% [markdown]
# ### Exercise: `dropout_forward`
#
# Write `dropout_forward(x, p_drop, rng, training)`, which returns `y, cache`.
# `x` is (N, D).
#
# - In training each entry is 0 with probability `p_drop`, drawn on its own from `rng`;
#   the others are divided by `1 - p_drop`.
# - In use `y` is `x`. There `rng` is None.
#
# The cache is whatever backward will need.
# By hand, `p_drop` = 0.2: of x = [4, 8, 12] with the second one dropped comes
# y = [5, 0, 15].
# You cannot know which are dropped; the check counts, and does not expect one mask.
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: how do I toss a coin for each entry?</summary>
#
# `rng.random(x.shape)` draws numbers spread evenly from 0 to 1.
# Which share of them is below 0.2?
#
# </details>
# <details><summary>Hint 2: "kept and dropped are exchanged"</summary>
#
# A number below `p_drop` means *drop*. The mask is 1 where an entry is *kept*.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `if not training: return x, 1.0`
#
# `mask = (rng.random(x.shape) >= ...) / (...)`, then `return x * mask, mask`
#
# </details>


# %% solution="dropout_forward"
def dropout_forward(x, p_drop, rng, training):
    """Return x with a share p_drop of its entries at 0, and a cache."""
    ### BEGIN SOLUTION
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape) >= p_drop) / (1 - p_drop)
    return x * mask, mask
    ### END SOLUTION


# %% check="dropout_forward"

# %% [markdown]
# ### Without the factor
#
# A common slip, here on purpose: entries are dropped, and nothing makes up for them.
# The next layer adds up 100 hidden values of 1.

# %%
hidden = np.ones((1000, 100))
dropped = hidden * (rng.random(hidden.shape) >= 0.5)
print("arrives in training", dropped.sum(axis=1).mean().round(1))
print("arrives in use     ", hidden.sum(axis=1).mean())

# %% [markdown]
# Twice as much in use: the network is handed inputs that it never trained with, and
# lesson 5 found that no common instrument hears it.
# The check would have said:
#
# > What is kept is not scaled up. In use nothing is dropped, so the next layer then
# > gets more than it ever got in training.

# %% [markdown]
# ### Exercise: `dropout_backward`
#
# Write `dropout_backward(dy, cache)`, which returns `dx`.
# An entry that was 0 had no say in the loss, so it gets no blame.
# One that was multiplied by 1.25 passes 1.25 times what arrives.
#
# By hand, with y = [5, 0, 15] from above: dy = [1, 1, 2] gives dx = [1.25, 0, 2.5].
# The mask is the one from forward: a new one would blame entries that were off.
#
# *3 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what is the local derivative?</summary>
#
# Forward multiplied each entry by a number.
# What is the slope of 1.25 x?
#
# </details>
# <details><summary>Hint 2: where is the mask?</summary>
#
# In the cache that your dropout_forward returned. Nothing is drawn here.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return dy * ...`
#
# </details>


# %% solution="dropout_backward"
def dropout_backward(dy, cache):
    """Return dx for the upstream gradient dy; the cache is that of dropout_forward."""
    ### BEGIN SOLUTION
    return dy * cache
    ### END SOLUTION


# %% check="dropout_backward"

# %% [markdown]
# ## Use it: hold the network back
#
# Your functions in a real run.
# `partial` binds a setting that is not trained, and the penalty's gradient is added to
# the loss's before each step.


# %%
def step_with_l2(params, grads, state, learning_rate, strength):
    _, pull = l2_penalty(params, strength)
    total = {name: grads[name] + pull[name] for name in params}
    return gradient_step(params, total, learning_rate), state


def held_back(strength, p_drop):
    half = partial(dropout_forward, p_drop=p_drop)
    network = mlp(
        [64, 128, 128, 10],
        rng,
        activation="relu",
        after_activation=lambda M: Layer(half, dropout_backward),
    )
    optimizer = partial(step_with_l2, strength=strength)
    train(network, x, labels, **settings, optimizer=optimizer)
    return network


# %%
for words, strength, p_drop in (
    ("nothing", 0.0, 0.0),
    ("L2 of 0.01", 0.01, 0.0),
    ("dropout of a half", 0.0, 0.5),
    ("both", 0.01, 0.5),
):
    network = held_back(strength, p_drop)
    seen, unseen = evaluate(network, x, labels)[1], evaluate(network, *digits.test)[1]
    size = np.abs(network.params[0]["W"]).mean()
    print(f"{words:18} training {seen:.3f}  unseen {unseen:.3f}  mean |W1| {size:.3f}")

# %% [markdown]
# Held back, the network reads *fewer* training digits "right", and more unseen ones.
# It leaves wrong labels alone: that is where its training accuracy went.
#
# One run is an anecdote.
# Here is the same on five seeds each; the step to go back to comes from your
# `early_stopping`.

# %%
explorers.overfitting.remedies()

# %% [markdown]
# <details><summary>What came out, when you have seen the bars</summary>
#
# | learned from | nothing | stop early | L2 | dropout | both |
# |---|---|---|---|---|---|
# | 300 digits, 1 in 5 wrong | 0.762 | 0.853 | 0.837 | 0.863 | 0.891 |
# | 1077 digits, 1 in 5 wrong | 0.909 | 0.933 | 0.935 | 0.950 | 0.939 |
# | 100 digits, all right | 0.875 | 0.869 | 0.881 | 0.884 | 0.888 |
#
# More data is the best remedy, even data as bad as before.
# All remedies add up until there is nothing left to cure: 1077 digits with both are no
# better than with dropout alone.
#
# </details>

# %% [markdown]
# ## No disease, no cure
#
# The last row: 100 digits, every label right.
# The network gets all of them right, and the gap is 0.45 nats.
# Yet the remedies move the result by about 0.01, which is as much as one seed differs
# from the next.
#
# There is nothing false to unlearn.
# What is missing is data, and no penalty draws a digit that nobody has written.
# **A gap is no illness.** The illness is a validation loss that has turned, together
# with something that should not be learned.

# %% [markdown]
# ## Six things a run may have
#
# | cause | what the curves do |
# |---|---|
# | `healthy` | both losses low, no turn |
# | `overfitting` | validation loss turned, training loss falls on |
# | `rate too high` | jumps, far above the start |
# | `rate too low` | high, and still falling at the end |
# | `too stiff` | high and flat, no gap |
# | `bad labels` | training goes well, unseen at chance |
#
# What to do next: `keep it`; `more data`, `L2`, `dropout` or `stop earlier`; `lower the
# rate`; `raise the rate` or `train longer`; `wider network` or `less L2`; `read the
# labels`.
#
# Twelve real runs on digits, two of each kind, in no order.
# Commit a cause and an action for each, and only then read what was planted.

# %%
explorers.overfitting.deck()

# %% [markdown]
# ### Exercise: `diagnose_curves`
#
# Now write down how you did it.
# `diagnose_curves(train_losses, validation_losses, train_accuracies,
# validation_accuracies)` gets four arrays of 41 measurements each, from a run with ten
# classes, and returns `cause, action`, in the words from above.
# Where several actions help, each of them will do.
#
# The checks try it on runs that you have not seen.
# All of them are clear cases, so your limits may lie where you like.
#
# By hand: training loss 2.4 to 0.06, validation loss lowest 0.52, at last 0.82, right
# 1.00 and 0.76: `"overfitting", "L2"`.
#
# *12 minutes, difficulty 4 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: in which order do I ask?</summary>
#
# With bad labels the validation loss rises, too, and with a rate that is too high as
# well.
# Which question has a yes from one illness only? Ask that first.
#
# </details>
# <details><summary>Hint 2: terms</summary>
#
# Jumps: `train_losses.max()` against `train_losses[0]`.
# A turn: `validation_losses[-1] - validation_losses.min()`.
# Still falling: `train_losses[-11] - train_losses[-1]`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `if train_accuracies[-1] > 0.7 and validation_accuracies[-1] < 0.3: return "bad
# labels", "read the labels"`
#
# Then the same for jumps above twice the start, a turn of more than 0.1, a fall of more
# than 0.1, a last loss above 0.5.
# What is left is healthy.
#
# </details>


# %% solution="diagnose_curves"
def diagnose_curves(
    train_losses, validation_losses, train_accuracies, validation_accuracies
):
    """Return what ails a run and what to do next, in the lesson's words."""
    ### BEGIN SOLUTION
    if train_accuracies[-1] > 0.7 and validation_accuracies[-1] < 0.3:
        return "bad labels", "read the labels"
    if train_losses.max() > 2 * train_losses[0]:
        return "rate too high", "lower the rate"
    if validation_losses[-1] - validation_losses.min() > 0.1:
        return "overfitting", "more data"
    if train_losses[-11] - train_losses[-1] > 0.1:
        return "rate too low", "raise the rate"
    stiff = train_losses[-1] > 0.5
    return ("too stiff", "wider network") if stiff else ("healthy", "keep it")
    ### END SOLUTION


# %% check="diagnose_curves"

# %% [markdown]
# Your rules on the deck, and then on the run of this lesson, from before it was held
# back.

# %%
explorers.overfitting.try_rules(diagnose_curves)
names = ["train_losses", "validation_losses"]
names += ["train_accuracies", "validation_accuracies"]
print(diagnose_curves(*(np.array(getattr(history, name)) for name in names)))

# %% [markdown]
# ## Ticket 9
#
# 1077 digits, every label right, dropout of a half.
# The loss on unseen digits is below the training loss nearly all the way.
# Good news?

# %%
explorers.overfitting.better_on_the_unseen()

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 2, 4 and 5.
# Answer from memory, then check.

# %%
explorers.overfitting.five_questions()

# %% [markdown]
# ### What you saw
#
# **When is a gap an illness?** When the validation loss has turned: the network has
# begun to learn what is true of its own examples only.
#
# **Which remedy helps how much?** On 300 noisy digits, from 0.762: L2 to 0.837, an
# early stop to 0.853, dropout to 0.863, more data to 0.909.
#
# **Whom does none of them help?** A network with nothing false to unlearn: no disease,
# no cure.
#
# Now say the loop aloud, and where it has to be watched.

# %%
explorers.overfitting.say_the_loop_and_the_turn()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 10](../10_bad_data/10_bad_data.ipynb) goes looking for the labels
# that were learned by heart here.

# %% submit=true
