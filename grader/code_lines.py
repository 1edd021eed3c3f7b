"""Code as lines that can be compared: without comments, and whatever names it gives.

first, second = read_lines("z = x - x.mean()  # centred\\nreturn z")
first.tokens    # ("·1", "=", "·2", "-", "·2", ".", "mean", "(", ")")
"""

import builtins
import io
import keyword
import re
import tokenize
from dataclasses import dataclass

from grader.definitions import LONGEST_READ

LOCAL = "·"  # stands for a name that the writer chose, with its number in the line
_KEPT = {*dir(builtins), *keyword.kwlist, "np", "numpy", "self"}
_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
_WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Line:
    """One statement.

    Attributes
    ----------
    tokens : tuple of str
    first, last : int
        The lines of the text that it takes up, from 1.
    """

    tokens: tuple
    first: int
    last: int


def read_lines(source, known=(), longest=LONGEST_READ):
    """Return the statements of a text, as far as it can be read.

    Parameters
    ----------
    source : str
        Somebody's code, which is not run: its tokens are read.
    known : container of str
        Names that are not the writer's own choice, such as the lesson's functions.
    longest : int
        Characters that are read.

    Returns
    -------
    list of Line
        Without comments and texts that stand alone, as docstrings do. Local names are
        numbered within each line, so that other names make no other line.
    """
    lines, statement = [], []
    source = source[:longest]
    reader = io.StringIO(source).readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
                lines += _line(statement, known)
                statement = []
            elif token.type not in _LAYOUT:
                statement.append((token.type, token.string, token.start[0]))
    except (tokenize.TokenError, SyntaxError):
        seen = lines[-1].last if lines else 0
        lines += _words(source, seen, known)
    return lines


def _line(statement, known):
    """Yield the line of a statement, unless it says nothing."""
    if not statement or all(kind == tokenize.STRING for kind, _, _ in statement):
        return
    strings = [text for _, text, _ in statement]
    names = [kind == tokenize.NAME for kind, _, _ in statement]
    last = statement[-1][2] + strings[-1].count("\n")
    yield Line(_numbered(strings, names, known), statement[0][2], last)


def _words(source, seen, known):
    """Yield what cannot be read as Python line by line."""
    for number, text in enumerate(source.splitlines(), 1):
        strings = _WORDS.findall(text.partition("#")[0])
        if number > seen and strings:
            names = [string.isidentifier() for string in strings]
            yield Line(_numbered(strings, names, known), number, number)


def _numbered(strings, names, known):
    """Return the tokens of a line with numbers for the names that the writer chose."""
    numbers, tokens, depth = {}, [], 0
    for k, string in enumerate(strings):
        depth += (string in "([{") - (string in ")]}")
        before = strings[k - 1] if k else ""
        after = strings[k + 1] if k + 1 < len(strings) else ""
        is_argument = depth > 0 and after == "=" and before in ("(", ",")
        is_own = names[k] and string not in _KEPT and string not in known
        if is_own and before != "." and not is_argument:
            string = f"{LOCAL}{numbers.setdefault(string, len(numbers) + 1)}"
        tokens.append(string)
    return tuple(tokens)
