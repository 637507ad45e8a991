"""The run queue and the timer heap of all activeflows, worked off by one trio task.

Each activeflow in the queue gets a slice of about two milliseconds of processor time. One that has more to
do then goes to a queue of its own, from which one has its turn when the others are through, or when they have
had a slice: so those that spin hold up others by one turn, however many they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush

import trio

from flowlang.core import TimePassed

from .clock import Clock
from .running import Running

SLICE = 0.002
"""Seconds of processor time. Long against the switch to another (microseconds), short against a 20 ms audio
frame."""
_FEW = 64
"""Timers that are no work to go through, whatever they are."""


class Pump:
    """`processor_time` tells seconds that pass while work is done; a virtual clock does not."""

    def __init__(self, clock: Clock, processor_time: Callable[[], float]) -> None:
        self._clock = clock
        self._processor_time = processor_time
        self._queue: deque[Running] = deque()
        self._spinning: deque[Running] = deque()
        self._timers: list[tuple[int, int, Running]] = []
        self._pushed = 0
        self._waiting = 0
        self._wake = trio.Event()

    @property
    def timers(self) -> int:
        """How many activeflows wait for a time."""
        return self._waiting

    def queue(self, running: Running) -> None:
        """It has something to do."""
        if not running.queued:
            running.queued = True
            if not self._queue:  # else it is awake already
                self._wake.set()
            self._queue.append(running)

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            self._fire_due()
            if self._queue or self._spinning:
                self._work()
            if self._queue or self._spinning:
                await trio.lowlevel.checkpoint()
            else:
                await self._sleep()

    async def _sleep(self) -> None:
        self._wake = trio.Event()
        deadline = self._clock.to_trio(self._timers[0][0]) if self._timers else float("inf")
        with trio.move_on_at(deadline):
            await self._wake.wait()

    def _work(self) -> None:
        """Turns until a slice is used up or nothing is left to do; then one of those that spin has a turn."""
        queue, end = self._queue, self._processor_time() + SLICE
        while queue and not self._give_turns(queue.popleft(), end):
            pass
        if self._spinning:
            self._give_turns(self._spinning.popleft(), self._processor_time() + SLICE / 2)

    def _give_turns(self, running: Running, end: float) -> bool:
        """Whether that used the slice up."""
        running.queued = used_up = False
        more = running.has_work
        while more:
            more = running.turn()
            if used_up := self._processor_time() >= end:
                if more:
                    running.queued = True
                    self._spinning.append(running)
                break
        self.schedule(running)
        return used_up

    def schedule(self, running: Running) -> None:
        """Puts it among those that wait for a time, where it does."""
        flow = running.flow
        due = flow.next_deadline() if not flow.busy else None
        if due == running.scheduled:
            return
        self._waiting += (due is not None) - (running.scheduled is not None)
        running.scheduled = due
        if due is not None:
            self._pushed += 1
            heappush(self._timers, (due, self._pushed, running))
            self._sweep()

    def wake(self) -> None:
        """Looks at the timers anew."""
        self._wake.set()

    def forget(self, running: Running) -> None:
        """It waits for nothing here any more."""
        if running.scheduled is not None:
            running.scheduled = None
            self._waiting -= 1
            self._sweep()

    def _sweep(self) -> None:
        """Drops what is no longer due, where that is more than half of them: of many cancelled deadlines only
        the last of each activeflow counts."""
        if len(self._timers) <= max(_FEW, 2 * self._waiting):
            return
        self._timers = [each for each in self._timers if each[2].scheduled == each[0]]
        heapify(self._timers)

    def _fire_due(self) -> None:
        now = self._clock.now()
        while self._timers and self._timers[0][0] <= now:
            due, _, running = heappop(self._timers)
            if running.scheduled == due:
                running.scheduled = None
                self._waiting -= 1
                running.put(TimePassed(now))
