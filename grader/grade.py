"""Grade a submission: bytes in, a `Report` out. No course tree, no database."""

import atexit
import hashlib
import re
import threading
import time

from course_lib.verdicts import Verdict
from grader.answers import WrongLesson, no_answers, read_answers
from grader.judge import judge_exercise, learner_key, seed_of
from grader.matching import graded_id
from grader.prepared import prepare
from grader.reports import GRADED, NOT_GRADED, PARTLY, Report
from grader.safe_outputs import clean_line, safe_markdown, safe_outputs
from grader.salvage import Unreadable
from grader.words import words_verdict

_CELL_NAME = re.compile(r"<ipython-input[^>]*>, line")
_LONG_NUMBER = re.compile(r"-?\d*\.\d{5,}(e[-+]?\d+)?")
UNJUDGED = ("timeout", "crashed")
_shared = {"worker": None, "lock": threading.Lock()}
# References run with stdout set aside, which a process can do once at a time.
_judging = threading.RLock()


def grade(
    lesson,
    submission,
    *,
    learner="",
    secret=b"",
    key=None,
    worker=None,
    file="",
    solutions=None,
    limits=None,
):
    """Grade one submission.

    Parameters
    ----------
    lesson : str or Lesson
        Such as ``"01_loss"``.
    submission : bytes
        The submitted notebook, in whatever state.
    learner : str
        Whose it is; with `secret`, decides the graded inputs.
    secret : bytes
        The course's secret.
    key : bytes, optional
        `learner_key` of the two, where they are not to be known.
    worker : Worker, optional
        Runs learner code; by default one that this process keeps.
    file : str
        The submitted file's name, for the report.
    solutions : path, optional
        The folder of all lessons' sources; by default this course's.
    limits : Limits, optional
        What the submission may use.

    Returns
    -------
    Report

    Raises
    ------
    SourceError
        If the course has no such lesson, or its source is faulty.
    WorkerError
        If the grader's own processes fail, or walls are required and missing. Nothing
        in a submission raises.
    """
    start = time.perf_counter()
    with _judging:
        prepared = prepare(lesson, solutions)
    try:
        answers = read_answers(prepared.notebook, submission, prepared.name, file)
    except (Unreadable, WrongLesson) as error:
        report = _not_graded(prepared, str(error), file)
    else:
        written = answers.written()
        key = learner_key(secret, learner) if key is None else key
        seeds = {name: seed_of(key, name, written) for name in prepared.exercises}
        with _judging:
            checks = {
                name: exercise.secret_checks(seeds[name], with_mistakes=False)
                for name, exercise in prepared.exercises.items()
            }
        run = _run(prepared, answers, checks, worker or shared_worker(), limits)
        report = _report(prepared, answers, seeds, checks, run, file)
    report.submission = hashlib.sha256(submission).hexdigest()
    report.seconds = round(time.perf_counter() - start, 3)
    report.into(report.notebook)
    return report


def shared_worker():
    """Return this process's own worker, started at the first submission."""
    with _shared["lock"]:
        if _shared["worker"] is None:
            from grader.worker import Worker

            _shared["worker"] = Worker()
            atexit.register(_shared["worker"].close)
        return _shared["worker"]


def _run(prepared, answers, checks, worker, limits):
    """Run the cells behind walls; what comes back is the learner's word."""
    from grader.worker import Cell

    taken = {name: check.taken() for name, check in checks.items()}
    cells = []
    for cell in answers.notebook["cells"]:
        if cell["cell_type"] == "code":
            exercise = graded_id(cell, "grade").removesuffix("_check") or None
            cells.append(Cell(cell["source"], exercise, taken.get(exercise, ())))
    probes = {name: check.probe() for name, check in checks.items()}
    files = {"checks.npz": prepared.checks_file}
    return worker.run(cells, probes, limits, files)


def _report(prepared, answers, seeds, checks, run, file):
    notebook = answers.notebook
    code_cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    ran = dict(zip((cell["id"] for cell in code_cells), run.cells, strict=True))
    verdicts = [
        _unjudged(exercise, ran[name], name in answers.missing)
        or _verdict(exercise, seeds[name], checks[name], run.probes[name], ran[name])
        for name, exercise in prepared.exercises.items()
    ]
    verdicts += _words_verdicts(prepared, notebook)
    for cell in code_cells:
        cell["outputs"] = safe_outputs(ran[cell["id"]].outputs)
        cell["execution_count"] = ran[cell["id"]].execution_count
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" and _is_the_learners(cell):
            cell["source"] = safe_markdown(cell["source"])
    _show_verdicts(notebook, verdicts)
    lost = answers.missing and not answers.complete
    unjudged = lost or any(verdict.status in UNJUDGED for verdict in verdicts)
    return Report(
        lesson=prepared.name,
        file=file,
        status=PARTLY if unjudged else GRADED,
        deviations=[clean_line(words) for words in answers.deviations],
        exercises=verdicts,
        notebook=notebook,
    )


