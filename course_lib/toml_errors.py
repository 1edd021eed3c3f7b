"""What is said of a value in ``course.toml``: where it is, and what was expected."""

import difflib
import re


class TomlFile:
    """A file's name and text, for messages.

    Parameters
    ----------
    path : Path
    text : str
    """

    def __init__(self, path, text):
        self.path, self.text = path, text

    def line(self, section, key=None):
        """Return the line, from 1, that gives a section or a key in it."""
        inside, begun = False, 1
        for number, line in enumerate(self.text.splitlines(), start=1):
            if head := re.match(r"\s*\[\s*(.+?)\s*\]\s*(#.*)?$", line):
                inside = _plain(head[1]) == _plain(section)
                begun = number if inside else begun
                if inside and key is None:
                    return number
            elif _gives(line, section if key is None else key) and (inside or not key):
                return number
        return begun

    def refuse(self, section, key, problem):
        """Raise a ValueError with the place and the problem."""
        raise ValueError(f"{self.path}:{self.line(section, key)}: {problem}")

    def expect(self, section, key, value, expected):
        """Raise a ValueError that shows a value, and says what was expected."""
        self.refuse(section, key, f"{key} is {value!r}, expected {expected}.")

    def check_known(self, name, known, what, section, key=None):
        """Raise a ValueError, with the nearest known name, unless a name is known."""
        if name in known:
            return
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else _listed(known)
        self.refuse(section, key, f"unknown {what} {name!r}. {hint}")


def _listed(known):
    names = list(known)
    more = ", …" if len(names) > 20 else ""
    return f"Known: {', '.join(names[:20]) or 'none'}{more}."


def _plain(name):
    return re.sub(r"[\s\"']", "", name)


def _gives(line, key):
    return bool(re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line))
