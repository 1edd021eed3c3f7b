# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
# ---

# %% [markdown]
# # 13. The bench exam
#
# Afterwards you can take an ill training run, name what it suffers from, prove it, cure
# it with one change, and say to anybody what backpropagation is and what it is not.
#
# **Questions**
# Which reading gives which illness away? What becomes of what people say about
# networks when it is measured?
#
# **You will** diagnose eight sealed runs, hold court over nine myths, and explain two
# things in your own words.
#
# **Time** 70 minutes.
# **Difficulty** 4 of 5.
# **Before this** all lessons, [lesson 5](../05_instruments/05_instruments.ipynb) above
# all.

# %%
import numpy as np

from course_lib import explorers, myths
from course_lib.bench_runs import CHANGES, Setup, read_run, run_setup
from course_lib.diagnosis import Readings, diagnose
from course_lib.predictions import predict
from course_lib.sealed_runs import sealed

# %% [markdown]
# ## Eight runs, one fault each
#
# Eight networks were trained on digits, 600 steps each.
# Each has one thing wrong with it, and nothing says what.
# You see its curves and its instruments.
#
# Each run can be made again with one of eight changes, and **twice at most**.
# More would be guessing.
#
# Look at all eight.
# Press *Make it again* when you have a suspicion, and write down a name before you
# scroll on.

# %%
explorers.exam.bench()

# %% [markdown]
# ## The readings
#
# | reading | what it is |
# |---|---|
# | `steps` | when the curves were measured |
# | `training loss`, `validation loss` | 11 measurements each, the last one at the end |
# | `training accuracy`, `validation accuracy` | the same, shares from 0 to 1 |
# | `gradient check` | largest relative error, lesson 5 |
# | `first blame` | norm of the blame at the first hidden layer, over that at the last |
# | `wrong of 20` | wrong labels among twenty, read by eye |
# | `by class` | share of unseen digits read right, for each digit |
#
# Where training broke off, the rest of the measurements is NaN.

# %%
readings = sealed(1).readings
for name, values in readings.items():
    print(f"{name:20}", np.round(np.atleast_1d(values)[-3:], 3))

# %% [markdown]
# ### Exercise: `trip`
#
# | sign | trips if |
# |---|---|
# | `gradient check` | above 1e-4 |
# | `labels by eye` | two or more wrong of 20 |
# | `not a number` | the last training loss is not finite |
# | `first blame` | below 0.01 |
# | `training loss` | the last one is above 1 |
# | `gap` | last validation loss minus last training loss above 0.5 |
# | `worst class` | the worst is below half of the mean over the classes |
#
# Write `trip(readings)`: a dict with these seven names, each True or False.
# A NaN is `not a number` and trips no other loss.
#
# *8 minutes, difficulty 2 of 5, importance 4 of 5*

# %% [markdown]
# Worked example: losses of 0.04 in training and 0.35 on unseen digits make a gap of
# 0.31, which is quiet.
# Classes at 0.06 and nine times 0.97 have a mean of 0.88; 0.06 is below 0.44 and trips.
#
# <details><summary>Hint 1: not a number never trips</summary>
#
# Is NaN equal to NaN?
# Ask the other way round: is the loss finite?
#
# </details>
# <details><summary>Hint 2: a term</summary>
#
# The last measurement of a curve is `[-1]`.
# `loss > 1` is False where the loss is NaN.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `loss, classes = readings["training loss"][-1], readings["by class"]`
#
# `"gap": bool(readings["validation loss"][-1] - loss > 0.5),`
#
# `"worst class": bool(classes.min() < ...),`
#
# </details>


# %% solution="trip"
def trip(readings):
    """Return for each of the seven signs whether it trips."""
    ### BEGIN SOLUTION
    loss, classes = readings["training loss"][-1], readings["by class"]
    return {
        "gradient check": bool(readings["gradient check"] > 1e-4),
        "labels by eye": bool(readings["wrong of 20"] >= 2),
        "not a number": bool(not np.isfinite(loss)),
        "first blame": bool(readings["first blame"] < 0.01),
        "training loss": bool(loss > 1),
        "gap": bool(readings["validation loss"][-1] - loss > 0.5),
        "worst class": bool(classes.min() < classes.mean() / 2),
    }
    ### END SOLUTION


