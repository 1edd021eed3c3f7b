"""Messages between the grader and the process that runs a submission.

Both directions share one stream socket. A command is a length, a line of JSON and raw
bytes. Each command carries a fresh random token, and a reply begins with the token of
its command: the other end may write anything at any time, and whatever does not begin
with an awaited token is skipped as noise. So nobody can answer a command in advance.
"""

import json
import secrets
import struct
import time

_TOKEN_BYTES = 16
_LENGTH = struct.Struct("<Q")
_CHUNK = 1 << 18


class ChannelClosed(Exception):
    """The other end is gone."""


class ChannelFlooded(Exception):
    """The other end sent more than it may."""


class Channel:
    """The grader's end. Trusts nothing that arrives, and never waits without a limit.

    Parameters
    ----------
    sock : socket.socket
        A connected stream socket.
    noise_bytes : int
        How much may arrive, over the channel's life, that answers no command.
    """

    def __init__(self, sock, noise_bytes):
        self._sock = sock
        self._noise_left = noise_bytes
        self._buffer = bytearray()

    def send(self, command, body=b"", *, deadline):
        """Send a command and return the token that its replies will begin with."""
        token = secrets.token_bytes(_TOKEN_BYTES)
        header = json.dumps({**command, "token": token.hex()}).encode() + b"\n"
        self._set_timeout(deadline)
        try:
            self._sock.sendall(_LENGTH.pack(len(header) + len(body)) + header + body)
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosed from error
        return token

    def receive(self, *tokens, limit, deadline):
        """Return the next reply to one of the commands, as ``(token, payload)``.

        Parameters
        ----------
        tokens : bytes
            What `send` returned.
        limit : int
            Longest acceptable payload, in bytes.
        deadline : float
            When to give up, on the clock of `time.monotonic`.

        Raises
        ------
        TimeoutError
            No complete reply arrived before `deadline`.
        ChannelClosed
            The other end closed the channel or died.
        ChannelFlooded
            A payload longer than `limit`, or too much noise.
        """
        while (token := self._seek(tokens)) is None:
            self._fill(deadline)
        start = _TOKEN_BYTES + _LENGTH.size
        while len(self._buffer) < start:
            self._fill(deadline)
        (length,) = _LENGTH.unpack_from(self._buffer, _TOKEN_BYTES)
        if length > limit:
            raise ChannelFlooded
        while len(self._buffer) < start + length:
            self._fill(deadline)
        payload = bytes(self._buffer[start : start + length])
        del self._buffer[: start + length]
        return token, payload

    def close(self):
        """Close this end."""
        self._sock.close()

    def _seek(self, tokens):
        """Drop what stands before the first awaited token; return that token."""
        found = [(self._buffer.find(token), token) for token in tokens]
        place, token = min((f for f in found if f[0] >= 0), default=(-1, None))
        noise = place if token else max(0, len(self._buffer) - _TOKEN_BYTES + 1)
        del self._buffer[:noise]
        self._noise_left -= noise
        if self._noise_left < 0:
            raise ChannelFlooded
        return token

    def _fill(self, deadline):
        self._set_timeout(deadline)
        try:
            data = self._sock.recv(_CHUNK)
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosed from error
        if not data:
            raise ChannelClosed
        self._buffer += data

    def _set_timeout(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)


def read_command(sock):
    """Wait for the next command, at the end that obeys; return its header and body.

    Raises `EOFError` when the grader closed the channel.
    """
    (length,) = _LENGTH.unpack(_read(sock, _LENGTH.size))
    header, _, body = _read(sock, length).partition(b"\n")
    return json.loads(header), body


def reply(sock, command, payload):
    """Answer a command, at the end that obeys."""
    token = bytes.fromhex(command["token"])
    sock.sendall(token + _LENGTH.pack(len(payload)) + payload)


def _read(sock, count):
    parts = []
    while count:
        part = sock.recv(min(count, _CHUNK))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
