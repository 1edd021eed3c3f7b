"""The grader's end of the channel and of the outputs, with a hostile other end."""

import json
import socket
import struct
import time

import pytest

from grader.channel import Channel, ChannelClosed, ChannelFlooded, read_command, reply
from grader.outputs import clean_outputs, read_message


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    yield Channel(ours, noise_bytes=1000), theirs
    ours.close()
    theirs.close()


def soon():
    return time.monotonic() + 0.2


def test_a_reply_is_found_behind_noise(ends):
    channel, other = ends
    token = channel.send({"do": "x"}, b"body", deadline=soon())
    command, body = read_command(other)
    other.sendall(b"noise" * 9)
    reply(other, command, b"payload")
    assert body == b"body"
    assert channel.receive(token, limit=100, deadline=soon()) == (token, b"payload")


def test_a_silent_end_is_waited_for_no_longer_than_allowed(ends):
    channel, _ = ends
    token = channel.send({"do": "x"}, deadline=soon())
    with pytest.raises(TimeoutError):
        channel.receive(token, limit=100, deadline=soon())


def test_an_end_that_never_reads_cannot_block_the_grader(ends):
    channel, _ = ends
    with pytest.raises(TimeoutError):
        channel.send({"do": "x"}, bytes(50_000_000), deadline=soon())


def test_a_length_over_the_limit_is_refused_before_it_is_read(ends):
    channel, other = ends
    token = channel.send({"do": "x"}, deadline=soon())
    other.sendall(token + struct.pack("<Q", 1 << 60))
    with pytest.raises(ChannelFlooded):
        channel.receive(token, limit=100, deadline=soon())


def test_endless_noise_is_refused(ends):
    channel, other = ends
    token = channel.send({"do": "x"}, deadline=soon())
    other.sendall(bytes(2000))
    with pytest.raises(ChannelFlooded):
        channel.receive(token, limit=100, deadline=soon())


def test_a_closed_end_is_noticed(ends):
    channel, other = ends
    token = channel.send({"do": "x"}, deadline=soon())
    other.close()
    with pytest.raises(ChannelClosed):
        channel.receive(token, limit=100, deadline=soon())


HOSTILE = [
    None, 3, "x", {}, [None, 3, {}], [{"output_type": "script"}],
    [{"output_type": "stream", "name": 5, "text": {"a": 1}}],
    [{"output_type": "display_data", "data": {"text/html": ["a", 1]}, "metadata": 5}],
    [{"output_type": "error", "ename": 1, "evalue": None, "traceback": "no list"}],
    [{"output_type": "execute_result", "data": [], "execution_count": 1 << 80}],
]  # fmt: skip


@pytest.mark.parametrize("raw", HOSTILE)
def test_any_outputs_become_a_notebooks_outputs(raw):
    import nbformat

    cell = nbformat.v4.new_code_cell("x")
    cell.outputs = [nbformat.from_dict(o) for o in clean_outputs(raw, 1000)]
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_outputs_over_the_limit_are_cut():
    raw = [{"output_type": "stream", "name": "stdout", "text": "x" * 50_000}] * 9
    assert len(json.dumps(clean_outputs(raw, 1000))) < 120_000


@pytest.mark.parametrize(
    "payload", [b"\xff", b"[" * 100_000, b"[]", b"{" + b'"a":' * 9]
)
def test_a_message_that_is_none_is_an_empty_one(payload):
    assert read_message(payload) == {}


def test_numbers_that_json_does_not_know_become_text():
    assert read_message(b'{"a": NaN, "b": -Infinity}') == {"a": "NaN", "b": "-Infinity"}
