"""`dial`: places legs, connects the caller with the first that answers, and owns all of them to its end."""

from __future__ import annotations

from flowlang.model.causes import ANSWERED_ELSEWHERE
from flowlang.model.commands import Bridge, Ring
from flowlang.model.events import CALLER_LEG, CallAnswered, CallEnded, CallRefused, CallRinging, TransferAsked
from flowlang.model.values import Duration, Outcome

from ..legs import LegEvent, PlacedLeg
from ..mailbox import Mailbox
from ..outbox import unheard
from ..strand import LegGone, WhenLeft
from ..timers import Timer
from .confirming import ask_to_confirm
from .connected import Connected
from .placing import Redirections, place, ringing_time, targets
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
        self._elsewhere = Redirections(stage, self._left)
        self._unanswered: list[Unanswered] = []
        self._timer: Timer | None = None
        self._connected: Connected | None = None
        self._since = 0
        self._told_to_ring = False
        self._early: PlacedLeg | None = None  # whose early media the caller hears
        self._confirm = stage.optional_text("confirm")
        self._asked: set[int] = set()  # legs on which the flow `confirm` was begun
        self._told: set[int] = set()  # legs of which the script knows that they ring

    async def run(self) -> Outcome:
        with Undoing(self._give_up):
            try:
                return await self._until_over()
            except LegGone:
                return self._caller_left()

    async def _until_over(self) -> Outcome:
        while self._connected is None:
            if not self._ringing:
                if not self._left:
                    return which_counts(self._unanswered).as_outcome()
                self._place()
            news = await self._box.get()
            if news is None:
                self._time_out()
            else:
                await self._handle(*news)
        return self._answered(self._connected, await self._connected.until_over())

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
            case CallRinging(early=early):
                self._ring_caller(leg, early=early)
                if leg.number not in self._told:
                    self._told.add(leg.number)
                    self._tell("ringing", leg)
            case CallAnswered() if self._confirm is not None and leg.number not in self._asked:
                self._asked.add(leg.number)
                ask_to_confirm(self._stage, self._confirm, leg)
            case CallAnswered():
                self._ringing.remove(leg)
                await self._connect(leg)
            case CallRefused(contacts=contacts) if self._goes_on(leg, contacts):
                pass
            case CallRefused(status=status, reason=reason, q850=q850):
                self._lost(leg, Unanswered(leg.to, status, reason, leg.rang, q850=q850))
            case CallEnded(cause=cause):
                self._lost(leg, Unanswered(leg.to, 0, cause, leg.rang))
            case TransferAsked():  # only what is connected can be transferred
                pass

    def _ring_caller(self, leg: PlacedLeg, *, early: bool) -> None:
        """The caller hears the first early media that there is, until then that it rings."""
        if self._early is not None:
            return
        if early:
            self._early = leg
            self._stage.begin(Bridge(CALLER_LEG, leg.number, early=True), unheard)
        elif not self._told_to_ring:
            self._told_to_ring = True
            self._stage.begin(Ring(CALLER_LEG), unheard)

    def _goes_on(self, leg: PlacedLeg, contacts: tuple[str, ...]) -> bool:
        """Whether he is called elsewhere, where whoever refused says that he is."""
        placed = [place(self._stage, each, self._took) for each in self._elsewhere.of(contacts)]
        if not placed:
            return False
        self._ringing.remove(leg)
        self._ringing += placed
        if leg is self._early:
            self._early = None
        return True

    def _lost(self, leg: PlacedLeg, why: Unanswered) -> None:
        self._ringing.remove(leg)
        self._unanswered.append(why)
        if leg is self._early:
            self._early = None
        if not self._ringing:
            self._stop_timer()

    def _time_out(self) -> None:
        for leg in [each for each in self._ringing if each.number not in self._asked]:
            self._stage.flow.legs.hang_up(leg)
            self._lost(leg, Unanswered(leg.to, 0, "nobody answered in time", leg.rang, late=True))

    async def _connect(self, leg: PlacedLeg) -> None:
        """It answered first: the others are cancelled, the caller is answered, both hear each other."""
        self._connected = Connected(self._stage, leg)
        self._since = self._stage.flow.at
        self._stop_timer()
        for other in self._ringing:
            self._stage.flow.legs.hang_up(other, ANSWERED_ELSEWHERE)
        self._ringing.clear()
        await self._stage.answer()
        self._connected.join()
        self._tell("answered", leg)

    def _caller_left(self) -> Outcome:
        connected = self._connected
        return self._answered(connected, "normal") if connected is not None else Outcome("cancelled")

    def _answered(self, connected: Connected, cause: str) -> Outcome:
        duration = Duration(self._stage.flow.at - self._since)
        return Outcome("answered", {"to": connected.leg.to, "duration": duration, "cause": cause})

    def _give_up(self) -> None:
        """Whatever ended it: no leg is left."""
        self._stop_timer()
        for leg in self._ringing:
            self._stage.flow.legs.hang_up(leg)
        if self._connected is not None:
            self._connected.give_up()
        elif self._told_to_ring and self._stage.flow.answered:
            self._stage.flow.outbox.perform(Ring(CALLER_LEG, on=False), unheard)

    def _tell(self, event: str, leg: PlacedLeg) -> None:
        self._stage.flow.events.tell(Outcome(event, {"to": leg.to, "text": leg.to}))
