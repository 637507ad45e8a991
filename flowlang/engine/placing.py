"""How flows of an engine place calls, at the first backend that can.

Where the store is durable the record of a leg begins with the input that asked for it, and is on disk before
anything of the call goes out: whatever becomes of the process, each leg that somebody saw has its record.

What goes on after a crash may want to call before any backend runs: that waits, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from flowlang.backends.border import Backend, Finish, Inbox, Leg, Outgoing, Placer, nothing
from flowlang.backends.legs import Legs
from flowlang.model.commands import BackendCommand, HangUp, PlaceCall
from flowlang.model.observations import LegEnded
from flowlang.model.results import Done, Failed

if TYPE_CHECKING:
    from .engine import Engine

_Held = tuple[str, Legs, BackendCommand, Finish]
"""A command of an activeflow that waits."""


class Placing:
    """Of one engine; itself a `Place`."""

    def __init__(self, engine: Engine, backends: Iterable[Backend]) -> None:
        able = (each for each in backends if PlaceCall.name in each.commands)
        self._placer = cast("Placer | None", next(able, None))
        self._engine = engine
        self._announced: dict[tuple[str, int], str] = {}
        self._held: list[_Held] | None = None

    def hold(self) -> None:
        """What is asked of legs from now on waits, as no backend runs."""
        self._held = []

    def let_go(self) -> None:
        """The backends run."""
        held, self._held = self._held or (), None
        for activeflow, legs, command, finish in held:
            if self._engine.living(activeflow) is not None:
                legs.perform(command, finish)
            elif isinstance(command, PlaceCall):
                self._cancelled(activeflow, command.leg)

    def perform(
        self, activeflow: str, legs: Legs, command: BackendCommand, finish: Finish
    ) -> Callable[[], None]:
        """As `Legs.perform`. What waits cannot be cancelled, but by the end of its activeflow: the calls from
        before are gone, and those to come are not placed yet. A call that is given up meanwhile is never
        placed."""
        if self._held is None:
            return legs.perform(command, finish)
        if isinstance(command, HangUp) and (placed := self._waits(activeflow, command.leg)) is not None:
            self._held.remove(placed)
            self._cancelled(activeflow, command.leg)
            placed[-1](Done())
            finish(Done())
            return nothing
        self._held.append((activeflow, legs, command, finish))
        return nothing

    def _waits(self, activeflow: str, leg: int) -> _Held | None:
        """The call to this leg, where it waits."""
        for each in self._held or ():
            if each[0] == activeflow and isinstance(each[2], PlaceCall) and each[2].leg == leg:
                return each
        return None

    def _cancelled(self, activeflow: str, number: int) -> None:
        """A leg that has its record is not called."""
        if (leg := self._announced.pop((activeflow, number), None)) is not None:
            self._engine.observed(LegEnded(self._engine.now(), leg, "us", "cancelled", None))

    def announce(self, activeflow: str, flow: str, command: PlaceCall) -> None:
        """A flow will place a call as soon as all up to now is on disk."""
        if self._placer is not None:
            self._announced[activeflow, command.leg] = self._begin(activeflow, flow, command)

    def __call__(self, command: PlaceCall, inbox: Inbox, caller: Leg | None) -> Leg | Failed:
        """Places it."""
        if self._placer is None:
            return Failed("no_backend", "no backend here can place calls")
        leg = self._announced.pop((inbox.activeflow, command.leg), None)
        if leg is None:
            run = self._engine.run_of(inbox.activeflow)
            assert run is not None, "who asks for a leg lives"
            leg = self._begin(run.id, run.flow, command)
        outgoing = Outgoing(
            leg, command.to, command.source, command.display, command.anonymous, caller,
            {name: str(value) for name, value in command.headers.items()}, command.replaces,
        )  # fmt: skip
        return self._placer.place(outgoing, inbox)

    def _begin(self, activeflow: str, flow: str, command: PlaceCall) -> str:
        """Its record; the id of the leg."""
        leg = self._engine.new_id()
        now = self._engine.now()
        self._engine.records.placed(leg, command.source, command.to, now, activeflow, flow)
        return leg
