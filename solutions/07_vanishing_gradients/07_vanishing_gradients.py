# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 7. Signal strength along the chain
#
# Afterwards you can measure how strong the blame is when it arrives at each layer of a
# deep network, say why it fades or explodes, and choose first weights that prevent it.
#
# **Questions**
# Why does a right gradient teach nothing to the first of ten layers? Which meter shows
# it, and which one hides it?
#
# **You will** draw first weights, meter the signal in both directions, count dead
# units, and clip a gradient.
#
# **Time** 50 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 6](../06_batch_noise/06_batch_noise.ipynb).

# %%
from functools import partial

import numpy as np

from course_lib import explorers
from course_lib.data import load
from course_lib.initializers import init_normal
from course_lib.layers import relu_forward
from course_lib.losses import softmax_cross_entropy
from course_lib.models import mlp
from course_lib.network import Layer
from course_lib.predictions import predict
from course_lib.training import minibatches, train

rng = np.random.default_rng(7)
images, labels = load("digits").train

# %% [markdown]
# ## A budget in decibels
#
# A cable of twenty pieces loses a little in each.
# A technician does not multiply twenty factors: in **decibels**, 20 · log10(ratio),
# the losses add up.
#
# | ratio | 1 | 1/2 | 1/4 | 1/10 | 1/1000 | 10 |
# |---|---|---|---|---|---|---|
# | decibels | 0 | −6 | −12 | −20 | −60 | +20 |
#
# A deep network is such a cable, twice: the signal goes forward through it, and the
# blame comes back.
# A layer is one **hop**.


# %%
def decibels(ratio):
    return 20 * np.log10(ratio)


decibels(np.array([1, 1 / 2, 1 / 4, 1 / 10, 1 / 1000, 10])).round(1)

# %% [markdown]
# ## What one product does
#
# The first half of a layer is `z = x @ W`.
# We take 100 inputs, and everything has standard deviation 1.
# Each entry of z is then a sum of 100 products.

# %%
sum_of_100 = predict(
    "sum_of_a_hundred",
    "100 inputs of standard deviation 1, weights of standard deviation 1. And z?",
    ["1", "10", "100"],
)

# %%
z = rng.normal(size=(1000, 100)) @ rng.normal(size=(100, 64))
print(f"standard deviation of z: {z.std():.1f}")

# %%
sum_of_100.reveal("10", "Of a sum of random numbers the squares add: 100, so the root.")

# %% [markdown]
# +20 dB in a single hop.
# To keep the strength of the signal, the weights need the variance 1/D, with D inputs.
# On the way back, `dy @ W.T` sums over the M outputs, and asks for 1/M.
#
# - **Xavier** compromises: variance 2 / (D + M). It suits tanh.
# - **He** has 2 / D: ReLU throws half of the signal's square away, and the 2 makes up
#   for it.
#
# The standard deviation is the root of the variance.

# %% [markdown]
# ### Exercise: `init_weights`
#
# Write `init_weights(sizes, scheme, rng)`.
# `sizes` lists the units of each layer, the inputs first.
# Return a list with one array for each two neighbours, of shape (D, M), drawn from
# `rng` with mean 0.
# The scheme is `"zeros"`, `"xavier"` or `"he"`.
#
# | sizes [64, 32, 10] | first W | second W |
# |---|---|---|
# | shape | (64, 32) | (32, 10) |
# | std, xavier | 0.144 | 0.218 |
# | std, he | 0.177 | 0.25 |
#
# Any way to draw with this mean and this standard deviation is right: the check
# measures large layers.
#
# *7 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: how do I get the pairs?</summary>
#
# `sizes[:-1]` are the sizes before, `sizes[1:]` the sizes after.
# Which function walks through two lists at once?
#
# </details>
# <details><summary>Hint 2: my weights are far too small</summary>
#
# `rng.normal(0, std, size=...)` takes the standard deviation.
# 2 / D is the variance.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `variance = {"zeros": 0.0, "xavier": 2 / (D + M), "he": ...}[scheme]`
#
# `weights.append(rng.normal(0, np.sqrt(...), size=(D, M)))`
#
# </details>


