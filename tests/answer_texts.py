"""What a lesson's ``checks.py`` declares as functions, as text of a learner's cell.

    text = answer_text(exercise, mistake.wrong)

The declared function goes inside the learner's, with what it needs of its file, so
that nothing of it is seen from another cell.
"""

import ast
import inspect
import textwrap
import types
from functools import cache
from pathlib import Path

import numpy as np


class NoText(ValueError):
    """A function that cannot be told as text, and why."""


def answer_text(exercise, function):
    """Return a cell that answers an exercise as a declared function does.

    Parameters
    ----------
    exercise : Exercise
    function : callable
        The reference, a mistake, an alternative.

    Raises
    ------
    NoText
        It is several functions, or needs what a learner's notebook does not have.
    """
    if not callable(function):
        raise NoText(f"{exercise.name}: several functions, or none")
    arguments = ", ".join(exercise.calls[-1]["arguments"])
    name, inner = _definitions(function)
    return (
        f"def {exercise.name}({arguments}):\n"
        + textwrap.indent("\n".join(inner), "    ")
        + f"\n\n    return {name}({arguments})"
    )


def _definitions(function):
    """Return a function's name, and the definitions that make it."""
    if isinstance(function, np.ufunc):
        return f"np.{function.__name__}", []
    found = {}
    name = _define(function, found)
    return name, list(found.values())


def _define(function, found, name=None):
    node = _node(function.__code__)
    is_lambda = isinstance(node, ast.Lambda)
    name = (name or "answer") if is_lambda else node.name
    if name in found:
        return name
    found[name] = ""  # what calls itself needs no second definition
    for needed, value in sorted(_needs(function).items()):
        _define_value(needed, value, function, found)
    del found[name]  # what it needs comes first
    found[name] = f"{name} = {ast.unparse(node)}" if is_lambda else ast.unparse(node)
    return name


def _define_value(name, value, function, found):
    if name in found or value is np:
        return
    if isinstance(value, int | float | str | tuple):
        found[name] = f"{name} = {value!r}"
    elif isinstance(value, types.ModuleType):
        found[name] = f"import {value.__name__} as {name}"
    elif isinstance(value, types.FunctionType) and (
        value.__code__.co_filename == function.__code__.co_filename
    ):
        if (made := _define(value, found, name)) != name:
            found[name] = f"{name} = {made}"
    else:
        raise NoText(f"{name} is no part of the file")


def _needs(function):
    """Return what a function uses of its file and of the functions around it."""
    names, codes = set(), [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
    around = inspect.getclosurevars(function).nonlocals
    file = {n: function.__globals__[n] for n in names if n in function.__globals__}
    return {**file, **around}


def _node(code):
    """Return the syntax tree of the definition that gave a code object."""
    near = [node for node in _functions(code.co_filename) if _starts(node, code)]
    alike = [node for node in near if _arguments(node) == _arguments_of(code)]
    if len(alike) != 1:
        raise NoText(f"{len(alike)} functions begin in line {code.co_firstlineno}")
    return alike[0]


@cache
def _functions(file):
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    kinds = ast.FunctionDef, ast.Lambda
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _starts(node, code):
    name = getattr(node, "name", "<lambda>")
    return (node.lineno, name) == (code.co_firstlineno, code.co_name)


def _arguments(node):
    return [argument.arg for argument in node.args.args]


def _arguments_of(code):
    return list(code.co_varnames[: code.co_argcount])
