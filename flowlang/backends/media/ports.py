"""Which RTP port is taken next: one by chance of those that have rested, so that nobody outside knows where
the next call is heard, and what still comes for a call that ended does not reach another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from flowlang.rtp import RandomBits

REST = 32.0
"""Seconds. So long, 64*T1, a peer may speak on whose BYE, or whose answer to ours, is lost (RFC 3261
§17.1.2.2)."""


class Ports:
    """The even ports from `first` to `last` of one address of ours that are not taken."""

    def __init__(self, first: int, last: int, random: RandomBits) -> None:
        self._random = random
        self._rested = list(range(first + first % 2, last + 1, 2))
        self._resting: deque[tuple[int, float]] = deque()  # with when they were given back, in that order

    def take(self, bind: Callable[[int], bool], now: float) -> bool:
        """Take the first that can be bound; False where none can. What has not rested comes last, the longest
        free first."""
        passed_over: list[int] = []
        try:
            while (port := self._next(now)) is not None:
                passed_over.append(port)
                if bind(port):
                    passed_over.pop()
                    return True
            return False
        finally:
            for port in passed_over:  # somebody else's
                self.give_back(port, now)

    def give_back(self, port: int, now: float) -> None:
        """It is closed."""
        self._resting.append((port, now))

    def _next(self, now: float) -> int | None:
        resting, rested = self._resting, self._rested
        while resting and now - resting[0][1] >= REST:
            rested.append(resting.popleft()[0])
        if not rested:
            return resting.popleft()[0] if resting else None
        chosen = self._random.getrandbits(32) % len(rested)
        rested[chosen], rested[-1] = rested[-1], rested[chosen]
        return rested.pop()
