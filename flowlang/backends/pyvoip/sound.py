"""What goes out of a call: μ-law bytes that pyVoIP's transmitter thread fetches, a packet at a time.

It stands in for pyVoIP's `RTPPacketManager` of what is to be sent, which forgets nothing and cannot be cut.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

SILENCE = b"\xff"
"""Of μ-law (G.711 table 2a)."""


class Sound:
    """One call's; safe to use from several threads. One thing is heard at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data = b""
        self._position = 0
        self._done: Callable[[], None] | None = None

    def play(self, data: bytes, done: Callable[[], None]) -> None:
        """Lets it be heard in place of what was; `done` is called in the transmitter's thread when its last
        packet's time is over."""
        with self._lock:
            self._data, self._position, self._done = data, 0, done

    def stop(self, done: Callable[[], None]) -> None:
        """Cuts what was given with this `done`, where it is still heard; then that is not called."""
        with self._lock:
            if self._done is done:
                self._data, self._done = b"", None

    def read(self, length: int = 160) -> bytes:
        """The next packet's bytes."""
        done = None
        with self._lock:
            chunk = self._data[self._position : self._position + length]
            self._position += len(chunk)
            if not chunk:
                done, self._done = self._done, None
        if done is not None:
            done()
        return chunk + SILENCE * (length - len(chunk))


class Deaf:
    """In the place of pyVoIP's buffer of what came in: nobody reads it, and it would grow as long as a call
    lasts."""

    def read(self, length: int = 160) -> bytes:
        """Nothing."""
        return b"\x80" * length

    def write(self, offset: int, data: bytes) -> None:
        """Forgets it."""
