"""The engine's clock: microseconds since 1970-01-01 UTC, driven by trio's clock so that a virtual one drives
it too."""

from __future__ import annotations

from collections.abc import Callable

import trio

from flowlang.model.values import SECOND


class Clock:
    """Set once from `wall`, the time of day in seconds; from then on it goes as trio's clock goes, never
    back."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._current = trio.lowlevel.current_clock().current_time  # asked for a dozen times a call
        self._offset = round(wall() * SECOND) - round(self._current() * SECOND)

    def now(self) -> int:
        """The time."""
        # Rounded, so that a time comes back from `to_trio` as it went: cut off it could stay short of it.
        return round(self._current() * SECOND) + self._offset

    def to_trio(self, at: int) -> float:
        """A time as trio's clock will show it."""
        return (at - self._offset) / SECOND
