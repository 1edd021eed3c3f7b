# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 12. What is actually stored
#
# Afterwards you can give a network words instead of numbers, send blame back to the
# words that were said, and say what a trained network has stored about them.
#
# **Questions**
# What is the gradient of a look-up? What happens to a word that is said twice? Why do
# related words become neighbours?
#
# **You will** write an embedding, forward and backward, train it on technicians'
# tickets, and search it.
#
# **Time** 40 minutes.
# **Difficulty** 3 of 5.
# **Before this** [lesson 11](../11_gradient_descent/11_gradient_descent.ipynb).

# %%
from time import perf_counter

import numpy as np

from course_lib import explorers
from course_lib.data import LETTERS, TICKET_WORDS, load, subsystem_of
from course_lib.gradients import numerical_gradient
from course_lib.predictions import predict, say_the_loop
from course_lib.training import minibatches

rng = np.random.default_rng(12)

# %% [markdown]
# ## Tickets
#
# A workshop writes tickets of five words.
# There are 32 words, and every ticket is about one of four subsystems: power, network,
# cooling, printer.
# Nobody tells the network so.
#
# Its task: the middle word is covered, guess it from the four around it.

# %%
contexts, targets = load("tickets").train
for context, target in zip(contexts[:4], targets[:4], strict=True):
    words = [TICKET_WORDS[token] for token in context]
    print(*words[:2], "____", *words[2:], "  covered:", TICKET_WORDS[target])

# %% [markdown]
# A word comes as a **token**, its place in the list of words: `relay` is 22.
# The number says nothing: 23 is `roller`, which has nothing to do with relays.
# To multiply it by a weight would be nonsense.
#
# So each token gets a row of numbers of its own, in a table `E` of shape (V, D): V
# words, D numbers each.
# Such a row is called an **embedding**.
# It begins as chance, and is trained like any other weight.

# %% [markdown]
# ## A look-up is a layer
#
# The first layer takes tokens `ids`, (N, K), and returns their rows `y`, (N, K, D).
#
# It can be written as a matrix product: turn each token into a row of V zeros with a
# single one, **one-hot**, and multiply by E.
# How much memory do the one-hot rows take?

# %%
memory = predict(
    "one_hot_memory",
    "32 tickets of 4 words as one-hot rows, 50 000 words in all, 8 bytes a number: how "
    "many megabytes?",
    unit="MB",
)

# %%
memory.reveal(
    32 * 4 * 50_000 * 8 / 1e6,
    "The tokens themselves are 32 · 4 · 8 bytes: a thousandth of one megabyte. And all "
    "but one of 50 000 products are with 0.",
)

# %% [markdown]
# Indexing does the same and multiplies nothing.
#
# ### Exercise: `embedding_forward`
#
# Write `embedding_forward(ids, E)`, which returns `y, cache`.
# Put into the cache what the way back will need: which rows were taken, and how large
# the table is.
# The check weighs the memory, too: one-hot rows are half an answer.
#
# By hand, with E = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]: ids = [[1, 1], [0, 2]] give
# y[0] = [[4, 5, 6], [4, 5, 6]] and y[1] = [[1, 2, 3], [7, 8, 9]].
#
# *3 minutes, difficulty 1 of 5, importance 4 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# What does NumPy return for `E[2]`? And for `E[[2, 0]]`?
#
# </details>
# <details><summary>Hint 2: a shape</summary>
#
# An index of shape (N, K) gives a result of shape (N, K, D). No loop is needed.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return E[...], (ids, E.shape)`
#
# </details>


# %% solution="embedding_forward"
def embedding_forward(ids, E):
    """Return y of shape (N, K, D), the rows of E (V, D) at ids (N, K), and a cache."""
    ### BEGIN SOLUTION
    return E[ids], (ids, E.shape)
    ### END SOLUTION


# %% check="embedding_forward"

# %% [markdown]
# ## Blame for a word
#
# From above comes `dy`, (N, K, D): a row of blame for every place.
# It belongs to the row of E that stood in that place.
#
# Three facts from earlier lessons are all you need.
# A gradient has the shape of its array, so `dE` is (V, D).
# What was not used is not to blame: its row is 0.
# Blame from several uses **adds**.
#
# The last one is where most code goes wrong.
# NumPy offers `dE[ids] += dy`, which looks like it.
# Commit, then move the slider.

