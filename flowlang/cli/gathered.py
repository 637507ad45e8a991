"""What a server shows of thousands of observations a second: those of a moment are made lines of and written
together. One by one, each between two steps of a call, they take three times as long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import trio

from flowlang.model.observations import Observation

_log = logging.getLogger(__name__)

_TOGETHER = 0.02
"""Seconds from one writing to the next: nobody sees it."""


class Gathered:
    """Call it with an observation: `run` has `shown_by` show it, with those that come soon after, and `flush`
    what is left. `line` takes the lines that come of that."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.shown_by: Callable[[Observation], None] | None = None
        self._write = write
        self._waiting: list[Observation] = []
        self._lines: list[str] = []
        self._wanted = trio.Event()

    def __call__(self, observation: Observation) -> None:
        self._waiting.append(observation)
        if len(self._waiting) == 1:
            self._wanted.set()

    def line(self, line: str) -> None:
        """One line of what is shown now."""
        self._lines.append(line)

    async def run(self) -> None:
        """Shows until cancelled."""
        while True:
            await self._wanted.wait()
            self.flush()
            await trio.sleep(_TOGETHER)

    def flush(self) -> None:
        """Shows what waits."""
        if not self._waiting:
            return
        self._wanted = trio.Event()
        waiting, self._waiting = self._waiting, []
        try:
            for each in waiting:
                if self.shown_by is not None:
                    self.shown_by(each)
        except Exception:  # noqa: BLE001 (a mistake in showing costs nobody his call)
            _log.exception("what happens is shown no longer: that failed")
            self.shown_by = None
        if self._lines:
            lines, self._lines = self._lines, []
            self._write("\n".join(lines))
