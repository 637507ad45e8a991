"""One call of ours as a leg: what incoming and outgoing calls share once there is a dialog.

States: `offered` (an INVITE came, nothing but 100 said), `ringing` (a provisional was sent or received),
`calling` (our INVITE is out), `answered` (2xx sent, no ACK yet), `confirmed`, `ended`. A leg that ended stays
with the agent until its last transaction is over, so that a late ACK, BYE or 2xx still finds it; the user has
had its `CallEnded` by then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from flowlang.model.causes import HangupCause
from flowlang.sip import session_timer
from flowlang.sip.accepted import AwaitedAck
from flowlang.sip.address import Address
from flowlang.sip.body import SDP_TYPE, session_body
from flowlang.sip.bye import Bye
from flowlang.sip.dialog import Dialog, is_secure
from flowlang.sip.digest import DigestClient
from flowlang.sip.door import Admitted
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.invitation import with_headers
from flowlang.sip.judge import ACCEPT, ALLOW, SUPPORTED
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.outputs import CallEnded, CallReanswered, CallReoffered, InfoReceived, Side, TransferAsked
from flowlang.sip.reoffer import Reoffer
from flowlang.sip.sdp import SdpError, SessionDescription, parse_sdp
from flowlang.sip.services import AgentServices
from flowlang.sip.session_timer import SessionTimer, Terms
from flowlang.sip.transactions import ServerTransaction
from flowlang.sip.transfer import AskedTransfer, OwnTransfer, ReferredTo

LegState = Literal["offered", "ringing", "calling", "answered", "confirmed", "ended"]
Negotiate = Callable[[SessionDescription | None], SessionDescription | None]
"""The peer's offer -> our answer; None -> an offer of ours. None back refuses with 488."""


