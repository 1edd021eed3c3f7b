"""A notebook with its solutions taken out."""

from copy import deepcopy

from grader.source_rules import BEGIN, END

TEXT_STUB = "Write your answer here: double-click this text."
STUB = 'raise NotImplementedError("Write this function, then run the cell again.")'


def blank(notebook):
    """Return a copy of a notebook in which the stub stands for each solution.

    Notes
    -----
    What nbgrader's ClearSolutions gives (a test compares the two), without the seconds
    that importing nbgrader takes: grading a submission begins with this.
    """
    notebook = deepcopy(notebook)
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            is_code = cell["cell_type"] == "code"
            source = cell["source"]
            cell["source"] = _without_solution(source) if is_code else TEXT_STUB
    return notebook


def _without_solution(text):
    lines, inside = [], False
    for line in text.split("\n"):
        if line.strip() == BEGIN:
            inside = True
            lines.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif line.strip() == END:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)