# %% check="trip"

# %% [markdown]
# ## One curve, two causes
#
# Two new runs.
# One has a learning rate that is too high; in the other, blame dies on its way through
# eight sigmoid layers.

# %%
same_curve = predict(
    "flat_twice",
    "Both were trained for 600 steps. Where do their training losses end?",
    ["one at NaN, one near 2.3", "both near 2.3", "one near 0, one near 2.3"],
)

# %%
TENTH = "a tenth of the learning rate"
high = Setup(hidden=(32, 32), activation="relu", learning_rate=4.0)
faint = Setup(hidden=(24,) * 8, activation="sigmoid")
for setup in (high, faint):
    run, again = read_run(setup, seed=13), read_run(CHANGES[TENTH](setup), seed=13)
    print(f"ends at {run['training loss'][-1]:.2f}", end="   ")
    print(f"at a tenth of the rate {again['training loss'][-1]:.2f}", end="   ")
    print(f"first blame {run['first blame']:.0e}")

# %%
same_curve.reveal("both near 2.3", "Guessing costs ln 10, whatever the reason.")

# %% [markdown]
# The curve is the same.
# Two things tell the causes apart: an instrument that looks elsewhere, and a **retest**
# that changes one thing.
#
# A tenth of the rate cures the first run and leaves the second where it was.
# That is evidence; "it looks like the rate" is not.

# %% [markdown]
# ### Exercise: `name_illness`
#
# | what gives it away | illness |
# |---|---|
# | `gradient check` | `wrong gradient` |
# | `labels by eye` | `wrong labels` |
# | `not a number` | `exploding` |
# | `first blame` | `vanishing` |
# | `training loss` | `rate too high` or `rate too low` |
# | `gap` | `overfitting` |
# | `worst class` | `starved class` |
# | nothing | `healthy` |
#
# Write `name_illness(tripped, retest)`.
# `tripped` is what `trip` returns; often several signs are True, and the order in which
# you ask matters.
# Only for the two rates make the run again: `retest(TENTH)` returns readings.
# Too high is what ends below 1 then.
#
# *10 minutes, difficulty 3 of 5, importance 5 of 5*

# %% [markdown]
# Worked example: `first blame`, `training loss` and `worst class` trip.
# That is `vanishing`: a run without blame has a high loss and bad classes as well.
#
# <details><summary>Hint 1: in which order do I ask?</summary>
#
# As in lesson 5: first what trips on few illnesses.
# Which sign trips on every run that has not learned?
#
# </details>
# <details><summary>Hint 2: two pairs to get right</summary>
#
# Wrong labels trip `labels by eye` and `training loss`.
# Overfitting trips `gap`, and often `worst class`.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# Make a dict of sign and illness in the order of the table, and take the first that
# tripped.
# For `training loss`:
#
# `calmed = retest(TENTH)["training loss"][-1] < 1`
#
# `return "rate too high" if calmed else ...`
#
# </details>


# %% solution="name_illness"
def name_illness(tripped, retest):
    """Return the illness that these signs, and a retest if need be, give away."""
    ### BEGIN SOLUTION
    order = {"gradient check": "wrong gradient", "labels by eye": "wrong labels"}
    order |= {"not a number": "exploding", "first blame": "vanishing"}
    order |= {"training loss": "rate", "gap": "overfitting"}
    order |= {"worst class": "starved class"}
    found = next((order[sign] for sign in order if tripped[sign]), "healthy")
    if found != "rate":
        return found
    calmed = retest(TENTH)["training loss"][-1] < 1
    return "rate too high" if calmed else "rate too low"
    ### END SOLUTION


# %% check="name_illness"

