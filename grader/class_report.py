"""What an instructor should know of a class: scores, mistakes, attempts, likeness.

report = class_report(work, prepared, author, timetable)
class_page.render(report)     # HTML
class_text.show(report)       # a terminal
"""

import statistics
from dataclasses import dataclass, field

from grader.feedback_page import title_of
from grader.likeness import alike
from grader.matching import graded_id
from grader.misconceptions import look_at


@dataclass
class ClassReport:
    """What is known of a class in one lesson.

    Attributes
    ----------
    lesson, title : str
    max_score : float
    scores : dict of learner to float
        What counts: by hand before automatic, late penalty taken off.
    exercises : list of ExerciseReport
        In the order of the lesson.
    work : ClassWork
    groups : dict of exercise to list of Group
        Answers that are alike.
    late : dict of learner to float
        Seconds after the deadline, of those who were late.
    due : datetime or None
        Of the lesson.
    """

    lesson: str
    title: str
    max_score: float
    scores: dict
    exercises: list
    work: object
    groups: dict = field(default_factory=dict)
    late: dict = field(default_factory=dict)
    due: object = None

    @property
    def learners(self):
        """Who is graded."""
        return self.work.learners

    @property
    def median(self):
        """The score that half of the class reaches."""
        return statistics.median(self.scores.values())

    @property
    def middle(self):
        """The scores between which the middle half of the class lies."""
        values = sorted(self.scores.values())
        if len(values) < 2:
            return values * 2
        first, _, third = statistics.quantiles(values, n=4, method="inclusive")
        return [first, third]

    @property
    def full_marks(self):
        """How many learners have every point."""
        return sum(score >= self.max_score - 1e-9 for score in self.scores.values())

    @property
    def foremost(self):
        """Exercises and misconceptions that most learners have now, three at most."""
        found = [
            (row.name, one)
            for row in self.exercises
            for one in row.misconceptions
            if len(one.now) > 1 and not one.is_unfinished
        ]
        return sorted(found, key=lambda each: -len(each[1].now))[:3]

    @property
    def attempts(self):
        """How many attempts each learner made, by learner."""
        return {learner.name: len(learner.tries) for learner in self.learners}

    @property
    def ungraded(self):
        """How many attempts nobody graded."""
        return sum(len(one.tries) - len(one.graded) for one in self.learners)

    @property
    def times(self):
        """When the attempts that are known were handed in, in order."""
        tries = (each for learner in self.learners for each in learner.tries)
        return sorted(each.time for each in tries if each.time)

    @property
    def spans(self):
        """Seconds between first and last attempt, of those who made several."""
        spans = []
        for learner in self.learners:
            times = [each.time for each in learner.tries if each.time]
            if len(times) > 1:
                spans.append((max(times) - min(times)).total_seconds())
        return spans

    @property
    def steps(self):
        """Pairs of points, at the first and the last graded attempt, of those who
        have several."""
        pairs = []
        for learner in self.learners:
            if len(graded := learner.graded) > 1:
                first, last = graded[0][1], graded[-1][1]
                pairs.append((_points(first), _points(last)))
        return pairs

    @property
    def outdated(self):
        """Who handed in something newer that is not graded."""
        return [learner.name for learner in self.learners if learner.is_outdated]


def class_report(work, prepared, author=(), timetable=None):
    """Return what is to be known of a class.

    Parameters
    ----------
    work : ClassWork
        With at least one graded learner.
    prepared : Prepared
        The lesson.
    author : sequence of str
        The lesson's source and its checks, as texts.
    timetable : Timetable, optional

    Returns
    -------
    ClassReport
    """
    graded = {learner.name: learner for learner in work.learners}
    submissions = work.grades.submissions if work.grades else {}
    scores = {name: _points(learner.verdicts) for name, learner in graded.items()}
    scores |= {name: submissions[name].total for name in graded if name in submissions}
    late = {
        name: submissions[name].seconds_late
        for name in graded
        if name in submissions and submissions[name].seconds_late > 0
    }
    return ClassReport(
        lesson=work.lesson,
        title=title_of(prepared.notebook, work.lesson),
        max_score=prepared.max_score,
        scores=scores,
        exercises=_exercises(prepared, work),
        work=work,
        groups=_groups(prepared, work.learners, author),
        late=late,
        due=timetable.due(work.lesson) if timetable else None,
    )


def author_texts(lesson, solutions):
    """Return what the course itself says of a lesson's exercises: a list of texts."""
    folder = solutions / lesson
    files = [folder / f"{lesson}.py", folder / "checks.py"]
    return [file.read_text("utf-8") for file in files if file.exists()]


def _exercises(prepared, work):
    looked = [
        look_at(name, float(exercise.points), work.learners, exercise.mistakes)
        for name, exercise in prepared.exercises.items()
    ]
    in_words = [
        look_at(name, float(rubric.points), work.learners)
        for name, rubric in prepared.rubrics.items()
    ]
    for row in in_words:
        given = sum(_is_given(learner, row.name, work) for learner in work.learners)
        row.statuses.update(given=given, by_hand=-given)
    return looked + in_words


def _is_given(learner, exercise, work):
    """Return whether a person has graded somebody's answer in words."""
    verdict = learner.verdicts.get(exercise)
    submission = work.grades and work.grades.submissions.get(learner.name)
    mark = submission and submission.marks.get(exercise)
    is_in_words = verdict is not None and verdict.status == "by_hand"
    return bool(is_in_words and mark and mark.by_hand and not mark.is_open)


def _groups(prepared, learners, author):
    """Return the groups of answers that are alike, for the exercises that have any."""
    stubs = {graded_id(c, "solution"): c["source"] for c in prepared.notebook["cells"]}
    found = {}
    for exercise in prepared.exercises:
        answers = {
            learner.name: learner.answers[exercise]
            for learner in learners
            if learner.answers.get(exercise, "").strip()
        }
        texts = [stubs.get(exercise, ""), *author]
        if groups := alike(answers, texts, prepared.exercises):
            found[exercise] = groups
    return found


def _points(verdicts):
    return round(sum(verdict.points for verdict in verdicts.values()), 4)
