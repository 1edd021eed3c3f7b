# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 2. Which knob, which way, how far
#
# Afterwards you can measure how much each knob of a model matters, turn all of them the
# right way at once, choose how far, and see from a curve that you chose badly.
#
# **Questions**
# Which knob do we turn, and which way? How far is too far?
#
# **You will** measure a gradient, write one as a formula, train two models with your
# own loop, and cure a run that is stuck.
#
# **Time** 55 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 1](../01_loss/01_loss.ipynb).

# %%
from time import perf_counter

import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.predictions import predict


def mse(predictions, targets):
    """Return the mean squared error, as you wrote it in lesson 1."""
    return float(np.mean((predictions - targets) ** 2))


# %% [markdown]
# ## Two knobs and a meter
#
# You align an antenna: two screws, one meter.
# A model is the same, and its meter is the loss.
#
# Ours is a line: prediction = w · x + b.
# The input x is the body mass index of 442 patients; the target says how far their
# diabetes went within a year.
# Both are **standardised**: mean 0, standard deviation 1.
#
# You see neither patients nor line, only the meter.
# Set both knobs, then press *Measure here*.
# You have twelve moves.

# %%
explorers.gradient_and_learning_rate.two_knobs()

# %% [markdown]
# ## What the meter does not say
#
# How wrong you are, the meter says.
# It does not say which knob, which way, or how far, so you tried.
#
# There is a better question to ask it: *what would the loss do if this knob moved a
# little?*
# The answer is a **slope**, in loss per unit of the knob.
# The slopes of all knobs together are the **gradient**.
# It points uphill, so we step against it.
#
# How good is that one direction?
# We race it against 200 random ones, and every step is equally long.

# %%
explorers.gradient_and_learning_rate.random_steps()

# %% [markdown]
# None of the 200 ends lower, at any length of step.
# About half of the short random steps go down at all.
#
# A slope tells two things about its knob.
#
# - Its **sign** says which way: `dw` = −4.17 at the start, so the loss falls when w
#   rises.
# - Its **size** says how much the knob matters: `db` = 2.50 is smaller, so b matters
#   less there.
#
# We write `dw` for the gradient of the loss with respect to `w`.
# It always has the shape of `w`.

# %% [markdown]
# ### Exercise: `numerical_gradient`
#
# Measure slopes, as on the bench: move one knob a little up, a little down, and see
# what the loss does.
# By hand, for f(w) = w² at w = 3, with a step of 0.01:
# 3.01² = 9.0601, 2.99² = 8.9401, and 0.12 / 0.02 = 6.
#
# Write `numerical_gradient(f, w, step)`.
# `f(w)` returns the loss; `w` is an array of any shape, perhaps of whole numbers.
# Return `dw`, of the same shape, with
#
# $$\frac{f(w + \text{step}) - f(w - \text{step})}{2 \cdot \text{step}}$$
#
# for each entry, where only that entry moves.
# Leave the caller's `w` as it was.
#
# *7 minutes, difficulty 3 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: how do I reach every entry, whatever the shape?</summary>
#
# `for index in np.ndindex(w.shape):` walks through them; `dw[index]` is one entry.
# What is `np.zeros(w.shape)` good for?
#
# </details>
# <details><summary>Hint 2: later slopes are off, or w comes back changed</summary>
#
# Do not write into `w`.
# Make a `shift` of zeros that is `step` at one index, new for each index, and ask f for
# `w + shift` and `w - shift`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `shift = np.zeros(w.shape)`, then `shift[index] = step`.
#
# `dw[index] = (f(w + shift) - f(...)) / (2 * step)`
#
# </details>


# %% solution="numerical_gradient"
def numerical_gradient(f, w, step=1e-5):
    """Return the slope of f at each entry of w, measured from both sides."""
    ### BEGIN SOLUTION
    dw = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        shift = np.zeros(w.shape)
        shift[index] = step
        dw[index] = (f(w + shift) - f(w - shift)) / (2 * step)
    return dw
    ### END SOLUTION


