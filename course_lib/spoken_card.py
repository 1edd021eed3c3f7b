"""A card for what is said aloud: it listens for words in their order."""

from course_lib.cards import Card
from course_lib.page import rich


class SpokenCard(Card):
    """A card that takes sentences, and says which words it heard in their order."""

    def __init__(self, name, prompt, words):
        super().__init__(name, prompt, at_once=True, kind="Say it")
        self.words = list(words)

    asks_for = "Write a sentence first."

    def _fits(self, choice):
        return isinstance(choice, str)

    def _answer_html(self):
        return " → ".join(map(rich, self.words))

    def _waiting(self):
        return "Commit to see which steps were heard. It is not graded."

    def verdict(self, truth=None, because=None):
        """Return which words were heard, in order, as HTML."""
        count = heard_in_order(self.choice, self.words)
        if count == len(self.words):
            return "All of it, in order: " + " → ".join(map(rich, self.words)) + "."
        missing = rich(self.words[count])
        if not count:
            return f"Listening for <strong>{missing}</strong> as the first step."
        return (
            f"Heard: {' → '.join(map(rich, self.words[:count]))}. After "
            f"{rich(self.words[count - 1])}, listening for <strong>{missing}</strong>."
        )

    def _entry(self, ipywidgets):
        entry = ipywidgets.Textarea(
            value=self.choice or "",
            description="In your words",
            rows=4,
            style={"description_width": "initial"},
        )
        entry.layout.width = "100%"
        return entry

    def _read(self, entry):
        return entry.value.strip() or None


def heard_in_order(text, words):
    """Return how many of the words stand in the text, one after the other.

    Parameters
    ----------
    text : str
    words : sequence of str

    Returns
    -------
    int
        Listening stops at the first word that does not follow.
    """
    text, place = text.casefold(), 0
    for count, word in enumerate(words):
        found = text.find(word.casefold(), place)
        if found < 0:
            return count
        place = found + len(word)
    return len(words)
