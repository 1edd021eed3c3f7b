"""One submission on its way through one process after another.

A cell that takes its process with it is dropped, and the next process runs the
submission without it. What has been answered is not asked again.
"""

import time

from grader import endings
from grader.channel import ChannelClosed, ChannelFlooded
from grader.outputs import (
    clean_outputs,
    clean_update,
    count,
    message_limit,
    read_message,
    size_of,
    stopped,
)
from grader.runs import CellRun, ProbeRun, Run

_GRACE_SECONDS = 1.0
_LONGEST_WAIT = 0.5  # seconds for an answer; a fork is a small part of that
_SHORT_MESSAGE = 1 << 16


class _ProcessGone(Exception):
    """The process was lost; what it did last is settled."""


class Submission:
    """Cells and probes, and what became of each so far.

    Parameters
    ----------
    cells : list of Cell
    probes : dict of str to bytes
    limits : Limits
    """

    def __init__(self, cells, probes, limits):
        self.limits = limits
        self._cells, self._probes = cells, probes
        self._runs = {}
        self._answers = {}
        self._dropped = set()
        self._waiting = []  # exercises whose answers one fork will give
        self._since = 0.0  # when the first of them began to wait
        self._attempts = 0
        self._done = False
        self._room = limits.shown_bytes  # for what the cells still to come show
        self._deadline = time.monotonic() + limits.submission_seconds

    def is_settled(self):
        """Return whether another attempt would bring nothing new."""
        return self._done or self._is_over()

    def attempt(self, process, files):
        """Run everything in a fresh process, or as much as the process survives."""
        self._room = self.limits.shown_bytes
        self._attempts += 1
        self._waiting = []
        try:
            self._send_files(process, files)
            for index, cell in enumerate(self._cells):
                if self._is_over():
                    break
                if cell.exercise is not None:
                    self._probe(process, cell)
                elif index not in self._dropped:
                    self._ask_waiting(process, _LONGEST_WAIT)
                    self._run_cell(process, index, cell.source)
            else:
                self._done = True
            self._ask_waiting(process)
        except _ProcessGone:
            self._done = False

    def result(self, walls):
        """Return what became of everything, as a `Run`."""
        present = {cell.exercise for cell in self._cells}
        why = "Not reached: cells before it ended the process too many times."
        if self._is_over():
            seconds = self.limits.submission_seconds
            why = f"Not reached: the notebook's {seconds:g} s were over."
        probes = {}
        for exercise in self._probes:
            message = why if exercise in present else "There is no check cell for it."
            probes[exercise] = self._answers.get(exercise, ProbeRun(message=message))
        cells = [self._cell_run(k, cell) for k, cell in enumerate(self._cells)]
        return Run(cells, probes, walls)

    def _cell_run(self, index, cell):
        if cell.exercise is None:
            return self._runs.get(index, CellRun())
        answer = self._answers.get(cell.exercise, ProbeRun())
        status = "ok" if answer.status == "answered" else answer.status
        return CellRun(status, seconds=answer.seconds)

    def _is_over(self):
        return time.monotonic() >= self._deadline

    def _send_files(self, process, files):
        deadline = min(self._deadline, time.monotonic() + self.limits.cell_seconds)
        listing = [(name, len(content)) for name, content in files.items()]
        command = {"do": "files", "files": listing}
        try:
            token = process.channel.send(
                command, b"".join(files.values()), deadline=deadline
            )
            process.channel.receive(token, limit=_SHORT_MESSAGE, deadline=deadline)
        except (TimeoutError, ChannelClosed, ChannelFlooded) as error:
            raise _ProcessGone from error  # no byte of the submission ran yet

    def _run_cell(self, process, index, source):
        started = time.monotonic()
        late = False
        command = {"do": "cell", "cell": index, "source": source}
        limit = message_limit(self.limits.output_bytes)
        deadline = min(self._deadline, started + self.limits.cell_seconds)
        try:
            token = process.channel.send(command, deadline=deadline)
            try:
                _, payload = process.channel.receive(
                    token, limit=limit, deadline=deadline
                )
            except TimeoutError:
                late = True
                if not process.interrupt():
                    raise
                _, payload = process.channel.receive(
                    token, limit=limit, deadline=time.monotonic() + _GRACE_SECONDS
                )
        except (TimeoutError, ChannelClosed, ChannelFlooded) as error:
            self._drop(process, index, error, late, started)
            raise _ProcessGone from error
        run = self._read_run(read_message(payload), started)
        if late:
            run.status = "timeout"
            run.outputs.append(stopped(self._too_late()))
            self._dropped.add(index)  # another attempt need not wait for it again
        self._runs[index] = run

    def _read_run(self, message, started):
        """Return a cell's run as its process tells it, and obey its updates."""
        for update in message.get("updates") or ():
            change = clean_update(update, self._runs)
            if change is not None and self._room > 0:
                output, data, metadata = change
                output |= {"data": data, "metadata": metadata}
                self._room -= size_of(output)
        limit = max(0, min(self.limits.output_bytes, self._room))
        outputs = clean_outputs(message.get("outputs"), limit)
        self._room -= sum(map(size_of, outputs))
        return CellRun(
            "ok" if message.get("status") == "ok" else "error",
            outputs,
            count(message.get("count")),
            time.monotonic() - started,
        )

    def _drop(self, process, index, error, late, started):
        """Settle the cell that took the process with it."""
        why = None if late else self._why_gone(process, error)
        if not late and why is None:
            return
        message = self._too_late() if late else f"The process is gone: {why}."
        status = "timeout" if late else "crashed"
        seconds = time.monotonic() - started
        self._runs[index] = CellRun(status, [stopped(message)], None, seconds)
        self._dropped.add(index)

    def _probe(self, process, cell):
        """Answer an exercise's probe, or note that it waits, unless it is settled."""
        exercise = cell.exercise
        if exercise not in self._probes or exercise in self._answers:
            return
        lacking, waits = self._note(process, cell) if cell.taken else (None, False)
        if lacking:
            self._answers[exercise] = ProbeRun("answered", lacking=lacking)
        # A process that was lost once may be lost again, with all that wait.
        elif waits and self._attempts == 1:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(exercise)
        else:
            self._ask(process, [exercise])

    def _ask_waiting(self, process, patience=0.0):
        """Ask for the answers that wait, if they have waited for long enough."""
        if self._waiting and time.monotonic() - self._since >= patience:
            waiting, self._waiting = self._waiting, []
            self._ask(process, waiting)

    def _note(self, process, cell):
        """Return what an answer lacks, or None, and whether it can wait."""
        started = time.monotonic()
        command = {"do": "note", "exercise": cell.exercise, "taken": cell.taken}
        deadline = started + self.limits.probe_seconds
        try:
            token = process.channel.send(command, deadline=deadline)
            _, payload = process.channel.receive(
                token, limit=_SHORT_MESSAGE, deadline=deadline
            )
        except (TimeoutError, ChannelClosed, ChannelFlooded) as error:
            self._lose(process, cell.exercise, error, started)
            raise _ProcessGone from error
        message = read_message(payload)
        return _read_lacking(message, cell.taken[0]), message.get("waits") is True

    def _ask(self, process, exercises):
        """Have forks answer exercises, as many as each survives.

        One that ends its fork is settled only where it came first: else another may
        have been the cause, and it is asked again, in a fork where it is the first.
        """
        waiting = list(exercises)
        while waiting:
            started = time.monotonic()
            try:
                ended = self._ask_fork(process, waiting, started)
            except (TimeoutError, ChannelClosed, ChannelFlooded) as error:
                if waiting[0] not in self._answers:
                    self._lose(process, waiting[0], error, started)
                raise _ProcessGone from error
            if waiting[0] not in self._answers:
                self._settle(waiting[0], self._no_answer(read_message(ended)), started)
            waiting = [name for name in waiting if name not in self._answers]

    def _ask_fork(self, process, exercises, started):
        """Have the process fork, put the questions to the fork, and await its end."""
        limits, channel = self.limits, process.channel
        deadline = started + limits.probe_seconds + 2 * _GRACE_SECONDS
        awaited = {"limit": limits.message_bytes, "deadline": deadline}
        process.expect_fork()
        command = {"do": "probe", "exercises": exercises}
        fork = channel.send(command, deadline=deadline)
        _, ended = channel.receive(fork, **awaited)
        if ended != b"ready":
            return ended[:_SHORT_MESSAGE]
        for exercise in exercises:
            asked, probe = time.monotonic(), self._probes[exercise]
            question = channel.send({"do": "answer"}, probe, deadline=deadline)
            token, ended = channel.receive(fork, question, **awaited)
            if token != question:
                return ended[:_SHORT_MESSAGE]
            self._settle(exercise, ProbeRun("answered", ended), asked)
        return channel.receive(fork, **awaited)[1][:_SHORT_MESSAGE]

    def _settle(self, exercise, answer, started):
        answer.seconds = time.monotonic() - started
        self._answers[exercise] = answer

    def _lose(self, process, exercise, error, started):
        """Settle a probe with which the whole process was lost."""
        if isinstance(error, TimeoutError):
            message = endings.too_long("The check", self.limits.probe_seconds)
            return self._settle(exercise, ProbeRun("timeout", message=message), started)
        why = self._why_gone(process, error)
        if why is not None:
            message = f"The process is gone: {why}."
            self._settle(exercise, ProbeRun("crashed", message=message), started)
        return None

    def _no_answer(self, ended):
        """Say why a fork ended without an answer, as the process that forked has it."""
        code = ended.get("code")
        if ended.get("late"):
            message = endings.too_long("The check", self.limits.probe_seconds)
            return ProbeRun("timeout", message=message)
        if type(code) is int:
            why = endings.describe(code)
            message = f"The check's process is gone: {why}."
        else:
            message = "No process could be started for the check."
        return ProbeRun("crashed", message=message)

    def _why_gone(self, process, error):
        """Return why a process is gone, or None if the submission is not to blame."""
        ending = process.close()
        if isinstance(error, ChannelFlooded):
            return "it wrote too much on the grader's own channel"
        if ending.lost:  # the grader's own guard died: worth another attempt
            return None
        return endings.describe(ending.code, memory=ending.memory, limits=self.limits)

    def _too_late(self):
        if self._is_over():
            return endings.too_long("The notebook", self.limits.submission_seconds)
        return endings.too_long("The cell", self.limits.cell_seconds)


def _read_lacking(message, names):
    """Return what a process says it lacks, or None where it says nothing like that."""
    found = message.get("lacking")
    if type(found) is not dict or found.get("function") not in names:
        return None
    if found.get("kind") not in ("missing", "not_written"):
        return None
    known = "kind", "function", "inside"
    return {key: str(found[key]) for key in known if key in found}