# %% [markdown]
# Who names a rate without the retest hears this from the check:
#
# > Too high a rate would explain the loss, but the retest at a tenth of it shows 2.3
# > for some of these runs: they learn even less. Those were too low.
#
# An explanation that fits is not yet a finding.
# Something else may fit as well.

# %% [markdown]
# ## The casebook
#
# For each illness the sign that is its evidence, and **one** change.
# A healthy run gets neither: no disease, no cure.

# %%
CASEBOOK = {
    "wrong gradient": ("gradient check", "backward written again"),
    "wrong labels": ("labels by eye", "labels read again by eye"),
    "exploding": ("not a number", "the start that fits"),
    "vanishing": ("first blame", "tanh and its own start"),
    "rate too high": ("training loss", "a tenth of the learning rate"),
    "rate too low": ("training loss", "ten times the learning rate"),
    "overfitting": ("gap", "ten times the data"),
    "starved class": ("worst class", "the rare class as often"),
    "healthy": ("nothing", "nothing"),
}

# %% [markdown]
# ### Exercise: `sign_off`
#
# A protocol has four entries: what it is, what proves it, what you changed, and what
# came of it.
#
# Write `sign_off(readings, retest)`, which returns `illness, evidence, change, after`.
# Use `trip`, `name_illness` and `CASEBOOK`.
# `after` is the last validation accuracy of the run made again with that change; for a
# healthy run, of the run itself.
#
# The check has other runs than yours, and the graded ones are drawn for you alone.
# Two retests for each: one to tell the rates apart, one for the cure.
#
# *6 minutes, difficulty 2 of 5, importance 5 of 5*
#
# <details><summary>Hint 1: what does retest return?</summary>
#
# Readings, as of any run.
# Which of them says how good the cured network is on what it has not seen?
#
# </details>
# <details><summary>Hint 2: "nothing" is no change of the bench</summary>
#
# What do you read from when the change is "nothing"?
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `evidence, change = CASEBOOK[illness]`
#
# `again = readings if change == "nothing" else ...`
#
# </details>


# %% solution="sign_off"
def sign_off(readings, retest):
    """Return illness, evidence, change, and the accuracy after the retest."""
    ### BEGIN SOLUTION
    illness = name_illness(trip(readings), retest)
    evidence, change = CASEBOOK[illness]
    again = readings if change == "nothing" else retest(change)
    return illness, evidence, change, again["validation accuracy"][-1]
    ### END SOLUTION


# %% check="sign_off"

# %% [markdown]
# ## Use it: the eight sealed runs
#
# Your protocol.
# Compare it with what you wrote down by hand.

# %%
for number in range(1, 9):
    run = sealed(number)
    illness, evidence, change, after = sign_off(run.readings, run.retest)
    before = run.readings["validation accuracy"][-1]
    print(
        f"{number}  {illness:15} {evidence:15} {change:29} {before:.2f} -> {after:.2f}"
    )

# %% [markdown]
# Look at the last two columns.
# Every run is better after one change, and three of them read more than 85 of 100
# before it: nobody would have looked for a fault there.
#
# ## A second opinion
#
# The course has a diagnosis of its own, `diagnose`: a history of training in, symptoms
# and next steps out.
# Its rules are tested on runs with new seeds and other networks than these.
# Here it looks at the first of the flat runs, with curves alone, then with a retest.

# %%
history, *_ = run_setup(high, seed=13)
lower, *_ = run_setup(CHANGES[TENTH](high), seed=13)
for readings in (Readings(), Readings(lower_rate=lower)):
    print(diagnose(history, n_classes=10, readings=readings).as_text(), "\n")

# %% [markdown]
# With the curve alone it refuses to name a cause, and asks for the retest.
# The five lines below are the checklist of lesson 5: five questions about any run,
# whoever wrote the code.

# %% [markdown]
# ## The myths court
#
# Nine things that people say of networks.
# Each becomes a claim that one number is larger than another, measured with five seeds.

# %%
for name, myth in myths.MYTHS.items():
    print(f"{name:34} {myth.claim}")

