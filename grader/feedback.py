"""Put what grading gave where nbgrader and its Formgrader look for it.

class/autograded/<learner>/<lesson>/<lesson>.ipynb    the graded notebook
class/feedback/<learner>/<lesson>/<lesson>.html       the learner's page
"""

import os
import secrets


def write_feedback(report, learner, settings, marks=None, timestamp=None):
    """Write the graded notebook and the feedback page of one submission.

    Parameters
    ----------
    report : Report
        One without a notebook gives a page only.
    learner : str
    settings : Settings
    marks : Marks, optional
        What people added in the gradebook.
    timestamp : str, optional
        When it was submitted, for nbgrader's ``timestamp.txt``.

    Returns
    -------
    str
        The page, an HTML document.

    Raises
    ------
    ValueError
        If the learner's name cannot be the name of a folder.
    """
    if not learner or learner != os.path.basename(learner) or learner in (".", ".."):
        raise ValueError(
            f"The learner is called {learner!r}, expected a name for a folder."
        )
    page = report.as_html(marks)
    graded = settings.autograded / learner / report.lesson
    returned = settings.feedback / learner / report.lesson
    if report.notebook:
        _write(graded / f"{report.lesson}.ipynb", report.notebook_text())
    _write(returned / f"{report.lesson}.html", page)
    for folder in (graded, returned):
        if timestamp and folder.exists():
            _write(folder / "timestamp.txt", timestamp)
    return page


def _write(path, text):
    """Write a file that appears complete or not at all, in place of any other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{secrets.token_hex(8)}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)
