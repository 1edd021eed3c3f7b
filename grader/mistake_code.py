"""The code of a mistake, as its lesson's ``checks.py`` has it.

A mistake is declared by an expression, ``linear(db=lambda dy, x, W: dy.mean(axis=0))``.
That expression says what is wrong; the functions that it names, what is around it.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass
from functools import lru_cache

DEEPEST = 3  # functions named by functions named by the expression


@dataclass(frozen=True)
class Code:
    """What was written for a mistake.

    Attributes
    ----------
    text : str
        The expression; the whole function where it is the name of one.
    around : str
        The definitions that it uses, in the order of the file; "" if there are none.
    """

    text: str
    around: str = ""


def code_of(path, exercise, mistake):
    """Return the code of one mistake.

    Parameters
    ----------
    path : Path
        The lesson's ``checks.py``.
    exercise : Exercise
    mistake : Mistake

    Returns
    -------
    Code
        Where a program made the mistake, what Python knows of its function.
    """
    module = _Module(path.read_text(encoding="utf-8"))
    found = module.expression(exercise.signature, mistake.id)
    if found is None:
        return Code(_source_of(mistake.wrong))
    if isinstance(found, ast.Name) and found.id in module.definitions:
        named = module.definitions[found.id]
        return Code(module.text(named), module.around(named, {found.id}))
    return Code(module.text(found), module.around(found, set()))


@lru_cache(maxsize=32)
def _parse(text):
    return ast.parse(text)


class _Module:
    """A ``checks.py`` as a tree."""

    def __init__(self, text):
        self._lines = text.splitlines(keepends=True)
        self._tree = _parse(text)
        self.definitions = dict(_definitions(self._tree))

    def text(self, node):
        """Return what the file says there, without its first line's indentation."""
        first = node.lineno
        if getattr(node, "decorator_list", None):
            first = node.decorator_list[0].lineno
        lines = self._lines[first - 1 : node.end_lineno]
        last = lines[-1].encode()[: node.end_col_offset].decode()
        lines[-1] = last
        before = lines[0].encode()[: node.col_offset].decode()
        if not before.strip():  # it begins its line
            return textwrap.dedent("".join(lines))
        lines[0] = " " * len(before) + lines[0][len(before) :]
        return textwrap.dedent("".join(lines))

    def expression(self, signature, mistake):
        """Return the expression given for a mistake: the nearest before others."""
        found = list(_declared(self._tree, mistake))
        home = next((n for n in self._exercises() if _first_text(n) == signature), None)
        if home is not None:
            inside = [n for n in found if home.lineno <= n.lineno <= home.end_lineno]
            above = [n for n in found if n.lineno < home.lineno]
            found = inside or above[::-1] or found
        return found[0] if found else None

    def _exercises(self):
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and _name(node.func) == "Exercise":
                yield node

    def around(self, node, seen):
        """Return the definitions that a node names, and those that these name."""
        wanted, level = {}, [node]
        for _ in range(DEEPEST):
            names = {n.id for top in level for n in ast.walk(top) if _is_read(n)}
            level = [self.definitions[n] for n in names - seen if n in self.definitions]
            seen = seen | names
            wanted |= {definition.lineno: definition for definition in level}
        return "\n\n".join(self.text(wanted[line]) for line in sorted(wanted))


def _definitions(tree):
    """Yield the name and the node of each function, class and small constant."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign) and node.end_lineno - node.lineno < 12:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node


def _declared(tree, mistake):
    """Yield the expressions that follow a mistake's id in a call, tuple or dict."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _first_text(node) == mistake:
            yield from node.args[1:2]
        elif isinstance(node, ast.Tuple) and len(node.elts) > 1:
            if _is_text(node.elts[0], mistake):
                yield node.elts[1]
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if _is_text(key, mistake) and isinstance(value, ast.Tuple):
                    yield value.elts[0]


def _first_text(call):
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) else None


def _is_text(node, text):
    return isinstance(node, ast.Constant) and node.value == text


def _is_read(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _name(node):
    return getattr(node, "id", getattr(node, "attr", ""))


def _source_of(wrong):
    """Return the source of a function, with the values that were bound to its names."""
    functions = wrong.values() if isinstance(wrong, dict) else [wrong]
    return "\n\n".join(_with_bound(function) for function in functions)


def _with_bound(function):
    try:
        text = textwrap.dedent(inspect.getsource(function)).strip()
        bound = inspect.getclosurevars(function).nonlocals
    except (OSError, TypeError, ValueError):
        return repr(function)
    lines = [f"# {name} = {value!r}" for name, value in bound.items()]
    return "\n".join([*(line for line in lines if " at 0x" not in line), text])
