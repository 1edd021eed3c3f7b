"""Where each data set comes from, who made it, and what its licence allows."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Source:
    """What one must know before using or passing on a data set.

    Attributes
    ----------
    title, authors : str
    year : int
    url : str
        Where it was published; empty for what this course makes itself.
    licence : str
    contents : str
        What the arrays hold, with units.
    changes : str
        What this course did to it.
    """

    title: str
    authors: str
    year: int
    url: str
    licence: str
    contents: str
    changes: str


SOURCES = {
    "digits": Source(
        title="Optical Recognition of Handwritten Digits",
        authors="E. Alpaydin and C. Kaynak",
        year=1998,
        url="https://doi.org/10.24432/C50P49",
        licence="CC BY 4.0",
        contents=(
            "1797 images of 8 by 8 pixels. A pixel counts the inked points in a block "
            "of 4 by 4, so it is an integer from 0 to 16; three are 0 in every image. "
            "The labels are the digits 0 to 9, about 180 of each. Neighbouring rows "
            "are by the same writer; 13 people wrote them."
        ),
        changes=(
            "The test part of the original, as scikit-learn distributes it, stored as "
            "small integers. A split into 1077, 360 and 360 is added."
        ),
    ),
    "diabetes": Source(
        title="Diabetes, from: Least Angle Regression",
        authors="B. Efron, T. Hastie, I. Johnstone and R. Tibshirani",
        year=2004,
        url="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
        licence=(
            "none stated by the authors; distributed with scikit-learn, which is under "
            "BSD-3-Clause"
        ),
        contents=(
            "442 patients: age in years, sex (1 or 2), bmi in kg/m2, bp (mean blood "
            "pressure, mmHg), and six blood serum measurements s1 to s6. The target "
            "is a measure of how far the disease went in one year, from 25 to 346."
        ),
        changes=(
            "As scikit-learn distributes it, in the original units and scaled. A split "
            "into 266, 88 and 88 is added."
        ),
    ),
    "moons": Source(
        title="Two moons",
        authors="the authors of this course",
        year=2026,
        url="",
        licence="BSD-3-Clause, as the course",
        contents="300 points on two half circles that interlock; 2 classes.",
        changes="Computed when loaded, always the same.",
    ),
    "spirals": Source(
        title="Three spirals",
        authors="the authors of this course",
        year=2026,
        url="",
        licence="BSD-3-Clause, as the course",
        contents="300 points on three arms of a spiral; 3 classes.",
        changes="Computed when loaded, always the same.",
    ),
    "letters": Source(
        title="Descriptions of data sets",
        authors="the scikit-learn developers",
        year=2025,
        url="https://scikit-learn.org",
        licence="BSD-3-Clause",
        contents=(
            "English text of 32875 characters: 26 letters and the space. An example is "
            "a character and the two before and the two after it."
        ),
        changes=(
            "All descriptions one after another in lower case, with one space for "
            "whatever is no letter. The first eight tenths are to learn from."
        ),
    ),
    "tickets": Source(
        title="Technicians' tickets",
        authors="the authors of this course",
        year=2026,
        url="",
        licence="BSD-3-Clause, as the course",
        contents=(
            "900 tickets of five words out of 32, each about one of 4 subsystems with "
            "8 words; the target is the middle word."
        ),
        changes="Computed when loaded, always the same.",
    ),
}


def describe(name):
    """Return a data set's contents, source and licence as text.

    Parameters
    ----------
    name : {"digits", "diabetes", "moons", "spirals", "letters", "tickets"}

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no data set of that name.
    """
    source = find(SOURCES, name)
    lines = [
        f"{name}: {source.title}, by {source.authors} ({source.year})",
        f"Contents: {source.contents}",
        f"Source: {source.url or 'made by this course'}",
        f"Licence: {source.licence}",
        f"Changes: {source.changes}",
    ]
    return "\n".join(lines)


def find(table, name):
    """Return ``table[name]``, or say which names there are and which is meant."""
    if name in table:
        return table[name]
    near = get_close_matches(str(name), table, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
    raise ValueError(
        f"There is no data set {name!r}, expected one of {', '.join(table)}.\n{hint}"
    )