class CallLeg:
    """A call. `request` is the INVITE that made it; `from_` and `to` are the addresses in it."""

    incoming: bool

    def __init__(self, agent: AgentServices, request: Request, local: Address, peer: Address) -> None:
        self._agent = agent
        self.request = request
        self.call_id = request.call_id
        self.from_ = request.from_
        self.to = request.to
        self.local = local
        self.peer = peer
        self.state: LegState = "offered"
        self.negotiate: Negotiate | None = None
        self.dialog: Dialog | None = None
        self.origin: Admitted | None = None
        """Whose call it is, where a door is kept."""
        self.digest: DigestClient | None = None
        """Answers the peer's challenges, where we know a password of his."""
        self._awaited: dict[int, AwaitedAck] = {}
        self._reoffer: Reoffer | None = None
        self._bye_due = False
        self._finished = False
        self._asked: AskedTransfer | None = None
        self._own: OwnTransfer | None = None
        self._timer: SessionTimer | None = None

    # What the user does

    def hang_up(self, now: float, cause: HangupCause = "normal") -> bool:
        """End the call as its state allows; False if it is over already."""
        if self.state == "ended":
            return False
        self._hang_up_dialog(now, cause)
        return True

    def reoffer(self, sdp: SessionDescription, now: float) -> bool:
        """Send a re-INVITE with `sdp` (§14.1); False unless the call is up and no offer is under way."""
        if self.state != "confirmed" or self._reoffer is not None or self.dialog is None:
            return False
        self._reoffer = Reoffer(self._agent, self, self.dialog, sdp)
        self._reoffer.begin(now)
        return True

    def offer_again(self, now: float) -> None:
        """A re-INVITE that changes nothing, where one may be sent."""
        sdp = None if self.negotiate is None else self.negotiate(None)
        if sdp is not None:
            self.reoffer(sdp, now)

    def send_info(self, kind: str, body: bytes, now: float) -> bool:
        """INFO (RFC 6086) with a body of that type; False unless the call is up. Whatever the answer is,
        nothing changes."""
        if self.state != "confirmed" or self.dialog is None:
            return False
        info = self.dialog.request("INFO", self._agent.branch())
        info.extend([("Content-Type", kind)])
        info.body = body
        self.tell(info, now)
        return True

    def report_transfer(self, status: int, now: float) -> bool:
        """Tell the peer what came of the transfer that he asked for; False where he asked for none."""
        asked = self._asked
        if asked is None or self.state == "ended":
            return False
        if status >= 200:
            self._asked = None
        asked.report(status, now)
        return True

    def transfer(self, target: str, now: float) -> bool:
        """Ask the peer to call `target`, a URI, in our place; False unless the call is up and no such thing
        under way. What comes of it is told as `TransferAnswered`. ValueError for what is no URI."""
        if self.state != "confirmed" or self.dialog is None or self._own is not None:
            return False
        self._own = OwnTransfer(self._agent, self, self.dialog, target)
        self._own.begin(now)
        return True

    def transfer_done(self) -> None:
        """The transfer that we asked for is over."""
        self._own = None

    def tell(self, request: Request, now: float) -> None:
        """Send a request inside the call whose answer changes nothing."""
        if self.dialog is not None:
            hop = self.dialog.next_hop
            self._agent.transactions.request(request, hop, self.local, INDIFFERENT, now)

    # The session's time (RFC 4028)

    @property
    def session_headers(self) -> tuple[tuple[str, str], ...]:
        """Of a re-INVITE of ours."""
        return () if self._timer is None else self._timer.headers()

    def refreshed_by(self, response: Response, now: float) -> None:
        """The session was agreed on, or refreshed, by a 2xx to an INVITE or UPDATE of ours."""
        before = None if self._timer is None else self._timer.terms
        self.refreshed(session_timer.agreed_by(response, before), response, now)

    def refreshed(self, terms: Terms | None, message: Request | Response, now: float) -> None:
        """As `refreshed_by`, by a message of the peer's that brings about these terms."""
        if self.state == "ended" or (terms is None and self._timer is None):
            return
        if self._timer is None:
            self._timer = SessionTimer(self._agent, self)
        self._timer.note(message)
        self._timer.start(terms, now)

    # Ending

    def end(
        self, cause: HangupCause, by: Side, status: int | None = None, response: Response | None = None
    ) -> None:
        """Tell the user, once, that the call is over."""
        if self.state != "ended":
            self.state = "ended"
            if self._reoffer is not None:
                self._reoffer.abandon()
            if self._timer is not None:
                self._timer.stop()
                self._timer = None  # which holds this
            if self._own is not None:  # who accepted and leaves has been transferred, as far as we shall know
                self._own.finish(200 if self._own.accepted and by == "remote" else 487)
            self._agent.emit(CallEnded(self, cause, by, status, response))

    def _hang_up_dialog(self, now: float, cause: HangupCause) -> None:
        self.end(cause, "local")
        if self._awaited:
            self._bye_due = True  # §15: no BYE from the callee before the ACK, or the end of the wait for it
        else:
            self._send_bye(now)

    def _send_bye(self, now: float) -> None:
        self._bye_due = False
        if self.dialog is None:
            self._agent.forget(self)
            return
        bye = self.dialog.request("BYE", self._agent.branch())
        bye_user = Bye(self._agent, self, self.dialog, bye)
        self._agent.transactions.request(bye, self.dialog.next_hop, self.local, bye_user, now)

    def finish(self) -> None:
        """Nothing of the call is left but transactions that end by themselves."""
        for awaited in self._awaited.values():
            awaited.acknowledge()
        self._awaited.clear()
        self._finished = True
        self._agent.forget(self)

    @property
    def settled(self) -> bool:
        """True if no INVITE of the peer waits for its ACK: only then may one of ours go out (§14.1)."""
        return not self._awaited

    def again_with_password(self, request: Request, response: Response) -> Request | None:
        """A request inside the call once more, with the answer to a 401 or 407; `None` where there is none,
        and where the request went to another host than the one that the password belongs to: the other side
        says by its Contact and Record-Route where that is."""
        if response.status not in (401, 407) or self.digest is None or self.dialog is None:
            return None
        if not self._agent.is_at_home(self, self.dialog.next_hop):
            return None
        header = self.digest.answer(response, request, self._agent.token)
        if header is None:
            return None
        self.dialog.local_cseq += 1  # §12.2.1.1: others may have gone out since the first try
        return with_headers(request, (header,), self.dialog.local_cseq, self._agent.branch(), self.local)

    def reoffer_done(self) -> None:
        """The re-INVITE of ours is over."""
        self._reoffer = None

    # What the agent passes on

    def dialog_for(self, request: Request) -> Dialog | None:
        """The dialog of this leg that a request is in."""
        return self.dialog

    def on_request(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        """A request inside the dialog: judged, and in order."""
        method = request.method
        if method == "BYE":
            self._on_bye(transaction, request, now)
        elif self.state == "ended":
            self._respond(transaction, request, 481, now)
        elif method == "OPTIONS":
            self._respond(transaction, request, 200, now, (ALLOW, ACCEPT, SUPPORTED))
        elif method == "INFO":
            self._respond(transaction, request, 200, now)
            self._agent.emit(InfoReceived(self, request.content_type, request.body))
        elif method in ("INVITE", "UPDATE"):
            self._on_offer(transaction, request, now)
        elif method == "REFER":
            self._on_refer(transaction, request, now)
        elif method == "NOTIFY":
            self._on_notify(transaction, request, now)
        elif method == "PRACK":
            self._on_prack(transaction, request, now)

    def _on_prack(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        self._respond(transaction, request, 481, now)

    def on_ack(self, ack: Request, now: float) -> None:
        """The ACK for a 2xx of ours; any other is let go by."""
        awaited = self._awaited.pop(ack.cseq.number, None)
        if awaited is None:
            return
        awaited.acknowledge()
        if self._bye_due:
            self._send_bye(now)
            return
        if self.state == "ended":
            return
        answer = sdp_of(ack) if awaited.offered else None
        if awaited.offered and answer is None and self.state == "answered":
            self._unanswered_offer(now)
        elif self.state == "answered":
            self.state = "confirmed"
            self._confirmed(answer)
        elif awaited.offered:
            # A re-INVITE that left the offer to us; without an answer all stays as it was (§14.1).
            self._agent.emit(CallReanswered(self, answer, 200))

    def on_unacknowledged(self, now: float) -> None:
        """A refusal of ours was never acknowledged: nothing is left to do."""

    def _unanswered_offer(self, now: float) -> None:
        """The ACK owed an answer to the offer in our 2xx and has none."""
        self._hang_up_dialog(now, "not_acceptable")

    def _confirmed(self, answer: SessionDescription | None) -> None:
        """Our answer to the call was acknowledged."""

    def _on_bye(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        self._respond(transaction, request, 200, now)
        self.end("normal", "remote")
        self.finish()

    # Transfers

    def _on_refer(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        if self.state != "confirmed" or self.dialog is None or self._asked is not None:
            self._respond(transaction, request, 491, now)
            return
        try:
            to = ReferredTo(request)
        except SipSyntaxError as error:
            self._respond(transaction, request, 400, now, reason=str(error))
            return
        self._asked = AskedTransfer(self._agent, self, self.dialog, request)
        self._respond(transaction, request, 202, now, (self._contact, *self._asked.accepted_with))
        self._asked.report(100, now)
        self._agent.emit(TransferAsked(self, to.uri, to.replaces))

    def _on_notify(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        event = (request.get("Event") or "").partition(";")[0].strip().lower()
        if self._own is None or event != "refer":
            self._respond(transaction, request, 481 if event == "refer" else 489, now)
            return
        self._respond(transaction, request, 200, now)
        self._own.on_notify(request, now)

    # Offers of the peer (§14.2, RFC 3311 §5.2)

    def _on_offer(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        dialog = self.dialog_for(request)
        assert dialog is not None  # it found this leg
        early = self.state in ("offered", "ringing", "calling")
        offer = None
        described = session_body(request)
        if described is not None:
            try:
                offer = parse_sdp(described)
            except SdpError:
                self._respond(transaction, request, 400, now, reason="Malformed session description")
                return
        timing, terms = ((), None) if early else session_timer.agreed_with(request)
        if request.method == "UPDATE" and offer is None:
            dialog.refresh_target(request)
            self._respond(transaction, request, 200, now, (ALLOW, self._contact, *timing))
            self.refreshed(terms, request, now)
            return
        # A second INVITE must come after the first (RFC 3261 §14.2).
        refused = 500 if early and request.method == "INVITE" else self._open_offer
        if refused is not None:
            later = (("Retry-After", str(self._agent.random(11))),) if refused == 500 else ()
            self._respond(transaction, request, refused, now, later)
            return
        answer = None if self.negotiate is None else self.negotiate(offer)
        if answer is None:
            self._respond(transaction, request, 488, now)
            return
        dialog.refresh_target(request)
        headers = (self._contact, ALLOW, SUPPORTED, *timing, ("Content-Type", SDP_TYPE))
        response = self._response(request, 200, headers, answer.encode())
        transaction.respond(response, now)
        if request.method == "INVITE":
            self.await_ack(transaction, response, request.cseq.number, offer is None, now)
        self.refreshed(terms, request, now)
        self._reoffered(offer, answer)

    def _reoffered(self, offer: SessionDescription | None, answer: SessionDescription) -> None:
        self._agent.emit(CallReoffered(self, offer, answer))

    @property
    def _open_offer(self) -> int | None:
        """What refuses another offer while one waits for its answer: 491 where that is ours, 500 where it is
        the peer's (RFC 3311 §5.2)."""
        offering = self._reoffer is not None and self._reoffer.pending
        return 491 if offering or any(awaited.offered for awaited in self._awaited.values()) else None

    def await_ack(
        self, transaction: ServerTransaction, response: Response, number: int, offered: bool, now: float
    ) -> None:
        """Repeat the 2xx to the INVITE of that CSeq until its ACK; if none comes, send BYE (§13.3.1.4)."""
        transaction.user = self

        def lost(at: float) -> None:
            self._awaited.pop(number, None)
            self.end("no_ack", "local")
            self._send_bye(at)

        self._awaited[number] = AwaitedAck(
            self._agent.transactions, transaction, response, offered, lost, now
        )

    # Responses

    @property
    def _contact(self) -> tuple[str, str]:
        secure = is_secure(self.request) if self.dialog is None else self.dialog.secure
        return ("Contact", self._agent.contact(self.local, secure=secure))

    def _response(
        self,
        request: Request,
        status: int,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        reason: str | None = None,
    ) -> Response:
        tag = None if self.dialog is None else self.dialog.local_tag
        return response_to(
            request, status, tag, reason, (*headers, ("Server", self._agent.settings.product)), body
        )

    def _respond(
        self,
        transaction: ServerTransaction,
        request: Request,
        status: int,
        now: float,
        headers: tuple[tuple[str, str], ...] = (),
        reason: str | None = None,
    ) -> None:
        transaction.respond(self._response(request, status, headers, reason=reason), now)


def sdp_of(message: Request | Response) -> SessionDescription | None:
    """The description in a message's body, None if it has none that can be read."""
    described = session_body(message)
    try:
        return None if described is None else parse_sdp(described)
    except SdpError:
        return None


class _Indifferent:
    """Sent a request whose answer changes nothing."""

    __slots__ = ()

    def on_response(self, response: Response, now: float) -> None:
        pass

    def on_timeout(self, now: float) -> None:
        pass


INDIFFERENT = _Indifferent()
