"""A recording without sound: how long somebody spoke, and what ended it."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.model.commands import Record
from flowlang.model.results import Done
from flowlang.model.values import SECOND, Duration

from .border import Later


class SimulatedRecording:
    """One `Record` on a simulated leg. `over` is called once, with its result."""

    def __init__(
        self, now: Callable[[], int], later: Later, command: Record, over: Callable[[Done], None]
    ) -> None:
        self._now = now
        self._later = later
        self._command = command
        self._over = over
        self._began = now()
        self._spoken_until = 0
        self._ended = False
        self._silence: Callable[[], None] | None = None
        self._limit: Callable[[], None] | None = None
        if command.limit is not None:
            self._limit = later(command.limit / SECOND, lambda: self.stop("limit"))
        self._wait_for_silence(0)

    def hear(self, seconds: float) -> None:
        """Somebody speaks for so long."""
        self._spoken_until = self._now() + round(seconds * SECOND)
        self._wait_for_silence(seconds)

    def _wait_for_silence(self, seconds: float) -> None:
        if self._command.silence is None:
            return
        if self._silence is not None:
            self._silence()
        patience = seconds + self._command.silence / SECOND
        self._silence = self._later(patience, lambda: self.stop("silence"))

    def stop(self, by: str) -> None:
        """Ends it; a second time nothing happens."""
        if self._ended:
            return
        self._ended = True
        for call_off in (self._silence, self._limit):
            if call_off is not None:
                call_off()
        length = max(0, min(self._now(), self._spoken_until) - self._began)
        self._over(Done({"file": self._command.file, "duration": Duration(length), "by": by}))
