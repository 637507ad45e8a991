"""Timer values, and one heap for every timer of an agent."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVarTuple

Given = TypeVarTuple("Given")

_FEWEST_TO_SWEEP = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """What an agent may be set to. Times are in seconds; `t2` and `t4` follow `t1` unless given (RFC 3261
    §17.1.1.1)."""

    t1: float = 0.5
    """Round-trip estimate; everything below scales with it."""
    t2: float | None = None
    """Longest retransmission interval: 4 s at the RFC's T1."""
    t4: float | None = None
    """Longest life of a message in the network: 5 s at the RFC's T1."""
    ring_repeat: float = 60.0
    """A provisional response is repeated this often while the call is unanswered (§13.3.1.1)."""
    longest_ringing: float = 181.0
    """Timer C: nothing new for so long after a provisional, and the call is given up (§16.6 step 11)."""
    trying_after: float = 0.0
    """The 100 to an INVITE waits so long for a response that makes it needless: up to 200 ms, where the user
    mostly responds by then (§17.2.1)."""
    product: str = "flowlang"
    """What stands in Server and User-Agent."""

    @property
    def longest_interval(self) -> float:
        """T2."""
        return 8 * self.t1 if self.t2 is None else self.t2

    @property
    def network_life(self) -> float:
        """T4."""
        return 10 * self.t1 if self.t4 is None else self.t4

    @property
    def lifetime(self) -> float:
        """64*T1: timers B, D, F, H, J, L, M, and the wait for the ACK to a 2xx."""
        return 64 * self.t1


class Timer:
    """What `schedule` gives; `callback` is None once it fired or was cancelled. It is called with `given` and
    the time."""

    __slots__ = ("callback", "given")

    def __init__(self, callback: Callable[..., None], given: tuple[object, ...]) -> None:
        self.callback: Callable[..., None] | None = callback
        self.given = given


class TimerHeap:
    """Timers by time, equal ones by creation. Cancelled entries are swept when they are the greater part."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []  # tuples compare without a call of Python code
        self._order = 0
        self._dead = 0

    def __len__(self) -> int:
        return len(self._heap) - self._dead

    def schedule(self, at: float, callback: Callable[[*Given, float], None], *given: *Given) -> Timer:
        """Call `callback(*given, now)` in the first `fire(now)` with `now >= at`."""
        self._order += 1
        timer = Timer(callback, given)
        heapq.heappush(self._heap, (at, self._order, timer))
        return timer

    def cancel(self, timer: Timer) -> None:
        """Never call it; nothing happens if it has fired already."""
        if timer.callback is None:
            return
        timer.callback = None
        self._dead += 1
        if self._dead > _FEWEST_TO_SWEEP and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].callback is not None]
            heapq.heapify(self._heap)
            self._dead = 0

    def next_deadline(self) -> float | None:
        """When the first timer is due, None if there is none."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            heapq.heappop(heap)
            self._dead -= 1
        return heap[0][0] if heap else None

    def fire(self, now: float) -> None:
        """Call everything due, in order; what that schedules for now or before is called too."""
        while (at := self.next_deadline()) is not None and at <= now:
            _, _, timer = heapq.heappop(self._heap)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback(*timer.given, now)
