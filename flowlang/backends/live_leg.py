"""Simulated legs under trio: time is trio's, and one can wait for what becomes of a call.

A task exists only while something is heard.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from .border import CallHost, Inbox, Incoming, Later, Outgoing
from .pace import Pace
from .simulated_callee import SimulatedCallee
from .simulated_leg import Heard, LegState, SimulatedLeg


class _Live(SimulatedLeg):
    """What lets others wait."""

    _waiting: trio.lowlevel.ParkingLot

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Waits until a condition on the leg of who is at its far end now holds; it is looked at after each
        change, also where he is at the far end of another by then."""
        waiting = self._waiting
        while not condition():
            await waiting.park()

    def changed(self) -> None:
        """Lets those who wait look."""
        self._waiting.unpark_all()

    def _trade(self, other: SimulatedLeg) -> None:
        super()._trade(other)
        if isinstance(other, _Live):
            self._waiting, other._waiting = other._waiting, self._waiting


class LiveLeg(_Live):
    """See `SimulatedLeg`; `nursery` is where its task runs."""

    def __init__(
        self,
        host: CallHost,
        nursery: trio.Nursery,
        incoming: Incoming,
        pace: Pace,
        watch: Callable[[LegState | Heard], None] = lambda _change: None,
    ) -> None:
        self._waiting = trio.lowlevel.ParkingLot()
        super().__init__(host, _after(nursery), incoming, pace, watch)


class LiveCallee(_Live, SimulatedCallee):
    """See `SimulatedCallee`."""

    def __init__(
        self, host: CallHost, nursery: trio.Nursery, outgoing: Outgoing, inbox: Inbox, pace: Pace
    ) -> None:
        self._waiting = trio.lowlevel.ParkingLot()
        SimulatedCallee.__init__(self, host, _after(nursery), outgoing, inbox, pace)


def _after(nursery: trio.Nursery) -> Later:
    """How something is done later."""

    def later(seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        scope = trio.CancelScope()

        async def pass_time() -> None:
            with scope:
                await trio.sleep(seconds)
            if not scope.cancel_called:
                act()

        nursery.start_soon(pass_time)
        return scope.cancel

    return later
