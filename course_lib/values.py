"""Carry plain values and arrays between processes and files, and nothing else.

Numbers, text, lists, tuples, dicts and numeric arrays cross as they are. Anything
else a function returns crosses as the name of its type (`Opaque`), so reading a
value can never run code that somebody else wrote.
"""

import json
import math
import struct
from dataclasses import dataclass, field

import numpy as np

ARRAY_KINDS = "biufc"
MAX_BYTES = 64 << 20
MAX_HEADER = 1 << 20  # bytes of everything that is no array
LONGEST_NAME = 80  # characters of a type's name
MAX_DEPTH = 20
_UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    struct.error,
)


@dataclass(frozen=True)
class Given:
    """A function the course hands to a learner's function, by name.

    Parameters
    ----------
    name : str
        A function of `course_lib.probe_functions`.
    params : dict
        What that function is made from; plain values only.
    """

    name: str
    params: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that may not cross; only its type's name does."""

    type_name: str


def pack(value):
    """Return `value` as bytes: a JSON header, then the arrays' raw bytes."""
    header, arrays = encode(value)
    text = json.dumps(header).encode()
    return b"".join(
        [struct.pack("<Q", len(text)), text, *(a.tobytes() for a in arrays)]
    )


def unpack(data, limit=MAX_BYTES):
    """Return the value that `pack` was given.

    Raises
    ------
    ValueError
        If `data` is longer than `limit`, or is not what `pack` writes, or holds more
        than a megabyte beside its arrays. Bytes made by somebody else cannot cause
        any other exception, run code, or take seconds to read.
    """
    if len(data) > limit:
        raise ValueError(
            f"the value takes {len(data)} bytes; at most {limit} may cross"
        )
    try:
        (length,) = struct.unpack_from("<Q", data)
        if length > MAX_HEADER:
            raise ValueError("too many values that are not in arrays")
        header = json.loads(bytes(data[8 : 8 + length]))
        return _Reader(memoryview(data)[8 + length :]).decode(header)
    except _UNREADABLE as error:
        raise ValueError(f"these bytes hold no value: {error}") from None


def encode(value):
    """Return `value` as JSON-ready data, and the list of arrays it refers to."""
    arrays = []
    return _encode(value, arrays, depth=0), arrays


def decode(header, arrays):
    """Return the value that `encode` was given."""
    return _Reader(b"", list(arrays)).decode(header)


def _encode(value, arrays, depth):
    kind = type(value)
    if depth > MAX_DEPTH:
        return {"opaque": "a very deeply nested value"}
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return {"float": value.hex()}
    if kind is np.ndarray:
        return _encode_array(value, arrays)
    if isinstance(value, np.generic) and value.dtype.kind in ARRAY_KINDS:
        arrays.append(np.array(value, dtype=value.dtype))
        return {"scalar": value.dtype.str}
    if kind in (list, tuple):
        return {kind.__name__: [_encode(v, arrays, depth + 1) for v in value]}
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": [[k, _encode(v, arrays, depth + 1)] for k, v in value.items()]}
    if kind is Given:
        return {"given": [value.name, _encode(value.params, arrays, depth + 1)]}
    if kind is Opaque:
        return {"opaque": value.type_name}
    return {"opaque": kind.__name__[:LONGEST_NAME]}


def _encode_array(array, arrays):
    if array.dtype.kind not in ARRAY_KINDS:
        return {"opaque": f"array of {array.dtype.name}"}
    if array.nbytes > MAX_BYTES:
        return {"opaque": f"array of {array.nbytes} bytes"}
    arrays.append(np.ascontiguousarray(array).reshape(array.shape))
    return {"array": [array.dtype.str, list(array.shape)]}


class _Reader:
    """Decodes a header; arrays come from `arrays`, or else in order from `data`."""

    def __init__(self, data, arrays=None):
        self.data = data
        self.arrays = arrays
        self.position = 0

    def decode(self, header):
        if header is None or type(header) in (bool, int, str):
            return header
        ((kind, content),) = header.items()
        return getattr(self, f"read_{kind}")(content)

    def read_float(self, text):
        return float.fromhex(text)

    def read_list(self, items):
        return [self.decode(item) for item in items]

    def read_tuple(self, items):
        return tuple(self.decode(item) for item in items)

    def read_dict(self, items):
        return {str(key): self.decode(item) for key, item in items}

    def read_given(self, content):
        name, params = content
        return Given(name, self.decode(params))

    def read_opaque(self, type_name):
        return Opaque(str(type_name)[:LONGEST_NAME])

    def read_scalar(self, dtype):
        return self.take(dtype, ())[()]

    def read_array(self, content):
        dtype, shape = content
        return self.take(dtype, shape)

    def take(self, dtype, shape):
        if self.arrays is not None:
            return self.arrays.pop(0)
        dtype = np.dtype(str(dtype))
        if dtype.kind not in ARRAY_KINDS or any(
            type(n) is not int or n < 0 for n in shape
        ):
            raise ValueError(f"no array of {dtype} and shape {shape} may cross")
        size = math.prod(shape) * dtype.itemsize
        if self.position + size > len(self.data):
            raise ValueError("the value ends before its arrays do")
        raw = self.data[self.position : self.position + size]
        self.position += size
        return np.frombuffer(bytes(raw), dtype).reshape(shape).copy()


def same(left, right, rtol=1e-12):
    """Return whether two values agree: types, shapes, and numbers within `rtol`."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        keys = list(left) == list(right)
        return keys and all(same(left[key], right[key], rtol) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_same_at(rtol), left, right))
    if isinstance(left, np.ndarray | np.generic):
        if left.dtype != right.dtype or left.shape != right.shape:
            return False
        scale = np.max(np.abs(right), initial=1, where=np.isfinite(right))
        return np.allclose(left, right, rtol=rtol, atol=rtol * scale, equal_nan=True)
    if isinstance(left, float):
        return same(np.asarray(left), np.asarray(right), rtol)
    if isinstance(left, Given):
        return left.name == right.name and same(left.params, right.params, rtol)
    return left == right


def _same_at(rtol):
    return lambda left, right: same(left, right, rtol)
