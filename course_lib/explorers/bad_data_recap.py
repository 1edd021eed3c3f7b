"""Lesson 10's last questions. They live here so that no cell shows an answer."""

from course_lib.predictions import ask


def five_questions():
    """Ask five short questions; the last three are from lessons 1, 9 and 5."""
    ask(
        "recap_average",
        "Accuracy is 0.95, and there are ten classes. How low can the recall of one "
        "class be?",
        ["0.95", "0.5", "0"],
        "0",
        "A class with a twentieth of the examples can be missed altogether.",
    )
    ask(
        "recap_groups",
        "Recordings of 40 machines, 100 each. To know how a new machine will fare, the "
        "split is drawn by...",
        ["recordings", "machines", "time of day"],
        "machines",
        "Rows of one machine on both sides tell the answer.",
    )
    ask(
        "recap_loss_not_accuracy",
        "Which one ranks the examples by how hard they are to believe?",
        ["the accuracy", "the cross-entropy of each", "the mean cross-entropy"],
        "the cross-entropy of each",
        "Accuracy knows right and wrong only, and a mean has no ranks.",
    )
    ask(
        "recap_label_noise",
        "Training accuracy reaches 1.00, and a fifth of the labels are wrong. The "
        "network has...",
        ["found the rule", "memorized", "diverged"],
        "memorized",
        "Nothing but memory gets a wrong label right.",
    )
    ask(
        "recap_checklist",
        "Nothing is wrong with the code, and the network does not learn one class. Of "
        "the checklist we take first...",
        ["a lower learning rate", "twenty labels by eye", "a larger network"],
        "twenty labels by eye",
        "It takes a minute, and no other instrument sees a wrong label.",
    )
