"""How surprising a line of code is, to somebody who knows what the others wrote."""

import math
from collections import Counter, defaultdict

_START = "\n"  # stands before each line; no token of a line


class Habits:
    """What a class writes, counted: each token with the two before it.

    Parameters
    ----------
    lines : mapping of tuple of str to int
        How often each line was written.

    Notes
    -----
    An interpolated trigram model, smoothed as Witten and Bell do it: after tokens that
    were followed by many different ones, a new one surprises less.

    References
    ----------
    I. Witten and T. Bell, 1991, "The zero-frequency problem", method C.
    """

    def __init__(self, lines):
        self._copies = dict(lines)
        self._after = defaultdict(Counter)  # of tokens: what followed
        for line, copies in self._copies.items():
            for before, token in _steps(line):
                self._after[before][token] += copies
        self._totals = {
            before: sum(counts.values()) for before, counts in self._after.items()
        }
        self._vocabulary = max(len(self._after.get((), ())), 200)

    def bits(self, line):
        """Return the surprise of a line to who knows all lines but this one.

        Returns
        -------
        float
            In bits: with 10, one line in a thousand would be this one.
        """
        own = defaultdict(Counter)
        for before, token in _steps(line):
            own[before][token] += self._copies.get(line, 0)
        before, total = (_START, _START), 0.0
        for token in line:
            total -= math.log2(self._probability(token, before, own))
            before = (before[1], token)
        return total

    def _probability(self, token, before, own):
        """Return how likely a token is after others, counted without `own`."""
        shorter = 1 / self._vocabulary
        if before:
            shorter = self._probability(token, before[1:], own)
        counts = self._after.get(before)
        if not counts:
            return shorter
        ours = own.get(before, {})
        gone = sum(counts[each] <= count for each, count in ours.items() if count)
        kinds = len(counts) - gone
        total = self._totals[before] - sum(ours.values())
        if total <= 0 or kinds <= 0:
            return shorter
        seen = counts.get(token, 0) - ours.get(token, 0)
        return (max(seen, 0) + kinds * shorter) / (total + kinds)


def _steps(line):
    """Yield each token of a line with what stands before: two tokens, one, none."""
    padded = (_START, _START, *line)
    for k, token in enumerate(line, 2):
        for order in (2, 1, 0):
            yield padded[k - order : k], token
