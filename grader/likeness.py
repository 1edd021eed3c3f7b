"""Answers that are alike in what nobody else writes: worth a look, and no proof.

    for group in alike(answers, author=[lesson_source, checks_source]):
        print(group.learners, group.bits)

What the course's author wrote counts nothing, and neither does what many in the class
write. Of the rest, each line has a surprise: how unlikely it is for somebody with the
habits of this class. A pair is named when the lines it shares surprise far more than
the likeliest of all pairs of the class would by chance. Of independent answers, drawn
from a few ways to write each line, none came near (`tests/test_likeness.py`).
"""

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from grader.code_lines import read_lines
from grader.surprise import Habits

MARGIN = 40.0  # bits beyond those of the likeliest pair among all pairs of the class
TOLL = 0.5  # of a usual line's surprise: the task, not the writer, explains so much
TOGETHER = 1 / 3  # of a line's surprise counts at least, however many share it
FEWEST_LINES, FEWEST_TOKENS = 3, 30  # shorter than that is how one writes it
LEAST_SHARE = 0.5  # of the surprise of the plainer of two answers
COMMON = 0.1  # of the class: what more than that write is common
MOST_WRITERS = 30  # in a class of any size; keeps the pairs few
_FUNCTION = re.compile(r"^[ \t]*def[ \t]+(\w+)", re.MULTILINE)
_ALWAYS_RARE = 4  # writers: so many can have copied in the smallest class


@dataclass(frozen=True)
class Group:
    """Learners whose answers to one exercise are alike.

    Attributes
    ----------
    learners : list of str
        At least two, in order.
    bits : float
        The surprise of what the two most alike share, beyond that of usual lines.
    lines : int
        How many rare lines those two share.
    shared : dict of learner to set of int
        Which lines of each one's text somebody else of the group has too, from 1.
    """

    learners: list
    bits: float
    lines: int
    shared: dict


def alike(answers, author=(), known=()):
    """Return the groups of learners whose answers are alike, the most alike first.

    Parameters
    ----------
    answers : mapping of learner to str
        Everybody's code for one exercise.
    author : sequence of str
        Texts of the course: stub, solution, checks with other right answers and
        mistakes. Whoever writes what stands there is no copyist.
    known : iterable of str
        More names that nobody chose.

    Notes
    -----
    Learners are compared only where they share a rare line, so the time grows with the
    class and not with its pairs.
    """
    known = frozenset(known).union(*map(_FUNCTION.findall, author))
    texts = {who: read_lines(text, known) for who, text in answers.items()}
    written = {who: {line.tokens for line in lines} for who, lines in texts.items()}
    given = frozenset().union(*(_tokens(text, known) for text in author))
    writers = defaultdict(list)
    for who in sorted(written):
        for tokens in written[who] - given:
            writers[tokens].append(who)
    rarely = min(max(COMMON * len(texts), _ALWAYS_RARE), MOST_WRITERS)
    rare = {tokens for tokens, who in writers.items() if len(who) <= rarely}
    counts = Counter(tokens for lines in written.values() for tokens in lines)
    bits = _Bits(Habits(counts + Counter(given)), writers, len(texts))
    pairs = _pairs(written, writers, rare, bits)
    return _groups(pairs, texts)


@lru_cache(maxsize=32)  # the same for every exercise of a lesson
def _tokens(text, known):
    return frozenset(line.tokens for line in read_lines(text, known, len(text)))


class _Bits:
    """The surprise of lines, each worked out once."""

    def __init__(self, habits, writers, learners):
        self._habits, self._writers, self._learners = habits, writers, learners
        self._known = {}
        total = sum(map(habits.bits, writers))
        self._usual = total / max(sum(map(len, writers)), 1)  # bits a token

    @property
    def needed(self):
        """What a pair has to share to be named."""
        return MARGIN + math.log2(max(math.comb(self._learners, 2), 1))

    def of(self, lines):
        """Return the surprise of several lines."""
        return sum(map(self._of_line, lines))

    def _of_line(self, tokens):
        if tokens not in self._known:
            bits = self._habits.bits(tokens) - TOLL * self._usual * len(tokens)
            others = len(self._writers[tokens]) - 2
            if others > 0:  # they may have come by it on their own, or together
                seen = math.log2(self._learners / others)
                bits = min(bits, max(seen, TOGETHER * bits))
            self._known[tokens] = bits
        return self._known[tokens]


def _pairs(written, writers, rare, bits):
    """Return the pairs that are alike: each with its shared rare lines and bits."""
    shared = defaultdict(set)
    for tokens in rare:
        for pair in combinations(writers[tokens], 2):
            shared[pair].add(tokens)
    found = {}
    for pair, lines in shared.items():
        if len(lines) < FEWEST_LINES or sum(map(len, lines)) < FEWEST_TOKENS:
            continue
        total = bits.of(lines)
        plainer = min(bits.of(written[who] & rare) for who in pair)
        if total >= bits.needed and total >= LEAST_SHARE * plainer:
            found[pair] = (lines, total)
    return found


def _groups(pairs, texts):
    """Join pairs that have a learner in common."""
    joined = {}
    for pair in pairs:
        whole = set(pair).union(*(joined.get(who, ()) for who in pair))
        joined |= dict.fromkeys(whole, whole)
    groups = []
    for whole in {id(whole): whole for whole in joined.values()}.values():
        inside = {pair: what for pair, what in pairs.items() if pair[0] in whole}
        lines, bits = max(inside.values(), key=lambda what: what[1])
        groups.append(Group(sorted(whole), bits, len(lines), _shown(inside, texts)))
    return sorted(groups, key=lambda group: (-group.bits, group.learners))


def _shown(pairs, texts):
    """Return which lines of each one's text are shared."""
    shared = defaultdict(set)
    for pair, (lines, _) in pairs.items():
        for who in pair:
            for line in texts[who]:
                if line.tokens in lines:
                    shared[who].update(range(line.first, line.last + 1))
    return dict(shared)
