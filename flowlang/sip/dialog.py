"""Dialogs (RFC 3261 §12): who with whom, in which order, by which route."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flowlang.sip.address import DEFAULT_PORTS, Address, ip_literal, may_send_to, same_host
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import MAGIC_COOKIE, NameAddr, parse_name_addr
from flowlang.sip.message import Headers, Message, Request, Response
from flowlang.sip.uri import Uri, contact_uri

DialogKey = tuple[str, str, str]
"""Call-ID, local tag, remote tag."""


class Dialog:
    """One dialog, seen from our side. `local_address` and `remote_address` are whole From/To values with
    their tags."""

    __slots__ = (
        "call_id", "local", "local_address", "local_cseq", "local_tag", "peer", "remote_address",
        "remote_cseq", "remote_tag", "remote_target", "route_set", "secure",
    )  # fmt: skip

    def __init__(
        self,
        call_id: str,
        local_address: str,
        local_tag: str,
        remote_address: str,
        remote_tag: str,
        remote_target: str,
        route_set: list[str],
        local: Address,
        peer: Address,
    ) -> None:
        self.call_id = call_id
        self.local_address = local_address
        self.local_tag = local_tag
        self.remote_address = remote_address
        self.remote_tag = remote_tag
        self.remote_target = remote_target
        self.route_set = route_set
        self.local = local
        self.peer = peer
        self.secure = False
        """Our Contact is `sips`."""
        self.local_cseq = 0
        self.remote_cseq: int | None = None

    @property
    def key(self) -> DialogKey:
        """What finds it."""
        return (self.call_id, self.local_tag, self.remote_tag)

    def is_from(self, host: str) -> bool:
        """Whether the other side may speak from there: where it was seen, what its Contact says, or a proxy
        of the route set."""
        if same_host(host, self.peer.host):
            return True
        for address in (f"<{self.remote_target}>", *self.route_set):
            with suppress(SipSyntaxError):
                if same_host(host, parse_name_addr(address).uri.host):
                    return True
        return False

    def in_order(self, request: Request) -> bool:
        """Take the request's CSeq if it rises (§12.2.2); gaps are allowed."""
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def refresh_target(self, message: Message) -> None:
        """Target refresh by a re-INVITE or UPDATE, or by the 2xx to ours (§12.2.1.2, §12.2.2)."""
        target = contact_of(message)
        if target is not None:
            self.remote_target = target

    def request(self, method: str, branch: str, cseq: int | None = None) -> Request:
        """A request inside the dialog (§12.2.1.1); `cseq` only for ACK, which repeats that of its INVITE."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        uri = self.remote_target
        routes = self.route_set
        if routes and "lr" not in parse_name_addr(routes[0]).uri.parameters:
            # A strict router first: it goes into the Request-URI, the target to the end.
            uri, routes = str(parse_name_addr(routes[0]).uri), [*routes[1:], f"<{uri}>"]
        headers: Headers = {
            "Via": [via_of(self.local, branch)],
            "Max-Forwards": ["70"],
            "From": [self.local_address],
            "To": [self.remote_address],
            "Call-ID": [self.call_id],
            "CSeq": [f"{cseq} {method}"],
        }
        if routes:
            headers["Route"] = list(routes)
        if method in ("INVITE", "UPDATE"):
            headers["Contact"] = [f"<{contact_uri(self.local, secure=self.secure)}>"]
        return Request(method, uri, headers)

    @property
    def next_hop(self) -> Address:
        """Where a request goes: the first route, else the target. A name, or an address that nobody owns,
        gives the peer as last seen: this room resolves no names."""
        try:
            uri = parse_name_addr(self.route_set[0] if self.route_set else f"<{self.remote_target}>").uri
        except SipSyntaxError:
            return self.peer
        return transport_address(uri, self.peer)


def transport_address(uri: Uri, otherwise: Address) -> Address:
    """The transport address that `uri` writes out, `otherwise` if it does not."""
    if uri.is_sip and uri.port and ip_literal(uri.host) is None and _listens_at(otherwise, uri.transport):
        return otherwise._replace(port=uri.port)
    if not uri.is_sip or not may_send_to(uri.host):
        return otherwise
    if uri.transport != otherwise.transport:
        return otherwise  # a transport that the peer has not been reached by
    if otherwise.reliable and same_host(uri.host, otherwise.host):
        return otherwise  # the connection that there is (RFC 5923)
    if otherwise.transport == "tls" or _behind_nat(uri.host, otherwise.host):
        return otherwise
    return Address(uri.host, uri.port or DEFAULT_PORTS[uri.transport], uri.transport)


def _listens_at(seen: Address, transport: str) -> bool:
    """Whether a peer was seen at a port that is SIP's own: then another port beside a name is told on
    purpose. Else it is that of a NAT, by which alone he is reached."""
    return transport == seen.transport == "udp" and seen.port == DEFAULT_PORTS["udp"]


def _behind_nat(told: str, seen: str) -> bool:
    """True for a private address that is told by a peer who is seen at a public one: it leads nowhere."""
    inside, outside = ip_literal(told), ip_literal(seen)
    return inside is not None and outside is not None and inside.is_private and not outside.is_private


def via_of(local: Address, branch: str) -> str:
    """Our Via (RFC 3581: with rport)."""
    return f"SIP/2.0/{local.transport.upper()} {local.hostport};rport;branch={MAGIC_COOKIE}{branch}"


def contact_of(message: Message) -> str | None:
    """The URI of the first Contact, None if there is none that reads as a URI."""
    try:
        contacts = message.contacts
    except SipSyntaxError:
        return None
    if not contacts:
        return None
    uri = contacts[0].uri
    return str(
        uri if uri.headers is None else replace(uri, headers=None)
    )  # no headers in a Request-URI (§19.1.5)


def is_secure(invite: Request) -> bool:
    """Whether an INVITE wants TLS on every hop, so that both Contacts are `sips`: by its Request-URI, the
    topmost Record-Route, or where there is none, its Contact (RFC 3261 §8.1.1.8, §12.1.1)."""
    if invite.uri[:5].lower() == "sips:":
        return True
    try:
        routes = invite.members("Record-Route")
        top = parse_name_addr(routes[0]).uri if routes else next((each.uri for each in invite.contacts), None)
    except SipSyntaxError:
        return False
    return top is not None and top.scheme == "sips"


def server_dialog(request: Request, local_tag: str, local: Address, source: Address) -> Dialog:
    """The dialog that an INVITE to us makes (§12.1.1). Without Contact (RFC 2543) the target is From."""
    to = request.headers["To"][0]
    dialog = Dialog(
        request.call_id,
        to if request.to.tag is not None else f"{to};tag={local_tag}",
        local_tag,
        request.headers["From"][0],
        request.from_.tag or "",
        contact_of(request) or str(request.from_.uri),
        request.members("Record-Route"),
        local,
        source,
    )
    dialog.remote_cseq = request.cseq.number
    dialog.secure = is_secure(request)
    return dialog


def client_dialog(request: Request, response: Response, local: Address, peer: Address) -> Dialog:
    """The dialog that a response to our INVITE makes (§12.1.2)."""
    dialog = Dialog(
        request.call_id,
        request.headers["From"][0],
        request.from_.tag or "",
        response.headers["To"][0],
        response.to.tag or "",
        contact_of(response) or request.uri,
        reversed_routes(response),
        local,
        peer,
    )
    dialog.local_cseq = request.cseq.number
    dialog.secure = is_secure(request)
    return dialog


def reversed_routes(response: Response) -> list[str]:
    """The route set that a response gives who asked (§12.1.2), none where it does not read as one."""
    try:
        routes = response.members("Record-Route")
        for route in routes:
            parse_name_addr(route)
    except SipSyntaxError:
        return []
    return routes[::-1]


def name_addr_text(address: str | NameAddr) -> str:
    """A From or To value for an address given as URI or as `"Name" <uri>`; ValueError if it is none."""
    return str(parse_name_addr(address) if isinstance(address, str) else address)
