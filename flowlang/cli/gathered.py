"""Lines of a server, where there may be thousands a second: written together, which takes a tenth of the
time."""

from __future__ import annotations

import trio

from .output import Lines

_TOGETHER = 0.02
"""Seconds from one writing to the next: nobody sees it."""


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
