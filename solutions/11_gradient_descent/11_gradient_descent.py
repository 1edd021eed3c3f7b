# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 11. Better steps
#
# Afterwards you can write momentum, RMSProp, Adam and AdamW, change the learning rate
# while training runs, and tell a fair race of optimizers from a myth.
#
# **Questions**
# What does a memory of past gradients buy? Is Adam faster? Why should steps become
# shorter towards the end?
#
# **You will** measure how a narrow valley slows gradient descent, build what helps, and
# race it.
#
# **Time** 55 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 10](../10_bad_data/10_bad_data.ipynb).

# %%
import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.models import mlp
from course_lib.predictions import predict, say_the_loop
from course_lib.training import train

rng = np.random.default_rng(11)

# %% [markdown]
# ## The narrow valley
#
# Lesson 2 found the edge: plain gradient descent breaks above 2 / L.
# L is the largest curvature.
# The steepest direction sets the limit, and all the others have to live with it.
#
# Take a bowl of two weights, (w1² + 100 w2²) / 2, from w1 = w2 = 1.
# L is 100, the smallest curvature 1.
# Their ratio is the **condition number** κ, here 100.
#
# At the rate 0.0198 both directions shrink by the same factor a step, 0.98.
# No rate does better.
# How many steps is that, until the loss is below 0.000001?

# %%
patience = predict("valley_steps", "How many steps does it take?", unit="steps")


# %%
def descend(kappa, rate):
    curvature, w, step = np.array([1.0, kappa]), np.ones(2), 0
    while 1e-6 < (loss := np.sum(curvature * w**2) / 2) < 1e6:
        w, step = w - rate * curvature * w, step + 1
    return step, loss


patience.reveal(
    descend(100, 2 / 101)[0],
    "Each step leaves 98 % of the distance, and the loss has to fall 50 million times.",
)

# %% [markdown]
# And with κ = 1000, or one percent above the edge?

# %%
print("kappa 1000:", descend(1000, 2 / 1001)[0], "steps")
steps, loss = descend(100, 1.01 * 2 / 100)
print(f"1.01 times 2 / L: a loss of {loss:.0f} after {steps} steps")

# %% [markdown]
# Ten times as narrow, eleven times as many steps: 5008.
# And one percent above the edge the loss climbs past a million.
# Real networks have such valleys in thousands of directions.
#
# ## A velocity
#
# Across the valley the gradient changes its sign at every step; along it, it does not.
# So we add up what has come before, and let it fade:
#
# $$velocity \leftarrow \beta \cdot velocity + dw$$
# $$w \leftarrow w - learning\ rate \cdot velocity$$
#
# This is **momentum**; β, `beta`, is the share of the **velocity** that stays.
# Signs that alternate cancel; signs that agree add up, to 1 / (1 − β) times one
# gradient: ten times for 0.9.

# %% [markdown]
# ### Exercise: `momentum_step`
#
# Write `momentum_step(w, dw, velocity, learning_rate, beta)`.
# It returns the new `w` and the new `velocity`, in this order; all arrays have one
# shape.
# By hand, with beta 0.5 and learning rate 0.1:
#
# | w | dw | velocity | new velocity | new w |
# |---|---|---|---|---|
# | 1 | 4 | 2 | 0.5 · 2 + 4 = 5 | 1 − 0.1 · 5 = 0.5 |
# | 2 | −1 | 3 | 0.5 · 3 − 1 = 0.5 | 1.95 |
#
# Some books put (1 − β) before dw, or the sign and the learning rate into the velocity.
# The check accepts those too, and says which one yours is.
#
# *5 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which comes first: the new velocity, or the step that uses it?
#
# </details>
# <details><summary>Hint 2: "changed its input"</summary>
#
# `velocity *= beta` writes into the caller's array.
# A product and a sum make a new one.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `velocity = beta * ... + ...`, then `return w - learning_rate * ..., velocity`.
#
# </details>


