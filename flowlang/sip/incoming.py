"""An incoming call: the user agent server's core for INVITE (RFC 3261 §13.3)."""

from __future__ import annotations

from collections.abc import Iterable

from flowlang.model.causes import DECLINED, REFUSAL_OF_CAUSE, HangupCause, hangup_cause
from flowlang.sip import reliable, session_timer
from flowlang.sip.address import Address
from flowlang.sip.body import SDP_TYPE
from flowlang.sip.dialog import server_dialog
from flowlang.sip.judge import ALLOW, SUPPORTED
from flowlang.sip.leg import CallLeg, sdp_of
from flowlang.sip.message import Request, Response
from flowlang.sip.outputs import CallConfirmed, Side
from flowlang.sip.reliable import Reliable
from flowlang.sip.sdp import SessionDescription
from flowlang.sip.services import AgentServices
from flowlang.sip.timers import Timer
from flowlang.sip.transactions import ServerTransaction

_TIMEOUT = 504  # RFC 3261 §21.5.5
_REPEAT_RELIABLE = 150.0  # seconds, RFC 3262 §3: a proxy that hears nothing for longer gives the call up


class IncomingCall(CallLeg):
    """A call to us. `offer` is the SDP of the INVITE, None if the offer is to be ours."""

    incoming = True

    def __init__(
        self,
        agent: AgentServices,
        transaction: ServerTransaction,
        request: Request,
        offer: SessionDescription | None,
        local: Address,
        peer: Address,
    ) -> None:
        super().__init__(agent, request, local, peer)
        self.offer = offer
        self._transaction = transaction
        transaction.user = self
        self._repeat: Timer | None = None
        self._cancel_crossed = False
        self._reliable: Reliable | None = None
        self._offered_early = False
        self._early_answer: SessionDescription | None = None  # in a PRACK, to our offer
        self._settled_early = False  # our answer went out in a response that was acknowledged
        self._moved_on = False  # and a later offer was answered since
        if reliable.required(request):
            self._reliable = Reliable(agent, transaction, request.cseq.number, self._on_unreliable)
        self.dialog = server_dialog(request, transaction.to_tag, local, peer)
        self._dialog_headers = tuple(
            ("Record-Route", route) for route in self.request.headers.get("Record-Route", ())
        )
        agent.enter(self.dialog.key, self)

    # What the user does

    @property
    def owes_offer(self) -> bool:
        """Whether the caller leaves the offer to us and wants it in the first provisional response, which is
        reliable (RFC 3262 §5)."""
        late = self.offer is None and not self._offered_early
        return late and self._reliable is not None and self.unanswered

    def ring(self, now: float, offer: SessionDescription | None = None) -> bool:
        """180, repeated while the call is unanswered (§13.3.1.1), with an offer where it is owed."""
        headers, body = self._early_headers, b""
        if offer is not None and self.owes_offer:
            self._offered_early = True
            headers, body = (*headers, ("Content-Type", SDP_TYPE)), offer.encode()
        return self._provisional(self._response(self.request, 180, headers, body), now)

    def progress(self, sdp: SessionDescription, now: float) -> bool:
        """183 with early media."""
        self._offered_early = self._offered_early or self.offer is None
        headers = (*self._early_headers, ("Content-Type", SDP_TYPE))
        return self._provisional(self._response(self.request, 183, headers, sdp.encode()), now)

    def answer(self, sdp: SessionDescription, now: float) -> bool:
        """200 with our answer, or our offer if the INVITE had none."""
        if not self.unanswered:
            return False
        timing, terms = session_timer.agreed_with(self.request)
        headers = (*self._early_headers, ALLOW, SUPPORTED, *timing)
        self._stop_repeating()
        self.state = "answered"

        def send(at: float) -> None:
            agreed = self._early_answer is not None or self._moved_on
            described, body = ((), b"") if agreed else ((("Content-Type", SDP_TYPE),), sdp.encode())
            response = self._response(self.request, 200, (*headers, *described), body)
            self._transaction.respond(response, at)
            self.refreshed(terms, self.request, at)
            offered = self.offer is None and not agreed
            self.await_ack(self._transaction, response, self.request.cseq.number, offered, at)

        if self._reliable is None:
            send(now)
        else:
            self._reliable.when_acknowledged(send, now)
        return True

    def reject(
        self, status: int, now: float, reason: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> bool:
        """Refuse with a 3xx to 6xx. ValueError for another status, or text that no header may have."""
        if not 300 <= status <= 699:
            raise ValueError(f"a call is rejected with a status from 300 to 699, not {status}")
        if not self.unanswered:
            return False
        self._transaction.respond(self._response(self.request, status, tuple(headers), reason=reason), now)
        self._refused(hangup_cause(status), "local", status)
        return True

    def hang_up(self, now: float, cause: HangupCause = "normal") -> bool:
        """BYE; before the answer a refusal."""
        self._take_answer_back()
        if self.unanswered:
            return self.reject(REFUSAL_OF_CAUSE.get(cause, DECLINED), now)
        return super().hang_up(now, cause)

    @property
    def unanswered(self) -> bool:
        """True while the call may be answered or rejected."""
        return self.state in ("offered", "ringing")

    # What the agent passes on

    def on_cancel(self, now: float) -> None:
        """A CANCEL matched (§9.2); after a final response it changes nothing."""
        self._take_answer_back()
        if self.unanswered:
            self._transaction.respond(self._response(self.request, 487), now)
            self._refused("cancelled", "remote", 487)
        else:
            self._cancel_crossed = True

    def _unanswered_offer(self, now: float) -> None:
        if self._cancel_crossed:
            self.end("normal", "remote")  # the caller was leaving: his ACK answers nothing, a BYE may follow
            self._send_bye(now)
        else:
            super()._unanswered_offer(now)

    def _on_bye(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        self._take_answer_back()
        if not self.unanswered:
            super()._on_bye(transaction, request, now)
            return
        # §15.1.2: a caller may end an early dialog by BYE; its INVITE is still owed an answer.
        self._respond(transaction, request, 200, now)
        self._transaction.respond(self._response(self.request, 487), now)
        self._refused("cancelled", "remote", 487)

    def _confirmed(self, answer: SessionDescription | None) -> None:
        self._agent.emit(CallConfirmed(self, answer or self._early_answer))

    # Inside

    @property
    def _early_headers(self) -> tuple[tuple[str, str], ...]:
        return (*self._dialog_headers, self._contact)

    def _provisional(self, response: Response, now: float) -> bool:
        if not self.unanswered:
            return False
        self.state = "ringing"
        self._stop_repeating()
        if self._reliable is not None:
            self._reliable.send(response, now)
            return True
        self._transaction.respond(response, now)

        def again(at: float) -> None:
            self._transaction.respond(response, at)
            self._repeat = self._agent.timers.schedule(at + self._agent.settings.ring_repeat, again)

        self._repeat = self._agent.timers.schedule(now + self._agent.settings.ring_repeat, again)
        return True

    def _on_prack(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        reliable = self._reliable
        acknowledged = None if reliable is None else reliable.acknowledge(request, now)
        if reliable is None or acknowledged is None:
            super()._on_prack(transaction, request, now)
            return
        if acknowledged.body and self.offer is not None:
            self._settled_early = True
        described = sdp_of(request)
        if self._offered_early and self._early_answer is None:
            self._early_answer = described
            self._respond(transaction, request, 200, now)
        elif described is None:
            self._respond(transaction, request, 200, now)
        else:
            self._on_early_offer(transaction, request, described, now)
        self._repeat_later(acknowledged.status, now)
        reliable.acknowledged(now)

    def _on_early_offer(
        self, transaction: ServerTransaction, request: Request, offer: SessionDescription, now: float
    ) -> None:
        """A PRACK may have an offer once the first one is answered (RFC 3262 §5)."""
        settled = self.negotiate is not None and self._open_offer is None
        answer = self.negotiate(offer) if settled and self.negotiate is not None else None
        if answer is None:
            self._respond(transaction, request, 488, now)
            return
        headers = (("Content-Type", SDP_TYPE),)
        transaction.respond(self._response(request, 200, headers, answer.encode()), now)
        self._reoffered(offer, answer)

    def _repeat_later(self, status: int, now: float) -> None:
        """What was acknowledged is said again, without a description, as long as the call is unanswered."""
        self._stop_repeating()
        if not self.unanswered:
            return

        def again(at: float) -> None:
            self._provisional(self._response(self.request, status, self._early_headers), at)

        self._repeat = self._agent.timers.schedule(now + _REPEAT_RELIABLE, again)

    @property
    def _open_offer(self) -> int | None:
        if self._settled_early or not (self.unanswered or self._holds_back):
            return super()._open_offer
        return 491 if self.offer is None and self._offered_early and self._early_answer is None else 500

    def _reoffered(self, offer: SessionDescription | None, answer: SessionDescription) -> None:
        self._moved_on = self._moved_on or self.unanswered or self._holds_back
        super()._reoffered(offer, answer)

    @property
    def _holds_back(self) -> bool:
        """Whether our 200 waits for a PRACK."""
        return self._reliable is not None and self._reliable.holds_back

    def _take_answer_back(self) -> None:
        """A 200 that still waits for a PRACK was never sent."""
        if self._reliable is not None and self._holds_back:
            self._reliable.end()
            self.state = "ringing"

    def _on_unreliable(self, now: float) -> None:
        """A provisional response was never acknowledged: the call is refused (RFC 3262 §3)."""
        if self.state in ("ringing", "answered"):
            self._transaction.respond(self._response(self.request, _TIMEOUT), now)
            self._refused("no_ack", "local", _TIMEOUT)

    def _stop_repeating(self) -> None:
        if self._repeat is not None:
            self._agent.timers.cancel(self._repeat)
            self._repeat = None

    def _refused(self, cause: HangupCause, by: Side, status: int) -> None:
        self._stop_repeating()
        if self._reliable is not None:
            self._reliable.end()
        self._transaction.user = None
        self.end(cause, by, status)
        self.finish()