# %%
explorers.embeddings.repeats()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# `dE[ids] += dy` reads all rows at once, adds, and writes all of them back.
# Where a row is written twice, the last write stays.
# No error, no warning, and right for every batch in which no word is said twice.
#
# `np.add.at(dE, ids, dy)` adds one after the other.
#
# </details>

# %% [markdown]
# ### Exercise: `embedding_backward`
#
# Write `embedding_backward(dy, cache)`, which returns `dE`.
# `ids` needs no gradient: there is no token between 1 and 2.
#
# By hand, with ids = [[1, 1], [0, 2]] and D = 3:
#
# | dy | goes to row |
# |---|---|
# | [1, 2, 3] | 1 |
# | [10, 20, 30] | 1 |
# | [5, 5, 5] | 0 |
# | [7, 7, 7] | 2 |
#
# so dE = [[5, 5, 5], [11, 22, 33], [7, 7, 7]].
#
# *6 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With a table of zeros. What shape has it, and where is that written down?
#
# </details>
# <details><summary>Hint 2: a repeated word gets too little</summary>
#
# Of several writes to one row the last one stays. Look up `np.add.at`, or go through
# the places one at a time.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `dE = np.zeros(shape)`, then `np.add.at(dE, ..., ...)`, then `return dE`.
#
# </details>


# %% solution="embedding_backward"
def embedding_backward(dy, cache):
    """Return dE (V, D) for the upstream gradient dy (N, K, D)."""
    ### BEGIN SOLUTION
    ids, shape = cache
    dE = np.zeros(shape)
    np.add.at(dE, ids, dy)
    return dE
    ### END SOLUTION


# %% check="embedding_backward"

# %% [markdown]
# Lesson 2's probe does not know how you did it.
# Each of the 32 words is said about four times in this batch.

# %%
ids, E = contexts[:32], rng.normal(size=(32, 3))
y, cache = embedding_forward(ids, E)
dy = rng.normal(size=y.shape)
numerical = numerical_gradient(lambda E: np.sum(dy * embedding_forward(ids, E)[0]), E)
error = np.abs(numerical - embedding_backward(dy, cache)).max()
print(f"largest difference {error:.0e}, words said: {ids.size}, rows: {len(E)}")

# %% [markdown]
# ## A network for words
#
# The rest you know:
#
# | step | array | shape |
# |---|---|---|
# | look up | y | (N, K, D) |
# | mean of the K words | h | (N, D) |
# | linear | logits = h @ W + b | (N, V) |
# | softmax cross-entropy with the covered word | loss | one number |
#
# The mean loses the order of the words; that is why this network is called a bag of
# words, or **CBOW**.
# Backward, the mean hands each of its K words one K-th of the blame.


# %%
# From lesson 4, as it was.
def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = powers / powers.sum(axis=1, keepdims=True)
    loss = -np.log(probs[rows, labels]).mean()
    probs[rows, labels] -= 1
    return loss, probs / len(labels)


# %% [markdown]
# ### Exercise: `cbow_step`
#
# Write one whole step, `cbow_step(params, ids, targets, learning_rate)`, which returns
# the new `params` and the `loss` before the step.
# `params` holds `E` (V, D), `W` (D, V) and `b` (V,).
# Use your two functions and `softmax_cross_entropy` from above.
#
# Say it as you write: forward predicts, backward assigns blame, update improves.
#
# *10 minutes, difficulty 3 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# With the table above, from top to bottom; then from bottom to top.
#
# </details>
# <details><summary>Hint 2: the mean</summary>
#
# `dh` is (N, D). All K words of a ticket get the same: `dh / K`, in the shape of y.
#
# `np.repeat(dh[:, None, :] / K, K, axis=1)` is (N, K, D).
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `y, cache = embedding_forward(...)`, `h = y.mean(axis=...)`
#
# `dh = dlogits @ ...`, then `dy`, then `dE = embedding_backward(...)`
#
# `W` gets `h.T @ dlogits`, `b` gets the sum of dlogits over the tickets.
#
# </details>


