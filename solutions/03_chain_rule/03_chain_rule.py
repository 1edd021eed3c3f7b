# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 3. Blame through a chain
#
# Afterwards you can say how much every node of a computation is to blame for the loss,
# and your own **tape** finds it out by itself, in one sweep.
#
# **Questions**
# How does blame find its way back to a knob that is seven links away?
# What does it cost?
#
# **You will** send values forward and blame back through a chain, build a tape, and
# train a network on it.
#
# **Time** 60 minutes.
# **Difficulty** 4 of 5.
# **Before this**
# [lesson 2](../02_gradient_and_learning_rate/02_gradient_and_learning_rate.ipynb).

# %%
import numpy as np

from course_lib import explorers
from course_lib.data import make_moons
from course_lib.predictions import predict

rng = np.random.default_rng(3)

# %% [markdown]
# ## Eight nodes in a row
#
# A signal goes through a row of boxes and comes out wrong.
# A technician asks of each box: if its output moved a little, how far would the end
# move?
#
# Here is such a row.
# Each **node** does one thing: multiply, add, take a sine.
# w, b and v are knobs.
#
# Commit, then press *Step on*: eight steps forward with values, eight back with blame.
# A node's **blame** is its slope, in loss per unit of the node.
# We write `dz` for the blame of `z`.

# %%
explorers.chain_rule.chain()

# %% [markdown]
# On the way back, one rule was at work in every box:
#
# > blame of a node = **local derivative** × blame of the node after it
#
# The local derivative asks one link only: how far does *this* output move when its
# input moves?
# That is the **chain rule**.
#
# The link from z to s needs cos z, so the way back uses *values* from the way forward.
# That is why forward stores them.

# %% [markdown]
# ### Exercise: `chain_forward`
#
# Write `chain_forward(x, params)`.
# `params` is a dict with `w`, `b`, `v` and `target`, all of them numbers.
# Return a dict of the eight nodes, in this order:
#
# | node | is | by hand |
# |---|---|---|
# | `x` | the input | 2 |
# | `p` | w · x | 3 · 2 = 6 |
# | `z` | p + b | 6 − 6 = 0 |
# | `s` | sin z | 0 |
# | `u` | v · s | 5 · 0 = 0 |
# | `e` | exp u | 1 |
# | `r` | e − target | 1 − 4 = −3 |
# | `loss` | r² | 9 |
#
# By hand: w = 3, b = −6, v = 5, target = 4.
#
# *4 minutes, difficulty 2 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Which nodes can be computed when all you have is x and the knobs?
# One line for each node.
#
# </details>
# <details><summary>Hint 2: a name is not found</summary>
#
# The knobs are in the dict: `params["w"]`.
# NumPy has `np.sin` and `np.exp`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `p = params["w"] * x`, then `z = p + ...`, and so on.
#
# `return {"x": x, "p": p, "z": z, ...}`
#
# </details>


# %% solution="chain_forward"
def chain_forward(x, params):
    """Return the values of all eight nodes by name, from x to loss."""
    ### BEGIN SOLUTION
    p = params["w"] * x
    z = p + params["b"]
    s = np.sin(z)
    u = params["v"] * s
    e = np.exp(u)
    r = e - params["target"]
    return {"x": x, "p": p, "z": z, "s": s, "u": u, "e": e, "r": r, "loss": r**2}
    ### END SOLUTION


# %% check="chain_forward"

# %% [markdown]
# ### The same chain, back
#
# The loss moves by 1 when the loss moves by 1, so `dloss` is 1.
# From there, link by link, at the numbers above:
#
# | blame | local derivative × blame after it | by hand |
# |---|---|---|
# | `dr` | 2r · `dloss` | −6 · 1 = −6 |
# | `de` | 1 · `dr` | −6 |
# | `du` | exp u · `de` | 1 · (−6) = −6 |
# | `dv` | s · `du` | 0 |
# | `ds` | v · `du` | 5 · (−6) = −30 |
# | `dz` | cos z · `ds` | 1 · (−30) = −30 |
#
# In a product, each factor's slope is the *other* factor.
# A sum hands its blame on unchanged, to both inputs.
# The last four rows are yours.