# %% solution="init_weights"
def init_weights(sizes, scheme, rng):
    """Return first weights: one array (D, M) for each two neighbours in sizes."""
    ### BEGIN SOLUTION
    weights = []
    for D, M in zip(sizes[:-1], sizes[1:], strict=True):
        variance = {"zeros": 0.0, "xavier": 2 / (D + M), "he": 2 / D}[scheme]
        weights.append(rng.normal(0, np.sqrt(variance), size=(D, M)))
    return weights
    ### END SOLUTION


# %% check="init_weights"

# %% [markdown]
# ## A cable of layers
#
# Our test cable has no biases and no loss: products and activations, nothing else.
# For each activation we keep its function of z, and its slope from its output h, as in
# lesson 4.
# `outputs_of` returns the h of every layer.

# %%
ACTIVATIONS = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h * h),
    "relu": (lambda z: np.maximum(z, 0), lambda h: h > 0),
}


def outputs_of(x, weights, activation):
    f, _ = ACTIVATIONS[activation]
    outputs = []
    for W in weights:
        x = f(x @ W)
        outputs.append(x)
    return outputs


# %% [markdown]
# ### Exercise: `activation_stds`
#
# The first meter, for the way forward.
# What differs from example to example is the signal, so we take the standard deviation.
#
# Write `activation_stds(x, weights, activation)`.
# It returns an array of shape (L,): for each of the L layers one `std` over all entries
# of its h, examples and units together.
#
# By hand: x is [[1], [3]], the weights are [[2]] and [[0.5]], with ReLU.
# The first h is [[2], [6]], std 2; the second [[1], [3]], std 1.
#
# *3 minutes, difficulty 1 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: where are the h?</summary>
#
# Which function above returns them all?
#
# </details>
# <details><summary>Hint 2: "expected (L,)"</summary>
#
# `h.std()` without an axis is one number.
# Put one for each layer into a list, and make it an array.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return np.array([... for h in outputs_of(...)])`
#
# </details>


# %% solution="activation_stds"
def activation_stds(x, weights, activation):
    """Return the standard deviation of every layer's h, an array of shape (L,)."""
    ### BEGIN SOLUTION
    return np.array([h.std() for h in outputs_of(x, weights, activation)])
    ### END SOLUTION


# %% check="activation_stds"

# %% [markdown]
# ### Exercise: `delta_norms`
#
# The second meter: the norm of each layer's **dz**, the blame at its pre-activation.
# `dy` arrives at the last h.
# In each layer, from the last to the first: dz is the blame that arrived, times the
# activation's slope at this layer's h.
# Measure it with `np.linalg.norm`; send `dz @ W.T` on as the `dy` of the layer before.
#
# Return an array of shape (L,), the first layer first.
#
# By hand: x is [[1]], the weights are [[2]] and [[3]], with ReLU, and dy is [[5]].
# Both units are on: dz is 5 in the second layer, and 5 · 3 = 15 in the first.
# The answer is [15, 5].
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With the h of all layers, which the slopes need.
# Then, which W and which h come first on the way back?
#
# </details>
# <details><summary>Hint 2: "The order is reversed"</summary>
#
# Backward meets the last layer first.
# `norms[::-1]` turns a list round.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `outputs = outputs_of(x, weights, activation)`
#
# `for W, h in zip(reversed(weights), reversed(outputs)):`
#
# `dz = ...`, then `norms.append(...)`, then `dy = ...`
#
# </details>


# %% solution="delta_norms"
def delta_norms(x, weights, activation, dy):
    """Return the norm of every layer's dz, an array of shape (L,)."""
    _, slope = ACTIVATIONS[activation]
    ### BEGIN SOLUTION
    outputs, norms = outputs_of(x, weights, activation), []
    for W, h in zip(reversed(weights), reversed(outputs), strict=True):
        dz = dy * slope(h)
        norms.append(np.linalg.norm(dz))
        dy = dz @ W.T
    return np.array(norms[::-1])
    ### END SOLUTION


# %% check="delta_norms"

# %% [markdown]
# ## Why not begin with zeros?
#
# Both meters on a network of five layers whose weights are all 0.

# %%
x = images[:100]
dy = rng.normal(size=(100, 64)) / 100
zeros = init_weights([64] * 6, "zeros", rng)
print("signal", activation_stds(x, zeros, "tanh"))
print("blame ", delta_norms(x, zeros, "tanh", dy).round(2))