# %% solution="cbow_step"
def cbow_step(params, ids, targets, learning_rate):
    """Return the parameters after one step, and the loss before it."""
    ### BEGIN SOLUTION
    y, cache = embedding_forward(ids, params["E"])
    h, K = y.mean(axis=1), ids.shape[1]
    loss, dlogits = softmax_cross_entropy(h @ params["W"] + params["b"], targets)
    dh = dlogits @ params["W"].T
    dE = embedding_backward(np.repeat(dh[:, None, :] / K, K, axis=1), cache)
    grads = {"E": dE, "W": h.T @ dlogits, "b": dlogits.sum(axis=0)}
    return {n: params[n] - learning_rate * grads[n] for n in params}, loss
    ### END SOLUTION


# %% check="cbow_step"

# %% [markdown]
# ## Use it
#
# Eight numbers for each word, batches of 32, fifteen times through 540 tickets.
# Who knows nothing but the 32 words has a loss of ln 32 = 3.47 nats.
# Who knows the subsystem still has 8 words to choose from.
# What is the lowest loss that anybody can hope for on unseen tickets?

# %%
floor = predict("loss_floor", "The floor of the loss, for unseen tickets?", unit="nats")

# %%
params = {
    "E": rng.normal(0, 0.1, (32, 8)),
    "W": rng.normal(0, np.sqrt(1 / 8), (8, 32)),
    "b": np.zeros(32),
}
untrained = params["E"]
start = perf_counter()
for _ in range(15):
    for rows in minibatches(len(contexts), 32, rng):
        params, loss = cbow_step(params, contexts[rows], targets[rows], 1.0)
print(f"{perf_counter() - start:.2f} seconds, last batch {loss:.2f} nats")

# %%
_, unseen = cbow_step(params, *load("tickets").validation, 0.0)
floor.reveal(
    round(np.log(8), 2),
    f"ln 8: the middle word is one of eight, all equally likely. This network reads "
    f"{unseen:.2f} on unseen tickets.",
)

# %% [markdown]
# ## Who lies near whom?
#
# Two words are alike for this network when their rows point the same way.
# The **cosine** measures it: the dot product of two rows, divided by both their
# lengths.
# It is 1 for the same direction, 0 across, −1 for the opposite one.
#
# Lengths are divided out because a word that is said often tends to have a long row.
# Without that it would be everybody's neighbour.

# %% [markdown]
# ### Exercise: `nearest`
#
# Write `nearest(E, i, k)`, which returns the k tokens whose rows have the largest
# cosine with row `i`, the largest first, `i` itself left out.
#
# | token | row | cosine with token 0 |
# |---|---|---|
# | 0 | [1, 0] | 1, and left out |
# | 1 | [5, 5] | 0.71 |
# | 2 | [2, 0.1] | 1.00 |
# | 3 | [−1, 0] | −1 |
#
# so nearest(E, 0, 2) is [2, 1], though token 1 has the largest dot product.
#
# *6 minutes, difficulty 2 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: where do I begin?</summary>
#
# If every row had length 1, what would the cosine be?
#
# </details>
# <details><summary>Hint 2: a shape</summary>
#
# `np.linalg.norm(E, axis=1, keepdims=True)` is (V, 1): it divides every row by its own
# length.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `order = np.argsort(-(directions @ ...))`, then leave i out: `order[order != i]`.
#
# </details>


# %% solution="nearest"
def nearest(E, i, k):
    """Return the k tokens whose rows of E (V, D) have the largest cosine with row i."""
    ### BEGIN SOLUTION
    directions = E / np.linalg.norm(E, axis=1, keepdims=True)
    order = np.argsort(-(directions @ directions[i]))
    return order[order != i][:k]
    ### END SOLUTION


# %% check="nearest"

# %%
for word in ("fuse", "router", "pump", "toner"):
    i = TICKET_WORDS.index(word)
    before, after = (
        " ".join(TICKET_WORDS[j] for j in nearest(E, i, 3))
        for E in (untrained, params["E"])
    )
    print(f"{word:7} before: {before:28} after: {after}")

# %% [markdown]
# Nobody ever said what a subsystem is.
# With two numbers a word instead of eight the same can be drawn.
# Commit, then train an epoch at a time.