# %%
standing = predict(
    "myths_upheld",
    "Of the nine claims, how many do the measurements uphold?",
    ["none", "one or two", "three or four", "five or more"],
)

# %% [markdown]
# ### Exercise: `random_feedback`
#
# The third myth needs your hands.
# Backpropagation sends blame back through W.T.
# No nerve is known to carry blame back over the same weights, so if learning needs W.T,
# brains do something else.
#
# Write `random_feedback(dy, cache, feedback)`: `linear_backward` of lesson 4, with the
# matrix `feedback` where W.T stood.
# `cache` is `(x, W)`, `feedback` has the shape of W.T, (M, D), and is drawn once.
# Return `dx, dW, db`.
#
# By hand: dy = [[2]], feedback = [[1, −3]], so dx = [[2, −6]], whatever W is.
#
# *4 minutes, difficulty 2 of 5, importance 3 of 5*
#
# <details><summary>Hint 1: which of the three change?</summary>
#
# Which of dx, dW and db was made with W in lesson 4?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# (N, M) times (M, D) is (N, D), the shape of x.
#
# </details>
# <details><summary>Hint 3: nearly the line</summary>
#
# `return dy @ ..., x.T @ dy, dy.sum(axis=0)`
#
# </details>


# %% solution="random_feedback"
def random_feedback(dy, cache, feedback):
    """Send blame back through a fixed matrix in the place of W.T."""
    x, W = cache
    ### BEGIN SOLUTION
    return dy @ feedback, x.T @ dy, dy.sum(axis=0)
    ### END SOLUTION


# %% check="random_feedback"

# %% [markdown]
# ### Exercise: `court`
#
# `larger` and `smaller` are (N,) arrays, a pair for each seed; the myth says that
# `larger` is larger.
#
# Write `court(larger, smaller)`, which returns `difference, verdict`.
# The difference is the mean of `larger - smaller`.
# Its **standard error** is the standard deviation of these differences
# (`ddof=1`), divided by √N.
# The verdict is `upheld` if the mean is more than two errors above 0, `struck down` if
# more than two below, else `not shown`.
#
# By hand: differences 1, 2, 3 have the mean 2, the deviation 1, the error 0.577; 2 is
# above 1.155: `upheld`.
#
# *6 minutes, difficulty 3 of 5, importance 4 of 5*

# %% [markdown]
# <details><summary>Hint 1: why not compare the means?</summary>
#
# One of two means is always the larger one.
# How much of that is chance?
#
# </details>
# <details><summary>Hint 2: nothing should be divided by the error</summary>
#
# Where all seeds agree it is 0.
# Compare the mean with twice the error instead.
#
# </details>
# <details><summary>Hint 3: nearly the lines</summary>
#
# `differences = larger - smaller`
#
# `error = differences.std(ddof=1) / np.sqrt(len(differences))`
#
# `if mean > 2 * error:` and `if mean < ...:`
#
# </details>


# %% solution="court"
def court(larger, smaller):
    """Return the mean difference, and what it says of the claim."""
    ### BEGIN SOLUTION
    differences = larger - smaller
    mean = differences.mean()
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    if mean > 2 * error:
        return mean, "upheld"
    return mean, "struck down" if mean < -2 * error else "not shown"
    ### END SOLUTION


# %% check="court"

# %%
for name in myths.MYTHS:
    larger, smaller = myths.measure(name, random_feedback)
    difference, verdict = court(larger, smaller)
    values = f"{larger.mean():7.2f} over {smaller.mean():7.2f}"
    print(f"{name:34} {values}   {difference:+.3f}   {verdict}")

# %%
standing.reveal("none", "Eight are struck down; one is not shown.")

# %% [markdown]
# **How it thinks.** In use, backward runs 0 times. It has done its work before.
#
# **It understands.** All of 150 labels drawn by chance are learned by heart.
#
# **W.T.** With random matrices 0.96 of unseen digits are read right: the weights
# turn until the blame fits. Brains might do that; it is no proof that they do.
#
# **dW.** Through twenty layers the blame fades by three decades, and dW does not.

