"""A call that came in, as a leg.

The RTP port is opened for the first answer that has a description in it (183 or 200) and freed at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from flowlang.backends.border import Incoming
from flowlang.backends.media import MediaError
from flowlang.model.causes import MOVED
from flowlang.model.commands import Answer, Redirect, Reject, Ring
from flowlang.model.observations import LegAnswered, LegRang
from flowlang.model.results import Done, Failed, Result
from flowlang.sip import IncomingCall, SessionDescription, SipSyntaxError
from flowlang.sip.headers import parse_name_addr
from flowlang.sip.uri import parse_uri

from .ground import Ground
from .harmless import printable, uri_of
from .leg import SipLeg
from .leg_media import GONE

IsOurs = Callable[[str, int | None], bool]

_LONGEST_REASON = 100


class IncomingLeg(SipLeg):
    """See `SipLeg`."""

    def __init__(self, ground: Ground, call: IncomingCall, leg_id: str) -> None:
        super().__init__(ground, leg_id)
        self.call = call
        hops = call.request.max_forwards
        self.hops = self.hops if hops is None else hops - 1
        self.chain = ground.chains.came(call.call_id)
        self._incoming = call  # `call` is another once that takes its place: see `_take_over`
        self._description: SessionDescription | None = None
        self._rang = False
        self._announced = False
        ground.enter(call, self)

    def introduce(self, incoming: Incoming, realm: str, is_ours: IsOurs) -> None:
        """Who calls: `realm` is the host of our accounts' addresses, `is_ours` tells of any host with its
        port whether it is."""
        user = None if self._incoming.origin is None else self._incoming.origin.account
        account = None if user is None else self._ground.accounts.get(user)
        self.far_end = incoming.source
        if account is not None:
            address = account.address(realm)
            self.also = (address,) if account.domain else (account.user, address)
        elif not incoming.verified:
            self.pretends = lambda: _is_of_ours(incoming.source, is_ours)

    def refuse(self, status: int) -> None:
        """Refuses the call without a flow that asks for it."""
        self._incoming.reject(status, self.now)

    def take_call(self) -> bool:
        """Answers without a flow that asks for it; where that cannot be done the call is refused."""
        return self._answer() is None

    def announce(self, _command: Answer) -> None:
        """Its answer goes out as soon as what is told now is on disk: whoever gets it is owed a BYE after a
        crash, and a record that says when."""
        if not self._answered:
            self._announced = True
            self._keep_dialog(answering=self._ground.host.now())

    def _before_answer(self, command: Answer | Ring | Reject | Redirect) -> Result:
        match command:
            case Answer():
                return self._answer() or Done()
            case Ring():
                self._ring()
                return Done()
            case Reject(status=status, reason=reason, q850=q850):
                return self._reject(status, reason, q850)
            case Redirect(to=to):
                return self._redirect(to)

    def _ring(self) -> None:
        described = self._describe() if self._incoming.owes_offer else None
        offer = None if isinstance(described, Failed) else described
        if self._incoming.ring(self.now, offer) and not self._rang:
            self._rang = True
            self._ground.host.observe(LegRang(self._ground.host.now(), self._id))

    def _answer(self) -> Failed | None:
        if self._answered:
            return None
        description = self._describe()
        if isinstance(description, Failed):
            return description
        if not self._incoming.answer(description, self.now):
            return GONE
        self._answered = True
        self._ground.host.observe(LegAnswered(self._ground.host.now(), self._id))
        if not self._announced:  # else the dialog is kept, and when this is tells its record
            self._keep_dialog()
        if self._incoming.offer is not None:
            self._connect()
        return None

    def _be_heard(self, early: bool) -> Failed | None:
        """Have media: early media where the script wants that of an unanswered call, else by an answer.

        A caller who leaves the offer to us cannot hear anything early; what is said to him passes unheard.
        """
        if self._answered or not early:
            return self._answer()
        if self._description is not None:
            return None
        description = self._describe()
        if isinstance(description, Failed):
            return description
        if self._incoming.offer is None:
            if self._port is not None:
                self._speech.connect(self._port)
        elif not self._incoming.progress(description, self.now):
            return GONE
        else:
            self._connect()
        return None

    def _reject(self, status: int, reason: str | None, q850: int) -> Result:
        if self._answered:
            return Failed("answered", "the call is answered: `hangup` ends it")
        if not 300 <= status <= 699:
            return Failed("value", f"a call is refused with a status from 300 to 699, not {status}")
        shown = None if reason is None else printable(reason, _LONGEST_REASON)
        cause = (("Reason", f"Q.850;cause={q850}"),) if q850 else ()  # RFC 6432
        self._incoming.reject(status, self.now, shown, cause)
        return Done()

    def _redirect(self, to: str) -> Result:
        if self._answered:
            return Failed("answered", "the call is answered: nobody can be sent elsewhere")
        try:
            contact = parse_name_addr(f"<{uri_of(to, self._incoming.local.hostport)}>")
        except SipSyntaxError:
            return Failed("value", f"{printable(to)} is no address that can be called")
        self._incoming.reject(MOVED, self.now, headers=(("Contact", str(contact)),))
        return Done()

    def _hang_up(self, status: int) -> None:
        if self._incoming.unanswered and 300 <= status <= 699:
            self._incoming.reject(status, self.now)
        elif self.call is not None:
            self.call.hang_up(self.now)

    def _describe(self) -> SessionDescription | Failed:
        """What we say of our media: an answer to the caller's offer, else an offer."""
        if self._description is None:
            try:
                session = self._session = self._describe_to(self._incoming.peer.host)
            except MediaError as error:
                self._incoming.reject(503, self.now)  # RFC 3261 §21.5.4: overload; a proxy tries elsewhere
                return Failed("no_rtp_port", str(error))
            self._description = session.negotiate(self._incoming.offer)
            self._incoming.negotiate = session.negotiate
        if self._description is None:  # the offer was tried before it was taken
            self._incoming.reject(488, self.now)
            return Failed("no_codec", "the caller's offer has no audio that we can speak")
        return self._description


def _is_of_ours(address: str, is_ours: IsOurs) -> bool:
    """Whether an address is one of our accounts'."""
    try:
        uri = parse_uri(address)
    except SipSyntaxError:
        return False
    return uri.is_sip and is_ours(uri.host, uri.port)
