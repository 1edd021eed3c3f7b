"""Run the solution notebooks in fresh kernels, and prove that each earns full marks."""

import asyncio
import os
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from course_lib.settings import load_settings
from grader.errors import SourceError
from grader.exercises import lesson_names
from grader.files import write_file
from grader.freshness import SOLVED, Freshness
from grader.release import build, notebook_bytes
from grader.source import KERNELSPEC, read_lesson
from grader.words import BY_HAND

CELL_SECONDS = 120
START_SECONDS = 60
HEADLESS = {
    "COURSE_HEADLESS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Solved:
    """What running one lesson's solution showed.

    Attributes
    ----------
    lesson : str
    problems : list of str
        Each thing that is not as it has to be, in words for the author.
    score, max_score : float
        In points; the score is 0 when the notebook could not be graded. Answers in
        words count as full: they are model answers.
    seconds : float
        From the kernel's start to the last cell's end.
    fresh : bool
        It was not run: it passed, and nothing has changed since.
    """

    lesson: str
    problems: list
    score: float = 0.0
    max_score: float = 0.0
    seconds: float = 0.0
    fresh: bool = False

    @property
    def passed(self):
        """Whether nothing is amiss."""
        return not self.problems


def due_lessons(names, root=None, everything=False):
    """Return those that never passed, or of which something has changed since."""
    fresh = Freshness(load_settings(root) if root else load_settings(), SOLVED)
    return [name for name in names if everything or not fresh.holds(name)]


def solve_due(names, workers=None, root=None, everything=False, progress=None):
    """Run those of the solutions that are due; return `Solved` for each of `names`.

    Parameters are those of `solutions`, and `everything`: leave nothing out.
    """
    settings = load_settings(root) if root else load_settings()
    names, built = list(names), Freshness(settings)
    due = due_lessons(names, root, everything)
    before = {name: built.key(name) for name in due}
    ran = {s.lesson: s for s in solutions(due, workers, root, None, progress)}
    for name, solved in ran.items():
        if solved.passed and built.key(name) == before[name]:  # as it was when it ran
            Freshness(settings, SOLVED).note(name)
    return [ran.get(name, Solved(name, [], fresh=True)) for name in names]


def solutions(
    names=None, workers=None, root=None, mark=None, progress=None, as_built=True
):
    """Run solution notebooks, write them with outputs, and grade them.

    Parameters
    ----------
    names : iterable of str, optional
        The lessons; by default all of them.
    workers : int, optional
        How many run at once; by default one for each processor.
    root : path-like, optional
        The course's folder.
    mark : callable, optional
        ``mark(lesson, data) -> Report``; by default `grader.grade.grade`.
    progress : callable, optional
        Called with a lesson's name whenever one of its cells has run.
    as_built : bool, default=True
        Whether a lesson has to be what its source gives, to the byte. Where NumPy
        rounds otherwise than it did for `build`, none is.

    Returns
    -------
    list of Solved
        In the order of `names`.
    """
    settings = load_settings(root) if root else load_settings()
    names = lesson_names(settings.solutions) if names is None else list(names)
    tell = progress or (lambda lesson: None)
    if not names:
        return []
    run = partial(_solve_all, settings, names, workers, tell=tell, as_built=as_built)
    if mark:
        return asyncio.run(run(mark=mark))
    from grader.grade import grade
    from grader.worker import Worker

    with Worker("if possible") as worker:  # the course's own code needs no walls
        mark = partial(_grade, grade, worker, settings.solutions)
        return asyncio.run(run(mark=mark))


def _grade(grade, worker, folder, name, data):
    return grade(name, data, worker=worker, file=f"{name}.ipynb", solutions=folder)


def code_cells(names, root=None):
    """Return how many cells the solutions of these lessons run, for a progress bar."""
    settings = load_settings(root) if root else load_settings()
    count = 0
    for name in names:
        text = (settings.solutions / name / f"{name}.py").read_text(encoding="utf-8")
        markers = [line for line in text.splitlines() if line.startswith("# %%")]
        count += sum("[markdown]" not in line for line in markers)
    return count


async def _solve_all(settings, names, workers, mark, tell, as_built):
    turn, desk = asyncio.Semaphore(workers or os.cpu_count() or 1), asyncio.Lock()

    async def mark_alone(name, data):
        async with desk:  # probing redirects output, for the whole process
            return await asyncio.to_thread(mark, name, data)

    async def solve(name):
        async with turn:
            try:
                return await _solve(settings, name, mark_alone, tell, as_built)
            except SourceError as error:
                return Solved(name, [str(error)])

    return await asyncio.gather(*map(solve, names))


async def _solve(settings, name, mark, tell, as_built):
    """Run, write and grade one solution."""
    folder = settings.solutions / name
    source = read_lesson(folder / f"{name}.py")
    if as_built and not _is_built(name, settings):
        problem = f"the lesson is not built from this source. Run: build {name}"
        return Solved(name, [problem])
    started = time.perf_counter()
    notebook, problems = await _run(settings, name, source.notebook, tell)
    seconds = time.perf_counter() - started
    data = notebook_bytes(notebook)
    write_file(folder / f"{name}.ipynb", data)
    problems += _output_problems(notebook)
    report = await mark(name, data)
    problems += _lost_points(report)
    return Solved(name, problems, _earned(report), report.max_score, seconds)


def _is_built(name, settings):
    (built,) = build([name], write=False, root=settings.root)
    return built.state in ("unchanged", "kept")


async def _run(settings, name, notebook, tell):
    """Run a notebook where a learner's would run, but alone."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory(prefix=f"{name}-") as scratch:
        checks = settings.lesson_folder(name) / "checks.npz"
        Path(scratch, checks.name).write_bytes(checks.read_bytes())
        log = Path(scratch, "kernel.log")
        async with _kernel(scratch, log) as (manager, channels):
            client = NotebookClient(
                notebook,
                km=manager,
                timeout=CELL_SECONDS,
                allow_errors=True,
                record_timing=False,
            )
            client.kc = channels
            try:
                for index, cell in enumerate(notebook.cells):
                    await client.async_execute_cell(cell, index)
                    if cell.cell_type == "code":
                        tell(name)
            except CellTimeoutError:
                return notebook, [f"a cell ran longer than {CELL_SECONDS} s."]
            except DeadKernelError:
                last = log.read_text(errors="replace").strip().rpartition("\n")[2]
                return notebook, [f"the kernel died while a cell ran. {last}".strip()]
    return notebook, []


@asynccontextmanager
async def _kernel(folder, log):
    """Start a kernel in a folder and end it, also when the run is stopped.

    nbclient would take Ctrl+C for itself, end one kernel and wait for the others.
    """
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager(kernel_name=KERNELSPEC["name"])
    with open(log, "wb") as stderr:
        await manager.start_kernel(
            cwd=folder,
            env={**os.environ, **HEADLESS},
            stderr=stderr,
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
        )
    channels = manager.client()
    try:
        channels.start_channels()
        await channels.wait_for_ready(timeout=START_SECONDS)
        yield manager, channels
    finally:
        channels.stop_channels()
        await manager.shutdown_kernel(now=True)


def _output_problems(notebook):
    """Return what raised or wrote to stderr, each with its cell."""
    problems = []
    for number, cell in enumerate(notebook.cells, start=1):
        outputs = cell.get("outputs", [])
        errors = [output for output in outputs if output.output_type == "error"]
        expected = "raises-exception" in cell.metadata.get("tags", [])
        if errors and not expected:
            error = errors[0]
            problems.append(f"cell {number} raised {error.ename}: {error.evalue}")
        if expected and not errors:
            problems.append(f"cell {number} is tagged raises-exception, and did not.")
        for output in outputs:
            if output.output_type == "stream" and output.name == "stderr":
                text = output.text.strip().splitlines()
                problems.append(f"cell {number} wrote to stderr: {text[0]}")
    return problems


def _earned(report):
    """Return the score, with the model answers that people grade counted as full."""
    by_hand = [v.max_points for v in report.exercises if v.status == BY_HAND]
    return report.score + sum(by_hand)


def _lost_points(report):
    """Return which exercises kept the solution from full marks, and why."""
    problems = [
        f"{verdict.exercise} earned {verdict.points:g} of {verdict.max_points:g}: "
        f"{verdict.message or verdict.status}"
        for verdict in report.exercises
        if verdict.points < verdict.max_points and verdict.status != BY_HAND
    ]
    if _earned(report) < report.max_score and not problems:
        problems = [f"it earned {report.score:g} of {report.max_score:g} points."]
    return problems + [f"graded with a deviation: {text}" for text in report.deviations]