# %% [markdown]
# ### Exercise: `chain_backward`
#
# Write `chain_backward(values, params)`.
# `values` is what `chain_forward` returned.
# Fill the dict `blame`, one line each, in this order: `dr`, `de`, `du`, `dv`, `ds`,
# `dz`, `db`, `dp`, `dw`, `dx`.
# At the numbers above, `dw` is −60 and `dx` is −90.
#
# The check names only the *first* blame that differs: those after it follow from it.
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what is a line made of?</summary>
#
# Two factors: one from this link, one that has arrived already.
# Which node comes *after* this one?
#
# </details>
# <details><summary>Hint 2: "du is the first that differs"</summary>
#
# exp is its own slope: the local derivative is exp u, and forward stored that as `e`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `blame["dr"] = 2 * values["r"] * blame["dloss"]`
#
# `blame["dz"] = np.cos(...) * blame["ds"]`
#
# `blame["dw"] = ... * blame["dp"]`: in p = w · x, what multiplies w?
#
# </details>


# %% solution="chain_backward"
def chain_backward(values, params):
    """Return the blame of every node and knob, by name."""
    blame = {"dloss": 1.0}
    ### BEGIN SOLUTION
    blame["dr"] = 2 * values["r"] * blame["dloss"]
    blame["de"] = blame["dr"]
    blame["du"] = values["e"] * blame["de"]
    blame["dv"] = values["s"] * blame["du"]
    blame["ds"] = params["v"] * blame["du"]
    blame["dz"] = np.cos(values["z"]) * blame["ds"]
    blame["db"] = blame["dz"]
    blame["dp"] = blame["dz"]
    blame["dw"] = values["x"] * blame["dp"]
    blame["dx"] = params["w"] * blame["dp"]
    ### END SOLUTION
    return blame


# %% check="chain_backward"

# %% [markdown]
# The explorer above now runs *your* two functions.
#
# A wrong line that the check knows well:
#
# > dloss, dr and de are right, du is the first that differs. du multiplies by u, the
# > input of exp. The slope of exp is its output, e.
#
# Is your blame the slope that a nudge finds?
# Here w is nudged, as in lesson 2.

# %%
params = {"w": 1.0, "b": 0.5, "v": 1.0, "target": 1.0}
step = 1e-5
above = chain_forward(1.5, {**params, "w": 1.0 + step})["loss"]
below = chain_forward(1.5, {**params, "w": 1.0 - step})["loss"]
blame = chain_backward(chain_forward(1.5, params), params)
print(f"blame {blame['dw']:.6f}   nudge {(above - below) / (2 * step):.6f}")

# %% [markdown]
# ## When a knob is used twice
#
# In a chain each node feeds one other.
# In a network a value often feeds several: that is **fan-out**.
# How much blame does it get?

# %%
explorers.chain_rule.fan_out()

# %% [markdown]
# <details><summary>After you have seen it: the rule for uses</summary>
#
# Every use sends its own share, and **shares add**.
# Nudge the knob, and all the uses move at once.
#
# Switch *blame of w* to `grad = share`: each share overwrites the one before, and one
# of four is left.
# Nothing crashes; the number is too small.
#
# </details>
#
# The next graph has three ways from w to the loss.
# Choose a path: its edges show their local derivatives.
# Dashed edges and hatched bars are below 0.

# %%
explorers.chain_rule.paths()

# %% [markdown]
# <details><summary>After you have seen it: two rules for any graph</summary>
#
# - **Along** a path, local derivatives multiply.
# - **Where paths meet**, blame adds.
#
# </details>
#
# Nobody lists the paths of a network: there are far too many.
# Going back node by node, each one first collects all its shares, then passes on once.

# %% [markdown]
# ## A tape
#
# Writing a line for every node by hand ends here.
# We build a value that *remembers what it was made of*.
# Then any formula that you type can be walked back.
#
# A `Value` holds `data` (a number or an array), its `inputs`, a function `shares`, and
# `grad`, its blame, 0 at first.
# `shares(dy)` takes the value's own blame and returns a tuple, one share for each
# input: local derivative times `dy`.

