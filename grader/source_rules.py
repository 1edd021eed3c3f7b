"""What the cells of a lesson's source may say. Each rule yields (line, problem)."""

import ast
import difflib
import re
from dataclasses import dataclass, field

KEYS = ("solution", "check", "rubric", "answer", "submit", "tags")
ROLES = KEYS[:5]
BY_HAND = ("rubric", "answer")  # text cells, for what people grade
GENERATED = ("check", "rubric", "submit")  # the build writes their text
TAGS = ("raises-exception",)  # lets a lesson show a mistake and run on
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
GRADED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,57}")  # name_check fits a cell id
REGION = re.compile(r"BEGIN SOLUTION|END SOLUTION|^\s*#+\s*(?i:begin|end)\W*solution")


@dataclass
class Written:
    """One cell as it stands in the source: its marker's line, kind, text and marks."""

    line: int
    kind: str
    text: str
    marks: dict = field(default_factory=dict)


def cell_problems(cell):
    """Yield what is amiss within one cell.

    Parameters
    ----------
    cell : Written

    Yields
    ------
    line : int
    problem : str
        What happened, what was expected, how to go on.
    """
    yield from _marker_problems(cell)
    yield from _role_problems(cell)
    yield from _region_problems(cell)
    yield from _code_problems(cell)


def lesson_problems(cells, declared, rubrics=()):
    """Yield what is amiss between the cells and the declared exercises.

    Parameters
    ----------
    cells : list of Written
        Each without problems of its own.
    declared : collection of str
        The exercises that the lesson's ``checks.py`` declares.
    rubrics : collection of str
        The answers that it has graded by hand.

    Yields
    ------
    line : int
    problem : str
    """
    for role in ROLES:
        yield from _repetitions(cells, role)
    answers, checks = _by_name(cells, "solution"), _by_name(cells, "check")
    for name, cell in (checks | answers).items():
        if name not in declared:
            yield (
                cell.line,
                f"no exercise {name!r} is declared in checks.py beside this file. "
                + suggest(name, declared),
            )
    for name, cell in checks.items():
        if name not in answers or answers[name].line > cell.line:
            yield (
                cell.line,
                f"the check of {name!r} has no answer cell above it. Put one there, "
                f'marked # %% solution="{name}".',
            )
    for name, cell in answers.items():
        if name not in checks:
            yield (
                cell.line,
                f"the answer cell of {name!r} has no check. Add an empty cell marked "
                f'# %% check="{name}" below it.',
            )
        if name.removesuffix("_check") in answers.keys() - {name}:
            yield (
                cell.line,
                f"{name!r} is also the id of the check of another exercise. Choose "
                "another name.",
            )
    yield from _by_hand_problems(cells, declared, rubrics)


def _by_hand_problems(cells, declared, rubrics):
    """Yield what is amiss between answers in words and their rubrics."""
    answers, shown = _by_name(cells, "answer"), _by_name(cells, "rubric")
    for name, cell in (shown | answers).items():
        if name in declared:
            yield cell.line, f"{name!r} is also an exercise. Choose another name."
        elif name not in rubrics:
            yield (
                cell.line,
                f"no rubric {name!r} is declared in checks.py beside this file. "
                + suggest(name, rubrics),
            )
    for name, cell in answers.items():
        if name not in shown or shown[name].line > cell.line:
            yield (
                cell.line,
                f"the answer {name!r} has no rubric above it, so learners do not see "
                "what counts. Put an empty cell there, marked "
                f'# %% [markdown] rubric="{name}".',
            )
    for name, cell in shown.items():
        if name not in answers:
            yield (
                cell.line,
                f"the rubric {name!r} has no answer cell. Add one below it, marked "
                f'# %% [markdown] answer="{name}".',
            )


def suggest(name, known):
    """Return the nearest known name as a question, or all of them."""
    near = difflib.get_close_matches(str(name), known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(known) or 'none'}."


