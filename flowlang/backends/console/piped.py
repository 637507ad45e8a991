"""Input from a pipe or a file: the world stands still until the next line is there.

A line is read only when the phone has come to rest, and then reading blocks everything, so that the same
input gives the same call every time. It belongs on a clock that jumps when all is idle
(`trio.testing.MockClock`): then nobody waits for a timeout either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import IO

_LONGEST_LINE = 4096  # bytes; a phone has fewer keys to press than that


class PipedTerminal:
    """Reads bytes, so that what is no UTF-8 is a wrong line and not a failure."""

    live = False

    def __init__(self, source: IO[bytes], show: Callable[[str], None]) -> None:
        self._source = source
        self._show = show

    def attached(self) -> AbstractContextManager[None]:
        """A pipe needs no preparation."""
        return nullcontext()

    def write(self, line: str) -> None:
        """Shows a line."""
        self._show(line)

    async def read(self, ready: Callable[[], Awaitable[None]]) -> str:
        """The next line, once the phone has come to rest."""
        await ready()
        line = self._source.readline(_LONGEST_LINE)
        if not line:
            raise EOFError
        return line.decode("utf-8", errors="replace").rstrip("\r\n")