# %%
explorers.embeddings.neighbours()

# %% [markdown]
# <details><summary>The rule, when you have seen the picture</summary>
#
# Words with the same company call for the same guess, so they get the same pushes,
# and end in the same direction.
# What is **stored** for a word is what helps to guess its company, and nothing else.
#
# Were `fuse` and `router` always said together, they would be neighbours too.
#
# </details>

# %% [markdown]
# How many words have a nearest word of their own subsystem?
# By chance it would be 7 of 31.

# %%
kinds = [subsystem_of(word) for word in TICKET_WORDS]
for name, E in (("untrained", untrained), ("trained", params["E"])):
    same = [kinds[nearest(E, i, 1)[0]] == kinds[i] for i in range(32)]
    print(f"{name:9} {sum(same)} of 32")

# %% [markdown]
# How many numbers does a word need?
# Trained from six different beginnings, three to eight numbers a word bring **every**
# word to its own kind.
# With two it is 98 in a hundred.
# Untrained, it is 16 to 31 in a hundred.
#
# More numbers also lower the loss: 2.15 nats on the training tickets with two a word,
# 2.02 with eight.

# %% [markdown]
# ## The same code, letters
#
# Nothing in your step knows what a token stands for.
# Let it stand for a **letter**: 26 of them and the space, from an English text, and
# two numbers for each.
# The task: guess a letter from the two before it and the two after it.
#
# Nobody says which letters are vowels.
# Afterwards, what is the mean cosine between two different vowels?
# Between a vowel and a consonant it will be about −0.6.

# %%
vowels = predict("vowels", "The mean cosine between two different vowels?")

# %%
around, letters = load("letters").train
letter_params = {
    "E": rng.normal(0, 0.1, (27, 2)),
    "W": rng.normal(0, np.sqrt(1 / 2), (2, 27)),
    "b": np.zeros(27),
}
for _ in range(5):
    for rows in minibatches(len(around), 64, rng):
        letter_params, loss = cbow_step(letter_params, around[rows], letters[rows], 2.0)

# %%
places = [LETTERS.index(letter) for letter in "aeiou"]
angles = np.arctan2(*letter_params["E"][places].T)  # in the plane, of each row
cosines = np.cos(angles[:, np.newaxis] - angles)
vowels.reveal(
    round((cosines.sum() - 5) / 20, 2),
    "After a vowel comes a consonant, and the other way round: what keeps the same "
    "company ends in the same direction.",
)

# %%
for letter in "aeiou":
    near = nearest(letter_params["E"], LETTERS.index(letter), 4)
    print(letter, "near:", " ".join(LETTERS[j].replace(" ", "_") for j in near))

# %% [markdown]
# Guessing among 27 costs ln 27 = 3.30 nats; this network pays 2.56 on text it has not
# seen.
# A poor reader, then, of four letters in a bag.
# It has stored what helps it, and vowels help.

# %% [markdown]
# ## Ticket 12
#
# A colleague trains the same network for eight epochs.
# Every word has a neighbour of its own kind, and the loss falls.
# Still something is odd.
# Compare the readings, then commit a diagnosis.

# %%
explorers.embeddings.every_neighbour_right()

# %% [markdown]
# <details><summary>What it teaches, when you have committed</summary>
#
# A wrong backward pass can find the right neighbours.
# **That it trains is no proof**: one instrument of lesson 5, the batch put in twice,
# tells the two apart in a moment.
#
# </details>

# %% [markdown]
# ## Recap
#
# Five short questions; the last three are from lessons 4, 9 and 11.
# Answer from memory, then check.

# %%
explorers.embeddings.five_questions()

# %% [markdown]
# ### What you saw
#
# **What is the gradient of a look-up?** The blame of each place, added to the row that
# stood there; 0 for all other rows.
#
# **What happens to a word that is said twice?** It gets both blames, if the code adds
# one after the other.
#
# **Why do related words become neighbours?** They keep the same company, and the
# company is all the network has to guess.
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
# **Next:** the [bench exam](../13_bench_exam/13_bench_exam.ipynb) puts eight broken
# runs before you, and asks for all you know.

# %% submit=true
