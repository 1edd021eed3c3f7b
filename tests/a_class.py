"""A class of learners, drawn by a seed: what each hands in, and what that is worth.

    people = draw_class(lesson, seed=7)
    data = people[0].works[0].notebook(released)

Whoever draws knows the truth: which answers are right, which mistake each of the others
makes, what of a broken file can be read. The grader has to find the same.
"""

import copy
import json
import random
from dataclasses import dataclass, field, replace

from answer_texts import NoText, answer_text

RIGHT, MISTAKE, BLANK, CRASH, ENDLESS, LOST = (
    *("right", "mistake", "blank", "crash", "endless", "lost"),
)
TRUNCATED, CONFLICT, OTHER_LESSON = "truncated", "conflict", "other lesson"
EXCHANGE, CANVAS, MOODLE = "exchange", "canvas", "moodle"
WAYS = (*(EXCHANGE,) * 6, *(CANVAS,) * 2, *(MOODLE,) * 2)
WORDS = {  # what is written to the question, and what a person gives for it
    "Each weight gets its share of the blame, from the last layer to the first.": 3.0,
    "The loss says how wrong it is.": 1.5,
    "Neurons think about it.": 0.0,
}
ODD = {  # learner's number: what is the matter with the first submission
    **dict.fromkeys((17, 58, 121), TRUNCATED),
    **dict.fromkeys((33, 104, 150), CONFLICT),
    **dict.fromkeys((64, 177), OTHER_LESSON),
    **dict.fromkeys((45, 139), CRASH),
    88: ENDLESS,
}
FIRST_NAMES = "Ada Emmy Sonja Grace Alan Kurt Rosa Ines Omar Lin Noor Juan Eva Max"
LAST_NAMES = "Adler Brandt Castro Dahl Eriksen Fuchs Gallo Huber Ito Jansen"


@dataclass(frozen=True)
class Answer:
    """What stands in one answer cell; nothing is there without a text."""

    kind: str
    text: str | None = None
    mistake: str | None = None


@dataclass(frozen=True)
class Work:
    """One submission.

    Attributes
    ----------
    learner : str
    round : int
    answers : dict of exercise to Answer
    words : str
        The answer in words; "" leaves the blank.
    damage : str
        What happened to the file, or "".
    days_late : int
        0 is in time.
    """

    learner: str
    round: int
    answers: dict
    words: str = ""
    damage: str = ""
    days_late: int = 0

    @property
    def read(self):
        """The answers that can be read, as they count."""
        if self.damage == OTHER_LESSON:
            return {name: Answer(LOST) for name in self.answers}
        if self.damage != TRUNCATED:
            return self.answers
        kept = len(self.answers) // 2
        return {
            name: answer if k < kept else Answer(LOST)
            for k, (name, answer) in enumerate(self.answers.items())
        }

    @property
    def read_words(self):
        """The words that can be read."""
        return "" if self.damage in (TRUNCATED, OTHER_LESSON) else self.words

    @property
    def is_whole(self):
        """Whether there is a full result."""
        odd = {answer.kind for answer in self.answers.values()} & {CRASH, ENDLESS}
        return not odd and self.damage not in (TRUNCATED, OTHER_LESSON)

    def points(self, most):
        """Return the points of each exercise, given what each is worth."""
        read = self.read
        return {
            name: points if name in read and read[name].kind == RIGHT else 0.0
            for name, points in most.items()
        }

    def notebook(self, released, question):
        """Return the bytes that are handed in.

        Parameters
        ----------
        released : dict
            The lesson as learners get it.
        question : str
            The name of the answer in words.
        """
        if self.damage == OTHER_LESSON:
            return json.dumps(_another_lesson(), indent=1).encode()
        notebook = copy.deepcopy(released)
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        for name, answer in self.answers.items():
            if answer.text is not None:
                cells[name]["source"] = answer.text
        if self.words:
            cells[question]["source"] = self.words
        text = json.dumps(notebook, indent=1)
        if self.damage == TRUNCATED:
            first_lost = next(n for n, a in self.read.items() if a.kind == LOST)
            return text[: text.index(f'"id": "{first_lost}"')].encode()
        return (_conflicting(text) if self.damage == CONFLICT else text).encode()