# %% [markdown]
# The cable is cut, in both directions.
# And with equal weights other than 0, all units of a layer would compute the same, get
# the same blame, and stay equal for ever.
# First weights have to be random; the question is how large.
#
# ## How much arrives?
#
# A fresh network, 100 digits, 64 units in each layer.
# Left the signal, right the blame, both computed by your functions.
# The card asks about 20 layers; commit, then move the sliders.

# %%
explorers.vanishing_gradients.chain()

# %% [markdown]
# <details><summary>The rule, when you have moved the sliders</summary>
#
# Every hop multiplies, so the bars fall or rise on a straight line: the slope of that
# line, the **decibels per hop**, is what counts.
#
# | activation | first weights | dB per hop |
# |---|---|---|
# | sigmoid | xavier | −12.6 |
# | tanh | xavier | −0.5 |
# | ReLU | xavier | −3 |
# | ReLU | he | 0 |
# | ReLU | std 1 | +15 |
#
# (20 layers, means of five draws.)
# A sigmoid passes a quarter at best, −12 dB.
# ReLU passes half of the squares, −3 dB, which He's 2 makes up for.
# Blame that fades is called a **vanishing gradient**, blame that grows an **exploding**
# one.
#
# </details>

# %% [markdown]
# ## Saturated, and still too loud
#
# What if tanh gets weights of standard deviation 1?
# We look at the last of ten layers, and at the blame of the first.

# %%
wild = [rng.normal(0, 1, size=(64, 64)) for _ in range(10)]
h = outputs_of(x, wild, "tanh")[-1]
norms = delta_norms(x, wild, "tanh", dy)
print(f"{np.mean(np.abs(h) > 0.9):.0%} of the entries are beyond 0.9")
print(f"blame, first against last: {decibels(norms[0] / norms[-1]):+.0f} dB")

# %% [markdown]
# Most units are **saturated**: where h is 0.9, tanh passes only 1 − 0.81, or −14 dB.
# But weights this large amplify by 8 in each product, +18 dB, and a few units are not
# saturated.
# So the blame explodes, and nearly all of it goes through those few.
#
# ## The trap
#
# Many tools plot the norm of each layer's **dW**, since that is what moves the weights.
# Here are both meters on one network.

# %%
explorers.vanishing_gradients.meter()

# %% [markdown]
# <details><summary>The rule, when you have used both meters</summary>
#
# `dW = h.T @ dz`: inputs times blame.
# With tanh and ReLU the inputs fade forward by as much as the blame fades back, so
# every layer's dW holds all the losses of the whole cable, and they are all alike.
# In a network drawn too small they are alike and tiny.
#
# With the sigmoid the inputs do not fade, they hang around 0.5, and the norm of dW
# shows the fault.
# Measure dz, and the signal beside it.
#
# </details>

# %% [markdown]
# ## An instrument from the trap
#
# Take a ReLU network without biases and double one W, whichever.
# The logits double, for nothing in it bends except at 0.
# So each layer's sum of `W * dW` says the same: by how much the loss changes when the
# logits grow.
# It equals the sum of `logits * dlogits`, in **every** layer, whatever the weights.
# (Euler's theorem.)


# %%
def sums_of_W_dW(network):
    logits, caches = network.forward(x)
    _, dlogits = softmax_cross_entropy(logits, labels[:100])
    _, grads = network.backward(dlogits, caches)
    pairs = zip(network.params, grads, strict=True)
    return np.array([np.sum(p["W"] * g["W"]) for p, g in pairs if p])


network = mlp([64] * 6 + [10], rng, activation="relu")
print("all right  ", sums_of_W_dW(network).round(4))
network.layers[5] = Layer(relu_forward, lambda dy, cache: dy)  # forgets its mask
print("one is not ", sums_of_W_dW(network).round(4))

# %% [markdown]
# Layers 4 to 6 still read the right number.
# Layers 1 to 3, which the blame reaches through the fault, agree on another one.
# A sum for each layer, no probing, and it even says where.
# It needs ReLU and biases of 0, as a fresh network has them.
#
# ## Does it matter?
#
# Ten hidden layers, a learning rate of 0.1, twenty epochs of digits, trained once for
# every choice and kept.

