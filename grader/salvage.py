"""Read a submitted notebook in whatever state it arrives, trusting nothing in it.

What comes out is the text of its cells and where each claims to belong. Broken JSON,
another encoding, merge-conflict markers, an old notebook format or values of other
types cost the part that cannot be read, and are said in words.
"""

import json
import re
from dataclasses import dataclass, field

LARGEST_FILE = 50_000_000  # bytes; what is longer holds outputs, not answers
MOST_BRACKETS = 1_000_000  # small lists by the million would fill the memory
MOST_CELLS = 2000
KINDS = {"code", "markdown", "raw"}
_AGAIN = "Open the lesson in JupyterLab, save it (Ctrl+S), and submit it again."
_CONFLICT = re.compile(r"^<{7}", re.MULTILINE)
_CELL_START = re.compile(
    r'\{\s*"(?:attachments|cell_type|execution_count|id|metadata|outputs)"\s*:'
)


class Unreadable(ValueError):
    """Nothing in the file can be graded; the message says why and how to go on."""


@dataclass
class Piece:
    """One cell of a submission: its text, and what it claims about itself.

    Attributes
    ----------
    kind : {"code", "markdown", "raw"}
    source : str
    number : int
        Its place in the submitted file, counted from 1.
    cell_id, grade_id : str
        As claimed, or "".
    claims : dict
        The cell's nbgrader metadata, as claimed.
    tags : list of str
    """

    kind: str
    source: str
    number: int
    cell_id: str = ""
    grade_id: str = ""
    claims: dict = field(default_factory=dict)
    tags: list = field(default_factory=list)


@dataclass
class Salvage:
    """The cells of a submission.

    Attributes
    ----------
    pieces : list of Piece
    remarks : list of str
        What was odd about the file, in words for its author.
    complete : bool
        Whether every cell could be read.
    """

    pieces: list
    remarks: list
    complete: bool = True


