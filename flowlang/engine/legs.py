"""The legs of one activeflow: its caller's, and those that it placed, by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from flowlang.backends.border import Backend, BridgingLeg, Finish, Leg, Outgoing, Placer
from flowlang.backends.leg_inbox import LegInbox
from flowlang.model.commands import BackendCommand, Bridge, HangUp, PlaceCall
from flowlang.model.events import CALLER_LEG
from flowlang.model.results import Done, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .engine import Engine
    from .running import Running


class Legs:
    """`caller` is `None` for an activeflow that has none."""

    __slots__ = ("_engine", "_inboxes", "_legs", "_owner")

    def __init__(self, engine: Engine, owner: Running, caller: Leg | None) -> None:
        self._engine = engine
        self._owner = owner
        self._legs: dict[int, Leg] = {} if caller is None else {CALLER_LEG: caller}
        self._inboxes: dict[int, LegInbox] | None = None

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command and returns how to cancel it; see `border.Leg`."""
        if isinstance(command, PlaceCall):
            return self._place(command, finish)
        leg = self._legs.get(command.leg)
        if leg is None:
            text = f"`{command.name}` needs a caller, and this activeflow has none"
            finish(Failed("no_caller", text))
        elif isinstance(command, Bridge):
            other = self._legs.get(command.other)
            if other is not None:
                cast("BridgingLeg", leg).bridge(other)
            finish(Done())
        elif isinstance(command, HangUp) and command.leg != CALLER_LEG:
            withdraw = leg.perform(command, finish)
            self._forget(command.leg)
            return withdraw
        else:
            return leg.perform(command, finish)
        return _nothing

    def _place(self, command: PlaceCall, finish: Finish) -> Callable[[], None]:
        placer = self._engine.placer
        if placer is None:
            finish(Failed("no_backend", "no backend here can place calls"))
            return _nothing
        outgoing = Outgoing(
            self._engine.new_id(), command.to, command.source, command.display, command.anonymous
        )
        inbox = LegInbox(self._owner, command.leg, self._forget)
        if self._inboxes is None:
            self._inboxes = {}
        self._inboxes[command.leg] = inbox
        flow = self._owner.flow
        self._engine.records.placed(outgoing, self._engine.now(), flow.id, flow.opening.flow)
        self._legs[command.leg] = placer.place(outgoing, inbox)
        finish(Done())
        return _nothing

    def _forget(self, number: int) -> None:
        """A leg that was placed is over, or given up."""
        leg = self._legs.pop(number, None)
        if leg is not None:
            leg.release()
        if self._inboxes is not None:
            self._inboxes.pop(number, None)

    def take_out(self, number: int) -> tuple[Leg, LegInbox]:
        """A leg that becomes another activeflow's."""
        assert self._inboxes is not None
        return self._legs.pop(number), self._inboxes.pop(number)

    def release(self) -> None:
        """The activeflow is over."""
        for leg in self._legs.values():
            leg.release()


def placer_of(backends: Iterable[Backend]) -> Placer | None:
    """The first backend that can place calls."""
    able = (each for each in backends if PlaceCall.name in each.commands)
    return cast("Placer | None", next(able, None))


def _nothing() -> None:
    pass