# %% solution="momentum_step"
def momentum_step(w, dw, velocity, learning_rate, beta):
    """Return the new w and the new velocity, both of the shape of w."""
    ### BEGIN SOLUTION
    velocity = beta * velocity + dw
    return w - learning_rate * velocity, velocity
    ### END SOLUTION


# %% check="momentum_step"

# %% [markdown]
# ## Where it is fast, and where it breaks
#
# Here is a map of the bowl: the learning rate to the right, beta upwards.
# The colour says how many steps it takes.
# The lowest row is gradient descent.
# Commit first; then move along the edge, and change the condition number.

# %%
explorers.gradient_descent.phase_map()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# The edge is at (1 + β) · 2 / L, whatever the condition number.
# Across the valley the gradient alternates, and the velocity of the step before points
# the other way: it brakes.
#
# The star is Polyak's choice, the best for any start: 69 steps in place of 444, and at
# κ = 1000 it is 257 in place of 5008.
# Gradient descent needs about κ steps, momentum about the root of κ.
# From this one start a few other places are luckier still.
#
# </details>

# %% [markdown]
# ## Every weight its own size
#
# Momentum still takes one learning rate for all weights.
# **RMSProp** gives each its own: it keeps a running mean `v` of the squared gradient,
# and divides the gradient by the root of it, its usual size.
#
# $$v \leftarrow \beta v + (1 - \beta)\, dw^2$$
# $$w \leftarrow w - learning\ rate \cdot \frac{dw}{\sqrt{v} + \varepsilon}$$
#
# What is left is about 1 long, so the learning rate is about the length of a step.
# ε, `epsilon`, is tiny; it keeps a weight that never had a gradient from 0 / 0.

# %% [markdown]
# ### Exercise: `rmsprop_step`
#
# Write `rmsprop_step(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8)`.
# It returns the new `w` and the new `v`.
# By hand, with beta 0.75 and learning rate 0.1:
#
# | w | dw | v | new v | new w |
# |---|---|---|---|---|
# | 1 | 6 | 4 | 3 + 9 = 12 | 1 − 0.1 · 6 / 3.464 = 0.827 |
# | 1 | 0.5 | 0 | 0 + 0.0625 | 1 − 0.1 · 0.5 / 0.25 = 0.8 |
#
# A gradient twelve times smaller, and a step no shorter.
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: what is a mean of what?</summary>
#
# Which share of the old v stays, and which share of what is new comes in?
#
# </details>
# <details><summary>Hint 2: NaN, or steps that are far too long</summary>
#
# `dw**2` is never below 0, `dw` is.
# And the step is divided by the root of v, not by v.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `v = beta * v + (1 - beta) * ...`
#
# `return w - learning_rate * dw / (np.sqrt(...) + epsilon), v`
#
# </details>


# %% solution="rmsprop_step"
def rmsprop_step(w, dw, v, learning_rate, beta=0.9, epsilon=1e-8):
    """Return the new w, and the new mean v of the squared gradient."""
    ### BEGIN SOLUTION
    v = beta * v + (1 - beta) * dw**2
    return w - learning_rate * dw / (np.sqrt(v) + epsilon), v
    ### END SOLUTION


# %% check="rmsprop_step"

# %% [markdown]
# ## Both, with a fair start
#
# **Adam** takes a running mean of the gradient, `m`, and divides it by the root of the
# running mean of its square, `v`.
#
# Both start at 0, and for a while they are too small.
# After the first step m is 0.1 · dw: nine tenths are still the zeros.
# After t steps the zeros weigh β^t, and dividing by 1 − β^t puts that right.
# This is the **bias correction**.
#
# β2 is 0.999, so v is too small for a thousand steps.
# Without the correction, how long is the very first step?

# %%
first = predict(
    "first_step",
    "Adam without the correction, learning rate 0.01. How long is its first step?",
)

# %%
dw = np.array([0.002, 200.0])
m, v = 0.1 * dw, 0.001 * dw**2
steps = 0.01 * m / np.sqrt(v)
print("steps:", steps)
first.reveal(round(float(steps[0]), 4), "It is the same for both gradients.")

