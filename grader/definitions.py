"""Which functions a cell's text defines, read without running or parsing it."""

import io
import re
import tokenize

LONGEST_READ = 20_000  # characters of a cell that are looked at
_DEFINES = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


def defined_names(source):
    """Return the names of the functions and classes that a cell defines at its top.

    Notes
    -----
    Tokens are read, not a syntax tree: text made for it can crash Python's compiler,
    and this runs in the process that keeps the grades.
    """
    source = source[:LONGEST_READ]
    likely = likely_names(source)
    if not likely:
        return likely
    names, expected = set(), False
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if expected and token.type == tokenize.NAME:
                if token.string != "def":
                    names.add(token.string)
                    expected = False
            elif token.start[1] == 0 and token.string in ("def", "class", "async"):
                expected = True
            else:
                expected = False
    except (tokenize.TokenError, SyntaxError):
        return likely
    return names


def likely_names(source):
    """Return the names that lines at the left margin seem to define: fast, and it may
    take a line inside a long string for a definition."""
    return set(_DEFINES.findall(source[:LONGEST_READ]))