def _is_the_learners(cell):
    return cell["metadata"].get("course") or graded_id(cell, "solution")


def _unjudged(exercise, answer, is_missing):
    """Return the verdict where the answer's cell left nothing to judge, or None."""
    if answer.status == "timeout":
        return _unearned(
            exercise,
            "timeout",
            f"The cell of {exercise.name} did not end.",
            "run the cell in the notebook: which loop does not end?",
        )
    if answer.status == "crashed":
        return _unearned(
            exercise,
            "crashed",
            f"The cell of {exercise.name} ended its whole process.",
            "run the cell in the notebook: what stops the kernel?",
        )
    if is_missing:
        return _unearned(
            exercise,
            "not_written",
            f"No answer to {exercise.name} was found in the file.",
            "write it in the lesson's own cell, save, and submit again.",
        )
    return None


def _verdict(exercise, seed, check, probe, answer):
    with _judging:
        verdict = judge_exercise(exercise, seed, probe, check)
    if verdict.mistake == "missing" and f"called {exercise.name}." in verdict.message:
        _explain_missing(verdict, answer)
    if verdict.status == "error":  # its text is the learner's, and may quote inputs
        verdict.message = _LONG_NUMBER.sub("...", verdict.message)
    _cut(verdict)
    return verdict


def _cut(verdict):
    """Leave of a verdict's texts what can be read: some of it is the learner's."""
    verdict.message = clean_line(verdict.message)
    verdict.next_step = clean_line(verdict.next_step)
    verdict.reproduce = clean_line(verdict.reproduce)
    for finding in verdict.findings:
        finding.text = clean_line(finding.text)
        finding.evidence = clean_line(finding.evidence)


def _explain_missing(verdict, answer):
    """Say why there is no function: the error of the cell that should define it."""
    for output in safe_outputs(answer.outputs):
        if output["output_type"] == "error":
            text = _CELL_NAME.sub("line", output["evalue"][:300])
            verdict.message = (
                f"The cell of {verdict.exercise} stopped before the function existed, "
                f"with {output['ename']}: {text}."
            )
            verdict.next_step = "run that cell in the notebook, and read its last line."


def _unearned(exercise, status, message, next_step=""):
    return Verdict(
        exercise=exercise.name,
        points=0.0,
        max_points=float(exercise.points),
        status=status,
        mistake=None,
        message=message,
        next_step=next_step,
    )


def _not_graded(prepared, reason, file):
    answers = no_answers(prepared.notebook, reason)
    message = "Not graded, because no answer could be read."
    verdicts = [
        _unearned(exercise, "not_written", message)
        for exercise in prepared.exercises.values()
    ]
    verdicts += _words_verdicts(prepared, answers.notebook)
    _show_verdicts(answers.notebook, verdicts)
    return Report(
        lesson=prepared.name,
        file=file,
        status=NOT_GRADED,
        deviations=[clean_line(words) for words in answers.deviations],
        exercises=verdicts,
        notebook=answers.notebook,
    )


def _words_verdicts(prepared, notebook):
    """Return the verdicts on the answers in words, in the order of the notebook."""
    cells = {graded_id(cell, "solution"): cell for cell in notebook["cells"]}
    return [
        words_verdict(rubric, cells[name]["source"])
        for name, rubric in prepared.rubrics.items()
    ]


def _show_verdicts(notebook, verdicts):
    """Write each verdict into its check cell, as nbgrader reads a score.

    The result's text is the score and nothing else, zero included: nbgrader gives full
    marks to a check cell without output, or with one it cannot read.
    """
    cells = {graded_id(cell, "grade"): cell for cell in notebook["cells"]}
    for verdict in verdicts:
        cell = cells.get(f"{verdict.exercise}_check")
        if cell is None:  # an answer in words, which has no check
            continue
        shown = {"text/plain": verdict.as_text(), "text/html": verdict.as_html()}
        cell["execution_count"] = cell["execution_count"] or 1
        cell["outputs"] = [
            {"output_type": "display_data", "metadata": {}, "data": shown},
            {
                "output_type": "execute_result",
                "metadata": {},
                "execution_count": cell["execution_count"],
                "data": {"text/plain": repr(float(verdict.points))},
            },
        ]
