"""The recap of lesson 3: five questions, and the loop said aloud."""

from course_lib.predictions import ask, say_the_loop


def five_questions():
    """Ask five short questions; the last three are from lessons 1 and 2."""
    ask(
        "recap_fan_out",
        "On a tape, c = a * a with a = 3. The blame of a is...",
        ["3", "6", "9"],
        "6",
        "a is used twice; each use sends 3, the other factor, and shares add up.",
    )
    ask(
        "recap_cost",
        "A network gets twice as many weights. One sweep back, against probing all...",
        [
            "both take twice as long",
            "sweep twice, probing 4 times as long",
            "both take 4 times as long",
        ],
        "sweep twice, probing 4 times as long",
        "Probing asks twice for each weight, and each question takes longer too.",
    )
    ask(
        "recap_scale_of_logits",
        "All logits are multiplied by 3. What cannot change?",
        ["the cross-entropy", "the accuracy", "the largest probability"],
        "the accuracy",
        "The largest logit stays the largest. The probabilities get sharper.",
    )
    ask(
        "recap_two_sides",
        "Why does the numerical gradient measure on both sides of w?",
        ["the bend cancels", "it is quicker", "to find the sign"],
        "the bend cancels",
        "From one side the bend of the curve gets into the slope.",
    )
    ask(
        "recap_divide",
        "The loss jumps from 2.3 to 9 in the first steps. First we try...",
        ["a tenth of the learning rate", "a larger network", "more steps"],
        "a tenth of the learning rate",
        "A step that raises the loss at once went past the valley.",
    )


def say_it():
    """Listen to the loop."""
    say_the_loop()
