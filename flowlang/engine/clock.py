"""The engine's clock: microseconds since 1970-01-01 UTC, driven by trio's clock so that a virtual one drives
it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from flowlang.model.observations import Logged
from flowlang.model.values import SECOND

if TYPE_CHECKING:
    from .engine import Engine

_LOOK = 60.0  # seconds between two looks at the system's clock
_OFF = 60 * SECOND  # microseconds: more than a clock is set by that is kept right
_CORRECTED = 3_600 * SECOND
"""Microseconds by which the system's clock may have been set back since a process before wrote: an hour too
many by hand, or a machine whose clock stands while it is off. By more, what was written then is wrong."""


class Clock:
    """Set once from `wall`, the time of day in seconds; from then on it goes as trio's clock goes, never
    back. Nor behind `newest`, when a process before wrote last, where `wall` was only corrected since: who
    wrote to somebody first has the thread, whichever process that was in."""

    def __init__(self, wall: Callable[[], float], newest: int = 0) -> None:
        self._current = trio.lowlevel.current_clock().current_time  # asked for a dozen times a call
        began = round(wall() * SECOND)
        if 0 <= newest - began <= _CORRECTED:
            began = newest + 1
        self._offset = began - round(self._current() * SECOND)

    def now(self) -> int:
        """The time."""
        # Rounded, so that a time comes back from `to_trio` as it went: cut off it could stay short of it.
        return round(self._current() * SECOND) + self._offset

    def to_trio(self, at: int) -> float:
        """A time as trio's clock will show it."""
        return (at - self._offset) / SECOND


async def watch_clock(engine: Engine, wall: Callable[[], float]) -> None:
    """Tells, until cancelled, when the system's clock is set, or has stood still while the machine slept: the
    engine goes on by its own, so that no timer fires early or twice."""
    known = 0
    while True:
        await trio.sleep(_LOOK)
        ahead = round(wall() * SECOND) - engine.now()
        if abs(ahead - known) >= _OFF:
            known = ahead
            where = f"{abs(ahead) // SECOND} s {'ahead of' if ahead > 0 else 'behind'} flowlang's"
            goes = f"it is {where}: timers and records go by flowlang's until it is started again"
            again = "it agrees with flowlang's again"
            text = f"the system's clock was set: {goes if abs(ahead) >= _OFF else again}"
            engine.observed(Logged(engine.now(), "", text, 0, "warning"))