# %% [markdown]
# 0.1 divided by the root of 0.001 is 3.16, whatever the gradient.
# That is too long at the worst moment: with weights that have learned nothing.
# The check would have said:
#
# > Nothing is corrected for the start at 0: the first step is 3.16 times too long, and
# > t is not used.
#
# Whoever corrects m alone steps ten times further still.

# %% [markdown]
# ### Exercise: `adam_step`
#
# Write `adam_step(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999,
# epsilon=1e-8)`.
# It returns the new `w`, `m` and `v`.
# `t` is the number of the step; the first one has t = 1.
#
# By hand: w = 1, dw = 3, m = 1, v = 4, t = 2, learning rate 0.3, betas 0.5 and 0.75:
#
# | line | value |
# |---|---|
# | m | 0.5 · 1 + 0.5 · 3 = 2 |
# | v | 0.75 · 4 + 0.25 · 9 = 5.25 |
# | corrected m | 2 / (1 − 0.5²) = 2.667 |
# | corrected v | 5.25 / (1 − 0.75²) = 12 |
# | w | 1 − 0.3 · 2.667 / (√12 + ε) = 0.769 |
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what do I return?</summary>
#
# Which m belongs to the next step: the one with the correction or the one without?
# The last two lines of the table are for this step only.
#
# </details>
# <details><summary>Hint 2: only "gradients near 0" differ</summary>
#
# Look at where epsilon stands: added to the root, or inside it?
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `m = beta1 * m + ...` and `v = beta2 * v + ...`, as in your other two
#
# `m_hat = m / (1 - beta1**...)`, and the same for v
#
# `return w - learning_rate * m_hat / (... + epsilon), m, v`
#
# </details>