# %%
explorers.vanishing_gradients.ten_layers()

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With the sigmoid every choice stays at ln 10, and so do tiny weights with tanh and
# ReLU: 0.10 right, as by guessing.
# tanh with Xavier reads 0.94 to 0.97, ReLU with He 0.94 to 0.97; ReLU with Xavier, at
# −3 dB a hop, falls behind with 0.89 to 0.96.
#
# ReLU with weights that are too large begins at a loss of a hundred nats and more.
# Its gradient explodes, and after three updates nothing is finite.
#
# </details>

# %% [markdown]
# ## Units that never answer
#
# A ReLU unit that is off passes no blame.
# Off for some examples is its job.
# Off for **every** example is another matter: no blame ever reaches its weights.
# Such a unit is **dead**.
#
# ### Exercise: `dead_fraction`
#
# Write `dead_fraction(pre_activations)`.
# `pre_activations` is z of one layer, (N, H), one column a unit; return the fraction of
# units for which z is at most 0 in every row.
#
# | | unit 1 | unit 2 | unit 3 | unit 4 |
# |---|---|---|---|---|
# | example 1 | −1 | 2 | −3 | −0.5 |
# | example 2 | −2 | −1 | 4 | −1 |
#
# Units 1 and 4 are dead: 0.5.
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: two questions</summary>
#
# First, for each unit: is it off for all examples?
# Then: for what share of the units is the answer yes?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `np.all(table, axis=...)` is True where a whole column, or a whole row, is True.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return np.mean(np.all(pre_activations <= 0, ...))`
#
# </details>


# %% solution="dead_fraction"
def dead_fraction(pre_activations):
    """Return the fraction of units, columns, whose z is never above 0."""
    ### BEGIN SOLUTION
    return float(np.mean(np.all(pre_activations <= 0, axis=0)))
    ### END SOLUTION


# %% check="dead_fraction"

# %% [markdown]
# ## Off is not dead
#
# A fresh layer, with the wrong count on purpose beside the right one.

# %%
z = x @ init_weights([64, 64], "he", rng)[0]
print(f"activations that are 0: {np.mean(z <= 0):.2f}")
print(f"units that are dead:    {dead_fraction(z):.2f}")

# %% [markdown]
# Nearly half of everything is off, and that is healthy.
# The check knows this mistake, and would have said:
#
# > This is the share of activations that are 0. A healthy ReLU layer has about half of
# > them; dead is a unit that is off for every example.
#
# ## What a too high learning rate looks like
#
# In lesson 2 the loss overflowed.
# Here are three ReLU layers and a stable softmax cross-entropy.
# Commit, then move the learning rate.

# %%
explorers.vanishing_gradients.dying()

# %% [markdown]
# <details><summary>The rule, when you have moved the slider</summary>
#
# | learning rate | dead units | right |
# |---|---|---|
# | 0.3 | 2 % | 0.97 |
# | 0.5 | 9 % | 0.97 |
# | 1 | 78 % | 0.19 |
# | 10 | 99 % | 0.10 |
#
# (Means of five runs.)
# No NaN: lesson 1's shift keeps the loss finite, and dead units are calm.
# **Flat near ln C after a rough start, with dead units**: divide the rate by ten, and
# start afresh.
# NaN comes when numbers between the layers overflow: exploding, as above.
#
# </details>

# %% [markdown]
# ### Exercise: `clip_by_global_norm`
#
# A single huge gradient can throw a network where it never comes back from.
# **Clipping** limits the length of a step and keeps its direction: one factor for all
# arrays.
#
# Write `clip_by_global_norm(grads, max_norm)`; `grads` is a dict of arrays.
# The norm is the root of the sum of **all** squares.
# Above `max_norm`, multiply every array by max_norm / norm; otherwise change nothing.
# Return the new dict, and the norm that came in.
#
# By hand: W is [[3]] and b is [4], so the norm is 5.
# With max_norm = 1: [[0.6]], [0.8], and 5.
#
# *6 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: one norm for many arrays?</summary>
#
# What would it be if all arrays were laid end to end?
#
# </details>
# <details><summary>Hint 2: small gradients grow</summary>
#
# Which factor should it be when the norm is below the limit?
# `min(1.0, ...)` knows both cases.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `norm = np.sqrt(sum(np.sum(dw**2) for dw in grads.values()))`
#
# `factor = max_norm / norm if ... else 1.0`
#
# `return {name: ... for name, dw in grads.items()}, norm`
#
# </details>


