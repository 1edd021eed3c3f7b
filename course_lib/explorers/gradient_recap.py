"""The recap of lesson 2: five questions, and the loop with the loss in its place."""

from course_lib.predictions import ask, say


def five_questions():
    """Ask five short questions; the last three are from lesson 1."""
    ask(
        "recap_sign",
        "At some weight `dw` is -3. To lower the loss we...",
        ["raise the weight", "lower the weight", "leave it"],
        "raise the weight",
        "w minus rate times -3 is larger than w. The gradient points uphill.",
    )
    ask(
        "recap_nan",
        "The loss falls for ten steps, climbs, and is nan after 300. First we try...",
        ["more steps", "a tenth of the learning rate", "ten times the learning rate"],
        "a tenth of the learning rate",
        "Above 2 / lambda every step lands higher than the one before.",
    )
    ask(
        "recap_first_loss",
        "A network for 10 classes, before training. A healthy meter reads about...",
        ["0.1", "1", "2.3", "10"],
        "2.3",
        "ln 10 = 2.303 nats, the price of guessing.",
    )
    ask(
        "recap_why_loss",
        "Why do we not step against the slope of accuracy?",
        ["it is 0 almost everywhere", "it is too large", "it points downhill"],
        "it is 0 almost everywhere",
        "A small turn of a knob changes no answer, so accuracy does not move.",
    )
    ask(
        "recap_twice",
        "A batch is repeated twice. Its mean loss, and the gradient of that...",
        ["both double", "both stay", "the loss stays, the gradient doubles"],
        "both stay",
        "Both are means over the batch.",
    )


def say_the_four_cards():
    """Listen to the loop, with the loss between forward and backward."""
    say(
        "loop",
        "What does each of the four cards do? Forward ..., then the loss ...",
        ["forward", "predict", "loss", "backward", "blame", "update", "improve"],
    )
