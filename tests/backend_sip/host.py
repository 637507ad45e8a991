"""An engine that is not there: a scripted host whose calls a test takes into its own hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import trio

from flowlang.backends.border import Incoming, Leg, Refusal
from flowlang.model.commands import BackendCommand, Say
from flowlang.model.events import CallEnded, DigitPressed, Event
from flowlang.model.observations import Observation
from flowlang.model.results import Result
from flowlang.model.values import SECOND

T = TypeVar("T")


def say(text: str, *, early: bool = False) -> Say:
    return Say(0, text, None, None, early)


@dataclass(eq=False)
class TakenCall:
    """One call that the host took. `seen` is all that came of it, in order: events and results."""

    incoming: Incoming
    leg: Leg
    activeflow: str = "flow-1"
    seen: list[Event | Result] = field(default_factory=list)
    _changed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def why_refused(self, to: str) -> str | None:
        return None

    def deliver(self, event: Event) -> None:
        self._see(event)

    def begin(self, command: BackendCommand) -> Callable[[], None]:
        """Give a command; its result will be `seen`."""
        return self.leg.perform(command, self._see)

    async def do(self, command: BackendCommand) -> Result:
        """Give a command and wait for its result."""
        results: list[Result] = []

        def finish(result: Result) -> None:
            results.append(result)
            self._see(result)

        self.leg.perform(command, finish)
        await self.until(lambda: bool(results))
        return results[0]

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.park()

    async def wait_for(self, kind: type[T], count: int = 1) -> T:
        """The nth of what is seen of this kind."""
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    def of(self, kind: type[T]) -> list[T]:
        return [each for each in self.seen if isinstance(each, kind)]

    @property
    def digits(self) -> str:
        return "".join(each.digit for each in self.of(DigitPressed))

    @property
    def endings(self) -> list[str]:
        return [each.cause for each in self.of(CallEnded)]

    def _see(self, what: Event | Result) -> None:
        self.seen.append(what)
        self._changed.unpark_all()


@dataclass
class FakeHost:
    """`refuse` is the status to refuse with."""

    refuse: int | None = None
    observed: list[Observation] = field(default_factory=list)
    calls: list[TakenCall] = field(default_factory=list)
    _came: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def offer(self, incoming: Incoming, leg: Leg) -> TakenCall | Refusal:
        call = TakenCall(incoming, leg)
        self.calls.append(call)
        self._came.unpark_all()
        return call if self.refuse is None else Refusal(self.refuse)

    def observe(self, observation: Observation) -> None:
        self.observed.append(observation)

    def now(self) -> int:
        return round(trio.current_time() * SECOND)

    async def next_call(self) -> TakenCall:
        """The last call that came, waited for if there is none yet."""
        while not self.calls:
            await self._came.park()
        return self.calls[-1]

    async def until_calls(self, count: int) -> None:
        """Returns when so many calls have come."""
        while len(self.calls) < count:
            await self._came.park()

    def of(self, kind: type[T]) -> list[T]:
        return [each for each in self.observed if isinstance(each, kind)]
