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
        self._done = False
        self._room = limits.shown_bytes  # for what the cells still to come show
        self._deadline = time.monotonic() + limits.submission_seconds

    def is_settled(self):
        """Return whether another attempt would bring nothing new."""
        return self._done or time.monotonic() >= self._deadline

    def attempt(self, process, files):
        """Run everything in a fresh process, or as much as the process survives."""
        self._room = self.limits.shown_bytes
        try:
            self._send_files(process, files)
            for index, cell in enumerate(self._cells):
                if time.monotonic() >= self._deadline:
                    return
                if cell.exercise is not None:
                    self._runs[index] = self._probe(process, cell.exercise)
                elif index not in self._dropped:
                    self._run_cell(process, index, cell.source)
        except _ProcessGone:
            return
        self._done = True

    def result(self, walls):
        """Return what became of everything, as a `Run`."""
        present = {cell.exercise for cell in self._cells}
        why = "Not reached: cells before it ended the process too many times."
        if time.monotonic() >= self._deadline:
            seconds = self.limits.submission_seconds
            why = f"Not reached: the notebook's {seconds:g} s were over."
        probes = {}
        for exercise in self._probes:
            message = why if exercise in present else "There is no check cell for it."
            probes[exercise] = self._answers.get(exercise, ProbeRun(message=message))
        cells = [self._runs.get(k, CellRun()) for k in range(len(self._cells))]
        return Run(cells, probes, walls)

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

    def _probe(self, process, exercise):
        """Answer an exercise's probe unless it is settled; return its cell's run."""
        if exercise in self._probes and exercise not in self._answers:
            started = time.monotonic()
            answer = gone = None
            try:
                answer = self._ask(process.channel, process, self._probes[exercise])
            except (TimeoutError, ChannelClosed, ChannelFlooded) as error:
                gone = _ProcessGone()
                answer = self._lost_probe(process, error)
            if answer is not None:
                answer.seconds = time.monotonic() - started
                self._answers[exercise] = answer
            if gone:
                raise gone
        answer = self._answers.get(exercise, ProbeRun())
        status = "ok" if answer.status == "answered" else answer.status
        return CellRun(status, seconds=answer.seconds)

    def _ask(self, channel, process, probe):
        """Have the process fork, put the question to the fork, and await its end."""
        limits = self.limits
        deadline = time.monotonic() + limits.probe_seconds + 2 * _GRACE_SECONDS
        process.expect_fork()
        fork = channel.send({"do": "probe"}, deadline=deadline)
        awaited = {"limit": limits.message_bytes, "deadline": deadline}
        _, ended = channel.receive(fork, **awaited)
        data = None
        if ended == b"ready":
            question = channel.send({"do": "answer"}, probe, deadline=deadline)
            token, ended = channel.receive(fork, question, **awaited)
            if token == question:
                data = ended
                _, ended = channel.receive(fork, **awaited)
        if data is not None:
            return ProbeRun("answered", data)
        return self._no_answer(read_message(ended[:_SHORT_MESSAGE]))

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

    def _lost_probe(self, process, error):
        """Settle a probe with which the whole process was lost."""
        if isinstance(error, TimeoutError):
            message = endings.too_long("The check", self.limits.probe_seconds)
            return ProbeRun("timeout", message=message)
        why = self._why_gone(process, error)
        return why and ProbeRun("crashed", message=f"The process is gone: {why}.")

    def _why_gone(self, process, error):
        """Return why a process is gone, or None if the submission is not to blame."""
        ending = process.close()
        if isinstance(error, ChannelFlooded):
            return "it wrote too much on the grader's own channel"
        if ending.lost:  # the grader's own guard died: worth another attempt
            return None
        return endings.describe(ending.code, memory=ending.memory, limits=self.limits)

    def _too_late(self):
        if time.monotonic() >= self._deadline:
            return endings.too_long("The notebook", self.limits.submission_seconds)
        return endings.too_long("The cell", self.limits.cell_seconds)