@dataclass
class Learner:
    """Somebody in the class, and all that they hand in."""

    name: str
    full_name: str
    number: int
    way: str
    works: list = field(default_factory=list)

    def work(self, round_):
        """Return the newest work after a round, or None."""
        done = [work for work in self.works if work.round <= round_]
        return done[-1] if done else None


def draw_class(lesson, seed, size=200):
    """Return a class that does a lesson.

    Parameters
    ----------
    lesson : Lesson
    seed : int
        The same seed gives the same class.
    size : int
    """
    chance = random.Random(seed)
    decks = {
        name: _Deck(exercise, chance) for name, exercise in lesson.exercises.items()
    }
    people, firsts, lasts = [], FIRST_NAMES.split(), LAST_NAMES.split()
    for n in range(size):
        first, last = firsts[n % 14], lasts[n // 14 % 10]
        full_name = f"{first} {last}{'' if n < 140 else ' II'}"
        person = Learner(f"learner{n:03}", full_name, 340000 + n, WAYS[n % 10])
        person.works = _draw_works(person.name, ODD.get(n, ""), decks, chance)
        people.append(person)
    return people


class _Deck:
    """What an exercise is answered with: every mistake once before one comes twice."""

    def __init__(self, exercise, chance):
        self.chance = chance
        right = [exercise.reference, *exercise.alternatives]
        self.right = [Answer(RIGHT, text) for _, text in _texts(exercise, right)]
        wrong = [mistake.wrong for mistake in exercise.mistakes]
        self.mistakes = [
            Answer(MISTAKE, text, exercise.mistakes[k].id)
            for k, text in _texts(exercise, wrong)
        ]
        chance.shuffle(self.mistakes)
        self.drawn = 0

    def draw(self, good):
        """Return an answer that is right with probability `good`."""
        if self.chance.random() < good:
            return self.chance.choice(self.right)
        if self.chance.random() < 0.25:
            return Answer(BLANK)
        self.drawn += 1
        return self.mistakes[self.drawn % len(self.mistakes)]


def _texts(exercise, functions):
    """Yield the number and the text of each function that can be told as one."""
    for k, function in enumerate(functions):
        try:
            yield k, answer_text(exercise, function)
        except NoText:
            continue


def _draw_works(name, odd, decks, chance):
    """Return one to three submissions, each at least as good as the one before."""
    answers = {exercise: deck.draw(0.5) for exercise, deck in decks.items()}
    words = chance.choice(["", *WORDS])
    if odd in (CRASH, ENDLESS):
        first = next(iter(decks))
        answers[first] = Answer(odd, _taking_down(first, answers[first], odd))
    damage = odd if odd in (TRUNCATED, CONFLICT, OTHER_LESSON) else ""
    works = [Work(name, 1, answers, words, damage)]
    rounds = chance.choices((1, 2, 3), (0.64, 0.25, 0.11))[0]
    for round_ in range(2, rounds + 1):
        better = {
            exercise: answer if answer.kind == RIGHT else decks[exercise].draw(0.7)
            for exercise, answer in works[-1].answers.items()
        }
        words = works[-1].words or chance.choice(["", *WORDS])
        if (better, words) == (works[-1].answers, works[-1].words):
            break  # nothing is left to improve
        late = chance.choice((0, 0, 1, 2)) if round_ == 3 else 0
        works.append(Work(name, round_, better, words, "", late))
    if rounds == 1 and not odd and chance.random() < 0.05:
        works = [replace(works[0], round=3, days_late=chance.choice((1, 3)))]
    return works


def _taking_down(exercise, answer, kind):
    """Return an answer whose cell ends its process, or never ends."""
    last = {CRASH: "import os\nos._exit(3)", ENDLESS: "import time\ntime.sleep(1e6)"}
    return f"{answer.text or f'{exercise} = None'}\n\n\n{last[kind]}"


def _another_lesson():
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "id": f"c{k}", "source": f"print({k})"} for k in range(4)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _conflicting(text):
    """Return a notebook as a merge leaves it, the learner's own version first."""
    lines = text.split("\n")
    k = next(k for k, line in enumerate(lines) if line.startswith(' "nbformat_minor"'))
    marks = "<<<<<<< mine", lines[k], "=======", lines[k], ">>>>>>> theirs"
    return "\n".join([*lines[:k], *marks, *lines[k + 1 :]])
