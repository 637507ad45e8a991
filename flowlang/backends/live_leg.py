"""A simulated leg under trio: time is trio's, and one can wait for what becomes of the call.

A task exists only while something is heard.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from .border import Host, Incoming
from .simulated_leg import Heard, LegState, Pace, SimulatedLeg


class LiveLeg(SimulatedLeg):
    """See `SimulatedLeg`; `nursery` is where its task runs."""

    def __init__(
        self,
        host: Host,
        nursery: trio.Nursery,
        incoming: Incoming,
        pace: Pace,
        watch: Callable[[LegState | Heard], None] = lambda _change: None,
    ) -> None:
        super().__init__(host, self._after, incoming, pace, watch)
        self._nursery = nursery
        self._waiting = trio.lowlevel.ParkingLot()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Waits until a condition on this leg holds; it is looked at after each change."""
        while not condition():
            await self._waiting.park()

    def changed(self) -> None:
        """Lets those who wait look."""
        self._waiting.unpark_all()

    def _after(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        scope = trio.CancelScope()

        async def pass_time() -> None:
            with scope:
                await trio.sleep(seconds)
            if not scope.cancel_called:
                act()

        self._nursery.start_soon(pass_time)
        return scope.cancel
