"""The legs of one activeflow by number: its caller's, and those that it placed."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flowlang.model.causes import DECLINED
from flowlang.model.commands import Answer, BackendCommand, Bridge, GiveBack, HangUp, PlaceCall, TakePlace
from flowlang.model.events import CALLER_LEG, CallAnswered, CallRefused
from flowlang.model.results import Done, Failed

from .border import BridgingLeg, Finish, Inbox, Leg, nothing
from .leg_inbox import LegInbox

_MOST_GONE = 20
"""Legs that are over and kept for whoever they are being handed to: as many as one `dial` places."""

Place = Callable[[PlaceCall, Inbox, Leg | None], Leg | Failed]
"""Begins to call on behalf of the caller's leg, as `border.Placer.place`; `Failed` where nothing here can."""


class Legs:
    """`caller` is `None` for an activeflow that has none."""

    __slots__ = ("_gone", "_inboxes", "_legs", "_owner", "_place")

    def __init__(self, owner: Inbox, caller: Leg | None, place: Place) -> None:
        self._owner = owner
        self._place = place
        self._legs: dict[int, Leg] = {} if caller is None else {CALLER_LEG: caller}
        self._inboxes: dict[int, LegInbox] | None = None
        """Of the legs that it placed, and of its caller's where that is lent; made with the first."""
        self._gone: dict[int, tuple[Leg, LegInbox]] | None = None
        """The newest of those that are over."""

    def announce(self, command: Answer) -> None:
        """This will be performed when all up to now is on disk: what a leg tells its host now is so too."""
        announce: Callable[[Answer], None] | None = getattr(self._legs.get(command.leg), "announce", None)
        if announce is not None:
            announce(command)

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command and returns how to cancel it; see `border.Leg`."""
        if isinstance(command, PlaceCall):
            finish(self._call(command))
            return nothing
        if isinstance(command, TakePlace | GiveBack):
            if isinstance(command, TakePlace):
                self._replace(command)
            else:
                self._give_back(command.leg)
            finish(Done())
            return nothing
        leg = self._legs.get(command.leg)
        if leg is None:
            text = f"`{command.name}` needs a caller, and this activeflow has none"
            finish(Failed("no_caller", text))
            return nothing
        if isinstance(command, Bridge):
            other = self._legs.get(command.other)
            if other is not None:
                cast("BridgingLeg", leg).bridge(other, early=command.early)
            finish(Done())
            return nothing
        if not isinstance(command, HangUp) or command.leg == CALLER_LEG:
            return leg.perform(command, finish)
        if self._inboxes is not None and command.leg in self._inboxes:
            self._inboxes[command.leg].take_back()
        cancel = leg.perform(command, finish)
        self._forget(command.leg)
        return cancel

    def _call(self, command: PlaceCall) -> Done | Failed:
        inbox = LegInbox(self._owner, command.leg, self._forget)
        leg = self._place(command, inbox, self._legs.get(CALLER_LEG))
        if isinstance(leg, Failed):
            return leg
        if self._inboxes is None:
            self._inboxes = {}
        self._inboxes[command.leg] = inbox
        self._legs[command.leg] = leg
        return Done()

    def _replace(self, command: TakePlace) -> None:
        before = self._legs.pop(command.leg)
        before.release()  # first: his end is not that of who takes his place
        before.perform(HangUp(command.leg, DECLINED), lambda _result: None)
        self._legs[command.leg], inbox = self.take_out(command.other)
        inbox.hand_to(self._owner)

    def _forget(self, number: int) -> None:
        """A leg that was placed is over, or given up."""
        leg = self._legs.pop(number, None)
        inbox = self._inboxes.pop(number, None) if self._inboxes is not None else None
        if leg is None:
            return
        leg.release()
        if inbox is not None:
            if self._gone is None:
                self._gone = {}
            elif len(self._gone) == _MOST_GONE:
                del self._gone[next(iter(self._gone))]
            self._gone[number] = leg, inbox

    def take_out(self, number: int) -> tuple[Leg, LegInbox]:
        """A leg that becomes another activeflow's; it may be over since that was decided."""
        if number not in self._legs and self._gone is not None:
            return self._gone.pop(number)
        assert self._inboxes is not None
        return self._legs.pop(number), self._inboxes.pop(number)

    def hand_out(self, number: int, *, lent: bool) -> tuple[Leg, LegInbox]:
        """A leg that becomes another activeflow's, or is lent to it."""
        if not lent or number not in self._legs:
            return self.take_out(number)
        assert self._inboxes is not None
        return self._legs[number], self._inboxes[number]

    def borrow(self, inbox: LegInbox) -> None:
        """The caller's leg is lent by another activeflow."""
        self._inboxes = {CALLER_LEG: inbox}

    def _give_back(self, number: int) -> None:
        self._legs.pop(number, None)
        inbox = self._inboxes.pop(number, None) if self._inboxes is not None else None
        if inbox is not None:
            inbox.give_back(CallAnswered(CALLER_LEG))

    def release(self) -> None:
        """The activeflow is over. A leg that was lent and not given back did not pass."""
        if self._inboxes is not None and CALLER_LEG in self._inboxes:
            self._inboxes[CALLER_LEG].give_back(CallRefused(CALLER_LEG, DECLINED, "not confirmed"))
        for leg in self._legs.values():
            leg.release()
        self._legs.clear()
        self._inboxes = self._gone = None
        del self._owner  # it holds this; the two would be left to the garbage collector