# %% [markdown]
# ### Exercise: `Value`
#
# `__add__` is written: `a + b` calls it.
# Write `pass_back`, `__mul__` (for `a * b`), `tanh` and `exp`.
# `pass_back` calls `self.shares(self.grad)` and adds each share to its input's `grad`.
#
# By hand, c = a · b with a = 2, b = 5, and `dy` = 10: a gets 5 · 10 = 50, b gets 20.
# The slope of tanh is 1 − tanh², of exp it is exp.
#
# The check looks at `values` on the way forward, at `links` (does a result know its
# inputs?), and at the `blame` that comes back.
#
# *10 minutes, difficulty 4 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: a + a gets half of its blame</summary>
#
# Both inputs are one value, and two shares arrive at it.
# What happens to the first when the second comes?
#
# </details>
# <details><summary>Hint 2: "object is not iterable", or zip complains</summary>
#
# `shares` returns a tuple also where there is one input.
# The comma makes it one: `(dy * y,)`.
# `for each, share in zip(self.inputs, ...)` walks through both.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `each.grad += share`
#
# `return Value(a * b, (self, other), lambda dy: (dy * b, ...))`
#
# `y = np.exp(self.data)`, then `return Value(y, (self,), lambda dy: (dy * ...,))`
#
# </details>


# %% solution="Value"
class Value:
    def __init__(self, data, inputs=(), shares=lambda dy: ()):
        self.data, self.inputs, self.shares, self.grad = data, inputs, shares, 0.0

    def pass_back(self):
        ### BEGIN SOLUTION
        for each, share in zip(self.inputs, self.shares(self.grad), strict=True):
            each.grad += share
        ### END SOLUTION

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), lambda dy: (dy, dy))

    def __mul__(self, other):
        ### BEGIN SOLUTION
        a, b = self.data, other.data
        return Value(a * b, (self, other), lambda dy: (dy * b, dy * a))
        ### END SOLUTION

    def tanh(self):
        ### BEGIN SOLUTION
        y = np.tanh(self.data)
        return Value(y, (self,), lambda dy: (dy * (1 - y**2),))
        ### END SOLUTION

    def exp(self):
        ### BEGIN SOLUTION
        y = np.exp(self.data)
        return Value(y, (self,), lambda dy: (dy * y,))
        ### END SOLUTION


# %% check="Value"

# %% [markdown]
# ### Exercise: `topological_order`
#
# A value may pass its blame back only when all of it has come in.
# So we need a list in which every value comes **after its inputs**; backward then walks
# it in reverse.
# That is a **topological order**.
#
# By hand: c = a · b, d = c + a.
# The list a, b, c, d is right, and so is b, a, c, d.
# The list d, c, a, b is not.
#
# Write `topological_order(value)`: a list of everything that `value` was made of, each
# value once, `value` itself at the end.
# The check counts how many times each is listed, and how many inputs come too late.
#
# *6 minutes, difficulty 4 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# Before a value may be appended, what must be in the list?
# And before those?
#
# </details>
# <details><summary>Hint 2: some values are there twice</summary>
#
# Two ways lead to them.
# Keep a `set` of those that were visited, and leave at once on the second visit.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# Inside, write `def visit(node):`.
# If the node is in `seen`, return; else add it, `visit(each)` for each of
# `node.inputs`, and only then `order.append(...)`.
#
# After it: `visit(value)`, `return order`.
#
# </details>


# %% solution="topological_order"
def topological_order(value):
    """Return all that value was made of, each once, after its inputs."""
    order, seen = [], set()
    ### BEGIN SOLUTION

    def visit(node):
        if node not in seen:
            seen.add(node)
            for each in node.inputs:
                visit(each)
            order.append(node)

    visit(value)
    return order
    ### END SOLUTION


# %% check="topological_order"

