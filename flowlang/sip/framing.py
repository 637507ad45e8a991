"""Messages out of a stream (RFC 3261 §18.3): where one ends and the next begins, without I/O.

    framer = Framer()
    for found in framer.feed(data):     # Frame(message, last) or Ping()

A stream has no end of datagram, so Content-Length is the only thing that tells where a message ends: absent,
doubled, negative or too large, nobody knows where the next one starts. Such a frame has the head alone, which
`parse.py` refuses in its own words, and is the `last`: the stream is answered and closed, and nothing that
lies behind is read as a message (RFC 4475 §3.1.2.3, §3.3.9).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flowlang.sip.parse import HEAD_END, MAX_HEAD, MAX_MESSAGE

_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_DIGITS = re.compile(rb"[0-9]{1,6}")
_PING = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. Behind the `last` one the stream cannot be read."""

    data: bytes
    last: bool = False


@dataclass(frozen=True, slots=True)
class Ping:
    """A keep-alive that wants a CRLF back (RFC 5626 §3.5.1)."""


class Framer:
    """What came of one stream and is no whole message yet: at most a head and a body of the greatest size."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._length = 0  # of the message under way, once its head is there
        self._broken = False

    @property
    def under_way(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._buffer.strip(b"\r\n"))

    def feed(self, data: bytes) -> Iterator[Frame | Ping]:
        """What these bytes complete."""
        if self._broken:
            return
        self._buffer += data
        while not self._broken:
            if not self._length and self._drop_empty_lines():
                yield Ping()
            frame = self._next()
            if frame is None:
                return
            self._broken = frame.last
            yield frame

    def _drop_empty_lines(self) -> bool:
        """§7.5: empty lines before a start line mean nothing, but that two of them ask for an answer."""
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        whole = len(self._buffer) > blank  # a message follows: these are its own, no question
        if not blank or (not whole and bytes(self._buffer) in (b"\r", b"\r\n", b"\r\n\r")):
            return False
        asked = not whole and self._buffer[:blank].startswith(_PING)
        del self._buffer[:blank]
        self._searched = 0
        return asked

    def _next(self) -> Frame | None:
        if not self._length:
            end = HEAD_END.search(self._buffer, max(0, self._searched - 3), MAX_HEAD + 4)
            self._searched = len(self._buffer)
            if end is None:
                return self._take(MAX_HEAD, last=True) if len(self._buffer) > MAX_HEAD else None
            body = _content_length(bytes(self._buffer[: end.start()]))
            if body is None:
                return self._take(end.end(), last=True)
            self._length = end.end() + body
        return self._take(self._length) if len(self._buffer) >= self._length else None

    def _take(self, length: int, *, last: bool = False) -> Frame:
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._searched = self._length = 0
        return Frame(data, last)


def _content_length(head: bytes) -> int | None:
    """The length of the body, `None` where the head does not say it plainly and once."""
    found = _LENGTH.findall(_FOLD.sub(b" ", head))
    if len(found) != 1 or not _DIGITS.fullmatch(found[0].strip()):
        return None
    length = int(found[0])
    return length if length <= MAX_MESSAGE else None
