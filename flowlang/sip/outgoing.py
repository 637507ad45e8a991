"""An outgoing call: the user agent client's core for INVITE (RFC 3261 §13.2)."""

from __future__ import annotations

from flowlang.model.causes import HangupCause, hangup_cause
from flowlang.sip import reliable, session_timer
from flowlang.sip.address import Address
from flowlang.sip.body import SDP_TYPE
from flowlang.sip.dialog import Dialog, client_dialog
from flowlang.sip.digest import DigestClient
from flowlang.sip.invitation import MAX_FORWARDS, with_headers
from flowlang.sip.leg import INDIFFERENT, CallLeg, sdp_of
from flowlang.sip.message import Headers, Request, Response
from flowlang.sip.outputs import CallAnswered, CallForked, CallProgressed
from flowlang.sip.sdp import SessionDescription
from flowlang.sip.services import AgentServices
from flowlang.sip.transactions import ClientTransaction, ServerTransaction

_MOST_FORKS = 20  # dialogs that one call keeps


class OutgoingCall(CallLeg):
    """A call of ours. `offer` is what we offered, None if the callee is to offer (then `negotiate` must be
    set). A challenge is answered by `digest`, which belongs to `destination`."""

    incoming = False

    def __init__(
        self,
        agent: AgentServices,
        request: Request,
        offer: SessionDescription | None,
        destination: Address,
        local: Address,
        digest: DigestClient | None = None,
    ) -> None:
        super().__init__(agent, request, local, destination)
        self.state = "calling"
        self.digest = digest
        self.offer = offer
        self.hosts: frozenset[str] = frozenset()
        """Beside `peer`, where else the name of who was called leads."""
        self._transaction: ClientTransaction | None = None
        self._early: dict[str, Dialog] = {}
        self._early_media: dict[str, SessionDescription] = {}
        self._acks: dict[str, tuple[bytes, Address]] = {}
        self._cancel_due = False
        self._longer = False
        self._reliable: dict[str, int] = {}  # the last RSeq of each early dialog
        self._settled: set[str] = set()  # whose early answer was acknowledged
        self._moved: str | None = None  # whose later offer was answered while he rang
        self.moved_on = False
        """Whether he who answered had offered again before: his 200 has no answer to our offer any more."""
        self._cancel_headers: tuple[tuple[str, str], ...] = ()
        self.holds_ack = False
        """Whether the ACK to who answers waits for `acknowledge`: until it is known on disk that he did. He
        sends his 2xx again as long (§13.3.1.4), and to the next process where this one ends."""
        self._held: str | None = None

    def begin(self, now: float) -> None:
        """Send the INVITE."""
        self._transaction = self._agent.transactions.request(self.request, self.peer, self.local, self, now)

    # What the user does

    def reoffer(self, sdp: SessionDescription, now: float) -> bool:
        """As of any leg, behind the ACK (§14.1)."""
        self.acknowledge()
        return super().reoffer(sdp, now)

    def hang_up(
        self, now: float, cause: HangupCause = "normal", headers: tuple[tuple[str, str], ...] = ()
    ) -> bool:
        """CANCEL, or BYE, or nothing yet: no CANCEL goes out before a provisional came (§9.1). `headers` are
        those of the CANCEL."""
        if self.state not in ("calling", "ringing"):
            return super().hang_up(now, cause)
        self._cancel_headers = headers
        if self.state == "ringing" or self.heard:
            self._cancel(now)
        else:
            self._cancel_due = True
        self.end("cancelled" if cause == "normal" else cause, "local")
        return True

    @property
    def early_dialogs(self) -> tuple[Dialog, ...]:
        """Those that began with a provisional answer, one for each who rings."""
        return tuple(self._early.values())

    # ClientUser of the INVITE transaction

    def on_response(self, response: Response, now: float) -> None:
        """A provisional, a refusal, or any 2xx."""
        if response.status < 200:
            self._on_provisional(response, now)
        elif response.status < 300:
            self._on_success(response, now)
        elif not self._try_again(response, now):
            self.end(hangup_cause(response.status), "remote", response.status, response)
            self.finish()

    def on_timeout(self, now: float) -> None:
        """No final response within 64*T1 of the INVITE, or of our CANCEL; or nothing for long after a
        provisional (§16.8)."""
        if self._transaction is not None and self._transaction.state == "proceeding":
            if self.state != "ended":
                self._cancel(now)
                self.end("timeout", "remote", 408)
            return
        self.end("timeout", "remote", 408)
        self.finish()

    def acknowledge(self) -> None:
        """Send the ACK that was held back; once."""
        held, self._held = self._held, None
        if held is not None:
            self._send_ack(held)

    def dialog_for(self, request: Request) -> Dialog | None:
        """The dialog with the callee whose tag the request has; a leg may have several early ones."""
        return self._early.get(request.from_.tag or "")

    def on_request(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        """As of any leg, in the dialog that the call has. A fork that lost has no say in it, and a callee
        that rings ends nothing by a BYE (§15)."""
        dialog = self.dialog_for(request)
        if dialog is self.dialog or (self.dialog is None and request.method != "BYE"):
            super().on_request(transaction, request, now)
        else:
            over = self.dialog is not None and request.method == "BYE"
            self._respond(transaction, request, 200 if over else 481, now)

    def on_ack(self, ack: Request, now: float) -> None:
        """As of any leg, in the dialog that the call has."""
        if self.dialog_for(ack) is self.dialog:
            super().on_ack(ack, now)

    # Inside

    @property
    def _open_offer(self) -> int | None:
        """Before the 200 our offer is settled where a reliable answer came, and nobody else rings who may
        still answer it."""
        alone = len(self._early) == 1 and self._settled == self._early.keys()
        if self.state not in ("calling", "ringing") or alone:
            return super()._open_offer
        return 500 if self.offer is None else 491

    def _reoffered(self, offer: SessionDescription | None, answer: SessionDescription) -> None:
        if self.state == "ringing":
            (self._moved,) = self._early
        super()._reoffered(offer, answer)

    @property
    def heard(self) -> bool:
        """Whether anything came back yet, a 100 too."""
        return self._transaction is not None and self._transaction.state != "calling"

    def _try_again(self, response: Response, now: float) -> bool:
        """The INVITE once more, with the answer to a challenge, or with the interval that a 422 asks for; not
        where the call is given up."""
        headers: tuple[tuple[str, str], ...] = ()
        if self.state != "ended" and response.status in (401, 407) and self.digest is not None:
            header = self.digest.answer(response, self.request, self._agent.token)
            headers = () if header is None else (header,)
        elif self.state != "ended" and response.status == 422 and not self._longer:
            self._longer = True
            headers = session_timer.longer(response)
        if not headers:
            return False
        number = self.request.cseq.number + 1
        branch = self._agent.marked(self._agent.branch(), self.call_id)
        self.request = with_headers(self.request, headers, number, branch, self.local)
        self._early.clear()
        self._early_media.clear()
        self._reliable.clear()
        self._settled.clear()
        self._moved = None
        self.state = "calling"
        self.begin(now)
        return True

    def _on_provisional(self, response: Response, now: float) -> None:
        if self._cancel_due:
            self._cancel(now)
        tag = response.to.tag
        if response.status == 100 or self.state not in ("calling", "ringing"):
            return
        if tag not in self._early and len(self._early) >= _MOST_FORKS:
            return
        if not self._acknowledge_provisional(response, tag, now):
            return
        self.state = "ringing"
        sdp = sdp_of(response)
        if tag is not None:
            self._dialog_of(response, tag)
            if sdp is not None:
                self._early_media[tag] = sdp
                if self.offer is not None and reliable.number_of(response) is not None:
                    self._settled.add(tag)
        self._agent.emit(CallProgressed(self, response.status, sdp))

    def _acknowledge_provisional(self, response: Response, tag: str | None, now: float) -> bool:
        """PRACK for a reliable one; False for one that came before, or out of order (RFC 3262 §4)."""
        number = reliable.number_of(response)
        if number is None or tag is None:
            return True
        last = self._reliable.get(tag)
        if last is not None and number != last + 1:
            return False
        self._reliable[tag] = number
        dialog = self._dialog_of(response, tag)
        prack = dialog.request("PRACK", self._agent.branch())
        prack.extend([("RAck", f"{number} {self.request.cseq.number} INVITE")])
        self._agent.transactions.request(prack, dialog.next_hop, self.local, INDIFFERENT, now)
        return True

    def _on_success(self, response: Response, now: float) -> None:
        tag = response.to.tag or ""
        if tag in self._acks:
            self._send_ack(tag)  # §13.2.2.4: each repetition of a 2xx is acknowledged again
            return
        if self.dialog is not None and len(self._acks) >= _MOST_FORKS:
            return
        dialog = self._dialog_of(response, tag)
        dialog.refresh_target(response)
        described = sdp_of(response)
        answer = None
        late = self.offer is None and self.dialog is None
        if late and described is not None and self.negotiate is not None:
            answer = self.negotiate(described)  # §13.2.1: the ACK owes it, also where a BYE follows at once
        if self.dialog is not None or self.state == "ended":
            # Another callee's answer, or one that crossed our CANCEL: nobody here wants it.
            self._acknowledge(dialog, tag, answer)
            if self.dialog is None:
                self.dialog = dialog
                self._send_bye(now)
                return
            self._refuse_fork(dialog, now)
            if self.state != "ended":
                self._agent.emit(CallForked(self, response))
            return
        self.dialog = dialog
        self._held = tag if self.holds_ack else None
        self._acknowledge(dialog, tag, answer)
        if late and answer is None:
            self._hang_up_dialog(now, "not_acceptable")
            return
        if not late:
            described = described or self._early_media.get(tag)
        self.state = "confirmed"
        self.moved_on = tag == self._moved
        self.refreshed_by(response, now)
        self._agent.emit(CallAnswered(self, described))

    def _dialog_of(self, response: Response, tag: str) -> Dialog:
        dialog = self._early.get(tag)
        if dialog is None:
            dialog = client_dialog(self.request, response, self.local, self.peer)
            self._early[tag] = dialog
            if not self._finished:  # else a fork that answers when all is over gets its BYE, and that is all
                self._agent.enter(dialog.key, self)
        elif response.status >= 200:
            # §13.2.2.4: the 2xx decides the route set.
            dialog.route_set = client_dialog(self.request, response, self.local, self.peer).route_set
        return dialog

    def _acknowledge(self, dialog: Dialog, tag: str, answer: SessionDescription | None) -> None:
        ack = dialog.request("ACK", self._agent.branch(), self.request.cseq.number)
        if self._agent.is_at_home(self, dialog.next_hop):
            for name in ("Authorization", "Proxy-Authorization"):  # §13.2.2.4
                ack.extend((name, value) for value in self.request.headers.get(name, ()))
        if answer is not None:
            ack.extend([("Content-Type", SDP_TYPE)])
            ack.body = answer.encode()
        self._acks[tag] = (ack.encode(), dialog.next_hop)
        self._send_ack(tag)

    def _send_ack(self, tag: str) -> None:
        if tag != self._held:
            data, destination = self._acks[tag]
            self._agent.send(data, destination, self.local)

    def _send_bye(self, now: float) -> None:
        self.acknowledge()  # §13.2.2.4: first
        super()._send_bye(now)

    def _refuse_fork(self, dialog: Dialog, now: float) -> None:
        bye = dialog.request("BYE", self._agent.branch())
        self._agent.transactions.request(bye, dialog.next_hop, self.local, INDIFFERENT, now)

    def _cancel(self, now: float) -> None:
        """CANCEL of §9.1: Request-URI, From, To, Call-ID, CSeq number, top Via and Route of the INVITE."""
        self._cancel_due = False
        source = self.request.headers
        headers: Headers = {name: source[name] for name in ("Via", "From", "To", "Call-ID")}
        headers["CSeq"] = [f"{self.request.cseq.number} CANCEL"]
        headers["Max-Forwards"] = [str(MAX_FORWARDS)]
        if "Route" in source:
            headers["Route"] = source["Route"]
        cancel = Request("CANCEL", self.request.uri, headers)
        cancel.extend(self._cancel_headers)
        invite = self._transaction  # it may have gone by a stream for its size; the CANCEL takes the same way
        destination, local = (self.peer, self.local) if invite is None else (invite.destination, invite.local)
        self._agent.transactions.request(cancel, destination, local, INDIFFERENT, now)
        if invite is not None:
            invite.expect_final(now)
