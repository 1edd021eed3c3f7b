"""What a worker gets and returns: cells and probes, outputs and answers."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """A code cell. One with an `exercise` is not run: that exercise's probe is due.

    Attributes
    ----------
    source : str
    exercise : str or None
    taken : sequence of sequence of str
        What each of the probe's calls takes from what the cells defined: see
        `CheckData.taken`. Where nothing is said, nothing is asked of it before
        the probe.
    """

    source: str
    exercise: str | None = None
    taken: tuple = ()


@dataclass
class CellRun:
    """What became of a cell.

    Attributes
    ----------
    status : {"ok", "error", "timeout", "crashed", "not_run"}
    outputs : list of dict
        As nbformat has them.
    execution_count : int or None
    seconds : float
        Wall clock.
    """

    status: str = "not_run"
    outputs: list[dict] = field(default_factory=list)
    execution_count: int | None = None
    seconds: float = 0.0


@dataclass
class ProbeRun:
    """What became of an exercise's probe.

    Attributes
    ----------
    status : {"answered", "timeout", "crashed", "not_run"}
    data : bytes or None
        What the submission's process answered, not yet read by anybody.
    lacking : dict or None
        What `course_lib.lacking.lacking` found, in place of data.
    message : str
        Why there is no answer, for the learner.
    seconds : float
        Wall clock.
    """

    status: str = "not_run"
    data: bytes | None = None
    lacking: dict | None = None
    message: str = ""
    seconds: float = 0.0


@dataclass
class Run:
    """What became of a submission.

    Attributes
    ----------
    cells : list of CellRun
        In the order of the cells given.
    probes : dict of str to ProbeRun
        By exercise, in the order of the probes given.
    walls : str
        The layers that held, such as "namespaces+landlock+rlimits+seccomp", or
        "no walls".
    """

    cells: list[CellRun]
    probes: dict[str, ProbeRun]
    walls: str
