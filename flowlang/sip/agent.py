"""The user agent: takes datagrams and time, gives messages and events, holds all that lives in between.

It finds for each message its transaction, else its dialog, else makes a call of it. It refuses by itself
what needs nobody's opinion. Nothing that comes off the network makes it raise.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flowlang.sip.address import Address, is_loopback, is_specified, may_send_to, same_host
from flowlang.sip.arrival import Arrival, Welcome
from flowlang.sip.body import session_body
from flowlang.sip.dialog import DialogKey
from flowlang.sip.digest import Challenged, DigestClient
from flowlang.sip.door import NO_ENTRY, NOT_FROM_HERE, Admitted, Door
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.flood import Buckets, branch_in, dialog_in
from flowlang.sip.incoming import IncomingCall
from flowlang.sip.invitation import Invitation
from flowlang.sip.judge import ACCEPT, ALLOW, SUPPORTED, Reply, judge, too_many_hops
from flowlang.sip.leg import CallLeg
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.outgoing import OutgoingCall
from flowlang.sip.outputs import CallEnded, CallOffered, Event, InviteRefused, Output, Send
from flowlang.sip.parse import MalformedRequestError, parse_datagram
from flowlang.sip.registrar import OwnAccount, Registrar, Registration
from flowlang.sip.replaces import replaced_by
from flowlang.sip.replies import answer_to_malformed, reply_address, stateless_tag
from flowlang.sip.sdp import SdpError, parse_sdp
from flowlang.sip.status import reason_phrase
from flowlang.sip.strays import Strays
from flowlang.sip.timers import Settings, TimerHeap
from flowlang.sip.trace import Trace
from flowlang.sip.transactions import ClientUser, ServerTransaction, Transactions
from flowlang.sip.uri import contact_uri

_MOST_TOLD = 1_000  # refusals that are known again when their INVITE is
_CREATES_NO_DIALOG = frozenset({"BYE", "INFO", "NOTIFY", "PRACK", "UPDATE"})


class UserAgent:
    """One SIP user agent. `token(n)` gives 2n hex digits that nobody can guess."""

    def __init__(self, settings: Settings, token: Callable[[int], str]) -> None:
        self.settings = settings
        self.timers = TimerHeap()
        self.transactions = Transactions(settings, self.timers, self.send)
        self.calls: set[CallLeg] = set()
        self.registrar: Registrar | None = None
        self.door: Door | None = None
        self.flood: Buckets | None = None
        self.strays: Strays | None = None
        self.trace: Callable[[Trace], None] | None = None
        self._token = token
        self._salt = token(16).encode()
        self._dialogs: dict[DialogKey, CallLeg] = {}
        self.strangers = 0  # INVITEs of those who may not call here
        self._told: dict[str, None] = {}  # by tag, the oldest first
        self._keys: dict[CallLeg, list[DialogKey]] = {}
        self._outputs: list[Output] = []
        self._now = 0.0

    # In

    def receive(
        self, data: bytes, source: Address, local: Address, now: float, listener: object = None
    ) -> None:
        """Take one message from `source` that came to `local`, our address as the peer sees it, and to
        `listener`, of which the door is asked: two of them may share an address."""
        self._now = now
        self._check_local(local)
        if not data.strip(b"\r\n\0"):
            return  # keep-alives (RFC 5626 §3.5.1, and the zero bytes of older phones)
        flooding = self.flood is not None and self.flood.is_empty(source.host, now)
        if flooding and not self._reads_as_expected(data):
            return
        try:
            message = parse_datagram(data, stream=source.reliable)
        except SipSyntaxError as error:
            if self.trace is not None:
                self.trace(Trace(now, True, source, local, data))
            self._charge(source)
            if isinstance(error, MalformedRequestError) and not flooding:
                answer = answer_to_malformed(error, source, self.settings.product, self._salt)
                if answer is not None:  # it goes to where it came from: what breaks the rules is not believed
                    self.send(answer, source, local)
            return
        if self.trace is not None:
            self.trace(Trace(now, True, source, local, data, message))
        if isinstance(message, Response):
            client = self.transactions.client_of(message)
            if client is not None:
                client.receive(message, now)
            elif self.strays is None or not self.strays.receive(message, source, local, now):
                self._charge(source)
        elif not flooding or self._is_expected(message):
            self._on_request(Arrival(message, source, local, listener, len(data), now))

    def tick(self, now: float) -> None:
        """Fire what is due."""
        self._now = now
        self.timers.fire(now)

    def undeliverable(self, destination: Address, now: float) -> None:
        """No connection leads to this destination: what waits for it is over (RFC 3261 §18.4)."""
        self._now = now
        self.transactions.unreachable(destination, now)

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, None if there is nothing to wait for."""
        return self.timers.next_deadline()

    def invite(
        self,
        invitation: Invitation,
        destination: Address,
        local: Address,
        now: float,
        *,
        digest: DigestClient | None = None,
        account: str | None = None,
        hosts: frozenset[str] = frozenset(),
    ) -> OutgoingCall:
        """Call by way of `destination`, whose challenges `digest` answers, a phone of `account`; from `hosts`
        the other side may go on with it. ValueError if an address of the invitation is none."""
        self._check_local(local)
        self._now = now
        request = invitation.request(self, local)
        call = OutgoingCall(self, request, invitation.offer, destination, local, digest)
        call.hosts = hosts
        if self.door is not None:
            trunk = self.door.trunk_at(destination)
            if account is not None:
                call.origin = Admitted("account", account)
            elif trunk is not None:
                call.origin = Admitted("trunk", trunk)
            self.door.entered(call, trunk, incoming=False)
        call.begin(now)
        self.calls.add(call)
        return call

    def ask(
        self, request: Request, destination: Address, local: Address, user: ClientUser, now: float
    ) -> None:
        """Send a request that belongs to no call here; `user` is told what becomes of it."""
        self._check_local(local)
        self._now = now
        self.transactions.request(request, destination, local, user, now)

    def register(self, account: OwnAccount, local: Address, now: float) -> Registration:
        """Register an account of ours, from now until `stop(now)` of what is returned."""
        self._check_local(local)
        self._now = now
        registration = Registration(self, account, local, self._token(12))
        registration.begin(now)
        return registration

    # Out

    def drain(self) -> list[Output]:
        """What has come up since the last time, in order."""
        outputs, self._outputs = self._outputs, []
        return outputs

    # What it does for its calls (`AgentServices`), and the transactions' way out

    def emit(self, event: Event) -> None:
        """Give an event to the user."""
        if isinstance(event, CallEnded) and self.door is not None:
            self.door.left(event.call)
        self._outputs.append(event)

    def send(self, data: bytes, destination: Address, local: Address) -> None:
        """Put bytes on the wire, unless the address is one that no single peer owns."""
        if not 0 < destination.port <= 65535 or not may_send_to(destination.host):
            return
        self._outputs.append(Send(data, destination, local))
        if self.trace is not None:
            self.trace(Trace(self._now, False, destination, local, data))

    def enter(self, key: DialogKey, leg: CallLeg) -> None:
        """Let requests of this dialog find the leg."""
        self.calls.add(leg)
        self._dialogs[key] = leg
        self._keys.setdefault(leg, []).append(key)

    def forget(self, leg: CallLeg) -> None:
        """Let nothing find the leg any more."""
        self.calls.discard(leg)
        for key in self._keys.pop(leg, ()):
            self._dialogs.pop(key, None)

    def is_at_home(self, leg: CallLeg, host: Address) -> bool:
        """Whether the credentials of a leg belong there: where its INVITE went, or at its trunk."""
        if same_host(leg.peer.host, host.host):
            return True
        trunk = None if leg.origin is None else leg.origin.trunk
        return trunk is not None and self.door is not None and self.door.trunk_at(host) == trunk

    def branch(self) -> str:
        """A new branch, without the magic cookie."""
        return self._token(8)

    def marked(self, branch: str, call_id: str) -> str:
        """A branch for an INVITE that begins a call, with what shows that it is of ours."""
        return branch if self.strays is None else self.strays.marked(branch, call_id)

    def tag(self) -> str:
        """A new tag."""
        return self._token(8)

    def token(self, size: int) -> str:
        """2 * `size` hex digits that nobody can guess."""
        return self._token(size)

    def random(self, below: int) -> int:
        """A number from 0 to `below` - 1."""
        return int(self._token(4), 16) % below

    def contact(self, local: Address, *, secure: bool = False) -> str:
        """The Contact value under which `local` is reached, in a call that is `secure` or not."""
        return _contact(local, secure)

    # Requests

    def _on_request(self, arrival: Arrival) -> None:
        request, source, now = arrival.request, arrival.source, arrival.now
        server = self.transactions.server_of(request)
        if server is not None:
            server.receive(request, now)
            return
        inside = request.to.tag is not None and request.method != "REGISTER"
        leg = self._leg_of(request) if inside else None
        if request.method == "ACK":
            if leg is not None and self._is_other_side(leg, arrival):
                leg.on_ack(request, now)
            return
        reply = judge(request, registrar=self.registrar is not None, secure=source.transport == "tls")
        welcome = self._at_the_door(arrival, reply) if leg is None else Welcome(reply)
        if welcome.reply is not None and welcome.stateless:
            self._answer_without_state(arrival, welcome.reply)
            return
        server = self.transactions.serve(request, reply_address(request, source), arrival.local, self.tag())
        if request.method == "CANCEL":
            self._on_cancel(server, arrival)
        elif welcome.reply is not None:
            self._reply(server, request, welcome.reply, now)
        elif leg is not None:
            self._on_dialog_request(server, arrival, leg)
        else:
            self._on_new_request(server, arrival, welcome.origin)

    def _at_the_door(self, arrival: Arrival, reply: Reply | None) -> Welcome:
        """What becomes of a request of no call that by itself earns `reply`. Who may not call, or has yet to
        show who he is, is told so and keeps no state: anyone may ask."""
        request, source, _, listener, _, now = arrival
        door, registrar = self.door, self.registrar
        self._charge(source)
        stranger = door is not None and not door.is_welcome(source, listener)
        if reply is not None:
            self.strangers += stranger and request.method == "INVITE"
            return Welcome(reply, stateless=stranger)
        if request.method == "REGISTER" and registrar is not None:
            answer = registrar.handle(request, source, arrival.local, now)
            if answer.status == 200 and self.flood is not None:
                self.flood.give_back(source.host, now)
            return Welcome(answer, stateless=answer.status == 401)
        if request.method == "INVITE" and request.to.tag is None:
            verdict = None if door is None else door.admit(request, source, listener, now)
            if verdict is None or isinstance(verdict, Admitted):
                return Welcome(origin=verdict)
            if isinstance(verdict, Challenged):
                return Welcome(Reply(401, verdict.headers), stateless=True)
            if verdict is NO_ENTRY:
                self.strangers += 1
            else:
                self._tell_refused(request, verdict)
            return Welcome(verdict, stateless=True)
        if not stranger or (request.method == "CANCEL" and self.transactions.invite_of(request)):
            return Welcome()
        return Welcome(_outside_a_call(request) or Reply(481), stateless=True)

    def _answer_without_state(self, arrival: Arrival, reply: Reply) -> None:
        """No answer is more than twice as long as what it answers, so that nobody can aim us at others."""
        request = arrival.request
        status, headers, reason = reply
        for kept in (headers, headers[-1:]):
            response = response_to(request, status, stateless_tag(request, self._salt), reason, kept)
            data = response.encode()
            if len(data) <= 2 * arrival.size:
                self.send(data, reply_address(request, arrival.source), arrival.local)
                break

    def _tell_refused(self, request: Request, reply: Reply) -> None:
        """Once, though nothing is kept of the request and each repetition is refused anew."""
        tag = stateless_tag(request, self._salt)
        if tag not in self._told:
            self._told[tag] = None
            if len(self._told) > _MOST_TOLD:
                del self._told[next(iter(self._told))]
            self.emit(InviteRefused(request, reply.status, reply.reason or reason_phrase(reply.status)))

    def _on_cancel(self, server: ServerTransaction, arrival: Arrival) -> None:
        """§9.2. The 200 has the tag that the INVITE's answers have. It goes from hop to hop, so that it comes
        from where the INVITE came."""
        request, now = arrival.request, arrival.now
        invite = self.transactions.invite_of(request)
        if invite is None or not same_host(invite.destination.host, arrival.source.host):
            self._reply(server, request, Reply(481), now)
            return
        server.respond(response_to(request, 200, invite.to_tag), now)
        if isinstance(invite.user, IncomingCall):
            invite.user.on_cancel(now)

    def _on_new_request(self, server: ServerTransaction, arrival: Arrival, origin: Admitted | None) -> None:
        request, now = arrival.request, arrival.now
        if request.to.tag is None and self.transactions.merged(server):
            self._reply(server, request, Reply(482), now)  # §8.2.2.2
        elif (refusal := _outside_a_call(request)) is not None:
            self._reply(server, request, refusal, now)
        elif too_many_hops(request):
            self._reply(server, request, Reply(483), now)
        else:
            self._on_invite(server, arrival, origin)

    def _on_dialog_request(self, server: ServerTransaction, arrival: Arrival, leg: CallLeg) -> None:
        request, now = arrival.request, arrival.now
        if not self._is_other_side(leg, arrival):
            door, source = self.door, arrival.source
            refusal = NOT_FROM_HERE if door is None else door.ask_again(leg.origin, request, source, now)
            if refusal is not None:
                self._reply(server, request, refusal, now)
                return
        dialog = leg.dialog_for(request)
        if dialog is None or not dialog.in_order(request):
            self._reply(server, request, Reply(500, reason="CSeq out of order"), now)  # §12.2.2
            return
        leg.on_request(server, request, now)

    def _on_invite(self, server: ServerTransaction, arrival: Arrival, origin: Admitted | None) -> None:
        request, source, now = arrival.request, arrival.source, arrival.now
        if origin is not None and origin.kind != "open" and self.flood is not None:
            self.flood.give_back(source.host, now)
        offer = None
        described = session_body(request)
        if described is not None:
            try:
                offer = parse_sdp(described)
            except SdpError:
                self._reply(server, request, Reply(400, reason="Malformed session description"), now)
                return
        replaced = replaced_by(request, self._dialogs.get)
        if isinstance(replaced, Reply):
            self._reply(server, request, replaced, now)
            return
        server.try_later(lambda: response_to(request, 100), now)
        call = IncomingCall(self, server, request, offer, arrival.local, source)
        call.origin = origin
        if self.door is not None:
            trunk, account = (None, None) if origin is None else (origin.trunk, origin.account)
            self.door.entered(call, trunk, incoming=True, account=account)
        self.emit(CallOffered(call, replaced))

    def _is_other_side(self, leg: CallLeg, arrival: Arrival) -> bool:
        """Whether a request inside a call comes from where its other side may be. Who knows Call-ID and tags
        may have overheard them."""
        dialog = leg.dialog_for(arrival.request)
        if dialog is None or dialog.is_from(arrival.source.host):
            return True
        if isinstance(leg, OutgoingCall) and arrival.source.host in leg.hosts:
            return True
        return self.door is not None and self.door.may_go_on(leg.origin, arrival.source, arrival.now)

    def call_of(self, key: DialogKey) -> CallLeg | None:
        """The call that has this dialog, `None` for none."""
        return self._dialogs.get(key)

    def _leg_of(self, request: Request) -> CallLeg | None:
        key = (request.call_id, request.to.tag or "", request.from_.tag or "")
        return self._dialogs.get(key)

    def _reply(self, server: ServerTransaction, request: Request, reply: Reply, now: float) -> None:
        headers = (*reply.headers, ("Server", self.settings.product))
        response = response_to(request, reply.status, server.to_tag, reply.reason, headers)
        server.respond(response, now)
        if request.method == "INVITE" and request.to.tag is None and not self.transactions.merged(server):
            self.emit(InviteRefused(request, response.status, response.reason))

    # Inside

    def _charge(self, source: Address) -> None:
        """A message of somebody who has not shown who he is; see `flood`."""
        if self.flood is None or (self.door is not None and self.door.is_known(source)):
            return
        if not is_loopback(source.host):
            self.flood.take(source.host, self._now)

    def _reads_as_expected(self, data: bytes) -> bool:
        """Whether a message of a source that has had its share may be of a dialog or a transaction that is
        up; what is not is not read at all."""
        if data[:4].upper() == b"SIP/":
            branch = branch_in(data)
            return branch is not None and self.transactions.awaits(branch)
        return dialog_in(data) in self._dialogs or self.transactions.serves(branch_in(data) or "")

    def _is_expected(self, request: Request) -> bool:
        """Whether it is."""
        if self._leg_of(request) is not None or self.transactions.server_of(request) is not None:
            return True
        return request.method == "CANCEL" and self.transactions.invite_of(request) is not None

    def _check_local(self, local: Address) -> None:
        if not is_specified(local.host):
            raise ValueError(f"the local address must be one that a peer can reach, not {local.host}")


@lru_cache(maxsize=64)  # each call names one of few
def _contact(local: Address, secure: bool) -> str:
    return f"<{contact_uri(local, secure=secure)}>"


def _outside_a_call(request: Request) -> Reply | None:
    """What is said to a request of no call that needs nobody's opinion, `None` for an INVITE."""
    if request.to.tag is not None or request.method in _CREATES_NO_DIALOG:
        return Reply(481)
    if request.method == "REFER":
        return Reply(403, reason="Only inside a call")
    return Reply(200, (ALLOW, ACCEPT, SUPPORTED)) if request.method == "OPTIONS" else None  # §11.2
