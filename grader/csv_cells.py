"""Cells of a CSV file that a spreadsheet shows as they are, and never computes."""

import csv

# What starts a formula in Excel, LibreOffice or Google Sheets, wide forms included.
_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
_INVISIBLE = " \t\r\n\v\f\0\u00a0\u200b\u200e\u200f\u2060\ufeff"


def safe_cell(value):
    """Return a value as a spreadsheet may open it.

    A number stays a number, one below zero too. Text that would begin a formula gets
    an apostrophe before it, which spreadsheets take as the mark of text; control
    characters, line breaks among them, become spaces.

    Parameters
    ----------
    value : str, int, float or None

    Returns
    -------
    str, int or float

    Notes
    -----
    Quotes alone do not help: a spreadsheet computes ``"=1+1"`` all the same.

    References
    ----------
    OWASP, "CSV Injection".
    """
    if value is None:
        return ""
    if type(value) in (int, float):
        return value
    text = "".join(c if c.isprintable() else " " for c in str(value))
    text = text.encode("utf-8", "replace").decode("utf-8")
    starts = str(value).lstrip(_INVISIBLE + "'\"")
    return f"'{text}" if starts.startswith(_FORMULA) else text


def write_rows(file, rows):
    """Write rows as CSV, every text quoted and safe to open.

    Parameters
    ----------
    file : text file
        Opened with ``newline=""``.
    rows : iterable of sequence
    """
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
