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
    """Fires once, unless it is cancelled before. Those of a flow are in order: by due time, then deadlines
    before waits, outer before inner, then by creation."""

    __slots__ = ("_act", "_depth", "_kind", "_number", "_timers", "due", "live", "queued")

    def __init__(
        self, due: int, kind: TimerClass, depth: int, number: int, act: Callable[[], object], timers: Timers
    ) -> None:
        self.due = due
        self.live = True
        self.queued = True
        self._kind = kind
        self._depth = depth
        self._number = number
        self._act = act
        self._timers = timers

    def __lt__(self, other: Timer) -> bool:
        if self.due != other.due:
            return self.due < other.due
        mine = self._kind, self._depth, self._number
        return mine < (other._kind, other._depth, other._number)

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
                self._timers.forget()


class Timers:
    """A heap, in the order in which they fire."""

    __slots__ = ("_created", "_dead", "_heap")

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._created = 0
        self._dead = 0

    def __len__(self) -> int:
        return len(self._heap) - self._dead

    def add(self, due: int, kind: TimerClass, depth: int, act: Callable[[], object]) -> Timer:
        """A timer that calls `act` in an input at `due` or later; `depth` orders deadlines of the same
        time."""
        self._created += 1
        timer = Timer(due, kind, depth, self._created, act, self)
        if self._heap:
            heappush(self._heap, timer)
        else:
            self._heap = [timer]  # many have one only: this list has room for no more
        return timer

    def forget(self) -> None:
        """One more entry of the heap is dead; more dead than alive, and they are swept out."""
        self._dead += 1
        if self._dead > 8 and self._dead * 2 > len(self._heap):
            self._heap = [timer for timer in self._heap if timer.live]
            heapify(self._heap)
            self._dead = 0

    def next_due(self) -> int | None:
        """When the earliest is due."""
        while self._heap and not self._heap[0].live:
            heappop(self._heap)
            self._dead -= 1
        return self._heap[0].due if self._heap else None

    def any_due(self, at: int) -> bool:
        """Whether `take_due` is worth a call."""
        return bool(self._heap) and self._heap[0].due <= at

    def take_due(self, at: int) -> list[Timer]:
        """All that are due, in order, taken out. One may be cancelled by another that fires before it."""
        due: list[Timer] = []
        heap = self._heap
        while heap and heap[0].due <= at:
            timer = heappop(heap)
            if timer.live:
                timer.queued = False
                due.append(timer)
            else:
                self._dead -= 1
        return due
