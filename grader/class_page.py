"""The class report as a page: offline, without scripts, every text escaped."""

from functools import cache
from pathlib import Path

from grader import class_pictures as pictures
from grader.feedback_page import coloured, colours_of_code, prose
from grader.mistakes_picture import mistakes_picture, ordinal
from grader.safe_outputs import clean_text

TEMPLATE = Path(__file__).with_name("class_page.html")
MOST_LEARNERS = 1000  # in the table; `export` has everybody
MOST_SHOWN = 4  # of a group, side by side
MOST_LINES = 120  # of an answer
MOST_GROUPS = 60
MOST_NAMES = 40  # after a number of learners


def render(report, now, zone=None):
    """Return the page.

    Parameters
    ----------
    report : ClassReport
    now : datetime
        When it is made.
    zone : tzinfo, optional
        Of the times shown; by default this computer's.
    """
    learners = len(report.learners)
    return _template().render(
        report=report,
        now=now.astimezone(zone),
        learners=learners,
        names=_names,
        scores=pictures.scores_picture(report),
        exercises=pictures.exercises_picture(report),
        mistakes=[
            (row, row.misconceptions and mistakes_picture(row, learners))
            for row in report.exercises
        ],
        attempts=pictures.attempts_picture(report, zone),
        ordinal=ordinal,
        groups=_groups(report),
        more_groups=max(sum(map(len, report.groups.values())) - MOST_GROUPS, 0),
        everybody=_everybody(report)[:MOST_LEARNERS],
        most_learners=MOST_LEARNERS,
    )


def _names(learners):
    """Return names for a sentence, the first of many."""
    shown = ", ".join(learners[:MOST_NAMES])
    more = len(learners) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _groups(report):
    """Return the groups of alike answers with what is shown of them, strongest first.

    Triples of exercise, group, and for each learner shown the lines of the answer:
    pairs of a line's code and whether others of the group have it.
    """
    found = [
        (exercise, group)
        for exercise, groups in report.groups.items()
        for group in groups
    ]
    found.sort(key=lambda each: -each[1].bits)
    answers = {learner.name: learner.answers for learner in report.learners}
    return [
        (
            exercise,
            group,
            [
                (who, _lines(answers[who][exercise], group.shared[who]))
                for who in group.learners[:MOST_SHOWN]
            ],
        )
        for exercise, group in found[:MOST_GROUPS]
    ]


def _lines(source, shared):
    """Return the lines of an answer as coloured HTML, and whether others have them."""
    from markupsafe import Markup

    gone = len(source) - len(source.lstrip("\n"))  # the colouring drops empty lines
    lines = str(coloured(clean_text(source))).rstrip("\n").split("\n")[:MOST_LINES]
    return [(Markup(line), k + gone in shared) for k, line in enumerate(lines, 1)]


def _everybody(report):
    """Return rows of the table of learners: the lowest scores first."""
    rows = []
    for learner in report.learners:
        missing = [
            row.name
            for row in report.exercises
            if row.name in learner.verdicts
            and not learner.verdicts[row.name].is_right
            and learner.verdicts[row.name].status != "by_hand"
        ]
        rows.append((report.scores[learner.name], learner, missing))
    return sorted(rows, key=lambda row: (row[0], row[1].name))


@cache
def _template():
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters |= {"points": "{:g}".format, "prose": prose, "span": span}
    environment.globals |= {"css": colours_of_code}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def span(seconds):
    """Return a length of time in one or two words."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