# %% solution="adam_step"
def adam_step(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Return the new w, m and v; m and v without the correction."""
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v
    ### END SOLUTION


# %% check="adam_step"

# %% [markdown]
# ## A fair race
#
# Which one is faster?
# Here each optimizer has read digits at fifteen learning rates, five times at each: a
# 64-32-10 network, batches of 32, 400 steps.
#
# First all get the same rate, which you choose.
# Then change the rule.

# %%
explorers.gradient_descent.race()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# At 0.01 Adam wins by far; at 1 only gradient descent arrives.
# **A race at one learning rate can be won by anybody**: choose the rate, and you have
# chosen the winner.
#
# Each at its best, the median steps to 93 % are 50 for gradient descent, 40 for
# momentum, 35 for Adam and 30 for RMSProp.
# That is a lead, and a small one, on a small task.
# What differs most is where the good rates lie: near 0.5 for the first, near 0.03 for
# the last two.
#
# </details>

# %% [markdown]
# ## The noise floor
#
# Lesson 6 showed that a batch's gradient is noisy.
# Close to the minimum the noise is all that is left, and a constant learning rate keeps
# carrying it into the weights: the loss stays at a level, the **noise floor**.
# Shorter steps lower it, but short steps from the start would take for ever.
#
# So the learning rate changes over time: a **schedule**.
# We write each schedule as a factor from 0 to 1 that multiplies the largest rate; steps
# count from 0.

# %% [markdown]
# ### Exercise: `cosine`
#
# Write `cosine(step, n_steps)`: from 1 at step 0 down to 0 at `n_steps`, along half a
# wave, and 0 from there on.
#
# $$\frac{1 + \cos(\pi \cdot step / n\_steps)}{2}$$
#
# | step of 100 | 0 | 25 | 50 | 100 | 130 |
# |---|---|---|---|---|---|
# | factor | 1 | 0.854 | 0.5 | 0 | 0 |
#
# *3 minutes, difficulty 1 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: it rises again past the end</summary>
#
# What does a wave do after its lowest point?
# Which step would you have to put in, to stay there?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `np.cos` counts in radians; `min(step, n_steps)` never passes the end.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return 0.5 * (1 + np.cos(np.pi * min(...) / n_steps))`
#
# </details>


# %% solution="cosine"
def cosine(step, n_steps):
    """Return a factor that goes from 1 down to 0, and stays there."""
    ### BEGIN SOLUTION
    return 0.5 * (1 + np.cos(np.pi * min(step, n_steps) / n_steps))
    ### END SOLUTION


# %% check="cosine"

# %% [markdown]
# ### Exercise: `step_decay`
#
# Write `step_decay(step, every, factor)`: a staircase.
# It starts at 1, and at every `every`-th step it is multiplied by `factor`.
#
# | step, with every = 10 and factor = 0.5 | 0 | 9 | 10 | 20 | 25 |
# |---|---|---|---|---|---|
# | result | 1 | 1 | 0.5 | 0.25 | 0.25 |
#
# *2 minutes, difficulty 1 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: how many drops?</summary>
#
# How often does 10 go into 25?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `//` divides and forgets the rest.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return factor ** (... // ...)`
#
# </details>


# %% solution="step_decay"
def step_decay(step, every, factor):
    """Return a factor that drops once every so many steps."""
    ### BEGIN SOLUTION
    return factor ** (step // every)
    ### END SOLUTION


# %% check="step_decay"

# %% [markdown]
# ### Exercise: `warmup_cosine`
#
# The first steps are the riskiest: the weights are random, the gradients large.
# A **warm-up** climbs to the full rate in a straight line.
#
# Write `warmup_cosine(step, n_warmup, n_steps)`.
# While `step < n_warmup` the factor is (step + 1) / n_warmup; then your `cosine` takes
# what is left, down to 0 at `n_steps`.
# `n_warmup` may be 0.
#
# | step, with 4 of 14 | 0 | 1 | 3 | 4 | 9 | 14 |
# |---|---|---|---|---|---|---|
# | factor | 0.25 | 0.5 | 1 | 1 | 0.5 | 0 |
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: it drops right after the climb</summary>
#
# When the climb ends, how many steps has the cosine taken, and how many are left to it?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# Take `n_warmup` off both of the cosine's numbers.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `if step < n_warmup:` return the climb
#
# `return cosine(step - ..., n_steps - ...)`
#
# </details>


# %% solution="warmup_cosine"
def warmup_cosine(step, n_warmup, n_steps):
    """Return a factor that climbs to 1, then goes down to 0."""
    ### BEGIN SOLUTION
    if step < n_warmup:
        return (step + 1) / n_warmup
    return cosine(step - n_warmup, n_steps - n_warmup)
    ### END SOLUTION


# %% check="warmup_cosine"

# %% [markdown]
# ## Paint a learning rate
#
# Six hundred steps of plain gradient descent, in batches of eight digits.
# You shape the learning rate; the network is trained anew each time, with your
# schedules once they have passed.
# Commit, then find the lowest last loss that you can.

# %%
explorers.gradient_descent.schedule()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# At a rate of 1, as a mean of five draws, the last loss is 0.273 with a constant rate,
# 0.061 with a cosine, and 0.038 with a warm-up of a tenth before it.
#
# At 0.3 it is the other way round: 0.083 constant, 0.107 with a cosine.
# There the run is still on its way down, no floor is in sight, and shorter steps only
# slow it.
# A schedule cures noise; where there is none, it costs.
#
# </details>

# %% [markdown]
# ## Decay beside the step
#
# Lesson 9 pulled weights towards 0 with an L2 penalty, whose gradient is added to dw.
# In Adam that goes wrong: dw is divided by its usual size, and the penalty with it.
#
# Two weights are 1, with gradients of 0.01 and 100.
# The penalty is 0.5, the learning rate 0.1.
# How far does the penalty move each, beyond Adam's own step?

# %%
w, dw, zeros = np.ones(2), np.array([0.01, 100.0]), np.zeros(2)
plain, _, _ = adam_step(w, dw, zeros, zeros, 1, 0.1)
penalized, _, _ = adam_step(w, dw + 0.5 * w, zeros, zeros, 1, 0.1)
print("moved further by", np.abs(plain - penalized).round(6))

# %% [markdown]
# By nothing at all: the first step is one learning rate long, whatever is in dw.
# Later too, weights with large gradients hardly decay.
#
# **AdamW** leaves dw alone and takes the decay off beside the step:
#
# $$w \leftarrow w - step - learning\ rate \cdot weight\ decay \cdot w$$
#
# Both weights above then lose 0.1 · 0.5 of themselves.

# %% [markdown]
# ### Exercise: `adamw_step`
#
# Write `adamw_step(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999,
# epsilon=1e-8)`, which returns `w`, `m` and `v`.
# The decay is a share of the `w` that came in.
#
# By hand, with the numbers of `adam_step` and a weight decay of 0.1: Adam's step leads
# to 0.769, the decay is 0.3 · 0.1 · 1 = 0.03, so w = 0.739.
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: do I need all of Adam again?</summary>
#
# Which of your functions does nearly all of it already?
#
# </details>
# <details><summary>Hint 2: "the decay went into the gradient"</summary>
#
# `dw` stays as it came.
# The decay is subtracted from what Adam's step gives.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `stepped, m, v = adam_step(w, dw, m, v, t, learning_rate, beta1, beta2, epsilon)`
#
# `return stepped - ... * ... * w, m, v`
#
# </details>


# %% solution="adamw_step"
def adamw_step(
    w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """Return the new w, m and v: Adam's step, and the decay beside it."""
    ### BEGIN SOLUTION
    stepped, m, v = adam_step(w, dw, m, v, t, learning_rate, beta1, beta2, epsilon)
    return stepped - learning_rate * weight_decay * w, m, v
    ### END SOLUTION


# %% check="adamw_step"

# %% [markdown]
# ## Use it: your optimizer reads digits
#
# `train` takes any function `(params, grads, state, learning_rate)` that returns the
# new `params` and `state`.
# `state` is what has to be remembered from one step to the next, and None at first.
# Yours remembers t, and `m` and `v` of each parameter.


# %%
def my_adamw(params, grads, state, learning_rate):
    t, means = state or (0, {name: (0 * w, 0 * w) for name, w in params.items()})
    moved, kept = {}, {}
    for name, w in params.items():
        moved[name], *kept[name] = adamw_step(
            w, grads[name], *means[name], t + 1, learning_rate, weight_decay=0.01
        )
    return moved, (t + 1, kept)


# %% [markdown]
# Now 340 steps, ten passes through the digits, with a warm-up of 34.
# Everything that moves a weight is yours.

# %%
share = predict("share_right", "What share of the unseen digits does it read right?")

# %%
digits = load("digits")
network = mlp([64, 32, 10], rng)
history = train(
    network,
    *digits.train,
    learning_rate=lambda step: 0.03 * warmup_cosine(step, 34, 340),
    optimizer=my_adamw,
    epochs=10,
    validation=digits.validation,
    rng=rng,
)
share.reveal(
    round(history.validation_accuracies[-1], 3),
    "Lesson 4 took twice as many passes, with plain steps.",
)

# %% [markdown]
# ## Ticket 11
#
# A technician switched from gradient descent to momentum, beta 0.9, and kept the rate.
# It should be several times faster.
# It is not.
# Compare the readings, then commit a diagnosis.

# %%
explorers.gradient_descent.no_faster()

# %% [markdown]
# <details><summary>What it teaches, when you have committed</summary>
#
# A setting that changes nothing, to the last digit, is not connected to anything.
# **Before you tune a knob, turn it all the way and see something move.**
#
# </details>

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 2, 6 and 7.
# Answer from memory, then check.

# %%
explorers.gradient_descent.five_questions()

# %% [markdown]
# ### What you saw
#
# **What does a memory of past gradients buy?** In a narrow valley, the root: about √κ
# steps in place of κ.
#
# **Is Adam faster?** At its own best rate a little, here; at one rate for all, whatever
# you like.
#
# **Why should steps become shorter towards the end?** Long steps carry the noise of
# each batch into the weights.
#
# Now say the loop aloud, and write it down as you say it.
# All of this lesson was its last word.

# %%
say_the_loop()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 12](../12_embeddings/12_embeddings.ipynb) looks into what a network
# has stored, word by word.

# %% submit=true
