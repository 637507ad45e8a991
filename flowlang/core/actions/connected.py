"""The caller connected with a leg that `dial` placed, to the end of that, transfers included.

Whoever of the two asks for a transfer gives his place to somebody else: the target is dialled as any other,
under the same policy, and takes the place once it answers. Until then nothing changes, but that who asked may
leave already, as phones do (RFC 5589 section 6.1). Where who asked talks to the target already, by a server
of somebody else's, the call takes the place of that one there.
"""

from __future__ import annotations

from typing import NamedTuple

from flowlang.model.causes import DECLINED
from flowlang.model.commands import Bridge, Press, ReportTransfer, TakePlace
from flowlang.model.events import CALLER_LEG, CallAnswered, CallEnded, CallRefused, TransferAsked
from flowlang.model.values import Outcome

from ..legs import LegEvent, PlacedLeg
from ..mailbox import Mailbox
from ..outbox import unheard
from ..strand import WhenLeft
from ..timers import Timer
from .placing import may_place, place_transferred, ringing_time
from .stage import Stage

_OK, _FORBIDDEN, _TIMEOUT, _PENDING = 200, 403, 408, 491  # RFC 3261 §21


class _News(NamedTuple):
    """`leg` is `None` for the caller's; `event` is `None` where a target has rung for long enough."""

    leg: PlacedLeg | None
    event: LegEvent | None


class Connected:
    """`leg` is the one that the caller is connected with."""

    def __init__(self, stage: Stage, leg: PlacedLeg) -> None:
        self.leg = leg
        self._stage = stage
        self._box: Mailbox[_News] = Mailbox(stage.strand, WhenLeft.TOLD)
        self._coming: PlacedLeg | None = None
        self._by_caller = False
        self._left: str | None = None
        """Why the one that asked for the transfer under way has left already."""
        self._timer: Timer | None = None
        leg.take = self._took
        stage.flow.legs.connected = self._of_caller
        stage.flow.legs.through = self._press

    async def until_over(self) -> str:
        """Waits; the cause of its end."""
        while True:
            leg, event = await self._box.get()
            match event:
                case TransferAsked(to=to, replaces=replaces):
                    self._begin(leg, to, replaces)
                case CallEnded(cause=cause) if leg is self.leg:
                    if self._coming is None or self._by_caller:
                        return cause
                    self._left = cause
                case CallEnded(cause=cause) if leg is None:
                    self._left = cause
                case CallAnswered() if leg is not None and leg is self._coming:
                    self._succeed(leg)
                case CallRefused() | CallEnded() | None if leg is self._coming:
                    self._fail(event.status if isinstance(event, CallRefused) else _TIMEOUT)
                    if self._left is not None:
                        return self._left
                case _:
                    pass

    def give_up(self) -> None:
        """However it was left: no leg is left."""
        legs = self._stage.flow.legs
        legs.connected = legs.through = None
        self._stop_timer()
        for each in (self.leg, self._coming):
            if each is not None:
                legs.hang_up(each)

    def join(self) -> None:
        """Lets the two hear each other."""
        self._stage.begin(Bridge(CALLER_LEG, self.leg.number), unheard)

    def _press(self, digit: str) -> None:
        self._stage.begin(Press(self.leg.number, digit), unheard)

    def _took(self, leg: PlacedLeg, event: LegEvent) -> None:
        self._box.put(_News(leg, event))

    def _of_caller(self, event: CallEnded | TransferAsked) -> bool:
        """Whether the caller's leaving is not the end: he has asked for somebody in his place."""
        if isinstance(event, CallEnded) and not (self._coming is not None and self._by_caller):
            return False
        self._box.put(_News(None, event))
        return True

    # Transfers.

    def _begin(self, asks: PlacedLeg | None, to: str, replaces: str | None) -> None:
        stage = self._stage
        number = CALLER_LEG if asks is None else asks.number
        if asks not in (None, self.leg):
            return
        if self._coming is not None:
            self._report(number, _PENDING)
        elif not may_place(stage, to, "a transfer"):
            self._report(number, _FORBIDDEN)
        else:
            self._by_caller = asks is None
            self._coming = coming = place_transferred(stage, to, replaces, self._took)
            self._timer = ringing_time(stage, lambda: self._box.put(_News(coming, None)))

    def _succeed(self, coming: PlacedLeg) -> None:
        flow = self._stage.flow
        by = "caller" if self._by_caller else "agent"
        if self._left is None:
            self._report(CALLER_LEG if self._by_caller else self.leg.number, _OK)
        if self._by_caller:
            flow.legs.let_go(coming)
            self._stage.begin(TakePlace(CALLER_LEG, coming.number), unheard)
        else:
            flow.legs.hang_up(self.leg)
            self.leg = coming
        self._coming = self._left = None
        self._stop_timer()
        self.join()
        flow.events.tell(Outcome("transferred", {"by": by, "to": coming.to, "text": coming.to}))

    def _fail(self, status: int) -> None:
        flow = self._stage.flow
        assert self._coming is not None
        flow.legs.hang_up(self._coming)
        self._coming = None
        self._stop_timer()
        if self._left is None:
            self._report(CALLER_LEG if self._by_caller else self.leg.number, status or DECLINED)
        elif self._by_caller:
            flow.caller_left(Outcome("hangup", {"cause": self._left}))

    def _report(self, number: int, status: int) -> None:
        self._stage.begin(ReportTransfer(number, status), unheard)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