# %% check="numerical_gradient"

# %% [markdown]
# ## One side is not enough
#
# Why two measurements, when f(w) is known already?
# Here is the slope of w² at 3 again, which is 6, from one side and from both.

# %%
step = 0.01
one_side = ((3 + step) ** 2 - 3**2) / step
both_sides = ((3 + step) ** 2 - (3 - step) ** 2) / (2 * step)
print(f"one side {one_side:.5f}   both sides {both_sides:.5f}")

# %% [markdown]
# From one side the bend of the curve gets into the slope; from both sides it cancels.
# The check knows this mistake, and would have said:
#
# > The slope is taken on one side: from f(w) up to f(w + step). Where the loss bends,
# > that is off by half a step of bend, about 5e-6 here; both sides together are
# > thousands of times closer.
#
# A smaller step bends less.
# So is a smaller step always better?

# %%
explorers.gradient_and_learning_rate.step_size()

# %% [markdown]
# "Smaller is better" is a myth.
#
# - **Too large** sees the bend: at 0.1 the error is 2 in 1000.
# - **Too small** sees rounding: the loss has 16 digits, and a step of 1e-13 changes
#   only the last few. The error is 8 in 100.
# - **Between** lies 1e-5, with an error of 1e-9 from both sides and 3e-6 from one.
#
# Switch to 32 bits: half the digits, and no step gets below 2 in 10 000.
# That is why we check gradients in 64 bits.

# %% [markdown]
# ## What do all slopes cost?
#
# A measured gradient needs no formula, so it is a good judge.
# Could it train a network?
# This one reads digits with 2410 weights.
# Its method `loss` counts how often it is asked.

# %%
network = explorers.gradient_and_learning_rate.SmallNetwork()
probes = predict(
    "probes", "How often does your function ask for the loss?", unit="times"
)

# %%
start = perf_counter()
measured = numerical_gradient(network.loss, network.weights)
by_probing = perf_counter() - start
probes.reveal(network.forward_passes, "Twice for each of 2410 weights.")

# %%
seconds = []
for _ in range(50):
    start = perf_counter()
    swept = network.gradient()
    seconds.append(perf_counter() - start)
print(f"largest difference {np.abs(measured - swept).max():.0e}")
print(f"probing took {by_probing / np.median(seconds):.0f} times as long")

# %% [markdown]
# The same 2410 slopes, from *one* sweep forward and *one* sweep back, a thousand times
# sooner or more.
# The gap grows with the network: probing asks twice for every weight, and a sweep back
# costs about as much as two sweeps forward, however many weights there are.
#
# Lessons 3 and 4 build that sweep.
# For a line we can write its slopes down now.

# %% [markdown]
# ### Slopes by hand
#
# Two examples, x = 1 and 3, both with target 2; w = 2, b = 1.
#
# | x | prediction | error | squared | slope of the square |
# |---|---|---|---|---|
# | 1 | 3 | 1 | 1 | 2 · 1 = 2 |
# | 3 | 7 | 5 | 25 | 2 · 5 = 10 |
#
# - b moves each prediction by 1, so `db` is the mean of 2 and 10: **6**.
# - w moves each prediction by its x, so `dw` is the mean of 2 · 1 and 10 · 3: **16**.
#
# The error is prediction minus target.
# Too high a prediction has a slope above 0: raising b makes it worse.

# %% [markdown]
# ### Exercise: `mse_gradient`
#
# Write `mse_gradient(x, targets, w, b)`.
# `x` has shape (N, D), `targets` (N,), `w` (D,); `b` is a number, and the predictions
# are `x @ w + b`.
# Return `dw`, of shape (D,), and `db`, one number:
#
# $$dw_j = \frac{1}{N} \sum_n 2\, x_{nj}\, \text{error}_n
# \qquad db = \frac{1}{N} \sum_n 2\, \text{error}_n$$
#
# *7 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which array of shape (N,) do both formulas need?
# Compute it first, prediction minus target.
#
# </details>
# <details><summary>Hint 2: "matmul: Input operand", or dw has N numbers</summary>
#
# Write the shapes under the product: (D, N) @ (N,) is (D,).
# Which of `x` and `x.T` has shape (D, N)?
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `error = x @ w + b - targets`
#
# `dw` is `2 * x.T @ ...` divided by `len(x)`; `db` is twice the mean of `error`.
#
# </details>