# %% [markdown]
# **A smaller step.** At 1e-10 rounding makes the error 25 000 times as large.
#
# **It trains.** A wrong backward costs less than one point here.
#
# **NaN.** Of five runs with too high a rate none ends so: they sit at guessing.
#
# **Layer norm.** An example that moves leaves the others where they are; in batch norm
# it moves them all.
#
# **Bigger batches**: `not shown`.
# After equally many steps no difference is larger than the seeds' own, and a null is a
# result too.

# %% [markdown]
# ## In your own words
#
# Two answers that no machine grades.
# A person reads them, against the criteria above each.
#
# ### Explain it to a stakeholder
#
# Somebody who pays for the project asks: "What does this backpropagation do?"
# Explain it as systematic **credit assignment**: who had which part in an error, and
# what is done with that.
# No formula, at most 120 words.
#
# *8 minutes, difficulty 3 of 5, importance 5 of 5*

# %% [markdown] rubric="stakeholder"

# %% [markdown] answer="stakeholder"
# The network makes a guess, and we measure how wrong it was.
# Then each of its thousands of settings is told what part it had in that error: the
# last layer first, and each layer passes the rest on to the one before, using the notes
# it took on the way forward.
# All settings get their share in about the time of one more guess; trying them one by
# one would take a thousand times as long.
# Each setting then moves a little in the direction that makes the error smaller.
#
# This is bookkeeping, not thought.
# It happens while learning and never in use, and if our examples are wrong it learns
# the wrong thing with the same care.

# %% [markdown]
# ### Say the loop twice
#
# Once in words, for any network.
# Once in numbers, for one weight: a prediction w x with its target, the loss, the
# gradient with its sign, the step, and the new loss.
# Choose numbers that you can do in your head.
#
# *6 minutes, difficulty 2 of 5, importance 5 of 5*

# %% [markdown] rubric="loop_twice"

# %% [markdown] answer="loop_twice"
# Forward predicts: it turns inputs into a guess and keeps what it computed.
# Backward assigns blame: it sends the error back and finds for each weight how the loss
# would change with it.
# Update improves: each weight takes a step against its gradient.
#
# In numbers: x = 2, w = 1, target 6.
# Forward predicts 2, and the loss is (2 − 6)² = 16.
# Backward: dw = 2 · (2 − 6) · 2 = −16, so a larger w would lower the loss.
# Update with a rate of 0.1: w = 1 + 1.6 = 2.6.
# Forward again predicts 5.2, and the loss is 0.64.

# %% [markdown]
# ## How well did you predict?
#
# Every card of the course kept what you committed before you looked.
# Here is all of it: by lesson, and number against number.

# %%
own_share = predict(
    "own_share",
    "What share of your predictions came out right? A number from 0 to 1.",
)

# %%
explorers.exam.calibration_chart()

# %% [markdown]
# Being right is not the point.
# Where you were wrong and had committed yourself, you have learned most.
# Who never predicts is never wrong, and every result was clear to them from the start.
#
# ## Recap
#
# Five short questions, then the loop, aloud, twice.

# %%
explorers.exam.five_questions()

# %%
explorers.exam.say_the_loop_twice()

# %% [markdown]
# ### What you saw
#
# **Which reading gives which illness away?** See the casebook: seven signs, each asked
# before those that trip on more. Three causes share the flat curve, and a retest that
# changes one thing tells them apart.
#
# **What becomes of what people say?** Of nine claims none was upheld. Eight fell by a
# measurement of seconds; for one there was nothing to see, and that is a verdict too.
#
# **Forward predicts, backward assigns blame, update improves.**

# %% [markdown]
# ## Hand in
#
# Save, then press the button.
# The five functions are graded at once, the two answers when somebody has read them.
#
# **How to go on.** Take a network of your own and data of your own.
# Write down what you expect, change one thing, measure, and keep the log.
# From now on a framework may do the backward pass for you; you know what it does, and
# where to look when it seems to work.

# %% submit=true
