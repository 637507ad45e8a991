"""`dial`: places legs, connects the caller with the first that answers, and owns all of them to its end."""

from __future__ import annotations

from flowlang.model.commands import Bridge, Ring
from flowlang.model.events import CALLER_LEG, CallAnswered, CallEnded, CallRefused, CallRinging
from flowlang.model.values import Duration, Outcome

from ..legs import LegEvent, PlacedLeg
from ..mailbox import Mailbox
from ..outbox import unheard
from ..strand import LegGone, WhenLeft
from ..timers import Timer
from .placing import place, ringing_time, targets
from .stage import Stage
from .unanswered import Unanswered, which_counts
from .undoing import Undoing


async def dial(stage: Stage) -> Outcome:
    """Calls; the outcome once all legs are over."""
    return await _Dialling(stage).run()


class _Dialling:
    """One `dial`. `_ringing` are the legs without an answer, `_late` stands in the mailbox for the time that
    is up."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._left = targets(stage)
        self._serial = stage.text("strategy") == "serial"
        self._box: Mailbox[tuple[PlacedLeg, LegEvent] | None] = Mailbox(stage.strand, WhenLeft.TOLD)
        self._ringing: list[PlacedLeg] = []
        self._unanswered: list[Unanswered] = []
        self._timer: Timer | None = None
        self._winner: PlacedLeg | None = None
        self._since = 0
        self._told_to_ring = False

    async def run(self) -> Outcome:
        with Undoing(self._give_up):
            try:
                return await self._until_answered() or await self._until_over()
            except LegGone:
                return self._caller_left()

    async def _until_answered(self) -> Outcome | None:
        """The outcome where nobody answers."""
        while self._winner is None:
            if not self._ringing:
                if not self._left:
                    return which_counts(self._unanswered).as_outcome()
                self._place()
            news = await self._box.get()
            if news is None:
                self._time_out()
            else:
                await self._handle(*news)
        return None

    def _place(self) -> None:
        """The next target, or all of them."""
        now, self._left = (self._left[:1], self._left[1:]) if self._serial else (self._left, [])
        self._start_timer()
        self._ringing += [place(self._stage, each, self._took) for each in now]

    def _took(self, leg: PlacedLeg, event: LegEvent) -> None:
        self._box.put((leg, event))

    def _start_timer(self) -> None:
        self._timer = ringing_time(self._stage, lambda: self._box.put(None))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _handle(self, leg: PlacedLeg, event: LegEvent) -> None:
        if leg not in self._ringing:
            return
        match event:
            case CallRinging():
                self._ring_caller()
                self._tell("ringing", leg)
            case CallAnswered():
                self._ringing.remove(leg)
                await self._connect(leg)
            case CallRefused(status=status, reason=reason):
                self._lost(leg, Unanswered(leg.to, status, reason, leg.rang))
            case CallEnded(cause=cause):
                self._lost(leg, Unanswered(leg.to, 0, cause, leg.rang))

    def _ring_caller(self) -> None:
        if not self._told_to_ring and not self._stage.flow.answered:
            self._told_to_ring = True
            self._stage.begin(Ring(CALLER_LEG), unheard)

    def _lost(self, leg: PlacedLeg, why: Unanswered) -> None:
        self._ringing.remove(leg)
        self._unanswered.append(why)
        if not self._ringing:
            self._stop_timer()

    def _time_out(self) -> None:
        for leg in tuple(self._ringing):
            self._stage.flow.legs.hang_up(leg)
            self._lost(leg, Unanswered(leg.to, 0, "nobody answered in time", leg.rang, late=True))

    async def _connect(self, leg: PlacedLeg) -> None:
        """It answered first: the others are cancelled, the caller is answered, both hear each other."""
        self._winner = leg
        self._since = self._stage.flow.at
        self._stop_timer()
        for other in self._ringing:
            self._stage.flow.legs.hang_up(other)
        self._ringing.clear()
        await self._stage.answer()
        self._stage.begin(Bridge(CALLER_LEG, leg.number), unheard)
        self._tell("answered", leg)

    async def _until_over(self) -> Outcome:
        """Waits until the leg that answered is over."""
        while True:
            news = await self._box.get()
            if news is not None and news[0] is self._winner and isinstance(news[1], CallEnded):
                return self._answered(news[1].cause)

    def _caller_left(self) -> Outcome:
        return self._answered("normal") if self._winner is not None else Outcome("cancelled")

    def _answered(self, cause: str) -> Outcome:
        assert self._winner is not None
        duration = Duration(self._stage.flow.at - self._since)
        return Outcome("answered", {"to": self._winner.to, "duration": duration, "cause": cause})

    def _give_up(self) -> None:
        """Whatever ended it: no leg is left."""
        self._stop_timer()
        for leg in (*self._ringing, *([self._winner] if self._winner is not None else [])):
            self._stage.flow.legs.hang_up(leg)

    def _tell(self, event: str, leg: PlacedLeg) -> None:
        self._stage.flow.events.tell(Outcome(event, {"to": leg.to, "text": leg.to}))
