"""Which ports have a turn at a tick: those that have something to send, and those whose rest is over.

Rules: a port that is at rest costs a tick nothing; when its turn comes again it is told how many ticks went
by without it, so that its media clock has lost nothing.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar


class Resting(Protocol):
    """What a port is to the roster."""

    def rested(self, ticks: int) -> None:
        """So many ticks went by."""
        ...


P = TypeVar("P", bound=Resting)


class Roster(Generic[P]):
    """`tick` is the number of the latest one."""

    def __init__(self) -> None:
        self.tick = 0
        self._awake: dict[P, None] = {}
        self._resting: dict[P, tuple[int, int | None]] = {}  # since this tick, until that one
        self._due: dict[int, dict[P, None]] = {}

    def add(self, port: P) -> None:
        """A new one, at rest until it is woken."""
        self.rest(port, None)

    def remove(self, port: P) -> None:
        """It is closed."""
        self._awake.pop(port, None)
        self._leave_rest(port)

    def rest(self, port: P, ticks: int | None) -> None:
        """It has nothing to do in the next so many ticks; `None`: until it is woken."""
        until = None if ticks is None else self.tick + ticks + 1
        self._awake.pop(port, None)
        self._resting[port] = (self.tick, until)
        if until is not None:
            self._due.setdefault(until, {})[port] = None

    def wake(self, port: P) -> None:
        """It has a turn from the next tick on."""
        since = self._leave_rest(port)
        if since is not None:
            self._awake[port] = None
            port.rested(self.tick - since)

    def begin_tick(self, skipped: int = 0) -> tuple[P, ...]:
        """Those that have a turn at the next tick, before which so many were left out: who was awake has to
        be told of these by the caller, before."""
        for number in range(self.tick + 1, self.tick + skipped + 2):
            for port in self._due.pop(number, ()):
                since, _ = self._resting.pop(port)
                self._awake[port] = None
                port.rested(self.tick + skipped - since)
        self.tick += skipped + 1
        return tuple(self._awake)

    @property
    def awake(self) -> tuple[P, ...]:
        """Those that are not at rest."""
        return tuple(self._awake)

    def _leave_rest(self, port: P) -> int | None:
        """Since which tick it was at rest, `None` where it was not."""
        found = self._resting.pop(port, None)
        if found is None:
            return None
        since, until = found
        if until is not None:
            due = self._due[until]
            del due[port]
            if not due:
                del self._due[until]
        return since
