"""Lesson 6's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last three are from lessons 2, 4 and 5."""
    ask(
        "recap_half_noise",
        "You want half the noise in each gradient. The batch has to be...",
        ["twice as large", "four times as large", "eight times as large"],
        "four times as large",
        "Noise falls with the root of the batch size.",
    )
    ask(
        "recap_bigger_batch",
        "You go from batches of 32 to batches of 128, keep the rate, and train for as "
        "many epochs. The training loss at the end is...",
        ["higher", "about the same", "lower"],
        "higher",
        "A quarter of the steps, each as long as before: you stop early.",
    )
    ask(
        "recap_edge",
        "With all the examples in each step, a rate just above 2 / lambda_max...",
        ["converges slowly", "diverges", "jitters for ever"],
        "diverges",
        "The steps cross the valley and climb. No noise is needed, and no batch size "
        "moves that edge. Lesson 2.",
    )
    ask(
        "recap_one_over_n",
        "The 1/N of the mean loss enters the backward pass...",
        ["once, in dlogits", "in every layer", "in the update"],
        "once, in dlogits",
        "dW and db add up over the batch what already holds it. Lesson 4.",
    )
    ask(
        "recap_double_batch",
        "Every example stands in the batch twice. The gradient of the mean loss...",
        ["does not change", "doubles", "has half the noise"],
        "does not change",
        "A copy brings no news: same mean, same error. Lesson 5.",
    )
