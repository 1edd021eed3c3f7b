"""Outputs that a submission's process sent, taken apart and built anew.

That process can send anything. What leaves this module has a notebook's form, with
nothing in it but text, numbers and lists of them, and no more than was allowed.
"""

import json

_STREAMS = ("stdout", "stderr")
_CUT = "\n[The rest is left out: this cell, or the whole notebook, shows too much.]\n"
_ROOM_FOR_NOTES = 64 << 10
_WORST_ESCAPE = 6  # one control character becomes six in JSON


def message_limit(output_bytes):
    """Return how long a message with a cell's outputs can be, in bytes."""
    return _WORST_ESCAPE * output_bytes + _ROOM_FOR_NOTES


def read_message(payload):
    """Return the mapping in a message, or an empty one where there is none."""
    try:
        # NaN and Infinity are no JSON: a notebook that holds them cannot be opened.
        message = json.loads(payload, parse_constant=str)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def clean_outputs(raw, limit):
    """Return the outputs among `raw` that a notebook can hold.

    Parameters
    ----------
    raw : object
        What a submission's process sent as a list of outputs.
    limit : int
        How many characters they may hold together.

    Returns
    -------
    list of dict
        Outputs as nbformat 4 has them.
    """
    outputs = []
    left = limit + _ROOM_FOR_NOTES
    for output in raw if isinstance(raw, list) else ():
        clean = _clean_output(output)
        if clean is None:
            continue
        left -= size_of(clean)
        if left < 0:
            outputs.append(stream("stderr", _CUT))
            break
        outputs.append(clean)
    return outputs


def size_of(output):
    """Return how long an output is in a notebook's file, in characters."""
    return len(json.dumps(output, ensure_ascii=False))


def clean_update(raw, runs):
    """Return ``(output, data, metadata)`` of a change to an earlier cell's output.

    Parameters
    ----------
    raw : object
        What a submission's process sent: [cell, position, data, metadata].
    runs : dict of int to CellRun
        The cells so far.

    Returns
    -------
    tuple or None
        None where `raw` describes no such change.
    """
    match raw:
        case [int(cell), int(position), dict(data), metadata]:
            pass
        case _:
            return None
    outputs = runs[cell].outputs if cell in runs else []
    if not 0 <= position < len(outputs) or "data" not in outputs[position]:
        return None
    return outputs[position], _clean_data(data), _clean_metadata(metadata)


def stream(name, text):
    """Return an output of text."""
    return {"output_type": "stream", "name": name, "text": text}


def stopped(message):
    """Return an error output that says how a cell was ended from outside."""
    return {
        "output_type": "error",
        "ename": "Stopped",
        "evalue": message,
        "traceback": [f"Stopped: {message}"],
    }


def _clean_output(output):
    if not isinstance(output, dict):
        return None
    match output.get("output_type"):
        case "stream":
            name = output.get("name")
            name = name if name in _STREAMS else "stdout"
            return stream(name, _text(output.get("text")))
        case "error":
            lines = output.get("traceback")
            return {
                "output_type": "error",
                "ename": _text(output.get("ename")),
                "evalue": _text(output.get("evalue")),
                "traceback": list(map(_text, lines)) if isinstance(lines, list) else [],
            }
        case "display_data" | "execute_result" as kind:
            clean = {
                "output_type": kind,
                "data": _clean_data(output.get("data")),
                "metadata": _clean_metadata(output.get("metadata")),
            }
            if kind == "execute_result":
                clean["execution_count"] = count(output.get("execution_count"))
            return clean
    return None


def _clean_data(data):
    if not isinstance(data, dict):
        return {}
    return {
        kind: value if kind.endswith("json") else _text(value)
        for kind, value in data.items()
    }


def _clean_metadata(metadata):
    return metadata if isinstance(metadata, dict) else {}


def count(value):
    """Return an execution count, or None for anything else."""
    return value if type(value) is int and 0 <= value < 1 << 31 else None


def _text(value):
    return value if isinstance(value, str) else "" if value is None else repr(value)