def read_pieces(data):
    """Return the cells of a submitted file.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    Salvage

    Raises
    ------
    Unreadable
        If there is no cell to be found in it.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable(f"The file is empty ({len(data)} bytes). {_AGAIN}")
    if len(data) > LARGEST_FILE:
        raise Unreadable(
            f"The file has {len(data) / 1e6:.0f} MB, and {LARGEST_FILE / 1e6:.0f} MB "
            "is the most that is read. Outputs take nearly all of it: choose "
            "Edit > Clear Outputs of All Cells, save, and submit again."
        )
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        raise Unreadable(
            "The file has more brackets than any notebook needs. Choose Edit > Clear "
            "Outputs of All Cells, save, and submit again."
        )
    remarks = []
    text = _decode(data, remarks)
    cells, complete = _find_cells(text, remarks)
    if not cells:
        raise Unreadable(f"The notebook has no cells. {_AGAIN}")
    pieces = _read_cells(cells, remarks)
    return Salvage(pieces, remarks, complete)


def _decode(data, remarks):
    for start, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(start):
            remarks.append("The file was saved as UTF-16; notebooks are UTF-8.")
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        remarks.append(
            f"The file is not UTF-8 text (byte {error.start}). It was read as "
            "Windows-1252, so letters with accents may look different."
        )
        return data.decode("cp1252", "replace")


def _find_cells(text, remarks):
    """Return the raw cells, and whether the file could be read to its end."""
    if _CONFLICT.search(text):
        return _settle_conflict(text, remarks)
    try:
        return _cells_of(json.loads(text), remarks), True
    except (ValueError, RecursionError) as error:
        return _rescue(text, error, remarks), False


def _settle_conflict(text, remarks):
    said = "The file holds merge-conflict markers (<<<<<<<, =======, >>>>>>>). "
    for side, words in (("first", "above"), ("second", "below")):
        try:
            cells = _cells_of(json.loads(_one_side(text, side)), remarks)
        except (ValueError, RecursionError):
            continue
        remarks.append(f"{said}The version {words} each ======= was graded.")
        return cells, True
    remarks.append(said + "Neither version is a whole notebook.")
    error = ValueError("the first marker")
    return _rescue(_one_side(text, "first"), error, remarks), False


def _one_side(text, side):
    """Return the text with only the first or the second version of each conflict."""
    lines, state = [], None
    for line in text.split("\n"):
        if line.startswith("<" * 7):
            state = "first"
        elif state and line.startswith("|" * 7):
            state = "base"
        elif state and line.startswith("=" * 7):
            state = "second"
        elif state and line.startswith(">" * 7):
            state = None
        elif state in (None, side):
            lines.append(line)
    return "\n".join(lines)


def _rescue(text, error, remarks):
    """Return the cells that stand whole in a text that is not JSON."""
    decoder, cells, position, failures = json.JSONDecoder(), [], 0, 0
    while failures < 20 and (match := _CELL_START.search(text, position)):
        try:
            cell, position = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position, failures = match.end(), failures + 1
            continue
        if "cell_type" in cell:
            cells.append(cell)
    where = f"line {error.lineno}" if hasattr(error, "lineno") else str(error)[:80]
    if not cells:
        raise Unreadable(
            f"The file is not a notebook: it starts with {text[:30]!r}, expected "
            f"JSON ({where}). {_AGAIN}"
        )
    remarks.append(
        f"The file is damaged (its JSON breaks at {where}). {len(cells)} cells could "
        f"be read and were graded, the rest is lost. {_AGAIN}"
    )
    return cells


def _cells_of(content, remarks):
    """Return the list of raw cells of a notebook of any format."""
    if not isinstance(content, dict):
        raise Unreadable(
            f"The file holds a JSON {type(content).__name__}, not a notebook. {_AGAIN}"
        )
    cells = content.get("cells")
    version = content.get("nbformat")
    if isinstance(cells, list):
        if version != 4:
            remarks.append(
                f"The notebook says it has format {str(version)[:20]}, expected 4. "
                "It was read as format 4."
            )
        return cells
    sheets = content.get("worksheets")
    if isinstance(sheets, list):
        remarks.append(
            "The notebook has the old format 3. Its text was read; save it with "
            "JupyterLab once to bring it up to date."
        )
        lists = [s.get("cells") for s in sheets if isinstance(s, dict)]
        return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    raise Unreadable(f"The file is JSON, but no notebook: it has no cells. {_AGAIN}")


def _read_cells(cells, remarks):
    if len(cells) > MOST_CELLS:
        remarks.append(
            f"The notebook has {len(cells)} cells; the first {MOST_CELLS} were read."
        )
    pieces, odd = [], []
    for number, cell in enumerate(cells[:MOST_CELLS], start=1):
        piece = _read_cell(cell, number)
        pieces.append(piece) if piece else odd.append(str(number))
    if odd:
        remarks.append(
            f"No text could be read from cell {', '.join(odd[:10])} "
            "of the file; the others were graded."
        )
    if not pieces:
        raise Unreadable(f"No cell of the notebook holds text. {_AGAIN}")
    return pieces


def _read_cell(cell, number):
    if not isinstance(cell, dict):
        return None
    source = _text(cell.get("source", cell.get("input")))
    if source is None:
        return None
    kind = cell.get("cell_type")
    kind = kind if isinstance(kind, str) and kind in KINDS else "markdown"
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    claims = metadata.get("nbgrader")
    claims = claims if isinstance(claims, dict) else {}
    tags = metadata.get("tags")
    tags = tags if isinstance(tags, list) else []
    return Piece(
        kind=kind,
        source=source,
        number=number,
        cell_id=_name(cell.get("id")),
        grade_id=_name(claims.get("grade_id")),
        claims=claims,
        tags=[tag for tag in tags if isinstance(tag, str)],
    )


def _text(value):
    """Return a cell's text, or None if the value is no text."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    if not isinstance(value, str):
        return None
    value = value.replace("\r\n", "\n").replace("\0", "")
    return value.encode("utf-8", "replace").decode("utf-8")  # lone surrogates


def _name(value):
    return value if isinstance(value, str) else ""
