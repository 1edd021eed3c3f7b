# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # How networks learn
#
# A neural network begins as a table of random numbers.
# Seconds later it reads handwriting.
# This course is about what happens in between, and you write every part of it yourself.
#
# It is for people who repair things: who observe, measure, and change one thing at a
# time.
# You need Python functions and NumPy arrays.
# From school you need that a curve has a slope.
#
# This page is **lesson 0**.
# It checks your toolbox, and nothing in it counts.
# **Time** 15 minutes.

# %% [markdown]
# ## The story, in one line
#
# **Forward predicts, backward assigns blame, update improves.**
#
# | | what happens | lesson |
# |---|---|---|
# | forward | the network turns its input into an answer | 1 |
# | loss | one number says how wrong the answer is | 1 |
# | backward | every weight hears its share of the blame | 2, 3, 4 |
# | update | every weight moves a little, away from the blame | 2 |
#
# Repeat it some thousand times, and the network has learned.
# You will say this line aloud at the end of every lesson.

# %% [markdown]
# ## The lessons
#
# | | question | minutes |
# |---|---|---|
# | 0 | Toolbox check (this page) | 15 |
# | [1](../01_loss/01_loss.ipynb) | How wrong is it, as one number? | 40 |
# | [2][two] | Which knob, which way, how far? | 55 |
# | [3](../03_chain_rule/03_chain_rule.ipynb) | How does blame find its way back? | 60 |
# | [4](../04_layers/04_layers.ipynb) | How does a whole layer pass blame back? | 70 |
# | [5](../05_instruments/05_instruments.ipynb) | It trains, but is it right? | 70 |
#
# [two]: ../02_gradient_and_learning_rate/02_gradient_and_learning_rate.ipynb

# %% [markdown]
# | | question | minutes |
# |---|---|---|
# | [6](../06_batch_noise/06_batch_noise.ipynb) | How noisy is my gradient? | 35 |
# | [7][seven] | Why do the first layers stand still? | 50 |
# | [8][eight] | How do signals stay in range? | 55 |
# | [9](../09_overfitting/09_overfitting.ipynb) | Memorizing or learning? | 60 |
# | [10](../10_bad_data/10_bad_data.ipynb) | What if the data lie? | 60 |
# | [11][eleven] | Are there better steps? | 55 |
# | [12](../12_embeddings/12_embeddings.ipynb) | What is actually stored? | 40 |
# | [13](../13_bench_exam/13_bench_exam.ipynb) | Exam: can you find the fault? | 70 |
#
# [seven]: ../07_vanishing_gradients/07_vanishing_gradients.ipynb
# [eight]: ../08_normalization/08_normalization.ipynb
# [eleven]: ../11_gradient_descent/11_gradient_descent.ipynb

# %% [markdown]
# Work through them in order.
# Your work stays where it is, and you can stop after any cell.
#
# Every lesson goes the technician's way: observe the symptom, **measure, predict,
# change one thing, retest**.
# You commit a prediction before each picture appears.
# It is logged for you and never graded: a wrong one teaches more.

# %% [markdown]
# ## 1. Does everything run?
#
# Click on the cell below and press **Shift+Enter**: it runs, and the next one is
# selected.
# A number in the brackets to its left says that it has run; a star says that it still
# does.

# %%
import numpy as np

from course_lib import explorers
from course_lib.predictions import say_the_loop

explorers.toolbox.environment_report()

# %% [markdown]
# Every line should end in "ok".
# A line with an arrow says what to do.
# When a cell never ends, choose **Kernel, Restart Kernel** from the menu and run the
# cells again from the top: nothing you wrote is lost.

# %% [markdown]
# ## 2. Shapes
#
# Most mistakes with arrays are mistakes of shape.
# A batch `x` has shape (N, D): N examples, one a row, with D numbers each.
# A layer's weights `W` have shape (D, M), for M outputs.
#
# Here N = 7, D = 5 and M = 3.
# They are prime and all different, so a wrong shape tells which axis went astray.
# Commit three answers; do not compute them.

# %%
explorers.toolbox.two_shapes()

# %% [markdown]
# The third is the one that catches nearly everybody.

# %%
explorers.toolbox.the_trap()

# %% [markdown]
# Now measure.
# In this course a prediction is always followed by a measurement.

# %%
x, W = np.ones((7, 5)), np.ones((5, 3))
column, row = np.ones((7, 1)), np.ones(7)
(x @ W).shape, x.sum(axis=0).shape, (column - row).shape

# %% [markdown]
# ## 3. A slider
#
# Most pictures answer to a slider.
# With the mouse, drag its handle.
# With the keyboard, press **Tab** until the handle has a ring, then the **arrow keys**.
# You can also click on the number beside it, type another, and press Enter.
#
# The key numbers stand as text below each picture.
# "Pin this picture" leaves a trace of it to compare with; "Reset" goes back.

# %%
explorers.toolbox.first_slider()

# %% [markdown]
# ### Exercise: `add_bias`
#
# You saw it: one **bias** for each feature, and every example gets the same.
# Write `add_bias(x, b)`.
# It takes `x` of shape (N, D) and `b` of shape (D,), and returns `y` of shape (N, D).
#
# By hand: the rows 1, 2, 3 and 4, 5, 6 with the bias 10, 20, 30 become 11, 22, 33 and
# 14, 25, 36.
#
# **First make a mistake on purpose**: replace the line that raises by `return x - b`,
# run the cell, and run the check below it.
#
# *3 minutes, difficulty 1 of 5, importance 1 of 5*
#
# <details><summary>Hint 1: the right answer, as a question</summary>
#
# Which sign adds two arrays, entry by entry?
#
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# NumPy lays a `b` of shape (D,) along the last axis of `x`, which has length D too.
# No loop is needed.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return x ... b`
#
# </details>


# %% solution="add_bias"
def add_bias(x, b):
    """Return x of shape (N, D) with b of shape (D,) added to every row."""
    ### BEGIN SOLUTION
    return x + b
    ### END SOLUTION


# %% check="add_bias"

# %% [markdown]
# ## How to read a verdict
#
# For `return x - b` it reads:
#
# ```
# add_bias   0 of 1 points
#   y[0, 2]: yours -27, expected 33
# b is subtracted; a bias is added.
# Next: try x = [[0, 0]] and b = [1, 2]: y is [[1, 2]].
# Try it: add_bias(np.array([[1.0, 2.0, 3.0], ...
# ```
#
# 1. The exercise, and its points.
# 2. The entry that is furthest off: row 0, column 2.
# 3. The cause. It is named only if it explains every entry.
# 4. What to measure **next**.
# 5. A call to copy into a cell of your own, which shows the difference.
#
# Now answer it right, and run the check again.

# %% [markdown]
# ## 4. Say the loop
#
# Aloud, if nobody minds.
# Then write it down as you said it.

# %%
say_the_loop()

# %% [markdown]
# ## 5. Save, hand in, get the answer
#
# JupyterLab saves every two minutes; **Ctrl+S** (Cmd+S on a Mac) saves now.
#
# Run the cell below and press its button.
# It saves, hands this notebook in, and shows the grader's answer below within seconds:
# your score, and a verdict for each exercise.
# The grader tries other numbers than the check above, of the same kind.
#
# Hand in as often as you like.
# Every attempt is kept.

# %% submit=true

# %% [markdown]
# The toolbox works.
#
# **Next:** [lesson 1](../01_loss/01_loss.ipynb), wrong, as one number.