# %% [markdown]
# ### Exercise: `backward`
#
# Write `backward(value)`.
# It returns nothing; it leaves the right `grad` in every value of the graph:
#
# 1. set every `grad` to 0.0, so that a second sweep gives the same;
# 2. set the last one's to 1.0;
# 3. let each node `pass_back()`, in reverse topological order.
#
# By hand, for c = a + a: c gets 1, a gets 1 + 1 = 2.
#
# *3 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: every grad is 0</summary>
#
# Who has blame before the first `pass_back`?
# In which order do reset and 1.0 come?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# `reversed(order)` walks through a list from its end.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `order = topological_order(value)`
#
# `for node in reversed(order):`, and in the loop call its `pass_back`.
#
# </details>


# %% solution="backward"
def backward(value):
    """Set the grad of everything that value was made of."""
    ### BEGIN SOLUTION
    order = topological_order(value)
    for node in order:
        node.grad = 0.0
    value.grad = 1.0
    for node in reversed(order):
        node.pass_back()
    ### END SOLUTION


# %% check="backward"

# %% [markdown]
# ## What does a sweep cost?
#
# Your tape can walk back through any formula.
# Here is a network of 8 hidden tanh units: 33 knobs, made of `Value`.
# Nudging asks for the loss twice for each knob; the tape goes forward once and back
# once.

# %%
loss, knobs = explorers.chain_rule.small_network(Value, n_hidden=8)
backward(loss)
print(f"{len(knobs)} knobs; blame of the first three:")
print(*[f"{knob.grad:.4f}" for knob in knobs[:3]])
cost = predict(
    "cost",
    "Count the operations. By nudging, all 33 slopes take how many times as many as "
    "one sweep back?",
    unit="times",
)

# %%
for n_hidden in (2, 8, 32):
    loss, knobs = explorers.chain_rule.small_network(Value, n_hidden)
    backward(loss)
    sweep = explorers.chain_rule.count_operations(loss, topological_order)
    slopes, nudging = explorers.chain_rule.nudge_all(Value, n_hidden)
    apart = max(abs(k.grad - s) for k, s in zip(knobs, slopes, strict=True))
    print(f"{len(knobs):3d} knobs: sweep {sweep:3d}, nudging {nudging:5d} operations")
    print(f"    largest difference between the two: {apart:.0e}")

# %%
cost.reveal(66, "Two forward passes a knob; a sweep back visits each operation once.")

# %% [markdown]
# One sweep back visits every operation once, as one forward pass does.
# Nudging does that twice for *every* knob: 2P times as much, for P knobs.
# With 129 knobs it is a factor of 258, with a million it is two million.
#
# Both give the same slopes, up to what rounding leaves of a nudge.
# That one sweep is why networks can be trained at all.

# %% [markdown]
# ## Arrays on the tape
#
# Numbers one by one are slow; a `Value` may hold an array.
# One thing is new: NumPy **broadcasts**.
# In `x @ W + b` a bias of shape (3,) is added to every row.
# It was *used* in every row, so its blame is a sum over the rows.

# %% [markdown]
# ### Exercise: `unbroadcast`
#
# Write `unbroadcast(gradient, shape)`: sum `gradient` until it has `shape`, the shape
# that the array had before.
#
# | gradient | shape | sum over |
# |---|---|---|
# | (7, 3) | (3,) | axis 0 |
# | (7, 3) | (7, 1) | axis 1, which stays, with size 1 |
# | (2, 5, 3) | (5, 1) | axes 0 and 2 |
# | (7, 3) | () | both |
#
# By hand: [[1, 2, 3], [10, 20, 30]] with shape (3,) gives [11, 22, 33].
#
# *6 minutes, difficulty 4 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: which axes?</summary>
#
# Shapes are lined up from the right.
# Which axes does `gradient` have that `shape` has not, and where do they stand?
#
# </details>
# <details><summary>Hint 2: (7,) came back in place of (7, 1)</summary>
#
# `sum(axis=1, keepdims=True)` leaves an axis of size 1 behind.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `while gradient.ndim > len(shape):` sum over axis 0.
#
# `for axis, size in enumerate(shape):` if size is 1, sum over that axis, with
# `keepdims=True`.
#
# </details>