# %% solution="mse_gradient"
def mse_gradient(x, targets, w, b):
    """Return dw (D,) and db, the slopes of the mean squared error of x @ w + b."""
    ### BEGIN SOLUTION
    error = x @ w + b - targets
    dw = 2 * x.T @ error / len(x)
    db = 2 * error.mean()
    return dw, db
    ### END SOLUTION


# %% check="mse_gradient"

# %% [markdown]
# ## The judge and the formula
#
# Here are the 442 patients.
# Your formula gives `dw` in one line; your probe measures it.
# Two ways that share no line of code should meet.

# %%
patients = load("diabetes", scaled=False)
bmi = patients.x[:, [patients.feature_names.index("bmi")]]
bmi = (bmi - bmi.mean()) / bmi.std()
disease = (patients.targets - patients.targets.mean()) / patients.targets.std()

w, b = np.array([-1.5]), 1.25
dw, db = mse_gradient(bmi, disease, w, b)
probed = numerical_gradient(lambda w: mse(bmi @ w + b, disease), w)
print(f"formula {dw[0]:.9f}   probe {probed[0]:.9f}")

# %% [markdown]
# ### Exercise: `gradient_step`
#
# One step: each parameter minus **learning rate** times its gradient.
# By hand, with a learning rate of 0.5:
#
# | name | value | gradient | after the step |
# |---|---|---|---|
# | w | 1 | 2 | 1 − 0.5 · 2 = 0 |
# | b | 3 | −4 | 3 + 0.5 · 4 = 5 |
#
# Write `gradient_step(params, grads, learning_rate)`.
# Both dicts have the same names, whatever they are; a value is an array or a number.
# Return a **new** dict, and leave the caller's alone: then you can always go back to
# where you were.
#
# *5 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: the loss grows</summary>
#
# The gradient points uphill.
# Which sign takes you down?
#
# </details>
# <details><summary>Hint 2: the caller's params moved too</summary>
#
# `-=` writes into the array that came in, also after `dict(params)`.
# `a - b` makes a new array.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return {name: params[name] - ... for name in params}`
#
# </details>


# %% solution="gradient_step"
def gradient_step(params, grads, learning_rate):
    """Return new params: each one moved against its gradient, by name."""
    ### BEGIN SOLUTION
    return {name: params[name] - learning_rate * grads[name] for name in params}
    ### END SOLUTION


# %% check="gradient_step"

# %% [markdown]
# ## How far?
#
# For the patients' line the slope of w is 2 times the distance to the lowest point.
# A step takes away learning rate times that, so each step multiplies the distance by
# 1 − 2 · rate:
#
# | rate | 0.1 | 0.5 | 0.9 | 1 | 1.1 |
# |---|---|---|---|---|---|
# | distance times | 0.8 | 0 | −0.8 | −1 | −1.2 |
#
# At 0.1 it creeps, at 0.5 it is there at once, at 0.9 it jumps from side to side, and
# above 1 each jump is wider than the last.
#
# A valley with two weights has two such factors.
# Where does it break?

# %%
explorers.gradient_and_learning_rate.learning_rate()

# %% [markdown]
# Three regions, whatever the model:
#
# - **Too low**, 0.005: after 40 steps the loss is 1.64, and still on its way.
# - **Good**, 0.5: the lowest point, 0.954, in the same 40 steps.
# - **Too high**, 0.6: 700 million.
#
# Good and broken lie close together.
# The edge is 2 / λ, where λ is the largest **curvature**: how much the slope changes
# per unit of the weights, in the direction where it changes most.
# Here λ = 3.793, so the edge is 0.527.
# For the line above λ = 2, and the edge is 1.

