"""Values cross between processes as data, and only as data."""

import json
import struct

import numpy as np
import pytest

from course_lib.values import Given, Opaque, decode, encode, pack, same, unpack

rng = np.random.default_rng(11)

PLAIN = [
    None,
    True,
    -7,
    2**70,
    0.1,
    float("inf"),
    "läse",
    [1, (2.5, "x")],
    {"W": np.arange(6.0).reshape(2, 3), "b": np.zeros(0)},
    np.array(3),
    np.float32(1.5),
    Given("quadratic", {"center": np.ones(2)}),
    Opaque("Tensor"),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_a_plain_value_comes_back_as_it_was(value):
    assert same(unpack(pack(value)), value)


def test_nan_and_minus_zero_keep_their_bits():
    back = unpack(pack(np.array([np.nan, -0.0])))
    assert np.isnan(back[0]) and np.signbit(back[1])


def test_a_transposed_view_keeps_its_shape_and_its_numbers():
    table = rng.normal(size=(5, 3)).T
    np.testing.assert_array_equal(unpack(pack(table)), table)


class Sly(np.ndarray):
    pass


class Quiet:
    def __reduce__(self):
        raise RuntimeError("nobody may pickle this")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.zeros(3).view(Sly), "Sly"),
        (np.ma.masked_array([1.0], [True]), "MaskedArray"),
        (Quiet(), "Quiet"),
        (np.array([Quiet()]), "array of object"),
        ({1: 2}, "dict"),
        (lambda: 0, "function"),
    ],
)
def test_anything_else_crosses_as_the_name_of_its_type(value, name):
    assert unpack(pack(value)) == Opaque(name)


def test_a_list_that_holds_itself_does_not_go_on_for_ever():
    endless = []
    endless.append(endless)
    assert "Opaque" in repr(unpack(pack(endless)))


def header(content, body=b""):
    text = json.dumps(content).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 2**60),
        header({"array": ["<f8", [4]]}, b"short"),
        header({"array": ["<f8", [-1]]}),
        header({"array": ["<f8", [2**40, 2**40]]}),
        header({"array": ["O", [1]]}, b"12345678"),
        header({"array": ["nonsense", [1]]}),
        header({"array": ["<f8", [True]]}, b"12345678"),
        header({"take": 3}),
        header({"system": ["ls"]}),
        header({"float": "one"}),
        header({"float": 1, "list": []}),
        header({"list": 7}),
        b"\xff" * 40,
        struct.pack("<Q", 20000) + b"[" * 20000,
    ],
    ids=range(16),
)
def test_bytes_that_hold_no_value_are_refused(data):
    with pytest.raises(ValueError, match="hold no value"):
        unpack(data)


def test_more_bytes_than_the_limit_are_refused_unread():
    with pytest.raises(ValueError, match="at most 10 may cross"):
        unpack(pack([1, 2, 3, 4]), limit=10)


def test_the_arrays_of_an_encoded_value_can_be_kept_apart():
    value = {"x": rng.normal(size=(2, 3)), "n": np.int64(4)}
    encoded, arrays = encode(value)
    assert len(arrays) == 2
    assert same(decode(json.loads(json.dumps(encoded)), arrays), value)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (np.zeros(3), np.zeros((3, 1))),
        (np.zeros(3), np.zeros(3, dtype=int)),
        (1.0, 1.1),
        ([1.0], (1.0,)),
        ({"a": 1}, {"b": 1}),
        (np.zeros(0), 6.0),
    ],
)
def test_values_of_another_form_are_not_the_same(left, right):
    assert not same(left, right)