# %% solution="unbroadcast"
def unbroadcast(gradient, shape):
    """Sum a gradient until it has the shape its array had before broadcasting."""
    ### BEGIN SOLUTION
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient
    ### END SOLUTION


# %% check="unbroadcast"

# %% [markdown]
# ## Use it: train on your tape
#
# A forward function and its backward function are a **pair**.
# Forward returns its output and a **cache**, what backward will need.
# `put` lays any pair on the tape.
#
# The pair for `a + b` uses your `unbroadcast`.
# The one for `x @ W` is given; lesson 4 derives it.


# %%
def put(forward, backward_of, *inputs):
    """Return the output of a pair as a Value."""
    y, cache = forward(*[each.data for each in inputs])
    return Value(y, inputs, lambda dy: backward_of(dy, cache))


def add_forward(a, b):
    return a + b, (a.shape, b.shape)


def add_backward(dy, cache):
    return tuple(unbroadcast(dy, shape) for shape in cache)


def matmul_forward(x, W):
    return x @ W, (x, W)


def matmul_backward(dy, cache):
    x, W = cache
    return dy @ W.T, x.T @ dy


def mean_forward(x):
    return x.mean(), x.shape


def mean_backward(dy, shape):
    return (np.full(shape, dy / np.prod(shape)),)


# %% [markdown]
# The task: 200 points on two half moons that no straight line separates.
# The network has 2 inputs, 16 tanh units, 1 output.
# The target is 1 for one moon and −1 for the other, and the loss is the mean of the
# squared errors.


# %%
x, labels = make_moons(200, 0.1, rng)
minus_targets = Value((1.0 - 2.0 * labels)[:, None])
params = [rng.normal(0, 1, shape) for shape in ((2, 16), (16,), (16, 1), (1,))]


def forward_pass(params):
    W1, b1, W2, b2 = knobs = [Value(array) for array in params]
    hidden = put(matmul_forward, matmul_backward, Value(x), W1)
    hidden = put(add_forward, add_backward, hidden, b1).tanh()
    y = put(matmul_forward, matmul_backward, hidden, W2)
    y = put(add_forward, add_backward, y, b2)
    error = y + minus_targets
    loss = put(mean_forward, mean_backward, error * error)
    return loss, y.data, knobs


# %%
for step in range(501):
    loss, y, knobs = forward_pass(params)
    backward(loss)
    params = [w - 0.1 * k.grad for w, k in zip(params, knobs, strict=True)]
    if step % 100 == 0:
        right = np.mean((y[:, 0] > 0) == labels)
        print(f"step {step:3d}   loss {loss.data:.4f}   right {right:.3f}")

# %% [markdown]
# Forward predicts, your tape assigns blame, one line improves.
# No formula for a gradient was written for this network.
#
# ## Ticket 3
#
# A colleague's tape.
# The loss uses w and b once, v twice, k three times.

# %%
explorers.chain_rule.broken_tape()

# %% [markdown]
# **Retest.**
# Change one thing, the tape, and measure again: this one is yours.

# %%
by_tape, measured = explorers.chain_rule.readings(Value, backward)
for name, blame, slope in zip("wbvk", by_tape, measured, strict=True):
    print(f"d{name}: tape {blame:.4f}   measured {slope:.4f}")

# %% [markdown]
# All four agree.
#
# ## Recap
#
# Five short questions; the last three are from lessons 1 and 2.
# Answer from memory, then check.

# %%
explorers.chain_rule.five_questions()

# %% [markdown]
# ### What you saw
#
# **How does blame find its way back?** Link by link: local derivative times the blame
# that has arrived, with the values that forward stored. Along a path it multiplies;
# where paths meet it adds.
#
# **What does it cost?** One sweep back visits every operation once. Nudging takes two
# forward passes for each knob.
#
# Now say the loop aloud, and write it down as you say it.

# %%
explorers.chain_rule.say_it()

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The answer takes seconds, and you may hand in as often as you like.
#
# **Next:** [lesson 4](../04_layers/04_layers.ipynb) writes the backward half of every
# layer, for a whole batch at once.

# %% submit=true