# %% solution="clip_by_global_norm"
def clip_by_global_norm(grads, max_norm):
    """Return grads with a common norm of at most max_norm, and the norm before."""
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(dw**2) for dw in grads.values()))
    factor = max_norm / norm if norm > max_norm else 1.0
    return {name: factor * dw for name, dw in grads.items()}, norm
    ### END SOLUTION


# %% check="clip_by_global_norm"

# %% [markdown]
# ## Use it: rescue the network that exploded
#
# Ten ReLU layers drawn too large, standard deviation 0.3, which were not finite after
# three updates.
# We train them again for ten epochs, with your clipping in the loop.


# %%
def train_clipped(max_norm, rng):
    large = partial(init_normal, std=0.3)
    network = mlp([64] * 11 + [10], rng, activation="relu", initializer=large)
    norms = []
    for _ in range(10):
        for rows in minibatches(len(images), 32, rng):
            logits, caches = network.forward(images[rows])
            loss, dlogits = softmax_cross_entropy(logits, labels[rows])
            _, grads = network.backward(dlogits, caches)
            named = {(k, n): dw for k, g in enumerate(grads) for n, dw in g.items()}
            named, norm = clip_by_global_norm(named, max_norm)
            norms.append(norm)
            for (k, name), dw in named.items():
                layer = network.layers[k]
                layer.params[name] = layer.params[name] - 0.1 * dw
    return network, loss, norms


# %%
rescue = predict("clipped", "With clipping at 1, what share of unseen digits is right?")

# %%
network, loss, norms = train_clipped(1.0, rng)
unseen, truth = load("digits").validation
right = float(np.mean(network.predict(unseen).argmax(axis=1) == truth))
print(f"largest norm {max(norms):.0f}, last loss {loss:.2f}")
rescue.reveal(round(right, 3), "From NaN to that: it helps, and it is no cure.")

# %% [markdown]
# Clipping keeps the step short; it does not make the signal fit.
# The cure is upstream: your first weights, at the same depth, and no clipping at all.
# (Deep networks want small steps; at 0.1 this one still jumps now and then.)
# `train` is the course's loop; it also takes `clip_norm`, for when you need it.

# %%
sizes = [64] * 11 + [10]
network = mlp(sizes, rng, activation="relu")
for layer, W in zip(network.layers[::2], init_weights(sizes, "he", rng), strict=True):
    layer.params["W"] = W
train(network, images, labels, learning_rate=0.03, epochs=20, rng=rng)
print("right:", np.mean(network.predict(unseen).argmax(axis=1) == truth).round(3))

# %% [markdown]
# ## Ticket 7
#
# Ten ReLU layers stand still, at a learning rate of 0.05.
# Every pair of forward and backward functions in them has passed its gradient check.
# Compare the readings, then commit a diagnosis.

# %%
explorers.vanishing_gradients.calm_and_deaf()

# %% [markdown]
# <details><summary>What it teaches, when you have committed</summary>
#
# A meter that reads the same in every layer is no proof of health: here all dW are
# alike, and all are nearly 0.
# The picture on the right is the reading that tells: **15 dB lost in each hop**, before
# a single step was taken.
#
# </details>

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 2, 4 and 5.
# Answer from memory, then check.

# %%
explorers.vanishing_gradients.five_questions()

# %% [markdown]
# ### What you saw
#
# **Why does a right gradient teach nothing to the first of ten layers?** Each hop
# multiplies the blame, and what is lost in each adds up in decibels.
#
# **Which meter shows it, and which one hides it?** The norm of dz shows it; in the norm
# of dW a weak blame hides behind strong inputs.
#
# Now say the loop aloud, and write it down as you say it.

# %%
explorers.vanishing_gradients.say_the_loop_and_the_budget()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 8](../08_normalization/08_normalization.ipynb) measures the signal
# in every layer while it trains, and sets it right.

# %% submit=true
