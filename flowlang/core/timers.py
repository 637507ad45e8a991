"""The timers of one activeflow."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heapify, heappop, heappush


class TimerClass(IntEnum):
    """Of timers due at the same time deadlines fire before waits."""

    DEADLINE = 0
    WAIT = 1


class Timer:
    """Fires once, unless it is cancelled before."""

    __slots__ = ("_act", "due", "live", "queued", "timers")

    def __init__(self, due: int, act: Callable[[], object], timers: Timers) -> None:
        self.due = due
        self.live = True
        self.queued = True
        self.timers = timers
        self._act = act

    def fire(self) -> None:
        """Does what it is for, unless it was cancelled meanwhile."""
        if self.live:
            self.live = False
            self._act()

    def cancel(self) -> None:
        """Forgets it; a second time does nothing."""
        if self.live:
            self.live = False
            if self.queued:
                self.timers.forget()


class Timers:
    """A heap by due time; then deadlines before waits, outer before inner, then by creation."""

    __slots__ = ("_created", "_dead", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, int, Timer]] = []
        self._created = 0
        self._dead = 0

    def __len__(self) -> int:
        return len(self._heap) - self._dead

    def add(self, due: int, kind: TimerClass, depth: int, act: Callable[[], object]) -> Timer:
        """A timer that calls `act` in an input at `due` or later; `depth` orders deadlines of the same
        time."""
        timer = Timer(due, act, self)
        self._created += 1
        heappush(self._heap, (due, kind, depth, self._created, timer))
        return timer

    def forget(self) -> None:
        """One more entry of the heap is dead; more dead than alive, and they are swept out."""
        self._dead += 1
        if self._dead > 8 and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[4].live]
            heapify(self._heap)
            self._dead = 0

    def next_due(self) -> int | None:
        """When the earliest is due."""
        while self._heap and not self._heap[0][4].live:
            heappop(self._heap)
            self._dead -= 1
        return self._heap[0][0] if self._heap else None

    def take_due(self, at: int) -> list[Timer]:
        """All that are due, in order, taken out. One may be cancelled by another that fires before it."""
        due: list[Timer] = []
        while (earliest := self.next_due()) is not None and earliest <= at:
            timer = heappop(self._heap)[4]
            timer.queued = False
            due.append(timer)
        return due
