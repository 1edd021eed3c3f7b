"""What a cell shows, recorded as a notebook's outputs."""

import base64
import io
import json
import os
import tempfile

_OVERHEAD = 100  # bytes an output weighs beside its content
_LONGEST_ERROR = 20_000
_WIDGET = "application/vnd.jupyter.widget-view+json"


class Recorder:
    """The outputs of one cell after another, each cell's cut at a limit.

    Parameters
    ----------
    limit : int
        How many bytes one cell may show.
    """

    def __init__(self, limit):
        self._limit = limit
        self._places = {}  # display_id: [(cell, position)] in cells that are done
        self.begin(None)

    def begin(self, cell):
        """Start recording a cell, known by its number."""
        self._cell = cell
        self._size = 0
        self._cut = False
        self._clear_first = False
        self._outputs = []
        self._updates = {}

    def write(self, name, text):
        """Add text to a stream, joined to what the same stream wrote just before."""
        if self._cut:
            return
        self._obey_clear()
        last = self._outputs[-1] if self._outputs else {}
        if last.get("name") != name:
            last = {"output_type": "stream", "name": name, "text": []}
            self._outputs.append(last)
        last["text"].append(text[: max(0, self._limit - self._size)])
        self._weigh(len(text))

    def show(self, output, display_id=None):
        """Add a picture, a table, a value, an error."""
        self._obey_clear()
        if output["output_type"] != "error" and not self._weigh(_size_of(output)):
            return
        self._outputs.append({**output, "display_id": display_id})

    def update(self, display_id, data, metadata):
        """Replace what was shown under a display id, in this cell and earlier ones."""
        new = {"data": data, "metadata": metadata}
        if self._size + _size_of(new) > self._limit:
            self._cut = True
            return
        for output in self._outputs:
            if output.get("display_id") == display_id:
                self._size += _size_of(new) - _size_of(output)
                output.update(new)
        if display_id in self._places:
            self._updates[display_id] = new

    def clear(self, wait=False):
        """Forget what this cell has shown; with `wait`, when it shows more."""
        self._clear_first = wait
        if not wait:
            self._outputs.clear()
            self._size = 0

    def finish(self):
        """Return this cell's outputs, and what it changed in earlier cells' outputs.

        Returns
        -------
        outputs : list of dict
        updates : list of [cell, position, data, metadata]
        """
        if self._cut:
            size = f"{self._limit / 2**20:.3g} MB"
            text = f"\n[The rest is left out: a cell may show {size}.]\n"
            note = {"output_type": "stream", "name": "stderr", "text": [text]}
            self._outputs.append(note)
        updates = [
            [*place, new["data"], new["metadata"]]
            for display_id, new in self._updates.items()
            for place in self._places[display_id]
        ]
        for position, output in enumerate(self._outputs):
            display_id = output.pop("display_id", None)
            if display_id is not None:
                place = (self._cell, position)
                self._places.setdefault(display_id, []).append(place)
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        # What is written between two cells must not reach what was handed over.
        outputs, self._outputs = self._outputs, []
        return outputs, updates

    def _weigh(self, size):
        """Count an output's bytes; return whether there was room for it."""
        fits = not self._cut and self._size + size <= self._limit
        self._cut = not fits
        self._size += size if fits else 0
        return fits

    def _obey_clear(self):
        if self._clear_first:
            self.clear()


class Stream(io.TextIOBase):
    """What `sys.stdout` and `sys.stderr` are while a submission runs."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, recorder, name, file):
        self._recorder, self._name, self._file = recorder, name, file

    @property
    def name(self):
        return f"<{self._name}>"

    def writable(self):
        return True

    def fileno(self):
        return self._file

    def write(self, text):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"write() argument must be str, not {kind}")
        self._recorder.write(self._name, text)
        return len(text)


class RawCapture:
    """What C code prints on file descriptors 1 and 2, past Python's own streams."""

    def __init__(self, files):
        self._files = dict(zip(("stdout", "stderr"), files, strict=True))
        for target, file in zip((1, 2), files, strict=True):
            os.dup2(file, target)

    def drain(self, recorder, limit):
        """Move what was printed to the recorder; keep at most `limit` bytes of it."""
        for name, file in self._files.items():
            size = os.lseek(file, 0, os.SEEK_CUR)
            if not size:
                continue
            os.lseek(file, 0, os.SEEK_SET)
            text = os.read(file, min(size, limit + 1)).decode(errors="replace")
            os.lseek(file, 0, os.SEEK_SET)
            os.ftruncate(file, 0)
            recorder.write(name, text)


def open_capture_files():
    """Return two file descriptors of nameless files, for `RawCapture`."""
    if hasattr(os, "memfd_create"):
        return [os.memfd_create(name) for name in ("stdout", "stderr")]
    files = []
    for _ in range(2):
        with tempfile.TemporaryFile() as file:
            files.append(os.dup(file.fileno()))
    return files


def display_data(data, metadata, *, execution_count=None):
    """Return an output that shows `data`, a mapping from MIME type to content.

    A widget has nobody to talk to: what stays of it is its other representations.
    """
    data = {
        str(kind): _content(value) for kind, value in data.items() if kind != _WIDGET
    }
    output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
    if execution_count is not None:
        output |= {"output_type": "execute_result", "execution_count": execution_count}
    return output


def error(kind, message, traceback):
    """Return an output that shows an exception."""
    lines = [str(line)[:_LONGEST_ERROR] for line in traceback]
    if sum(map(len, lines)) > _LONGEST_ERROR:
        lines = [*lines[:5], "[...]", *lines[-5:]]
    return {
        "output_type": "error",
        "ename": str(kind)[:_LONGEST_ERROR],
        "evalue": str(message)[:_LONGEST_ERROR],
        "traceback": lines,
    }


def _content(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _size_of(output):
    contents = output.get("data", {}).values()
    metadata = output.get("metadata")
    sizes = [len(c) if isinstance(c, str) else _json_size(c) for c in contents]
    return _OVERHEAD + sum(sizes) + (_json_size(metadata) if metadata else 0)


def _json_size(value):
    return len(json.dumps(value, default=str))