# %% [markdown]
# ### Exercise: `train`
#
# Now the loop: predict, measure the loss, find the slopes, step, again.
# Write `train(x, targets, w, b, learning_rate, n_steps)`, with your functions and
# `mse`.
# `losses` has n_steps + 1 entries: the loss before the first step, then one after each.
#
# By hand: x = [[0], [1]], targets 1 and 3, w = 0, b = 0, rate 0.5.
#
# | after step | 0 | 1 | 2 |
# |---|---|---|---|
# | w, b | 0, 0 | 1.5, 2 | 1.25, 1.25 |
# | loss | 5 | 0.625 | 0.15625 |
#
# *9 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: the loss falls in a straight line, or not at all</summary>
#
# Which lines belong inside the loop?
# What has to be computed anew once w and b have moved?
#
# </details>
# <details><summary>Hint 2: losses is one too short</summary>
#
# One loss before the loop, one at the end of each round: 1 + n_steps.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dw, db = mse_gradient(x, targets, w, b)`
#
# `moved = gradient_step({"w": w, "b": b}, {"w": dw, ...}, learning_rate)`
#
# `w, b = moved["w"], moved["b"]`, and then `losses.append(...)`.
#
# </details>


# %% solution="train"
def train(x, targets, w, b, learning_rate, n_steps):
    """Return w and b after n_steps, and the losses, of shape (n_steps + 1,)."""
    ### BEGIN SOLUTION
    losses = [mse(x @ w + b, targets)]
    for _ in range(n_steps):
        dw, db = mse_gradient(x, targets, w, b)
        moved = gradient_step({"w": w, "b": b}, {"w": dw, "b": db}, learning_rate)
        w, b = moved["w"], moved["b"]
        losses.append(mse(x @ w + b, targets))
    return w, b, np.array(losses)
    ### END SOLUTION


# %% check="train"

# %% [markdown]
# ## Use it: the patients' line
#
# You had twelve moves.
# Your loop starts at the same place and gets twelve steps, with a learning rate of 0.3.
# How low will it come? The start is 6.572.

# %%
w, b, losses = train(bmi, disease, np.array([-1.5]), 1.25, 0.3, 12)
print("loss", *losses[[0, 1, 2, 4, 12]].round(3))
print(f"w = {w[0]:.3f}, b = {abs(b):.3f}")

# %% [markdown]
# 0.656, the lowest there is, and most of the way in two steps.
# A body mass index one standard deviation higher goes with a disease that is 0.586
# standard deviations further.
#
# If you scroll up and move the learning rate again, the valley is now walked by *your*
# `train`; the line below the picture says so.
#
# Next, 64 weights: is this digit a 3?
# Targets are 1 for a 3 and 0 for any other; λ comes from the pixels.

# %%
digits = load("digits")
x, labels = digits.train
center = x.mean(axis=0)
x, is_three = x - center, (labels == 3).astype(float)
edge = 2 / explorers.gradient_and_learning_rate.largest_curvature(x)
print(f"the edge is a learning rate of {edge:.4f}")
beyond = predict(
    "beyond",
    "3000 steps at 0.99 times the edge, and 3000 at 1.01 times. The losses end...",
    ["about equal", "a little apart", "very far apart"],
)


# %%
def last_loss(learning_rate, n_steps=3000):
    w = np.zeros(64)
    for _ in range(n_steps):
        dw, _ = mse_gradient(x, is_three, w, 0.0)
        w = gradient_step({"w": w}, {"w": dw}, learning_rate)["w"]
    return mse(x @ w, is_three)


with np.errstate(all="ignore"):
    for factor in (0.001, 0.5, 0.99, 1.01, 2.0):
        print(f"{factor:5.3f} times the edge: {last_loss(factor * edge):.3g}")