def _marker_problems(cell):
    marks = cell.marks
    if "incorrectly_encoded_metadata" in marks:
        yield (
            cell.line,
            f"cannot read {marks['incorrectly_encoded_metadata']!r} after the marker. "
            'Quote the name, as in # %% solution="mse".',
        )
    elif "title" in marks:
        yield (
            cell.line,
            f"the marker carries the title {marks['title']!r}, which no notebook "
            "shows. Put it into the cell, or write key=value.",
        )
    for key in marks:
        if key not in KEYS:
            yield cell.line, f"unknown key {key!r}. {suggest(key, KEYS)}"
    for tag in marks.get("tags", ()):
        if tag not in TAGS:
            yield cell.line, f"unknown tag {tag!r}. {suggest(tag, TAGS)}"
    if cell.kind not in ("code", "markdown"):
        yield (
            cell.line,
            f"this is a {cell.kind} cell; a lesson has code and [markdown] cells.",
        )


def _role_problems(cell):
    roles = [role for role in ROLES if role in cell.marks]
    if not roles:
        return
    if len(roles) > 1:
        yield (
            cell.line,
            f"the cell is marked {' and '.join(roles)}, expected one of them. Give "
            "each a cell of its own.",
        )
    role, value = roles[0], cell.marks[roles[0]]
    if cell.kind != "code" and role not in BY_HAND:
        yield cell.line, f"{role} marks a text cell. Remove [markdown]."
    if cell.kind != "markdown" and role in BY_HAND:
        yield cell.line, f"{role} marks a code cell. Write # %% [markdown] {role}=..."
    if role == "submit" and value is not True:
        yield cell.line, f"submit={value!r}. Write submit=true."
    if role != "submit" and not GRADED_NAME.fullmatch(str(value)):
        yield (
            cell.line,
            f"{role}={value!r} is not a function's name of at most 58 letters. Write "
            f'it as in # %% {role}="mse".',
        )
    if role == "answer" and not cell.text.strip():
        yield cell.line, "the answer cell is empty. Write an answer of full marks."
    if role in GENERATED and cell.text.strip():
        yield (
            cell.line,
            f"the {role} cell has a body, which is the build's to write. Leave it "
            "empty, and put other code into a cell of its own.",
        )


def _region_problems(cell):
    """Yield solution markers that are misspelt, nested, open or out of place."""
    opened, regions = None, 0
    for number, line in enumerate(cell.text.splitlines(), cell.line + 1):
        if not REGION.search(line):
            continue
        word, problem = line.strip(), None
        if word not in (BEGIN, END):
            problem = f"expected exactly '{BEGIN}' or '{END}'. Rewrite this line"
        elif "solution" not in cell.marks:
            problem = 'this is not an answer cell. Add solution="..." to its marker'
        elif word == BEGIN and opened:
            problem = f"the one in line {opened} is still open. Close it with '{END}'"
        elif word == END and not opened:
            problem = f"nothing is open. Put '{BEGIN}' before it, or remove it"
        if problem:
            yield number, f"'{word}': {problem}."
        opened = number if word == BEGIN else None
        regions += 1
    if opened:
        yield opened, f"'{BEGIN}' is never closed. Add '{END}' after the solution."
    if "solution" in cell.marks and not regions:
        yield (
            cell.line,
            f"the answer cell holds no solution. Wrap what learners write in '{BEGIN}' "
            f"and '{END}'.",
        )


def _code_problems(cell):
    """Yield code that does not parse, and an answer without its function."""
    if cell.kind != "code":
        return
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree = compile(cell.text, "cell", "exec", flags)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 0)
        yield line, f"{error.msg}. A cell is plain Python, without magics."
        return
    name = cell.marks.get("solution")
    definitions = (ast.FunctionDef, ast.ClassDef)
    names = [node.name for node in tree.body if isinstance(node, definitions)]
    if name and name not in names:
        yield (
            cell.line,
            f"the answer cell of {name!r} defines {', '.join(names) or 'nothing'}. "
            "Give marker and function one name.",
        )


def _by_name(cells, role):
    return {cell.marks[role]: cell for cell in cells if role in cell.marks}


def _repetitions(cells, role):
    """Yield each second use of a name in a role; a lesson submits once."""
    first = {}
    for cell in cells:
        if role not in cell.marks:
            continue
        earlier = first.setdefault(cell.marks[role], cell)
        if earlier is not cell:
            yield (
                cell.line,
                f"{role}={cell.marks[role]!r} is used twice; the first is in line "
                f"{earlier.line}. Remove one, or give it another name.",
            )
