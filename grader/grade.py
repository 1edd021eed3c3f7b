"""Grade a submission: bytes in, a `Report` out. No course tree, no database."""

import atexit
import threading
import time

from course_lib.verdicts import Verdict
from grader.answers import WrongLesson, no_answers, read_answers
from grader.judge import judge_probe, secret_seed
from grader.matching import graded_id
from grader.outputs import safe_outputs
from grader.prepared import prepare
from grader.reports import GRADED, NOT_GRADED, PARTLY, Report
from grader.salvage import Unreadable

UNJUDGED = ("timeout", "crashed")
_shared = {"worker": None, "lock": threading.Lock()}


def grade(lesson, submission, *, learner="", secret=b"", worker=None, file=""):
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
    worker : Worker, optional
        Runs learner code; by default one that this process keeps.
    file : str
        The submitted file's name, for the report.

    Returns
    -------
    Report

    Raises
    ------
    SourceError
        If the course has no such lesson, or its source is faulty. Nothing in a
        submission raises.
    """
    start = time.perf_counter()
    prepared = prepare(lesson)
    try:
        answers = read_answers(prepared.notebook, submission, prepared.name, file)
    except (Unreadable, WrongLesson) as error:
        report = _not_graded(prepared, str(error), file)
    else:
        checks = {
            name: exercise.secret_checks(secret_seed(secret, learner, name))
            for name, exercise in prepared.exercises.items()
        }
        run = _run(prepared, answers, checks, worker or shared_worker())
        report = _report(prepared, answers, checks, run, file)
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


def _run(prepared, answers, checks, worker):
    """Run the cells behind walls; what comes back is the learner's word."""
    from grader.worker import Cell

    cells = [
        Cell(cell["source"], graded_id(cell, "grade").removesuffix("_check") or None)
        for cell in answers.notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    probes = {name: check.probe() for name, check in checks.items()}
    return worker.run(cells, probes, files={"checks.npz": prepared.checks_file})


def _report(prepared, answers, checks, run, file):
    notebook = answers.notebook
    code_cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    ran = dict(zip((cell["id"] for cell in code_cells), run.cells, strict=True))
    verdicts = [
        _verdict(checks[name], run.probes.get(name), ran[name], name in answers.missing)
        for name in prepared.exercises
    ]
    for cell in code_cells:
        cell["outputs"] = safe_outputs(ran[cell["id"]].outputs)
        cell["execution_count"] = ran[cell["id"]].execution_count
    _show_verdicts(notebook, verdicts)
    lost = answers.missing and not answers.complete
    unjudged = lost or any(verdict.status in UNJUDGED for verdict in verdicts)
    return Report(
        lesson=prepared.name,
        file=file,
        status=PARTLY if unjudged else GRADED,
        deviations=answers.deviations,
        exercises=verdicts,
        notebook=notebook,
    )


def _verdict(check, probe, answer, is_missing):
    """Return the verdict on one exercise; its own cell's trouble explains it best."""
    if answer.status in UNJUDGED:
        return _cell_trouble(check, answer)
    if is_missing:
        return _unearned(
            check,
            "not_written",
            f"No answer to {check.exercise} was found in the file.",
            "write it in the lesson's own cell, save, and submit again.",
        )
    verdict = judge_probe(check, probe)
    if verdict.mistake == "missing":
        _explain_missing(verdict, answer)
    return verdict


def _cell_trouble(check, answer):
    if answer.status == "timeout":
        message = f"The cell of {check.exercise} did not end."
        step = "run the cell in the notebook: which loop does not end?"
    else:
        message = f"The cell of {check.exercise} ended its whole process."
        step = "run the cell in the notebook: what stops the kernel?"
    return _unearned(check, answer.status, message, step)


def _explain_missing(verdict, answer):
    """Say why there is no function: the error of the cell that should define it."""
    for output in safe_outputs(answer.outputs):
        if output["output_type"] == "error":
            verdict.message = (
                f"The cell of {verdict.exercise} stopped before the function existed, "
                f"with {output['ename']}: {output['evalue'][:300]}."
            )
            verdict.next_step = "run that cell in the notebook, and read its last line."


def _unearned(check, status, message, next_step):
    return Verdict(
        exercise=check.exercise,
        points=0.0,
        max_points=check.max_points,
        status=status,
        mistake=None,
        message=message,
        next_step=next_step,
    )


def _not_graded(prepared, reason, file):
    answers = no_answers(prepared.notebook, reason)
    verdicts = [
        Verdict(
            exercise=name,
            points=0.0,
            max_points=float(exercise.points),
            status="not_written",
            message="Not graded, because no answer could be read.",
        )
        for name, exercise in prepared.exercises.items()
    ]
    _show_verdicts(answers.notebook, verdicts)
    return Report(
        lesson=prepared.name,
        file=file,
        status=NOT_GRADED,
        deviations=answers.deviations,
        exercises=verdicts,
        notebook=answers.notebook,
    )


def _show_verdicts(notebook, verdicts):
    """Write each verdict into its check cell, as nbgrader reads a score.

    The result's text is the score and nothing else, zero included: nbgrader gives full
    marks to a check cell without output, or with one it cannot read.
    """
    cells = {graded_id(cell, "grade"): cell for cell in notebook["cells"]}
    for verdict in verdicts:
        cell = cells[f"{verdict.exercise}_check"]
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