# %%
beyond.reveal("very far apart", "The first loss was 0.101; look at 0.99 and 1.01.")

# %% [markdown]
# Two hundredths apart, and 50 powers of ten.
# At twice the edge the loss passes the largest float, about 1e308, after 322 steps;
# then infinity minus infinity is `nan`.
# **A loss that climbs or turns `nan`: divide the learning rate by ten.**
#
# Far below the edge nothing breaks, and progress is slow: 3000 steps at 0.001 times the
# edge end at 0.0551, and 0.0479 is possible.
#
# With one such detector for each digit you can read them all.

# %%
unseen, truth = digits.validation
scores = np.zeros((len(unseen), 10))
for digit in range(10):
    is_digit = (labels == digit).astype(float)
    w, b, losses = train(x, is_digit, np.zeros(64), 0.0, 0.5, 100)
    scores[:, digit] = (unseen - center) @ w + b
print(f"unseen digits read right: {np.mean(scores.argmax(axis=1) == truth):.3f}")

# %% [markdown]
# 0.944 of 360 images that it never trained on, with your loop and no other.
#
# ## Ticket 2
#
# A network with one hidden layer of ReLU units; lesson 4 builds it.
# Its first loss is healthy, and 600 steps later it still guesses.
# Look at the first steps before you commit.

# %%
explorers.gradient_and_learning_rate.stuck_run()

# %% [markdown]
# **Retest.**
# Change one thing, the learning rate, and measure again: as it was, divided by ten, and
# far lower.

# %%
for learning_rate in (3.0, 0.3, 0.0001):
    history = explorers.gradient_and_learning_rate.run_of(learning_rate)
    first, last = history.train_losses[0], history.train_losses[-1]
    print(f"rate {learning_rate:<7g} loss before {first:.3f}   after {last:.3f}")

# %% [markdown]
# Divided by ten, the network learns.
# Too high and too low end at about the same reading, close to ln 10.
# The last loss alone cannot tell them apart; the first steps can.
# Too high jumps up at once: divide by ten.
# Too low hardly moves: raise it, ten times at a time.
#
# A high rate need not end in `nan`.
# A linear model explodes, as the detector of threes did.
# A network often lands where it is stuck instead.

# %% [markdown]
# ### Exercise: `loop_cards`
#
# Every network of this course is trained by one loop of four cards:
#
# - `backward` assigns blame: the slope of every knob
# - `forward` predicts, and keeps what backward will need
# - `loss` measures how wrong the predictions are
# - `update` improves: every knob moves against its slope
#
# Write `loop_cards()`.
# It takes nothing and returns a list of these four words, in the order of one step.
#
# *2 minutes, difficulty 1 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where does a step begin?</summary>
#
# What can be computed when all you have is a batch and the knobs?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# Each card needs what the card before it made: predictions, one number, slopes.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return [..., "loss", ..., "update"]`
#
# </details>


# %% solution="loop_cards"
def loop_cards():
    """Return the four words of one training step, in order."""
    ### BEGIN SOLUTION
    return ["forward", "loss", "backward", "update"]
    ### END SOLUTION


# %% check="loop_cards"

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lesson 1.
# Answer from memory, then check.

# %%
explorers.gradient_and_learning_rate.five_questions()

# %% [markdown]
# ### What you saw
#
# **Which knob, and which way?** The gradient has a slope for each: its sign says which
# way is uphill, its size how much the knob matters. We step against it.
#
# **How far is too far?** 2 / λ. Below it steps shrink, above it they grow. When in
# doubt, divide by ten.
#
# **Why not measure every slope?** Two probes for each weight. One sweep back gives them
# all.
#
# Now say the loop aloud, with the loss in its place, and write it down as you say it.

# %%
explorers.gradient_and_learning_rate.say_the_four_cards()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 3](../03_chain_rule/03_chain_rule.ipynb) follows the blame backward
# through a chain, one link at a time.

# %% submit=true
