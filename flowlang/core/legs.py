"""The legs that an activeflow placed: each goes by a number, and what becomes of it goes to the action that
owns it.

`dial` owns its legs until they are over; `call` until the leg has an activeflow of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowlang.model.addresses import number_of
from flowlang.model.causes import DECLINED, END_OF_FLOW, hangup_cause
from flowlang.model.commands import HangUp, PlaceCall
from flowlang.model.events import (
    CALLER_LEG,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallRefused,
    CallRinging,
    CallTransferred,
    CallUnheld,
    DigitPressed,
    TransferAsked,
)
from flowlang.model.results import Failed, Result
from flowlang.model.values import Outcome, Value

from .outbox import unheard

if TYPE_CHECKING:
    from .activeflow import Activeflow

LegEvent = CallRinging | CallAnswered | CallRefused | CallEnded | TransferAsked
AnyLegEvent = LegEvent | CallHeld | CallUnheld | CallTransferred | DigitPressed


class PlacedLeg:
    """One of them. `take` is told what becomes of it; `rang` whether it ever rang; `display` and `phone` are
    the name and the telephone number of who is there, where they are known."""

    __slots__ = ("display", "number", "phone", "rang", "take", "to")

    def __init__(self, number: int, to: str, take: Callable[[PlacedLeg, LegEvent], None]) -> None:
        self.number = number
        self.to = to
        self.take = take
        self.rang = False
        self.display: str | None = None
        self.phone: str | None = number_of(to)

    @property
    def agent(self) -> Value:
        """Who is there, as a script sees him."""
        return {"address": self.to, "number": self.phone, "name": self.display}

    def moved_to(self, to: str) -> None:
        """Somebody else is there now."""
        self.to, self.display, self.phone = to, None, number_of(to)


class Legs:
    """All that are not over. `connected` is told first what becomes of the caller's leg while it is connected
    with one of them, and says whether that was all."""

    __slots__ = ("_flow", "_live", "connected", "through")

    def __init__(self, flow: Activeflow) -> None:
        self._flow = flow
        self._live: dict[int, PlacedLeg] = {}
        self.connected: Callable[[CallEnded | TransferAsked], bool] | None = None
        self.through: Callable[[str], None] | None = None
        """Presses the caller's keys that nobody collects towards the leg that he is connected with."""

    def __len__(self) -> int:
        return len(self._live)

    @property
    def numbers(self) -> tuple[int, ...]:
        """What they go by."""
        return tuple(self._live)

    def place(
        self,
        to: str,
        source: str | None,
        display: str | None,
        take: Callable[[PlacedLeg, LegEvent], None],
        *,
        anonymous: bool,
        headers: dict[str, Value],
        replaces: str | None = None,
    ) -> PlacedLeg:
        """Calls somebody."""
        outbox = self._flow.outbox
        leg = PlacedLeg(outbox.number(), to, take)
        self._live[leg.number] = leg

        def placed(result: Result) -> None:
            if isinstance(result, Failed) and self._live.pop(leg.number, None) is not None:
                take(leg, CallRefused(leg.number, 0, result.text))

        outbox.perform(PlaceCall(leg.number, to, source, display, anonymous, headers, replaces), placed)
        return leg

    def take(self, event: AnyLegEvent) -> Outcome | None:
        """Something became of a leg; an event for the whole activeflow is given back."""
        leg = self._live.get(event.leg)
        match event:
            case _ if leg is None:  # it is given up, and what crossed that does not count
                return None
            case CallHeld() | CallUnheld():
                return Outcome(event.name, {"by": "agent", "held": "caller", "agent": leg.agent})
            case CallTransferred(to=to):
                leg.moved_to(to)
                return Outcome("transferred", {"by": "agent", "to": to, "text": to})
            case DigitPressed():  # it is heard by whoever the leg is connected with
                return None
            case CallEnded() | CallRefused():
                del self._live[leg.number]
            case CallRinging():
                leg.rang = True
            case CallAnswered(display=display, number=number):
                leg.display, leg.phone = display or leg.display, leg.phone or number
            case TransferAsked():
                pass
        leg.take(leg, event)
        return None

    def hang_up(self, leg: PlacedLeg, status: int = DECLINED) -> None:
        """Gives a leg up: cancels it, `status` says why, or ends it where it is up."""
        if self._live.pop(leg.number, None) is not None:
            self._flow.outbox.perform(HangUp(leg.number, status), unheard)

    def hang_up_all(self) -> None:
        """The activeflow is over."""
        for leg in tuple(self._live.values()):
            self.hang_up(leg)

    def give_up_ringing(self) -> None:
        """Whom we called, in an activeflow that began while he rang, has not answered in time."""
        flow = self._flow
        if not flow.answered and not flow.caller_gone:
            flow.outbox.perform(HangUp(CALLER_LEG, END_OF_FLOW), unheard)
            flow.caller_left(Outcome("hangup", {"cause": hangup_cause(END_OF_FLOW)}))

    def let_go(self, leg: PlacedLeg) -> None:
        """The leg is another activeflow's, or the caller's, from now on."""
        del self._live[leg.number]
