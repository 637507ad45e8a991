"""Somebody who is called: a leg that the engine placed, to a phone without a network.

The far end's side is `ring`, `answer`, `reject`, and what every `SimulatedLeg` can do.
"""

from __future__ import annotations

from collections.abc import Callable

from flowlang.model.causes import hangup_cause
from flowlang.model.commands import Answer, BackendCommand, HangUp
from flowlang.model.events import CALLER_LEG, CallAnswered, CallRefused, CallRinging
from flowlang.model.observations import LegEnded
from flowlang.model.results import Done, Failed, Result

from .border import CallHost, Finish, Inbox, Incoming, Later, Outgoing, nothing
from .pace import Pace
from .simulated_leg import Calling, Ended, Heard, LegState, PhoneError, Refused, Ringing, SimulatedLeg

_GONE = Failed("gone", "the call is over")


class SimulatedCallee(SimulatedLeg):
    """See `SimulatedLeg`. It does nothing by itself."""

    def __init__(
        self,
        host: CallHost,
        later: Later,
        outgoing: Outgoing,
        inbox: Inbox,
        pace: Pace,
        watch: Callable[[LegState | Heard], None] = lambda _change: None,
    ) -> None:
        incoming = Incoming("call", outgoing.to, outgoing.source or "", outgoing.id, outgoing.name)
        super().__init__(host, later, incoming, pace, watch)
        self.outgoing = outgoing
        self.far_end = outgoing.to
        self.activeflow = inbox.activeflow
        self._inbox = inbox
        self._answers: list[Finish] = []

    def ring(self) -> None:
        """The phone rings; twice is once."""
        if isinstance(self.state, Calling):
            self._ring()
            self._deliver(CallRinging(CALLER_LEG))

    def answer(self) -> None:
        """Takes the call. Raises `PhoneError` where there is none to take."""
        self._require_ringing("answer")
        self._answer()
        self._finish_answers(Done())
        self._deliver(CallAnswered(CALLER_LEG))

    def reject(self, status: int, reason: str = "") -> None:
        """Does not take it. Raises `PhoneError` where there is none to refuse."""
        self._require_ringing("reject")
        cause = hangup_cause(status)
        self._over(Refused(status), LegEnded(self._host.now(), self.incoming.id, "callee", cause, status))
        self._deliver(CallRefused(CALLER_LEG, status, reason))
        self._finish_answers(_GONE)

    def hang_up(self) -> None:
        """Leaves. Raises `PhoneError` before the answer: who is called declines then."""
        if not self.over and not self._answered:
            raise PhoneError("the call is not answered: it can be answered or rejected")
        self._leave("callee", "normal")

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """As any leg; before the answer to hang up is to cancel, and to answer is to wait for him."""
        if isinstance(command, HangUp) and not self._answered and not self.over:
            self._over(
                Ended("us", "cancelled"), LegEnded(self._host.now(), self.incoming.id, "us", "cancelled", 487)
            )
            self._finish_answers(_GONE)
            finish(Done())
            return nothing
        if not self._answered and not self.over:
            if isinstance(command, Answer):
                self._answers.append(finish)
                return lambda: self._answers.remove(finish) if finish in self._answers else None
            finish(Failed("value", "the call is not answered yet"))
            return nothing
        return super().perform(command, finish)

    def _finish_answers(self, result: Result) -> None:
        answers, self._answers = self._answers, []
        for finish in answers:
            finish(result)

    def _over(self, state: LegState, ended: LegEnded) -> None:
        self._become(state)
        self._host.observe(ended)

    def _require_ringing(self, what: str) -> None:
        if self.over:
            raise PhoneError("the call is over")
        if not isinstance(self.state, Calling | Ringing):
            raise PhoneError(f"the call is answered already; nobody can {what} it")
