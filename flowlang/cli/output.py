"""Lines to standard output or error.

Whoever reads them may leave (`flow run … | head`): then they go nowhere, and what runs goes on. Where there
may be thousands a second they are written together, which takes a tenth of the time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TextIO

import trio

_TOGETHER = 0.02
"""Seconds from one writing to the next: nobody sees it."""


class Lines:
    """Call it with a line; it is out when the call returns."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            to_nowhere(self._stream)


class GatheredLines:
    """Call it with a line; `run` writes it, with those that come soon after, `flush` what is left."""

    def __init__(self, write: Lines) -> None:
        self._write = write
        self._waiting: list[str] = []
        self._wanted = trio.Event()

    def __call__(self, line: str) -> None:
        self._waiting.append(line)
        if len(self._waiting) == 1:
            self._wanted.set()

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._wanted.wait()
            self.flush()
            await trio.sleep(_TOGETHER)

    def flush(self) -> None:
        """Writes what waits."""
        if self._waiting:
            self._wanted = trio.Event()
            waiting, self._waiting = self._waiting, []
            self._write("\n".join(waiting))


def to_nowhere(stream: TextIO) -> None:
    """What is written from here on is lost. As Python's `signal` documents it: what is buffered must not fail
    when the interpreter ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
