"""The mistakes of a class in one exercise: in words, how many, attempt by attempt."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

MOST_COLUMNS = 5  # attempts told apart; the last column holds all later ones
# What the checker finds by itself, in any exercise. What an exercise declares has
# words of its own.
GENERAL = {
    "zero": "Every entry is 0, whatever goes in.",
    "hard_coded": "The same comes back for every input.",
    "ignores_upstream": "The upstream gradient makes no difference.",
    "sign": "The right size, with the opposite sign.",
    "scale": "A constant factor: a multiple of what it should be.",
    "shape": "Another shape than expected.",
    "broadcast": "A column met a row, and became a table.",
    "axis": "The sum ran over the other axis.",
    "order": "The right results, in another order.",
    "missing_term": "A term of the sum is missing.",
    "term_sign": "A term of the sum has the opposite sign.",
    "term_scale": "A term of the sum is scaled with the size of the batch.",
    "missing_entry": "Entries are missing, or there are too many.",
    "wrong_type": "Another type than expected.",
    "dtype": "The array's type loses digits.",
    "not_finite": "NaN or infinity for some inputs.",
    "numerical_inside": "Calls what it should work out, or estimates it.",
    "mutates_input": "Changes its inputs.",
    "has_state": "Gives another answer when it is called again.",
    "returned_none": "Returns nothing.",
    "missing": "The function is not there.",
}
OTHERWISE = {
    "wrong": "Wrong values, by no mistake that the checker knows.",
    "partial": "Partly right, by no mistake that the checker knows.",
    "error": "Stops with an error.",
    "timeout": "Does not end.",
    "crashed": "Ends its whole process.",
    "not_written": "Not written.",
}
# What says that work is unfinished, and nothing of what somebody thinks.
UNFINISHED = ("error", "timeout", "crashed", "not_written")


@dataclass(eq=False)
class Misconception:
    """One way in which answers to an exercise are not right.

    Attributes
    ----------
    words : str
    next_step : str
        What the checker tells its learners to do; "" where that differs.
    example : str
        What it says most often, where it says different things; or "".
    is_unfinished : bool
        Whether it is about unfinished work: errors, endless loops, blanks.
    now : list of str
        Learners whose counted attempt shows it.
    before : list of str
        Learners of whom an earlier attempt showed it, and the one that counts does not.
    columns : list of int
        How many learners' first, second, ... graded attempt showed it.
    """

    words: str
    next_step: str = ""
    example: str = ""
    is_unfinished: bool = False
    now: list = field(default_factory=list)
    before: list = field(default_factory=list)
    columns: list = field(default_factory=list)

    @property
    def ever(self):
        """How many learners had it at any time, as far as attempts are graded."""
        return len(self.now) + len(self.before)


@dataclass
class ExerciseReport:
    """How a class did in one exercise.

    Attributes
    ----------
    name : str
    max_points : float
    statuses : Counter of str
        Of the attempts that count: as verdicts have them, and `given` for what a
        person has graded.
    misconceptions : list of Misconception
        What most learners have now comes first.
    graded, right : list of int
        How many learners' first, second, ... attempt is graded, and right.
    """

    name: str
    max_points: float
    statuses: Counter
    misconceptions: list
    graded: list
    right: list

    @property
    def is_in_words(self):
        """Whether people grade it."""
        return bool(self.statuses["by_hand"] or self.statuses["given"])


def look_at(exercise, max_points, learners, declared=()):
    """Return how a class did in an exercise.

    Parameters
    ----------
    exercise : str
    max_points : float
    learners : list of Learner
    declared : sequence of Mistake
        Of the exercise.
    """
    tally = _Tally(exercise, declared, columns_of(learners))
    for learner in learners:
        tally.add(learner)
    found = list(tally.found.values())
    for one in found:
        one.example = _example(one, tally.messages[one.words])
    statuses = Counter(
        learner.verdicts[exercise].status
        for learner in learners
        if exercise in learner.verdicts
    )
    order = sorted(
        found,
        key=lambda one: (one.is_unfinished, -len(one.now), -len(one.before), one.words),
    )
    return ExerciseReport(
        exercise, max_points, statuses, order, tally.graded, tally.right
    )


def columns_of(learners):
    """Return how many attempts a table of a class tells apart."""
    most = max((len(learner.tries) for learner in learners), default=1)
    return min(most, MOST_COLUMNS)


class _Tally:
    """What is counted of one exercise, learner after learner."""

    def __init__(self, exercise, declared, columns):
        self._exercise, self._columns = exercise, columns
        self._declared = {mistake.id: mistake for mistake in declared}
        self.found, self.messages = {}, defaultdict(Counter)
        self.graded, self.right = [0] * columns, [0] * columns

    def add(self, learner):
        """Count what one learner did."""
        name = self._exercise
        graded = [(k, v[name]) for k, v in learner.graded if name in v]
        # Of those that share the last column, the newest counts there.
        for k, verdict in {min(k, self._columns - 1): v for k, v in graded}.items():
            self.graded[k] += 1
            self.right[k] += verdict.is_right
            if one := self._find(verdict):
                one.columns[k] += 1
        now = self._find(learner.verdicts.get(name))
        for one in {self._find(verdict) for _, verdict in graded} - {None}:
            (one.now if one is now else one.before).append(learner.name)
        for _, verdict in graded:
            if one := self._find(verdict):
                self.messages[one.words][verdict.message] += 1

    def _find(self, verdict):
        """Return the misconception that a verdict shows, new or known, or None."""
        if verdict is None or verdict.is_right or verdict.status == "by_hand":
            return None
        mistake, next_step = self._declared.get(verdict.mistake), ""
        if mistake is not None:
            words, next_step = mistake.message, mistake.next_step
        else:
            words = GENERAL.get(verdict.mistake) or OTHERWISE.get(verdict.status)
        words = words or OTHERWISE["wrong"]
        if words not in self.found:
            unfinished = mistake is None and verdict.status in UNFINISHED
            self.found[words] = Misconception(words, next_step, "", unfinished)
            self.found[words].columns = [0] * self._columns
        return self.found[words]


def _example(one, messages):
    """Return what was said most often, unless the misconception's words say it."""
    if not messages:
        return ""
    (message, _), *_ = sorted(messages.items(), key=lambda pair: (-pair[1], pair[0]))
    is_said = one.words in message or one.next_step
    return "" if is_said else message
